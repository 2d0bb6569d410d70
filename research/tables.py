"""What each tidy table promises: what one row is, its key, its columns with unit and meaning, its ranges.

Text is pandas `str`, time is `datetime64[us]` (a date in Parquet), counts are `Int64`, the rest `float64`;
codes are text always. Missing is missing, never zero. `check` raises and names the offending rows with file
and line.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow

from research import dyads
from research.errors import DataError, RequestError

DTYPES = {"text": "str", "date": "datetime64[us]", "count": "Int64", "number": "float64", "bool": "bool",
          "flag": "boolean"}  # fmt: skip
ARROW = {"text": arrow.string(), "date": arrow.date32(), "count": arrow.int64(), "number": arrow.float64(),
         "bool": arrow.bool_(), "flag": arrow.bool_()}  # fmt: skip
MACHINE_CODED = ("gdelt1", "gdelt2", "icews", "polecat")
SOURCES = (
    "timeline", *MACHINE_CODED, "korea_customs", "japan_mof", "jnto", "federal_reserve", "comtrade_v1",
    "comtrade_legacy", "comtrade_bulk", "japan_customs", "estat", "korea_customs_api", "kita", "claims",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column's promise: kind of value, meaning, unit, whether it may be missing, and its range or list."""

    kind: str
    description: str
    unit: str = ""
    nullable: bool = False
    checks: tuple[pa.Check, ...] = ()


@dataclass(frozen=True)
class Table:
    """A tidy table's promise. `pair` names the columns that decide whether a row belongs to a pair of states."""

    name: str
    row: str
    key: tuple[str, ...]
    time: str
    columns: dict[str, Column] = field(repr=False)
    pair: tuple[str, ...] = ()


def _text(description: str, *, one_of: tuple[str, ...] = (), pattern: str = "", nullable: bool = False) -> Column:
    checks = ()
    if one_of:
        checks = (pa.Check.isin(one_of, error=f"is not one of {', '.join(one_of)}"),)
    elif pattern:
        checks = (pa.Check.str_matches(pattern, error=f"is not of the form {pattern}"),)
    return Column("text", description, "", nullable, checks)


def _state(description: str) -> Column:
    known = (*dyads.STATES, dyads.WORLD)
    return Column("text", f"{description}, ISO3", checks=(pa.Check.isin(known, error="is no ISO3 code we know"),))


def _from_zero(kind: str, description: str, unit: str, *, nullable: bool = False) -> Column:
    return Column(kind, description, unit, nullable, (pa.Check.ge(0, error="is below zero"),))


def _month_start(description: str) -> Column:
    first = pa.Check(lambda time: time.dt.day == 1, error="is not the first day of a month")
    return Column("date", description, "first day", checks=(first,))


def _between(low: float, high: float) -> tuple[pa.Check, ...]:
    return (pa.Check.in_range(low, high, error=f"is outside {low} to {high}"),)


_SOURCE = _text("who published the figures", one_of=SOURCES)
_FREQUENCY = _text("M one month, A one year", one_of=("M", "A"))
_VINTAGE = _text("date of the extract; missing for a file that is not registered", nullable=True)
_REPORTER = _state("whose office recorded it")
_PARTNER = _state("the other side; WLD is the world")
_FLOW = _text("direction as seen by the reporter", one_of=("import", "export"))
_ORIGIN = {
    "file": _text("file the row came from"),
    "line": Column(
        "count", "line in that file, the header being 1", "line", checks=(pa.Check.ge(2, error="is below 2"),)
    ),
}
_CODE = r"^[0-9]+$"
_GOODS = r"^([0-9]+|TOTAL)$"

