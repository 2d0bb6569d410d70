"""Machine-coded events: GDELT, ICEWS and POLECAT from any archive, every row accounted for."""

import gzip
import io
import json
import subprocess
import sys
import zipfile
import zlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from research import build, bulk, cameo, dyads, tables
from research.errors import NoDataError, RequestError
from research.sources import archive, gdelt, gdelt_headers, icews, polecat
from research.sources.sink import Sink


def gdelt_line(number=1, width=61, **changed) -> str:
    """A made-up row: Japan consults South Korea on 24 October 2019."""
    fields = [""] * width
    row = {
        0: str(number), 1: "20191024", 5: "JPN", 7: "JPN", 15: "KOR", 17: "KOR", 25: "1", 26: "040", 27: "040", 28: "04",
        29: "1", 30: "1.0", 31: "3", 32: "1", 33: "3", 34: "-1.5", gdelt._ADDED[width]: "20191024143000",
    }  # fmt: skip
    if width in gdelt._URL:
        row[gdelt._URL[width]] = f"https://example.org/{number}"
    row |= {int(place[1:]): value for place, value in changed.items()}
    for place, value in row.items():
        fields[place] = value
    return "\t".join(fields)


def header(width=61, names=None, **changed) -> list[str]:
    """GDELT's names for the columns that are read, any for the others."""
    known = (names or gdelt_headers.PUBLISHED) | gdelt_headers._LAST[width]
    known |= {int(place[1:]): name for place, name in changed.items()}
    return [known.get(place, f"Other{place}") for place in range(width)]


def folder_of(tmp_path: Path, **files: str | bytes) -> Path:
    folder = tmp_path / "in"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else (text + "\n").encode())
    return folder


def zipped(text: str | bytes, member: str = "day.CSV") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(member, text)
    return held.getvalue()


def adds_up(summary: dict, out: Path) -> bool:
    rejected = pd.read_parquet(out / "rejected.parquet")
    parts = ("rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope")
    return (
        summary["rows_read"] == sum(summary[name] for name in parts)
        and len(rejected) == summary["rows_rejected"] == sum(summary["rejected_by_reason"].values())
        and len(pd.read_parquet(out / "events.parquet")) == summary["rows_written"]
    )


def cleaned(tmp_path: Path, source: str = "gdelt", dyad: str | None = None, **files) -> tuple[dict, pd.DataFrame]:
    out = tmp_path / "out"
    summary = build.clean_files(source, [folder_of(tmp_path, **files)], out, dyad)
    assert adds_up(summary, out)
    assert json.loads((out / "summary.json").read_text("utf-8")) == summary
    return summary, pd.read_parquet(out / "events.parquet")


@pytest.mark.parametrize("pack", [str.encode, lambda text: zipped(text), lambda text: gzip.compress(text.encode())])
@pytest.mark.parametrize("width", [57, 58, 61])
def test_every_width_reads_alike_from_plain_zip_and_gzip(tmp_path, width, pack):
    summary, events = cleaned(tmp_path, day=pack(gdelt_line(7, width) + "\n"))
    row = events.iloc[0]
    assert summary["rows_kept"] == 1
    assert (row["initiator"], row["target"], row["cameo_code"], row["goldstein"]) == ("JPN", "KOR", "040", 1.0)
    assert row["source"] == ("gdelt2" if width == 61 else "gdelt1")
    assert row["event_id"] == f"{row['source']}:7"
    assert pd.isna(row["url"]) == (width == 57)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"_0": "x"}, "id_invalid"),
        ({"_1": "20190230"}, "date_invalid"),
        ({"_1": "19780101"}, "date_before_1979"),
        ({"_1": "20191026"}, "date_in_future"),
        ({"_7": "kor"}, "unknown_country"),
        ({"_17": "XQZ"}, "unknown_country"),
        ({"_25": "2"}, "is_root_invalid"),
        ({"_26": "---"}, "unknown_cameo"),
        ({"_26": "40", "_27": "40", "_28": "4", "_30": "9.0"}, "codes_numeric"),
        ({"_29": "5"}, "quad_invalid"),
        ({"_30": ""}, "goldstein_not_a_number"),
        ({"_30": "nan"}, "goldstein_not_a_number"),
        ({"_30": "10.5"}, "goldstein_out_of_range"),
        ({"_31": "-3"}, "count_invalid"),
        ({"_34": "x"}, "tone_not_a_number"),
        ({"_59": "2019"}, "date_added_invalid"),
        ({"_6": "A\0B"}, "nul_byte"),
        ({"_6": "one\ttoo many"}, "field_count"),
    ],
)
def test_an_unsound_row_is_rejected_with_its_line_and_the_others_stay(tmp_path, changed, reason):
    lines = [gdelt_line(1), gdelt_line(2, **changed), gdelt_line(3)]
    summary, _ = cleaned(tmp_path, day="\n".join(lines))
    assert summary["rejected_by_reason"] == {reason: 1}
    rejected = pd.read_parquet(tmp_path / "out" / "rejected.parquet").iloc[0]
    assert (rejected["line"], rejected["reason"]) == (2, reason)
    assert json.loads(rejected["record"]) == lines[1].split("\t")


