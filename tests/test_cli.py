"""The command line: exit status, what goes to stdout and what to stderr."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from fixture_notebooks import write_plan, write_project

from research import __main__ as cli
from research import build, check
from research.errors import DataError, RequestError
from research.reports import run


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("RESEARCH_ROOT", str(write_project(tmp_path, "good", "raises")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(build, "is_current", lambda: True)
    return tmp_path


@pytest.fixture
def quick(monkeypatch):
    """A batch that starts no kernel: `raises` fails, everything else is well."""

    def batch(runs, out, *, say=print, **options):
        outcomes = [
            run._blank(r, "failed", "cell 4: boom") if r.name == "raises" else run._blank(r, "ok") for r in runs
        ]
        outcomes = [run.replace(o, open="raises/failed.ipynb") if not o.ok else o for o in outcomes]
        for outcome in outcomes:
            say(outcome)
        return outcomes

    monkeypatch.setattr(run, "run_batch", batch)


def call(*words):
    return CliRunner().invoke(cli.main, words)


def test_a_report_says_progress_on_stderr_and_its_result_on_stdout(project, quick):
    done = call("report", "--only", "good")
    assert (done.exit_code, done.stdout) == (0, "reports/index.html\n1 run: 1 ok\n")
    assert done.stderr.startswith("ok              0.0 s  good")


def test_a_failed_run_ends_in_1_and_is_repeated_with_the_file_to_open(project, quick):
    done = call("report")
    assert done.exit_code == 1
    assert done.stdout == "reports/index.html\n2 runs: 1 ok, 1 failed\n"
    assert done.stderr.endswith("raises: failed: cell 4: boom\n    open reports/raises/failed.ipynb\n")


def test_a_report_as_json_is_runs_json_and_nothing_else(project, quick):
    done = call("report", "--json", "--out", "elsewhere")
    assert [r["name"] for r in json.loads(done.stdout)["runs"]] == ["good", "raises"]
    assert done.stdout == (project / "elsewhere" / "runs.json").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "goood"], "--only goood: no run of the plan has this name; did you mean good?"),
        (["-p", "half_live=3"], "good has no parameter `half_live`; did you mean half_life?"),
        (["--plan", "none.toml"], "the plan none.toml cannot be read"),
        (["--out", "reports.toml/out"], "cannot write to the output folder"),
    ],
)
def test_a_wrong_request_ends_in_2_with_a_message_and_no_traceback(project, monkeypatch, words, message):
    monkeypatch.setattr(run, "run_batch", lambda *a, **k: pytest.fail("a kernel would have started"))
    done = call("report", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_first_builds_what_is_not_built(project, quick, monkeypatch):
    summary = {"resource": "x", "rows_read": 1234, "rows_kept": 1234}
    monkeypatch.setattr(build, "is_current", lambda: False)
    monkeypatch.setattr(build, "build", lambda: [summary])
    assert "building the tables\nresource" in call("report", "--only", "good").stderr


def test_broken_data_ends_in_1_and_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    def broken(error):
        def build_(*_, **__):
            raise error

        monkeypatch.setattr(build, "build", build_)
        return call("build")

    done = broken(DataError("x.csv, line 3: no weight"))
    assert (done.exit_code, done.stderr) == (1, "Error: x.csv, line 3: no weight\n")
    done = broken(RequestError("unknown source"))
    assert (done.exit_code, done.stderr) == (2, "Error: unknown source\n")
    assert isinstance(broken(ZeroDivisionError()).exception, ZeroDivisionError)


def test_build_prints_the_conservation_counts_or_json(monkeypatch):
    summary = {"resource": "timeline", "rows_read": 1200, "rows_kept": 1190, "rows_rejected": 10,
               "rows_merged": 0, "rows_out_of_scope": 0, "skipped": True}  # fmt: skip
    monkeypatch.setattr(build, "build", lambda names, force: [summary] if names == ("timeline",) and force else [])
    lines = call("build", "timeline", "--force").stdout.splitlines()
    assert lines[0].split() == ["resource", "read", "kept", "rejected", "merged", "out", "of", "scope"]
    assert lines[1].split() == ["timeline", "1,200", "1,190", "10", "0", "0", "unchanged"]
    assert json.loads(call("build", "timeline", "--force", "--json").stdout) == [summary]


def test_clean_hands_over_source_files_folder_and_pair(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(build, "clean_files", lambda *words: seen.append(words) or {"source": words[0], "rows_read": 2})
    done = call("clean", "jnto", "a.csv", "b.csv", "--out", str(tmp_path), "--dyad", "JPN-KOR", "--json")
    assert json.loads(done.stdout) == {"source": "jnto", "rows_read": 2}
    assert [str(f) for f in seen[0][1]] == ["a.csv", "b.csv"]
    assert (seen[0][0], seen[0][2], seen[0][3]) == ("jnto", tmp_path, "JPN-KOR")


@pytest.mark.parametrize(("ok", "status", "word"), [(True, 0, "ok"), (False, 1, "FAILED")])
def test_check_prints_a_line_each_and_fails_when_one_does(monkeypatch, ok, status, word):
    monkeypatch.setattr(check, "checks", lambda: [(True, "hashes"), (ok, "register")])
    done = call("check")
    assert (done.exit_code, done.stdout) == (status, f"ok      hashes\n{word:<6}  register\n")


def test_the_command_line_starts_without_the_scientific_stack():
    code = "import sys, research.__main__; print([m for m in ('pandas', 'papermill', 'nbconvert', 'duckdb') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_package_loads_a_module_when_it_is_named_and_names_what_there_is():
    import research

    assert research.paths.root
    assert "warehouse" in dir(research)
    with pytest.raises(AttributeError, match="has no module 'warehose'; it has .*warehouse"):
        _ = research.warehose


def test_the_whole_command_runs_a_notebook_and_ends_in_0(tmp_path):
    import os

    root = write_project(tmp_path, "good")
    write_plan(root, '[[report]]\nnotebook = "good"\nhalf_life = [3, 12.5]')
    script = "import research.build as b; b.is_current = lambda: True; from research.__main__ import main; main()"
    (root / "command.py").write_text(f'if __name__ == "__main__":\n    {script}')
    package = str(cli.Path(cli.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "command.py", "report", "--jobs", "1"], cwd=root, capture_output=True, text=True,
        env={**os.environ, "RESEARCH_ROOT": str(root), "PYTHONPATH": package},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "reports/index.html\n2 runs: 2 ok\n"), done.stderr
    assert [line.split()[3] for line in done.stderr.splitlines()] == ["good-half_life-3-0", "good-half_life-12-5"]


def test_a_dry_run_prints_the_runs_and_runs_nothing(project, monkeypatch):
    monkeypatch.setattr(run, "run_batch", lambda *args, **options: pytest.fail("a run was started"))
    done = call("report", "--dry-run", "--only", "good", "-p", "half_life=3")
    assert done.exit_code == 0
    assert done.stdout == "good-half_life-3-0  python -m research report --only good -p half_life=3.0\n"
    listed = json.loads(call("report", "--dry-run", "--json", "--only", "good").stdout)
    assert [(r["name"], r["parameters"]["half_life"]) for r in listed] == [("good", 6.0)]
    assert not Path("reports").exists()
