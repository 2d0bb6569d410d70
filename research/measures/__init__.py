"""Numbers from tidy tables, one module a question (METHODS says what each measure is and how it is checked).

relations    how have the two states treated each other, month by month?
series       machine-coded events by month: three measures side by side, with counts and duplicates
dependence   who supplies whom: shares, concentration, unit values, change against several bases
landmarks    which events to name on a figure: the largest in the strongest moves
panels       one measure of several materials side by side
calendar     the dates of the export controls, read from the timeline
"""

from research.measures import calendar, dependence, landmarks, panels, relations, series

__all__ = ["calendar", "dependence", "landmarks", "panels", "relations", "series"]
