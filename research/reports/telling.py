"""A comparison of two batches told three ways: to a program, on a terminal, and as a page of its own."""

import os
from pathlib import Path
from typing import Any

from research.reports import index
from research.reports.compare import Change, Comparison, Move, Side, change_record

MOST_WITHOUT_CONTENTS = 3  # a page of more runs starts with a list of them


def headline(found: Comparison) -> str:
    """The comparison in one sentence or two."""
    moved = [m for c in found.changes for m in c.moved]
    total = sum(len(c.after.numbers) for c in found.changes)
    runs = sum(bool(c.moved) for c in found.changes)
    if not found.changes:
        return "No run is in both batches, so no number can be compared."
    text = (
        f"{len(moved)} of {counted(total, 'key number')} moved, in {runs} of {counted(len(found.changes), 'run')}"
        if moved
        else f"None of {counted(total, 'key number')} in {counted(len(found.changes), 'run')} moved"
    )
    hidden = sum(not m.is_visible for m in moved)
    text += f"; {hidden} of them only in digits that are not printed." if hidden else "."
    came, went = (sum(len(getattr(c, k)) for c in found.changes) for k in ("appeared", "disappeared"))
    text += f" {counted(came, 'key number')} appeared." if came else ""
    text += f" {counted(went, 'key number')} disappeared." if went else ""
    statuses = sum(c.status_changed for c in found.changes)
    return f"{text} {counted(statuses, 'run')} ended otherwise." if statuses else text


def counted(count: int, noun: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def as_record(found: Comparison) -> dict[str, Any]:
    """The comparison for a program."""
    return {
        "before": {"folder": found.labels[0], "commit": found.before.commit, "runs": len(found.before.runs)},
        "after": {"folder": found.labels[1], "commit": found.after.commit, "runs": len(found.after.runs)},
        "runs": [{"name": c.after.name, "notebook": c.after.notebook, **change_record(c)} for c in found.changes],
        "only_before": [s.name for s in found.only_before],
        "only_after": [s.name for s in found.only_after],
    }


def as_text(found: Comparison) -> str:
    """The comparison for a terminal: one block a run with news, the rest in a line."""
    one, other = found.labels
    lines = [f"before  {one}: {counted(len(found.before.runs), 'run')}"]
    lines += [f"after   {other}: {counted(len(found.after.runs), 'run')}", headline(found)]
    for item in found.news:
        lines += ["", *_block(item)]
    still = [c for c in found.changes if not c.is_news]
    behind = "".join(f"; data behind figures changed in {c.after.name}: {', '.join(c.files)}" for c in still if c.files)
    lines += ["", f"{counted(len(still), 'run')} with the same status and key numbers{behind}"] if still else [""]
    for words, sides in (("before", found.only_before), ("after", found.only_after)):
        lines += [f"only {words}: {side.name} ({side.status})" for side in sides]
    return "\n".join(lines).rstrip()


def _block(item: Change) -> list[str]:
    lines = [item.after.name if item.before.name == item.after.name else f"{item.before.name} → {item.after.name}"]
    if item.status_changed:
        lines.append(f"  status: {item.before.status} → {item.after.status}")
        lines += [f"    {side.error}" for side in (item.before, item.after) if side.error]
    lines.append(f"  cause: {item.verdict}")
    lines += [f"    {kind}: {words}" for kind in item.causes.kinds for words in getattr(item.causes, kind)]
    rows = [(m.label, m.before_text, "→", m.after_text, m.difference_text + _unseen(m)) for m in item.moved]
    rows += [(n.get("label", n["name"]), "", "", str(n.get("text")), "appeared") for n in item.appeared]
    rows += [(n.get("label", n["name"]), str(n.get("text")), "", "", "disappeared") for n in item.disappeared]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(5)]
    lines += ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return lines


def _unseen(move: Move) -> str:
    return "" if move.is_visible else " (not in the printed digits)"


def as_page(found: Comparison, place: Path) -> str:
    """The comparison as one self-contained page; it links to pages of runs only where they lie beside it or below."""
    moved = [m for c in found.changes for m in c.moved]
    only = len(found.only_before), len(found.only_after)
    tiles = [
        (f"{len(moved):,}", "key numbers moved", f"of {sum(len(c.after.numbers) for c in found.changes):,} compared"),
        (f"{sum(bool(c.moved) for c in found.changes):,}", "runs they are in", f"of {len(found.changes):,} in both"),
        (f"{sum(c.status_changed for c in found.changes):,}", "runs ended otherwise", "than before"),
        (f"{sum(only):,}", "runs in one batch only", f"{only[0]:,} before, {only[1]:,} after"),
    ]
    return (
        index.templates()
        .get_template("compare.html.j2")
        .render(
            found=found,
            before=found.labels[0],
            after=found.labels[1],
            headline=headline(found),
            tiles=tiles,
            most=MOST_WITHOUT_CONTENTS,
            still=[c for c in found.changes if not c.is_news],
            link=lambda side: _link(side, place),
        )
    )


def _link(side: Side, place: Path) -> str:
    if side.page is None or not side.page.is_file():
        return ""
    path = Path(os.path.relpath(side.page, place.resolve().parent)).as_posix()
    return "" if path.startswith("..") else path
