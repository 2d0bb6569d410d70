"""The kernel a run gets: this interpreter's own, whatever kernels the user has installed.

Imported only in the process that runs a notebook. A warm kernel is one more provisioner here.
"""

import os
import signal
import sys

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

_running: set[int] = set()


class OwnKernelManager(AsyncKernelManager):
    """Starts `ipykernel` of the running interpreter, and remembers the process so that it can be stopped."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of our own interpreter's kernel; no look-up in the user's folders."""
        if self._kernel_spec is None:
            argv = [sys.executable, *make_ipkernel_cmd()[1:]]
            self._kernel_spec = KernelSpec(argv=argv, language="python", display_name="Python", name="python3")
        return self._kernel_spec

    async def start_kernel(self, **kwargs) -> None:
        """Start the kernel, and keep its process id for `stop`."""
        await self._async_start_kernel(**kwargs)
        _running.add(self.provisioner.pid)


def forget() -> None:
    """The run is over and its kernel gone: its process id may soon be another's."""
    _running.clear()


def stop() -> None:
    """Kill the kernels of this process with all their children; each kernel leads its own process group."""
    for pid in list(_running):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    _running.clear()
