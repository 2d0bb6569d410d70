"""Raw to processed, and files of one's own: whole or not at all, the same bytes twice, nothing lost."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from research import build, register, tables
from research.errors import DataError, NoDataError, RequestError

PROJECT = Path(__file__).resolve().parent.parent
FILES = Path(__file__).parent / "data"
SMALL = "korea_customs_polyimide_annual"


@pytest.fixture
def own_root(tmp_path, monkeypatch) -> Path:
    """A project root with its own raw files, two of them registered; nothing built."""
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    package = json.loads((PROJECT / "data" / "raw" / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"] = [entry for entry in package["resources"] if entry["name"] in (SMALL, "korea_customs_quoted")]
    for entry in package["resources"]:
        (raw / entry["path"]).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / "data" / "raw" / entry["path"], raw / entry["path"])
    (raw / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    monkeypatch.setenv("RESEARCH_ROOT", str(tmp_path))
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()
    }


def enter(root: Path, name: str, **changed) -> None:
    """Changes an entry of the root's register."""
    file = root / "data" / "raw" / "datapackage.json"
    package = json.loads(file.read_text(encoding="utf-8"))
    next(entry for entry in package["resources"] if entry["name"] == name).update(changed)
    file.write_text(json.dumps(package), encoding="utf-8")


def test_a_build_run_twice_gives_identical_bytes(own_root):
    build.build()
    first = contents(own_root / "data" / "processed")
    assert set(first) == {
        f"trade/{SMALL}.parquet", "quoted_figures/korea_customs_quoted.parquet",
        f"rejected/{SMALL}.parquet", "rejected/korea_customs_quoted.parquet",
        f"summaries/{SMALL}.json", "summaries/korea_customs_quoted.json",
    }  # fmt: skip
    build.build(force=True)
    assert contents(own_root / "data" / "processed") == first
    shutil.rmtree(own_root / "data" / "processed")
    build.build()
    assert contents(own_root / "data" / "processed") == first


