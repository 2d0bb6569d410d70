"""The rules of judgement, one for all statements: nothing here knows a statement by its id.

1. what is needed is not held: not_testable, naming it; 2. within the tolerance: reproduced; 3. true on another
definition, or off by a hair: differs_by_definition; 4. otherwise contradicted, and said if another period, partner or a
slip explains it; 5. the other office's figure stands beside; 6. a quotation never decides.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from research import dyads, warehouse
from research.claims import readings
from research.claims.books import OFFICES, Basis, Books, NotHeld, joined, told_rows
from research.claims.dates import judge_date
from research.claims.figures import Definition, Figure, compute, define, shown
from research.claims.periods import Span, parse
from research.claims.questions import judge_question
from research.claims.verdict import CONTRADICTED, DIFFERS, NOT_TESTABLE, REPRODUCED, Reading, Verdict
from research.errors import NoDataError
from research.sources.claims import allowed, clean_claims

_MIRROR = {"import": "export", "export": "import", "balance": "balance", "export+import": "export+import"}


@dataclass(frozen=True)
class Judged:
    """A ledger judged: one row a statement, the rejected rows each with what is allowed, and the full verdicts."""

    table: pd.DataFrame = field(repr=False)
    rejected: tuple[str, ...]
    verdicts: dict[str, Verdict] = field(repr=False)

    def records(self) -> list[dict]:
        """For a program: every verdict with its rows and readings."""
        return [_record(row, self.verdicts[row["claim_id"]]) for _, row in self.table.iterrows()]


def standing() -> Judged:
    """The project's own ledger judged."""
    claims = warehouse.read("claims")
    lost = warehouse.rejected()
    lost = lost[lost["file"].isin(claims["file"].unique())]
    return judge(claims, _told(lost))


def judge_file(path: Path, books: Books | None = None) -> Judged:
    """A ledger of one's own judged. Raises RequestError where there is no file, DataError on another header."""
    try:
        cleaned = clean_claims(path)
    except NoDataError as fault:
        raise NoDataError(f"{fault}. Start from templates/claims_template.csv") from None
    return judge(cleaned.rows.sort_values("line", ignore_index=True), _told(cleaned.rejected), books)


def _told(rejected: pd.DataFrame) -> tuple[str, ...]:
    told = []
    for _, row in rejected.iterrows():
        record = json.loads(row["record"])
        told.append(f"{row['file']}, line {row['line']}: {row['reason']}: {allowed(row['reason'], record)}")
    return tuple(told)


def judge(claims: pd.DataFrame, rejected: tuple[str, ...] = (), books: Books | None = None) -> Judged:
    """One row a statement of the `claims` table: its columns, then verdict, computed, difference, rows, sentence ...

    books: those already read, where several ledgers are judged in a row. Out: computed and difference in the unit of
    the statement (a date as text); `stands_on` file and lines.
    """
    books = books or Books()
    verdicts = {claim["claim_id"]: judge_one(books, claim) for _, claim in claims.iterrows()}
    said = [verdicts[name] for name in claims["claim_id"]]
    table = claims.assign(
        verdict=[v.verdict for v in said],
        computed=[_plain(v.computed) for v in said],
        difference=pd.Series([v.difference for v in said], index=claims.index, dtype="float64"),
        definition=[v.definition for v in said],
        sentence=[v.sentence for v in said],
        beside=["; ".join(v.beside) for v in said],
        warning=[v.warning for v in said],
        stands_on=[told_rows(v.rows) for v in said],
    )
    return Judged(table, rejected, verdicts)


def _plain(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.10g}"


