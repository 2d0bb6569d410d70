"""Whether politics moves trade, in sentences that count the tests made and expect little."""

import pandas as pd

from research.findings.words import Finding, KeyNumber, Table, percent, source_line


def say_linkage(effects: pd.DataFrame, order: pd.DataFrame) -> Finding:
    """The answer: how many of the tests stand out, against how many that chance alone would give."""
    tests = len(effects)
    outside = effects[(effects["low"] > 0) | (effects["high"] < 0)]
    ranked = order[order["rank"] == 1]
    names = "; ".join(f"{r.group.lower()}, {r.label} {percent(r.estimate, 0)}" for r in outside.itertuples())
    firsts = "; ".join(f"{r.outcome.lower()} ({r.direction})" for r in ranked.itertuples())
    placebos = int(outside["group"].str.contains("not singled out").sum())
    few = len(outside) <= max(1, round(0.1 * tests))
    text = (
        f"Of {tests} responses, {len(outside)} have a 95 % interval without zero ({names or 'none'}), where chance "
        f"alone gives about {0.05 * tests:.1f}. Of {len(order)} tests of who moves first, {len(ranked)} rank first of "
        f"all placebo shifts{f': {firsts}' if firsts else ''}. "
        + (
            "This is no sign of a lasting link. "
            if few and ranked.empty
            else "Single results are leads, not findings. "
        )
        + (
            f"{placebos} of them are of goods that nobody singled out, which warns against reading the rest. "
            if placebos
            else ""
        )
        + "Association in time is not cause."
    )
    numbers = (
        KeyNumber("responses_without_zero", "responses whose interval excludes zero", len(outside), "responses",
                  str(len(outside)), f"of {tests}; about {0.05 * tests:.1f} by chance"),
        KeyNumber("granger_first", "tests that rank first among placebo shifts", len(ranked), "tests",
                  str(len(ranked)), f"of {len(order)}"),
    )  # fmt: skip
    return Finding(text, numbers, role="answer")


def words_linkage(effects: pd.DataFrame) -> dict[str, str]:
    """Words for the figure of responses."""
    outside = int(((effects["low"] > 0) | (effects["high"] < 0)).sum())
    listed = "; ".join(f"{r.group}, {r.label} {percent(r.estimate, 0)}" for r in effects.itertuples())
    return {
        "headline": f"After a colder month, {outside} of {len(effects)} responses can be told from zero",
        "subtitle": "Change after a month ten points colder, percent, with 95 % intervals; goods not singled out last",
        "alt": f"Points with intervals. {listed}.",
        "source": source_line("korea_customs_hsk10_monthly", "and JNTO, Japan's Ministry of Finance, the timeline"),
    }


def table_precedence(order: pd.DataFrame) -> Table:
    """Granger tests both ways: F, p, and the rank among placebo shifts."""
    frame = pd.DataFrame(
        {
            "Outcome": order["outcome"],
            "Direction": order["direction"],
            "F": order["F"].map("{:.2f}".format),
            "p": order["p"].map("{:.3f}".format),
            "Rank among placebo shifts": [f"{r.rank} of {r.rank_of}" for r in order.itertuples()],
            "Months": order["months"],
        }
    )
    return Table("precedence", "Does one help to predict the other?", frame, order)