EVENTS = Table(
    "events",
    "one event, directed from the one who acts to the other; an event by both is two rows",
    ("source", "event_id"),
    "event_date",
    {
        "event_date": Column("date", "day of the event; with precision month or year a day inside that period", "day"),
        "date_precision": _text("how exact the date is", one_of=("day", "month", "year")),
        "source": _SOURCE,
        "event_id": _text("the source's own id; suffixed with the direction (:JPN-KOR) where both acted"),
        "initiator": _state("who acts"),
        "target": _state("towards whom"),
        "cameo_code": _text("CAMEO event code, two to four digits; missing in POLECAT", pattern=r"^[0-9]{2,4}$",
                            nullable=True),
        "goldstein": Column("number", "cooperation (+) or conflict (-) of the act", "score", checks=_between(-10, 10)),
        "goldstein_scale": _text("which scale the score is from", one_of=("cameo_root", "cameo", "icews", "plover")),
        "quad_class": Column("count", "1 verbal, 2 material cooperation; 3 verbal, 4 material conflict", "class",
                             checks=_between(1, 4)),
        "domain": _text("field of the event: diplomacy, history, trade ...; missing in GDELT", nullable=True),
        "direction": _text("cooperative, conflictual or neutral, as the compiler judged it",
                           one_of=("cooperative", "conflictual", "neutral"), nullable=True),
        "title": _text("what happened, in one line; the kind of act where a machine coded it", nullable=True),
        "mentions": _from_zero("count", "mentions in the press; missing in the timeline", "mentions", nullable=True),
        "sources": _from_zero("count", "outlets reporting it; missing in the timeline", "outlets", nullable=True),
        "articles": _from_zero("count", "articles reporting it; missing in the timeline", "articles", nullable=True),
        "tone": Column("number", "mean tone of the reports; missing in the timeline", "score", nullable=True),
        "is_root": Column("flag", "true where the code is the report's main act; missing where the source does not say",
                          nullable=True),
        "is_mutual": Column("bool", "true where both sides acted together"),
        "verified": Column("bool", "true where the compiler saw a page that says so"),
        "url": _text("address of the page that reports it", nullable=True),
        "publisher": _text("who reported it", nullable=True),
        "date_added": Column("date", "day the source entered it; missing in the timeline", "day", nullable=True),
        "note": _text("disputed dates and other doubts, in the compiler's words", nullable=True),
        "flags": _text("date_coarse, unverified, id_date_differs, possible_dup, third_state:ISO3; machine-coded: "
                       "date_shift, dup_day, dup_url, mirror_twin, goldstein_mismatch, quad_mismatch, width_mixed, "
                       "date_added_lost, multi_actor, translation, prefiltered, score_suspect; joined by ';'",
                       nullable=True),
        "file": _ORIGIN["file"],
        "line": Column("count", "line in that file, its first line being 1", "line",
                       checks=(pa.Check.ge(1, error="is below 1"),)),
    },
    pair=("initiator", "target"),
)  # fmt: skip

EVENT_COVERAGE = Table(
    "event_coverage",
    "one day of one machine-coded source: which of its files were published, given and read",
    ("source", "feed", "day"),
    "day",
    {
        "source": _text("whose files", one_of=MACHINE_CODED),
        "feed": _text("main, or GDELT 2.0's files from translated reports", one_of=("main", "translation")),
        "day": Column("date", "day the files are for (GDELT: day of entry; back files: of the event)", "day"),
        "slots": _from_zero("count", "slots of the day: quarter-hours in GDELT 2.0, else one", "slots"),
        "unpublished": _from_zero("count", "slots the publisher's list has no file for; missing without a list",
                                  "slots", nullable=True),
        "given": _from_zero("count", "slots whose file was read", "slots"),
        "refused": _from_zero("count", "slots whose file was refused", "slots"),
        "missing": _from_zero("count", "slots without a file, as far as known published", "slots"),
        "share": Column("number", "slots read of all slots", "0 to 1", checks=_between(0, 1)),
        "status": _text("covered: all slots read; part: some; refused; missing: no file given; gap: none published",
                        one_of=("covered", "part", "refused", "missing", "gap")),
        "absent": _text("quarter-hours not read", nullable=True),
    },
)  # fmt: skip

