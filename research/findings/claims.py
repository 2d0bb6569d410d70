"""What became of published statements: how many hold, which fail instructively, and why."""

import re
from decimal import Decimal

import pandas as pd

from research.claims import VERDICTS, Judged, Verdict
from research.claims.books import told_rows
from research.findings.words import Finding, Folded, KeyNumber, Link, Table

UNIT_WORDS = {"percent": "%", "percentage_point": "points", "yes_no": ""}
MEANING = {
    "reproduced": "recomputed within the printed rounding",
    "differs_by_definition": "true on another basis, or off by a hair",
    "contradicted": "the figures held say otherwise",
    "not_testable": "what is needed is not held here",
}


def say_claims(judged: Judged) -> Finding:
    """How many statements got which verdict, and how many could be tested at all."""
    found = judged.table["verdict"].value_counts().reindex(list(VERDICTS), fill_value=0)
    total, tested = len(judged.table), len(judged.table) - int(found["not_testable"])
    if not tested:
        return Finding(f"None of the {total} statements chosen can be tested on the figures held.", role="answer")
    rest = found["differs_by_definition"]
    text = (
        f"Of {total} published statements {tested} can be tested on the figures held: {found['reproduced']} are "
        f"reproduced, {rest} {'is' if rest == 1 else 'are'} true only on another basis or off by a hair, and "
        f"{found['contradicted']} {'is' if found['contradicted'] == 1 else 'are'} contradicted. The ledger is a "
        "selection, not a sample: the proportions say nothing about the press at large."
    )
    numbers = tuple(
        KeyNumber(f"claims_{name}", name.replace("_", " "), int(found[name]), "statements", f"{found[name]:,}", meaning)
        for name, meaning in MEANING.items()
    )
    return Finding(text, numbers, role="answer")


def say_rejected_claims(judged: Judged) -> Finding:
    """Which rows of the ledger were not judged, and what would have been right."""
    if not judged.rejected:
        return Finding("No row of the ledger was rejected.", role="coverage")
    listed = "; ".join(re.sub(r": [a-z_]+: ", ": ", told, count=1) for told in judged.rejected)
    return Finding(f"Not judged, for the row of the ledger is unsound: {listed}.", role="limit")


def table_claims(judged: Judged, about: str = "", publisher: str = "", url: str = "", name: str = "claims") -> Table:
    """One line a statement: verdict, why, and behind a click the rows it stands on and what stands beside it."""
    chosen = judged.table
    for column, wanted in (("about", about), ("source_url", url)):
        chosen = chosen[chosen[column] == wanted] if wanted else chosen
    if publisher:
        chosen = chosen[chosen["said_by"].str.contains(publisher, case=False, regex=False)]
    order = {verdict: place for place, verdict in enumerate(("contradicted", "differs_by_definition", "reproduced"))}
    chosen = chosen.sort_values("verdict", key=lambda v: v.map(order).fillna(9), kind="stable", ignore_index=True)
    frame = pd.DataFrame(
        {
            "Verdict": chosen["verdict"].str.replace("_", " "),
            "Statement": chosen["statement"],
            "Publisher": [_page(row) for row in chosen.itertuples()],
            "Why": [_folded(row, judged.verdicts[row.claim_id]) for row in chosen.itertuples()],
        }
    )
    title = f"{len(chosen)} statements and their verdicts; each can be traced to file and line"
    choose = () if url else (("verdict", "Verdict"), ("about", "Material"), ("said_by", "Publisher"))
    return Table(name, title, frame, chosen.drop(columns=["period_start"]), choose)


def _page(row: tuple) -> Link | str:
    return Link(row.said_by, row.source_url) if row.source_url.startswith(("http://", "https://")) else row.said_by


def _why(row: tuple) -> str:
    return f"{row.sentence} {row.warning[:1].upper() + row.warning[1:] + '.' if row.warning else ''}".strip()


def _folded(row: tuple, found: Verdict) -> Folded:
    """The reason, and behind a click: rows, other readings and what stands beside."""
    parts = [f"Stands on {row.stands_on}." if row.stands_on else ""]
    parts += [f"Reading: {reading.label} ({told_rows(reading.rows)})." for reading in found.readings if reading.rows]
    parts += [f"{beside[:1].upper()}{beside[1:]}." for beside in found.beside]
    return Folded(_why(row), "Rows and what stands beside", " ".join(part for part in parts if part))


def instructive(judged: Judged, most: int = 9) -> list[str]:
    """Ids of failures worth a figure: of each kind of failure the first, contradicted ones before others."""
    failed = judged.table[judged.table["verdict"].isin(["contradicted", "differs_by_definition"])]
    kinds: dict[str, str] = {}
    for claim in failed.sort_values("verdict", kind="stable")["claim_id"]:
        found = judged.verdicts[claim]
        told = found.readings[0].label if found.readings else found.definition or "unexplained"
        kinds.setdefault(re.split(r"[,:(]| for ", told)[0], claim)
    return list(kinds.values())[:most]


def words_claim(judged: Judged, claim_id: str) -> dict[str, str]:
    """Words for the small figure of one statement: the headline says what went wrong."""
    row = judged.table.set_index("claim_id").loc[claim_id]
    found = judged.verdicts[claim_id]
    files = ", ".join(file for file, _ in found.rows)
    unit = "" if row["unit"] in ("date", "yes_no") else f" In {row['unit'].replace('_', ' ')}."
    return {
        "headline": _what_went_wrong(row, found),
        "subtitle": f"“{row['statement']}” {_why(row)}{unit}",
        "alt": (
            f"A line with the printed figure {row['value']} and its rounding of {row['tolerance']:g} either way, the "
            f"recomputed figure {row['computed']}, and {len(found.readings)} other readings that match."
        ),
        "source": f"Printed by {row['said_by']}; recomputed from {files}.",
    }


def _as_printed(value: str, unit: str) -> str:
    """A figure with the digits that were printed."""
    if unit in ("date", "yes_no"):
        return value if unit == "date" else "The statement"
    text = f"{Decimal(value):,}".replace("-", "−")
    return f"place {text}" if unit == "rank" else f"{text} {UNIT_WORDS.get(unit, unit)}"


def _what_went_wrong(row: pd.Series, found: Verdict) -> str:
    printed = _as_printed(row["value"], row["unit"])
    if not found.readings:
        why = found.definition.removeprefix("off by a hair: ")
        return f"{printed}: off by a hair, {why}" if why else f"{printed}: true in none of the readings tried"
    best = found.readings[0].label
    if found.readings[0].kind == "definition":
        return f"{printed}: true on another basis, {best}"
    if best.startswith(("a slip", "the sign")):
        return f"{printed}: {best.removeprefix('a slip of the unit: ')}"
    what, _, which = best.partition(", ")
    return f"{printed}: true of {which}, {what}"
