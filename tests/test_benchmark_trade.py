"""The benchmark of trade: a made file that cleans, contenders that agree, and a difference that is not passed over."""

import json
import subprocess
import sys

import pytest

from benchmarks import trade


def test_both_contenders_find_the_same_in_a_made_file(tmp_path, monkeypatch):
    file = tmp_path / "bulk.txt"
    monkeypatch.setattr(trade, "_CODES_MADE", 20)
    trade.make_file(file, 20_000)
    assert sum(1 for _ in file.open()) == 20_001
    asked = [str(file), trade.PAIR, ",".join(trade.CODES)]
    for script, more in ((trade._OURS, [str(tmp_path / "out"), "ours.json"]), (trade._PANDAS, ["pandas.json"])):
        command = [sys.executable, "-c", script, *asked, *more[:-1], str(tmp_path / more[-1])]
        subprocess.run(command, check=True, capture_output=True)
    ours, theirs = (json.loads((tmp_path / name).read_text()) for name in ("ours.json", "pandas.json"))
    trade.compare(ours, theirs)
    assert set(ours) == {f"{code} {pair}" for code in trade.CODES for pair in ("JPN KOR", "KOR JPN")}
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["rows_read"] == 20_000 and summary["out_of_scope_by_reason"]["breakdown_row"] > 0


MONTH = ["201901", 1.0, 2.0, 3.0, 4.0, 0.5]


def test_contenders_that_differ_are_named():
    trade.compare({"a": [MONTH]}, {"a": [[*MONTH[:-1], 0.5 + 1e-14]]})
    with pytest.raises(RuntimeError, match="the contenders differ in a: .'201901', 1.0"):
        trade.compare({"a": [MONTH]}, {"a": [["201901", 1.5, *MONTH[2:]]]})
    with pytest.raises(RuntimeError, match="the contenders found other months: .'a'. beside .'b'."):
        trade.compare({"a": [MONTH]}, {"b": [MONTH]})
