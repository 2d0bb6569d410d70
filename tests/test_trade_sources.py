"""Cleaners of item trade: what becomes of good rows, of doubtful ones, and of files that are wrong as a whole."""

import gzip
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from research import build, materials
from research.errors import DataError, NoDataError, RequestError
from research.sources import SOURCES
from research.sources.comtrade import _LEGACY
from research.sources.japan_customs import MONTHS

RECORD = {
    "freqCode": "M", "period": "201907", "reporterCode": 410, "flowCode": "M", "partnerCode": 392, "partner2Code": 0,
    "classificationCode": "H5", "cmdCode": "281111", "customsCode": "C00", "motCode": 0, "mosCode": "0",
    "qtyUnitCode": 8, "qty": 1000.0, "altQtyUnitCode": -1, "altQty": None, "isQtyEstimated": False, "netWgt": 1000.0,
    "isNetWgtEstimated": False, "cifvalue": 2000.0, "fobvalue": None, "primaryValue": 2000.0,
    "isOriginalClassification": True, "isAggregate": False,
}  # fmt: skip


def v1(folder: Path, *changes: dict, **envelope):
    answer = {"count": len(changes), "data": [RECORD | change for change in changes], "error": ""} | envelope
    return saved(folder, "comtrade_v1", json.dumps(answer), "answer.json")


def saved(folder: Path, source: str, text: str | bytes, name: str):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return SOURCES[source](path, None)


def legacy(folder: Path, *changes: dict):
    plain = dict.fromkeys(_LEGACY.values(), "") | {
        "Classification": "H5", "Period": "2019", "Aggregate Level": "6", "Trade Flow": "Import",
        "Reporter Code": "410", "Partner Code": "392", "Commodity Code": "281111", "Qty Unit Code": "8",
        "Qty": "10", "Netweight (kg)": "10", "Trade Value (US$)": "50", "Flag": "0",
    }  # fmt: skip
    lines = [",".join(plain), *(",".join((plain | change).values()) for change in changes)]
    return saved(folder, "comtrade_legacy", "\r\n".join(lines), "KJimport.csv")


def japan(folder: Path, *rows: dict, drop: str = "", add: str = "", encoding: str = "cp932"):
    times = ("Year", *MONTHS)
    names = [f"{measure}-{time}" for time in times for measure in ("Quantity1", "Quantity2", "Value")]
    plain = {"Exp or Imp": "1", "Year": "2019", "HS": "'281111000'", "Country": "103", "Unit1": "  ", "Unit2": "KG"}
    plain |= dict.fromkeys(names, "0")
    if add:
        plain = {"Exp or Imp": "1", "Year": "2019", add: "104", **plain}
    plain = {name: of for name, of in plain.items() if name != drop}
    lines = [",".join(plain), *(",".join((plain | row).values()) for row in rows)]
    return saved(folder, "japan_customs", ("\r\n".join(lines) + "\r\n").encode(encoding), "ik.csv")


JULY = {"Quantity2-Jul": "479100", "Value-Jul": "400970", "Quantity2-Year": "479100", "Value-Year": "400970"}


def korea(folder: Path, *items: str, code: str = "00"):
    text = f"<response><header><resultCode>{code}</resultCode><resultMsg>no</resultMsg></header><body><items>"
    return saved(folder, "korea_customs_api", text + "".join(items) + "</items></body></response>", "answer.xml")


def item(year="2019.07", hs="2811111000", state="JP", exports=(0, 0), imports=(961061, 529850)) -> str:
    tags = {"expDlr": exports[0], "expWgt": exports[1], "hsCd": hs, "impDlr": imports[0], "impWgt": imports[1],
            "statCd": state, "year": year}  # fmt: skip
    return "<item>" + "".join(f"<{tag}>{of}</{tag}>" for tag, of in tags.items()) + "</item>"


def estat(folder: Path, *values: dict, table="0003313965", status="0", single=False, **info):
    cells = [{"@area": "50103", "@time": "2019000000", "@cat01": "281111000"} | value for value in values]
    body = {
        "RESULT": {"STATUS": status, "ERROR_MSG": "told"},
        "PARAMETER": {"STATS_DATA_ID": table},
        "STATISTICAL_DATA": {
            "RESULT_INF": {"TOTAL_NUMBER": len(cells)} | info,
            "DATA_INF": {"VALUE": cells[0] if single else cells},
        },
    }
    return saved(folder, "estat", json.dumps({"GET_STATS_DATA": body}), "answer.json")


