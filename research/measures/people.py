"""Visitors of one origin against those of others: the designs and windows that one figure puts side by side."""

import pandas as pd

from research.errors import NoDataError
from research.measures.effects import difference, difference_placebos, effects_table, interrupted_series, ranked
from research.measures.given import month
from research.measures.synthetic import synthetic_control


def visitors_and_rate(by_origin: pd.DataFrame, origin: str, rates: pd.DataFrame) -> pd.DataFrame:
    """One row a month of the window: period, visitors (NaN: no figure), won_per_100_yen (NaN: no rate).

    Raises: NoDataError when the origin has no column.
    """
    if origin not in by_origin:
        raise NoDataError(f"no visitors from {origin}; there are {', '.join(by_origin)}")
    wide = rates[rates["frequency"] == "M"].pivot_table(
        index="period", columns="currency", values="units_per_usd", aggfunc="first"
    )
    window = pd.date_range(by_origin.index.min(), by_origin.index.max(), freq="MS", name="period")
    won = (100 * wide["KRW"] / wide["JPY"]).reindex(window)
    return pd.DataFrame({"visitors": by_origin[origin].reindex(window), "won_per_100_yen": won}).reset_index()


def visitor_effects(
    by_origin: pd.DataFrame, origin: str, dates: list[str], starts: list[str], end: str
) -> pd.DataFrame:
    """`effects_table` with labels: PPML and synthetic control against other origins, and the series by itself.

    PPML under every date and start, ranked among the other origins; synthetic control (demeaned logs, and levels) under
    the first date; the interrupted series with and without a trend. In percent.
    Raises: as the designs do.
    """
    others = [unit for unit in by_origin if unit != origin]
    against, synthetic, alone, labels = [], [], [], {"a": [], "s": [], "i": []}
    for start in starts:
        for date in dates:
            window = {"start": start, "end": end}
            one = difference(by_origin, origin, date, controls=others, **window)
            against.append(ranked(one, difference_placebos(by_origin, others, date, others, **window)))
            labels["a"].append(f"from {month(date, 'date'):%b %Y}, base since {start[:4]}")
        for scale in ("demeaned log", "level"):
            fit = synthetic_control(
                by_origin, origin, dates[0], start=start, end=end, scale=scale, percent=scale == "level"
            )
            synthetic.append(fit.effect)
            labels["s"].append(f"{scale}s, base since {start[:4]}")
        for trend in (True, False):
            step = interrupted_series(by_origin[origin], dates[0], start=start, end=end, trend=trend, outcome=origin)
            alone.append(step.level)
            labels["i"].append(f"{'with' if trend else 'no'} trend, base since {start[:4]}")
    groups = {
        "Against other nationalities (PPML)": against,
        "Against a weighted mean of them (synthetic control)": synthetic,
        "By itself (interrupted series)": alone,
    }
    return effects_table(groups).assign(label=labels["a"] + labels["s"] + labels["i"])