def test_broken_text_is_rejected_and_stray_quotes_break_nothing(tmp_path):
    broken = gdelt_line(2).encode().replace(b"example", b"ex\xffmple")
    quoted = gdelt_line(3, _6='"SEOUL').encode()
    summary, events = cleaned(tmp_path, day=b"\n".join([gdelt_line(1).encode(), broken, quoted]) + b"\n")
    assert summary["rejected_by_reason"] == {"encoding": 1}
    assert list(events["event_id"]) == ["gdelt2:1", "gdelt2:3"]


def test_rows_beside_the_question_are_counted_by_why(tmp_path):
    lines = [
        gdelt_line(1), gdelt_line(2, _17=""), gdelt_line(3, _17="JPN"), gdelt_line(4, _17="EUR"),
        gdelt_line(5, _17="PRK"), gdelt_line(6, _17="ROM"),
    ]  # fmt: skip
    summary, _ = cleaned(tmp_path, dyad="KOR-JPN", day="\n".join(lines))
    assert summary["out_of_scope_by_reason"] == {"no_country": 1, "no_state": 1, "other_pair": 2, "self_dyad": 1}
    every, events = cleaned(tmp_path, day="\n".join(lines))
    assert every["rows_kept"] == 3
    assert set(events["target"]) == {"KOR", "PRK", "ROU"}


@pytest.mark.parametrize(("lag", "flag"), [("20191017", True), ("20190924", True), ("20181024", True),
                                           ("20091026", True), ("20191023", False)])  # fmt: skip
def test_a_date_shifted_by_a_week_month_or_year_is_flagged(tmp_path, lag, flag):
    _, events = cleaned(tmp_path, day=gdelt_line(1, _1=lag))
    assert ("date_shift" in events["flags"].fillna("").item()) is flag


def test_a_back_file_is_never_judged_by_the_day_it_was_loaded(tmp_path):
    _, events = cleaned(tmp_path, day=gdelt_line(1, 57, _1="19820102", _56="20130203"))
    assert events["flags"].isna().all()


def test_repeats_within_a_day_and_mirrored_twins_are_flagged_and_kept(tmp_path):
    twin = gdelt_line(3, _7="KOR", _17="JPN", _60="https://example.org/1")
    _, events = cleaned(tmp_path, day="\n".join([gdelt_line(1), gdelt_line(2), twin]))
    assert list(events["flags"].fillna("")) == ["mirror_twin", "dup_day", "mirror_twin"]


def test_an_event_id_again_is_merged_where_equal_and_rejected_where_not(tmp_path):
    summary, events = cleaned(
        tmp_path, a=gdelt_line(1) + "\n" + gdelt_line(2), b=gdelt_line(1) + "\n" + gdelt_line(2, _1="20191023")
    )
    assert (summary["rows_merged"], summary["rejected_by_reason"]) == (1, {"dup_id": 1})
    assert len(events) == 2
    assert events["file"].str.endswith("/a").all()


def test_widths_in_one_file_are_told_line_by_line(tmp_path):
    summary, events = cleaned(tmp_path, day=gdelt_line(1, 58) + "\n" + gdelt_line(2, 57))
    assert summary["notes"]["width_57"] == summary["notes"]["width_58"] == 1
    assert list(events["flags"].fillna("")) == ["", "width_mixed;dup_day"]


def test_a_spreadsheet_copy_gets_its_zeros_back_where_scores_prove_them(tmp_path):
    lost = {"_26": "40", "_27": "40", "_28": "4", "_59": "2.02E+13"}
    head = ";".join(header(61))
    text = "\r\n".join([head, gdelt_line(1, **lost).replace("\t", ";")])
    summary, events = cleaned(tmp_path, **{"20191024143000.export2.CSV": text})
    assert {name: entry["count"] for name, entry in summary["repaired_by_name"].items()} == {
        "date_added_from_filename": 1, "header_replaced": 1, "zero_pad": 1,
    }  # fmt: skip
    assert (events["cameo_code"].item(), events["line"].item()) == ("040", 2)
    assert str(events["date_added"].item()) == "2019-10-24"


