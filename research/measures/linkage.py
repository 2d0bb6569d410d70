"""Does politics move trade, or trade politics? Local projections, and Granger tests both ways with placebos.

The shock is the monthly sum of the events' scores, never the decayed level, which carries past shocks. Outcomes are
logs, with month effects and a trend held. Windows end before the pandemic.
"""

import warnings

import numpy as np
import pandas as pd
from statsmodels.tools.sm_exceptions import SingularMatrixWarning
from statsmodels.tsa.api import LocalProjections
from statsmodels.tsa.stattools import grangercausalitytests

from research.errors import DataError, NoDataError
from research.measures.effects import Effect, effects_table
from research.measures.given import month
from research.measures.periods import months_sound, panel_sound

POINTS = 10.0  # a response is stated for a month this much colder
LEAST_MONTHS = 60


def monthly_scores(events: pd.DataFrame, start: object, end: object) -> pd.Series:
    """Sum of the scores of all events in each month, both directions, an event by both sides counted once.

    A month without an event is 0: nothing happened. Events dated only to a year are left out.
    Raises: NoDataError when no event lies in the window.
    """
    kept = events[events["date_precision"] != "year"]
    kept = kept[~kept["is_mutual"].astype(bool) | (kept["initiator"] < kept["target"])]
    window = pd.period_range(month(start, "start"), month(end, "end"), freq="M")
    sums = kept.groupby(kept["event_date"].dt.to_period("M"))["goldstein"].sum().reindex(window)
    if sums.isna().all():
        raise NoDataError(f"no event from {window[0]} to {window[-1]}; widen the window")
    return pd.Series(sums.fillna(0.0).to_numpy(), index=window.to_timestamp(), name="score")


def responses(
    scores: pd.Series, outcome: pd.Series, *, horizons: int = 6, lags: int = 3, name: str = ""
) -> list[Effect]:
    """How the outcome differs 0 to `horizons` months after a month 10 points colder: local projections, log points.

    Month effects, trend and `lags` months of both series are held; Newey-West errors at statsmodels' own bandwidth,
    which each effect's basis prints. All horizons stand on the same months.
    Raises: DataError for unsound series, zeros, or fewer than 60 months that both have.
    """
    both = _both(scores, outcome)
    dummies = np.column_stack([both.index.month == number for number in range(2, 13)]).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SingularMatrixWarning)
        model = LocalProjections(both.to_numpy(), shock_idx=0, lags=lags, horizons=horizons, exog=dummies, trend="ct")
        try:
            fit = model.fit()
        except SingularMatrixWarning:
            raise DataError(
                f"{name or outcome.name}: local projections need a shock that its own past, months and trend do not "
                f"foretell exactly; that of {both.index[0]:%Y-%m} to {both.index[-1]:%Y-%m} is no news at all"
            ) from None
    at, error = (np.asarray(part)[:, 1, 0] * -POINTS for part in (fit.irfs, fit.stderr))
    window = f"{both.index[0]:%Y-%m} to {both.index[-1]:%Y-%m}"
    return [
        Effect(
            name or str(outcome.name), float(at[h]), float(at[h] - 1.959963984540054 * abs(error[h])),
            float(at[h] + 1.959963984540054 * abs(error[h])), "log points", 0.95, len(both) - lags - horizons, window,
            f"{h} months after", "local projection",
            f"{lags} lags, month effects, trend; HAC, lag {max(h, int(np.ceil(4 * (max(h, 1) / 100) ** (2 / 9))))}",
        )
        for h in range(horizons + 1)
    ]  # fmt: skip


def precedence(scores: pd.Series, outcome: pd.Series, *, lags: int = 3, name: str = "") -> pd.DataFrame:
    """Granger tests both ways, each ranked among placebo dates: the scores moved round the window month by month.

    Out: one row a direction: outcome, direction, F, p, rank, rank_of, months. Outcomes enter as changes of the log less
    month means. Raises: as `responses`.
    """
    both = _both(scores, outcome)
    change = both["outcome"].diff().dropna()
    change = change - change.groupby(change.index.month).transform("mean")
    score = both["score"].loc[change.index].to_numpy()
    rows = []
    for direction, order in (("politics first", (1, 0)), ("trade first", (0, 1))):
        columns = np.column_stack([score, change])[:, order]
        test = grangercausalitytests(columns, [lags])[lags][0]["ssr_ftest"]
        found, p = float(test[0]), float(test[1])
        moved = [
            granger_f(np.column_stack([np.roll(score, by), change])[:, order], lags)
            for by in range(12, len(score) - 11, 3)
        ]
        rank = int((np.array(moved) >= found).sum()) + 1
        rows.append((name or str(outcome.name), direction, found, p, rank, len(moved) + 1, len(score)))
    return pd.DataFrame(rows, columns=["outcome", "direction", "F", "p", "rank", "rank_of", "months"])


def granger_f(columns: np.ndarray, lags: int) -> float:
    """F of: does the second column help to predict the first? That of `grangercausalitytests`, for many placebos."""
    n = len(columns) - lags
    own, other = (
        np.column_stack([columns[lags - lag : lags - lag + n, c] for lag in range(1, lags + 1)]) for c in (0, 1)
    )
    short = np.column_stack([own, np.ones(n)])
    long = np.column_stack([own, other, np.ones(n)])
    left, right = (
        float(np.square(columns[lags:, 0] - x @ np.linalg.lstsq(x, columns[lags:, 0], rcond=None)[0]).sum())
        for x in (short, long)
    )
    return (left - right) / lags / (right / (n - long.shape[1]))


def _both(scores: pd.Series, outcome: pd.Series) -> pd.DataFrame:
    sound = months_sound(outcome, str(outcome.name or "the outcome"))
    if (sound <= 0).any():
        raise DataError(
            f"{outcome.name}: {(sound <= 0).sum()} months are zero or below; a log knows none: end it earlier"
        )
    both = pd.concat({"score": scores, "outcome": np.log(sound)}, axis=1, join="inner")
    if len(both) < LEAST_MONTHS:
        raise NoDataError(
            f"{outcome.name}: local projections need {LEAST_MONTHS} months of both series; got {len(both)}"
        )
    return panel_sound(both, "scores and outcome")


def linked(events: pd.DataFrame, outcomes: dict[str, pd.Series], shown: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All outcomes at once: `effects_table` of the shown horizons, and `precedence` both ways.

    In: `outcomes`, name -> one value a month; each keeps the window it has. Raises: as `responses`; NoDataError without
    an outcome.
    """
    if not outcomes:
        raise NoDataError("no outcome to set beside politics: no visitors, totals or goods are held for this pair")
    groups, order, labels = {}, [], []
    for name, series in outcomes.items():
        scores = monthly_scores(events, series.index[0], series.index[-1])
        found = responses(scores, series, horizons=max(shown), name=name)
        groups[name] = [found[h] for h in shown]
        labels += [f"{h} months after" if h else "the same month" for h in shown]
        order.append(precedence(scores, series, name=name))
    return effects_table(groups).assign(label=labels), pd.concat(order, ignore_index=True)
