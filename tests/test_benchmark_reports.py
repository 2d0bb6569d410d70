"""The benchmark of reports: a contender that fails or draws less than the others is no contender."""

import json
import subprocess
import sys

import nbformat
import pytest
from fixture_notebooks import write_notebook

from benchmarks import contenders, reports
from research import paths


def test_a_contender_that_fails_stops_the_benchmark_with_its_last_words():
    failing = [sys.executable, "-c", "import sys; sys.exit('no such notebook')"]
    with pytest.raises(RuntimeError, match="a contender failed with 1: no such notebook"):
        reports._measured(failing)


def test_cpu_seconds_are_those_of_orphans_too():
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    leave = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {burn!r}])"
    told = "from benchmarks import reports\nimport sys\nreports._adopt_orphans()\n"
    told += f"print(reports._measured([sys.executable, '-c', {leave!r}]).cpu_seconds)"
    ours = subprocess.run([sys.executable, "-c", told], cwd=paths.root(), capture_output=True, text=True, check=True)
    assert float(ours.stdout) > 0.3


def test_a_floor_that_does_not_come_up_is_no_floor(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "_contender", lambda *_: [sys.executable, "-c", ""])
    with pytest.raises(RuntimeError, match="the floor did not come up"):
        reports._floor(tmp_path, [1.0])


def test_the_floor_draws_what_the_page_has_in_an_emptied_namespace(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # which the shell puts its own in place of
    figure = f"from IPython.display import display\ndisplay({ {contenders.FIGURE: {}} }, raw=True)\n"
    cells = [("parameters", "a = 1"), "assert 'b' not in globals()\nb = a", figure + "assert b == 7"]
    file = write_notebook(tmp_path / "n.ipynb", cells)
    shell = contenders._shell()
    try:
        code = nbformat.read(file, as_version=4).cells
        assert [contenders._run_cells(shell, code, "a", 7) for _ in range(2)] == [1, 1]
    finally:
        type(shell).clear_instance()


def test_a_contender_that_lost_a_figure_is_found_out(tmp_path):
    for name, figures in (("a", 2), ("b", 1)):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "index.html").write_text("<figure id=x>" * figures)
    for name in ("command", "pool"):
        shown = json.dumps({contenders.FIGURE: {}})
        source = f"from IPython.display import display\ndisplay({shown}, raw=True)"
        write_notebook(tmp_path / name / "1.ipynb", [source])
    with pytest.raises(RuntimeError, match="different figures"):
        reports._see_that_all_drew(tmp_path, [2, 2])


def test_memory_is_taken_over_all_processes_of_a_batch_until_it_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "SAMPLE", 0.01)
    with reports._started([sys.executable, "-c", "import time; time.sleep(0.5)"]) as batch:
        held = list(reports._memory_over_time(batch, tmp_path))
    assert len(held) >= 2 and max(held)[1] > 1 and {done for done, _ in held} == {0}
