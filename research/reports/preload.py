"""The process warm kernels are forked from: it has imported what notebooks use, and forks a kernel on request.

Run as `python -m research.reports.preload FD`, FD a listening socket; one serves every process of a batch. It has
one thread, draws nothing, opens no table and no connection: a child begins where a fresh interpreter would stand
after its imports. A client that goes takes its kernels with it; when standard input closes, all end.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NoReturn

AHEAD = """
    duckdb ipykernel.ipkernel ipykernel.kernelapp matplotlib.pyplot pandas pandera.pandas pyarrow.pandas_compat
    pyarrow.parquet seaborn research.charts research.findings research.warehouse research.measures.effects
    research.measures.exports research.measures.goods research.measures.linkage research.measures.people
    research.measures.projection research.measures.regimes research.measures.series research.measures.synthetic
""".split()
INLINE = "module://matplotlib_inline.backend_inline"
PR_SET_PDEATHSIG = 1
Kernels = dict[int, int | None]  # process id -> exit code, None while it runs


def import_ahead() -> None:
    """Import what notebooks import; the backend is the one a kernel would name, and is itself left to the kernel."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # no one debugs a batch, and it is slow to load
    importlib.import_module("ipykernel.debugger")
    del sys.modules["debugpy"]
    os.environ["MPLBACKEND"] = INLINE
    for name in AHEAD:
        importlib.import_module(name)
    del os.environ["MPLBACKEND"]


def threads() -> int:
    """How many threads this process has; the answer of the system, not of Python alone."""
    return len(os.listdir("/proc/self/task")) if Path("/proc/self/task").is_dir() else 1


def serve(listener: socket.socket) -> None:
    """Answer every client until standard input closes: fork a kernel, or say how one stands."""
    import_ahead()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # from now on there may be kernels to end
    clients: dict[Connection, Kernels] = {}
    while sys.stdin not in (ready := wait([sys.stdin, listener, *clients])):
        for one in ready:
            if one is listener:
                client = Connection(listener.accept()[0].detach())
                clients[client] = {}
                _answer(client, {"pid": os.getpid(), "threads": threads()})
            elif (request := _request(one)) is None:
                one.close()
                _end(clients.pop(one))
            elif "poll" in request:
                _answer(one, {"code": _ended(request["poll"], clients[one])})
            else:
                _answer(one, {"pid": _fork(request, clients[one], (listener, *clients))})
    for kernels in clients.values():
        _end(kernels)
    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)  # whoever made it may have been killed


def _request(client: Connection) -> dict[str, Any] | None:
    with contextlib.suppress(EOFError, OSError):
        return json.loads(client.recv_bytes())
    return None


def _answer(client: Connection, answer: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # a client that is gone shows at the next request
        client.send_bytes(json.dumps(answer).encode())


def _fork(request: dict[str, Any], kernels: Kernels, open_here: Iterable[Any]) -> int:
    pid = os.fork()
    if pid == 0:
        for one in open_here:
            one.close()
        _become_kernel(request)
    kernels[pid] = None
    return pid


def _ended(pid: int, kernels: Kernels) -> int | None:
    """Exit code of a kernel (minus the signal that killed it), None while it runs."""
    if pid in kernels and kernels[pid] is None:
        found, status = os.waitpid(pid, os.WNOHANG)
        kernels[pid] = os.waitstatus_to_exitcode(status) if found else None
    return kernels.get(pid)


def _end(kernels: Kernels) -> None:
    """Kill those that still run, each with all it started, and leave no dead child behind."""
    for pid in [pid for pid, code in kernels.items() if code is None]:
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _become_kernel(request: dict[str, Any]) -> NoReturn:
    """In the child: its own session, folder, environment and random state; then an ordinary kernel."""
    code = 1
    try:
        os.setsid()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.default_int_handler if signum == signal.SIGINT else signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # also in the middle of a long call into C
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        parent = str(os.getppid())
        os.environ.clear()
        os.environ.update({**request["env"], "JPY_PARENT_PID": parent})
        time.tzset()
        os.chdir(request["cwd"])
        random.seed()
        sys.modules["numpy"].random.seed()
        sys.argv = ["ipykernel_launcher", *request["arguments"]]
        code = _run_kernel(request["arguments"])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    finally:
        for stream in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def _run_kernel(arguments: list[str]) -> int:
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(parent_handle=os.getppid())  # else read from the environment once, at import
    app.initialize(arguments)
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend:  # imported before there was a shell, it would drop every figure without a word
        backend._enable_matplotlib_integration()
    app.start()
    return 0


if __name__ == "__main__":
    del sys.path[0]  # the working directory at the start, which is not the kernel's
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # nothing to tidy up, and libraries would say what they leave behind
