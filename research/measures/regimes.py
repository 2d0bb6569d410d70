"""When did it turn: exact breaks in a series (Bai and Perron 1998, 2003), how many of them, and how surely dated.

All partitions are searched by dynamic programming. `breakpoints` takes any regressors (by default a mean alone);
`monthly_regimes` a monthly series, `event_regimes` the events' scores in order of date. Breaks are sought in
*unsmoothed* scores, never in the decayed level: smoothing makes a series autocorrelated by construction, and a
break would be found in nearly every shuffled record. Zero breaks is an allowed answer.

A break is named by the last observation of the old regime, counted from 1, as in the published references.
"""

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import log_ndtr

from research.errors import DataError, NoDataError, RequestError
from research.measures.given import named_rows, require_columns, require_dates
from research.measures.relations import TOGETHER, entered

MINIMUM_SHARE = 0.15
ROUNDING = 1e-12  # of the total sum of squares: below it a sum of squares is zero
SINGULAR = 1e10
MOST_VALUES = 6000  # an exact search holds a table of values by values: 300 MB here
LWZ_WEIGHT, LWZ_POWER = 0.299, 2.1  # Liu, Wu and Zidek 1997
CRITERIA = ("BIC", "LWZ")
Criterion = Literal["BIC", "LWZ"]


@dataclass(frozen=True)
class Partition:
    """What a search for breaks found in one series.

    `criteria`: one row a number of breaks (breaks, rss, bic, lwz, at: last observations of the old regimes).
    `breaks`: one row a break of the chosen number (last: of the old regime, low, high: its interval; NaN where the
    asymptotic interval does not exist). `segments`: one row a regime (first, last, observations, mean, then one
    coefficient a regressor). Observations are counted from 1. `autocorrelation`: of the residuals, at lag 1.
    """

    observations: int
    regressors: int
    minimum: int
    criterion: str
    chosen: int
    level: float
    lag: int
    autocorrelation: float
    criteria: pd.DataFrame
    breaks: pd.DataFrame
    segments: pd.DataFrame

    def number_by(self, criterion: str) -> int:
        """The number of breaks that one criterion chooses: its smallest value, the fewer breaks of equal ones."""
        return int(self.criteria.loc[self.criteria[criterion.lower()].idxmin(), "breaks"])


def breakpoints(
    values: object,
    regressors: object = None,
    *,
    minimum_share: float = MINIMUM_SHARE,
    minimum: int | None = None,
    maximum: int | None = None,
    criterion: Criterion = "BIC",
    breaks: int | None = None,
    level: float = 0.95,
    lag: int = 0,
    common_variance: bool = False,
) -> Partition:
    """The breaks in a regression of `values` on `regressors` that leave the least sum of squares.

    In: numbers in order of time; `regressors` one row an observation and one column each, a constant among them
    where one is meant (none given: a mean alone). The shortest regime holds floor(minimum_share x observations),
    or `minimum` of them; up to `maximum` breaks (by default as many as fit) are searched, their number chosen by
    `criterion`, or given as `breaks`. Intervals for dates at `level` follow Bai (1997), moments and error variance of
    each regime apart, rounded outward; `lag` above 0 takes the long-run variance instead (Bartlett weights up to that
    lag); `common_variance` takes one variance for all regimes.
    BIC = -2 log L + log(n)(k + 1)(m + 1); LWZ = ln(SSR / (n - p)) + (p / n) 0.299 (ln n)^2.1, p = (m + 1)k + m.
    Raises: RequestError for a share, number, level, lag or criterion out of range; DataError for values that are not
    finite numbers, constant, or too few for two regimes, and for regressors that do not vary within a regime.
    """
    y, x = _numbers(values), _design(regressors, values)
    minimum, most = _limits(y, x, minimum_share, minimum, maximum)
    _ask(criterion, level, lag, breaks, most)
    if x.shape[1] == 1 and np.ptp(y) == 0:
        raise DataError(f"breaks need values that vary; all {len(y)} are {y[0]:g}. There is nothing to divide")
    criteria = _criteria(len(y), x.shape[1], _search(_cost(y, x, minimum), minimum, most))
    chosen = int(criteria[criterion.lower()].idxmin()) if breaks is None else breaks
    at = list(criteria["at"].iloc[chosen])
    edges = [0, *at, len(y)]
    fitted = [_fit(y[a:b], x[a:b]) for a, b in itertools.pairwise(edges)]
    residuals = np.concatenate([residual for _, residual in fitted])
    return Partition(
        observations=len(y),
        regressors=x.shape[1],
        minimum=minimum,
        criterion=criterion if breaks is None else "given",
        chosen=chosen,
        level=level,
        lag=lag,
        autocorrelation=_autocorrelation(residuals),
        criteria=criteria,
        breaks=pd.DataFrame(
            [(b, *_interval(x, edges, i, fitted, level, lag, common_variance)) for i, b in enumerate(at)],
            columns=["last", "low", "high"],
        ),
        segments=_segments(y, edges, fitted),
    )


