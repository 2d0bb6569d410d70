import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from research.errors import DataError, NoDataError, RequestError
from research.measures.dependence import change, hhi, quoted_unit_value, supplier_share, unit_value

HF, RESIST, POLYIMIDE = "2811111000", "3707901010", "3920999010"


def flows(rows, **given):
    """A trade table from (period, partner, value[, weight_kg]); everything else as Korea's monthly imports have it."""
    usual = {
        "source": "korea_customs", "frequency": "M", "reporter": "KOR", "flow": "import", "hs_code": HF,
        "currency": "USD", "valuation": "cif",
    }  # fmt: skip
    table = pd.DataFrame(
        [(*row, 1000.0)[:4] for row in rows], columns=["period", "partner", "value", "weight_kg"]
    ).assign(**{**usual, **given})
    table["period"] = pd.to_datetime(table["period"])
    return table.astype({"value": float, "weight_kg": float})


def monthly(first, values, partner="JPN"):
    periods = pd.period_range(first, periods=len(values), freq="M").astype(str)
    return [(period, partner, value) for period, value in zip(periods, values, strict=True)]


YEAR = flows([*monthly("2019-01", [10] * 12), *monthly("2019-01", [30] * 12, "CHN")])

# ---- shares


def test_a_share_of_a_year_is_the_partners_part_of_the_sum_of_its_months():
    table = supplier_share(YEAR, HF, "KOR").set_index("partner")
    assert table["share"].to_dict() == {"CHN": 0.75, "JPN": 0.25}
    assert table["value"].to_dict() == {"CHN": 360, "JPN": 120}
    assert table["months_covered"].to_dict() == {"CHN": 12, "JPN": 12}
    assert set(table["period"]) == {pd.Timestamp("2019-01-01")}


def test_months_missing_in_a_year_are_counted():
    assert supplier_share(flows(monthly("2019-01", [1] * 11)), HF, "KOR")["months_covered"].tolist() == [11]


def test_annual_figures_cover_twelve_months():
    table = supplier_share(flows([("2019-01-01", "JPN", 5)], frequency="A"), HF, "KOR")
    assert table["months_covered"].tolist() == [12]


def test_monthly_shares_are_one_row_a_month_and_partner():
    table = supplier_share(YEAR, HF, "KOR", by="M")
    assert len(table) == 24
    assert table["months_covered"].eq(1).all()


def test_the_total_for_the_world_is_not_a_supplier():
    table = supplier_share(flows([("2019-01", "JPN", 1), ("2019-01", "CHN", 3), ("2019-01", "WLD", 4)]), HF, "KOR")
    assert table.set_index("partner")["share"].to_dict() == {"CHN": 0.75, "JPN": 0.25}


def test_a_recorded_zero_is_a_share_of_zero():
    table = supplier_share(flows([("2019-08", "JPN", 0), ("2019-08", "CHN", 3)]), HF, "KOR", by="M")
    assert table.set_index("partner")["share"].to_dict() == {"CHN": 1.0, "JPN": 0.0}


def test_shares_of_a_total_of_zero_are_missing():
    rows = flows([("2019-08", "JPN", 0), ("2019-08", "CHN", 0)])
    assert supplier_share(rows, HF, "KOR", by="M")["share"].isna().all()
    row = hhi(rows, HF, "KOR", by="M").iloc[0]
    assert np.isnan(row["hhi"])
    assert pd.isna(row["top_partner"])
    assert (row["value"], row["partners"]) == (0, 0)


def test_a_missing_value_leaves_every_share_of_its_period_unknown():
    rows = flows([("2019-01", "JPN", np.nan), ("2019-02", "JPN", 1), ("2019-01", "CHN", 3), ("2020-01", "CHN", 3)])
    table = supplier_share(rows, HF, "KOR").set_index(["period", "partner"])
    assert table.loc["2019", "share"].isna().all()
    assert table.loc[("2019-01-01", "JPN"), "months_covered"] == 1
    assert np.isnan(table.loc[("2019-01-01", "JPN"), "value"])
    assert table.loc["2020", "share"].tolist() == [1.0]
    index = hhi(rows, HF, "KOR").set_index("period")
    assert index.loc["2019", ["hhi", "value", "top_share"]].isna().all(axis=None)
    assert index.loc["2020", "hhi"].tolist() == [1.0]


