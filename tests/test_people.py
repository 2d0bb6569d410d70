"""Visitors: the table behind the figures, the figures, and sentences that the numbers hedge."""

import numpy as np
import pandas as pd
import pytest

from research import charts, findings, warehouse
from research.dyads import find
from research.errors import NoDataError
from research.measures import panels, people

WORDS = {"headline": "h", "subtitle": "s", "alt": "a", "source": "q"}
ROW = {"estimate": -50.0, "low": -60.0, "high": -40.0, "rank": 1, "rank_of": 21, "best_p": 1 / 21, "fit_error": np.nan}


@pytest.fixture(scope="module")
def by_origin(built) -> pd.DataFrame:
    return panels.visitors_by_origin(warehouse.read("visitors", find("JPN-KOR"), destination="JPN", start="2016-01"))


@pytest.fixture(scope="module")
def told(by_origin) -> pd.DataFrame:
    return people.visitor_effects(by_origin, "KOR", ["2019-07"], ["2017-01"], "2020-01")


def test_the_world_is_no_origin_among_others(by_origin):
    assert "WLD" not in by_origin and by_origin.shape[1] == 21


def test_visitors_of_two_destinations_are_not_pooled():
    two = pd.DataFrame({"destination": ["JPN", "KOR"], "origin": "USA", "visitors": 1})
    with pytest.raises(NoDataError, match="need one destination; these rows hold JPN, KOR"):
        panels.visitors_by_origin(two)


def test_an_origin_without_figures_is_named(by_origin, built):
    rates = warehouse.read("exchange_rates", find("JPN-KOR"))
    with pytest.raises(NoDataError, match="no visitors from PRK; there are AUS"):
        people.visitors_and_rate(by_origin, "PRK", rates)


def test_a_month_without_a_rate_or_figure_is_missing(by_origin, built):
    rates = warehouse.read("exchange_rates", find("JPN-KOR"), end="2019-12")
    table = people.visitors_and_rate(by_origin, "KOR", rates)
    assert table.loc[table["period"] > "2019-12-31", "won_per_100_yen"].isna().all()
    drawn = charts.plot_visitors(table, {"boycott": "2019-07"}, **WORDS)
    assert "boycott" in drawn.svg and len(drawn.table) == len(table)
    assert "some months is missing" in findings.say_exchange(table, "2019-07", "2020-01").text


def test_every_design_on_visitors_shows_the_boycott_before_the_pandemic(told):
    assert len(told) == 5 and told["estimate"].between(-75, -45).all()
    answer = findings.say_people(told, "KOR", "2019-07", "2020-01")
    assert answer.role == "answer" and "July 2019 to January 2020" in answer.text
    assert findings.words_effects(told, "s", "jnto_visitors_monthly")["headline"].startswith(
        "Every design shows a fall"
    )


def test_the_figure_of_effects_is_the_same_each_time_and_says_its_ranks(told):
    first, second = (charts.plot_effects(told, **WORDS) for _ in range(2))
    assert first.svg == second.svg and "rank 1 of 21" in first.svg
    none = told.assign(estimate=[np.nan, *told["estimate"].iloc[1:]])
    assert "zero recorded" in charts.plot_effects(none, **WORDS).svg


def test_figures_of_nothing_are_refused(told):
    with pytest.raises(NoDataError, match="no effect to draw"):
        charts.plot_effects(told.assign(estimate=np.nan), **WORDS)
    with pytest.raises(NoDataError, match="no month of visitors"):
        charts.plot_visitors(pd.DataFrame(), {}, **WORDS)


HEDGED = {
    "interval": ({"low": -90.0, "high": 20.0}, "its interval holds zero"),
    "wide": ({"low": -99.0, "high": -10.0}, "wider than the estimate itself"),
    "placebo": ({"rank": 4}, "3 of 20 placebos are at least as large"),
    "fit": ({"fit_error": 1.3}, "does not follow the series before the date"),
}


@pytest.mark.parametrize(("change", "words"), HEDGED.values(), ids=HEDGED)
def test_what_speaks_against_an_estimate_changes_its_sentence(change, words):
    assert "Against it" not in findings.say_effect(pd.Series(ROW), "x").text
    assert words in findings.say_effect(pd.Series(ROW | change), "x").text


def test_zero_recorded_is_said_and_not_estimated():
    assert "zero recorded" in findings.say_effect(pd.Series(ROW | {"estimate": np.nan}), "x").text


def test_designs_that_disagree_on_the_sign_are_said_to(told):
    mixed = told.assign(estimate=[5.0, *told["estimate"].iloc[1:]])
    assert "disagree on the sign" in findings.say_people(mixed, "KOR", "2019-07", "2020-01").text
    assert "only one estimate disagrees" in findings.words_effects(mixed, "s", "jnto_visitors_monthly")["headline"]
