"""Real kernels, really failing: the status comes from the runner and every folder is whole."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from fixture_notebooks import plan_of, write_notebook, write_plan, write_project

from research.errors import RequestError
from research.reports import plan, provenance, run

PACKAGE = str(Path(__file__).resolve().parent.parent)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One batch of a good notebook and one for each fault, run once for all tests of this file."""
    root = write_project(tmp_path_factory.mktemp("project"), "good", "raises", "killed", "exits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEARCH_ROOT", str(root))
        patch.setenv("RESEARCH_INPUTS_LOG", "")  # a run in this very process sets it; other tests must not inherit it
        yield root


@pytest.fixture(scope="module")
def batch(project):
    said = []
    outcomes = run.run_batch(plan_of(project), project / "out", say=said.append)
    run.write_index(outcomes, project / "out")
    assert sorted(o.name for o in said) == sorted(o.name for o in outcomes)
    return {o.name: o for o in outcomes}


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


def runs_json(folder: Path) -> dict:
    return json.loads((folder / "runs.json").read_text(encoding="utf-8"))


def test_a_good_run_has_page_data_provenance_and_key_numbers(batch, project):
    good = batch["good"]
    assert (good.status, good.error, good.page) == ("ok", None, "good/index.html")
    folder = project / "out" / "good"
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["index.html", "outcome.json", "provenance.json", "imports.csv", "later.csv", "sources.csv"]
    )
    assert good.outputs == {p.name: provenance.sha256(p) for p in folder.iterdir() if p.name != "outcome.json"}
    assert [(n["name"], n["value"]) for n in good.key_numbers] == [("imports_2019", 36335322), ("gap", None)]
    assert good.title == "How did imports of hydrogen fluoride change?"


def test_a_raising_cell_fails_its_run_with_cell_and_error_and_the_others_go_on(batch, project):
    raised = batch["raises"]
    assert raised.status == "failed"
    assert raised.error == "cell 4 of raises.ipynb: ZeroDivisionError: division by zero"
    assert [p.name for p in (project / "out" / "raises").iterdir()] == ["failed.ipynb"]
    assert "did not finish: failed" in (project / "out" / raised.open).read_text()


def test_a_killed_kernel_looks_well_to_papermill_and_not_to_us(batch, project):
    import papermill
    from nbclient.exceptions import DeadKernelError

    saved = project / "by_papermill.ipynb"
    with pytest.raises(DeadKernelError, match="Kernel died"):
        papermill.execute_notebook(
            project / "notebooks" / "killed.ipynb", saved, progress_bar=False, kernel_name="python3"
        )
    theirs = nbformat.read(saved, as_version=4)
    assert not any(o.output_type == "error" for c in theirs.cells for o in c.get("outputs", []))
    assert not any("papermill-error-cell-tag" in c.metadata.get("tags", []) for c in theirs.cells)
    assert not theirs.metadata.papermill.get("exception")

    assert batch["killed"].status == "kernel died"
    assert batch["killed"].error.startswith("cell 4 of killed.ipynb: the kernel was killed or crashed")
    ours = nbformat.read(project / "out" / "killed" / "failed.ipynb", as_version=4)
    assert "This run did not finish: kernel died." in ours.cells[0].source


def test_a_notebook_that_stops_before_its_end_has_failed(batch):
    assert batch["exits"].status == "failed"
    assert batch["exits"].error == "the notebook stopped early; cell 5 never ran"
    assert batch["exits"].warnings[0].startswith("cell 4: interactiveshell.py")


def test_runs_json_says_what_ran_and_the_folder_holds_whole_things_only(batch, project):
    document = runs_json(project / "out")
    assert document["status"] == "failed"
    assert document["commit"] is None  # the project of this test is not under git
    assert {r["name"]: r["status"] for r in document["runs"]} == {
        "good": "ok",
        "raises": "failed",
        "killed": "kernel died",
        "exits": "failed",
    }
    wanted = {"name", "notebook", "parameters", "status", "seconds", "page", "error", "key_numbers", "outputs"}
    assert wanted <= document["runs"][0].keys()
    assert hidden(project / "out") == []


def test_the_index_names_failures_first_in_words_with_the_file_to_open(batch, project):
    text = (project / "out" / "index.html").read_text()
    assert text.index("raises/failed.ipynb") < text.index("good/index.html")
    assert "✗ kernel died" in text
    assert "ZeroDivisionError: division by zero" in text


