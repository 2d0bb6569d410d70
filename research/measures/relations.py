"""How two states have treated each other: a decaying mean of Goldstein scores, month-end by month-end.

For one direction and month-end t, with half-life h in months and w = 2^(-(t - t_event) / h): level = sum(g w)
/ (1 + sum w), on the Goldstein scale (-10 to +10); intensity = sum(w); pressure = sum(g w). The 1 is one
neutral pseudo-event, so that silence drifts to zero instead of freezing the last mood; where intensity is low
the level is pulled towards zero, so the two are read together.

A month is 30.4375 days. Events after a month-end never count at it. An event dated only to a month or a year
enters at the middle of that period (a year's event from July on). Every event has the same weight on its own
day.
"""

from typing import Literal

import numpy as np
import pandas as pd

from research.errors import DataError, NoDataError, RequestError
from research.measures.given import month, named_rows, require_columns, require_dates, require_unrepeated

DAYS_A_MONTH = 30.4375
SCALE = 10.0
TWO_SIDED_90 = 1.645
TOGETHER = "both"
HALF_LIVES = (3.0, 6.0, 12.0, 24.0)
WEIGHTS_AT_ONCE = 4_000_000
NEEDED = [
    "event_id", "event_date", "date_precision", "source", "initiator", "target",
    "goldstein", "goldstein_scale", "is_mutual", "title",
]  # fmt: skip


def relations(
    events: pd.DataFrame,
    *,
    half_life_months: float = 6.0,
    start: object = None,
    end: object = None,
    band: bool = False,
    direction: Literal["each", "together"] = "each",
) -> pd.DataFrame:
    """One row a month-end and direction: how one state has treated the other, recent events weighing most.

    In: the `events` table of one source, read *without* a start (earlier events still weigh at the window's
    start). `start` and `end` (months, inclusive) choose the month-ends; by default from the first event's to
    the last's. `direction="together"` pools both directions into rows initiator = target = "both"; an event
    by both sides, two rows of full weight in `events`, then counts once.
    Out: period (first of month), month_end, initiator, target, level (-10 to +10), intensity (sum of
    weights), pressure (sum of score x weight), events (number so far); with `band=True` also low and high,
    see `half_width`.
    Missing rule: before a direction's first event the level is NaN (nothing recorded is not neutral),
    intensity 0.
    Raises: RequestError for a half-life not above 0, an unreadable or reversed window, several sources or
    scales; NoDataError without an event up to the end; DataError for events without a date or a score on the
    scale.
    """
    h = _half_life(half_life_months)
    listed = entered(events, direction)
    first = listed["enters"].min() if start is None else month(start, "start").start_time
    last = listed["enters"].max() if end is None else month(end, "end").start_time
    if first.to_period("M") > last.to_period("M"):
        raise RequestError(f"the window starts in {first:%Y-%m}, after its end in {last:%Y-%m}")
    if listed["enters"].min() >= last.to_period("M").end_time:
        raise NoDataError(f"no event up to {last:%Y-%m}: the first is of {listed['enters'].min():%Y-%m-%d}")
    periods = pd.period_range(first, last, freq="M").start_time
    parts = [_one_direction(one, periods, h, band) for _, one in listed.groupby(["initiator", "target"])]
    return pd.concat(parts, ignore_index=True)


def contributions(
    events: pd.DataFrame, at: object, initiator: str, target: str, *, half_life_months: float = 6.0
) -> pd.DataFrame:
    """One row an event that counts in the level of one direction at the end of the month `at` lies in.

    In: as for `relations`; initiator = target = "both" for the two directions together.
    Out: event_id, event_date, title, goldstein, weight (0 to 1), contribution (score x weight / (1 + sum of
    weights); they sum to the level), share (of the sum of absolute contributions, 0 to 1; NaN where all are
    zero).
    The largest comes first.
    Raises: as `relations`; NoDataError when that direction has no event by then, naming the directions there
    are.
    """
    h = _half_life(half_life_months)
    month_end = _month_ends(pd.DatetimeIndex([month(at, "at").start_time]))
    known = entered(events, "together" if initiator == target == TOGETHER else "each")
    one = known[(known["initiator"] == initiator) & (known["target"] == target)]
    one = one[one["enters"] <= month_end[0]]
    if one.empty:
        there = ", ".join(f"{a} to {b}" for a, b in sorted(set(zip(known["initiator"], known["target"], strict=True))))
        raise NoDataError(
            f"no event by {initiator} towards {target} up to {month_end[0]:%Y-%m-%d}; "
            f"there are {there}, from {known['event_date'].min():%Y-%m-%d}"
        )
    weight = _weights(one["enters"], month_end, h)[0]
    contribution = one["goldstein"].to_numpy(float) * weight / (1 + weight.sum())
    size = np.abs(contribution)
    share = size / size.sum() if size.sum() > 0 else np.full(len(one), np.nan)
    listed = one[["event_id", "event_date", "title", "goldstein"]].assign(
        weight=weight, contribution=contribution, share=share
    )
    return listed.iloc[np.argsort(-size, kind="stable")].reset_index(drop=True)


