"""Machine-coded events by month, under the curated level."""

import matplotlib
import matplotlib.dates
import matplotlib.patches
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from research.charts.drawing import FAINT, HIGHLIGHT, INK, QUIET, STYLE, WIDTH, Figure, colours, label_ends, svg
from research.dyads import Dyad, name
from research.errors import NoDataError

MOST_MARKS = 100  # drawn one by one; more become an image
CODED_PANELS = {
    "goldstein_sum": "Summed score, each act once a day",
    "net_share": "Cooperation less conflict, share of acts (−1 to +1)",
    "goldstein_mean": "Mean score of reports (−10 to +10)",
}


def plot_coded(
    monthly: pd.DataFrame,
    pooled: pd.DataFrame | None,
    pair: Dyad,
    *,
    headline: str,
    subtitle: str,
    alt: str,
    source: str,
) -> Figure:
    """Machine-coded months in small multiples under the curated level: three measures, and the number of reports.

    In: `measures.series.monthly` with coverage; `pooled`, the curated level where there is one. Months covered in part
    are open points beside the line, months without a file are hatched. Raises: NoDataError when there is no month.
    """
    if monthly.empty:
        raise NoDataError("no month to draw: no report lies in this window")
    panels = [*(["level"] if pooled is not None else []), *CODED_PANELS, "reports"]
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 1.75 * len(panels)), layout="constrained")
        axes = canvas.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        first, last = monthly["period"].min(), monthly["period"].max() + pd.offsets.MonthEnd(0)
        axes[0].set_xlim(first, last + max((last - first) * 0.17, pd.Timedelta(days=12)))
        for panel, ax in zip(panels, axes, strict=True):
            if panel == "level":
                _draw_curated(ax, pooled[pooled["month_end"].between(first, last)])
                continue
            _hatch_gaps(ax, monthly)
            if panel == "reports":
                _draw_reports(ax, monthly)
            else:
                _draw_coded(ax, monthly, panel, pair, named=panel == next(iter(CODED_PANELS)))
        drawing = svg(canvas, "coded")
    return Figure("coded", headline, subtitle, alt, source, drawing, monthly)


def _draw_curated(ax, level: pd.DataFrame) -> None:
    ax.axhline(0, color=INK, linewidth=0.7)
    ax.plot(level["month_end"], level["level"], color=HIGHLIGHT, linewidth=1.7)
    ax.set_title("Curated timeline: level of conduct, both directions", loc="left", fontsize=9.5, fontweight="bold")
    ax.yaxis.set_major_locator(MaxNLocator(4))


def _draw_coded(ax, monthly: pd.DataFrame, measure: str, pair: Dyad, *, named: bool) -> None:
    ax.hlines(0, monthly["period"].min(), monthly["period"].max() + pd.Timedelta(days=30), color=INK, linewidth=0.7)
    ends = {}
    for (initiator, target), dash in zip([(pair.a, pair.b), (pair.b, pair.a)], ["-", (0, (4, 1.4))], strict=True):
        own = monthly[(monthly["initiator"] == initiator) & (monthly["target"] == target)]
        values = own[measure].astype(float)
        if values.isna().all():
            continue
        middle, colour = own["period"] + pd.Timedelta(days=14), colours(pair)[initiator]
        whole = values.where(~own["partial"])
        ax.plot(middle, whole, color=colour, linewidth=1.1, linestyle=dash)
        part = own["partial"] & values.notna()
        alone = whole.notna() & whole.shift().isna() & whole.shift(-1).isna()  # no line reaches a month between gaps
        crowded = {"linestyle": "none", "color": colour, "rasterized": max(alone.sum(), part.sum()) > MOST_MARKS}
        ax.plot(middle[alone], whole[alone], ".", markersize=3.5, **crowded)
        mark = "o" if dash == "-" else "s"
        ax.plot(middle[part], values[part], mark, markerfacecolor="white", markersize=3.4, **crowded)
        ends[f"{name(initiator)}\nto {name(target)}"] = (values.dropna().iloc[-1], colour)
    ax.set_title(CODED_PANELS[measure], loc="left", fontsize=9.5, fontweight="bold")
    ax.yaxis.set_major_locator(MaxNLocator(4))
    if named and ends:
        low, high = ax.get_ylim()
        low, high = low - (high - low) * 0.12, high + (high - low) * 0.12
        label_ends(ax, monthly["period"].max() + pd.Timedelta(days=14), ends, gap=(high - low) * 0.36)
        ax.set_ylim(low, high)


def _draw_reports(ax, monthly: pd.DataFrame) -> None:
    """Reports a month, both directions: acts below, what repeats an act of the day above and pale."""
    both = monthly.groupby("period")[["reports", "acts"]].sum(min_count=1).astype(float)
    months = pd.period_range(both.index.min(), both.index.max(), freq="M")
    both = both.reindex(months.start_time)
    edges = matplotlib.dates.date2num([*months.start_time, months[-1].end_time])
    ax.stairs(both["acts"], edges, fill=True, color=QUIET, linewidth=0)
    ax.stairs(both["reports"], edges, baseline=both["acts"], fill=True, facecolor="#E4E4E4", edgecolor=QUIET,
              linewidth=0.4)  # fmt: skip
    ax.set_ylim(0, None)
    title = "Reports a month, both directions: acts (dark), and repeats of an act of the day (pale)"
    ax.set_title(title, loc="left", fontsize=9.5, fontweight="bold")
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))


def _hatch_gaps(ax, monthly: pd.DataFrame) -> None:
    """Runs of months without a file."""
    months = monthly.drop_duplicates("period").sort_values("period")
    empty = (months["covered"] == 0).to_numpy()
    for run in np.split(np.arange(len(months)), np.flatnonzero(np.diff(empty)) + 1):
        if len(run) and empty[run[0]]:
            begin, end = months["period"].iloc[[run[0], run[-1]]]
            ax.axvspan(
                begin, end + pd.offsets.MonthEnd(0), facecolor="none", edgecolor=FAINT, hatch="////", linewidth=0
            )
