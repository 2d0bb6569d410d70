"""Processed tables read back by pair and window."""

import pandas as pd
import pytest

from research import dyads, register, tables, warehouse
from research.errors import DataError, NoDataError, RequestError

PAIR = dyads.find("JPN-KOR")


@pytest.fixture(autouse=True)
def _in_the_built_project(built, monkeypatch):
    monkeypatch.setenv("RESEARCH_ROOT", str(built))


def test_visitors_from_korea_in_2019():
    rows = warehouse.read("visitors", PAIR, start="2019-01", end="2019-12", origin="KOR")
    assert len(rows) == 12
    assert rows["visitors"].sum() == 5_584_597


def test_exports_of_japan_to_korea_in_2018():
    rows = warehouse.read(
        "goods_groups", PAIR, start="2018-01", end="2018-12", partner="KOR", flow="export", frequency="A"
    )
    top = rows[~rows["is_subgroup"] & (rows["goods_group"] != "Grand Total")]
    total = rows.loc[rows["goods_group"] == "Grand Total", "value_jpy"].item()
    assert total == top["value_jpy"].sum() == 5_792_562_476_000
    assert round(total / 1e9, 1) == 5_792.6


def test_hydrogen_fluoride_from_japan_in_three_years():
    rows = warehouse.read(
        "trade", PAIR, hs_code="2811111000", partner="JPN", flow="import", start="2018-01", end="2020-12"
    )
    assert len(rows) == 36
    assert rows.groupby(rows["period"].dt.year)["value"].sum().tolist() == [66_856_769, 36_335_322, 9_375_581]


def test_none_recorded_in_august_and_september_2019_is_a_zero_and_december_2021_is_absent():
    ask = {"hs_code": "2811111000", "partner": "JPN", "flow": "import"}
    rows = warehouse.read("trade", PAIR, start="2019-08", end="2019-09", **ask)
    assert rows["value"].tolist() == [0.0, 0.0]
    late = warehouse.read("trade", PAIR, start="2021-10", **ask)
    assert late["period"].max() == pd.Timestamp("2021-11-01")


@pytest.mark.parametrize("table", [name for name in tables.PROMISES if name != "event_coverage"])
def test_every_table_reads_back_in_its_types_and_order_and_keeps_its_promise(table):
    rows = warehouse.read(table, PAIR)
    assert str(rows[tables.PROMISES[table].time].dtype).startswith("datetime64")
    pd.testing.assert_frame_equal(rows, tables.in_order(table, rows))
    tables.check(table, rows)
    assert list(rows.columns) == list(tables.PROMISES[table].columns)


def test_a_pair_selects_what_its_table_needs():
    assert set(warehouse.read("trade", PAIR)["partner"]) > {"JPN", "CHN", "TWN"}
    assert set(warehouse.read("visitors", PAIR)["origin"]) > {"KOR", "WLD"}
    assert set(warehouse.read("exchange_rates", PAIR)["currency"]) == {"JPY", "KRW"}
    assert len(warehouse.read("exchange_rates")["currency"].unique()) == 5


def test_a_window_includes_both_its_ends():
    rows = warehouse.read("events", PAIR, start="2019-07-01", end="2019-07")
    assert rows["event_date"].min() == pd.Timestamp("2019-07-01")
    assert rows["event_date"].max() <= pd.Timestamp("2019-07-31")
    assert set(rows["event_date"].dt.strftime("%Y-%m")) == {"2019-07"}
    assert len(warehouse.read("events", PAIR, start="2019-07-01", end="2019-07-01")) >= 1


def test_a_list_selects_any_of_its_values():
    rows = warehouse.read("trade", hs_code=["2811111000", "3707901010"], partner=["JPN"])
    assert set(rows["hs_code"]) == {"2811111000", "3707901010"}
    assert set(rows["partner"]) == {"JPN"}


