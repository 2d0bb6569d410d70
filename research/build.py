"""Raw to processed: file by file, only what changed, with the conservation law.

For every raw file: rows read = kept + rejected + merged + out of scope (`sources.intake.Cleaned` checks
it). Results go to `data/processed` as Parquet and a summary; files appear whole or not at all; same inputs
give the same bytes.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as arrow
import pyarrow.parquet as parquet

from research import bulk, dyads, paths, register, sources, tables
from research.errors import DataError, NoDataError, RequestError, cannot_write
from research.register import Resource
from research.sources.intake import Cleaned, rejected_rows

_CLEANING = (
    "build.py",
    "cameo.py",
    "dyads.py",
    "errors.py",
    "materials.py",
    "materials.toml",
    "register.py",
    "tables.py",
    "sources/*.py",
)
REJECTED = "rejected"
SUMMARIES = "summaries"


def build(names: Iterable[str] = (), *, force: bool = False) -> list[dict[str, Any]]:
    """Builds the named sources (all, if none is named); returns one summary a source, `skipped` where current.

    A name is a registered file's, or a cleaner's (`korea_customs`: all its files). Raises RequestError on
    an unknown name, DataError where raw bytes changed or a contract is broken; what was built before the
    fault stays, whole.
    """
    chosen = _chosen(list(names))
    code = code_hash()
    summaries = [_build_one(resource, code, force) for resource in chosen]
    if not names:
        _remove_unregistered({resource.name for resource in chosen})
    return summaries


def is_current() -> bool:
    """Whether every registered file is built from the bytes and the code there are now."""
    try:
        code = code_hash()
        return all(_current(resource, code) is not None for resource in register.resources().values())
    except DataError:
        return False


def code_hash() -> str:
    """SHA-256 of what decides a table's bytes beside the raw file: cleaning code and the libraries that write."""
    package = Path(__file__).parent
    digest = hashlib.sha256(f"pandas {pd.__version__} pyarrow {arrow.__version__}".encode())
    for file in sorted(file for pattern in _CLEANING for file in package.glob(pattern)):
        digest.update(f"\n{file.relative_to(package).as_posix()}\n".encode() + file.read_bytes())
    return "sha256:" + digest.hexdigest()


def clean_files(
    source: str, files: Sequence[Path], out: Path, dyad: str | None = None, codes: Sequence[str] = (), **streaming: Any
) -> dict[str, Any]:
    """Cleans files of one's own into `out`: `<table>.parquet`, `rejected.parquet`, `summary.json`, all at once.

    Rows that do not belong to the pair are out of scope (`other_pair`), as are rows of item trade under other codes
    where `codes` are given (`other_code`). A file with the bytes of a
    registered one is cleaned with what the register knows of it. Rows that several files share count once
    (merged); if they differ, all of them are rejected. Raises RequestError on an unknown source, codes for a
    table without any, a file that is not there, or a folder that holds anything else; DataError where a file
    breaks its contract.
    Machine-coded events go file by file through `bulk.clean_files`, which takes `streaming`.
    """
    _check_codes(source, codes)
    if source in sources.STREAMED:
        return bulk.clean_files(source, files, out, dyad, **streaming)
    clean = sources.cleaner(source)
    pair = dyads.find(dyad) if dyad else None
    paths_given = [Path(file) for file in files]
    if not paths_given:
        raise RequestError(f"no files to clean for source {source!r}; name at least one")
    if len({file.resolve() for file in paths_given}) < len(paths_given):
        raise RequestError("a file is named twice: " + ", ".join(map(str, paths_given)))
    _check_out(out)
    asked = {"pair": pair, "codes": codes} if source in sources.SELECTIVE else {}
    cleaned = _combined([_clean_own(clean, file, asked) for file in paths_given])
    if codes:
        cleaned = _only_codes(cleaned, codes)
    if pair:
        cleaned = _only_pair(cleaned, pair)
    summary = {"source": source, **_counts(cleaned), "files": [file.as_posix() for file in paths_given]}
    _write_folder(out, cleaned, summary)
    return summary


def _chosen(names: list[str]) -> list[Resource]:
    known = register.resources()
    if not names:
        return list(known.values())
    chosen: dict[str, Resource] = {}
    for name in names:
        found = {key: entry for key, entry in known.items() if name in (key, entry.cleaner)}
        if not found:
            cleaners = dict.fromkeys(entry.cleaner for entry in known.values())
            raise RequestError(
                f"unknown source {name!r}; there are {', '.join(known)}; or all files of {', '.join(cleaners)}"
            )
        chosen |= found
    return list(chosen.values())


