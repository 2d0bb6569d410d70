"""Statements on figures: what is stated, and how to recompute it from the offices' books."""

import re
from dataclasses import dataclass, replace

import pandas as pd

from research import dyads, materials
from research.claims.books import OFFICES, VISITORS, Amount, Basis, Books, NotHeld, Rows, joined
from research.claims.periods import Span, parse

_WEIGHT = re.compile(r"\b(tonn\w*|tons?|weigh\w*|kilogram\w*|kg|quantit\w*|volume)\b", re.IGNORECASE)
_MEAN = re.compile(r"\b(averag\w*|mean|monthly)\b.*\bmonth|\ba month\b|\bper month\b|\bmonthly (average|mean)\b",
                   re.IGNORECASE)  # fmt: skip
SCALE = {"t": 1e-3, "KRW/100JPY": 100.0}
_SIDES = {"KRW/USD": ("KRW", "USD"), "JPY/USD": ("JPY", "USD"), "KRW/100JPY": ("KRW", "JPY")}
MONEY = ("USD", "JPY", "KRW")
CURRENCY_WORDS = {"KRW": "won", "JPY": "yen", "USD": "dollars?"}
ALL_GOODS = "Grand Total"
_OF_GOODS = re.compile(
    r"\bof (?:\w+'s |its |all |total |the )*(?:exports|imports|shipments|purchases|goods)(?: sent| sold| bought)? "
    r"(?:to|from) ", re.IGNORECASE,
)  # fmt: skip
_CURRENCY_OF_ABOUT = {"USA": ("KRW", "USD"), "JPN": ("KRW", "JPY")}


@dataclass(frozen=True)
class Definition:
    """A statement made computable: its basis, measure, spans and unit."""

    basis: Basis
    measure: str
    span: Span
    baseline: Span | None
    unit: str
    level: bool = False  # a share of the base period's level, not of the world
    of_goods: bool = False  # a share of all goods to or from the partner, not of all partners

    def but(self, **other: object) -> "Definition":
        """The same definition with something else in one place; a basis' own parts may be named too."""
        parts = {name: other.pop(name) for name in list(other) if name in Basis.__dataclass_fields__}
        return replace(self, basis=self.basis.but(**parts), **other)


@dataclass(frozen=True)
class Figure:
    """A recomputed figure in the unit of the statement, with the rows it stands on."""

    value: float
    rows: Rows
    whole: bool = True


def define(claim: pd.Series) -> Definition:
    """The definition that a statement's own columns give. Raises NotHeld where no held series can decide it."""
    if pd.isna(claim["period"]):
        raise NotHeld("no period is stated, so there is nothing to recompute")
    office = _office(claim)
    baseline = None if pd.isna(claim["baseline_period"]) else parse(claim["baseline_period"])
    measure = claim["measure"]
    if measure == "change" and baseline is None:
        raise NotHeld("no base period is stated for the change")
    span = parse(claim["period"])
    weight = measure == "weight" or claim["unit"] in ("t", "kg") or _says_weight(claim, measure)
    quantity = {VISITORS: "visitors", "fx": "rate"}.get(office, "weight" if weight else "value")
    partner = "" if pd.isna(claim["partner"]) else claim["partner"]
    basis = Basis(office, _item(claim, office), _text(claim["flow"]), quantity, partner, _says_mean(claim, span))
    level = measure == "share" and _of_base(office, baseline)
    return Definition(basis, measure, span, baseline, claim["unit"], level, _of_goods(claim, basis))


def _of_base(office: str, baseline: Span | None) -> bool:
    """For arrivals, a share beside a base period is the level in percent of that period."""
    return baseline is not None and office == VISITORS


def _of_goods(claim: pd.Series, basis: Basis) -> bool:
    """Whether a share is said to be one of all goods to or from the partner."""
    several = basis.office == "JPN" and basis.item != ALL_GOODS and claim["measure"] in ("share", "change")
    return several and bool(_OF_GOODS.search(claim["statement"]))


def _says_weight(claim: pd.Series, measure: str) -> bool:
    return measure in ("share", "change", "count") and bool(_WEIGHT.search(claim["statement"]))