def _record(row: pd.Series, verdict: Verdict) -> dict:
    def spread(rows: tuple) -> list[dict]:
        return [{"file": file, "lines": list(lines)} for file, lines in rows]

    return {
        "claim_id": row["claim_id"],
        "statement": row["statement"],
        "said_by": row["said_by"],
        "source_url": row["source_url"],
        "verdict": verdict.verdict,
        "printed": row["value"],
        "unit": row["unit"],
        "tolerance": float(row["tolerance"]),
        "computed": verdict.computed,
        "difference": verdict.difference,
        "definition": verdict.definition,
        "sentence": verdict.sentence,
        "rows": spread(verdict.rows),
        "readings": [
            {"kind": r.kind, "label": r.label, "computed": r.computed, "rows": spread(r.rows)} for r in verdict.readings
        ],
        "readings_tried": verdict.tried,
        "matches_expected_by_chance": round(verdict.by_chance, 4),
        "warning": verdict.warning,
        "beside": list(verdict.beside),
        "ledger": {"file": row["file"], "line": int(row["line"])},
    }


def judge_one(books: Books, claim: pd.Series) -> Verdict:
    """The verdict on one statement."""
    try:
        if claim["unit"] == "yes_no":
            return replace(judge_question(books, claim), beside=_beside_of(books, claim))
        if claim["measure"] == "date":
            return judge_date(books, claim)
        what = define(claim)
    except NotHeld as fault:
        return Verdict(NOT_TESTABLE, _sentence(fault), beside=_beside_of(books, claim))
    beside = _beside_of(books, claim)
    printed = float(claim["value"])
    try:
        figure = compute(books, what)
    except NotHeld as fault:
        return Verdict(NOT_TESTABLE, _sentence(fault), beside=beside)
    return _held_against(books, what, figure, printed, float(claim["tolerance"]), beside)


def _sentence(fault: Exception) -> str:
    text = str(fault)
    return text[:1].upper() + text[1:] + "."


def _held_against(
    books: Books, what: Definition, figure: Figure, printed: float, tolerance: float, beside: tuple[str, ...]
) -> Verdict:
    """Rules 2 to 4."""
    off = figure.value - printed
    facts = {"computed": round(figure.value, 6), "difference": round(off, 6), "rows": figure.rows, "beside": beside}
    told = f"{books_of(what.basis)} give {shown(figure.value, what.unit)} for {readings.frequency_note(what.span)}"
    if _converted(what):
        told += f", in {what.unit} at the monthly average rates"
    if abs(off) <= tolerance + 1e-9 and not _converted(what):
        return Verdict(REPRODUCED, f"{told}, within the printed rounding.", **facts)
    if abs(off) <= tolerance + 1e-9:
        definition = f"converted: the office publishes in another currency than {what.unit}"
        return Verdict(DIFFERS, f"{told}; it holds, {definition}.", definition=definition, **facts)
    found, tried, chance = readings.search(books, what, printed, tolerance)
    found += readings.slips(what, printed, figure.value, tolerance)
    told += f", {shown(off, what.unit, sign=True)} against the printed {shown(printed, what.unit)}"
    by_definition = [reading for reading in found if reading.kind == "definition"]
    hair = off_by_a_hair(what.unit, off, figure.value)
    if hair and not by_definition:
        why = f"off by a hair: {_why(books, what, figure)}"
        return Verdict(DIFFERS, f"{told}: {why}.", definition=why, readings=tuple(found), tried=tried,
                       by_chance=chance, warning=readings.warning(len(found), tried, chance), **facts)  # fmt: skip
    verdict = DIFFERS if by_definition else CONTRADICTED
    best = by_definition or found
    text = f"{told}." if not best else f"{told}. It would hold on another reading: {best[0].label}."
    return Verdict(
        verdict,
        text,
        definition=by_definition[0].label if by_definition else "",
        readings=tuple(best + [reading for reading in found if reading not in best]),
        tried=tried,
        by_chance=chance,
        warning=readings.warning(len(found), tried, chance) if found else "",
        **facts,
    )


def off_by_a_hair(unit: str, off: float, computed: float) -> bool:
    """At most 0.5 points of a share or change in percent, 0.5 % of anything else."""
    if unit in ("percent", "percentage_point"):
        return abs(off) <= readings.HAIR * 100
    return unit != "rank" and abs(off) <= readings.HAIR * abs(computed)


