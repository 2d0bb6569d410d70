"""Sentences: computed from their numbers, hedged by them, and silent where data is missing."""

import numpy as np
import pandas as pd
import pytest

from research import findings, materials, register, warehouse
from research.dyads import find
from research.errors import NoDataError
from research.findings.relations import _decline, _kept_sign
from research.findings.words import Link
from research.measures import calendar, dependence, panels, relations

PAIR = find("JPN-KOR")
FLUORIDE = materials.find("hydrogen_fluoride")
KEYS = ["hydrogen_fluoride", "photoresist"]


def by_name(finding: findings.Finding) -> dict:
    return {number.name: number for number in finding.numbers}


@pytest.fixture(scope="module")
def flows(built):
    return warehouse.read("trade", PAIR, start="2017-01", end="2021-11", reporter="KOR")


@pytest.fixture(scope="module")
def changes(flows):
    return panels.base_changes(flows, KEYS, "KOR", "JPN", start="2019-07")


@pytest.fixture(scope="module")
def events(built):
    return warehouse.read("events", PAIR)


@pytest.fixture(scope="module")
def pooled(events):
    return relations.relations(events, start="2000-01", direction="together", band=True)


def test_the_answer_on_materials_carries_the_exact_dollars(flows, changes):
    yearly = panels.share_and_concentration(flows, FLUORIDE.hs_code, "KOR", "JPN")
    told = findings.say_materials(yearly, changes, "2019-07")
    assert told.role == "answer"
    dollars = {year: by_name(told)[f"hydrogen_fluoride_{year}"].text for year in (2018, 2019, 2020)}
    assert dollars == {2018: "66,856,769", 2019: "36,335,322", 2020: "9,375,581"}
    assert "−90.14 %" in told.text and "+6.09 %" in told.text and "July 2019" in told.text


def test_an_incomplete_year_is_declined_and_not_compared(flows, changes):
    yearly = panels.share_and_concentration(flows, FLUORIDE.hs_code, "KOR", "JPN")
    told = findings.say_materials(yearly, changes.assign(change_percent=np.nan), "2019-07")
    assert "no change is stated" in told.text and not told.numbers


@pytest.mark.parametrize(
    ("fluoride", "resist", "said"),
    [(-90, 6, "One material fell"), (-90, -60, "Both fell"), (5, 6, "do not tell one story of collapse")],
)
def test_the_verdict_follows_the_numbers(flows, changes, fluoride, resist, said):
    yearly = panels.share_and_concentration(flows, FLUORIDE.hs_code, "KOR", "JPN")
    other = changes.assign(change_percent=np.where(changes["material"] == FLUORIDE.title, fluoride, resist))
    assert said in findings.say_materials(yearly, other, "2019-07").text


def test_zero_is_zero_recorded_under_this_code_by_this_office(flows):
    text = findings.say_zero_months(panels.material_months(flows, KEYS, "JPN")).text
    assert "Zero recorded in August 2019 and September 2019" in text
    assert "zero recorded under this code by this office" in text and "disputed that all shipments stopped" in text


def test_months_that_all_have_imports_are_not_called_zero(flows):
    early = flows[flows["period"] < "2019-01-01"]
    assert "in every month shown" in findings.say_zero_months(panels.material_months(early, KEYS, "JPN")).text


def test_concentration_rose_while_the_share_fell(flows):
    told = findings.say_concentration(panels.share_and_concentration(flows, FLUORIDE.hs_code, "KOR", "JPN"), FLUORIDE)
    assert "less from Japan, yet more concentrated" in told.text and "China alone supplied 74.85%" in told.text
    assert by_name(told)["hhi_2811111000_2020"].text == "0.5888"


def test_one_year_of_concentration_is_not_compared(flows):
    one = panels.share_and_concentration(flows, FLUORIDE.hs_code, "KOR", "JPN").tail(1)
    assert findings.say_concentration(one, FLUORIDE).role == "limit"


def test_the_headline_of_concentration_compares_the_two_years_asked_for(flows):
    yearly = panels.share_and_concentration(flows, FLUORIDE.hs_code, "KOR", "JPN")
    words = findings.words_concentration(yearly, FLUORIDE, base_year=2018, year=2020)
    assert words["headline"] == (
        "From 2018 to 2020 Japan's share fell from 42% to 13%, while concentration (HHI) rose from 0.45 to 0.59"
    )
    same = findings.words_concentration(yearly.assign(hhi=0.5), FLUORIDE, base_year=2018, year=2020)
    assert same["headline"].endswith("while concentration (HHI) went from 0.50 to 0.50")
    with pytest.raises(NoDataError, match="no share or concentration in 2016; there are 2017 to 2021"):
        findings.words_concentration(yearly, FLUORIDE, base_year=2016, year=2020)


def test_small_lots_are_said_to_be_withheld(flows):
    lots = dependence.unit_value(flows, FLUORIDE.hs_code, "KOR", "JPN")
    assert "is withheld" in findings.say_small_lots(lots, 1000).text
    assert "no unit value is withheld" in findings.say_small_lots(lots[~lots["is_small_lot"]], 1000).text


def test_the_price_table_says_why_there_is_no_price(flows):
    lots = dependence.unit_value(flows, FLUORIDE.hs_code, "KOR", "JPN")
    frame = findings.table_unit_values(lots, "2019-07").frame.set_index("Month")["USD per kg"]
    assert frame["Aug 2019"] == "none: zero recorded"
    assert frame["Oct 2019"] == "withheld: small lot"


