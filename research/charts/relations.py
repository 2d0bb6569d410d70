"""How two states have treated each other: the level, its turns, its projection, and dates in it."""

import textwrap

import matplotlib
import matplotlib.dates
import matplotlib.patches
import numpy as np
import pandas as pd
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
    colours,
    day,
    label_ends,
    spread,
    svg,
)
from research.dyads import Dyad, name
from research.errors import NoDataError
from research.measures.projection import Projection
from research.measures.regimes import Regimes


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
        drawing = svg(canvas, "trajectory")
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
    label_ends(ax, x.max(), ends, gap=1.0)
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
            f"{measure}: in force {day(start)}, {ended} {day(end)}",
            ha="right",
            va="center",
            fontsize=8.2,
        )
    ax.set_ylim(-0.6, len(measures) - 0.4)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


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
        drawing = svg(canvas, "regimes")
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
        label_ends(ax, x[-1], ends, gap=0.55)
        ax.set_xlim(past["month_end"].iloc[0], x[-1] + pd.Timedelta(days=450))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+.0f}".replace("-", "−") if v else "0"))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        drawing = svg(canvas, "projection")
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
                f"{day(mark.event_date)}\n{mark.words}",
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
        drawing = svg(canvas, "around-dates")
    table = pooled[["month_end", "level", "low", "high", "intensity", "events"]]
    return Figure("around-dates", headline, subtitle, alt, source, drawing, table)
