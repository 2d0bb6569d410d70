"""One bulk file of item trade to monthly mirrors and concentration: ours, pandas in chunks, and a plain grep of it.

The made file is shaped like UN Comtrade's bulk files (tab-separated, half of it breakdown rows). Ours is what a user
would call: `build.clean_files` for a pair and codes, with every row accounted for, then the measures. Contenders run
in processes of their own, and what they find is compared before any ratio is told. Grep counts lines with any of the
codes asked for; what it takes for one code alone is told beside it.
"""

import json
import math
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.events import _timed, _watched

PAIR = "JPN-KOR"
CODES = ("281111", "370790")
_REPORTERS = (392, 410, 156, 842, 276)
_PARTNERS = (
    0, 392, 410, 156, 842, 276, 490, 251, 826, 380, 702, 360, 764, 704, 458, 36, 124, 484, 76, 699, 643, 528, 56,
    724, 757, 752, 203, 616, 344, 608, 40, 246, 208, 579, 372, 620, 348, 642, 792, 710,
)  # fmt: skip
_CODES_MADE = 500


def run(rows: int) -> dict[str, float | int | bool]:
    """Times all contenders on a file made for it; returns the figures. Raises RuntimeError where results differ."""
    folder = Path(tempfile.mkdtemp(prefix="benchmark-trade-"))
    try:
        file = folder / "bulk.txt"
        make_file(file, rows)
        size = file.stat().st_size
        asked = [str(file), PAIR, ",".join(CODES)]
        one = _best(["sh", "-c", _GREP, str(file), "-e", CODES[0]])
        search = _best(["sh", "-c", _GREP, str(file), *(part for code in CODES for part in ("-e", code))])
        by_us = [sys.executable, "-c", _OURS, *asked, str(folder / "out"), str(folder / "ours.json")]
        by_pandas = [sys.executable, "-c", _PANDAS, *asked, str(folder / "pandas.json")]
        ours, pandas = _best(by_us), _best(by_pandas)
        peak, pandas_peak = _watched(by_us), _watched(by_pandas)
        kept = json.loads((folder / "out" / "summary.json").read_text("utf-8"))["rows_kept"]
        compare(*(json.loads((folder / name).read_text("utf-8")) for name in ("ours.json", "pandas.json")))
    finally:
        shutil.rmtree(folder)
    return {
        "rows": rows, "bytes": size, "rows_kept": kept, "grep_seconds": search, "grep_one_code_seconds": one,
        "ours_seconds": ours,
        "pandas_chunked_seconds": pandas, "ours_to_grep": ours / search,
        "ours_to_grep_one_code": ours / one, "pandas_to_grep": pandas / search,
        "times_faster_than_pandas": pandas / ours, "ours_rows_per_second": rows / ours, "ours_peak_mib": peak,
        "pandas_peak_mib": pandas_peak,
    }  # fmt: skip


def _best(command: list[str]) -> float:
    """Seconds of the faster of two runs: the first may pay for what stays in memory afterwards."""
    return min(_timed(command)[0] for _ in range(2))


def make_file(file: Path, rows: int) -> None:
    """A bulk file of that many rows, the same for the same arguments; every nineteenth possible row is not there."""
    others = [f"{1000 * (n % 97 + 1) + 37 * n % 1000:06d}" for n in range(_CODES_MADE - len(CODES))]
    codes = sorted([*CODES, *others])
    query = _MADE.format(reporters=list(_REPORTERS), partners=list(_PARTNERS), codes=codes, n=len(codes))
    with duckdb.connect() as base:
        base.execute("set enable_progress_bar = false")
        base.execute(query, [rows, str(file)])


_MADE = """copy (
    with numbers as (select i + i // 18 as j, hash(i) as h from range($1) t(i)),
    digits as (
        select h, j % 2 as flow, j // 2 % 2 as mot, j // 4 % 40 as partner, j // 160 % {n} as code,
            j // (160 * {n}) % 5 as reporter, j // (800 * {n}) as months_on
        from numbers
    ),
    named as (
        select *, ({partners})[partner + 1] as partner_code, ({reporters})[reporter + 1] as reporter_code,
            (h % 90000000 / 100)::decimal(12, 2) as usd, (h % 900000 / 10)::decimal(10, 1) as kg,
            2017 + months_on // 12 as year, months_on % 12 + 1 as month
        from digits
    )
    select 'C' "typeCode", 'M' "freqCode", (year * 100 + month) * 100 + 1 "refPeriodId", year "refYear",
        month "refMonth", year * 100 + month "period", reporter_code "reporterCode",
        ['M', 'X'][flow + 1] "flowCode", if(partner_code = reporter_code, 554, partner_code) "partnerCode",
        0 "partner2Code", 'H5' "classificationCode", ({codes})[code + 1] "cmdCode", 'C00' "customsCode", 0 "mosCode",
        mot * 2100 "motCode", 8 "qtyUnitCode", kg "qty", false "isQtyEstimated", kg "netWgt", false "isNetWgtEstimated",
        case when flow = 0 then usd end "cifvalue", case when flow = 1 then usd end "fobvalue", usd "primaryValue"
    from named
) to $2 (delimiter '\t', header)"""