def kita(folder: Path, *rows: str):
    head = "Item,Country,Year,Month,Export_dollar,Export_weight,Import_dollar,Import_weight"
    return saved(folder, "kita", "\n".join([head, *rows]) + "\n", "table.csv")


def test_a_comtrade_record_becomes_one_row_with_its_valuation(tmp_path):
    row = v1(tmp_path, {}).rows.iloc[0]
    assert (row["reporter"], row["partner"], row["flow"], row["hs_edition"]) == ("KOR", "JPN", "import", "H5")
    assert (row["value"], row["weight_kg"], row["valuation"], row["currency"]) == (2000, 1000, "cif", "USD")
    assert str(row["period"])[:10] == "2019-07-01" and row["frequency"] == "M" and pd.isna(row["flags"])


def test_breakdowns_and_coarser_levels_are_out_of_scope_and_never_summed(tmp_path):
    cleaned = v1(tmp_path, {}, {"motCode": 1000}, {"customsCode": "C01"}, {"cmdCode": "28"}, {"cmdCode": "TOTAL"})
    assert cleaned.out_of_scope == {"breakdown_row": 2, "level_not_asked": 2}
    assert len(cleaned.rows) == 1


def test_an_annual_period_stays_annual_and_a_re_export_is_rejected(tmp_path):
    cleaned = v1(tmp_path, {"period": "2019"}, {"period": "201952", "cmdCode": "370790"}, {"flowCode": "RX"})
    assert list(cleaned.rows["frequency"]) == ["A", "A"]
    assert list(cleaned.rejected["reason"]) == ["flow_not_used"]
    assert cleaned.repaired["period_form"]["count"] == 1


def test_an_estimate_and_a_negative_weight_carry_a_flag(tmp_path):
    cleaned = v1(tmp_path, {"netWgt": -5, "isQtyEstimated": True}, {"cmdCode": "370790", "netWgt": 0})
    assert list(cleaned.rows["is_estimated"]) == [True, False]
    assert list(cleaned.rows["flags"]) == ["weight_negative:-5;quantity_missing", "weight_zero;quantity_missing"]
    assert cleaned.rows["weight_kg"].isna().all()


def test_a_code_that_is_not_in_its_edition_is_rejected(tmp_path):
    cleaned = v1(tmp_path, {}, {"cmdCode": "771234"}, {"cmdCode": "854911"})
    assert list(cleaned.rejected["reason"]) == ["hs_not_in_edition"] * 2
    assert "854911" in set(v1(tmp_path, {"cmdCode": "854911", "classificationCode": "H6"}).rows["hs_code"])


EDITIONS = [("H4", "962000", False), ("H5", "962000", True), ("H2", "848620", False), ("H3", "848620", True),
            ("H5", "990000", True), ("H5", "000000", False), ("H6", "030900", True), ("H3", "961900", False)]  # fmt: skip


@pytest.mark.parametrize(("edition", "code", "sound"), EDITIONS)
def test_a_heading_is_known_from_its_edition_on(tmp_path, edition, code, sound):
    record = {"classificationCode": edition, "cmdCode": code}
    cleaned = v1(tmp_path, {"period": "201906", "classificationCode": edition}, record)
    assert list(cleaned.rejected["reason"]) == ([] if sound else ["hs_not_in_edition"])


def test_fluorinated_polyimide_has_a_line_of_its_own_only_from_2022(tmp_path):
    rows = [f"39209990{line},Japan,{year},1,0,0,5,1" for line in (10, 20) for year in (2006, 2021, 2022)]
    cleaned = kita(tmp_path, *rows, "3920999020,Japan,2020,1,0,0,0,0")
    kept = cleaned.rows[cleaned.rows["flow"] == "import"]
    assert [*zip(kept["hs_code"], kept["period"].dt.year, strict=True)] == [("3920999010", 2021), ("3920999020", 2022)]
    assert cleaned.rejected["reason"].value_counts().to_dict() == {"hs_not_in_edition": 4}
    assert cleaned.out_of_scope == {"code_not_in_force": 1}
    with pytest.raises(NoDataError, match="no row kept of 1 read; hs_not_in_edition: 1"):
        korea(tmp_path, item(year="2021.03", hs="3920999020"))


