"""Which runs need no kernel: everything their page was made from, and the page itself, is as it was.

What a run stands on is only known once it has run: `provenance.json` beside the page names every file the
run read. Whatever cannot be shown to be the same counts as changed.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research import paths
from research.reports import provenance
from research.reports.plan import Run

OUTCOME = "outcome.json"
WORDS = ("notebook", "package", "parameters", "lock", "register")


@dataclass(frozen=True)
class Judgement:
    """Whether a run can be skipped, why it is or is not, and what the earlier run left for the index."""

    unchanged: bool
    why: str
    earlier: dict[str, Any]


def last_records(out: Path) -> dict[str, dict[str, Any]]:
    """What the last batch in this folder said of each run, by name; nothing where there is no sound runs.json."""
    try:
        records = json.loads((out / "runs.json").read_text(encoding="utf-8"))["runs"]
        return {record["name"]: record for record in records}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def judge(run: Run, out: Path, last: dict[str, Any] | None = None) -> Judgement:
    """Hold what a run would be made from now against what its page was made from.

    `last` is what the last batch said of the run.
    """
    folder = out / run.name
    if not (folder / "index.html").is_file():
        return Judgement(False, _without_page(folder, last or {}), {})
    try:
        record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        earlier = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
        inputs, outputs = dict(record["inputs"]), dict(earlier["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return Judgement(False, "record of the page missing", {})
    now = provenance.record(run, {})
    changed = [f"{key} changed" for key in WORDS if now[key] != record.get(key)]
    changed += _in_words("input", changed_inputs(inputs))
    changed += _in_words("page's own", [n for n, known in sorted(outputs.items()) if _hash(folder / n) != known])
    if changed:
        return Judgement(False, ", ".join(changed), {})
    words = f"notebook, parameters, package, lock, register and {len(inputs)} input files are as they were"
    return Judgement(True, f"unchanged: {words}", earlier)


def _without_page(folder: Path, last: dict[str, Any]) -> str:
    if (folder / "failed.ipynb").is_file() or last.get("error"):
        return f"{last.get('status', 'failed')} last time"
    return "page missing" if last or folder.is_dir() else "first time"


def _in_words(kind: str, names: list[str]) -> list[str]:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return [f"{kind} {names[0]}{more} changed"] if names else []


def changed_inputs(inputs: dict[str, str]) -> list[str]:
    """Files a run read that are gone or other, and files new beside them: a table is read whole, by its folder."""
    found = [name for name, known in sorted(inputs.items()) if _hash(paths.root() / name) != known]
    beside = {(Path(name).parent, Path(name).suffix) for name in inputs if Path(name).suffix}
    present = {
        file.relative_to(paths.root()).as_posix()
        for folder, suffix in beside
        for file in (paths.root() / folder).glob(f"*{suffix}")
    }
    return found + [f"{name} (new)" for name in sorted(present - inputs.keys())]


_known: dict[tuple[str, int, int], str] = {}


def _hash(path: Path) -> str | None:
    """Content hash; a file many runs read is hashed once while its size and time stay."""
    try:
        stat = path.stat()
        key = (str(path), stat.st_size, stat.st_mtime_ns)
        if key not in _known:
            _known[key] = provenance.sha256(path)
        return _known[key]
    except OSError:
        return None
