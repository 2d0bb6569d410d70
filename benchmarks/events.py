"""Cleaning zipped GDELT days for one pair: the whole of `clean`, beside pandas and beside plain decompression.

Baseline: the same days as .gz through `gzip -dc | wc -l`, half on each of two cores. Every contender runs in processes
of its own. Ours and the baseline are timed three times in turn, the best counts; peak memory (proportional, of the
process and its children) is taken in another run, since looking costs time. The made days have 58 columns, with
lengths, gaps and a compression like real ones.
"""

import gzip
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from research import cameo

PAIR = "JPN-KOR"
_SHARING = 2
ROUNDS = 3
GROWTH = 4
ROOT = Path(__file__).resolve().parent.parent
_FIRST_ID, _FIRST_DAY, _SOME_DAY = 881_000_000, date(2019, 7, 1), "20191024"
_WANTED = [0, 1, 7, 17, 25, 26, 28, 29, 30, 31, 32, 33, 34, 56, 57]


def run(days: int, rows: int, growth: bool) -> dict[str, float | int]:
    """Times all contenders on days made for it; returns the figures. `growth`: memory at four times the days, too."""
    folder = Path(tempfile.mkdtemp(prefix="benchmark-events-"))
    try:
        make_days(folder, range(days), rows)
        figures = _race(folder, days * rows)
        figures |= _pandas(folder, figures["ours_seconds"])
        figures["ours_peak_mib"] = _ours(folder, _watched)
        if growth:
            make_days(folder, range(days, GROWTH * days), rows, level=1)
            figures |= {"files_of_growth": GROWTH * days, "ours_peak_mib_of_growth": _ours(folder, _watched)}
    finally:
        shutil.rmtree(folder)
    return {"files": days, "rows": days * rows, **figures}


def _race(folder: Path, rows: int) -> dict[str, float | int]:
    """Ours and the baseline in turn, the best of each."""
    baseline = [[*_BASELINE, *map(str, half)] for half in _halves(folder / "gz")]
    ours, base = [], []
    for _ in range(ROUNDS):
        base.append(_timed(*baseline))
        ours.append(_ours(folder, _timed))
    seconds, base_seconds = min(ours)[0], min(base)[0]
    busy, base_busy = (min(one[1] for one in times) for times in (ours, base))
    return {
        "baseline_seconds": base_seconds, "ours_seconds": seconds, "ours_to_baseline": seconds / base_seconds,
        "baseline_cpu_seconds": base_busy, "ours_cpu_seconds": busy, "ours_to_baseline_cpu": busy / base_busy,
        "ours_rows_per_second": rows / seconds,
    }  # fmt: skip


def _pandas(folder: Path, ours: float) -> dict[str, float]:
    figures = {}
    for name, columns in (("all", ""), ("usecols", ",".join(map(str, _WANTED)))):
        command = [sys.executable, "-c", _READ_BY_PANDAS, str(folder / "zip"), columns]
        seconds, _ = _timed(command)
        figures |= {f"pandas_{name}_seconds": seconds, f"times_faster_than_pandas_{name}": seconds / ours}
    return figures


_BASELINE = ["sh", "-c", 'gzip -dc "$@" | wc -l', "sh"]
_READ_BY_PANDAS = """
import sys
from pathlib import Path
from typing import Any
import pandas as pd
wanted = [int(column) for column in sys.argv[2].split(",")] if sys.argv[2] else None
kept = []
for file in sorted(Path(sys.argv[1]).iterdir()):
    day = pd.read_csv(file, sep="\\t", header=None, usecols=wanted, dtype=str, keep_default_na=False, quoting=3)
    kept.append(day[(day[7] == "JPN") & (day[17] == "KOR") | (day[7] == "KOR") & (day[17] == "JPN")])
pd.concat(kept)
"""


def _ours(folder: Path, measure: Callable[[list[str]], Any]) -> Any:
    """The command as a user gives it, into a new folder."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    out = ["--dyad", PAIR, "--out", str(folder / "out")]
    return measure([sys.executable, "-m", "research", "clean", "gdelt", str(folder / "zip"), *out])


def _timed(*commands: list[str]) -> tuple[float, float]:
    """Seconds until all commands, started together, have ended; and the processor seconds they took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for one in [_started(command) for command in commands]:
        _ended(one)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _watched(command: list[str]) -> float:
    """Peak memory of a command and its children, MiB, looked at as often as it can be."""
    one = _started(command)
    peak = 0
    while one.poll() is None:
        peak = max(peak, _memory(one.pid))
        time.sleep(0.005)
    _ended(one)
    return peak / 1024


def _started(command: list[str]) -> subprocess.Popen:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)


def _ended(one: subprocess.Popen) -> None:
    fault = one.communicate()[1].decode()
    if one.returncode:
        raise RuntimeError(f"a contender failed: {fault}")


