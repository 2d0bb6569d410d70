"""What others have published on the size of the 2019 dispute, each with its publisher and address.

No source, no figure: the estimates are `published.toml` beside this file, in words of the project's own.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from research.errors import DataError, RequestError

PAIR = frozenset({"JPN", "KOR"})  # the two states that all of it is about
CARD = Path(__file__).with_name("published.toml")


@dataclass(frozen=True)
class Estimate:
    """One published estimate. `low` and `high` in percent, None where it is given in words; `ours` names what is set
    beside it here ("" where nothing can be), `apart` what keeps the two from being the same."""

    outcome: str
    finding: str
    who: str
    publisher: str
    url: str
    about: str
    low: float | None = None
    high: float | None = None
    ours: str = ""
    apart: str = ""


def read_estimates(path: Path) -> tuple[Estimate, ...]:
    """The estimates of a file. Raises DataError naming the block and the field that is wrong or missing."""
    try:
        blocks = tomllib.loads(path.read_text(encoding="utf-8")).get("estimate", [])
    except tomllib.TOMLDecodeError as fault:
        raise DataError(f"{path.name}: not TOML: {fault}") from None
    known = {field.name for field in fields(Estimate)}
    needed = known - {"low", "high", "ours", "apart"}
    found = []
    for number, block in enumerate(blocks, start=1):
        wrong = {*(needed - set(block)), *(set(block) - known), *(name for name in needed if block.get(name) == "")}
        if wrong:
            raise DataError(
                f"{path.name}, estimate {number}: missing, empty or unknown: {', '.join(sorted(wrong))}; "
                "an estimate without its source is not shown"
            )
        if ("low" in block) != ("high" in block) or block.get("low", 0) > block.get("high", 0):
            raise DataError(f"{path.name}, estimate {number}: low and high go together, the lower first")
        found.append(Estimate(**block))
    return tuple(found)


PUBLISHED = read_estimates(CARD)


def about(page: str) -> tuple[Estimate, ...]:
    """The estimates that belong to one page. Raises RequestError naming the pages there are."""
    found = tuple(estimate for estimate in PUBLISHED if estimate.about == page)
    if not found:
        there = ", ".join(sorted({estimate.about for estimate in PUBLISHED}))
        raise RequestError(f"no published estimate about {page!r}; there are some about {there}")
    return found
