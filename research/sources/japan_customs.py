"""Japan Customs: nine-digit items by country, from the bulk CSV and its variants, and from the e-Stat API."""

import csv
import io
import json
import re
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from research.errors import DataError, NoDataError
from research.register import Resource
from research.sources.flows import VALUATION, FlowIntake, finish, known_points, read_bytes, text_of
from research.sources.intake import Cleaned

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MEASURES = ("Quantity1", "Quantity2", "Value")
_COLUMNS = ["Exp or Imp", "Year", "HS", "Unit1", "Unit2"] + [
    f"{measure}-{time}" for time in ("Year", *MONTHS) for measure in _MEASURES
]
_FLOW = {"1": "export", "2": "import"}
_KILOS = {"KG": 1.0, "MT": 1000.0, "TON": 1000.0}
_UNITS = {
    "NO": "items", "L": "litres", "KL": "kilolitres", "SM": "m2", "CM": "m3", "M": "m", "PR": "pairs", "DZ": "dozens",
    "TH": "1000 items", "GR": "g", "CT": "carats", "MWH": "MWh", "ST": "sets",
}  # fmt: skip
# Partners of the ministry's list that are no state of ours: dependent territories, parts of states, Kosovo, unknown.
_AREAS = frozenset(
    """216 219 248 249 301 303 314 317 325 326 327 328 332 334 337 338 405 414 415 502 508 523 537 548 557 605 607 608
    609 616 618 619 620 621 622 627 701 702 703""".split()
)
YEN = 1000  # what a figure of one means
# Quoted by the press for July 2019: catches a file in dollars.
_KNOWN = {("281111000", "KOR", "export", ("2019-07-01",)): 400_970_000.0}
_EXPORT_TABLES = ("0003228116", "0003228117", "0003228118", "0003313965", "0003425293", "0004049306")
_IMPORT_TABLES = ("0003228183", "0003228184", "0003228185", "0003313966", "0003425294", "0004049326")
_NOT_GIVEN = ("-", "", "***", "X")


