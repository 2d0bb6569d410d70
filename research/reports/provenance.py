"""What a page was made from: content hashes of inputs, notebook, package and lock. No clock, no commit.

One provenance record belongs to one page; the same inputs give the same bytes.
"""

import hashlib
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from research import paths, register
from research.reports.plan import Run

PACKAGE = Path(__file__).resolve().parent.parent


def sha256(path: Path) -> str:
    """Content hash of one file; of a folder the hash of what stands in it by name, to see what comes or goes."""
    if path.is_dir():
        return text_hash("\n".join(sorted(found.name for found in path.iterdir() if not found.name.startswith("."))))
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def bytes_hash(content: bytes) -> str:
    """Content hash of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def text_hash(text: str) -> str:
    """Content hash of a text."""
    return bytes_hash(text.encode())


@cache
def package_hash() -> str:
    """Content hash of the package: every module, card and template, by path and bytes."""
    files = sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".j2", ".css", ".js", ".html", ".toml"))
    lines = [f"{p.relative_to(PACKAGE).as_posix()} {sha256(p)}" for p in files]
    return text_hash("\n".join(lines))


def read_inputs(log: Path) -> dict[str, str]:
    """Hash of each file the run read, by its path under the project folder (from the warehouse's log)."""
    names = sorted(set(log.read_text(encoding="utf-8").split("\n"))) if log.is_file() else []
    return {name: sha256(paths.root() / name) for name in names if name}


def registered_sources(inputs: dict[str, str]) -> dict[str, dict[str, str]]:
    """Vintage and raw bytes behind each table that was read, where its file is that of a registered resource."""
    if not register.register_path().is_file():
        return {}
    known = register.resources() if inputs else {}
    found = {name: known[name] for name in sorted({Path(i).stem for i in inputs}) if name in known}
    return {name: {"vintage": r.vintage, "sha256": r.hash.removeprefix("sha256:")} for name, r in found.items()}


def record(run: Run, inputs: dict[str, str]) -> dict[str, Any]:
    """The provenance record of one run."""
    lock, registered = paths.root() / "requirements.lock", register.register_path()
    return {
        "inputs": inputs,
        "lock": sha256(lock) if lock.is_file() else None,
        "notebook": {"name": run.notebook.name, "sha256": sha256(run.notebook)},
        "package": package_hash(),
        "parameters": run.parameters,
        "register": sha256(registered) if registered.is_file() else None,
        "sources": registered_sources(inputs),
    }


def as_json(value: Any) -> str:
    """JSON with sorted keys, so that the same record has the same bytes."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def commit() -> str | None:
    """The commit the project folder stands at, for runs.json; None outside git."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=paths.root(),
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
