"""Headers that others have put over GDELT's event files: which of their columns are GDELT's, and in which places.

GDELT's own files have none. A header is trusted for nothing but the order of columns, and only where every column that
is read has a name we know for its place: a copy with its columns in another order must not pass for the original.
"""

import re

from research.sources.archive import FileRefused

WIDTHS = (57, 58, 61)
MARK = "event"  # in the name of the first column, however it is written
INDEX, DESCRIPTION, CONFIDENCE = ("", "unnamed0"), "cameocodedescription", "confidence"
# The columns that are read, by place; the published names, and those of a course's renamed copies, where
# "Actor_1_Country_Code" stands over the actor's code and "Country_ABBR" over its country.
_SHARED = {
    0: "globaleventid", 25: "isrootevent", 26: "eventcode", 27: "eventbasecode", 28: "eventrootcode", 29: "quadclass",
    30: "goldsteinscale", 31: "nummentions", 32: "numsources", 33: "numarticles", 34: "avgtone",
}  # fmt: skip
PUBLISHED = _SHARED | {1: "sqldate", 7: "actor1countrycode", 17: "actor2countrycode"}
RENAMED = _SHARED | {1: "day", 7: "actor1countryabbr", 17: "actor2countryabbr"}
_LAST = {57: {56: "dateadded"}, 58: {56: "dateadded", 57: "sourceurl"}, 61: {59: "dateadded", 60: "sourceurl"}}


def is_header(fields: list[str]) -> bool:
    """Whether a first line names columns: GDELT's id, or after an index column."""
    return _SHARED[0] in [_plain(name) for name in fields[:2]]


def places(fields: list[str]) -> tuple[list[int], bool]:
    """Where GDELT's columns stand in a re-headed copy, and whether it is of the kind that was filtered before.

    Two kinds are known beside plain names: gdeltPyR's, with a description after the code, and the renamed copies with
    an index before and a confidence after, which hold only pairs of two countries on the day itself. Raises
    FileRefused (`unknown_header`) on any other.
    """
    names = [_plain(name) for name in fields]
    kept = [
        at
        for at, name in enumerate(names)
        if not ((at == 0 and name in INDEX) or name == DESCRIPTION or (at == len(names) - 1 and name == CONFIDENCE))
    ]
    if len(kept) not in WIDTHS:
        raise FileRefused("unknown_header", f"a header of {len(names)} columns; GDELT has 57, 58 or 61")
    known = [aliases | _LAST[len(kept)] for aliases in (PUBLISHED, RENAMED)]
    wrong = [[(at, name) for at, name in aliases.items() if names[kept[at]] != name] for aliases in known]
    if all(wrong):
        at, name = min(wrong, key=len)[0]
        raise FileRefused(
            "unknown_header", f"column {kept[at] + 1} is named {fields[kept[at]]!r}; there GDELT has its {name}"
        )
    return kept, not wrong[1]


def _plain(name: str) -> str:
    """A name without case, blanks and underscores."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
