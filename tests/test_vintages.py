"""Two vintages of the same figures: the newer is read, the older kept, and what was revised is said."""

import hashlib
import json

import pandas as pd
import pytest

from research import build, dyads, findings, warehouse
from research.errors import NoDataError, RequestError

PAIR = dyads.find("JPN-KOR")
HEAD = "month,hsk10,partner,import_usd,import_kg,export_usd,export_kg"
FIRST = ["2019-07,2811111000,Japan,961061,529850,0,0", "2019-08,2811111000,Japan,0,0,0,0",
         "2019-09,2811111000,Japan,5,1,0,0"]  # fmt: skip
SECOND = ["2019-07,2811111000,Japan,970000,529850,0,0", "2019-08,2811111000,Japan,0,0,0,0",
          "2019-10,2811111000,Japan,7,2,0,0"]  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch, built):
    """A project whose register holds two vintages of one office's months."""
    package = json.loads((built / "data/raw/datapackage.json").read_text("utf-8"))
    plain = next(entry for entry in package["resources"] if entry["name"] == "korea_customs_hsk10_monthly")
    folder = tmp_path / "data/raw/korea_customs"
    folder.mkdir(parents=True)
    entries = []
    for vintage, rows in (("2020-01-31", FIRST), ("2020-06-30", SECOND)):
        data = ("\n".join([HEAD, *rows]) + "\n").encode()
        name = f"monthly_{vintage}.csv"
        (folder / name).write_bytes(data)
        changed = {"name": f"monthly_{vintage}", "path": f"korea_customs/{name}", "vintage": vintage}
        entries.append(plain | changed | {"hash": "sha256:" + hashlib.sha256(data).hexdigest(), "bytes": len(data)})
    package["resources"] = entries
    (tmp_path / "data/raw/datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    monkeypatch.setenv("RESEARCH_ROOT", str(tmp_path))
    build.build()
    return tmp_path


ASKED = {"flow": "import", "hs_code": "2811111000"}


def test_the_newer_vintage_of_a_month_is_read_and_both_are_kept(project):
    rows = warehouse.read("trade", PAIR, **ASKED).set_index("period")
    assert rows["value"].tolist() == [970_000, 0, 5, 7]
    assert rows["vintage"].tolist() == ["2020-06-30", "2020-06-30", "2020-01-31", "2020-06-30"]
    former = warehouse.read("trade", PAIR, vintage="2020-01-31", **ASKED)
    assert former["value"].tolist() == [961_061, 0, 5]
    assert len(list((project / "data/processed/trade").glob("*.parquet"))) == 2


def test_a_filter_on_a_figure_does_not_bring_the_older_one_back(project):
    with pytest.raises(NoDataError, match="nothing selected by value = 961061"):
        warehouse.read("trade", value=961_061.0)
    assert len(warehouse.read("trade", value=[970_000.0, 961_061.0])) == 1


def test_a_revision_is_reported_with_month_and_size(project):
    revised = warehouse.revisions("trade", PAIR)
    assert len(revised) == 1
    row = revised.iloc[0]
    assert (row["period"], row["figure"]) == (pd.Timestamp("2019-07-01"), "value")
    assert (row["former"], row["revised"], row["vintage"]) == (961_061, 970_000, "2020-06-30")
    told = findings.say_revisions(revised)
    assert (
        "1 figure was revised between vintages: Jul 2019 2811111000 KOR JPN import, value 961,061 to 970,000"
        in told.text
    )
    assert "+0.93 %" in told.text and told.numbers[0].value == 1
    many = findings.say_revisions(pd.concat([revised] * 7).assign(former=float("nan"), change_percent=float("nan")))
    assert "7 figures were revised" in many.text and "and 2 more" in many.text and "missing to 970,000 (" in many.text


def test_one_vintage_shows_no_revision_and_events_have_none(built, monkeypatch):
    monkeypatch.setenv("RESEARCH_ROOT", str(built))
    revised = warehouse.revisions("trade", PAIR)
    assert revised.empty and findings.say_revisions(revised).role == "coverage"
    with pytest.raises(RequestError, match="table events holds no vintages of figures; trade, goods_groups"):
        warehouse.revisions("events", PAIR)
