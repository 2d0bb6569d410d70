"""Total exports by year: METHODS 3's figures, what they are set beside, and what cannot be compared."""

import pandas as pd
import pytest

from research import charts, findings, published, warehouse
from research.dyads import find
from research.errors import DataError, NoDataError, RequestError
from research.measures import exports, synthetic


@pytest.fixture(scope="module")
def groups(built) -> pd.DataFrame:
    return warehouse.read("goods_groups", reporter="JPN", frequency="A", goods_group="Grand Total")


@pytest.fixture(scope="module")
def totals(groups) -> pd.DataFrame:
    return exports.yearly_totals(groups)


@pytest.fixture(scope="module")
def told(groups, totals) -> pd.DataFrame:
    chosen = {"counts": [24, 12], "starts": [2009, 2012], "imports": exports.yearly_totals(groups, flow="import")}
    return exports.export_effects(totals, "KOR", 2019, **chosen)


def test_the_gap_of_2019_and_2020_is_the_one_methods_prints(totals):
    first = exports.export_effect(totals, "KOR", 2019).as_percent()
    assert (round(first.estimate, 1), first.rank, first.rank_of) == (-7.5, 5, 25)
    assert round(exports.export_effect(totals, "KOR", 2019, year=2020).as_percent().estimate, 1) == 5.4


def test_a_year_of_three_months_and_a_partner_without_every_year_are_left_out(totals):
    assert totals.index[-1] == 2025 and not {"WLD", "VNM", "QAT"} & set(totals)
    with pytest.raises(NoDataError, match="no yearly transit totals"):
        exports.yearly_totals(pd.DataFrame(columns=["frequency", "flow", "goods_group", "months_covered", "partner",
                                                    "period"]), flow="transit")  # fmt: skip


def test_partners_that_are_not_there_are_refused(totals):
    with pytest.raises(RequestError, match="the 60 largest partners beside KOR in 2018: there are 49 partners"):
        exports.largest_partners(totals, "KOR", 2018, 60)
    with pytest.raises(NoDataError, match="no total of PRK in every year; there are ARE"):
        exports.export_effect(totals, "PRK", 2019)


def test_the_sentence_does_not_confirm_what_quiet_years_show_as_well(told):
    said = findings.say_exports(told, "JPN", "KOR", 2019)
    assert (
        "−7.5 % from a weighted mean" in said.text
        and "rank 5 of 25" in said.text
        and "+5.4 % a year later" in said.text
    )
    assert "lie 3 of 5 earlier years" in said.text and "No fall is confirmed" in said.text
    alone = told.assign(rank=1, estimate=told["estimate"].where(~told["group"].str.startswith("Earlier"), 0.1))
    assert "The fall stands out" in findings.say_exports(alone, "JPN", "KOR", 2019).text
    words = findings.words_exports(told, "JPN", "KOR")
    assert words["headline"] == "Exports to South Korea lay −8 % from their control; 3 of 5 quiet years lay as far"
    assert "rank 5 of 25" in charts.plot_effects(told, figure_name="exports", **words).svg


def test_choi_stands_beside_ours_of_the_whole_year(told):
    frame = findings.table_published("economy", told, find("JPN-KOR")).frame.set_index("Outcome")["Computed here"]
    assert (
        "reaches into the published range (ours is of the whole year)" in frame["Japan's exports to Korea, six months"]
    )
    assert "%" in frame["Korea's exports to Japan, six months"]


def test_a_year_between_the_controls_and_the_one_asked_for_is_in_neither_side(totals):
    donors = exports.largest_partners(totals, "KOR", 2018, 24)
    changed = totals.copy()
    changed.loc[2019, "KOR"] *= 9
    one, other = (
        synthetic.synthetic_control(t, "KOR", 2019, donors=donors, end=2020, counted_from=2020, scale="demeaned log")
        for t in (totals, changed)
    )
    assert one.effect.estimate == pytest.approx(other.effect.estimate) and 2019 not in one.gaps.index
    with pytest.raises(RequestError, match="counted_from=2018 must lie between the date and the end, 2019 to 2020"):
        synthetic.synthetic_control(totals, "KOR", 2019, donors=donors, end=2020, counted_from=2018)


def test_placebo_dates_of_a_synthetic_control_never_see_the_true_date(totals):
    donors = ["KOR", *exports.largest_partners(totals, "KOR", 2018, 6)]
    changed = totals[donors].copy()
    changed.loc[2019:, "KOR"] *= 0.1
    chosen = {"end": 2019, "scale": "log", "least_before": 5}
    one, other = (synthetic.placebo_dates(t[donors], "KOR", 2019, **chosen) for t in (totals, changed))
    pd.testing.assert_frame_equal(one, other)
    assert one["date"].tolist() == [2014, 2015, 2016, 2017, 2018]
    with pytest.raises(NoDataError, match="no placebo date: 4 periods lie before 2019; one needs 5 and 1 more"):
        synthetic.placebo_dates(totals[donors], "KOR", 2019, start=2015, **chosen)


def test_another_pair_has_nothing_published_beside_it(told):
    with pytest.raises(NoDataError, match="held for Japan and South Korea only, not for JPN-DEU"):
        findings.table_published("economy", told, find("JPN-DEU"))


def test_every_published_estimate_has_its_source():
    assert {estimate.about for estimate in published.PUBLISHED} == {"economy", "goods", "people"}
    assert all(estimate.url.startswith("https://") and estimate.publisher for estimate in published.PUBLISHED)
    with pytest.raises(RequestError, match="no published estimate about 'weather'; there are some about economy"):
        published.about("weather")


WHOLE = 'outcome = "x"\nfinding = "y"\nwho = "z"\npublisher = "p"\nurl = "u"\nabout = "a"\n'
BROKEN = {
    "no source": (WHOLE.replace('url = "u"\n', ""), "estimate 1: missing, empty or unknown: url"),
    "empty source": (WHOLE.replace('"p"', '""'), "missing, empty or unknown: publisher; an estimate without its source"),
    "unknown field": (WHOLE + "size = 3\n", "missing, empty or unknown: size"),
    "half a range": (WHOLE + "low = 3.0\n", "low and high go together"),
    "turned range": (WHOLE + "low = 3.0\nhigh = 1.0\n", "low and high go together, the lower first"),
    "not TOML": ("outcome = ", "not TOML"),
}  # fmt: skip


@pytest.mark.parametrize(("block", "message"), BROKEN.values(), ids=BROKEN)
def test_a_published_estimate_that_is_not_whole_is_refused(tmp_path, block, message):
    path = tmp_path / "published.toml"
    path.write_text(f"[[estimate]]\n{block}", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        published.read_estimates(path)