def test_a_load_date_lost_for_good_is_missing_and_flagged(tmp_path):
    _, events = cleaned(tmp_path, day=gdelt_line(1, _59="2.02E+13"))
    assert events["date_added"].isna().all()
    assert events["flags"].item() == "date_added_lost"


def test_a_comma_copy_with_NA_for_nothing_is_read(tmp_path):
    head = ",".join(header(58))
    text = "\n".join([head, gdelt_line(1, 58, _34="NA").replace("\t", ",")])
    summary, events = cleaned(tmp_path, day=text)
    assert summary["repaired_by_name"]["na_text"]["count"] == 1
    assert events["tone"].isna().all()


def test_a_copy_with_descriptions_is_mapped_by_its_names(tmp_path):
    names = ["Event_Code" if name == "eventcode" else name.upper() for name in header(61)]
    names.insert(27, "CAMEOCodeDescription")
    fields = gdelt_line(1).split("\t")
    fields.insert(27, '" Consult, not specified below"')
    torn = [",".join(fields[:-1]), ",".join(fields).replace("JPN", "J\rPN")]
    summary, events = cleaned(tmp_path, day="\n".join([",".join(names), *[",".join(fields)] * 3, *torn]))
    assert (events["cameo_code"].item(), events["url"].item()) == ("040", "https://example.org/1")
    assert events["flags"].isna().all()
    assert summary["rows_merged"] == 2
    assert summary["rejected_by_reason"] == {"field_count": 2}


def test_a_renamed_copy_is_read_by_its_own_aliases_and_flagged_as_filtered_before(tmp_path):
    names = ["", *header(61, gdelt_headers.RENAMED, _5="Actor_1_Country_Code"), "Confidence"]
    row = gdelt_line(1, _5="JPNGOV", _27="40", _28="4").split("\t")
    summary, events = cleaned(tmp_path, day="\n".join([",".join(names), ",".join(["0", *row, "60"])]))
    assert (events["initiator"].item(), events["cameo_code"].item()) == ("JPN", "040")
    assert events["flags"].item() == "prefiltered"
    assert summary["notes"]["prefiltered"] == 1
    assert set(summary["repaired_by_name"]) == {"header_replaced"}


def test_a_tab_separated_copy_with_row_names_and_NA_is_read(tmp_path):
    names = ["", *header(58)]
    row = ["1", *gdelt_line(1, 58, _17="NA", _34="NA").split("\t")], ["2", *gdelt_line(2, 58, _33="NA").split("\t")]
    summary, events = cleaned(tmp_path, day="\n".join("\t".join(fields) for fields in (names, *row)))
    assert summary["repaired_by_name"]["na_text"]["count"] == 2
    assert summary["out_of_scope_by_reason"] == {"no_country": 1}
    assert events["articles"].isna().all()


def many(**changed) -> str:
    return "\n".join(gdelt_line(number, **changed) for number in range(200))


