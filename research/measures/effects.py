"""Did a measure change anything? One result type, and the designs that fill it.

`interrupted_series` asks one series alone; `difference` and `event_study` ask it against units that the measure did
not touch (PPML, so that a zero counts); `synthetic.synthetic_control` against a weighted mean of them. No design is
believed alone: `grid` runs one over windows, dates and bases, and `ranked` puts an estimate among placebos.

A unit's series is a pandas Series with one value a period, a panel a DataFrame with one column a unit; the index is the
first day of each month (or of each year, or whole years), in order, without a gap. Where a design cannot work it raises
and says what it needs and what it got; it never answers with a number.
"""

import itertools
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import norm

from research.errors import DataError, NoDataError, RequestError
from research.measures.given import month
from research.measures.periods import (
    LEAST_PRE,
    cut_to,
    months_sound,
    panel_sound,
    place_inside,
    said_period,
    span_of,
)

SCALES = ("level", "log", "poisson")
MISSING = float("nan")


@dataclass(frozen=True)
class Effect:
    """One estimate with all that is needed to judge it.

    estimate, low, high are in `unit`; `level` is the interval's (0.95), low and high are NaN where the design has no
    interval that could be believed. `rank` of `rank_of` is the estimate's place by size among itself and its placebos
    (1 is the largest), so the best p that they allow is 1 / rank_of; placebos that are earlier dates (`rank_among`)
    share periods and allow none. `fit_error` is the error before the date in units of the series' own spread then (0 is
    perfect; NaN where the design fits none).
    """

    outcome: str
    estimate: float
    low: float
    high: float
    unit: str
    level: float
    n: int
    window: str
    date: str
    method: str
    basis: str
    rank: int | None = None
    rank_of: int | None = None
    fit_error: float = MISSING
    notes: tuple[str, ...] = ()
    rank_among: str = "units"

    @property
    def best_p(self) -> float:
        """The smallest p that so many placebos allow; NaN without placebo units."""
        return 1 / self.rank_of if self.rank_of and self.rank_among == "units" else MISSING

    @property
    def placebo_p(self) -> float:
        """The share of placebos, itself among them, at least as large; NaN without placebos."""
        return self.rank / self.rank_of if self.rank and self.rank_of else MISSING

    def as_percent(self) -> "Effect":
        """Log points as a change in percent; an effect that is in percent already stays as it is."""
        if self.unit == "percent":
            return self
        if self.unit != "log points":
            raise RequestError(f"an effect in {self.unit} is no relative change; estimate it on the log scale")
        low, at, high = (100 * (float(np.exp(value)) - 1) for value in (self.low, self.estimate, self.high))
        return replace(self, estimate=at, low=low, high=high, unit="percent")


class Interruption(NamedTuple):
    """What an interrupted series shows: the change of level at the date, and of slope from it (None if not asked)."""

    level: Effect
    slope: Effect | None