TRADE = Table(
    "trade",
    "what one reporter recorded with one partner under one code, one flow, in one period",
    ("source", "frequency", "hs_code", "hs_edition", "reporter", "partner", "flow", "period"),
    "period",
    {
        "source": _SOURCE,
        "frequency": _FREQUENCY,
        "period": _month_start("month or year"),
        "reporter": _REPORTER,
        "partner": _PARTNER,
        "flow": _FLOW,
        "hs_code": _text("tariff code as text, national digits included; TOTAL is all goods", pattern=_GOODS),
        "hs_edition": _text("edition of the code; a national one says its country"),
        "value": _from_zero("number", "value; a recorded zero is zero, an absent month is absent", "currency"),
        "currency": _text("currency of the value, ISO 4217", pattern=r"^[A-Z]{3}$"),
        "valuation": _text("free on board, or cost, insurance and freight included", one_of=("fob", "cif")),
        "weight_kg": _from_zero("number", "net weight", "kg", nullable=True),
        "quantity": _from_zero(
            "number", "supplementary quantity that is not kilograms", "quantity_unit", nullable=True
        ),
        "quantity_unit": _text("unit of the supplementary quantity", nullable=True),
        "is_estimated": Column("bool", "true where the publisher estimated it"),
        "flags": _text(
            "what a reader should know: weight_zero, weight_negative:N, valuation_assumed ...; joined by ';'",
            nullable=True,
        ),
        "vintage": _VINTAGE,
        **_ORIGIN,
    },
    pair=("reporter",),
)

GOODS_GROUPS = Table(
    "goods_groups",
    "value of one goods group between the reporter and one partner, one flow, in one period",
    ("source", "frequency", "goods_group", "reporter", "partner", "flow", "period"),
    "period",
    {
        "source": _SOURCE,
        "frequency": _FREQUENCY,
        "period": _month_start("month or year"),
        "months_covered": Column("count", "months the figure covers; missing for a year nobody vouches for", "months",
                                 nullable=True, checks=_between(1, 12)),
        "reporter": _REPORTER,
        "partner": _PARTNER,
        "flow": _FLOW,
        "goods_group": _text("title of the group, as in the annual file"),
        "is_subgroup": Column("bool", "true where the group is part of another: keep it out of sums"),
        "value_jpy": _from_zero("count", "value; exports FOB by destination, imports CIF by origin", "JPY"),
        "vintage": _VINTAGE,
        **_ORIGIN,
    },
    pair=("reporter",),
)  # fmt: skip

QUOTED_FIGURES = Table(
    "quoted_figures",
    "one figure of a customs office as quoted by somebody else: a point beside a series, never part of it",
    ("source", "item", "reporter", "partner", "flow", "measure", "frequency", "period_start", "period_end",
     "quoted_by"),
    "period_start",
    {
        "source": _SOURCE,
        "item": _text("what was traded, in words"),
        "hs_code": _text("tariff code where the figure has one", pattern=_CODE, nullable=True),
        "reporter": _REPORTER,
        "partner": _PARTNER,
        "flow": _text("as seen by the reporter; both is exports plus imports", one_of=("import", "export", "both")),
        "measure": _text("what was measured; share is Japan's part, of value only where the note says so",
                         one_of=("value", "weight", "share", "total")),
        "frequency": _text("M one month, A one year, P another span", one_of=("M", "A", "P")),
        "period_start": Column("date", "first day of the span", "day"),
        "period_end": Column("date", "last day of the span", "day"),
        "value": _from_zero("number", "the figure, rounded as quoted", "unit"),
        "unit": _text("whole units, never millions", one_of=("USD", "JPY", "kg", "t", "percent")),
        "quoted_by": _text("who quoted it"),
        "source_url": _text("address of the page that quotes it"),
        "note": _text("basis and doubts", nullable=True),
        **_ORIGIN,
    },
    pair=("reporter",),
)  # fmt: skip

