"""What became of published statements: how many hold, which fail instructively, and why."""

import re

import pandas as pd

from research.claims import VERDICTS, Judged
from research.findings.words import Finding, KeyNumber, Link, Table

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
    listed = "; ".join(judged.rejected)
    return Finding(f"Not judged, for the row of the ledger is unsound: {listed}.", role="limit")


def table_claims(judged: Judged, about: str = "", publisher: str = "", url: str = "", name: str = "claims") -> Table:
    """One line a statement: verdict, printed and computed figure, why, and the rows it stands on."""
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
            "Material": chosen["about"].str.replace("_", " "),
            "Publisher": [_page(row) for row in chosen.itertuples()],
            "Why": [_why(row) for row in chosen.itertuples()],
        }
    )
    title = f"{len(chosen)} statements and their verdicts; what they stand on is in the CSV, file and line"
    return Table(name, title, frame, chosen.drop(columns=["period_start"]))


def _page(row: tuple) -> Link | str:
    return Link(row.said_by, row.source_url) if row.source_url.startswith(("http://", "https://")) else row.said_by


def _why(row: tuple) -> str:
    return f"{row.sentence} {row.warning[:1].upper() + row.warning[1:] + '.' if row.warning else ''}".strip()


def instructive(judged: Judged, most: int = 6) -> list[str]:
    """Ids of failures worth a figure: of each kind of failure the first, those with an explanation before others."""
    failed = judged.table[judged.table["verdict"].isin(["contradicted", "differs_by_definition"])]
    kinds: dict[str, str] = {}
    for claim in failed["claim_id"]:
        found = judged.verdicts[claim]
        if isinstance(found.computed, str) or not found.readings:
            continue
        kind = re.split(r"[,:(]", found.readings[0].label)[0]
        kinds.setdefault(kind, claim)
    return list(kinds.values())[:most]


def words_claim(judged: Judged, claim_id: str) -> dict[str, str]:
    """Words for the small figure of one statement."""
    row = judged.table.set_index("claim_id").loc[claim_id]
    found = judged.verdicts[claim_id]
    files = ", ".join(file for file, _ in found.rows)
    return {
        "headline": row["statement"],
        "subtitle": f"{row['verdict'].replace('_', ' ').capitalize()}: {_why(row)} In {row['unit']}",
        "alt": (
            f"A line with the printed figure {row['value']} and its rounding of {row['tolerance']:g} either way, the "
            f"recomputed figure {row['computed']}, and {len(found.readings)} other readings that match."
        ),
        "source": f"Printed by {row['said_by']}; recomputed from {files}.",
    }
