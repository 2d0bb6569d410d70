"""What moved between two batches: key numbers and statuses, and whether data, parameters or code changed with them.

A batch is what `runs.json` says and what `provenance.json` of each run records; runs are paired by their name. A
cause is named only where one alone changed: two at once cannot be told apart by looking, and the words say so.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from research.errors import DataError, RequestError
from research.reports import provenance

RUNS, OUTCOME, PROVENANCE = "runs.json", "outcome.json", "provenance.json"
MONTH = re.compile(r"(\d{4})-(\d\d)")
CODE = {"notebook": "the notebook", "package": "the package research", "lock": "requirements.lock"}


@dataclass(frozen=True)
class Side:
    """One run as a batch left it; `provenance` is None where the run left none."""

    name: str
    title: str
    notebook: str
    status: str
    numbers: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, str]
    provenance: Mapping[str, Any] | None
    page: Path | None
    folder: Path
    error: str = ""
    ended: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Every run of a report folder; `commit` where the project stood."""

    place: Path
    commit: str | None
    runs: Mapping[str, Side]


@dataclass(frozen=True)
class Move:
    """One key number before and after; `difference` is exact, None where the two cannot be subtracted."""

    name: str
    label: str
    unit: str
    before: Any
    after: Any
    before_text: str
    after_text: str
    difference: float | int | None
    difference_text: str

    @property
    def is_visible(self) -> bool:
        """Whether a reader of the two pages sees it: the number as printed is another."""
        return self.before_text != self.after_text


@dataclass(frozen=True)
class Causes:
    """What differs in what two runs were made from, in words, by kind; `unknown` says why it cannot be seen."""

    data: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that changed: data, parameters, code."""
        return tuple(k for k in ("data", "parameters", "code") if getattr(self, k))

    @property
    def verdict(self) -> str:
        """The cause in a word where only one kind changed, and an honest "cannot tell" otherwise."""
        if self.unknown:
            return f"cannot tell: {self.unknown}"
        if not self.kinds:
            return "nothing recorded changed"
        if len(self.kinds) == 1:
            return self.kinds[0]
        return f"cannot tell: {', '.join(self.kinds[:-1])} and {self.kinds[-1]} changed at once"


@dataclass(frozen=True)
class Change:
    """One run in both batches."""

    before: Side
    after: Side
    moved: tuple[Move, ...]
    appeared: tuple[Mapping[str, Any], ...]
    disappeared: tuple[Mapping[str, Any], ...]
    files: tuple[str, ...]
    causes: Causes

    @property
    def status_changed(self) -> bool:
        """Whether the run ended otherwise; a skipped run stands as it ended before."""
        return ended(self.before.status) != ended(self.after.status)

    @property
    def is_news(self) -> bool:
        """Whether a key number or the status is another."""
        return bool(self.moved or self.appeared or self.disappeared or self.status_changed)

    @property
    def verdict(self) -> str:
        """The cause of what moved; a move without a recorded change is a fault, and is called one."""
        if (self.moved or self.appeared or self.disappeared) and not self.causes.kinds and not self.causes.unknown:
            return "nothing recorded changed: the run does not give the same twice, or reads what it does not record"
        return self.causes.verdict


@dataclass(frozen=True)
class Comparison:
    """Two batches held against each other."""

    before: Batch
    after: Batch
    changes: tuple[Change, ...]
    only_before: tuple[Side, ...]
    only_after: tuple[Side, ...]

    @property
    def news(self) -> list[Change]:
        """Runs with something to tell: changed statuses first, then numbers a reader sees, then the rest."""
        found = [c for c in self.changes if c.is_news]
        return sorted(found, key=lambda c: (not c.status_changed, not any(m.is_visible for m in c.moved)))

    @property
    def labels(self) -> tuple[str, str]:
        """Names for the two folders: as much of each path's end as tells them apart."""
        one, other = self.before.place.parts, self.after.place.parts
        count = next((n for n in range(1, min(len(one), len(other))) if one[-n:] != other[-n:]), 1)
        return "/".join(one[-count:]), "/".join(other[-count:])


def ended(status: str) -> str:
    """How a run stands: one that was skipped as unchanged stands well."""
    return "ok" if status == "unchanged" else status


# Reading -------------------------------------------------------------------------------------------


