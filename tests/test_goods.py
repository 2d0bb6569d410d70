"""Goods singled out beside goods that were not: METHODS 3's first looks, the grid, and what each sentence admits."""

import numpy as np
import pandas as pd
import pytest

from research import charts, findings, materials, warehouse
from research.dyads import find
from research.errors import DataError, NoDataError
from research.measures import calendar, goods
from research.measures.effects import difference, difference_placebos

PAIR = find("JPN-KOR")
CARDS = [materials.find(key) for key in ("hydrogen_fluoride", "photoresist", "silicon_wafers", "quartz_tubes")]
LICENCES = "Licences for three chip materials"
DATES = {"2019-07": "announced, in force", "2019-08": "first permit"}


@pytest.fixture(scope="module")
def flows(built) -> pd.DataFrame:
    return warehouse.read("trade", PAIR, reporter="KOR", flow="import", frequency="M", start="2015-01")


@pytest.fixture(scope="module")
def told(flows) -> pd.DataFrame:
    starts, ends = ["2017-01", "2016-01", "2018-01"], ["2020-12", "2020-06"]
    return goods.goods_effects(flows, CARDS, "JPN", DATES, starts=starts, ends=ends)


def cells(told: pd.DataFrame, good: str) -> pd.DataFrame:
    return told[(told["design"] == "same country") & (told["outcome"] == good)].set_index("label")


def test_the_calendar_gives_each_month_its_steps(built):
    steps = calendar.export_controls(warehouse.read("events", PAIR))
    assert calendar.months_of(steps, LICENCES, until="2020-01") == DATES
    assert "2023-03" in calendar.months_of(steps, LICENCES)
    with pytest.raises(NoDataError, match="no step of 'Tariffs' in the calendar"):
        calendar.months_of(steps, "Tariffs")


def test_hydrogen_fluoride_fell_in_every_cell_and_ranks_first_of_sixteen_in_the_main_one(told):
    fluoride = cells(told, "Hydrogen fluoride")
    main = fluoride.iloc[0]
    assert [round(main[c], 1) for c in ("estimate", "low", "high")] == [-88.2, -91.7, -83.2]
    assert (main["rank"], main["rank_of"]) == (1, 16)
    relative = fluoride.loc[[label for label in fluoride.index if "percent" not in label and "logs" not in label]]
    assert relative["estimate"].between(-90.5, -88).all()  # METHODS 3: -88 to -90.5 %
    assert (fluoride["high"].dropna() < 0).all()


def test_a_log_of_zero_has_no_cell_and_its_note_says_why(told):
    row = cells(told, "Hydrogen fluoride").loc["in logs"]
    assert np.isnan(row["estimate"]) and row["notes"] == "zero recorded in 2 months, and a log knows none"
    assert np.isfinite(cells(told, "Photoresist").loc["in logs", "estimate"])


def test_photoresist_stays_and_the_month_of_stock_building_stands_apart(told):
    resist = cells(told, "Photoresist")
    main, later = resist.iloc[0], resist.iloc[1]
    assert -3 <= main["estimate"] <= -1 + 0.05 and main["low"] < 0 < main["high"]
    assert later["notes"] == "left out: Jul 2019" and later["date"] == "2019-08"


def test_other_suppliers_make_a_fall_even_of_tubes_that_nobody_restricted(told):
    other = told[told["design"] == "other suppliers"].set_index("label")["estimate"].round(1)
    assert other["Photoresist"] == -47.6 and other["Fused-quartz tubes (not singled out)"] == -55.5


def test_belgium_gained_most_in_photoresist(flows):
    gain = goods.largest_gain(flows, CARDS[1], "JPN", "2019-07")
    assert gain["partner"] == "BEL"
    assert [round(gain[k] / 1e6, 1) for k in ("before", "after")] == [2.6, 31.4]
    with pytest.raises(NoDataError, match="no other supplier of 3707901010 with imports in 2024 and 2026"):
        goods.largest_gain(flows, CARDS[1], "JPN", "2025-07")


