"""The same work on other machines: an executor whose jobs are done at the workers of a Dask cluster.

A worker runs its tasks in threads, but a notebook needs a process: a working folder, signals and a kernel of its own.
So a worker passes each job on to a process beside it (`python -m research.cluster FD`), which does one job after
another, unpickles them with the code that is there now, and ends with its worker, however that ends.
Only this module imports `distributed`, and only when a cluster is asked for.
"""

import asyncio
import contextlib
import importlib.metadata
import logging
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from concurrent.futures import wait as wait_for
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from research import paths
from research.errors import RequestError
from research.reports import provenance

FIRST = 10.0  # seconds for a scheduler to answer, and for a first worker
ALONE = 60.0  # seconds without any worker before a batch is given up
LOOK = 0.25  # seconds between two looks: is the job still wanted, are the workers still there
GRACE = 5.0  # seconds for a process to tidy up when it is told to end

Say = Callable[[str], None]


# Where the batch is ---------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(address: str, folder: Path, say: Say = lambda text: None, first: float = FIRST) -> Iterator[Executor]:
    """An executor on the workers of the scheduler at `address`; `folder` is where results go, and all must see it.

    Left early, it takes back what is queued and stops what runs; it returns when nothing of it runs any more.
    Raises RequestError before any work is sent where Dask is not installed, no scheduler answers, it has no worker,
    or a worker stands on other code, packages or folders than this process: each is named with what differs.
    """
    client = _connected(address, first)
    try:
        executor = ClusterExecutor(client, address, say)
        try:
            executor.check(folder)
            yield executor
        finally:
            executor.shutdown(cancel_futures=True)
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.close(timeout=GRACE)


def _connected(address: str, first: float) -> Any:
    """A client of the scheduler, which has at least one worker."""
    _check_address(address)
    from distributed import Client

    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what concerns a person is said by us, in a line
    try:
        client = Client(address, timeout=first, set_as_default=False, name="research")
    except OSError as error:
        raise RequestError(
            f"no Dask scheduler at {address} (asked for {first:g} s; {_first_line(error)}); "
            "start one with `dask scheduler`, which prints its address"
        ) from error
    try:
        client.wait_for_workers(1, timeout=first)
    except TimeoutError as error:
        client.close()
        raise RequestError(
            f"the scheduler at {address} has no worker (waited {first:g} s); start some in the project folder: "
            f"`dask worker {address} --nthreads 1`"
        ) from error
    return client


def _check_address(address: str) -> None:
    """See that Dask is installed and could use the address: its client is not good at being refused."""
    try:
        from distributed import Security
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise RequestError(
            f"--cluster needs Dask ({error}): install the extra `cluster` (pip install '.[cluster]'), "
            "with conda the package `distributed`"
        ) from error
    try:
        get_address_host_port(address)
        if address.startswith("tls:") and not Security().get_connection_args("client")["ssl_context"]:
            raise ValueError("no certificates are named in Dask's configuration, distributed.comm.tls")
    except ValueError as error:
        raise RequestError(
            f"{address} is no address of a Dask scheduler: {error}; one reads like tcp://10.0.0.1:8786"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]