VISITORS = Table(
    "visitors",
    "visitors of one nationality arriving in one destination in one month",
    ("source", "frequency", "origin", "destination", "period"),
    "period",
    {
        "source": _SOURCE,
        "frequency": _FREQUENCY,
        "period": _month_start("month"),
        "origin": _state("nationality; WLD is all of them"),
        "destination": _state("where they arrive"),
        "visitors": _from_zero("count", "arrivals; estimates are rounded to 100", "persons"),
        "status": _text("how final the figure is; unknown for a file that is not registered",
                        one_of=("fixed", "provisional", "estimate", "unknown")),
        "vintage": _VINTAGE,
        **_ORIGIN,
    },
    pair=("destination",),
)  # fmt: skip

EXCHANGE_RATES = Table(
    "exchange_rates",
    "price of one US dollar in one currency in one month",
    ("source", "frequency", "currency", "period"),
    "period",
    {
        "source": _SOURCE,
        "frequency": _FREQUENCY,
        "period": _month_start("month"),
        "currency": _text("ISO 4217", pattern=r"^[A-Z]{3}$"),
        "units_per_usd": Column("number", "local currency per US dollar", "currency per USD",
                                checks=(pa.Check.gt(0, error="is not above zero"),)),
        "basis": _text("how the month's figure was taken", one_of=("monthly average",)),
        "vintage": _VINTAGE,
        **_ORIGIN,
    },
    pair=("currency",),
)  # fmt: skip

CLAIM_MEASURES = ("value", "share", "change", "weight", "count", "date")
CLAIM_FLOWS = ("import", "export", "export+import", "balance")
CLAIMS = Table(
    "claims",
    "one published statement, defined so that a program can recompute its figure",
    ("claim_id",),
    "period_start",
    {
        "source": _SOURCE,
        "claim_id": _text("id of the statement, unique in its ledger"),
        "statement": _text("what was said, in words of the project's own"),
        "said_by": _text("who printed it"),
        "said_on": Column("date", "day it was printed; missing where the page has none", "day", nullable=True),
        "source_url": _text("address of the page, or the publication where there is no address"),
        "about": _text("what it is about: events, fx, a material, visitors ..."),
        "item": _text("the office's own code, or its goods group", nullable=True),
        "reporter": _text("whose statistics"),
        "flow": _text("direction as seen by the reporter", one_of=CLAIM_FLOWS, nullable=True),
        "measure": _text("what was measured", one_of=CLAIM_MEASURES),
        "period": _text("YYYY, YYYY-MM, YYYY-MM-DD or from/to; missing where the page names none", nullable=True),
        "baseline_period": _text("what it is compared with, in the same forms", nullable=True),
        "period_start": Column("date", "first day of the period", "day", nullable=True),
        "partner": Column("text", "the other side, ISO3; WLD is the world", nullable=True,
                          checks=(pa.Check.isin((*dyads.STATES, dyads.WORLD), error="is no ISO3 code we know"),)),
        "value": _text("the figure as printed: a number in whole units, or a date"),
        "unit": _text("unit of the figure"),
        "tolerance": _from_zero("number", "what the printed rounding allows, either way", "unit"),
        "timeline_events": _text("the event a date is about, or the two an interval runs between, joined by ';'",
                                 nullable=True),
        **_ORIGIN,
    },
)  # fmt: skip

PROMISES: dict[str, Table] = {
    table.name: table
    for table in (EVENTS, TRADE, GOODS_GROUPS, QUOTED_FIGURES, VISITORS, EXCHANGE_RATES, CLAIMS, EVENT_COVERAGE)
}
REJECTED = {
    "file": _text("file the row stands in"),
    "line": Column("count", "line in that file, the header being 1", "line"),
    "reason": _text("why it was rejected"),
    "record": _text("the row as read, JSON"),
}


