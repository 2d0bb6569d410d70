"""Batches that lose a process or are stopped: nothing is lost but time, nothing is hushed up, nothing runs on."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest
from fixture_notebooks import PARAMETERS, plan_of, write_notebook, write_plan
from test_run import is_gone, start_batch

from research.__main__ import line
from research.reports import run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kernels are forked on Linux only")

# Long the first time, over at once the second.
HESITATES = """\
import os, pathlib, time
mark = pathlib.Path(f"started-{dyad}")
first = not mark.exists()
_ = mark.write_text(str(os.getpid()))
time.sleep(60 if first else 0)"""
PLAN = '[[report]]\nnotebook = "hesitates"\n\n[[report]]\nnotebook = "good"\nhalf_life = [3, 4, 5]\n'


@pytest.fixture
def stopped_half_way(tmp_path, monkeypatch):
    """A batch of four runs in a process of its own, one of them in the middle of a long cell; and that one's kernel."""
    cells = ["# Does it hesitate?", ("parameters", PARAMETERS), HESITATES, "print('done')"]
    write_notebook(tmp_path / "notebooks/hesitates.ipynb", cells)
    monkeypatch.setenv("RESEARCH_ROOT", str(tmp_path))
    batch = start_batch(tmp_path, plan=PLAN)
    assert batch.stdout.readline().startswith("good-half_life-"), "the first run that is over"
    mark, end = tmp_path / "started-JPN-KOR", time.monotonic() + 60
    while not (mark.is_file() and mark.read_text()):
        assert time.monotonic() < end and batch.poll() is None, "it never came so far"
        time.sleep(0.05)
    yield batch, int(mark.read_text())
    batch.kill()
    batch.communicate()


def processes(batch, module: str) -> list[psutil.Process]:
    """Processes of the batch whose command names this module."""
    below = psutil.Process(batch.pid).children()
    return [p for p in below if any(module in part for part in p.cmdline())]


def records(root: Path) -> dict[str, dict]:
    return {r["name"]: r for r in json.loads((root / "out/runs.json").read_text())["runs"]}


def pages(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.glob("*/*")}


def test_a_batch_that_was_stopped_and_run_again_has_the_pages_of_one_that_was_not(stopped_half_way, tmp_path):
    batch, kernel = stopped_half_way
    batch.terminate()
    batch.communicate(timeout=30)
    assert is_gone(kernel)
    kept = {name for name, r in records(tmp_path).items() if r["status"] == "ok"}
    assert kept and "hesitates" not in kept
    again = run.run_batch(plan_of(tmp_path), tmp_path / "out", skip_unchanged=True)
    assert {o.name for o in again if o.status == "unchanged"} == kept
    assert {o.status for o in again} == {"ok", "unchanged"}
    run.run_batch(plan_of(tmp_path), tmp_path / "whole")
    assert pages(tmp_path / "out") == pages(tmp_path / "whole") != {}


def test_a_run_whose_process_was_killed_is_run_again_and_says_so_everywhere(stopped_half_way, tmp_path):
    batch, kernel = stopped_half_way
    for worker in processes(batch, "spawn_main"):
        worker.kill()
    said, errors = batch.communicate(timeout=120)
    assert (batch.returncode, errors) == (0, "")
    assert is_gone(kernel)
    found = records(tmp_path)
    why = "the process that ran it died (out of memory?)"
    assert {r["status"] for r in found.values()} == {"ok"}
    assert found["hesitates"]["retried"] == why
    assert any(r["retried"] is None for r in found.values()), "those that were over or had not begun"
    assert f"run again: {why}" in (tmp_path / "out/index.html").read_text()
    outcome = run.Outcome("hesitates", "hesitates.ipynb", status="ok", retried=why)
    assert line(outcome, tmp_path).splitlines()[1].strip() == f"run again: {why}"
    assert len(said.splitlines()) == 3, "each run is said once, the first of them before"


def test_kernels_die_with_the_process_they_were_forked_from_and_their_runs_get_another(stopped_half_way, tmp_path):
    batch, kernel = stopped_half_way
    (prepared,) = processes(batch, "research.reports.preload")
    os.kill(prepared.pid, signal.SIGKILL)
    assert is_gone(kernel, within=2)
    _, errors = batch.communicate(timeout=120)
    assert (batch.returncode, errors) == (0, "")
    hesitates = records(tmp_path)["hesitates"]
    assert (hesitates["status"], hesitates["kernel"]) == ("ok", "normal: the process that prepares kernels ended")
    assert hesitates["retried"] == "the process that prepares kernels ended, and its kernel with it"
    assert {r["status"] for r in records(tmp_path).values()} == {"ok"}


def test_a_process_that_dies_before_any_run_began_does_not_keep_the_batch_for_ever(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(run, "_run_in_pool", lambda runs, *_: asked.append(len(runs)) or list(runs))
    write_notebook(tmp_path / "notebooks/good.ipynb", ["# Good", ("parameters", PARAMETERS)])
    write_plan(tmp_path, '[[report]]\nnotebook = "good"\nhalf_life = [3, 4]\n')
    outcomes = run.run_batch(plan_of(tmp_path), tmp_path / "out")
    assert asked == [2, 1, 1]
    assert {o.error for o in outcomes} == {"the process that ran this notebook died twice (out of memory?)"}
