"""The register: every raw file has a licence, an access date and a hash, and its bytes are those registered."""

import json
import shutil
from pathlib import Path

import pytest

from research import paths, register
from research.errors import DataError, RequestError

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture
def own_raw(tmp_path, monkeypatch) -> Path:
    """A copy of data/raw that a test may damage."""
    raw = tmp_path / "data" / "raw"
    shutil.copytree(PROJECT / "data" / "raw", raw)
    monkeypatch.setenv("RESEARCH_ROOT", str(tmp_path))
    return raw


def change(raw: Path, alter) -> None:
    file = raw / "datapackage.json"
    package = json.loads(file.read_text(encoding="utf-8"))
    alter(package["resources"])
    file.write_text(json.dumps(package), encoding="utf-8")


def test_every_registered_file_has_the_registered_bytes():
    entries = register.resources()
    assert len(entries) == 11
    for resource in entries.values():
        register.verify(resource)
        assert resource.file.stat().st_size == resource.bytes


def test_no_raw_file_stands_outside_the_register():
    held = {file.relative_to(paths.raw()).as_posix() for file in paths.raw().rglob("*.csv")}
    assert held == {resource.path for resource in register.resources().values()}


def test_the_register_is_a_valid_frictionless_data_package():
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.Package(str(register.register_path())).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldNumber", "type", "note"])[:10]


@pytest.mark.parametrize("missing", ["licenses", "accessed", "hash", "publisher", "vintage", "cleaner"])
@pytest.mark.parametrize("empty", [True, False])
def test_an_entry_without_licence_date_or_hash_is_named_with_the_field(own_raw, missing, empty):
    change(own_raw, lambda entries: entries[1].update({missing: ""}) if empty else entries[1].pop(missing))
    with pytest.raises(
        DataError, match=f"entry 'korea_customs_hsk10_monthly' lacks {missing}: no licence, access date"
    ):
        register.resources()


def test_an_entry_without_a_name_is_named_by_its_place(own_raw):
    change(own_raw, lambda entries: entries[2].pop("name"))
    with pytest.raises(DataError, match="register entry 'number 3' lacks name"):
        register.resources()


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda entries: entries[0]["licenses"][0].pop("title"), r"'timeline' lacks licenses\[0\].title"),
        (lambda entries: entries[0]["sources"][0].pop("path"), r"'timeline' lacks sources\[0\].path"),
        (lambda entries: entries[0].update(schema={"missingValues": []}), r"'timeline' lacks schema.fields"),
        (lambda entries: entries[0].update(hash="md5:1"), r"'timeline': hash 'md5:1' is not of the form sha256"),
        (lambda entries: entries[0].update(accessed="lately"), r"'timeline': accessed 'lately' is not of the form"),
        (lambda entries: entries.append(entries[0]), r"two entries are named 'timeline'"),
    ],
)
def test_an_ill_formed_entry_is_named(own_raw, alter, message):
    change(own_raw, alter)
    with pytest.raises(DataError, match=message):
        register.resources()


def test_changed_bytes_are_told_with_file_both_hashes_and_what_to_do(own_raw):
    file = own_raw / "jnto" / "visitors_monthly_2026-11-23.csv"
    file.write_bytes(file.read_bytes().replace(b"15405", b"15406", 1))
    message = (
        r"jnto_visitors_monthly: the bytes of data/raw/jnto/visitors_monthly_2026-11-23.csv changed: expected "
        r"sha256:[0-9a-f]{64}, found sha256:[0-9a-f]{64}; restore it with `git checkout -- .*or enter .* a new vintage"
    )
    with pytest.raises(DataError, match=message):
        register.verify(register.find("jnto_visitors_monthly"))


def test_an_absent_file_is_told_with_what_to_do(own_raw):
    (own_raw / "jnto" / "visitors_monthly_2026-11-23.csv").unlink()
    with pytest.raises(DataError, match="no file at data/raw/jnto/visitors_monthly_2026-11-23.csv; restore it"):
        register.verify(register.find("jnto_visitors_monthly"))


def test_no_register_and_a_broken_one_are_errors(own_raw):
    (own_raw / "datapackage.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"datapackage.json is not valid JSON"):
        register.resources()
    (own_raw / "datapackage.json").unlink()
    with pytest.raises(DataError, match="no register at .*restore it with `git checkout"):
        register.resources()


def test_a_fact_the_register_does_not_state_is_an_error():
    entry = register.find("jnto_visitors_monthly")
    assert entry.fact("fixed_through") == "2024-12"
    with pytest.raises(DataError, match="'jnto_visitors_monthly' lacks facts.seasonal, which its cleaner needs"):
        entry.fact("seasonal")


def test_citing_says_who_published_it_and_under_which_licence():
    cited = register.cite(["jnto_visitors_monthly", "timeline"])
    assert list(cited.columns) == ["title", "publisher", "licence", "accessed", "vintage", "where"]
    assert cited.loc["jnto_visitors_monthly", "publisher"] == "Japan National Tourism Organization (JNTO)"
    assert (register.cite() != "").all(axis=None)
    assert len(register.cite()) == len(register.resources())


def test_citing_an_unknown_source_names_those_there_are():
    with pytest.raises(RequestError, match="no source 'jnto' in the register; there are timeline, korea"):
        register.cite(["jnto"])


def test_a_copy_is_known_by_its_bytes(tmp_path):
    entry = register.find("korea_customs_polyimide_annual")
    copy = tmp_path / "mine.csv"
    shutil.copy(entry.file, copy)
    assert register.by_bytes(copy) == entry
    copy.write_text("other")
    assert register.by_bytes(copy) is None