def _schema(table: Table) -> pa.DataFrameSchema:
    columns = {
        name: pa.Column(
            DTYPES[column.kind],
            checks=list(column.checks),
            nullable=column.nullable,
            description=column.description,
            metadata={"unit": column.unit, "kind": column.kind},
        )
        for name, column in table.columns.items()
    }
    return pa.DataFrameSchema(
        columns,
        name=table.name,
        description=table.row,
        strict=True,
        ordered=True,
        metadata={"key": table.key},
    )


TABLES: dict[str, pa.DataFrameSchema] = {name: _schema(table) for name, table in PROMISES.items()}


def promise(name: str) -> Table:
    """A table's promise by name. Raises RequestError naming those there are."""
    if name not in PROMISES:
        raise RequestError(f"unknown table {name!r}; there are {', '.join(PROMISES)}")
    return PROMISES[name]


def typed(frame: pd.DataFrame, columns: dict[str, Column]) -> pd.DataFrame:
    """The frame's columns in the promised order and types."""
    return frame[list(columns)].astype({name: DTYPES[column.kind] for name, column in columns.items()})


def arrow_schema(columns: dict[str, Column]) -> arrow.Schema:
    """How the columns are stored in Parquet."""
    return arrow.schema([(name, ARROW[column.kind]) for name, column in columns.items()])


def in_order(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows sorted by the table's key: time last, so that a series reads downwards (events: time first)."""
    order = list(PROMISES[table].key)
    if table == "events":
        order = ["event_date", *order]
    return rows.sort_values(order, kind="stable", ignore_index=True)


def check(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, if they keep the table's promise: columns, types, ranges, missingness, key.

    Raises DataError naming the first offending rows with file, line and value.
    """
    try:
        TABLES[table].validate(rows, lazy=True)
    except pa.errors.SchemaErrors as broken:
        raise DataError(_broken(table, rows, broken.failure_cases)) from None
    key = list(PROMISES[table].key)
    repeated = rows[rows.duplicated(key, keep=False)]
    if not repeated.empty:
        raise DataError(
            f"table {table}: {len(repeated)} rows repeat a key ({', '.join(key)}):\n"
            + _places(repeated, lambda row: ", ".join(str(row[name]) for name in key))
        )
    return rows


_SHAPE = {"column_in_schema": "column not promised", "column_in_dataframe": "column missing"}


def _broken(table: str, rows: pd.DataFrame, cases: pd.DataFrame) -> str:
    """One line a broken promise, with up to five places each."""
    lines = []
    for (column, fault), group in cases.groupby(["column", "check"], sort=False, dropna=False):
        where = rows.loc[rows.index.intersection(group["index"].dropna().astype(int))]
        if where.empty or column not in rows:
            found = ", ".join(dict.fromkeys(str(case) for case in group["failure_case"]))
            lines.append(f"table {table}: {_SHAPE.get(fault, f'{column}: {fault}')}: {found}")
            continue
        lines.append(f"table {table}: column {column} {fault} in {len(where)} rows:")
        lines.append(_places(where, lambda row, column=column: f"{column}={row[column]!r}"))
    return "\n".join(lines)


def _places(rows: pd.DataFrame, say: Callable[[pd.Series], str], limit: int = 5) -> str:
    shown = [
        f"  {row.get('file', '?')}, line {row.get('line', '?')}: {say(row)}" for _, row in rows.head(limit).iterrows()
    ]
    if len(rows) > limit:
        shown.append(f"  and {len(rows) - limit} more")
    return "\n".join(shown)


def of_pair(table: str, rows: pd.DataFrame, pair: dyads.Dyad) -> pd.Series:
    """Which rows belong to a pair of states: the same rule as `warehouse.read`."""
    sides = pair_values(table, pair)
    mask = pd.Series(True, index=rows.index)
    for column in PROMISES[table].pair:
        mask &= rows[column].isin(sides)
    return mask


def pair_values(table: str, pair: dyads.Dyad) -> tuple[str, ...]:
    """What the deciding columns hold for a pair: its states, or its currencies."""
    if PROMISES[table].pair == ("currency",):
        return tuple(dyads.currency(state) for state in pair.states)
    return pair.states
