"""When the relationship turned, where it is heading, and what the restoration of July 2023 was followed by."""

import pandas as pd

from research.dyads import Dyad, name
from research.errors import NoDataError
from research.findings.relations import POINTS
from research.findings.words import Finding, KeyNumber, Table, month, signed, source_line
from research.materials import Material
from research.measures.projection import Projection
from research.measures.regimes import Regimes

SHOWN = 4  # events of an interval that are listed in the table
TIMELINE = ("timeline", "dated events, each with its page; scores by CAMEO root code")


def say_regimes(found: Regimes) -> Finding:
    """How many turns by which criterion, when, how surely, and how alike neighbouring scores are."""
    part = found.partition
    bic, lwz = part.number_by("BIC"), part.number_by("LWZ")
    agree = (
        f"BIC and the stricter LWZ both find {_turns(bic)}"
        if bic == lwz
        else f"BIC finds {_turns(bic)}, the stricter LWZ {_turns(lwz)}: the number depends on the criterion"
    )
    dated = "; ".join(
        f"between {month(r.last)} and {month(r.first)}, {part.level:.0%} interval {_span(r)}"
        for r in found.breaks.itertuples()
    )
    means = ", then ".join(signed(m) for m in found.segments["mean"])
    text = (
        f"In the scores of single events, unsmoothed, {agree}. "
        + (f"Drawn are those of {part.criterion}: {dated}. Mean score {means}. " if part.chosen else "")
        + f"A regime holds at least {part.minimum} of the {part.observations} events, which before 2010 span "
        f"many years; residuals of neighbouring events correlate at {signed(part.autocorrelation)}."
    )
    numbers = [
        KeyNumber(f"turn_{i}", f"turn {i}, by {part.criterion}", f"{r.first:%Y-%m}", "month", month(r.first), _span(r))
        for i, r in enumerate(found.breaks.itertuples(), start=1)
    ]
    return Finding(text, tuple(numbers))


def _turns(number: int) -> str:
    return {0: "no turn", 1: "one turn"}.get(number, f"{number} turns")


def _span(row) -> str:
    low = month(row.low) if row.low_known else f"before {month(row.low)}"
    high = month(row.high) if row.high_known else f"after {month(row.high)}"
    return f"{low} to {high}"


def words_regimes(found: Regimes) -> dict[str, str]:
    """Words for the picture of regimes."""
    part, segments = found.partition, found.segments
    means = " to ".join(signed(m) for m in segments["mean"])
    turns = " and ".join(month(d) for d in found.breaks["first"])
    headline = (
        f"The mean score went from {means}; turns by {part.criterion} in {turns}, dated only to within years"
        if part.chosen
        else f"By {part.criterion} the mean score never turned; it is {means} throughout"
    )
    listed = "; ".join(f"{month(r.start)} to {month(r.end)} mean {signed(r.mean)}" for r in segments.itertuples())
    return {
        "headline": headline,
        "subtitle": (
            "Events' scores, Goldstein scale: yearly mean (dots), mean of each regime (bars), "
            f"{part.level:.0%} interval "
            f"of each turn (grey). Number of turns by {part.criterion}"
        ),
        "alt": f"Bars, one a regime: {listed}. {_turns(part.chosen).capitalize()}.",
        "source": source_line(*TIMELINE),
    }


def table_breaks(found: Regimes, inside: pd.DataFrame) -> Table:
    """One line a turn: its interval and the largest events inside it, as what lies there and not as its cause."""
    lines = []
    for number, row in enumerate(found.breaks.itertuples(), start=1):
        there = inside[inside["break_number"] == number]
        top = there.reindex(there["goldstein"].abs().sort_values(ascending=False, kind="stable").index).head(SHOWN)
        listed = "; ".join(f"{r.title} ({month(r.event_date)})" for r in top.sort_values("event_date").itertuples())
        lines.append((f"{month(row.last)} / {month(row.first)}", _span(row), f"{len(there):,}", listed))
    columns = ["Turn", f"{found.partition.level:.0%} interval", "events inside", "among them (largest scores)"]
    frame = pd.DataFrame(lines, columns=columns)
    return Table("turns", "What lies inside the interval of each turn (not thereby its cause)", frame, inside)


