"""What the controls did to goods that were singled out, beside goods that were not: the clean design and the other."""

import pandas as pd

from research.dyads import name
from research.findings.effects import said_rank, say_cells, verdicts
from research.findings.words import Finding, KeyNumber, dollars, percent, source_line

RESOURCE = "korea_customs_hsk10_monthly"
CLEAN = "same country"


def say_singled_out(effects: pd.DataFrame, partner: str) -> Finding:
    """Each controlled good beside goods from the same country that were not singled out. In: `goods_effects`."""
    clean, parts, numbers = effects[effects["design"] == CLEAN], [], []
    for good, cells in clean.groupby("outcome", sort=False):
        main = cells.iloc[0]
        interval = f"95 % interval {percent(main['low'], 0)} to {percent(main['high'], 0)}"
        said = f"{percent(main['estimate'], 0)} ({interval}{said_rank(main)})"
        still = verdicts(cells).iloc[0] == 0
        told = f"cannot be told from no change, {said}" if still else f"changed by {said}"
        parts.append(f"{good.lower()} {told}; {say_cells(cells)}{_no_estimate(cells)}.")
        key, label = f"effect_{good.lower().replace(' ', '_')}", f"{good.lower()}, beside goods not singled out"
        value, about = float(main["estimate"]), f"{interval}{said_rank(main)}"
        numbers.append(KeyNumber(key, label, value, "percent", percent(value), about))
    text = f"Beside goods from {name(partner)} that were not singled out, {' For the same months, '.join(parts)}"
    return Finding(text, tuple(numbers))


def _no_estimate(cells: pd.DataFrame) -> str:
    """Why some cells have no estimate, by their notes."""
    empty = cells[cells["estimate"].isna()]
    return "".join(f"; {row.label} no estimate exists ({row.notes})" for row in empty.itertuples())


def say_contamination(effects: pd.DataFrame, gain: pd.Series) -> Finding:
    """Why other suppliers are no control: they are the substitutes, so that what they gain counts twice.

    In: `goods_effects`, and `largest_gain` of one of the goods.
    """
    clean, other = effects[effects["design"] == CLEAN], effects[effects["design"] != CLEAN]
    if other.empty:
        return Finding("No other supplier has a complete record, so that design is not shown.", role="limit")
    listed = "; ".join(f"{r.label[0].lower()}{r.label[1:]} {percent(r.estimate, 0)}" for r in other.itertuples())
    untouched = other[~other["outcome"].isin(clean["outcome"]) & (verdicts(other) != 0)]
    proof = ", as it does in goods that nobody singled out" if len(untouched) else ""
    return Finding(
        f"Other suppliers of the same good are no clean control: they are its substitutes, and what they gain is "
        f"counted once more as lost. {name(gain['partner'])}'s {gain['good']} went from {dollars(gain['before'])} "
        f"({gain['year_before']}) to {dollars(gain['after'])} ({gain['year_after']}). Beside them much seems to "
        f"change{proof}: {listed}."
    )


def words_goods(effects: pd.DataFrame) -> dict[str, str]:
    """Words for the figure of both designs."""
    clean = effects[effects["design"] == CLEAN]
    heads = []
    for good, cells in clean.groupby("outcome", sort=False):
        main = cells.iloc[0]
        none = verdicts(cells).iloc[0] == 0
        size = percent(main["estimate"], 0)
        heads.append(f"{good.lower()} {f'cannot be told from no change ({size})' if none else f'changed by {size}'}")
    listed = "; ".join(f"{r.group}, {r.label} {percent(r.estimate, 0)}" for r in effects.itertuples())
    return {
        "headline": f"Beside goods not singled out, {'; '.join(heads)}",
        "subtitle": (
            "Change in imports from the date on beside the controls, percent; lines: 95 % intervals; rank by size "
            "among goods and partners that nobody touched, with the smallest p that so many allow"
        ),
        "alt": f"Points with 95 % intervals. {listed}.",
        "source": source_line(RESOURCE, "PPML with item and month effects, own computation"),
    }