def test_other_codes_reporters_and_flows_do_not_enter():
    other = [YEAR.assign(hs_code=RESIST), YEAR.assign(reporter="JPN"), YEAR.assign(flow="export")]
    pd.testing.assert_frame_equal(supplier_share(pd.concat([YEAR, *other]), HF, "KOR"), supplier_share(YEAR, HF, "KOR"))


values = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)


@given(values)
@settings(max_examples=50, deadline=None)
def test_shares_sum_to_one_and_hhi_lies_between_one_nth_and_one(amounts):
    rows = flows([("2019-01", f"P{number:02}", amount) for number, amount in enumerate(amounts)])
    assert supplier_share(rows, HF, "KOR")["share"].sum() == pytest.approx(1, abs=1e-12)
    row = hhi(rows, HF, "KOR").iloc[0]
    assert 1 / row["partners"] - 1e-12 <= row["hhi"] <= 1 + 1e-12
    assert row["top_share"] == max(amounts) / sum(amounts)
    assert row["value"] == sum(amounts)


# ---- concentration


def test_equal_suppliers_have_an_hhi_of_one_nth_and_the_first_by_name_on_top():
    row = hhi(flows([("2019-01", partner, 5) for partner in ("USA", "CHN", "JPN", "TWN")]), HF, "KOR").iloc[0]
    assert (row["hhi"], row["top_partner"], row["top_share"], row["partners"]) == (0.25, "CHN", 0.25, 4)


def test_a_partner_with_zero_recorded_is_not_counted_among_the_suppliers():
    row = hhi(flows([("2019-01", "JPN", 0), ("2019-01", "CHN", 3)]), HF, "KOR").iloc[0]
    assert (row["partners"], row["hhi"]) == (1, 1.0)


def test_the_index_says_how_many_months_it_rests_on():
    assert hhi(flows(monthly("2021-01", [1] * 11)), HF, "KOR")["months_covered"].tolist() == [11]


# ---- unit values


def test_a_small_lot_is_marked_and_its_unit_value_withheld():
    table = unit_value(flows([("2019-07", "JPN", 8000, 4000), ("2019-08", "JPN", 900, 3)]), HF, "KOR", "JPN")
    assert table["unit_value"].tolist()[0] == 2.0
    assert np.isnan(table["unit_value"].iloc[1])
    assert table["is_small_lot"].tolist() == [False, True]


def test_a_lot_of_exactly_the_minimum_has_a_unit_value():
    table = unit_value(flows([("2019-07", "JPN", 8000, 1000)]), HF, "KOR", "JPN")
    assert (table["unit_value"].iloc[0], table["is_small_lot"].iloc[0]) == (8.0, False)


def test_a_month_of_zero_has_no_unit_value_and_is_no_lot():
    row = unit_value(flows([("2019-08", "JPN", 0, 0)]), HF, "KOR", "JPN", minimum_kg=0).iloc[0]
    assert np.isnan(row["unit_value"])
    assert (row["value"], row["weight_kg"], row["is_small_lot"]) == (0, 0, False)


def test_a_value_whose_weight_was_rounded_to_zero_is_a_small_lot():
    row = unit_value(flows([("2019-08", "JPN", 500, 0)]), HF, "KOR", "JPN").iloc[0]
    assert np.isnan(row["unit_value"])
    assert row["is_small_lot"]


def test_an_unreported_month_is_missing_and_not_zero():
    rows = flows([("2019-01", "JPN", 9000, 3000), ("2019-03", "JPN", 9000, 3000), ("2019-04", "CHN", 1, 1)])
    table = unit_value(rows, HF, "KOR", "JPN").set_index("period")
    assert table.index.strftime("%m").tolist() == ["01", "02", "03", "04"]
    assert table.loc[["2019-02-01", "2019-04-01"], ["value", "weight_kg", "unit_value"]].isna().all(axis=None)
    assert not table["is_small_lot"].any()


def test_annual_figures_give_a_unit_value_a_year():
    rows = flows([(f"{year}-01-01", "JPN", 9000, 3000) for year in (2016, 2018)], frequency="A")
    assert unit_value(rows, HF, "KOR", "JPN")["unit_value"].tolist() == pytest.approx([3, np.nan, 3], nan_ok=True)


