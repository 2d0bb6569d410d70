"""The kernel a run gets: this interpreter's own, whatever kernels the user has installed.

Imported only in the process that runs a notebook. A warm kernel is one more provisioner here.
"""

import contextlib
import os
import signal
import sys

import psutil
from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

ENCRYPTION = {"supported_encryption": "curve"}

_running: set[int] = set()


class OwnKernelManager(AsyncKernelManager):
    """Starts `ipykernel` of the running interpreter, and remembers the process so that it can be stopped."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of our own interpreter's kernel; no look-up in the user's folders."""
        if self._kernel_spec is None:
            argv = [sys.executable, *make_ipkernel_cmd()[1:]]
            self._kernel_spec = KernelSpec(
                argv=argv, language="python", display_name="Python", name="python3", metadata=ENCRYPTION
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
    for child in psutil.Process().children():
        _kill(child.pid)


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
