"""Both directions side by side, who moves first, one event; half-lives and the block band of the level."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from research import findings
from research.dyads import find
from research.errors import DataError, NoDataError, RequestError
from research.measures.moves import difference, lead_lag, reaction
from research.measures.relations import block_band, half_lives, relations
from tests.test_relations import a_table, an_event

PAIR = find("JPN-KOR")


@pytest.fixture(scope="module")
def timeline(built):
    from research import warehouse

    return warehouse.read("events", PAIR, source="timeline")


def monthly(scores, initiator="JPN", target="KOR", start="2000-01"):
    days = pd.date_range(start, periods=len(scores), freq="MS") + pd.Timedelta(days=9)
    return [an_event(d, float(s), initiator, target) for d, s in zip(days, scores, strict=True)]


def test_half_lives_give_the_same_series_as_one_by_one(timeline):
    table = half_lives(timeline, direction="together", start="2010-01")
    assert sorted(table["half_life_months"].unique()) == [3, 6, 12, 24]
    twelve = table[table["half_life_months"] == 12]["level"].tolist()
    assert twelve == relations(timeline, direction="together", start="2010-01", half_life_months=12)["level"].tolist()


def test_no_half_life_is_refused(timeline):
    with pytest.raises(RequestError, match="needs at least one half-life"):
        half_lives(timeline, ())


def test_the_same_seed_gives_the_same_block_band_and_another_seed_another(timeline):
    one, same, other = (block_band(timeline, draws=50, seed=s, start="2015-01") for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one["block_low"].equals(other["block_low"])
    assert (one["block_low"] < one["level"]).all() and (one["level"] < one["block_high"]).all()


def test_blocks_widen_the_band_where_scores_hang_together():
    calm = [4.0] * 30 + [-4.0] * 30 + [4.0] * 30
    events = a_table(*monthly(calm))
    chosen = {"start": "2004-01", "end": "2007-06", "draws": 300}
    alone, together = (block_band(events, block=b, **chosen) for b in (1, 10))
    width = [(t["block_high"] - t["block_low"]).mean() for t in (alone, together)]
    assert width[1] > 1.3 * width[0]


def test_a_block_longer_than_the_record_and_too_few_draws_are_refused():
    events = a_table(*monthly([1.0, 2.0]))
    with pytest.raises(RequestError, match="block=3 must lie between 1 and the 2 events"):
        block_band(events, block=3)
    with pytest.raises(RequestError, match="draws=5 is too few"):
        block_band(events, draws=5)


def test_the_level_is_the_same_however_many_months_are_weighed_at_once(timeline, monkeypatch):
    whole = relations(timeline, band=True)
    monkeypatch.setattr("research.measures.relations.WEIGHTS_AT_ONCE", 1000)
    pd.testing.assert_frame_equal(whole, relations(timeline, band=True))


def test_machine_coded_events_with_the_same_columns_are_measured_alike():
    events = a_table(*monthly([1.9, -2.0] * 30)).assign(source="gdelt", goldstein_scale="cameo_full")
    assert relations(events)["level"].notna().all()


def test_the_difference_is_one_level_less_the_other(timeline):
    gap = difference(timeline, PAIR, start="2018-01", draws=100)
    assert (gap["forth"] - gap["back"]).tolist() == pytest.approx(gap["difference"].tolist())
    assert (gap["low"] < gap["difference"]).all() and (gap["difference"] < gap["high"]).all()
    swapped = difference(timeline, find("KOR-JPN"), start="2018-01", draws=100)
    assert swapped["forth"].tolist() == gap["back"].tolist()


def test_a_difference_without_the_other_direction_is_refused():
    with pytest.raises(NoDataError, match="both directions; there is no event by KOR towards JPN"):
        difference(a_table(*monthly([1.0, 2.0])), PAIR)


def test_the_side_that_is_answered_two_months_later_moves_first():
    rng = np.random.default_rng(0)
    acts = rng.normal(size=100).clip(-3, 3)
    events = a_table(*monthly(acts), *monthly(acts, "KOR", "JPN", start="2000-03"))
    found = lead_lag(events, PAIR)
    assert found.by_lag.set_index("lag")["correlation"].idxmax() == 2
    assert found.lead > 0 and found.p < 0.1
    assert lead_lag(events, find("KOR-JPN")).lead < 0


def test_on_the_timeline_neither_side_moves_first_beyond_chance(timeline):
    found = lead_lag(timeline, PAIR)
    assert found.p > 0.1
    same_month = found.by_lag.set_index("lag").loc[0]
    assert same_month["correlation"] > same_month["high"]


def test_lead_and_lag_need_months_acts_of_both_and_a_lag():
    short = a_table(*monthly([1.0, 2.0] * 6), *monthly([1.0, 2.0] * 6, "KOR", "JPN"))
    with pytest.raises(DataError, match="needs 36 months; the events span 12"):
        lead_lag(short, PAIR)
    with pytest.raises(DataError, match="acts of both sides; the monthly sums of KOR never vary"):
        lead_lag(a_table(*monthly([1.0, 2.0] * 20)), PAIR)
    with pytest.raises(RequestError, match="lags=0 must be a whole number"):
        lead_lag(short, PAIR, lags=0)


def test_a_reaction_shows_the_level_with_and_without_the_event(timeline):
    table = reaction(timeline, "JK20230721-01").set_index("months_after")
    without = relations(timeline[timeline["event_id"] != "JK20230721-01"], start="2023-07", end="2024-01")
    expected = without[without["initiator"] == "JPN"]["level"].tolist()
    assert table.loc[0:, "without"].tolist() == pytest.approx(expected)
    assert (table.loc[:-1, "own"] == 0).all() and (table.loc[0:, "own"] > 0).all()


def test_a_reaction_to_the_first_event_has_no_level_before_it():
    events = a_table(an_event("2019-05-10", 4.0), an_event("2019-08-10", 1.0, "KOR", "JPN"))
    table = reaction(events, "E0", months=3).set_index("months_after")
    assert table.loc[-3:-1, ["acting", "without"]].isna().all(axis=None)
    assert table["without"].isna().all()


def test_an_event_that_is_not_there_and_a_span_of_no_months_are_refused(timeline):
    with pytest.raises(NoDataError, match="no event JK0 among the 595 given, .* once a direction"):
        reaction(timeline, "JK0")
    with pytest.raises(RequestError, match="months=0 must be a whole number"):
        reaction(timeline, "JK20230721-01", months=0)


# ---- in words


def test_the_difference_is_told_with_its_band_and_how_often_it_was_beyond_doubt(timeline):
    gap = difference(timeline, PAIR, start="2018-01", draws=100)
    told = findings.say_difference(gap, PAIR)
    assert "no difference between how Japan and South Korea treat each other" in told.text
    assert told.numbers[0].value == pytest.approx(gap["difference"].iloc[-1])
    sure = findings.say_difference(gap.assign(low=0.1, high=0.9), PAIR).text
    assert "Japan treats South Korea better than it is treated" in sure and f"in {len(gap)} and below in 0" in sure
    assert findings.say_difference(gap.assign(low=np.nan), PAIR).role == "limit"


def test_who_moves_first_is_hedged_by_its_placebos(timeline):
    found = lead_lag(timeline, PAIR)
    text = findings.say_who_moves_first(found, PAIR).text
    assert "neither side moves first beyond chance (p 0.44)" in text and "go together more than" in text
    sure = dataclasses.replace(found, lead=-0.2, p=0.01, by_lag=found.by_lag.assign(high=1.0))
    text = findings.say_who_moves_first(sure, PAIR).text
    assert "South Korea's acts run ahead of Japan's (p 0.01)" in text and "no more than unrelated" in text


def test_what_hangs_on_the_half_life_is_said(timeline):
    table = half_lives(timeline, direction="together", start="2000-01")
    text = findings.say_half_lives(table).text
    assert "Half-lives of 3, 6, 12, 24 months agree on the sign of the last level" in text
    assert "hangs on that choice: Aug 2011 (3), Jul 2019 (6)" in text
    late = table[table["half_life_months"] > 3]
    assert "All date the lowest level to Jul 2019" in findings.say_half_lives(late).text
    turned = late.assign(level=late["level"].where(late["half_life_months"] > 6, -1.0))
    assert "do not agree on the sign" in findings.say_half_lives(turned).text


def test_a_reaction_is_told_with_and_without_the_event(timeline):
    act = timeline.set_index("event_id").loc["JK20230721-01"]
    text = findings.say_reaction(reaction(timeline, "JK20230721-01"), act).text
    assert "would be +1.02, not +1.13" in text and "South Korea's went from +2.05 the month before to +0.38" in text
    lone = a_table(an_event("2019-05-10", 4.0), an_event("2019-08-10", 1.0, "KOR", "JPN"))
    text = findings.say_reaction(reaction(lone, "E0", months=2), lone.iloc[0]).text
    assert "rests on it alone" in text and "South Korea's is not known over these months" in text