def _why(books: Books, what: Definition, figure: Figure) -> str:
    if not figure.whole:
        return "partner coverage (the file holds the main partners only), or an earlier release"
    return readings.final_or_not(books, what)


def _converted(what: Definition) -> bool:
    own = {"KOR": "USD", "JPN": "JPY"}.get(what.basis.office)
    return own is not None and what.unit in ("USD", "JPY", "KRW") and what.unit != own


def books_of(basis: Basis) -> str:
    """Whose books, in words."""
    if basis.office == "fx":
        return "The Federal Reserve's monthly averages"
    if basis.office == "JNTO":
        return "JNTO's figures"
    return f"{dyads.name(basis.office)}'s customs figures" + (" by weight" if basis.quantity == "weight" else "")


def _beside_of(books: Books, claim: pd.Series) -> tuple[str, ...]:
    """What the other office, and what quotations of either, say for the same period: shown, never decisive."""
    if pd.isna(claim["period"]) or claim["about"] in ("events", "fx"):
        return ()
    span = parse(claim["period"])
    office = OFFICES.get(claim["reporter"].strip().lower())
    if office is None or pd.isna(claim["flow"]) or pd.isna(claim["partner"]):
        return ()
    told = [_mirror(books, claim, span, office), *_quoted(books, claim, span, office)]
    return tuple(text for text in told if text)


def _mirror(books: Books, claim: pd.Series, span: Span, office: str) -> str:
    """The partner's own record of the same flow, and its change, where it holds one under a code that matches."""
    other = claim["partner"]
    if other not in ("KOR", "JPN") or other == office:
        return ""
    item = "" if pd.isna(claim["item"]) else str(claim["item"])
    items = [item]
    if other == "KOR" and item[:6].isdigit():
        items = [code for code in books.items("KOR") if code[:6] == item[:6]]
    changed = claim["measure"] == "change" and not pd.isna(claim["baseline_period"])
    base = parse(claim["baseline_period"]) if changed else None
    for code in items:
        flow = _MIRROR[claim["flow"]]
        told, rows = [], ()
        for quantity, unit in (("value", "USD" if other == "KOR" else "JPY"), ("weight", "kg")):
            basis = Basis(other, code, flow, quantity, office)
            try:
                amount = books.amount(basis, span)
                text = shown(amount.value, unit)
                if base is not None:
                    moved = compute(books, Definition(basis, "change", span, base, "percent"))
                    text += f" ({shown(moved.value, 'percent')} against {base})"
            except NotHeld:
                continue
            told.append(text)
            rows = joined(rows, amount.rows)
        if told:
            where = f"{flow}, {code}, {span}; {told_rows(rows)}"
            return f"other office: {dyads.name(other)}'s customs record {' and '.join(told)} ({where})"
    return ""


def _quoted(books: Books, claim: pd.Series, span: Span, office: str) -> list[str]:
    """Quotations of either office for the same item and span."""
    item = "" if pd.isna(claim["item"]) else str(claim["item"])
    quoted = books.quoted
    same = quoted["item"].eq(claim["about"])
    if item[:6].isdigit():
        same |= quoted["hs_code"].str[:6].eq(item[:6]).fillna(False)
    inside = quoted["period_start"].eq(span.first) & quoted["period_end"].eq(span.last)
    sides = {office, claim["partner"]}
    rows = quoted[same & inside & quoted["reporter"].isin(sides) & quoted["partner"].isin(sides)]
    return [
        f"quoted, does not decide: {dyads.name(row['reporter'])}'s {row['flow']} {row['measure']} "
        f"{shown(row['value'], row['unit'])} by {row['quoted_by']} ({row['file']}, line {row['line']})"
        for _, row in rows.iterrows()
    ]


__all__ = ["Judged", "Reading", "judge", "judge_file", "judge_one", "standing"]