def test_japans_chapter_00_and_its_dependent_territories_do_not_stop_a_file(tmp_path):
    rows = japan(tmp_path, JULY, {"HS": "000000190", **JULY}, {"Country": "620", **JULY}, {"Country": "701", **JULY})
    assert set(rows.rows["hs_code"]) == {"281111000", "000000190"} and rows.out_of_scope == {"partner_area": 2}


def test_comtrade_numbers_of_its_own_and_of_states_that_are_no_more(tmp_path):
    numbers = {"251": "FRA", "381": "ITA", "380": "ITA", "490": "TWN", "579": "NOR", "699": "IND", "757": "CHE"}
    for number, state in numbers.items():
        assert set(v1(tmp_path, {"partnerCode": int(number)}).rows["partner"]) == {state}
    past = v1(tmp_path, {}, {"partnerCode": 810}, {"partnerCode": 280}, {"partnerCode": 500})
    assert past.out_of_scope == {"partner_area": 3}


def test_an_unknown_unit_is_kept_with_a_flag(tmp_path):
    row = v1(tmp_path, {"qtyUnitCode": 77, "qty": 3.0}).rows.iloc[0]
    assert (row["quantity"], row["quantity_unit"], row["flags"]) == (3, "code 77", "unit_unknown")


WRONG_V1 = {
    "error with HTTP 200": ([{}], {"error": "quota exceeded"}, "the answer holds an error: quota exceeded"),
    "another count": ([{}], {"count": 2}, "truncated: count says 2, there are 1"),
    "the row cap": ([{"cmdCode": f"{n:06d}"} for n in range(10000, 10500)], {}, "exactly 500 rows, the cap"),
    "two rows for a key": ([{}, {"primaryValue": 3.0}], {}, "dup_key: 2 rows share a key and differ"),
    "mixed editions": ([{}, {"classificationCode": "H4"}], {}, "mixed HS editions: reporter 410"),
    "unknown country": ([{"partnerCode": 999}], {}, "unknown spelling of a state in un_number: '999'"),
}


@pytest.mark.parametrize(("records", "envelope", "message"), WRONG_V1.values(), ids=WRONG_V1)
def test_a_wrong_comtrade_answer_is_refused(tmp_path, records, envelope, message):
    with pytest.raises(DataError, match=message):
        v1(tmp_path, *records, **envelope)


def test_an_error_page_and_an_empty_answer_are_refused(tmp_path):
    with pytest.raises(DataError, match="not JSON .it begins '<html>"):
        saved(tmp_path, "comtrade_v1", "<html>414</html>", "a.json")
    with pytest.raises(DataError, match="no list `data` in the answer: bad key"):
        saved(tmp_path, "comtrade_v1", '{"message": "bad key"}', "a.json")
    with pytest.raises(NoDataError, match="the answer is empty"):
        v1(tmp_path)
    with pytest.raises(DataError, match="unknown_header: columns missing: period"):
        saved(tmp_path, "comtrade_v1", '{"data": [{"cmdCode": "1"}]}', "a.json")
    with pytest.raises(RequestError, match="cannot read"):
        SOURCES["comtrade_v1"](tmp_path / "none.json", None)


def test_a_lost_leading_zero_is_padded_to_the_level_and_counted(tmp_path):
    cleaned = legacy(tmp_path, {"Commodity Code": "10121"}, {}, {"Commodity Code": "1234567"})
    assert list(cleaned.rows["hs_code"]) == ["010121", "281111"]
    assert cleaned.repaired["hs_pad"] == {"count": 1, "example": "line 2: 10121 -> 010121"}
    assert list(cleaned.rejected["reason"]) == ["hs_length"]


def test_a_number_that_excel_rounded_is_rejected_and_a_value_without_weight_kept(tmp_path):
    cleaned = legacy(tmp_path, {"Trade Value (US$)": "4.5E+07"}, {"Netweight (kg)": "", "Commodity Code": "370790"})
    assert list(cleaned.rejected["reason"]) == ["number_sci"]
    assert cleaned.rows.iloc[0]["flags"] == "quantity_missing;valuation_assumed"