class ClusterExecutor(Executor):
    """Jobs to processes beside the workers. A job whose workers or processes died raises BrokenExecutor.

    A worker that is lost is told to `say`; its jobs go to others. Where no worker is left for ALONE seconds, or the
    scheduler is gone, the jobs that are not done are cancelled.
    """

    def __init__(self, client: Any, address: str, say: Say) -> None:
        """On the workers of a client's scheduler."""
        self._client, self._address, self._say = client, address, say
        self._batch = uuid.uuid4().hex
        self._tasks = client.get_executor(pure=False)
        self._here = identity()
        self._open: set[Future] = set()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def check(self, folder: Path) -> None:
        """See that every worker stands on the same code, packages and folders. Raises RequestError where not."""
        token = folder / f".seen-by-workers-{self._batch}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            token.touch()
        except OSError as error:
            raise RequestError(f"cannot write to the folder {folder}: {error.strerror}; name another") from error
        try:
            job = self._job(partial(look, str(token)), {})
            found = self._client.run(carry_aside, self._batch, job, on_error="return")
        finally:
            token.unlink(missing_ok=True)
        here = {**self._here, f"sight of {folder}": "yes"}
        amiss = {worker: told for worker, answer in sorted(found.items()) if (told := _amiss(here, answer))}
        if amiss:
            lines = "".join(f"\n  {worker}: {told}" for worker, told in amiss.items())
            raise RequestError(
                f"{len(amiss)} of {len(found)} workers at {self._address} are not set up like this process; "
                f"nothing was sent:{lines}\nstart them anew with the packages of requirements.lock and the same "
                "project folder (started in it, or named by RESEARCH_ROOT)"
            )
        self._watcher.start()

    def _job(self, call: Callable[[], Any], expected: dict[str, str]) -> bytes:
        return pickle.dumps((expected, os.getcwd(), call))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """One job; `fn` and what it takes and gives must be picklable."""
        task = self._tasks.submit(carry, self._batch, self._job(partial(fn, *args, **kwargs), self._here))
        future: Future = Future()
        self._open.add(future)
        future.add_done_callback(lambda done: (self._open.discard(done), done.cancelled() and task.cancel()))
        task.add_done_callback(partial(_hand_on, future, self._lost))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """With `cancel_futures`, takes back what is queued and stops what runs, else waits; ends our processes."""
        if cancel_futures:
            self._cancel()
        elif wait:
            wait_for(list(self._open))
        self._over.set()
        if self._client.status == "running":
            with contextlib.suppress(Exception):  # nothing more can be done about a cluster that is going away
                self._client.run(stop, self._batch, on_error="ignore")

    def _cancel(self) -> None:
        for future in list(self._open):
            if future.cancel():
                future.set_running_or_notify_cancel()

    def _watch(self) -> None:
        """Say which workers are gone; give up when none has been there for too long."""
        known: set[str] = set()
        seen = time.monotonic()
        while not self._over.wait(LOOK):
            now = self._workers(known)
            for worker in sorted(known - now):
                self._say(f"worker {worker} is gone; what it was doing goes to another")
            known = now
            if now or not self._open:
                seen = time.monotonic()
            elif time.monotonic() - seen > ALONE:
                self._say(f"no worker left at {self._address} for {ALONE:g} s: given up")
                self._cancel()

    def _workers(self, known: set[str]) -> set[str]:
        """Who is there now; where the scheduler cannot say, those who were."""
        try:
            return set(self._client.nthreads()) if self._client.status == "running" else known
        except Exception:  # whatever hinders the question, the next look asks again
            return known

    def _lost(self) -> None:
        """Dask gives every task back when the line to its scheduler breaks."""
        if not self._over.is_set():
            self._over.set()
            self._say(f"the scheduler at {self._address} is gone: given up")


def _hand_on(future: Future, lost: Callable[[], None], task: Future) -> None:
    """What became of a task, to the future its caller holds."""
    if future.done():
        return
    if task.cancelled():
        lost()
        future.cancel()
        future.set_running_or_notify_cancel()
    elif (error := task.exception()) is not None:
        future.set_exception(_told(error))
    else:
        done, value = pickle.loads(task.result())
        (future.set_result if done else future.set_exception)(value)


def _told(error: BaseException) -> BaseException:
    """Dask's word for a task whose workers died, one after another, in the words of `concurrent.futures`."""
    from distributed import KilledWorker

    if not isinstance(error, KilledWorker):
        return error
    return BrokenExecutor(f"{error.allowed_failures + 1} workers died doing it, the last {error.last_worker.address}")


# What must be the same here and there -----------------------------------------------------------------