def say_projection(told: Projection) -> Finding:
    """First that the forecast hardly beats no change, then the forecast."""
    scores = told.scores.set_index("method")
    decay, last = scores.loc["decay"], told.fan.iloc[-1]
    beats = decay["against_naive"] < 0 and decay["p"] < 0.05
    hardly = "beats" if beats and decay["against_naive"] < -10 else "hardly beats"
    if decay["against_naive"] >= 0:
        hardly = "does not beat"
    text = (
        f"A forecast of the level {told.horizon} months out {hardly} no change at all: over {int(decay['origins'])} "
        f"origins the error (RMSE) of \u201cno further events\u201d is {decay['rmse']:.3f} against "
        f"{scores.loc['naive', 'rmse']:.3f} "
        f"({signed(decay['against_naive'], 1)} %, p {decay['p']:.2f}), of an AR(1) "
        f"{scores.loc['ar1', 'rmse']:.3f}, of zero "
        f"{scores.loc['zero', 'rmse']:.3f}. Part of this is mechanical, since the level keeps what it "
        "has. With that said, it "
        f"would stand at {signed(last['decay'])} in {month(last['month_end'])} if nothing further "
        "happened, 90 % of past "
        f"errors reaching from {signed(last['low90'])} to {signed(last['high90'])}; such bands held "
        f"{told.coverage:.0%} of "
        f"{told.covered_origins} later outcomes."
    )
    span = f"90 %: {signed(last['low90'])} to {signed(last['high90'])}"
    label = f"if no further event, {month(last['month_end'])}"
    number = KeyNumber("level_projected", label, float(last["decay"]), POINTS, signed(last["decay"]), span)
    return Finding(text, (number,))


def words_projection(told: Projection) -> dict[str, str]:
    """Words for the picture of the fan."""
    last, scores = told.fan.iloc[-1], told.scores.set_index("method")
    gain = signed(scores.loc["decay", "against_naive"], 1)
    low, high = signed(last["low90"]), signed(last["high90"])
    return {
        "headline": f"By {month(last['month_end'])} anything from {low} to {high} would be no surprise",
        "subtitle": (
            "Level, both directions, Goldstein scale; fan: 50 and 90 % of past errors of \u201cno further "
            "events\u201d, "
            f"whose error is {gain} % against \u201cno change\u201d (dashed)"
        ),
        "alt": (
            f"A line of the level, then a fan of {told.horizon} months: middle {signed(last['decay'])}, 90 % "
            f"from {low} to "
            f"{high} in {month(last['month_end'])}; no change would be {signed(last['naive'])}."
        ),
        "source": source_line(*TIMELINE),
    }


def say_restoration(pooled: pd.DataFrame, dates: pd.DataFrame, months: int) -> Finding:
    """The answer: level before the lifting, between it and the restoration, and after. In: `calendar.restoration`."""
    parts = _around_restoration(pooled, dates, months)
    if parts is None:
        return Finding("The window does not reach from before the lifting to after the restoration.", role="answer")
    before, between, after = (part["level"] for part in parts)
    then, width = after.mean() - between.mean(), _half_band(parts[2])
    verdict = "The level rose further after" if then > width else "No improvement of the level came with"
    text = (
        f"{verdict} the restoration itself. It averaged {signed(before.mean())} in the {len(before)} months before "
        f"the licences were lifted, {signed(between.mean())} until the list was restored, and "
        f"{signed(after.mean())} in the {len(after)} months from then."
    )
    named = (("before lifting", before), ("lifted to restored", between), ("after restoration", after))
    numbers = tuple(
        KeyNumber(f"level_{key.replace(' ', '_')}", f"mean level, {key}", float(level.mean()), POINTS,
                  signed(level.mean()), f"{len(level)} months")
        for key, level in named
    )  # fmt: skip
    return Finding(text, numbers, role="answer")


def say_around(pooled: pd.DataFrame, found: Regimes, dates: pd.DataFrame, months: int) -> Finding:
    """Whether what followed the restoration is more than the band, and whether a turn is dated there."""
    parts = _around_restoration(pooled, dates, months)
    if parts is None:
        return Finding("No months lie on both sides of the restoration, so nothing is compared.", role="limit")
    before, between, after = (part["level"].mean() for part in parts)
    then, width = after - between, _half_band(parts[2])
    lifted, restored = (dates.set_index("step")["event_date"][step] for step in ("lifted", "restored"))
    moved = "within" if abs(then) <= width else "more than"
    turns = [f"{month(r.first)} ({_span(r)})" for r in found.breaks.itertuples() if r.low <= restored <= r.high]
    dated = (
        f"A turn whose interval reaches over the restoration is dated {' and '.join(turns)}."
        if turns
        else "No turn found in the scores has an interval that reaches over the restoration."
    )
    return Finding(
        f"The change of {signed(between - before)} came between the lifting ({month(lifted)}) and the restoration "
        f"({month(restored)}); what followed, {signed(then)}, is {moved} the half-width of the level's 90 % band, "
        f"{width:.2f}. {dated}"
    )


def _around_restoration(pooled: pd.DataFrame, dates: pd.DataFrame, months: int) -> list[pd.DataFrame] | None:
    """Months before the lifting, between it and the restoration, and from then on; None where one holds none."""
    if dates.empty:
        raise NoDataError("no restoration is known for this pair; the calendar is of Japan and South Korea")
    lifted, restored = (dates.set_index("step")["event_date"][step] for step in ("lifted", "restored"))
    level, span = pooled.set_index("month_end"), pd.DateOffset(months=months)
    edges = [(lifted - span, lifted), (lifted, restored), (restored, restored + span)]
    parts = [level[(level.index >= low) & (level.index < high)] for low, high in edges]
    return None if any(part.empty for part in parts) else parts