def interrupted_series(
    series: pd.Series,
    date: object,
    *,
    start: object = None,
    end: object = None,
    scale: str = "log",
    trend: bool = True,
    slope: bool = False,
    seasonal: bool | int = True,
    lag: int | None = 12,
    use_correction: bool = True,
    offset: pd.Series | None = None,
    dispersion: bool = False,
    level: float = 0.95,
    outcome: str = "",
) -> Interruption:
    """The change of a monthly series' level (and slope) at `date`, with constant, trend and month effects held.

    In: values, one a month. `scale` log (least squares on natural logs), level (on the values) or poisson (counts, with
    the log of `offset`, the population at risk, where given). `seasonal` True holds month effects, a number that many
    pairs of sine and cosine over the year, False none. `lag` is the Newey-West lag of the errors (None: those of the
    model); `use_correction=False` equals R's `NeweyWest(prewhite=FALSE)`. `dispersion` widens the model's errors of
    counts by Pearson's chi-square over its degrees of freedom (quasi-Poisson). The slope is 1 in the month of the date.
    Out: log points (log, poisson) or the series' unit (level), intervals at `level` from the normal distribution.
    Raises: RequestError for an unknown scale, lag, number of pairs, level or a date outside the window; DataError for a
    series that has gaps, repeats, infinities, no variation, or values that the scale does not know (zero on a log
    scale).
    """
    wide_by = _normal(level)
    if scale not in SCALES:
        raise RequestError(f"scale={scale!r} is unknown; it is {', '.join(SCALES)}")
    whole = months_sound(series, outcome or "the series")
    used = cut_to(whole, start, end)
    at = place_inside(used.index, date, least_after=1)
    _scale_knows(used, scale, outcome or "the series")
    design = _its_design(used.index, at, trend=trend, slope=slope, seasonal=seasonal)
    if len(used) <= design.shape[1] + 1:
        raise DataError(
            f"an interrupted series with {design.shape[1]} terms needs more than {design.shape[1] + 1} months; "
            f"it got {len(used)}. Widen the window or leave out the month effects"
        )
    fit = _fit_its(used, design, scale, lag, use_correction, offset, dispersion)
    named = outcome or str(series.name or "series")
    errors = f"HAC, lag {lag}" if lag is not None else "dispersion" if dispersion else "model errors"
    months = "month effects" if seasonal is True else f"{seasonal} pairs of harmonics"
    terms = [word for word, on in (("trend", trend), ("slope", slope), (months, seasonal)) if on]
    shared = dict(
        outcome=named,
        unit="value" if scale == "level" else "log points",
        level=level,
        n=len(used),
        window=span_of(used.index),
        date=said_period(used.index[at]),
        method=f"interrupted series, {scale}",
        basis=f"its own {', '.join(terms) or 'mean'} ({errors})",
    )
    return Interruption(_of(fit, "step", wide_by, shared), _of(fit, "slope", wide_by, shared) if slope else None)


def placebo_dates(series: pd.Series, date: object, **options: Any) -> pd.DataFrame:
    """The same interrupted series at every earlier date where nothing happened: one row a date, date and estimate.

    Each placebo sees as many months after its date as the true one, and none from the true date on, and at least as
    many months before it as the design needs. Their p-values are not counted: on autocorrelated series most are small.
    Raises: NoDataError when no earlier date leaves room.
    """
    used = cut_to(months_sound(series, "the series"), options.pop("start", None), options.pop("end", None))
    at = place_inside(used.index, date, least_after=1)
    after = len(used) - at
    rows = []
    for place in range(24, at - after + 1):
        part = used.iloc[: place + after]
        found = interrupted_series(part, part.index[place], **options).level
        rows.append((part.index[place], found.estimate))
    if not rows:
        raise NoDataError(
            f"no placebo date: {at} months lie before {said_period(used.index[at])}; one needs 24 and {after} more. "
            "Start the series earlier"
        )
    return pd.DataFrame(rows, columns=["date", "estimate"])


def ranked(effect: Effect, placebos: Iterable[float], *, among: str = "units") -> Effect:
    """The effect with its place by size among its placebos' estimates, both signs counting; among units or dates.

    Raises: NoDataError without a placebo; DataError for one that is no finite number.
    """
    sizes = np.abs(np.asarray(list(placebos), dtype=float))
    if not len(sizes):
        raise NoDataError("no placebo to rank among; name units or dates that the measure did not touch")
    if not np.isfinite(sizes).all():
        raise DataError(
            f"{(~np.isfinite(sizes)).sum()} of {len(sizes)} placebos have no finite estimate; leave them out"
        )
    place = int((sizes >= abs(effect.estimate)).sum()) + 1
    return replace(effect, rank=place, rank_of=len(sizes) + 1, rank_among=among)