def identity() -> dict[str, str]:
    """What a result depends on besides its inputs: folder, code, interpreter, locked packages."""
    lock = paths.root() / "requirements.lock"
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    found = {
        "project folder": str(paths.root()),
        "code of the package": provenance.package_hash()[:12],
        "requirements.lock": provenance.text_hash(text)[:12],
        "Python": ".".join(map(str, sys.version_info[:3])),
    }
    for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def differences(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """What differs, in words. A package that only one side has may be a tool the work does not need."""
    return [
        f"{name} {here[name]} here, {there[name]} there" for name in here if there.get(name, here[name]) != here[name]
    ]


def look(token: str) -> dict[str, str]:
    """What a worker's process stands on, and whether it sees a file that was just written."""
    seen = Path(token)
    return {**identity(), f"sight of {seen.parent}": "yes" if seen.exists() else "none"}


def _amiss(here: dict[str, str], answer: Any) -> str | None:
    """What is wrong with a worker by its answer; None where nothing is."""
    if isinstance(answer, bytes):
        done, answer = pickle.loads(answer)
        if done:
            return "; ".join(differences(here, answer)) or None
    return f"cannot do our work: {type(answer).__name__}: {_first_line(answer)}"


# On a worker ------------------------------------------------------------------------------------------


class Beside:
    """A process beside a worker, from the worker's side."""

    def __init__(self) -> None:
        """Start it."""
        self._line, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "research.cluster", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=provenance.PACKAGE.parent,
                start_new_session=True,
            )

    def do(self, job: bytes, is_wanted: Callable[[], bool]) -> bytes:
        """Its answer to a job. Raises BrokenExecutor where it dies, CancelledError where the job is not wanted."""
        try:
            self._line.send_bytes(job)
            while not self._line.poll(LOOK):
                if not is_wanted():
                    raise CancelledError("the job was taken back")
            return self._line.recv_bytes()
        except (EOFError, OSError):
            raise BrokenExecutor(f"its process ended with exit code {self.end()}") from None

    def end(self) -> int:
        """Tell it to end, and see that it does; its exit code, minus the signal that killed it."""
        with contextlib.suppress(OSError):
            self._line.close()
        try:
            return self._process.wait(2 * GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


_lock = threading.Lock()
_idle: dict[str, list[Beside]] = {}
_busy: dict[str, list[Beside]] = {}
_stopped: set[str] = set()


def carry(batch: str, job: bytes) -> bytes:
    """A task of the cluster: a job of a batch to a process of that batch, and its answer back."""
    process = _taken(batch)
    try:
        answer = process.do(job, _whether_wanted())
    except BaseException:
        with _lock:
            _busy[batch].remove(process)
        process.end()
        raise
    with _lock:
        _busy[batch].remove(process)
        if batch not in _stopped:
            _idle.setdefault(batch, []).append(process)
            return answer
    process.end()
    return answer


async def carry_aside(batch: str, job: bytes) -> bytes:
    """The same outside of any task, without holding up the worker."""
    return await asyncio.to_thread(carry, batch, job)


def _taken(batch: str) -> Beside:
    with _lock:
        if batch in _stopped:
            raise CancelledError("the batch is over")
        process = _idle[batch].pop() if _idle.get(batch) else Beside()
        _busy.setdefault(batch, []).append(process)
    return process


def _whether_wanted() -> Callable[[], bool]:
    """Whether the scheduler still wants what this thread is doing: it forgets the tasks of a client that is gone."""
    from distributed import get_worker
    from distributed.worker import thread_state

    try:
        worker, key = get_worker(), thread_state.key
    except (ValueError, AttributeError):
        return lambda: True
    return lambda: getattr(worker.state.tasks.get(key), "state", None) == "executing"


async def stop(batch: str) -> None:
    """End every process of a batch at this worker; none of it starts again."""
    with _lock:
        _stopped.add(batch)
        processes = [*_idle.pop(batch, []), *_busy.get(batch, [])]
    await asyncio.gather(*(asyncio.to_thread(process.end) for process in processes))


# In the process beside a worker -------------------------------------------------------------------------


def serve(line: Connection) -> None:
    """Do jobs until the worker is gone or closes the line; a job in hand is then broken off."""
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(1))
    threading.Thread(target=_receive, args=(line, jobs), daemon=True).start()
    here = identity()
    while True:
        line.send_bytes(_answer(jobs.get(), here))


def _receive(line: Connection, jobs: queue.SimpleQueue) -> NoReturn:
    with contextlib.suppress(EOFError, OSError):
        while True:
            jobs.put(line.recv_bytes())
    signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)  # whoever is at work knows how to stop
    time.sleep(GRACE)
    os._exit(1)


def _answer(job: bytes, here: dict[str, str]) -> bytes:
    try:
        expected, folder, call = pickle.loads(job)
        if differs := differences(expected, here):
            raise RequestError(f"a worker that joined is not set up like this process: {'; '.join(differs)}")
        os.chdir(folder)
        return pickle.dumps((True, call()))
    except Exception as error:
        trace = f"at a worker of the cluster:\n{traceback.format_exc()}"
        error.add_note(trace)
        try:
            answer = pickle.dumps((False, error))
            pickle.loads(answer)
        except Exception:  # an error that cannot travel is told in words
            answer = pickle.dumps((False, RuntimeError(trace)))
        return answer


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
