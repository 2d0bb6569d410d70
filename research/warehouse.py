"""The processed tables, read back by pair and window: DuckDB over Parquet, rows in a stated order.

Where two vintages hold the same figure the newer is read, unless a vintage is asked for; `revisions` says what moved.

Rows come sorted by the table's key, time last (events: by date first). What is not there is an error that
says what there is; an empty selection never passes for an answer unless the caller allows it.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from research import paths, register, tables
from research.build import REJECTED, SUMMARIES
from research.dyads import Dyad
from research.errors import DataError, NoDataError, RequestError

_DAY = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?")


def read(
    table: str,
    pair: Dyad | None = None,
    *,
    start: str | None = None,
    end: str | None = None,
    allow_empty: bool = False,
    **equals: Any,
) -> pd.DataFrame:
    """Rows of a table, of a pair, in a window, where columns equal values (or one of a list).

    pair: events between the two; trade, goods_groups and quoted_figures that one of them reports, with all
    partners (shares need them); visitors arriving in one of them, of all origins; exchange_rates of their
    currencies; event_coverage whatever the pair. start, end: `YYYY-MM` or `YYYY-MM-DD`, both inclusive; a month as
    end means its last day. Machine-coded events, and which days they cover, come from results of `clean` in
    `data/coded`, and only where their source is named: sources are never mixed behind a reader's back. Of figures
    that several vintages hold the newest is read; with vintage="2026-11-23" those of that one.

    Raises RequestError on an unknown table or column or an ill-formed date; DataError where nothing is built;
    NoDataError where nothing is selected, saying what there is.
    """
    promise = tables.promise(table)
    files = _files(table, pair, equals.get("source"))
    rows = _select(promise, files, _conditions(promise, pair, start, end, equals), newest="vintage" not in equals)
    if rows.empty and not allow_empty:
        raise NoDataError(_nothing(promise, files, pair, start, end, equals))
    return rows


def coded(
    source: str, pair: Dyad, *, start: str | None = None, end: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Machine-coded events of one source and pair in a window, and which days of it their files cover.

    Raises: RequestError on a source that is none; NoDataError where none is asked for ("timeline"), none is cleaned or
    none lies in the window.
    """
    if source == "timeline":
        raise NoDataError(
            f"no machine-coded source is asked for; event_source may be {', '.join(tables.MACHINE_CODED)}"
        )
    if source not in tables.MACHINE_CODED:
        raise RequestError(
            f"event_source {source!r} is unknown; it is timeline, or one of {', '.join(tables.MACHINE_CODED)}"
        )
    window = {"start": start, "end": end, "source": source}
    return read("events", pair, **window), read("event_coverage", pair, allow_empty=True, **window)


def coded_sources(pair: Dyad) -> list[str]:
    """Machine-coded sources of which events of the pair are held, in a stated order."""
    terms = _conditions(tables.EVENTS, pair, None, None, {})
    where, values = " and ".join(condition for _, condition, _ in terms), [value for _, _, value in terms]
    asked = f"select source from read_parquet(?) where {where} and source = ? limit 1"
    found = {source: [str(f / "events.parquet") for f in _results(source, pair)] for source in tables.MACHINE_CODED}
    return [source for source, files in found.items() if files and len(_query(asked, [files, *values, source]))]


def calendars(pair: Dyad, *, start: str | None = None, end: str | None = None) -> pd.DataFrame:
    """One row a day, feed and source that was cleaned for the pair: `event_coverage`, all sources one below another."""
    window = {"start": start, "end": end, "allow_empty": True}
    cleaned = [source for source in tables.MACHINE_CODED if _results(source, pair)]
    parts = [read("event_coverage", pair, source=source, **window) for source in cleaned]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(tables.EVENT_COVERAGE.columns))


FIGURES = {
    "trade": ("value", "weight_kg"),
    "goods_groups": ("value_jpy",),
    "visitors": ("visitors",),
    "exchange_rates": ("units_per_usd",),
}


def revisions(
    table: str, pair: Dyad | None = None, *, start: str | None = None, end: str | None = None, **equals: Any
) -> pd.DataFrame:
    """One row a figure that a later vintage changed: its key, figure, former_vintage, vintage, former, revised, change.

    In: as `read`. `change_percent` is missing where the former figure was missing or zero. A figure that a later
    vintage no longer holds is not changed by it, and still read. Raises: as `read`, but that nothing may be revised;
    RequestError for a table without vintages.
    """
    promise = tables.promise(table)
    if table not in FIGURES:
        raise RequestError(f"table {table} holds no vintages of figures; {', '.join(FIGURES)} do")
    key = list(promise.key)
    rows = _select(promise, _files(table), _conditions(promise, pair, start, end, equals), newest=False)
    rows = rows[rows.duplicated(key, keep=False)].sort_values([*key, "vintage"], ignore_index=True)
    told = [_revised(rows, key, figure) for figure in FIGURES[table]]
    return pd.concat(told, ignore_index=True).sort_values([*key, "vintage", "figure"], ignore_index=True)


