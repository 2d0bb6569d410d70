"""What is held: the span of each source, and the days that event files cover."""

import matplotlib
import matplotlib.dates
import matplotlib.patches
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from research.charts.drawing import FAINT, FIRST, INK, SECOND, STYLE, WIDTH, Figure, svg
from research.errors import NoDataError
from research.findings.coded import SOURCES


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
        drawing = svg(canvas, "coverage")
    return Figure("coverage", headline, subtitle, alt, source, drawing, spans)


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
        drawing = svg(canvas, "calendar")
    return Figure("calendar", headline, subtitle, alt, source, drawing, pd.concat(runs, ignore_index=True))