GOOD = gdelt_line(1) + "\n"
REFUSED = {
    "html page": (b"<!DOCTYPE html><title>404</title>", "html_page", "a web page"),
    "zip cut short": (zipped(GOOD * 50)[:80], "corrupt_archive", "not a readable zip"),
    "gzip cut short": (gzip.compress(many().encode())[:-30], "corrupt_archive", "cut short after"),
    "gzip damaged": (gzip.compress(GOOD.encode())[:-8] + b"\0" * 8, "corrupt_archive", "Incorrect checksum"),
    "zip of nothing": (zipped("", "folder/"), "corrupt_archive", "holds no file"),
    "other widths": (b"a\tb\tc\n", "unknown_width", "1 lines of 3 fields"),
    "no tabs": (b"a line\n", "bad_separator", "1 lines without a tab"),
    "no header, semicolons": (gdelt_line(1).replace("\t", ";"), "bad_separator", "no header to go by"),
    "header of other width": ("GLOBALEVENTID\tx\n1\t2", "unknown_header", "a header of 2 columns"),
    "other order": (
        "\t".join(header(61, _7="Actor2CountryCode", _17="Actor1CountryCode")) + "\n" + gdelt_line(1),
        "unknown_header", "column 8 is named 'Actor2CountryCode'; there GDELT has its actor1countrycode",
    ),
    "no end of line": (b"x" * (gdelt.LONGEST_LINE + archive.CHUNK + 5), "line_too_long", "longer than"),
    "wrong scores": (many(_30="2.5"), "goldstein_table", "200 of 200 scores .* 040 has 2.5, expected 1.0"),
    "codes lost": (
        ";".join(header(61)) + "\n" + many(_28="4", _26="40", _30="9").replace("\t", ";"),
        "codes_numeric", "200 of 200 codes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason", "found"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_trusted_is_one_rejected_row_and_the_others_go_on(tmp_path, content, reason, found):
    summary, events = cleaned(tmp_path, bad=content, good=gdelt_line(999))
    assert [bad["reason"] for bad in summary["files_rejected"]] == [reason]
    assert summary["rejected_by_reason"] == {reason: 1}
    assert pd.Series([summary["files_rejected"][0]["found"]]).str.contains(found).all()
    assert list(events["event_id"]) == ["gdelt2:999"]


def test_a_zip_of_several_files_is_refused_and_a_wrong_checksum_seen(tmp_path):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("a", GOOD)
        made.writestr("b", GOOD)
    spoiled = bytearray(zipped(GOOD))
    at = bytes(spoiled).rindex(zlib.crc32(GOOD.encode()).to_bytes(4, "little"))
    spoiled[at] ^= 1
    summary, _ = cleaned(tmp_path, two=held.getvalue(), spoiled=bytes(spoiled), good=gdelt_line(5))
    assert summary["rejected_by_reason"] == {"corrupt_archive": 1, "several_members": 1}


def test_a_bomb_is_put_down_before_it_swells(tmp_path, monkeypatch):
    bomb = folder_of(tmp_path, bomb=zipped(b"x\n" * (4 << 20))) / "bomb"
    monkeypatch.setattr(archive, "BOMB_BYTES", 2 << 20)
    taken = 0
    with pytest.raises(archive.FileRefused, match="swell to more than") as refused:
        for piece in archive.chunks(bomb):
            taken += len(piece)
    assert refused.value.reason == "zip_bomb"
    assert taken <= 2 << 20


def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    with pytest.raises(archive.FileRefused, match="directory") as refused:
        list(archive.chunks(tmp_path))
    assert refused.value.reason == "unreadable"


def test_a_member_path_that_climbs_out_writes_nothing_outside(tmp_path):
    cleaned(tmp_path, day=zipped(GOOD, "../../climbed.CSV"))
    assert not list(tmp_path.rglob("climbed*"))


def test_no_row_of_the_pair_is_an_error_that_says_what_was_read(tmp_path):
    message = r"no row of JPN-KOR in 1 files, 2 rows read \(no_country 1, other_pair 1\); codes seen: JPN 2, USA 1; JPN 2; KOR 0"
    files = folder_of(tmp_path, day=gdelt_line(1, _17="USA") + "\n" + gdelt_line(2, _17=""))
    with pytest.raises(NoDataError, match=message):
        build.clean_files("gdelt", [files], tmp_path / "out", "JPN-KOR")
    assert not (tmp_path / "out").exists()


def test_an_empty_day_is_no_event_and_only_empty_days_are_an_error(tmp_path):
    summary, _ = cleaned(tmp_path, a=b"", b=gdelt_line(1))
    assert summary["rows_read"] == 1
    with pytest.raises(NoDataError, match="the files are empty"):
        build.clean_files("gdelt", [tmp_path / "in" / "a"], tmp_path / "other")


def test_files_folders_and_patterns_are_taken_once(tmp_path):
    folder = folder_of(tmp_path, a=gdelt_line(1), b=gdelt_line(2))
    assert bulk.expanded([folder]) == bulk.expanded([folder / "*"]) == [folder / "a", folder / "b"]
    with pytest.raises(RequestError, match="a file is named twice: .*/a"):
        bulk.expanded([folder, folder / "a"])
    with pytest.raises(RequestError, match=r"no file .*/c\*"):
        bulk.expanded([folder / "c*"])


def test_a_result_set_aside_by_a_call_that_was_killed_comes_back(tmp_path):
    summary, _ = cleaned(tmp_path, a=gdelt_line(1))
    (tmp_path / "out").rename(tmp_path / ".out.12345.former")
    (tmp_path / "in" / "a").write_bytes(b"")
    with pytest.raises(NoDataError, match="the files are empty"):
        build.clean_files("gdelt", [tmp_path / "in"], tmp_path / "out")
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == summary


def test_an_interrupted_run_goes_on_where_it_was_with_the_same_bytes(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, **{f"d{n}": gdelt_line(n) for n in range(4)})
    whole = build.clean_files("gdelt", [folder], tmp_path / "whole")
    merge = bulk._merge

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk, "_merge", stopped)
    with pytest.raises(KeyboardInterrupt):
        build.clean_files("gdelt", [folder], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(bulk, "_merge", merge)
    seen = []
    again = build.clean_files("gdelt", [folder], tmp_path / "out", progress=lambda *at: seen.append(at))
    assert seen == [(4, 4, 4)]
    assert again == whole
    for name in bulk.RESULT:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_the_command_exits_1_where_a_file_was_refused_and_names_it(tmp_path):
    folder = folder_of(tmp_path, bad=b"<html>", good=gdelt_line(1))
    ran = subprocess.run(
        [sys.executable, "-m", "research", "clean", "gdelt", str(folder), "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "bad: html_page: a web page" in ran.stderr
    assert (tmp_path / "out" / "events.parquet").exists()


MANGLED = st.lists(
    st.tuples(
        st.sampled_from([57, 58, 61]),
        st.dictionaries(
            st.sampled_from([0, 1, 7, 17, 25, 26, 28, 29, 30, 31, 34, 56]),
            st.one_of(st.sampled_from(["", "NA", "KOR", "PRK", "EUR", "\0", "4", "1e5", '"']), st.text(max_size=5)),
            max_size=3,
        ),
        st.binary(max_size=4),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=MANGLED)
def test_whatever_is_done_to_rows_each_is_counted_once(tmp_path, rows):
    text = b"\n".join(
        gdelt_line(n, width, **{f"_{at}": new for at, new in changed.items()}).encode("utf-8", "replace") + tail
        for n, (width, changed, tail) in enumerate(rows, start=1)
    )
    day = tmp_path / "day"
    day.write_bytes(text + b"\n")
    taken = {"events": 0, "rejected": 0}

    def write(name, held):
        taken[name] += len(held)

    sink = Sink(str(day), write)
    try:
        gdelt.clean_gdelt(day, sink)
    except archive.FileRefused:
        return
    sink.close()
    assert sink.rows_read == text.count(b"\n") + 1
    assert sink.rows_read == sink.rows_kept + sink.rejected.total() + sink.out_of_scope.total()
    assert taken == {"events": sink.rows_written, "rejected": sink.rejected.total()}


def read_plainly(text: bytes, path: Path, sink: Sink) -> None:
    """The same file line by line and field by field: what the scan must agree with."""
    rows = gdelt._Scan(sink, path)
    known = dyads.SPELLINGS["gdelt"] | dict.fromkeys(dyads.NO_STATES, "none of ours") | {"": ""}
    for line, raw in enumerate(text.removesuffix(b"\n").split(b"\n"), start=1):
        fields = raw.split(b"\t")
        sink.rows_read += 1
        rows.widths[len(fields)] += 1
        if len(fields) not in gdelt.WIDTHS:
            sink.reject(line, "field_count", gdelt._shown(raw))
            continue
        rows.first_width = rows.first_width or len(fields)
        sides = [known.get(fields[at].decode("latin-1")) for at in (7, 17)]
        sink.seen.update(side for side in sides if side in dyads.STATES)
        if None in sides:
            sink.reject(line, "unknown_country", gdelt._shown(raw))
        elif "" in sides:
            sink.out_of_scope["no_country"] += 1
        elif "none of ours" in sides:
            sink.out_of_scope["no_state"] += 1
        elif sides[0] == sides[1]:
            sink.out_of_scope["self_dyad"] += 1
        elif sink.pair and set(sides) != set(sink.pair.states):
            sink.out_of_scope["other_pair"] += 1
        else:
            rows._row(line, raw)
    rows.finish()


def told(path: Path, pair: dyads.Dyad | None, read) -> tuple:
    """All that comes of a file: its books and rows, or why it was refused."""
    taken = {"events": [], "rejected": []}
    sink = Sink(str(path), lambda name, held: taken[name].extend(held), pair)
    try:
        read(sink)
    except archive.FileRefused as refused:
        return refused.reason, str(refused)
    sink.close()
    return sink.counts(), *(sorted(rows, key=lambda row: row["line"]) for rows in taken.values())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([57, 58, 61]),
            st.sampled_from(["JPN", "KOR", "", "EUR", "XQZ", "kor", "JP", "JPNX", "ROM", "\0AB", "[[[", "JP\r"]),
            st.sampled_from(["JPN", "KOR", "", "AFR", "USA", "Ä", "PRK"]),
            st.sampled_from([b"", b"\t", b"\t" * 3, b"\t" * 256, b"\r", b"\xff", b"\n", b"\n\n" + b"\t" * 60 + b"\n"]),
        ),
        min_size=1,
        max_size=40,
    ),
    block=st.sampled_from([1, 5, 64, 331, 4096, 1 << 20]),
    slug=st.sampled_from(["JPN-KOR", None]),
)
def test_the_scan_tells_what_reading_line_by_line_tells_wherever_blocks_end(tmp_path, rows, block, slug):
    lines = [gdelt_line(n, width, _7=a, _17=b).encode() + tail for n, (width, a, b, tail) in enumerate(rows)]
    day = tmp_path / "day"
    day.write_bytes(b"\n".join(lines) + b"\n")
    pair = dyads.find(slug) if slug else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "CHUNK", block)
        patch.setattr(gdelt, "BLOCKS_A_COUNT", 3)
        scanned = told(day, pair, lambda sink: gdelt.clean_gdelt(day, sink))
    assert scanned == told(day, pair, lambda sink: read_plainly(day.read_bytes(), day, sink))


def test_archives_give_the_same_text_whatever_they_are_made_of(tmp_path, monkeypatch):
    text = "\n".join(gdelt_line(n) for n in range(3000)).encode()
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as made:
        made.writestr("day.CSV", text)
    halves = gzip.compress(text[:70_000]) + gzip.compress(b"") + gzip.compress(text[70_000:])
    files = {"stored": stored.getvalue(), "zip": zipped(text), "gz": gzip.compress(text), "members": halves}
    folder = folder_of(tmp_path, plain=text, padded=gzip.compress(text) + b"\0" * 512, **files)
    for compressed, block in ((1, 1 << 20), (7, 4096), (1 << 17, 100)):
        monkeypatch.setattr(archive, "_COMPRESSED", compressed)
        monkeypatch.setattr(archive, "CHUNK", block)
        for file in folder.iterdir():
            pieces = list(archive.chunks(file))
            assert b"".join(pieces) == text, file.name
            assert file.name == "stored" or max(map(len, pieces)) <= block


def test_a_gzip_cut_short_in_its_second_member_is_refused(tmp_path):
    file = folder_of(tmp_path, cut=gzip.compress(GOOD.encode()) + gzip.compress(many().encode())[:-40]) / "cut"
    with pytest.raises(archive.FileRefused, match="cut short after") as refused:
        list(archive.chunks(file))
    assert refused.value.reason == "corrupt_archive"


def test_an_archive_whose_end_is_missing_is_refused():
    cut = io.BytesIO(b"12345")
    with pytest.raises(archive.FileRefused, match="cut short: 4 bytes are missing"):
        list(archive._read(cut, 9))


def test_the_columns_of_parts_are_those_the_tables_promise():
    assert bulk._SCHEMAS["events"] == tables.arrow_schema(tables.EVENTS.columns)
    assert bulk._SCHEMAS["rejected"] == tables.arrow_schema(tables.REJECTED)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_an_executor_from_outside_gives_the_same_bytes(tmp_path, kind):
    days = {
        f"d{n}": "\n".join(gdelt_line(n * 10 + at, _17=b) for at, b in enumerate(("KOR", "", "USA"))) for n in range(5)
    }
    folder = folder_of(tmp_path, bad=b"<html>", **days)
    own = bulk.clean_files("gdelt", [folder], tmp_path / "own")
    made = ThreadPoolExecutor(2) if kind == "threads" else ProcessPoolExecutor(2, mp_context=bulk._processes())
    with made as executor:
        other = bulk.clean_files("gdelt", [folder], tmp_path / "other", executor=executor)
        assert executor.submit(int, "7").result() == 7  # left open for its owner
    assert other == own
    for name in bulk.RESULT:
        assert (tmp_path / "own" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_source_or_a_place_that_cannot_be_is_refused_before_any_work(tmp_path):
    folder = folder_of(tmp_path, day=gdelt_line(1))
    with pytest.raises(
        RequestError, match="'jnto' is no source of machine-coded events; there are gdelt, icews, polecat"
    ):
        bulk.clean_files("jnto", [folder], tmp_path / "out")
    with pytest.raises(RequestError, match=r"folder .*in holds other files \(day\); choose an empty or a new folder"):
        bulk.clean_files("gdelt", [folder], folder)
    with pytest.raises(RequestError, match=r"cannot write .*day/out: Not a directory; nothing was left half-written"):
        bulk.clean_files("gdelt", [folder], folder / "day" / "out")


def test_cleaning_events_loads_the_tables_only_for_the_merge():
    ran = subprocess.run(
        [sys.executable, "-c", "import sys, research.bulk as b; b.STREAMED['gdelt']; print('pandas' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == "False\n"


def icews_text(*rows: dict[str, str]) -> str:
    base = dict.fromkeys(icews.HEADER, "NA") | {
        "Event ID": "5", "Event Date": "2018-06-01", "Source Country": "Japan", "Target Country": "South Korea",
        "Event Text": "Consult", "CAMEO Code": "040", "Intensity": "1",
    }  # fmt: skip
    return "\n".join(["\t".join(icews.HEADER), *("\t".join((base | row).values()) for row in rows)])


def test_icews_ids_are_used_again_with_other_dates_and_the_scale_is_its_own(tmp_path):
    rows = ({}, {"Event Date": "2018-06-02", "CAMEO Code": "016", "Intensity": "-5"}, {"Intensity": "2"})
    summary, events = cleaned(tmp_path, "icews", day=icews_text(*rows))
    assert list(events["event_id"]) == ["icews:5|2018-06-01", "icews:5|2018-06-02"]
    assert list(events["goldstein_scale"].unique()) == ["icews"]
    assert summary["rejected_by_reason"] == {"dup_id": 1}
    assert events["flags"].isna().all()
    assert events["is_root"].isna().all()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"Event ID": "x"}, "id_invalid"), ({"Event Date": "1/2/2018"}, "date_invalid"),
        ({"Event Date": "1994-01-01"}, "date_before_1995"), ({"CAMEO Code": "NA"}, "no_cameo"),
        ({"CAMEO Code": "999"}, "unknown_cameo"), ({"Intensity": ""}, "goldstein_not_a_number"),
        ({"Intensity": "11"}, "goldstein_out_of_range"), ({"Source Country": "Korea"}, "unknown_country"),
        ({"City": "a\tb"}, "field_count"), ({"City": "\0"}, "nul_byte"),
    ],
)  # fmt: skip
def test_an_unsound_icews_row_is_rejected(tmp_path, row, reason):
    summary, _ = cleaned(tmp_path, "icews", day=icews_text({"Event ID": "4"}, row))
    assert summary["rejected_by_reason"] == {reason: 1}


