"""Korea Customs beside the compiled extracts: the open API's XML, and export tables of KITA K-stat."""

import csv
import io
import re
import xml.etree.ElementTree as xml
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from research import dyads, materials
from research.errors import DataError, NoDataError
from research.register import Resource
from research.sources.flows import VALUATION, FlowIntake, finish, known_points, read_bytes, text_of
from research.sources.intake import Cleaned

_TAGS = ("expDlr", "expWgt", "hsCd", "impDlr", "impWgt", "statCd", "year")
_TOTAL = "총계"
_KITA = ("Item", "Country", "Year", "Month", "Export_dollar", "Export_weight", "Import_dollar", "Import_weight")
# The same office's figures as others keep them: item and partner, or partner, stand in the file's name.
_MONTHLY = ("Year", "Month", "ImportDollar", "ImportKg")
_ANNUAL = ("Year", "HS10", "ExportQuantityDollar", "ExportQuantityKg", "ImportQuantityDollar", "ImportQuantityKg")
_NAMED = re.compile("Korea(?P<partner>[A-Za-z]+?)(?P<item>HF|PI)trade(Monthly)?")
_ITEMS = {"HF": "hydrogen_fluoride", "PI": "polyimide_film"}
_FLOWS = {"export": ("Export_dollar", "Export_weight"), "import": ("Import_dollar", "Import_weight")}
_REGIONS = ("Asia", "Europe", "NorthAmerica", "SouthAmerica", "Africa", "Oceania", "MiddleEast", "World", "Total")
# As Korea Customs publishes it: catches a table in thousand dollars.
_KNOWN = {
    ("2811111000", "JPN", "import", tuple(f"2019-{month:02d}-01" for month in range(1, 13))): 36_335_322.0,
}
_KNOWN_YEARS = {
    ("2811111000", "JPN", "import", ("2019-01-01",)): 36_335_322.0,
    ("3920999010", "JPN", "import", ("2016-01-01",)): 14_634_259.0,
}


