"""The stored notebooks: in reading order, short, typed, without a trace of any run."""

import json
from pathlib import Path

import pytest

from research.check import notebook_faults

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cell(source: str, kind: str = "code", **more) -> dict:
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": "a", "metadata": {}, "source": source, **code, **more}


def stored(folder: Path, *cells: dict, name: str = "1_noun.ipynb", **metadata) -> Path:
    path = folder / name
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


PARAMETERS = cell('dyad: str = "JPN-KOR"  # the pair of states', metadata={"tags": ["parameters"]})


def test_there_are_notebooks_to_check():
    assert NOTEBOOKS, f"no notebook in {FOLDER}: every other test here would pass without checking anything"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_stored_clean_short_and_typed(path: Path):
    assert notebook_faults(path) == []


def test_the_notebooks_are_numbered_in_reading_order_without_gaps():
    assert [path.name.split("_")[0] for path in NOTEBOOKS] == [str(n) for n in range(len(NOTEBOOKS))]


def test_a_clean_notebook_has_no_fault(tmp_path: Path):
    assert notebook_faults(stored(tmp_path, cell("# When did it turn in 2019?", "markdown"), PARAMETERS)) == []


def test_a_parameter_over_several_lines_or_without_a_default_is_typed_too(tmp_path: Path):
    source = 'codes: list[str] = [  # HS codes\n    "2811111000",\n]\nmonths: int  # how many'
    path = stored(tmp_path, cell(source, metadata={"tags": ["parameters"]}))
    assert notebook_faults(path) == []


BROKEN = {
    "output": ([cell("1", outputs=[{"output_type": "stream"}])], "cell 2: stored output, expected none"),
    "execution count": ([cell("1", execution_count=3)], "cell 2: stored output, expected none"),
    "cell run metadata": (
        [cell("1", metadata={"papermill": {}})],
        "cell 2: run metadata .'papermill'., expected none",
    ),
    "long cell": (
        [cell("x = 1\n" * 11)],
        "cell 2: 11 lines, expected at most 10: move the work to research/",
    ),
    "function": (
        [cell("def f():\n    pass")],
        "cell 2: defines `f`, expected no definitions: move it to research/",
    ),
    "syntax": ([cell("x = (")], "cell 2: not valid Python .*: mend it"),
    "typed number": (
        [cell("It fell by 90.1 %.", "markdown")],
        "cell 2: the number '90.1 %' typed into prose",
    ),
    "too many cells": ([cell("x")] * 16, "17 cells, expected at most 16: move code to research"),
    "parameters twice": ([PARAMETERS], "1_noun.ipynb has 2 cells tagged `parameters`; keep one"),
}


@pytest.mark.parametrize(("cells", "message"), BROKEN.values(), ids=BROKEN)
def test_a_fault_in_a_notebook_is_named_with_its_cell(tmp_path: Path, cells: list[dict], message: str):
    with pytest.raises(AssertionError, match=message):
        assert_sound(stored(tmp_path, PARAMETERS, *cells))


PARAMETER_FAULTS = {
    "untyped": ('dyad = "JPN-KOR"  # pair', "`dyad = 'JPN-KOR'` has no type; write `name: type = value"),
    "unexplained": ('dyad: str = "JPN-KOR"', "parameter dyad has no meaning, expected `name: type = value"),
    "not Python": ("dyad: str = ", "cell 1: not valid Python"),
}


@pytest.mark.parametrize(("source", "message"), PARAMETER_FAULTS.values(), ids=PARAMETER_FAULTS)
def test_a_parameter_without_type_or_explanation_is_named(tmp_path: Path, source: str, message: str):
    with pytest.raises(AssertionError, match=message):
        assert_sound(stored(tmp_path, cell(source, metadata={"tags": ["parameters"]})))


def test_a_notebook_without_a_parameters_cell_is_named(tmp_path: Path):
    with pytest.raises(AssertionError, match="no parameters, expected a cell tagged `parameters`: tag the cell"):
        assert_sound(stored(tmp_path, cell("1")))


def test_run_metadata_of_the_whole_notebook_is_named(tmp_path: Path):
    with pytest.raises(AssertionError, match="^run metadata .'papermill'., expected none: clear all outputs"):
        assert_sound(stored(tmp_path, PARAMETERS, papermill={}))


def test_a_file_that_is_no_notebook_is_named(tmp_path: Path):
    path = tmp_path / "1_noun.ipynb"
    path.write_text('{"cells": [')
    with pytest.raises(AssertionError, match="not a notebook in JSON .*: restore it from git"):
        assert_sound(path)


def test_a_notebook_named_against_the_habit_is_named(tmp_path: Path):
    with pytest.raises(AssertionError, match="file name, expected N_noun.ipynb"):
        assert_sound(stored(tmp_path, PARAMETERS, name="Untitled.ipynb"))


def assert_sound(path: Path) -> None:
    found = notebook_faults(path)
    assert not found, "; ".join(found)
