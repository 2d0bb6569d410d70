"""What is said of one statement."""

from dataclasses import dataclass, field

from research.claims.books import Rows

REPRODUCED, DIFFERS, CONTRADICTED, NOT_TESTABLE = VERDICTS = (
    "reproduced",
    "differs_by_definition",
    "contradicted",
    "not_testable",
)


@dataclass(frozen=True)
class Reading:
    """Another way to read a statement: `kind` is definition (still true) or near (another period, a slip)."""

    kind: str
    label: str
    computed: float | str
    rows: Rows = ()


@dataclass(frozen=True)
class Verdict:
    """The judgement of one statement, with all it stands on; `difference` is computed less printed."""

    verdict: str
    sentence: str
    computed: float | str | None = None
    difference: float | None = None
    rows: Rows = ()
    definition: str = ""
    readings: tuple[Reading, ...] = ()
    tried: int = 0
    by_chance: float = 0.0
    warning: str = ""
    beside: tuple[str, ...] = field(default=())
