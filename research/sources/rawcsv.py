"""Reading a publisher's CSV as it is: strict, everything text, true line numbers.

What is wrong with the file is an error (encoding, header, a cut-off end); what is wrong with a row is that
row's rejection, later. Nothing is guessed and nothing is skipped.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from research.errors import DataError, NoDataError, RequestError

_BOM = b"\xef\xbb\xbf"


def read_csv(path: Path, header: Iterable[str], file: str) -> tuple[pd.DataFrame, list[tuple[int, list[str]]]]:
    """One row a record, all text, with `line` (the header is line 1); and the ragged records beside it.

    Raises DataError on a wrong encoding, a missing or extra column, a broken quote, a truncated end;
    NoDataError on an empty file; RequestError where there is no file.
    """
    text = _text(path, file)
    records = _records(text, file)
    if not records:
        raise NoDataError(f"{file}: the file is empty; expected the header {','.join(header)}")
    _, names = records[0]
    _check_header(names, list(header), file)
    _check_end(text, records[-1], len(names), file)
    even = [(line, fields) for line, fields in records[1:] if len(fields) == len(names)]
    ragged = [(line, fields) for line, fields in records[1:] if len(fields) != len(names)]
    frame = pd.DataFrame([fields for _, fields in even], columns=names, dtype="str")
    return frame.assign(line=[line for line, _ in even]), ragged


def shape_of(path: Path, shapes: Mapping[str, tuple[str, ...]], file: str) -> str:
    """Which of a publisher's layouts the file has, by its header; the likest where none fits exactly."""
    records = _records(_text(path, file).split("\n", 1)[0], file)
    if not records:
        return next(iter(shapes))
    names = set(records[0][1])
    return min(shapes, key=lambda shape: len(names.symmetric_difference(shapes[shape])))


def _text(path: Path, file: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise RequestError(f"cannot read {file}: {fault.strerror}") from None
    skipped = len(_BOM) if data.startswith(_BOM) else 0
    try:
        return data[skipped:].decode("utf-8")
    except UnicodeDecodeError as fault:
        byte = data[skipped + fault.start]
        raise DataError(
            f"{file}: wrong encoding: byte 0x{byte:02x} at offset {skipped + fault.start} is not UTF-8; "
            "expected encoding utf-8: save the file as UTF-8"
        ) from None


def _records(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Records with the line each begins on (a quoted field may run over several lines)."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, begins = [], 1
    try:
        for fields in reader:
            records.append((begins, fields))
            begins = reader.line_num + 1
    except csv.Error as fault:
        if "unexpected end" in str(fault):
            raise DataError(
                f"{file}, line {begins}: the file is truncated inside a quoted field; get it again"
            ) from None
        raise DataError(f"{file}, line {begins}: not a readable CSV record: {fault}") from None
    return records


def _check_header(names: list[str], wanted: list[str], file: str) -> None:
    missing = [name for name in wanted if name not in names]
    extra = [name for name in names if name not in wanted]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = (("missing", missing), ("not expected", extra), ("named twice", twice))
    told = "; ".join(f"{fault}: {', '.join(map(repr, found))}" for fault, found in faults if found)
    if told:
        raise DataError(f"{file}, line 1: columns {told}. Expected exactly {','.join(wanted)}")


def _check_end(text: str, last: tuple[int, list[str]], width: int, file: str) -> None:
    """A file whose last line has no end may have lost rows, or digits of its last number."""
    if text.endswith(("\n", "\r")):
        return
    line, fields = last
    raise DataError(
        f"{file}, line {line}: the file looks truncated: its last line has {len(fields)} of {width} fields "
        "and no end of line; get it again, or end the line if the file is whole"
    )
