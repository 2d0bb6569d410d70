"""Whether a measure changed anything, in sentences that the numbers hedge: interval, placebo rank, fit, agreement."""

from dataclasses import replace

import numpy as np
import pandas as pd

from research import published
from research.dyads import Dyad, name
from research.errors import NoDataError
from research.findings.words import Finding, KeyNumber, Link, Table, month, percent, source_line
from research.measures.effects import Effect

POOR_FIT = 1.0  # a fit whose error before the date is as large as the series' own deviation explains nothing


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


def words_visitors(people: pd.DataFrame, origin: str, destination: str, date: object, end: object) -> dict[str, str]:
    """Words for visitors over the exchange rate; the headline compares with the same months a year before."""
    series = people.set_index("period")["visitors"]
    after = series.loc[pd.Timestamp(date) : pd.Timestamp(end)]
    change = _on_the_year(series, after)
    state = name(origin)
    size = (
        f"{percent(change, 0)} against the same months a year before" if pd.notna(change) else "no base a year before"
    )
    known = people.dropna(subset=["visitors"])
    priced = f", over the price of {name(destination)}'s money" if people["rate"].notna().any() else ""
    return {
        "headline": f"Visitors from {state}, {month(pd.Timestamp(date))} to {month(pd.Timestamp(end))}: {size}",
        "subtitle": f"Visitors from {state} to {name(destination)} by month (gaps: no figure){priced}",
        "alt": (
            f"Visitors by month, {month(people['period'].min())} to {month(people['period'].max())}: "
            f"{known['visitors'].iloc[0]:,.0f} first, {known['visitors'].max():,.0f} at most, "
            f"{known['visitors'].min():,.0f} at least, {known['visitors'].iloc[-1]:,.0f} last. {size}."
        ),
        "source": source_line("jnto_visitors_monthly", "exchange rates from the Federal Reserve"),
    }


def _on_the_year(series: pd.Series, after: pd.Series) -> float:
    """Change in percent against the same months a year before; NaN where one of them is missing."""
    before = series.reindex(after.index - pd.DateOffset(years=1))
    complete = len(after) and before.notna().all() and after.notna().all() and before.sum() > 0
    return float(100 * (after.sum() / before.sum() - 1)) if complete else float("nan")


def say_exchange(people: pd.DataFrame, date: object, end: object) -> Finding:
    """How far the exchange rate moved over the same months: dearer money abroad alone would keep some at home."""
    rate = people.set_index("period")["rate"]
    price = people["priced"].iloc[0]
    after = rate.loc[pd.Timestamp(date) : pd.Timestamp(end)]
    change = _on_the_year(rate, after)
    if pd.isna(change):
        return Finding("The exchange rate of some months is missing, so its part is not judged.", role="limit")
    part = "part of a fall may lie with it" if change > 0 else "it would have drawn visitors, not kept them away"
    text = (
        f"Over the same months the price of {price} moved by {percent(change)} against a year before. The designs with "
        f"other nationalities do not hold this fixed: {part}."
    )
    return Finding(text, (KeyNumber("exchange_change", f"price of {price}", change, "percent", percent(change)),))


def say_other_way(visitors: pd.DataFrame, origin: str, destination: str, date: object, end: object) -> Finding:
    """Visitors in the opposite direction over the same months, or what to fetch where they are not held.

    In: rows of the `visitors` table from `origin` to `destination`; may be empty.
    """
    way = f"from {name(origin)} to {name(destination)}"
    if visitors.empty:
        return Finding(
            f"Visitors the other way, {way}, are not held: fetch the monthly arrivals by nationality that "
            f"{name(destination)}'s tourism office publishes and enter them in the register to see both sides. "
            "No table held here has beer by month either; Japan's exports by nine-digit code (beer from malt) would.",
            role="limit",
        )
    series = visitors.set_index("period")["visitors"].astype(float)
    change = _on_the_year(series, series.loc[pd.Timestamp(date) : pd.Timestamp(end)])
    if pd.isna(change):
        return Finding(f"Visitors {way}: a month of the base or after it is missing.", role="limit")
    text = f"Visitors the other way, {way}, over the same months: {percent(change, 0)} against a year before."
    return Finding(text, (KeyNumber("visitors_back", f"visitors {way}", change, "percent", percent(change, 0)),))


def table_published(page: str, effects: pd.DataFrame, pair: Dyad) -> Table:
    """What others published on the same matter, and where our estimates lie beside it, whichever way that is.

    In: an `effects_table` whose column `ours` names what each estimate may be set beside ("": nothing).
    Raises: NoDataError for a pair that nothing here was published about.
    """
    if set(pair.states) != published.PAIR:
        raise NoDataError(f"published sizes are held for Japan and South Korea only, not for {pair}")
    lines, exact = [], []
    for estimate in published.about(page):
        own = effects.loc[(effects["ours"] == estimate.ours) & (effects["ours"] != ""), "estimate"].dropna()
        low, high = (own.min(), own.max()) if len(own) else (np.nan, np.nan)
        lines.append(
            (estimate.outcome, estimate.finding, Link(estimate.who, estimate.url), _beside(estimate, low, high))
        )
        exact.append((estimate.outcome, estimate.low, estimate.high, estimate.who, estimate.publisher, low, high))
    frame = pd.DataFrame(lines, columns=["Outcome", "Published", "Who", "Computed here"])
    columns = ["outcome", "published_low", "published_high", "who", "publisher", "computed_low", "computed_high"]
    return Table(f"published-{page}", "As others measured it", frame, pd.DataFrame(exact, columns=columns))


def _beside(estimate: published.Estimate, low: float, high: float) -> str:
    """Our range in words, where it lies beside the published one, and what keeps the two apart."""
    if np.isnan(low):
        return "not computable from what is held"
    span = percent(low, 0) if low == high else f"{percent(low, 0)} to {percent(high, 0)}"
    apart = f" ({estimate.apart})" if estimate.apart else ""
    if estimate.low is None:
        return span + apart
    inside = estimate.low <= low and high <= estimate.high
    meets = low <= estimate.high and estimate.low <= high
    return f"{span}, {'inside' if inside else 'reaches into' if meets else 'outside'} the published range{apart}"


def say_in_time(effect: Effect, dates: pd.DataFrame) -> Finding:
    """The same design at earlier dates where nothing happened: where the true one ranks, and the largest of them.

    In: the effect ranked among `dates` (date, estimate in the effect's unit).
    """
    largest = dates.loc[dates["estimate"].abs().idxmax()]
    most, here = (
        percent(replace(effect, estimate=float(value)).as_percent().estimate, 0)
        for value in (largest["estimate"], effect.estimate)
    )
    alone = "none is as large" if effect.rank == 1 else f"{effect.rank - 1} are as large"
    text = (
        f"Placed at {len(dates)} earlier dates, where nothing happened, the same design ({effect.method}) gives at "
        f"most {most} ({month(largest['date'])}), and {here} at the true one: {alone}. Neighbouring dates share "
        "months, so their number is no p."
    )
    return Finding(text)