@dataclass(frozen=True)
class Regimes:
    """Breaks with their dates: `partition` as counted; `breaks` and `segments` the same as dates.

    `breaks`: one row a break (last, first: dates on its two sides; low, high: its interval as dates;
    low_known, high_known: false where the interval reaches beyond the record, whose edge then stands for it).
    `segments`: one row a regime (start, end, observations, mean).
    """

    partition: Partition
    breaks: pd.DataFrame
    segments: pd.DataFrame
    dates: pd.DatetimeIndex


def monthly_regimes(table: pd.DataFrame, value: str, *, date: str = "period", **choices) -> Regimes:
    """Breaks in the mean of a monthly series without gaps; `choices` as for `breakpoints`.

    In: one row a month, ascending, each month from the first to the last there. Out: `Regimes`.
    Raises: as `breakpoints`; DataError for unsorted, repeated or missing months, naming them.
    """
    require_columns(table, [date, value], "monthly values")
    if table.empty:
        raise DataError("breaks need a series; the monthly values given are empty")
    require_dates(table, date, "monthly values")
    months = pd.PeriodIndex(table[date], freq="M")
    repeated = months[months.duplicated()].unique()
    if len(repeated):
        raise DataError(f"breaks need each month once; repeated: {_listed(repeated)}. Keep one row a month")
    if not months.is_monotonic_increasing:
        raise DataError(f"breaks need months in order; {_listed(months[:1])} comes first. Sort by {date}")
    absent = pd.period_range(months[0], months[-1], freq="M").difference(months)
    if len(absent):
        raise DataError(
            f"breaks need months without gaps; {len(absent)} of {months[0]} to {months[-1]} are missing: "
            f"{_listed(absent)}. Choose a window without them, or use the events in order of date"
        )
    unknown = ~np.isfinite(pd.to_numeric(table[value], errors="coerce").to_numpy(float, na_value=np.nan))
    if unknown.any():
        raise DataError(
            f"breaks need a number in every month; {unknown.sum()} have none: {_listed(months[unknown])}. "
            "Choose a window without them"
        )
    return _dated(breakpoints(table[value], **choices), months.to_timestamp())


def event_regimes(events: pd.DataFrame, initiator: str = TOGETHER, target: str = TOGETHER, **choices) -> Regimes:
    """Breaks in the mean of the events' scores in order of date, unsmoothed; `choices` as for `breakpoints`.

    In: the `events` table of one source; both directions together (an event by both sides counted once) unless one
    direction is named. Several events of a day stand in order of their ids. Out: `Regimes`, dates those at which
    events enter (the middle of the month or year where only that is known).
    Raises: as `relations` and `breakpoints`.
    """
    one = entered(events, "together" if initiator == target == TOGETHER else "each")
    one = one[(one["initiator"] == initiator) & (one["target"] == target)]
    if one.empty:
        raise NoDataError(f"breaks need a series; there is no event by {initiator} towards {target}")
    usual = {"level": 0.9, "lag": int(len(one) ** 0.25)}
    return _dated(breakpoints(one["goldstein"], **usual | choices), pd.DatetimeIndex(one["enters"]))


def events_inside(found: Regimes, events: pd.DataFrame) -> pd.DataFrame:
    """One row an event inside the interval of a break: what lies there, which is not what caused it.

    Out: break_number (from 1), event_id, event_date, title, goldstein; by date.
    """
    require_columns(events, ["event_id", "event_date", "title", "goldstein", "is_mutual", "initiator"], "events")
    once = events[~events["is_mutual"].astype(bool) | (events["initiator"] < events["target"])]
    parts = [
        once[once["event_date"].between(row.low, row.high)].assign(break_number=number)
        for number, row in enumerate(found.breaks.itertuples(), start=1)
    ]
    columns = ["break_number", "event_id", "event_date", "title", "goldstein"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).sort_values(["break_number", "event_date", "event_id"], ignore_index=True)[columns]


