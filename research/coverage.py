"""Which days the event files cover: the calendar of a source, from the publisher's list and the files given.

Absence of a file is no data, never no event. Every day from the first to the last that a list or a file speaks of has
a row, and its slots add up: given + refused + missing + never published.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from research import tables
from research.sources.listing import FEED_BEGINS, MAIN, QUARTER, Listing, Slot, slot_of

STATUSES = ("covered", "part", "refused", "missing", "gap")
Moments = dict[tuple[str, str], dict[str, set[datetime]]]


def calendar(source: str, books: Iterable[dict[str, Any]], listing: Listing | None = None) -> pd.DataFrame:
    """One row a source, feed and day, as `event_coverage` promises.

    In: the books of the files (`bulk`), the publisher's lists where there are any. GDELT's files say by their name
    what they are for; of ICEWS and POLECAT, which are cut otherwise, a day with a row of any pair counts as given.
    """
    known: Moments = defaultdict(lambda: {"listed": set(), "given": set(), "refused": set()})
    for name in listing.files if listing else ():
        if slot := slot_of(name):
            known[slot.source, slot.feed]["listed"].update(slot.moments())
    for book in books:
        if slot := file_slot(source, book):
            known[slot.source, slot.feed]["refused" if "refused" in book else "given"].update(slot.moments())
        for day in book.get("days", ()):
            known[source, MAIN]["given"].add(datetime.fromisoformat(day))
    parts = [pd.DataFrame(_days(*key, **moments)) for key, moments in sorted(known.items())]
    columns = tables.EVENT_COVERAGE.columns
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
    return tables.check("event_coverage", tables.in_order("event_coverage", tables.typed(rows, columns)))


def file_slot(source: str, book: dict[str, Any]) -> Slot | None:
    """The slot of a GDELT file by its name, where its lines are of the width that the slot is cut for."""
    slot = slot_of(Path(book["file"]).name) if source == "gdelt" else None
    widths = {name for name in book.get("notes", {}) if name.startswith("width_")}
    if slot is None or (widths and ("width_61" in widths) != (slot.source == "gdelt2")):
        return None
    return slot


def told(source: str, rows: pd.DataFrame, books: list[dict[str, Any]], listing: Listing | None) -> dict[str, Any]:
    """The calendar in figures, for a summary: days by status, slots, and which files it cannot say anything of."""
    unknown = [b["file"] for b in books if file_slot(source, b) is None and "days" not in b]
    unlisted = [b["file"] for b in books if listing and listing.expected(Path(b["file"])) is None]
    return {
        "feeds": [_feed_told(*key, part) for key, part in rows.groupby(["source", "feed"])],
        "files_without_slot": unknown,
        "lists": list(listing.books) if listing else [],
        "files_not_listed": unlisted,
    }


def _feed_told(source: str, feed: str, part: pd.DataFrame) -> dict[str, Any]:
    counts = part["status"].value_counts()
    return {
        "source": source,
        "feed": feed,
        "first": f"{part['day'].min():%Y-%m-%d}",
        "last": f"{part['day'].max():%Y-%m-%d}",
        "days_by_status": {status: int(counts[status]) for status in STATUSES if status in counts},
        **{f"slots_{name}": int(part[name].sum()) for name in ("given", "refused", "missing")},
        "slots_unpublished": None if part["unpublished"].isna().all() else int(part["unpublished"].sum()),
    }


def _days(
    source: str, feed: str, listed: set[datetime], given: set[datetime], refused: set[datetime]
) -> list[dict[str, Any]]:
    """One row a day; a slot that one file gives and another does not is given."""
    step = QUARTER if source == "gdelt2" else timedelta(days=1)
    span = (min(listed), max(listed)) if listed else None
    refused = refused - given
    spoken = listed | given | refused
    rows = []
    day, last = min(spoken).date(), max(spoken).date()
    while day <= last:
        slots = _slots(day, step)
        read = [slot for slot in slots if slot in given]
        bad = [slot for slot in slots if slot in refused]
        left = [slot for slot in slots if slot not in given and slot not in refused]
        never = [slot for slot in left if span and span[0] <= slot <= span[1] and slot not in listed]
        rows.append({
            "source": source, "feed": feed, "day": pd.Timestamp(day), "slots": len(slots),
            "unpublished": len(never) if span else None, "given": len(read), "refused": len(bad),
            "missing": len(left) - len(never), "share": len(read) / len(slots),
            "status": _status(slots, read, bad, never), "absent": _ranges([*bad, *left], step),
        })  # fmt: skip
        day += timedelta(days=1)
    return rows


def _slots(day: date, step: timedelta) -> list[datetime]:
    first = datetime(day.year, day.month, day.day)
    slots = [first + n * step for n in range(timedelta(days=1) // step)]
    return [slot for slot in slots if step != QUARTER or slot >= FEED_BEGINS]


def _status(slots: list, read: list, bad: list, never: list) -> str:
    if read:
        return "covered" if len(read) == len(slots) else "part"
    if bad:
        return "refused"
    return "gap" if len(never) == len(slots) else "missing"


def _ranges(moments: list[datetime], step: timedelta) -> str | None:
    """Quarter-hours in a row, written `09:15 to 11:00`; nothing for whole days."""
    if step != QUARTER or not moments:
        return None
    runs: list[list[datetime]] = []
    for moment in sorted(moments):
        if runs and moment - runs[-1][-1] == step:
            runs[-1].append(moment)
        else:
            runs.append([moment])
    return ", ".join(f"{run[0]:%H:%M}" + (f" to {run[-1]:%H:%M}" if len(run) > 1 else "") for run in runs)
