"""The claim ledger: published statements, each defined so that a program can recompute its figure."""

import json
import re
from pathlib import Path

import pandas as pd

from research import dyads, tables
from research.errors import NoDataError
from research.register import Resource
from research.sources.intake import Cleaned, Intake
from research.sources.rawcsv import shape_of

HEADER = (
    "claim_id", "statement", "said_by", "said_on", "source_url", "about", "item", "reporter", "flow", "measure",
    "period", "baseline_period", "partner", "value", "unit", "tolerance", "timeline_events",
)  # fmt: skip
# An editor's judgement may stand beside a ledger of one's own; it is never read.
EDITORIAL = ("expected_verdict", "expected_from_snapshot", "why")
_MONEY = ("USD", "JPY", "KRW")
_RATES = ("KRW/USD", "JPY/USD", "KRW/100JPY")
_MASS = ("t", "kg")
_SPANS = ("days", "weeks", "months", "years")
UNITS = {
    "value": (*_MONEY, *_RATES),
    "weight": _MASS,
    "share": ("percent",),
    "change": ("percent", "percentage_point", "times", *_MONEY, *_MASS, *_RATES, "persons", "rank"),
    "date": ("date", *_SPANS),
}
_NOT_COUNTED = {*_MONEY, *_RATES, *_MASS, "percent", "percentage_point", "times", "date"}
_DAY = "[12][0-9]{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"
_SPAN = f"{_DAY}(?:/{_DAY})?"
_NUMBER = r"-?[0-9]+(\.[0-9]+)?"