def half_width(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Half the width of a level's 90 % band, one a row of `weights`: 1.645 sd sqrt(sum w^2) / (1 + sum w).

    The deviation is that of all the direction's scores over the whole record (pooled), because where events
    are few and alike their own deviation is far too small. So the band, unlike the level, looks ahead. It
    says how far the level might be off because other events could have been listed; it knows nothing of
    errors in coding them.
    NaN for a single event. In: `scores` (one an event, -10 to +10), `weights` (one row a month-end, one
    column an event).
    """
    deviation = scores.std(ddof=1) if len(scores) > 1 else np.nan
    return TWO_SIDED_90 * deviation * np.sqrt((weights**2).sum(axis=1)) / (1 + weights.sum(axis=1))


def half_lives(events: pd.DataFrame, months: tuple[float, ...] = HALF_LIVES, **choices) -> pd.DataFrame:
    """The same series for several half-lives, one below the other: does the picture hang on that choice?

    In: as `relations`, whose other choices may be given. Out: its columns after half_life_months.
    Raises: as `relations`; RequestError when no half-life is given.
    """
    if not len(months):
        raise RequestError("half_lives needs at least one half-life in months, for instance (3, 6, 12, 24)")
    parts = [relations(events, half_life_months=h, **choices).assign(half_life_months=float(h)) for h in months]
    table = pd.concat(parts, ignore_index=True)
    return table[["half_life_months", *table.columns.drop("half_life_months")]]


def block_band(
    events: pd.DataFrame,
    *,
    half_life_months: float = 6.0,
    direction: Literal["each", "together"] = "each",
    block: int | None = None,
    draws: int = 500,
    seed: int = 0,
    **window,
) -> pd.DataFrame:
    """The level with a 90 % band from a moving-block bootstrap, beside the pooled band of `relations`.

    Scores' deviations from their mean are drawn in blocks of `block` successive events (by default the cube root of
    their number, rounded up) and laid over the events' own dates, `draws` times: like the pooled band it asks how
    far the level might be off because other events could have been listed, and unlike it keeps their
    autocorrelation. It knows nothing of errors in coding them. The same seed gives the same band.
    In: as `relations`. Out: its columns, low and high (pooled), block_low and block_high.
    Raises: as `relations`; RequestError for a block longer than the record or fewer than 20 draws.
    """
    if draws < 20:
        raise RequestError(f"draws={draws} is too few for a band of 90 %; give at least 20, usually 500")
    series = relations(events, half_life_months=half_life_months, direction=direction, band=True, **window)
    parts = []
    for (initiator, target), one in entered(events, direction).groupby(["initiator", "target"]):
        part = series[(series["initiator"] == initiator) & (series["target"] == target)]
        drawn = block_draws(one["goldstein"].to_numpy(float), block, draws, seed)
        low, high = (np.full(len(part), np.nan) for _ in range(2))
        ends = pd.DatetimeIndex(part["month_end"])
        for rows in _portions(len(part), max(len(one), draws)):
            weights = _weights(one["enters"], ends[rows], half_life_months)
            shift = weights @ drawn / (1 + weights.sum(axis=1, keepdims=True))
            low[rows], high[rows] = np.quantile(shift, (0.05, 0.95), axis=1)
        level = part["level"].to_numpy()
        ends_of_band = {"block_low": level + low, "block_high": level + high}
        parts.append(part.assign(**{k: np.clip(v, -SCALE, SCALE) for k, v in ends_of_band.items()}))
    return pd.concat(parts, ignore_index=True)


def block_draws(scores: np.ndarray, block: int | None, draws: int, seed: int) -> np.ndarray:
    """Deviations from the mean resampled in moving blocks: one row an event, one column a draw."""
    n = len(scores)
    length = int(np.ceil(n ** (1 / 3))) if block is None else block
    if not 1 <= length <= n:
        raise RequestError(f"block={block} must lie between 1 and the {n} events of the direction")
    deviations = scores - scores.mean()
    begins = np.random.default_rng(seed).integers(0, n - length + 1, size=(draws, -(-n // length)))
    places = (begins[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :n]
    return deviations[places].T


def _one_direction(one: pd.DataFrame, periods: pd.DatetimeIndex, h: float, band: bool) -> pd.DataFrame:
    """The series of one direction; `one` holds its events only."""
    ends = _month_ends(periods)
    scores = one["goldstein"].to_numpy(float)
    intensity, pressure, half = (np.empty(len(ends)) for _ in range(3))
    for rows in _portions(len(ends), len(one)):
        weights = _weights(one["enters"], ends[rows], h)
        intensity[rows], pressure[rows] = weights.sum(axis=1), weights @ scores
        if band:
            half[rows] = half_width(scores, weights)
    so_far = one["enters"].to_numpy().searchsorted(ends.to_numpy(), side="right")
    level = np.where(so_far > 0, pressure / (1 + intensity), np.nan)
    series = pd.DataFrame(
        {
            "period": periods,
            "month_end": ends,
            "initiator": one["initiator"].iloc[0],
            "target": one["target"].iloc[0],
            "level": level,
            "intensity": intensity,
            "pressure": pressure,
            "events": so_far,
        }
    )
    if band:
        series["low"] = np.clip(level - half, -SCALE, SCALE)
        series["high"] = np.clip(level + half, -SCALE, SCALE)
    return series


def _portions(rows: int, columns: int) -> list[slice]:
    """Rows taken so many at a time that a table of weights stays small, however many events a source codes."""
    step = max(1, WEIGHTS_AT_ONCE // max(columns, 1))
    return [slice(first, first + step) for first in range(0, rows, step)]


def _weights(enters: pd.Series, ends: pd.DatetimeIndex, h: float) -> np.ndarray:
    """Weight of each event (column) at each month-end (row): halves every h months, 0 before the event."""
    days = (ends.to_numpy()[:, None] - enters.to_numpy()[None, :]) / np.timedelta64(1, "D")
    return np.exp2(-np.maximum(days, 0) / DAYS_A_MONTH / h) * (days >= 0)


def level_weights(one: pd.DataFrame, ends: pd.DatetimeIndex, half_life_months: float) -> np.ndarray:
    """What each event (column) of one direction counts in its level at each month-end (row): w / (1 + sum w)."""
    weights = _weights(one["enters"], ends, half_life_months)
    return weights / (1 + weights.sum(axis=1, keepdims=True))


def _month_ends(periods: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The last day of each month: an event of that very day counts at full weight."""
    return periods + pd.offsets.MonthEnd(0)


