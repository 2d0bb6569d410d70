"""Figures: a table and the words for it go in, a figure with alt text and its data comes out.

The two states keep their colours everywhere; every distinction made by colour is made again by dash, marker or
label. A figure is drawn without pyplot, so that nothing outlives it, and is the same to the byte each time.
"""

import html
import io
import itertools
import re
import textwrap
from dataclasses import dataclass, field

import matplotlib
import matplotlib.dates
import matplotlib.patches
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, YearLocator
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from scipy.optimize import isotonic_regression

from research.claims.periods import parse
from research.dyads import Dyad, name
from research.errors import NoDataError
from research.findings.coded import SOURCES
from research.measures.projection import Projection
from research.measures.regimes import Regimes

FIRST, SECOND, HIGHLIGHT = "#D55E00", "#0072B2", "#009E73"
INK, QUIET, FAINT, PALE = "#222222", "#6B6B6B", "#B0B0B0", "#D9D9D9"
MOST_NUMBERS = 8  # written along one line before they would touch
MOST_YEARS = 12
MOST_MARKS = 100  # drawn one by one; more become an image
MENTIONED = 0.02  # a supplier that never reached this share of imports is not named
WIDTH = 9.6  # inches; the page scales the drawing to its column
STYLE = sns.axes_style("white") | {
    "axes.edgecolor": QUIET,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.labelcolor": INK,
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same widths on every machine
    "font.size": 9.0,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "research",
    "text.color": INK,
    "xtick.bottom": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}
READER_FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Figure:
    """One drawing with its words and its numbers; shows itself in a notebook and hands itself to a page."""

    name: str
    headline: str
    subtitle: str
    alt: str
    source: str
    svg: str
    table: pd.DataFrame = field(repr=False)

    def csv(self) -> str:
        """The numbers drawn, one row a mark."""
        return self.table.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        words = {k: getattr(self, k) for k in ("name", "headline", "subtitle", "alt", "source", "svg")}
        shown = (
            f"<figure><figcaption><strong>{html.escape(self.headline)}</strong><br>{html.escape(self.subtitle)}"
            f"</figcaption>{self.svg}<p><small>{html.escape(self.source)}</small></p></figure>"
        )
        return {
            "application/vnd.research.figure+json": words | {"csv": self.csv()},
            "text/html": shown,
            "text/plain": f"{self.headline}\n{self.alt}",
        }


def colours(pair: Dyad) -> dict[str, str]:
    """Vermilion for Japan and blue for South Korea; another pair takes the same two in order."""
    if set(pair.states) == {"JPN", "KOR"}:
        return {"JPN": FIRST, "KOR": SECOND}
    return dict(zip(pair.states, (FIRST, SECOND), strict=True))


def plot_trajectory(
    relations: pd.DataFrame,
    pooled: pd.DataFrame,
    named: pd.DataFrame,
    calendar: pd.DataFrame,
    pair: Dyad,
    *,
    headline: str,
    subtitle: str,
    alt: str,
    source: str,
) -> Figure:
    """The level in both directions, the events that weighed most named, the export-control calendar in its lane.

    In: `relations` (one row a month-end and direction), `pooled` (one row a month-end, both directions together, with
    low and high), `named` (`landmarks`), `calendar` (one row a measure and step; may be empty).
    Raises: NoDataError when there is no level to draw.
    """
    if pooled.empty:
        raise NoDataError("no level to draw: the relations table has no row in this window")
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 6.4 if len(calendar) else 5.6), layout="constrained")
        rows = [1.0, 0.17] if len(calendar) else [1.0]
        axes = canvas.subplots(len(rows), 1, sharex=True, height_ratios=rows, squeeze=False)[:, 0]
        _draw_levels(axes[0], relations, pooled, pair)
        _draw_named_events(axes[0], named, pooled, colours(pair))
        if len(calendar):
            _draw_calendar_lane(axes[1], calendar)
        drawing = _svg(canvas, "trajectory")
    drawn = ["month_end", "initiator", "target", "level", "low", "high", "intensity", "events"]
    table = pd.concat([pooled[drawn], relations[drawn]], ignore_index=True)
    return Figure("trajectory", headline, subtitle, alt, source, drawing, table)