def test_another_header_or_encoding_of_the_legacy_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="unknown_header: columns missing: Classification"):
        saved(tmp_path, "comtrade_legacy", "a,b\n1,2", "a.csv")
    with pytest.raises(DataError, match="wrong encoding: byte 0xff at offset 0"):
        saved(tmp_path, "comtrade_legacy", b"\xff\xfe", "a.csv")


def bulk(*rows: dict) -> bytes:
    lines = [
        "\t".join(RECORD),
        *("\t".join("" if v is None else str(v) for v in (RECORD | row).values()) for row in rows),
    ]
    return gzip.compress("\n".join(lines).encode(), mtime=0)


def test_a_bulk_file_reads_like_an_answer_and_takes_its_release_from_its_name(tmp_path):
    cleaned = saved(tmp_path, "comtrade_bulk", bulk({}, {"motCode": 1}), "COMTRADE-FINAL[2023-01-03].gz")
    assert cleaned.rows.iloc[0]["value"] == 2000 and cleaned.rows.iloc[0]["vintage"] == "2023-01-03"
    assert cleaned.out_of_scope == {"breakdown_row": 1}


def test_a_damaged_or_wrong_bulk_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="corrupt_archive: the archive is cut short"):
        saved(tmp_path, "comtrade_bulk", bulk({})[:-12], "a.gz")
    with pytest.raises(DataError, match="wrong encoding in line 1: byte 0xff is not UTF-8"):
        saved(tmp_path, "comtrade_bulk", b"\xff\xff", "a.txt")
    with pytest.raises(NoDataError, match="the file is empty"):
        saved(tmp_path, "comtrade_bulk", b"", "a.txt")
    with pytest.raises(DataError, match="product: codes of more than six digits"):
        saved(tmp_path, "comtrade_bulk", bulk({"cmdCode": "28111100"}), "a.gz")


def test_japan_customs_gives_whole_yen_kilograms_and_no_unpublished_month(tmp_path):
    cleaned = japan(tmp_path, JULY)
    july = cleaned.rows[cleaned.rows["value"] > 0].iloc[0]
    assert (july["value"], july["weight_kg"], july["currency"], july["valuation"]) == (
        400_970_000,
        479_100,
        "JPY",
        "fob",
    )
    assert len(cleaned.rows) == 7 and cleaned.repaired["tail_unpublished"]["count"] == 5
    assert cleaned.repaired["hs_quote"]["count"] == 1


def test_customs_offices_are_summed_and_the_world_is_a_partner(tmp_path):
    cleaned = japan(
        tmp_path, JULY | {"Value-Jul": "200000"}, JULY | {"Value-Jul": "200970", "Custom": "300"}, add="Custom"
    )
    assert cleaned.rows["value"].max() == 400_970_000
    assert cleaned.rows_merged == 1 and cleaned.repaired["office_sum"]["count"] == 1
    assert set(japan(tmp_path, JULY, drop="Country").rows["partner"]) == {"WLD"}


def test_a_doubtful_japanese_figure_is_kept_with_a_flag(tmp_path):
    strange = {"HS": "010121000", "Unit2": "ZZ", "Quantity2-Jul": "3", "Value-Jul": "0", "Value-Year": "9"}
    rows = japan(tmp_path, JULY, strange).rows
    july = rows[(rows["hs_code"] == "010121000") & (rows["quantity"] > 0)].iloc[0]
    assert july["flags"] == "year_total_differs;value_below_unit;unit_unknown"
    empty = japan(tmp_path, JULY | {"Unit2": "  "}).rows
    assert "quantity_missing" in set(empty["flags"].dropna())


WRONG_JAPAN = {
    "dollars where yen are declared": ({"Value-Jul": "3700"}, {}, "unit_unknown: 281111000 export KOR .* not in JPY"),
    "kilograms in the other slot": ({"Quantity1-Jul": "5", "Quantity2-Jul": "0"}, {}, "wrong_slot"),
    "another header": ({}, {"drop": "Value-Dec"}, "unknown_header: missing Value-Dec"),
    "principal commodities": ({}, {"add": "Commodity"}, "pc_file"),
    "an office twice": (None, {"add": "Custom"}, "dup_key: 2 rows repeat an office's key"),
    "a country nobody entered": ({"Country": "999"}, {}, "unknown spelling of a state in japan_customs: '999'"),
}


