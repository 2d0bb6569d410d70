"""Publishers' files to tidy tables: one module a publisher, one cleaner a kind of file.

`SOURCES` maps the name used on the command line and in the register (`cleaner`) to the cleaner and its table.
A cleaner is loaded when it is first asked for: cleaning events does not wait for what other cleaners need.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from research.errors import RequestError

if TYPE_CHECKING:
    from research.register import Resource
    from research.sources.intake import Cleaned

Cleaner = Callable[[Path, "Resource | None"], "Cleaned"]


class _Cleaners(Mapping[str, Callable[..., Any]]):
    """Cleaners by name; given as `module.function` of this folder."""

    def __init__(self, places: dict[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> Callable[..., Any]:
        module, function = self._places[name].split(".")
        return getattr(importlib.import_module(f"research.sources.{module}"), function)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


SOURCES: Mapping[str, Cleaner] = _Cleaners(
    {
        "timeline": "timeline.clean_timeline",
        "korea_customs": "korea_customs.clean_korea_customs",
        "korea_customs_quoted": "korea_customs.clean_korea_customs_quoted",
        "japan_mof": "japan_mof.clean_japan_mof",
        "japan_mof_quoted": "japan_mof.clean_japan_mof_quoted",
        "jnto": "jnto.clean_jnto",
        "federal_reserve": "federal_reserve.clean_federal_reserve",
        "claims": "claims.clean_claims",
        "comtrade_v1": "comtrade.clean_comtrade_v1",
        "comtrade_legacy": "comtrade.clean_comtrade_legacy",
        "comtrade_bulk": "comtrade.clean_comtrade_bulk",
        "japan_customs": "japan_customs.clean_japan_customs",
        "estat": "japan_customs.clean_estat",
        "korea_customs_api": "korea_tables.clean_korea_customs_api",
        "kita": "korea_tables.clean_kita",
    }
)

# Cleaners of files that may be larger than memory: they take `pair` and `codes` and leave other rows out as they read.
SELECTIVE = ("comtrade_bulk",)

# Machine-coded events: files too many and too large for memory, read as a stream (`research.bulk`).
STREAMED: Mapping[str, Callable[..., None]] = _Cleaners(
    {"gdelt": "gdelt.clean_gdelt", "icews": "icews.clean_icews", "polecat": "polecat.clean_polecat"}
)


def cleaner(source: str) -> Cleaner:
    """A source's cleaner. Raises RequestError naming those there are."""
    if source not in SOURCES:
        raise RequestError(f"no cleaner for source {source!r}; there are {', '.join([*SOURCES, *STREAMED])}")
    return SOURCES[source]


__all__ = ["SELECTIVE", "SOURCES", "STREAMED", "Cleaner", "cleaner"]
