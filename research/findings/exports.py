"""Whether total exports fell in the year of the controls, set beside earlier years in which nothing was controlled."""

import pandas as pd

from research.dyads import name
from research.findings.effects import said_rank
from research.findings.words import Finding, KeyNumber, percent, source_line

RESOURCE = "japan_mof_goods_annual"


def say_exports(effects: pd.DataFrame, exporter: str, importer: str, controls: int) -> Finding:
    """The year of the controls beside its placebos in space and in time, and whether that confirms a fall.

    In: `measures.exports.export_effects`.
    """
    first, after, earlier = (part for _, part in list(effects.groupby("group", sort=False))[:3])
    main, next_year = first.iloc[0], after.iloc[0]
    larger = earlier[earlier["estimate"].abs() >= abs(main["estimate"])]
    confirmed = main["rank"] == 1 and larger.empty
    listed = ", ".join(f"{r.label} {percent(r.estimate, 0)}" for r in larger.itertuples())
    text = (
        f"{name(exporter)}'s exports to {name(importer)} in {controls} lie {percent(main['estimate'])} from a "
        f"weighted mean of those to others{said_rank(main)}; {percent(next_year['estimate'])} a year later. As far "
        f"off lie {len(larger)} of {len(earlier)} earlier years in which nothing was controlled"
        f"{f' ({listed})' if listed else ''}. {'The fall stands out' if confirmed else 'No fall is confirmed'}: a "
        "whole year holds months before the controls as well, and monthly totals end before them."
    )
    compared = f"rank {int(main['rank'])} of {int(main['rank_of'])}; {percent(next_year['estimate'])} in {controls + 1}"
    number = KeyNumber(
        "exports_gap", f"exports to {name(importer)}, {controls}", float(main["estimate"]), "percent",
        percent(main["estimate"]), compared,
    )  # fmt: skip
    return Finding(text, (number,))


def words_exports(effects: pd.DataFrame, exporter: str, importer: str) -> dict[str, str]:
    """Words for the figure of years and donors."""
    first, _, earlier = (part for _, part in list(effects.groupby("group", sort=False))[:3])
    main = first.iloc[0]
    larger = int((earlier["estimate"].abs() >= abs(main["estimate"])).sum())
    listed = "; ".join(f"{r.group}, {r.label} {percent(r.estimate, 0)}" for r in effects.itertuples())
    return {
        "headline": (
            f"Exports to {name(importer)} lay {percent(main['estimate'], 0)} from their control; "
            f"{larger} of {len(earlier)} quiet years lay as far"
        ),
        "subtitle": (
            f"{name(exporter)}'s yearly totals beside a weighted mean of those of other partners (synthetic control), "
            "percent; rank among the same for each partner, with the smallest p that so many allow"
        ),
        "alt": f"Points, one an estimate, without intervals. {listed}.",
        "source": source_line(RESOURCE, "own computation"),
    }
