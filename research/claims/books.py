"""The offices' books: one figure for an office, item, flow, partner and span, with the rows it stands on.

A figure is never estimated: a month that is not held makes the figure missing, and the message says which.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from research import dyads, warehouse
from research.claims.periods import Span
from research.errors import DataError

# How a ledger may spell an office, in lower case.
OFFICES = {
    "kor customs": "KOR", "korea customs": "KOR", "korea customs service": "KOR", "korean customs": "KOR",
    "kcs": "KOR", "jpn customs": "JPN", "japan customs": "JPN", "japanese customs": "JPN", "mof japan": "JPN",
    "ministry of finance japan": "JPN", "mof": "JPN",
}  # fmt: skip
CURRENCY = {"KOR": "USD", "JPN": "JPY"}
VISITORS = "JNTO"
Rows = tuple[tuple[str, tuple[int, ...]], ...]


class NotHeld(DataError):
    """The figure cannot be recomputed from what is held; the message names what is missing."""


@dataclass(frozen=True)
class Amount:
    """A figure with the rows it stands on; `whole` is false where a world total lacks minor partners."""

    value: float
    rows: Rows
    whole: bool = True


@dataclass(frozen=True)
class Basis:
    """What a figure is taken from: office (KOR, JPN, JNTO or fx), item, flow, quantity, partner."""

    office: str
    item: str
    flow: str
    quantity: str  # value, weight, visitors or rate
    partner: str
    mean: bool = False  # the mean of a month instead of the sum

    def but(self, **other: object) -> "Basis":
        """The same basis with something else in one place."""
        return replace(self, **other)


def rows_of(frame: pd.DataFrame) -> Rows:
    """File and lines of the rows used."""
    lines: dict[str, set[int]] = {}
    for file, line in zip(frame["file"], frame["line"], strict=True):
        lines.setdefault(file, set()).add(int(line))
    return tuple((file, tuple(sorted(numbers))) for file, numbers in sorted(lines.items()))


def joined(*parts: Rows) -> Rows:
    """Rows of several figures together, each line once."""
    lines: dict[str, set[int]] = {}
    for file, numbers in (entry for part in parts for entry in part):
        lines.setdefault(file, set()).update(numbers)
    return tuple((file, tuple(sorted(numbers))) for file, numbers in sorted(lines.items()))


def told_rows(rows: Rows) -> str:
    """`file, lines 3-14, 20`, files joined by semicolons."""
    parts = []
    for file, numbers in rows:
        runs: list[list[int]] = []
        for number in numbers:
            if runs and number == runs[-1][1] + 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
        parts.append(f"{file}, {'line' if len(numbers) == 1 else 'lines'} {shown}")
    return "; ".join(parts)


def _lean(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows with their texts as plain objects: small selections of them are taken thousands of times."""
    return rows.astype({name: object for name in rows.select_dtypes("str")})