@pytest.mark.parametrize(("change", "shape", "message"), WRONG_JAPAN.values(), ids=WRONG_JAPAN)
def test_a_wrong_file_of_japan_customs_is_refused(tmp_path, change, shape, message):
    rows = [JULY, JULY] if change is None else [JULY | change]
    with pytest.raises(DataError, match=message):
        japan(tmp_path, *rows, **shape)


def test_a_file_of_japan_customs_without_values_or_in_no_known_encoding_is_refused(tmp_path):
    with pytest.raises(NoDataError, match="every value is zero"):
        japan(tmp_path, {})
    with pytest.raises(DataError, match="neither cp932 nor UTF-8"):
        saved(tmp_path, "japan_customs", b"\x81\xff\xff", "a.csv")
    with pytest.raises(NoDataError, match="the file is empty"):
        saved(tmp_path, "japan_customs", b"", "a.csv")


def test_the_time_series_of_all_goods_leaves_future_months_out(tmp_path):
    text = "世界,,\nWORLD,,\nYears/Months,Exp-Total,Imp-103\n,,\n2026/07,11509373578 ,12146000000 \n2026/08,0 ,0 \n"
    cleaned = saved(tmp_path, "japan_customs", text.encode("cp932"), "d41ma.csv")
    assert list(cleaned.rows["partner"]) == ["KOR", "WLD"] and set(cleaned.rows["hs_code"]) == {"TOTAL"}
    assert cleaned.rows["value"].max() == 12146000000 * 1000 and cleaned.out_of_scope == {"month_unpublished": 1}


def test_an_e_stat_answer_is_pivoted_with_units_and_quantities_merged(tmp_path):
    cells = [{"@cat02": "350", "@unit": "千円", "$": "400970"}, {"@cat02": "340", "$": "479100"}]
    cells += [{"@cat02": "110", "$": "ＫＧ"}, {"@cat02": "140", "@unit": "千円", "$": "400970"}]
    cleaned = estat(tmp_path, *cells)
    row = cleaned.rows.iloc[0]
    assert (row["value"], row["weight_kg"], str(row["period"])[:7]) == (400_970_000, 479_100, "2019-07")
    assert (cleaned.rows_kept, cleaned.rows_merged, cleaned.out_of_scope) == (1, 2, {"year_total": 1})
    assert cleaned.repaired["nfkc"]["count"] == 1
    assert estat(tmp_path, cells[0], single=True).repaired["single_value"]["count"] == 1


VALUE = {"@cat02": "350", "@unit": "千円", "$": "400970"}
WRONG_ESTAT = {
    "an error with HTTP 200": ({"status": "100"}, VALUE, "api_error: e-Stat answers STATUS 100"),
    "a page missing": ({"TOTAL_NUMBER": 5}, VALUE, "truncated: 1 of 5 records; a page is missing"),
    "a next page": ({"NEXT_KEY": 2}, VALUE, "a page is missing"),
    "a table not known": ({"table": "0000000001"}, VALUE, "table '0000000001' is not known"),
    "dollars": ({}, VALUE | {"@unit": "USD"}, "unit_unknown: values are in 'USD', thousand yen expected"),
    "nothing found": ({"status": "1"}, VALUE, "e-Stat found nothing"),
}


@pytest.mark.parametrize(("shape", "value", "message"), WRONG_ESTAT.values(), ids=WRONG_ESTAT)
def test_a_wrong_e_stat_answer_is_refused(tmp_path, shape, value, message):
    with pytest.raises(DataError, match=message):
        estat(tmp_path, value, **shape)


def test_what_is_no_e_stat_answer_is_refused(tmp_path):
    for text, message in (("<html>", "not JSON"), ("{}", "no GET_STATS_DATA"), ("", "the file is empty")):
        with pytest.raises(DataError, match=message):
            saved(tmp_path, "estat", text, "a.json")


def test_an_item_of_the_korean_api_becomes_two_rows_and_the_total_none(tmp_path):
    cleaned = korea(tmp_path, item(year="총계", hs="-", state="-"), item(), item(state="NA", imports=(5, 0)))
    assert cleaned.out_of_scope == {"total_row": 1} and len(cleaned.rows) == 4
    assert set(cleaned.rows["partner"]) == {"JPN", "NAM"}
    assert set(cleaned.rows["flags"].dropna()) == {"weight_zero"}


