"""Named events and the calendar: chosen by rule, read from the timeline, never typed."""

import itertools

import pandas as pd
import pytest

from research import warehouse
from research.dyads import find
from research.errors import DataError, NoDataError
from research.measures.calendar import export_controls
from research.measures.landmarks import landmarks
from research.measures.relations import contributions, relations

PAIR = find("JPN-KOR")


@pytest.fixture(scope="module")
def events(built):
    return warehouse.read("events", PAIR)


@pytest.fixture(scope="module")
def pooled(events):
    return relations(events, start="2000-01", direction="together", band=True)


def test_each_named_event_is_the_largest_contribution_of_its_quarter(events, pooled):
    for row in landmarks(events, pooled).itertuples():
        told = contributions(events, row.at, "both", "both")
        quarter = told[told["event_date"] >= (row.at.to_period("M") - 2).start_time]
        same_sign = quarter[quarter["contribution"] * row.move > 0]
        assert row.event_id == same_sign["event_id"].iloc[0]


def test_moves_of_one_sign_keep_their_distance(events, pooled):
    named = landmarks(events, pooled, apart_months=24)
    for _, side in named.groupby(named["move"] > 0):
        months = side["at"].dt.to_period("M").sort_values()
        assert all((b - a).n >= 24 for a, b in itertools.pairwise(months))


def test_a_window_without_a_quarter_names_nobody_and_says_so(events):
    short = relations(events, start="2019-07", end="2019-08", direction="together")
    with pytest.raises(NoDataError, match="makes no move that an event of this window could be named for"):
        landmarks(events, short)


def test_the_calendar_has_the_dates_in_force_and_restored(events):
    calendar = export_controls(events).set_index(["measure", "step"])["event_date"]
    dates = {step: f"{day:%Y-%m-%d}" for (_, step), day in calendar.items() if step in ("lifted", "restored")}
    assert dates == {"lifted": "2023-03-23", "restored": "2023-07-21"}


def test_another_pair_has_no_calendar(events):
    other = events.assign(initiator="JPN", target="CHN")
    assert export_controls(other).empty


def test_a_timeline_without_a_step_names_the_missing_event(events):
    with pytest.raises(DataError, match="the timeline lacks JK20230721-01"):
        export_controls(events[events["event_id"] != "JK20230721-01"])


def test_naming_leaves_its_arguments_alone(events, pooled):
    before = events.copy(), pooled.copy()
    landmarks(events, pooled)
    pd.testing.assert_frame_equal(events, before[0])
    pd.testing.assert_frame_equal(pooled, before[1])
