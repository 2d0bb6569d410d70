"""A batch of one notebook over many values of a parameter: ours, papermill's two ways, and the floor, side by side.

Ours is the whole of `report`: start, pages, data files, provenance, index. papermill makes executed notebooks and no
pages. The floor is the bare computation in warm processes, one a core, their start not counted. CPU seconds are those
of the whole process tree, orphans included; they hold on a busy machine, where seconds do not.
"""

import ctypes
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import nbformat
import psutil

from benchmarks.contenders import FIGURE
from research import paths

NOTEBOOK, PARAMETER = "1_trajectory", "half_life_months"  # of the eight, the middle one by computing time
CORES = os.cpu_count() or 1
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PR_SET_CHILD_SUBREAPER = 36
SAMPLE = 0.5  # seconds between two looks at memory


class Cost(NamedTuple):
    """What a contender took."""

    seconds: float
    cpu_seconds: float


def run(count: int, by_command: int) -> dict[str, Any]:
    """Time all contenders on `count` reports, papermill's command line on `by_command` of them; the figures."""
    _adopt_orphans()
    with _folder() as folder:
        values = _values(count)
        ours, unchanged = (_measured(_report(folder, values, *force)) for force in (["--force"], []))
        commands = [_measured(_command(folder, value)) for value in values[:by_command]]
        command = Cost(*(sum(costs) / by_command * count for costs in zip(*commands, strict=True)))
        pool = _measured(_contender("pool", folder, values))
        floor, figures = _floor(folder, values)
        _see_that_all_drew(folder, figures)
    costs = {"ours": ours, "ours_unchanged": unchanged, "command": command, "pool": pool, "floor": floor}
    return {
        "notebook": NOTEBOOK, "reports": count, "cores": CORES, "figures": sum(figures),
        "reports_measured_by_command": by_command,
        **{f"{name}_{unit}": value for name, cost in costs.items() for unit, value in cost._asdict().items()},
        "ours_to_floor": ours.seconds / floor.seconds, "ours_to_floor_cpu": ours.cpu_seconds / floor.cpu_seconds,
        "times_faster_than_command": command.seconds / ours.seconds,
        "times_faster_than_command_cpu": command.cpu_seconds / ours.cpu_seconds,
        "times_faster_than_pool": pool.seconds / ours.seconds,
        "times_faster_than_pool_cpu": pool.cpu_seconds / ours.cpu_seconds,
    }  # fmt: skip


def run_many(count: int) -> dict[str, Any]:
    """Memory of one large batch: proportional memory of all its processes, at its beginning and at its end."""
    with _folder() as folder:
        command = _report(folder, _values(count), "--force")
        began = time.perf_counter()
        with _started(command) as batch:
            held = list(_memory_over_time(batch, folder / "out"))
        seconds = time.perf_counter() - began
    quarters = [[m for done, m in held if low * count <= done * 4 <= (low + 1) * count] for low in range(4)]
    first, last = median(quarters[0]), median(quarters[3])
    return {
        "notebook": NOTEBOOK, "reports": count, "seconds": seconds, "samples": len(held),
        "first_quarter_mib": first, "last_quarter_mib": last, "last_to_first_quarter": last / first,
        "peak_mib": max(m for _, m in held),
    }  # fmt: skip


def _values(count: int) -> list[float]:
    return [round(1 + number / 16, 4) for number in range(count)]


def _report(folder: Path, values: Sequence[float], *options: str) -> list[str]:
    plan = folder / "plan.toml"
    plan.write_text(f'[[report]]\nnotebook = "{NOTEBOOK}"\n{PARAMETER} = {list(values)}\n', encoding="utf-8")
    return [sys.executable, "-m", "research", "report", "--plan", str(plan), "--out", str(folder / "out"), *options]


def _command(folder: Path, value: float) -> list[str]:
    saved = folder / "command" / f"{value}.ipynb"
    saved.parent.mkdir(exist_ok=True)
    options = ["-k", "python3", "--no-progress-bar", "-p", PARAMETER, str(value)]
    return [sys.executable, "-m", "papermill", str(_notebook()), str(saved), *options]