def _says_mean(claim: pd.Series, span: Span) -> bool:
    summed = claim["measure"] in ("value", "weight", "count") and len(span.months) > 1
    return summed and bool(_MEAN.search(claim["statement"]))


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def _office(claim: pd.Series) -> str:
    """Whose books decide. Raises NotHeld naming the office whose figures are not held."""
    if claim["about"] == "fx":
        return "fx"
    reporter = claim["reporter"].strip()
    if reporter.lower() in ("jnto", "japan national tourism organization"):
        return VISITORS
    if reporter.lower() in OFFICES:
        return OFFICES[reporter.lower()]
    raise NotHeld(f"figures of {reporter} are not held; held are the customs of Korea and of Japan, and JNTO")


def _item(claim: pd.Series, office: str) -> str:
    """The item's code or group; a material's own code where the ledger leaves it empty."""
    if office == "fx":
        return "/".join(_currencies(claim))
    if office == VISITORS:
        if re.search(r"_to_(?!jp$)[a-z]+$", claim["about"]):
            raise NotHeld("JNTO counts arrivals in Japan only")
        return ""
    item = _text(claim["item"]).strip()
    known = materials.MATERIALS.get(claim["about"])
    if not item and known and known.reporter == office:
        return known.hs_code
    if not item and office == "JPN" and claim["about"] in ("total_trade", "balance"):
        return ALL_GOODS
    return re.sub(r"[ .-]", "", item) if re.fullmatch(r"[\d .-]+", item) else item


def _currencies(claim: pd.Series) -> tuple[str, str]:
    """Which currency is priced in which: by the unit, the item, the two that are named, or the partner."""
    named = {code for code, word in CURRENCY_WORDS.items() if re.search(rf"\b{word}\b", claim["statement"], re.I)}
    pair = _SIDES.get(claim["unit"]) or _SIDES.get(_text(claim["item"])) or next(
        (sides for sides in _SIDES.values() if set(sides) == named), _CURRENCY_OF_ABOUT.get(_text(claim["partner"]))
    )  # fmt: skip
    if pair is None:
        raise NotHeld("which two currencies are meant is not stated: by the unit, or by the partner USA or JPN")
    return pair


def shown(value: float, unit: str, *, sign: bool = False) -> str:
    """A figure with its unit as in print."""
    if unit == "rank" and not sign:
        return f"place {value:.0f}"
    digits = 0 if unit in ("JPY", "USD", "KRW", "persons", "kg", "rank") else 2
    text = f"{value:{'+' if sign else ''},.{digits}f}".replace("-", "−")
    if sign and unit == "percent":
        return f"{text} points"
    return f"{text} {'%' if unit == 'percent' else 'points' if unit == 'percentage_point' else unit}"


def compute(books: Books, what: Definition) -> Figure:
    """The figure of a definition in its unit. Raises NotHeld, naming what is missing."""
    if what.measure == "share":
        return _share(books, what)
    if what.measure == "change":
        return _change(books, what)
    if what.unit == "rank":
        return _rank(books, what)
    if what.measure == "count" and (what.basis.quantity != "visitors" or what.unit not in ("persons", "visitors")):
        raise NotHeld(f"a count of {what.unit} is in none of the series held")
    _same_kind(what)
    return _level(books, what.basis, what.span, what.unit)


def _same_kind(what: Definition) -> None:
    """A rate needs the rates, money needs a customs office."""
    if (what.basis.office == "fx") != (what.unit in _SIDES) or (what.basis.office == VISITORS and what.unit in MONEY):
        raise NotHeld(f"a figure in {what.unit} is in none of the series held for {what.basis.office}")


def _level(books: Books, basis: Basis, span: Span, unit: str) -> Figure:
    """An amount in its unit: tonnes, another currency, or a price of one currency in another."""
    if basis.office == "fx":
        return _rate(books, basis, span, unit)
    found = books.amount(basis, span)
    own = {"KOR": "USD", "JPN": "JPY"}.get(basis.office)
    if unit in MONEY and unit != own:
        return _converted(books, basis, span, str(own), unit)
    return Figure(found.value * SCALE.get(unit, 1.0), found.rows, found.whole)


