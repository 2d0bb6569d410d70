"""The offices' books: one figure for an office, item, flow, partner and span, with the rows it stands on.

A figure is never estimated: a month that is not held makes the figure missing, and the message says which.
"""

from dataclasses import dataclass, replace

import pandas as pd

from research import dyads, warehouse
from research.claims.periods import Span
from research.errors import DataError

OFFICES = {
    "KOR customs": "KOR", "Korea Customs": "KOR", "Korea Customs Service": "KOR", "KCS": "KOR",
    "JPN customs": "JPN", "Japan Customs": "JPN", "MOF Japan": "JPN", "Ministry of Finance Japan": "JPN",
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
    return tuple((file, tuple(sorted({int(n) for n in part["line"]}))) for file, part in frame.groupby("file"))


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


class Books:
    """Every table a statement can be held against, read once."""

    def __init__(self) -> None:
        self.trade = warehouse.read("trade")
        self.goods = warehouse.read("goods_groups")
        self.visitors = warehouse.read("visitors")
        self.rates = warehouse.read("exchange_rates")
        self.quoted = warehouse.read("quoted_figures")
        self.events = warehouse.read("events", source="timeline")
        self._known: dict[tuple, Amount | NotHeld] = {}
        self._parts: dict[tuple, pd.DataFrame] = {}

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
            return self.rates.assign(partner=self.rates["currency"], frequency="M")
        if basis.office == VISITORS:
            return self.visitors.assign(partner=self.visitors["origin"])
        office = f"{dyads.name(basis.office)}'s customs office"
        if basis.quantity == "weight" and basis.office == "JPN":
            raise NotHeld(f"weights of {office} are not held: its goods groups have values only")
        if not basis.flow:
            raise NotHeld("no flow is stated: import, export, balance or export+import")
        table, name = (self.trade, "hs_code") if basis.office == "KOR" else (self.goods, "goods_group")
        rows = table[(table["reporter"] == basis.office) & (table["flow"] == basis.flow)]
        found = rows[rows[name] == basis.item]
        if found.empty:
            held = ", ".join(sorted(rows[name].unique())[:8])
            raise NotHeld(f"item {basis.item or '(none named)'} is not held for {office}; held are {held} ...")
        return found

    def _rows(self, basis: Basis, span: Span) -> tuple[pd.DataFrame, bool]:
        """Rows of one partner over a span, yearly where the span is of years; and whether the world is whole."""
        series = self.series(basis)
        every = series["partner"].unique()
        summed = basis.partner == dyads.WORLD and dyads.WORLD not in every
        if not basis.partner:
            raise NotHeld("no partner is stated")
        if not summed and basis.partner not in every:
            listed = ", ".join(sorted(every)[:12])
            raise NotHeld(f"partner {basis.partner} is not held for {basis.item or basis.office}; held are {listed}")
        mine = series if summed else series[series["partner"] == basis.partner]
        yearly = mine[mine["frequency"] == "A"]
        if span.whole_years and not yearly.empty:
            years = pd.date_range(span.first, span.last, freq="YS")
            return self._complete(yearly, years, span, basis), not summed
        monthly = mine[mine["frequency"] == "M"]
        if monthly.empty:
            reach = f"{yearly['period'].min():%Y} to {yearly['period'].max():%Y}"
            raise NotHeld(f"monthly figures of {basis.item} are not held: yearly ones only, {reach}")
        return self._complete(monthly, span.months, span, basis), not summed

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
