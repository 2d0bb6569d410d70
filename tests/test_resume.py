"""A run is skipped only while everything its page was made from, and the page itself, is as it was."""

import json

import pytest
from fixture_notebooks import GOOD, plan_of, write_notebook, write_project

from research.reports import provenance, run

READS = """\
import os, pathlib
log = pathlib.Path(os.environ['RESEARCH_INPUTS_LOG'])
_ = log.write_text('data/processed/trade/a.csv\\n')"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = write_project(tmp_path_factory.mktemp("resume"), "good", "raises")
    write_notebook(root / "notebooks" / "good.ipynb", [*GOOD, READS])
    (root / "data/processed/trade").mkdir(parents=True)
    (root / "data/processed/trade/a.csv").write_text("1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEARCH_ROOT", str(root))
        run.write_index(run.run_batch(plan_of(root), root / "out"), root / "out")
        yield root


@pytest.fixture
def no_kernels(monkeypatch):
    """The names of the runs that would have had a kernel."""
    needed = []
    monkeypatch.setattr(run, "_run_in_pool", lambda runs, *rest: needed.extend(r.name for r in runs) or [])
    return needed


def again(root):
    return {o.name: o for o in run.run_batch(plan_of(root), root / "out", skip_unchanged=True)}


def test_an_unchanged_run_is_skipped_and_says_why_while_a_failed_one_is_tried_again(project, no_kernels):
    pages = (project / "out/good/index.html").read_bytes()
    outcomes = again(project)
    assert no_kernels == ["raises"]
    assert (outcomes["good"].status, outcomes["good"].ok) == ("unchanged", True)
    assert outcomes["good"].why.endswith("register and 1 input files are as they were")
    first = next(r for r in json.loads((project / "out/runs.json").read_text())["runs"] if r["name"] == "good")
    assert [n["name"] for n in outcomes["good"].key_numbers] == [n["name"] for n in first["key_numbers"]]
    assert (outcomes["good"].title, outcomes["good"].outputs) == (first["title"], first["outputs"])
    assert (project / "out/good/index.html").read_bytes() == pages
    assert run.batch_status([outcomes["good"]]) == "ok"


CHANGES = {
    "an input": ("data/processed/trade/a.csv", "2", "input data/processed/trade/a.csv changed"),
    "an input more": ("data/processed/trade/b.csv", "1", "input data/processed/trade/b.csv (new) changed"),
    "the page": ("out/good/index.html", "edited", "page's own index.html changed"),
    "the lock": ("requirements.lock", "pandas==0", "lock changed"),
    "the register": ("data/raw/datapackage.json", "{}", "register changed"),
    "the record": ("out/good/provenance.json", "", "record of the page missing"),
}


@pytest.mark.parametrize(("name", "text", "named"), CHANGES.values(), ids=CHANGES)
def test_whatever_changed_is_named_and_the_run_is_run_again(project, no_kernels, name, text, named):
    file = project / name
    former = file.read_text() if file.exists() else None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    try:
        assert named in run.resume.judge(plan_of(project)[0], project / "out").why
        again(project)
        assert no_kernels == ["good", "raises"]
    finally:
        file.unlink() if former is None else file.write_text(former)


def test_other_code_other_parameters_and_another_notebook_are_run_again(project, no_kernels, monkeypatch):
    out, good = project / "out", plan_of(project)[0]
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "package_hash", lambda: "other")
        assert run.resume.judge(good, out).why == "package changed"
    good.parameters["half_life"] = 7.0
    assert run.resume.judge(good, out).why == "parameters changed"
    notebook = project / "notebooks/good.ipynb"
    former = notebook.read_text()
    notebook.write_text(former.replace("loaded", "read"))
    assert "notebook changed" in run.resume.judge(plan_of(project)[0], out).why
    notebook.write_text(former)
    assert run.resume.judge(plan_of(project)[0], out).unchanged
