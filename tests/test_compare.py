"""What moved between two batches, and what is blamed for it: one cause, or an honest cannot tell."""

import json
import re

import pytest
from click.testing import CliRunner

from research import __main__ as cli
from research.errors import DataError, RequestError
from research.reports import compare, index, provenance, run, telling

FEW = {"name": "imports", "label": "Imports in 2019", "value": 1200, "unit": "USD", "text": "1,200", "comparison": ""}
TURN = {"name": "turn", "label": "first turn", "value": "2019-07", "unit": "month", "text": "Jul 2019"}
RECORD = {
    "inputs": {"data/processed/trade/customs.parquet": "a1"},
    "lock": "l1",
    "notebook": {"name": "n.ipynb", "sha256": "n1"},
    "package": "p1",
    "parameters": {"dyad": "JPN-KOR"},
    "register": "r1",
    "sources": {"customs": {"vintage": "2026-10-01", "sha256": "raw1"}},
}
DATA = {
    "inputs": {"data/processed/trade/customs.parquet": "a2"},
    "register": "r2",
    "sources": {"customs": {"vintage": "2026-11-01", "sha256": "raw2"}},
}


def write_run(out, name="n", numbers=(FEW,), record=RECORD, **more):
    """A run as `report` leaves it: its folder, and its record for runs.json."""
    if more.get("status", "ok") != "ok":
        return run.as_record(run.Outcome(name, "n.ipynb", title=name, **more))
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text("page")
    (folder / "provenance.json").write_text(provenance.as_json(record))
    outputs = {n: provenance.sha256(folder / n) for n in ("index.html", "provenance.json")}
    page = f"{name}/index.html"
    outcome = run.Outcome(name, "n.ipynb", title=name, status="ok", page=page, key_numbers=numbers, outputs=outputs)
    left = {k: vars(outcome)[k] for k in ("title", "page", "outputs")}
    (folder / "outcome.json").write_text(provenance.as_json({**left, "key_numbers": list(numbers)}))
    return run.as_record(outcome)


def write_batch(out, *records, commit="c1"):
    out.mkdir(parents=True, exist_ok=True)
    (out / "runs.json").write_text(provenance.as_json({"status": "ok", "commit": commit, "runs": list(records)}))
    return out


def two(tmp_path, number=FEW, record=RECORD, **more):
    """One run before and after; what is given holds for the run after."""
    before = write_batch(tmp_path / "before", write_run(tmp_path / "before"))
    after = write_batch(tmp_path / "after", write_run(tmp_path / "after", numbers=(number,), record=record, **more))
    return compare.compare(compare.read_batch(before), compare.read_batch(after))


def moved(value, text, **more):
    return {**FEW, "value": value, "text": text, **more}


def test_the_same_batch_twice_has_no_news(tmp_path):
    found = two(tmp_path)
    assert found.news == []
    assert telling.headline(found) == "None of 1 key number in 1 run moved."


def test_a_number_that_moved_is_told_with_its_exact_difference_and_unit(tmp_path):
    move = two(tmp_path, moved(2345, "2,345"), {**RECORD, **DATA}).changes[0].moved[0]
    assert (move.before, move.after, move.difference) == (1200, 2345, 1145)
    assert move.difference_text == "+1,145 USD"
    assert move.is_visible


def test_a_move_in_digits_that_are_not_printed_is_told_as_one(tmp_path):
    found = two(tmp_path, moved(1200.25, "1,200"), {**RECORD, **DATA})
    assert not found.changes[0].moved[0].is_visible
    assert "1 of them only in digits that are not printed" in telling.headline(found)
    assert "+0.25 USD (not in the printed digits)" in telling.as_text(found)


@pytest.mark.parametrize(
    ("one", "other", "difference", "words"),
    [
        ((TURN["value"], "month"), ("2018-12", "month"), -7, "−7 months"),
        ((TURN["value"], "month"), ("2019-08", "month"), 1, "+1 month"),
        ((None, "USD"), (3, "USD"), None, "was missing"),
        ((3, "USD"), (None, "USD"), None, "is missing now"),
        ((3, "USD"), (3, "JPY"), None, "unit was USD, is JPY"),
        (("a", ""), ("b", ""), None, "another value"),
        ((10.0, "percent"), (7.5, "percent"), -2.5, "−2.5 points"),
    ],
)
def test_what_cannot_be_subtracted_is_not_and_months_and_percents_have_their_own_difference(
    one, other, difference, words
):
    numbers = [{"name": "x", "value": value, "unit": unit, "text": str(value)} for value, unit in (one, other)]
    move = compare._move("x", *numbers)
    assert (move.difference, move.difference_text) == (difference, words)


