"""Whether politics moves trade, in sentences that count the tests made and expect little."""

import pandas as pd

from research.findings.words import Finding, KeyNumber, Table, percent, source_line


def say_linkage(effects: pd.DataFrame, order: pd.DataFrame) -> Finding:
    """The answer: how many of the tests stand out, against how many that chance alone would give."""
    outside, firsts = _told_from_zero(effects), int((order["rank"] == 1).sum())
    quiet, loud = (effects["group"].str.contains("not singled out") == is_placebo for is_placebo in (True, False))
    shares = [(int(part.loc[outside.index].sum()), int(part.sum())) for part in (quiet, loud)]
    tests = len(effects)
    text = f"Of {tests} responses to a colder month {len(outside)} differ from zero; chance alone gives about "
    text += f"{0.05 * tests:.0f}. "
    if shares[0][0] and shares[0][0] / shares[0][1] >= shares[1][0] / max(shares[1][1], 1):
        text += f"Goods that nobody singled out do so as often ({shares[0][0]} of {shares[0][1]}): no link is shown. "
    told = "None" if not firsts else str(firsts)
    text += f"{told} of {len(order)} tests of who moves first ranks first among its placebo shifts."
    numbers = (
        KeyNumber("responses_without_zero", "responses whose interval excludes zero", len(outside), "responses",
                  str(len(outside)), f"of {tests}; about {0.05 * tests:.1f} by chance"),
        KeyNumber("granger_first", "tests that rank first among placebo shifts", firsts, "tests", str(firsts),
                  f"of {len(order)}"),
    )  # fmt: skip
    return Finding(text, numbers, role="answer")


def _told_from_zero(effects: pd.DataFrame) -> pd.DataFrame:
    return effects[(effects["low"] > 0) | (effects["high"] < 0)]


def say_leads(effects: pd.DataFrame, order: pd.DataFrame) -> Finding:
    """Which tests stand out, and how many of them are of goods that nobody singled out."""
    outside, ranked = _told_from_zero(effects), order[order["rank"] == 1]
    if outside.empty and ranked.empty:
        return Finding("No response can be told from zero, and no test ranks first among its placebo shifts.")
    names = "; ".join(f"{r.group}, {r.label} {percent(r.estimate, 0)}" for r in outside.itertuples())
    firsts = "; ".join(f"{r.outcome} ({r.direction})" for r in ranked.itertuples())
    placebos = int(outside["group"].str.contains("not singled out").sum())
    warning = (
        f" {placebos} of them {'is' if placebos == 1 else 'are'} of goods that nobody singled out, which warns against "
        "reading the rest."
        if placebos
        else ""
    )
    text = f"Told from zero: {names or 'none'}.{warning} First among placebo shifts: {firsts or 'none'}."
    return Finding(f"{text} Association in time is not cause.")


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