def _revised(rows: pd.DataFrame, key: list[str], figure: str) -> pd.DataFrame:
    """The rows whose figure is not that of the vintage before."""
    former = rows.groupby(key, sort=False)[["vintage", figure]].shift()
    now, before = rows[figure].astype("float64"), former[figure].astype("float64")
    moved = former["vintage"].notna() & (now != before) & ~(now.isna() & before.isna())
    told = {"figure": figure, "former_vintage": former["vintage"], "vintage": rows["vintage"]}
    told |= {"former": before, "revised": now, "change_percent": (now / before.where(before > 0) - 1) * 100}
    return rows[key].assign(**told)[moved]


def coverage(table: str) -> pd.DataFrame:
    """One row a registered file of a table: resource, table, first day, last day covered, rows.

    A year that covers three months ends in March; where nobody vouches for a year's months it is taken as whole.
    """
    promise = tables.promise(table)
    spans = []
    for file in _files(table):
        rows = _select(promise, [file], [])
        spans.append((file.stem, table, rows[promise.time].min(), _last_day(rows, promise.time), len(rows)))
    return pd.DataFrame(spans, columns=["resource", "table", "first", "last", "rows"])


def _last_day(rows: pd.DataFrame, time: str) -> pd.Timestamp:
    if "period_end" in rows:
        return rows["period_end"].max()
    if "frequency" not in rows:
        return rows[time].max()
    months = rows["frequency"].map({"M": 1, "A": 12}).astype("int64")
    if "months_covered" in rows:
        months = rows["months_covered"].fillna(months).astype("int64")
    return max(month + pd.offsets.MonthEnd(count) for month, count in {*zip(rows[time], months, strict=True)})


def spans() -> pd.DataFrame:
    """One row a registered file of any table: title, resource, table, first and last period, rows; by first period."""
    every = pd.concat([coverage(name) for name in tables.PROMISES if (paths.processed() / name).is_dir()])
    titles = {name: entry.title for name, entry in register.resources().items()}
    return every.assign(title=every["resource"].map(titles)).sort_values(["first", "resource"], ignore_index=True)


def summaries() -> pd.DataFrame:
    """One row a registered file: how its rows were counted (the conservation law), and what was repaired."""
    files = _found(SUMMARIES, "json")
    shown = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return pd.DataFrame(shown).drop(columns=["raw_hash", "code_hash", "written"])


def rejected() -> pd.DataFrame:
    """One row a rejected raw row, by file and line: file, line, reason, record (as read, JSON), resource."""
    parts = [
        tables.typed(_query("select * from read_parquet(?)", [[str(file)]]), tables.REJECTED).assign(resource=file.stem)
        for file in _found(REJECTED, "parquet")
    ]
    rows = pd.concat(parts, ignore_index=True).astype({"resource": "str"})
    return rows.sort_values(["file", "line"], kind="stable", ignore_index=True)


def _found(folder: str, ending: str) -> list[Path]:
    """Built files of a folder by name; each is noted as an input of this run."""
    files = sorted((paths.processed() / folder).glob(f"*.{ending}"))
    if not files:
        raise DataError(f"no processed files in {paths.processed() / folder}; run `make build`")
    _note_inputs(files)
    return files


def _files(table: str, pair: Dyad | None = None, source: Any = None) -> list[Path]:
    """The files that hold a table: built ones, or the result of `clean` that holds a machine-coded source."""
    if source not in tables.MACHINE_CODED:
        if table == "event_coverage":
            raise RequestError(f"event_coverage is of one source; name it: source = {', '.join(tables.MACHINE_CODED)}")
        return _found(table, "parquet")
    found = _results(source, pair)
    if not found:
        command = f"python -m research clean {source.rstrip('12')} FILE..."
        raise NoDataError(
            f"no events of {source} have been cleaned for {pair or 'every pair'}; run `{command}"
            f"{f' --dyad {pair}' if pair else ''} --out data/coded/{source}`"
        )
    if len(found) > 1:
        raise DataError(
            f"{' and '.join(folder.name for folder in found)} in {paths.coded()} both hold events of {source} for "
            f"{pair or 'every pair'}; keep one, or clean all the files into one: repeats are only found inside a result"
        )
    _note_inputs(sorted(found[0].glob("*.parquet")))
    return [found[0] / f"{table}.parquet"]


def _results(source: str, pair: Dyad | None) -> list[Path]:
    """Results of `clean` with events of a source that were cleaned for the pair, or for every pair."""
    return [
        folder
        for folder, summary in _coded_folders()
        if source in summary["events_by_source"] and _is_for(summary, pair)
    ]


def _is_for(summary: dict[str, Any], pair: Dyad | None) -> bool:
    """Whether a result holds all events of the pair that its files have."""
    return summary["dyad"] is None or (pair is not None and set(summary["dyad"].split("-")) == set(pair.states))


def _coded_folders() -> list[tuple[Path, dict[str, Any]]]:
    """Results of `clean` in `data/coded` by name; that there are no others is an input of this run, too."""
    place = paths.coded()
    found = sorted(place.glob("[!.]*/summary.json"))
    _note_inputs([*[folder for folder in (place, place.parent) if folder.is_dir()][:1], *found])
    summaries = [(file.parent, _summary(file)) for file in found]
    return [(folder, summary) for folder, summary in summaries if "events_by_source" in summary]


