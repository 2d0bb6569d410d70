"""The projection and its backtest against METHODS 1, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from research.errors import DataError, NoDataError, RequestError
from research.measures.projection import diebold_mariano, next_mean_score, project
from research.measures.relations import relations
from tests.test_regimes import as_methods_counted
from tests.test_relations import a_table, an_event


@pytest.fixture(scope="module")
def timeline(built):
    from research import dyads, warehouse

    return warehouse.read("events", dyads.find("JPN-KOR"), source="timeline")


@pytest.fixture(scope="module")
def level(timeline):
    return relations(timeline, start="2000-01", direction="together")


def test_the_backtest_is_the_one_methods_prints_on_the_events_it_counted(timeline):
    counted = relations(as_methods_counted(timeline), start="2000-01", direction="together")
    scores = project(counted).scores.set_index("method")
    assert scores["origins"].eq(215).all()
    # naive is 0.9815 here; METHODS prints 0.981
    assert scores["rmse"].to_dict() == pytest.approx(
        {"naive": 0.981, "ar1": 0.992, "decay": 0.945, "zero": 1.436}, abs=0.0006
    )
    assert scores.loc["decay", "against_naive"] == pytest.approx(-3.7, abs=0.05)
    assert scores.loc["decay", "p"] == pytest.approx(0.06, abs=0.005)
    ahead = next_mean_score(as_methods_counted(timeline), counted).set_index("method")["rmse"]
    assert ahead[["level", "historical mean"]].round(2).tolist() == [1.95, 2.04]


def test_the_middle_of_the_fan_is_the_level_if_nothing_further_happens(timeline, level):
    fan = project(level).fan
    quiet = relations(timeline, start="2000-01", end="2026-11", direction="together").tail(6)
    assert fan["decay"].tolist() == pytest.approx(quiet["level"].tolist(), abs=0.01)
    assert (fan["low90"] < fan["low50"]).all() and (fan["high50"] < fan["high90"]).all()


def test_no_origin_of_the_backtest_knows_what_came_after_it(level):
    short = project(level.iloc[:-24]).backtest
    long = project(level).backtest.iloc[: len(short)]
    pd.testing.assert_frame_equal(short, long)


def test_the_band_is_held_against_what_came_of_it(level):
    found = project(level)
    assert 0.7 < found.coverage < 1 and found.covered_origins > 100


def test_equal_errors_have_no_p():
    assert np.isnan(diebold_mariano(np.ones(30), np.ones(30), 6))


@pytest.mark.parametrize("choice", [{"horizon": 0}, {"burn_in": 1.5}])
def test_a_span_that_is_no_number_of_months_is_refused(level, choice):
    with pytest.raises(RequestError, match="must be a whole number of months, at least 1"):
        project(level, **choice)


def test_a_record_too_short_for_a_backtest_is_refused(level):
    with pytest.raises(DataError, match="needs 24 origins after 96 months .* 60 months of level leave 0"):
        project(level.head(60))


def test_several_directions_at_once_are_refused(timeline):
    with pytest.raises(DataError, match="the level of one direction, or of both together"):
        project(relations(timeline))


def test_missing_months_are_refused(level):
    with pytest.raises(DataError, match="every month once and in order"):
        project(level.drop(index=[100]))


def test_a_level_that_is_missing_in_between_is_refused(level):
    with pytest.raises(DataError, match="a level in every month after the first"):
        project(level.assign(level=level["level"].where(level.index != 100)))


def test_no_event_ahead_of_any_origin_is_refused():
    events = a_table(an_event("2000-01-10"))
    with pytest.raises(NoDataError, match="no origin after 12 months has an event in the 6 months ahead"):
        next_mean_score(events, relations(events, end="2003-12", direction="together"), burn_in=12)