def _draw_levels(ax, relations: pd.DataFrame, pooled: pd.DataFrame, pair: Dyad) -> None:
    x, level = pooled["month_end"], pooled["level"]
    ax.fill_between(x, pooled["low"], pooled["high"], color="#F1F1F1", linewidth=0)
    ax.fill_between(x, level, 0, where=level >= 0, color="#BFDCCF", linewidth=0, interpolate=True)
    ax.fill_between(x, level, 0, where=level <= 0, color="#D8D3CE", linewidth=0, interpolate=True)
    ends = {}
    for (initiator, target), dash in zip([(pair.a, pair.b), (pair.b, pair.a)], ["-", (0, (4, 1.4))], strict=True):
        line = relations[(relations["initiator"] == initiator) & (relations["target"] == target)].dropna(
            subset=["level"]
        )
        if line.empty:
            continue
        colour = colours(pair)[initiator]
        ax.plot(line["month_end"], line["level"], color=colour, linewidth=1.5, linestyle=dash)
        ends[f"{name(initiator)}\nto {name(target)}"] = (line["level"].iloc[-1], colour)
    _label_ends(ax, x.max(), ends, gap=1.0)
    ax.axhline(0, color=INK, linewidth=0.7)
    low = min(pooled["low"].min(), relations["level"].min())
    high = max(pooled["high"].max(), relations["level"].max())
    ax.set_ylim(low - 2.6, high + 2.6)
    ax.set_yticks([t for t in range(-10, 11, 2) if low - 0.5 <= t <= high + 0.5])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+.0f}".replace("-", "−") if v else "0"))
    ax.set_ylabel("colder   ←      →   warmer", color=QUIET)
    ax.set_xlim(x.min(), x.max() + (x.max() - x.min()) * 0.16)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0)


def _label_ends(ax, x, ends: dict[str, tuple[float, str]], *, gap: float) -> None:
    """Name each line at its last point; labels closer than `gap` are moved apart evenly."""
    order = sorted(ends, key=lambda k: ends[k][0])
    wanted = np.array([ends[k][0] for k in order], dtype=float)
    places = spread(wanted, gap, -np.inf, np.inf)
    for label, place in zip(order, places, strict=True):
        ax.annotate(
            label,
            (x, ends[label][0]),
            xytext=(x + pd.Timedelta(days=150), place),
            textcoords="data",
            va="center",
            color=ends[label][1],
            fontsize=9,
            fontweight="bold",
            arrowprops={
                "arrowstyle": "-",
                "color": ends[label][1],
                "linewidth": 0.5,
                "shrinkA": 1,
                "shrinkB": 1,
            },
        )


def _label_starts(ax, x, starts: dict[str, tuple[float, str]], *, gap: float) -> None:
    """Name each line left of its first point; labels closer than `gap` are moved apart evenly."""
    order = sorted(starts, key=lambda k: starts[k][0])
    places = spread(np.array([starts[k][0] for k in order], dtype=float), gap, 2.0, np.inf)
    for label, place in zip(order, places, strict=True):
        ax.text(
            x - pd.Timedelta(days=25), place, label, ha="right", va="center", color=starts[label][1], fontweight="bold"
        )


def _write_above(ax, text: str, place: tuple, **style) -> None:
    ax.annotate(text, place, xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8, **style)


def spread(wanted: np.ndarray, gap: float, low: float, high: float) -> np.ndarray:
    """Places nearest to the wanted ones (least squares) that keep `gap` between neighbours, within low..high.

    `wanted` ascends. The exact answer of the problem is an isotonic regression of the places less their share of
    the gaps, cut to the bounds.
    """
    steps = np.arange(len(wanted)) * gap
    if not len(wanted):
        return wanted
    level = isotonic_regression(wanted - steps).x
    return np.clip(level, low, max(low, high - steps[-1])) + steps


def _draw_named_events(ax, named: pd.DataFrame, pooled: pd.DataFrame, colour: dict[str, str]) -> None:
    """Names stand in one row above (cooperative) and one below (conflictual), each tied to its point on the level."""
    low, high = ax.get_xlim()
    bottom, top = ax.get_ylim()
    level = pooled.set_index("month_end")["level"]
    width = (high - low) * 0.15
    for above in (True, False):
        row = named[(named["move"] > 0) == above].sort_values("event_date")
        wanted = matplotlib.dates.date2num(row["event_date"].to_numpy())
        places = spread(np.asarray(wanted, dtype=float), width, low + width / 2, high - width / 2)
        for event, x in zip(row.itertuples(), places, strict=True):
            shape = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkA": 2, "shrinkB": 3}
            point = (
                matplotlib.dates.date2num(event.event_date),
                level.asof(event.event_date + pd.offsets.MonthEnd(0)),
            )
            ax.annotate(
                f"{event.event_date:%b %Y}\n" + "\n".join(textwrap.wrap(event.label, 19)),
                point,
                xytext=(x, top if above else bottom),
                ha="center",
                va="top" if above else "bottom",
                fontsize=7.6,
                linespacing=1.15,
                gid=f"event-{event.number}",
                arrowprops=shape | {"relpos": (0.5, 0 if above else 1)},
            )
            tint = INK if event.is_mutual else colour[event.initiator]
            ax.plot(
                *point,
                "o" if above else "s",
                markersize=4.6,
                color=tint,
                markeredgecolor="white",
                markeredgewidth=0.7,
            )


