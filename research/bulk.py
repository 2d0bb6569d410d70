"""Event files of any number and size to one result: a part a file in worker processes, then one merge on disk.

A part is written for each file beside the result, under a name that says which file, which pair and which code it is
of; interrupted and started again, finished parts are used as they are. The merge removes repeats across files, marks
duplicates and sorts, in DuckDB under a set limit of memory. The result appears whole or not at all.
"""

import glob
import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet

from research import dyads
from research.errors import DataError, NoDataError, RequestError, cannot_write
from research.sources import STREAMED
from research.sources.archive import FileRefused
from research.sources.listing import TRANSLATION, Listed, Listing, read_lists, slot_of, verify
from research.sources.sink import COLUMNS, REJECTED, Sink

MERGE_MEMORY = "160MB"
ROW_GROUP = 32_768
WORKERS = 2
LARGEST_BLOCK = 24 << 20
FILE_FLAGS = ("prefiltered",)  # notes of a cleaner that hold for every row of its file
RESULT = ("events.parquet", "rejected.parquet", "event_coverage.parquet", "summary.json")
_CODE = ("bulk.py", "cameo.py", "coverage.py", "dyads.py", "tables.py", "sources/*.py")
_ARROW = {
    "text": arrow.string(), "date": arrow.date32(), "count": arrow.int64(), "number": arrow.float64(),
    "bool": arrow.bool_(), "flag": arrow.bool_(),
}  # fmt: skip
_SCHEMAS = {
    name: arrow.schema([(column, _ARROW[kind]) for column, kind in columns.items()])
    for name, columns in (("events", COLUMNS), ("rejected", REJECTED))
}
# Rows that say the same, wherever they stood.
_FACTS = [name for name in COLUMNS if name not in ("file", "line", "flags")]

Progress = Callable[[int, int, int], None]


def clean_files(
    source: str,
    files: Sequence[Path],
    out: Path,
    dyad: str | None = None,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    lists: Sequence[Path] = (),
) -> dict[str, Any]:
    """Cleans event files into `out`: events, rejected and event_coverage, summary.json; returns the summary.

    `files`: files, folders (all files in them) or patterns. A file that cannot be read is one rejected row (line
    missing) and stands in the summary's `files_rejected`. Of rows that repeat an event id the first stays, in order
    of files and lines: equal ones are merged, others rejected `dup_id`. `progress(files, of, rows)`. `lists`: the
    publisher's; a file named there is refused (`checksum`) unless it has the size and md5 the list says.
    Raises RequestError on an unknown source or pair, a file that is not there or is named twice, a list for another
    source than gdelt; DataError where a list is none; NoDataError where no row of the pair was kept.
    """
    pair = dyads.find(dyad) if dyad else None
    if source not in STREAMED:
        raise RequestError(f"{source!r} is no source of machine-coded events; there are {', '.join(STREAMED)}")
    STREAMED[source]  # loaded before workers are forked
    listing = _listing(source, lists)
    found = expanded(files)
    _bring_back(out.absolute())
    check_out(out, set(RESULT))
    work = out.absolute().with_name(f".{out.absolute().name}.parts")
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise cannot_write(work, fault) from None
    checks = [listing.expected(file) if listing else None for file in found]
    jobs = [(source, str(f), str(_part(work, source, f, pair, c)), dyad, c) for f, c in zip(found, checks, strict=True)]
    books = _parts(jobs, executor, progress or (lambda *_: None))
    summary = _merge(source, books, [Path(job[2]) for job in jobs], out.absolute(), pair, listing)
    shutil.rmtree(work, ignore_errors=True)
    return summary


def _listing(source: str, lists: Sequence[Path]) -> Listing | None:
    """The publisher's lists, where any are given."""
    if lists and source != "gdelt":
        raise RequestError(f"--list takes GDELT's lists of files; for {source} there is none: leave it out")
    return read_lists(lists) if lists else None


def _bring_back(out: Path) -> None:
    """A former result that a call set aside, and was killed before it put the new one in its place, comes back."""
    for former in out.parent.glob(f".{glob.escape(out.name)}.*.former"):
        if not out.exists():
            os.replace(former, out)


def check_out(out: Path, results: set[str]) -> None:
    """Refuses a folder with anything in it that is not a former result: the result replaces the folder.

    Raises RequestError there, and where the folder cannot be looked into.
    """
    try:
        other = sorted(file.name for file in out.iterdir() if file.name not in results)
    except FileNotFoundError:
        return
    except OSError as fault:
        raise cannot_write(out, fault) from None
    if other:
        raise RequestError(f"folder {out} holds other files ({', '.join(other[:5])}); choose an empty or a new folder")