def read_batch(place: Path, *, strict: bool = True) -> Batch:
    """A report folder, its runs.json, or the folder of one run.

    Raises RequestError when it is none of them, DataError when something in it is broken; with `strict` off a
    record of provenance that cannot be read counts as none.
    """
    folder = (place.parent if place.is_file() else place).resolve()
    if place.is_dir() and not (place / RUNS).is_file() and (place / OUTCOME).is_file():
        return _one_run(folder, strict)
    file = place if place.is_file() else place / RUNS
    if not file.is_file():
        raise RequestError(f"{place} is no report folder: it has no {RUNS}; name a folder that a report wrote")
    document = _read_json(file)
    try:
        return batch_of(document["runs"], folder, commit=document.get("commit"), strict=strict)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file} is not as a report writes it ({error!r}); run the report again") from error


def last_batch(out: Path) -> Batch | None:
    """A folder's batch as it stands before another is run into it; None where there is none that can be read."""
    try:
        return read_batch(out, strict=False)
    except (RequestError, DataError):
        return None


def batch_of(
    records: Sequence[Mapping[str, Any]], folder: Path, *, commit: str | None = None, strict: bool = True
) -> Batch:
    """A batch from records as runs.json holds them."""
    sides = [_side(record, folder, strict) for record in records]
    return Batch(folder, commit, {s.name: s for s in sides})


def _one_run(folder: Path, strict: bool) -> Batch:
    """The folder of one run, with what the batch around it says of the run where it is still there."""
    left = _read_json(folder / OUTCOME)
    around = _read_json(folder.parent / RUNS) if (folder.parent / RUNS).is_file() else {"runs": []}
    said = next((r for r in around["runs"] if r["name"] == folder.name), {})
    side = _side({"status": "ok", **said, **left, "name": folder.name}, folder.parent, strict)
    return Batch(folder, around.get("commit"), {side.name: side})


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}; run the report again") from error


def _side(record: Mapping[str, Any], folder: Path, strict: bool) -> Side:
    outputs, page = record.get("outputs") or {}, record.get("page")
    found = None
    if page and (folder / record["name"]).is_dir():
        found = _provenance(folder / record["name"] / PROVENANCE, outputs.get(PROVENANCE), strict)
    return Side(
        record["name"],
        record.get("title") or record["name"],
        record.get("notebook") or (found or {}).get("notebook", {}).get("name", ""),
        record["status"],
        _by_name(record.get("key_numbers") or ()),
        outputs,
        found,
        folder / page if page else None,
        folder / record["name"],
        record.get("error") or "",
        record.get("ended"),
        record.get("parameters") or {},
    )


def _provenance(file: Path, known: str | None, strict: bool) -> Mapping[str, Any] | None:
    """The record, when it is the one the batch speaks of; another one would blame the wrong cause."""
    try:
        if known and provenance.sha256(file) != known:
            raise DataError(f"{file} is not the one its batch recorded; run the report again")
        found = _read_json(file)
        if not all(isinstance(found.get(k), dict) for k in ("inputs", "parameters", "notebook")):
            raise DataError(f"{file} is no record of provenance: it lacks inputs, parameters or notebook")
        return found
    except (OSError, AttributeError) as error:
        reason = DataError(f"{file} cannot be read: {error}; run the report again")
        if strict:
            raise reason from error
    except DataError:
        if strict:
            raise
    return None


