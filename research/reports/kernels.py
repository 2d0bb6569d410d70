"""The kernel a run gets: this interpreter's own, whatever kernels the user has installed.

A warm kernel is forked from a prepared parent (`preload`), a normal one is started anew; to papermill
and nbclient they are the same. Imported only in the process that runs a notebook.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import psutil
from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from papermill.engines import NBClientEngine, papermill_engines
from traitlets import default

from research.reports import provenance

ENCRYPTION = {"supported_encryption": "curve"}
WARM, ENGINE = "research-warm", "research"
# Arrow's allocator and the matrix library would start threads at import; a process with threads must not be forked.
ONE_THREAD = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}

_running: set[int] = set()


class Parent:
    """The prepared process, from this side: asked for kernels, and how they stand."""

    def __init__(self) -> None:
        """Start it; raises OSError when it does not come up or cannot be forked safely."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "research.reports.preload", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=provenance.PACKAGE.parent,
                env={**os.environ, **ONE_THREAD},
                start_new_session=True,
            )
        self._lines = ours.makefile("rw", encoding="utf-8", newline="\n")
        self._lock = threading.Lock()
        ours.close()
        self.pid, threads = self._process.pid, self._read()["threads"]
        if threads != 1:
            self.close()
            raise OSError(f"the prepared process has {threads} threads and cannot be forked safely")

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request and read its answer; OSError when the process is gone."""
        with self._lock:
            self._lines.write(json.dumps(request) + "\n")
            self._lines.flush()
            return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise OSError("the process that prepares kernels ended")
        return json.loads(line)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, with every kernel it has."""
        with contextlib.suppress(OSError):
            self._lines.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._process.kill()
        self._process.wait()


class Warm:
    """A forked kernel, with the part of `subprocess.Popen` that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, parent: Parent, pid: int) -> None:
        """A kernel of this parent."""
        self._parent, self.pid, self.returncode = parent, pid, None

    def poll(self) -> int | None:
        """Exit code, None while it runs; with its parent gone it is gone as well."""
        if self.returncode is None:
            try:
                self.returncode = self._parent.ask(poll=self.pid)["code"]
            except OSError:
                _kill(self.pid)
                self.returncode = -signal.SIGKILL
        return self.returncode

    def wait(self) -> int:
        """Exit code of a kernel that has ended; the provisioner polls until then."""
        return self.poll() or 0

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class WarmProvisioner(LocalProvisioner):
    """Forks the kernel from the prepared parent; everything else is as with a local kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork a kernel that takes the arguments, environment and folder the command would have had."""
        arguments = cmd[cmd.index("-f") :]
        parent = warm_parent()
        cwd = os.fspath(kwargs.get("cwd") or os.getcwd())
        answer = parent.ask(arguments=arguments, env=dict(kwargs["env"]), cwd=cwd)
        self.process = Warm(parent, answer["pid"])
        self.pid = self.pgid = answer["pid"]
        self.cwd = cwd
        return self.connection_info


_parent: Parent | None = None
_no_parent: str | None = None


def warm_parent() -> Parent:
    """The prepared process of this one, started when first asked for; OSError where there can be none."""
    global _parent
    if _parent is None or not _parent.is_alive():
        _parent = Parent()
    return _parent


def why_not_warm() -> str | None:
    """Why kernels cannot be forked here; None when they can."""
    global _no_parent
    if not sys.platform.startswith("linux") or not hasattr(os, "fork"):
        return "kernels are forked on Linux only"
    if _no_parent is None:
        try:
            warm_parent()
        except OSError as error:
            _no_parent = str(error)
    return _no_parent


def close_parent() -> None:
    """End the prepared process, if there is one."""
    global _parent
    if _parent:
        _parent.close()
        _parent = None


class OwnKernelManager(AsyncKernelManager):
    """Starts `ipykernel` of the running interpreter, and remembers the process so that it can be stopped."""

    metadata: ClassVar[dict[str, Any]] = ENCRYPTION

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of our own interpreter's kernel; no look-up in the user's folders."""
        if self._kernel_spec is None:
            argv = [sys.executable, *make_ipkernel_cmd()[1:]]
            self._kernel_spec = KernelSpec(
                argv=argv, language="python", display_name="Python", name="python3", metadata=self.metadata
            )
        return self._kernel_spec

    @default("transport_encryption")
    def _encrypt(self) -> str:
        """Other users of this machine cannot listen in, and the kernel has nothing to warn about."""
        return "auto"

    async def start_kernel(self, **kwargs) -> None:
        """Start the kernel, and keep its process id for `stop`."""
        await self._async_start_kernel(**kwargs)
        _running.add(self.provisioner.pid)


class WarmKernelManager(OwnKernelManager):
    """The same with a kernel forked from the prepared parent."""

    metadata: ClassVar[dict[str, Any]] = {**ENCRYPTION, "kernel_provisioner": {"provisioner_name": WARM}}


KernelProvisionerFactory.provisioners[WARM] = EntryPoint(
    WARM, f"{__name__}:{WarmProvisioner.__name__}", KernelProvisionerFactory.GROUP_NAME
)


class NotebookInHand(NBClientEngine):
    """papermill's engine; the notebook as far as it came is in hand however it ends, and not written at every cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, reached: list[Any], **choices: Any) -> None:
        """Put the notebook that is being executed into `reached`; everything else is papermill's."""
        reached.append(nb_man.nb)
        super().execute_managed_notebook(nb_man, kernel_name, **choices)


papermill_engines.register(ENGINE, NotebookInHand)


def memory() -> int:
    """Bytes of main memory that the running kernel and its children hold."""
    total = 0
    for pid in list(_running):
        with contextlib.suppress(psutil.NoSuchProcess):
            kernel = psutil.Process(pid)
            for process in (kernel, *kernel.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += process.memory_info().rss
    return total


def forget() -> None:
    """The run is over and its kernel gone: its process id may soon be another's."""
    _running.clear()


def stop() -> None:
    """Kill the kernel this process runs, with all its children: it leads a process group of its own."""
    for pid in list(_running):
        _kill(pid)
    _running.clear()


def stop_children() -> None:
    """Kill every child of this process: also a kernel so young that its id is not noted yet."""
    for child in psutil.Process().children(recursive=True):
        _kill(child.pid)


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
