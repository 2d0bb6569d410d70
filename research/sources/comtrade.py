"""UN Comtrade: answers of the API, the old portal's CSV, and bulk files. One pipeline, three spellings of it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from research import dyads
from research.dyads import Dyad
from research.errors import DataError, NoDataError, RequestError
from research.register import Resource
from research.sources.archive import FileRefused, chunks
from research.sources.flows import VALUATION, FlowIntake, finish, text_of
from research.sources.intake import Cleaned
from research.sources.sift import PIECE, Asked, sift

# our name -> the API's, in lower case: its keys change their case from place to place
_V1 = {
    "period": "period", "reporter": "reportercode", "partner": "partnercode", "flow": "flowcode",
    "edition": "classificationcode", "hs_code": "cmdcode", "value": "primaryvalue", "partner2": "partner2code",
    "customs": "customscode", "mot": "motcode", "mos": "moscode", "cif": "cifvalue", "fob": "fobvalue",
    "weight": "netwgt", "unit": "qtyunitcode", "quantity": "qty", "alt_unit": "altqtyunitcode",
    "alt_quantity": "altqty",
    "quantity_estimated": "isqtyestimated", "weight_estimated": "isnetwgtestimated",
    "original": "isoriginalclassification",
    "aggregated": "isaggregate",
}  # fmt: skip
_NEEDED = ("period", "reporter", "partner", "flow", "hs_code", "value")
_LEGACY = {
    "edition": "Classification", "period": "Period", "level": "Aggregate Level", "flow": "Trade Flow",
    "reporter": "Reporter Code", "partner": "Partner Code", "partner2": "2nd Partner Code",
    "customs": "Customs Proc. Code", "mot": "Mode of Transport Code", "hs_code": "Commodity Code",
    "unit": "Qty Unit Code", "quantity": "Qty", "alt_unit": "Alt Qty Unit Code", "alt_quantity": "Alt Qty",
    "weight": "Netweight (kg)", "value": "Trade Value (US$)", "cif": "CIF Trade Value (US$)",
    "fob": "FOB Trade Value (US$)", "flag": "Flag",
}  # fmt: skip
_WHOLE = {"partner2": ("", "0"), "customs": ("", "C00", "0"), "mot": ("", "0"), "mos": ("", "0")}
_FLOW = {"M": "import", "X": "export", "Import": "import", "Export": "export"}
# Rows of these "partners" belong to no state of ours: areas not specified, bunkers, free zones, groups, dependencies;
# and states that are no more, which Comtrade keeps apart from those that followed them.
_AREAS = set(
    """97 129 221 290 471 472 473 492 527 536 568 577 636 637 697 711 837 838 839 849 879 899
    16 60 86 92 136 162 166 184 234 238 258 260 292 304 312 316 334 474 254 175 530 531 533 534 535 540 574 580 570 612
    638 652 654 660 663 666 732 772 796 876 239 74 80 581 830 831 832 833 248 744 850 10 500
    58 200 230 278 280 457 459 461 532 582 588 590 592 647 658 717 720 736 810 835 836 841 866 868 886
    890 891""".split()
)
# As the UN's reference tables of Comtrade have them (1 none, 8 kilograms).
_UNITS = {
    "2": "m2", "3": "1000 kWh", "4": "m", "5": "items", "6": "pairs", "7": "litres", "9": "1000 items",
    "10": "packs", "11": "dozens", "12": "m3", "13": "carats",
}  # fmt: skip
_NO_UNIT, _KG = ("", "-1", "1"), "8"
_CAPS = {"comtrade_v1": (500, 100_000, 250_000), "comtrade_legacy": (50_000, 100_000), "comtrade_bulk": ()}


def clean_comtrade_v1(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: what one state reported with one partner under one code, one flow, in one month or year.

    Source: UN Comtrade API version 1, the JSON of `get` or `preview`. In: USD, kg; UN numbers; keys in any
    case. Out: `trade`; whole USD; valuation cif or fob as the row shows, else by convention with a flag;
    edition H0 to H6; `line` is the record's number plus one. Breakdown rows (second partner, customs
    procedure, transport) and levels above the finest are out of scope. Missing rule: null is missing; a
    weight of zero beside a value is missing, flag weight_zero; no row is not zero. Raises: DataError where
    the answer holds an error, is no JSON, is cut off at a row cap, or repeats a key; NoDataError where it is
    empty.
    """
    file = resource.path if resource else path.as_posix()
    try:
        # numbers stay text until they are looked at
        answer = json.loads(text_of(path, file), parse_float=str, parse_int=str)
    except ValueError:
        start = text_of(path, file)[:40].strip()
        raise DataError(f"{file}: not JSON (it begins {start!r}): an error page, not an answer; ask again") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        told = answer.get("message") or answer.get("error") if isinstance(answer, dict) else None
        raise DataError(f"{file}: no list `data` in the answer{f': {told}' if told else ''}; ask again")
    if answer.get("error"):
        raise DataError(f"{file}: the answer holds an error: {answer['error']}; mend the query and ask again")
    if not answer["data"]:
        raise NoDataError(f"{file}: the answer is empty: a wrong parameter looks the same as no trade; check the query")
    if answer.get("count", "") not in ("", str(len(answer["data"]))):
        raise DataError(f"{file}: truncated: count says {answer['count']}, there are {len(answer['data'])}; ask again")
    rows = pd.DataFrame([{key.lower(): _text(of) for key, of in row.items()} for row in answer["data"]])
    cased = "cifValue" in answer["data"][0] or "fobValue" in answer["data"][0]
    return _cleaned("comtrade_v1", path, resource, _renamed(rows, file), "key_case" if cased else "")


