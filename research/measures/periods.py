"""Series and panels that an estimate can stand on: every period there, once, in order, finite and varying.

A unit's series has one value a period, a panel one column a unit; the index is the first day of each month (or of each
year, or whole years). What is unsound raises, naming unit and period; nothing is filled, for missing is not zero.
"""

from typing import Any

import numpy as np
import pandas as pd

from research.errors import DataError, NoDataError, RequestError
from research.measures.given import month

LEAST_PRE = 3  # periods before the date without which there is nothing to compare with


def months_sound(series: pd.Series, what: str) -> pd.Series:
    """The series if an estimate can stand on it: in order, no repeats, no gaps, finite, varying; else DataError."""
    if not isinstance(series, pd.Series):
        raise DataError(f"{what} must be a pandas Series with one value a period, not {type(series).__name__}")
    return panel_sound(series.to_frame("value").astype(float), what)["value"]


def panel_sound(panel: pd.DataFrame, what: str, *, start: object = None, end: object = None) -> pd.DataFrame:
    """The panel's window if every unit in it is complete, finite and varying; else DataError naming unit and period."""
    if panel.empty:
        raise NoDataError(f"{what} has no period; read a wider window")
    index = panel.index
    if index.has_duplicates:
        twice = index[index.duplicated()].unique()
        raise DataError(f"{what} repeats {', '.join(map(said_period, twice[:4]))}; one value a period is needed")
    if not index.is_monotonic_increasing:
        raise DataError(
            f"{what} is not in order of time (begins {said_period(index[0])}, {said_period(index[1])}); sort it first"
        )
    panel = cut_to(panel, start, end)
    steps = _ordinals(panel.index)
    step = 12 if isinstance(panel.index, pd.DatetimeIndex) and (panel.index.month == panel.index[0].month).all() else 1
    lacking = [place for place, gap in enumerate(np.diff(steps)) if gap != step]
    if lacking:
        named = ", ".join(
            f"between {said_period(panel.index[p])} and {said_period(panel.index[p + 1])}" for p in lacking[:4]
        )
        raise DataError(f"{what} has gaps {named}; every period is needed. Missing is not zero: shorten the window")
    for unit in panel:
        _values_sound(panel[unit].astype(float), f"{what}, {unit}" if panel.shape[1] > 1 else what)
    return panel.astype(float)


def _values_sound(values: pd.Series, what: str) -> None:
    unsound = ~np.isfinite(values.to_numpy())
    if unsound.any():
        named = ", ".join(map(said_period, values.index[unsound][:4]))
        raise DataError(f"{what}: {unsound.sum()} of {len(values)} values are missing or infinite ({named})")
    if (values == 0).all():
        raise DataError(f"{what}: all {len(values)} values are zero; there is nothing that could change")
    if len(values) > 1 and (values == values.iloc[0]).all():
        raise DataError(f"{what}: constant at {values.iloc[0]:g} over {len(values)} periods; nothing to estimate from")


def _ordinals(index: pd.Index) -> np.ndarray:
    if isinstance(index, pd.DatetimeIndex):
        return index.year.to_numpy() * 12 + index.month.to_numpy()
    if pd.api.types.is_integer_dtype(index):
        return index.to_numpy()
    raise DataError(f"periods must be dates (first of month) or whole years, not {index.dtype}; first: {index[0]!r}")


def said_period(period: object) -> str:
    """2019-07, or the year as it is."""
    return f"{period:%Y-%m}" if isinstance(period, pd.Timestamp) else str(period)


def span_of(index: pd.Index) -> str:
    """2017-01 to 2020-12"""
    return f"{said_period(index[0])} to {said_period(index[-1])}"


def place_of(index: pd.Index, value: object, name: str) -> int:
    """How many periods of the index lie before `value` (a month, or a whole year in an index of years)."""
    if not isinstance(index, pd.DatetimeIndex):
        return int(index.searchsorted(value))
    return int(index.searchsorted(month(value, name).start_time))


def cut_to(values: Any, start: object, end: object) -> Any:
    """The rows from start to end, both inclusive."""
    low = 0 if start is None else place_of(values.index, start, "start")
    high = len(values)
    if end is not None:
        high = place_of(values.index, end, "end")
        high += high < len(values) and said_period(values.index[high]) == (
            f"{month(end, 'end')}" if isinstance(values.index, pd.DatetimeIndex) else str(end)
        )
    if low >= high:
        raise NoDataError(f"no period from {start} to {end}: there is {span_of(values.index)}")
    return values.iloc[low:high]


def place_inside(index: pd.Index, date: object, *, least_after: int) -> int:
    """Place of the date in the window; there must be periods before and after it."""
    at = place_of(index, date, "date")
    if at < LEAST_PRE or len(index) - at < least_after or (at == 0):
        raise RequestError(
            f"the date {said_period(date)} leaves {at} periods before it and {len(index) - at} from it on in "
            f"{span_of(index)}; at least {LEAST_PRE} before and {least_after} after are needed. "
            "Choose a date inside the window"
        )
    return at
