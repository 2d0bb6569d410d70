"""A real scheduler and real workers on loopback: the same bytes as here, and deaths that cost time only."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, CancelledError, Future
from functools import partial
from pathlib import Path

import psutil
import pytest
from fixture_notebooks import GOOD, plan_of, write_notebook, write_plan, write_project
from test_events import gdelt_line
from test_run import hidden, is_gone, runs_json

from research import bulk, cluster
from research.errors import DataError, RequestError
from research.reports import run

pytest.importorskip("distributed", reason="Dask is not installed (extra `cluster`)")
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")

TESTS = Path(__file__).resolve().parent
# The first kernel to come here waits to be killed with its worker; the next goes through.
ONCE = """\
import os, pathlib, time
mark = pathlib.Path(f"started-{os.getpid()}")
others = list(pathlib.Path.cwd().glob("started-*"))
mark.touch()
if not others:
    time.sleep(60)"""


class Dask:
    """A scheduler and its workers, as a person would start them, and stopped with all they started."""

    def __init__(self, folder: Path, root: Path) -> None:
        folder.mkdir()
        self.folder, self.started = folder, []
        self.environment = {
            **os.environ, "RESEARCH_ROOT": str(root), "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}",
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1", "DASK_TEMPORARY_DIRECTORY": str(folder),
        }  # fmt: skip
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self._file)
        for _ in range(1200):
            if self._file.is_file():
                break
            time.sleep(0.1)
        self.address = json.loads(self._file.read_text())["address"]

    @property
    def _file(self) -> Path:
        return self.folder / "scheduler.json"

    def work(self, *words: str, **environment: str) -> subprocess.Popen:
        return self._start("worker", self.address, "--nthreads", "1", "--death-timeout", "120", *words, **environment)

    def _start(self, *words: object, **environment: str) -> subprocess.Popen:
        log = (self.folder / f"{words[0]}-{len(self.started)}.log").open("wb")
        command = [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard"]
        with log:
            process = subprocess.Popen(
                command, env={**self.environment, **environment}, cwd=self.folder, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.started.append(process)
        return process

    def below(self) -> list[psutil.Process]:
        """Every process that those we started have started."""
        return [
            p for own in self.started if own.poll() is None for p in psutil.Process(own.pid).children(recursive=True)
        ]

    def besides(self) -> list[psutil.Process]:
        """The processes beside our workers."""
        return [process for process in self.below() if "research.cluster" in command_of(process)]

    def stop(self) -> None:
        below = self.below()
        for process in [*self.started[1:], self.scheduler]:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        psutil.wait_procs(below, timeout=10)
        assert [command_of(process) for process in below if process.is_running()] == []


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = write_project(tmp_path_factory.mktemp("project"))
    (root / "requirements.lock").write_text("pandas==3.0.0 \\\n    --hash=sha256:0\n")
    write_notebook(root / "notebooks/once.ipynb", [*GOOD[:3], ONCE, *GOOD[3:]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEARCH_ROOT", str(root))
        patch.chdir(root)
        yield root


@pytest.fixture(scope="module")
def dask(tmp_path_factory, project):
    made = Dask(tmp_path_factory.mktemp("cluster") / "dask", project)
    try:
        made.work()
        made.work()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def executor(dask, project, said):
    with cluster.opened(dask.address, project / "out", said.append, first=120) as opened:
        yield opened


@pytest.fixture(scope="module")
def events(project):
    """Event files: three days, of which two share rows, and a web page."""
    folder = project / "in"
    folder.mkdir()
    for day in range(3):
        lines = [gdelt_line(day * 300 + number) for number in range(400)]
        (folder / f"day{day}.csv").write_text("\n".join([*lines, "no event"]) + "\n")
    (folder / "page.zip").write_text("<html>not found</html>")
    bulk.clean_files("gdelt", [Path("in")], Path("local"), "JPN-KOR")
    return folder


def pages(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def wait_for(found, what: str):
    for _ in range(2400):
        if now := found():
            return now
        time.sleep(0.05)
    raise AssertionError(f"never came: {what}")


# Files ---------------------------------------------------------------------------------------------


def test_event_files_give_the_same_bytes_here_and_on_the_cluster(executor, events):
    progress = []
    summary = bulk.clean_files(
        "gdelt", [Path("in")], Path("elsewhere"), "JPN-KOR", executor=executor, progress=lambda *at: progress.append(at)
    )
    assert summary["rows_kept"] and summary["rows_merged"] and summary["rejected_by_reason"]["html_page"] == 1
    assert progress[-1] == (4, 4, summary["rows_read"])
    assert pages(Path("elsewhere")) == pages(Path("local")) and len(pages(Path("local"))) == 4


def stalled(mark: Path, fn, *job):
    """A job that stands still in the middle of its first go, and comes through in its next."""
    if not mark.exists():
        bulk.json.dumps = lambda *_, **__: (mark.write_text(str(os.getpid())), time.sleep(60))
    return fn(*job)


def test_a_worker_killed_while_it_cleans_costs_time_and_no_row(executor, dask, events, tmp_path, said):
    class Killing:
        """Kills the worker that is at work on a file, whose part is written but for its books."""

        def submit(self, fn, *job) -> Future:
            if "day1" not in job[1]:
                return executor.submit(fn, *job)
            future = executor.submit(stalled, mark, fn, *job)
            at_work = wait_for(lambda: mark.exists() and mark.read_text(), "a job")
            killed.append(psutil.Process(int(at_work)))
            killed[0].parent().kill()
            return future

    said.clear()
    mark = tmp_path / "mark"
    killed: list[psutil.Process] = []
    bulk.clean_files("gdelt", [Path("in")], Path("killed"), "JPN-KOR", executor=Killing())
    assert len(killed) == 1 and is_gone(killed[0].pid)
    assert pages(Path("killed")) == pages(Path("local"))
    wait_for(lambda: said, "word of the death")
    assert said[0].startswith("worker tcp://127.0.0.1:") and said[0].endswith("what it was doing goes to another")


def kill_worker() -> None:
    """A job no worker survives."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def kill_own() -> None:
    """A job its process does not survive."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_job_that_kills_worker_after_worker_is_broken_and_others_go_on(executor):
    deadly, sound = executor.submit(kill_worker), executor.submit(sum, [2, 3])
    with pytest.raises(BrokenExecutor, match=r"2 workers died doing it, the last tcp://127.0.0.1:\d+"):
        deadly.result(120)
    assert sound.result(120) == 5


class Deadly:
    """An executor at whose workers one file, or one run, is deadly."""

    def __init__(self, executor, name):
        self.executor, self.name = executor, name

    def submit(self, fn, *args):
        return self.executor.submit(kill_own) if self.name in str(args) else self.executor.submit(fn, *args)


def test_a_file_that_kills_its_process_twice_is_refused_and_named_and_the_others_go_on(executor, events):
    summary = bulk.clean_files("gdelt", [Path("in")], Path("deadly"), "JPN-KOR", executor=Deadly(executor, "day1"))
    died, page = summary["files_rejected"]
    assert (died["file"], died["reason"]) == ("in/day1.csv", "worker_died")
    assert died["found"] == "its process died twice (out of memory?): its process ended with exit code -9"
    assert page["reason"] == "html_page"
    assert summary["rows_kept"] == 800 and summary["rejected_by_reason"]["worker_died"] == 1
    assert not Path(".deadly.parts").exists()


def test_cleaning_that_is_broken_off_keeps_finished_parts_and_is_taken_up_again(dask, events):
    def stop(files: int, of: int, rows: int) -> None:
        if files == 1:
            raise KeyboardInterrupt

    clean = partial(bulk.clean_files, "gdelt", [Path("in")], Path("resumed"), "JPN-KOR")
    with pytest.raises(KeyboardInterrupt), cluster.opened(dask.address, Path()) as executor:
        clean(executor=executor, progress=stop)
    parts = list(Path(".resumed.parts").iterdir())
    assert parts and not [part for part in parts if part.name.endswith(".making")]
    assert not Path("resumed").exists()
    clean()
    assert pages(Path("resumed")) == pages(Path("local"))


# Reports -------------------------------------------------------------------------------------------


def batch(root: Path, plan: str, folder: str, **choices) -> dict[str, run.Outcome]:
    write_plan(root, plan)
    return {o.name: o for o in run.run_batch(plan_of(root), root / folder, **choices)}


def test_pages_are_the_same_bytes_here_and_on_the_cluster_and_faults_are_told_apart(executor, project):
    plan = '[[report]]\nnotebook = "good"\nhalf_life = [3, 4]\n'
    here = batch(project, plan, "here", jobs=1, warm=False)
    plan += '[[report]]\nnotebook = "raises"\n[[report]]\nnotebook = "killed"\n[[report]]\nnotebook = "exits"\n'
    there = batch(project, plan, "there", executor=Deadly(executor, "exits.ipynb"))
    assert [(o.status, o.kernel) for o in here.values()] == [("ok", "normal")] * 2
    assert [o.kernel for o in there.values()] == ["warm"] * 4 + [None]
    assert {name: o.status for name, o in there.items()} == {
        **dict.fromkeys(here, "ok"), "raises": "failed", "killed": "kernel died", "exits": "failed",
    }  # fmt: skip
    assert there["exits"].error == "the process that ran this notebook died twice (out of memory?)"
    first, second = pages(project / "here"), pages(project / "there")
    assert first == {name: second[name] for name in first} and len(first) == 12
    assert hidden(project / "there") == []


def test_a_worker_killed_during_a_report_costs_time_only_and_leaves_no_kernel(executor, dask, project):
    for mark in project.glob("started-*"):
        mark.unlink()
    write_plan(project, '[[report]]\nnotebook = "once"')

    class Killing:
        """Kills the worker once its kernel is at work."""

        def submit(self, *job) -> Future:
            future = executor.submit(*job)
            kernels.append(int(wait_for(lambda: list(project.glob("started-*")), "a kernel")[0].name.split("-")[1]))
            psutil.Process(kernels[0]).parents()[2].kill()
            return future

    kernels: list[int] = []
    [outcome] = run.run_batch(plan_of(project), project / "lost", executor=Killing())
    assert (outcome.status, outcome.error) == ("ok", None)
    assert is_gone(kernels[0]) and len(list(project.glob("started-*"))) == 2
    [again] = run.run_batch(plan_of(project), project / "kept", jobs=1, warm=False)
    assert again.status == "ok" and pages(project / "lost") == pages(project / "kept")
    assert hidden(project / "lost") == []


def started(project: Path, dask: Dask) -> tuple[subprocess.Popen, int]:
    """A batch on the command line, and the kernel of its slow notebook."""
    for mark in project.glob("started-*"):
        mark.unlink()
    write_plan(project, '[[report]]\nnotebook = "slow"\nhalf_life = [3, 4, 5, 6]')
    command = [sys.executable, "-c", "import research.build, research.__main__ as m; research.build.is_current = bool; "
               "m.build_what_is_missing = bool; m.main(prog_name='research')"]  # fmt: skip
    process = subprocess.Popen(
        [*command, "report", "--out", "stopped", "--cluster", dask.address, "--normal-kernels"],
        cwd=project, env=dask.environment, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    kernel = wait_for(lambda: list(project.glob("started-*")), "a kernel")[0]
    return process, int(kernel.name.split("-")[1])


def test_ctrl_c_takes_back_what_is_queued_stops_every_kernel_and_leaves_whole_files_only(dask, project):
    process, kernel = started(project, dask)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1 and "Traceback" not in errors
    assert is_gone(kernel, within=0.5)
    assert hidden(project / "stopped") == []
    assert {r["status"] for r in runs_json(project / "stopped")["runs"]} == {"interrupted"}
    assert len(list(project.glob("started-*"))) <= 2


def test_no_kernel_on_a_worker_outlives_a_batch_that_was_killed_outright(dask, project):
    process, kernel = started(project, dask)
    process.kill()
    process.communicate(timeout=20)
    assert is_gone(kernel, within=20)


# What can be wrong before any work is sent ------------------------------------------------------------


def test_without_dask_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        RequestError, match=r"needs Dask .*install the extra `cluster` .*conda the package `distributed`"
    ):
        next(cluster.opened("tcp://127.0.0.1:1", tmp_path).gen)


def test_no_scheduler_at_the_address_is_told_with_the_time_it_was_asked(tmp_path):
    with pytest.raises(
        RequestError, match=r"no Dask scheduler at tcp://127.0.0.1:1 \(asked for 0.5 s; .*dask scheduler"
    ):
        next(cluster.opened("tcp://127.0.0.1:1", tmp_path, first=0.5).gen)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nonsense", "missing port number"),
        ("foo://x:1", "unknown address scheme 'foo'"),
        ("tls://x:1", "no certificates"),
    ],
)
def test_what_is_no_address_is_told_at_once(address, why, tmp_path):
    with pytest.raises(RequestError, match=f"{address} is no address of a Dask scheduler: {why}.*reads like tcp://"):
        next(cluster.opened(address, tmp_path).gen)


def test_a_folder_that_cannot_be_written_is_refused_before_work_is_sent(executor, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="cannot write to the folder .*file/out: Not a directory; name another"):
        executor.check(tmp_path / "file" / "out")


@pytest.fixture(scope="module")
def other(tmp_path_factory, project):
    """Another scheduler, first without workers."""
    made = Dask(tmp_path_factory.mktemp("other") / "dask", project)
    try:
        yield made
    finally:
        made.stop()


def test_a_scheduler_without_workers_and_then_with_a_stranger_is_refused_with_what_differs(other, project, tmp_path):
    with pytest.raises(
        RequestError, match=rf"{other.address} has no worker \(waited 1 s\).*dask worker {other.address}"
    ):
        next(cluster.opened(other.address, project / "out", first=1).gen)
    shutil.copytree(TESTS.parent / "research", tmp_path / "research", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "research/dyads.py").open("a").write("# other code\n")
    (tmp_path / "requirements.lock").write_text("")
    stranger = other.work("--no-nanny", RESEARCH_ROOT=str(tmp_path), PYTHONPATH=str(tmp_path))
    try:
        with pytest.raises(RequestError, match="1 of 1 workers") as caught:
            next(cluster.opened(other.address, project / "out", first=120).gen)
    finally:
        stranger.terminate()
        stranger.wait(20)
    text = str(caught.value)
    assert "nothing was sent:\n  tcp://127.0.0.1:" in text
    assert f": project folder {project} here, {tmp_path} there; code of the package " in text
    assert "; requirements.lock " in text and "sight of" not in text


def test_what_cannot_see_the_results_or_not_load_the_package_is_named():
    here = {"Python": "3.11.2", "sight of /out": "yes"}
    unseen = pickle.dumps((True, {"Python": "3.11.2", "sight of /out": "none"}))
    assert cluster._amiss(here, unseen) == "sight of /out yes here, none there"
    strange = ModuleNotFoundError("No module named 'research'")
    assert cluster._amiss(here, strange) == "cannot do our work: ModuleNotFoundError: No module named 'research'"
    assert cluster._amiss(here, pickle.dumps((True, here))) is None


def test_a_stranger_that_joins_later_does_no_job_and_an_error_that_cannot_travel_is_told_in_words():
    done, error = pickle.loads(cluster._answer(pickle.dumps(({"Python": "2.7"}, ".", int)), {"Python": "3.11.2"}))
    with pytest.raises(RequestError, match="a worker that joined .*: Python 2.7 here, 3.11.2 there"):
        raise error
    done, error = pickle.loads(cluster._answer(pickle.dumps(({}, ".", raise_unpicklable)), {}))
    assert not done and "at a worker of the cluster" in str(error) and "Local: lost" in str(error)


def raise_unpicklable() -> None:
    class Local(Exception):
        pass

    raise Local("lost")


def test_when_no_worker_is_left_jobs_are_given_back_and_that_is_said(other, project, monkeypatch):
    monkeypatch.setattr(cluster, "ALONE", 1.0)
    only, said = other.work("--no-nanny"), []
    with cluster.opened(other.address, project / "out", said.append, first=120) as executor:
        job = executor.submit(time.sleep, 60)
        time.sleep(0.5)
        only.kill()
        with pytest.raises(CancelledError):
            job.result(120)
    assert said[0].endswith("is gone; what it was doing goes to another")
    assert said[1:] == [f"no worker left at {other.address} for 1 s: given up"]


def test_when_the_scheduler_is_gone_jobs_are_given_back_and_that_is_said(other, project):
    other.work("--no-nanny")
    said: list[str] = []
    with cluster.opened(other.address, project / "out", said.append, first=120) as executor:
        job = executor.submit(time.sleep, 60)
        other.scheduler.kill()
        with pytest.raises(CancelledError):
            job.result(120)
    assert said == [f"the scheduler at {other.address} is gone: given up"]


def test_jobs_that_are_given_back_leave_files_to_the_next_call_and_runs_interrupted(project, events):
    with pytest.raises(DataError, match="not every file was cleaned; finished ones are kept"):
        bulk.clean_files("gdelt", [Path("in/day0.csv"), Path("in/day1.csv")], Path("given-back"), executor=Gone())
    [outcome] = run.run_batch([run.Run("lost", Path("lost.ipynb"))], project / "gone", executor=Gone())
    assert (outcome.status, outcome.error) == ("interrupted", "stopped before it was finished")


class Gone:
    """An executor that gives its jobs back."""

    def submit(self, *job) -> Future:
        future: Future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_an_executor_left_in_peace_waits_for_its_jobs_and_leaves_no_process(executor, dask):
    job = executor.submit(time.sleep, 0.5)
    executor.shutdown()
    assert job.done() and job.exception() is None
    assert dask.besides() == []
