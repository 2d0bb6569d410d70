"""One published statement beside what was computed for it."""

import textwrap

import matplotlib
import matplotlib.dates
import matplotlib.patches
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from research.charts.drawing import FIRST, HIGHLIGHT, INK, PALE, QUIET, STYLE, WIDTH, Figure, day, svg
from research.claims.periods import parse
from research.errors import NoDataError


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
        drawn = svg(canvas, f"claim-{record['claim_id']}")
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
        axes.set_xlabel("logarithmic scale", loc="right", fontsize=8, color=QUIET)
        axes.margins(x=0.25)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _digits(x)))
        return
    axes.margins(x=0.25)
    if dated:
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: day(matplotlib.dates.num2date(x))))
        return
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _digits(x)))


def _digits(value: float) -> str:
    """A number as a label: whole where it is large, four digits else."""
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}").replace("-", "−")
