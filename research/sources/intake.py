"""From raw text rows to tidy rows with nothing lost on the way: what every cleaner shares.

An `Intake` holds the rows of one file still in play. Each step takes rows out with a reason (rejected,
merged, out of scope) or changes them with a name (repaired). `Cleaned` checks the conservation law when it
is made: rows read = kept + rejected + merged + out of scope, kept being counted from the tidy rows
themselves.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from research import dyads, tables
from research.errors import DataError, NoDataError
from research.register import Resource
from research.sources.rawcsv import read_csv

# Fifteen digits: what a float still holds exactly; more is a cell gone wrong.
_WHOLE = "-?[0-9]{1,15}"
_NUMBER = _WHOLE + r"(\.[0-9]+)?"
MONTH = "[12][0-9]{3}-(?:0[1-9]|1[0-2])"


@dataclass(frozen=True)
class Cleaned:
    """What came of one file (or of several): tidy rows, rejected rows, and the counts of input rows."""

    table: str
    rows: pd.DataFrame
    rejected: pd.DataFrame
    rows_read: int
    rows_merged: int
    out_of_scope: Mapping[str, int]
    repaired: Mapping[str, Mapping[str, Any]]

    @property
    def rows_kept(self) -> int:
        """Input rows that live on; one of them may have become several tidy rows."""
        return len(self.rows[["file", "line"]].drop_duplicates())

    def __post_init__(self) -> None:
        gone = sum(self.out_of_scope.values())
        if self.rows_read != self.rows_kept + len(self.rejected) + self.rows_merged + gone:
            files = ", ".join(sorted({*self.rows["file"], *self.rejected["file"]})) or "no file"
            raise DataError(
                f"{self.table}: rows do not add up in {files}: read {self.rows_read}, kept {self.rows_kept}, "
                f"rejected {len(self.rejected)}, merged {self.rows_merged}, out of scope {gone}; "
                "a cleaner in research/sources loses rows or counts them twice"
            )


class Intake:
    """The rows of one raw file on their way to a tidy table.

    `rows` are those still in play, text as read plus `line`; `file` is the name rows will carry: the
    registered path, or the path as given for a file of one's own.
    """

    def __init__(
        self,
        path: Path,
        resource: Resource | None,
        header: tuple[str, ...],
        rows: tuple[pd.DataFrame, list[tuple[int, list[str]]]] | None = None,
    ) -> None:
        """Reads a CSV of that header; `rows` gives what a reader of another format has read instead."""
        self.file = resource.path if resource else path.as_posix()
        self.vintage = resource.vintage if resource else None
        self.rows, ragged = read_csv(path, header, self.file) if rows is None else rows
        self.read = len(self.rows) + len(ragged)
        self._raw = self.rows.drop(columns="line").set_index(self.rows["line"])
        self._rejected = [(line, "field_count", json.dumps(fields, ensure_ascii=False)) for line, fields in ragged]
        self._merged = 0
        self._out_of_scope: dict[str, int] = {}
        self._repaired: dict[str, dict[str, Any]] = {}

    def reject(self, unsound: pd.Series, reason: str) -> None:
        """Takes unsound rows out; they are kept with file, line and reason."""
        for line in self.rows.loc[unsound, "line"]:
            record = json.dumps(self._raw.loc[line].to_dict(), ensure_ascii=False)
            self._rejected.append((line, reason, record))
        self.rows = self.rows[~unsound]

    def leave_out(self, beside: pd.Series, reason: str) -> None:
        """Takes sound rows out that are not what the table is about; counted by reason."""
        if beside.any():
            self._out_of_scope[reason] = self._out_of_scope.get(reason, 0) + int(beside.sum())
            self.rows = self.rows[~beside]

    def count_left_out(self, counts: Mapping[str, int]) -> None:
        """Rows that the reader of the file has counted and left out already."""
        self.read += sum(counts.values())
        self._out_of_scope |= counts

    def put(self, **columns: pd.Series) -> None:
        """Sets columns of the rows still in play; the values may hold rows taken out since."""
        kept = {name: values.reindex(self.rows.index) for name, values in columns.items()}
        self.rows = self.rows.assign(**kept)

    def repair(self, column: str, mended: pd.Series, name: str) -> None:
        """Puts mended values in a column; counts those that differ and shows the first."""
        changed = self.rows[column] != mended
        self.note_repair(name, changed, lambda row: f"{row[column]} -> {mended[row.name]}")
        self.put(**{column: mended})

    def note_repair(self, name: str, changed: pd.Series, say: Any) -> None:
        """Counts a repair done elsewhere, with its first example."""
        if changed.any():
            first = self.rows[changed].iloc[0]
            self._repaired[name] = {
                "count": int(changed.sum()),
                "example": f"line {first['line']}: {say(first)}",
            }

    def states(self, column: str, system: str, *, beside: tuple[str, ...] = ()) -> pd.Series:
        """ISO3 codes of a column of spellings; missing for values `beside`, which are no states.

        Raises DataError naming every unknown spelling with its lines.
        """
        known = dyads.SPELLINGS[system]
        unknown = self.rows[~self.rows[column].isin([*known, *beside])]
        if not unknown.empty:
            places = {
                str(spelling): f"{self.file}, lines {_listed(group['line'])}"
                for spelling, group in unknown.groupby(column, sort=False)
            }
            raise DataError(dyads.unknown_spellings(places, system))
        return self.rows[column].map(known)

    def months(self, column: str) -> pd.Series:
        """First days of `YYYY-MM` months; others are rejected `month_invalid`."""
        self.reject(~self.rows[column].str.fullmatch(MONTH), "month_invalid")
        return pd.to_datetime(self.rows[column] + "-01", format="%Y-%m-%d")

    def years(self, column: str) -> pd.Series:
        """First days of `YYYY` years; others are rejected `year_invalid`."""
        self.reject(~self.rows[column].str.fullmatch("[12][0-9]{3}"), "year_invalid")
        return pd.to_datetime(self.rows[column] + "-01-01", format="%Y-%m-%d")

    def codes(self, column: str, digits: int, reason: str = "code_length") -> None:
        """Rejects codes that are not so many digits: one that went through a number lost its leading zero."""
        self.reject(~self.rows[column].str.fullmatch(f"[0-9]{{{digits}}}"), reason)

    def one_of(self, column: str, allowed: tuple[str, ...]) -> None:
        """Rejects values that are not in the list."""
        self.reject(~self.rows[column].isin(allowed), f"{column}_unknown")

    def numbers(self, *columns: str, empty: bool = False, whole: bool = False) -> None:
        """Rejects text in a number, and negative numbers; empty ones too unless they may be missing."""
        for column in columns:
            text = self.rows[column]
            pattern = _WHOLE if whole else _NUMBER
            sound = text.str.fullmatch(pattern) | ((text == "") & empty)
            self.reject((text == "") & ~sound, f"{column}_missing")
            self.reject(~sound[self.rows.index], f"{column}_not_a_number")
            self.reject(self.rows[column].str.startswith("-"), f"{column}_negative")

    def once(self, *key: str) -> None:
        """One row a key: equal repeats are merged and counted, rows that differ are all rejected `key_conflict`."""
        repeats = self.rows.duplicated([name for name in self.rows if name != "line"])
        self._merged += int(repeats.sum())
        self.rows = self.rows[~repeats]
        self.reject(self.rows.duplicated(list(key), keep=False), "key_conflict")

    @property
    def rejected(self) -> list[tuple[int, str, str]]:
        """Rows rejected so far: line, reason and the record as read (JSON), by line."""
        return sorted(self._rejected)

    def cleaned(self, table: str, tidy: pd.DataFrame) -> Cleaned:
        """The tidy rows, typed, sorted and checked against the table's promise, with the counts.

        Raises NoDataError where no row was kept, DataError where a promise or the conservation law is broken.
        """
        if tidy.empty:
            raise NoDataError(f"{self.file}: no row kept of {self.read} read; {self._told()}")
        return self._checked(table, tidy)

    def nothing(self, table: str) -> Cleaned:
        """No tidy row, where a file holds none of what was asked for; the counts all the same."""
        return self._checked(table, pd.DataFrame(columns=list(tables.PROMISES[table].columns)))

    def _checked(self, table: str, tidy: pd.DataFrame) -> Cleaned:
        promised = tables.PROMISES[table].columns
        stamped = tidy.assign(file=self.file)
        if "vintage" in promised:
            stamped = stamped.assign(vintage=self.vintage)
        typed = tables.typed(stamped, promised)
        rows = tables.check(table, tables.in_order(table, typed))
        rejected = rejected_rows([(self.file, *row) for row in self._rejected])
        return Cleaned(table, rows, rejected, self.read, self._merged, self._out_of_scope, self._repaired)

    def _told(self) -> str:
        reasons = pd.Series([reason for _, reason, _ in self._rejected], dtype="str").value_counts().to_dict()
        counts = {**reasons, **{f"out of scope {name}": count for name, count in self._out_of_scope.items()}}
        return "; ".join(f"{name}: {count}" for name, count in counts.items()) or "the file has a header and no rows"


def _listed(lines: pd.Series, limit: int = 5) -> str:
    shown = ", ".join(map(str, lines.head(limit)))
    return shown + (f" and {len(lines) - limit} more" if len(lines) > limit else "")


def rejected_rows(rows: list[tuple[str, int, str, str]]) -> pd.DataFrame:
    """Rejected rows as a frame, by file and line."""
    frame = pd.DataFrame(rows, columns=list(tables.REJECTED))
    return tables.typed(frame, tables.REJECTED).sort_values(["file", "line"], kind="stable", ignore_index=True)
