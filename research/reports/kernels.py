"""The kernel a run gets: this interpreter's own, whatever kernels the user has installed.

A warm kernel is forked from a prepared parent (`preload`), a normal one is started anew; to papermill
and nbclient they are the same. Imported only in the process that runs a notebook.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from importlib.metadata import EntryPoint
from queue import Empty
from typing import Any, ClassVar

import psutil
from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from papermill.engines import NBClientEngine, papermill_engines
from traitlets import Type, default

from research.reports import parent

ENCRYPTION = {"supported_encryption": "curve"}
WARM, ENGINE = "research-warm", "research"
LONGEST_FOLDER = 80  # the system takes about 100 characters for the name of such a file

_running: set[int] = set()
_folders: set[str] = set()


class Warm:
    """A forked kernel, with the part of `subprocess.Popen` that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, line: parent.Parent, pid: int) -> None:
        """A kernel of this parent."""
        self._line, self.pid, self.returncode = line, pid, None

    def poll(self) -> int | None:
        """Exit code, None while it runs; with its parent gone it is gone as well."""
        if self.returncode is None:
            try:
                self.returncode = self._line.ask(poll=self.pid)["code"]
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

    async def kill(self, restart: bool = False) -> None:
        """End it, and look often whether it has ended: the manager waits a tenth of a second between two looks."""
        await super().kill(restart)
        ends = time.monotonic() + 1
        while await self.poll() is None and time.monotonic() < ends:
            await asyncio.sleep(0.005)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork a kernel that takes the arguments, environment and folder the command would have had."""
        arguments = cmd[cmd.index("-f") :]
        line = parent.line()
        cwd = os.fspath(kwargs.get("cwd") or os.getcwd())
        answer = line.ask(arguments=arguments, env=dict(kwargs["env"]), cwd=cwd)
        self.process = Warm(line, answer["pid"])
        self.pid = self.pgid = answer["pid"]
        self.cwd = cwd
        return self.connection_info


class PromptClient(AsyncKernelClient):
    """A client that knows when the kernel is ready, where the one it replaces listens on for a while to be sure."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Until the kernel has answered a question and said, on the channel of outputs, that it is done with it.

        Raises RuntimeError when the kernel dies, or takes longer than `timeout` seconds.
        """
        ends = time.monotonic() + (timeout or float("inf"))
        asked: set[str] = set()
        while True:
            asked.add(self.kernel_info())
            with contextlib.suppress(Empty):
                await self.shell_channel.get_msg(timeout=1)
                while not _is_done(await self.iopub_channel.get_msg(timeout=0.2), asked):
                    pass
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before it was ready")
            if time.monotonic() > ends:
                raise RuntimeError(f"Kernel was not ready within {timeout:g} s")


def _is_done(message: dict[str, Any], asked: set[str]) -> bool:
    return message["parent_header"].get("msg_id") in asked and message["content"].get("execution_state") == "idle"


class OwnKernelManager(AsyncKernelManager):
    """Starts `ipykernel` of the running interpreter, and remembers the process so that it can be stopped."""

    metadata: ClassVar[dict[str, Any]] = ENCRYPTION
    client_class = Type(PromptClient)
    client_factory = Type(PromptClient)

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
        """Start the kernel, and keep its process id for `stop`.

        It is spoken to through files of its own: a network port that is free now may be another kernel's in a moment.
        """
        if hasattr(socket, "AF_UNIX") and sys.platform != "win32":
            folder = tempfile.mkdtemp(prefix="kernel-", dir=parent.folder())
            _folders.add(folder)
            if len(folder) < LONGEST_FOLDER:
                self.transport, self.connection_file = "ipc", os.path.join(folder, "kernel.json")
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
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


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
