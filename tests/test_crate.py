"""The export as an RO-Crate: whole, the same for the same reports, and as the profiles demand."""

import hashlib
import io
import json
import zipfile

import pytest
from click.testing import CliRunner
from fixture_notebooks import GOOD, write_notebook, write_project
from test_compare import FEW, RECORD, TURN, write_batch, write_run

from research import __main__ as cli
from research.errors import DataError, RequestError
from research.reports import crate, provenance

ENDED = "2026-11-24T08:00:00+00:00"
SHA = "ab" * 32


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose register knows one file, with a notebook `n`."""
    root = write_project(tmp_path, "good")
    write_notebook(root / "notebooks" / "n.ipynb", GOOD)
    entry = {
        "name": "customs", "title": "Imports by code", "path": "office/customs.csv", "publisher": "The Office",
        "sources": [{"path": "https://office.example/data"}], "accessed": "2026-10-02", "vintage": "2026-10-01",
        "licenses": [{"title": "Free use with attribution", "path": "https://office.example/terms"}],
        "hash": f"sha256:{SHA}", "bytes": 1, "encoding": "utf-8", "format": "csv", "mediatype": "text/csv",
        "schema": {"fields": [{"name": "x"}]}, "caveats": ["none known"], "cleaner": "customs", "table": "trade",
    }  # fmt: skip
    (root / "data/raw").mkdir(parents=True)
    (root / "data/raw/datapackage.json").write_text(json.dumps({"resources": [entry]}))
    monkeypatch.setenv("RESEARCH_ROOT", str(root))
    monkeypatch.chdir(root)
    return root


def record(root, notebook="n.ipynb", **more):
    """A run's record of provenance: the notebook as it is, the table of the registered file."""
    known = {"name": notebook, "sha256": provenance.sha256(root / "notebooks" / notebook)}
    sources = {"customs": {"vintage": "2026-10-01", "sha256": SHA}}
    parameters = {"dyad": "JPN-KOR", "half_life": 6.0, "codes": ["1", "2"], "start": None}
    return {**RECORD, "notebook": known, "sources": sources, "parameters": parameters, **more}


def write_reports(root, *more):
    out = root / "reports"
    first = {**write_run(out, numbers=(FEW, TURN), record=record(root)), "ended": ENDED}
    return write_batch(out, first, *more)