def quoted(*rows):
    """A table of quoted figures from (month, measure, value, unit)."""
    table = pd.DataFrame(rows, columns=["period_start", "measure", "value", "unit"])
    table["period_start"] = pd.to_datetime(table["period_start"])
    return table.assign(item="hydrogen_fluoride", reporter="JPN", partner="KOR", flow="export", frequency="M")


def test_quoted_months_with_both_figures_have_a_guarded_unit_value():
    points = quoted(
        ("2019-12", "value", 150.42e6, "JPY"), ("2019-12", "weight", 794, "t"),
        ("2019-09", "value", 3.723e6, "JPY"), ("2019-09", "weight", 100, "kg"), ("2019-10", "weight", 896, "kg"),
    )  # fmt: skip
    table = quoted_unit_value(points, "hydrogen_fluoride", "JPN", "KOR")
    assert table["period"].dt.month.tolist() == [9, 12]
    assert table["is_small_lot"].tolist() == [True, False]
    assert table["unit_value"].round().tolist() == pytest.approx([np.nan, 189], nan_ok=True)


# ---- change


STEADY = flows(monthly("2018-01", [100.0] * 18 + [50.0] * 12))


def test_a_change_is_shown_against_every_base():
    table = change(STEADY, HF, "KOR", "JPN", start="2019-07").set_index("base")
    assert table.index.tolist() == [
        "12 months before", "same months of 2018", "first half of 2019 (monthly mean)",
        "same months of 2017 and 2018 (mean)", "second half of 2018 (monthly mean)",
    ]  # fmt: skip
    table = table.head(3)
    assert table["change_percent"].tolist() == [-50, -50, -50]
    assert table["base_value"].tolist() == [1200, 1200, 100]
    assert table["value"].tolist() == [600, 600, 50]
    assert table["base_start"].dt.strftime("%Y-%m").tolist() == ["2018-07", "2018-01", "2019-01"]
    assert table["base_end"].dt.strftime("%Y-%m").tolist() == ["2019-06", "2018-12", "2019-06"]
    assert table["missing_months"].tolist() == [0, 0, 0]
    assert table["why"].tolist() == ["", "", ""]


def test_the_same_months_of_2018_are_those_of_a_window_shorter_than_a_year():
    row = change(STEADY, HF, "KOR", "JPN", start="2019-07", months=2).iloc[1]
    assert (row["base_start"], row["base_end"]) == (pd.Timestamp("2018-07-01"), pd.Timestamp("2018-08-01"))
    assert row["base_value"] == 200


def test_a_missing_month_leaves_the_change_missing_and_is_named():
    rows = STEADY[~STEADY["period"].isin(pd.to_datetime(["2019-09-01", "2018-08-01"]))]
    table = change(rows, HF, "KOR", "JPN", start="2019-07").head(3)
    assert table["change_percent"].isna().all()
    assert table["missing_months"].tolist() == [2, 2, 1]
    assert table["why"].tolist() == ["missing: 2018-08, 2019-09"] * 2 + ["missing: 2019-09"]
    assert table["value"].isna().all()
    assert table["base_value"].tolist()[2] == 100


def test_a_month_whose_weight_is_not_recorded_is_missing_too():
    rows = STEADY.assign(weight_kg=STEADY["weight_kg"].mask(STEADY["period"] == "2019-09-01"))
    table = change(rows, HF, "KOR", "JPN", start="2019-07", of="weight_kg").head(3)
    assert table["why"].tolist() == ["missing: 2019-09"] * 3


def test_zeros_recorded_are_a_fall_of_a_hundred_percent_and_not_missing():
    rows = flows(monthly("2018-01", [100.0] * 18 + [0.0] * 12))
    assert change(rows, HF, "KOR", "JPN", start="2019-07")["change_percent"].dropna().tolist() == [-100] * 4


def test_a_base_of_zero_gives_no_change_and_says_so():
    rows = flows(monthly("2018-01", [0.0] * 18 + [5.0] * 12))
    table = change(rows, HF, "KOR", "JPN", start="2019-07").head(3)
    assert table["change_percent"].isna().all()
    assert set(table["why"]) == {"the base is zero"}


def test_a_base_that_overlaps_the_window_gives_no_change_and_says_so():
    table = change(STEADY, HF, "KOR", "JPN", start="2019-03", months=6).head(3)
    assert table["why"].tolist() == ["", "", "the base overlaps the window"]
    assert table["change_percent"].isna().tolist() == [False, False, True]