def test_a_month_written_as_a_number_and_an_empty_item_are_rejected(tmp_path):
    cleaned = korea(tmp_path, item(), item(year="2024.1"), item(state="US", imports=(0, 0)))
    assert sorted(cleaned.rejected["reason"]) == ["empty_row", "month_ambiguous"]


def test_an_error_body_of_the_korean_api_is_refused(tmp_path):
    with pytest.raises(DataError, match="api_error 99: no"):
        korea(tmp_path, code="99")
    gateway = "<r><h><returnReasonCode>22</returnReasonCode><returnAuthMsg>LIMIT</returnAuthMsg></h></r>"
    with pytest.raises(DataError, match="api_error 22 .daily quota.: LIMIT"):
        saved(tmp_path, "korea_customs_api", gateway, "a.xml")
    with pytest.raises(DataError, match="not XML"):
        saved(tmp_path, "korea_customs_api", "<response><body>", "a.xml")
    with pytest.raises(DataError, match="declares a document type"):
        saved(tmp_path, "korea_customs_api", "<!DOCTYPE html><html/>", "a.xml")
    with pytest.raises(NoDataError, match="the answer holds no item"):
        korea(tmp_path)
    with pytest.raises(NoDataError, match="unpublished: the answer has a total and no items"):
        korea(tmp_path, item(year="총계", hs="-", state="-"))
    with pytest.raises(DataError, match="mixed levels"):
        korea(tmp_path, item(), item(hs="281111"))
    with pytest.raises(DataError, match="items lack the tags expDlr"):
        korea(tmp_path, "<item><hsCd>1</hsCd></item>")


def test_a_kita_table_names_its_repairs_and_leaves_out_codes_not_yet_in_force(tmp_path):
    rows = ["2811111000,Netherland,2019,7,0,0,5,1", "2811111000,,2019,7,1,1,1,1", "3920999010,Japan,2005,1,0,0,0,0"]
    cleaned = kita(tmp_path, *rows, "101210000,Japan,2019,7,1,1,1,1")
    assert cleaned.repaired["partner_alias"]["example"] == "line 2: Netherland -> Netherlands"
    assert cleaned.repaired["hs_pad"]["count"] == 1
    assert list(cleaned.rejected["reason"]) == ["no_partner"] and cleaned.out_of_scope == {"code_not_in_force": 1}


def test_a_kita_table_in_thousands_or_without_its_columns_is_refused(tmp_path):
    rows = [f"2811111000,Japan,2019,{month},0,0,3028,1" for month in range(1, 13)]
    with pytest.raises(DataError, match="unit_unknown: 2811111000 import JPN from 2019-01-01 sums to 36,336"):
        kita(tmp_path, *rows)
    with pytest.raises(DataError, match="columns missing: Item, Country"):
        saved(tmp_path, "kita", "Year,Month\n2019,1\n", "a.csv")
    with pytest.raises(DataError, match="not a workbook"):
        saved(tmp_path, "kita", b"no", "a.xlsx")


def workbook(folder: Path, name: str, sheet: str, *rows: tuple):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return SOURCES["kita"](folder / name, None)


MONTHS_OF_ONE = ("Year", "Month", "ImportDollar", "ImportKg")
YEARS_OF_ONE = ("Year", "HS10", "ExportQuantityDollar", "ExportQuantityKg", "ImportQuantityDollar", "ImportQuantityKg")


def test_a_table_of_one_item_and_partner_takes_both_from_its_name_and_never_from_its_sheet(tmp_path):
    rows = [(2019, 8, 0, 0), (2019, 7, 961061, 529850)]
    cleaned = workbook(tmp_path, "KoreaJapanHFtradeMonthly.xlsx", "KoreaNorthAmericaHFtrade", MONTHS_OF_ONE, *rows)
    assert cleaned.rows["value"].tolist() == [961_061, 0] and cleaned.rows["weight_kg"].tolist() == [529_850, 0]
    assert set(cleaned.rows["partner"]) == {"JPN"} and set(cleaned.rows["flow"]) == {"import"}
    assert set(cleaned.rows["hs_code"]) == {"2811111000"} and set(cleaned.rows["frequency"]) == {"M"}
    told = {"count": 2, "example": "line 2: KoreaJapanHFtradeMonthly.xlsx -> 2811111000 Japan"}
    assert cleaned.repaired["named_by_file"] == told


