"""Which events to name on a figure of the level: those that weighed most in the quarters in which it moved most."""

import pandas as pd

from research.errors import NoDataError
from research.measures.relations import TOGETHER, contributions

QUARTER = 3  # months over which a move is measured


def landmarks(
    events: pd.DataFrame,
    pooled: pd.DataFrame,
    *,
    half_life_months: float = 6.0,
    per_side: int = 6,
    apart_months: int = 18,
) -> pd.DataFrame:
    """One row an event to name: the largest contribution to one of the strongest moves of the level.

    In: the `events` table of a pair, and `relations(..., direction="together")` made of it with the same half-life.
    A move is the level's change over three months; the `per_side` strongest up and down are taken, each at least
    `apart_months` from a stronger one of its sign. Named is the event of those three months whose contribution, at
    their end, is the largest of the move's sign.
    Out, by date: number (1..n), event_id, event_date, initiator, target, is_mutual, label (the event's title),
    goldstein, at (month-end of the move), move (points), contribution (points, at that month-end).
    Raises: NoDataError when no event can be named, for instance in a window of two months.
    """
    moves = pooled.set_index("month_end")["level"].diff(QUARTER).dropna()
    rows = []
    for sign in (1, -1):
        for at in _strongest(moves[moves * sign > 0].abs(), per_side, apart_months):
            told = contributions(events, at, TOGETHER, TOGETHER, half_life_months=half_life_months)
            begin = (at.to_period("M") - QUARTER + 1).start_time
            fitting = told[(told["event_date"] >= begin) & (told["contribution"] * sign > 0)]
            if len(fitting):
                first = fitting.iloc[0]
                rows.append((first["event_id"], at, moves[at], first["contribution"]))
    if not rows:
        raise NoDataError(
            "the level makes no move that an event of this window could be named for; widen start and end"
        )
    found = pd.DataFrame(rows, columns=["event_id", "at", "move", "contribution"]).drop_duplicates("event_id")
    kept = ["event_id", "event_date", "initiator", "target", "is_mutual", "title", "goldstein"]
    out = found.merge(events[kept], on="event_id", how="left", validate="one_to_one")
    out = out.sort_values(["event_date", "event_id"], ignore_index=True)
    return out.rename(columns={"title": "label"}).assign(number=range(1, len(out) + 1))


def _strongest(sizes: pd.Series, count: int, apart_months: int) -> list[pd.Timestamp]:
    """The largest values by date, greedily, none within `apart_months` of a larger one; equal ones by date."""
    chosen: list[pd.Timestamp] = []
    for at in sizes.sort_values(ascending=False, kind="stable").index:
        gaps = [abs((at.to_period("M") - other.to_period("M")).n) for other in chosen]
        if len(chosen) < count and all(gap >= apart_months for gap in gaps):
            chosen.append(at)
    return chosen