def test_every_shipped_file_builds_to_the_bytes_of_another_build(built, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(PROJECT / "data" / "raw")
    monkeypatch.setenv("RESEARCH_ROOT", str(tmp_path))
    build.build()
    assert contents(tmp_path / "data" / "processed") == contents(built / "data" / "processed")


def test_only_what_changed_is_built_again(own_root):
    assert not build.is_current()
    assert [summary["skipped"] for summary in build.build()] == [False, False]
    assert build.is_current()
    assert [summary["skipped"] for summary in build.build()] == [True, True]
    written = own_root / "data" / "processed" / "trade" / f"{SMALL}.parquet"
    written.write_bytes(b"damaged")
    assert not build.is_current()
    assert {summary["resource"]: summary["skipped"] for summary in build.build()} == {
        SMALL: False,
        "korea_customs_quoted": True,
    }
    (own_root / "data" / "processed" / "summaries" / f"{SMALL}.json").write_text("{")
    assert not build.is_current()


def test_changed_cleaning_code_makes_a_build_out_of_date(own_root, monkeypatch):
    build.build()
    monkeypatch.setattr(build, "code_hash", lambda: "sha256:other")
    assert not build.is_current()


def test_a_summary_says_where_every_row_went(own_root):
    summary = build.build([SMALL])[0]
    assert summary["resource"] == SMALL
    assert summary["table"] == "trade"
    assert summary["rows_read"] == summary["rows_kept"] == summary["rows_written"] == 5
    assert summary["rejected_by_reason"] == summary["out_of_scope_by_reason"] == summary["repaired_by_name"] == {}
    assert summary["files"] == ["korea_customs/polyimide_annual_2026-11-23.csv"]


def test_a_source_is_named_by_its_entry_or_its_cleaner_and_an_unknown_one_is_an_error(own_root):
    assert [summary["resource"] for summary in build.build(["korea_customs"])] == [SMALL]
    with pytest.raises(
        RequestError,
        match=rf"unknown source 'kcs'; there are {SMALL}, korea_customs_quoted; or all files of korea_customs",
    ):
        build.build(["kcs"])


def test_changed_raw_bytes_stop_the_build_and_what_was_built_stays(own_root):
    build.build()
    before = contents(own_root / "data" / "processed")
    raw = register.find(SMALL).file
    raw.write_bytes(raw.read_bytes().replace(b"2016", b"2015"))
    assert not build.is_current()
    with pytest.raises(DataError, match=f"{SMALL}: the bytes of data/raw/.* changed: expected sha256"):
        build.build()
    assert contents(own_root / "data" / "processed") == before


def test_results_of_a_file_that_left_the_register_go(own_root):
    build.build()
    file = own_root / "data" / "raw" / "datapackage.json"
    package = json.loads(file.read_text(encoding="utf-8"))
    package["resources"] = [entry for entry in package["resources"] if entry["name"] == SMALL]
    file.write_text(json.dumps(package), encoding="utf-8")
    build.build()
    assert not list((own_root / "data" / "processed").rglob("korea_customs_quoted*"))


def test_a_register_that_names_an_unknown_cleaner_or_the_wrong_table_is_an_error(own_root):
    enter(own_root, SMALL, cleaner="kcs")
    with pytest.raises(
        DataError, match=f"'{SMALL}': cleaner 'kcs' or table 'trade' is unknown; there are cleaners timeline"
    ):
        build.build()
    enter(own_root, SMALL, cleaner="korea_customs", table="visitors")
    with pytest.raises(DataError, match="says table visitors, its cleaner gives trade"):
        build.build()


def test_a_folder_one_may_not_write_to_is_a_clear_error(own_root):
    (own_root / "data" / "processed").write_text("a file where a folder should be")
    with pytest.raises(
        RequestError, match=r"cannot write .*processed.*: (Not a directory|File exists); nothing was left half-written"
    ):
        build.build()


def test_a_fault_in_mid_write_leaves_the_former_file_whole(own_root, monkeypatch):
    build.build()
    before = contents(own_root / "data" / "processed")

    def fail(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(build.os, "replace", fail)
    with pytest.raises(RequestError, match="cannot write .*: Permission denied"):
        build.build(force=True)
    assert contents(own_root / "data" / "processed") == before


def test_parquet_reads_back_as_it_was_written(own_root):
    build.build()
    rows = pd.read_parquet(own_root / "data" / "processed" / "trade" / f"{SMALL}.parquet")
    assert list(rows.columns) == list(tables.TRADE.columns)
    assert rows["hs_code"].tolist() == ["3920999010"] * 5


# Files of one's own


def test_own_files_give_a_table_rejected_rows_and_a_summary(tmp_path):
    out = tmp_path / "deep" / "out"
    summary = build.clean_files("korea_customs", [FILES / "bad_key_conflict.csv"], out)
    assert sorted(file.name for file in out.iterdir()) == ["rejected.parquet", "summary.json", "trade.parquet"]
    assert json.loads((out / "summary.json").read_text()) == summary
    assert list(summary) == [
        "source", "rows_read", "rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope", "rows_written",
        "rejected_by_reason", "out_of_scope_by_reason", "repaired_by_name", "files",
    ]  # fmt: skip
    assert summary["rejected_by_reason"] == {"key_conflict": 2}
    assert summary["rows_read"] == 4 == summary["rows_kept"] + summary["rows_rejected"] + summary["rows_merged"]
    assert len(pd.read_parquet(out / "rejected.parquet")) == 2
    assert [file.name for file in out.parent.iterdir()] == ["out"]


def test_cleaning_again_replaces_the_whole_result(tmp_path):
    build.clean_files("korea_customs", [FILES / "bad_key_conflict.csv"], tmp_path / "out")
    summary = build.clean_files("korea_customs", [FILES / "good_korea_customs.csv"], tmp_path / "out")
    assert summary["rows_written"] == len(pd.read_parquet(tmp_path / "out" / "trade.parquet")) == 8
    assert len(pd.read_parquet(tmp_path / "out" / "rejected.parquet")) == 0


def test_a_file_that_breaks_its_contract_leaves_the_former_result_alone(tmp_path):
    out = tmp_path / "out"
    build.clean_files("korea_customs", [FILES / "good_korea_customs.csv"], out)
    before = contents(out)
    with pytest.raises(DataError, match="truncated"):
        build.clean_files("korea_customs", [FILES / "bad_truncated.csv"], out)
    assert contents(tmp_path) == {f"out/{name}": data for name, data in before.items()}


def test_a_fault_while_putting_the_result_in_place_leaves_the_former_one(tmp_path, monkeypatch):
    out = tmp_path / "out"
    build.clean_files("korea_customs", [FILES / "good_korea_customs.csv"], out)
    before, move = contents(tmp_path), build.os.replace

    def fail_at_last(source, target):
        if Path(source).is_dir() and Path(target) == out and str(source).endswith(".part"):
            raise PermissionError(13, "Permission denied")
        move(source, target)

    monkeypatch.setattr(build.os, "replace", fail_at_last)
    with pytest.raises(RequestError, match="cannot write .*out: Permission denied; nothing was left half-written"):
        build.clean_files("korea_customs", [FILES / "bad_key_conflict.csv"], out)
    assert contents(tmp_path) == before


def test_no_permission_on_the_output_folder_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(
            RequestError, match=r"cannot write .*file.*: Not a directory; .* choose a folder you may write to"
        ):
            build.clean_files("korea_customs", [FILES / "good_korea_customs.csv"], out)


def test_a_folder_with_other_files_is_not_touched(tmp_path):
    (tmp_path / "thesis.docx").write_text("precious")
    with pytest.raises(RequestError, match=r"holds other files \(thesis.docx\); choose an empty or a new folder"):
        build.clean_files("korea_customs", [FILES / "good_korea_customs.csv"], tmp_path)
    assert (tmp_path / "thesis.docx").read_text() == "precious"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no files to clean for source 'korea_customs'"),
        (["nowhere.csv"], "no file .*nowhere.csv; name a file to clean"),
        (["good_korea_customs.csv", "good_korea_customs.csv"], "a file is named twice: .*good_korea_customs.csv"),
    ],
)
def test_no_file_an_absent_one_and_one_named_twice_are_errors(tmp_path, files, message):
    with pytest.raises(RequestError, match=message):
        build.clean_files("korea_customs", [FILES / name for name in files], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_source_and_an_unknown_pair_are_errors(tmp_path):
    with pytest.raises(RequestError, match="no cleaner for source 'kcs'"):
        build.clean_files("kcs", [FILES / "good_korea_customs.csv"], tmp_path / "out")
    with pytest.raises(RequestError, match="unknown state 'KOX'"):
        build.clean_files("korea_customs", [FILES / "good_korea_customs.csv"], tmp_path / "out", "JPN-KOX")


def test_rows_that_several_files_share_count_once_and_those_that_differ_are_all_rejected(tmp_path):
    text = (FILES / "good_korea_customs.csv").read_text()
    (tmp_path / "same.csv").write_text(text)
    (tmp_path / "revised.csv").write_text(text.replace("961061", "961062"))
    files = [FILES / "good_korea_customs.csv", tmp_path / "same.csv", tmp_path / "revised.csv"]
    summary = build.clean_files("korea_customs", files, tmp_path / "out")
    assert (summary["rows_read"], summary["rows_kept"], summary["rows_merged"], summary["rows_rejected"]) == (
        12,
        3,
        6,
        3,
    )
    rejected = pd.read_parquet(tmp_path / "out" / "rejected.parquet")
    assert set(rejected["file"]) == {file.as_posix() for file in files}
    assert set(rejected["line"]) == {2}
    assert json.loads(rejected["record"][0])["partner"] == "JPN"
    assert summary["repaired_by_name"] == {
        "partner_alias": {"count": 3, "example": "line 4: Netherland -> Netherlands"}
    }


def test_files_that_differ_in_every_row_keep_nothing_and_that_is_an_error(tmp_path):
    header = "month,nationality,visitors\n"
    for name, number in (("a.csv", 1), ("b.csv", 2)):
        (tmp_path / name).write_text(f"{header}2019-01,KOR,{number}\n")
    with pytest.raises(NoDataError, match="no row kept of 2 files: all rows share a key and differ"):
        build.clean_files("jnto", [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "out")


def test_rows_of_another_pair_are_out_of_scope(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text((FILES / "good_timeline.csv").read_text().replace("day,JPN,KOR", "day,JPN,CHN"))
    summary = build.clean_files("timeline", [file], tmp_path / "out", "JPN-KOR")
    assert summary["out_of_scope_by_reason"] == {"other_pair": 1, "third_state_act": 1}
    assert summary["rows_read"] == summary["rows_kept"] + summary["rows_out_of_scope"]
    with pytest.raises(NoDataError, match=r"events: no row belongs to FRA-DEU; 5 sound rows are of other pairs"):
        build.clean_files("timeline", [file], tmp_path / "out", "FRA-DEU")


def test_a_copy_of_a_registered_file_is_cleaned_with_what_the_register_knows(tmp_path):
    copy = tmp_path / "mine.csv"
    shutil.copy(register.find("jnto_visitors_monthly").file, copy)
    build.clean_files("jnto", [copy], tmp_path / "out")
    rows = pd.read_parquet(tmp_path / "out" / "visitors.parquet")
    assert set(rows["status"]) == {"fixed", "provisional", "estimate"}
    assert set(rows["file"]) == {copy.as_posix()}
