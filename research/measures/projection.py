"""Where is it heading: the level six months out with a fan, beside what simpler forecasts have been worth.

The forecasts compared, each made at a month-end from what was known then, in a rolling-origin backtest:
naive (the level stays), AR(1) (a line through all earlier pairs of level and level h months later, fitted anew at
each origin), decay (no further events: pressure and intensity halve every half-life), zero.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from research.errors import DataError, NoDataError, RequestError
from research.measures.given import require_columns
from research.measures.relations import TOGETHER, entered

HORIZON = 6
BURN_IN = 96  # months before the first origin: a forecaster needs a record to learn from
METHODS = ("naive", "ar1", "decay", "zero")
NEEDED = ["month_end", "level", "intensity", "pressure"]
LEAST_ORIGINS = 24


@dataclass(frozen=True)
class Projection:
    """`fan`: one row a month ahead (month_end, months_ahead, naive, decay, low50, high50, low90, high90).

    `scores`: one row a method (method, origins, rmse, against_naive: change in percent, p: two-sided, Diebold and
    Mariano, see `diebold_mariano`). `backtest`: one row an origin (origin, target_month,
    actual, one column a method). `coverage`: share of origins, once enough errors were known, whose outcome fell
    inside a 90 % band made of the errors known by then.
    """

    fan: pd.DataFrame
    scores: pd.DataFrame
    backtest: pd.DataFrame
    horizon: int
    coverage: float
    covered_origins: int


def project(
    series: pd.DataFrame, *, half_life_months: float = 6.0, horizon: int = HORIZON, burn_in: int = BURN_IN
) -> Projection:
    """The level `horizon` months out: no further events as its middle, past errors of that forecast as its fan.

    In: `relations` of one direction (or together), one row a month, made with the same half-life. The fan's edges at
    each month ahead are the 5, 25, 75 and 95 % quantiles of the errors at that distance over all origins.
    Missing rule: months before the first event have no level and are left out.
    Raises: RequestError for a horizon or burn-in below 1; DataError for several directions, missing months or
    levels; NoDataError for fewer than 24 origins.
    """
    for name, value in (("horizon", horizon), ("burn_in", burn_in)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise RequestError(f"{name}={value!r} must be a whole number of months, at least 1")
    known = _sound(series)
    origins = len(known) - burn_in - horizon
    if origins < LEAST_ORIGINS:
        raise NoDataError(
            f"a backtest needs {LEAST_ORIGINS} origins after {burn_in} months to learn from and {horizon} to check; "
            f"{len(known)} months of level leave {max(origins, 0)}. Read a longer window"
        )
    backtest = _backtest(known, half_life_months, horizon, burn_in)
    inside = _inside_known_errors(backtest, horizon)
    return Projection(
        fan=_fan(known, half_life_months, horizon, burn_in),
        scores=_scores(backtest, horizon),
        backtest=backtest,
        horizon=horizon,
        coverage=float(inside.mean()) if len(inside) else np.nan,
        covered_origins=len(inside),
    )


def next_mean_score(
    events: pd.DataFrame, series: pd.DataFrame, *, horizon: int = HORIZON, burn_in: int = BURN_IN
) -> pd.DataFrame:
    """How well the level foretells the mean score of the events of the next `horizon` months.

    In: the events and `relations(..., direction="together")` of them. One row a forecast: method (level, historical
    mean of all scores so far, zero), origins, rmse. Origins without an event in the months ahead are left out.
    Raises: as `project`; NoDataError when no origin has an event ahead.
    """
    known = _sound(series)
    scored = entered(events, "together" if series["initiator"].iloc[0] == TOGETHER else "each")
    enters, scores = scored["enters"].to_numpy(), scored["goldstein"].to_numpy(float)
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    ends = known["month_end"].to_numpy()
    upto = enters.searchsorted(ends, side="right")
    at = np.arange(burn_in, len(known) - horizon)
    ahead = upto[at + horizon] - upto[at]
    at, ahead = at[ahead > 0], ahead[ahead > 0]
    if not len(at):
        raise NoDataError(f"no origin after {burn_in} months has an event in the {horizon} months ahead")
    actual = (sums[upto[at + horizon]] - sums[upto[at]]) / ahead
    forecasts = {
        "level": known["level"].to_numpy()[at],
        "historical mean": sums[upto[at]] / upto[at],
        "zero": np.zeros(len(at)),
    }
    rows = [(name, len(at), _rmse(actual - told)) for name, told in forecasts.items()]
    return pd.DataFrame(rows, columns=["method", "origins", "rmse"])


def _sound(series: pd.DataFrame) -> pd.DataFrame:
    require_columns(series, [*NEEDED, "initiator", "target"], "levels")
    if len(series[["initiator", "target"]].drop_duplicates()) != 1:
        raise DataError("a projection needs the level of one direction, or of both together; choose one")
    known = series.loc[series["level"].notna().cummax()].reset_index(drop=True)
    months = pd.PeriodIndex(known["month_end"], freq="M")
    if len(months) and not months.equals(pd.period_range(months[0], periods=len(months), freq="M")):
        raise DataError("a projection needs every month once and in order; months repeat, are missing or unsorted")
    if not np.isfinite(known[NEEDED[1:]].to_numpy(float)).all():
        raise DataError("a projection needs a level in every month after the first; some are missing or infinite")
    return known


def _decay(known: pd.DataFrame, half_life_months: float, months: int) -> np.ndarray:
    """The level `months` on, if nothing further happens."""
    left = 2.0 ** (-months / half_life_months)
    return known["pressure"].to_numpy() * left / (1 + known["intensity"].to_numpy() * left)


def _backtest(known: pd.DataFrame, half_life_months: float, horizon: int, burn_in: int) -> pd.DataFrame:
    level = known["level"].to_numpy()
    at = np.arange(burn_in, len(level) - horizon)
    lines = [np.polyfit(level[: t + 1 - horizon], level[horizon : t + 1], 1) for t in at]
    return pd.DataFrame(
        {
            "origin": known["month_end"].to_numpy()[at],
            "target_month": known["month_end"].to_numpy()[at + horizon],
            "actual": level[at + horizon],
            "naive": level[at],
            "ar1": [slope * level[t] + constant for (slope, constant), t in zip(lines, at, strict=True)],
            "decay": _decay(known, half_life_months, horizon)[at],
            "zero": 0.0,
        }
    )


def _scores(backtest: pd.DataFrame, horizon: int) -> pd.DataFrame:
    errors = {method: (backtest["actual"] - backtest[method]).to_numpy() for method in METHODS}
    naive = _rmse(errors["naive"])
    rows = []
    for method, error in errors.items():
        p = np.nan if method == "naive" else diebold_mariano(error, errors["naive"], horizon)
        rows.append((method, len(error), _rmse(error), 100 * (_rmse(error) / naive - 1) if naive else np.nan, p))
    return pd.DataFrame(rows, columns=["method", "origins", "rmse", "against_naive", "p"])


def _rmse(errors: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))


def diebold_mariano(errors: np.ndarray, others: np.ndarray, horizon: int) -> float:
    """Two-sided p of equal squared errors (Diebold and Mariano 1995).

    Long-run variance with Bartlett weights up to twice the horizon: forecasts overlap over one horizon, and the
    weights shrink what lies near their end. On the home pair other usual choices of lag and kernel move p between
    0.04 and 0.09, so it decides nothing by itself.
    """
    loss = np.square(errors) - np.square(others)
    centred = loss - loss.mean()
    n = len(loss)
    variance = centred @ centred / n
    bandwidth = 2 * horizon
    for lag in range(1, min(bandwidth + 1, n)):
        variance += 2 * (1 - lag / (bandwidth + 1)) * (centred[lag:] @ centred[:-lag]) / n
    if variance <= 0:
        return np.nan
    return float(2 * norm.sf(abs(loss.mean()) / np.sqrt(variance / n)))


def _fan(known: pd.DataFrame, half_life_months: float, horizon: int, burn_in: int) -> pd.DataFrame:
    level, last = known["level"].to_numpy(), known["month_end"].iloc[-1]
    rows = []
    for ahead in range(1, horizon + 1):
        told = _decay(known, half_life_months, ahead)
        at = np.arange(burn_in, len(level) - ahead)
        low90, low50, high50, high90 = told[-1] + np.quantile(level[at + ahead] - told[at], (0.05, 0.25, 0.75, 0.95))
        month_end = last + pd.offsets.MonthEnd(ahead)
        rows.append((month_end, ahead, level[-1], told[-1], low50, high50, low90, high90))
    columns = ["month_end", "months_ahead", "naive", "decay", "low50", "high50", "low90", "high90"]
    return pd.DataFrame(rows, columns=columns)


def _inside_known_errors(backtest: pd.DataFrame, horizon: int) -> np.ndarray:
    """Did the outcome fall inside the band of the errors known by the origin? One a origin that knows 24 of them."""
    error = (backtest["actual"] - backtest["decay"]).to_numpy()
    inside = []
    for i in range(LEAST_ORIGINS + horizon, len(error)):
        low, high = np.quantile(error[: i - horizon + 1], (0.05, 0.95))
        inside.append(low <= error[i] <= high)
    return np.array(inside)