def _draw_calendar_lane(ax, calendar: pd.DataFrame) -> None:
    """Each measure of the export controls as a bar from in force to its end, its steps as ticks."""
    measures = list(dict.fromkeys(calendar["measure"]))
    for lane, measure in enumerate(reversed(measures)):
        steps = calendar[calendar["measure"] == measure].set_index("step")["event_date"]
        ended = "lifted" if "lifted" in steps else "restored"
        start, end = steps["in force"], steps[ended]
        ax.barh(lane, end - start, left=start, height=0.5, color=PALE, edgecolor=QUIET, hatch="///", linewidth=0.6)
        ax.plot(steps, [lane] * len(steps), "|", color=INK, markersize=9, markeredgewidth=0.9)
        ax.text(
            start - pd.Timedelta(days=110),
            lane,
            f"{measure}: in force {_day(start)}, {ended} {_day(end)}",
            ha="right",
            va="center",
            fontsize=8.2,
        )
    ax.set_ylim(-0.6, len(measures) - 0.4)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _day(date: pd.Timestamp) -> str:
    return f"{date.day} {date:%b %Y}"


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
        drawing = _svg(canvas, "control-months")
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
                f"{_day(step.event_date)}\n{words}"
                if step.step == "in force"
                else f"{_day(step.event_date)}\n{step.step}",
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
            _write_above(ax, f"{point.share * 100:.0f} %", place, color=FIRST)
        _label_starts(ax, shares["period"].min(), starts, gap=6.5)
        ax.set_ylim(0, 104)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f} %"))
        ends_at = max([shares["period"].max(), *points["period"]])
        ax.set_xlim(shares["period"].min() - pd.DateOffset(months=14), ends_at + pd.DateOffset(months=4))
        ax.xaxis.set_major_locator(YearLocator())
        drawing = _svg(canvas, figure_name)
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
                _write_above(ax, words.format(value), (row.period, value))
            ax.set_ylim(0, yearly[column].max() * scale * 1.3)  # room for the numbers; no share is above all
            ax.set_yticks([tick for tick in ax.get_yticks() if tick <= scale])
        lower.xaxis.set_major_locator(YearLocator(-(-len(yearly) // MOST_YEARS)))
        upper.set_title(f"{name(accent)}'s share of imports, by value", loc="left", fontsize=10, fontweight="bold")
        lower.set_title("Concentration over all suppliers (HHI, 0 to 1)", loc="left", fontsize=10, fontweight="bold")
        upper.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f} %"))
        drawing = _svg(canvas, "concentration")
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
        drawing = _svg(canvas, "base-changes")
    return Figure("base-changes", headline, subtitle, alt, source, drawing, changes)


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
        drawing = _svg(canvas, figure_name)
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
        drawing = _svg(canvas, "visitors")
    return Figure("visitors", headline, subtitle, alt, source, drawing, people)


def plot_coverage(spans: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str) -> Figure:
    """From when to when each source reaches, one bar a source, its first and last period written at the ends.

    In: one row a source: title, first, last, rows.
    Raises: NoDataError when there is no source to draw.
    """
    if spans.empty:
        raise NoDataError("no source to draw: run `make build` first")
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 0.46 * len(spans) + 0.6), layout="constrained")
        ax = canvas.subplots()
        places = np.arange(len(spans))[::-1]
        ax.barh(places, spans["last"] - spans["first"], left=spans["first"], height=0.3, color=SECOND)
        middle = spans["first"].min() + (spans["last"].max() - spans["first"].min()) / 2
        for row, y in zip(spans.itertuples(), places, strict=True):
            # a title ends with its span, which the label at the bar's end gives exactly
            label = f"{row.title.rsplit(', ', 1)[0]}: {row.first:%b %Y} to {row.last:%b %Y}"
            early = row.first < middle
            ax.text(row.first if early else row.last, y + 0.28, label, ha="left" if early else "right", fontsize=8.4)
        ax.set_yticks([])
        ax.set_ylim(-0.4, len(spans))
        ax.spines["left"].set_visible(False)
        ax.set_xlim(spans["first"].min(), spans["last"].max() + pd.Timedelta(days=200))
        drawing = _svg(canvas, "coverage")
    return Figure("coverage", headline, subtitle, alt, source, drawing, spans)


