"""Sentences and figures on turns, outlook and restoration: hedged by the numbers, same bytes, nothing from nothing."""

import dataclasses
import re

import pandas as pd
import pytest

from research import charts, findings, materials, warehouse
from research.dyads import find
from research.errors import NoDataError
from research.measures import calendar, projection, regimes, relations

PAIR = find("JPN-KOR")
WORDS = {"headline": "h", "subtitle": "s", "alt": "a", "source": "q"}


@pytest.fixture(scope="module")
def events(built):
    return warehouse.read("events", PAIR, source="timeline")


@pytest.fixture(scope="module")
def found(events):
    return regimes.event_regimes(events)


@pytest.fixture(scope="module")
def pooled(events):
    return relations.relations(events, start="2000-01", direction="together", band=True)


@pytest.fixture(scope="module")
def quoted(built):
    return warehouse.read("quoted_figures", PAIR, reporter="KOR")


def test_turns_are_told_with_both_criteria_their_intervals_and_means(found):
    text = findings.say_regimes(found).text
    assert "BIC finds 2 turns, the stricter LWZ no turn: the number depends on the criterion" in text
    assert "between Oct 2011 and Dec 2011, 90% interval Oct 2006 to Oct 2012" in text
    assert "+0.80, then −1.67, then +0.81" in text


def test_no_turn_is_told_as_none(events):
    none = regimes.event_regimes(events, criterion="LWZ")
    assert "never turned" in findings.words_regimes(none)["headline"]
    assert findings.say_regimes(none).numbers == ()


def test_the_table_of_turns_says_what_lies_inside_and_not_why(found, events):
    table = findings.table_breaks(found, regimes.events_inside(found, events))
    assert "not thereby its cause" in table.title and len(table.frame) == 2


def test_a_projection_is_told_after_what_it_is_worth(pooled):
    text = findings.say_projection(projection.project(pooled)).text
    assert text.startswith("A forecast of the level 6 months out hardly beats no change at all")
    assert "(−3.7 %" in text


def test_a_projection_that_is_worse_than_no_change_says_so(pooled):
    told = projection.project(pooled)
    scores = told.scores.assign(against_naive=[0.0, 1.0, 5.0, 40.0])
    assert "does not beat no change" in findings.say_projection(dataclasses.replace(told, scores=scores)).text


def test_the_restoration_is_told_with_what_came_before_it(pooled, found, events):
    dates = calendar.restoration(events)
    text = findings.say_restoration(pooled, dates, 12).text
    assert "No improvement of the level came with the restoration itself" in text
    assert "−0.51 in the 12 months before the licences were lifted, +1.48 until the list was restored" in text
    assert "and +0.46 in the 12 months from then" in text
    more = findings.say_around(pooled, found, dates, 12).text
    assert "The change of +1.99 came between the lifting (Mar 2023) and the restoration (Jul 2023)" in more
    assert "No turn found in the scores has an interval that reaches over the restoration" in more


def test_a_window_that_misses_the_restoration_is_not_answered(pooled, found, events):
    early, dates = pooled[pooled["month_end"] < "2022"], calendar.restoration(events)
    assert findings.say_restoration(early, dates, 12).text.startswith("The window does not reach")
    assert findings.say_around(early, found, dates, 12).role == "limit"


def test_a_pair_without_a_restoration_is_told_that_none_is_known(pooled, events):
    none = calendar.restoration(events).head(0)
    with pytest.raises(NoDataError, match="no restoration is known for this pair"):
        findings.say_restoration(pooled, none, 12)
    with pytest.raises(NoDataError, match="no restoration is known for this pair"):
        findings.say_missing_months(pd.DataFrame({"frequency": [], "period": []}), pd.NaT, "DEU", "JPN")


def test_quoted_shares_are_told_beside_the_total_they_are_a_share_of(quoted):
    fluoride = findings.say_quoted(quoted, materials.find("hydrogen_fluoride"), "JPN", 2022).text
    assert "8 % (2022), 44 % (2024), 48 % (2025)" in fluoride
    assert "−41.8 %: a share can return while the amount does not" in fluoride
    resist = findings.say_quoted(quoted, materials.find("photoresist"), "JPN", 2022).text
    assert "77 % (2022), 63 % (2025). No total is quoted beside it" in resist


def test_a_single_quoted_share_is_compared_with_nothing(quoted):
    told = findings.say_quoted(quoted, materials.find("photoresist"), "JPN", 2025)
    assert told.role == "limit" and "Fewer than two annual shares" in told.text


def test_the_missing_months_are_counted_and_what_to_fetch_is_named(built):
    flows = warehouse.read("trade", PAIR, reporter="KOR", hs_code="2811111000")
    restored = pd.Timestamp("2023-07-21")
    text = findings.say_missing_months(flows, restored, "KOR", "JPN").text
    assert "end in Nov 2021, about 20 months before the restoration" in text
    assert "fetch South Korea's imports" in text and "from Dec 2021 on" in text
    assert "No monthly figures by item are held" in findings.say_missing_months(flows[:0], restored, "KOR", "JPN").text


def test_the_figures_are_the_same_bytes_each_time_and_say_what_they_draw(found, events, pooled):
    told, dates = projection.project(pooled), calendar.restoration(events)
    window = pooled[pooled["month_end"] > "2021-06"]
    drawings = {
        "regimes": lambda: charts.plot_regimes(found, regimes.yearly_scores(events), **findings.words_regimes(found)),
        "projection": lambda: charts.plot_projection(pooled, told, **findings.words_projection(told)),
        "around-dates": lambda: charts.plot_around_dates(
            window, dates, **findings.words_restoration(window, dates, PAIR)
        ),
    }
    for name, draw in drawings.items():
        first, second = draw(), draw()
        assert first.svg == second.svg and len(first.svg) < 150_000
        assert all(i.startswith(f"{name}-") for i in re.findall(r'\bid="([^"]+)"', first.svg))
        assert first.alt and len(first.table)


def test_figures_of_nothing_are_refused(found):
    empty = pd.DataFrame()
    with pytest.raises(NoDataError, match="no year to draw"):
        charts.plot_regimes(found, empty, **WORDS)
    with pytest.raises(NoDataError, match="no level to draw"):
        charts.plot_projection(empty, None, **WORDS)
    with pytest.raises(NoDataError, match="no level to draw"):
        charts.plot_around_dates(empty, empty, **WORDS)


def test_the_dates_of_the_restoration_are_read_from_the_timeline(events):
    dates = calendar.restoration(events).set_index("step")["event_date"]
    assert dates["return decided"] == pd.Timestamp("2023-06-27")
    assert dates["restored"] == pd.Timestamp("2023-07-21")
    assert dates["lifted"] == pd.Timestamp("2023-03-23")