def test_icews_scope_dates_of_2017_and_another_header(tmp_path):
    rows = (
        {"Event Date": "12/1/2017"}, {"Target Country": "NA"}, {"Target Country": "Japan"}, {"Target Country": "Guam"},
        {"Target Country": "North Korea"},
    )  # fmt: skip
    files = {"events.2017.tab": icews_text(*rows), "x.tab": "a\tb", "y.tab": "a"}
    summary, events = cleaned(tmp_path, "icews", "JPN-KOR", **files)
    assert str(events["event_date"].item()) == "2017-12-01"
    assert summary["repaired_by_name"]["us_date"]["count"] == 1
    assert summary["out_of_scope_by_reason"] == {"no_country": 1, "no_state": 1, "other_pair": 1, "self_dyad": 1}
    assert [bad["reason"] for bad in summary["files_rejected"]] == ["unknown_header", "bad_separator"]


def test_icews_under_the_names_of_an_r_package_and_korea_under_another_name_are_read(tmp_path):
    renamed = "\t".join(name.lower().replace(" ", "_") for name in icews.HEADER)
    row = icews_text({"Source Country": "Korea, Republic Of", "Target Country": "Japan"}).split("\n")[1]
    _, events = cleaned(tmp_path, "icews", day=f"{renamed}\n{row}")
    assert (events["initiator"].item(), events["target"].item()) == ("KOR", "JPN")


