"""Goods that were singled out beside goods that were not: the designs, dates, windows and scales of one figure.

The control group decides the answer. Goods from the same country that were not singled out share its economy and its
freight and are untouched; other suppliers of the same good are its substitutes, and what they gain is counted a second
time as if the treated had lost it.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from research.errors import NoDataError
from research.materials import Material
from research.measures.effects import Effect, difference, difference_placebos, effects_table, ranked
from research.measures.given import month, require_columns

TRADED = 18  # months before the date in each of which a placebo must have been traded


def imports_by_item(flows: pd.DataFrame, *, start: object, end: object) -> pd.DataFrame:
    """One row a month, one column an item and partner ("2811111000 JPN"): monthly imports by value.

    In: the `trade` table of one reporter. Missing rule: a month the office has no row for is NaN, a zero recorded 0.
    Raises: NoDataError without a monthly import in the window.
    """
    require_columns(flows, ["flow", "frequency", "hs_code", "partner", "period", "value"], "trade rows")
    rows = flows[(flows["flow"] == "import") & (flows["frequency"] == "M")]
    rows = rows[rows["period"].between(month(start, "start").start_time, month(end, "end").end_time)]
    months = rows["period"].dt.to_period("M")
    if rows.empty or months.min() > month(start, "start") or months.max() < month(end, "end"):
        there = f"{months.min()} to {months.max()}" if len(rows) else "none"
        raise NoDataError(
            f"no monthly imports by item over the whole of {start} to {end}, only {there}; read more rows"
        )
    wide = rows.pivot_table(index="period", columns=["hs_code", "partner"], values="value", aggfunc="first")
    return wide.set_axis(wide.columns.map(" ".join), axis=1)


def placebo_items(items: pd.DataFrame, cards: Iterable[Material], partner: str, date: object) -> list[str]:
    """Items not singled out, from other partners: recorded throughout, traded in each of 18 months before the date."""
    codes = {card.hs_code for card in cards if not card.controlled}
    before = items.loc[: month(date, "date").start_time].iloc[:-1].tail(TRADED)
    return [
        item
        for item in items
        if item.split()[0] in codes
        and not item.endswith(f" {partner}")
        and items[item].notna().all()
        and (before[item] > 0).all()
    ]


def same_country(
    flows: pd.DataFrame,
    treated: Material,
    cards: Iterable[Material],
    partner: str,
    dates: Mapping[str, str],
    *,
    starts: list[str],
    ends: list[str],
) -> list[tuple[str, Effect]]:
    """Label and effect of every cell of the grid: the treated item against the partner's goods not singled out.

    In: `dates`, month -> what happened in it (`calendar.months_of`), the first of them the main one; months between the
    first date and a later one stand apart (left out: stock building). The first start and end are the main window; the
    other starts, ends and scales are each tried once against it. Every cell is ranked among `placebo_items`. In logs
    only controls and placebos without a zero serve, and a treated item that has one gets no estimate and a note.
    Raises: as `difference`; NoDataError when the partner sends none of the goods.
    """
    cards, main = list(cards), {"start": starts[0], "end": ends[0], "scale": "poisson"}
    first = min(dates)
    cells = [(f"from {month(d, 'date'):%b %Y} ({what})", d, {}) for d, what in dates.items()]
    cells += [(f"base since {s[:4]}", first, {"start": s}) for s in starts[1:]]
    cells += [(f"until {month(e, 'end'):%b %Y}", first, {"end": e}) for e in ends[1:]]
    cells += [("in percent of the base", first, {"scale": "level"}), ("in logs", first, {"scale": "log"})]
    grid = []
    for label, date, change in cells:
        chosen = main | change
        items = imports_by_item(flows, start=chosen["start"], end=chosen["end"])
        placebos = placebo_items(items, cards, partner, first)
        apart = list(pd.period_range(month(first, "date"), month(date, "date") - 1, freq="M"))
        grid.append((label, _cell(items, treated, cards, partner, date, placebos, apart, chosen["scale"])))
    return grid


def other_suppliers(
    flows: pd.DataFrame, cards: Iterable[Material], partner: str, date: str, *, start: str, end: str
) -> list[tuple[str, Effect]]:
    """Label and effect: each good against its other suppliers, the contaminated design; goods not singled out too."""
    items, found = imports_by_item(flows, start=start, end=end), []
    for card in cards:
        own = [item for item in items if item.startswith(f"{card.hs_code} ") and items[item].notna().all()]
        others = [item for item in own if not item.endswith(f" {partner}") and items[item].sum() > 0]
        if others and f"{card.hs_code} {partner}" in own:
            one = difference(items, f"{card.hs_code} {partner}", date, controls=others, outcome=card.title)
            found.append((card.title if card.controlled else f"{card.title} (not singled out)", one))
    return found


def goods_effects(
    flows: pd.DataFrame,
    materials: Iterable[Material],
    partner: str,
    dates: Mapping[str, str],
    *,
    starts: list[str],
    ends: list[str],
) -> pd.DataFrame:
    """`effects_table` with labels: each controlled good under the clean design in every cell, then the other design.

    In: monthly `trade` rows of the importing office, all partners. Column design: same country, or other suppliers.
    Raises: as `same_country`.
    """
    cards = list(materials)
    groups: dict[str, list[tuple[str, Effect]]] = {}
    for card in cards:
        if card.controlled:
            groups[f"{card.title}, against goods not singled out"] = same_country(
                flows, card, cards, partner, dates, starts=starts, ends=ends
            )
    clean = list(groups)
    groups["Contaminated: against other suppliers of the same good"] = other_suppliers(
        flows, cards, partner, min(dates), start=starts[0], end=ends[0]
    )
    table = effects_table({group: [one for _, one in cells] for group, cells in groups.items()})
    labels = [label for cells in groups.values() for label, _ in cells]
    within = table["group"].isin(clean)
    design = within.map({True: "same country", False: "other suppliers"})
    return table.assign(label=labels, design=design, ours=table["outcome"].where(within, ""))


def largest_gain(flows: pd.DataFrame, card: Material, partner: str, date: object) -> pd.Series:
    """The other supplier of one good whose imports rose most between the whole years around the date.

    Out: good, partner, before, after (value), year_before, year_after.
    Raises: NoDataError when no other supplier has a record in both years.
    """
    before, after = month(date, "date").year - 1, month(date, "date").year + 1
    rows = flows[(flows["flow"] == "import") & (flows["frequency"] == "M") & (flows["hs_code"] == card.hs_code)]
    rows = rows[rows["partner"] != partner].assign(year=rows["period"].dt.year)
    years = rows.pivot_table(index="partner", columns="year", values="value", aggfunc="sum")
    both = years.reindex(columns=[before, after]).dropna()
    if both.empty:
        raise NoDataError(f"no other supplier of {card.hs_code} with imports in {before} and {after}; widen the window")
    top = (both[after] - both[before]).idxmax()
    return pd.Series(
        {"good": card.title.lower(), "partner": top, "before": both.loc[top, before], "after": both.loc[top, after]}
        | {"year_before": before, "year_after": after}
    )


def _cell(
    items: pd.DataFrame,
    treated: Material,
    cards: list[Material],
    partner: str,
    date: str,
    placebos: list[str],
    apart: list[pd.Period],
    scale: str,
) -> Effect:
    own = f"{treated.hs_code} {partner}"
    controls = [f"{card.hs_code} {partner}" for card in cards if not card.controlled]
    lacking = [item for item in (own, *controls) if item not in items]
    if lacking:
        raise NoDataError(f"no monthly import of {', '.join(lacking)} in this window; widen it or read other goods")
    if scale == "log":
        controls, placebos = ([unit for unit in units if (items[unit] > 0).all()] for units in (controls, placebos))
    basis = f"{len(controls)} goods from {partner} that were not singled out"
    zero = int((items[own] == 0).sum())
    if scale == "log" and (zero or not controls):
        note = f"zero recorded in {zero} months, and a log knows none" if zero else "every control has a zero"
        window = f"{items.index[0]:%Y-%m} to {items.index[-1]:%Y-%m}"
        unknown = [float("nan")] * 3
        return Effect(treated.title, *unknown, "log points", 0.95, 0, window, date, "logs", basis, notes=(note,))
    chosen = {"left_out": apart, "scale": scale}
    one = difference(items, own, date, controls=controls, outcome=treated.title, basis=basis, **chosen)
    return ranked(one, difference_placebos(items, placebos, date, controls, **chosen)) if placebos else one
