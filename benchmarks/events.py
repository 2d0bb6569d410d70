"""Cleaning zipped GDELT days for one pair: the whole of `clean`, beside pandas and beside plain decompression.

Baseline: the same days as .gz through `gzip -dc | wc -l`, half on each of two cores. Every contender runs in processes
of its own, so that peak memory is its own. The made days have 58 columns, codes and lengths like real ones.
"""

import gzip
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from research import cameo

PAIR = "JPN-KOR"
_STATES = ("USA GBR RUS CHN JPN KOR PRK FRA DEU IND IRN ISR TUR CAN AUS UKR SYR PAK EUR AFR".split()) + [""] * 20
_PLACES = (
    "Tokyo, Tokyo, Japan|Seoul, Soul-T'ukpyolsi, South Korea|Washington, District of Columbia, United States".split("|")
)
_WANTED = [0, 1, 7, 17, 25, 26, 28, 29, 30, 31, 32, 33, 34, 56, 57]


def run(days: int, rows: int) -> dict[str, float | int]:
    """Times all contenders on days made for it; returns the figures."""
    folder = Path(tempfile.mkdtemp(prefix="benchmark-events-"))
    try:
        (folder / "zip").mkdir()
        (folder / "gz").mkdir()
        for day in range(days):
            make_day(folder, day, rows)
        baseline, _ = _timed(*([*_BASELINE, *map(str, half)] for half in _halves(folder / "gz")))
        ours, peak = _timed([sys.executable, "-c", _OURS, str(folder / "zip"), str(folder / "out"), PAIR])
        every, every_peak = _timed([sys.executable, "-c", _PANDAS, str(folder / "zip"), ""])
        some, some_peak = _timed([sys.executable, "-c", _PANDAS, str(folder / "zip"), ",".join(map(str, _WANTED))])
    finally:
        shutil.rmtree(folder)
    return {
        "files": days, "rows": days * rows, "baseline_seconds": baseline, "ours_seconds": ours,
        "pandas_all_seconds": every, "pandas_usecols_seconds": some, "ours_to_baseline": ours / baseline,
        "times_faster_than_pandas_all": every / ours, "times_faster_than_pandas_usecols": some / ours,
        "ours_rows_per_second": days * rows / ours, "ours_peak_mib": peak, "pandas_all_peak_mib": every_peak,
        "pandas_usecols_peak_mib": some_peak,
    }  # fmt: skip


_BASELINE = ["sh", "-c", 'gzip -dc "$@" | wc -l', "sh"]
_OURS = """
import sys
from pathlib import Path
from research import build
build.clean_files("gdelt", [Path(sys.argv[1])], Path(sys.argv[2]), sys.argv[3])
"""
_PANDAS = """
import sys
from pathlib import Path
import pandas as pd
wanted = [int(column) for column in sys.argv[2].split(",")] if sys.argv[2] else None
kept = []
for file in sorted(Path(sys.argv[1]).iterdir()):
    day = pd.read_csv(file, sep="\\t", header=None, usecols=wanted, dtype=str, keep_default_na=False, quoting=3)
    kept.append(day[(day[7] == "JPN") & (day[17] == "KOR") | (day[7] == "KOR") & (day[17] == "JPN")])
pd.concat(kept)
"""


def make_day(folder: Path, day: int, rows: int) -> None:
    """One day as .zip and as .gz: the same text, the same for the same arguments."""
    chance = random.Random(day)
    codes = sorted(cameo.GOLDSTEIN)
    text = "".join(_row(chance, day * rows + number, codes) for number in range(rows)).encode()
    with zipfile.ZipFile(folder / "zip" / f"day{day:03}.export.CSV.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"day{day:03}.export.CSV", text)
    (folder / "gz" / f"day{day:03}.gz").write_bytes(gzip.compress(text, 6, mtime=0))


def _row(chance: random.Random, number: int, codes: list[str]) -> str:
    a, b, code, place = chance.choice(_STATES), chance.choice(_STATES), chance.choice(codes), chance.choice(_PLACES)
    actors = [[state, f"{state} NAME" if state else "", state, *[""] * 7] for state in (a, b)]
    spot = f"{chance.uniform(20, 60):.4f}"
    geo = ["4", place, "JA", "JA40", spot, spot, str(chance.randrange(10**6))]
    mentions = str(chance.randrange(1, 30))
    fields = [
        str(number), "20191024", "201910", "2019", "2019.8055", *actors[0], *actors[1], str(number % 2), code, code[:3],
        code[:2], str(cameo.quad_class(code)), str(cameo.GOLDSTEIN[code]), mentions, "1", mentions,
        f"{chance.uniform(-10, 10):.12f}", *geo, *geo, *geo, "20191024",
        f"https://www.example{chance.randrange(500)}.org/news/{chance.randrange(10**6)}-a-story-of-two-states.html",
    ]  # fmt: skip
    return "\t".join(fields) + "\n"


def _halves(folder: Path) -> tuple[list[Path], list[Path]]:
    files = sorted(folder.iterdir())
    return files[::2], files[1::2]


def _timed(*commands: list[str]) -> tuple[float, float]:
    """Seconds until all commands, started together, have ended; peak memory of them and their children, MiB."""
    began = time.perf_counter()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for command in commands]
    peak = 0.0
    while any(one.poll() is None for one in running):
        peak = max(peak, sum(_memory(one.pid) for one in running))
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    for one in running:
        if one.returncode:
            raise RuntimeError(f"a contender failed: {one.stderr.read().decode()}")
        one.stderr.close()
    return seconds, peak / 1024


def _memory(pid: int) -> int:
    """Proportional memory of a process and its children, KiB; 0 where it has gone (or the system does not say)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, StopIteration):
        return 0
    return own + sum(_memory(int(child)) for child in children)
