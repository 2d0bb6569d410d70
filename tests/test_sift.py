"""A large file sifted: every row counted once, lines as an editor numbers them, whatever the file looks like."""

import gzip
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from research import build
from research.errors import DataError, NoDataError, RequestError
from research.sources.archive import FileRefused
from research.sources.sift import LONGEST_LINE, Asked, sift

ASKED = [Asked("code", ("281111", "28"), "other_code"), Asked("state", ("392", "410"), "other_pair")]


def sifted(text: bytes, asked=ASKED, size: int = 7):
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    return sift(pieces, lambda head: head.split("\t"), asked)


def plainly(text: bytes, asked) -> tuple[list[int], list[int], Counter]:
    """The same, line by line: lines kept, lines ragged, rows left out."""
    head, *lines = [line.rstrip("\r") for line in text.decode().split("\n")]
    names, kept, ragged, left_out = head.split("\t"), [], [], Counter()
    for number, line in enumerate(lines, start=2):
        fields = dict(zip(names, line.split("\t"), strict=False))
        if line and line.count("\t") != len(names) - 1:
            ragged.append(number)
        elif line:
            reason = next((one.reason for one in asked if fields[one.column] not in one.wanted), "")
            left_out.update([reason] if reason else [])
            kept += [] if reason else [number]
    return kept, ragged, left_out


CELL = st.sampled_from(["281111", "28", "2811111", "1281111", "392", "410", "", "x", "28\u00e9"])
LINE = st.lists(CELL, min_size=4, max_size=4).map("\t".join) | st.sampled_from(["", "281111", "28\t28\t28\t28\t28"])


@settings(max_examples=150, deadline=None)
@given(st.lists(LINE, max_size=12), st.integers(1, 40), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_sifting_gives_the_rows_that_reading_every_line_gives(lines, size, end, closed, code_last):
    names = ["state", "x", "y", "code"] if code_last else ["x", "code", "state", "y"]
    text = end.join(["\t".join(names), *lines]) + (end if closed else "")
    found = sifted(text.encode(), size=size)
    kept, ragged, left_out = plainly(text.encode(), ASKED)
    assert list(found.rows["line"]) == kept
    assert [line for line, _ in found.ragged] == ragged
    assert found.left_out == left_out


def test_a_row_too_wide_beside_one_too_short_is_only_seen_where_it_is_asked_for():
    found = sifted(b"x\tcode\tstate\ty\na\t281111\t392\n1\t2\t3\t4\t5\nb\t281111\t392\ty\n", size=999)
    assert list(found.rows["line"]) == [4] and found.ragged == [(2, ["a", "281111", "392"])]
    assert found.left_out == {"other_code": 1}


FAULTS = {
    "empty": (b" \n", "the file is empty"),
    "encoding": (b"x\tcode\tstate\ty\n\xff\t281111\t392\t1\n", "wrong encoding in line 2: byte 0xff is not UTF-8"),
    "a line without end": (b"x\tcode\tstate\ty\n" + b"a" * (LONGEST_LINE + 9), "a line longer than 1048576 bytes"),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_cannot_be_sifted_is_refused(text, message):
    with pytest.raises(FileRefused, match=message):
        sifted(text, size=1 << 20)


HEAD = "period\treporterCode\tflowCode\tpartnerCode\tclassificationCode\tcmdCode\tmotCode\tnetWgt\tprimaryValue"
ROWS = ["201907\t410\tM\t392\tH5\t281111\t0\t5\t9", "201907\t410\tM\t392\tH5\t281111\t1000\t5\t9",
        "201907\t156\tM\t392\tH5\t281111\t0\t5\t9", "201907\t410\tM\t392\tH5\t370790\t0\t5\t9", "201907\t410"]  # fmt: skip


def bulk(folder, *rows: str, name: str = "bulk.gz"):
    path = folder / name
    path.write_bytes(gzip.compress("\n".join([HEAD, *rows]).encode(), mtime=0))
    return path


def test_a_bulk_file_cleaned_for_a_pair_and_a_code_accounts_for_every_row(tmp_path):
    summary = build.clean_files("comtrade_bulk", [bulk(tmp_path, *ROWS)], tmp_path / "out", "JPN-KOR", ["281111"])
    assert (summary["rows_read"], summary["rows_kept"], summary["rows_rejected"]) == (5, 1, 1)
    assert summary["out_of_scope_by_reason"] == {"breakdown_row": 1, "other_code": 1, "other_pair": 1}
    assert summary["rejected_by_reason"] == {"field_count": 1}


def test_a_file_without_any_row_asked_for_does_not_stop_the_others(tmp_path):
    other = bulk(tmp_path, ROWS[2], name="other.gz")
    files = [other, bulk(tmp_path, *ROWS)]
    summary = build.clean_files("comtrade_bulk", files, tmp_path / "out", "JPN-KOR", ["281111"])
    assert (summary["rows_read"], summary["rows_kept"]) == (6, 1)
    with pytest.raises(NoDataError, match="no row belongs to JPN-KOR.*1 read, out of scope: other_pair 1"):
        build.clean_files("comtrade_bulk", [other], tmp_path / "out", "JPN-KOR")
    with pytest.raises(NoDataError, match="no row is under 010121; .* 6 read, out of scope: .*other_code"):
        build.clean_files("comtrade_bulk", files, tmp_path / "out", None, ["010121"])


def test_codes_are_asked_of_any_source_of_item_trade_and_of_nothing_else(tmp_path):
    table = tmp_path / "table.csv"
    head = "Item,Country,Year,Month,Export_dollar,Export_weight,Import_dollar,Import_weight"
    table.write_text(f"{head}\n2811111000,Japan,2019,7,0,0,5,1\n3707901010,Japan,2019,7,0,0,5,1\n")
    summary = build.clean_files("kita", [table], tmp_path / "out", None, ["3707901010"])
    assert (summary["rows_kept"], summary["out_of_scope_by_reason"]) == (1, {"other_code": 1})
    with pytest.raises(RequestError, match="source 'gdelt' holds events, which have no tariff codes"):
        build.clean_files("gdelt", [table], tmp_path / "out", None, ["2811"])
    with pytest.raises(RequestError, match="no tariff code: '2811.11'; a code is 2 to 10 digits"):
        build.clean_files("kita", [table], tmp_path / "out", None, ["2811.11"])
    jnto = next((build.paths.raw() / "jnto").glob("*.csv"))
    with pytest.raises(RequestError, match="table visitors has no tariff codes; leave the codes out"):
        build.clean_files("jnto", [jnto], tmp_path / "out", None, ["2811"])


def test_a_file_that_is_not_there_or_is_tariff_lines_is_refused(tmp_path):
    lines = bulk(tmp_path, ROWS[0].replace("281111", "28111110"))
    with pytest.raises(DataError, match="product: codes of more than six digits"):
        build.clean_files("comtrade_bulk", [lines], tmp_path / "out", None, ["281111"])
