"""Which days event files cover: the publisher's lists, files held against them, and the calendar made of both."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from test_events import folder_of, gdelt_line, icews_text, polecat_text, zipped

from research import build, coverage
from research.errors import DataError, RequestError
from research.measures import series
from research.sources import listing


def day_line(day: str, number: int = 1) -> str:
    return gdelt_line(number, 58, _1=day, _57=day)


def listed(tmp_path: Path, text: str, name: str = "md5sums") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def sums(files: dict[str, bytes]) -> str:
    return "".join(f"{hashlib.md5(data).hexdigest()}  {name}\n" for name, data in files.items())


DAYS = {f"2014012{n}.export.CSV.zip": zipped(day_line(f"2014012{n}", n)) for n in (1, 2, 6)}


def calendar_of(out: Path) -> pd.DataFrame:
    return pd.read_parquet(out / "event_coverage.parquet").set_index("day")


def adds_up(rows: pd.DataFrame) -> bool:
    parts = ["given", "refused", "missing", "unpublished"]
    return bool((rows["slots"] == rows[parts].fillna(0).sum(axis=1)).all())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1979.zip", ("gdelt1", "main", "1979-01-01", "1979-12-31")),
        ("201302.zip", ("gdelt1", "main", "2013-02-01", "2013-02-28")),
        ("20130401.export.CSV.zip", ("gdelt1", "main", "2013-04-01", "2013-04-01")),
        ("20150218230000.export.CSV.zip", ("gdelt2", "main", "2015-02-18T23:00", "2015-02-18T23:00")),
        ("20190121220000.export2.CSV", ("gdelt2", "main", "2019-01-21T22:00", "2019-01-21T22:00")),
        ("20190121221500.translation.export.CSV.zip", ("gdelt2", "translation", "2019-01-21T22:15", "2019-01-21T22:15")),
        ("201313.zip", None),
        ("20130431.export.CSV.zip", None),
        ("20150218230700.export.CSV.zip", None),
        ("GDELT.MASTERREDUCEDV2.1979-2013.zip", None),
        ("day.csv", None),
    ],
)  # fmt: skip
def test_a_file_says_by_its_name_what_time_it_is_for(name, expected):
    slot = listing.slot_of(name)
    found = slot and (slot.source, slot.feed, slot.first, slot.last)
    assert found == (expected and (*expected[:2], *map(datetime.fromisoformat, expected[2:])))


def test_days_without_a_file_on_the_list_are_gaps_and_days_not_given_are_missing(tmp_path):
    files = DAYS | {"20140127.export.CSV.zip": b"not given"}
    given = folder_of(tmp_path, **DAYS)
    summary = build.clean_files("gdelt", [given], tmp_path / "out", lists=[listed(tmp_path, sums(files))])
    rows = calendar_of(tmp_path / "out")
    assert list(rows["status"]) == ["covered", "covered", "gap", "gap", "gap", "covered", "missing"]
    assert adds_up(rows.reset_index())
    feed = summary["coverage"]["feeds"][0]
    assert feed["days_by_status"] == {"covered": 3, "missing": 1, "gap": 3}
    assert (feed["first"], feed["last"], feed["slots_unpublished"]) == ("2014-01-21", "2014-01-27", 3)
    assert summary["coverage"]["lists"][0]["event_files"] == 4


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{len(DAYS['20140122.export.CSV.zip']) + 1} 20140122.export.CSV.zip", "bytes, by the publisher's list"),
        (f"{'0' * 32}  20140122.export.CSV.zip", "md5 .*, by the publisher's list 0000"),
        (f"{len(DAYS['20140122.export.CSV.zip'])} {'0' * 32} http://x.org/v1/20140122.export.CSV.zip", "md5 "),
    ],
)
def test_a_file_that_is_not_what_the_list_says_is_refused_and_its_day_too(tmp_path, text, found):
    summary = build.clean_files(
        "gdelt", [folder_of(tmp_path, **DAYS)], tmp_path / "out", lists=[listed(tmp_path, text)]
    )
    assert summary["rejected_by_reason"] == {"checksum": 1}
    assert pd.Series([summary["files_rejected"][0]["found"]]).str.contains(found + ".*; get 20140122").all()
    rows = calendar_of(tmp_path / "out")
    assert list(rows["status"]) == ["covered", "refused", "missing", "missing", "missing", "covered"]
    assert adds_up(rows.reset_index())
    names = [Path(name).name for name in summary["coverage"]["files_not_listed"]]
    assert names == ["20140121.export.CSV.zip", "20140126.export.CSV.zip"]


def test_a_list_given_later_does_not_let_an_unchecked_part_pass(tmp_path, monkeypatch):
    from research import bulk

    folder, merge = folder_of(tmp_path, **DAYS), bulk._merge
    monkeypatch.setattr(bulk, "_merge", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build.clean_files("gdelt", [folder], tmp_path / "out")
    monkeypatch.setattr(bulk, "_merge", merge)
    text = f"{'0' * 32}  20140122.export.CSV.zip"
    summary = build.clean_files("gdelt", [folder], tmp_path / "out", lists=[listed(tmp_path, text)])
    assert summary["rejected_by_reason"] == {"checksum": 1}


def test_quarter_hours_that_were_never_published_are_named_and_the_day_is_part_covered(tmp_path):
    times = ["000000", "001500", "010000", "011500"]
    names = [f"20150219{time}.export.CSV.zip" for time in times]
    whole = {name: zipped(gdelt_line(n, _1="20150219", _59="20150219000000")) for n, name in enumerate(names)}
    text = "".join(
        f"{len(data)} {hashlib.md5(data).hexdigest()} http://x.org/gdeltv2/{name}\n1 {'0' * 32} http://x.org/gkg.csv.zip\n"
        for name, data in whole.items()
    )
    whole.pop(names[3])
    summary = build.clean_files(
        "gdelt", [folder_of(tmp_path, **whole)], tmp_path / "out", lists=[listed(tmp_path, text)]
    )
    row = calendar_of(tmp_path / "out").iloc[0]
    assert (row["slots"], row["given"], row["unpublished"], row["missing"]) == (96, 3, 2, 91)
    assert (row["status"], row["absent"], row["share"]) == ("part", "00:30 to 00:45, 01:15 to 23:45", 3 / 96)
    assert summary["coverage"]["lists"][0]["other_files"] == 4


def test_the_first_day_of_the_feed_has_four_quarter_hours():
    names = [f"20150218{time}.export.CSV" for time in ("230000", "231500", "233000", "234500")]
    rows = coverage.calendar("gdelt", [{"file": name, "notes": {}} for name in names])
    assert list(rows["status"]) == ["covered"]
    assert rows["slots"].item() == 4


def test_a_back_file_covers_every_day_of_its_month(tmp_path):
    folder = folder_of(tmp_path, **{"201302.zip": zipped(gdelt_line(1, 57, _1="20130203", _56="20130203"))})
    build.clean_files("gdelt", [folder], tmp_path / "out")
    rows = calendar_of(tmp_path / "out")
    assert (len(rows), set(rows["status"])) == (28, {"covered"})
    assert rows["unpublished"].isna().all()


def test_a_file_whose_name_says_no_day_or_another_width_is_told_and_covers_nothing(tmp_path):
    folder = folder_of(tmp_path, **{"day": gdelt_line(1), "20191024.csv": gdelt_line(2)})
    summary = build.clean_files("gdelt", [folder], tmp_path / "out")
    assert len(summary["coverage"]["files_without_slot"]) == 2
    assert calendar_of(tmp_path / "out").empty


def test_both_feeds_are_told_apart_and_rows_of_the_translated_one_are_flagged(tmp_path):
    names = ("20191024143000.export.CSV", "20191024143000.translation.export.CSV")
    folder = folder_of(tmp_path, **{name: gdelt_line(n) for n, name in enumerate(names)})
    summary = build.clean_files("gdelt", [folder], tmp_path / "out")
    assert [feed["feed"] for feed in summary["coverage"]["feeds"]] == ["main", "translation"]
    events = pd.read_parquet(tmp_path / "out" / "events.parquet").set_index("event_id")["flags"].fillna("")
    assert list(events) == ["", "translation;dup_day"]


def test_icews_and_polecat_cover_the_days_on_which_they_have_a_row_of_anybody(tmp_path):
    rows = ({}, {"Event ID": "6", "Event Date": "2018-06-04", "Target Country": "NA"}, {"Event Date": "?"})
    folder = folder_of(tmp_path, **{"events.2018.tab": icews_text(*rows), "20180601.tab": b"<html>"})
    summary = build.clean_files("icews", [folder], tmp_path / "out", "JPN-KOR")
    assert list(calendar_of(tmp_path / "out")["status"]) == ["covered", "missing", "missing", "covered"]
    assert [Path(name).name for name in summary["coverage"]["files_without_slot"]] == ["20180601.tab"]
    (tmp_path / "p").mkdir()
    folder = folder_of(tmp_path / "p", day=polecat_text({}, {"Event ID": "2", "Event Date": "2017-01-01"}))
    build.clean_files("polecat", [folder], tmp_path / "other")
    assert list(calendar_of(tmp_path / "other").index.astype(str)) == ["2023-03-16"]


FAULTS = {
    "no list": ("absent", None, RequestError, "no list .*absent; name a list of GDELT's"),
    "web page": ("page", "<html>", DataError, "list .*page: html_page: a web page"),
    "other text": ("text", "a b c\n", DataError, "line 1: 'a b c' is not `size name`, `md5  name` or"),
    "no event file": ("gkg", f"5 {'0' * 32} http://x.org/a.gkg.csv.zip", DataError, r"0 of 1 lines are not"),
    "empty": ("empty", "", DataError, "line 1: '' is not"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "error", "message"), FAULTS.values(), ids=FAULTS)
def test_a_list_that_is_none_is_named(tmp_path, name, text, error, message):
    path = tmp_path / name if text is None else listed(tmp_path, text, name)
    with pytest.raises(error, match=message):
        listing.read_lists([path])


def test_lists_that_contradict_each_other_are_named(tmp_path):
    lists = [listed(tmp_path, f"{size} 1979.zip\n", name) for size, name in ((5, "a"), (6, "b"))]
    with pytest.raises(RequestError, match="list .*b gives 1979.zip the size 6, an earlier one 5"):
        listing.read_lists(lists)


def test_a_spoiled_line_of_a_long_list_is_counted(tmp_path):
    text = "".join(f"5 {2000 + n // 12}{n % 12 + 1:02}.zip\n" for n in range(150)) + "spoiled\n"
    assert listing.read_lists([listed(tmp_path, text)]).books[0]["unreadable_lines"] == 1


def test_a_list_in_a_zip_is_read_without_using_the_path_it_was_stored_under(tmp_path):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("../../climbed/filesizes", "5 1979.zip\n")
    path = tmp_path / "filesizes.zip"
    path.write_bytes(held.getvalue())
    assert listing.read_lists([path]).files["1979.zip"].size == 5
    assert not list(tmp_path.rglob("climbed*"))


@pytest.mark.parametrize("source", ["icews", "timeline"])
def test_a_list_for_a_source_that_has_none_is_a_wrong_request(tmp_path, source):
    place = listed(tmp_path, "5 1979.zip\n")
    ran = subprocess.run(
        [sys.executable, "-m", "research", "clean", source, str(place), "--list", str(place), "--out", str(tmp_path / "o")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert f"for {source} there is none" in ran.stderr


def test_the_command_prints_the_calendar_in_a_line(tmp_path):
    folder = folder_of(tmp_path, **DAYS, day=day_line("20140122", 9))
    place = listed(tmp_path, sums(DAYS))
    ran = subprocess.run(
        [sys.executable, "-m", "research", "clean", "gdelt", str(folder), "--list", str(place), "--out", str(tmp_path / "o")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "gdelt1 (main), 2014-01-21 to 2014-01-26: 3 days covered, 3 days gap" in ran.stdout
    assert "1 files whose day is not known: " in ran.stdout
    assert "1 files not on the list: " in ran.stdout
    assert json.loads((tmp_path / "o" / "summary.json").read_text("utf-8"))["dyad"] is None


def test_the_real_lists_have_four_missing_days_and_eight_missing_quarter_hours(samples):
    lists = samples / "gdelt_lists"
    first = listing.read_lists([lists / "v1_event_md5sums.txt.zip", lists / "v1_event_file_list.txt.zip"])
    assert len(first.files) == 3950  # and the reduced one, which holds no events
    assert all(entry.size and entry.md5 for entry in first.files.values())
    days = coverage.calendar("gdelt", [], first).set_index("day")
    gaps = days.index[days["status"] == "gap"].strftime("%Y-%m-%d")
    assert list(gaps) == ["2014-01-23", "2014-01-24", "2014-01-25", "2014-03-19"]
    books = [{"file": name, "notes": {}} for name in first.files]
    months = series.covered_months(coverage.calendar("gdelt", books, first), "gdelt1")
    partial = months.index[months < 1].strftime("%Y-%m")
    assert list(partial) == ["2014-01", "2014-03", "2023-10"]  # the list ends on 5 October 2023
    second = listing.read_lists([lists / "v2_masterfilelist_english.txt.zip"])
    assert len(second.files) == 300
    quarters = coverage.calendar("gdelt", [], second).set_index("day")["unpublished"]
    assert quarters[quarters > 0].to_dict() == {pd.Timestamp("2015-02-19"): 8}
