"""Other readings of a statement that fails as stated: bounded, all matches kept, chance said.

A *definition* is another stated basis on which the figure is true (weight for value, a mean for a sum, the other
customary base, a wider or narrower group). A *near miss* is another period, partner or flow, or a slip of the unit: it
explains a figure and does not save it.
"""

import math
from collections.abc import Iterator

import pandas as pd

from research import dyads
from research.claims.books import VISITORS, Books, NotHeld
from research.claims.figures import ALL_GOODS, Definition, compute
from research.claims.periods import Span, of_months
from research.claims.verdict import Reading

TENS = (10.0, 100.0, 1_000.0, 1_000_000.0)
# The Ministry's groups in brackets are part of the group beside them.
PART_OF = {
    "(Bus&Truck)": "Motor Vehicles", "(Car)": "Motor Vehicles", "(Ic)": "Semiconductors Etc",
    "(Coal N.e.s)": "Coal", "(Petroleum Spirits)": "Petroleum Products", "(Telephone Sets)": "Telephony, Telegraphy",
    "(Shrimps, Prawns, Lobsters)": "Fish And Fish Preparation", "(Tv Receiver)": "Visual Apparatus",
    "(Video Rec Or Repro App)": "Visual Apparatus",
}  # fmt: skip
HAIR = 0.005  # of a value; half a point of a share or change in percent
SMALL = 0.05  # more matches than this to be expected by chance are said


def definitions(what: Definition) -> Iterator[tuple[str, Definition]]:
    """Other bases on which the statement may be true."""
    basis = what.basis
    if basis.office in ("KOR", "JPN") and what.measure in ("share", "change") and what.unit in (
        "percent", "times", "percentage_point"
    ):  # fmt: skip
        other = "value" if basis.quantity == "weight" else "weight"
        yield f"{other} for {basis.quantity}", what.but(quantity=other)
    several = len(what.span.months) > 1
    if several and what.measure in ("value", "weight", "count") and what.unit != "rank" and basis.office != "fx":
        yield ("the sum for the mean of a month", what.but(mean=False)) if basis.mean else (
            "the mean of a month for the sum", what.but(mean=True)
        )  # fmt: skip
    if what.measure == "share" and what.baseline is not None:
        yield ("the part of all partners for the level of the base" if what.level else
               "the level in percent of the base period"), what.but(level=not what.level)  # fmt: skip
    if what.measure == "share" and basis.office == "JPN" and basis.item != ALL_GOODS:
        yield ("the part of all partners for the part of all goods" if what.of_goods else
               "the part of all goods for the part of all partners"), what.but(of_goods=not what.of_goods)  # fmt: skip
    if what.measure == "change" and basis.office == "fx" and what.unit == "percent":
        price, of = basis.item.split("/")
        yield f"the worth of {price} in {of} for the price of {of} in {price}", what.but(item=f"{of}/{price}")
    if what.measure == "change":
        yield from _other_bases(what)
    if basis.item in PART_OF:
        yield f"{PART_OF[basis.item]} for {basis.item}, which is part of it", what.but(item=PART_OF[basis.item])
    for part in [part for part, whole in PART_OF.items() if whole == basis.item]:
        yield f"{part} alone for {basis.item}", what.but(item=part)


def _other_bases(what: Definition) -> Iterator[tuple[str, Definition]]:
    for label, base in customary_bases(what.span).items():
        if what.baseline is not None and base.text != what.baseline.text:
            yield f"against {label} ({base}) for {what.baseline}", what.but(baseline=base)


def customary_bases(span: Span) -> dict[str, Span]:
    """What a change is customarily measured against: a year earlier, the span just before."""
    if span.form == "D":
        return {}
    return {"a year earlier": span.shifted(-12), "the period before": span.shifted(-len(span.months))}


def near_misses(books: Books, what: Definition) -> Iterator[tuple[str, Definition]]:
    """Other periods, partners and flows that explain the figure."""
    for label, span, base in _shifts(what):
        told = label if span.text == what.span.text else f"{label}, {span}"
        yield told, what.but(span=span, baseline=base)
    if what.span.form == "Y" and len(what.span.months) == 12:
        year = what.span.first
        for last in (3, 5, 6, 9, 11):
            part = of_months(year, year.replace(month=last))
            base = what.baseline and of_months(what.baseline.first, what.baseline.first.replace(month=last))
            yield f"part of the year, {part}", what.but(span=part, baseline=base)
    try:
        partners = [name for name in books.partners(_one_flow(what).basis) if name != what.basis.partner]
    except NotHeld:
        partners = []
    for partner in partners if what.basis.office != "fx" else []:
        yield f"another partner, {dyads.name(partner)}", what.but(partner=partner)
    if what.basis.office in ("KOR", "JPN"):
        for flow in ("import", "export", "balance", "export+import"):
            if flow != what.basis.flow:
                yield f"another flow, {flow}", what.but(flow=flow)


