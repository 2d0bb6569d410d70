"""How two states have treated each other, in sentences that carry their own doubt."""

import pandas as pd

from research.dyads import Dyad, name
from research.findings.words import Finding, KeyNumber, Link, Table, month, signed, source_line

POINTS = "Goldstein points"
DEAD_BAND = 0.1  # points: means nearer than this are called alike


def say_trajectory(relations: pd.DataFrame, pooled: pd.DataFrame, pair: Dyad) -> Finding:
    """Where the level stands, since when it has kept its sign, and where it was lowest."""
    level = pooled.set_index("month_end")["level"]
    last, low, final = level.index[-1], level.idxmin(), pooled.iloc[-1]
    sure = final["low"] > 0 or final["high"] < 0
    band = f"{signed(final['low'])} to {signed(final['high'])}"
    hedge = f"; its 90 % band, {band}, {'lies on one side of' if sure else 'includes'} zero"
    text = (
        f"At the end of {month(last)} the level of conduct between {name(pair.a)} and {name(pair.b)} stands at "
        f"{signed(level.iloc[-1])} on a scale from −10 to +10, {_kept_sign(level)}{hedge}. It was lowest in "
        f"{month(low)}, at {signed(level.min())}."
    )
    now = float(level.iloc[-1])
    ago = level.index[max(0, len(level) - 13)]
    before = f"{signed(level[ago])} in {month(ago)}"
    top = f"highest {signed(level.max())} in {month(level.idxmax())}"
    numbers = [
        KeyNumber("level_together", f"both directions, {month(last)}", now, POINTS, signed(now), before),
        *(_level_number(relations, i, t, ago) for i, t in ((pair.a, pair.b), (pair.b, pair.a))),
        KeyNumber("level_lowest", f"lowest level, {month(low)}", float(level.min()), POINTS, signed(level.min()), top),
    ]
    return Finding(text, tuple(number for number in numbers if number), role="answer")


def _level_number(relations: pd.DataFrame, initiator: str, target: str, ago: pd.Timestamp) -> KeyNumber | None:
    line = relations[relations["initiator"] == initiator].set_index("month_end")["level"].dropna()
    if line.empty:
        return None
    before = f"{signed(line[ago])} in {month(ago)}" if ago in line.index else "no earlier value"
    label = f"{name(initiator)} to {name(target)}, {month(line.index[-1])}"
    value = float(line.iloc[-1])
    return KeyNumber(f"level_{initiator}_{target}", label, value, POINTS, signed(value), before)


def _kept_sign(level: pd.Series) -> str:
    """Since when the level has kept its sign; how often it was on the other side in the four years before."""
    above = level.dropna() >= 0
    side = "above" if above.iloc[-1] else "below"
    crossed = above.index[above != above.shift()][1:]
    if not len(crossed):
        return f"{side} zero in the whole window"
    since = crossed[-1]
    before = above[(above.index < since) & (above.index >= since - pd.DateOffset(years=4))]
    others = int((before != above.iloc[-1]).sum())
    return f"{side} zero since {month(since)} (on the other side in {others} of the {len(before)} months before that)"


def words_trajectory(pooled: pd.DataFrame, pair: Dyad, half_life_months: float) -> dict[str, str]:
    """Words for the picture of the level in both directions."""
    level = pooled.set_index("month_end")["level"].dropna()
    first, last, low = level.index[0], level.index[-1], level.idxmin()
    back = level[(level.index > low) & (level > 0)]
    turned = f"first back above zero in {month(back.index[0])}" if len(back) else "not above zero since"
    return {
        "headline": f"{name(pair.a)} and {name(pair.b)} were furthest apart in {month(low)}, and {turned}",
        "subtitle": (
            f"Level of conduct at each month-end, Goldstein scale (−10 to +10), half-life {half_life_months:g} "
            "months. Filled: both directions together; pale: its 90 % band. Named: the largest event in each of the "
            "strongest quarterly moves"
        ),
        "alt": (
            f"Two lines and a filled curve from {month(first)} to {month(last)}. Both directions together start at "
            f"{signed(level.iloc[0])}, are lowest at {signed(level.min())} in {month(low)}, highest at "
            f"{signed(level.max())} in {month(level.idxmax())}, and end at {signed(level.iloc[-1])}."
        ),
        "source": source_line("timeline", "dated events, each with its page; scores by CAMEO root code"),
    }


