"""Statements that ask yes or no: the few forms that figures decide, told by their words; all others are declined.

Decided are: the highest or lowest since, in years, or ever; up or down; above or below a figure; a surplus or a
deficit; nothing at all; a place among partners; each of them also as a first; and whether an event fell into a period.
A judgement, a cause or an "only" says more than figures can, and is declined by name.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from research.claims.books import CURRENCY, VISITORS, Books, NotHeld, Rows, joined
from research.claims.dates import judge_period
from research.claims.figures import MONEY, Definition, compute, define, shown
from research.claims.periods import Span, of_months, parse
from research.claims.verdict import CONTRADICTED, DIFFERS, REPRODUCED, Verdict

_LOW = r"lowest|smallest|least|fewest|weakest|narrowest|minimum|low|poorest"
_HIGH = (
    r"highest|largest|biggest|most|greatest|strongest|widest|maximum|high|peak|steepest|sharpest|deepest|worst|fastest"
)
_FALL = (
    r"f[ae]ll(?:en|s|ing)?|drop\w*|declin\w*|decreas\w*|plung\w*|slump\w*|shr[aiu]nk\w*|down|lower|weaker|fewer|less"
)
_RISE = r"r[io]se[ns]?|rising|gr[eo]w\w*|growth|increas\w*|climb\w*|gain\w*|up|higher|stronger|jump\w*|recover\w*"
_EVER = r"on record|of all time|ever|record|precedent\w*|unprecedented|in history|never before"
_BEYOND = (
    r"only|because|caused?|due to|therefore|so that|thanks to|would|could|should|might|not|never(?! before)|none|"
    r"neither|except|simpler|easier|harder|smoother|grade|separate|most of"
)
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_KIND = (
    r"(?:export |import |single |overall |trading )*"
    r"(?:supplier|source|market|buyer|customer|partner|group|origin|destination)"
)
_MONTH = r"January|February|March|April|May|June|July|August|September|October|November|December"
_SINCE = re.compile(rf"\bsince (?:the )?(?:({_MONTH}) )?([12]\d\d\d)\b", re.IGNORECASE)
_NUMBERS = {word: place for place, word in enumerate(
    "one two three four five six seven eight nine ten eleven twelve".split(), 1)}  # fmt: skip
_WITHIN = re.compile(rf"\bin (?:\w+ )?(\d+|{'|'.join(_NUMBERS)}) (year|month)s?\b", re.IGNORECASE)
_MORE = r"more than|over|above|exceed\w*|topp\w*|pass(?:ed|es)|surpass\w*|at least"
_LESS = r"less than|under|below|fewer than|at most"
_SCALES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_THRESHOLD = re.compile(
    rf"\b(?:({_MORE})|({_LESS}))\s+(\d[\d,]*(?:\.\d+)?)\s*({'|'.join(filter(None, _SCALES))})?\s*"
    r"(%|per ?cent|dollars?|yen|won|tonnes?|tons?|kilograms?|kg)?", re.IGNORECASE,
)  # fmt: skip
_UNITS = {
    "%": "percent",
    "per": "percent",
    "dol": "USD",
    "yen": "JPY",
    "won": "KRW",
    "ton": "t",
    "kil": "kg",
    "kg": "kg",
}
_TIMES = {r"(?:more than )?halved": (-50.0, -1), r"(?:more than )?doubled": (100.0, 1), r"tripled": (200.0, 1)}
_NOTHING = (
    r"^(?:no|zero|not a single|nothing)\b|\b(?:import|export|ship|sold|sent|bought|receiv)\w* (?:no|nothing|zero)\b"
)
FORMS = (
    "highest or lowest since a period, in so many years or ever; up or down against a base period; above or below a "
    "figure; a surplus or deficit; nothing at all; a place among partners; whether a named event fell into the period"
)
_MOST_BACK = 800  # spans looked back at: more than any series holds


@dataclass(frozen=True)
class Answer:
    """Whether something holds of one span, in words, with the rows it stands on."""

    yes: bool
    told: str
    rows: Rows


Test = Callable[[Span], Answer]


def judge_question(books: Books, claim: pd.Series) -> Verdict:
    """The verdict on a statement that asks yes or no. Raises NotHeld where the figures held cannot decide it."""
    if claim["measure"] == "date":
        return judge_period(books, claim)
    statement = str(claim["statement"])
    beyond = re.search(rf"\b(?:{_BEYOND})\b", statement, re.IGNORECASE)
    if beyond:
        raise NotHeld(f"it asks yes or no and turns on “{beyond.group()}”, which figures alone do not decide")
    what = _asked(claim)
    extreme = _extreme(statement, what)
    if extreme:
        return _verdict(claim, *_outdone(books, statement, what, extreme))
    tests = list(_tests(books, statement, what))
    if not tests:
        raise NotHeld(f"it asks yes or no in none of the forms that figures decide: {FORMS}")
    answer = _all_of([test(what.span) for test in tests])
    if answer.yes and re.search(r"\bfirst\b|\bnever before\b", statement, re.IGNORECASE):
        return _verdict(claim, _first(statement, what, tests, answer))
    return _verdict(claim, answer)


def _asked(claim: pd.Series) -> Definition:
    """What is to be recomputed: the level in the office's own unit where the question names none."""
    what = define(claim)
    own = {"share": "percent", "change": "percent", "weight": "kg"}.get(what.measure)
    if own is None:
        own = {VISITORS: "persons", "fx": what.basis.item}.get(what.basis.office) or CURRENCY[what.basis.office]
        if what.basis.office == "fx" and own.endswith("/JPY"):
            own = "KRW/100JPY"
        return what.but(measure="count" if what.basis.office == VISITORS else "value", unit=own)
    return what.but(unit=own, level=False)