def _build_one(resource: Resource, code: str, force: bool) -> dict[str, Any]:
    register.verify(resource)
    current = None if force else _current(resource, code)
    if current is not None:
        return {**current, "skipped": True}
    if resource.cleaner not in sources.SOURCES or resource.table not in tables.PROMISES:
        raise DataError(
            f"register entry {resource.name!r}: cleaner {resource.cleaner!r} or table {resource.table!r} is unknown; "
            f"there are cleaners {', '.join(sources.SOURCES)} and tables {', '.join(tables.PROMISES)}"
        )
    cleaned = sources.SOURCES[resource.cleaner](resource.file, resource)
    if cleaned.table != resource.table:
        raise DataError(
            f"register entry {resource.name!r} says table {resource.table}, its cleaner gives {cleaned.table}"
        )
    out = _outputs(resource)
    write_parquet(cleaned.rows, tables.PROMISES[cleaned.table].columns, out["table"])
    write_parquet(cleaned.rejected, tables.REJECTED, out["rejected"])
    summary = {
        "resource": resource.name,
        "table": cleaned.table,
        "source": resource.cleaner,
        **_counts(cleaned),
        "files": [resource.path],
        "raw_hash": resource.hash,
        "code_hash": code,
        "written": {name: register.sha256(out[name]) for name in ("table", "rejected")},
    }
    _put(out["summary"], (json.dumps(summary, indent=2, ensure_ascii=False) + "\n").encode())
    return {**summary, "skipped": False}


def _outputs(resource: Resource) -> dict[str, Path]:
    folder = paths.processed()
    return {
        "table": folder / resource.table / f"{resource.name}.parquet",
        "rejected": folder / REJECTED / f"{resource.name}.parquet",
        "summary": folder / SUMMARIES / f"{resource.name}.json",
    }


def _current(resource: Resource, code: str) -> dict[str, Any] | None:
    """The stored summary if raw bytes, code and written files are those it was made of; else None."""
    out = _outputs(resource)
    if not all(file.is_file() for file in (*out.values(), resource.file)):
        return None
    try:
        summary = json.loads(out["summary"].read_text(encoding="utf-8"))
    except ValueError:
        return None
    made_of = {"raw_hash": register.sha256(resource.file), "code_hash": code}
    made_of["written"] = {name: register.sha256(out[name]) for name in ("table", "rejected")}
    same = all(summary.get(name) == value for name, value in made_of.items()) and summary["raw_hash"] == resource.hash
    return summary if same else None


def _remove_unregistered(registered: set[str]) -> None:
    """Results of files that left the register would still be read: they go."""
    for folder in (*tables.PROMISES, REJECTED, SUMMARIES):
        for file in (paths.processed() / folder).glob("*.*"):
            if file.suffix in (".parquet", ".json") and file.stem not in registered:
                file.unlink()


def _counts(cleaned: Cleaned) -> dict[str, Any]:
    """The conservation law in figures; counts of input rows, but rows_written of tidy ones."""
    return {
        "rows_read": cleaned.rows_read,
        "rows_kept": cleaned.rows_kept,
        "rows_rejected": len(cleaned.rejected),
        "rows_merged": cleaned.rows_merged,
        "rows_out_of_scope": sum(cleaned.out_of_scope.values()),
        "rows_written": len(cleaned.rows),
        "rejected_by_reason": cleaned.rejected["reason"].value_counts().sort_index().to_dict(),
        "out_of_scope_by_reason": dict(sorted(cleaned.out_of_scope.items())),
        "repaired_by_name": dict(sorted(cleaned.repaired.items())),
    }


def write_parquet(rows: pd.DataFrame, columns: dict[str, tables.Column], file: Path) -> None:
    """Writes rows in their stored types; the same rows give the same bytes."""
    stored = arrow.Table.from_pandas(rows, schema=tables.arrow_schema(columns), preserve_index=False)
    sink = arrow.BufferOutputStream()
    parquet.write_table(stored.replace_schema_metadata(None), sink, compression="zstd", row_group_size=131_072)
    _put(file, sink.getvalue().to_pybytes())


def _put(file: Path, data: bytes) -> None:
    """Puts a file in place whole: written beside it first, then moved. Raises DataError where that is not allowed."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        os.replace(beside, file)
    except OSError as fault:
        raise cannot_write(file, fault) from None
    finally:
        if beside.parent.is_dir():
            beside.unlink(missing_ok=True)


def _clean_own(clean: sources.Cleaner, file: Path, asked: dict[str, Any]) -> Cleaned:
    """A file of one's own; known by its bytes if it is a copy of a registered one, and still named as given."""
    if not file.is_file():
        raise RequestError(f"no file {file}; name a file to clean")
    known = register.by_bytes(file)
    return clean(file, replace(known, path=file.as_posix()) if known else None, **asked)