# Through a pipe: grep stops at the first match when it sees that nobody reads what it counts.
_GREP = 'grep -c "$@" "$0" | cat'
_OURS = """
import json, sys
from pathlib import Path
import pandas as pd
from research import build, dyads
from research.measures import dependence, mirror
file, dyad, codes, out, told = sys.argv[1:]
codes, pair = codes.split(","), dyads.find(dyad)
build.clean_files("comtrade_bulk", [Path(file)], Path(out), dyad, codes)
flows = pd.read_parquet(Path(out, "trade.parquet"))
flows["period"] = pd.to_datetime(flows["period"])
found = {}
for code in codes:
    for one, other in (pair.states, pair.states[::-1]):
        table = mirror.mirror_flows(flows, one, other, export_code=code, import_code=code)
        whole = dependence.hhi(flows, code, other, by="M").set_index("period")["hhi"]
        table = table.assign(hhi=whole.reindex(table["period"]).to_numpy(), period=table["period"].dt.strftime("%Y%m"))
        table = table[["period", "export_value", "import_value", "export_kg", "import_kg", "hhi"]]
        found[f"{code} {one} {other}"] = table.astype(object).where(table.notna(), None).to_numpy().tolist()
Path(told).write_text(json.dumps(found))
"""
_PANDAS = """
import json, sys
from pathlib import Path
import pandas as pd
file, dyad, codes, told = sys.argv[1:]
codes, numbers = codes.split(","), {"JPN": "392", "KOR": "410"}
wanted = "period reporterCode flowCode partnerCode partner2Code cmdCode customsCode motCode netWgt primaryValue".split()
kept = []
for part in pd.read_csv(file, sep="\\t", usecols=wanted, dtype=str, keep_default_na=False, chunksize=500_000):
    whole = (part["partner2Code"] == "0") & (part["customsCode"] == "C00") & (part["motCode"] == "0")
    kept.append(part[whole & part["reporterCode"].isin(numbers.values()) & part["cmdCode"].isin(codes)])
rows = pd.concat(kept).astype({"primaryValue": float, "netWgt": float})
rows["netWgt"] = rows["netWgt"].mask((rows["netWgt"] == 0) & (rows["primaryValue"] > 0))
found = {}
for code in codes:
    of_code = rows[rows["cmdCode"] == code]
    for one, other in (dyad.split("-"), dyad.split("-")[::-1]):
        sides = {}
        for side, reporter, partner, flow in (("export", one, other, "X"), ("import", other, one, "M")):
            asked = of_code[(of_code["reporterCode"] == numbers[reporter]) & (of_code["flowCode"] == flow)]
            own = asked[asked["partnerCode"] == numbers[partner]]
            sides[side] = own.set_index("period")[["primaryValue", "netWgt"]]
        suppliers = asked[asked["partnerCode"] != "0"].sort_values("partnerCode")
        value = suppliers["primaryValue"]
        share = value / value.groupby(suppliers["period"]).transform("sum")
        either = sides["export"].index.union(sides["import"].index)
        months = pd.PeriodIndex(either.str[:4] + "-" + either.str[4:], freq="M")
        span = pd.period_range(months.min(), months.max(), freq="M").strftime("%Y%m")
        table = sides["export"].reindex(span).join(sides["import"].reindex(span).add_suffix("_here"))
        table = table[["primaryValue", "primaryValue_here", "netWgt", "netWgt_here"]]
        table["hhi"] = (share**2).groupby(suppliers["period"]).sum().reindex(span)
        table = table.reset_index()
        found[f"{code} {one} {other}"] = table.astype(object).where(table.notna(), None).to_numpy().tolist()
Path(told).write_text(json.dumps(found))
"""


def compare(ours: dict[str, list], theirs: dict[str, list]) -> None:
    """Raises RuntimeError where a month differs: values and weights exactly, concentration to the last digits."""
    if list(ours) != list(theirs) or any(len(ours[name]) != len(theirs[name]) for name in ours):
        raise RuntimeError(f"the contenders found other months: {list(ours)} beside {list(theirs)}")
    for name, months in ours.items():
        for mine, other in zip(months, theirs[name], strict=True):
            close = mine[-1] == other[-1] or math.isclose(mine[-1] or 0, other[-1] or 0, rel_tol=1e-12)
            if mine[:-1] != other[:-1] or not close:
                raise RuntimeError(f"the contenders differ in {name}: {mine} beside {other}")
