"""GDELT events: 1.0 back files (57 columns), 1.0 daily files (58), 2.0 files (61), told apart line by line.

Lines are found and counted in the raw bytes, a megabyte at a time: nothing in a field (quotes, broken text) can
shift the next one. Only the lines of the pair asked for are taken apart.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from research import cameo, dyads
from research.sources import gdelt_headers
from research.sources.archive import FileRefused, chunks
from research.sources.sink import Sink

WIDTHS = (57, 58, 61)
SHIFTS = frozenset({7, 30, 365, 3650})  # "last week", "a month ago", "a year ago", "ten years ago" misread as dates
FIRST_DAY = date(1979, 1, 1)
LONGEST_LINE = 1 << 20
TRIAL_LINES = 1000
BLOCKS_A_COUNT = 32
TABLE_CHECK_ROWS = 100
_ACTOR1, _ACTOR2, _ROOT_EVENT, _CODE, _ROOT, _QUAD, _SCORE, _MENTIONS, _TONE = 7, 17, 25, 26, 28, 29, 30, 31, 34
_ADDED = {57: 56, 58: 56, 61: 59}
_URL = {58: 57, 61: 60}
_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_SLOT = re.compile(r"(?<![0-9])(20[0-9]{6})([0-9]{6})?(?![0-9])")

# How the scan knows a country: 0 empty, 1 no state of ours, 2 and above a state, the last unknown.
_KNOWN = tuple(dyads.STATES)
_IDS = {code: number for number, code in enumerate(_KNOWN, start=2)}
_UNKNOWN = len(_KNOWN) + 2
_NUMBERS = _UNKNOWN + 1
_A = np.uint8(ord("A"))
_TAB = np.uint8((9 - 65) % 256)
_NO_CODE, _OTHER_CODE = np.int32(26**3), np.int32(26**3 + 1)
# What the scan does with a row: count it, read it, reject it.
_READ, _REJECT = 1, 2


def _by_letters() -> np.ndarray:
    """The scan's number of every code of three letters, then of none and of any other text."""
    table = np.full(_OTHER_CODE + 1, _UNKNOWN, dtype=np.int32)
    table[_NO_CODE] = 0
    numbers = {code: 1 for code in dyads.NO_STATES}
    numbers |= {code: _IDS[iso3] for code, iso3 in dyads.SPELLINGS["gdelt"].items()}
    for code, number in numbers.items():
        high, middle, low = (ord(letter) - 65 for letter in code)
        table[(high * 26 + middle) * 26 + low] = number
    return table


def _bits() -> np.ndarray:
    """Where in a byte (first bit: 0) the set bit stands that is followed by so many others."""
    table = np.zeros((256, 8), dtype=np.uint8)
    for value in range(256):
        for after, place in enumerate(place for place in range(7, -1, -1) if value >> (7 - place) & 1):
            table[value, after] = place
    return table


_BY_LETTERS, _BITS = _by_letters(), _bits()
_FROM = np.uint8(255) >> np.arange(8, dtype=np.uint8)  # the bits of a byte from one on


def clean_gdelt(path: Path, sink: Sink) -> None:
    """One row: one event as coded from reports, directed from Actor1's country to Actor2's.

    Source: The GDELT Project. In: tab-separated lines of 57, 58 or 61 fields, no header; also copies with a header
    (`gdelt_headers`), with `;` or `,`, `NA` for nothing and codes that lost their zero, where every code can be
    proven. Out: `events`, source gdelt1 or gdelt2, the row's own score (scale cameo) and quad class; publisher, domain
    and title missing. Places are not kept, so back files' zero coordinates for no place need no repair, and who acts
    is never read from where it happened. A back file's day of entry (most of 2013) is kept and judges no date.
    Missing rule: no row is no report, a day without a file is no data. A row with no country on one side, one
    country on both, a region or territory, or another pair is out of scope and not looked at further. Raises:
    FileRefused with the reason where the file as a whole is not what it should be.
    """
    pieces, first_line = _plain_lines(chunks(path), path, sink)
    scan = _Scan(sink, path)
    number = first_line
    for block in _whole_lines(pieces):
        number += scan.block(block, number)
    scan.finish()


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks that end with a line's end."""
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if not cut:
            rest += piece
            if len(rest) > LONGEST_LINE:
                raise FileRefused("line_too_long", f"a line longer than {LONGEST_LINE} bytes: not a file of events")
            continue
        yield b"".join((rest, memoryview(piece)[:cut]))
        rest = piece[cut:]
    if rest:
        yield rest + b"\n"


