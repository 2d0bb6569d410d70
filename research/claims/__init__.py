"""Published statement -> definition -> recomputed figure -> verdict, with the reason.

periods     spans of time as a ledger writes them
books       the offices' books: one figure, with the rows it stands on
dates       statements on dates and intervals, held against the timeline
figures     statements on figures: what is stated, and how to recompute it
questions   statements that ask yes or no, in the forms that figures decide
readings    other readings of a statement that fails: definitions, and near misses
judging     the rules of judgement, and the ledger as a whole
"""

from research.claims.books import Books
from research.claims.judging import Judged, judge, judge_file, standing
from research.claims.readings import Reading
from research.claims.verdict import VERDICTS, Verdict

__all__ = ["VERDICTS", "Books", "Judged", "Reading", "Verdict", "judge", "judge_file", "standing"]
