"""GDELT's lists of files, and the slot of time a file is for: a year, a month, a day or a quarter of an hour.

Four lists are published: `filesizes` (size, name) and `md5sums` (md5, name) of GDELT 1.0, `masterfilelist.txt` and
`masterfilelist-translation.txt` (size, md5, address) of GDELT 2.0. A list says two things: what a whole file looks
like, and for which slots there is no file at all.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from research.errors import DataError, RequestError
from research.sources.archive import FileRefused, chunks

QUARTER = timedelta(minutes=15)
FEED_BEGINS = datetime(2015, 2, 18, 23)  # the first quarter-hour of GDELT 2.0
MAIN, TRANSLATION = "main", "translation"
UNREADABLE = 0.01  # of a list's lines: more, and it is no list
_EVENTS = re.compile(r"(?:[0-9]{4}|[0-9]{6})\.zip|(?:[0-9]{8}|[0-9]{14}(?:\.translation)?)\.export\.csv\.zip", re.I)
_QUARTER = re.compile(r"(?<![0-9])(20[0-9]{12})(?![0-9])")
_DAY = re.compile(r"(?<![0-9])((?:19|20)[0-9]{6})(?![0-9])")
_SPAN = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})?(?:\.[A-Za-z]+)*")
_MD5 = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Slot:
    """What time one file is for: a quarter of an hour (GDELT 2.0), or days `first` to `last` (GDELT 1.0)."""

    source: str
    feed: str
    first: datetime
    last: datetime

    def moments(self) -> list[datetime]:
        """The quarter-hour, or the days."""
        step = QUARTER if self.source == "gdelt2" else timedelta(days=1)
        return [self.first + n * step for n in range((self.last - self.first) // step + 1)]


@dataclass(frozen=True)
class Listed:
    """One file as a publisher's list has it; what the list does not say is None."""

    name: str
    size: int | None = None
    md5: str | None = None


@dataclass(frozen=True)
class Listing:
    """Event files by name, from one list or several; `books` says of each list what its lines were."""

    files: dict[str, Listed]
    books: tuple[dict[str, Any], ...] = ()

    def expected(self, file: Path) -> Listed | None:
        """What the lists say of a file of this name."""
        return self.files.get(file.name)


def slot_of(name: str) -> Slot | None:
    """The slot a file's name gives: 1979.zip, 201303.zip, 20130401.export.CSV.zip, 20150218230000.export.CSV.zip."""
    feed = TRANSLATION if ".translation." in name.lower() else MAIN
    if found := _QUARTER.search(name):
        moment = _moment(found[1], "%Y%m%d%H%M%S")
        return Slot("gdelt2", feed, moment, moment) if moment and moment.minute % 15 == moment.second == 0 else None
    if found := _DAY.search(name):
        moment = _moment(found[1], "%Y%m%d")
        return Slot("gdelt1", feed, moment, moment) if moment else None
    if not (found := _SPAN.fullmatch(name)):
        return None
    year, month = int(found[1]), int(found[2] or 1)
    if not 1 <= month <= 12:
        return None
    after = datetime(year + 1, 1, 1) if not found[2] or month == 12 else datetime(year, month + 1, 1)
    return Slot("gdelt1", feed, datetime(year, month, 1), after - timedelta(days=1))


def read_lists(files: Iterable[Path]) -> Listing:
    """The publisher's lists, each plain, .zip or .gz, as one.

    Raises RequestError where there is no such file, or two lists say different things of one file; DataError where a
    file cannot be read or is no list.
    """
    known: dict[str, Listed] = {}
    books = []
    for file in files:
        listed, counts = _read(Path(file))
        for entry in listed:
            known[entry.name] = _joined(known.get(entry.name, entry), entry, file)
        books.append(counts)
    return Listing(known, tuple(books))


def verify(file: Path, expected: Listed | None) -> None:
    """Raises FileRefused (`checksum`) unless the file has the size and the md5 of the list."""
    if expected is None:
        return
    size = file.stat().st_size
    if expected.size is not None and size != expected.size:
        raise FileRefused("checksum", f"{size} bytes, by the publisher's list {expected.size}; get {file.name} again")
    if expected.md5 is None:
        return
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "md5").hexdigest()
    if found != expected.md5:
        raise FileRefused("checksum", f"md5 {found}, by the publisher's list {expected.md5}; get {file.name} again")


def _moment(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _read(file: Path) -> tuple[list[Listed], dict[str, Any]]:
    """The event files of one list, and how its lines were counted."""
    if not file.is_file():
        raise RequestError(f"no list {file}; name a list of GDELT's: filesizes, md5sums or masterfilelist.txt")
    try:
        text = b"".join(chunks(file)).decode("utf-8", "replace")
    except FileRefused as fault:
        raise DataError(f"list {file}: {fault.reason}: {fault}") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    read = [(number, line, _entry(line.split())) for number, line in lines]
    events = [entry for _, _, entry in read if entry and _EVENTS.fullmatch(entry.name)]
    lost = [(number, line) for number, line, entry in read if entry is None]
    if not events or len(lost) > UNREADABLE * len(lines):
        number, line = (lost or lines or [(1, "")])[0]
        raise DataError(
            f"list {file}, line {number}: {line[:80]!r} is not `size name`, `md5  name` or `size md5 address` of an "
            f"event file ({len(lost)} of {len(lines)} lines are not); name filesizes, md5sums or masterfilelist.txt"
        )
    return events, {
        "file": str(file), "lines": len(lines), "event_files": len(events),
        "other_files": len(lines) - len(events) - len(lost), "unreadable_lines": len(lost),
    }  # fmt: skip


def _entry(words: list[str]) -> Listed | None:
    """One line of a list; None where it is none."""
    size = int(words[0]) if words[0].isascii() and words[0].isdigit() and len(words[0]) < 16 else None
    if len(words) == 2 and _MD5.fullmatch(words[0].lower()):
        return Listed(words[1], md5=words[0].lower())
    if len(words) == 2 and size is not None:
        return Listed(words[1], size=size)
    if len(words) == 3 and size is not None and _MD5.fullmatch(words[1].lower()):
        return Listed(words[2].rsplit("/", 1)[-1], size=size, md5=words[1].lower())
    return None


def _joined(before: Listed, entry: Listed, file: Path) -> Listed:
    for what in ("size", "md5"):
        old, new = getattr(before, what), getattr(entry, what)
        if None not in (old, new) and old != new:
            raise RequestError(
                f"list {file} gives {entry.name} the {what} {new}, an earlier one {old}; name lists of one day only"
            )
    return replace(before, size=before.size or entry.size, md5=before.md5 or entry.md5)