class _Scan:
    """Lines of one file, counted and sorted by width and countries; those asked for are read."""

    def __init__(self, sink: Sink, path: Path) -> None:
        self.sink, self.name = sink, path.name
        self.widths: Counter = Counter()
        self.pairs = np.zeros(_NUMBERS**2, dtype=np.int64)
        self.uncounted: list[np.ndarray] = []
        self.checked = self.mismatched = 0
        self.first_width = 0
        self.example = ""
        self.todo = _todo(sink.pair)

    def block(self, block: bytes, line: int) -> int:
        """Takes in whole lines, the first of which has the number `line`; returns how many there were."""
        text = np.frombuffer(block, dtype=np.uint8)
        tabs = _Tabs(text)
        stops = np.flatnonzero(text == 10)
        starts = np.concatenate(([0], stops[:-1] + 1))
        before = tabs.before(starts)
        widths = np.diff(before, append=tabs.until[-1]) + 1
        self.sink.rows_read += len(stops)
        self._note_widths(widths)
        rows = np.flatnonzero((widths == 61) | (widths == 58) | (widths == 57))
        if len(rows) < len(stops):
            before = before[rows]
            for at in np.setdiff1d(np.arange(len(stops)), rows):
                self.sink.reject(line + int(at), "field_count", _shown(block[starts[at] : stops[at]]))
        sides = _countries(text, tabs.places(np.stack((before + _ACTOR1, before + _ACTOR2))) + 1)
        pairs = sides[0] * _NUMBERS + sides[1]
        self._note_pairs(pairs)
        todo = self.todo[pairs]
        for found in np.flatnonzero(todo):
            at = int(rows[found])
            raw = block[starts[at] : stops[at]]
            if todo[found] == _REJECT:
                self.sink.reject(line + at, "unknown_country", _shown(raw))
            else:
                self._row(line + at, raw)
        return len(stops)

    def _note_widths(self, widths: np.ndarray) -> None:
        first = int(widths[0])
        if (widths == first).all():
            self.widths[first] += len(widths)
        else:
            counts = np.bincount(widths)
            self.widths.update({int(width): int(counts[width]) for width in np.flatnonzero(counts)})
        if not self.first_width:
            self.first_width = next((width for width in widths.tolist() if width in WIDTHS), 0)
        if not self.first_width and self.widths.total() >= TRIAL_LINES:
            self._refuse_width()

    def _note_pairs(self, pairs: np.ndarray) -> None:
        self.uncounted.append(pairs)
        if len(self.uncounted) == BLOCKS_A_COUNT:
            self._count_pairs()

    def _count_pairs(self) -> None:
        if self.uncounted:
            self.pairs += np.bincount(np.concatenate(self.uncounted), minlength=len(self.pairs))
            self.uncounted.clear()

    def _note_scope(self) -> None:
        """Rows beside the question by why, and how often each state was seen."""
        self._count_pairs()
        pairs = self.pairs.reshape(_NUMBERS, _NUMBERS)
        seen = pairs.sum(axis=0) + pairs.sum(axis=1)
        self.sink.seen.update({_KNOWN[at]: int(seen[at + 2]) for at in np.flatnonzero(seen[2:_UNKNOWN])})
        known = pairs[:_UNKNOWN, :_UNKNOWN]
        states = known[2:, 2:]
        read = int(self.pairs[self.todo == _READ].sum())
        scope = {
            "no_country": known[0].sum() + known[1:, 0].sum(),
            "no_state": known[1, 1:].sum() + known[2:, 1].sum(),
            "self_dyad": np.trace(states),
            "other_pair": states.sum() - np.trace(states) - read,
        }
        self.sink.out_of_scope.update({reason: int(count) for reason, count in scope.items() if count})

    def _row(self, line: int, raw: bytes) -> None:
        """Reads one line of the pair: kept, or rejected with the first thing that is wrong with it."""
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            self.sink.reject(line, "encoding", _shown(raw))
            return
        fields = text.rstrip("\r").split("\t")
        found = "nul_byte" if "\0" in text else self._tidy(fields, line)
        if isinstance(found, str):
            self.sink.reject(line, found, fields)
        else:
            self.sink.keep(line, [found])

    def _tidy(self, fields: list[str], line: int) -> dict[str, Any] | str:
        """The tidy row, or why there is none."""
        width = len(fields)
        flags = [] if width == self.first_width else ["width_mixed"]
        day, score = _day(fields[1]), _number(fields[_SCORE])
        if not fields[0].isascii() or not fields[0].isdigit():
            return "id_invalid"
        if day is None:
            return "date_invalid"
        if day < FIRST_DAY:
            return "date_before_1979"
        if score is None:
            return "goldstein_not_a_number"
        if not -10 <= score <= 10:
            return "goldstein_out_of_range"
        code = self._code(fields, score, line)
        if code not in cameo.GOLDSTEIN:
            return "codes_numeric" if len(fields[_ROOT]) == 1 else "unknown_cameo"
        if fields[_QUAD] not in ("1", "2", "3", "4"):
            return "quad_invalid"
        if fields[_ROOT_EVENT] not in ("0", "1"):
            return "is_root_invalid"
        counts = [_count(fields[at]) for at in range(_MENTIONS, _MENTIONS + 3)]
        if -1 in counts:
            return "count_invalid"
        tone = _number(fields[_TONE])
        if tone is None and fields[_TONE]:
            return "tone_not_a_number"
        added = self._added(fields[_ADDED[width]], line, flags)
        if isinstance(added, str):
            return added
        if added and day > added + timedelta(days=1):
            return "date_in_future"
        if width != 57 and added and (added - day).days in SHIFTS:
            flags.append("date_shift")
        self._check_score(code, score, line, flags)
        if int(fields[_QUAD]) != cameo.quad_class(code):
            flags.append("quad_mismatch")
        source = "gdelt2" if width == 61 else "gdelt1"
        spelling = dyads.SPELLINGS["gdelt"]
        return {
            "event_date": day, "source": source, "event_id": f"{source}:{fields[0]}",
            "initiator": spelling[fields[_ACTOR1]], "target": spelling[fields[_ACTOR2]], "cameo_code": code,
            "goldstein": score, "goldstein_scale": "cameo", "quad_class": int(fields[_QUAD]),
            "mentions": counts[0], "sources": counts[1], "articles": counts[2], "tone": tone,
            "is_root": fields[_ROOT_EVENT] == "1", "url": (fields[_URL[width]] or None) if width in _URL else None,
            "date_added": added, "flags": ";".join(flags) or None,
        }  # fmt: skip

    def _code(self, fields: list[str], score: float, line: int) -> str:
        """The event code; one whose root lost its zero gets it back where the row's score proves it."""
        mended = proven_codes(fields[_CODE : _ROOT + 1], score)
        if mended and mended[0] != fields[_CODE]:
            self.sink.repair("zero_pad", line, fields[_CODE], mended[0])
        return mended[0] if mended else fields[_CODE] if len(fields[_ROOT]) != 1 else ""

    def _added(self, text: str, line: int, flags: list[str]) -> date | str | None:
        """The day the row was added; from the file's name, or missing, where a spreadsheet spoiled it."""
        if _SCIENTIFIC.fullmatch(text):
            slot = _SLOT.search(self.name)
            if slot and (day := _day(slot[1])):
                self.sink.repair("date_added_from_filename", line, text, slot[0])
                return day
            flags.append("date_added_lost")
            return None
        day = _day(text[:8]) if len(text) in (8, 14) and text.isdigit() else None
        return day or "date_added_invalid"

    def _check_score(self, code: str, score: float, line: int, flags: list[str]) -> None:
        self.checked += 1
        if abs(cameo.GOLDSTEIN[code] - score) > 1e-9:
            self.mismatched += 1
            self.example = self.example or f"line {line}: {code} has {score}, expected {cameo.GOLDSTEIN[code]}"
            flags.append("goldstein_mismatch")

    def finish(self) -> None:
        """What can only be said of the whole file. Raises FileRefused."""
        known = sum(self.widths[width] for width in WIDTHS)
        if self.widths.total() > 2 * known:
            self._refuse_width()
        self._note_scope()
        if self.checked >= TABLE_CHECK_ROWS and self.mismatched > 0.01 * self.checked:
            raise FileRefused(
                "goldstein_table",
                f"{self.mismatched} of {self.checked} scores are not the official ones; first {self.example}",
            )
        mixed = {width: self.widths[width] for width in WIDTHS if self.widths[width]}
        self.sink.notes.update({f"width_{width}": count for width, count in mixed.items()})
        self.sink.notes["goldstein_checked"] += self.checked

    def _refuse_width(self) -> None:
        width, count = min(self.widths.items(), key=lambda found: (-found[1], found[0]))
        if width == 1:
            raise FileRefused("bad_separator", f"{count} lines without a tab; GDELT files are tab-separated")
        raise FileRefused(
            "unknown_width", f"{count} lines of {width} fields; GDELT has 57, 58 or 61 (reduced exports are not events)"
        )


