"""Both customs offices, totals in print, substitution; and pages of pairs for which little is held."""

import json
from pathlib import Path

import pandas as pd
import pytest

from research import dyads, findings, materials, warehouse
from research.errors import DataError, NoDataError, RequestError
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


def test_what_is_not_there_is_an_error_that_a_page_turns_into_a_limit(flows, quoted, built, shown):
    empty = flows.head(0)
    asks = {
        "no month of hydrogen fluoride": lambda: mirror.mirror_gap(quoted.head(0), flows, FLUORIDE, "JPN", "KOR"),
        "exported by JPN to KOR is quoted": lambda: mirror.headline_table(quoted.head(0), FLUORIDE, "JPN", "KOR"),
        "no year with a total in print": lambda: mirror.printed_totals(empty, [FLUORIDE], "KOR"),
        "2021 is not here in full": lambda: mirror.substitution(flows, "2811111000", "KOR", base_year=2018, year=2021),
        "no item record of CHN is here": lambda: mirror.substitution(empty, "1", "CHN", base_year=2018, year=2019),
        "no goods group of Japan with PRK": lambda: mirror.goods_between(goods(), dyads.find("JPN-PRK")),
        "and Japan is no side of FRA-DEU": lambda: mirror.goods_between(goods(), dyads.find("FRA-DEU")),
        "no code of FRA is on the card of hydrogen": lambda: mirror.mirror_gap(quoted, flows, FLUORIDE, "JPN", "FRA"),
    }
    held = findings.WhereHeld()
    for message, ask in asks.items():
        with pytest.raises(NoDataError, match=message):
            ask()
        with held:
            ask()
        assert shown[-1].role == "limit" and shown[-1].text.startswith("Not shown: ")
    assert "no item record of China is here." in shown[4].text


def goods():
    return warehouse.read("goods_groups")


@pytest.fixture
def shown(monkeypatch) -> list:
    """What a block displays."""
    displayed: list = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    return displayed


def test_the_same_reason_is_told_in_full_once_and_again_where_its_cell_is_run_again(shown):
    held = findings.WhereHeld()
    cells = [compile("with held:\n    raise NoDataError('no x')", f"cell {n}", "exec") for n in (1, 2)]
    for cell in (*cells, cells[0]):
        exec(cell, {"held": held, "NoDataError": NoDataError})
    full, brief = "Not shown: no x.", "Not shown, for the same reason."
    assert [finding.text for finding in shown] == [full, brief, full]


@pytest.mark.parametrize("fault", [RequestError("no such code"), DataError("rows repeat a key"), KeyError("a slip")])
def test_an_error_that_is_no_missing_data_passes_and_fails_the_run(fault, shown):
    with pytest.raises(type(fault), match=str(fault)), findings.WhereHeld():
        raise fault
    assert not shown


def test_goods_groups_show_a_partner_beside_the_world(built):
    told = mirror.goods_between(goods(), dyads.find("JPN-CHN"))
    total = told[told["goods_group"] == "Grand Total"]
    assert len(total) == 2 and ((total["share"] > 0.1) & (total["share"] < 0.3)).all()
    said = findings.say_goods(told)
    assert said.role == "answer" and "of its exports), and bought for" in said.text and len(said.numbers) == 2
    unknown = findings.say_goods(told.assign(share=float("nan")))
    assert "(an unknown part of its imports)" in unknown.text
    assert findings.say_goods(told[told["flow"] == "export"]).role == "limit"
    table = findings.table_goods(told)
    assert "Grand Total" in table.html() and "with China by group" in table.title


PAIRS = "JPN-KOR JPN-CHN JPN-USA JPN-TWN JPN-DEU JPN-THA KOR-CHN JPN-AUS FRA-DEU CHN-KOR USA-JPN".split()
NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("[023]_*.ipynb"))


