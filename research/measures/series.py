"""Machine-coded events month by month: three measures side by side, never one sum over reports.

A sum over reports follows the volume of news, so the first series counts each act once a day; the second is a share;
the third a mean. Counts, the share of duplicates and the share of the month that the files cover stand beside them.
Two sources are compared where both cover a month, and never joined into one series.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from research.errors import NoDataError, RequestError
from research.measures.given import require_columns, require_dates, require_unrepeated
from research.measures.regimes import Regimes, monthly_regimes

NEEDED = ["event_date", "source", "initiator", "target", "cameo_code", "title", "goldstein", "goldstein_scale",
          "quad_class", "flags"]  # fmt: skip
SHIFTED = "date_shift"
BY = ["period", "initiator", "target"]
COUNTS = ["reports", "acts", "quad_1", "quad_2", "quad_3", "quad_4"]
MEASURES = ("goldstein_sum", "net_share", "goldstein_mean")
WHOLE = 1 - 1e-9  # of a month's slots: below it the month is part-covered
LEAST_MONTHS = 12
LEAST_RUN = 36  # months in a row in which turns are sought
Measure = Literal["goldstein_sum", "net_share", "goldstein_mean"]


def monthly(events: pd.DataFrame, *, coverage: pd.DataFrame | None = None, keep_shifted: bool = False) -> pd.DataFrame:
    """One row a month and direction: with `coverage`, every month the files reach; else those with a report.

    In: the `events` table of one source; `coverage`, its `event_coverage`. Out: period (first day), initiator, target,
    reports (rows), acts (rows after the one-a-day filter: same date, initiator, target and code counted once),
    duplicate_share (0 to 1), goldstein_sum (of acts), net_share ((cooperation - conflict) / (cooperation + conflict) of
    acts, -1 to 1), goldstein_mean (of reports, -10 to 10), quad_1 to quad_4 (acts), covered (share of the month's
    days or slots whose files were read, 0 to 1; NaN without `coverage`), partial (true where less than all).
    Events whose date looks misread (flag date_shift) are left out unless `keep_shifted`. Missing rule: a month without
    a report has counts and a sum of 0 where the files cover it whole, and NaN where they do not; shares and means of
    nothing are NaN. Raises: RequestError on several sources or scales; NoDataError without an event.
    """
    rows = _sound(events, keep_shifted)
    series = _measured(rows)
    if coverage is None:
        return series.assign(covered=np.nan, partial=False)
    covered = covered_months(coverage, str(rows["source"].iloc[0]))
    months = pd.DataFrame({"period": sorted({*covered.index, *series["period"]})})
    sides = rows[["initiator", "target"]].drop_duplicates().sort_values(["initiator", "target"])
    every = sides.merge(months, how="cross")[BY].merge(series, on=BY, how="left", validate="one_to_one")
    every["covered"] = every["period"].map(covered).fillna(0.0)
    every["partial"] = every["covered"] < WHOLE
    silent = every["reports"].isna() & ~every["partial"]
    every.loc[silent, [*COUNTS, "goldstein_sum"]] = 0
    return every.astype(dict.fromkeys(COUNTS, "Int64")).sort_values(BY, ignore_index=True)


def covered_months(coverage: pd.DataFrame, source: str) -> pd.Series:
    """Share of each month's days that the files of a source cover, by first day of month; of two feeds the main one.

    A day counts by the share of its slots that were read; days before the first or after the last the calendar knows
    count as not covered. Raises: NoDataError where the calendar has no day of the source.
    """
    require_columns(coverage, ["source", "feed", "day", "share"], "coverage")
    own = coverage[coverage["source"] == source]
    feeds = sorted(own["feed"].unique())
    own = own[own["feed"] == feeds[0]] if feeds else own
    if own.empty:
        raise NoDataError(
            f"the coverage given has no day of {source}; its files' names do not say what day they are of"
        )
    require_unrepeated(own, ["day"], "coverage")
    read = own.groupby(own["day"].dt.to_period("M"))["share"].sum()
    months = pd.period_range(read.index.min(), read.index.max(), freq="M")
    share = read.reindex(months, fill_value=0.0) / months.days_in_month
    share.index = months.start_time
    return share.rename_axis("period").rename("covered")


def unbroken(
    series: pd.DataFrame, initiator: str, target: str, value: Measure = "goldstein_mean", *, least: int = LEAST_RUN
) -> pd.DataFrame:
    """The longest run of months of one direction that are covered whole and have a value: for `monthly_regimes`.

    In: `monthly` with coverage. Out: period, and the value. Of runs of one length the latest.
    Raises: RequestError for another value; NoDataError where no run has `least` months.
    """
    if value not in MEASURES:
        raise RequestError(f"value={value!r} is none of {', '.join(MEASURES)}")
    require_columns(series, [*BY, value, "partial"], "monthly series")
    own = series[(series["initiator"] == initiator) & (series["target"] == target) & ~series["partial"]]
    own = own.dropna(subset=[value]).sort_values("period")
    number = own["period"].dt.year * 12 + own["period"].dt.month
    run = (number.diff() != 1).cumsum()
    lengths = run.value_counts().sort_index(ascending=False)
    if lengths.max() < least or own.empty:
        raise NoDataError(
            f"turns are sought in {least} months in a row at least, covered whole and with reports; of {initiator} "
            f"towards {target} there are {0 if own.empty else lengths.max()}"
        )
    return own.loc[run == lengths.idxmax(), ["period", value]].reset_index(drop=True)


def monthly_turns(series: pd.DataFrame, *, least: int = LEAST_RUN) -> dict[tuple[str, str], Regimes]:
    """Breaks in the monthly mean score of each direction, unsmoothed, in its longest run of whole months.

    In: `monthly` with coverage. A direction without such a run is left out. Raises: NoDataError where none has one.
    """
    found, faults = {}, []
    for initiator, target in _sides(series):
        try:
            run = unbroken(series, initiator, target, least=least)
        except NoDataError as fault:
            faults.append(fault)
            continue
        usual = {"level": 0.9, "lag": int(len(run) ** 0.25)}
        found[initiator, target] = monthly_regimes(run, "goldstein_mean", **usual)
    if not found:
        raise faults[0] if faults else NoDataError("no month to seek turns in: the monthly series is empty")
    return found


@dataclass(frozen=True)
class Calibration:
    """How two sources agree in the months both cover whole: nothing here joins them.

    `fits`: one row a direction and measure (initiator, target, measure, months, first, last, pearson, spearman, slope,
    slope_low, slope_high, intercept, scale: the ratio of the standard deviations, second to first). The line is by
    least squares, the second source on the first, its interval 95 %. `months`: one row a month, direction and measure,
    with both values. `left_out`: (direction and measure) that has too few months, and why.
    """

    first: str
    second: str
    fits: pd.DataFrame
    months: pd.DataFrame
    left_out: tuple[str, ...]


def calibrate(
    first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str], *, least: int = LEAST_MONTHS
) -> Calibration:
    """Two sources on their overlap, each direction and measure apart.

    In: `monthly` of each source, with coverage; `names` of the two. Months count where neither is partial and both
    have a value. Raises: RequestError where the two are one source, or `least` is below 3; NoDataError where no
    direction and measure has `least` months in common or all of them are constant.
    """
    if names[0] == names[1]:
        raise RequestError(f"calibration needs two sources, not {names[0]} twice")
    if least < 3:
        raise RequestError(f"least={least} months make no line; give at least 3, usually {LEAST_MONTHS}")
    for table, name in zip((first, second), names, strict=True):
        require_columns(table, [*BY, *MEASURES, "partial"], f"monthly series of {name}")
    whole = [table.loc[~table["partial"], [*BY, *MEASURES]] for table in (first, second)]
    both = whole[0].merge(whole[1], on=BY, suffixes=("_first", "_second"), validate="one_to_one")
    fits, months, left = [], [], []
    for sides in _directions(first, second):
        own = both[(both["initiator"] == sides[0]) & (both["target"] == sides[1])]
        for measure in MEASURES:
            pairs = (
                own[["period", f"{measure}_first", f"{measure}_second"]].dropna().set_axis(["period", "x", "y"], axis=1)
            )
            fault = _unfit(pairs, least, names)
            if fault:
                left.append(f"{sides[0]} to {sides[1]}, {measure}: {fault}")
                continue
            fits.append({"initiator": sides[0], "target": sides[1], "measure": measure} | _line(pairs))
            months.append(pairs.assign(initiator=sides[0], target=sides[1], measure=measure))
    if not fits:
        raise NoDataError(
            f"{names[0]} and {names[1]} cannot be held against each other: "
            f"{_summed(left) or 'no direction in common'}; clean files of both for the same months"
        )
    return Calibration(*names, pd.DataFrame(fits), pd.concat(months, ignore_index=True), tuple(left))


def _sound(events: pd.DataFrame, keep_shifted: bool) -> pd.DataFrame:
    """The events of one source and scale whose date can be relied on, with their month and kind."""
    require_columns(events, NEEDED, "events")
    if events.empty:
        raise NoDataError("no event for a monthly series: the events table given is empty")
    require_dates(events, "event_date", "events")
    for column in ("source", "goldstein_scale"):
        found = sorted(map(str, events[column].unique()))
        if len(found) > 1:
            raise RequestError(f"events of several {column}s are never spliced: {', '.join(found)}; choose one")
    shifted = events["flags"].fillna("").str.split(";").map(lambda flags: SHIFTED in flags).astype(bool)
    rows = events if keep_shifted else events[~shifted]
    if rows.empty:
        raise NoDataError(
            f"no event for a monthly series: {len(events)} given, {int(shifted.sum())} with a shifted date"
        )
    period = rows["event_date"].dt.to_period("M").dt.start_time
    return rows.assign(period=period, kind=rows["cameo_code"].fillna(rows["title"]))


def _measured(rows: pd.DataFrame) -> pd.DataFrame:
    """The three measures and their counts, one row a month and direction with a report."""
    acts = rows.drop_duplicates(["event_date", "initiator", "target", "kind"])
    series = rows.groupby(BY).agg(reports=("goldstein", "size"), goldstein_mean=("goldstein", "mean"))
    series["acts"] = acts.groupby(BY).size()
    series["goldstein_sum"] = acts.groupby(BY)["goldstein"].sum()
    for quad in (1, 2, 3, 4):
        series[f"quad_{quad}"] = (acts["quad_class"] == quad).groupby([acts[name] for name in BY]).sum().astype(int)
    series["duplicate_share"] = 1 - series["acts"] / series["reports"]
    cooperation, conflict = series["quad_1"] + series["quad_2"], series["quad_3"] + series["quad_4"]
    series["net_share"] = (cooperation - conflict) / (cooperation + conflict)
    columns = [*BY, "reports", "acts", "duplicate_share", *MEASURES, "quad_1", "quad_2", "quad_3", "quad_4"]
    return series.reset_index()[columns]


def _directions(first: pd.DataFrame, second: pd.DataFrame) -> list[tuple[str, str]]:
    return sorted(set(_sides(first)) & set(_sides(second)))


def _sides(series: pd.DataFrame) -> list[tuple[str, str]]:
    return sorted(set(zip(series["initiator"], series["target"], strict=True)))


def _unfit(pairs: pd.DataFrame, least: int, names: tuple[str, str]) -> str:
    """Why a line through the months would say nothing; nothing where it says something."""
    if len(pairs) < least:
        return f"{len(pairs)} whole months in common, {least} are needed"
    constant = [name for name, side in zip(names, ("x", "y"), strict=True) if np.ptp(pairs[side]) < 1e-12]
    return f"constant in {' and '.join(constant)} over {len(pairs)} months" if constant else ""


def _summed(left: list[str]) -> str:
    """Why each direction and measure was left out, said once where the reason is the same."""
    reasons = Counter(text.split(": ", 1)[1] for text in left)
    return "; ".join(f"{reason} ({count} of {len(left)} series)" for reason, count in reasons.items())


def _line(pairs: pd.DataFrame) -> dict[str, object]:
    x, y = pairs["x"].to_numpy(float), pairs["y"].to_numpy(float)
    fit = stats.linregress(x, y)
    half = stats.t.ppf(0.975, len(x) - 2) * fit.stderr
    return {
        "months": len(x), "first": pairs["period"].min(), "last": pairs["period"].max(), "pearson": fit.rvalue,
        "spearman": stats.spearmanr(x, y).statistic, "slope": fit.slope, "slope_low": fit.slope - half,
        "slope_high": fit.slope + half, "intercept": fit.intercept, "scale": y.std(ddof=1) / x.std(ddof=1),
    }  # fmt: skip
