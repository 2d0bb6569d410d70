"""Runs notebooks: each in a kernel of its own, the status from here and never from the saved notebook.

A run is built in a hidden folder beside its place and moved there whole; others go on when one fails.
The work of one run is `run_one`, a plain function of plain values, so any executor can carry it.
"""

import contextlib
import datetime
import glob
import logging
import multiprocessing
import os
import re
import shutil
import signal
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from research import paths
from research.errors import RequestError
from research.reports import parent, provenance, resume
from research.reports.plan import Run

OK, UNCHANGED, FAILED, DIED, TIMED_OUT = "ok", "unchanged", "failed", "kernel died", "timed out"
OUT_OF_MEMORY, INTERRUPTED = "out of memory", "interrupted"
WARM = "warm"
WATCH = 0.1  # seconds between two looks at a kernel
OUT_OF_MEMORY_NAMES = ("MemoryError", "OutOfMemoryException", "ArrowMemoryError", "_ArrayMemoryError")
BUILDING, REPLACED = ".building-", ".replaced-"


@dataclass(frozen=True)
class Outcome:
    """What became of one run; one record of runs.json."""

    name: str
    notebook: str
    title: str = ""
    status: str = INTERRUPTED
    seconds: float = 0.0
    parameters: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    page: str | None = None
    error: str | None = None
    open: str | None = None
    trace: str | None = None
    warnings: tuple[str, ...] = ()
    key_numbers: tuple[dict[str, Any], ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    ended: str | None = None
    since_last: dict[str, Any] | None = None
    earlier: bool = False
    why: str | None = None
    kernel: str | None = None
    retried: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the run has a page that holds for this batch: made in it, or shown to be unchanged."""
        return self.status in (OK, UNCHANGED)


@dataclass(frozen=True)
class Limits:
    """What every run of a batch may take (seconds, megabytes), and whether its kernel may be a warm one."""

    timeout: float = 1800.0
    memory: float | None = None
    warm: bool = True


# A batch -----------------------------------------------------------------------------------------


def prepare_folder(out: Path) -> None:
    """Make the output folder and see that it can be written, before any kernel starts.

    Raises RequestError when it cannot. Leftovers of a batch that was killed are cleared away.
    """
    probe = out / f"{BUILDING}probe-{os.getpid()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise RequestError(
            f"cannot write to the output folder {out}: {error.strerror}; nothing was run; "
            "name another folder with --out"
        ) from error
    _sweep(out, lambda pid: not _is_alive(pid))


@contextmanager
def owned(out: Path) -> Iterator[None]:
    """Keep the output folder to one batch; the system frees it when this process ends, however it ends.

    Raises RequestError when another batch has it. Where the system has no such lock (Windows), none is taken.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RequestError(
                f"another batch is writing to {out}; nothing was run; wait for it, or name another folder with --out"
            ) from error
        yield
    finally:
        os.close(handle)


def run_batch(
    runs: Sequence[Run],
    out: Path,
    *,
    jobs: int | None = None,
    timeout: float = 1800.0,
    memory: float | None = None,
    warm: bool = True,
    skip_unchanged: bool = False,
    say: Callable[[Outcome], None] = lambda outcome: None,
    executor: Executor | None = None,
    server: str | None = None,
) -> list[Outcome]:
    """Run all, several at a time, and say each outcome as it comes; the outcomes in the order of the runs.

    With an `executor`, which gives each job a process, runs go there and `jobs` has no meaning; else to a pool here.
    `server` is where warm kernels are asked for, if one was started ahead (`parent.shared`).
    With `skip_unchanged`, a run whose page would be the same again is not run, and its outcome says why.
    Ctrl-C or SIGTERM stops every kernel, leaves whole files only, and gives the rest as "interrupted".
    """
    prepare_folder(out)
    done: dict[str, Outcome] = {}
    asked = runs
    runs, reasons = _needed(runs, out, done, say, skip_unchanged)
    say = _with_reasons(say, reasons)
    jobs = max(1, min(jobs or os.cpu_count() or 1, len(runs)))
    limits = Limits(timeout, memory, warm)
    wanted = warm and bool(runs) and executor is None
    with _interruptible(), contextlib.nullcontext(server) if server else parent.shared(wanted) as kernels:
        carry = partial(_run_elsewhere, executor) if executor else lambda *jobs: _run_in_pool(*jobs, kernels)
        try:
            left = list(runs)
            while left:
                broken = carry(left, out, jobs, limits, done, say)
                begun = [r for r in broken if _is_begun(r, out)] or broken
                for run in begun:  # each alone, so that a run that kills its process takes no other with it
                    _run_again(run, out, limits, done, say, carry)
                left = [r for r in broken if r not in begun]
        except KeyboardInterrupt:
            pass
        _sweep(out, lambda pid: pid == os.getpid())
    outcomes = [done.get(run.name) or _blank(run, INTERRUPTED, "stopped before it was finished") for run in asked]
    return [replace(o, why=reasons.get(o.name, o.why)) for o in outcomes]


def _with_reasons(say: Callable[[Outcome], None], reasons: dict[str, str]) -> Callable[[Outcome], None]:
    """Say an outcome together with why it ran, which the process that ran it does not know."""
    return lambda outcome: say(replace(outcome, why=reasons.get(outcome.name, outcome.why)))


def _needed(
    runs: Sequence[Run], out: Path, done: dict[str, Outcome], say: Callable[[Outcome], None], skip_unchanged: bool
) -> tuple[list[Run], dict[str, str]]:
    """The runs that need a kernel, and why by name; the outcomes of those that do not go to `done` at once."""
    needed, reasons = [], {}
    last = resume.last_records(out)
    for run in runs:
        started = time.perf_counter()
        judgement = resume.judge(run, out, last.get(run.name))
        if not (skip_unchanged and judgement.unchanged):
            needed.append(run)
            reasons[run.name] = "forced" if judgement.unchanged else judgement.why
            continue
        done[run.name] = replace(
            _blank(run, UNCHANGED),
            **{k: tuple(v) if isinstance(v, list) else v for k, v in judgement.earlier.items()},
            seconds=round(time.perf_counter() - started, 2),
            why=judgement.why,
            ended=last.get(run.name, {}).get("ended"),
        )
        say(done[run.name])
    return needed, reasons


def _run_again(
    run: Run,
    out: Path,
    limits: Limits,
    done: dict[str, Outcome],
    say: Callable[[Outcome], None],
    carry: Callable[..., list[Run]],
) -> None:
    """Once more and for the last time, alone; its outcome says so wherever it is shown."""

    def announce(outcome: Outcome) -> None:
        done[run.name] = replace(outcome, retried="the process that ran it died (out of memory?)")
        say(done[run.name])

    if carry([run], out, 1, limits, done, announce):
        announce(_blank(run, FAILED, "the process that ran this notebook died twice (out of memory?)"))


def _run_in_pool(
    runs: Sequence[Run],
    out: Path,
    jobs: int,
    limits: Limits,
    done: dict[str, Outcome],
    say: Callable[[Outcome], None],
    server: str | None,
) -> list[Run]:
    """Outcomes go to `done` as they come; gives back the runs whose process died under them."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=(server,))
    try:
        with _signals_held():  # a worker must not be hit by Ctrl-C before it can stop its kernel
            futures: dict[Future[Outcome], Run] = {
                pool.submit(run_one, run, out, os.getpid(), limits): run for run in runs
            }
        broken = _collect(futures, done, say)
        pool.shutdown()
    except BaseException:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)  # stopping is short and must not be stopped half-way
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
            worker.join()
        pool.shutdown(cancel_futures=True)
        raise
    return broken


def _collect(
    futures: dict[Future[Outcome], Run], done: dict[str, Outcome], say: Callable[[Outcome], None]
) -> list[Run]:
    """Outcomes to `done` as they come; gives back the runs whose process died. One taken back has no outcome."""
    broken = []
    for future in as_completed(futures):
        try:
            outcome = future.result()
        except BrokenExecutor:
            broken.append(futures[future])
            continue
        except CancelledError:
            continue
        done[outcome.name] = outcome
        say(outcome)
    return broken


def _run_elsewhere(
    executor: Executor,
    runs: Sequence[Run],
    out: Path,
    jobs: int,
    limits: Limits,
    done: dict[str, Outcome],
    say: Callable[[Outcome], None],
) -> list[Run]:
    """As `_run_in_pool`, through an executor somebody else opened; it is at its end when this ends early."""
    try:
        futures = {executor.submit(run_as_job, run, out, os.getpid(), limits): run for run in runs}
        return _collect(futures, done, say)
    except BaseException:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)
        executor.shutdown(cancel_futures=True)
        raise


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM is the same request as Ctrl-C; the signals' former meaning comes back afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        for signum, handler in former.items():
            signal.signal(signum, handler)


@contextmanager
def _signals_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _sweep(out: Path, chosen: Callable[[int], bool]) -> None:
    """Clear hidden folders of batches chosen by process id; a page caught half-replaced comes back."""
    for folder in out.glob(f"{REPLACED}*"):
        name, _, pid = folder.name.removeprefix(REPLACED).rpartition("-")
        if pid.isdigit() and chosen(int(pid)):
            if (out / name).exists():
                shutil.rmtree(folder, ignore_errors=True)
            else:
                folder.rename(out / name)
    for folder in out.glob(f"{BUILDING}*"):
        pid = folder.name.rpartition("-")[2]
        if pid.isdigit() and chosen(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


# One run, in a process of its own ------------------------------------------------------------------


def _start_worker(server: str | None = None) -> None:
    """Ctrl-C is for the parent; SIGTERM stops this worker's kernel first; no worker outlives its parent."""
    parent.use(server)
    # jsonschema loads this optional module for one format no notebook uses; it costs 1.5 s.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda signum, frame: _stop_worker())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    starter = multiprocessing.parent_process()
    if starter:
        threading.Thread(target=lambda: (starter.join(), _stop_worker()), daemon=True).start()


def _stop_worker() -> None:
    kernels = sys.modules.get("research.reports.kernels")
    if kernels:
        kernels.stop_children()
    os._exit(1)


def run_as_job(run: Run, out: Path, batch: int, limits: Limits) -> Outcome:
    """`run_one` in a process that others started: told to end, it stops its kernel first."""
    _start_worker()
    return run_one(run, out, batch, limits)


def run_one(run: Run, out: Path, batch: int, limits: Limits) -> Outcome:
    """Execute one notebook and put its page in place; always an outcome, never an exception.

    `batch` is the process id of the batch: it names the hidden folders, so that only their owner clears them.
    """
    started = time.perf_counter()
    building = out / f"{BUILDING}{run.name}-{uuid.uuid4().hex[:8]}-{batch}"  # a run started twice has two
    place, work = building / "place", building / "work"
    try:
        place.mkdir(parents=True)
        work.mkdir()
        outcome, executed = _execute_surely(run, work, limits)
        if outcome.ok:
            outcome = _write(run, executed, work, place, outcome)
        else:
            _keep_failed(executed, outcome, place / "failed.ipynb")
            outcome = replace(outcome, open=f"{run.name}/failed.ipynb")
        _put(place, out / run.name, out / f"{REPLACED}{run.name}-{batch}")
    except Exception as error:
        outcome = replace(_blank(run, FAILED, f"{type(error).__name__}: {error}"), trace=traceback.format_exc())
        shutil.rmtree(out / run.name, ignore_errors=True)  # an older page must not pass for this one's
    finally:
        shutil.rmtree(building, ignore_errors=True)
    ended = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return replace(outcome, seconds=round(time.perf_counter() - started, 2), ended=ended)


def _is_begun(run: Run, out: Path) -> bool:
    """Whether a process of this batch began the run and left its folder behind."""
    return any(out.glob(f"{BUILDING}{glob.escape(run.name)}-{'[0-9a-f]' * 8}-{os.getpid()}"))


def _blank(run: Run, status: str, error: str | None = None) -> Outcome:
    return Outcome(
        name=run.name,
        notebook=run.notebook.name,
        title=run.name,
        status=status,
        parameters=run.parameters,
        changed=run.changed,
        error=error,
    )


def _environment(work: Path) -> dict[str, str]:
    """What a kernel may depend on, the same everywhere; no user's start-up files."""
    return {
        **parent.environment(),
        "IPYTHONDIR": str(work / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(work / "runtime"),
        "RESEARCH_INPUTS_LOG": str(work / "inputs.log"),
    }


@contextmanager
def _watched(limits: Limits) -> Iterator[list[str]]:
    """Kills the kernel when its time is up or its memory too much; the list says which, so that it was us."""
    from research.reports import kernels

    struck: list[str] = []
    over = threading.Event()
    deadline = time.monotonic() + limits.timeout

    def watch() -> None:
        while not over.wait(min(WATCH, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                struck.append(TIMED_OUT)
            elif limits.memory is not None and kernels.memory() > limits.memory * 1e6:
                struck.append(OUT_OF_MEMORY)
            if struck:
                kernels.stop()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield struck
    finally:
        over.set()
        watcher.join()
        kernels.forget()


def _execute_surely(run: Run, work: Path, limits: Limits) -> tuple[Outcome, Any]:
    """A kernel that went with the process it was forked from is no fault of the notebook: once more, and said."""
    with contextlib.suppress(parent.GoneError):
        outcome, executed = _execute(run, work, limits)
        if outcome.status != DIED or outcome.kernel != WARM or not parent.why_not():
            return outcome, executed
    shutil.rmtree(work)
    work.mkdir()
    outcome, executed = _execute(run, work, limits)
    return replace(outcome, retried=f"{parent.GONE}, and its kernel with it"), executed


def _execute(run: Run, work: Path, limits: Limits) -> tuple[Outcome, Any]:
    """The notebook through papermill: the outcome, and the notebook as far as it came."""
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError

    from research.reports import kernels

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    os.environ.update(_environment(work))
    kind, manager = WARM, kernels.WarmKernelManager
    if not limits.warm or (reason := parent.why_not()):
        kind, manager = f"normal: {reason}" if limits.warm else "normal", kernels.OwnKernelManager
    source = nbformat.read(run.notebook, as_version=4)
    for number, cell in enumerate(source.cells, start=1):
        cell.metadata["number"] = number  # as the reader of the notebook counts, whatever papermill puts between
    reached: list[Any] = []
    status, error = OK, None
    with _watched(limits) as struck:
        try:
            papermill.execute_notebook(
                source,
                None,
                run.changed,
                engine_name=kernels.ENGINE,
                reached=reached,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=str(paths.root()),
                kernel_manager_class=manager,
                shutdown_kernel="immediate",
            )
        except papermill.PapermillExecutionError as found:
            status = OUT_OF_MEMORY if found.ename in OUT_OF_MEMORY_NAMES else FAILED
            error = f"{found.ename}: {found.evalue}" if found.evalue else found.ename
        except (DeadKernelError, RuntimeError) as found:
            if not isinstance(found, DeadKernelError) and "Kernel died" not in str(found):
                raise
            status, error = DIED, "the kernel was killed or crashed (out of memory, or a fault in a library?)"
    if TIMED_OUT in struck:
        status, error = TIMED_OUT, f"took longer than {limits.timeout:g} s"
    elif OUT_OF_MEMORY in struck:
        status, error = OUT_OF_MEMORY, f"held more than {limits.memory:g} MB of memory"
    executed = reached[0] if reached else source
    if status == OK and (left := _not_executed(executed)):
        status, error = FAILED, f"the notebook stopped early; cell {left} never ran"
    elif status != OK:
        error = f"cell {_last_started(executed)} of {run.notebook.name}: {error}"
    return replace(_blank(run, status, error), warnings=_warnings(executed), kernel=kind), executed


def _not_executed(notebook: Any) -> int | None:
    """Number of the first code cell without an execution count; a cell of nothing but space has none."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            return cell.metadata.get("number", 0)
    return None


def _last_started(notebook: Any) -> int:
    """Number of the cell that was running last, as the notebook's reader counts."""
    started = [c.metadata.get("number", 0) for c in notebook.cells if _was_started(c)]
    return max(started, default=0)


def _was_started(cell: Any) -> bool:
    return cell.cell_type == "code" and bool(cell.metadata.get("papermill", {}).get("start_time"))


def _warnings(notebook: Any) -> tuple[str, ...]:
    """First lines of what the cells wrote to their error stream; not on the page, but not hushed up."""
    found = [
        f"cell {cell.metadata.get('number', 0)}: {''.join(output.text).strip().splitlines()[0]}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr" and "".join(output.text).strip()
    ]
    return tuple(re.sub(r"/\S*/(?=[\w.]+\.py)", "", text) for text in found)


def _keep_failed(notebook: Any, outcome: Outcome, path: Path) -> None:
    """The notebook as far as it came, marked at its head: papermill marks a raise, but not a dead kernel."""
    import nbformat

    mark = nbformat.v4.new_markdown_cell(f"**This run did not finish: {outcome.status}.** {outcome.error}")
    notebook.cells.insert(0, mark)
    nbformat.write(nbformat.v4.upgrade(notebook), path)


def _write(run: Run, executed: Any, work: Path, place: Path, outcome: Outcome) -> Outcome:
    """Page, data files and provenance of a run that went well."""
    from research.reports import page

    record = provenance.record(run, provenance.read_inputs(work / "inputs.log"))
    made = page.make_page(executed, run, record)
    files = {"index.html": made.html, "provenance.json": provenance.as_json(record), **made.data}
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8", newline="\n")
    left = {
        "title": made.title,
        "page": f"{run.name}/index.html",
        "key_numbers": made.numbers,
        "outputs": {name: provenance.sha256(place / name) for name in sorted(files)},
        "warnings": list(outcome.warnings),
    }
    (place / resume.OUTCOME).write_text(provenance.as_json(left), encoding="utf-8", newline="\n")
    return replace(outcome, **{**left, "key_numbers": tuple(made.numbers), "warnings": outcome.warnings})


def _put(place: Path, final: Path, aside: Path) -> None:
    """Move a finished folder to its final place, whole; the former one steps aside and goes."""
    if final.exists():
        os.replace(final, aside)
    os.replace(place, final)
    shutil.rmtree(aside, ignore_errors=True)


# The batch's own two files -------------------------------------------------------------------------


def earlier_outcomes(out: Path, names: set[str]) -> list[Outcome]:
    """Runs of earlier batches in this folder, not asked for in this one, whose page is still there."""
    records = [r for name, r in resume.last_records(out).items() if name not in names]
    try:
        found = [Outcome(**{**r, "trace": None, "earlier": True, "since_last": None}) for r in records]
    except TypeError:
        return []
    return [o for o in found if o.page and (out / o.page).is_file()]


def write_index(outcomes: Sequence[Outcome], out: Path) -> str:
    """Write index.html and runs.json, failures first on the index; gives the status of the batch."""
    from research.reports import index

    everything = [*outcomes, *earlier_outcomes(out, {o.name for o in outcomes})]
    status = batch_status(outcomes)
    records = [as_record(o) for o in everything]
    document = {"status": status, "commit": provenance.commit(), "runs": records}
    _replace_text(out / "runs.json", provenance.as_json(document))
    _replace_text(out / "index.html", index.make_index(everything, status))
    return status


def as_record(outcome: Outcome) -> dict[str, Any]:
    """An outcome as runs.json holds it."""
    return {k: v for k, v in vars(outcome).items() if k != "trace"}


def batch_status(outcomes: Sequence[Outcome]) -> str:
    """One word for the batch: interrupted before failed before ok."""
    statuses = {o.status for o in outcomes}
    if INTERRUPTED in statuses:
        return INTERRUPTED
    return OK if statuses <= {OK, UNCHANGED} else FAILED


def _replace_text(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