def test_the_same_inputs_give_the_same_bytes_in_another_folder(batch, project):
    again = run.run_batch(plan_of(project, only=["good"]), project / "elsewhere")[0]
    assert again.outputs == batch["good"].outputs
    for name in again.outputs:
        first, second = (project / out / "good" / name for out in ("out", "elsewhere"))
        assert first.read_bytes() == second.read_bytes()
    page = (project / "out" / "good" / "index.html").read_text()
    assert str(project) not in page
    assert PACKAGE not in page


def test_provenance_names_inputs_by_hash_and_neither_clock_nor_commit(batch, project):
    record = json.loads((project / "out" / "good" / "provenance.json").read_text())
    assert sorted(record) == ["inputs", "lock", "notebook", "package", "parameters", "register", "sources"]
    assert record["notebook"]["sha256"] == provenance.sha256(project / "notebooks" / "good.ipynb")
    assert record["parameters"]["dyad"] == "JPN-KOR"


def test_what_a_run_reads_and_its_parameters_reach_the_record(project):
    (project / "figures.csv").write_text("x\n")
    source = (
        "import os, pathlib\n"
        "assert pathlib.Path.cwd() == pathlib.Path(os.environ['RESEARCH_ROOT'])\n"
        "assert os.environ['PYTHONHASHSEED'] == '0' and os.environ['OMP_NUM_THREADS'] == '1'\n"
        "assert month == 7\n"
        "open(os.environ['RESEARCH_INPUTS_LOG'], 'a').write('figures.csv\\nfigures.csv\\n')"
    )
    write_notebook(project / "notebooks" / "reads.ipynb", ["# Reads", ("parameters", "month: int = 1"), source])
    write_plan(project, '[[report]]\nnotebook = "reads"\nmonth = 7')
    outcome = run.run_batch(plan_of(project), project / "reading")[0]
    assert (outcome.status, outcome.error) == ("ok", None)
    record = json.loads((project / "reading" / "reads-month-7" / "provenance.json").read_text())
    assert record["inputs"] == {"figures.csv": provenance.sha256(project / "figures.csv")}
    assert record["parameters"] == {"month": 7}
    assert "set for this run" in (project / "reading" / "reads-month-7" / "index.html").read_text()


def test_a_failed_run_leaves_no_older_page_that_could_pass_for_its_own(project):
    out = project / "stale"
    (out / "raises").mkdir(parents=True)
    (out / "raises" / "index.html").write_text("older")
    outcome = run.run_one(by_name(project, "raises"), out, os.getpid(), run.Limits(60))
    assert outcome.status == "failed"
    assert [p.name for p in (out / "raises").iterdir()] == ["failed.ipynb"]


def by_name(project: Path, name: str) -> plan.Run:
    path = project / "notebooks" / f"{name}.ipynb"
    declared = plan.read_parameters(path)
    return plan.Run(name, path, declared, {p.name: p.default for p in declared})


def test_a_run_that_takes_too_long_is_stopped_and_says_so(project):
    outcome = run.run_one(by_name(project, "slow"), project / "late", os.getpid(), run.Limits(3))
    assert outcome.status == "timed out"
    assert outcome.error == "cell 4 of slow.ipynb: took longer than 3 s"
    assert outcome.seconds < 15


def test_a_fault_of_ours_is_an_outcome_with_its_traceback(project, monkeypatch):
    monkeypatch.setattr(run, "_execute", lambda *_: 1 / 0)
    outcome = run.run_one(by_name(project, "good"), project / "ours", os.getpid(), run.Limits(60))
    assert (outcome.status, outcome.error) == ("failed", "ZeroDivisionError: division by zero")
    assert "Traceback" in outcome.trace
    assert hidden(project / "ours") == []


def test_a_folder_that_cannot_be_written_is_refused_before_any_kernel_starts(project):
    (project / "a_file").write_text("")
    with pytest.raises(
        RequestError, match=r"cannot write to the output folder .*a_file/out: Not a directory; nothing was run"
    ):
        run.run_batch(plan_of(project), project / "a_file" / "out")