def clean_japan_customs(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: what Japan recorded with one partner under one nine-digit code, one flow, in one month.

    Source: Ministry of Finance Japan, Trade Statistics, bulk CSV: by country, of the world (partner WLD), by
    customs office (offices are summed, `office_sum`), and the time series of all goods (d41, d42). In:
    cp932, thousand yen, two quantities. Out: `trade`; whole yen, exact to the thousand; weight from the slot
    in KG or MT, the other slot is `quantity`; exports fob, imports cif; edition JP-9. A row becomes one row
    a month. Missing rule: zero is zero or less than 1,000 yen; months at the end of the latest year in which
    the whole file has nothing are not published, and give no row. Raises: DataError on another header, a
    file of principal commodities, kilograms read from the wrong slot, or values that are not thousand yen.
    """
    file = resource.path if resource else path.as_posix()
    text, encoding = _decoded(path, file)
    records = list(csv.reader(io.StringIO(text, newline="")))
    if not records:
        raise NoDataError(f"{file}: the file is empty")
    if any("Exp-Total" in field or re.match("Exp-[0-9]{3}", field.strip()) for row in records[:4] for field in row):
        return _series(path, resource, records)
    names = [name.strip().replace("-Apl", "-Apr") for name in records[0]]
    _check_header(names, file)
    even = [(n, f) for n, f in enumerate(records[1:], start=2) if len(f) == len(names)]
    ragged = [(n, f) for n, f in enumerate(records[1:], start=2) if f and len(f) != len(names)]
    rows = pd.DataFrame([fields for _, fields in even], columns=names, dtype="str")
    intake = FlowIntake(path, resource, rows.assign(line=[line for line, _ in even]), ragged)
    every = pd.Series(True, index=intake.rows.index)
    if encoding != "cp932":
        intake.note_repair("encoding", every, lambda _: f"cp932 expected, {encoding} read")
    if any("-Apl" in name for name in records[0]):
        intake.note_repair("apl_apr", every, lambda _: "Apl -> Apr in the header")
    _settle(intake)
    return intake.cleaned("trade", _monthly(intake))


def _decoded(path: Path, file: str) -> tuple[str, str]:
    data = read_bytes(path)
    for encoding in ("utf-8-sig", "cp932") if data.startswith(b"\xef\xbb\xbf") else ("cp932", "utf-8"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise DataError(f"{file}: wrong encoding: neither cp932 nor UTF-8; expected the publisher's cp932 file")


def _check_header(names: list[str], file: str) -> None:
    if "Commodity" in names:
        raise DataError(f"{file}: pc_file: principal commodities have no HS code; get the file by HS code and country")
    lacking = [name for name in _COLUMNS if name not in names]
    extra = [name for name in names if name not in (*_COLUMNS, "Country", "Custom")]
    if lacking or extra:
        raise DataError(
            f"{file}, line 1: unknown_header: missing {', '.join(lacking[:4]) or 'nothing'}, not expected "
            f"{', '.join(extra[:4]) or 'nothing'}; expected 44 to 46 columns from Exp or Imp to Value-Dec"
        )


def _settle(intake: FlowIntake) -> None:
    """Codes, countries, years; numbers of every cell."""
    for column, name in (("HS", "hs_quote"), ("Unit1", "unit_blanks"), ("Unit2", "unit_blanks")):
        stripped = intake.rows[column].str.strip("' ")
        if column == "HS":
            intake.repair(column, stripped, name)
        else:
            intake.put(**{column: stripped})
    intake.reject(~intake.rows["HS"].str.fullmatch("[0-9]{9}"), "hs_length")
    intake.codes_in_edition("HS", pd.Series("JP-9", index=intake.rows.index))
    intake.reject(~intake.rows["Exp or Imp"].isin(_FLOW), "flow_unknown")
    intake.reject(~intake.rows["Year"].str.fullmatch("[12][0-9]{3}"), "year_invalid")
    if "Country" in intake.rows:
        intake.leave_out(intake.rows["Country"].isin(_AREAS), "partner_area")
        intake.put(partner=intake.states("Country", "japan_customs"))
    else:
        intake.put(partner=pd.Series("WLD", index=intake.rows.index))
    amounts = [column for column in intake.rows if column.startswith(_MEASURES)]
    bad = pd.Series(False, index=intake.rows.index)
    for column in amounts:
        bad |= ~intake.rows[column].str.strip().str.fullmatch("-?[0-9]{1,15}")
    intake.reject(bad, "number_invalid")
    below = (intake.rows[[c for c in amounts if c.startswith("Value")]].astype("int64") < 0).any(axis=1)
    intake.reject(below, "value_negative")
    intake.put(**{column: intake.rows[column].astype("int64").astype("float64") for column in amounts})
    if "Custom" in intake.rows:
        _sum_offices(intake, amounts)
    else:
        intake.once_or_refuse("Exp or Imp", "Year", "HS", "partner")
    rows = intake.rows
    months = rows[[f"Value-{month}" for month in MONTHS]].sum(axis=1)
    intake.flag(months != rows["Value-Year"], "year_total_differs")


def _sum_offices(intake: FlowIntake, amounts: list[str]) -> None:
    """Rows of several customs offices become one; those after the first of a key are counted as merged."""
    key = ["Exp or Imp", "Year", "HS", "partner"]
    twice = intake.rows.duplicated([*key, "Custom"], keep=False)
    intake.refuse(bool(twice.any()), f"dup_key: {twice.sum()} rows repeat an office's key", "get the file again")
    sums = intake.rows.groupby(key)[amounts].transform("sum")
    later = intake.rows.duplicated(key)
    intake.note_repair("office_sum", later, lambda row: f"office {row['Custom']} added to the first of {row['HS']}")
    intake.put(**{column: sums[column] for column in amounts})
    intake._merged += int(later.sum())
    intake.rows = intake.rows[~later]


def _monthly(intake: FlowIntake) -> pd.DataFrame:
    """One row a month, in the columns of `trade`; months nobody published left out."""
    parts = []
    for number, month in enumerate(MONTHS, start=1):
        named = {f"{measure}-{month}": name for measure, name in zip(_MEASURES, ("q1", "q2", "v"), strict=True)}
        part = intake.rows[["Exp or Imp", "Year", "HS", "Unit1", "Unit2", "partner", "flags", "line", *named]]
        parts.append(part.rename(columns=named).assign(month=number))
    return _tidy(intake, pd.concat(parts, ignore_index=True), "japan_customs")


def _tidy(intake: FlowIntake, cells: pd.DataFrame, source: str) -> pd.DataFrame:
    """Cells (one item, country and month; q1, q2, v) in the columns of `trade`."""
    published = _published(cells)
    late = ~published & cells["line"].isin(cells.loc[published, "line"])
    if not published.all():
        first = cells[~published].iloc[0]
        intake._repaired["tail_unpublished"] = {
            "count": int((~published).sum()),
            "example": f"line {first['line']}: {first['Year']}-{first['month']:02d} is zero in the whole file",
        }
        if not late.any():
            raise NoDataError(f"{intake.file}: every value is zero: no month of it is published")
    cells = cells[published].reset_index(drop=True)
    in_kg = {slot: cells[f"Unit{slot}"].map(_KILOS) for slot in (1, 2)}
    weight = (cells["q1"] * in_kg[1]).fillna(cells["q2"] * in_kg[2])
    _check_slot(intake, cells, in_kg)
    other = {slot: (cells[f"Unit{slot}"] != "") & in_kg[slot].isna() for slot in (1, 2)}
    quantity = cells["q2"].where(other[2], cells["q1"].where(other[1]))
    unit = cells["Unit2"].where(other[2], cells["Unit1"].where(other[1]))
    value = cells["v"] * YEN
    flags = cells["flags"].where(weight.isna() | (weight >= 0), cells["flags"] + ";weight_negative:" + weight.map(str))
    flags = flags.mask((weight == 0) & (value > 0), flags + ";weight_zero")
    flags = flags.mask((value == 0) & ((weight > 0) | (quantity > 0)), flags + ";value_below_unit")
    flags = flags.mask(unit.notna() & ~unit.isin(_UNITS), flags + ";unit_unknown")
    flags = flags.mask(weight.isna() & quantity.isna() & (value > 0), flags + ";quantity_missing")
    frame = pd.DataFrame(
        {
            "period": pd.to_datetime({"year": cells["Year"].astype(int), "month": cells["month"], "day": 1}),
            "partner": cells["partner"],
            "flow": cells["Exp or Imp"].map(_FLOW),
            "hs_code": cells["HS"],
            "value": value,
            "weight_kg": weight.mask((weight < 0) | ((weight == 0) & (value > 0))),
            "quantity": quantity,
            "quantity_unit": unit.map(_UNITS).fillna(unit),
            "line": cells["line"],
            "flags": flags.str.strip(";"),
        }
    )
    known_points(intake, frame, _KNOWN, "JPY")
    same = {"source": source, "frequency": "M", "reporter": "JPN", "hs_edition": "JP-9", "currency": "JPY"}
    return finish(frame, valuation=frame["flow"].map(VALUATION), **same)


def _published(cells: pd.DataFrame) -> pd.Series:
    """Whether a month is out: the latest year of each flow ends at its last month with any value."""
    year = cells["Year"].astype(int)
    moment = year * 12 + cells["month"]
    published = pd.Series(True, index=cells.index)
    for flow in cells["Exp or Imp"].unique():
        of = cells["Exp or Imp"] == flow
        valued = moment[of & (cells["v"] > 0)]
        last = valued.max() if len(valued) else -1
        published &= ~(of & (year == year[of].max()) & (moment > last))
    return published


def _check_slot(intake: FlowIntake, cells: pd.DataFrame, in_kg: dict[int, pd.Series]) -> None:
    """Kilograms stand in the second slot as a rule: a file whose kilograms are all zero was read from the wrong one."""
    weighed = in_kg[1].notna() | in_kg[2].notna()
    weight = (cells["q1"] * in_kg[1]).fillna(cells["q2"] * in_kg[2])
    filled = ((cells["q1"] != 0) | (cells["q2"] != 0))[weighed].any()
    wrong = bool(weighed.any()) and bool((weight[weighed] == 0).all()) and bool(filled)
    intake.refuse(wrong, "wrong_slot: the slot in KG is zero in every row, the other is not", "check the two units")


def _series(path: Path, resource: Resource | None, records: list[list[str]]) -> Cleaned:
    """The time series of all goods: a line a month, a column a flow and country."""
    head = next(n for n, row in enumerate(records) if any(f.strip().startswith(("Exp-", "Imp-")) for f in row))
    names = [name.strip() for name in records[head]]
    body = [
        (n, row)
        for n, row in enumerate(records, start=1)
        if n > head + 1 and re.match("[12][0-9]{3}/", row[0] if row else "")
    ]
    rows = pd.DataFrame([row for _, row in body], columns=names, dtype="str").assign(line=[n for n, _ in body])
    intake = FlowIntake(path, resource, rows)
    intake.reject(~intake.rows[names[0]].str.fullmatch("[12][0-9]{3}/(0[1-9]|1[0-2])"), "month_invalid")
    amounts = names[1:]
    bad = ~intake.rows[amounts].apply(lambda column: column.str.strip().str.fullmatch("[0-9]{1,15}")).all(axis=1)
    intake.reject(bad, "number_invalid")
    values = intake.rows[amounts].apply(lambda column: column.str.strip().astype("int64").astype("float64"))
    valued = intake.rows.loc[(values > 0).any(axis=1), names[0]]
    intake.leave_out(intake.rows[names[0]] > (valued.max() if len(valued) else ""), "month_unpublished")
    parts = []
    for column in amounts:
        flow, code = column.split("-", 1)
        intake.put(code=pd.Series("0" if code == "Total" else code, index=intake.rows.index))
        if code in _AREAS:
            continue
        partner = "WLD" if code == "Total" else intake.states("code", "japan_customs")
        flow = {"Exp": "export", "Imp": "import"}[flow]
        parts.append(
            intake.rows[["line", "flags"]].assign(
                period=pd.to_datetime(intake.rows[names[0]] + "/01", format="%Y/%m/%d"),
                partner=partner,
                flow=flow,
                value=values[column] * YEN,
                valuation=VALUATION[flow],
            )
        )
    same = {"source": "japan_customs", "frequency": "M", "reporter": "JPN", "hs_code": "TOTAL", "hs_edition": "JP-9"}
    frame = finish(pd.concat(parts, ignore_index=True), weight_kg=np.nan, currency="JPY", **same)
    return intake.cleaned("trade", frame)


def clean_estat(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: what Japan recorded with one partner under one nine-digit code, one flow, in one month.

    Source: e-Stat API (getStatsData, JSON), table of items by country. A paged answer is one file: its pages
    one after another. In: one cell a record; thousand yen. Out: as `clean_japan_customs`; unit and quantity
    records are merged into the month's value. Missing rule: `-`, `***`, `X` and empty are missing; months in
    which no item has a value at the end of the latest year are not published. Raises: DataError on an error
    told with HTTP 200, a page that is missing, a table whose flow is not known, values not in thousand yen;
    NoDataError where nothing matched.
    """
    file = resource.path if resource else path.as_posix()
    pages = [_page(page, file) for page in _answers(text_of(path, file), file)]
    records = [record for page in pages for record in page["records"]]
    _check_pages(pages, len(records), file)
    rows = pd.DataFrame(records).fillna("").astype("str")
    for column in ("cat01", "cat02", "area", "time", "unit", "flow", "value"):
        if column not in rows:
            rows[column] = ""
    intake = FlowIntake(path, resource, rows.assign(line=range(2, len(rows) + 2)))
    if any(page["single"] for page in pages):
        intake.note_repair("single_value", pd.Series(True, intake.rows.index), lambda _: "one object -> a list of one")
    return intake.cleaned("trade", _tidy(intake, _cells(intake), "estat"))


def _answers(text: str, file: str) -> list[dict]:
    """Every JSON answer of the text, one after another."""
    decoder, answers, at = json.JSONDecoder(parse_float=str, parse_int=str), [], 0
    text = text.strip()
    while at < len(text):
        try:
            answer, end = decoder.raw_decode(text, at)
        except ValueError:
            begins = text[at : at + 40]
            raise DataError(
                f"{file}: not JSON (it begins {begins!r}): an error page, not an answer; ask again"
            ) from None
        answers.append(answer)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    if not answers:
        raise NoDataError(f"{file}: the file is empty")
    return answers


def _page(answer: dict, file: str) -> dict:
    """One answer: its records and what it says of the whole."""
    body = answer.get("GET_STATS_DATA") if isinstance(answer, dict) else None
    if not isinstance(body, dict) or "RESULT" not in body:
        raise DataError(f"{file}: no GET_STATS_DATA in the answer: not an answer of e-Stat's getStatsData")
    status = str(body["RESULT"].get("STATUS"))
    if status == "1":
        raise NoDataError(f"{file}: e-Stat found nothing (STATUS 1): {body['RESULT'].get('ERROR_MSG', '')}")
    if status != "0":
        told = body["RESULT"].get("ERROR_MSG", "")
        raise DataError(f"{file}: api_error: e-Stat answers STATUS {status}: {told}; nothing was delivered")
    data = body["STATISTICAL_DATA"]
    values = data["DATA_INF"]["VALUE"]
    table = str(data.get("TABLE_INF", {}).get("@id") or body.get("PARAMETER", {}).get("STATS_DATA_ID", ""))
    if table not in (*_EXPORT_TABLES, *_IMPORT_TABLES):
        raise DataError(f"{file}: table {table!r} is not known as exports or imports; add it in japan_customs.py")
    flow = "1" if table in _EXPORT_TABLES else "2"
    single = isinstance(values, dict)
    records = [
        {**{key.lstrip("@"): of for key, of in row.items() if key != "$"}, "value": row.get("$", ""), "flow": flow}
        for row in ([values] if single else values)
    ]
    return {"records": records, "single": single, **data.get("RESULT_INF", {})}


def _check_pages(pages: list[dict], found: int, file: str) -> None:
    total = int(pages[0].get("TOTAL_NUMBER", found))
    if "NEXT_KEY" in pages[-1] or found != total:
        raise DataError(
            f"{file}: truncated: {found:,} of {total:,} records; a page is missing: put all pages into one file, one "
            "after another, until an answer has no NEXT_KEY"
        )


def _cells(intake: FlowIntake) -> pd.DataFrame:
    """Value records with the unit and quantity records of the same item and month beside them."""
    plain = intake.rows["value"].map(lambda text: unicodedata.normalize("NFKC", text).strip())
    intake.repair("value", plain, "nfkc")
    intake.reject(~intake.rows["cat01"].str.fullmatch("[0-9]{9}"), "hs_length")
    intake.reject(~intake.rows["time"].str.fullmatch("[12][0-9]{9}"), "year_invalid")
    kind = intake.rows["cat02"]
    intake.leave_out(kind.isin(["120", "130", "140"]), "year_total")
    intake.reject(~intake.rows["cat02"].isin(["100", "110", *map(str, range(150, 501, 10))]), "measure_unknown")
    in_yen = (
        intake.rows["unit"].map(lambda text: unicodedata.normalize("NFKC", text).strip()).isin(["千円", "", "1000YEN"])
    )
    number = pd.to_numeric(intake.rows["cat02"])
    is_value = (number >= 150) & (number % 30 == 20)
    foreign = intake.rows.loc[is_value & ~in_yen, "unit"]
    told = foreign.iloc[0] if len(foreign) else ""
    intake.refuse(len(foreign) > 0, f"unit_unknown: values are in {told!r}, thousand yen expected", "get the yen table")
    intake.leave_out(intake.rows["area"].str.removeprefix("50").isin(_AREAS), "partner_area")
    intake.put(partner=intake.states("area", "estat"))
    intake.once_or_refuse("flow", "cat01", "area", "time", "cat02")
    rows = intake.rows.assign(number=pd.to_numeric(intake.rows["cat02"]))
    rows["month"] = (rows["number"] - 150) // 30 + 1
    return _beside(intake, rows)


def _beside(intake: FlowIntake, rows: pd.DataFrame) -> pd.DataFrame:
    """The pivot; records merged into a value's row are counted, those without a value to join are rejected."""
    item = ["flow", "cat01", "area", "time"]
    measured = rows["number"] >= 150
    name = (rows["number"] % 30).map({20: "v", 0: "q1", 10: "q2"})
    values = rows[measured & (name == "v")]
    empty = values["value"].isin(_NOT_GIVEN)
    intake.leave_out(intake.rows.index.isin(values.index[empty]), "not_given") if empty.any() else None
    values = values[~empty]
    intake.reject(
        intake.rows.index.to_series().isin(values.index[~values["value"].str.fullmatch("-?[0-9]+")]), "number_invalid"
    )
    values = values[values["value"].str.fullmatch("[0-9]+")]
    merged = values.rename(columns={"value": "v"})[[*item, "month", "v", "partner", "flags", "line"]]
    for number in ("q1", "q2"):
        part = rows.loc[measured & (name == number), [*item, "month", "value"]].rename(columns={"value": number})
        merged = merged.merge(part, how="left", on=[*item, "month"], validate="one_to_one")
    for code, unit in ((100, "Unit1"), (110, "Unit2")):
        part = rows.loc[rows["number"] == code, [*item, "value"]].rename(columns={"value": unit})
        merged = merged.merge(part, how="left", on=item, validate="many_to_one")
    beside = intake.rows.index.difference(values.index)
    intake._merged += len(beside)
    intake.rows = intake.rows.drop(index=beside)
    cells = merged.rename(columns={"flow": "Exp or Imp", "cat01": "HS"}).assign(Year=merged["time"].str[:4])
    for column in ("v", "q1", "q2"):
        cells[column] = pd.to_numeric(cells[column], errors="coerce").astype("float64")
    cells[["Unit1", "Unit2"]] = cells[["Unit1", "Unit2"]].fillna("")
    return cells