def _rate(books: Books, basis: Basis, span: Span, unit: str) -> Figure:
    """Mean of the monthly averages of one currency in another."""
    if span.form == "D":
        raise NotHeld(f"a rate of the day {span} is not held: monthly averages only")
    price, of = basis.item.split("/")
    each, rows = [], []
    for month in span.months:
        one = Span(month, month + pd.offsets.MonthEnd(0), f"{month:%Y-%m}", "M")
        sides = [_per_dollar(books, currency, one) for currency in (price, of)]
        each.append(sides[0].value / sides[1].value)
        rows += [side.rows for side in sides]
    scale = 100.0 if of == "JPY" else 1.0
    return Figure(sum(each) / len(each) * scale, joined(*rows))


def _per_dollar(books: Books, currency: str, month: Span) -> Amount:
    if currency == "USD":
        return Amount(1.0, ())
    return books.amount(Basis("fx", currency, "", "rate", currency), month)


def _converted(books: Books, basis: Basis, span: Span, own: str, unit: str) -> Figure:
    """Month by month at the Federal Reserve's monthly average; a yearly figure at the mean of its months."""
    try:
        months = [Span(m, m + pd.offsets.MonthEnd(0), f"{m:%Y-%m}", "M") for m in span.months]
        parts = [(books.amount(basis, month), month) for month in months]
    except NotHeld:
        parts = [(books.amount(basis, span), span)]
    total, rows = 0.0, []
    for amount, part in parts:
        rate = _rate(books, Basis("fx", f"{unit}/{own}", "", "rate", ""), part, "")
        total += amount.value * rate.value / (100.0 if own == "JPY" else 1.0)
        rows += [amount.rows, rate.rows]
    return Figure(total, joined(*rows), all(amount.whole for amount, _ in parts))


def _share(books: Books, what: Definition) -> Figure:
    mine = books.amount(what.basis, what.span)
    if what.level:
        base = books.amount(what.basis, _based(what))
    elif what.of_goods:
        base = books.amount(what.basis.but(item=ALL_GOODS), what.span)
    else:
        base = books.amount(what.basis.but(partner=dyads.WORLD), what.span)
    return Figure(_ratio(mine, base) * 100, joined(mine.rows, base.rows), base.whole)


def _ratio(over: Amount, under: Amount) -> float:
    if under.value == 0:
        raise NotHeld("what it is divided by is zero in the office's books")
    return over.value / abs(under.value)


def _based(what: Definition) -> Span:
    if what.baseline is None:
        raise NotHeld("no base period is stated")
    return what.baseline


def _change(books: Books, what: Definition) -> Figure:
    spans = (what.span, _based(what))
    if what.unit == "percentage_point":
        now, then = (_share(books, what.but(span=span, level=False)) for span in spans)
        return Figure(now.value - then.value, joined(now.rows, then.rows), now.whole and then.whole)
    if what.unit == "rank":
        now, then = (_rank(books, what.but(span=span)) for span in spans)
        return Figure(now.value - then.value, joined(now.rows, then.rows), False)
    if what.unit not in ("percent", "times"):
        _same_kind(what)
        now, then = (_level(books, what.basis, span, what.unit) for span in spans)
        return Figure(now.value - then.value, joined(now.rows, then.rows), now.whole and then.whole)
    now, then = (_of(books, what.basis, span) for span in spans)
    ratio = _ratio(now, then)
    if what.unit == "times":
        return Figure(ratio, joined(now.rows, then.rows), now.whole)
    value = (now.value - then.value) / abs(then.value) * 100
    return Figure(value, joined(now.rows, then.rows), now.whole and then.whole)


def _of(books: Books, basis: Basis, span: Span) -> Amount:
    if basis.office != "fx":
        return books.amount(basis, span)
    found = _rate(books, basis, span, "")
    return Amount(found.value, found.rows)


def _rank(books: Books, what: Definition) -> Figure:
    """Place among all partners held, the largest first."""
    if what.basis.office == "fx" or what.basis.flow in ("balance", "export+import"):
        raise NotHeld("a rank is taken among partners of one flow")
    if what.baseline is not None and what.measure == "count":
        raise NotHeld("a rank against earlier years is not recomputed")
    mine = books.amount(what.basis, what.span)
    rows, above = [mine.rows], 0
    for partner in books.partners(what.basis):
        if partner in (dyads.WORLD, what.basis.partner):
            continue
        try:
            other = books.amount(what.basis.but(partner=partner), what.span)
        except NotHeld:
            continue
        above += other.value > mine.value
        rows.append(other.rows)
    return Figure(above + 1.0, joined(*rows), False)
