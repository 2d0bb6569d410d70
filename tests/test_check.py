"""Each thing that `check` looks at, broken on purpose: one clear line, naming what and where."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import READ_ONLY_PARTS

from research import build, check


@pytest.fixture(scope="module")
def pristine(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole project of copies, nothing linked, to be copied again and broken."""
    root = tmp_path_factory.mktemp("pristine") / "project"
    shutil.copytree(built, root, symlinks=False)
    return root


@pytest.fixture
def project(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    shutil.copytree(pristine, root)
    monkeypatch.setenv("RESEARCH_ROOT", str(root))
    return root


def broken(message: str) -> str:
    """The one broken line, which must be on one line and match the message."""
    lines = [text for is_sound, text in check.checks() if not is_sound]
    assert len(lines) == 1, lines
    assert "\n" not in lines[0]
    assert re.search(message, lines[0]), lines[0]
    return lines[0]


def edit_register(project: Path, change) -> None:
    path = project / "data" / "raw" / "datapackage.json"
    package = json.loads(path.read_text())
    change(package["resources"])
    path.write_text(json.dumps(package))


def test_a_sound_project_has_one_line_for_each_kind(project: Path):
    lines = check.checks()
    assert all(is_sound for is_sound, _ in lines), lines
    kinds = [text.split(":")[0] for _, text in lines]
    assert kinds == ["register", "hashes", "contracts", "notebooks", "environment"]
    assert re.search(r"contracts: [\d,]{5,} rows of 7 tables keep research/tables.py$", lines[2][1])


def test_every_part_of_a_project_is_checked_and_none_is_left_out(project: Path):
    assert all((project / part).exists() for part in READ_ONLY_PARTS)


@pytest.mark.parametrize("field", ["licenses", "accessed", "hash"])
def test_a_register_entry_without_licence_date_or_hash_is_named(project: Path, field: str):
    edit_register(project, lambda entries: entries[0].pop(field))
    lines = [text for is_sound, text in check.checks() if not is_sound]
    assert re.search(rf"register: register entry '\w+' lacks {field}", lines[0])
    assert re.search(r"hashes: data/raw/datapackage.json cannot be read, .*: mend it first", lines[1])


def test_a_raw_file_whose_bytes_changed_is_named(project: Path):
    path = next((project / "data" / "raw" / "jnto").glob("*.csv"))
    path.write_bytes(path.read_bytes() + b"\n")
    lines = [text for is_sound, text in check.checks() if not is_sound]
    assert len(lines) == 1
    assert re.search(rf"hashes: .*{path.name} changed: expected sha256:\w+, found sha256:", lines[0])


def test_a_raw_file_that_is_gone_is_named(project: Path):
    path = next((project / "data" / "raw" / "timeline").glob("*.csv"))
    path.unlink()
    broken(rf"hashes: timeline: no file at data/raw/timeline/{path.name}; restore it")


def test_a_processed_table_that_broke_its_promise_is_named(project: Path):
    import pandas as pd

    path = next((project / "data" / "processed" / "trade").glob("*hsk10*.parquet"))
    frame = pd.read_parquet(path)
    frame.loc[0, "value"] = -1.0
    frame.to_parquet(path, index=False)
    broken(r"contracts: data/processed/trade: .*value is below zero .*line \d+: value=.*-1\.0.*run `make build")


def test_a_processed_table_that_was_cut_short_is_named(project: Path):
    path = next((project / "data" / "processed" / "visitors").glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:100])
    broken(r"contracts: data/processed/visitors: .*run `make build ARGS=--force`")


def test_nothing_built_is_said_and_is_no_fault(project: Path):
    shutil.rmtree(project / "data" / "processed")
    assert (True, "contracts: nothing built yet (`make build` builds it)") in check.checks()


def test_tables_older_than_their_inputs_are_said_to_be(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(build, "is_current", lambda: False)
    assert re.search(r"older than their inputs \(`make build` renews them\)", check.checks()[2][1])


def test_a_notebook_with_output_is_named_with_its_cell(project: Path):
    path = sorted((project / "notebooks").glob("*.ipynb"))[0]
    notebook = json.loads(path.read_text())
    number = next(n for n, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code")
    notebook["cells"][number]["execution_count"] = 1
    path.write_text(json.dumps(notebook))
    broken(rf"notebooks: notebooks/{path.name}: cell {number + 1}: stored output, expected none: clear all outputs")


def test_a_folder_without_notebooks_is_a_fault(project: Path):
    for path in (project / "notebooks").glob("*.ipynb"):
        path.unlink()
    broken("notebooks: notebooks/: no notebook found, expected N_noun.ipynb")


def test_a_package_of_another_version_is_named(project: Path):
    lock = project / "requirements.lock"
    found = check.installed("pandas")
    lock.write_text(lock.read_text().replace(f"pandas=={found} ", "pandas==3.0.0 "))
    broken(rf"environment: requirements.lock: found pandas {found} \(expected 3.0.0\): `make clean`, then make again")


def test_a_package_that_is_not_installed_is_named_and_long_lists_are_cut(project: Path):
    lines = [f"not-there-{n}==1.0 \\\n" for n in range(5)]
    (project / "requirements.lock").write_text("".join(lines))
    broken(r"found not-there-0 is missing \(expected 1\.0\), .*not-there-2 .* and 2 more")


def test_a_lock_that_is_gone_is_named(project: Path):
    (project / "requirements.lock").unlink()
    broken("environment: requirements.lock: not found, expected the pinned packages")


def test_a_matplotlib_that_seaborn_breaks_on_is_named(project: Path, monkeypatch: pytest.MonkeyPatch):
    lock = project / "requirements.lock"
    lock.write_text(re.sub(r"^matplotlib==\S+", "matplotlib==3.13.0", lock.read_text(), flags=re.M))
    real = check.installed
    monkeypatch.setattr(check, "installed", lambda name: "3.13.0" if name == "matplotlib" else real(name))
    broken(r"environment: found matplotlib 3\.13\.0, expected below 3\.13: seaborn breaks there")


def test_pins_of_another_python_are_left_out():
    lock = [
        "old==1 ; python_full_version < '3.11' \\",
        "    --hash=sha256:00",
        "new==2 ; python_full_version >= '3.11' \\",
    ]
    assert check.pins(lock) == {"new": "2"}