def test_a_table_of_years_names_its_code_and_takes_the_partner_from_its_name(tmp_path):
    rows = [(2016, 3920999010, 5, 1, 14634259, 131389), (2005, 3920999010, 0, 0, 0, 0)]
    cleaned = workbook(tmp_path, "KoreaJapanPItrade.xlsx", "Sheet1", YEARS_OF_ONE, *rows)
    assert cleaned.rows[["flow", "value"]].to_numpy().tolist() == [["export", 5.0], ["import", 14_634_259.0]]
    assert set(cleaned.rows["frequency"]) == {"A"} and cleaned.out_of_scope == {"code_not_in_force": 1}
    with pytest.raises(DataError, match="unit_unknown: 3920999010 import JPN from 2016-01-01 sums to 14,634 "):
        workbook(tmp_path, "KoreaJapanPItrade.xlsx", "a", YEARS_OF_ONE, (2016, 3920999010, 5, 1, 14634, 131389))


def test_a_table_named_for_a_region_or_for_nothing_is_refused(tmp_path):
    row = (2019, 7, 961061, 529850)
    with pytest.raises(NoDataError, match="no row kept of 1 read; out of scope partner_region: 1"):
        workbook(tmp_path, "KoreaNorthAmericaHFtradeMonthly.xlsx", "Sheet1", MONTHS_OF_ONE, row)
    with pytest.raises(DataError, match="the name does not say them as in KoreaJapanHFtradeMonthly.xlsx"):
        workbook(tmp_path, "download.xlsx", "KoreaJapanHFtrade", MONTHS_OF_ONE, row)
    with pytest.raises(
        DataError, match="columns missing: Item, .* or, with the partner in the file's name, Year, Month"
    ):
        workbook(tmp_path, "KoreaJapanHFtrade.xlsx", "Sheet1", ("Year", "Dollars"), (2019, 7))


def test_two_files_of_two_editions_for_one_period_are_refused(tmp_path):
    for edition in ("H4", "H5"):
        (tmp_path / f"{edition}.gz").write_bytes(bulk({"classificationCode": edition}))
    files = [tmp_path / "H4.gz", tmp_path / "H5.gz"]
    with pytest.raises(DataError, match="mixed HS editions: KOR has several for 2019-07: H4 in .*H4.gz; H5 in"):
        build.clean_files("comtrade_bulk", files, tmp_path / "out")
    (tmp_path / "H5.gz").write_bytes(bulk({"period": "201908"}))
    assert build.clean_files("comtrade_bulk", files, tmp_path / "out")["rows_kept"] == 2


def test_a_negative_weight_is_missing_and_kept_in_its_flag_whoever_publishes_it(tmp_path):
    july = japan(tmp_path, JULY | {"Quantity2-Jul": "-5"}).rows
    row = july[july["value"] > 0].iloc[0]
    assert pd.isna(row["weight_kg"]) and row["flags"] == "weight_negative:-5.0"
    for cleaned in (korea(tmp_path, item(imports=(5, -3))), kita(tmp_path, "2811111000,Japan,2019,7,0,0,5,-3")):
        row = cleaned.rows[cleaned.rows["flow"] == "import"].iloc[0]
        assert pd.isna(row["weight_kg"]) and row["flags"] == "weight_negative:-3" and row["value"] == 5
        assert cleaned.repaired["weight_negative"]["count"] == 1


def test_a_value_without_weight_stays_and_is_flagged_whoever_publishes_it(tmp_path):
    for cleaned in (
        legacy(tmp_path, {"Netweight (kg)": "0"}),
        korea(tmp_path, item(imports=(5, 0))),
        kita(tmp_path, "2811111000,Japan,2019,7,0,0,5,0"),
        japan(tmp_path, JULY | {"Quantity2-Jul": "0"}, JULY | {"HS": "370790000"}),
    ):
        row = cleaned.rows[(cleaned.rows["value"] > 0) & cleaned.rows["weight_kg"].isna()].iloc[0]
        assert "weight_zero" in row["flags"]


def test_a_key_that_is_not_registered_and_a_bulk_file_that_is_not_there_are_said(tmp_path):
    told = "<response><cmmMsgHeader><returnAuthMsg>SERVICE_KEY</returnAuthMsg><returnReasonCode>30</returnReasonCode>"
    with pytest.raises(DataError, match="api_error 30 .key not registered.: SERVICE_KEY; ask again"):
        saved(tmp_path, "korea_customs_api", f"{told}</cmmMsgHeader></response>", "a.xml")
    with pytest.raises(RequestError, match="cannot read .*none.gz: no such file"):
        SOURCES["comtrade_bulk"](tmp_path / "none.gz", None)


