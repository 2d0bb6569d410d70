"""Where the project's folders are: found from the package, never from the working directory."""

import os
from pathlib import Path


def root() -> Path:
    """Project folder: the environment variable RESEARCH_ROOT, or the folder above the package."""
    override = os.environ.get("RESEARCH_ROOT")
    return Path(override).resolve() if override else Path(__file__).resolve().parent.parent


def raw() -> Path:
    """Publishers' figures and their register; never edited."""
    return root() / "data" / "raw"


def processed() -> Path:
    """Built tables; can be deleted and built again at any time."""
    return root() / "data" / "processed"


def coded() -> Path:
    """Machine-coded events cleaned from files of one's own, one result of `clean` a folder; not in git."""
    return root() / "data" / "coded"


def notebooks() -> Path:
    """The notebooks, in reading order."""
    return root() / "notebooks"