def _by_name(numbers: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Key numbers by name; a name that is used again counts on."""
    found: dict[str, Mapping[str, Any]] = {}
    for number in numbers:
        name, times = number["name"], 1
        while name in found:
            times += 1
            name = f"{number['name']} ({times})"
        found[name] = number
    return found


# Comparing -----------------------------------------------------------------------------------------


def compare(before: Batch, after: Batch) -> Comparison:
    """Pair the runs of two batches by name; the folders of two single runs are a pair whatever their names."""
    pairs = {name: name for name in before.runs if name in after.runs}
    if not pairs and all((b.place / OUTCOME).is_file() for b in (before, after)):
        pairs = dict(zip(before.runs, after.runs, strict=True))
    return Comparison(
        before,
        after,
        tuple(change(before.runs[a], after.runs[b]) for a, b in pairs.items()),
        tuple(s for name, s in before.runs.items() if name not in pairs),
        tuple(s for name, s in after.runs.items() if name not in pairs.values()),
    )


def change(before: Side, after: Side) -> Change:
    """One run in two batches. A run without a page states no number: then only its status is compared."""
    both = before.page is not None and after.page is not None
    one, other = (before.numbers, after.numbers) if both else ({}, {})
    tables = sorted(n for n in before.outputs.keys() & after.outputs.keys() if n.endswith(".csv"))
    return Change(
        before,
        after,
        tuple(_move(n, one[n], other[n]) for n in one if n in other and _differ(one[n], other[n])),
        tuple(other[n] for n in other if n not in one),
        tuple(one[n] for n in one if n not in other),
        tuple(n for n in tables if before.outputs[n] != after.outputs[n]),
        causes(before, after),
    )


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one.get("value"), one.get("unit")) != (other.get("value"), other.get("unit"))


def _move(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Move:
    difference, words = _difference(one, other)
    return Move(
        name,
        other.get("label") or name,
        other.get("unit") or "",
        one.get("value"),
        other.get("value"),
        str(one.get("text", one.get("value"))),
        str(other.get("text", other.get("value"))),
        difference,
        words,
    )


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float | int | None, str]:
    """After less before, exact and in words; between two months, their distance."""
    a, b = one.get("value"), other.get("value")
    if one.get("unit") != other.get("unit"):
        return None, f"unit was {one.get('unit') or 'none'}, is {other.get('unit') or 'none'}"
    if a is None or b is None:
        return None, "was missing" if a is None else "is missing now"
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (a, b)):
        unit = {"percent": "points", "month": ""}.get(other.get("unit") or "", other.get("unit") or "")
        return b - a, f"{written(b - a)} {unit}".rstrip()
    months = [MONTH.fullmatch(str(v)) for v in (a, b)]
    if all(months):
        first, second = (int(m[1]) * 12 + int(m[2]) for m in months if m)
        count = second - first
        return count, f"{written(count)} month{'s' if abs(count) != 1 else ''}"
    return None, "another value"


def written(value: float | int) -> str:
    """A difference with its sign: whole numbers whole, others to three digits."""
    whole = isinstance(value, int) or abs(value) >= 1000
    return (f"{value:+,.0f}" if whole else f"{value:+.3g}").replace("-", "−")


def causes(one_side: Side, other_side: Side) -> Causes:
    """What differs between what two runs recorded of their making, by kind."""
    before, after = one_side.provenance, other_side.provenance
    if before is None or after is None:
        if one_side.page and other_side.page:
            return Causes(unknown=f"no {PROVENANCE} beside the page")
        return Causes(unknown="a run that did not finish leaves no record of what it was made from")
    code = [words for key, words in CODE.items() if before.get(key) != after.get(key)]
    one, other = before["parameters"], after["parameters"]
    parameters = [
        f"{name}: {_given(one, name)} → {_given(other, name)}"
        for name in sorted(one.keys() | other.keys())
        if _given(one, name) != _given(other, name)
    ]
    data = _data(before, after, by_code=bool(code), by_other=bool(code or parameters))
    # Without an input that differs, a changed register speaks of other files; it is the cause where nothing else is.
    if before.get("register") != after.get("register") and (data or not (code or parameters)):
        data.append("the register of raw files (data/raw/datapackage.json)")
    return Causes(tuple(data), tuple(parameters), tuple(code))


def _given(parameters: Mapping[str, Any], name: str) -> str:
    return json.dumps(parameters[name], ensure_ascii=False) if name in parameters else "not a parameter"


def _data(before: Mapping[str, Any], after: Mapping[str, Any], *, by_code: bool, by_other: bool) -> list[str]:
    """Inputs that differ, with their vintage.

    A table whose raw file is the same was made anew by other code; a table only one run read follows from its code
    or parameters where they changed. Neither is a change of the data.
    """
    one, other = before["inputs"], after["inputs"]
    words = []
    for name in sorted(one.keys() | other.keys()):
        short = name.removeprefix("data/processed/")
        raw = [(record.get("sources") or {}).get(Path(name).stem) for record in (before, after)]
        if name in one and name in other:
            if one[name] != other[name] and not (by_code and raw[0] and raw[0] == raw[1]):
                words.append(f"{short}: {_vintages(*raw)}")
        elif not (by_other and _is_new_table(name, other if name in one else one)):
            words.append(f"{short}: {'no longer read' if name in one else 'new'}")
    return words


def _is_new_table(name: str, others: Mapping[str, str]) -> bool:
    return all(Path(name).parent != Path(o).parent for o in others)


def _vintages(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> str:
    if not one or not other:
        return "other content"
    if one["vintage"] != other["vintage"]:
        return f"vintage {one['vintage']} → {other['vintage']}"
    return f"other content, vintage {one['vintage']} in both"


def change_record(found: Change) -> dict[str, Any]:
    """One run's change for a program: what moved, what appeared and disappeared, the statuses, and the cause."""
    return {
        "status_before": found.before.status,
        "status_after": found.after.status,
        "moved": [asdict(m) for m in found.moved],
        "appeared": [dict(n) for n in found.appeared],
        "disappeared": [dict(n) for n in found.disappeared],
        "files": list(found.files),
        "verdict": found.verdict,
        "causes": {k: list(getattr(found.causes, k)) for k in ("data", "parameters", "code")},
    }
