"""Visitors: the table behind the figures, the figures, and sentences that the numbers hedge."""

import numpy as np
import pandas as pd
import pytest

from research import charts, findings, warehouse
from research.dyads import find
from research.errors import NoDataError
from research.measures import effects, panels, people

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
        people.visitors_and_rate(by_origin, "PRK", "JPN", rates)
    with pytest.raises(NoDataError, match="no visitors from PRK; there are AUS"):
        people.visitor_effects(by_origin, "PRK", ["2019-07"], ["2017-01"], "2020-01")


def test_a_month_without_a_rate_or_figure_is_missing(by_origin, built):
    rates = warehouse.read("exchange_rates", find("JPN-KOR"), end="2019-12")
    table = people.visitors_and_rate(by_origin, "KOR", "JPN", rates)
    assert table.loc[table["period"] > "2019-12-31", "rate"].isna().all()
    assert set(table["priced"]) == {"100 JPY in KRW"}
    drawn = charts.plot_visitors(table, {"boycott": "2019-07"}, **WORDS)
    assert "boycott" in drawn.svg and "100 JPY in KRW" in drawn.svg and len(drawn.table) == len(table)
    assert "some months is missing" in findings.say_exchange(table, "2019-07", "2020-01").text


def test_another_pair_has_its_own_currency_and_one_without_rates_no_second_panel(by_origin, built):
    rates = warehouse.read("exchange_rates", find("JPN-CHN"))
    table = people.visitors_and_rate(by_origin, "CHN", "JPN", rates)
    assert set(table["priced"]) == {"100 JPY in CNY"} and table["rate"].notna().any()
    without = people.visitors_and_rate(by_origin, "THA", "JPN", rates)
    assert without["rate"].isna().all() and "Price of" not in charts.plot_visitors(without, {}, **WORDS).svg
    assert people.visitors_and_rate(by_origin, "USA", "JPN", rates)["rate"].dropna().between(0.5, 1.5).all()


def test_the_other_way_is_said_or_what_to_fetch(by_origin):
    none = findings.say_other_way(pd.DataFrame(), "JPN", "KOR", "2019-07", "2020-01")
    assert none.role == "limit" and "from Japan to South Korea, are not held: fetch the monthly arrivals" in none.text
    rows = by_origin["KOR"].rename("visitors").reset_index()
    assert "−53 % against a year before" in findings.say_other_way(rows, "KOR", "JPN", "2019-07", "2020-01").text
    short = rows[rows["period"] < "2019-12-01"]
    assert findings.say_other_way(short, "KOR", "JPN", "2018-01", "2018-03").role == "finding"
    assert findings.say_other_way(short.iloc[1:], "KOR", "JPN", "2016-01", "2016-03").role == "limit"


def test_no_earlier_date_gives_as_large_a_gap_as_the_boycott(by_origin):
    effect, dates = people.in_time(by_origin, "KOR", "2019-07", "2016-01", "2020-01")
    assert (effect.rank, effect.rank_of) == (1, len(dates) + 1) and dates["date"].max() < pd.Timestamp("2019-01")
    assert "none is as large" in findings.say_in_time(effect, dates).text and np.isnan(effect.best_p)
    worse = dates.assign(estimate=effect.estimate * 2)
    ranked = effects.ranked(effect, worse["estimate"])
    assert f"{len(dates)} are as large" in findings.say_in_time(ranked, worse).text


def test_an_interrupted_series_is_ranked_in_time_where_the_window_leaves_room(by_origin):
    table = people.visitor_effects(by_origin, "KOR", ["2019-07"], ["2016-01", "2017-01"], "2020-01")
    alone = table[table["group"].str.startswith("By itself")]
    assert alone["rank_of"].notna().tolist() == [True, True, False, False]
    assert alone["best_p"].isna().all()  # earlier dates share months: a rank, and no p
    drawn = charts.plot_effects(table, **WORDS).svg
    assert "of 13 dates" in drawn and "p at best 1/13" not in drawn and "p at best 1/21" in drawn


def test_published_sizes_stand_beside_ours_whichever_way_that_comes_out(told):
    frame = findings.table_published("people", told, find("JPN-KOR")).frame.set_index("Outcome")["Computed here"]
    assert "reaches into the published range (ours counts visitors" in frame["Travel spending in Japan by Koreans"]
    assert frame["Japanese beer sales in Korea, 14 months"] == "not computable from what is held"
    inside, outside = (told.assign(estimate=at) for at in (-50.0, -10.0))
    for table, words in ((inside, "−50 %, inside the"), (outside, "−10 %, outside the")):
        assert words in findings.table_published("people", table, find("JPN-KOR")).frame["Computed here"][0]


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