def test_another_base_year_moves_both_named_bases():
    bases = change(STEADY, HF, "KOR", "JPN", start="2020-01", months=3, base_year=2019)["base"].tolist()
    assert bases == [
        "3 months before", "same months of 2019", "first half of 2020 (monthly mean)",
        "same months of 2018 and 2019 (mean)", "second half of 2019 (monthly mean)", "same months of the year before",
    ]  # fmt: skip


def test_a_base_of_two_years_is_their_mean_and_a_year_without_its_months_leaves_it_missing():
    rows = flows(monthly("2017-01", [50.0] * 12 + [150.0] * 12 + [80.0] * 24))
    table = change(rows, HF, "KOR", "JPN", start="2019-07").set_index("base")
    row = table.loc["same months of 2017 and 2018 (mean)"]
    assert (row["base_value"], row["value"], row["change_percent"]) == (1200, 960, pytest.approx(-20))
    assert table.loc["second half of 2018 (monthly mean)", "change_percent"] == pytest.approx(80 / 150 * 100 - 100)
    assert "same months of the year before" not in table.index
    short = change(STEADY, HF, "KOR", "JPN", start="2019-07", months=2).set_index("base")
    assert short.loc["same months of 2017 and 2018 (mean)", "why"] == "missing: 2017-07, 2017-08"
    assert short.loc["same months of the year before", "base_start"] == pd.Timestamp("2018-07-01")


def test_the_flows_given_are_left_as_they_were():
    before = STEADY.copy(deep=True)
    supplier_share(STEADY, HF, "KOR")
    hhi(STEADY, HF, "KOR", by="M")
    unit_value(STEADY, HF, "KOR", "JPN")
    change(STEADY, HF, "KOR", "JPN", start="2019-07")
    pd.testing.assert_frame_equal(STEADY, before)


# ---- bad input


@pytest.mark.parametrize(
    ("column", "other"),
    [("frequency", "A"), ("source", "comtrade"), ("currency", "JPY"), ("valuation", "fob")],
)
def test_flows_of_several_kinds_are_refused_and_the_kinds_named(column, other):
    mixed = pd.concat([STEADY, STEADY.assign(**{column: other})], ignore_index=True)
    kinds = ", ".join(sorted([other, STEADY[column].iloc[0]]))
    with pytest.raises(RequestError, match=f"{HF} of KOR comes in several kinds of {column}: {kinds}; they are not"):
        supplier_share(mixed, HF, "KOR")


def test_an_absent_reporter_is_refused_naming_those_there_are():
    with pytest.raises(NoDataError, match=r"no reporter JPN; there are KOR"):
        hhi(STEADY, HF, "JPN")


def test_an_absent_code_is_refused_naming_those_there_are():
    with pytest.raises(RequestError, match=rf"no trade of KOR {RESIST} import: no hs_code {RESIST}; there are {HF}"):
        supplier_share(STEADY, RESIST, "KOR")


def test_an_absent_flow_is_refused_naming_those_there_are():
    with pytest.raises(NoDataError, match="no flow export; there are import"):
        supplier_share(STEADY, HF, "KOR", flow="export")


def test_an_absent_partner_is_refused_naming_those_there_are():
    with pytest.raises(NoDataError, match="no trade with partner USA; there are CHN, JPN"):
        unit_value(YEAR, HF, "KOR", "USA")


def test_no_trade_rows_at_all_is_an_error():
    with pytest.raises(NoDataError, match="no item record of KOR is here"):
        supplier_share(STEADY.iloc[:0], HF, "KOR")


def test_figures_for_the_world_only_are_refused():
    with pytest.raises(NoDataError, match="recorded for the World only"):
        supplier_share(STEADY.assign(partner="WLD"), HF, "KOR")


def test_a_code_that_is_a_number_is_refused():
    with pytest.raises(RequestError, match="hs_code=2811111000 must be text"):
        supplier_share(STEADY, 2811111000, "KOR")


def test_an_unknown_flow_is_refused():
    with pytest.raises(RequestError, match="flow='imports' is unknown"):
        supplier_share(STEADY, HF, "KOR", flow="imports")


def test_an_unknown_step_is_refused():
    with pytest.raises(RequestError, match="by='Q' is unknown"):
        supplier_share(STEADY, HF, "KOR", by="Q")


