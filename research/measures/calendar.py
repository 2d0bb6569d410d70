"""The calendar of Japan's export controls on South Korea: which dated event is which step.

A measure has several dates (announced, in force, first permit, lifted), and the choice among them moves every
estimate; they are named here once and read from the timeline, never typed into a figure.
"""

import pandas as pd

from research.errors import DataError, NoDataError
from research.measures.given import month

# measure -> step -> event of the curated timeline
STEPS: dict[str, dict[str, str]] = {
    "Licences for three chip materials": {
        "announced": "JK20190701-01",
        "in force": "JK20190704-01",
        "first permit": "JK20190807-01",
        "lifted": "JK20230323-01",
    },
    "Off Japan's list of preferred partners": {
        "announced": "JK20190701-01",
        "decided": "JK20190802-01",
        "in force": "JK20190828-01",
        "return decided": "JK20230627-01",
        "restored": "JK20230721-01",
    },
}
PAIR = frozenset({"JPN", "KOR"})


def export_controls(events: pd.DataFrame) -> pd.DataFrame:
    """One row a measure and step of the export controls.

    Source: the curated timeline, by event id.
    In: the `events` table. Out: measure, step, event_id, event_date, title; in order of measure and date.
    Missing rule: a pair other than Japan and South Korea has no such calendar, and gets no rows.
    Raises: DataError when the events are the pair's but a step's event is not among them.
    """
    columns = ["measure", "step", "event_id", "event_date", "title"]
    curated = events[events["source"] == "timeline"]
    if curated.empty or not set(curated["initiator"]) | set(curated["target"]) <= PAIR:
        return pd.DataFrame(columns=columns)
    steps = pd.DataFrame(
        [(measure, step, event) for measure, named in STEPS.items() for step, event in named.items()],
        columns=columns[:3],
    )
    found = steps.merge(curated[["event_id", "event_date", "title"]], on="event_id", how="left", validate="many_to_one")
    absent = found.loc[found["event_date"].isna(), "event_id"]
    if len(absent):
        raise DataError(
            f"the timeline lacks {', '.join(absent)}, which the export-control calendar names; "
            "read the events without a window, or mend STEPS in research/measures/calendar.py"
        )
    return found[columns]


def months_of(calendar: pd.DataFrame, measure: str, *, until: object = None) -> dict[str, str]:
    """Month (YYYY-MM) -> the steps of one measure that fall in it, in order; monthly figures cannot tell them apart.

    In: `export_controls`; `until` leaves out later steps. Raises: NoDataError without a step of the measure.
    """
    steps = calendar[calendar["measure"] == measure].sort_values("event_date", kind="stable")
    if until is not None:
        steps = steps[steps["event_date"] <= month(until, "until").end_time]
    if steps.empty:
        raise NoDataError(f"no step of {measure!r} in the calendar; only Japan and South Korea have one here")
    named = steps.groupby(steps["event_date"].dt.strftime("%Y-%m"))["step"]
    return {key: ", ".join(dict.fromkeys(words)) for key, words in named}


def restoration(events: pd.DataFrame) -> pd.DataFrame:
    """One row a date around the return to the list: step, event_id, event_date, words (a few, for a figure).

    In and Raises: as `export_controls`; without a calendar no rows.
    """
    steps = export_controls(events)
    named = {
        "lifted": "licences lifted",
        "return decided": "return announced",
        "restored": "return in force",
    }
    chosen = steps[steps["step"].isin(list(named))].reset_index(drop=True)
    return chosen.assign(words=chosen["step"].map(named))[["step", "event_id", "event_date", "words"]]