def _verdict(claim: pd.Series, answer: Answer, since: str = "") -> Verdict:
    """A yes or no against the printed one (1 or 0); `since` names another start on which a yes would hold."""
    printed = float(claim["value"]) == 1
    facts = {"computed": float(answer.yes), "difference": float(answer.yes) - float(printed), "rows": answer.rows}
    told = f"{'Yes' if answer.yes else 'No'}: {answer.told}"
    if since and answer.yes and printed:
        return Verdict(DIFFERS, f"{told}; {since}.", definition=since, **facts)
    return Verdict(REPRODUCED if answer.yes == printed else CONTRADICTED, f"{told}.", **facts)


def _all_of(answers: list[Answer]) -> Answer:
    return Answer(all(a.yes for a in answers), "; ".join(a.told for a in answers), joined(*(a.rows for a in answers)))


def _tests(books: Books, statement: str, what: Definition) -> Iterator[Test]:
    """Each simple form that the statement's words have."""
    threshold = _THRESHOLD.search(re.sub(r"\bthan half\b", "than 50 %", statement))
    place = re.search(
        rf"\b(?:({'|'.join(_PLACES[1:])})[- ])?(?:largest|biggest|main|top|leading) {_KIND}", statement, re.I
    )
    if place:
        yield _place(books, what, _PLACES.index((place.group(1) or "first").lower()) + 1)
    elif what.basis.flow == "balance" and what.measure == "value" and _has(statement, "surplus|deficit"):
        yield _beyond(books, what, 0.0, 1 if _has(statement, "surplus") else -1)
    if threshold:
        yield _past(books, what, threshold, falling=_has(statement, _FALL) and not _has(statement, _RISE))
    if what.baseline is not None:
        yield from _moves(books, statement, what.but(measure="change", unit="percent"), threshold is None)
    if re.search(_NOTHING, statement, re.IGNORECASE) and what.measure != "change":
        yield _beyond(books, what, 0.0, 0)


def _moves(books: Books, statement: str, what: Definition, alone: bool) -> Iterator[Test]:
    """Halved, doubled, or (where no figure says it closer) up or down against the base."""
    for words, (limit, sign) in _TIMES.items():
        if _has(statement, words):
            yield _beyond(books, what, limit, sign, reached=True)
    fall = _has(statement, _FALL)
    if alone and fall != _has(statement, _RISE):
        turned = what.basis.office == "fx" and _priced(statement, what)  # a weaker won is a dearer dollar
        yield _beyond(books, what, 0.0, -1 if fall != turned else 1)