def yearly_scores(events: pd.DataFrame) -> pd.DataFrame:
    """One row a year with events, both directions together: year (its first day), mean score, events."""
    scored = entered(events, "together")
    years = scored["enters"].dt.to_period("Y").dt.start_time
    table = scored.groupby(years)["goldstein"].agg(["mean", "size"])
    return table.rename_axis("year").reset_index().rename(columns={"size": "events"})


# ---- what is asked, and whether it can be


def _numbers(values: object) -> np.ndarray:
    y = pd.to_numeric(pd.Series(values).reset_index(drop=True), errors="coerce").to_numpy(float, na_value=np.nan)
    unsound = ~np.isfinite(y)
    if unsound.any():
        rows = named_rows(pd.DataFrame(index=np.arange(1, len(y) + 1)), unsound)
        raise DataError(f"breaks need finite numbers; {unsound.sum()} of {len(y)} values are not: numbers {rows}")
    return y


def _design(regressors: object, values: object) -> np.ndarray:
    length = len(pd.Series(values))
    if regressors is None:
        return np.ones((length, 1))
    x = np.asarray(regressors, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if x.shape[0] != length:
        raise DataError(f"breaks need one row of regressors a value; got {x.shape[0]} rows for {length} values")
    if not np.isfinite(x).all():
        raise DataError("breaks need finite regressors; leave out the rows that lack one (the first of a lag)")
    return x


def _limits(y: np.ndarray, x: np.ndarray, share: float, least: int | None, maximum: int | None) -> tuple[int, int]:
    """The shortest regime, and the largest number of breaks searched."""
    if not 0 < share <= 0.5:
        raise RequestError(f"minimum_share={share!r} must lie above 0 and not above 0.5, for instance 0.15")
    if least is not None and (isinstance(least, bool) or not isinstance(least, int | np.integer) or least < 1):
        raise RequestError(f"minimum={least!r} must be a whole number of observations, at least 1")
    n, k = x.shape
    if n > MOST_VALUES:
        raise DataError(
            f"an exact search for breaks takes at most {MOST_VALUES:,} values; it got {n:,}. Seek them in monthly "
            "means (series.monthly, then monthly_regimes), as for machine-coded events"
        )
    minimum = int(np.floor(share * n + 1e-9)) if least is None else int(least)
    if minimum <= k or n < 2 * minimum:
        asked = f"{share:g} of {n} values is {minimum}" if least is None else f"{minimum} of {n} values are asked"
        raise NoDataError(
            f"breaks need regimes longer than the {k} coefficients fitted in each, and twice as many values; "
            f"{asked}. Give a longer series or a {'larger minimum_share' if least is None else 'smaller minimum'}"
        )
    fit = n // minimum - 1
    if maximum is None:
        return minimum, fit
    if not 0 <= maximum <= fit:
        raise RequestError(f"maximum={maximum} breaks asked; 0 to {fit} fit with regimes of {minimum} of {n} values")
    return minimum, int(maximum)


def _ask(criterion: str, level: float, lag: int, breaks: int | None, most: int) -> None:
    if criterion not in CRITERIA:
        raise RequestError(f"criterion={criterion!r} is unknown; it is {' or '.join(CRITERIA)}")
    if not 0.5 <= level < 1:
        raise RequestError(f"level={level!r} must lie between 0.5 and 1, for instance 0.9")
    if isinstance(lag, bool) or not isinstance(lag, int | np.integer) or lag < 0:
        raise RequestError(f"lag={lag!r} must be a whole number of observations, 0 for none")
    if breaks is not None and not 0 <= breaks <= most:
        raise RequestError(f"breaks={breaks} asked; 0 to {most} were searched")


def _listed(months: pd.PeriodIndex) -> str:
    return ", ".join(map(str, months[:5])) + (f" and {len(months) - 5} more" if len(months) > 5 else "")


# ---- the search


def _cost(y: np.ndarray, x: np.ndarray, minimum: int) -> np.ndarray:
    """Sum of squares of every segment from i (row) up to but not with j (column); infinite where too short.

    Regressors are made orthonormal over the whole series and the values cleaned of them first: the sums of squares
    stay the same, and prefix sums lose no digits.
    """
    n, k = x.shape
    q, r = np.linalg.qr(x)
    if np.linalg.cond(r) > SINGULAR:
        raise DataError(f"breaks need regressors that are independent; the {k} given are not. Leave one out")
    q = q * np.sqrt(n)
    e = y - q @ (q.T @ y) / n
    total = float(e @ e)
    qq = np.concatenate([np.zeros((1, k, k)), np.cumsum(q[:, :, None] * q[:, None, :], axis=0)])
    qe = np.concatenate([np.zeros((1, k)), np.cumsum(q * e[:, None], axis=0)])
    ee = np.concatenate([[0.0], np.cumsum(e**2)])
    cost = np.full((n + 1, n + 1), np.inf)
    for i in range(n - minimum + 1):
        ends = slice(i + minimum, n + 1)
        moment, product = qq[ends] - qq[i], qe[ends] - qe[i]
        if k > 1 and np.linalg.cond(moment[0]) > SINGULAR:
            raise DataError(
                f"breaks need regressors that vary within every regime; in values {i + 1} to {i + minimum} they do "
                "not. Take a larger minimum_share or leave out the regressor that stands still there"
            )
        fit = np.linalg.solve(moment, product[:, :, None])[:, :, 0]
        cost[i, ends] = np.maximum(ee[ends] - ee[i] - (product * fit).sum(axis=1), 0.0)
    cost[cost < ROUNDING * total] = 0.0
    return cost


def _search(cost: np.ndarray, minimum: int, most: int) -> list[tuple[float, tuple[int, ...]]]:
    """For each number of breaks the least sum of squares and where the old regimes end (Bai and Perron 2003)."""
    n = len(cost) - 1
    best, came = [cost[0]], []
    for m in range(1, most + 1):
        now, origin = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
        for j in range((m + 1) * minimum, n + 1):
            starts = slice(m * minimum, j - minimum + 1)
            sums = best[-1][starts] + cost[starts, j]
            origin[j] = m * minimum + int(sums.argmin())
            now[j] = sums.min()
        best.append(now)
        came.append(origin)
    found = []
    for m in range(most + 1):
        at, j = [], n
        for origin in reversed(came[:m]):
            j = int(origin[j])
            at.insert(0, j)
        found.append((float(best[m][n]), tuple(at)))
    return found


def _criteria(n: int, k: int, found: list[tuple[float, tuple[int, ...]]]) -> pd.DataFrame:
    rows = []
    for m, (rss, at) in enumerate(found):
        p = (m + 1) * k + m
        with np.errstate(divide="ignore"):  # a perfect fit has the smallest criterion there is
            bic = n * (np.log(rss) + 1 - np.log(n) + np.log(2 * np.pi)) + np.log(n) * (k + 1) * (m + 1)
            lwz = np.log(rss / (n - p)) + p / n * LWZ_WEIGHT * np.log(n) ** LWZ_POWER if n > p else np.inf
        rows.append((m, rss, bic, lwz, at))
    return pd.DataFrame(rows, columns=["breaks", "rss", "bic", "lwz", "at"])


# ---- what was found


def _fit(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    coefficients = np.linalg.lstsq(x, y, rcond=None)[0]
    return coefficients, y - x @ coefficients


def _segments(y: np.ndarray, edges: list[int], fitted: list) -> pd.DataFrame:
    rows = [
        {"first": a + 1, "last": b, "observations": b - a, "mean": float(y[a:b].mean())}
        | {f"coefficient_{i + 1}": float(c) for i, c in enumerate(coefficients)}
        for a, b, (coefficients, _) in zip(edges[:-1], edges[1:], fitted, strict=True)
    ]
    return pd.DataFrame(rows)


def _autocorrelation(residuals: np.ndarray) -> float:
    centred = residuals - residuals.mean()
    total = centred @ centred
    return float(centred[1:] @ centred[:-1] / total) if total > 0 else 0.0


def _interval(
    x: np.ndarray, edges: list[int], i: int, fitted: list, level: float, lag: int, common: bool
) -> tuple[float, float]:
    """Interval of the break between regimes i and i + 1 (Bai 1997), rounded outward."""
    change = fitted[i + 1][0] - fitted[i][0]
    everything = np.concatenate([residual for _, residual in fitted])
    moments, spreads = [], []
    for side in (i, i + 1):
        rows = slice(edges[side], edges[side + 1])
        moment = float(((x[rows] @ change) ** 2).mean())
        moments.append(moment)
        if lag == 0:
            spreads.append(moment * float(((everything if common else fitted[side][1]) ** 2).mean()))
        else:
            products = (x @ change) * everything
            spreads.append(long_run_variance(products if common else products[rows], lag))
    at = edges[i + 1]
    spreads = [0.0 if v <= ROUNDING * m**2 else v for v, m in zip(spreads, moments, strict=True)]
    if min(spreads) <= 0:  # a perfect fit on both sides leaves no doubt; on one, none the theory could measure
        return (float(at), float(at)) if max(spreads) <= 0 else (np.nan, np.nan)
    xi, phi = moments[1] / moments[0], spreads[1] / spreads[0]
    below, above = (_quantile(share, xi, phi) for share in ((1 - level) / 2, (1 + level) / 2))
    unit = spreads[0] / moments[0] ** 2
    return float(at - np.ceil(above * unit)), float(at - np.floor(below * unit))


def long_run_variance(products: np.ndarray, lag: int) -> float:
    """Long-run variance of a series with mean zero, Bartlett weights up to `lag` (Newey and West 1987)."""
    n = len(products)
    total = products @ products / n
    for j in range(1, min(lag, n - 1) + 1):
        total += 2 * (1 - j / (lag + 1)) * (products[j:] @ products[:-j]) / n
    return float(total)


def argmax_distribution(x: float, xi: float, phi: float) -> float:
    """Distribution of where Bai's two-sided process is largest (Bai 1997, appendix B); 1/2 at 0 when xi = phi = 1.

    In: x; xi, ratio of the moments, and phi, ratio of the variances, of the regime after the break to that before.
    """
    if x == 0:
        x = -1e-300
    size = abs(x)
    if x < 0:
        f = xi / phi
        return float(
            -np.exp(np.log(size) / 2 - size / 8 - np.log(2 * np.pi) / 2)
            - phi / xi * (phi + 2 * xi) / (phi + xi) * np.exp(f * (1 + f) * size / 2 + log_ndtr(-(0.5 + f) * size**0.5))
            + (size / 2 - 2 + (phi + 2 * xi) ** 2 / ((phi + xi) * xi)) * np.exp(log_ndtr(-(size**0.5) / 2))
        )
    f = xi**2 / phi
    return float(
        1
        + np.sqrt(f) * np.exp(np.log(size) / 2 - f * size / 8 - np.log(2 * np.pi) / 2)
        + xi / phi * (2 * phi + xi) / (phi + xi)
        * np.exp((phi + xi) * size / 2 + log_ndtr(-(phi + xi / 2) / phi**0.5 * size**0.5))
        - ((2 * phi + xi) ** 2 / ((phi + xi) * phi) - 2 + f * size / 2) * np.exp(log_ndtr(-((f * size) ** 0.5) / 2))
    )  # fmt: skip


def _quantile(share: float, xi: float, phi: float) -> float:
    """Where the distribution reaches `share`; NaN where it does so on the wrong side of zero."""
    middle = argmax_distribution(0, xi, phi)
    tail = share > 0.5
    if not np.isfinite(middle) or (middle > share if tail else middle < share):
        return np.nan
    edge = 1.0 if tail else -1.0
    while (argmax_distribution(edge, xi, phi) < share) if tail else (argmax_distribution(edge, xi, phi) > share):
        edge *= 2
    return brentq(lambda x: argmax_distribution(x, xi, phi) - share, min(edge, 0), max(edge, 0), xtol=1e-12)


def _dated(found: Partition, dates: pd.DatetimeIndex) -> Regimes:
    last = found.breaks["last"].to_numpy(int)
    edges = {}
    for side in ("low", "high"):
        wanted = found.breaks[side].to_numpy(float)
        held = np.clip(np.nan_to_num(wanted, nan=1 if side == "low" else len(dates)), 1, len(dates)).astype(int)
        edges[side], edges[f"{side}_known"] = dates[held - 1], held == wanted
    breaks = pd.DataFrame({"last": dates[last - 1], "first": dates[last]} | edges)
    segments = pd.DataFrame(
        {
            "start": dates[found.segments["first"] - 1],
            "end": dates[found.segments["last"] - 1],
            "observations": found.segments["observations"],
            "mean": found.segments["mean"],
        }
    )
    return Regimes(found, breaks, segments, dates)
