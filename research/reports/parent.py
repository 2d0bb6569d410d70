"""The process warm kernels are forked from (`preload`), from this side: one a batch, asked by each of its processes.

It needs nothing but the standard library, so that starting it is the first thing a batch can do.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

GONE = "the process that prepares kernels ended"
CAN_FORK = sys.platform.startswith("linux") and hasattr(os, "fork")
PACKAGE = Path(__file__).resolve().parent.parent
# Arrow's allocator and the matrix library would start threads at import; a process with threads must not be forked.
ONE_THREAD = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def environment() -> dict[str, str]:
    """What every kernel of every run has: our package, one thread, no clock, no chance in the order of sets."""
    former = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [str(PACKAGE.parent), *(p for p in former if p and p != str(PACKAGE.parent))]
    return {**ONE_THREAD, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(path), "SOURCE_DATE_EPOCH": "0"}


class GoneError(OSError):
    """The prepared process ended; no fault of the run that asked it."""


class Server:
    """The prepared process. Its socket lies in a folder only this user can enter; it ends when this process does."""

    def __init__(self) -> None:
        """Start it; it is asked from the first moment on, and answers when it is prepared. OSError where it cannot."""
        self._folder = tempfile.mkdtemp(prefix="research-")
        self.address = os.path.join(self._folder, "kernels")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.preload", str(listener.fileno())],
                pass_fds=[listener.fileno()],
                stdin=subprocess.PIPE,
                cwd=PACKAGE.parent,
                env={**os.environ, **environment()},
                start_new_session=True,
            )
        self.pid = self._process.pid

    def close(self) -> None:
        """End it, with every kernel it has."""
        self._process.stdin.close()
        self._process.terminate()  # heeded only while it still imports
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise GoneError(GONE) from error


class Parent:
    """One process's line to the server: asked for kernels, and how they stand."""

    def __init__(self, address: str) -> None:
        """Wait until it is prepared; OSError when it does not come up, or could not be forked safely."""
        self._lock = threading.Lock()
        with socket.socket(socket.AF_UNIX) as line, _said_plainly():
            line.connect(address)
            self._line = Connection(line.detach())
            hello = json.loads(self._line.recv_bytes())
        self.pid = hello["pid"]
        if hello["threads"] != 1:
            self.close()
            raise OSError(f"the prepared process has {hello['threads']} threads and cannot be forked safely")

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request and read its answer; OSError when the process is gone."""
        with self._lock, _said_plainly():
            self._line.send_bytes(json.dumps(request).encode())
            return json.loads(self._line.recv_bytes())

    def close(self) -> None:
        """Hang up; the kernels asked for on this line end."""
        self._line.close()


# This process's own line -----------------------------------------------------------------------------

_address: str | None = None  # the batch's server; without one, this process starts its own when it needs it
_server: Server | None = None
_line: Parent | None = None
_refused: str | None = None


def use(address: str | None) -> None:
    """Ask the server at this address from now on."""
    global _address
    close()
    _address = address


def line() -> Parent:
    """The line to the batch's server, or to one of this process's own; OSError where there can be none."""
    global _server, _line
    if _line is None:
        if not _address:
            _server = Server()
        _line = Parent(_address or _server.address)
    return _line


def folder() -> str | None:
    """The server's folder, which goes when it ends; None without one."""
    address = _address or (_server.address if _server else None)
    return os.path.dirname(address) if address else None


def why_not() -> str | None:
    """Why kernels cannot be forked here and now; None when they can."""
    global _refused
    if not CAN_FORK:
        return "kernels are forked on Linux only"
    if _refused is None:
        try:
            line().ask(poll=0)
        except OSError as error:
            _refused = str(error)
    return _refused


def close() -> None:
    """Hang up, and end this process's own server if it has one."""
    global _server, _line, _refused
    if _line:
        _line.close()
    if _server:
        _server.close()
    _server = _line = _refused = None


@contextlib.contextmanager
def shared(wanted: bool) -> Iterator[str | None]:
    """A server for all processes of a batch, by its address; None where there can be none, and each then says why."""
    try:
        server = Server() if wanted and CAN_FORK else None
    except OSError:
        server = None
    try:
        yield server.address if server else None
    finally:
        if server:
            server.close()