def _contender(name: str, folder: Path, values: Sequence[float]) -> list[str]:
    (folder / name).mkdir(exist_ok=True)
    arguments = [str(_notebook()), str(folder / name), PARAMETER, json.dumps(list(values))]
    return [sys.executable, "-m", "benchmarks.contenders", name, *arguments]


def _floor(folder: Path, values: Sequence[float]) -> tuple[Cost, list[int]]:
    """The bare computation, one process a core, timed from when all are warm; and the figures each report has."""
    shares = [values[core::CORES] for core in range(min(CORES, len(values)))]
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": paths.root()}
    running = [subprocess.Popen(_contender("floor", folder, share), env=_environment(), **quiet) for share in shares]
    for one in running:
        if one.stdout.readline() != "ready\n":
            raise RuntimeError("the floor did not come up; its error stands above")
    began = time.perf_counter()
    for one in running:
        one.stdin.write("\n")
        one.stdin.flush()
    answers = [json.loads(one.communicate()[0]) for one in running]
    seconds = time.perf_counter() - began
    figures = [number for answer in answers for number in answer["figures"]]
    return Cost(seconds, sum(answer["cpu_seconds"] for answer in answers)), figures


def _see_that_all_drew(folder: Path, floor: Sequence[int]) -> None:
    """A contender that loses figures is fast for the wrong reason: raises RuntimeError."""
    drawn = {
        "floor": set(floor),
        "ours": {len(re.findall("<figure ", p.read_text("utf-8"))) for p in folder.glob("out/*/index.html")},
        "command": {_figures(file) for file in folder.glob("command/*.ipynb")},
        "pool": {_figures(file) for file in folder.glob("pool/*.ipynb")},
    }
    if len(set.union(*drawn.values())) != 1 or drawn["floor"] == {0}:
        raise RuntimeError(f"the contenders made pages of different figures: {drawn}")


def _figures(executed: Path) -> int:
    cells = nbformat.read(executed, as_version=4).cells
    return sum(FIGURE in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))


# Measuring -------------------------------------------------------------------------------------------


def _measured(command: list[str]) -> Cost:
    """Run a command to its end; its seconds, and the CPU seconds of everything it started."""
    before = _cpu_of_ended()
    began = time.perf_counter()
    with _started(command) as one:
        one.wait()
    seconds = time.perf_counter() - began
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return Cost(seconds, _cpu_of_ended() - before)


@contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A contender; once it has ended, RuntimeError with its last words where it failed."""
    with tempfile.TemporaryFile() as told:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": told}
        with subprocess.Popen(command, env=_environment(), cwd=paths.root(), **quiet) as one:
            yield one
        if one.returncode:
            told.seek(0)
            raise RuntimeError(f"a contender failed with {one.returncode}: {told.read().decode()[-2000:]}")


def _cpu_of_ended() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _adopt_orphans() -> None:
    """Processes whose parent went first become ours, so that their time counts; Linux only."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _memory_over_time(batch: subprocess.Popen[bytes], out: Path) -> Iterator[tuple[int, float]]:
    """Pairs of pages made so far, and MiB held by the batch and all below it, until it ends."""
    while batch.poll() is None:
        total = 0.0
        try:
            root = psutil.Process(batch.pid)
            for process in (root, *root.children(recursive=True)):
                total += process.memory_full_info().pss / 2**20
        except psutil.Error:
            continue  # one of them ended under the count, which would be too low
        yield sum(1 for _ in out.glob("*/index.html")), total
        time.sleep(SAMPLE)


def _environment() -> dict[str, str]:
    return {**os.environ, **ONE_THREAD, "SOURCE_DATE_EPOCH": "0", "PYTHONPATH": str(paths.root())}


def _notebook() -> Path:
    return paths.notebooks() / f"{NOTEBOOK}.ipynb"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="benchmark-reports-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