def proven_codes(codes: list[str], score: float) -> list[str] | None:
    """Event, base and root code with a lost zero put back; None where the row's score does not bear it out."""
    if len(codes[2]) == 2:
        return codes
    if len(codes[2]) != 1 or not codes[2].isdigit():
        return None
    mended = [code if code.startswith(f"0{codes[2]}") else f"0{code}" for code in codes]
    known = cameo.GOLDSTEIN.get(mended[0])
    return mended if known is not None and abs(known - score) < 1e-6 else None


def _todo(pair: dyads.Dyad | None) -> np.ndarray:
    """What the scan does with a row, by its two countries."""
    todo = np.zeros((_NUMBERS, _NUMBERS), dtype=np.uint8)
    if pair:
        one, other = (_IDS[state] for state in pair.states)
        todo[one, other] = todo[other, one] = _READ
    else:
        todo[2:_UNKNOWN, 2:_UNKNOWN] = _READ
        np.fill_diagonal(todo, 0)
    todo[_UNKNOWN] = todo[:, _UNKNOWN] = _REJECT
    return todo.ravel()


class _Tabs:
    """The tabs of a text, counted eight bytes at a time: how many stand before a place, and where the n-th stands."""

    def __init__(self, text: np.ndarray) -> None:
        self.eights = np.packbits(text == 9)
        self.until = np.cumsum(np.bitwise_count(self.eights), dtype=np.int32)

    def before(self, places: np.ndarray) -> np.ndarray:
        """How many tabs there are before each of these places."""
        eight = places >> 3
        return self.until[eight] - np.bitwise_count(self.eights[eight] & _FROM[places & 7])

    def places(self, ranks: np.ndarray) -> np.ndarray:
        """Where the tabs of these ranks (the first: 1) stand."""
        eight = np.searchsorted(self.until, ranks)
        return eight * 8 + _BITS[self.eights[eight], self.until[eight] - ranks]