CAUSES = {
    "data": (DATA, "data", "trade/customs.parquet: vintage 2026-10-01 → 2026-11-01"),
    "parameters": ({"parameters": {"dyad": "JPN-CHN"}}, "parameters", 'dyad: "JPN-KOR" → "JPN-CHN"'),
    "package": ({"package": "p2"}, "code", "the package research"),
    "lock": ({"lock": "l2"}, "code", "requirements.lock"),
    "notebook": ({"notebook": {"name": "n.ipynb", "sha256": "n2"}}, "code", "the notebook"),
    "data and code": (
        {**DATA, "package": "p2"},
        "cannot tell: data and code changed at once",
        "the package research",
    ),
    "all three": (
        {**DATA, "package": "p2", "parameters": {}},
        "cannot tell: data, parameters and code changed at once",
        'dyad: "JPN-KOR" → not a parameter',
    ),
    "a table cleaned anew by other code from the same raw file": (
        {"inputs": DATA["inputs"], "package": "p2"},
        "code",
        "the package research",
    ),
    "other code, and a register that changed for other files": (
        {"register": "r2", "lock": "l2"},
        "code",
        "requirements.lock",
    ),
    "the register alone": ({"register": "r2"}, "data", "the register of raw files (data/raw/datapackage.json)"),
    "a table changed without its vintage": (
        {"inputs": DATA["inputs"]},
        "data",
        "trade/customs.parquet: other content, vintage 2026-10-01 in both",
    ),
    "an input of no register": (
        {"inputs": DATA["inputs"], "sources": {}, "package": "p2"},
        "cannot tell: data and code changed at once",
        "trade/customs.parquet: other content",
    ),
    "a file more of a table": (
        {"inputs": {**RECORD["inputs"], "data/processed/trade/more.parquet": "m"}},
        "data",
        "trade/more.parquet: new",
    ),
    "a table that other code reads as well": (
        {"inputs": {**RECORD["inputs"], "data/processed/visitors/v.parquet": "v"}, "package": "p2"},
        "code",
        "the package research",
    ),
}


@pytest.mark.parametrize(("record", "verdict", "words"), CAUSES.values(), ids=CAUSES)
def test_a_cause_is_named_only_where_one_kind_changed(tmp_path, record, verdict, words):
    change = two(tmp_path, moved(1, "1"), {**RECORD, **record}).changes[0]
    assert change.verdict == verdict
    assert words in [w for kind in change.causes.kinds for w in getattr(change.causes, kind)]


def test_a_move_for_which_nothing_recorded_changed_is_called_a_fault(tmp_path):
    assert two(tmp_path, moved(1, "1")).changes[0].verdict.startswith("nothing recorded changed: the run does not give")


def test_numbers_that_appear_or_disappear_are_named(tmp_path):
    found = two(tmp_path, TURN, {**RECORD, "package": "p2"})
    assert [n["name"] for n in found.changes[0].appeared] == ["turn"]
    assert [n["name"] for n in found.changes[0].disappeared] == ["imports"]
    assert "1 key number appeared. 1 key number disappeared." in telling.headline(found)
    assert re.search(r"Imports in 2019 +1,200 +disappeared\n", telling.as_text(found) + "\n")


def test_a_name_used_twice_is_two_numbers(tmp_path):
    one = write_batch(tmp_path / "a", write_run(tmp_path / "a", numbers=(FEW, FEW)))
    assert list(compare.read_batch(one).runs["n"].numbers) == ["imports", "imports (2)"]


def test_a_run_that_failed_shows_its_error_and_compares_no_number(tmp_path):
    found = two(tmp_path, status="kernel died", error="cell 3: killed")
    change = found.changes[0]
    assert (change.status_changed, change.moved, change.disappeared) == (True, (), ())
    assert change.verdict == "cannot tell: a run that did not finish leaves no record of what it was made from"
    text = telling.as_text(found)
    assert "  status: ok → kernel died\n    cell 3: killed" in text
    assert "1 run ended otherwise." in text


def test_a_skipped_run_stands_as_it_ended(tmp_path):
    before = write_batch(tmp_path / "a", write_run(tmp_path / "a"))
    after = write_batch(tmp_path / "b", {**write_run(tmp_path / "b"), "status": "unchanged"})
    assert compare.compare(compare.read_batch(before), compare.read_batch(after)).news == []


