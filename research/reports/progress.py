"""What a person sees while a batch runs: on a terminal a live table below the finished runs, elsewhere their lines.

Which runs are under way is seen from the hidden folders they are built in, wherever the process that runs them is.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from research.reports.index import clock
from research.reports.run import BUILDING, UNCHANGED, Outcome

if TYPE_CHECKING:
    from rich.console import Group

MOST_ROWS = 12
LOOKS_A_SECOND = 2


@contextmanager
def watched(
    names: Sequence[str], out: Path, line: Callable[[Outcome], str], echo: Callable[[str], None]
) -> Iterator[Callable[[Outcome], None]]:
    """Gives what is to be called with each finished run; on a terminal the table stands until all are done."""
    if not sys.stderr.isatty():
        yield lambda outcome: echo(line(outcome))
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if console.is_dumb_terminal:
        yield lambda outcome: echo(line(outcome))
        return
    board = Board(names, out)
    live = Live(
        board, console=console, transient=True, redirect_stdout=False, refresh_per_second=LOOKS_A_SECOND
    )  # fmt: skip

    def say(outcome: Outcome) -> None:
        board.finish(outcome)
        console.print(line(outcome), markup=False, highlight=False, soft_wrap=True)

    with _without_signals():  # Ctrl-C is for the main thread, not for the one that draws
        live.start()
    try:
        yield say
    finally:
        live.stop()


@contextmanager
def _without_signals() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Board:
    """How a batch stands: drawn anew at each look."""

    def __init__(self, names: Sequence[str], out: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._names, self._out, self._now = set(names), out, now
        self._finished: dict[str, Outcome] = {}
        self._seen: dict[str, float] = {}

    def finish(self, outcome: Outcome) -> None:
        """A run is done, whatever became of it."""
        self._finished[outcome.name] = outcome

    def running(self) -> dict[str, float]:
        """Seconds since each run under way was first seen, longest first."""
        now = self._now()
        try:
            folders = [p.name.removeprefix(BUILDING) for p in self._out.iterdir() if p.name.startswith(BUILDING)]
        except OSError:
            folders = []
        named = [f.rpartition("-")[0] for f in folders]  # what follows the name tells batches, or tries of a run, apart
        under_way = {*named, *(n.rpartition("-")[0] for n in named)} & self._names - self._finished.keys()
        self._seen = {name: self._seen.get(name, now) for name in under_way}
        return {name: now - since for name, since in sorted(self._seen.items(), key=lambda item: (item[1], item[0]))}

    def time_left(self, running: dict[str, float]) -> float | None:
        """Seconds the rest may take, from the mean of the runs done so far; None before one is done."""
        took = [o.seconds for o in self._finished.values() if o.status != UNCHANGED]
        if not took:
            return None
        mean = sum(took) / len(took)
        waiting = len(self._names) - len(self._finished) - len(running)
        work = mean * waiting + sum(max(0.0, mean - elapsed) for elapsed in running.values())
        return work / max(1, len(running))

    def headline(self, running: dict[str, float]) -> str:
        """`3 of 8 done, 2 running, 1 failed, 1 skipped, about 12.0 s left`."""
        outcomes = self._finished.values()
        failed, skipped = sum(not o.ok for o in outcomes), sum(o.status == UNCHANGED for o in outcomes)
        left = self.time_left(running)
        words = f"about {clock(left)} left" if left is not None else "time left unknown until a run is done"
        done = f"{len(self._finished)} of {len(self._names)} done"
        return f"{done}, {len(running)} running, {failed} failed, {skipped} skipped, {words}"

    def __rich__(self) -> "Group":
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        running = self.running()
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column()
        table.add_column(justify="right")
        for name, elapsed in list(running.items())[:MOST_ROWS]:
            table.add_row(f"  running {name}", f"for {clock(elapsed)}")
        if len(running) > MOST_ROWS:
            table.add_row(f"  and {len(running) - MOST_ROWS} more", "")
        return Group(Text(self.headline(running), style="bold"), table)