def _combined(parts: list[Cleaned]) -> Cleaned:
    """Several files of one source as one: rows they share count once, rows that differ under one key are rejected."""
    if len(parts) == 1:
        return parts[0]
    table = parts[0].table
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    _check_editions(rows)
    rows, older, revised = _newest(rows, list(tables.PROMISES[table].key))
    at_odds = _at_odds(rows, list(tables.PROMISES[table].key))
    sound, unsound = rows[~at_odds], rows[at_odds].drop_duplicates(["file", "line"])
    if sound.empty and not rows.empty:
        raise NoDataError(f"no row kept of {len(parts)} files: all rows share a key and differ (key_conflict)")
    kept = sound.drop_duplicates(_facts(rows))
    merged = _input_rows(sound) - _input_rows(kept)
    records = [
        (row["file"], row["line"], "key_conflict", row.drop(["file", "line"]).to_json(date_format="iso"))
        for _, row in unsound.iterrows()
    ]
    records += [
        (row["file"], row["line"], "older_vintage", row.drop(["file", "line"]).to_json(date_format="iso"))
        for _, row in older.iterrows()
    ]
    rejected = pd.concat([*(part.rejected for part in parts), rejected_rows(records)], ignore_index=True)
    return Cleaned(
        table,
        tables.check(table, tables.in_order(table, kept)),
        rejected.sort_values(["file", "line"], kind="stable", ignore_index=True),
        sum(part.rows_read for part in parts),
        sum(part.rows_merged for part in parts) + merged,
        _added([part.out_of_scope for part in parts]),
        _repairs_added([*(part.repaired for part in parts), revised]),
    )


def _check_editions(rows: pd.DataFrame) -> None:
    """Raises DataError where files hold one reporter's period in several editions: each holds the same trade."""
    if "hs_edition" not in rows:
        return
    rows = rows[rows["hs_edition"].str.fullmatch("H[0-6]")]
    several = rows.groupby(["reporter", "period", "frequency"])["hs_edition"].transform("nunique") > 1
    if several.any():
        first = rows[several].sort_values(["reporter", "period"]).iloc[0]
        alike = rows[several & (rows["reporter"] == first["reporter"]) & (rows["period"] == first["period"])]
        files = alike.groupby("hs_edition")["file"].first()
        told = "; ".join(f"{edition} in {file}" for edition, file in files.items())
        raise DataError(
            f"mixed HS editions: {first['reporter']} has several for {first['period']:%Y-%m}: {told}; clean one "
            "edition at a time: the same trade stands in each"
        )


def _newest(rows: pd.DataFrame, key: list[str]) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, Any]]]:
    """Of rows that differ under one key the newest vintage; input rows that gave way whole; the revision, counted."""
    if "vintage" not in rows:
        return rows, rows.head(0), {}
    newest = rows.groupby(key, dropna=False)["vintage"].transform("max")
    twice = rows.drop_duplicates(_facts(rows)).duplicated(key, keep=False).reindex(rows.index, fill_value=True)
    late = rows["vintage"].notna() & (rows["vintage"] != newest) & twice
    if not late.any():
        return rows, rows.head(0), {}
    kept, gone = rows[~late], rows[late]
    left = pd.MultiIndex.from_frame(kept[["file", "line"]])
    whole = gone[~pd.MultiIndex.from_frame(gone[["file", "line"]]).isin(left)].drop_duplicates(["file", "line"])
    first = gone.iloc[0]
    now = kept[(kept[key] == first[key]).all(axis=1)].iloc[0]
    fact = next((name for name in ("value", "value_jpy", "visitors") if name in rows), "vintage")
    shown = f"line {first['line']}: {first['vintage']} {first[fact]} -> {now['vintage']} {now[fact]}"
    return kept, whole, {"revised": {"count": int(late.sum()), "example": shown}}


def _facts(rows: pd.DataFrame) -> list[str]:
    """What a row says, beside where it stood."""
    return [name for name in rows if name not in ("file", "line", "vintage")]


