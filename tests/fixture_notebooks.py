"""Small notebooks of our own for the tests of plan, run and page: good ones and one for each fault."""

import json
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from research.reports.plan import Run, read_plan

PARAMETERS = """\
dyad: str = "JPN-KOR"  # the pair of states, ISO3-ISO3
half_life: float = 6.0  # months after which an event counts half
codes: list[str] = [
    "2811111000",
    "3707901010",
]  # goods by customs code
start: str | None = None  # first month, none for all
"""

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="640pt" height="320pt" viewBox="0 0 640 320"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><date>2026-01-01</date></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style>
 <clipPath id="clip"><rect width="640" height="320"/></clipPath></defs>
 <g id="patch_1" clip-path="url(#clip)"><path id="mark" d="M 0 300 L 600 20" stroke="#D55E00" fill="none"/></g>
 <use xlink:href="#mark" x="10"/><text x="520" y="40" font-size="12">Japan</text>
</svg>"""


def figure(name: str) -> str:
    """Source of a cell that shows a figure the way `charts` does."""
    bundle = {
        "name": name,
        "headline": "Imports from Japan fell by 90.1 % & stayed low",
        "subtitle": "Imports, USD a month",
        "alt": f"Line of imports for {name}, from Jan 2018 to Dec 2020, falling in July 2019.",
        "source": "Korea Customs, vintage 2026-11-23, HS 2811111000",
        "svg": SVG,
        "csv": "period,value\n2019-07-01,1\n",
    }
    return _display("figure", bundle)


def finding(text: str, role: str = "finding", numbers: tuple[dict, ...] = ()) -> str:
    """Source of a cell that says a sentence the way `findings` does."""
    return _display("finding", {"text": text, "role": role, "numbers": list(numbers)})


def _display(kind: str, bundle: dict) -> str:
    mime = f"application/vnd.research.{kind}+json"
    text = json.dumps({mime: bundle, "text/plain": kind})
    return f"from IPython.display import display\nimport json\ndisplay(json.loads({text!r}), raw=True)"


NUMBER = {
    "name": "imports_2019",
    "label": "Imports from Japan in 2019",
    "value": 36335322,
    "unit": "USD",
    "text": "USD 36.3 m",
    "comparison": "-45.7 % on 2018",
}
GOOD = [
    "# How did imports of hydrogen fluoride change?\n\nA notebook of the tests.",
    ("parameters", PARAMETERS),
    "import os, sys\nprint('loaded', dyad)",
    finding("Imports from Japan **fell**.", "answer", (NUMBER, {**NUMBER, "name": "gap", "value": None})),
    "## Did imports fall?",
    figure("imports"),
    finding("They fell by 90.1 %."),
    "## Did they come back?",
    figure("later"),
    finding("They did not."),
    "## What this cannot tell you\n\nWhy they fell.",
    finding("Stocks are not seen.", "limit"),
    "## Sources and licences",
    finding("Korea Customs: Jan 2017 to Nov 2021, 0 rows rejected.", "coverage"),
    _display(
        "table",
        {
            "name": "sources",
            "title": "Sources",
            "html": "<table><tr><th>Title</th></tr></table>",
            "csv": "title\n",
        },
    ),
]
FAULTS = {
    "raises": "1 / 0",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "exits": "import sys\nsys.exit(0)",
    "slow": "import time, pathlib\npathlib.Path('started-' + str(__import__('os').getpid())).touch()\ntime.sleep(60)",
}


def write_notebook(path: Path, cells: list[str | tuple[str, str]]) -> Path:
    """A notebook of Markdown (starts with `#` and a space) and code cells; a pair is a tag and its code."""
    made = []
    for cell in cells:
        if isinstance(cell, tuple):
            made.append(new_code_cell(cell[1], metadata={"tags": [cell[0]]}))
        elif cell.startswith("#"):
            made.append(new_markdown_cell(cell))
        else:
            made.append(new_code_cell(cell))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=made), path)
    return path


def write_project(root: Path, *names: str) -> Path:
    """A project folder whose notebooks are `good` and one for each fault, and a plan of those named."""
    write_notebook(root / "notebooks" / "good.ipynb", GOOD)
    for name, source in FAULTS.items():
        cells = ["# A notebook with a fault", ("parameters", PARAMETERS), "ready = 1", source, "after = 1"]
        write_notebook(root / "notebooks" / f"{name}.ipynb", cells)
    write_plan(root, "\n".join(f'[[report]]\nnotebook = "{n}"' for n in names))
    return root


def write_plan(root: Path, text: str) -> Path:
    """The plan of a project."""
    (root / "reports.toml").write_text(text, encoding="utf-8")
    return root / "reports.toml"


def plan_of(root: Path, **choices) -> list[Run]:
    """The runs of a project's plan."""
    return read_plan(root / "reports.toml", notebooks=root / "notebooks", **choices)