def test_an_empty_selection_is_an_error_that_says_what_there_is():
    with pytest.raises(
        NoDataError,
        match=r"table trade: nothing selected by pair FRA-DEU. There is: 29015 rows from 2000-01-01 to 2021-12-01; reporter: KOR",
    ):
        warehouse.read("trade", dyads.find("FRA-DEU"))
    with pytest.raises(
        NoDataError, match=r"events: nothing selected by pair FRA-DEU.*initiator and target: JPN-KOR, KOR-JPN"
    ):
        warehouse.read("events", dyads.find("FRA-DEU"))
    with pytest.raises(NoDataError, match=r"by from 2030-01, hs_code = '99'. There is: .*hs_code: 2811111000, "):
        warehouse.read("trade", start="2030-01", hs_code="99")
    assert warehouse.read("trade", hs_code="99", allow_empty=True).empty


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"table": "trades"}, "unknown table 'trades'; there are events, trade"),
        ({"table": "trade", "hscode": "1"}, "table trade has no column 'hscode'; it has source, frequency"),
        ({"table": "trade", "start": "2019"}, "date '2019' is not of the form YYYY-MM or YYYY-MM-DD"),
        ({"table": "trade", "end": "2019-13"}, "date '2019-13' is not of the form"),
        ({"table": "trade", "end": "2019-02-30"}, "date '2019-02-30' is not a day of the calendar"),
        ({"table": "trade", "start": 201901}, "date 201901 is not of the form"),
    ],
)
def test_an_ill_formed_request_is_named(ask, message):
    with pytest.raises(RequestError, match=message):
        warehouse.read(**ask)


def test_nothing_built_is_an_error_that_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("RESEARCH_ROOT", str(tmp_path))
    for ask in (lambda: warehouse.read("trade"), warehouse.summaries, warehouse.rejected):
        with pytest.raises(DataError, match="no processed files in .*; run `make build`"):
            ask()


def test_every_file_read_is_noted_for_provenance(tmp_path, monkeypatch):
    log = tmp_path / "inputs.log"
    monkeypatch.setenv("RESEARCH_INPUTS_LOG", str(log))
    warehouse.read("visitors", PAIR)
    warehouse.read("exchange_rates")
    assert log.read_text().split("\n") == [
        "data/processed/visitors/jnto_visitors_monthly.parquet",
        "data/processed/exchange_rates/federal_reserve_exchange_rates_monthly.parquet",
        "",
    ]


def test_coverage_says_from_when_to_when():
    rows = warehouse.coverage("trade").set_index("resource")
    assert rows.loc["korea_customs_hsk10_monthly", "last"] == pd.Timestamp("2021-12-31")
    assert rows.loc["korea_customs_polyimide_annual", "last"] == pd.Timestamp("2020-12-31")
    assert rows["rows"].sum() == 29015
    assert (rows["table"] == "trade").all()


def test_coverage_of_a_part_year_ends_with_its_months_and_of_a_span_with_the_span():
    goods = warehouse.coverage("goods_groups").set_index("resource")["last"]
    assert goods["japan_mof_goods_annual"] == pd.Timestamp("2026-03-31")
    assert goods["japan_mof_goods_monthly"] == pd.Timestamp("2019-05-31")
    quoted = warehouse.coverage("quoted_figures").set_index("resource")["last"]
    assert quoted["korea_customs_quoted"] == pd.Timestamp("2025-12-31")


def test_spans_name_every_registered_file_with_its_title():
    rows = warehouse.spans()
    assert len(rows) == len(register.resources())
    assert rows["title"].notna().all()


def test_summaries_add_up_and_rejected_rows_are_those_counted():
    rows = warehouse.summaries()
    assert len(rows) == len(register.resources())
    counted = rows["rows_kept"] + rows["rows_rejected"] + rows["rows_merged"] + rows["rows_out_of_scope"]
    assert (rows["rows_read"] == counted).all()
    rejected = warehouse.rejected()
    assert len(rejected) == rows["rows_rejected"].sum() == 3
    assert list(rejected.columns) == ["file", "line", "reason", "record", "resource"]
    assert set(rejected["resource"]) == {"korea_customs_hsk10_monthly", "claims"}
