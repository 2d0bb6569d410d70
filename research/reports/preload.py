"""The parent of warm kernels: a process that has imported what notebooks use, and forks a kernel on request.

Run as `python -m research.reports.preload FD`. It has one thread, draws nothing, opens no table and
no connection: a child begins where a fresh interpreter would stand after its imports. Requests and answers are
lines of JSON on the socket FD; when its other end closes, every kernel is killed and the process ends.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

AHEAD = """
    duckdb ipykernel.ipkernel ipykernel.kernelapp matplotlib.pyplot pandas pandera.pandas pyarrow.parquet seaborn
    research.charts research.findings research.warehouse research.measures.effects research.measures.linkage
    research.measures.people research.measures.projection research.measures.regimes research.measures.series
    research.measures.synthetic
""".split()
INLINE = "module://matplotlib_inline.backend_inline"


def import_ahead() -> None:
    """Import what notebooks import; the backend is the one a kernel would name, and is itself left to the kernel."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    os.environ["MPLBACKEND"] = INLINE
    for name in AHEAD:
        importlib.import_module(name)
    del os.environ["MPLBACKEND"]


def threads() -> int:
    """How many threads this process has; the answer of the system, not of Python alone."""
    return len(os.listdir("/proc/self/task")) if Path("/proc/self/task").is_dir() else 1


def serve(control: socket.socket) -> None:
    """Answer requests until the other end closes: fork a kernel, or say how one stands."""
    lines = control.makefile("rw", encoding="utf-8", newline="\n")
    import_ahead()
    gc.collect()
    gc.freeze()
    _answer(lines, {"pid": os.getpid(), "threads": threads()})
    ended: dict[int, int] = {}
    alive: set[int] = set()
    for line in lines:
        request = json.loads(line)
        if "poll" in request:
            _answer(lines, {"code": _ended(request["poll"], ended, alive)})
            continue
        pid = os.fork()
        if pid == 0:
            lines.close()
            control.close()
            _become_kernel(request)
        alive.add(pid)
        _answer(lines, {"pid": pid})
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _answer(lines: Any, answer: dict[str, Any]) -> None:
    lines.write(json.dumps(answer) + "\n")
    lines.flush()


def _ended(pid: int, ended: dict[int, int], alive: set[int]) -> int | None:
    """Exit code of a kernel (minus the signal that killed it), None while it runs."""
    if pid in alive:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(status)
            alive.discard(pid)
    return ended.get(pid)


def _become_kernel(request: dict[str, Any]) -> NoReturn:
    """In the child: its own session, folder, environment and random state; then an ordinary kernel."""
    code = 1
    try:
        os.setsid()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.default_int_handler if signum == signal.SIGINT else signal.SIG_DFL)
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
