"""One function a sentence: numbers in, text and key numbers out. A sentence hedges or declines when data is missing.

`say_` returns a `Finding`; `words_` returns a figure's headline, subtitle, alt text and source line, made from the
same numbers as the figure; `table_` returns a `Table`.

words        the records a page is told, and how numbers are written
held         blocks of a notebook that say what is missing
claims       which published statements hold, and why the others do not
coded        machine-coded events: reports, repeats, and the days their files cover
coverage     what is in the data, and what became of every row
relations    how two states have treated each other
moves        how far the two directions are apart, who moves first, what one event was followed by
outlook      when it turned, where it is heading, what the restoration was followed by
effects      whether a measure changed anything, hedged by interval, placebos and fit
exports      whether total exports fell in the year of the controls
goods        what the controls did to goods that were singled out, beside goods that were not
linkage      does politics move trade, or trade politics
mirror       both customs offices, totals in print, substitution
trade        who supplies whom, and what the controls did to the materials
"""

from research.findings.claims import (
    instructive,
    say_claims,
    say_rejected_claims,
    table_claims,
    words_claim,
)
from research.findings.coded import (
    say_calendars,
    say_calibration,
    say_coded,
    say_coded_turns,
    say_held_events,
    table_calendar,
    table_calibration,
    words_calendars,
    words_coded,
)
from research.findings.coverage import (
    say_anchor_figures,
    say_conservation,
    say_coverage,
    say_revisions,
    table_conservation,
    table_rejected,
    table_sources,
    words_coverage,
)
from research.findings.effects import (
    hedges,
    say_cells,
    say_effect,
    say_exchange,
    say_in_time,
    say_other_way,
    say_people,
    table_published,
    words_effects,
    words_visitors,
)
from research.findings.exports import say_exports, words_exports
from research.findings.goods import say_contamination, say_singled_out, words_goods
from research.findings.held import WhereHeld
from research.findings.linkage import (
    say_leads,
    say_linkage,
    table_precedence,
    words_linkage,
)
from research.findings.mirror import (
    say_goods,
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
from research.findings.moves import say_difference, say_half_lives, say_reaction, say_who_moves_first
from research.findings.outlook import (
    say_around,
    say_missing_months,
    say_projection,
    say_quoted,
    say_regimes,
    say_restoration,
    table_breaks,
    words_projection,
    words_regimes,
    words_restoration,
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
from research.findings.words import (
    Finding,
    KeyNumber,
    Table,
    dollars,
    month,
    percent,
    signed,
)

__all__ = [
    "Finding",
    "KeyNumber",
    "Table",
    "WhereHeld",
    "dollars",
    "hedges",
    "instructive",
    "month",
    "percent",
    "say_anchor_figures",
    "say_around",
    "say_bases",
    "say_calendars",
    "say_calibration",
    "say_cells",
    "say_claims",
    "say_coded",
    "say_coded_turns",
    "say_concentration",
    "say_conservation",
    "say_contamination",
    "say_contributions",
    "say_coverage",
    "say_difference",
    "say_effect",
    "say_exchange",
    "say_exports",
    "say_goods",
    "say_half_lives",
    "say_held_events",
    "say_in_time",
    "say_leads",
    "say_linkage",
    "say_materials",
    "say_mirror",
    "say_missing",
    "say_missing_months",
    "say_other_way",
    "say_people",
    "say_polyimide",
    "say_printed_totals",
    "say_projection",
    "say_quoted",
    "say_reaction",
    "say_regimes",
    "say_rejected_claims",
    "say_restoration",
    "say_revisions",
    "say_singled_out",
    "say_small_lots",
    "say_substitution",
    "say_supplier",
    "say_trajectory",
    "say_turn",
    "say_who_moves_first",
    "say_zero_months",
    "signed",
    "table_breaks",
    "table_calendar",
    "table_calibration",
    "table_claims",
    "table_conservation",
    "table_contributions",
    "table_goods",
    "table_headlines",
    "table_mirror",
    "table_precedence",
    "table_published",
    "table_rejected",
    "table_sources",
    "table_substitution",
    "table_unit_values",
    "words_base_changes",
    "words_calendars",
    "words_claim",
    "words_coded",
    "words_concentration",
    "words_control_months",
    "words_coverage",
    "words_effects",
    "words_exports",
    "words_goods",
    "words_linkage",
    "words_projection",
    "words_regimes",
    "words_restoration",
    "words_supplier_shares",
    "words_trajectory",
    "words_visitors",
]
