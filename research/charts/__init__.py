"""Figures: a table and the words for it go in, a figure with alt text and its data comes out.

The two states keep their colours everywhere; every distinction made by colour is made again by dash, marker or
label. A figure is drawn without pyplot, so that nothing outlives it, and is the same to the byte each time.

drawing     what every figure shares: colours, style, labels that do not touch, and the drawing as text
relations   how two states have treated each other: the level, its turns, its projection, and dates in it
trade       who supplies whom: controlled months, shares, concentration, and the base that decides a change
effects     whether a measure changed anything: estimates in a row, and the visitors they are of
coverage    what is held: the span of each source, and the days that event files cover
coded       machine-coded events by month, under the curated level
claims      one published statement beside what was computed for it
"""

from research.charts.claims import plot_claim
from research.charts.coded import plot_coded
from research.charts.coverage import plot_calendar, plot_coverage
from research.charts.drawing import Figure
from research.charts.effects import plot_effects, plot_visitors
from research.charts.relations import plot_around_dates, plot_projection, plot_regimes, plot_trajectory
from research.charts.trade import plot_base_changes, plot_concentration, plot_control_months, plot_supplier_shares

__all__ = [
    "Figure",
    "plot_around_dates",
    "plot_base_changes",
    "plot_calendar",
    "plot_claim",
    "plot_coded",
    "plot_concentration",
    "plot_control_months",
    "plot_coverage",
    "plot_effects",
    "plot_projection",
    "plot_regimes",
    "plot_supplier_shares",
    "plot_trajectory",
    "plot_visitors",
]