def _past(books: Books, what: Definition, said: re.Match, *, falling: bool) -> Test:
    """Above or below a figure in the statement; "fell more than 80 %" is a change below minus 80."""
    limit = float(said.group(3).replace(",", "")) * _SCALES[(said.group(4) or "").lower()]
    unit = _UNITS.get((said.group(5) or "").lower()[:3], what.unit)
    unit = what.unit if what.basis.office == "fx" and unit in MONEY else unit  # 140 yen to the dollar
    if (unit == "percent") != (what.measure in ("share", "change")):
        raise NotHeld(f"it holds “{said.group().strip()}”, which is no figure of the measure {what.measure}")
    sign = 1 if said.group(1) else -1
    if what.measure == "change" and falling:
        limit, sign = -limit, -sign
    reached = (said.group(1) or said.group(2)).lower() in ("at least", "at most")
    quantity = "weight" if unit in ("t", "kg") else what.basis.quantity
    return _beyond(books, what.but(unit=unit, quantity=quantity), limit, sign, reached=reached)


def _beyond(books: Books, what: Definition, limit: float, sign: int, *, reached: bool = False) -> Test:
    """Above (1), below (-1) or at (0) a limit."""

    def test(span: Span) -> Answer:
        figure = compute(books, _moved(what, span))
        over = (figure.value - limit) * sign
        yes = over > 0 or (over == 0 and (reached or (sign == 0 and figure.value == limit)))
        against = f" against {_moved(what, span).baseline}" if what.measure == "change" else ""
        return Answer(yes, f"{shown(figure.value, what.unit)} for {span}{against}", figure.rows)

    return test


def _place(books: Books, what: Definition, place: int) -> Test:
    ranked = what.but(measure="count", unit="rank", baseline=None)

    def test(span: Span) -> Answer:
        figure = compute(books, ranked.but(span=span))
        return Answer(figure.value == place, f"place {figure.value:.0f} among the partners held in {span}", figure.rows)

    return test


def _moved(what: Definition, span: Span) -> Definition:
    """The same in another span, the base of a change moved along."""
    if what.baseline is None or what.measure != "change" or span.text == what.span.text:
        return what.but(span=span)
    months = (span.first.year - what.span.first.year) * 12 + span.first.month - what.span.first.month
    return what.but(span=span, baseline=what.baseline.shifted(months))


def _has(statement: str, pattern: str) -> bool:
    return bool(re.search(rf"\b(?:{pattern})\b", statement, re.IGNORECASE))


def _extreme(statement: str, what: Definition) -> int:
    """1 where a highest is claimed, -1 a lowest, of the figure as recomputed; 0 where neither is, or of partners."""
    windowed = _SINCE.search(statement) or _WITHIN.search(statement) or _has(statement, _EVER)
    if not windowed or _has(statement, rf"(?:largest|biggest|main|top|leading) {_KIND}|first|for the first"):
        return 0
    low, high, fall = (_has(statement, words) for words in (_LOW, _HIGH, _FALL))
    if low == high:
        if not _has(statement, _EVER) or fall == _has(statement, _RISE):
            return 0
        low, high = fall, not fall
    deficit = what.basis.flow == "balance" and _has(statement, "deficit|shortfall")
    if deficit or (what.measure == "change" and fall and _has(statement, _LOW) != _has(statement, _HIGH)):
        low, high = high, low  # the largest fall is the lowest change, the smallest deficit the highest balance
    sign = 1 if high else -1
    return -sign if what.basis.office == "fx" and _priced(statement, what) else sign


def _priced(statement: str, what: Definition) -> bool:
    """Whether the currency spoken of is the one the rate is counted in, so that its low is the rate's high."""
    names = {"KRW": "won", "JPY": "yen", "USD": "dollar"}
    price, of = what.basis.item.split("/")
    at = {code: re.search(rf"\b{names[code]}", statement, re.IGNORECASE) for code in (price, of)}
    return bool(at[price]) and (not at[of] or at[price].start() < at[of].start())