def plot_regimes(
    found: Regimes, yearly: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str
) -> Figure:
    """Each regime's mean as a bar over its span, each turn's interval as a grey band, yearly means as dots.

    In: `found` (dates), `yearly` (year as a date, mean, events). Raises: NoDataError when there is no year to draw.
    """
    if yearly.empty:
        raise NoDataError("no year to draw: no event lies in this window")
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 3.6), layout="constrained")
        ax = canvas.subplots()
        for turn in found.breaks.itertuples():
            ax.axvspan(turn.low, turn.high, color="#EFEFEF", linewidth=0)
            ax.axvline(turn.first, color=INK, linewidth=0.7, linestyle=(0, (2, 2)))
        ax.axhline(0, color=INK, linewidth=0.7)
        size = 5 + 2.2 * yearly["events"]
        ax.scatter(
            yearly["year"] + pd.Timedelta(days=182), yearly["mean"], s=size, color=QUIET, alpha=0.55, linewidth=0
        )
        top = max(4.0, yearly["mean"].max() * 1.15)
        for part in found.segments.itertuples():
            ax.plot([part.start, part.end], [part.mean] * 2, color=HIGHLIGHT, linewidth=3, solid_capstyle="butt")
            middle = part.start + (part.end - part.start) / 2
            label = f"{part.mean:+.2f}".replace("-", "−") + f"\n{part.observations} events"
            ax.text(middle, top, label, ha="center", va="top", fontweight="bold", color=HIGHLIGHT)
        for turn in found.breaks.itertuples():
            ax.text(turn.first, yearly["mean"].min() - 0.7, f" turn: {turn.first:%b %Y}", fontsize=8.2, va="bottom")
        ax.set_ylim(yearly["mean"].min() - 0.8, top + 0.2)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+.0f}".replace("-", "−") if v else "0"))
        ax.set_ylabel("mean score of events", color=QUIET)
        drawing = _svg(canvas, "regimes")
    turns = found.breaks.assign(kind="turn")
    table = pd.concat([found.segments.assign(kind="regime"), turns, yearly.assign(kind="year")], ignore_index=True)
    return Figure("regimes", headline, subtitle, alt, source, drawing, table)


def plot_projection(
    pooled: pd.DataFrame, told: Projection, *, headline: str, subtitle: str, alt: str, source: str, months: int = 48
) -> Figure:
    """The level of the last months and its fan, no change dashed. Raises: NoDataError without a level."""
    if pooled.empty:
        raise NoDataError("no level to draw: the relations table has no row in this window")
    past, fan = pooled.tail(months), told.fan
    x = [past["month_end"].iloc[-1], *fan["month_end"]]
    now = past["level"].iloc[-1]
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 3.4), layout="constrained")
        ax = canvas.subplots()
        ax.axhline(0, color=INK, linewidth=0.7)
        for low, high, tint in (("low90", "high90", "#DDEFE7"), ("low50", "high50", "#A9D6C4")):
            ax.fill_between(x, [now, *fan[low]], [now, *fan[high]], color=tint, linewidth=0)
        ax.plot(past["month_end"], past["level"], color=INK, linewidth=1.8)
        ax.plot(x, [now, *fan["decay"]], color=HIGHLIGHT, linewidth=1.8)
        ax.plot(x, [now] * len(x), color=QUIET, linewidth=1.2, linestyle=(0, (3, 2)))
        ends = {
            "no change": (fan["naive"].iloc[-1], QUIET),
            "no further\nevents": (fan["decay"].iloc[-1], "#00734F"),
            "90 %: from here": (fan["low90"].iloc[-1], QUIET),
            "to here": (fan["high90"].iloc[-1], QUIET),
        }
        _label_ends(ax, x[-1], ends, gap=0.55)
        ax.set_xlim(past["month_end"].iloc[0], x[-1] + pd.Timedelta(days=450))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+.0f}".replace("-", "−") if v else "0"))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        drawing = _svg(canvas, "projection")
    table = pd.concat([past[["month_end", "level"]].assign(kind="level"), fan.assign(kind="fan")], ignore_index=True)
    return Figure("projection", headline, subtitle, alt, source, drawing, table)


