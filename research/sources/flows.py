"""What every source of item trade shares: flags, numbers, codes, and the refusals that keep wrong files out."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from research.errors import DataError, RequestError
from research.register import Resource
from research.sources.intake import Intake

_DATE = re.compile(r"(?<![0-9])([12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))(?![0-9])")
_PLAIN = r"-?[0-9]{1,15}(\.[0-9]+)?"
# Headings by the edition that brought them in (3 of 2007, 4 of 2012, 5 of 2017, 6 of 2022): in an older one a slip.
_NEW_HEADINGS = {
    "8486": 3, "8487": 3, "0308": 4, "3826": 4, "9619": 4, "9620": 5,
    "0309": 6, "2404": 6, "3827": 6, "8549": 6, "8806": 6,
}  # fmt: skip
# The chapters of the Harmonized System; 98 and 99 are each country's own, and Japan has a chapter 00 for re-exports.
_CHAPTERS = frozenset(f"{chapter:02d}" for chapter in range(1, 100)) - {"77"}
VALUATION = {"import": "cif", "export": "fob"}


class FlowIntake(Intake):
    """An intake whose rows carry `flags`; the vintage is the register's, or the date that the file's name holds."""

    def __init__(
        self, path: Path, resource: Resource | None, rows: pd.DataFrame, ragged: Iterable[tuple[int, list[str]]] = ()
    ) -> None:
        super().__init__(path, resource, (), (rows, list(ragged)))
        if self.vintage is None and (dated := _DATE.findall(path.name)):
            self.vintage = dated[-1]
        self.rows = self.rows.assign(flags="")

    def flag(self, marked: pd.Series, name: str | pd.Series) -> None:
        """Notes something about rows that stay."""
        flags = self.rows["flags"]
        joined = flags.where(flags == "", flags + ";") + name
        self.put(flags=flags.where(~marked.reindex(self.rows.index, fill_value=False), joined))

    def amounts(self, column: str, *, empty: bool = True) -> pd.Series:
        """Numbers of a column of text; what is no plain number is rejected, `number_sci` where Excel rounded it."""
        text = self.rows[column]
        self.reject(text.str.fullmatch(r"-?[0-9.]+[eE][+-]?[0-9]+"), "number_sci")
        text = self.rows[column]
        self.reject(~text.str.fullmatch(_PLAIN) & (text != ""), f"{column}_not_a_number")
        if not empty:
            self.reject(self.rows[column] == "", f"{column}_missing")
        return pd.to_numeric(self.rows[column].replace("", None)).astype("float64")

    def weights(self, value: pd.Series, weight: pd.Series) -> pd.Series:
        """Kilograms that can be used: below zero (a correction) or zero beside a value is missing, with a flag."""
        weight, value = weight.reindex(self.rows.index), value.reindex(self.rows.index)
        below = weight < 0
        self.flag(below, "weight_negative:" + weight.map(lambda kg: f"{kg:g}").astype("str"))
        self.note_repair("weight_negative", below, lambda row: f"{weight[row.name]:g} kg -> missing, kept in flags")
        zero = (weight == 0) & (value > 0)
        self.flag(zero, "weight_zero")
        self.flag((weight > 0) & (value == 0), "value_zero")
        return weight.mask(below | zero)

    def refuse(self, broken: bool, what: str, do: str) -> None:
        """Raises DataError on the file as a whole."""
        if broken:
            raise DataError(f"{self.file}: {what}; {do}")

    def codes_in_edition(self, code: str, edition: pd.Series) -> None:
        """Rejects chapters that an edition has not, and headings of a later edition of the Harmonized System."""
        text, of = self.rows[code], edition.reindex(self.rows.index)
        chapter = text.str[:2]
        known = chapter.isin(_CHAPTERS) | (text == "TOTAL") | ((chapter == "00") & (of == "JP-9"))
        number = pd.to_numeric(of.str.removeprefix("H"), errors="coerce")
        late = text.str[:4].map(_NEW_HEADINGS).astype("float64") > number
        self.reject(~known | late, "hs_not_in_edition")

    def codes_in_force(self, code: str, period: str, years: Mapping[str, tuple[int | None, int | None]]) -> None:
        """Rejects what is recorded under a code in a year in which it did not exist, where a card says when it did."""
        first, last = (self.rows[code].map(lambda c, at=at: years.get(c, (None, None))[at]) for at in (0, 1))
        year = self.rows[period].dt.year
        self.reject((year < first.astype("float64")) | (year > last.astype("float64")), "hs_not_in_edition")

    def once_or_refuse(self, *key: str) -> None:
        """Equal repeats are merged; rows that differ under one key would be summed by a reader: the file is refused."""
        said = [name for name in self.rows if name not in ("line", "flags")]
        repeats = self.rows.duplicated(said)
        self._merged += int(repeats.sum())
        self.rows = self.rows[~repeats]
        twice = self.rows[self.rows.duplicated(list(key), keep=False)]
        if not twice.empty:
            first = ", ".join(str(twice.iloc[0][name]) for name in key)
            lines = ", ".join(map(str, twice["line"].head(4)))
            raise DataError(
                f"{self.file}: dup_key: {len(twice)} rows share a key and differ, first {first} (lines {lines}). "
                "A sum over them would count twice: get the file without its breakdown"
            )


def known_points(intake: FlowIntake, rows: pd.DataFrame, points: dict[tuple, float], unit: str) -> None:
    """Raises DataError where a figure that is known is off by more than a tenth: the file is in another unit."""
    for (code, partner, flow, period), known in points.items():
        asked = (rows["hs_code"] == code) & (rows["partner"] == partner) & (rows["flow"] == flow)
        found = rows.loc[asked & rows["period"].isin(pd.to_datetime(period)), "value"]
        if len(found) == len(period) and found.sum() > 0:
            off = found.sum() / known
            intake.refuse(
                not 0.9 < off < 1.1,
                f"unit_unknown: {code} {flow} {partner} from {period[0]} sums to {found.sum():,.0f} where {known:,.0f} "
                f"{unit} are known, a factor of {off:.4g}",
                f"the file is not in {unit} as declared: get it in that unit",
            )


def finish(rows: pd.DataFrame, **same: object) -> pd.DataFrame:
    """Rows in the columns of `trade`: what is the same for all of them added, empty flags missing."""
    frame = rows.assign(**same)
    for column, blank in (("quantity", np.nan), ("quantity_unit", None), ("is_estimated", False)):
        if column not in frame:
            frame[column] = blank
    return frame.assign(flags=frame["flags"].mask(frame["flags"] == ""))


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises RequestError where there is none."""
    try:
        return path.read_bytes()
    except OSError as fault:
        raise RequestError(f"cannot read {path.as_posix()}: {fault.strerror}") from None


def text_of(path: Path, file: str) -> str:
    """The file as UTF-8. Raises DataError naming the first byte that is not."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataError(
            f"{file}: wrong encoding: byte 0x{fault.object[fault.start]:02x} at offset {fault.start} is not UTF-8; "
            "expected encoding utf-8: get the publisher's own file"
        ) from None
