"""Warm kernels are kernels: the same pages, nothing of one run in the next, every end told apart."""

import asyncio
import os
import queue
import sys
from types import SimpleNamespace

import pytest
from fixture_notebooks import GOOD, PARAMETERS, plan_of, write_notebook, write_plan

from research.reports import kernels, parent, run

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kernels are forked on Linux only")
pytestmark = LINUX

CHART = """\
import matplotlib.pyplot as plt
_ = plt.plot([1, 2], [3, 4])"""
OURS = """\
import pandas as pd, research as r
days = pd.to_datetime(["2017-01-01", "2021-11-01"])
span = {"title": ["Imports"], "resource": ["a"], "table": ["trade"], "first": days[:1], "last": days[1:], "rows": [5]}
r.charts.plot_coverage(pd.DataFrame(span), headline="What is there", subtitle="", alt="A bar.", source="None")"""
# Each run checks that nothing of another is there, then leaves as much behind as it can.
ISOLATED = """\
import os, random, sys, pathlib
import matplotlib, numpy, pandas
assert "left_behind" not in globals() and not hasattr(sys, "left_behind") and "LEFT_BEHIND" not in os.environ
assert matplotlib.rcParams["lines.linewidth"] != 77 and pandas.get_option("display.max_rows") != 7
assert pathlib.Path.cwd() == pathlib.Path(os.environ["RESEARCH_ROOT"]), pathlib.Path.cwd()
kinds = [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")]
assert not any("left-open" in kind for kind in kinds)
ours = [line.split()[6] for line in open("/proc/net/unix") if line.strip().endswith("/kernels")]
assert not any(f"socket:[{inode}]" in kinds for inode in ours), "a line to the prepared process"
drawn = f"{random.random()} {numpy.random.random()}\\n"
assert drawn not in pathlib.Path("drawn").read_text() if pathlib.Path("drawn").exists() else True
with open("drawn", "a") as file:
    _ = file.write(drawn)
left_behind = sys.left_behind = True
os.environ["LEFT_BEHIND"] = "1"
matplotlib.rcParams["lines.linewidth"] = 77
pandas.set_option("display.max_rows", 7)
handle = open("left-open", "w")
os.chdir("/")"""
GREEDY = "hoard = []\nimport time\nwhile True:\n    hoard.append(b'x' * 50_000_000)\n    time.sleep(0.05)"
FAULTS = {
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "raises": "1 / 0",
    "greedy": GREEDY,
    "memory_error": "raise MemoryError('Unable to allocate 9 GiB')",
    "stuck": "sum(range(10**12))",  # in C, without ever letting go of the interpreter
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("warm")
    write_notebook(root / "notebooks/good.ipynb", [*GOOD[:3], CHART, OURS, *GOOD[3:]])
    write_notebook(root / "notebooks/isolated.ipynb", ["# Alone?", ("parameters", PARAMETERS), ISOLATED])
    for name, source in FAULTS.items():
        write_notebook(root / f"notebooks/{name}.ipynb", ["# Fault", ("parameters", PARAMETERS), "a = 1", source])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEARCH_ROOT", str(root))
        yield root


def batch(root, plan, folder, **choices):
    write_plan(root, plan)
    return {o.name: o for o in run.run_batch(plan_of(root), root / folder, **choices)}


def pages(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_pages_are_equal_byte_for_byte_warm_and_normal_with_one_job_and_two_and_resumed(project):
    plan = '[[report]]\nnotebook = "good"\nhalf_life = [3, 4]\n'
    warm = batch(project, plan, "warm", jobs=1)
    normal = batch(project, plan, "normal", jobs=2, warm=False)
    assert {o.kernel for o in warm.values()} == {"warm"} and {o.kernel for o in normal.values()} == {"normal"}
    assert {o.error for o in [*warm.values(), *normal.values()]} == {None}
    first = pages(project / "warm")
    assert first == pages(project / "normal") and len(first) == 14
    for name in warm:
        page = first[f"{name}/index.html"].decode()
        drawn = [page.count(f'<figure id="figure-{name}"') for name in ("imports", "later", "coverage")]
        assert (drawn, page.count("<svg"), page.count("data:image/png")) == ([1, 1, 1], 3, 1)
        assert "What is there" in page and "Imports from Japan fell by 90.1" in page
    for file in (project / "warm" / list(warm)[1]).iterdir():
        file.unlink()
    resumed = batch(project, plan, "warm", jobs=2, skip_unchanged=True)
    assert [o.status for o in resumed.values()] == ["unchanged", "ok"]
    assert pages(project / "warm") == first


def test_one_kernel_finds_nothing_of_another(project):
    outcomes = batch(project, '[[report]]\nnotebook = "isolated"\nhalf_life = [3, 4, 5]\n', "alone", jobs=1)
    assert {(o.kernel, o.error) for o in outcomes.values()} == {("warm", None)}
    assert len(set((project / "drawn").read_text().splitlines())) == 3


def test_each_fault_of_a_warm_kernel_is_told_apart(project):
    plan = "".join(f'[[report]]\nnotebook = "{name}"\n' for name in FAULTS)
    outcomes = batch(project, plan, "faults", jobs=2, memory=700, timeout=20)
    assert {name: o.status for name, o in outcomes.items()} == {
        "killed": "kernel died", "raises": "failed", "greedy": "out of memory", "memory_error": "out of memory",
        "stuck": "timed out",
    }  # fmt: skip
    assert outcomes["greedy"].error == "cell 4 of greedy.ipynb: held more than 700 MB of memory"
    assert all((project / "faults" / o.open).is_file() for o in outcomes.values())


def execute(project, name, source, tmp_path, manager, timeout=30):
    """Outputs of a notebook's last cell in a kernel of this manager, through nbclient alone."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(write_notebook(tmp_path / f"{name}.ipynb", [source]), as_version=4)
    client = NotebookClient(notebook, kernel_manager_class=manager, timeout=timeout, interrupt_on_timeout=True)
    client.execute(cwd=str(tmp_path))
    return notebook.cells[-1].outputs


def test_a_plain_figure_is_drawn_in_a_warm_kernel_too(project, tmp_path):
    try:
        for manager in (kernels.WarmKernelManager, kernels.OwnKernelManager):
            outputs = execute(project, "figure", CHART, tmp_path, manager)
            assert [list(o.data) for o in outputs] == [["text/plain", "image/png"]] or "image/png" in outputs[-1].data
    finally:
        kernels.forget()
        parent.close()


def test_a_warm_kernel_is_interrupted_where_a_cell_takes_too_long_and_goes_on(project, tmp_path):
    endless = "try:\n    while True:\n        pass\nexcept KeyboardInterrupt:\n    print('interrupted')"
    try:
        outputs = execute(project, "endless", endless, tmp_path, kernels.WarmKernelManager, timeout=2)
    finally:
        kernels.forget()
        parent.close()
    assert [o.text for o in outputs] == ["interrupted\n"]


@pytest.mark.parametrize(
    ("alive", "message"), [(False, "Kernel died before it was ready"), (True, "not ready within 0.1 s")]
)
def test_a_kernel_that_never_gets_ready_is_not_waited_for_for_ever(alive, message):
    async def nothing(timeout):
        await asyncio.sleep(0.06)
        raise queue.Empty

    async def is_alive():
        return alive

    silent = SimpleNamespace(
        kernel_info=lambda: "asked", shell_channel=SimpleNamespace(get_msg=nothing), is_alive=is_alive
    )
    with pytest.raises(RuntimeError, match=message):
        asyncio.run(kernels.PromptClient.wait_for_ready(silent, timeout=0.1))


def test_where_kernels_cannot_be_forked_a_normal_one_is_used_and_the_outcome_says_why(project, monkeypatch):
    monkeypatch.setattr(parent, "_refused", "the prepared process has 2 threads and cannot be forked safely")
    write_plan(project, '[[report]]\nnotebook = "good"\n')
    outcome = run.run_one(plan_of(project)[0], project / "fallback", os.getpid(), run.Limits())
    assert (outcome.status, outcome.kernel) == ("ok", f"normal: {parent._refused}")


def test_a_parent_with_threads_or_none_at_all_is_an_error_of_one_line(monkeypatch):
    for name in parent.ONE_THREAD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(parent, "ONE_THREAD", {})
    with pytest.raises(OSError, match=r"the prepared process has \d threads and cannot be forked safely"):
        parent.line()
    parent.close()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OSError, match="the process that prepares kernels ended"):
        parent.line()
    parent.close()
