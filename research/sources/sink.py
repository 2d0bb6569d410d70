"""Where a streaming cleaner puts what came of each row: tidy rows and rejected rows in batches, the rest as counts.

One sink a file. Batches go to a writer as they fill, so that memory does not grow with the file.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from research.dyads import Dyad

BATCH = 16_384
# The columns of `tables.EVENTS` and `tables.REJECTED` with their kinds, stated once more (a test holds them equal):
# a worker that reads files has no need of the libraries that check tables.
COLUMNS = {
    "event_date": "date", "date_precision": "text", "source": "text", "event_id": "text", "initiator": "text",
    "target": "text", "cameo_code": "text", "goldstein": "number", "goldstein_scale": "text", "quad_class": "count",
    "domain": "text", "direction": "text", "title": "text", "mentions": "count", "sources": "count",
    "articles": "count", "tone": "number", "is_root": "flag", "is_mutual": "bool", "verified": "bool", "url": "text",
    "publisher": "text", "date_added": "date", "note": "text", "flags": "text", "file": "text", "line": "count",
}  # fmt: skip
REJECTED = {"file": "text", "line": "count", "reason": "text", "record": "text"}
_ALWAYS = {"date_precision": "day", "is_mutual": False, "verified": False}

Writer = Callable[[str, list[Mapping[str, Any]]], None]


@dataclass
class Sink:
    """The books of one file. `write` takes batches of tidy rows ("events") and of rejected ones ("rejected")."""

    file: str
    write: Writer
    pair: Dyad | None = None
    rows_read: int = 0
    rows_kept: int = 0
    rows_written: int = 0
    rejected: Counter = field(default_factory=Counter)
    out_of_scope: Counter = field(default_factory=Counter)
    repaired: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: Counter = field(default_factory=Counter)
    notes: Counter = field(default_factory=Counter)
    days: Counter = field(default_factory=Counter)  # rows by day (ISO), where a file's name says none
    _rows: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _rejects: list[dict[str, Any]] = field(default_factory=list, repr=False)

    def keep(self, line: int, rows: list[dict[str, Any]]) -> None:
        """An input row that lives on, as one or more tidy rows."""
        self.rows_kept += 1
        self.rows_written += len(rows)
        stamp = {"file": self.file, "line": line}
        self._rows += [dict.fromkeys(COLUMNS) | _ALWAYS | row | stamp for row in rows]
        if len(self._rows) >= BATCH:
            self._flush()

    def reject(self, line: int, reason: str, fields: Any) -> None:
        """An unsound row: kept beside with its line and reason."""
        self.rejected[reason] += 1
        record = json.dumps(fields, ensure_ascii=False)
        self._rejects.append({"file": self.file, "line": line, "reason": reason, "record": record})
        if len(self._rejects) >= BATCH:
            self._flush()

    def repair(self, name: str, line: int | None, before: str, after: str, count: int = 1) -> None:
        """A value that was mended: counted, with the first example."""
        place = f"line {line}: " if line else ""
        entry = self.repaired.setdefault(name, {"count": 0, "example": f"{place}{before} -> {after}"})
        entry["count"] += count

    def close(self) -> None:
        """Writes what is still held."""
        self._flush()

    def _flush(self) -> None:
        for name, held in (("events", self._rows), ("rejected", self._rejects)):
            if held:
                self.write(name, held)
                held.clear()

    def counts(self) -> dict[str, Any]:
        """The file's books as plain values."""
        return {
            "file": self.file,
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_written": self.rows_written,
            "rows_rejected": self.rejected.total(),
            "rows_out_of_scope": self.out_of_scope.total(),
            "rejected_by_reason": dict(self.rejected),
            "out_of_scope_by_reason": dict(self.out_of_scope),
            "repaired_by_name": self.repaired,
            "seen": dict(self.seen),
            "notes": dict(self.notes),
        } | ({"days": dict(sorted(self.days.items()))} if self.days else {})
