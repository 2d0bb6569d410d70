"""Numbers from tidy tables, one module a question (METHODS says what each measure is and how it is checked).

relations    how have the two states treated each other, month by month?
moves        who moves first, how far apart the directions are, what one event was followed by
regimes      when did it turn: exact breaks, their number and their intervals
projection   where is it heading, beside what a naive forecast would have said
series       machine-coded events by month: three measures side by side, with counts and duplicates
dependence   who supplies whom: shares, concentration, unit values, change against several bases
landmarks    which events to name on a figure: the largest in the strongest moves
mirror       both customs offices, totals in print, who took up a fall
panels       one measure of several materials side by side
linkage      does politics move trade, or trade politics, and with what lag?
people       visitors of one origin against those of others
calendar     the dates of the export controls, read from the timeline
periods      series and panels that an estimate can stand on: every period there, once, in order
effects      did a measure change anything: interrupted series, differences by PPML, grid, placebos
exports      did total exports fall in the year of the controls
goods        goods that were singled out beside goods that were not
synthetic    what the treated unit would have done, as a weighted mean of others

A module is loaded when it is first named: shares and mirrors need not wait for the libraries of effects.
"""

import importlib
from types import ModuleType

_MODULES = (
    "calendar",
    "dependence",
    "effects",
    "exports",
    "goods",
    "landmarks",
    "linkage",
    "mirror",
    "moves",
    "panels",
    "people",
    "projection",
    "regimes",
    "relations",
    "series",
    "synthetic",
)
__all__ = list(_MODULES)


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return importlib.import_module(f"research.measures.{name}")
    raise AttributeError(f"module 'research.measures' has no module '{name}'; it has {', '.join(_MODULES)}")