def test_a_run_of_one_batch_only_is_listed(tmp_path):
    before = write_batch(tmp_path / "a", write_run(tmp_path / "a", "x"))
    after = write_batch(tmp_path / "b", write_run(tmp_path / "b", "y"))
    found = compare.compare(compare.read_batch(before), compare.read_batch(after))
    assert ([s.name for s in found.only_before], [s.name for s in found.only_after]) == (["x"], ["y"])
    assert telling.headline(found) == "No run is in both batches, so no number can be compared."
    assert telling.as_text(found).endswith("only before: x (ok)\nonly after: y (ok)")


def test_the_folders_of_two_single_runs_are_a_pair_whatever_their_names(tmp_path):
    write_run(tmp_path, "six")
    write_run(tmp_path, "twelve", numbers=(moved(5, "5"),), record={**RECORD, "parameters": {"dyad": "USA-CHN"}})
    found = compare.compare(compare.read_batch(tmp_path / "six"), compare.read_batch(tmp_path / "twelve"))
    assert found.changes[0].verdict == "parameters"
    assert "six → twelve" in telling.as_text(found)


def test_a_runs_json_without_its_folders_can_be_compared_but_not_explained(tmp_path):
    found = two(tmp_path, moved(1, "1"))
    alone = tmp_path / "kept.json"
    alone.write_text((tmp_path / "before" / "runs.json").read_text())
    found = compare.compare(compare.read_batch(alone), compare.read_batch(tmp_path / "after" / "runs.json"))
    assert found.changes[0].moved[0].after == 1
    assert found.changes[0].verdict == "cannot tell: no provenance.json beside the page"


def call(*words):
    return CliRunner().invoke(cli.main, ["compare", *map(str, words)])


def test_the_verb_ends_in_0_also_when_numbers_moved(tmp_path):
    two(tmp_path, moved(2345, "2,345"), {**RECORD, **DATA})
    done = call(tmp_path / "before", tmp_path / "after")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "1 of 1 key number moved, in 1 of 1 run." in done.stdout
    assert "Imports in 2019  1,200  →  2,345  +1,145 USD" in done.stdout


def test_the_verb_gives_a_program_the_same_as_json(tmp_path):
    two(tmp_path, moved(2345, "2,345"), {**RECORD, **DATA})
    found = json.loads(call(tmp_path / "before", tmp_path / "after", "--json").stdout)
    assert found["runs"][0]["verdict"] == "data"
    assert found["runs"][0]["moved"][0]["difference"] == 1145
    assert (found["before"]["folder"], found["after"]["commit"]) == ("before", "c1")


def test_a_table_behind_a_figure_that_changed_is_told_though_no_number_moved(tmp_path):
    records = [{**write_run(tmp_path / x), "outputs": {"figure.csv": x, "index.html": x}} for x in ("a", "b")]
    one, other = (compare.read_batch(write_batch(tmp_path / r["outputs"]["figure.csv"], r)) for r in records)
    found = compare.compare(one, other)
    assert found.changes[0].files == ("figure.csv",)
    assert "data behind its figures changed: figure.csv" in telling.as_page(found, tmp_path / "x.html")
    assert (
        "1 run with the same status and key numbers; data behind figures changed in n: figure.csv"
        in telling.as_text(found)
    )


def test_what_is_no_report_folder_ends_in_2(tmp_path):
    (tmp_path / "empty").mkdir()
    before = write_batch(tmp_path / "a", write_run(tmp_path / "a"))
    for other in (tmp_path / "empty", tmp_path / "none"):
        done = call(before, other)
        assert done.exit_code == 2
        assert "is no report folder: it has no runs.json" in done.stderr
        with pytest.raises(RequestError, match="is no report folder"):
            compare.read_batch(other)


BROKEN = {
    "no JSON": ("runs.json", "{", "runs.json cannot be read: .*; run the report again"),
    "another document": ("runs.json", "[]", "runs.json is not as a report writes it"),
    "no provenance": ("n/provenance.json", None, "n/provenance.json cannot be read: .*No such file"),
    "another run's provenance": ("n/provenance.json", "{}", "is not the one its batch recorded"),
}