def difference(
    panel: pd.DataFrame,
    treated: str,
    date: object,
    *,
    controls: Iterable[str] | None = None,
    start: object = None,
    end: object = None,
    left_out: Iterable[object] = (),
    scale: str = "poisson",
    level: float = 0.95,
    basis: str = "",
    outcome: str = "",
) -> Effect:
    """How the treated unit changed from `date` on beside the controls, with unit and month effects.

    In: a panel, one column a unit; `controls` by default all other columns; `left_out` months are taken out for all
    units (a month of stock building, for instance). `scale` poisson (PPML, log points; a zero counts), log (least
    squares on logs, log points) or level (least squares on values in percent of each unit's own mean before the
    date). The interval is robust (heteroskedasticity), yet with one treated unit no error is to be believed alone: rank
    it (`ranked`) among `difference_placebos`.
    Raises: RequestError for a treated unit that is unknown or among its controls, a date outside the window, an unknown
    scale; DataError for a panel with gaps, repeats or values the scale does not know, or where the treated is zero
    throughout on one side (perfect separation: no finite estimate exists).
    """
    study = event_study(
        panel, treated, {"after": (month(date, "date"), None)}, controls=controls, start=start, end=end,
        left_out=left_out, scale=scale, level=level, basis=basis, outcome=outcome,
    )["after"]  # fmt: skip
    if not np.isfinite(study.estimate):
        raise DataError(
            f"{outcome or treated} is zero in every month from {study.date} on (perfect separation): a relative effect "
            "needs one month above zero there, and no finite estimate exists. Say: zero recorded"
        )
    return study


def event_study(
    panel: pd.DataFrame,
    treated: str,
    bins: Mapping[str, tuple[object, object]],
    *,
    controls: Iterable[str] | None = None,
    start: object = None,
    end: object = None,
    left_out: Iterable[object] = (),
    scale: str = "poisson",
    level: float = 0.95,
    basis: str = "",
    outcome: str = "",
) -> dict[str, Effect]:
    """`difference` by spans of months: name -> (first month, last month or None); months in no bin are the base.

    A bin in which the treated is zero throughout has no finite relative estimate (perfect separation: the likelihood
    rises for ever, and software prints some large negative number with a tiny error). With scale poisson it comes back
    as NaN with the note `zero recorded`, its months taken out for all units; pool it with months of trade to get a
    number.
    Raises: as `difference`; RequestError for bins that overlap or hold no month.
    """
    wide_by = _normal(level)
    others = _control_names(panel, treated, controls)
    used, gone = _without(panel_sound(panel[[treated, *others]], "the panel", start=start, end=end), left_out)
    spans = _spans(used.index, bins)
    base = ~np.logical_or.reduce(list(spans.values()))
    before = int(base[: min(int(np.argmax(span)) for span in spans.values())].sum())
    if before < LEAST_PRE:
        raise DataError(
            f"an event study needs {LEAST_PRE} months before its bins; it got {before} in {span_of(used.index)}"
        )
    if not used.loc[base, treated].sum() > 0:
        raise DataError(
            f"{treated} is zero in all {base.sum()} months of the base: there is nothing it could fall from"
        )
    scaled = _on_scale(used, base, scale)
    empty = {name: scale == "poisson" and not used.loc[span, treated].sum() > 0 for name, span in spans.items()}
    kept = scaled[~np.logical_or.reduce([spans[n] & empty[n] for n in spans])]
    counted = {name: span[used.index.isin(kept.index)] for name, span in spans.items() if not empty[name]}
    fitted = _fit_panel(kept, treated, counted, scale) if counted else {}
    notes = (f"left out: {', '.join(f'{m:%b %Y}' for m in sorted(gone))}",) if gone else ()
    found = {}
    for name in spans:
        at, error = fitted.get(name, (MISSING, MISSING))
        found[name] = Effect(
            outcome or treated, at, at - wide_by * error, at + wide_by * error,
            "percent" if scale == "level" else "log points", level, 0 if empty[name] else int(kept.size),
            span_of(used.index), said_period(used.index[spans[name]][0]), f"difference in differences, {_DID[scale]}",
            basis or f"{len(others)} controls", notes=(*notes, "zero recorded") if empty[name] else notes,
        )  # fmt: skip
    return found