def _summary(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise DataError(f"{file} is no summary of `clean`: {fault}; take its folder away, or clean again") from None


def _note_inputs(files: list[Path]) -> None:
    """Tells the runner what a run read, for its provenance: one path a line, relative to the project's root."""
    log = os.environ.get("RESEARCH_INPUTS_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as lines:
            lines.writelines(f"{file.relative_to(paths.root()).as_posix()}\n" for file in files)


def _select(
    promise: tables.Table, files: list[Path], terms: list[tuple[str, str, Any]], *, newest: bool = True
) -> pd.DataFrame:
    """Rows that meet the terms (column, condition, value); of several vintages of a figure the newest, if asked."""
    columns = ", ".join(f'"{name}"' for name in promise.columns)
    inside = {*promise.key, *promise.pair, promise.time}  # what is the same for every vintage of a figure
    terms = sorted(terms, key=lambda term: term[0] not in inside)
    inner, outer = (
        " and ".join(["true", *(condition for column, condition, _ in terms if (column in inside) == kind)])
        for kind in (True, False)
    )
    only = ""
    if newest and len(files) > 1 and "vintage" in promise.columns:
        key = ", ".join(f'"{name}"' for name in promise.key)
        only = f"qualify rank() over (partition by {key} order by vintage desc nulls last) = 1"
    query = f"select {columns} from (select * from read_parquet(?) where {inner} {only}) where {outer}"
    rows = _query(query, [[str(file) for file in files], *(value for _, _, value in terms)])
    return tables.in_order(promise.name, tables.typed(rows, promise.columns))


def _query(query: str, values: list[Any]) -> pd.DataFrame:
    with duckdb.connect() as connection:
        return connection.execute(query, values).df()


def _conditions(
    promise: tables.Table, pair: Dyad | None, start: str | None, end: str | None, equals: dict[str, Any]
) -> list[tuple[str, str, Any]]:
    """The column, the SQL condition and the value of each term."""
    unknown = [name for name in equals if name not in promise.columns]
    if unknown:
        raise RequestError(
            f"table {promise.name} has no column {', '.join(map(repr, unknown))}; it has {', '.join(promise.columns)}"
        )
    terms = []
    if pair is not None:
        for column in promise.pair:
            terms.append((column, f'list_contains(?, "{column}")', list(tables.pair_values(promise.name, pair))))
    for name, wanted in equals.items():
        values = list(wanted) if isinstance(wanted, list | tuple | set) else [wanted]
        terms.append((name, f'list_contains(?, "{name}")', values))
    for sign, moment in ((">=", _day(start, last=False)), ("<=", _day(end, last=True))):
        if moment is not None:
            terms.append((promise.time, f'"{promise.time}" {sign} ?', moment))
    return terms


def _day(text: str | None, *, last: bool) -> Any:
    """The day meant by `YYYY-MM` (its first, or last) or `YYYY-MM-DD`."""
    if text is None:
        return None
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise RequestError(f"date {text!r} is not of the form YYYY-MM or YYYY-MM-DD")
    try:
        day = pd.Timestamp(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        raise RequestError(f"date {text!r} is not a day of the calendar") from None
    return (day + pd.offsets.MonthEnd(0) if last and len(text) == 7 else day).date()


def _nothing(
    promise: tables.Table,
    files: list[Path],
    pair: Dyad | None,
    start: str | None,
    end: str | None,
    equals: dict,
) -> str:
    """What was asked for, and what there is instead."""
    asked = [f"pair {pair}" if pair else "", f"from {start}" if start else "", f"to {end}" if end else ""]
    asked += [f"{name} = {wanted!r}" for name, wanted in equals.items()]
    names = [str(file) for file in files]
    every = f'count(*) n, min("{promise.time}") first, max("{promise.time}") last'
    whole = _query(f"select {every} from read_parquet(?)", [names]).iloc[0]
    there = [
        f"{whole['n']} rows" + (f" from {whole['first']:%Y-%m-%d} to {whole['last']:%Y-%m-%d}" if whole["n"] else "")
    ]
    if pair and promise.pair:
        sides = ", '-', ".join(f'"{side}"' for side in promise.pair)
        there.append(f"{' and '.join(promise.pair)}: {_some(names, f'concat({sides})')}")
    there += [f"{column}: {_some(names, quoted)}" for column, quoted in ((c, f'"{c}"') for c in equals)]
    return (
        f"table {promise.name}: nothing selected by {', '.join(filter(None, asked)) or 'everything'}. There is: "
        + "; ".join(there)
    )


def _some(names: list[str], what: str, limit: int = 12) -> str:
    query = f"select distinct {what}::varchar v from read_parquet(?) where {what} is not null order by 1"
    distinct = list(_query(query, [names])["v"])
    return ", ".join(distinct[:limit]) + (f" and {len(distinct) - limit} more" if len(distinct) > limit else "")