@pytest.mark.parametrize("when", ["2014-01-01", "264", "264\t0"])
def test_the_text_of_a_benchmark_is_no_file_of_events(tmp_path, when):
    line = f"Citizen (Japan)\tMake statement\tSouth Korea\t{when}"
    summary, _ = cleaned(tmp_path, "icews", bench=line, day=icews_text({}))
    refused = summary["files_rejected"][0]
    assert refused["reason"] == "benchmark_text"
    assert "a benchmark made of ICEWS, without ids" in refused["found"]


def polecat_text(*rows: dict[str, str], columns=polecat.COLUMNS, tail="") -> str:
    base = dict.fromkeys(polecat.COLUMNS, "None") | {
        "Event ID": "20230316-1_1", "Event Date": "2023-03-16", "Event Type": "CONSULT", "Event Mode": "visit",
        "Intensity": "4", "Quad Code": "VERBAL COOPERATION", "Actor Country": "KOR", "Actor COW": "732",
        "Recipient Country": "JPN", "Recipient COW": "740",
    }  # fmt: skip
    return "\n".join(["\t".join(columns), *("\t".join((base | row).values()) + tail for row in rows)])


def test_polecat_keeps_its_kinds_and_spreads_rows_of_several_states(tmp_path):
    several = {"Event ID": "2", "Recipient Country": "JPN; USA", "Recipient COW": "740; 2"}
    korea = {"Event ID": "3", "Actor Country": "Korea"}
    summary, events = cleaned(tmp_path, "polecat", day=polecat_text({}, several, korea))
    assert (summary["rows_kept"], summary["rows_written"], len(events)) == (3, 4, 4)
    assert list(events["event_id"].str.removeprefix("polecat:")) == [
        "20230316-1_1",
        "2:KOR-JPN",
        "2:KOR-USA",
        "3",
    ] or set(events["event_id"]) == {"polecat:20230316-1_1", "polecat:2:KOR-JPN", "polecat:2:KOR-USA", "polecat:3"}
    assert summary["flags_by_name"]["multi_actor"] == 2
    assert events["cameo_code"].isna().all()
    assert set(events["title"]) == {"CONSULT: visit"}


