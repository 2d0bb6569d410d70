"""Is the project sound? Register, hashes, contracts, notebooks, environment: one line each.

A broken thing gets a line of its own: which file, what was found, what was expected, what to do.
"""

import ast
import importlib.metadata
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
from packaging.requirements import Requirement
from packaging.version import Version

from research import build, paths, register, tables, warehouse
from research.errors import DataError, RequestError
from research.reports import plan

MAXIMUM_CELLS = 16
MAXIMUM_LINES = 10
MATPLOTLIB_BELOW = "3.13"
NAME = re.compile(r"\d+_[a-z][a-z_]*\.ipynb")
UNITS = "%|per ?cent|million|billion|trillion|USD|JPY|KRW|yen|won|dollars|kg|tonnes"
TYPED_NUMBER = re.compile(rf"\d[\d,.]*\s*(?:{UNITS})", re.IGNORECASE)
RUN_METADATA = {"papermill", "execution", "widgets"}
CLEAR = "clear all outputs and save"

Line = tuple[bool, str]


def checks() -> list[Line]:
    """One line a thing checked, in the order data flows: (whether it is sound, what was found)."""
    kinds = {
        "register": _register,
        "hashes": _hashes,
        "contracts": _contracts,
        "notebooks": _notebooks,
        "environment": _environment,
    }
    lines: list[Line] = []
    for kind, look in kinds.items():
        faults: list[str] = []
        sound = look(faults)
        lines += [(False, f"{kind}: {fault}") for fault in faults] or [(True, f"{kind}: {sound}")]
    return lines


def _register(faults: list[str]) -> str:
    try:
        return f"{len(register.resources())} entries, complete"
    except DataError as error:
        faults.append(_one_line(error))
        return ""


def _hashes(faults: list[str]) -> str:
    """Every registered file is there and has the bytes it had when it was registered."""
    try:
        resources = register.resources().values()
    except DataError:
        faults.append("data/raw/datapackage.json cannot be read, expected the hash of every raw file: mend it first")
        return ""
    for resource in resources:
        try:
            register.verify(resource)
        except DataError as error:
            faults.append(_one_line(error))
    return f"{len(resources)} files have their registered bytes"


def _contracts(faults: list[str]) -> str:
    """Every processed table keeps what `research/tables.py` promises."""
    built = [name for name in tables.TABLES if any((paths.processed() / name).glob("*.parquet"))]
    if not built:
        return "nothing built yet (`make build` builds it)"
    rows = 0
    for name in built:
        try:
            rows += len(tables.check(name, warehouse.read(name, allow_empty=True)))
        except (DataError, duckdb.Error) as error:
            faults.append(f"data/processed/{name}: {_one_line(error)}; run `make build ARGS=--force`")
    late = "" if faults or build.is_current() else "; older than their inputs (`make build` renews them)"
    return f"{rows:,} rows of {len(built)} tables keep research/tables.py{late}"


def _notebooks(faults: list[str]) -> str:
    """Every notebook is stored clean, short and typed."""
    found = sorted(paths.notebooks().glob("*.ipynb"))
    if not found:
        faults.append("notebooks/: no notebook found, expected N_noun.ipynb: restore the folder from git")
    for path in found:
        faults += [f"notebooks/{path.name}: {fault}" for fault in notebook_faults(path)]
    return f"{len(found)} stored without outputs, parameters typed, no cell over {MAXIMUM_LINES} lines"


def notebook_faults(path: Path) -> list[str]:
    """What is wrong with one stored notebook; an empty list when nothing is."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (ValueError, KeyError, TypeError) as error:
        return [f"not a notebook in JSON ({_one_line(error)}): restore it from git"]
    faults = [] if NAME.fullmatch(path.name) else ["file name, expected N_noun.ipynb: rename it"]
    if len(cells) > MAXIMUM_CELLS:
        faults.append(f"{len(cells)} cells, expected at most {MAXIMUM_CELLS}: move code to research/")
    if run := RUN_METADATA & set(notebook.get("metadata", {})):
        faults.append(f"run metadata {sorted(run)}, expected none: {CLEAR}")
    for number, cell in enumerate(cells, start=1):
        of_cell = _code_faults(cell) if cell["cell_type"] == "code" else _prose_faults(cell)
        faults += [f"cell {number}: {fault}" for fault in of_cell]
    return faults + _parameter_faults(path)


def _code_faults(cell: dict) -> list[str]:
    source = "".join(cell["source"])
    faults = []
    if cell.get("outputs") or cell.get("execution_count") is not None:
        faults.append(f"stored output, expected none: {CLEAR}")
    if run := RUN_METADATA & set(cell.get("metadata", {})):
        faults.append(f"run metadata {sorted(run)}, expected none: {CLEAR}")
    if (lines := len(source.splitlines())) > MAXIMUM_LINES:
        faults.append(f"{lines} lines, expected at most {MAXIMUM_LINES}: move the work to research/")
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError as error:
        return [*faults, f"not valid Python ({error.msg}, line {error.lineno}): mend it"]
    defined = [n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return [
        *faults,
        *(f"defines `{name}`, expected no definitions: move it to research/" for name in defined),
    ]


def _prose_faults(cell: dict) -> list[str]:
    typed = TYPED_NUMBER.findall("".join(cell["source"]))
    return [f"the number {number!r} typed into prose, expected a sentence of findings" for number in typed]


def _parameter_faults(path: Path) -> list[str]:
    """One cell of parameters, each with its type and its meaning: a run is held to them."""
    try:
        declared = plan.read_parameters(path)
    except RequestError as error:
        return [_one_line(error)]
    if not declared:
        return ["no parameters, expected a cell tagged `parameters`: tag the cell that holds them"]
    return [
        f"parameter {parameter.name} has no meaning, expected `name: type = value  # meaning`: say what it is"
        for parameter in declared
        if not parameter.meaning
    ]


def _environment(faults: list[str]) -> str:
    """Installed versions are those of requirements.lock: only then are reports the same byte for byte."""
    lock = paths.root() / "requirements.lock"
    if not lock.is_file():
        faults.append("requirements.lock: not found, expected the pinned packages: restore it from git")
        return ""
    pinned = pins(lock.read_text(encoding="utf-8").splitlines())
    wrong = [
        f"{name} {found or 'is missing'} (expected {version})"
        for name, version in pinned.items()
        if (found := installed(name)) != version
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        faults.append(f"requirements.lock: found {', '.join(wrong[:3])}{more}: `make clean`, then make again")
    drawing = installed("matplotlib")
    if drawing and Version(drawing) >= Version(MATPLOTLIB_BELOW):
        faults.append(f"found matplotlib {drawing}, expected below {MATPLOTLIB_BELOW}: seaborn breaks there")
    return f"the {len(pinned)} packages of requirements.lock are installed as pinned"


def pins(lock: Iterable[str]) -> dict[str, str]:
    """Package -> version, for those lines of a lock that hold on this Python and platform."""
    return {
        wanted.name: next(iter(wanted.specifier)).version
        for wanted in _requirements(lock)
        if wanted.marker is None or wanted.marker.evaluate()
    }


def _requirements(lock: Iterable[str]) -> Iterator[Requirement]:
    yield from (Requirement(line.rstrip(" \\")) for line in lock if re.match(r"[A-Za-z0-9]", line))


def installed(package: str) -> str | None:
    """Version of an installed package, None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
