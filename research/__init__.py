"""Where is the relationship between two states heading, and what does trade have to do with it?

The map, in the order data flows; a module imports only from lines above it:

    errors       the ways a request or the data can be wrong
    paths        where the project's folders are
    dyads        pairs of states, and how each source spells each state
    cameo        the event codes' Goldstein scores and quad classes
    materials    the controlled materials: which code of which office
    published    what others have published on the size of the dispute, with addresses
    tables       what each tidy table promises: key, columns, units, ranges
    register     raw files: find, verify, cite
    sources      1. publisher's file -> tidy table, one module a publisher
    coverage     1b. which days the event files cover, by the publisher's list and the files given
    bulk         1c. event files of any size: parts in worker processes, one merge on disk
    build        2. raw -> processed, file by file, with the conservation law
    warehouse    3. processed tables, read back by pair and window
    measures     4. numbers: relations, regimes, dependence, effects, linkage, and what serves them
    claims       published statements -> verdicts
    findings     5. one function a sentence: numbers in, text and key numbers out
    charts          one function a figure: table and words in, figure with alt text and data out
    reports      6. plan, run, page, provenance
    cluster      the same runs and cleaning on the workers of a Dask cluster
    reports      6. plan, run, page, provenance, compare, crate
    check        is everything in order? one line each

In a notebook: `import research as r`, then `r.warehouse.read(...)`, `r.charts.plot_...(...)`.
A module is loaded when it is first named, so the command line starts without the scientific stack.
"""

import importlib
from types import ModuleType

_MODULES = (
    "errors",
    "paths",
    "dyads",
    "materials",
    "cameo",
    "published",
    "tables",
    "register",
    "sources",
    "coverage",
    "bulk",
    "build",
    "warehouse",
    "measures",
    "claims",
    "findings",
    "charts",
    "reports",
    "cluster",
    "check",
)
__all__ = list(_MODULES)


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return importlib.import_module(f"research.{name}")
    raise AttributeError(f"module 'research' has no module '{name}'; it has {', '.join(_MODULES)}")


def __dir__() -> list[str]:
    return sorted(_MODULES)
