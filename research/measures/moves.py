"""Who moves first, how far apart the two directions are, and what one event was followed by.

Acts by both sides belong to both directions at once, so they can tell nothing of who moves first and cancel in the
difference where both records weigh them alike.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from research.dyads import Dyad
from research.errors import NoDataError, RequestError
from research.measures.relations import block_draws, contributions, entered, level_weights, relations

LAGS = 6
LEAST_MONTHS = 36


def difference(
    events: pd.DataFrame,
    pair: Dyad,
    *,
    half_life_months: float = 6.0,
    draws: int = 500,
    seed: int = 0,
    block: int | None = None,
    **window,
) -> pd.DataFrame:
    """One row a month-end: the level of pair.a towards pair.b less that of pair.b towards pair.a, with a 90 % band.

    The band resamples the scores of both directions at once (moving blocks, see `relations.block_band`), an act by
    both sides drawn once for both.
    Out: period, month_end, forth (a to b), back (b to a), difference, low, high.
    Missing rule: NaN before both directions have an event.
    Raises: as `relations`; NoDataError when one direction has no event.
    """
    series = relations(events, half_life_months=half_life_months, **window).set_index(["initiator", "target"])
    for way in ((pair.a, pair.b), (pair.b, pair.a)):
        if way not in series.index:
            raise NoDataError(f"a difference needs both directions; there is no event by {way[0]} towards {way[1]}")
    forth, back = (series.loc[way].reset_index(drop=True) for way in ((pair.a, pair.b), (pair.b, pair.a)))
    known = entered(events, "each")
    acts = known.assign(act=[_act(r) for r in known[["event_id", "is_mutual"]].itertuples()])
    names = pd.Index(acts["act"].unique())
    scores = acts.drop_duplicates("act")["goldstein"].to_numpy(float)
    drawn = block_draws(scores, block, draws, seed)
    shift = np.zeros((len(forth), draws))
    for sign, way in ((1, (pair.a, pair.b)), (-1, (pair.b, pair.a))):
        one = acts[(acts["initiator"] == way[0]) & (acts["target"] == way[1])]
        weights = level_weights(one, pd.DatetimeIndex(forth["month_end"]), half_life_months)
        shift += sign * weights @ drawn[names.get_indexer(one["act"])]
    gap = (forth["level"] - back["level"]).to_numpy()
    low, high = np.quantile(shift, (0.05, 0.95), axis=1)
    return pd.DataFrame(
        {"period": forth["period"], "month_end": forth["month_end"], "forth": forth["level"], "back": back["level"]}
        | {"difference": gap, "low": gap + low, "high": gap + high}
    )


@dataclass(frozen=True)
class LeadLag:
    """`by_lag`: one row a lag in months (lag above 0: pair.a first; correlation, low, high: 90 % of what unrelated
    series give). `lead`: mean correlation where pair.a is first less that where pair.b is; `p`: two-sided, its rank
    among all shifts of one series against the other; `months`, `shifts`: how many of each.
    """

    by_lag: pd.DataFrame
    lead: float
    p: float
    months: int
    shifts: int


def lead_lag(events: pd.DataFrame, pair: Dyad, *, lags: int = LAGS) -> LeadLag:
    """Do the scores of one side's acts run ahead of the other's? Monthly sums of what each did alone.

    Correlations of pair.a's sum in one month with pair.b's `lag` months later are set beside those of every
    circular shift of one series by more than twice `lags` months, which keeps each side's own rhythm and breaks the
    tie.
    Missing rule: a month without an act has the sum 0, which is what was recorded.
    Raises: as `relations`; RequestError for lags below 1; NoDataError for under 36 months, for a direction without an
    act of its own, or for acts that all fall in one month.
    """
    if isinstance(lags, bool) or not isinstance(lags, int) or lags < 1:
        raise RequestError(f"lags={lags!r} must be a whole number of months, at least 1")
    known = entered(events, "each")
    alone = known[~known["is_mutual"].astype(bool)]
    months = pd.period_range(known["enters"].min(), known["enters"].max(), freq="M")
    if len(months) < max(LEAST_MONTHS, 6 * lags):
        raise NoDataError(f"who moves first needs {max(LEAST_MONTHS, 6 * lags)} months; the events span {len(months)}")
    sums = []
    for state in pair.states:
        own = alone[alone["initiator"] == state]
        sums.append(own.groupby(own["enters"].dt.to_period("M"))["goldstein"].sum().reindex(months, fill_value=0.0))
        if sums[-1].std() == 0:
            raise NoDataError(f"who moves first needs acts of both sides; the monthly sums of {state} never vary")
    a, b = (part.to_numpy(float) for part in sums)
    reach = np.arange(-lags, lags + 1)
    found = _correlations(a, b, reach)
    shifts = range(2 * lags + 1, len(months) - 2 * lags)
    placebo = np.array([_correlations(a, np.roll(b, s), reach) for s in shifts])
    low, high = np.quantile(placebo, (0.05, 0.95), axis=0)
    lead, leads = _lead(found, lags), np.array([_lead(row, lags) for row in placebo])
    p = (1 + (np.abs(leads) >= abs(lead)).sum()) / (1 + len(leads))
    by_lag = pd.DataFrame({"lag": reach, "correlation": found, "low": low, "high": high})
    return LeadLag(by_lag, float(lead), float(p), len(months), len(leads))


def reaction(events: pd.DataFrame, event_id: str, *, months: int = 6, half_life_months: float = 6.0) -> pd.DataFrame:
    """One row a month-end around one event: both directions' levels, and the acting one's without the event.

    Out: months_after (from -months to +months; 0 is the end of its month), month_end, acting (level of the direction
    the event is in), without (the same had the event not been listed), own (its contribution), answering (level of
    the other direction). What follows an event is not thereby its effect.
    Missing rule: NaN before a direction's first event; months after the last event's month are left out.
    Raises: as `relations`; RequestError for months below 1; NoDataError when the event is not among the events.
    """
    if isinstance(months, bool) or not isinstance(months, int) or months < 1:
        raise RequestError(f"months={months!r} must be a whole number, at least 1")
    known = entered(events, "each")
    chosen = known[known["event_id"] == event_id]
    if chosen.empty:
        raise NoDataError(
            f"no event {event_id} among the {len(known)} given, {known['event_id'].iloc[0]} to "
            f"{known['event_id'].iloc[-1]}; an act by both sides is listed once a direction (as ID:JPN-KOR)"
        )
    act = chosen.iloc[0]
    begin = act["enters"].to_period("M")
    last = min(begin + months, known["enters"].max().to_period("M"))
    window = {"start": begin.start_time - pd.DateOffset(months=months), "end": last.start_time}
    series = relations(events, half_life_months=half_life_months, **window)
    sides = [(act["initiator"], act["target"]), (act["target"], act["initiator"])]
    lines = [
        series[(series["initiator"] == a) & (series["target"] == b)].set_index("month_end")["level"] for a, b in sides
    ]
    ends = pd.DatetimeIndex(series["month_end"].unique())
    own = [_own(events, event_id, end, sides[0], half_life_months) for end in ends]
    return pd.DataFrame(
        {
            "months_after": [(end.to_period("M") - begin).n for end in ends],
            "month_end": ends,
            "acting": lines[0].reindex(ends).to_numpy(),
            "without": [without for _, without in own],
            "own": [contribution for contribution, _ in own],
            "answering": lines[1].reindex(ends).to_numpy(),
        }
    )


def _own(
    events: pd.DataFrame, event_id: str, end: pd.Timestamp, way: tuple[str, str], half_life: float
) -> tuple[float, float]:
    """The event's contribution at one month-end, and the level had it not been listed."""
    try:
        told = contributions(events, end, *way, half_life_months=half_life)
    except NoDataError:
        return 0.0, np.nan
    chosen = told["event_id"] == event_id
    whole = 1 + told["weight"].sum()
    rest = whole - told.loc[chosen, "weight"].sum()
    own = float(told.loc[chosen, "contribution"].sum())
    left = float(told["contribution"].sum() - own) * whole / rest
    return own, left if (~chosen).any() else np.nan


def _act(row) -> str:
    return row.event_id.rsplit(":", 1)[0] if row.is_mutual else row.event_id


def _correlations(a: np.ndarray, b: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Correlation of a with b `lag` months later, for each lag, over the months that overlap."""
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    n = len(a)
    return np.array([a[: n - lag] @ b[lag:] / n if lag >= 0 else a[-lag:] @ b[: n + lag] / n for lag in reach])


def _lead(by_lag: np.ndarray, lags: int) -> float:
    return float(by_lag[lags + 1 :].mean() - by_lag[:lags].mean())