def test_monthly_shares_of_annual_figures_are_refused():
    with pytest.raises(RequestError, match="is annual; monthly shares cannot be had"):
        supplier_share(flows([("2019-01-01", "JPN", 5)], frequency="A"), HF, "KOR", by="M")


def test_a_repeated_key_is_refused_and_its_rows_named():
    twice = pd.concat([STEADY, STEADY.tail(1)], ignore_index=True)
    with pytest.raises(DataError, match=r"2 trade rows repeat a key of period, partner: 2020-06-01 JPN.*rows 29, 30"):
        supplier_share(twice, HF, "KOR")


def test_periods_that_are_text_are_refused():
    with pytest.raises(DataError, match="period of the trade must be datetime64, not str"):
        supplier_share(STEADY.assign(period="2019-07"), HF, "KOR")


def test_a_missing_period_is_refused_and_its_row_named():
    with pytest.raises(DataError, match="period is missing in trade rows 0"):
        hhi(STEADY.assign(period=STEADY["period"].mask(STEADY.index == 0)), HF, "KOR")


def test_a_row_without_a_partner_is_refused_and_named():
    with pytest.raises(DataError, match="trade rows without a partner: 3"):
        hhi(STEADY.assign(partner=STEADY["partner"].mask(STEADY.index == 3)), HF, "KOR")


def test_missing_columns_are_named_beside_those_there_are():
    with pytest.raises(DataError, match="trade flows lack the columns valuation; there are period"):
        hhi(STEADY.drop(columns="valuation"), HF, "KOR")


@pytest.mark.parametrize("minimum", [-1, float("nan")])
def test_a_minimum_lot_below_zero_is_refused(minimum):
    with pytest.raises(RequestError, match="minimum_kg=.* must be 0 or more"):
        unit_value(STEADY, HF, "KOR", "JPN", minimum_kg=minimum)


@pytest.mark.parametrize("months", [0, -1, 1.5, True, "12"])
def test_a_window_of_no_whole_months_is_refused(months):
    with pytest.raises(RequestError, match="months=.* must be a whole number, 1 or more"):
        change(STEADY, HF, "KOR", "JPN", start="2019-07", months=months)


def test_a_start_that_cannot_be_read_is_refused():
    with pytest.raises(RequestError, match="start='2019' is not a month"):
        change(STEADY, HF, "KOR", "JPN", start="2019")


def test_a_change_of_an_unknown_column_is_refused():
    with pytest.raises(RequestError, match="of='quantity' is unknown"):
        change(STEADY, HF, "KOR", "JPN", start="2019-07", of="quantity")


def test_a_change_of_annual_figures_is_refused():
    with pytest.raises(RequestError, match="is annual; a change over 12 months needs monthly figures"):
        change(flows([("2019-01-01", "JPN", 5)], frequency="A"), HF, "KOR", "JPN", start="2019-07")


def test_quoted_figures_that_are_absent_are_refused_naming_those_there_are():
    with pytest.raises(NoDataError, match="no quoted figure of beer JPN KOR export M; there are hydrogen"):
        quoted_unit_value(quoted(("2019-12", "value", 1, "JPY")), "beer", "JPN", "KOR")


def test_no_quoted_figures_at_all_is_an_error():
    with pytest.raises(NoDataError, match="there are none at all"):
        quoted_unit_value(quoted(("2019-12", "value", 1, "JPY")).iloc[:0], "beer", "JPN", "KOR")


def test_quoted_figures_without_a_unit_are_refused():
    with pytest.raises(DataError, match="quoted figures lack the columns unit; there are period_start"):
        quoted_unit_value(quoted(("2019-12", "value", 1, "JPY")).drop(columns="unit"), "beer", "JPN", "KOR")


def test_quoted_months_without_both_figures_are_refused():
    points = quoted(("2019-12", "value", 1, "JPY"), ("2019-11", "weight", 1, "kg"))
    with pytest.raises(NoDataError, match="no month with both a quoted value and a quoted weight"):
        quoted_unit_value(points, "hydrogen_fluoride", "JPN", "KOR")


def test_quoted_values_in_two_currencies_are_refused():
    points = quoted(("2019-12", "value", 1, "JPY"), ("2019-11", "value", 1, "USD"))
    with pytest.raises(RequestError, match="are in JPY, USD; choose one currency"):
        quoted_unit_value(points, "hydrogen_fluoride", "JPN", "KOR")


