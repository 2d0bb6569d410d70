"""Both customs offices, totals in print, substitution; and pages of pairs for which little is held."""

import json
from pathlib import Path

import pytest

from research import dyads, findings, materials, warehouse
from research.errors import NoDataError
from research.measures import mirror

PAIR = dyads.find("JPN-KOR")
FLUORIDE, RESIST = materials.find("hydrogen_fluoride"), materials.find("photoresist")


@pytest.fixture(scope="module")
def flows(built):
    return warehouse.read("trade", PAIR)


@pytest.fixture(scope="module")
def quoted(built):
    return warehouse.read("quoted_figures", PAIR)


def test_the_mirror_shows_both_offices_of_july_and_september_2019(flows, quoted):
    gaps = mirror.mirror_gap(quoted, flows, FLUORIDE, "JPN", "KOR").set_index("period")
    assert tuple(gaps.loc["2019-07-01", ["export_kg", "import_kg"]]) == (479_100, 529_850)
    assert tuple(gaps.loc["2019-09-01", ["export_kg", "import_kg"]]) == (100, 0)
    assert "free on board" in findings.say_mirror(gaps.reset_index(), FLUORIDE, "JPN", "KOR").text
    table = findings.table_mirror(gaps.reset_index(), FLUORIDE, "JPN", "KOR")
    assert "479.10 t" in table.html() and "zero recorded" in table.html()


def test_only_one_of_four_headlines_can_be_recomputed_from_the_quoted_points(quoted):
    told = mirror.headline_table(quoted, FLUORIDE, "JPN", "KOR")
    assert list(told["recomputed_percent"].notna()) == [True, False, False, False]
    assert round(told["recomputed_percent"].iloc[0], 2) == -83.66
    assert "no: 2018-07 is not quoted here" in findings.table_headlines(told).html()


def test_totals_in_print_are_met_with_the_partners_here(flows):
    totals = mirror.printed_totals(flows, [FLUORIDE, RESIST], "KOR").set_index("material")
    assert dict(totals["recorded"]) == {"Hydrogen fluoride": 159_423_270, "Photoresist": 320_689_531}
    assert dict(totals["partners"]) == {"Hydrogen fluoride": 4, "Photoresist": 9}
    assert "0.056 % short" in findings.say_printed_totals(totals.reset_index()).text


def test_substitution_adds_up_to_the_whole_change_exactly(flows):
    moves = mirror.substitution(flows, RESIST.hs_code, "KOR", base_year=2018, year=2020)
    assert moves["change"].sum() == moves["value"].sum() - moves["base_value"].sum()
    assert "Belgium" in findings.say_substitution(moves, RESIST.hs_code, "KOR", "JPN", 2018, 2020).text


def test_what_is_not_there_is_an_error_that_a_page_turns_into_a_limit(flows, quoted, built):
    empty = flows.head(0)
    asks = {
        "no month of hydrogen fluoride": lambda: mirror.mirror_gap(quoted.head(0), flows, FLUORIDE, "JPN", "KOR"),
        "exported by JPN to KOR is quoted": lambda: mirror.headline_table(quoted.head(0), FLUORIDE, "JPN", "KOR"),
        "no year with a total in print": lambda: mirror.printed_totals(empty, [FLUORIDE], "KOR"),
        "2021 is not here in full": lambda: mirror.substitution(flows, "2811111000", "KOR", base_year=2018, year=2021),
        "no item record of CHN is here": lambda: mirror.substitution(empty, "1", "CHN", base_year=2018, year=2019),
        "no goods group of Japan with PRK": lambda: mirror.goods_between(warehouse.read("goods_groups"), "PRK"),
    }
    for message, ask in asks.items():
        with pytest.raises(NoDataError, match=message):
            ask()
        limit = findings.or_limit(ask)
        assert limit.role == "limit" and message in limit.text
        with pytest.raises(NoDataError, match="it needs what is not shown above"):
            findings.given(limit)
    assert findings.given(3) == 3


def test_goods_groups_show_a_partner_beside_the_world(built):
    goods = mirror.goods_between(warehouse.read("goods_groups", PAIR), "CHN")
    total = goods[goods["goods_group"] == "Grand Total"]
    assert len(total) == 2 and ((total["share"] > 0.1) & (total["share"] < 0.3)).all()
    assert "Grand Total" in findings.table_goods(goods, "CHN").html()


PAIRS = "JPN-KOR JPN-CHN JPN-USA JPN-TWN JPN-DEU JPN-THA KOR-CHN JPN-AUS FRA-DEU CHN-KOR USA-JPN".split()
NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("[023]_*.ipynb"))


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_for_any_pair_and_says_what_is_missing(built, notebook, pair):
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    shown: list = []
    space = {"display": shown.append}
    for cell in cells:
        source = "".join(cell["source"])
        exec(source, space)
        if "parameters" in cell["metadata"].get("tags", []):
            space["dyad"] = pair
    assert space["pair"].slug == pair
