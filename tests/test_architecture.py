"""The way data flows, held by reading the imports: no module looks ahead, and each border has one keeper."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "research"

# A module imports only from names to its left (a folder counts as one name, its own modules are free).
ORDER = """
    errors paths dyads materials cameo published tables register fetch sources coverage bulk build warehouse measures
    claims findings charts
    reports cluster check __main__
""".split()
# The map of the package, and the parent of warm kernels, which imports ahead so that its children need not.
FREE_OF_ORDER = {"__init__", "reports/preload"}

# Only these modules may do this: what is done -> who may.
IMPORTS_KEPT_TO = {
    "papermill": {"reports"},
    "nbconvert": {"reports"},
    "matplotlib": {"charts"},
    "seaborn": {"charts"},
    "distributed": {"cluster"},
}
# `paths` names the folders, `check` and `reports` only look whether what is there is sound or has changed.
CALLS_KEPT_TO = {
    "raw": {"paths", "register", "fetch", "sources"},
    "to_parquet": {"build"},
    "write_table": {"build"},
}


def modules(package: Path) -> dict[str, str]:
    """Module (as `sources/jnto`) -> its source."""
    return {p.relative_to(package).with_suffix("").as_posix(): p.read_text("utf-8") for p in package.rglob("*.py")}


def faults(module: str, source: str) -> list[str]:
    """What in one module goes against the order, each with its line."""
    top = module.split("/")[0]
    found = []
    if top not in ORDER and module not in FREE_OF_ORDER:
        found.append(f"research/{module}.py has no place in the order: enter it in tests/test_architecture.py")
    for node in ast.walk(ast.parse(source)):
        at = f"research/{module}.py, line {getattr(node, 'lineno', 0)}"
        for name in imported(node, module):
            if name.startswith("research."):
                used = name.split(".")[1]
                if module not in FREE_OF_ORDER and used in ORDER and used != top and is_ahead(used, top):
                    found.append(f"{at}: imports research.{used}, which comes after it in the flow")
            elif top not in IMPORTS_KEPT_TO.get(name.split(".")[0], {top}) and module not in FREE_OF_ORDER:
                keeper = ", ".join(sorted(IMPORTS_KEPT_TO[name.split(".")[0]]))
                found.append(f"{at}: imports {name}, which only {keeper} may")
        called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        if top not in CALLS_KEPT_TO.get(called, {top}):
            found.append(f"{at}: calls {called}(), which only {', '.join(sorted(CALLS_KEPT_TO[called]))} may")
    return found


def is_ahead(used: str, top: str) -> bool:
    return top in ORDER and ORDER.index(used) > ORDER.index(top)


def imported(node: ast.AST, module: str) -> list[str]:
    """Full names that an import statement brings in; relative ones made full."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        folder = ["research", *module.split("/")][: -node.level]
        base = ".".join([*folder, base]).rstrip(".")
    return [f"{base}.{alias.name}" for alias in node.names] if base == "research" else [base]


@pytest.mark.parametrize("module", sorted(modules(PACKAGE)))
def test_a_module_imports_only_from_modules_before_it(module: str):
    assert not faults(module, modules(PACKAGE)[module])


BROKEN = {
    "looks ahead": (
        "build",
        "from research import errors, charts",
        "line 1: imports research.charts, which comes after",
    ),
    "looks ahead by its full name": (
        "tables",
        "\nfrom research.build import build",
        "line 2: imports research.build",
    ),
    "looks ahead from a folder": (
        "sources/jnto",
        "from ..measures import dependence",
        "imports research.measures",
    ),
    "looks ahead inside a function": (
        "dyads",
        "def f():\n    import research.reports",
        "line 2: imports research.reports",
    ),
    "draws outside charts": (
        "findings",
        "import matplotlib.pyplot as plt",
        "imports matplotlib.pyplot, which only charts",
    ),
    "runs notebooks outside reports": (
        "check",
        "import papermill",
        "imports papermill, which only reports may",
    ),
    "reads raw files outside the register": (
        "warehouse",
        "paths.raw()",
        "calls raw\\(\\), which only fetch, paths",
    ),
    "writes tables outside build": (
        "measures/relations",
        "frame.to_parquet('x')",
        "calls to_parquet\\(\\), which only build",
    ),
    "has no place": ("helpers", "x = 1", "research/helpers.py has no place in the order"),
}


@pytest.mark.parametrize(("module", "source", "message"), BROKEN.values(), ids=BROKEN)
def test_a_module_that_breaks_the_order_is_named(module: str, source: str, message: str):
    with pytest.raises(AssertionError, match=message):
        assert faults(module, source) == [], "; ".join(faults(module, source))


def test_a_module_may_use_what_comes_before_it_and_its_own_folder():
    assert not faults("reports/run", "from . import page\nfrom research import findings, paths\nimport papermill")