class Books:
    """Every table a statement can be held against, each read once, when first needed."""

    def __init__(self) -> None:
        self._known: dict[tuple, Amount | NotHeld] = {}
        self._parts: dict[tuple, pd.DataFrame] = {}
        self._partners: dict[tuple, list[str]] = {}

    @cached_property
    def trade(self) -> pd.DataFrame:
        """Every row of `trade`."""
        return _lean(warehouse.read("trade"))

    @cached_property
    def goods(self) -> pd.DataFrame:
        """Every row of `goods_groups`."""
        return _lean(warehouse.read("goods_groups"))

    @cached_property
    def visitors(self) -> pd.DataFrame:
        """Every row of `visitors`; the partner is where they come from."""
        return _lean(warehouse.read("visitors")).assign(partner=lambda rows: rows["origin"])

    @cached_property
    def rates(self) -> pd.DataFrame:
        """Every row of `exchange_rates`; the partner is the currency."""
        return _lean(warehouse.read("exchange_rates")).assign(partner=lambda rows: rows["currency"])

    @cached_property
    def quoted(self) -> pd.DataFrame:
        """Every row of `quoted_figures`: shown beside, never decisive."""
        return _lean(warehouse.read("quoted_figures"))

    @cached_property
    def events(self) -> pd.DataFrame:
        """Every row of the timeline."""
        return _lean(warehouse.read("events", source="timeline"))

    @cached_property
    def _places(self) -> dict[str, dict[tuple, object]]:
        keys = (("KOR", self.trade, "hs_code"), ("JPN", self.goods, "goods_group"))
        return {office: rows.groupby(["reporter", name, "flow"]).indices for office, rows, name in keys}

    def items(self, office: str, flow: str = "") -> list[str]:
        """Codes or groups an office's books hold, of one flow or of any."""
        held = {item for at, item, way in self._places[office] if at == office and flow in ("", way)}
        return sorted(held)

    def amount(self, basis: Basis, span: Span) -> Amount:
        """The figure of a basis in a span. Raises NotHeld, naming what is missing."""
        key = (basis, span.first, span.last, span.form)
        if key not in self._known:
            try:
                self._known[key] = self._amount(basis, span)
            except NotHeld as fault:
                self._known[key] = fault
        found = self._known[key]
        if isinstance(found, NotHeld):
            raise found
        return found

    def _amount(self, basis: Basis, span: Span) -> Amount:
        if span.form == "D":
            raise NotHeld(f"a figure for the day {span} is not held: the series are monthly or yearly")
        if basis.flow in ("balance", "export+import"):
            sign = -1 if basis.flow == "balance" else 1
            export, taken = (self.amount(basis.but(flow=flow), span) for flow in ("export", "import"))
            whole = export.whole and taken.whole
            return Amount(export.value + sign * taken.value, joined(export.rows, taken.rows), whole)
        used, whole = self._rows(basis, span)
        column = self.column(basis)
        if used[column].isna().any():
            raise NotHeld(f"a {basis.quantity} is missing in {told_rows(rows_of(used[used[column].isna()]))}")
        total = float(used[column].sum())
        if basis.quantity == "rate":
            total /= len(used)
        elif basis.mean:
            total /= len(span.months)
        return Amount(total, rows_of(used), whole)

    def column(self, basis: Basis) -> str:
        """Name of the column that holds the quantity."""
        of_goods = {"value": "value_jpy"} if basis.office == "JPN" else {}
        names = {"value": "value", "weight": "weight_kg", "visitors": "visitors", "rate": "units_per_usd"}
        return (names | of_goods)[basis.quantity]

    def series(self, basis: Basis) -> pd.DataFrame:
        """All rows of an office, item and flow, every partner. Raises NotHeld where there are none."""
        key = (basis.office, basis.item, basis.flow, basis.quantity)
        if key not in self._parts:
            self._parts[key] = self._series(basis)
        return self._parts[key]

    def _series(self, basis: Basis) -> pd.DataFrame:
        if basis.office == "fx":
            return self.rates
        if basis.office == VISITORS:
            return self.visitors
        office = f"{dyads.name(basis.office)}'s customs office"
        if basis.quantity == "weight" and basis.office == "JPN":
            raise NotHeld(f"weights of {office} are not held: its goods groups have values only")
        if not basis.flow:
            raise NotHeld("no flow is stated: import, export, balance or export+import")
        table = self.trade if basis.office == "KOR" else self.goods
        places = self._places[basis.office].get((basis.office, self._spelled(basis), basis.flow))
        if places is None:
            held = self.items(basis.office, basis.flow)
            some = ", ".join(held[:8]) + (f" and {len(held) - 8} more" if len(held) > 8 else "")
            raise NotHeld(f"item {basis.item or '(none named)'} is not held for {office}; held are {some}")
        return table.iloc[places]

    def _spelled(self, basis: Basis) -> str:
        """The item as the office writes it, where it differs by capitals only."""
        same = [item for item in self.items(basis.office, basis.flow) if item.lower() == basis.item.lower()]
        return same[0] if same else basis.item

    def _of_partner(self, basis: Basis, partner: str | None, frequency: str) -> pd.DataFrame:
        """Rows of a series of one partner, or of all (None), in one frequency."""
        key = (basis.office, basis.item, basis.flow, basis.quantity, partner, frequency)
        if key not in self._parts:
            series = self.series(basis)
            wanted = series["frequency"] == frequency
            self._parts[key] = series[wanted & (series["partner"] == partner)] if partner else series[wanted]
        return self._parts[key]

    def _rows(self, basis: Basis, span: Span) -> tuple[pd.DataFrame, bool]:
        """Rows of one partner over a span, yearly where the span is of years; and whether the world is whole."""
        every = self.partners(basis)
        summed = basis.partner == dyads.WORLD and dyads.WORLD not in every
        if not basis.partner:
            raise NotHeld("no partner is stated")
        if summed and len(every) == 1:
            raise NotHeld(f"all partners together are not held for {basis.item}: {every[0]} only")
        if not summed and basis.partner not in every:
            listed = ", ".join(every[:12])
            raise NotHeld(f"partner {basis.partner} is not held for {basis.item or basis.office}; held are {listed}")
        partner = None if summed else basis.partner
        yearly = self._of_partner(basis, partner, "A")
        if span.whole_years and not yearly.empty:
            years = pd.date_range(span.first, span.last, freq="YS")
            return self._complete(yearly, years, span, basis), not summed
        monthly = self._of_partner(basis, partner, "M")
        if monthly.empty:
            reach = f"{yearly['period'].min():%Y} to {yearly['period'].max():%Y}"
            raise NotHeld(f"monthly figures of {basis.item} are not held: yearly ones only, {reach}")
        return self._complete(monthly, span.months, span, basis), not summed

    def partners(self, basis: Basis) -> list[str]:
        """Partners of a series, the world among them where the office gives it."""
        key = (basis.office, basis.item, basis.flow, basis.quantity)
        if key not in self._partners:
            self._partners[key] = sorted(self.series(basis)["partner"].unique())
        return self._partners[key]

    def _complete(self, rows: pd.DataFrame, periods: pd.DatetimeIndex, span: Span, basis: Basis) -> pd.DataFrame:
        used = rows[rows["period"].isin(periods)]
        absent = periods.difference(used["period"].unique())
        name = basis.item or basis.partner
        if len(absent):
            form = "%Y" if (rows["frequency"] == "A").all() else "%Y-%m"
            reach = f"{rows['period'].min().strftime(form)} to {rows['period'].max().strftime(form)}"
            lacking = f"{len(absent)} of {len(periods)}" if len(periods) > 1 else "it"
            raise NotHeld(f"the figures held for {name} run from {reach}; for {span} {lacking} is missing")
        if "months_covered" in used and (used["months_covered"].fillna(0) < 12).any() and span.whole_years:
            raise NotHeld(f"the figure held for {name} in {span} covers part of the year only")
        return used