@pytest.mark.parametrize(("file", "text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_report_folder_ends_in_1_and_names_the_file(tmp_path, file, text, message):
    out = write_batch(tmp_path / "a", write_run(tmp_path / "a"))
    (out / file).unlink() if text is None else (out / file).write_text(text)
    with pytest.raises(DataError, match=message):
        compare.read_batch(out)
    assert call(out, out).exit_code == 1


def test_a_record_that_lacks_what_it_must_say_is_broken(tmp_path):
    out = write_batch(tmp_path / "a", write_run(tmp_path / "a", record={"inputs": {}}))
    with pytest.raises(DataError, match="is no record of provenance: it lacks inputs, parameters or notebook"):
        compare.read_batch(out)
    assert compare.read_batch(out, strict=False).runs["n"].provenance is None


def test_the_page_is_the_same_for_the_same_batches_and_asks_nothing_from_elsewhere(tmp_path):
    found = two(tmp_path, moved(2345, "2,345 <b>"), {**RECORD, **DATA})
    pages = [telling.as_page(found, tmp_path / "moved.html") for _ in range(2)]
    assert pages[0] == pages[1]
    assert str(tmp_path) not in pages[0]
    assert "2,345 &lt;b&gt;" in pages[0]
    assert '<a href="after/n/index.html">after</a>' in pages[0]
    assert "after/n/index.html" not in telling.as_page(found, tmp_path / "elsewhere" / "moved.html")


def test_a_page_of_many_runs_starts_with_a_list_of_them(tmp_path):
    folders = tmp_path / "a", tmp_path / "b"
    batches = [
        write_batch(out, *(write_run(out, f"r{i}", numbers=(moved(value, str(value)),)) for i in range(5)))
        for out, value in zip(folders, (1, 2), strict=True)
    ]
    page = telling.as_page(compare.compare(*map(compare.read_batch, batches)), tmp_path / "x.html")
    assert page.index('<a href="#run-5">r4</a>') < page.index('id="run-1"')


def test_the_verb_writes_the_page_and_refuses_a_place_it_cannot_write(tmp_path, monkeypatch):
    two(tmp_path, moved(2345, "2,345"), {**RECORD, **DATA})
    monkeypatch.chdir(tmp_path)
    done = call("before", "after", "--out", "pages/moved.html")
    assert (done.exit_code, done.stderr) == (0, "pages/moved.html\n")
    assert "What changed with it: data." in (tmp_path / "pages" / "moved.html").read_text()
    done = call("before", "after", "--out", "before/runs.json/moved.html")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot write before/runs.json/moved.html" in done.stderr


# What moved since the last batch in the same folder ------------------------------------------------


def test_the_index_and_runs_json_say_what_moved_since_the_last_batch(tmp_path):
    out = write_batch(tmp_path, write_run(tmp_path), write_run(tmp_path, "still"))
    last = compare.last_batch(out)
    records = write_run(out, numbers=(moved(2345, "2,345"),), record={**RECORD, **DATA}), write_run(out, "new")
    outcomes = [run.Outcome(**{**r, "trace": None}) for r in records]
    run.write_index(index.since_last(outcomes, out, last), out)
    left = {r["name"]: r for r in json.loads((out / "runs.json").read_text())["runs"]}
    assert left["n"]["since_last"]["moved"][0]["difference"] == 1145
    assert left["n"]["since_last"]["verdict"] == "data"
    assert (left["new"]["since_last"], left["still"]["since_last"]) == (None, None)
    page = (out / "index.html").read_text()
    assert "Imports in 2019: 1,200 → <strong>2,345</strong>" in page
    assert "cause: data" in page
    assert "1 key number moved in 1 run" in page
    assert "no earlier run" in page
    assert "not in this batch" in page


def test_the_index_says_that_a_run_ended_otherwise_and_that_nothing_moved(tmp_path):
    since = compare.change_record(two(tmp_path, status="failed", error="cell 3").changes[0])
    bad = run.Outcome("n", "n.ipynb", title="n", status="failed", error="cell 3", since_last=since, why="forced")
    page = index.make_index([bad], "failed")
    assert "was ok" in page
    assert "ran: forced" in page
    same = compare.change_record(two(tmp_path / "same").changes[0])
    good = run.Outcome("n", "n.ipynb", status="ok", page="n/index.html", since_last=same)
    assert "no key number moved" in index.make_index([good], "ok")


def test_a_folder_without_a_sound_batch_has_no_last_one(tmp_path):
    assert compare.last_batch(tmp_path) is None
    (tmp_path / "runs.json").write_text("{")
    assert compare.last_batch(tmp_path) is None
