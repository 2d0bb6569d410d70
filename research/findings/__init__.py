"""One function a sentence: numbers in, text and key numbers out. A sentence hedges or declines when data is missing.

`say_` returns a `Finding`; `words_` returns a figure's headline, subtitle, alt text and source line, made from the
same numbers as the figure; `table_` returns a `Table`.

words        the records a page is told, and how numbers are written
coverage     what is in the data, and what became of every row
relations    how two states have treated each other
mirror       both customs offices, totals in print, substitution
trade        who supplies whom, and what the controls did to the materials
"""

from research.findings.coverage import (
    say_anchor_figures,
    say_conservation,
    say_coverage,
    table_conservation,
    table_rejected,
    table_sources,
    words_coverage,
)
from research.findings.mirror import (
    given,
    or_limit,
    say_mirror,
    say_missing,
    say_printed_totals,
    say_substitution,
    say_supplier,
    table_goods,
    table_headlines,
    table_mirror,
    table_substitution,
)
from research.findings.relations import (
    say_contributions,
    say_trajectory,
    say_turn,
    table_contributions,
    words_trajectory,
)
from research.findings.trade import (
    say_bases,
    say_concentration,
    say_materials,
    say_polyimide,
    say_small_lots,
    say_zero_months,
    table_unit_values,
    words_base_changes,
    words_concentration,
    words_control_months,
    words_supplier_shares,
)
from research.findings.words import Finding, KeyNumber, Table, dollars, month, percent, signed

__all__ = [
    "Finding",
    "KeyNumber",
    "Table",
    "dollars",
    "given",
    "month",
    "or_limit",
    "percent",
    "say_anchor_figures",
    "say_bases",
    "say_concentration",
    "say_conservation",
    "say_contributions",
    "say_coverage",
    "say_materials",
    "say_mirror",
    "say_missing",
    "say_polyimide",
    "say_printed_totals",
    "say_small_lots",
    "say_substitution",
    "say_supplier",
    "say_trajectory",
    "say_turn",
    "say_zero_months",
    "signed",
    "table_conservation",
    "table_contributions",
    "table_goods",
    "table_headlines",
    "table_mirror",
    "table_rejected",
    "table_sources",
    "table_substitution",
    "table_unit_values",
    "words_base_changes",
    "words_concentration",
    "words_control_months",
    "words_coverage",
    "words_supplier_shares",
    "words_trajectory",
]