def clean_claims(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: one published statement.

    Source: the page named in each row, in the project's own words. In: text; the columns of `HEADER`; the editor's
    columns `EDITORIAL` may stand beside them and are not read. Out: `claims`; value stays text (a number or a date),
    tolerance in the unit of the value. Missing rule: a statement without a period stays, its period missing. Raises:
    DataError on another header. Rejects, each with file, line and what is allowed (`allowed`): an unknown measure or
    flow, a unit that does not fit, a period that is none, no tolerance, no source, an id used twice.
    """
    beside = (*HEADER, *EDITORIAL)
    header = {"plain": HEADER, "judged": beside}[shape_of(path, {"plain": HEADER, "judged": beside}, path.as_posix())]
    intake = Intake(path, resource, header)
    intake.reject(intake.rows.duplicated("claim_id", keep=False), "claim_id_repeated")
    found = [next(iter(faults(record)), "") for record in intake.rows.to_dict("records")]
    first = pd.Series(found, index=intake.rows.index, dtype="str")
    for reason in dict.fromkeys(filter(None, found)):
        intake.reject(first[intake.rows.index] == reason, reason)
    if intake.rows.empty and intake.rejected:
        told = "; ".join(f"line {line}: {allowed(why, json.loads(row))}" for line, why, row in intake.rejected)
        raise NoDataError(f"{path}: no row kept of {intake.read} read: {told}")
    return intake.cleaned("claims", _tidy(intake.rows))


def faults(record: dict[str, str]) -> list[str]:
    """Every reason for which a row of a ledger is unsound, the first one first."""
    measure, unit, value = record["measure"], record["unit"], record["value"]
    sound = is_period(value) if unit == "date" else bool(re.fullmatch(_NUMBER, value))
    wrong = {f"no_{name}": not record[name].strip() for name in ("claim_id", "statement", "about", "reporter")}
    wrong |= {
        "no_source": not record["said_by"].strip() or not record["source_url"].strip(),
        "measure_unknown": measure not in tables.CLAIM_MEASURES,
        "flow_unknown": record["flow"] not in ("", *tables.CLAIM_FLOWS),
        "partner_unknown": record["partner"] not in ("", *dyads.STATES, dyads.WORLD),
        "unit_does_not_fit": measure in tables.CLAIM_MEASURES and not unit_fits(measure, unit),
        "period_invalid": record["period"] != "" and not is_period(record["period"]),
        "baseline_period_invalid": record["baseline_period"] != "" and not is_period(record["baseline_period"]),
        "said_on_invalid": record["said_on"] != "" and not _is_day(record["said_on"]),
        "tolerance_missing": not re.fullmatch(r"[0-9]+(\.[0-9]+)?", record["tolerance"]),
        "value_invalid": not sound or (unit == "yes_no" and value not in ("0", "1")),
    }
    return [reason for reason, is_wrong in wrong.items() if is_wrong]


def unit_fits(measure: str, unit: str) -> bool:
    """Whether a figure of this measure can have this unit. Anything may be counted; any measure asked yes or no."""
    if unit == "yes_no":
        return True
    if measure == "count":
        return bool(re.fullmatch("[a-z][a-z_]*", unit)) and unit not in _NOT_COUNTED
    return unit in UNITS[measure]


def is_period(text: str) -> bool:
    """Whether a text is a year, a month, a day, or two of a kind from/to, in order and on the calendar."""
    ends = text.split("/")
    if not re.fullmatch(_SPAN, text) or len({len(end) for end in ends}) > 1 or ends[0] > ends[-1]:
        return False
    return all(len(end) < 10 or _is_day(end) for end in ends)


def _is_day(text: str) -> bool:
    return bool(re.fullmatch("[12][0-9]{3}-[0-9]{2}-[0-9]{2}", text)) and pd.notna(
        pd.to_datetime(text, errors="coerce")
    )


def _months_and_years() -> str:
    return "YYYY, YYYY-MM, YYYY-MM-DD, or two of a kind as from/to (2019-01/2019-06)"


def allowed(reason: str, record: dict[str, str] | list[str]) -> str:
    """What would have been right, for a rejected row, every fault of it at once: said to the person whose ledger it is.

    A record is a list where the row had another number of fields than the header.
    """
    if not isinstance(record, dict):
        return _allowed(reason, {})
    reasons = dict.fromkeys([reason, *faults(record)])
    return "; ".join(_allowed(why, record) for why in reasons)


def _allowed(reason: str, record: dict[str, str]) -> str:
    measure = record.get("measure", "")
    units = ", ".join(UNITS.get(measure, ("any plain noun in lower case, such as persons, items, days, rank",)))
    told = {
        "claim_id_repeated": f"claim_id {record.get('claim_id')!r} is used more than once; an id is used once",
        "no_source": "said_by and source_url must both be filled: a statement without a source cannot be judged",
        "measure_unknown": f"measure {measure!r} is unknown; allowed are {', '.join(tables.CLAIM_MEASURES)}",
        "flow_unknown": f"flow {record.get('flow')!r} is unknown; allowed are {', '.join(tables.CLAIM_FLOWS)}",
        "partner_unknown": f"partner {record.get('partner')!r} is unknown; allowed are ISO3 codes, WLD or nothing",
        "unit_does_not_fit": f"unit {record.get('unit')!r} does not fit {measure}; allowed are {units}, or yes_no",
        "period_invalid": f"period {record.get('period')!r} is none; allowed is {_months_and_years()}",
        "baseline_period_invalid": (
            f"baseline_period {record.get('baseline_period')!r} is none; allowed is {_months_and_years()}, or nothing"
        ),
        "said_on_invalid": f"said_on {record.get('said_on')!r} is no day; allowed is YYYY-MM-DD or nothing",
        "tolerance_missing": (
            f"tolerance {record.get('tolerance')!r} is none; allowed is a number of 0 or more in the value's unit: "
            "half the last printed digit"
        ),
        "value_invalid": (
            f"value {record.get('value')!r} does not fit; allowed is a plain number in whole units (36330000, not "
            f"36.33 million), 1 or 0 for the unit yes_no, and for the unit date {_months_and_years()}"
        ),
        "field_count": f"the row has not {len(HEADER)} fields; quote a text that holds a comma",
    }
    empty = f"{reason.removeprefix('no_')} is empty; it must be filled"
    return told.get(reason, empty)


def _tidy(rows: pd.DataFrame) -> pd.DataFrame:
    """Ledger rows in the columns of `claims`; an empty text is missing."""
    first = rows["period"].str.split("/").str[0]
    start = first + first.str.len().map({4: "-01-01", 7: "-01"}).fillna("")
    empty = ("item", "flow", "period", "baseline_period", "partner", "timeline_events")
    return rows[[*HEADER, "line"]].assign(
        source="claims",
        **{name: rows[name].mask(rows[name] == "") for name in empty},
        said_on=pd.to_datetime(rows["said_on"].mask(rows["said_on"] == ""), format="%Y-%m-%d"),
        period_start=pd.to_datetime(start.mask(start == ""), format="%Y-%m-%d"),
        tolerance=rows["tolerance"].astype(float),
    )