def difference_placebos(
    panel: pd.DataFrame,
    placebos: Iterable[str],
    date: object,
    controls: Iterable[str],
    *,
    start: object = None,
    end: object = None,
    left_out: Iterable[object] = (),
    scale: str = "poisson",
) -> pd.Series:
    """`difference` for each unit that nobody touched, against the same controls less itself: unit -> estimate.

    Estimates only, so no fit is needed: with one treated unit, PPML with unit and month effects equals the log of (the
    unit's sum after over before) less that of the controls' sum; least squares equals the difference of mean changes.
    Raises: as `difference`.
    """
    kept, units = list(controls), list(placebos)
    fellows = {unit: _control_names(panel, unit, [control for control in kept if control != unit]) for unit in units}
    window = panel_sound(panel[list(dict.fromkeys([*units, *kept]))], "the panel", start=start, end=end)
    used, _ = _without(window, left_out)
    before = ~_spans(used.index, {"after": (month(date, "date"), None)})["after"]
    if before.sum() < LEAST_PRE:
        raise DataError(f"{LEAST_PRE} months must lie before {date}; {before.sum()} do in {span_of(used.index)}")
    scaled = _on_scale(used, before, scale)
    by = "sum" if scale == "poisson" else "mean"
    was, became = scaled[before].agg(by), scaled[~before].agg(by)
    if scale != "poisson":
        change = became - was
        return pd.Series({unit: change[unit] - change[others].mean() for unit, others in fellows.items()}, dtype=float)
    found = {}
    for unit, others in fellows.items():
        sums = [became[unit], was[unit], became[others].sum(), was[others].sum()]
        if min(sums) <= 0:
            raise DataError(
                f"{unit} or its controls are zero in every month on one side of {month(date, 'date')}: no finite "
                "relative change exists; leave that placebo out"
            )
        found[unit] = np.log(sums[0] / sums[1]) - np.log(sums[2] / sums[3])
    return pd.Series(found, dtype=float)


def grid(design: Callable[..., Effect], *given: Any, **choices: Iterable[Any]) -> list[Effect]:
    """The design under every combination of the choices (lists), the last changing fastest."""
    names = list(choices)
    return [
        design(*given, **dict(zip(names, values, strict=True)))
        for values in itertools.product(*(list(choices[name]) for name in names))
    ]


def effects_table(groups: Mapping[str, Iterable[Effect]]) -> pd.DataFrame:
    """One row an effect, in percent where it is a relative change: the group's name and every field, best p beside."""
    rows = []
    for group, effects in groups.items():
        for one in effects:
            said = one.as_percent() if one.unit == "log points" else one
            row = {field: getattr(said, field) for field in Effect.__dataclass_fields__}
            rows.append({"group": group} | row | {"best_p": said.best_p, "notes": "; ".join(said.notes)})
    return pd.DataFrame(rows)


def _scale_knows(series: pd.Series, scale: str, what: str) -> None:
    if scale == "log" and (series <= 0).any():
        named = ", ".join(map(said_period, series.index[series <= 0][:4]))
        raise DataError(
            f"{what}: {(series <= 0).sum()} values are zero or below ({named}); a log knows none. Use scale='poisson'"
        )
    if scale == "poisson" and (series < 0).any():
        raise DataError(f"{what}: counts below zero ({(series < 0).sum()} values); scale='poisson' needs counts")


def _its_design(index: pd.Index, at: int, *, trend: bool, slope: bool, seasonal: bool | int) -> pd.DataFrame:
    place = np.arange(len(index))
    terms = {"constant": np.ones(len(index)), "step": (place >= at).astype(float)}
    if trend:
        terms["trend"] = place.astype(float)
    if slope:
        terms["slope"] = np.maximum(0, place - at + 1).astype(float)
    if not isinstance(seasonal, bool) and not (isinstance(seasonal, int) and 1 <= seasonal <= 5):
        raise RequestError(f"seasonal={seasonal!r} must be True, False or the number of harmonic pairs, 1 to 5")
    if seasonal and isinstance(index, pd.DatetimeIndex):
        terms |= _months(index) if seasonal is True else _harmonics(index, seasonal)
    return pd.DataFrame(terms, index=index)