def clean_korea_customs_api(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: what Korea recorded with one partner under one code, one flow, in one month.

    Source: Korea Customs Service open API (item by country), one answer in XML. In: whole USD, kg; ISO2
    codes; `YYYY.MM`. Out: `trade`; exports fob, imports cif, edition KR-HSK; an item becomes two rows;
    `line` is the item's number plus one. The total row is out of scope (`total_row`). Missing rule: the API
    writes 0 for missing too; an item with nothing in it is rejected (`empty_row`); an answer with a total
    and no items is a month not yet published. Raises: DataError on an error body (quota, key), no XML, or
    two levels of code in one answer; NoDataError where no item is published.
    """
    file = resource.path if resource else path.as_posix()
    items = _items(text_of(path, file), file)
    rows = pd.DataFrame(items, columns=list(_TAGS), dtype="str").assign(line=range(2, len(items) + 2))
    intake = FlowIntake(path, resource, rows)
    total = intake.rows["year"] == _TOTAL
    if total.all():
        raise NoDataError(f"{file}: unpublished: the answer has a total and no items: not zero; ask again later")
    intake.leave_out(total, "total_row")
    intake.reject(~intake.rows["year"].str.fullmatch(r"[12][0-9]{3}\.(0[1-9]|1[0-2])"), "month_ambiguous")
    intake.reject(~intake.rows["hsCd"].str.fullmatch("[0-9]{6}|[0-9]{10}"), "hs_length")
    intake.codes_in_edition("hsCd", pd.Series("KR-HSK", index=intake.rows.index))
    levels = sorted(intake.rows["hsCd"].str.len().unique())
    intake.refuse(len(levels) > 1, f"mixed levels: codes of {levels} digits", "ask for one level: they hold each other")
    period = pd.to_datetime(intake.rows["year"].str.replace(".", "-") + "-01")
    intake.put(period=period, partner=intake.states("statCd", "iso2"), hs_code=intake.rows["hsCd"])
    intake.codes_in_force("hs_code", "period", materials.years_in_force("KOR"))
    flows = {"export": ("expDlr", "expWgt"), "import": ("impDlr", "impWgt")}
    return intake.cleaned("trade", _by_flow(intake, flows, "korea_customs_api"))


def _items(text: str, file: str) -> list[list[str]]:
    """The ten-tag items of an answer. Raises DataError on an error body."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DataError(f"{file}: api_error: the XML declares a document type: an error page, not an answer")
    try:
        root = xml.fromstring(text)
    except xml.ParseError as fault:
        raise DataError(f"{file}: not XML ({fault}): truncated or an error page; ask again") from None
    code = root.findtext(".//returnReasonCode") or root.findtext(".//resultCode") or ""
    told = root.findtext(".//returnAuthMsg") or root.findtext(".//resultMsg") or ""
    if code not in ("00", "0"):
        kind = {"22": " (daily quota)", "30": " (key not registered)"}.get(code, "")
        raise DataError(f"{file}: api_error {code or 'without a code'}{kind}: {told or 'no message'}; ask again")
    items = root.findall("./body/items/item")
    if not items:
        raise NoDataError(f"{file}: the answer holds no item")
    lacking = [tag for tag in _TAGS if items[0].find(tag) is None]
    if lacking:
        raise DataError(f"{file}: items lack the tags {', '.join(lacking)}")
    return [[(item.findtext(tag) or "").strip() for tag in _TAGS] for item in items]


def _by_flow(
    intake: FlowIntake, flows: dict[str, tuple[str, str]], source: str, *, frequency: str = "M"
) -> pd.DataFrame:
    """Each item once a flow (dollars and kilograms of each), in the columns of `trade`."""
    columns = [column for pair in flows.values() for column in pair]
    numbers = {column: intake.amounts(column, empty=False) for column in columns}
    below = sum((numbers[dollars].reindex(intake.rows.index) < 0).astype(int) for dollars, _ in flows.values()) > 0
    intake.reject(below, "value_negative")
    nothing = sum(numbers[column].reindex(intake.rows.index).abs() for column in columns) == 0
    if source == "korea_customs_api":
        intake.reject(nothing, "empty_row")
    intake.once_or_refuse("period", "hs_code", "partner")
    parts = []
    for flow, (dollars, kilos) in flows.items():
        before = intake.rows["flags"]
        value = numbers[dollars].reindex(intake.rows.index)
        weight = intake.weights(value, numbers[kilos])
        part = intake.rows[["period", "partner", "hs_code", "line", "flags"]]
        parts.append(part.assign(flow=flow, valuation=VALUATION[flow], value=value, weight_kg=weight))
        intake.put(flags=before)
    frame = pd.concat(parts, ignore_index=True)
    known_points(intake, frame, _KNOWN if frequency == "M" else _KNOWN_YEARS, "USD")
    same = {"source": source, "reporter": "KOR", "hs_edition": "KR-HSK", "currency": "USD"}
    return finish(frame, frequency=frequency, quantity=np.nan, quantity_unit=None, **same)


def clean_kita(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: what Korea recorded with one partner under one ten-digit code, one flow, in one month or year.

    Source: Korea Customs Service through KITA K-stat, workbook or CSV: with Item, Country, Year, Month and four
    amounts; or the imports of one item and partner by month, both named by the file (`KoreaJapanHFtradeMonthly.xlsx`,
    `named_by_file`); or by year with HS10, the partner named by the file (`KoreaJapanPItrade.xlsx`). The name of a
    sheet is never believed. In: USD, kg; partners in KITA's English. Out: `trade`; exports fob, imports cif, edition
    KR-HSK; a row becomes one a flow. Codes that lost a leading zero are padded (`hs_pad`). Missing rule: zeros are
    written everywhere and stay, but a zero before a code was in force is missing, out of scope
    (`code_not_in_force`). Groups of countries are out of scope (`partner_region`). Raises: DataError on other
    columns, a name that does not say item and partner, a file in thousand dollars, an unknown partner. Rejects rows
    without a partner (`no_partner`).
    """
    file = resource.path if resource else path.as_posix()
    records = _workbook(path, file) if path.suffix.lower() == ".xlsx" else _table(path, file)
    rows = _framed(records, path.name, file)
    intake = FlowIntake(path, resource, rows)
    if not set(_KITA) <= set(records[0]):
        intake.note_repair(
            "named_by_file", rows["line"] > 0, lambda row: f"{path.name} -> {row['Item']} {row['Country']}"
        )
    intake.reject(intake.rows["Country"] == "", "no_partner")
    intake.leave_out(intake.rows["Country"].isin(_REGIONS), "partner_region")
    code = intake.rows["Item"]
    intake.repair("Item", code.where(code.str.len() != 9, "0" + code), "hs_pad")
    intake.codes("Item", 10, "hs_length")
    intake.codes_in_edition("Item", pd.Series("KR-HSK", index=intake.rows.index))
    annual = "Month" not in intake.rows
    if annual:
        period = intake.years("Year")
    else:
        intake.put(month=intake.rows["Year"] + "-" + intake.rows["Month"].str.zfill(2))
        period = intake.months("month")
    states = intake.states("Country", "korea_customs")
    spelled = intake.rows["Country"] != states.map(dyads.name)
    intake.note_repair("partner_alias", spelled, lambda row: f"{row['Country']} -> {dyads.name(states[row.name])}")
    intake.put(partner=states, period=period, hs_code=intake.rows["Item"])
    flows = {flow: pair for flow, pair in _FLOWS.items() if pair[0] in intake.rows}
    intake.leave_out(_not_in_force(intake.rows), "code_not_in_force")
    intake.codes_in_force("hs_code", "period", materials.years_in_force("KOR"))
    return intake.cleaned("trade", _by_flow(intake, flows, "kita", frequency="A" if annual else "M"))


def _not_in_force(rows: pd.DataFrame) -> pd.Series:
    """Zeros written for years in which the code did not exist, by the material cards."""
    amounts = rows[[column for column in _KITA[4:] if column in rows]]
    zero = amounts.apply(lambda column: column.str.fullmatch(r"0+(\.0+)?")).all(axis=1)
    before = pd.Series(False, index=rows.index)
    for code, (first, last) in materials.years_in_force("KOR").items():
        of_code, year = rows["hs_code"] == code, rows["period"].dt.year
        before |= of_code & ((year < (first or 0)) | (year > (last or 9999)))
    return before & zero


def _workbook(path: Path, file: str) -> list[list[str]]:
    import openpyxl  # takes longer to load than most files to read

    try:
        book = openpyxl.load_workbook(io.BytesIO(read_bytes(path)), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, OSError):
        raise DataError(f"{file}: not a workbook: damaged, or another format under this name; get it again") from None
    return [
        ["" if cell is None else _written(cell) for cell in row]
        for row in book.worksheets[0].iter_rows(values_only=True)
    ]


def _written(cell: object) -> str:
    """A cell as text; whole numbers without a point."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _table(path: Path, file: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(path, file), newline="")))


def _framed(records: list[list[str]], name: str, file: str) -> pd.DataFrame:
    """The records in the columns of the widest layout; what the file's name says stands in each row."""
    head = records[0] if records else []
    lines = [(line, row[: len(head)]) for line, row in enumerate(records[1:], start=2) if any(row)]
    frame = pd.DataFrame([row for _, row in lines], columns=head, dtype="str").assign(line=[line for line, _ in lines])
    if set(_KITA) <= set(head):
        return frame[[*_KITA, "line"]]
    if set(_ANNUAL) <= set(head):
        ours = ("Year", "Item", *_KITA[4:])
        frame = frame[[*_ANNUAL, "line"]].rename(columns=dict(zip(_ANNUAL, ours, strict=True)))
        return frame.assign(Country=_from_name(name, file)[0])
    if set(_MONTHLY) <= set(head):
        ours = ("Year", "Month", *_FLOWS["import"])
        frame = frame[[*_MONTHLY, "line"]].rename(columns=dict(zip(_MONTHLY, ours, strict=True)))
        partner, item = _from_name(name, file)
        return frame.assign(Country=partner, Item=item)
    lacking = [column for column in _KITA if column not in head]
    raise DataError(
        f"{file}, line 1: columns missing: {', '.join(lacking)}; expected {', '.join(_KITA)}; or, with the partner in "
        f"the file's name, {', '.join(_MONTHLY)} or {', '.join(_ANNUAL)}"
    )


def _from_name(name: str, file: str) -> tuple[str, str]:
    """Partner and code that a file's name says. Raises DataError where it does not say both."""
    found = _NAMED.match(name)
    if not found:
        raise DataError(
            f"{file}: item and partner stand in no column, and the name does not say them as in "
            f"KoreaJapanHFtradeMonthly.xlsx (items {', '.join(_ITEMS)}); name the file so, or add the columns"
        )
    return found["partner"], materials.find(_ITEMS[found["item"]]).hs_code
