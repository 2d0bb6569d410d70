"""Whether a measure changed anything, in sentences that the numbers hedge: interval, placebo rank, fit, agreement."""

import numpy as np
import pandas as pd

from research.dyads import name
from research.findings.words import Finding, KeyNumber, Table, month, percent, source_line

POOR_FIT = 1.0  # a fit whose error before the date is as large as the series' own deviation explains nothing
PUBLISHED = (
    ("Travel spending in Japan by Koreans", "\u221248 to \u221261 %", "Ahn, Greaney & Kiyota 2022"),
    ("Japanese beer sales in Korea, 14 months", "\u221275 %", "Kim & Kim 2020"),
)


def hedges(row: pd.Series) -> list[str]:
    """What in an effect's own numbers speaks against taking it at its word."""
    found = []
    if row["low"] < 0 < row["high"]:
        found.append("its interval holds zero")
    elif row["high"] - row["low"] > abs(row["estimate"]):
        found.append("its interval is wider than the estimate itself")
    if pd.notna(row["rank_of"]) and row["rank"] > 1:
        found.append(f"{int(row['rank']) - 1} of {int(row['rank_of']) - 1} placebos are at least as large")
    if row["fit_error"] >= POOR_FIT:
        found.append("the control does not follow the series before the date")
    return found


def say_effect(row: pd.Series, what: str) -> Finding:
    """One effect: size, interval or rank, and every hedge that its numbers ask for."""
    if pd.isna(row["estimate"]):
        return Finding(f"{what}: zero recorded, so no estimate of a relative change exists.", role="limit")
    interval = "" if pd.isna(row["low"]) else f" (95 % interval {percent(row['low'], 0)} to {percent(row['high'], 0)})"
    doubts = hedges(row)
    firm = f" Against it: {'; '.join(doubts)}." if doubts else ""
    return Finding(f"{what}: {percent(row['estimate'], 0)}{interval}{said_rank(row)}.{firm}")


def verdicts(cells: pd.DataFrame) -> pd.Series:
    """What each estimate says by its interval: -1 a fall, 1 a rise, 0 neither can be told; no interval: by its sign."""
    sign = np.sign(cells["estimate"]).where(~((cells["low"] <= 0) & (cells["high"] >= 0)), 0.0)
    return sign.astype("Int64")


def say_cells(cells: pd.DataFrame) -> str:
    """How far the cells of a grid agree, in words; a result that one cell alone shows is called that."""
    told = cells.dropna(subset=["estimate"])
    said = verdicts(told)
    counts = said.value_counts()
    words = {-1: "a fall", 0: "no change told from zero", 1: "a rise"}
    choices = f"{len(told)} choices of date, window and scale"
    if len(counts) == 1:
        return f"all {choices} show {words[int(said.iloc[0])]} ({_reach(told)})"
    if len(counts) == 2 and counts.min() == 1 and len(told) > 2:
        alone, rest = int(counts.idxmin()), int(counts.idxmax())
        row = told[said == alone].iloc[0]
        return (
            f"{words[alone]} is a result of one cell alone ({row['label']}, {percent(row['estimate'], 0)}): the others "
            f"of {choices} show {words[rest]} ({_reach(told[said == rest])})"
        )
    split = ", ".join(f"{counts[v]} show {words[v]}" for v in (-1, 0, 1) if v in counts)
    return f"{choices} do not agree: {split} ({_reach(told)})"


def _reach(cells: pd.DataFrame) -> str:
    low, high = percent(cells["estimate"].min(), 0), percent(cells["estimate"].max(), 0)
    return low if low == high else f"{low} to {high}"


def said_rank(row: pd.Series) -> str:
    """; rank 1 of 16 among placebos, where p is 1/16 at best"""
    if pd.isna(row["rank_of"]):
        return ""
    return (
        f"; rank {int(row['rank'])} of {int(row['rank_of'])} among placebos, where p is 1/{int(row['rank_of'])} at best"
    )


