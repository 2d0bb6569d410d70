"""Machine-coded events on their way to a page: cleaned into data/coded, read back by source and pair."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import lay_out
from test_events import folder_of, gdelt_line

from research import build, dyads, paths, tables, warehouse
from research.errors import DataError, NoDataError, RequestError
from research.reports import provenance, resume

HOME, OTHER = dyads.find("JPN-KOR"), dyads.find("CHN-JPN")


def made(folder: Path, out: str, dyad: str | None = "JPN-KOR", days=("20191024",), **more) -> Path:
    """A result of `clean` in data/coded: one event a day, Japan towards South Korea, and one towards China."""
    (folder / f"raw-{out}").mkdir()
    files = {
        f"{day}143000.export.CSV": "\n".join(
            [
                gdelt_line(f"{day}1", _1=day, _59=f"{day}143000", **more),
                gdelt_line(f"{day}2", _1=day, _59=f"{day}143000", _17="CHN"),
            ]
        )
        for day in days
    }
    build.clean_files("gdelt", [folder_of(folder / f"raw-{out}", **files)], paths.coded() / out, dyad)
    return paths.coded() / out


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("RESEARCH_ROOT", str(lay_out(tmp_path / "project")))
    build.build(["timeline"])
    return tmp_path


def test_events_are_read_where_their_source_is_named_and_nowhere_else(project):
    made(project, "mine", days=("20191024", "20191026"))
    events, coverage = warehouse.coded("gdelt2", HOME)
    assert list(events["source"].unique()) == ["gdelt2"]
    assert list(coverage["status"]) == ["part", "missing", "part"]
    assert list(warehouse.read("events", HOME)["source"].unique()) == ["timeline"]
    assert warehouse.coded_sources(HOME) == ["gdelt2"]
    assert warehouse.coded_sources(OTHER) == []
    assert list(warehouse.coded("gdelt2", HOME, end="2019-10-24")[1]["given"]) == [1]


def test_a_result_of_every_pair_serves_each_and_one_of_a_pair_in_either_order(project):
    made(project, "all", dyad=None)
    assert set(warehouse.coded("gdelt2", OTHER)[0]["target"]) == {"CHN"}
    assert len(warehouse.read("events", source="gdelt2")) == 2
    made(project, "mine", dyad="KOR-JPN")
    with pytest.raises(DataError, match="all and mine in .*coded both hold events of gdelt2 for JPN-KOR; keep one"):
        warehouse.coded("gdelt2", HOME)
    assert len(warehouse.coded("gdelt2", OTHER)[0]) == 1
    with pytest.raises(DataError, match="all and mine in .*coded both hold"):
        warehouse.calendars(HOME)
    assert list(warehouse.calendars(OTHER)["status"]) == ["part"]
    assert warehouse.calendars(OTHER, start="2020-01").empty


def test_what_is_not_there_is_said_with_the_command_that_makes_it(project):
    with pytest.raises(NoDataError, match="no events of gdelt2 have been cleaned for CHN-JPN; run `python -m research clean "
                       "gdelt FILE... --dyad CHN-JPN --out data/coded/gdelt2`"):  # fmt: skip
        warehouse.coded("gdelt2", OTHER)
    with pytest.raises(NoDataError, match="no machine-coded source is asked for; event_source may be gdelt1, gdelt2"):
        warehouse.coded("timeline", HOME)
    with pytest.raises(RequestError, match="event_source 'gdelt' is unknown; it is timeline, or one of gdelt1"):
        warehouse.coded("gdelt", HOME)
    with pytest.raises(RequestError, match="event_coverage is of one source; name it: source = gdelt1"):
        warehouse.read("event_coverage")
    made(project, "mine")
    message = r"nothing selected by pair JPN-KOR, from 2021-01, source = 'gdelt2'. There is: 1 rows from 2019-10-24"
    with pytest.raises(NoDataError, match=message):
        warehouse.coded("gdelt2", HOME, start="2021-01")
    assert warehouse.calendars(OTHER).empty


def test_a_summary_that_is_none_is_named_and_a_result_of_other_tables_passed_over(project):
    build.clean_files("timeline", [paths.raw() / "timeline"/ next((paths.raw() / "timeline").iterdir()).name],
                      paths.coded() / "dated")  # fmt: skip
    assert warehouse.coded_sources(HOME) == []
    (paths.coded() / "torn").mkdir()
    (paths.coded() / "torn" / "summary.json").write_text("{")
    with pytest.raises(DataError, match=r"torn.summary.json is no summary of `clean`: .*; take its folder away"):
        warehouse.coded_sources(HOME)


def test_a_run_that_looked_for_events_is_stale_once_there_are_some(project, monkeypatch):
    log = project / "log"
    monkeypatch.setenv("RESEARCH_INPUTS_LOG", str(log))
    assert warehouse.coded_sources(HOME) == []
    before = provenance.read_inputs(log)
    assert list(before) == ["data"]
    assert resume.changed_inputs(before) == []
    made(project, "mine")
    assert resume.changed_inputs(before) == ["data"]
    log.unlink()
    assert warehouse.coded_sources(OTHER) == []
    now = provenance.read_inputs(log)
    assert list(now) == ["data/coded", "data/coded/mine/summary.json"]
    made(project, "yours", dyad="CHN-JPN")
    assert "data/coded" in resume.changed_inputs(now)
    warehouse.coded("gdelt2", HOME)
    assert resume.changed_inputs(provenance.read_inputs(log)) == []


def test_a_codebook_names_every_status_the_calendar_gives():
    from research import coverage

    told = tables.EVENT_COVERAGE.columns["status"].description
    assert all(status in told for status in coverage.STATUSES)
    assert pd.Series(coverage.STATUSES).is_unique