def expanded(files: Iterable[Path]) -> list[Path]:
    """Files, folders and patterns as files, in order of name within each. Raises RequestError on none, or on two."""
    found: list[Path] = []
    for given in map(Path, files):
        if given.is_dir():
            inside = sorted(file for file in given.rglob("*") if file.is_file() and not file.name.startswith("."))
        elif given.is_file():
            inside = [given]
        else:
            inside = sorted(Path(name) for name in glob.glob(str(given), recursive=True) if Path(name).is_file())
        if not inside:
            raise RequestError(f"no file {given}: name a file, a folder with files, or a pattern that fits some")
        found += inside
    twice = [str(file) for file, count in Counter(file.resolve() for file in found).items() if count > 1]
    if twice or not found:
        raise RequestError("a file is named twice: " + ", ".join(twice) if twice else "no files to clean; name one")
    return found


def _part(work: Path, source: str, file: Path, pair: dyads.Dyad | None, check: Listed | None = None) -> Path:
    """Where the part of a file goes: a name made of what decides its content."""
    state = file.stat()
    made_of = (source, str(file), state.st_size, state.st_mtime_ns, str(pair), check, _code_hash())
    return work / hashlib.sha256(repr(made_of).encode()).hexdigest()[:24]


_hashed: dict[Path, str] = {}


def _code_hash() -> str:
    package = Path(__file__).parent
    if package not in _hashed:
        digest = hashlib.sha256()
        for file in sorted(file for pattern in _CODE for file in package.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes())
        _hashed[package] = digest.hexdigest()
    return _hashed[package]


def _parts(jobs: list[tuple], executor: Executor | None, progress: Progress) -> list[dict[str, Any]]:
    """The books of every file, in order; those finished before are read, the others made by workers."""
    books: dict[int, dict[str, Any]] = {}
    for number, job in enumerate(jobs):
        done = Path(job[2], "books.json")
        if done.is_file():
            books[number] = json.loads(done.read_text("utf-8"))
    left = [number for number in range(len(jobs)) if number not in books]
    rows = sum(book["rows_read"] for book in books.values())
    progress(len(books), len(jobs), rows)
    if not left:
        return [books[number] for number in range(len(jobs))]
    if len(left) == 1 and executor is None:
        books[left[0]] = clean_one(*jobs[left[0]])
        progress(len(books), len(jobs), rows + books[left[0]]["rows_read"])
        return [books[number] for number in range(len(jobs))]

    def take(number: int, book: dict[str, Any]) -> None:
        nonlocal rows
        books[number] = book
        rows += book["rows_read"]
        progress(len(books), len(jobs), rows)

    for number in _carry({number: jobs[number] for number in left}, executor, take):
        if again := _carry({number: jobs[number]}, executor, take):  # alone, so that it takes no other with it
            take(number, _refuse_deadly(jobs[number], again[number]))
    return [books[number] for number in range(len(jobs))]


def _carry(
    jobs: dict[int, tuple], executor: Executor | None, take: Callable[[int, dict[str, Any]], None]
) -> dict[int, str]:
    """Books go to `take` as they come; gives back the jobs whose process died under them, each with what is known.

    Raises DataError where the executor took its jobs back.
    """
    own = None if executor else ProcessPoolExecutor(min(WORKERS, len(jobs)), mp_context=_processes())
    broken = {}
    try:
        futures = {(executor or own).submit(clean_one, *job): number for number, job in jobs.items()}
        _load()
        for future in as_completed(futures):
            try:
                take(futures[future], future.result())
            except BrokenExecutor as fault:
                broken[futures[future]] = str(fault)
    except CancelledError:
        raise DataError(
            "not every file was cleaned; finished ones are kept and used when the same command is run again"
        ) from None
    finally:
        if own:
            own.shutdown(cancel_futures=True)
    return broken


def _refuse_deadly(job: tuple, found: str) -> dict[str, Any]:
    """A part without rows and its books; without books on disk, so that it is never taken for a finished part."""
    _, file, part, dyad, _ = job
    place = Path(part)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    refused = {"file": file, "reason": "worker_died", "found": f"its process died twice (out of memory?): {found}"}
    return _refused(file, place, dyads.find(dyad) if dyad else None, refused)


def _load() -> None:
    """What the merge needs, loaded while the workers are already at it."""
    import duckdb  # noqa: F401

    from research import tables

    tables.check("events", tables.typed(_SCHEMAS["events"].empty_table().to_pandas(), tables.EVENTS.columns))