def test_an_accusation_scored_as_cooperation_is_suspect(tmp_path):
    accused = {"Event Type": "ACCUSE", "Quad Code": "VERBAL CONFLICT", "Intensity": "3"}
    several = {"Event ID": "2", "Recipient Country": "JPN; USA", "Recipient COW": "740; 2"}
    rows = (accused, accused | several, accused | {"Event ID": "3", "Intensity": "-2"})
    _, events = cleaned(tmp_path, "polecat", "JPN-KOR", day=polecat_text(*rows))
    flags = events.set_index("event_id")["flags"].fillna("")
    assert flags["polecat:20230316-1_1"] == "score_suspect"
    assert flags["polecat:2:KOR-JPN"].startswith("multi_actor;score_suspect")
    assert "score_suspect" not in flags["polecat:3"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"Event Date": "None"}, "no_date"), ({"Event Date": "x"}, "date_invalid"),
        ({"Event Date": "2017-01-01"}, "date_before_2018"), ({"Event ID": ""}, "id_invalid"),
        ({"Event Type": ""}, "no_event_type"), ({"Quad Code": "OTHER"}, "quad_invalid"),
        ({"Intensity": "x"}, "goldstein_not_a_number"), ({"Actor Country": "XQZ"}, "unknown_country"),
        ({"Actor Country": "Korea", "Actor COW": "None"}, "ambiguous_korea"), ({"City": "a\tb"}, "field_count"),
    ],
)  # fmt: skip
def test_an_unsound_polecat_row_is_rejected(tmp_path, row, reason):
    summary, _ = cleaned(tmp_path, "polecat", day=polecat_text({"Event ID": "4"}, row))
    assert summary["rejected_by_reason"] == {reason: 1}


