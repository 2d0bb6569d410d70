"""Spans of time as a ledger writes them: a year, a month, a day, or from/to."""

from dataclasses import dataclass

import pandas as pd

DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Span:
    """From the first to the last day; `text` as written; `form` is Y, M or D, the finest that was written."""

    first: pd.Timestamp
    last: pd.Timestamp
    text: str
    form: str

    @property
    def months(self) -> pd.DatetimeIndex:
        """First days of the months it touches."""
        return pd.date_range(self.first.replace(day=1), self.last, freq="MS")

    @property
    def whole_years(self) -> bool:
        """Whether it is made of calendar years."""
        return (self.first.month, self.last.month) == (1, 12) and self.form != "D"

    def shifted(self, months: int) -> "Span":
        """The span so many months later (earlier, if negative); of months or years only."""
        first = self.first + pd.DateOffset(months=months)
        last = (self.last.replace(day=1) + pd.DateOffset(months=months)) + pd.offsets.MonthEnd(0)
        return of_months(first, last)

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Span:
    """The span a sound ledger text means."""
    first, _, last = text.partition("/")
    start, end = _edge(first, last=False), _edge(last or first, last=True)
    if len(first) == 10 and last and start.is_month_start and end.is_month_end:
        return of_months(start, end)  # days that are whole months
    return Span(start, end, text, {4: "Y", 7: "M"}.get(len(first), "D"))


def of_months(first: pd.Timestamp, last: pd.Timestamp) -> Span:
    """The span from one month to another, written the short way."""
    last = last + pd.offsets.MonthEnd(0)
    if (first.month, last.month) == (1, 12):
        text = f"{first:%Y}" if first.year == last.year else f"{first:%Y}/{last:%Y}"
        return Span(first, last, text, "Y")
    text = f"{first:%Y-%m}" if (first.year, first.month) == (last.year, last.month) else f"{first:%Y-%m}/{last:%Y-%m}"
    return Span(first, last, text, "M")


def _edge(text: str, *, last: bool) -> pd.Timestamp:
    day = pd.Timestamp(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    if not last or len(text) == 10:
        return day
    return day + (pd.offsets.YearEnd(0) if len(text) == 4 else pd.offsets.MonthEnd(0))
