"""The bytes of a file as a stream, out of plain text, .zip or .gz: told apart by content, never by name.

A member is never written to disk, so its stored path does not matter. What cannot be read through raises
`FileRefused`: the file as a whole is then one rejected row, and the other files go on.
"""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isal import igzip_lib, isal_zlib

from research.errors import DataError

CHUNK = 1 << 20
_COMPRESSED = 1 << 17
_GZIP = b"\x1f\x8b"
# A GDELT day shrinks about six times; past a hundred times and a quarter of a gigabyte it is no text of events.
BOMB_RATIO = 100
BOMB_BYTES = 256 << 20


class FileRefused(DataError):
    """A file refused whole: `reason` is a word to count by, the message says what was found."""

    def __init__(self, reason: str, found: str) -> None:
        super().__init__(found)
        self.reason = reason


def chunks(path: Path, size: int | None = None) -> Iterator[bytes]:
    """The text of a file, a piece of at most `size` bytes (CHUNK) at a time; memory does not depend on the file's size.

    Raises FileRefused: `corrupt_archive` (cut short, checksum, encrypted, empty archive), `several_members`,
    `zip_bomb`, `html_page`, `unreadable`.
    """
    size = size or CHUNK
    try:
        with path.open("rb") as file:
            magic = file.read(4)
            file.seek(0)
            if magic.startswith(b"PK"):
                pieces = _zip(file, path, size)
            elif magic.startswith(_GZIP):
                pieces = _gzip(file, size)
            else:
                pieces = iter(lambda: file.read(size), b"")
            yield from _no_page(pieces)
    except OSError as fault:
        raise FileRefused("unreadable", fault.strerror or str(fault)) from None
    except isal_zlib.error as fault:
        raise FileRefused("corrupt_archive", f"the compressed text cannot be read on: {fault}") from None


def _no_page(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, unless they begin like a web page: an error page saved under the file's name."""
    first = next(pieces, b"")
    if first.lstrip()[:1] == b"<":
        raise FileRefused("html_page", f"a web page, not a table: {first.lstrip()[:60].decode('utf-8', 'replace')!r}")
    if first:
        yield first
    yield from pieces


def _zip(file: BinaryIO, path: Path, size: int) -> Iterator[bytes]:
    """The one member of a zip archive, its length and checksum proven at the end."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    except (zipfile.BadZipFile, NotImplementedError) as fault:
        raise FileRefused("corrupt_archive", f"not a readable zip: {fault}; get {path.name} again") from None
    if not members:
        raise FileRefused("corrupt_archive", "the zip holds no file")
    if len(members) > 1:
        raise FileRefused("several_members", f"the zip holds {len(members)} files; give each in an archive of its own")
    member = members[0]
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused("corrupt_archive", "the member is encrypted or in a compression other than deflate")
    file.seek(member.header_offset)
    head = file.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise FileRefused("corrupt_archive", "the zip's directory points to no member")
    name, extra = (int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
    file.seek(name + extra, os.SEEK_CUR)
    if member.compress_type == zipfile.ZIP_DEFLATED:
        pieces = _inflated(file, member.compress_size, igzip_lib.DECOMP_DEFLATE, size)
    else:
        pieces = _read(file, member.compress_size)
    checksum, length = 0, 0
    for piece in pieces:
        checksum, length = isal_zlib.crc32(piece, checksum), length + len(piece)
        yield piece
    if (checksum, length) != (member.CRC, member.file_size):
        raise FileRefused("corrupt_archive", f"{length} bytes do not have the length or checksum the zip says")


def _gzip(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Gzip text, member after member; length and checksum of each are proven by the reader."""
    yield from _inflated(file, os.fstat(file.fileno()).st_size, igzip_lib.DECOMP_GZIP, size)


def _read(file: BinaryIO, size: int) -> Iterator[bytes]:
    """So many bytes of a file; refuses one that ends before."""
    while size > 0:
        data = file.read(min(_COMPRESSED, size))
        if not data:
            raise FileRefused("corrupt_archive", f"the archive is cut short: {size} bytes are missing")
        size -= len(data)
        yield data


def _inflated(file: BinaryIO, size: int, kind: int, piece_size: int) -> Iterator[bytes]:
    """Pieces of at most `piece_size` bytes; refuses a stream that ends early, or swells past all reason."""
    inflate = igzip_lib.IgzipDecompressor(flag=kind)
    given, data = 0, b""
    for read in _read(file, size):
        data += read
        while True:
            if inflate.eof:
                if kind == igzip_lib.DECOMP_GZIP and len(data) < len(_GZIP):
                    break
                if kind != igzip_lib.DECOMP_GZIP or not data.startswith(_GZIP):
                    return
                inflate = igzip_lib.IgzipDecompressor(flag=kind)
            piece = inflate.decompress(data, piece_size)
            data = inflate.unused_data if inflate.eof else b""
            given += len(piece)
            if given > BOMB_BYTES and given > BOMB_RATIO * size:
                raise FileRefused("zip_bomb", f"{size} bytes swell to more than {given}; not read on")
            if piece:
                yield piece
            if inflate.needs_input and not inflate.eof:
                break
    if not inflate.eof:
        raise FileRefused("corrupt_archive", f"the archive is cut short after {given} bytes of text")
