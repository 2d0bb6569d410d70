"""Synthetic control: what the treated unit would have done, as a weighted mean of units that were not treated.

Weights minimise the squared gaps of the outcomes before the date alone, unscaled, none below zero and summing to one.
There is no interval; instead the estimate is ranked among the same estimate for each donor (placebo in space), and the
error of the fit before the date is stated beside it: a poor fit is no evidence, whatever the gap after.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from research.errors import DataError, NoDataError, RequestError
from research.measures.effects import MISSING, Effect, named_once
from research.measures.periods import LEAST_PRE, panel_sound, place_of, said_period, span_of

SCALES = ("level", "log", "demeaned log")
LEAST_DONORS = 3
HEAVY = 1e5  # weight of the row that makes the weights sum to one, where outcomes are at most 1


@dataclass(frozen=True)
class Synthetic:
    """The effect, the gap period by period (on the scale of the fit), the donors' weights, the placebos' estimates."""

    effect: Effect
    gaps: pd.Series = field(repr=False)
    weights: pd.Series = field(repr=False)
    placebos: pd.DataFrame = field(repr=False)


def synthetic_control(
    panel: pd.DataFrame,
    treated: str,
    date: object,
    *,
    donors: Iterable[str] | None = None,
    start: object = None,
    end: object = None,
    counted_from: object = None,
    scale: str = "level",
    placebos: bool = True,
    percent: bool = False,
    outcome: str = "",
) -> Synthetic:
    """The mean gap between the treated unit and its synthetic control from `date` to the end of the window.

    In: a panel, one column a unit, one row a month or year. `scale` level, log, or demeaned log (each unit less its own
    mean before the date, so that donors of another size can serve). With scale level, `percent=True` gives the gap in
    percent of the synthetic control's sum; on the log scales the unit is log points. Periods from the date on but
    before `counted_from` belong to neither side (the year of a measure, when the year after it is asked for).
    Out: rank by the ratio of the gap's size after to before the date (Abadie, Diamond & Hainmueller 2010), the treated
    unit among its donors. `placebos` holds unit, estimate, fit_error and ratio.
    Raises: RequestError for an unknown scale or unit, the treated among its donors, fewer than three donors, a date
    that leaves fewer than three periods before it; DataError for an unsound panel or zeros on a log scale.
    """
    if scale not in SCALES:
        raise RequestError(f"scale={scale!r} is unknown; it is {', '.join(SCALES)}")
    names = _donor_names(panel, treated, donors)
    used = panel_sound(panel[[treated, *names]], "the panel", start=start, end=end)
    at = place_of(used.index, date, "date")
    if at < LEAST_PRE or at >= len(used):
        raise RequestError(
            f"a synthetic control needs {LEAST_PRE} periods before the date and one from it on; {date} leaves {at} and "
            f"{len(used) - at} in {used.index[0]} to {used.index[-1]}. Choose a date inside the window"
        )
    if scale != "level" and (used <= 0).any().any():
        raise DataError(
            f"a log knows no zero: {', '.join(used.columns[(used <= 0).any()])} have one; use scale='level'"
        )
    if counted_from is not None:
        used = _less_between(used, at, counted_from)
    fitted = _scaled(used, at, scale)
    rows = {treated: _fit(fitted, treated, names, at)}
    if placebos:
        rows |= {unit: _fit(fitted, unit, [other for other in names if other != unit], at) for unit in names}
    table = pd.DataFrame(
        [
            (unit, _estimate(used, unit, gap, at, percent), *_errors(fitted[unit], gap, at))
            for unit, (gap, _) in rows.items()
        ],
        columns=["unit", "estimate", "fit_error", "ratio"],
    )
    own, gap = table.iloc[0], rows[treated][0]
    rank = int((table["ratio"].iloc[1:] >= own["ratio"]).sum()) + 1 if placebos else None
    effect = Effect(
        outcome or str(treated), float(own["estimate"]), MISSING, MISSING, _unit(scale, percent), MISSING,
        int(used.size), span_of(used.index), said_period(used.index[at]), f"synthetic control, {scale}",
        f"{len(names)} donors", rank, len(table) if placebos else None, float(own["fit_error"]),
    )  # fmt: skip
    return Synthetic(effect, gap, rows[treated][1], table)


def placebo_dates(
    panel: pd.DataFrame, treated: str, date: object, *, least_before: int = LEAST_PRE, **choices: Any
) -> pd.DataFrame:
    """The same synthetic control at every earlier date where nothing happened: date, estimate and fit_error.

    Each placebo sees as many periods from its date on as the true one, none from the true date on, and at least
    `least_before` periods before it. Neighbouring dates share periods, so their number overstates what they prove.
    Raises: as `synthetic_control`; NoDataError when no earlier date leaves room.
    """
    used = panel_sound(panel, "the panel", start=choices.pop("start", None), end=choices.pop("end", None))
    at = place_of(used.index, date, "date")
    if not 0 < at < len(used):
        raise RequestError(f"the date {date} must lie inside the window, {span_of(used.index)}; choose one that does")
    after, rows = len(used) - at, []
    for place in range(max(least_before, LEAST_PRE), at - after + 1):
        part = used.iloc[: place + after]
        found = synthetic_control(part, treated, part.index[place], placebos=False, **choices).effect
        rows.append((part.index[place], found.estimate, found.fit_error))
    if not rows:
        raise NoDataError(
            f"no placebo date: {at} periods lie before {date}; one needs {max(least_before, LEAST_PRE)} and {after} "
            "more. Start the panel earlier"
        )
    return pd.DataFrame(rows, columns=["date", "estimate", "fit_error"])


def _less_between(used: pd.DataFrame, at: int, counted_from: object) -> pd.DataFrame:
    first = place_of(used.index, counted_from, "counted_from")
    if not at <= first < len(used):
        raise RequestError(
            f"counted_from={counted_from!r} must lie between the date and the end, {said_period(used.index[at])} to "
            f"{said_period(used.index[-1])}"
        )
    return used.drop(index=used.index[at:first])


def _unit(scale: str, percent: bool) -> str:
    if scale != "level":
        return "log points"
    return "percent" if percent else "value"


def _donor_names(panel: pd.DataFrame, treated: str, donors: Iterable[str] | None) -> list[str]:
    names = [unit for unit in panel if unit != treated] if donors is None else list(donors)
    unknown = [unit for unit in [treated, *names] if unit not in panel]
    if unknown:
        raise RequestError(f"no unit {', '.join(map(repr, unknown))} in the panel; it has {', '.join(map(str, panel))}")
    named_once(panel, names)
    if treated in names:
        raise RequestError(f"the treated unit {treated!r} stands among its own donors; take it out")
    if len(names) < LEAST_DONORS:
        raise RequestError(f"a synthetic control needs at least {LEAST_DONORS} donors; it got {len(names)}")
    return names


def _scaled(used: pd.DataFrame, at: int, scale: str) -> pd.DataFrame:
    if scale == "level":
        return used
    logs = np.log(used)
    return logs - logs.iloc[:at].mean() if scale == "demeaned log" else logs


def _fit(fitted: pd.DataFrame, unit: str, donors: list[str], at: int) -> tuple[pd.Series, pd.Series]:
    """Gap in every period, and the weights: least squares before the date on the simplex, exactly.

    Non-negative least squares with one heavy row that makes the weights sum to one. pysyncon minimises the same sum,
    but its solver stops short without saying so once outcomes are large (-41.7 for -19.5 on Proposition 99).
    """
    before = fitted.iloc[:at]
    size = float(np.abs(before[[unit, *donors]].to_numpy()).max())
    outcomes = np.vstack([before[donors].to_numpy(float) / size, np.full(len(donors), HEAVY)])
    found, _ = nnls(outcomes, np.append(before[unit].to_numpy(float) / size, HEAVY), maxiter=100 * len(donors))
    weights = pd.Series(found / found.sum(), index=donors)
    return fitted[unit] - fitted[donors] @ weights, weights


def _estimate(used: pd.DataFrame, unit: str, gap: pd.Series, at: int, percent: bool) -> float:
    if not percent:
        return float(gap.iloc[at:].mean())
    actual = used[unit].iloc[at:].sum()
    return float(100 * (actual / (actual - gap.iloc[at:].sum()) - 1))


def _errors(own: pd.Series, gap: pd.Series, at: int) -> tuple[float, float]:
    """Root mean square of the gap before the date, in units of the series' deviation then; after over before."""
    before, after = (float(np.sqrt((part**2).mean())) for part in (gap.iloc[:at], gap.iloc[at:]))
    spread = float(own.iloc[:at].std(ddof=1))
    return before / spread if spread > 0 else np.inf, after / before if before > 0 else np.inf
