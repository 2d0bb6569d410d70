"""What the reports' benchmark runs beside ours, each in a process of its own: `python -m benchmarks.contenders NAME`.

`pool` is papermill's API in a pool of two. `floor` is one core's share of the bare computation: the notebook's cells in
a process that has imported and drawn everything once, with no kernel, no page and no record.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

FIGURE = "application/vnd.research.figure+json"


def pool(notebook: Path, out: Path, parameter: str, values: Sequence[float], workers: int) -> None:
    """Run the notebook once a value, with papermill alone."""
    with ProcessPoolExecutor(workers) as executor:
        futures = [executor.submit(_by_papermill, notebook, out, parameter, value) for value in values]
        for future in futures:
            future.result()


def _by_papermill(notebook: Path, out: Path, parameter: str, value: float) -> None:
    import papermill

    saved = out / f"{value}.ipynb"
    papermill.execute_notebook(notebook, saved, {parameter: value}, kernel_name="python3", progress_bar=False)


def floor(notebook: Path, parameter: str, values: Sequence[float]) -> None:
    """Say "ready" when warm, wait for a line, run the cells once a value, print what that took as JSON."""
    import nbformat

    from research.reports import preload

    preload.import_ahead()
    cells = [c for c in nbformat.read(notebook, as_version=4).cells if c.cell_type == "code"]
    shell = _shell()
    _run_cells(shell, cells, parameter, values[0])
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    figures = [_run_cells(shell, cells, parameter, value) for value in values]
    print(json.dumps({"cpu_seconds": time.process_time() - began, "figures": figures}))


def _shell() -> Any:
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    class Publisher(DisplayPublisher):
        def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
            self.shell.shown.append(data)

    class Hook(DisplayHook):
        def __call__(self, result: Any = None) -> None:
            if result is not None:
                self.shell.shown.append(self.compute_format_data(result)[0])

    class Shell(InteractiveShell):
        display_pub_class = Publisher
        displayhook_class = Hook

    return Shell.instance()


def _run_cells(shell: Any, cells: Sequence[Any], parameter: str, value: float) -> int:
    """One report's computation in an emptied namespace; gives the number of figures, each made as the page has it."""
    shell.reset(new_session=False)
    shell.shown = []
    for cell in cells:
        shell.run_cell(cell.source).raise_error()
        if "parameters" in cell.metadata.get("tags", []):
            shell.user_ns[parameter] = value
    json.dumps(shell.shown)
    return sum(FIGURE in data for data in shell.shown)


if __name__ == "__main__":
    name, notebook, out, parameter, values = sys.argv[1:]
    if name == "floor":
        floor(Path(notebook), parameter, json.loads(values))
    else:
        pool(Path(notebook), Path(out), parameter, json.loads(values), os.cpu_count() or 1)
