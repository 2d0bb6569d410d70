"""The index of a batch: every run on one page, failures first; a plain table, to which a script only adds."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2

from research.reports import compare

MOST_NUMBERS = 3


def make_index(outcomes: Sequence[Any], status: str) -> str:
    """The index page. One row a run: what it asked, what became of it, how long it took, its numbers."""
    ordered = sorted(outcomes, key=lambda o: (o.earlier, o.ok))  # stable: within each, the order of the plan
    counts = {
        s: sum(o.status == s and not o.earlier for o in outcomes) for s in dict.fromkeys(o.status for o in ordered)
    }
    return (
        templates()
        .get_template("index.html.j2")
        .render(
            outcomes=ordered,
            status=status,
            counts={k: n for k, n in counts.items() if n},
            most=MOST_NUMBERS,
            clock=clock,
            count_moved=count_moved,
            moved_numbers=sum(map(count_moved, outcomes)),
            moved_runs=sum(bool(count_moved(o)) for o in outcomes),
        )
    )


def since_last(outcomes: Sequence[Any], out: Path, last: compare.Batch | None) -> list[Any]:
    """Each outcome with what moved since the last batch in its folder, where the run was in it and has run again."""
    if last is None:
        return list(outcomes)
    now = compare.batch_of([vars(o) for o in outcomes if o.status != "unchanged"], out, strict=False)
    found = {c.after.name: compare.change_record(c) for c in compare.compare(last, now).changes}
    return [replace(o, since_last=found.get(o.name)) for o in outcomes]


def count_moved(outcome: Any) -> int:
    """How many key numbers moved, appeared or disappeared since the last batch."""
    since = outcome.since_last or {}
    return sum(len(since.get(key, ())) for key in ("moved", "appeared", "disappeared"))


def templates() -> jinja2.Environment:
    """The templates of pages that no notebook makes."""
    folder = jinja2.FileSystemLoader(Path(__file__).parent / "template")
    return jinja2.Environment(loader=folder, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def clock(seconds: float) -> str:
    """A duration for people: `3.2 s`, `4 min 10 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{math.floor(seconds / 60)} min {round(seconds % 60)} s"