def say_contributions(told: pd.DataFrame, at: pd.Timestamp) -> Finding:
    """How few events today's level stands on."""
    top = told.head(3)
    listed = "; ".join(
        f"\u201c{r.title}\u201d ({month(r.event_date)}, {signed(r.contribution)})" for r in top.itertuples()
    )
    total = float(told["contribution"].sum())
    text = (
        f"The level at the end of {month(at)}, {signed(total)}, is the sum of {len(told):,} contributions. The three "
        f"largest make up {top['share'].sum():.0%} of their absolute sum: {listed}."
    )
    number = KeyNumber("contributions_sum", "sum of contributions", total, POINTS, signed(total), month(at))
    return Finding(text, (number,))


def table_contributions(told: pd.DataFrame, events: pd.DataFrame, shown: int = 12) -> Table:
    """One line an event, largest contribution first, and one for all the others: they sum to the level."""
    pages = events.set_index("event_id")[["publisher", "url"]]
    exact = told.join(pages, on="event_id")
    top, rest = exact.head(shown), exact.iloc[shown:]
    lines = [
        (
            f"{row.event_date:%Y-%m-%d}",
            row.title,
            signed(row.goldstein, 1),
            f"{row.weight:.2f}",
            signed(row.contribution, 3),
            Link(row.publisher, row.url),
        )
        for row in top.itertuples()
    ]
    others = (f"{rest['weight'].sum():.2f}", signed(rest["contribution"].sum(), 3))
    lines.append(("", f"all {len(rest):,} other events", "", *others, ""))
    frame = pd.DataFrame(lines, columns=["Date", "Event", "goldstein", "weight", "contribution", "Page"])
    return Table("contributions", "What the level stands on at the last month-end", frame, exact)


def say_turn(pooled: pd.DataFrame, calendar: pd.DataFrame, pair: Dyad) -> Finding:
    """The mean level before the controls, while they were in force, and since they were lifted."""
    if calendar.empty:
        return Finding(f"No export-control calendar is known for {pair}; no phases are told apart.", role="limit")
    level = pooled.set_index("month_end")["level"]
    dates = calendar.set_index(["measure", "step"])["event_date"]
    begin = dates.xs("in force", level="step").min()
    end = dates.xs("lifted", level="step").max()
    two_years = begin - pd.DateOffset(years=2)
    before, during, after = (
        level[(level.index >= low) & (level.index < high)]
        for low, high in ((two_years, begin), (begin, end), (end, level.index[-1] + pd.Timedelta(days=1)))
    )
    if before.empty or during.empty or after.empty:
        text = "The window does not reach over all three phases of the export controls; widen start and end."
        return Finding(text, role="limit")
    text = (
        f"The mean level was {signed(before.mean())} in the two years before the licences, {signed(during.mean())} "
        f"while they were required, and {signed(after.mean())} since they were lifted. {_decline(before, during)} "
        "Dates that stand side by side are not a cause."
    )
    phases = (("before", before), ("during", during), ("after", after))
    numbers = []
    for key, part in phases:
        mean, label = float(part.mean()), f"mean level {key} the licences"
        numbers.append(KeyNumber(f"mean_level_{key}", label, mean, POINTS, signed(mean), f"{len(part)} months"))
    return Finding(text, tuple(numbers))


def _decline(before: pd.Series, during: pd.Series) -> str:
    """Whether the fall came with the controls or had begun before them, by the level itself."""
    fell = before.iloc[-1] < before.iloc[0] - DEAD_BAND
    if fell and before.mean() < 0:
        return (
            f"The decline had begun before them: from {signed(before.iloc[0])} in {month(before.index[0])} to "
            f"{signed(before.iloc[-1])} in {month(before.index[-1])}."
        )
    if during.mean() < before.mean() - DEAD_BAND:
        return "The level was lower while they were required than before."
    return "The level was no lower while they were required than before."
