"""Cleaners: what becomes of good rows, of dirt, and of files that are broken."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from research import dyads, register
from research.errors import DataError, NoDataError, RequestError
from research.sources import SOURCES, cleaner
from research.sources.japan_mof import TOP_GROUPS, TOTAL

FILES = Path(__file__).parent / "data"


def clean(source: str, name: str):
    return SOURCES[source](FILES / name, None)


@pytest.fixture(scope="module")
def registered():
    """Every registered file, cleaned once."""
    return {name: SOURCES[entry.cleaner](entry.file, entry) for name, entry in register.resources().items()}


# What the shipped files give: read, kept, rejected, merged, out of scope, written.
COUNTS = {
    "timeline": (439, 438, 0, 0, 1, 595),
    "korea_customs_hsk10_monthly": (14507, 14505, 2, 0, 0, 29010),
    "korea_customs_polyimide_annual": (5, 5, 0, 0, 0, 5),
    "korea_customs_quoted": (37, 37, 0, 0, 0, 37),
    "japan_mof_goods_annual": (95829, 93970, 0, 0, 1859, 93970),
    "japan_mof_goods_monthly": (25427, 25177, 0, 0, 250, 25177),
    "japan_mof_quoted_monthly": (16, 16, 0, 0, 0, 21),
    "jnto_visitors_monthly": (6116, 6116, 0, 0, 0, 6116),
    "federal_reserve_exchange_rates_monthly": (2598, 2598, 0, 0, 0, 2598),
}


@pytest.mark.parametrize("name", COUNTS)
def test_every_row_of_a_shipped_file_is_accounted_for(registered, name):
    found = registered[name]
    beside = sum(found.out_of_scope.values())
    counts = (found.rows_read, found.rows_kept, len(found.rejected), found.rows_merged, beside, len(found.rows))
    assert counts == COUNTS[name]
    lines = register.find(name).file.read_text(encoding="utf-8").count("\n")
    assert found.rows_read == lines - 1


def test_rows_that_do_not_add_up_are_an_error_with_the_counts(registered):
    found = registered["korea_customs_polyimide_annual"]
    with pytest.raises(
        DataError, match=r"rows do not add up in korea_customs/polyimide.*read 5, kept 4, rejected 0, merged 0"
    ):
        replace(found, rows=found.rows.iloc[1:])
    with pytest.raises(DataError, match="read 5, kept 5, rejected 0, merged 1, out of scope 0"):
        replace(found, rows_merged=1)


def test_an_unknown_source_is_named_with_those_there_are():
    with pytest.raises(RequestError, match="no cleaner for source 'kcs'; there are timeline, korea_customs"):
        cleaner("kcs")


# Files that are broken


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("bad_empty.csv", NoDataError, r"bad_empty.csv: the file is empty; expected the header month,hsk10"),
        (
            "bad_encoding_latin1.csv",
            DataError,
            r"wrong encoding: byte 0xf4 at offset 82 is not UTF-8; expected encoding utf-8",
        ),
        (
            "bad_truncated.csv",
            DataError,
            r"bad_truncated.csv, line 3: the file looks truncated: its last line has 3 of 7 fields",
        ),
        (
            "bad_truncated_number.csv",
            DataError,
            r"line 3: the file looks truncated: .* 7 of 7 fields and no end of line",
        ),
        ("bad_truncated_quote.csv", DataError, r"line 2: the file is truncated inside a quoted field"),
        ("bad_quote.csv", DataError, r"bad_quote.csv, line 2: not a readable CSV record"),
        ("bad_missing_column.csv", DataError, r"line 1: columns missing: 'export_kg'. Expected exactly month,hsk10"),
        ("bad_extra_column.csv", DataError, r"line 1: columns not expected: 'remark'. Expected exactly"),
        ("bad_repeated_column.csv", DataError, r"line 1: columns named twice: 'month'"),
        ("bad_header_only.csv", NoDataError, r"no row kept of 0 read; the file has a header and no rows"),
        ("bad_no_row_kept.csv", NoDataError, r"no row kept of 2 read; month_invalid: 1; no_partner: 1"),
        ("no_such_file.csv", RequestError, r"cannot read .*no_such_file.csv: No such file"),
    ],
)
def test_a_broken_file_is_an_error_that_names_file_and_place(name, error, message):
    with pytest.raises(error, match=message):
        clean("korea_customs", name)


def test_every_unknown_spelling_is_named_with_its_lines_and_where_to_add_it():
    message = r"'Atlantis' \(.*bad_unknown_country.csv, lines 3, 4\); 'JAPAN' \(.*, lines 5\).*research/dyads.py"
    with pytest.raises(DataError, match=message):
        clean("korea_customs", "bad_unknown_country.csv")


def test_an_unknown_goods_group_and_an_unknown_item_are_named():
    with pytest.raises(
        DataError, match=r"unknown goods group 'Machinry' \(line 2\). Add it to TOP_GROUPS or SUBGROUPS"
    ):
        clean("japan_mof", "bad_group_unknown.csv")
    with pytest.raises(DataError, match=r"unknown item 'sake'. Add its nine-digit code to _ITEM_CODES"):
        clean("japan_mof_quoted", "bad_item_unknown.csv")


# Rows that are unsound


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("bad_month_2019-13.csv", [(3, "month_invalid")]),
        ("bad_text_in_number.csv", [(2, "import_usd_not_a_number")]),
        ("bad_negative_weight.csv", [(2, "import_kg_negative")]),
        ("bad_lost_leading_zero.csv", [(2, "code_length")]),
        ("bad_no_partner.csv", [(2, "no_partner"), (3, "no_partner")]),
        ("bad_ragged.csv", [(2, "field_count")]),
    ],
)
def test_an_unsound_row_is_kept_aside_with_file_line_reason_and_record(name, reasons):
    found = clean("korea_customs", name)
    assert list(zip(found.rejected["line"], found.rejected["reason"], strict=True)) == reasons
    assert found.rejected["file"].str.endswith(name).all()
    raw = (FILES / name).read_text().split("\n")
    for _, row in found.rejected.iterrows():
        record = json.loads(row["record"])
        values = record.values() if isinstance(record, dict) else record
        assert ",".join(values) == raw[row["line"] - 1]
    assert not found.rows["line"].isin(found.rejected["line"]).any()


def test_rows_that_share_a_key_and_differ_are_all_rejected_and_equal_ones_merged():
    found = clean("korea_customs", "bad_key_conflict.csv")
    assert list(found.rejected["line"]) == [2, 3]
    assert set(found.rejected["reason"]) == {"key_conflict"}
    assert found.rows_merged == 1
    assert set(found.rows["line"]) == {4}


def test_a_rate_the_other_way_up_or_of_zero_is_rejected():
    found = clean("federal_reserve", "bad_rate_direction.csv")
    assert list(found.rejected["reason"]) == ["rate_direction", "rate_nonpositive"]
    assert set(found.rows["currency"]) == {"EUR", "JPY"}


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path):
    file = tmp_path / "mark.csv"
    file.write_bytes(b"\xef\xbb\xbf" + (FILES / "good_korea_customs.csv").read_bytes().replace(b"\n", b"\r\n"))
    found = SOURCES["korea_customs"](file, None)
    assert list(found.rows["value"]) == list(clean("korea_customs", "good_korea_customs.csv").rows["value"])


def test_an_encoding_error_counts_its_offset_from_the_first_byte_of_the_file(tmp_path):
    file = tmp_path / "mark.csv"
    file.write_bytes(b"\xef\xbb\xbf" + b"ab\xff")
    with pytest.raises(DataError, match="byte 0xff at offset 5"):
        SOURCES["korea_customs"](file, None)


def test_a_line_number_is_the_line_a_record_begins_on(tmp_path):
    header, first, *rest = (FILES / "bad_timeline_rows.csv").read_text().split("\n")
    file = tmp_path / "lines.csv"
    file.write_text("\n".join([header, first.replace("Text", '"Text\non two lines"'), *rest]))
    assert clean("timeline", "bad_timeline_rows.csv").rejected["line"].iloc[0] == 3
    assert SOURCES["timeline"](file, None).rejected["line"].iloc[0] == 4


# Korea Customs


def test_one_customs_row_becomes_an_import_cif_and_an_export_fob():
    rows = clean("korea_customs", "good_korea_customs.csv").rows
    july = rows[(rows["partner"] == "JPN") & (rows["period"] == "2019-07-01")].set_index("flow")
    assert july.loc["import", ["value", "weight_kg", "valuation"]].tolist() == [961061.0, 529850.0, "cif"]
    assert july.loc["export", ["value", "weight_kg", "valuation"]].tolist() == [0.0, 0.0, "fob"]
    assert set(rows["hs_edition"] + rows["currency"] + rows["reporter"]) == {"KR-HSKUSDKOR"}
    assert rows["quantity"].isna().all()


def test_a_recorded_zero_stays_zero_and_an_absent_month_stays_absent():
    rows = clean("korea_customs", "good_korea_customs.csv").rows
    japan = rows[(rows["partner"] == "JPN") & (rows["flow"] == "import")]
    assert dict(zip(japan["period"].dt.strftime("%Y-%m"), japan["value"], strict=True)) == {
        "2019-07": 961061.0,
        "2019-08": 0.0,
    }


def test_an_odd_spelling_is_a_counted_repair_with_its_first_example():
    found = clean("korea_customs", "good_korea_customs.csv")
    assert found.repaired == {"partner_alias": {"count": 1, "example": "line 4: Netherland -> Netherlands"}}


def test_the_two_rows_without_a_partner_are_rejected_and_their_value_is_not_lost(registered):
    rejected = registered["korea_customs_hsk10_monthly"].rejected
    assert list(rejected["line"]) == [13187, 13188]
    assert set(rejected["reason"]) == {"no_partner"}
    assert json.loads(rejected["record"][0])["import_usd"] == "3346296"


def test_polyimide_film_is_annual(registered):
    rows = registered["korea_customs_polyimide_annual"].rows
    assert set(rows["frequency"]) == {"A"}
    assert list(rows["period"].dt.strftime("%Y-%m-%d")) == [f"{year}-01-01" for year in range(2016, 2021)]
    assert rows.loc[rows["period"] == "2019-01-01", "value"].item() == 31455811


def test_quoted_figures_are_in_whole_units_with_their_span(registered):
    rows = registered["korea_customs_quoted"].rows
    point = rows[(rows["period_start"] == "2018-01-01") & (rows["partner"] == "JPN") & (rows["measure"] == "value")]
    assert (point["value"].item(), point["unit"].item()) == (66_900_000.0, "USD")
    assert point["period_end"].item() == pd.Timestamp("2018-12-31")
    span = rows[(rows["frequency"] == "P") & (rows["measure"] == "share")]
    assert (span["period_start"].item(), span["period_end"].item()) == (
        pd.Timestamp("2022-01-01"),
        pd.Timestamp("2022-05-31"),
    )


def test_a_share_of_value_says_so_and_a_share_of_unknown_basis_does_not(registered):
    rows = registered["korea_customs_quoted"].rows
    shares = rows[rows["measure"] == "share"]
    of_value = shares["note"].str.startswith("share of value")
    assert of_value.sum() == 11
    assert shares.loc[~of_value, "note"].str.contains("not stated").all()


def test_exports_plus_imports_are_a_total_of_both_flows_without_a_code(registered):
    rows = registered["korea_customs_quoted"].rows
    total = rows[rows["measure"] == "total"]
    assert (total["value"].item(), total["unit"].item(), total["flow"].item()) == (77_200_000_000.0, "USD", "both")
    assert total["hs_code"].isna().all()


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("period", "2022-05/2022-01", "period_invalid"),
        ("period", "2018-13", "period_invalid"),
        ("unit", "EUR million", "unit_unknown"),
        ("measure", "weight share", "measure_unknown"),
        ("frequency", "Q", "frequency_unknown"),
        ("flow", "transit", "flow_unknown"),
        ("hs_code", "281111100", "code_length"),
        ("source_url", "a friend", "no_source"),
        ("value", "", "value_missing"),
        ("value", "1,2", "value_not_a_number"),
    ],
)
def test_a_quoted_figure_with_a_fault_is_rejected_by_name(tmp_path, column, value, reason):
    table = pd.read_csv(register.find("korea_customs_quoted").file, dtype=str, keep_default_na=False)
    table = table[table["frequency"] == "P"]
    table.loc[table.index[0], column] = value
    table.to_csv(tmp_path / "quoted.csv", index=False)
    found = SOURCES["korea_customs_quoted"](tmp_path / "quoted.csv", None)
    assert list(found.rejected["reason"]) == [reason]


# Ministry of Finance


def test_nine_groups_add_up_to_the_grand_total_exactly(registered):
    for name in ("japan_mof_goods_annual", "japan_mof_goods_monthly"):
        rows = registered[name].rows
        of = ["flow", "partner", "period"]
        top = rows[~rows["is_subgroup"] & (rows["goods_group"] != TOTAL)]
        assert set(top["goods_group"]) == set(TOP_GROUPS)
        added = top.groupby(of)["value_jpy"].sum()
        total = rows[rows["goods_group"] == TOTAL].set_index(of)["value_jpy"].reindex(added.index)
        assert len(added) >= 250
        assert (added == total).all()


def test_the_grand_total_is_no_subgroup_and_everything_in_parentheses_is(registered):
    rows = registered["japan_mof_goods_annual"].rows
    assert not rows.loc[rows["goods_group"] == TOTAL, "is_subgroup"].any()
    assert rows.loc[rows["goods_group"].str.startswith("("), "is_subgroup"].all()


def test_the_monthly_file_uses_the_annual_titles_and_agrees_with_the_annual_file(registered):
    of = ["flow", "partner", "goods_group"]
    monthly = registered["japan_mof_goods_monthly"].rows
    annual = registered["japan_mof_goods_annual"].rows
    assert set(monthly["goods_group"]) <= set(annual["goods_group"])
    months = monthly[monthly["period"].dt.year == 2018].groupby(of)["value_jpy"].sum()
    year = annual[annual["period"].dt.year == 2018].set_index(of)["value_jpy"].reindex(months.index)
    assert (months == year).all()


def test_the_year_2026_covers_three_months_because_the_register_says_so(registered):
    rows = registered["japan_mof_goods_annual"].rows
    covered = rows.groupby(rows["period"].dt.year)["months_covered"].unique().map(list).to_dict()
    assert covered == {year: [12] for year in range(2009, 2026)} | {2026: [3]}


def test_of_a_file_that_is_not_registered_nobody_knows_how_many_months_a_year_covers():
    found = clean("japan_mof", "good_goods_part_year.csv")
    assert found.rows["months_covered"].isna().all()
    assert sorted(found.rows["value_jpy"]) == [176_910_000, 1_500_001_000]
    assert found.out_of_scope == {"area_aggregate": 1}
    assert list(found.rejected["reason"]) == ["value_finer_than_yen"]


def test_a_quoted_row_with_weight_and_value_becomes_two_and_an_empty_figure_none():
    found = clean("japan_mof_quoted", "good_japan_mof_quoted.csv")
    figures = found.rows[["item", "measure", "value", "unit", "hs_code"]].to_numpy().tolist()
    assert figures == [
        ["beer", "value", 0.0, "JPY", "220300000"],
        ["hydrogen_fluoride", "value", 45_930_000.0, "JPY", "281111000"],
        ["hydrogen_fluoride", "weight", 0.947, "t", "281111000"],
    ]
    assert list(found.rejected["reason"]) == ["no_figure"]


# JNTO


def test_how_final_a_visitor_figure_is_comes_from_the_register(registered):
    rows = registered["jnto_visitors_monthly"].rows
    years = rows.groupby(rows["period"].dt.year)["status"].unique().map(list)
    assert (years[2024], years[2025], years[2026]) == (["fixed"], ["provisional"], ["estimate"])
    assert (rows.loc[rows["status"] == "estimate", "visitors"] % 100 == 0).all()


def test_of_a_file_that_is_not_registered_the_status_is_unknown(tmp_path):
    file = tmp_path / "v.csv"
    file.write_text("month,nationality,visitors\n2019-01,KOR,779383\n2019-01,World,2689339\n2019-02,KOR,1.5\n")
    found = SOURCES["jnto"](file, None)
    assert set(found.rows["status"]) == {"unknown"}
    assert set(found.rows["origin"]) == {"KOR", "WLD"}
    assert list(found.rejected["reason"]) == ["visitors_not_a_number"]


# Timeline


def test_an_event_by_both_becomes_two_rows_of_full_weight_one_a_direction():
    found = clean("timeline", "good_timeline.csv")
    both = found.rows[found.rows["event_id"].str.startswith("JK20190702-01")]
    assert list(both["event_id"]) == ["JK20190702-01:JPN-KOR", "JK20190702-01:KOR-JPN"]
    assert list(both["initiator"] + both["target"]) == ["JPNKOR", "KORJPN"]
    assert both["is_mutual"].all()
    assert set(both["goldstein"]) == {3.5}
    assert set(both["flags"]) == {"unverified;id_date_differs"}
    assert found.repaired["both_split"]["count"] == 2


def test_an_act_of_both_towards_a_third_state_is_mutual_and_one_of_a_third_state_out_of_scope():
    found = clean("timeline", "good_timeline.csv")
    towards = found.rows[found.rows["event_id"].str.startswith("JK20190801-01")]
    assert list(towards["initiator"] + towards["target"]) == ["JPNKOR", "KORJPN"]
    assert set(towards["flags"]) == {"date_coarse;third_state:USA"}
    assert found.out_of_scope == {"third_state_act": 1}


def test_a_possible_repeat_is_flagged_and_kept():
    rows = clean("timeline", "good_timeline.csv").rows
    assert list(rows.loc[rows["flags"] == "possible_dup", "event_id"]) == ["JK20190705-01", "JK20190705-02"]
    plain = rows[rows["event_id"] == "JK20190701-01"]
    assert plain["flags"].isna().all()
    assert (plain["goldstein"].item(), plain["goldstein_scale"].item(), plain["quad_class"].item()) == (
        -4.0,
        "cameo_root",
        4,
    )


def test_unsound_events_are_rejected_by_name():
    rejected = clean("timeline", "bad_timeline_rows.csv").rejected
    assert dict(zip(rejected["line"], rejected["reason"], strict=True)) == {
        3: "root_code_length",
        4: "date_invalid",
        5: "acts_on_itself",
        6: "root_code_unknown",
        7: "date_precision_unknown",
    }


def test_a_state_the_timeline_does_not_know_is_an_error(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text((FILES / "good_timeline.csv").read_text().replace("USA,both", "EU,both"))
    with pytest.raises(DataError, match=r"unknown spelling of a state in timeline: 'EU' \(.*t.csv, lines 5\)"):
        SOURCES["timeline"](file, None)


def test_the_shipped_timeline_has_its_flags_and_only_the_two_states(registered):
    rows = registered["timeline"].rows
    flags = rows.drop_duplicates("line")["flags"].str.split(";").explode().value_counts().to_dict()
    assert flags == {"third_state:USA": 13, "date_coarse": 13, "third_state:CHN": 8, "possible_dup": 6, "unverified": 2}
    assert set(rows["initiator"]) | set(rows["target"]) == set(dyads.find("JPN-KOR").states)
