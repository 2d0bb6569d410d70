"""Statements on dates and intervals, held against the curated timeline."""

import re
from collections.abc import Iterator

import pandas as pd

from research.claims.books import Books, NotHeld, rows_of
from research.claims.periods import DAYS_A_MONTH, Span, parse
from research.claims.verdict import CONTRADICTED, DIFFERS, REPRODUCED, Reading, Verdict

ABOUT_A_MONTH = 31  # days within which another event may be another step of the same matter
DAYS_IN = {"days": 1.0, "weeks": 7.0, "months": DAYS_A_MONTH, "years": 365.25}
_STATES = {"japan", "japanese", "korea", "korean", "south", "tokyo", "seoul", "both", "between"}
_PLAIN = {"white",
          "with", "from", "into", "under", "over", "after", "before", "first", "second", "third", "three", "years",
          "toward", "towards", "that", "this", "says", "and", "the", "for", "effect", "takes", "take", "meet", "meets",
          "talks", "minister", "ministers", "announces", "agree", "agrees", "formally", "formal", "full", "new",
          "government", "ministry"}  # fmt: skip


def judge_date(books: Books, claim: pd.Series) -> Verdict:
    """A date against the event's day, or an interval against its two events."""
    named = [name.strip() for name in str(claim["timeline_events"]).split(";")]
    if pd.isna(claim["timeline_events"]) or not any(named):
        raise NotHeld("no event of the timeline is named, so there is no date to hold it against")
    events = [_event(books, name) for name in named]
    if claim["unit"] == "date":
        if len(events) != 1:
            raise NotHeld(f"a date is of one event; {len(events)} are named")
        return _day(books, claim, events[0])
    if len(events) != 2:
        raise NotHeld(f"an interval runs between two events; {len(events)} are named")
    return _interval(books, claim, events[0], events[1])


def judge_period(books: Books, claim: pd.Series) -> Verdict:
    """Whether the event named fell into the period: a yes or no on the timeline."""
    named = [name.strip() for name in str(claim["timeline_events"]).split(";")]
    if pd.isna(claim["timeline_events"]) or len(named) != 1 or pd.isna(claim["period"]):
        raise NotHeld("it asks yes or no and does not name one event of the timeline and a period: nothing decides it")
    event, span, printed = _event(books, named[0]), parse(claim["period"]), float(claim["value"]) == 1
    found = _period_of(event)
    yes = span.first <= found.first and found.last <= span.last
    if not yes and found.first <= span.last and span.first <= found.last:
        raise NotHeld(f"the timeline dates the event to {found.text} only, too coarse for {span}")
    text = f"{'Yes' if yes else 'No'}: the timeline has {_named(event)}; the period is {span}."
    verdict = REPRODUCED if yes == printed else CONTRADICTED
    return Verdict(verdict, text, computed=float(yes), difference=float(yes) - float(printed), rows=_rows(event))


def _event(books: Books, name: str) -> pd.Series:
    found = books.events[books.events["event_id"].str.split(":").str[0] == name]
    if found.empty:
        raise NotHeld(f"event {name} is not in the timeline")
    return found.iloc[0]


def _named(event: pd.Series) -> str:
    return f"“{event['title']}” ({_shown(event)})"


def _day(books: Books, claim: pd.Series, event: pd.Series) -> Verdict:
    printed = parse(claim["value"])
    span = Span(
        printed.first - pd.Timedelta(days=claim["tolerance"]),
        printed.last + pd.Timedelta(days=claim["tolerance"]),
        printed.text,
        printed.form,
    )
    found = _period_of(event)
    rows, shown = rows_of(event.to_frame().T), _shown(event)
    off = _days_between(span, found)
    facts = {"computed": shown, "difference": float(off), "rows": rows}
    if span.first <= found.first and found.last <= span.last:
        return Verdict(REPRODUCED, f"The timeline has {_named(event)}.", **facts)
    if found.first <= span.last and span.first <= found.last:
        raise NotHeld(f"the timeline dates the event to {found.text} only, too coarse for {claim['value']}")
    steps = [step for step in _steps(books, event, exact=printed.form == "D") if _inside(step, span)]
    readings = tuple(
        Reading("definition", f"another step of the same matter: {_named(step)}", _shown(step), _rows(step))
        for step in steps
    )
    tried = len(list(_steps(books, event, exact=printed.form == "D")))
    if readings and abs(off) <= ABOUT_A_MONTH:
        text = f"The event named is {_named(event)}, {_off(off)}; {claim['value']} is {readings[0].label}."
        return Verdict(DIFFERS, text, definition=readings[0].label, readings=readings, tried=tried, **facts)
    near = tuple(_slips(claim["value"], found))
    text = f"The event named is {_named(event)}, {_off(off)} the printed {claim['value']}."
    if near:
        text += f" It would hold with {near[0].label}."
    return Verdict(CONTRADICTED, text, readings=near, tried=tried + 2, **facts)


def _rows(event: pd.Series) -> tuple:
    return rows_of(event.to_frame().T)


def _shown(event: pd.Series) -> str:
    form = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[event["date_precision"]]
    return event["event_date"].strftime(form)


def _period_of(event: pd.Series) -> Span:
    return parse(_shown(event))


