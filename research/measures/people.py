"""Visitors of one origin against those of others: the designs and windows that one figure puts side by side."""

import pandas as pd

from research.dyads import currency
from research.errors import NoDataError
from research.measures import synthetic
from research.measures.effects import (
    Effect,
    difference,
    difference_placebos,
    effects_table,
    grid,
    interrupted_series,
    placebo_dates,
    ranked,
)
from research.measures.given import month

YEARS_BEFORE = 2  # a placebo date needs as many years of fit before it


def visitors_and_rate(by_origin: pd.DataFrame, origin: str, destination: str, rates: pd.DataFrame) -> pd.DataFrame:
    """One row a month of the window: period, visitors (NaN: no figure), rate (NaN: none) and priced, in words.

    The rate is what 100 units of the destination's money cost in that of the origin: higher keeps visitors at home.
    Raises: NoDataError when the origin has no column; DataError for a state without a currency entered.
    """
    if origin not in by_origin:
        raise NoDataError(f"no visitors from {origin}; there are {', '.join(by_origin)}")
    window = pd.date_range(by_origin.index.min(), by_origin.index.max(), freq="MS", name="period")
    paid, price = currency(origin), currency(destination)
    monthly = rates[rates["frequency"] == "M"]
    per_dollar = {
        code: monthly[monthly["currency"] == code].set_index("period")["units_per_usd"].astype(float).reindex(window)
        for code in (paid, price)
    } | {"USD": pd.Series(1.0, window)}
    rate = 100 * per_dollar[paid] / per_dollar[price]
    table = pd.DataFrame({"visitors": by_origin[origin].reindex(window), "rate": rate})
    return table.reset_index().assign(priced=f"100 {price} in {paid}")


def in_time(by_origin: pd.DataFrame, origin: str, date: str, start: str, end: str) -> tuple[Effect, pd.DataFrame]:
    """The synthetic control in demeaned logs, ranked among itself at earlier dates; and those (date, estimate).

    Raises: as `synthetic.placebo_dates`.
    """
    chosen = {"start": start, "end": end, "scale": "demeaned log"}
    dates = synthetic.placebo_dates(by_origin, origin, date, least_before=YEARS_BEFORE * 12, **chosen)
    effect = synthetic.synthetic_control(by_origin, origin, date, placebos=False, **chosen).effect
    return ranked(effect, dates["estimate"], among="dates"), dates


def visitor_effects(
    by_origin: pd.DataFrame, origin: str, dates: list[str], starts: list[str], end: str
) -> pd.DataFrame:
    """`effects_table` with labels: PPML and synthetic control against other origins, and the series by itself.

    PPML under every date and start, ranked among the other origins; synthetic control (demeaned logs, and levels) under
    the first date; the interrupted series with and without a trend, ranked among earlier dates where the window leaves
    room for any. In percent.
    Raises: as the designs do; NoDataError when the origin has no column.
    """
    if origin not in by_origin:
        raise NoDataError(f"no visitors from {origin}; there are {', '.join(by_origin)}")
    others = [unit for unit in by_origin if unit != origin]

    def against(start: str, date: str) -> Effect:
        window = {"start": start, "end": end}
        one = difference(by_origin, origin, date, controls=others, **window)
        return ranked(one, difference_placebos(by_origin, others, date, others, **window))

    def weighted(start: str, scale: str) -> Effect:
        return synthetic.synthetic_control(
            by_origin, origin, dates[0], start=start, end=end, scale=scale, percent=scale == "level"
        ).effect

    def alone(start: str, trend: bool) -> Effect:
        return _alone(by_origin[origin], dates[0], start=start, end=end, trend=trend)

    scales, trends = ("demeaned log", "level"), {True: "with", False: "no"}
    groups = {
        "Against other nationalities (PPML)": grid(against, start=starts, date=dates),
        "Against a weighted mean of them (synthetic control)": grid(weighted, start=starts, scale=scales),
        "By itself (interrupted series; rank among earlier dates)": grid(alone, start=starts, trend=trends),
    }
    tried = [f"from {month(date, 'date'):%b %Y}, base since {start[:4]}" for start in starts for date in dates]
    tried += [f"{scale}s, base since {start[:4]}" for start in starts for scale in scales]
    tried += [f"{word} trend, base since {start[:4]}" for start in starts for word in trends.values()]
    return effects_table(groups).assign(label=tried, ours="Visitors")


def _alone(series: pd.Series, date: str, **window) -> Effect:
    step = interrupted_series(series, date, outcome=str(series.name), **window).level
    try:
        return ranked(step, placebo_dates(series, date, **window)["estimate"], among="dates")
    except NoDataError:  # a short base leaves no room for an earlier date: the estimate stands without a rank
        return step