def _half_band(after: pd.DataFrame) -> float:
    first = after.iloc[0]
    return float(first["high"] - first["low"]) / 2


def words_restoration(pooled: pd.DataFrame, dates: pd.DataFrame, pair: Dyad) -> dict[str, str]:
    """Words for the level around the restoration."""
    level = pooled.set_index("month_end")["level"]
    restored = dates.set_index("step")["event_date"]["restored"]
    high = level[(level.index < restored)].idxmax()
    at = level.asof(restored + pd.offsets.MonthEnd(0))
    verb = "lower" if at < level[high] else "higher"
    return {
        "headline": f"The level had peaked in {month(high)}; at the restoration it stood {verb}"
        if verb == "lower"
        else "The level stood highest at the restoration",
        "subtitle": (
            f"{name(pair.a)} and {name(pair.b)}, both directions together, Goldstein scale; pale: 90 % band for which "
            "events were listed"
        ),
        "alt": (
            f"A line from {month(level.index[0])} ({signed(level.iloc[0])}) to {month(level.index[-1])} "
            f"({signed(level.iloc[-1])}), {signed(level[high])} in {month(high)}, {signed(at)} at the restoration."
        ),
        "source": source_line(*TIMELINE),
    }


def say_quoted(quoted: pd.DataFrame, material: Material, partner: str, since: int) -> Finding:
    """What annual figures quoted by others show: the partner's share, and the total it is a share of."""
    rows = quoted[(quoted["hs_code"] == material.hs_code) & (quoted["frequency"] == "A")]
    rows = (
        rows.assign(year=rows["period_start"].dt.year)
        .sort_values(["year", "line"])
        .drop_duplicates(["year", "partner", "measure"])
    )
    share = rows[(rows["measure"] == "share") & (rows["partner"] == partner)].set_index("year")["value"]
    total = rows[(rows["measure"] == "value") & (rows["partner"] == "WLD")].set_index("year")["value"]
    late = share[share.index >= since]
    if late.size < 2:
        text = (
            f"Fewer than two annual shares of {material.title.lower()} from {since} on are quoted; nothing is compared."
        )
        return Finding(text, role="limit")
    listed = ", ".join(f"{v:g} % ({y})" for y, v in late.items())
    text = f"{material.title}: {name(partner)}'s share of South Korea's imports as quoted, rounded, by value: {listed}."
    known = total[total.index >= since]
    if known.size > 1:
        change = 100 * (known.iloc[-1] / known.iloc[0] - 1)
        text += (
            f" The total it is a share of went from USD {known.iloc[0] / 1e6:.1f} m ({known.index[0]}) to "
            f"{known.iloc[-1] / 1e6:.1f} m ({known.index[-1]}), {signed(change, 1)} %: a share can return "
            "while the amount "
            f"does not. "
        )
        both = share.index.intersection(known.index)
        if 2018 in share.index and 2018 not in total.index and len(both):
            amount = share[both[-1]] / 100 * known[both[-1]] / 1e6
            text += f"Share and total together put {both[-1]} at about USD {amount:.0f} m from {name(partner)}."
    else:
        text += " No total is quoted beside it."
    key = f"quoted_share_{material.hs_code}"
    label = f"{material.title.lower()}, {late.index[-1]}, quoted"
    value, first = float(late.iloc[-1]), f"{late.iloc[0]:g} % in {late.index[0]}"
    return Finding(text.strip(), (KeyNumber(key, label, value, "percent", f"{value:g} %", first),))


def say_missing_months(flows: pd.DataFrame, restored: pd.Timestamp, importer: str, supplier: str) -> Finding:
    """What no figure here can say, and what to fetch to say it. Raises: NoDataError where no restoration is known."""
    if pd.isna(restored):
        raise NoDataError("no restoration is known for this pair; the calendar is of Japan and South Korea")
    monthly = flows[flows["frequency"] == "M"]
    last = monthly["period"].max()
    fetch = f"{name(importer)}'s imports by ten-digit code, month and partner"
    there = "No monthly figures by item are held: "
    if len(monthly):
        short = (restored.to_period("M") - last.to_period("M")).n
        fetch += f" from {month(last + pd.DateOffset(months=1))} on"
        there = f"Monthly figures by item end in {month(last)}, about {short} months before the restoration: "
    text = (
        f"{there}no before and after of any material can be computed from them. To say it, fetch {fetch} (its customs "
        f"office's open service), and {name(supplier)}'s exports by national code for the same months."
    )
    return Finding(text, role="limit")
