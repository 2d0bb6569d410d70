"""The few rows of a large tab-separated file that are asked for, each with its line; the others are only counted.

Blocks of whole lines are searched as bytes, two at a time, so that time and memory do not grow with what nobody
asked for. Lines are lines: such files know no quotes.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pandas as pd

from research.sources.archive import FileRefused

AT_ONCE = 2
PIECE = 2 << 20  # smaller ones cost more in handing over than in searching
LONGEST_LINE = 1 << 20
BATCH = 65_536
_TAB, _END, _RETURN = 9, 10, 13
_In, _Out = TypeVar("_In"), TypeVar("_Out")


@dataclass(frozen=True)
class Asked:
    """A column, the values asked for, and the reason a row with another value is left out by."""

    column: str
    wanted: tuple[str, ...]
    reason: str


@dataclass
class Sifted:
    """What came of a file: rows asked for (text, with `line`), ragged lines, the first row, the others by reason."""

    rows: pd.DataFrame
    ragged: list[tuple[int, list[str]]] = field(default_factory=list)
    first: Mapping[str, str] = field(default_factory=dict)
    left_out: Counter = field(default_factory=Counter)


def sift(pieces: Iterator[bytes], name_columns: Callable[[str], list[str]], asked: Iterable[Asked]) -> Sifted:
    """Rows that have, in every column asked for that the file has, one of the values asked for.

    `name_columns` makes names of the header line. A row is left out by the first of `asked` it does not meet, and
    then not looked at further, but that fields are counted a block at a time. Blank lines are no rows. Raises
    FileRefused on an empty file (`empty`), a line too long for a row, or text that is not UTF-8 (`encoding`).
    """
    blocks = _whole_lines(pieces)
    head = next(blocks, b"")
    if not head.strip():
        raise FileRefused("empty", "the file is empty")
    names = name_columns(_text(bytes(head), 1))
    tests = [(names.index(one.column), one) for one in asked if one.column in names and one.wanted]
    search = _Search(len(names), tests)
    found, batches, held, line = Sifted(pd.DataFrame()), [], [], 2
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for block in _ahead(threads, search.block, blocks):
            found.left_out.update(block.left_out)
            found.ragged += [(line + at, _text(raw, line + at).split("\t")) for at, raw in block.ragged]
            held += [(line + at, _text(raw, line + at).split("\t")) for at, raw in block.rows]
            found.first = found.first or dict(zip(names, block.first, strict=False))
            line += block.lines
            if len(held) >= BATCH:
                batches.append(_frame(held, names))
                held = []
    found.rows = pd.concat([*batches, _frame(held, names)], ignore_index=True)
    return found


@dataclass
class _Block:
    """A block searched: its number of lines, rows asked for and ragged ones with their place, the others by reason."""

    lines: int
    first: list[str]
    rows: list[tuple[int, bytes]]
    ragged: list[tuple[int, bytes]]
    left_out: Counter


class _Search:
    """Looks for the values of the first test in the bytes; where they cannot be, takes every line apart."""

    def __init__(self, width: int, tests: list[tuple[int, Asked]]) -> None:
        self.width = width
        self._own = threading.local()
        self.tests = [(place, {value.encode() for value in one.wanted}, one.reason) for place, one in tests]
        place, values, self.reason = self.tests[0] if tests else (0, set(), "")
        within = 0 < place < width - 1  # else a value does not stand between two tabs
        self.tokens = tuple(b"\t" + value + b"\t" for value in values) if within else ()
        if any(len(token) < 4 for token in self.tokens):
            self.tokens = ()
        # Four bytes of a token are searched for as one number: those after the tab, where there are enough of them.
        found = [(1 if len(token) > 5 else 0, token) for token in self.tokens]
        self.needles = sorted({(at, np.uint32(int.from_bytes(token[at : at + 4], "little"))) for at, token in found})

    def block(self, block: memoryview | bytes) -> _Block:
        """One block of whole lines."""
        text = np.frombuffer(block, dtype=np.uint8)
        marked = self._scratch(len(text))
        ends = np.flatnonzero(np.equal(text, _END, out=marked))
        starts = np.concatenate(([0], ends[:-1] + 1))
        even = np.count_nonzero(np.equal(text, _TAB, out=marked)) == len(ends) * (self.width - 1)
        odd, blank = (np.array([], dtype=int), 0) if even else self._odd(text, starts, ends)
        candidates = self._candidates(block, marked, ends)
        raw = {int(n): bytes(block[starts[n] : ends[n]]).rstrip(b"\r") for n in (*odd, *candidates, 0)}
        rows, left_out = [], Counter()
        ragged = [(int(n), raw[n]) for n in odd if raw[n]]
        for n in np.setdiff1d(candidates, odd).tolist():
            fields = raw[n].split(b"\t")
            if len(fields) != self.width:
                ragged.append((n, raw[n]))
            elif reason := self._left_out(fields):
                left_out[reason] += 1
            else:
                rows.append((n, raw[n]))
        if rest := len(ends) - blank - len(ragged) - len(rows) - left_out.total():
            left_out[self.reason] += rest
        return _Block(len(ends), raw[0].decode("utf-8", "replace").split("\t"), rows, ragged, left_out)

    def _odd(self, text: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, int]:
        """Lines that have not the fields of a row, and how many of them are blank."""
        tabs = np.add.reduceat((text == _TAB).astype(np.int64), starts)
        blank = ends - starts - ((ends > starts) & (text[ends - 1] == _RETURN)) == 0
        return np.flatnonzero(tabs != self.width - 1), int(blank.sum())

    def _scratch(self, size: int) -> np.ndarray:
        """Room for one truth a byte, the same for every block of a thread: new memory costs more than the search."""
        room = getattr(self._own, "room", None)
        if room is None or len(room) < size:
            room = self._own.room = np.empty(max(size, LONGEST_LINE), dtype=bool)
        return room[:size]

    def _candidates(self, block: memoryview | bytes, marked: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Numbers of the lines that hold a token."""
        if not self.tokens:
            return np.arange(len(ends))
        found = []
        for offset in range(min(4, len(marked))):
            words = np.frombuffer(block, dtype="<u4", count=(len(marked) - offset) // 4, offset=offset)
            for start, needle in self.needles:
                hits = np.flatnonzero(np.equal(words, needle, out=marked[: len(words)]))
                found.append(hits * 4 + offset - start)
        places = np.concatenate(found)
        longest = max(map(len, self.tokens))
        hits = [at for at in places.tolist() if at >= 0 and bytes(block[at : at + longest]).startswith(self.tokens)]
        return np.unique(np.searchsorted(ends, np.array(hits, dtype=int)))

    def _left_out(self, fields: list[bytes]) -> str:
        """Why a row is not asked for; nothing where it is."""
        return next((reason for place, values, reason in self.tests if fields[place] not in values), "")


def _frame(rows: list[tuple[int, list[str]]], names: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame([fields for _, fields in rows], columns=names, dtype="str")
    return frame.assign(line=[line for line, _ in rows])


def _text(raw: bytes, line: int) -> str:
    try:
        return raw.decode("utf-8-sig" if line == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as fault:
        raise FileRefused(
            "encoding",
            f"wrong encoding in line {line}: byte 0x{raw[fault.start]:02x} is not UTF-8; expected encoding utf-8",
        ) from None


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[memoryview | bytes]:
    """The header line, then blocks that end with a line's end; a piece is not copied but for the lines it cuts."""
    rest = b""
    for piece in pieces:
        first, last = piece.find(b"\n") + 1, piece.rfind(b"\n") + 1
        if first:
            yield rest + piece[:first]
            if last > first:
                yield memoryview(piece)[first:last]
        rest = piece[last:] if first else rest + piece
        if len(rest) > LONGEST_LINE:
            raise FileRefused("line_too_long", f"a line longer than {LONGEST_LINE} bytes: not a table of trade")
    if rest:
        yield rest + b"\n"


def _ahead(threads: ThreadPoolExecutor, make: Callable[[_In], _Out], things: Iterable[_In]) -> Iterator[_Out]:
    """What `make` gives for each thing, in order, with a few under way and no more in memory."""
    under_way: deque = deque()
    for thing in things:
        under_way.append(threads.submit(make, thing))
        if len(under_way) > 2 * AT_ONCE:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()
