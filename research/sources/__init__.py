"""Publishers' files to tidy tables: one module a publisher, one cleaner a kind of file.

`SOURCES` maps the name used on the command line and in the register (`cleaner`) to the cleaner and its table.
"""

from collections.abc import Callable
from pathlib import Path

from research.errors import RequestError
from research.register import Resource
from research.sources.claims import clean_claims
from research.sources.comtrade import clean_comtrade_bulk, clean_comtrade_legacy, clean_comtrade_v1
from research.sources.federal_reserve import clean_federal_reserve
from research.sources.gdelt import clean_gdelt
from research.sources.icews import clean_icews
from research.sources.intake import Cleaned
from research.sources.japan_customs import clean_estat, clean_japan_customs
from research.sources.japan_mof import clean_japan_mof, clean_japan_mof_quoted
from research.sources.jnto import clean_jnto
from research.sources.korea_customs import clean_korea_customs, clean_korea_customs_quoted
from research.sources.korea_tables import clean_kita, clean_korea_customs_api
from research.sources.polecat import clean_polecat
from research.sources.sink import Sink
from research.sources.timeline import clean_timeline

Cleaner = Callable[[Path, Resource | None], Cleaned]

SOURCES: dict[str, Cleaner] = {
    "timeline": clean_timeline,
    "korea_customs": clean_korea_customs,
    "korea_customs_quoted": clean_korea_customs_quoted,
    "japan_mof": clean_japan_mof,
    "japan_mof_quoted": clean_japan_mof_quoted,
    "jnto": clean_jnto,
    "federal_reserve": clean_federal_reserve,
    "claims": clean_claims,
    "comtrade_v1": clean_comtrade_v1,
    "comtrade_legacy": clean_comtrade_legacy,
    "comtrade_bulk": clean_comtrade_bulk,
    "japan_customs": clean_japan_customs,
    "estat": clean_estat,
    "korea_customs_api": clean_korea_customs_api,
    "kita": clean_kita,
}

# Cleaners of files that may be larger than memory: they take `pair` and `codes` and leave other rows out as they read.
SELECTIVE = ("comtrade_bulk",)

# Machine-coded events: files too many and too large for memory, read as a stream (`research.bulk`).
STREAMED: dict[str, Callable[[Path, Sink], None]] = {
    "gdelt": clean_gdelt,
    "icews": clean_icews,
    "polecat": clean_polecat,
}


def cleaner(source: str) -> Cleaner:
    """A source's cleaner. Raises RequestError naming those there are."""
    if source not in SOURCES:
        raise RequestError(f"no cleaner for source {source!r}; there are {', '.join([*SOURCES, *STREAMED])}")
    return SOURCES[source]


__all__ = ["SELECTIVE", "SOURCES", "STREAMED", "Cleaned", "Cleaner", "cleaner"]
