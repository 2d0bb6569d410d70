"""Who supplies whom: controlled months, shares, concentration, and the base that decides a change."""

import itertools

import matplotlib
import matplotlib.dates
import matplotlib.patches
import numpy as np
import pandas as pd
from matplotlib.dates import YearLocator
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator

from research.charts.drawing import (
    FIRST,
    HIGHLIGHT,
    INK,
    PALE,
    QUIET,
    STYLE,
    WIDTH,
    Figure,
    day,
    label_starts,
    svg,
    write_above,
)
from research.dyads import name
from research.errors import NoDataError

MOST_NUMBERS = 8  # written along one line before they would touch
MOST_YEARS = 12
MENTIONED = 0.02  # a supplier that never reached this share of imports is not named


def plot_control_months(
    monthly: pd.DataFrame, calendar: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str
) -> Figure:
    """Monthly imports of several materials from one partner, one panel a material, with the control dates.

    In: `monthly`, one row a material and month (material, period, value, recorded); a recorded zero is drawn as
    an open circle on the axis, a month without a record as a hatched gap.
    Raises: NoDataError when there is no month to draw.
    """
    if monthly.empty:
        raise NoDataError("no month to draw: the materials have no record in this window")
    materials = list(dict.fromkeys(monthly["material"]))
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 2.35 * len(materials)), layout="constrained")
        axes = canvas.subplots(len(materials), 1, sharex=True, squeeze=False)[:, 0]
        for ax, material in zip(axes, materials, strict=True):
            _draw_months(ax, monthly[monthly["material"] == material], material)
            _draw_control_dates(ax, calendar, named=ax is axes[0])
        drawing = svg(canvas, "control-months")
    return Figure("control-months", headline, subtitle, alt, source, drawing, monthly)


def _draw_months(ax, months: pd.DataFrame, material: str) -> None:
    middle = months["period"] + pd.Timedelta(days=14)
    ax.bar(middle, months["value"].fillna(0) / 1e6, width=24, color=FIRST, linewidth=0)
    top = months["value"].max() / 1e6 * 1.25 or 1.0
    zero = months["recorded"] & (months["value"] == 0)
    ax.plot(middle[zero], [top * 0.035] * zero.sum(), "o", markerfacecolor="white", color=INK, markersize=4.5)
    ax.bar(middle[~months["recorded"]], top, width=28, color="none", edgecolor=PALE, hatch="////", linewidth=0)
    ax.set_ylim(0, top)
    ax.set_title(material, loc="left", fontsize=10, fontweight="bold")
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    if zero.any():
        last = months.loc[zero, "period"].max()
        when = " and ".join(f"{p:%b %Y}" for p in months.loc[zero, "period"].tail(2))
        ax.annotate(
            f"zero recorded: {when}" if zero.sum() < 3 else f"{zero.sum()} months with zero recorded",
            (last + pd.Timedelta(days=14), top * 0.05),
            xytext=(14, 22),
            textcoords="offset points",
            fontsize=8.2,
            va="center",
            arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.5},
        )
    if not months["recorded"].all():
        gap = months.loc[~months["recorded"], "period"]
        ax.text(gap.mean(), top * 0.9, "no record", ha="center", fontsize=8, color=QUIET)


def _draw_control_dates(ax, calendar: pd.DataFrame, *, named: bool) -> None:
    low, high = ax.get_xlim()
    wanted = calendar[calendar["step"].isin(["in force", "lifted", "restored"])]
    for step in wanted.drop_duplicates("event_date").itertuples():
        where = matplotlib.dates.date2num(step.event_date)
        if not low <= where <= high:
            continue
        ax.axvline(step.event_date, color=INK, linewidth=0.7, linestyle=(0, (2, 2)))
        if named:
            first = step.measure.startswith("Licences")
            words = "licences required" if first else "off the list"
            ax.annotate(
                f"{day(step.event_date)}\n{words}"
                if step.step == "in force"
                else f"{day(step.event_date)}\n{step.step}",
                (step.event_date, ax.get_ylim()[1]),
                xytext=(-4 if first else 4, -2),
                textcoords="offset points",
                ha="right" if first else "left",
                va="top",
                fontsize=8,
            )


