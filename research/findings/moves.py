"""How far the two directions are apart, who moves first, what followed one event, and what the half-life decides."""

import pandas as pd

from research.dyads import Dyad, name
from research.findings.relations import POINTS
from research.findings.words import Finding, KeyNumber, month, signed
from research.measures.moves import LeadLag

CHANCE = 0.1  # p above it is called chance


def say_difference(gap: pd.DataFrame, pair: Dyad) -> Finding:
    """Whether one side treats the other better now, and in how many months that was beyond doubt.

    In: `measures.moves.difference`. Raises: nothing; a series without a month in which both are known is declined.
    """
    known = gap.dropna(subset=["difference", "low", "high"])
    if known.empty:
        return Finding("No month has a level of both directions, so they are not compared.", role="limit")
    last, forth = known.iloc[-1], known[known["low"] > 0]
    back = known[known["high"] < 0]
    sure = last["low"] > 0 or last["high"] < 0
    warmer, other = (pair.a, pair.b) if last["difference"] >= 0 else (pair.b, pair.a)
    now = (
        f"{name(warmer)} treats {name(other)} better than it is treated"
        if sure
        else f"no difference between how {name(pair.a)} and {name(pair.b)} treat each other can be told from none"
    )
    text = (
        f"At the end of {month(last['month_end'])} {now}: {signed(last['difference'])} points between the directions, "
        f"90 % band {signed(last['low'])} to {signed(last['high'])}. Of {len(known)} months the band lay above zero "
        f"({name(pair.a)} the warmer) in {len(forth)} and below in {len(back)}."
    )
    number = KeyNumber(
        "level_difference", f"{name(pair.a)}'s level less {name(pair.b)}'s", float(last["difference"]), POINTS,
        signed(last["difference"]), f"90 %: {signed(last['low'])} to {signed(last['high'])}",
    )  # fmt: skip
    return Finding(text, (number,))


def say_who_moves_first(found: LeadLag, pair: Dyad) -> Finding:
    """Whether one side's acts run ahead of the other's, against shifts of one series that break the tie."""
    first, second = (pair.a, pair.b) if found.lead >= 0 else (pair.b, pair.a)
    same = found.by_lag.set_index("lag").loc[0]
    together = (
        "acts of the same month go together more than unrelated ones would"
        if same["correlation"] > same["high"]
        else "acts of the same month go together no more than unrelated ones would"
    )
    verdict = (
        f"neither side moves first beyond chance (p {found.p:.2f})"
        if found.p > CHANCE
        else f"{name(first)}'s acts run ahead of {name(second)}'s (p {found.p:.2f})"
    )
    text = (
        f"In the {found.months} months on record, counting only what each did alone, {verdict}, by {found.shifts} "
        f"shifts of one series against the other; {together} (correlation {signed(same['correlation'])}). Going first "
        "is not causing."
    )
    number = KeyNumber("lead", "who moves first: p", float(found.p), "p", f"{found.p:.2f}", f"{found.shifts} shifts")
    return Finding(text, (number,))


def say_half_lives(table: pd.DataFrame) -> Finding:
    """Whether the last level's sign and the month of the lowest hang on the half-life.

    In: `measures.relations.half_lives` of one direction or both together.
    """
    known = table.dropna(subset=["level"])
    parts = {h: part.set_index("month_end")["level"] for h, part in known.groupby("half_life_months")}
    last = {h: float(level.iloc[-1]) for h, level in parts.items()}
    lows = {h: level.idxmin() for h, level in parts.items()}
    signs = {value > 0 for value in last.values()}
    agree = "agree on the sign of the last level" if len(signs) == 1 else "do not agree on the sign of the last level"
    listed = ", ".join(f"{signed(value)} ({h:g} months)" for h, value in last.items())
    lowest = ", ".join(f"{month(at)} ({h:g})" for h, at in lows.items())
    at = next(iter(parts.values())).index[-1]
    hangs = (
        f"All date the lowest level to {month(next(iter(lows.values())))}."
        if len(set(lows.values())) == 1
        else f"The month of the lowest level hangs on that choice: {lowest}."
    )
    tried = ", ".join(f"{h:g}" for h in parts)
    return Finding(f"Half-lives of {tried} months {agree}, at the end of {month(at)}: {listed}. {hangs}")


def say_reaction(table: pd.DataFrame, event: pd.Series) -> Finding:
    """What one event adds to the level of its own direction, and where both directions stood before and after.

    In: `measures.moves.reaction`, and the event's row of `events`.
    """
    told = table.set_index("months_after")
    now, end = told.loc[0], told.iloc[-1]
    before = told["answering"].get(-1, float("nan"))
    alone = (
        f"without it {name(event['initiator'])}'s level at the end of that month would be "
        f"{signed(now['without'])}, not {signed(now['acting'])}"
        if pd.notna(now["without"])
        else f"{name(event['initiator'])}'s level rests on it alone"
    )
    answer = (
        f"{name(event['target'])}'s went from {signed(before)} the month before to {signed(end['answering'])} "
        f"{int(told.index[-1])} months after"
        if pd.notna(before) and pd.notna(end["answering"])
        else f"{name(event['target'])}'s is not known over these months"
    )
    return Finding(
        f"\u201c{event['title']}\u201d ({month(event['event_date'])}): {alone}; {answer}. What follows an event is not "
        "thereby its effect."
    )