def plot_around_dates(
    pooled: pd.DataFrame, dates: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str
) -> Figure:
    """The level with its band and a few named dates. In: `pooled`, `dates` (event_date, words).

    Raises: NoDataError without a level.
    """
    if pooled.empty:
        raise NoDataError("no level to draw: the relations table has no row in this window")
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 3.6), layout="constrained")
        ax = canvas.subplots()
        ax.fill_between(pooled["month_end"], pooled["low"], pooled["high"], color="#EDEDED", linewidth=0)
        ax.plot(pooled["month_end"], pooled["level"], color=INK, linewidth=1.9)
        ax.axhline(0, color=INK, linewidth=0.7)
        low, high = pooled["low"].min(), pooled["high"].max()
        ax.set_ylim(low - 0.2, high + 1.6)
        marked = dates.sort_values("event_date")
        span = matplotlib.dates.date2num(pooled["month_end"].iloc[[0, -1]].to_numpy())
        width = (span[1] - span[0]) * 0.17
        wanted = np.asarray(matplotlib.dates.date2num(marked["event_date"].to_numpy()), dtype=float)
        places = spread(wanted, width, span[0] + width / 2, span[1] - width / 2)
        for mark, x in zip(marked.itertuples(), places, strict=True):
            ax.plot([mark.event_date] * 2, [low, high + 0.35], color=FIRST, linewidth=0.8, linestyle=(0, (2, 2)))
            ax.annotate(
                f"{_day(mark.event_date)}\n{mark.words}",
                (mark.event_date, high + 0.35),
                xytext=(x, high + 1.55),
                ha="center",
                va="top",
                fontsize=8.2,
                arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "relpos": (0.5, 0)},
            )
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+.0f}".replace("-", "−") if v else "0"))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%b %Y"))
        drawing = _svg(canvas, "around-dates")
    table = pooled[["month_end", "level", "low", "high", "intensity", "events"]]
    return Figure("around-dates", headline, subtitle, alt, source, drawing, table)


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
        drawing = _svg(canvas, "coded")
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
        _label_ends(ax, monthly["period"].max() + pd.Timedelta(days=14), ends, gap=(high - low) * 0.36)
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


DAY_STYLES = {
    "covered": {"facecolor": SECOND},
    "part": {"facecolor": "#BFD9EA", "edgecolor": SECOND, "hatch": "\\\\\\\\"},
    "refused": {"facecolor": "white", "edgecolor": FIRST, "hatch": "xxxxx"},
    "missing": {"facecolor": "white", "edgecolor": FAINT, "hatch": "////"},
    "gap": {"facecolor": INK, "edgecolor": INK},
}
DAY_WORDS = {
    "covered": "covered whole", "part": "in part", "refused": "file refused", "missing": "no file given",
    "gap": "never published",
}  # fmt: skip


def plot_calendar(days: pd.DataFrame, *, headline: str, subtitle: str, alt: str, source: str) -> Figure:
    """Which days the event files cover, a bar a feed. In: `warehouse.calendars`. Raises: NoDataError without a day."""
    if days.empty:
        raise NoDataError("no day to draw: no machine-coded event files are held")
    rows = list(days.groupby(["source", "feed"]))
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 0.62 * len(rows) + 0.9), layout="constrained")
        ax = canvas.subplots()
        runs = []
        for place, ((name_of, feed), part) in zip(range(len(rows))[::-1], rows, strict=True):
            part = part.sort_values("day")
            changes = part["status"].ne(part["status"].shift()).cumsum()
            own = part.groupby(changes).agg(
                status=("status", "first"), first=("day", "first"), last=("day", "last"), days=("day", "size")
            )
            for run in own.itertuples():
                length = run.last - run.first + pd.Timedelta(days=1)
                edge = 0 if run.status == "covered" else 0.7  # so that a single day among years is still seen
                ax.barh(place, length, left=run.first, height=0.42, linewidth=edge, **DAY_STYLES[run.status])
            label = SOURCES[name_of] + ("" if feed == "main" else f", {feed}")
            ax.text(part["day"].min(), place + 0.27, label, fontsize=8.4, va="bottom")
            runs.append(own.assign(label=label))
        shown = [status for status in DAY_STYLES if (days["status"] == status).any()]
        keys = [matplotlib.patches.Patch(linewidth=0, **DAY_STYLES[status]) for status in shown]
        ax.legend(keys, [DAY_WORDS[s] for s in shown], loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(keys),
                  frameon=False, fontsize=8.4, borderaxespad=0)  # fmt: skip
        ax.set_yticks([])
        ax.set_ylim(-0.4, len(rows) - 0.2)
        ax.spines["left"].set_visible(False)
        ax.set_xlim(days["day"].min(), days["day"].max() + pd.Timedelta(days=1))
        drawing = _svg(canvas, "calendar")
    return Figure("calendar", headline, subtitle, alt, source, drawing, pd.concat(runs, ignore_index=True))