def _memory(pid: int) -> int:
    """Proportional memory of a process and its children, KiB; 0 where it has gone (or the system does not say)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, StopIteration):
        return 0
    return own + sum(_memory(int(child)) for child in children)


def _halves(folder: Path) -> tuple[list[Path], list[Path]]:
    files = sorted(folder.iterdir())
    return files[::2], files[1::2]


def make_days(folder: Path, days: range, rows: int, level: int = 6) -> None:
    """Days as .zip and as .gz: the same text, the same for the same arguments."""
    for kind in ("zip", "gz"):
        (folder / kind).mkdir(exist_ok=True)
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(partial(_make_day, folder, rows, level), days))


def _make_day(folder: Path, rows: int, level: int, day: int) -> None:
    name, first = f"{_FIRST_DAY + timedelta(days=day):%Y%m%d}", _FIRST_ID + day * rows
    lines = zip(range(first, first + rows), _rows_without_id(rows), strict=True)
    text = "".join(f"{number}{rest}" for number, rest in lines).replace(_SOME_DAY, name).encode()
    packed = folder / "zip" / f"{name}.export.CSV.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.export.CSV"), text, zipfile.ZIP_DEFLATED, level)
        member = archive.infolist()[0]
    deflated = packed.read_bytes()[30 + len(member.filename) :][: member.compress_size]
    ends = struct.pack("<II", zlib.crc32(text), len(text))
    (folder / "gz" / f"{name}.gz").write_bytes(gzip.compress(b"", mtime=0)[:10] + deflated + ends)


_STATES = "USA GBR RUS CHN JPN KOR PRK FRA DEU IND IRN ISR TUR CAN AUS UKR SYR PAK EUR AFR".split()
_OFTEN = [30, 8, 6, 8, 2, 2, 2, 4, 4, 5, 4, 5, 4, 4, 5, 3, 3, 3, 4, 4]
_ROLES = ["", "", "GOV", "GOV", "MIL", "BUS", "COP", "CVL", "EDU", "MED", "LEG", "JUD"]
_PLACES = [
    ("Tokyo, Tokyo, Japan", "JA", "JA40"), ("Seoul, Soul-T'ukpyolsi, South Korea", "KS", "KS11"),
    ("Washington, District of Columbia, United States", "US", "USDC"), ("United States", "US", "US"),
    ("Vancouver, British Columbia, Canada", "CA", "CA02"), ("Wellington, Wellington, New Zealand", "NZ", "NZG2"),
    ("London, London, City of, United Kingdom", "UK", "UKH9"), ("Moscow, Moskva, Russia", "RS", "RS48"),
]  # fmt: skip
_WORDS = (
    "talks trade visit court export controls summit minister protest island history claims fishing rates bank media "
    "chief deal fire police north south storm market world says after over with against plan aid vote border security"
).split()


@lru_cache(maxsize=1)
def _rows_without_id(rows: int) -> list[str]:
    chance = random.Random(1)
    codes, places = sorted(cameo.GOLDSTEIN), [_place(chance) for _ in range(4000)]
    return [row for _ in range(rows // _SHARING + 1) for row in _report(chance, codes, places)][:rows]


def _report(chance: random.Random, codes: list[str], places: list[list[str]]) -> list[str]:
    """Rows after their id, of one report: they share its address, its tone and its places."""
    words = "-".join(chance.choices(_WORDS, k=7))
    url = f"https://www.{chance.choice(_WORDS)}{chance.randrange(900)}.com/{words}-{chance.randrange(16**12):x}/"
    mentions, tone = str(chance.choice((1, 2, 4, 5, 6, 8, 10, 10, 20, 37))), f"{chance.uniform(-10, 10):.13f}"
    near = [places[int(4000 * chance.random() ** 3)] for _ in range(2)] + [["0", *[""] * 6]]
    return [_row(chance, chance.choice(codes), mentions, tone, near, url) for _ in range(_SHARING)]


def _row(chance: random.Random, code: str, mentions: str, tone: str, near: list[list[str]], url: str) -> str:
    """No country on about four of ten first sides and half of the second ones."""
    fields = [
        "", _SOME_DAY, _SOME_DAY[:6], _SOME_DAY[:4], "2019.8055", *_actor(chance, 0.4), *_actor(chance, 0.5),
        str(int(chance.random() < 0.6)), code, code[:3], code[:2], str(cameo.quad_class(code)),
        str(cameo.GOLDSTEIN[code]), mentions, "1", mentions, tone,
        *chance.choice(near), *chance.choice(near), *near[0], _SOME_DAY, url,
    ]  # fmt: skip
    return "\t".join(fields) + "\n"


def _actor(chance: random.Random, no_country: float) -> list[str]:
    role = chance.choice(_ROLES)
    if chance.random() < no_country:
        return [role, f"{role} OFFICIAL" if role else "", "", *[""] * 4, role, "", ""]
    state = chance.choices(_STATES, _OFTEN)[0]
    return [state + role, f"{state} {role or 'CAPITAL'}", state, *[""] * 4, role, "", ""]


def _place(chance: random.Random) -> list[str]:
    name, country, region = chance.choice(_PLACES)
    town = "".join(chance.choices("aeioukstnmr", k=7)).title()
    spot = (f"{chance.uniform(-50, 70):.4f}", f"{chance.uniform(-180, 180):.3f}")
    return ["4", f"{town}, {name}", country, region, *spot, str(chance.randrange(-(10**6), 10**6))]
