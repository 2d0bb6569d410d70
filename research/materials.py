"""The controlled materials and the goods they are compared with: which code of which office stands for what.

The cards are `materials.toml` beside this file: codes with their office, years, what each includes and cannot
show, and totals in print. A material under two codes is two bases, and they are not mixed.
"""

import functools
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from research.errors import DataError, NoDataError, RequestError

CARDS = Path(__file__).with_name("materials.toml")
_CODE_FIELDS = {"reporter", "hs_code", "hs_edition", "includes", "cannot_show"}


@dataclass(frozen=True)
class Code:
    """One office's code for a material: the years it is in force, what it includes and what it cannot show."""

    reporter: str
    hs_code: str
    hs_edition: str
    includes: str
    cannot_show: str
    first_year: int | None = None
    last_year: int | None = None


@dataclass(frozen=True)
class PublishedTotal:
    """A total in print: all partners, one year, rounded to `rounding`."""

    reporter: str
    year: int
    value: float
    rounding: float
    currency: str
    quoted_by: str
    source_url: str


@dataclass(frozen=True)
class Material:
    """One material under one office's code.

    `controlled` says whether Japan singled it out in July 2019; `remember` is what the code cannot show.
    `codes` are all offices' codes for it, `published` the totals in print.
    """

    title: str
    hs_code: str
    reporter: str
    controlled: bool
    remember: str
    codes: tuple[Code, ...] = field(default=(), repr=False)
    published: tuple[PublishedTotal, ...] = field(default=(), repr=False)

    def code_of(self, reporter: str) -> Code:
        """The office's first code. Raises NoDataError naming the offices there are."""
        found = [code for code in self.codes if code.reporter == reporter]
        if not found:
            there = ", ".join(f"{code.reporter} {code.hs_code}" for code in self.codes)
            raise NoDataError(f"no code of {reporter} is on the card of {self.title.lower()}; there are {there}")
        return found[0]


def read_cards(path: Path) -> dict[str, Material]:
    """The cards of a file. Raises DataError naming the card and the field that is wrong."""
    try:
        cards = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise DataError(f"{path.name}: not TOML: {fault}") from None
    return {key: _material(key, card, path.name) for key, card in cards.items()}


def _material(key: str, card: dict[str, Any], file: str) -> Material:
    lacking = {"title", "controlled", "remember", "codes"} - set(card)
    if lacking:
        raise DataError(f"{file}, card {key}: missing {', '.join(sorted(lacking))}")
    codes = tuple(_code(key, code, file) for code in card["codes"])
    own = next((code for code in codes if code.reporter == "KOR"), codes[0])
    published = tuple(PublishedTotal(**total) for total in card.get("published", ()))
    return Material(card["title"], own.hs_code, own.reporter, card["controlled"], card["remember"], codes, published)


def _code(key: str, code: dict[str, Any], file: str) -> Code:
    lacking, extra = _CODE_FIELDS - set(code), set(code) - _CODE_FIELDS - {"from", "to"}
    if lacking or extra:
        told = (
            f"missing {', '.join(sorted(lacking)) or 'nothing'}, not expected {', '.join(sorted(extra)) or 'nothing'}"
        )
        raise DataError(f"{file}, card {key}, code {code.get('hs_code', '?')}: {told}")
    if not str(code["hs_code"]).isdigit():
        raise DataError(f"{file}, card {key}: code {code['hs_code']!r} is not digits in quotes")
    named = {name: code[name] for name in _CODE_FIELDS}
    return Code(**named, first_year=code.get("from"), last_year=code.get("to"))


MATERIALS = read_cards(CARDS)


def find(key: str) -> Material:
    """The material of that key; RequestError names the known keys."""
    if key not in MATERIALS:
        raise RequestError(
            f"unknown material {key!r}; known are {', '.join(MATERIALS)} (add one in research/materials.toml)"
        )
    return MATERIALS[key]


@functools.cache
def years_in_force(reporter: str) -> dict[str, tuple[int | None, int | None]]:
    """An office's codes on the cards, with the first and last year in force (None: open)."""
    codes = [code for card in MATERIALS.values() for code in card.codes if code.reporter == reporter]
    return {code.hs_code: (code.first_year, code.last_year) for code in codes}


def card_of(hs_code: str) -> Material | None:
    """The material whose card holds a code, if one does."""
    return next((card for card in MATERIALS.values() if any(code.hs_code == hs_code for code in card.codes)), None)


def plain(hs_code: str, reporter: str) -> Material:
    """A card for a code that has none: its number for a title, and nothing known of it."""
    return Material(f"Code {hs_code}", hs_code, reporter, False, "No card says what this code holds.")