def test_polecat_headers_do_not_decide_and_empty_fields_too_many_go(tmp_path):
    names = [*polecat.COLUMNS[:4], "Event Intensity", *polecat.COLUMNS[5:], "Headline"]
    latin = polecat_text({"City": "Sao"}, columns=names, tail="\t\t").encode().replace(b"Sao", b"S\xe3o")
    files = {"a": latin + b"\n", "b": "x\ty", "c": polecat_text({"City": "a\tb"})}
    summary, _ = cleaned(tmp_path, "polecat", "JPN-KOR", **files)
    assert {name: entry["count"] for name, entry in summary["repaired_by_name"].items()} == {
        "encoding": 1, "header_replaced": 1, "trailing_tabs": 1,
    }  # fmt: skip
    assert [bad["reason"] for bad in summary["files_rejected"]] == ["unknown_header", "unknown_width"]


SAMPLES = {
    "gdelt_v2": ("gdelt", 2111, {"no_country": 1521, "no_state": 47, "self_dyad": 121}, 422),
    "gdelt_v1_daily": ("gdelt", 509, {"no_country": 389, "no_state": 7, "self_dyad": 45}, 68),
    "gdelt_v1_backfile": ("gdelt", 103, {"no_country": 60, "no_state": 1, "self_dyad": 7}, 35),
    "gdelt_damaged": ("gdelt", 1629, {"no_country": 1207, "no_state": 18, "self_dyad": 104}, 300),
    "icews": ("icews", 3705, {"no_country": 368, "no_state": 2, "self_dyad": 1596}, 1739),
}


@pytest.mark.parametrize(("folder", "expected"), SAMPLES.items(), ids=SAMPLES)
def test_real_samples_clean_with_every_row_accounted_for(samples, tmp_path, folder, expected):
    source, read, beside, kept = expected
    summary = build.clean_files(source, [samples / folder], tmp_path / "out")
    assert adds_up(summary, tmp_path / "out")
    assert (summary["rows_read"], summary["rows_kept"], summary["rows_rejected"]) == (read, kept, 0)
    assert summary["out_of_scope_by_reason"] == beside
    events = pd.read_parquet(tmp_path / "out" / "events.parquet")
    table = cameo.ICEWS_GOLDSTEIN if source == "icews" else cameo.GOLDSTEIN
    assert (events["goldstein"] == events["cameo_code"].map(table)).all()
    assert not {"goldstein_mismatch", "quad_mismatch"} & set(summary["flags_by_name"])
    if folder == "gdelt_damaged":
        assert summary["notes"]["codes_proven"] == read