def _at_odds(rows: pd.DataFrame, key: list[str]) -> pd.Series:
    """Rows of every input row that shares a key with another and says something else under it."""
    distinct = rows.drop_duplicates(_facts(rows))
    contested = distinct.loc[distinct.duplicated(key, keep=False), key]
    odd = rows[pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(contested))]
    places = pd.MultiIndex.from_frame(rows[["file", "line"]])
    return pd.Series(places.isin(pd.MultiIndex.from_frame(odd[["file", "line"]])), index=rows.index)


def _input_rows(rows: pd.DataFrame) -> int:
    return len(rows[["file", "line"]].drop_duplicates())


def _added(counts: list) -> dict[str, int]:
    names = dict.fromkeys(name for part in counts for name in part)
    return {name: sum(part.get(name, 0) for part in counts) for name in names}


def _repairs_added(parts: list) -> dict[str, dict[str, Any]]:
    """Counts added, the first example kept."""
    together: dict[str, dict[str, Any]] = {}
    for name, repair in (item for part in parts for item in part.items()):
        before = together.get(name, {"count": 0, "example": repair["example"]})
        together[name] = {"count": before["count"] + repair["count"], "example": before["example"]}
    return together


def _check_codes(source: str, codes: Sequence[str]) -> None:
    """Codes are asked of item trade only, each as digits or TOTAL."""
    if codes and source in sources.STREAMED:
        raise RequestError(f"source {source!r} holds events, which have no tariff codes; leave the codes out")
    wrong = [code for code in codes if not re.fullmatch("[0-9]{2,10}|TOTAL", code)]
    if wrong:
        raise RequestError(f"no tariff code: {', '.join(map(repr, wrong))}; a code is 2 to 10 digits, or TOTAL")


def _only_codes(cleaned: Cleaned, codes: Sequence[str]) -> Cleaned:
    """The rows under the codes asked for; the others are out of scope."""
    if "hs_code" not in cleaned.rows:
        raise RequestError(f"table {cleaned.table} has no tariff codes; leave the codes out")
    mask = cleaned.rows["hs_code"].isin(codes)
    told = f"no row is under {', '.join(codes)}; {cleaned.rows_kept} sound rows are of other codes"
    return _only(cleaned, mask, "other_code", told)


def _only_pair(cleaned: Cleaned, pair: dyads.Dyad) -> Cleaned:
    """The rows that belong to a pair, as `warehouse.read` chooses them; the others are out of scope."""
    mask = tables.of_pair(cleaned.table, cleaned.rows, pair)
    deciding = ", ".join(tables.PROMISES[cleaned.table].pair)
    told = f"no row belongs to {pair}; {cleaned.rows_kept} sound rows are of other pairs ({deciding} decide)"
    return _only(cleaned, mask, "other_pair", told)


def _only(cleaned: Cleaned, mask: pd.Series, reason: str, nothing: str) -> Cleaned:
    """The rows of a mask; input rows without any are out of scope. Raises NoDataError where none is left."""
    kept = cleaned.rows[mask].reset_index(drop=True)
    beside = cleaned.rows_kept - _input_rows(kept)
    scope = _added([cleaned.out_of_scope, {reason: beside} if beside else {}])
    if kept.empty:
        told = ", ".join(f"{name} {count:,}" for name, count in scope.items())
        raise NoDataError(f"{cleaned.table}: {nothing}; {cleaned.rows_read:,} read, out of scope: {told}")
    return replace(cleaned, rows=kept, out_of_scope=scope)


def _check_out(out: Path) -> None:
    """Refuses a folder with anything in it that is not a former result: the result replaces the folder."""
    bulk.check_out(out, {f"{table}.parquet" for table in tables.PROMISES} | {"rejected.parquet", "summary.json"})


def _write_folder(out: Path, cleaned: Cleaned, summary: dict[str, Any]) -> None:
    """The whole result at once: made beside the folder, then moved into its place."""
    out = out.absolute()
    beside, former = (out.with_name(f".{out.name}.{os.getpid()}.{end}") for end in ("part", "former"))
    try:
        beside.mkdir(parents=True)
        write_parquet(cleaned.rows, tables.PROMISES[cleaned.table].columns, beside / f"{cleaned.table}.parquet")
        write_parquet(cleaned.rejected, tables.REJECTED, beside / "rejected.parquet")
        _put(beside / "summary.json", (json.dumps(summary, indent=2, ensure_ascii=False) + "\n").encode())
        if out.exists():
            os.replace(out, former)
        os.replace(beside, out)
    except OSError as fault:
        raise cannot_write(out, fault) from None
    finally:
        if former.exists() and not out.exists():
            os.replace(former, out)
        for left in (beside, former):
            shutil.rmtree(left, ignore_errors=True)
