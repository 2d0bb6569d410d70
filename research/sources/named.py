"""Rows of a tab-separated file with a header, streamed: what ICEWS and POLECAT share."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from research.sources.archive import FileRefused
from research.sources.sink import Sink

LONGEST_LINE = 1 << 20
NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]*)?")


def text_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their end. Raises FileRefused on a line longer than any row."""
    rest = b""
    for piece in pieces:
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            raise FileRefused("line_too_long", f"a line longer than {LONGEST_LINE} bytes: not a file of events")
        yield from lines
    if rest:
        yield rest


def decoded(raw: bytes, line: int, sink: Sink) -> str | None:
    """A line as text; None, and the row rejected, where it is no text."""
    if b"\0" in raw:
        sink.reject(line, "nul_byte", raw.decode("utf-8", "backslashreplace").split("\t"))
        return None
    try:
        return raw.rstrip(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        sink.reject(line, "encoding", raw.decode("utf-8", "backslashreplace").split("\t"))
        return None


@lru_cache(maxsize=10_000)
def iso_day(text: str) -> date | None:
    """The day of `YYYY-MM-DD`; None for anything else."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def score(text: str) -> float | str:
    """A score from -10 to 10, or why it is none."""
    if not NUMBER.fullmatch(text):
        return "goldstein_not_a_number"
    return float(text) if -10 <= float(text) <= 10 else "goldstein_out_of_range"