def test_polyimide_is_said_to_be_wider_than_what_was_controlled(flows):
    assert "nor ruled out" in findings.say_polyimide(flows).text
    assert findings.say_polyimide(flows.head(0)).role == "limit"


def test_bases_without_complete_months_give_no_headline(changes):
    assert findings.say_bases(changes.assign(change_percent=np.nan)).role == "limit"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([-90, -80, 5, 6], "each material keeps its sign"),
        ([-90, 80, 5, 6], "Only photoresist keeps its sign"),
        ([-90, 80, -5, 6], "The base decides the sign"),
    ],
)
def test_the_headline_on_bases_follows_the_signs(built, values, said):
    changes = pd.DataFrame(
        {
            "material": ["Hydrogen fluoride"] * 2 + ["Photoresist"] * 2,
            "base": ["a", "b"] * 2,
            "hs_code": ["x"] * 4,
            "change_percent": values,
        }
    )
    assert said in findings.words_base_changes(changes, "2019-07")["headline"]


def test_every_raw_row_is_accounted_for_and_a_gap_is_called_one(built):
    summaries = warehouse.summaries()
    assert "Nothing is unaccounted for." in findings.say_conservation(summaries).text
    lost = summaries.assign(rows_kept=summaries["rows_kept"] - 1)
    assert "rows are unaccounted for: do not use" in findings.say_conservation(lost).text


def test_the_two_anchor_figures_are_computed_from_the_tables(built):
    visitors, goods = warehouse.read("visitors", PAIR), warehouse.read("goods_groups", PAIR)
    told = findings.say_anchor_figures(visitors, goods)
    assert by_name(told)["visitors_from_korea_2019"].value == 5_584_597
    assert by_name(told)["japan_exports_to_korea_2018"].text == "5,792.6 bn yen"
    assert findings.say_anchor_figures(visitors.head(3), goods).role == "limit"


def test_the_trajectory_says_where_it_stands_and_how_sure(events, pooled):
    level = relations.relations(events, start="2000-01", band=True)
    told = findings.say_trajectory(level, pooled, PAIR)
    assert "lowest in Jul 2019, at −3.05" in told.text and "90 % band" in told.text
    wide = pooled.assign(low=-9.0, high=9.0)
    assert "includes zero" in findings.say_trajectory(level, wide, PAIR).text


def test_a_level_that_never_crossed_zero_is_said_not_to_have():
    months = pd.date_range("2020-01-31", periods=4, freq="ME")
    assert _kept_sign(pd.Series([1.0, 2, 1, 1], months)) == "above zero in the whole window"
    assert "below zero since Apr 2020 (on the other side in 3 of the 3 months" in _kept_sign(
        pd.Series([1.0, 2, 1, -1], months)
    )


def test_the_words_on_the_decline_follow_the_level():
    months = pd.date_range("2020-01-31", periods=2, freq="ME")
    falling, low, high = (pd.Series(v, months) for v in ([-0.1, -1.0], [-2.0, -2.0], [2.0, 2.0]))
    assert "had begun before" in _decline(falling, low)
    assert "was lower while" in _decline(high, low)
    assert "no lower while" in _decline(low, high)


def test_phases_outside_the_window_are_declined(events, pooled):
    steps = calendar.export_controls(events)
    assert "−1.44 in the two years before" in findings.say_turn(pooled, steps, PAIR).text
    assert findings.say_turn(pooled[pooled["month_end"] < "2020-01-01"], steps, PAIR).role == "limit"
    assert findings.say_turn(pooled, steps.head(0), PAIR).role == "limit"


def test_the_contributions_written_sum_to_the_level(events, pooled):
    told = relations.contributions(events, "2023-03", "both", "both")
    table = findings.table_contributions(told, events)
    written = table.frame["contribution"].str.replace("−", "-").astype(float).sum()
    level = pooled.set_index("month_end").loc["2023-03-31", "level"]
    assert written == pytest.approx(level, abs=0.01)
    assert table.exact["contribution"].sum() == pytest.approx(level, abs=1e-9)


def test_table_cells_are_escaped_and_links_lead_somewhere():
    frame = pd.DataFrame({"a": ["<b>", Link("NHK", "https://example.org/?a=1&b=2")]})
    markup = findings.Table("t", "title", frame, frame).html()
    assert "&lt;b&gt;" in markup and '<a href="https://example.org/?a=1&amp;b=2">NHK</a>' in markup


def test_every_source_is_cited_with_publisher_licence_and_vintage(built):
    frame = findings.table_sources(register.cite()).exact
    assert not (frame[["Publisher", "Licence", "Accessed", "Vintage"]] == "").any().any()


@pytest.mark.parametrize(
    ("value", "written"),
    [(66_856_769, "USD 66.9 m"), (2.5e9, "USD 2.5 bn"), (-57_481_188, "USD −57.5 m"), (float("nan"), "not recorded")],
)
def test_dollars_are_written_one_way(value, written):
    assert findings.dollars(value) == written


def test_minus_is_a_minus_sign_and_zero_has_none():
    assert findings.signed(-1.5) == "−1.50" and findings.signed(-0.001) == "0.00"
    assert findings.percent(float("nan")) == "not computable"