def run_cells(notebook: Path, **parameters) -> dict:
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    space = {"display": lambda _: None}
    for cell in cells:
        exec("".join(cell["source"]), space)
        if "parameters" in cell["metadata"].get("tags", []):
            space |= parameters
    return space


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_for_any_pair_and_says_what_is_missing(built, shown, notebook, pair):
    assert run_cells(notebook, dyad=pair)["pair"].slug == pair


MISTYPED = {
    "a code": ("3", {"hs_code": "2811111100"}, "no hs_code 2811111100; there are 2811111000, 3707901010"),
    "an importer": ("3", {"importer": "KRO"}, "'KRO' is no side of the pair JPN-KOR; take JPN or KOR"),
    "a pair": ("3", {"dyad": "JPN-KRO"}, "unknown state 'KRO' in 'JPN-KRO'"),
    "an importer of materials": ("2", {"importer": "JAP"}, "'JAP' is no side of the pair"),
    "a month": ("2", {"since": "2019-7x"}, "start='2019-7x' is not a month"),
    "a window": ("2", {"start": "2019/07"}, "date '2019/07' is not of the form YYYY-MM"),
    "a lot": ("2", {"minimum_kg": -1.0}, "minimum_kg=-1.0 must be 0 or more"),
    "years the wrong way round": ("3", {"year": 2017}, "base_year 2018 is not before year 2017"),
}


@pytest.mark.parametrize(("number", "parameters", "message"), MISTYPED.values(), ids=MISTYPED)
def test_a_mistyped_parameter_fails_the_run_and_makes_no_page(built, shown, number, parameters, message):
    notebook = next(path for path in NOTEBOOKS if path.name.startswith(number))
    with pytest.raises(RequestError, match=message):
        run_cells(notebook, **parameters)


def both_offices(**changes) -> pd.DataFrame:
    plain = {"source": "comtrade_bulk", "frequency": "M", "currency": "USD", "hs_edition": "H5", "hs_code": "281111"}
    rows = [
        ("2019-07-01", "JPN", "KOR", "export", "fob", 3.0, 30.0),
        ("2019-09-01", "JPN", "KOR", "export", "fob", 1.0, 10.0),
        ("2019-07-01", "KOR", "JPN", "import", "cif", 4.0, 28.0),
        ("2019-10-01", "KOR", "JPN", "import", "cif", 0.0, 0.0),
    ]
    columns = ["period", "reporter", "partner", "flow", "valuation", "value", "weight_kg"]
    frame = pd.DataFrame(rows, columns=columns).assign(**plain)
    frame["period"] = pd.to_datetime(frame["period"])
    return frame.assign(**changes)


CODES = {"export_code": "281111", "import_code": "281111"}


def test_mirror_flows_fill_months_and_keep_a_recorded_zero():
    table = mirror.mirror_flows(both_offices(), "JPN", "KOR", **CODES).set_index("period")
    assert [f"{month:%m}" for month in table.index] == ["07", "08", "09", "10"]
    assert tuple(table.loc["2019-07-01", ["gap_value", "gap_kg"]]) == (1.0, -2.0)
    assert table.loc["2019-08-01"].isna().drop("scope").all() and table.loc["2019-10-01", "import_value"] == 0
    assert table["scope"].iloc[0] == "JPN export fob, H5 281111; KOR import cif, H5 281111"


def test_values_in_two_currencies_have_no_gap_and_two_frequencies_no_mirror():
    flows = both_offices()
    yen = flows.assign(currency=flows["currency"].where(flows["reporter"] == "KOR", "JPY"))
    assert mirror.mirror_flows(yen, "JPN", "KOR", **CODES)["gap_value"].isna().all()
    annual = flows.assign(frequency=flows["frequency"].where(flows["reporter"] == "KOR", "A"))
    with pytest.raises(RequestError, match="JPN and KOR are one monthly and one annual"):
        mirror.mirror_flows(annual, "JPN", "KOR", **CODES)
