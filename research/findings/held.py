"""Blocks of a notebook that say what is missing, where the figures they need are not held."""

import re
from types import TracebackType

from research.dyads import STATES
from research.errors import NoDataError
from research.findings.words import Finding

_CODE = re.compile(r"`[^`]*`|\b[A-Z]{3}\b")  # what stands in `...` is to be typed as it is


class WhereHeld:
    """A block that shows what is held: `held = WhereHeld()` once, then `with held:` around what needs figures.

    A `NoDataError` inside ends the block and is shown as one limit, in full the first time and briefly where the same
    reason comes again. Any other error passes: a mistyped code or unsound data fails the run with its message.
    """

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, int]] = {}

    def __enter__(self) -> "WhereHeld":
        return self

    def __exit__(self, kind: type | None, fault: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(fault, NoDataError):
            return False
        from IPython.display import display  # a notebook has it loaded; the command line need not wait for it

        display(self._limit(fault, (trace.tb_frame.f_code.co_filename, trace.tb_lineno)))
        return True

    def _limit(self, fault: NoDataError, place: tuple[str, int]) -> Finding:
        """The reason in full, or that it is one told elsewhere; a cell run twice says the same twice."""
        reason = str(fault).splitlines()[0].split(". There is:")[0].rstrip(".")
        first = self._told.setdefault(reason, place)
        if first != place:
            return Finding("Not shown, for the same reason.", role="limit")
        return Finding(f"Not shown: {_CODE.sub(_named, reason)}.", role="limit")


def _named(code: re.Match) -> str:
    return STATES.get(code[0], code[0])