def metadata(folder) -> dict:
    """The crate's entities by id, after the zip has been read back."""
    content, _ = crate.zipped(folder)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        document = json.loads(archive.read("ro-crate-metadata.json"))
        found = {e["@id"]: e for e in document["@graph"]}
        assert len(found) == len(document["@graph"])
        for name in archive.namelist():
            if name != "ro-crate-metadata.json":
                assert found[name]["sha256"] == hashlib.sha256(archive.read(name)).hexdigest()
                assert found[name]["contentSize"] == str(len(archive.read(name)))
        assert {p["@id"] for p in many(found["./"]["hasPart"])} == set(archive.namelist()) - {"ro-crate-metadata.json"}
    assert document["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    return found


def many(value) -> list:
    return value if isinstance(value, list) else [value]


def references(entity) -> list[str]:
    return [v["@id"] for value in entity.values() for v in many(value) if isinstance(v, dict)]


def test_a_crate_of_one_notebook_is_a_workflow_run_crate_with_all_the_profile_demands(project):
    found = metadata(write_reports(project))
    root = found["./"]
    assert [p["@id"] for p in root["conformsTo"]] == list(crate.PROFILES)
    assert (root["datePublished"], bool(root["name"]), bool(root["description"]), bool(root["license"])) == (
        ENDED, True, True, True,
    )  # fmt: skip
    assert found["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert {"@id": "https://w3id.org/ro/crate/1.1"} in found["ro-crate-metadata.json"]["conformsTo"]
    main = found[root["mainEntity"]["@id"]]
    assert main["@type"] == ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    assert found[main["programmingLanguage"]["@id"]]["@type"] == "ComputerLanguage"
    action = found[root["mentions"]["@id"]]
    assert (action["@type"], action["instrument"], action["endTime"]) == ("CreateAction", {"@id": main["@id"]}, ENDED)
    assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert {"n/index.html", "n/provenance.json", "#run-n-number-imports"} <= {r["@id"] for r in action["result"]}
    assert all(found[p]["additionalType"] for p in references(main) if p.startswith("#parameter"))


def test_every_reference_leads_to_an_entity_of_the_crate(project):
    found = metadata(write_reports(project))
    outside = {"https://w3id.org/ro/crate/1.1"}
    assert {r for entity in found.values() for r in references(entity)} - found.keys() == outside


def test_an_input_has_its_hash_and_its_raw_file_publisher_and_licence_from_the_register(project):
    found = metadata(write_reports(project))
    table = found["#input-a1"]
    assert (table["name"], table["sha256"]) == ("data/processed/trade/customs.parquet", "a1")
    raw = found[table["isBasedOn"]["@id"]]
    assert (raw["sha256"], raw["version"], raw["url"]) == (SHA, "2026-10-01", "https://office.example/data")
    assert found[raw["publisher"]["@id"]]["name"] == "The Office"
    assert raw["license"] == {"@id": "https://office.example/terms"}
    assert found[raw["license"]["@id"]]["name"] == "Free use with attribution"


def test_a_raw_file_that_the_register_has_in_another_vintage_keeps_its_hash_and_borrows_no_publisher(project):
    sources = {"customs": {"vintage": "2025-01-01", "sha256": "cd" * 32}}
    out = write_batch(
        project / "reports", {**write_run(project / "reports", record=record(project, sources=sources)), "ended": ENDED}
    )
    raw = metadata(out)["#raw-" + "cd" * 32]
    assert (raw["version"], "publisher" in raw) == ("2025-01-01", False)


def test_parameters_are_values_of_the_notebooks_formal_parameters_and_none_is_not_given(project):
    found = metadata(write_reports(project))
    value = found["#run-n-half_life"]
    assert (value["value"], value["exampleOfWork"]) == (6.0, {"@id": "#parameter-n-half_life"})
    formal = found["#parameter-n-half_life"]
    assert (formal["name"], formal["additionalType"], formal["defaultValue"]) == ("half_life", "Float", "6.0")
    assert (found["#parameter-n-codes"]["multipleValues"], found["#run-n-codes"]["value"]) == (True, "1,2")
    assert "#run-n-start" not in found


def test_a_crate_of_several_notebooks_is_a_process_run_crate_and_failed_runs_say_so(project):
    write_notebook(project / "notebooks" / "other.ipynb", GOOD)
    out = project / "reports"
    (out / "other").mkdir(parents=True)
    (out / "other" / "failed.ipynb").write_text("{}")
    bad = {**write_run(out, "other", status="kernel died", error="cell 3: killed"), "notebook": "other.ipynb"}
    found = metadata(write_reports(project, {**bad, "ended": ENDED}))
    assert found["./"]["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    assert "mainEntity" not in found["./"]
    action = found["#run-other"]
    assert (action["actionStatus"], action["error"]) == ("http://schema.org/FailedActionStatus", "cell 3: killed")
    assert action["result"] == {"@id": "other/failed.ipynb"}
    assert action["instrument"] == {"@id": "notebooks/other.ipynb"}


def test_the_same_reports_give_the_same_bytes(project):
    out = write_reports(project)
    assert crate.zipped(out) == crate.zipped(out)


def test_one_runs_folder_is_a_crate_of_its_own_with_the_time_its_batch_noted(project):
    found = metadata(write_reports(project) / "n")
    assert found["#run-n"]["endTime"] == ENDED


def test_the_data_licence_of_the_project_goes_along(project):
    (project / "LICENSE-DATA").write_text("terms")
    assert metadata(write_reports(project))["./"]["license"] == {"@id": "LICENSE-DATA"}


def test_what_is_not_as_it_was_recorded_goes_into_no_crate(project):
    out = write_reports(project)
    (out / "n" / "index.html").write_text("edited")
    with pytest.raises(DataError, match="n/index.html is not the one its run recorded; run the report again"):
        crate.zipped(out)
    (out / "n" / "index.html").unlink()
    with pytest.raises(DataError, match="index.html, result of the run n, cannot be read: No such file"):
        crate.zipped(out)
    (project / "notebooks" / "n.ipynb").write_text("{}")
    with pytest.raises(DataError, match="n.ipynb has changed since the page of n was made; run the report again"):
        crate.zipped(out)


def test_runs_of_which_none_says_when_it_ended_make_no_crate(project):
    out = write_batch(project / "reports", write_run(project / "reports", record=record(project)))
    with pytest.raises(DataError, match="says when it ended, which a crate must"):
        crate.zipped(out)


def test_the_verb_writes_the_crate_and_says_how_many_runs_it_holds(project):
    write_reports(project)
    done = CliRunner().invoke(cli.main, ["crate", "--out", "made/crate.zip"])
    assert (done.exit_code, done.stdout) == (0, "made/crate.zip: 1 run\n"), done.output
    assert zipfile.is_zipfile("made/crate.zip")
    done = CliRunner().invoke(cli.main, ["crate", "none", "--out", "crate.zip"])
    assert done.exit_code == 2
    with pytest.raises(RequestError, match="none is no report folder"):
        crate.zipped(project / "none")
