"""Small tables of several materials: a month without a record is a gap, a zero is a zero."""

import numpy as np
import pytest

from research import materials, warehouse
from research.dyads import find
from research.errors import NoDataError, RequestError
from research.measures.panels import base_changes, material_months, quoted_shares, share_and_concentration

PAIR = find("JPN-KOR")
KEYS = ["hydrogen_fluoride", "photoresist"]
FLUORIDE = materials.find("hydrogen_fluoride").hs_code


@pytest.fixture(scope="module")
def flows(built):
    return warehouse.read("trade", PAIR, start="2017-01", end="2021-11", reporter="KOR")


def test_the_two_zero_months_are_recorded_zeros(flows):
    months = material_months(flows, KEYS, "JPN")
    zero = months[(months["material"] == "Hydrogen fluoride") & (months["value"] == 0)]
    assert [f"{p:%Y-%m}" for p in zero["period"]] == ["2019-08", "2019-09"]
    assert zero["recorded"].all()


def test_an_unreported_month_is_missing_and_not_zero(flows):
    cut = flows[~((flows["hs_code"] == FLUORIDE) & (flows["period"] == "2018-05-01"))]
    months = material_months(cut, KEYS, "JPN").set_index(["material", "period"])
    gap = months.loc[("Hydrogen fluoride", "2018-05-01")]
    assert np.isnan(gap["value"]) and not gap["recorded"]


def test_a_partner_without_a_row_is_an_error_that_names_the_codes(flows):
    with pytest.raises(NoDataError, match="no monthly import of 2811111000, 3707901010 from FRA"):
        material_months(flows, KEYS, "FRA")


def test_an_unknown_material_names_the_known_ones(flows):
    with pytest.raises(RequestError, match="unknown material 'helium'; known are hydrogen_fluoride"):
        material_months(flows, ["helium"], "JPN")


def test_share_falls_while_concentration_rises(flows):
    yearly = share_and_concentration(flows, FLUORIDE, "KOR", "JPN").set_index(
        share_and_concentration(flows, FLUORIDE, "KOR", "JPN")["period"].dt.year
    )
    assert yearly.loc[[2018, 2019, 2020], "value"].tolist() == [66_856_769, 36_335_322, 9_375_581]
    assert yearly.loc[[2018, 2019, 2020, 2021], "hhi"].round(4).tolist() == [0.4500, 0.3878, 0.5888, 0.5251]
    assert yearly.loc[2021, "months_covered"] == 11


def test_a_partner_that_supplies_nothing_has_no_share(flows):
    with pytest.raises(NoDataError, match="no import of 2811111000 from FRA is recorded by KOR"):
        share_and_concentration(flows, FLUORIDE, "KOR", "FRA")


def test_the_base_moves_the_headline(flows):
    changes = base_changes(flows, KEYS, "KOR", "JPN", start="2019-07").set_index(["material", "base"])
    percent = changes["change_percent"].round(2)
    assert percent["Hydrogen fluoride", "12 months before"] == -90.14
    assert percent["Photoresist", "12 months before"] == 6.09


def test_quoted_shares_are_points_of_whole_years(built):
    quoted = warehouse.read("quoted_figures", PAIR, reporter="KOR")
    points = quoted_shares(quoted, FLUORIDE).set_index("period")["share"]
    assert points["2025-01-01"] == pytest.approx(0.48)
    assert "2023-03-01" not in points.index