def _one_flow(what: Definition) -> Definition:
    return what if what.basis.flow in ("import", "export") else what.but(flow="import")


def _shifts(what: Definition) -> Iterator[tuple[str, Span, Span | None]]:
    """The span moved by a year, and by a month where it is of months, its base moving along; a base alone as well."""
    if what.span.form == "D":
        return
    steps = [(-12, "a year earlier"), (12, "a year later")]
    if what.span.form == "M":
        steps += [(-1, "a month earlier"), (1, "a month later")]
    for months, label in steps:
        yield label, what.span.shifted(months), what.baseline and what.baseline.shifted(months)
        if what.baseline is not None:
            base = what.baseline.shifted(months)
            yield f"{label} for the base, against {base}", what.span, base


def slips(what: Definition, printed: float, computed: float, tolerance: float) -> Iterator[Reading]:
    """A unit slip of ten to a million (ten or a hundred in percent), or a sign turned round."""
    for factor in TENS[:2] if what.unit in ("percent", "percentage_point", "rank") else TENS:
        for scale in (factor, 1 / factor):
            if computed and abs(computed * scale - printed) <= _slack(tolerance, scale, printed):
                more = f"{factor:,.0f} times too {'large' if scale > 1 else 'small'}"
                yield Reading("near", f"a slip of the unit: the printed figure is {more}", computed)
    if computed and abs(-computed - printed) <= tolerance + 1e-9:
        yield Reading("near", "the sign turned round", computed)


def _slack(tolerance: float, scale: float, printed: float) -> float:
    """The printed figure's rounding; where it was made larger by the slip, so was its rounding, but not without end."""
    grown = min(tolerance * scale, HAIR * abs(printed))
    return max(tolerance, grown) * (1 + 1e-9) + 1e-9


def search(books: Books, what: Definition, printed: float, tolerance: float) -> tuple[list[Reading], int, float]:
    """All readings that match, how many were tried, and how many matches chance alone would give."""
    found: list[Reading] = []
    tried, seen = 0, set()
    both = [("definition", *pair) for pair in definitions(what)] + [
        ("near", *pair) for pair in near_misses(books, what)
    ]
    for kind, label, other in both:
        key = (other.basis, other.span.text, other.baseline and other.baseline.text, other.level, other.of_goods)
        if key in seen:
            continue
        seen.add(key)
        try:
            figure = compute(books, other)
        except NotHeld:
            continue
        tried += 1
        if math.isclose(figure.value, printed, abs_tol=tolerance + 1e-9, rel_tol=0):
            found.append(Reading(kind, label, _plain(figure.value), figure.rows))
    return found, tried, tried * chance_of_one(what, printed, tolerance)


def _plain(value: float) -> float:
    return float(f"{value:.10g}")


def chance_of_one(what: Definition, printed: float, tolerance: float) -> float:
    """How likely an unrelated figure falls inside the tolerance.

    Shares and changes: evenly over a hundred points, or over their own size if that is larger. Amounts: evenly over
    the logarithm of three decades.
    """
    if what.unit in ("percent", "percentage_point"):
        return min(1.0, 2 * tolerance / max(100.0, abs(printed)))
    if not printed:
        return 0.0
    return min(1.0, 2 * tolerance / (abs(printed) * 3 * math.log(10)))


def warning(matches: int, tried: int, by_chance: float) -> str:
    """Said where a match is easily got by chance, or where there are several."""
    told = []
    if by_chance > SMALL:
        told.append(f"among {tried} readings tried, chance alone would give about {by_chance:.2g} matches")
    if matches > 1:
        told.append(f"{matches} readings match, so the figure does not tell which was meant")
    return "; ".join(told)


def final_or_not(books: Books, what: Definition) -> str:
    """Why a figure may be off by a hair: who recorded it, and how final it is."""
    if what.basis.office == VISITORS:
        rows = books.visitors[books.visitors["period"].isin(what.span.months)]
        status = " and ".join("final" if word == "fixed" else word for word in sorted(rows["status"].unique()))
        return f"an estimate for the final count (the figures held are {status})"
    return "an earlier or later release of the same series (provisional for final, or revised)"


def frequency_note(span: Span) -> str:
    """How a span reads in a sentence."""
    months = pd.Index(span.months)
    return span.text if len(months) == 1 or span.form == "Y" else f"{span.text} ({len(months)} months)"
