"""The controlled materials and the goods they are compared with: which code of which office stands for what."""

from dataclasses import dataclass

from research.errors import RequestError


@dataclass(frozen=True)
class Material:
    """One material under one office's code.

    `controlled` says whether Japan singled it out in July 2019; `remember` is what the code cannot show.
    """

    title: str
    hs_code: str
    reporter: str
    controlled: bool
    remember: str


MATERIALS = {
    "hydrogen_fluoride": Material(
        "Hydrogen fluoride",
        "2811111000",
        "KOR",
        True,
        "Korea's 10-digit line is the semiconductor grade; Japan's 2811.11-000 holds all grades.",
    ),
    "photoresist": Material(
        "Photoresist",
        "3707901010",
        "KOR",
        True,
        "Korea's line is photoresist for semiconductors, wider than the grades that were singled out.",
    ),
    "polyimide_film": Material(
        "Polyimide film",
        "3920999010",
        "KOR",
        True,
        "The line holds polyimide film of every grade; the fluorinated grade has its own line only from 2022.",
    ),
    "silicon_wafers": Material(
        "Silicon wafers", "3818001000", "KOR", False, "Not singled out in July 2019: a comparison good."
    ),
    "quartz_tubes": Material(
        "Fused-quartz tubes", "7002311000", "KOR", False, "Not singled out in July 2019: a comparison good."
    ),
}


def find(key: str) -> Material:
    """The material of that key; RequestError names the known keys."""
    if key not in MATERIALS:
        raise RequestError(
            f"unknown material {key!r}; known are {', '.join(MATERIALS)} (add one in research/materials.py)"
        )
    return MATERIALS[key]
