"""Whether a measure changed anything: estimates in a row, and the visitors they are of."""

import matplotlib
import matplotlib.dates
import matplotlib.patches
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from research.charts.drawing import INK, QUIET, SECOND, STYLE, WIDTH, Figure, svg
from research.errors import NoDataError


def plot_effects(
    effects: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str, figure_name: str = "effects"
) -> Figure:
    """Estimates in percent with their intervals, one row an estimate, under their design's name; rank at the right.

    In: `measures.effects.effects_table` with a column `label`: group, label, estimate, low, high (NaN: no interval),
    rank, rank_of. A row without an estimate is written out as zero recorded and gets no mark.
    Raises: NoDataError when there is no estimate to draw.
    """
    if effects.empty or effects["estimate"].isna().all():
        raise NoDataError("no effect to draw: no design gives an estimate in this window")
    groups = list(dict.fromkeys(effects["group"]))
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 0.31 * (len(effects) + 1.3 * len(groups)) + 0.7), layout="constrained")
        ax = canvas.subplots()
        ends = effects[["estimate", "low", "high"]].to_numpy(float)
        low, high = min(np.nanmin(ends), 0.0), max(np.nanmax(ends), 0.0)
        room = 0.52 if effects["rank_of"].notna().any() else 0.16  # for what is written at the right
        ax.set_xlim(low - (high - low) * 0.04, high + (high - low) * room)
        y, ticks = 0.0, {}
        for group in groups:
            ax.text(low, y, group, fontsize=9.4, fontweight="bold", va="center")
            top = y - 0.5
            for row in effects[effects["group"] == group].itertuples():
                y -= 1
                ticks[y] = row.label
                _draw_effect(ax, row, y, high + (high - low) * 0.12, high + (high - low) * 0.14)
            ax.plot([0, 0], [top, y - 0.5], color=INK, linewidth=0.7, zorder=1)
            y -= 1.3
        ax.set_ylim(y + 0.6, 0.6)
        ax.set_yticks(list(ticks), list(ticks.values()))
        ax.set_xticks([tick for tick in ax.get_xticks() if low - 1 <= tick <= high + 1])
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+.0f} %".replace("-", "−") if v else "0"))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        drawing = svg(canvas, figure_name)
    return Figure(figure_name, headline, subtitle, alt, source, drawing, effects)


def _draw_effect(ax, row, y: float, right: float, beside: float) -> None:
    """One row: interval and point, the estimate written flush to `right`, the rank from `beside` on."""
    if np.isnan(row.estimate):
        ax.annotate("zero recorded: no estimate", (0, y), xytext=(-6, 0), textcoords="offset points", ha="right",
                    va="center", fontsize=8.4, color=QUIET)  # fmt: skip
        return
    interval = not np.isnan(row.low)
    if interval:
        ax.plot([row.low, row.high], [y, y], color=SECOND, linewidth=1.6)
    ax.plot([row.estimate], [y], "o" if interval else "D", color=SECOND, markersize=6)
    size = f"{round(row.estimate) + 0:+d} %".replace("+0 %", "0 %").replace("-", "−")
    ax.text(right, y, size, ha="right", va="center", fontsize=8.6)
    if pd.notna(row.rank_of):
        place = f"rank {int(row.rank)} of {int(row.rank_of)}"
        rank = f"{place} dates" if pd.isna(row.best_p) else f"{place}, p at best 1/{int(row.rank_of)}"
        ax.text(beside, y, rank, va="center", fontsize=8.6)


def plot_visitors(
    people: pd.DataFrame, months: dict[str, str], *, headline: str, subtitle: str, alt: str, source: str
) -> Figure:
    """Visitors by month over the exchange rate on one time axis; the named months as quiet lines.

    In: period, visitors (NaN: no figure, a gap in the line), rate (all NaN: no second panel), priced (its words);
    `months` names a month each. Raises: NoDataError when there is no month to draw.
    """
    if people.empty:
        raise NoDataError("no month of visitors to draw in this window")
    panels = [1.6, 1] if people["rate"].notna().any() else [1]
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 1.77 * sum(panels)), layout="constrained")
        axes = canvas.subplots(len(panels), 1, sharex=True, height_ratios=panels, squeeze=False)[:, 0]
        upper = axes[0]
        upper.plot(people["period"], people["visitors"] / 1e3, color=SECOND, linewidth=1.7)
        upper.set_ylim(0, people["visitors"].max() / 1e3 * 1.25)
        upper.set_title("Visitors a month, thousands", loc="left", fontsize=10, fontweight="bold")
        if len(panels) > 1:
            axes[1].plot(people["period"], people["rate"], color=INK, linewidth=1.4)
            words = f"Price of {people['priced'].iloc[0]} (higher keeps visitors at home)"
            axes[1].set_title(words, loc="left", fontsize=10, fontweight="bold")
        for ax in axes:
            ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,g}"))
        for place, (words, named) in enumerate(months.items()):
            at = pd.Timestamp(named)
            for ax in axes:
                ax.axvline(at, color=INK, linewidth=0.7, linestyle=(0, (2, 2)))
            upper.annotate(
                f"{at:%b %Y}\n{words}", (at, upper.get_ylim()[1]), xytext=(4 if place % 2 else -4, -2),
                textcoords="offset points", ha="left" if place % 2 else "right", va="top", fontsize=8,
            )  # fmt: skip
        drawing = svg(canvas, "visitors")
    return Figure("visitors", headline, subtitle, alt, source, drawing, people)