def _processes() -> multiprocessing.context.BaseContext:
    """Forked workers start at once; where other threads may run, they are forked from a server without any."""
    methods = multiprocessing.get_all_start_methods()
    if threading.active_count() == 1 and "duckdb" not in sys.modules and "fork" in methods:
        return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["research.bulk"])
    return context


def clean_one(source: str, file: str, part: str, dyad: str | None, check: Listed | None = None) -> dict[str, Any]:
    """The part of one file: rows, rejected rows and books, in a folder that appears whole. Returns the books."""
    _keep_freed_memory()
    place = Path(part)
    beside = place.with_name(f"{place.name}.{uuid.uuid4().hex}.making")
    beside.mkdir(parents=True)
    try:
        books = _cleaned(source, file, beside, dyads.find(dyad) if dyad else None, check)
        (beside / "books.json").write_text(json.dumps(books, ensure_ascii=False), encoding="utf-8")
        if not (place / "books.json").is_file():
            shutil.rmtree(place, ignore_errors=True)
            os.replace(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return books


@cache
def _keep_freed_memory() -> None:
    """Lets blocks of text be used again: where glibc gives each back to the system, a third of the scan goes to pages.

    It keeps blocks up to the largest size that it has seen freed (mallopt(3), M_MMAP_THRESHOLD).
    """
    block = bytes(LARGEST_BLOCK)
    del block


class _Part:
    """The tables of a part, a Parquet file each, made with its first rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writers: dict[str, parquet.ParquetWriter] = {}

    def write(self, name: str, rows: list) -> None:
        """Takes a batch of rows of one table."""
        if name not in self.writers:
            self.writers[name] = parquet.ParquetWriter(self.folder / f"{name}.parquet", _SCHEMAS[name])
        self.writers[name].write_batch(arrow.RecordBatch.from_pylist(rows, schema=_SCHEMAS[name]))

    def close(self) -> None:
        """Ends the files."""
        for writer in self.writers.values():
            writer.close()
        self.writers.clear()


def _cleaned(source: str, file: str, folder: Path, pair: dyads.Dyad | None, check: Listed | None) -> dict[str, Any]:
    part = _Part(folder)
    sink = Sink(file, part.write, pair)
    refused = None
    try:
        verify(Path(file), check)
        STREAMED[source](Path(file), sink)
        sink.close()
    except FileRefused as fault:
        refused = {"file": file, "reason": fault.reason, "found": str(fault)}
    finally:
        part.close()
    return sink.counts() if refused is None else _refused(file, folder, pair, refused)


def _refused(file: str, folder: Path, pair: dyads.Dyad | None, refused: dict[str, str]) -> dict[str, Any]:
    """The part and the books of a file that counts as one rejected row."""
    for written in folder.glob("*.parquet"):
        written.unlink()
    part = _Part(folder)
    row = {"file": file, "line": None, "reason": refused["reason"], "record": json.dumps(refused["found"])}
    part.write("rejected", [row])
    part.close()
    counts = Sink(file, part.write, pair).counts()
    return counts | {
        "rows_read": 1, "rows_rejected": 1, "rejected_by_reason": {refused["reason"]: 1}, "refused": refused,
    }  # fmt: skip


def _merge(
    source: str,
    books: list[dict[str, Any]],
    parts: list[Path],
    out: Path,
    pair: dyads.Dyad | None,
    listing: Listing | None,
) -> dict[str, Any]:
    """Parts to the result, put in place at once. Raises NoDataError where nothing is left."""
    summary = _added(source, books) | {"dyad": str(pair) if pair else None}
    if not summary["rows_written"]:
        raise NoDataError(_nothing(summary, books, pair))
    beside, former = (out.with_name(f".{out.name}.{os.getpid()}.{end}") for end in ("part", "former"))
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        _merge_rows(parts, beside, summary, _file_flags(books))
        _check_sum(summary)
        summary["coverage"] = _write_calendar(source, books, listing, beside / "event_coverage.parquet")
        text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
        (beside / "summary.json").write_text(text, encoding="utf-8")
        if out.exists():
            os.replace(out, former)
        os.replace(beside, out)
    finally:
        if former.exists() and not out.exists():
            os.replace(former, out)
        for left in (beside, former):
            shutil.rmtree(left, ignore_errors=True)
    return summary


def _file_flags(books: list[dict[str, Any]]) -> dict[str, str]:
    """What is to be said of every row of a file, by file: of another feed, filtered before."""
    flags: dict[str, str] = {}
    for book in books:
        slot = slot_of(Path(book["file"]).name)
        said = [name for name in FILE_FLAGS if name in book["notes"]]
        if slot and slot.feed == TRANSLATION:
            said.append(TRANSLATION)
        if said:
            flags[book["file"]] = ";".join(said)
    return flags


def _write_calendar(source: str, books: list[dict[str, Any]], listing: Listing | None, file: Path) -> dict[str, Any]:
    """Writes which days the files cover; returns the calendar in figures."""
    from research import coverage, tables

    rows = coverage.calendar(source, books, listing)
    schema = tables.arrow_schema(tables.EVENT_COVERAGE.columns)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in arrow.Table.from_pandas(rows, schema=schema, preserve_index=False).combine_chunks().to_batches():
            writer.write_batch(batch)
    return coverage.told(source, rows, books, listing)


def _merge_rows(parts: list[Path], beside: Path, summary: dict[str, Any], flags: dict[str, str]) -> None:
    """Repeats taken out, duplicates marked, rows sorted, checked and written; counts entered in the summary."""
    import duckdb

    with duckdb.connect(config={"memory_limit": MERGE_MEMORY, "threads": 1}) as base:
        base.execute("set temp_directory = ?", [str(beside / "spill")])
        base.execute("set preserve_insertion_order = false")
        base.execute(_RANKED, [_files("events", parts, beside)])
        again = base.execute(_AGAIN).fetchall()
        base.execute(_OF_FILE, [[*flags], [*flags.values()]])
        base.execute(_MARKED)
        counts = base.execute("select unnest(string_split(flags, ';')) f, count(*) from marked group by 1 order by 1")
        summary["flags_by_name"] = dict(counts.fetchall())
        counts = base.execute("select source, count(*) from marked group by 1 order by 1")
        summary["events_by_source"] = dict(counts.fetchall())
        _enter_repeats(summary, again)
        events = base.sql("select * from marked order by event_date, source, event_id")
        _stream("events", events, beside / "events.parquet", checked=True)
        base.execute(_ALL_REJECTED, [_files("rejected", parts, beside)])
        rejected = base.sql("select * from all_rejected order by file, line nulls first, reason")
        _stream("rejected", rejected, beside / "rejected.parquet")
    shutil.rmtree(beside / "spill", ignore_errors=True)


def _files(name: str, parts: list[Path], beside: Path) -> list[str]:
    """The files of one table that parts have; an empty one where none has any."""
    found = [str(file) for part in parts if (file := part / f"{name}.parquet").is_file()]
    if not found:
        (beside / "spill").mkdir(exist_ok=True)
        found = [str(beside / "spill" / f"no_{name}.parquet")]
        with parquet.ParquetWriter(found[0], _SCHEMAS[name]):
            pass
    return found


# The first row of an event id stays, in order of files as given and of lines.
_RANKED = f"""
    create temp table ranked as
    with placed as (select p.*, list_position($1, p.filename) place from read_parquet($1, filename = true) p)
    select * exclude (filename), row_number() over (partition by source, event_id order by place, line) nth,
        hash({", ".join(_FACTS)}) facts,
        first_value(hash({", ".join(_FACTS)})) over (partition by source, event_id order by place, line) first_facts,
    from placed
"""
_OF_FILE = "create temp table of_file as select unnest($1::varchar[]) file, unnest($2::varchar[]) flag"
_AGAIN = """
    select case when count(*) = count(*) filter (nth > 1 and facts = first_facts) then 'merged' else 'dup_id' end kind,
        count(*) rows_again
    from ranked where nth > 1 group by place, line
"""
_SAME_DAY = "event_date, initiator, target, coalesce(cameo_code, title)"
_MARKED = f"""
    create temp table marked as
    with first_ones as (select * exclude (nth, facts, first_facts) from ranked where nth = 1),
    counted as (
        select *,
            row_number() over (partition by {_SAME_DAY} order by place, line, event_id) nth_day,
            case when url is null then 1
                else row_number() over (partition by {_SAME_DAY}, url order by place, line, event_id) end nth_url,
            count(*) filter (initiator < target) over twins > 0 and count(*) filter (initiator > target) over twins > 0
                and url is not null has_twin
        from first_ones
        window twins as (partition by event_date, least(initiator, target), greatest(initiator, target),
            coalesce(cameo_code, title), url)
    )
    select {", ".join(name for name in COLUMNS if name not in ("flags", "file", "line"))},
        nullif(concat_ws(';', flags, (select flag from of_file where of_file.file = counted.file),
            case when nth_day > 1 then 'dup_day' end,
            case when nth_url > 1 then 'dup_url' end, case when has_twin then 'mirror_twin' end), '') flags,
        file, line
    from counted
"""
_ALL_REJECTED = """
    create temp table all_rejected as
    select * from read_parquet($1)
    union all by name
    select file, line, 'dup_id' reason, to_json(struct_pack(event_id, event_date, initiator, target, cameo_code)) record
    from ranked where nth > 1 and facts <> first_facts
"""


def _enter_repeats(summary: dict[str, Any], again: list[tuple[str, int]]) -> None:
    """Takes rows that repeat an id out of the kept ones."""
    kinds = Counter(kind for kind, _ in again)
    summary["rows_written"] -= sum(count for _, count in again)
    summary["rows_kept"] -= kinds.total()
    summary["rows_merged"] += kinds["merged"]
    if kinds["dup_id"]:
        summary["rows_rejected"] += kinds["dup_id"]
        summary["rejected_by_reason"]["dup_id"] = kinds["dup_id"]


def _stream(name: str, rows: Any, file: Path, *, checked: bool = False) -> None:
    """Rows of a query to Parquet in row groups of one size, each checked against the table's promise."""
    from research import tables

    reader = rows.to_arrow_reader(ROW_GROUP)
    schema = _SCHEMAS[name]
    held: list[arrow.RecordBatch] = []
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:

        def put(batches: list[arrow.RecordBatch]) -> None:
            group = arrow.Table.from_batches(batches).select(schema.names).cast(schema).combine_chunks()
            if checked:
                tables.check(name, tables.typed(group.to_pandas(), tables.EVENTS.columns))
            for batch in group.to_batches():
                writer.write_batch(batch, row_group_size=ROW_GROUP)

        for batch in reader:
            while batch.num_rows:
                room = ROW_GROUP - sum(part.num_rows for part in held)
                held.append(batch.slice(0, room))
                batch = batch.slice(room)
                if sum(part.num_rows for part in held) == ROW_GROUP:
                    put(held)
                    held.clear()
        if held:
            put(held)


def _added(source: str, books: list[dict[str, Any]]) -> dict[str, Any]:
    """The books of all files as one."""
    numbers = ("rows_read", "rows_kept", "rows_rejected", "rows_out_of_scope", "rows_written")
    total = {name: sum(book[name] for book in books) for name in numbers}
    reasons = {
        name: dict(sorted(sum((Counter(book[name]) for book in books), Counter()).items()))
        for name in ("rejected_by_reason", "out_of_scope_by_reason", "notes")
    }
    repaired: dict[str, dict[str, Any]] = {}
    for book in books:
        for name, repair in book["repaired_by_name"].items():
            entry = repaired.setdefault(name, {"count": 0, "example": f"{book['file']}, {repair['example']}"})
            entry["count"] += repair["count"]
    return {
        "source": source,
        "rows_read": total["rows_read"],
        "rows_kept": total["rows_kept"],
        "rows_rejected": total["rows_rejected"],
        "rows_merged": 0,
        "rows_out_of_scope": total["rows_out_of_scope"],
        "rows_written": total["rows_written"],
        **reasons,
        "repaired_by_name": dict(sorted(repaired.items())),
        "flags_by_name": {},
        "files": [book["file"] for book in books],
        "files_rejected": [book["refused"] for book in books if "refused" in book],
    }


def _check_sum(summary: dict[str, Any]) -> None:
    """The conservation law. Raises DataError where the rows do not add up."""
    parts = ("rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope")
    if summary["rows_read"] != sum(summary[name] for name in parts):
        told = ", ".join(f"{name} {summary[name]}" for name in ("rows_read", *parts))
        raise DataError(f"events: rows do not add up: {told}; a streaming cleaner loses rows or counts them twice")


def _nothing(summary: dict[str, Any], books: list[dict[str, Any]], pair: dyads.Dyad | None) -> str:
    """What was read and seen where nothing of the pair was."""
    seen = sum((Counter(book["seen"]) for book in books), Counter())
    codes = ", ".join(f"{code} {count}" for code, count in sorted(seen.items(), key=lambda c: (-c[1], c[0]))[:12])
    sides = "".join(f"; {state} {seen[state]}" for state in pair.states) if pair else ""
    gone = {**summary["rejected_by_reason"], **summary["out_of_scope_by_reason"]}
    refused = "".join(f"\n  {bad['file']}: {bad['reason']}: {bad['found']}" for bad in summary["files_rejected"])
    return (
        f"{summary['source']}: no row of {pair or 'any pair'} in {len(books)} files, {summary['rows_read']} rows read "
        f"({', '.join(f'{name} {count}' for name, count in gone.items()) or 'the files are empty'}); "
        f"codes seen: {codes or 'none'}{sides}{refused}"
    )