def _outdone(books: Books, statement: str, what: Definition, sign: int) -> tuple[Answer, str]:
    """Whether any span since then outdoes this one; and, where the base itself does not, since when it holds."""
    own, start = compute(books, what), _start(statement, what)
    kind = "high" if sign > 0 else "low"
    told = f"{shown(own.value, what.unit)} for {what.span}"
    missing, last, rows = None, None, [own.rows]
    for span in _earlier(statement, what.span):
        if start is not None and span.last < start.first:
            break
        try:
            other = compute(books, _moved(what, span))
        except NotHeld as fault:
            missing = missing or fault
            if start is None:
                break
            continue
        if (other.value - own.value) * sign > 0:
            seen = f"{shown(other.value, what.unit)} in {span}"
            if start is not None and span.first <= start.last:
                return Answer(True, f"{told}; the last {kind}er was {seen}", joined(*rows, other.rows)), ""
            return Answer(False, f"{told}, but {seen}", joined(own.rows, other.rows)), ""
        rows.append(other.rows)
        last = span
    if missing is not None or start is None:
        since = f"none held back to {last} is {kind}er; " if last is not None else ""
        raise NotHeld(f"{told}; {since}whether an earlier one is cannot be told: {missing or 'the series begins'}")
    answer = Answer(True, f"{told}, and none since {start} is {kind}er", joined(*rows))
    if not _SINCE.search(statement) or not _held_before(books, what, last):
        return answer, ""
    return answer, f"{start} itself was not {kind}er, so the {kind} reaches further back than is said"


def _held_before(books: Books, what: Definition, span: Span | None) -> bool:
    """Whether the span before one is held as well: where it is not, the start said is where the figures begin."""
    try:
        return span is not None and bool(compute(books, _moved(what, span.shifted(-len(span.months)))).rows)
    except NotHeld:
        return False


def _start(statement: str, what: Definition) -> Span | None:
    """The span from which on it is said to hold: a base, a year named, or so many years back; None means ever."""
    since, within = _SINCE.search(statement), _WITHIN.search(statement)
    if what.baseline is not None and what.measure != "change":
        return what.baseline
    if since:
        month = since.group(1) and pd.Timestamp(f"1 {since.group(1)} 2000").month
        return parse(f"{since.group(2)}-{month:02d}" if month else since.group(2))
    if within:
        count = int(_NUMBERS.get(within.group(1).lower(), within.group(1)))
        return what.span.shifted(-count * (12 if within.group(2).lower() == "year" else 1))
    return None


def _earlier(statement: str, span: Span) -> Iterator[Span]:
    """The spans of the same length before one; of the same month of the year where the statement says so."""
    length = len(span.months)
    same = re.search(rf"\b(?:for|of) (?:a|any|the month of) (?:{_MONTH})\b", statement, re.IGNORECASE)
    step = 12 if same or length not in (1, 3, 6, 12) else length
    for back in range(1, _MOST_BACK):
        if step * back > (span.first.year - 1900) * 12:
            return
        yield of_months(span.shifted(-step * back).first, span.shifted(-step * back).last)


def _first(statement: str, what: Definition, tests: list[Test], answer: Answer) -> Answer:
    """Whether what holds now held in none of the spans before, back to the start that is said, or ever."""
    start, rows = _start(statement, what), [answer.rows]
    for span in _earlier(statement, what.span):
        if start is not None and span.first <= start.last:
            break
        try:
            other = _all_of([test(span) for test in tests])
        except NotHeld as fault:
            raise NotHeld(f"{answer.told}; whether it is a first cannot be told: {fault}") from None
        rows.append(other.rows)
        if other.yes:
            return Answer(False, f"{answer.told}, but so it was before: {other.told}", joined(answer.rows, other.rows))
    return Answer(True, f"{answer.told}, and in none of the spans after {start}", joined(*rows))