def _countries(text: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The scan's number of each country code that begins at these places."""
    high, middle, low, after = (text[at + place] - _A for place in range(4))  # below A: wraps to a large number
    three = (np.maximum(np.maximum(high, middle), low) < 26) & (after == _TAB)
    index = np.where(high == _TAB, _NO_CODE, _OTHER_CODE)
    np.copyto(index, (high.astype(np.int32) * 26 + middle) * 26 + low, where=three)
    return _BY_LETTERS[index]


def _plain_lines(pieces: Iterator[bytes], path: Path, sink: Sink) -> tuple[Iterator[bytes], int]:
    """The text without a header, tab-separated, and the number of its first line."""
    head = b""
    for piece in pieces:
        head += piece
        if b"\n" in head or len(head) > LONGEST_LINE:
            break
    first, _, rest = head.partition(b"\n")
    text = first.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r").decode("utf-8", "replace")
    separator = max(("\t", ";", ","), key=text.count)
    names = _split(text, {"delimiter": separator}) if gdelt_headers.MARK in text[:200].lower() else [""]
    if not gdelt_headers.is_header(names):
        if first.count(b"\t") == 0 and max(first.count(b";"), first.count(b",")) >= min(WIDTHS) - 1:
            raise FileRefused("bad_separator", "no tab in the first line, and no header to go by")
        return chain([head], pieces) if head else iter(()), 1
    kept, prefiltered = gdelt_headers.places(names)
    sink.repair("header_replaced", 1, f"{len(names)} names", "columns by their place")
    sink.notes.update({"prefiltered": 1} if prefiltered else {})
    quoted = separator != "\t" or text.startswith('"')
    dialect = {"delimiter": separator, "quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE}
    return _retabbed(chain([rest], pieces), dialect, (len(names), kept), path, sink), 2


def _retabbed(
    pieces: Iterator[bytes], dialect: dict[str, Any], columns: tuple[int, list[int]], path: Path, sink: Sink
) -> Iterator[bytes]:
    """Lines of a re-saved copy as GDELT writes them; every code is proven by its row's score, or the file refused.

    `columns`: how many the copy has, and in which places GDELT's stand.
    """
    width, kept = columns
    slot = _SLOT.search(path.name)
    proven = unproven = 0
    line = 1
    for block in _whole_lines(pieces):
        lines = []
        for raw in block[:-1].split(b"\n"):
            line += 1
            text = raw.rstrip(b"\r").decode("utf-8", "surrogateescape")
            fields = _split(text, dialect)
            fields = [fields[at] for at in kept] if len(fields) == width else [text]
            if len(fields) in WIDTHS:
                score = _number(fields[_SCORE])
                mended = proven_codes(fields[_CODE : _ROOT + 1], score) if score is not None else None
                proven, unproven = proven + bool(mended), unproven + (not mended)
                _mend(fields, mended, slot, line, sink)
            lines.append("\t".join(field.replace("\t", " ") for field in fields).encode("utf-8", "surrogateescape"))
        yield b"\n".join(lines) + b"\n"
    if unproven > 0.01 * (proven + unproven):
        raise FileRefused(
            "codes_numeric",
            f"{unproven} of {proven + unproven} codes lost their zero and their scores do not prove them",
        )
    sink.notes["codes_proven"] += proven


def _split(text: str, dialect: dict[str, Any]) -> list[str]:
    """The fields of a line of a copy; one field where it cannot be taken apart."""
    try:
        return next(csv.reader(io.StringIO(text), **dialect), [""])
    except csv.Error:
        return [text]


def _mend(fields: list[str], codes: list[str] | None, slot: re.Match | None, line: int, sink: Sink) -> None:
    """Puts back in one row what a spreadsheet or a statistics package took."""
    if codes and codes[0] != fields[_CODE]:
        sink.repair("zero_pad", line, fields[_CODE], codes[0])
        fields[_CODE : _ROOT + 1] = codes
    at = _ADDED[len(fields)]
    if slot and _SCIENTIFIC.fullmatch(fields[at]):
        sink.repair("date_added_from_filename", line, fields[at], slot[0])
        fields[at] = slot[1]
    counts = range(_MENTIONS, _TONE + 1)
    blanks = [at for at in (_ACTOR1, _ACTOR2, *counts, *_URL.values()) if at < len(fields) and fields[at] == "NA"]
    if blanks:
        sink.repair("na_text", line, "NA", "missing")
        for at in blanks:
            fields[at] = ""


@lru_cache(maxsize=50_000)
def _day(text: str) -> date | None:
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _count(text: str) -> int | None:
    """A count, None where there is none, -1 where the text is no count."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def _shown(raw: bytes) -> list[str]:
    return raw.decode("utf-8", "backslashreplace").split("\t")