def test_leftovers_of_a_killed_batch_are_cleared_and_a_page_caught_half_replaced_comes_back(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in (f".building-x-{gone.pid}", f".replaced-page-{gone.pid}", f".building-other-{os.getpid()}"):
        (tmp_path / name).mkdir()
    run.prepare_folder(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f".building-other-{os.getpid()}", "page"]


def test_runs_of_an_earlier_batch_stay_on_the_index_while_their_page_is_there(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "index.html").write_text("page")
    old = run.Outcome("old", "old.ipynb", title="Old", status="ok", page="old/index.html")
    run.write_index([old, run.Outcome("gone", "g.ipynb", status="ok", page="gone/index.html")], tmp_path)
    assert run.write_index([run.Outcome("new", "new.ipynb", status="ok")], tmp_path) == "ok"
    records = runs_json(tmp_path)["runs"]
    assert [(r["name"], r["earlier"]) for r in records] == [("new", False), ("old", True)]


# Stopping a batch: in a process of its own, as a person would ------------------------------------

BATCH = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fixture_notebooks import plan_of
from research.reports import run
if __name__ == "__main__":
    root = Path({root!r})
    outcomes = run.run_batch(plan_of(root), root / "out", jobs=2, say=lambda o: print(o.name, o.status, flush=True))
    sys.exit(run.write_index(outcomes, root / "out") != run.OK)
"""


def start_batch(root: Path, *names: str, plan: str | None = None) -> subprocess.Popen:
    write_project(root, *names)
    if plan:
        write_plan(root, plan)
    script = root / "batch.py"
    script.write_text(BATCH.format(tests=str(Path(__file__).parent), root=str(root)))
    environment = {**os.environ, "RESEARCH_ROOT": str(root), "PYTHONPATH": PACKAGE}
    return subprocess.Popen(
        [sys.executable, str(script)],
        env=environment, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def kernel_of(root: Path) -> int:
    """Process id of the slow notebook's kernel, once it is in its long cell."""
    for _ in range(300):
        for mark in root.glob("started-*"):
            return int(mark.name.removeprefix("started-"))
        time.sleep(0.1)
    raise AssertionError("the slow notebook never started")


def is_gone(pid: int, within: float = 5.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if status == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize(("signum", "to_all"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_ctrl_c_and_sigterm_stop_every_kernel_and_leave_whole_files_only(tmp_path, signum, to_all):
    older = tmp_path / "out" / "slow"
    older.mkdir(parents=True)
    (older / "index.html").write_text("an older page")
    batch = start_batch(tmp_path, "good", "slow", "raises")
    assert batch.stdout.readline() == "good ok\n"
    kernel = kernel_of(tmp_path)
    os.killpg(batch.pid, signum) if to_all else batch.send_signal(signum)
    _, errors = batch.communicate(timeout=20)
    assert (batch.returncode, errors) == (1, "")
    assert is_gone(kernel, within=0.5)
    assert hidden(tmp_path / "out") == []
    document = runs_json(tmp_path / "out")
    statuses = {r["name"]: r["status"] for r in document["runs"]}
    assert document["status"] == "interrupted"
    assert (statuses["good"], statuses["slow"]) == ("ok", "interrupted")
    assert (older / "index.html").read_text() == "an older page"
    assert "✗ interrupted" in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_no_kernel_outlives_a_batch_that_was_killed_outright(tmp_path):
    batch = start_batch(tmp_path, "slow")
    kernel = kernel_of(tmp_path)
    batch.kill()
    batch.communicate(timeout=20)
    assert is_gone(kernel)


def test_a_run_whose_process_dies_is_tried_once_more_alone_and_then_failed(project, monkeypatch):
    asked = []

    def dying_pool(runs, out, jobs, limits, done, say, server):
        asked.append([r.name for r in runs])
        return list(runs)

    monkeypatch.setattr(run, "_run_in_pool", dying_pool)
    write_project(project, "good", "raises")
    outcomes = run.run_batch(plan_of(project), project / "dying")
    assert asked == [["good", "raises"], ["good"], ["raises"]]
    assert {o.error for o in outcomes} == {"the process that ran this notebook died twice (out of memory?)"}


def test_two_batches_do_not_write_to_one_folder_at_once(tmp_path):
    with run.owned(tmp_path):
        with pytest.raises(RequestError, match="another batch is writing to .*; wait for it"), run.owned(tmp_path):
            pytest.fail("it was not kept")
        with run.owned(tmp_path.parent):
            pass
    with run.owned(tmp_path):
        assert list(tmp_path.iterdir()) == []
