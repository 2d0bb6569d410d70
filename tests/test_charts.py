"""Figures: same bytes, words as text, nothing overlapping, every number drawn given as CSV."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research import charts, findings, materials, warehouse
from research.charts import drawing
from research.dyads import find
from research.errors import NoDataError
from research.measures import calendar, dependence, landmarks, panels, relations

PAIR = find("JPN-KOR")
WORDS = {"headline": "h", "subtitle": "s", "alt": "a", "source": "q"}


@pytest.fixture(scope="module")
def trajectory(built):
    events = warehouse.read("events", PAIR)
    level = relations.relations(events, start="2000-01", band=True)
    pooled = relations.relations(events, start="2000-01", direction="together", band=True)
    named = landmarks.landmarks(events, pooled)
    return level, pooled, named, calendar.export_controls(events)


def test_the_same_table_gives_the_same_bytes(trajectory):
    words = findings.words_trajectory(trajectory[1], PAIR, 6.0)
    first, second = (charts.plot_trajectory(*trajectory, PAIR, **words) for _ in range(2))
    assert first.svg == second.svg


def test_words_in_a_figure_stay_text(trajectory):
    figure = charts.plot_trajectory(*trajectory, PAIR, **WORDS)
    assert "South Korea" in figure.svg and "<text" in figure.svg
    assert len(figure.svg) < 150_000


def test_every_id_of_a_drawing_carries_the_name_of_its_figure(trajectory):
    figure = charts.plot_trajectory(*trajectory, PAIR, **WORDS)
    assert all(i.startswith("trajectory-") for i in re.findall(r'\bid="([^"]+)"', figure.svg))
    assert not re.findall(r'(?:url\(#|href="#)(?!trajectory-)', figure.svg)


def test_the_csv_behind_a_figure_holds_the_numbers_drawn(trajectory):
    figure = charts.plot_trajectory(*trajectory, PAIR, **WORDS)
    table = pd.read_csv(io.StringIO(figure.csv()))
    last = trajectory[1].iloc[-1]
    drawn = table[(table["initiator"] == "both") & (table["month_end"] == f"{last['month_end']:%Y-%m-%d}")]
    assert drawn["level"].iloc[0] == pytest.approx(last["level"])


def test_a_figure_offers_itself_to_pages_and_to_a_reader_of_text(trajectory):
    bundle = charts.plot_trajectory(*trajectory, PAIR, **WORDS)._repr_mimebundle_()
    record = bundle["application/vnd.research.figure+json"]
    assert set(record) == {"name", "headline", "subtitle", "alt", "source", "svg", "csv"}
    assert bundle["text/plain"] == "h\na"


@given(
    st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8).map(sorted),
    st.floats(0.1, 100),
)
def test_labels_never_come_nearer_than_their_gap(wanted, gap):
    places = drawing.spread(np.array(wanted), gap, -2e4, 2e4)
    assert (np.diff(places) >= gap - 1e-6).all()


def test_labels_that_fit_stay_where_they_were_wanted():
    assert drawing.spread(np.array([0.0, 10.0]), 4.0, -50, 50).tolist() == [0.0, 10.0]


def test_labels_stay_inside_their_bounds():
    places = drawing.spread(np.array([9.0, 9.5, 10.0]), 2.0, 0.0, 10.0)
    assert places.tolist() == [6.0, 8.0, 10.0]


def test_the_two_states_keep_their_colours_in_either_order():
    assert drawing.colours(find("KOR-JPN")) == drawing.colours(find("JPN-KOR"))
    assert drawing.colours(find("JPN-CHN"))["JPN"] == drawing.FIRST


@pytest.mark.parametrize(
    ("plot", "empties", "message"),
    [
        (charts.plot_control_months, 2, "no month to draw"),
        (charts.plot_supplier_shares, 2, "no share to draw"),
        (charts.plot_concentration, 1, "no year to draw"),
        (charts.plot_coverage, 1, "no source to draw"),
    ],
)
def test_a_figure_of_nothing_is_refused(plot, empties, message):
    with pytest.raises(NoDataError, match=message):
        plot(*[pd.DataFrame()] * empties, **WORDS)


def test_a_figure_of_changes_that_all_lack_months_is_refused():
    changes = pd.DataFrame({"material": ["x"], "base": ["y"], "change_percent": [np.nan]})
    with pytest.raises(NoDataError, match="every base lacks months"):
        charts.plot_base_changes(changes, **WORDS)


def test_a_trajectory_of_nothing_is_refused():
    empty = pd.DataFrame()
    with pytest.raises(NoDataError, match="no level to draw"):
        charts.plot_trajectory(empty, empty, empty, empty, PAIR, **WORDS)


def test_zero_recorded_missing_and_a_value_look_different(built):
    flows = warehouse.read("trade", PAIR, start="2019-01", end="2019-12", reporter="KOR")
    fluoride = materials.find("hydrogen_fluoride").hs_code
    gap = flows[~((flows["hs_code"] == fluoride) & (flows["period"] == "2019-03-01"))]
    monthly = panels.material_months(gap, ["hydrogen_fluoride"], "JPN")
    figure = charts.plot_control_months(monthly, pd.DataFrame({"step": [], "event_date": []}), **WORDS)
    assert "zero recorded: Aug 2019 and Sep 2019" in figure.svg
    assert "no record" in figure.svg


def test_quoted_points_stand_apart_from_the_recorded_series_in_the_csv(built):
    flows = warehouse.read("trade", PAIR, start="2017-01", end="2021-11", reporter="KOR")
    fluoride = materials.find("hydrogen_fluoride").hs_code
    shares = dependence.supplier_share(flows, fluoride, "KOR")
    points = panels.quoted_shares(warehouse.read("quoted_figures", PAIR, reporter="KOR"), fluoride)
    table = pd.read_csv(io.StringIO(charts.plot_supplier_shares(shares, points, **WORDS).csv()))
    assert table.loc[table["period"] == "2025-01-01", "basis"].tolist() == ["quoted"]
