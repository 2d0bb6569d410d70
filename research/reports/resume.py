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
WORDS = {
    "notebook": "the notebook",
    "package": "the package",
    "parameters": "the parameters",
    "lock": "requirements.lock",
    "register": "the register",
}


@dataclass(frozen=True)
class Judgement:
    """Whether a run can be skipped, why, and what the earlier run left for the index."""

    unchanged: bool
    why: str
    earlier: dict[str, Any]


def judge(run: Run, out: Path) -> Judgement:
    """Hold what a run would be made from now against what its page was made from."""
    folder = out / run.name
    try:
        record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        earlier = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
        inputs, outputs = dict(record["inputs"]), dict(earlier["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return Judgement(False, "no earlier page", {})
    now = provenance.record(run, {})
    changed = [words for key, words in WORDS.items() if now[key] != record.get(key)]
    changed += changed_inputs(inputs)
    changed += [f"the page's own file {n}" for n, known in sorted(outputs.items()) if _hash(folder / n) != known]
    if changed:
        return Judgement(False, f"changed since the earlier page: {', '.join(changed)}", {})
    words = f"notebook, parameters, package, lock, register and {len(inputs)} input files are as they were"
    return Judgement(True, words, earlier)


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