def test_placebo_estimates_without_a_fit_equal_those_of_the_fit(flows):
    items = goods.imports_by_item(flows, start="2018-01", end="2020-12")
    units, controls = ["3818001000 DEU", "7002311000 USA"], ["3818001000 JPN", "7002311000 JPN"]
    for scale in ("poisson", "level"):
        quick = difference_placebos(items, units, "2019-07", controls, scale=scale, left_out=["2019-07"])
        for unit in units:
            fitted = difference(items, unit, "2019-08", controls=controls, scale=scale, left_out=["2019-07"]).estimate
            assert quick[unit] == pytest.approx(fitted, rel=1e-6)


def test_rows_that_do_not_reach_over_the_window_are_refused(flows):
    with pytest.raises(NoDataError, match="over the whole of 2012-01 to 2020-12, only 2015-01 to 2020-12"):
        goods.imports_by_item(flows, start="2012-01", end="2020-12")
    with pytest.raises(NoDataError, match="only none; read more rows"):
        goods.imports_by_item(flows.head(0), start="2019-01", end="2020-12")


def test_a_partner_that_sends_none_of_the_goods_is_refused(flows):
    with pytest.raises(NoDataError, match="no monthly import of 2811111000 FRA"):
        goods.goods_effects(flows, CARDS, "FRA", DATES, starts=["2017-01"], ends=["2020-12"])


def test_a_placebo_that_stops_trading_is_refused_and_not_called_minus_infinity():
    months = pd.date_range("2019-01", periods=12, freq="MS")
    panel = pd.DataFrame({"a": [5.0] * 3 + [4.0] * 3 + [0.0] * 6, "b": [*range(1, 13)]}, months, dtype=float)
    with pytest.raises(DataError, match="a or its controls are zero in every month on one side of 2019-07"):
        difference_placebos(panel, ["a"], "2019-07", ["b"])


def test_the_sentences_follow_the_grid(told, flows):
    said = findings.say_singled_out(told, "JPN")
    assert "hydrogen fluoride changed by −88 % (95 % interval −92 % to −83 %; rank 1 of 16" in said.text
    assert "p is 1/16 at best" in said.text and "all 6 choices" in said.text
    assert "photoresist cannot be told from no change, −1 %" in said.text
    assert "a rise is a result of one cell alone (in percent of the base, +39 %)" in said.text
    assert [n.name for n in said.numbers] == ["effect_hydrogen_fluoride", "effect_photoresist"]
    gain = goods.largest_gain(flows, CARDS[1], "JPN", "2019-07")
    why = findings.say_contamination(told, gain).text
    assert "Belgium's photoresist went from USD 2.6 m (2018) to USD 31.4 m (2020)" in why
    assert "as it does in goods that nobody singled out" in why
    alone = told[told["design"] == "same country"]
    assert findings.say_contamination(alone, gain).role == "limit"


GRIDS = {
    "agree": ([-5, -6, -7], "all 3 choices of date, window and scale show a fall (−7 % to −5 %)"),
    "alone": ([-5, -6, 7], "a rise is a result of one cell alone (c, +7 %): the others"),
    "split": ([-5, -6, 7, 8], "4 choices of date, window and scale do not agree: 2 show a fall, 2 show a rise"),
    "none": ([0.5, 0.5, 0.5], "all 3 choices of date, window and scale show no change told from zero (+0 % to"),
}


@pytest.mark.parametrize(("estimates", "words"), GRIDS.values(), ids=GRIDS)
def test_a_result_that_only_one_cell_shows_is_called_that(estimates, words):
    at = np.array(estimates, dtype=float)
    table = pd.DataFrame({"estimate": at, "low": at - 1, "high": at + 1, "label": list("abcd")[: len(at)]})
    assert words.split(" (+0")[0] in findings.say_cells(table)


def test_the_figure_of_goods_prints_ranks_and_the_best_p_they_allow(told):
    words = findings.words_goods(told)
    assert words["headline"].startswith("Beside goods not singled out, hydrogen fluoride changed by −88 %; photoresist")
    first, second = (charts.plot_effects(told, figure_name="goods", **words) for _ in range(2))
    assert first.svg == second.svg and first.name == "goods"
    assert "rank 1 of 16, p at best 1/16" in first.svg and "zero recorded: no estimate" in first.svg