def plot_supplier_shares(
    shares: pd.DataFrame,
    quoted: pd.DataFrame,
    *,
    headline: str,
    subtitle: str,
    alt: str,
    source: str,
    accent: str = "JPN",
    figure_name: str = "supplier-shares",
) -> Figure:
    """Each supplier's share of imports by year, the accent state in its colour, the rest in greys, named at the line.

    In: `shares` (period, partner, share 0-1), `quoted` (period, partner, share 0-1): figures quoted by others,
    drawn as open points and never joined to the line.
    Raises: NoDataError when no share is there to draw.
    """
    if shares.empty:
        raise NoDataError("no share to draw: no supplier has a record in this window")
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 4.0), layout="constrained")
        ax = canvas.subplots()
        starts, dashes = {}, itertools.cycle(["-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (4, 1.2, 1, 1.2))])
        size = shares.groupby("partner")["share"].max().sort_values(ascending=False)
        for partner in size.index[(size >= MENTIONED) | (size.index == accent)]:
            line = shares[shares["partner"] == partner].sort_values("period")
            tint, width = (FIRST, 2.2) if partner == accent else (QUIET, 1.3)
            dash = "-" if partner == accent else next(dashes)
            ax.plot(line["period"], line["share"] * 100, color=tint, linestyle=dash, linewidth=width)
            starts[name(partner)] = (float(line["share"].iloc[0] * 100), tint)
        points = quoted[quoted["partner"] == accent]
        ax.plot(points["period"], points["share"] * 100, "o", color=FIRST, markerfacecolor="white", markersize=5.5)
        for point in points[points["period"] > shares["period"].max()].itertuples():
            place = (point.period, point.share * 100)
            write_above(ax, f"{point.share * 100:.0f} %", place, color=FIRST)
        label_starts(ax, shares["period"].min(), starts, gap=6.5)
        ax.set_ylim(0, 104)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f} %"))
        ends_at = max([shares["period"].max(), *points["period"]])
        ax.set_xlim(shares["period"].min() - pd.DateOffset(months=14), ends_at + pd.DateOffset(months=4))
        ax.xaxis.set_major_locator(YearLocator())
        drawing = svg(canvas, figure_name)
    both = pd.concat([shares.assign(basis="recorded"), quoted.assign(basis="quoted")], ignore_index=True)
    return Figure(figure_name, headline, subtitle, alt, source, drawing, both)


def plot_concentration(
    yearly: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str, accent: str = "JPN"
) -> Figure:
    """Two panels on one time axis: the accent state's share of imports, and how concentrated all imports are.

    In: one row a year: period, share (0-1), hhi (0-1), top_partner, months_covered.
    Raises: NoDataError when there is no year to draw.
    """
    if yearly.empty:
        raise NoDataError("no year to draw: no supplier has a record in this window")
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 4.3), layout="constrained")
        upper, lower = canvas.subplots(2, 1, sharex=True)
        upper.plot(yearly["period"], yearly["share"] * 100, "o-", color=FIRST, linewidth=1.8, markersize=4)
        lower.plot(yearly["period"], yearly["hhi"], "s-", color=INK, linewidth=1.8, markersize=4)
        for ax, column, scale, words in ((upper, "share", 100, "{:.1f} %"), (lower, "hhi", 1, "{:.2f}")):
            # with many years only every so many carry their number; the CSV has all of them
            for row in yearly.iloc[:: -(-len(yearly) // MOST_NUMBERS)].itertuples():
                value = getattr(row, column) * scale
                write_above(ax, words.format(value), (row.period, value))
            ax.set_ylim(0, yearly[column].max() * scale * 1.3)  # room for the numbers; no share is above all
            ax.set_yticks([tick for tick in ax.get_yticks() if tick <= scale])
        lower.xaxis.set_major_locator(YearLocator(-(-len(yearly) // MOST_YEARS)))
        upper.set_title(f"{name(accent)}'s share of imports, by value", loc="left", fontsize=10, fontweight="bold")
        lower.set_title("Concentration over all suppliers (HHI, 0 to 1)", loc="left", fontsize=10, fontweight="bold")
        upper.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f} %"))
        drawing = svg(canvas, "concentration")
    return Figure("concentration", headline, subtitle, alt, source, drawing, yearly)


def plot_base_changes(changes: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str) -> Figure:
    """The same change against several bases, one row a material and base: the base decides the headline.

    In: one row a material and base: material, base, change_percent (NaN where months are missing).
    Raises: NoDataError when no base gives a change.
    """
    drawn = changes.dropna(subset=["change_percent"])
    if drawn.empty:
        raise NoDataError("no change to draw: every base lacks months")
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 0.42 * len(drawn) + 0.9), layout="constrained")
        ax = canvas.subplots()
        places = np.arange(len(drawn))[::-1]
        marks = {
            m: (s, c)
            for m, s, c in zip(dict.fromkeys(drawn["material"]), "os^D", (FIRST, INK, QUIET, HIGHLIGHT), strict=False)
        }
        ax.axvline(0, color=INK, linewidth=0.7)
        for row, y in zip(drawn.itertuples(), places, strict=True):
            shape, colour = marks[row.material]
            ax.plot([0, row.change_percent], [y, y], color=PALE, linewidth=2)
            ax.plot([row.change_percent], [y], shape, color=colour, markersize=7)
            side = 1 if row.change_percent >= 0 else -1
            ax.annotate(
                f"{row.change_percent:+.1f} %".replace("-", "−"),
                (row.change_percent, y),
                xytext=(9 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
                fontsize=8.6,
            )
        ax.set_yticks(places, [f"{r.material}, against {r.base}" for r in drawn.itertuples()])
        reach = drawn["change_percent"].abs().max()
        ax.set_xlim(
            min(drawn["change_percent"].min(), 0) - reach * 0.22,
            max(drawn["change_percent"].max(), 0) + reach * 0.22,
        )
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+.0f} %".replace("-", "−") if v else "0"))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        drawing = svg(canvas, "base-changes")
    return Figure("base-changes", headline, subtitle, alt, source, drawing, changes)