def say_people(effects: pd.DataFrame, origin: str, date: object, end: object) -> Finding:
    """The answer on visitors: the range over all designs, whether they agree, and what the placebos allow."""
    told = effects.dropna(subset=["estimate"])
    low, high = told["estimate"].min(), told["estimate"].max()
    state, begin, last = name(origin), pd.Timestamp(date), pd.Timestamp(end)
    span = f"from {begin:%B %Y} to {last:%B %Y}"
    numbers = [KeyNumber("designs", "estimates made", len(told), "estimates", str(len(told)))]
    if low < 0 < high:
        text = f"Visitors from {state} {span}: designs disagree on the sign ({percent(low, 0)} to {percent(high, 0)})."
        return Finding(text, tuple(numbers), role="answer")
    against = told[told["group"] != told["group"].iloc[-1]]
    firsts = int((told["rank"] == 1).sum())
    text = (
        f"Visitors from {state} differed by {percent(against['estimate'].min(), 0)} to "
        f"{percent(against['estimate'].max(), 0)} from what visitors from elsewhere suggest {span}, before the "
        f"pandemic closed borders; all designs together say {percent(low, 0)} to {percent(high, 0)}. {firsts} of "
        f"{int(told['rank_of'].notna().sum())} ranked estimates are the largest among their placebos."
    )
    middle = float(against["estimate"].median())
    numbers.insert(
        0, KeyNumber("visitors_gap", f"visitors from {state}, {month(begin)} to {month(last)}", middle, "percent",
                     percent(middle, 0), "median over designs with other nationalities as controls"),
    )  # fmt: skip
    return Finding(text, tuple(numbers), role="answer")


def words_effects(effects: pd.DataFrame, subtitle: str, resource: str) -> dict[str, str]:
    """Words for the figure of estimates over designs; the headline says whether they agree."""
    told = effects.dropna(subset=["estimate"])
    low, high = told["estimate"].min(), told["estimate"].max()
    agree = low * high > 0
    span = f"{percent(low, 0)} to {percent(high, 0)}"
    listed = "; ".join(f"{r.group}, {r.label} {percent(r.estimate, 0)}" for r in told.itertuples())
    if not agree:
        signs = (told["estimate"] > 0).sum()
        lone = "only one estimate disagrees" if min(signs, len(told) - signs) == 1 else "the sign depends on the design"
        headline = f"Estimates run from {span}: {lone}"
    else:
        headline = f"Every design shows a {'fall' if high < 0 else 'rise'}; its size runs from {span}"
    return {
        "headline": headline,
        "subtitle": subtitle,
        "alt": f"Points with 95 % intervals where a design has one. {listed}.",
        "source": source_line(resource, "own computation"),
    }


def words_visitors(people: pd.DataFrame, origin: str, date: object, end: object) -> dict[str, str]:
    """Words for visitors over the exchange rate; the headline compares with the same months a year before."""
    series = people.set_index("period")["visitors"]
    after = series.loc[pd.Timestamp(date) : pd.Timestamp(end)]
    before = series.reindex(after.index - pd.DateOffset(years=1))
    change = 100 * (after.sum() / before.sum() - 1) if before.notna().all() and before.sum() > 0 else float("nan")
    state = name(origin)
    size = (
        f"{percent(change, 0)} against the same months a year before" if pd.notna(change) else "no base a year before"
    )
    known = people.dropna(subset=["visitors"])
    return {
        "headline": f"Visitors from {state}, {month(after.index[0])} to {month(after.index[-1])}: {size}",
        "subtitle": f"Visitors from {state} to Japan by month (gaps: no figure), over the price of yen in won",
        "alt": (
            f"Two panels, {month(people['period'].min())} to {month(people['period'].max())}. Visitors: "
            f"{known['visitors'].iloc[0]:,.0f} first, {known['visitors'].max():,.0f} at most, "
            f"{known['visitors'].min():,.0f} at least, {known['visitors'].iloc[-1]:,.0f} last. {size}."
        ),
        "source": source_line("jnto_visitors_monthly", "exchange rates from the Federal Reserve"),
    }


def say_exchange(people: pd.DataFrame, date: object, end: object) -> Finding:
    """How far the exchange rate moved over the same months: a dearer yen alone would keep some at home."""
    rate = people.set_index("period")["won_per_100_yen"]
    after = rate.loc[pd.Timestamp(date) : pd.Timestamp(end)]
    before = rate.reindex(after.index - pd.DateOffset(years=1))
    if after.isna().any() or before.isna().any():
        return Finding("The exchange rate of some months is missing, so its part is not judged.", role="limit")
    change = 100 * (after.mean() / before.mean() - 1)
    text = (
        f"Over the same months the price of a yen in won moved by {percent(change)} against a year before. "
        "The designs with other nationalities do not hold this fixed: part of the fall may lie with a dearer yen."
    )
    return Finding(
        text, (KeyNumber("won_yen_change", "price of a yen in won", float(change), "percent", percent(change)),)
    )


def table_published(effects: pd.DataFrame) -> Table:
    """Published sizes of the boycott beside the range of our estimates; each measures something else."""
    told = effects.dropna(subset=["estimate"])
    ours = f"{percent(told['estimate'].min(), 0)} to {percent(told['estimate'].max(), 0)}"
    rows = [("Visitors to Japan, all estimates of this page", ours, "computed here"), *PUBLISHED]
    frame = pd.DataFrame(rows, columns=["Outcome", "Estimate", "Who"])
    return Table("published-sizes", "The same boycott as others measured it, on other outcomes", frame, frame)
