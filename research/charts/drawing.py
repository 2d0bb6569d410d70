"""What every figure shares: colours, style, labels that do not touch, and the drawing as text."""

import html
import io
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from scipy.optimize import isotonic_regression

from research.dyads import Dyad

FIRST, SECOND, HIGHLIGHT = "#D55E00", "#0072B2", "#009E73"
INK, QUIET, FAINT, PALE = "#222222", "#6B6B6B", "#B0B0B0", "#D9D9D9"
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


def label_ends(ax, x, ends: dict[str, tuple[float, str]], *, gap: float) -> None:
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


def label_starts(ax, x, starts: dict[str, tuple[float, str]], *, gap: float) -> None:
    """Name each line left of its first point; labels closer than `gap` are moved apart evenly."""
    order = sorted(starts, key=lambda k: starts[k][0])
    places = spread(np.array([starts[k][0] for k in order], dtype=float), gap, 2.0, np.inf)
    for label, place in zip(order, places, strict=True):
        ax.text(
            x - pd.Timedelta(days=25), place, label, ha="right", va="center", color=starts[label][1], fontweight="bold"
        )


def write_above(ax, text: str, place: tuple, **style) -> None:
    """Write a number over its point."""
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


def day(date: pd.Timestamp) -> str:
    """4 Jul 2019"""
    return f"{date.day} {date:%b %Y}"


def svg(canvas: Canvas, prefix: str) -> str:
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