def test_a_quoted_weight_in_an_unknown_unit_is_refused():
    with pytest.raises(DataError, match="are in litres, not kg or t"):
        quoted_unit_value(quoted(("2019-12", "weight", 1, "litres")), "hydrogen_fluoride", "JPN", "KOR")


def test_a_month_quoted_twice_is_refused():
    points = quoted(("2019-12", "value", 1, "JPY"), ("2019-12", "value", 2, "JPY"))
    with pytest.raises(DataError, match="2 quoted rows repeat a key of period_start: 2019-12-01"):
        quoted_unit_value(points, "hydrogen_fluoride", "JPN", "KOR")


# ---- the shipped tables against METHODS 2


@pytest.fixture(scope="module")
def trade(built):
    from research import dyads, warehouse

    return warehouse.read("trade", dyads.find("JPN-KOR"))


def by_year(table, column, first=2018, last=2021):
    years = table.set_index(table["period"].dt.year)[column]
    return years.loc[first:last].tolist()


def test_hydrogen_fluoride_from_japan_is_the_published_value(trade):
    table = supplier_share(trade, HF, "KOR")
    japan = table[table["partner"] == "JPN"]
    assert by_year(japan, "value", last=2020) == [66_856_769, 36_335_322, 9_375_581]
    assert by_year(japan, "months_covered") == [12, 12, 12, 11]


@pytest.mark.parametrize(
    ("code", "percent"), [(HF, [41.94, 32.19, 12.86, 13.57]), (RESIST, [93.20, 88.27, 86.53, 80.04])]
)
def test_japans_shares_are_those_methods_prints(trade, code, percent):
    table = supplier_share(trade, code, "KOR")
    japan = table[table["partner"] == "JPN"]
    assert [round(share * 100, 2) for share in by_year(japan, "share")] == percent


def test_the_concentration_of_hydrogen_fluoride_is_the_one_methods_prints(trade):
    table = hhi(trade, HF, "KOR")
    assert [round(index, 4) for index in by_year(table, "hhi")] == [0.4500, 0.3878, 0.5888, 0.5251]
    assert by_year(table, "months_covered") == [12, 12, 12, 11]
    in_2020 = table[table["period"] == "2020-01-01"].iloc[0]
    assert (in_2020["top_partner"], round(in_2020["top_share"] * 100, 2)) == ("CHN", 74.85)


@pytest.mark.parametrize(
    ("code", "of", "percent"), [(HF, "value", -90.14), (HF, "weight_kg", -90.82), (RESIST, "value", 6.09)]
)
def test_the_twelve_months_from_july_2019_changed_as_methods_prints(trade, code, of, percent):
    table = change(trade, code, "KOR", "JPN", start="2019-07", of=of)
    assert round(table.set_index("base").loc["12 months before", "change_percent"], 2) == percent


def test_zero_is_recorded_for_hydrogen_fluoride_in_august_and_september_2019(trade):
    table = unit_value(trade, HF, "KOR", "JPN").set_index("period")
    assert table.loc["2019-08":"2019-09", "value"].tolist() == [0, 0]
    assert table.loc["2019-08":"2019-12", "unit_value"].notna().tolist() == [False, False, False, False, True]
    assert table.loc["2019-10":"2019-11", "is_small_lot"].tolist() == [True, True]


def test_the_guard_withholds_the_small_lots_of_japans_quoted_points(built):
    from research import warehouse

    points = warehouse.read("quoted_figures", reporter="JPN")
    bare = quoted_unit_value(points, "hydrogen_fluoride", "JPN", "KOR", minimum_kg=0).set_index("period")
    guarded = quoted_unit_value(points, "hydrogen_fluoride", "JPN", "KOR").set_index("period")
    months = pd.to_datetime(["2019-07-01", "2019-09-01", "2019-11-01", "2019-12-01"])
    assert bare.loc[months, "unit_value"].round().tolist() == [837, 37_230, 48_501, 189]
    assert guarded.loc[months, "is_small_lot"].tolist() == [False, True, True, False]
    assert guarded.loc[months, "unit_value"].isna().tolist() == [False, True, True, False]


def test_annual_polyimide_and_monthly_items_live_in_one_table_without_being_mixed(trade):
    assert supplier_share(trade, POLYIMIDE, "KOR")["months_covered"].eq(12).all()