def _svg(canvas: Canvas, prefix: str) -> str:
    """The drawing as SVG text: same bytes each time, words as text, ids of its own, sized by the page."""
    FigureCanvasAgg(canvas)
    out = io.StringIO()
    canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawing = out.getvalue()
    drawing = drawing[drawing.index("<svg") :].rstrip("\n")
    drawing = re.sub(r"<metadata>.*?</metadata>\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'\bid="', f'id="{prefix}-', drawing)
    drawing = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", drawing)
    return drawing.replace("'DejaVu Sans'", READER_FONT)


def plot_claim(record: dict, *, headline: str, subtitle: str, alt: str, source: str) -> Figure:
    """One printed figure or date with its rounding, the recomputed one, and where another reading puts it.

    In: one record of `Judged.records()`. Raises: NoDataError where nothing was recomputed.
    """
    if record["computed"] is None:
        raise NoDataError(f"{record['claim_id']}: nothing was recomputed, so there is nothing to draw beside the print")
    dated = record["unit"] == "date"
    marks = [
        ("printed", *_reach(record["printed"], record)),
        ("on the timeline" if dated else "recomputed", *_reach(record["computed"], record)),
    ]
    matching = [reading for reading in record["readings"] if not reading["label"].startswith(("a slip", "the sign"))]
    marks += [(reading["label"], *_reach(reading["computed"], record)) for reading in matching[:2]]
    data = pd.DataFrame([(label, text) for label, _, _, text in marks], columns=["mark", "value"])
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 0.55 + 0.45 * len(marks)), layout="constrained")
        FigureCanvasAgg(canvas)
        axes = canvas.subplots()
        low, high = _reach(record["printed"], record)[:2] if dated else _rounding(record)
        axes.axvspan(low, high, color=PALE, lw=0)
        styles = [(INK, "|", 14), (FIRST, "o", 7)] + [(HIGHLIGHT, "D", 6)] * 2
        for row, ((_, value, _, text), (colour, marker, size)) in enumerate(zip(marks, styles, strict=False)):
            axes.plot([value], [row], marker=marker, color=colour, markersize=size, linestyle="none", mew=1.6)
            axes.annotate(text, (value, row), xytext=(9, 0), va="center", textcoords="offset points", color=colour)
        axes.set_yticks(range(len(marks)), [textwrap.fill(label, 50, max_lines=2, placeholder=" ...")
                                            for label, *_ in marks])  # fmt: skip
        axes.set_ylim(len(marks) - 0.5, -0.5)
        _scale_of_claim(axes, [value for _, value, *_ in marks], dated)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        drawn = _svg(canvas, f"claim-{record['claim_id']}")
    data = data.assign(claim_id=record["claim_id"], unit=record["unit"])
    return Figure(f"claim-{record['claim_id']}", headline, subtitle, alt, source, drawn, data)


def _reach(value: object, record: dict) -> tuple[float, float, str]:
    """Where a value begins and ends on the axis, and how it is written; a date of a month spans the month."""
    if record["unit"] != "date":
        return float(value), float(value), _digits(float(value))
    span = parse(str(value))
    first, last = matplotlib.dates.date2num([span.first.to_pydatetime(), span.last.to_pydatetime()])
    return float(first), float(last) + 1, span.text


def _rounding(record: dict) -> tuple[float, float]:
    printed, half = float(record["printed"]), float(record["tolerance"])
    return printed - half, printed + half


def _scale_of_claim(axes: Axes, values: list[float], dated: bool) -> None:
    """Room at the right for the last label; a scale of powers where the values lie far apart."""
    if not dated and min(values) > 0 and max(values) / min(values) > 50:
        axes.set_xscale("log")
        axes.margins(x=0.25)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _digits(x)))
        return
    axes.margins(x=0.25)
    if dated:
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _day(matplotlib.dates.num2date(x))))
        return
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _digits(x)))


def _digits(value: float) -> str:
    """A number as a label: whole where it is large, four digits else."""
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}").replace("-", "−")
