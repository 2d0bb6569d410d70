"""What every measure asks of what it is given: columns that are there, dates that are dates, months."""

import re
from datetime import date

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_dtype

from research.errors import DataError, RequestError

MONTH = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def require_columns(table: pd.DataFrame, needed: list[str], what: str) -> None:
    """Raise DataError naming the columns `what` needs and lacks, and those it has."""
    lacking = [column for column in needed if column not in table]
    if lacking:
        raise DataError(
            f"{what} lack the columns {', '.join(lacking)}; there are {', '.join(map(str, table.columns))}. "
            "Read them with research.warehouse.read"
        )


def require_dates(table: pd.DataFrame, column: str, what: str) -> None:
    """Raise DataError unless `column` holds datetime64 values and none is missing."""
    if not is_datetime64_dtype(table[column]):
        raise DataError(
            f"{column} of the {what} must be datetime64, not {table[column].dtype}; "
            f"first value: {table[column].iloc[0]!r}. Convert it with pandas.to_datetime"
        )
    if table[column].isna().any():
        raise DataError(f"{column} is missing in {what} rows {named_rows(table, table[column].isna())}")


def require_unrepeated(table: pd.DataFrame, key: list[str], what: str) -> None:
    """Raise DataError naming the rows that share a key: counted twice they would change every sum."""
    repeated = table.duplicated(key, keep=False)
    if repeated.any():
        shown = table.loc[repeated, key].head(4).astype(str).agg(" ".join, axis=1)
        raise DataError(
            f"{repeated.sum()} {what} rows repeat a key of {', '.join(key)}: {'; '.join(shown)} "
            f"(rows {named_rows(table, repeated)}). Keep one row a key, for instance one vintage"
        )


def named_rows(table: pd.DataFrame, chosen: pd.Series) -> str:
    """The first index labels of the chosen rows, for an error's message."""
    labels = [str(label) for label in table.index[chosen]]
    return ", ".join(labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")


def month(value: object, name: str) -> pd.Period:
    """The month `value` lies in, from "2019-07", "2019-07-15", a date or a Timestamp; else RequestError."""
    if isinstance(value, pd.Period) and value.freqstr == "M":
        return value
    # "2019" alone would be read as January: a year is not a month
    if isinstance(value, date | np.datetime64) or (isinstance(value, str) and MONTH.fullmatch(value)):
        try:
            read = pd.Timestamp(value)
        except ValueError:
            read = pd.NaT
        if read is not pd.NaT:
            return read.to_period("M")
    raise RequestError(f'{name}={value!r} is not a month; write it as "2019-07" or "2019-07-15"')