def clean_comtrade_legacy(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: what one state reported with one partner under one code, one flow, in one month or year.

    Source: the retired Comtrade portal's CSV (35 columns). In: USD, kg. Out: as `clean_comtrade_v1`; the
    portal's valuation columns are empty, so it is by convention with flag valuation_assumed; is_estimated
    where its flag is 2, 4 or 6. Codes that lost their leading zero are padded to the row's level
    (`hs_pad`). Missing rule: as `clean_comtrade_v1`. Raises: DataError on another header, a wrong encoding,
    a round number of rows (cut off).
    """
    file = resource.path if resource else path.as_posix()
    records = list(csv.reader(io.StringIO(text_of(path, file), newline="")))
    lacking = [name for name in _LEGACY.values() if not records or name not in records[0]]
    if lacking:
        raise DataError(f"{file}, line 1: unknown_header: columns missing: {', '.join(lacking)}")
    rows, ragged = _even(records)
    rows = rows.rename(columns={theirs: ours for ours, theirs in _LEGACY.items()})[[*_LEGACY, "line"]]
    estimated = rows["flag"].isin(["2", "4", "6"]).map({True: "true", False: "false"})
    return _cleaned("comtrade_legacy", path, resource, rows.assign(quantity_estimated=estimated), "", ragged)


def clean_comtrade_bulk(
    path: Path, resource: Resource | None = None, *, pair: Dyad | None = None, codes: Sequence[str] = ()
) -> Cleaned:
    """One row: what one state reported with one partner under one code, one flow, in one month or year.

    Source: UN Comtrade bulk file, tab-separated, gzip or plain. In and out: as `clean_comtrade_v1`; the
    release is the date in the file's name. Most rows are breakdowns and out of scope. With `codes`, rows of other
    codes are out of scope (`other_code`); with `pair`, rows that neither side reported (`other_pair`): they are
    counted and not looked at further, so that a file may be larger than memory; what is kept has to fit. Missing
    rule: as there. Raises: DataError on a broken gzip, a header without the columns needed, or a product of
    tariff-line codes; NoDataError where no row is kept and nothing was asked for.
    """
    file = resource.path if resource else path.as_posix()
    if not path.is_file():
        raise RequestError(f"cannot read {file}: no such file")
    try:
        sifted = sift(chunks(path, PIECE), lambda head: _bulk_names(head, file), _bulk_asked(pair, codes))
    except FileRefused as fault:
        kind = NoDataError if fault.reason == "empty" else DataError
        raise kind(f"{file}: {fault.reason}: {fault}; get the file again") from None
    seen = [sifted.first.get("cmdcode", ""), *sifted.rows["cmdcode"]]
    if any(len(code) > 6 and code.isdigit() for code in seen):
        raise DataError(f"{file}: product: codes of more than six digits are tariff lines; get the final product")
    return _cleaned("comtrade_bulk", path, resource, _renamed(sifted.rows, file), "", sifted.ragged, sifted.left_out)


def _bulk_names(head: str, file: str) -> list[str]:
    """The header's names in lower case. Raises DataError where a column needed is missing."""
    names = [name.strip().lower() for name in head.split("\t")]
    if "period" not in names:
        names = ["period" if name == "refperiodid" else name for name in names]
    _check_columns(names, file)
    return names


def _bulk_asked(pair: Dyad | None, codes: Sequence[str]) -> list[Asked]:
    """What a row must hold: a code and a reporter asked for, and no breakdown."""
    numbers = dyads.SPELLINGS["un_number"]
    reporters = tuple(number for number, state in numbers.items() if pair and state in pair.states)
    whole = [Asked(_V1[name], values, "breakdown_row") for name, values in _WHOLE.items()]
    return [Asked(_V1["hs_code"], tuple(codes), "other_code"), Asked(_V1["reporter"], reporters, "other_pair"), *whole]


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _even(records: list[list[str]]) -> tuple[pd.DataFrame, list[tuple[int, list[str]]]]:
    """Records of full width as a frame with lines, the others beside."""
    width = len(records[0])
    even = [(line, fields) for line, fields in enumerate(records[1:], start=2) if len(fields) == width]
    ragged = [(line, fields) for line, fields in enumerate(records[1:], start=2) if len(fields) != width and fields]
    frame = pd.DataFrame([fields for _, fields in even], columns=records[0], dtype="str")
    return frame.assign(line=[line for line, _ in even]), ragged


def _check_columns(names: list[str], file: str) -> None:
    lacking = [_V1[name] for name in _NEEDED if _V1[name] not in names]
    if lacking:
        raise DataError(f"{file}: unknown_header: columns missing: {', '.join(lacking)}; there are {', '.join(names)}")


def _renamed(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """The API's columns under our names; those it may leave out are empty."""
    _check_columns(list(rows), file)
    frame = pd.DataFrame({ours: rows.get(theirs, "") for ours, theirs in _V1.items()}).fillna("")
    return frame.assign(line=rows["line"] if "line" in rows else range(2, len(rows) + 2))


def _cleaned(
    source: str,
    path: Path,
    resource: Resource | None,
    rows: pd.DataFrame,
    repair: str,
    ragged: list[tuple[int, list[str]]] = (),
    left_out: Mapping[str, int] = MappingProxyType({}),
) -> Cleaned:
    """The pipeline all three share; `left_out` counts rows a reader has set aside, and why."""
    intake = FlowIntake(path, resource, rows.fillna("").astype({c: "str" for c in rows if c != "line"}), ragged)
    intake.count_left_out(left_out)
    if rows.empty and {"other_code", "other_pair"} & set(left_out):
        return intake.nothing("trade")
    cap = len(rows) in _CAPS[source]
    intake.refuse(cap, f"truncated: exactly {len(rows):,} rows, the cap of one answer", "split the query")
    if repair:
        intake.note_repair(repair, pd.Series(True, intake.rows.index), lambda _: "keys matched without regard to case")
    for column, whole in _WHOLE.items():
        if column in intake.rows:
            intake.leave_out(~intake.rows[column].isin(whole), "breakdown_row")
    intake.reject(~intake.rows["flow"].isin(_FLOW), "flow_not_used")
    _settle_period(intake)
    _settle_code(intake)
    intake.leave_out(intake.rows["partner"].isin(_AREAS), "partner_area")
    states = {side: intake.states(side, "un_number") for side in ("reporter", "partner")}
    intake.put(**states)
    intake.leave_out(intake.rows["reporter"] == intake.rows["partner"], "self_dyad")
    intake.put(flow=intake.rows["flow"].map(_FLOW))
    _settle_amounts(intake)
    intake.once_or_refuse("period", "reporter", "partner", "flow", "hs_code", "edition")
    return intake.cleaned("trade", _tidy(intake, source))


def _settle_period(intake: FlowIntake) -> None:
    """`YYYY` and `YYYYMM` to a first day and a frequency; Comtrade's month 52 is the year."""
    text = intake.rows["period"]
    year_form = text.str.fullmatch("[12][0-9]{3}52|[12][0-9]{3}0101")
    intake.repair("period", text.where(~year_form, text.str[:4]), "period_form")
    text = intake.rows["period"]
    monthly = text.str.fullmatch("[12][0-9]{3}(0[1-9]|1[0-2])")
    intake.reject(~monthly & ~text.str.fullmatch("[12][0-9]{3}"), "period_invalid")
    text = intake.rows["period"]
    monthly = text.str.len() == 6
    first = text.str[:4] + "-" + text.str[4:].where(monthly, "01") + "-01"
    intake.put(period=pd.to_datetime(first), frequency=monthly.map({True: "M", False: "A"}))


def _settle_code(intake: FlowIntake) -> None:
    """One level, known codes, one edition a reporter and period."""
    if "level" in intake.rows:
        code, level = intake.rows["hs_code"], pd.to_numeric(intake.rows["level"], errors="coerce").fillna(0).astype(int)
        short = code.str.fullmatch("[0-9]+") & (code.str.len() == level - 1)
        padded = code.where(~short, "0" + code)
        intake.repair("hs_code", padded, "hs_pad")
        intake.reject((intake.rows["hs_code"] != "TOTAL") & (intake.rows["hs_code"].str.len() != level), "hs_length")
    code = intake.rows["hs_code"]
    intake.reject(~code.str.fullmatch("TOTAL|[0-9]{2}|[0-9]{4}|[0-9]{6}"), "hs_length")
    depth = intake.rows["hs_code"].map(lambda text: 0 if text == "TOTAL" else len(text))
    intake.leave_out(depth < depth.max(), "level_not_asked")
    intake.reject(~intake.rows["edition"].str.fullmatch("H[0-6]"), "edition_unknown")
    intake.codes_in_edition("hs_code", intake.rows["edition"])
    editions = intake.rows.groupby(["reporter", "period"])["edition"].nunique()
    mixed = editions[editions > 1]
    intake.refuse(
        not mixed.empty,
        f"mixed HS editions: reporter {mixed.index[0][0] if len(mixed) else ''} has several for one period",
        "ask for one classification: the same trade stands in each",
    )


def _settle_amounts(intake: FlowIntake) -> None:
    """Value, weight and supplementary quantity as numbers, with what is doubtful flagged."""
    value = intake.amounts("value", empty=False)
    intake.reject(value < 0, "value_negative")
    numbers = {column: intake.amounts(column) for column in ("cif", "fob", "weight", "quantity", "alt_quantity")}
    rows = intake.rows
    unit = rows["unit"]
    second = unit.isin([*_NO_UNIT, _KG])
    quantity = numbers["quantity"].mask(second, numbers["alt_quantity"]).reindex(rows.index)
    unit = unit.mask(second, rows["alt_unit"])
    none = unit.isin([*_NO_UNIT, _KG])
    intake.flag(~unit.isin([*_UNITS, *_NO_UNIT, _KG]), "unit_unknown")
    valued = value.reindex(rows.index)
    weight = intake.weights(value, numbers["weight"])
    quantity = quantity.mask(none | ((quantity == 0) & (valued > 0)) | (quantity < 0))
    intake.flag(weight.isna() & quantity.isna(), "quantity_missing")
    cif, fob = (numbers[kind].reindex(rows.index) for kind in ("cif", "fob"))
    by_rule = rows["flow"].map(VALUATION)
    shown = pd.Series(np.where(valued == cif, "cif", np.where(valued == fob, "fob", "")), index=rows.index)
    both = (valued == cif) & (valued == fob)
    intake.flag(shown == "", "valuation_assumed")
    named = unit.map(_UNITS).fillna("code " + unit)
    intake.put(
        value=value,
        weight_kg=weight,
        quantity=quantity,
        quantity_unit=named.mask(quantity.isna()),
        valuation=shown.mask((shown == "") | both, by_rule),
    )


def _tidy(intake: FlowIntake, source: str) -> pd.DataFrame:
    for column, marked, flag in (("original", "false", "converted_hs"), ("aggregated", "true", "aggregated")):
        if column in intake.rows:
            intake.flag(intake.rows[column] == marked, flag)
    rows = intake.rows
    guessed = rows["quantity_estimated"] == "true"
    if "weight_estimated" in rows:
        guessed |= rows["weight_estimated"] == "true"
    return finish(rows, source=source, hs_edition=rows["edition"], currency="USD", is_estimated=guessed)
