"""What several test files share: a project built once, samples beside the project, a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
READ_ONLY_PARTS = ("data/raw", "notebooks", "reports.toml", "requirements.lock")


def lay_out(root: Path) -> Path:
    """A project root of its own in `root`: inputs linked to the project's, nothing built in it yet."""
    for part in READ_ONLY_PARTS:
        if (PROJECT / part).exists():
            (root / part).parent.mkdir(parents=True, exist_ok=True)
            (root / part).symlink_to(PROJECT / part)
    return root


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Root of a project with every table built; RESEARCH_ROOT names it until the session ends."""
    from research import build

    root = lay_out(tmp_path_factory.mktemp("built"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEARCH_ROOT", str(root))
        build.build()
        yield root


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of real raw-file samples beside the project; tests that need it are skipped without it."""
    folder = PROJECT.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("no samples beside the project (../shared/samples)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the distribution's Chromium; tests that need it are skipped without it."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium on this machine (on Debian: apt-get install chromium)")
    return found
