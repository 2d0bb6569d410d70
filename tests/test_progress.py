"""What a person sees while a batch runs: a live table on a real pseudo-terminal, plain lines elsewhere."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fixture_notebooks import write_notebook, write_project

from research.reports import progress, run

PACKAGE = str(Path(run.__file__).resolve().parents[2])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(tmp_path, clock) -> progress.Board:
    return progress.Board(["a", "b-1", "c", "d", "e"], tmp_path, clock)


def drawn(board: progress.Board) -> str:
    from rich.console import Console

    console = Console(width=100)
    with console.capture() as capture:
        console.print(board)
    return capture.get()


def test_the_board_says_which_runs_are_under_way_and_since_when(board, tmp_path, clock):
    (tmp_path / ".building-b-1-77").mkdir()
    assert list(board.running()) == ["b-1"]
    clock.now = 4.0
    (tmp_path / ".building-c-1a2b3c4d-77").mkdir()
    (tmp_path / ".building-of_another_batch-78").mkdir()
    assert board.running() == {"b-1": 4.0, "c": 0.0}
    assert re.search(r"running b-1 +for 4\.0 s\n +running c +for 0\.0 s", drawn(board))


def test_the_board_counts_done_failed_and_skipped_and_guesses_the_time_left(board, tmp_path, clock):
    (tmp_path / ".building-c-77").mkdir()
    assert board.headline(board.running()).endswith("time left unknown until a run is done")
    board.finish(run.Outcome("a", "a.ipynb", status="unchanged", seconds=0.01))
    assert "unknown" in board.headline(board.running())
    board.finish(run.Outcome("b-1", "b.ipynb", status="failed", seconds=10.0))
    clock.now = 4.0
    assert board.headline(board.running()) == (
        "2 of 5 done, 1 running, 1 failed, 1 skipped, about 26.0 s left"  # 6 of this one, 10 each of the two waiting
    )


def test_a_finished_run_is_no_longer_under_way_and_a_folder_that_is_gone_is_none(board, tmp_path):
    (tmp_path / ".building-a-77").mkdir()
    board.finish(run.Outcome("a", "a.ipynb", status="ok"))
    assert board.running() == {}
    assert progress.Board(["a"], tmp_path / "gone").running() == {}


def test_many_runs_under_way_are_shown_in_part(tmp_path):
    names = [f"r{i:02}" for i in range(15)]
    for name in names:
        (tmp_path / f".building-{name}-77").mkdir()
    assert "and 3 more" in drawn(progress.Board(names, tmp_path))


def test_without_a_terminal_each_finished_run_is_one_plain_line(tmp_path, capfd):
    with progress.watched(["a"], tmp_path, lambda o: f"{o.name} {o.status}", print) as say:
        say(run.Outcome("a", "a.ipynb", status="ok"))
    assert capfd.readouterr() == ("a ok\n", "")


def on_a_terminal(root: Path, *words: str, stop_at: str = "") -> tuple[int, str, str]:
    """Exit status, stdout, and all that a terminal was sent on stderr, by the real command in a project.

    Ctrl-C is typed once the terminal shows `stop_at`.
    """
    script = "import research.build as b; b.is_current = lambda: True; from research.__main__ import main; main()"
    (root / "command.py").write_text(f'if __name__ == "__main__":\n    {script}')
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "command.py", "report", *words], cwd=root, stdout=subprocess.PIPE, stderr=theirs, text=True,
        env={**os.environ, "RESEARCH_ROOT": str(root), "PYTHONPATH": PACKAGE, "TERM": "xterm-256color", "COLUMNS": "100"},
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # a pseudo-terminal ends in an error on Linux
        while chunk := os.read(ours, 4096):
            seen += chunk
            if stop_at and stop_at in seen.decode(errors="ignore"):
                os.killpg(process.pid, signal.SIGINT)
                stop_at = ""
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out, seen.decode()


@pytest.fixture
def project(tmp_path) -> Path:
    write_project(tmp_path, "raises", "short")
    write_notebook(tmp_path / "notebooks" / "short.ipynb", ["# Short", "import time", "time.sleep(1.5)"])
    return tmp_path


def test_on_a_terminal_a_live_table_shows_runs_and_stdout_holds_the_result_only(project):
    status, out, seen = on_a_terminal(project, "--jobs", "1", "--normal-kernels")
    assert (status, out) == (1, "reports/index.html\n2 runs: 1 failed, 1 ok\n")
    assert re.search(r"[01] of 2 done, 1 running, [01] failed, 0 skipped", seen)
    assert re.search(r"running short +for \d\.\d s", seen)
    assert "about" in seen
    assert "\x1b[2K" in seen  # the table was drawn over, and taken away at the end
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert re.search(r"failed +\d+\.\d s  raises  reports/raises/failed.ipynb  \(first time\)", plain)
    assert plain.rstrip().endswith("open reports/raises/failed.ipynb")
    status, out, seen = on_a_terminal(project, "--jobs", "1", "--only", "short")
    assert (status, out) == (0, "reports/index.html\n1 run: 1 unchanged\n")
    assert re.search(r"unchanged +0\.\d s  short  reports/short/index.html\r\n", seen)


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.watched(["a"], tmp_path, lambda o: f"{o.name} {o.status}", print) as say:
        say(run.Outcome("a", "a.ipynb", status="ok"))
    assert capsys.readouterr() == ("a ok\n", "")


def test_ctrl_c_takes_the_table_away_and_tells_what_was_stopped(project):
    write_project(project, "slow")
    status, out, seen = on_a_terminal(project, "--jobs", "1", "--normal-kernels", stop_at="running slow")
    assert (status, out) == (1, "reports/index.html\n1 run: 1 interrupted\n")
    assert "\x1b[?25h" in seen  # the cursor is shown again
    assert seen.rstrip().endswith("slow: interrupted: stopped before it was finished")
    assert "Traceback" not in seen