# What FORMATS and the samples' README say: read, kept, rejected, out of scope.
SAMPLES = {
    "comtrade_v1": ("comtrade_v1/HS-60a6ad.json", (4, 4, 0, 0)),
    "comtrade_legacy": ("comtrade_legacy/KJimport2019.csv", (4180, 4180, 0, 0)),
    "kita": ("kita_export/Trade_all.xlsx", (35059, 35054, 5, 0)),
    "korea_customs_api": ("korea_customs/kcs_nitemtrade_sample.xml", (2, 1, 0, 1)),
    "japan_customs": ("japan_customs/hs9_by_customs_office_2017_export_extract.csv", (9, 9, 0, 0)),
}


@pytest.mark.parametrize("source", SAMPLES)
def test_a_real_sample_cleans_with_its_known_counts(samples, tmp_path, source):
    file, (read, kept, rejected, outside) = SAMPLES[source]
    summary = build.clean_files(source, [samples / file], tmp_path / "out")
    assert (summary["rows_read"], summary["rows_kept"]) == (read, kept)
    assert (summary["rows_rejected"], summary["rows_out_of_scope"]) == (rejected, outside)
    if source == "comtrade_legacy":
        rows = pd.read_parquet(tmp_path / "out" / "trade.parquet").set_index("hs_code")["value"]
        assert (rows["281111"], round(rows["370790"] / 1e6, 1)) == (44_982_432, 365.3)
        assert summary["repaired_by_name"]["hs_pad"]["count"] == 155 and rows.sum() == 47_579_038_346


def test_cards_of_materials_say_office_years_and_what_a_code_cannot_show():
    film = materials.find("polyimide_film")
    assert [(code.hs_code, code.first_year, code.last_year) for code in film.codes[:2]] == [
        ("3920999010", 2007, 2021), ("3920999020", 2022, None),
    ]  # fmt: skip
    assert materials.find("hydrogen_fluoride").code_of("JPN").hs_code == "281111000"
    assert materials.card_of("281111000").title == "Hydrogen fluoride" and materials.card_of("1") is None
    with pytest.raises(NoDataError, match="no code of JPN is on the card of photoresist; there are KOR 3707901010"):
        materials.find("photoresist").code_of("JPN")


WRONG_CARDS = {
    "no TOML": ("[a", "not TOML"),
    "a field missing": ("[a]\ntitle = 'A'", "card a: missing codes, controlled, remember"),
    "a code's field": (
        "[a]\ntitle='A'\ncontrolled=true\nremember=''\ncodes=[{hs_code='1'}]",
        "code 1: missing cannot_show",
    ),
    "a code as a word": (
        "[a]\ntitle='A'\ncontrolled=true\nremember=''\n"
        "codes=[{hs_code='x', reporter='KOR', hs_edition='', includes='', cannot_show=''}]",
        "code 'x' is not digits",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG_CARDS.values(), ids=WRONG_CARDS)
def test_a_wrong_card_is_named(tmp_path, text, message):
    (tmp_path / "cards.toml").write_text(text)
    with pytest.raises(DataError, match=message):
        materials.read_cards(tmp_path / "cards.toml")


def test_of_two_vintages_of_a_month_the_newer_wins_and_the_older_is_kept_with_the_revision(tmp_path):
    for name, value in (("a_2020-01-31.gz", 2000.0), ("b_2020-06-30.gz", 2500.0)):
        (tmp_path / name).write_bytes(bulk({"primaryValue": value, "cifvalue": value}))
    files = [tmp_path / "b_2020-06-30.gz", tmp_path / "a_2020-01-31.gz"]
    summary = build.clean_files("comtrade_bulk", files, tmp_path / "out")
    assert (summary["rows_read"], summary["rows_kept"]) == (2, 1)
    assert summary["rejected_by_reason"] == {"older_vintage": 1}
    assert summary["repaired_by_name"]["revised"]["example"].endswith("2020-01-31 2000.0 -> 2020-06-30 2500.0")
    assert list(pd.read_parquet(tmp_path / "out" / "trade.parquet")["value"]) == [2500.0]