def _days_between(span: Span, found: Span) -> int:
    """Days the event lies after the printed span; negative where before; zero where they overlap."""
    if found.first > span.last:
        return (found.first - span.last).days
    return -(span.first - found.last).days if found.last < span.first else 0


def _off(days: int) -> str:
    return f"{abs(days)} day{'s' if abs(days) != 1 else ''} {'after' if days > 0 else 'before'}"


def _inside(event: pd.Series, span: Span) -> bool:
    found = _period_of(event)
    return span.first <= found.first and found.last <= span.last


def _slips(value: str, found: Span) -> Iterator[Reading]:
    """The printed date with another year: the commonest slip of a date."""
    for years in (-1, 1):
        other = str(int(value[:4]) + years) + value[4:]
        try:
            span = parse(other)
        except ValueError:
            continue
        if span.first <= found.first and found.last <= span.last:
            yield Reading("near", f"the year shifted by one, {other}", found.text)


def words(title: str) -> set[str]:
    """What a title is about: its words without states, and without words that any title has."""
    found = {word for word in re.findall("[a-z0-9]+", title.lower()) if len(word) >= 4}
    return found - _STATES - _PLAIN


def alike(one: str, other: str) -> bool:
    """Whether two words are of one stem: the first five letters the same, or one within the other (list, delisting)."""
    return one[:5] == other[:5] or one in other or other in one


def _steps(books: Books, event: pd.Series, *, exact: bool) -> Iterator[pd.Series]:
    """Other events within about a month that are steps of the same matter, the likeliest first.

    The titles share a word, the more the better; where the printed date is exact to the day, the same field and the
    same actors do as well. A whole month is easily hit, so there the title decides.
    """
    mine, steps = words(event["title"]), []
    near = (books.events["event_date"] - event["event_date"]).dt.days.abs() <= _reach(exact)
    for _, other in books.events[near].iterrows():
        back = other["event_id"].endswith(":KOR-JPN")  # an event of both sides is two rows: one of them will do
        if back or other["event_id"].split(":")[0] == event["event_id"].split(":")[0]:
            continue
        sides = [[row["initiator"], row["target"], row["domain"]] for row in (other, event)]
        titled = sum(any(alike(a, b) for b in mine) for a in words(other["title"]))
        if titled or (exact and sides[0] == sides[1]):
            steps.append((-titled, other))
    yield from (other for _, other in sorted(steps, key=lambda step: step[0]))


def _reach(exact: bool) -> int:
    """A month is printed whole: a step in it may lie a few days further off than the month itself."""
    return ABOUT_A_MONTH if exact else ABOUT_A_MONTH + 4


def _interval(books: Books, claim: pd.Series, begin: pd.Series, end: pd.Series) -> Verdict:
    printed, tolerance, unit = float(claim["value"]), claim["tolerance"], claim["unit"]
    begin, end = sorted((begin, end), key=lambda event: event["event_date"])
    computed = _length(begin, end, unit)
    facts = {"computed": round(computed, 4), "difference": round(computed - printed, 4)}
    rows = rows_of(pd.DataFrame([begin, end]))
    told = f"From {begin['event_date']:%Y-%m-%d} to {end['event_date']:%Y-%m-%d} are {computed:.2f} {unit}"
    if abs(computed - printed) <= tolerance + 1e-9:
        return Verdict(REPRODUCED, f"{told}.", rows=rows, **facts)
    tried = list(_other_ends(books, begin, end))
    fits = []
    for label, one, two in tried:
        length = _length(one, two, unit)
        if abs(length - printed) <= tolerance + 1e-9:
            fits.append(Reading("definition", f"{label} ({length:.2f} {unit})", round(length, 4), _both(one, two)))
    years = end["event_date"].year - begin["event_date"].year
    if unit == "years" and abs(years - printed) <= tolerance + 1e-9:
        fits.insert(0, Reading("definition", "counting calendar years, not elapsed ones", float(years), rows))
    inclusive = computed + 1 / DAYS_IN[unit]
    if unit == "days" and abs(inclusive - printed) <= tolerance + 1e-9:
        fits.insert(0, Reading("definition", "counting both the first and the last day", round(inclusive, 4), rows))
    if fits:
        text = f"{told}, not {printed:g}; it holds by {fits[0].label}."
        return Verdict(
            DIFFERS, text, rows=rows, definition=fits[0].label, readings=tuple(fits), tried=len(tried) + 1, **facts
        )
    return Verdict(
        CONTRADICTED, f"{told}, not {printed:g}; no other end within about a month makes it so.", rows=rows,
        tried=len(tried) + 1, **facts,
    )  # fmt: skip


def _both(one: pd.Series, two: pd.Series) -> tuple:
    return rows_of(pd.DataFrame([one, two]))


def _other_ends(books: Books, begin: pd.Series, end: pd.Series) -> Iterator[tuple[str, pd.Series, pd.Series]]:
    """The interval with one of its ends at another step of the same matter."""
    for step in _steps(books, end, exact=False):
        yield f"another end, {_named(step)}", begin, step
    for step in _steps(books, begin, exact=False):
        yield f"another start, {_named(step)}", step, end


def _length(begin: pd.Series, end: pd.Series, unit: str) -> float:
    return (end["event_date"] - begin["event_date"]).days / DAYS_IN[unit]
