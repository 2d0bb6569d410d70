"""Numbers from tidy tables, one module a question (METHODS says what each measure is and how it is checked).

relations    how have the two states treated each other, month by month?
dependence   who supplies whom: shares, concentration, unit values, change against several bases
landmarks    which events to name on a figure: the largest in the strongest moves
mirror       both customs offices, totals in print, who took up a fall
panels       one measure of several materials side by side
calendar     the dates of the export controls, read from the timeline
"""

from research.measures import calendar, dependence, landmarks, mirror, panels, relations

__all__ = ["calendar", "dependence", "landmarks", "mirror", "panels", "relations"]