def _months(index: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    return {f"month {number}": (index.month == number).astype(float) for number in sorted(set(index.month))[1:]}


def _harmonics(index: pd.DatetimeIndex, pairs: int) -> dict[str, np.ndarray]:
    angles = {k: 2 * np.pi * k * index.month.to_numpy() / 12 for k in range(1, pairs + 1)}
    return {f"{wave.__name__} {k}": wave(angle) for k, angle in angles.items() for wave in (np.sin, np.cos)}


def _fit_its(series, design, scale: str, lag: int | None, use_correction: bool, offset, dispersion: bool):
    if offset is not None and (scale != "poisson" or not offset.reindex(series.index).gt(0).all()):
        raise RequestError("an offset goes with scale='poisson' and needs a value above zero for every month")
    if dispersion and (scale != "poisson" or lag is not None):
        raise RequestError("dispersion goes with scale='poisson' and lag=None: it is an error of the model")
    if np.linalg.matrix_rank(design.to_numpy()) < design.shape[1]:
        raise DataError("the step cannot be told from the trend and month effects in this window; widen it")
    if scale != "poisson":
        return regression(np.log(series) if scale == "log" else series, design, lag, use_correction=use_correction)
    exposure = None if offset is None else np.log(offset.reindex(series.index).to_numpy(float))
    model = sm.GLM(series, design, family=sm.families.Poisson(), offset=exposure)
    if lag is None:
        return model.fit(scale="X2" if dispersion else None)
    return model.fit(**_hac(lag, len(series), use_correction))


def regression(values: pd.Series, regressors: pd.DataFrame, lag: int | None = None, *, use_correction: bool = True):
    """Least squares with Newey-West errors: a fitted statsmodels result (params, bse, cov_params).

    In: `regressors` one column a term, a constant among them where one is meant; `lag` None gives the model's errors,
    0 those robust to heteroskedasticity. `use_correction` widens by n / (n - k); without it they equal R's
    `NeweyWest(lag = , prewhite = FALSE)`.
    Raises: RequestError for a lag that is no whole number below the number of rows; DataError for rows that are not
    finite.
    """
    if not (np.isfinite(values.to_numpy(float)).all() and np.isfinite(regressors.to_numpy(float)).all()):
        raise DataError("a regression needs finite numbers in every row; leave out the rows that lack one")
    model = sm.OLS(values, regressors)
    return model.fit() if lag is None else model.fit(**_hac(lag, len(values), use_correction))


def _hac(lag: int, rows: int, use_correction: bool) -> dict[str, Any]:
    if isinstance(lag, bool) or not isinstance(lag, int | np.integer) or not 0 <= lag < rows:
        raise RequestError(f"lag={lag!r} must be a whole number from 0 to {rows - 1}, or None")
    return {"cov_type": "HAC", "cov_kwds": {"maxlags": int(lag), "use_correction": use_correction}}


def _of(fit, term: str, wide_by: float, shared: dict) -> Effect:
    low, high = fit.params[term] + np.array([-1, 1]) * wide_by * fit.bse[term]
    return Effect(estimate=float(fit.params[term]), low=float(low), high=float(high), **shared)


def _control_names(panel: pd.DataFrame, treated: str, controls: Iterable[str] | None) -> list[str]:
    named = [unit for unit in panel if unit != treated] if controls is None else list(controls)
    unknown = [unit for unit in [treated, *named] if unit not in panel]
    if unknown:
        raise RequestError(f"no unit {', '.join(map(repr, unknown))} in the panel; it has {', '.join(map(str, panel))}")
    named_once(panel, named)
    if treated in named:
        raise RequestError(f"the treated unit {treated!r} stands among its own controls; take it out")
    if not named:
        raise RequestError(f"no control for {treated!r}: a difference needs at least one unit that was not touched")
    return named


def named_once(panel: pd.DataFrame, named: list[str]) -> None:
    """Raise RequestError for a unit that is named more than once, or has several columns: it would count double."""
    twice = sorted(
        {str(unit) for unit in named if named.count(unit) > 1} | set(panel.columns[panel.columns.duplicated()])
    )
    if twice:
        raise RequestError(f"{', '.join(twice)} named more than once; each unit stands once on its side")


def _spans(index: pd.DatetimeIndex, bins: Mapping[str, tuple[object, object]]) -> dict[str, np.ndarray]:
    """Bin -> which months of the index lie in it."""
    months, spans = index.to_period("M"), {}
    for name, (first, last) in bins.items():
        begin = month(first, f"bin {name}")
        inside = np.asarray(months >= begin)
        if last is not None:
            inside &= np.asarray(months <= month(last, f"bin {name}"))
        if not inside.any():
            raise RequestError(
                f"{name} from {begin} holds no month of {span_of(index)}; choose a date inside the window"
            )
        if any((inside & other).any() for other in spans.values()):
            raise RequestError(f"bin {name!r} overlaps another; each month lies in one bin at most")
        spans[name] = inside
    return spans


def _without(used: pd.DataFrame, left_out: Iterable[object]) -> tuple[pd.DataFrame, set[pd.Period]]:
    """The rows less the months left out, and those months."""
    gone = {month(value, "left_out") for value in left_out}
    return used[~used.index.to_period("M").isin(gone)], gone


def _on_scale(used: pd.DataFrame, base: np.ndarray, scale: str) -> pd.DataFrame:
    """The panel on the scale that is fitted: values, logs, or percent of each unit's own mean in the base."""
    if scale not in SCALES:
        raise RequestError(f"scale={scale!r} is unknown; it is {', '.join(SCALES)}")
    if scale == "poisson" and (used < 0).any().any():
        raise DataError("PPML needs values of zero or more; the panel has values below zero")
    if scale == "log" and (used <= 0).any().any():
        zeros = (used <= 0).sum()
        named = ", ".join(f"{unit} ({count} months)" for unit, count in zeros[zeros > 0].items())
        raise DataError(f"a log knows no zero: {named}. Use scale='poisson', which counts zeros")
    if scale == "log":
        return np.log(used)
    if scale == "poisson":
        return used
    means = used[base].mean()
    if (means <= 0).any():
        raise DataError(f"percent of a base of zero or below: {', '.join(means.index[means <= 0])}; leave them out")
    return 100 * used / means


_DID = {"poisson": "PPML", "log": "least squares on logs", "level": "least squares on percent of the base"}


def _fit_panel(
    used: pd.DataFrame, treated: str, spans: dict[str, np.ndarray], scale: str
) -> dict[str, tuple[float, float]]:
    """Bin -> estimate and robust standard error, with unit and month effects."""
    import pyfixest  # slow to load, and only this needs it

    wide = used.rename_axis(index="period", columns="unit")
    long = wide.melt(ignore_index=False, value_name="value").reset_index()
    terms = {f"bin{number}": name for number, name in enumerate(spans)}
    for term, name in terms.items():
        long[term] = ((long["unit"] == treated) & long["period"].isin(used.index[spans[name]])).astype(float)
    fit_by = pyfixest.fepois if scale == "poisson" else pyfixest.feols
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' notices to pyfixest's authors; what matters to a reader is checked
        fit = fit_by(f"value ~ {' + '.join(terms)} | unit + period", long, vcov="hetero")
    at, error = fit.coef(), fit.se()
    if not (np.isfinite(at).all() and np.isfinite(error).all()):
        raise DataError(f"no finite estimate for {treated}: too few months or units above zero")
    return {name: (float(at[t]), float(error[t])) for t, name in terms.items()}


def _normal(level: float) -> float:
    """How many standard errors to each side an interval of that level reaches."""
    if isinstance(level, bool) or not isinstance(level, float) or not 0.5 <= level < 1:
        raise RequestError(f"level={level!r} must lie between 0.5 and 1, for instance 0.95")
    return float(norm.ppf((1 + level) / 2))