def _half_life(months: float) -> float:
    """The half-life as a number of months above 0."""
    if isinstance(months, bool) or not isinstance(months, int | float | np.number):
        raise RequestError(f"half_life_months={months!r} is not a number of months")
    if not (months > 0 and np.isfinite(months)):
        raise RequestError(f"half_life_months={months} must be above 0, for instance 6")
    return float(months)


def entered(events: pd.DataFrame, direction: str) -> pd.DataFrame:
    """The events checked, one row a direction (or pooled), in order of when each enters the record."""
    if direction not in ("each", "together"):
        raise RequestError(f'direction={direction!r} is unknown; it is "each" or "together"')
    require_columns(events, NEEDED, "events")
    if events.empty:
        raise NoDataError("no event: the events table given is empty; read another pair or a wider window")
    require_dates(events, "event_date", "events")
    for column, what in (("source", "sources"), ("goldstein_scale", "scales of scores")):
        found = sorted(map(str, events[column].unique()))
        if len(found) > 1:
            raise RequestError(f"events of several {what} are never spliced: {', '.join(found)}; choose one")
    require_unrepeated(events, ["event_id"], "events")
    unsound = ~events["goldstein"].abs().le(SCALE).fillna(False).astype(bool)
    if unsound.any():
        raise DataError(
            f"{unsound.sum()} events have no score from -10 to +10: "
            f"{', '.join(events.loc[unsound, 'event_id'].head(5))} (rows {named_rows(events, unsound)}). "
            "Leave them out, and say so, or mend their source"
        )
    chosen = _pooled(events) if direction == "together" else events
    return chosen.assign(enters=_enters(chosen)).sort_values(["enters", "event_id"], kind="stable")


def _pooled(events: pd.DataFrame) -> pd.DataFrame:
    """Both directions of one pair as one; of an event by both sides, two rows in the table, one is kept."""
    states = sorted(set(events["initiator"]) | set(events["target"]))
    if len(states) > 2:
        raise RequestError(f"together means the two states of one pair, not {', '.join(states)}; choose a pair")
    mutual = events["is_mutual"].astype(bool)
    forth = events["initiator"] < events["target"]
    one_way, other_way = (mutual & forth).sum(), (mutual & ~forth).sum()
    if one_way != other_way:
        raise DataError(
            f"{one_way} mutual events in one direction but {other_way} in the other; "
            "to pool the directions, read the events of both"
        )
    return events[~mutual | forth].assign(initiator=TOGETHER, target=TOGETHER)


def _enters(events: pd.DataFrame) -> pd.Series:
    """When each event enters: its day, or the middle of the month or year it is dated to."""
    unknown = sorted(set(events["date_precision"].astype(str)) - {"day", "month", "year"})
    if unknown:
        raise DataError(f"date_precision {', '.join(unknown)} is unknown; it is day, month or year")
    day = events["event_date"].dt.normalize()
    enters = day.copy()
    for precision, unit in (("month", "M"), ("year", "Y")):
        chosen = events["date_precision"] == precision
        whole = day[chosen].dt.to_period(unit)
        begins, ends = whole.dt.start_time, (whole + 1).dt.start_time
        enters = enters.where(~chosen, begins + (ends - begins) / 2)
    return enters
