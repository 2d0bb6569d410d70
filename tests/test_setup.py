"""A fresh machine gets what the project says: one list of packages, pinned, from no named place."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from research.check import pins

PROJECT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
LOCK = (PROJECT / "requirements.lock").read_text()

# Where conda-forge calls a package something else than the Python index does.
CONDA_NAMES = {
    "isal": "python-isal",
    "duckdb": "python-duckdb",
    "jupyter-client": "jupyter_client",
    "matplotlib": "matplotlib-base",
    "nbconvert": "nbconvert-core",
    "pandera": "pandera-pandas",
    "playwright": "playwright-python",
    "seaborn": "seaborn-base",
}


def wanted() -> dict[str, SpecifierSet]:
    """Package -> versions allowed, run and development, as pyproject.toml says."""
    project = PYPROJECT["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


def conda(text: str) -> dict[str, SpecifierSet]:
    """Package -> versions allowed, as a conda environment file says."""
    lines = re.findall(r"^(?:  |      )- ([a-z][a-z0-9_-]*) ?([<>=!].*)?$", text, flags=re.M)
    return {name: SpecifierSet(versions) for name, versions in lines}


def assert_conda_equal(text: str) -> None:
    found = conda(text)
    expected = {CONDA_NAMES.get(name, name): versions for name, versions in wanted().items()}
    expected["python"] = SpecifierSet(PYPROJECT["project"]["requires-python"])
    for only_here in ("conda-forge", "pip"):  # the channel, and what installs packages that it lacks
        found.pop(only_here, None)
    for name in sorted(expected.keys() | found.keys()):
        assert found.get(name) == expected.get(name), (
            f"{name}: environment.yml has {found.get(name)}, pyproject.toml has {expected.get(name)}"
        )


def test_the_conda_environment_has_the_packages_of_pyproject():
    assert_conda_equal((PROJECT / "environment.yml").read_text())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  - rich >=14\n", "", "rich: environment.yml has None, pyproject.toml has >=14"),
        ("pandas >=3,<4", "pandas >=2", "pandas: environment.yml has >=2, pyproject.toml has <4,>=3"),
        (
            "  - rich >=14",
            "  - rich >=14\n  - polars >=1",
            "polars: environment.yml has >=1, pyproject.toml has None",
        ),
    ],
)
def test_a_conda_environment_that_differs_is_named(old: str, new: str, message: str):
    text = (PROJECT / "environment.yml").read_text()
    assert old in text
    with pytest.raises(AssertionError, match=re.escape(message)):
        assert_conda_equal(text.replace(old, new))


def test_conda_names_no_place_but_the_channel():
    text = (PROJECT / "environment.yml").read_text()
    assert "//" not in text
    assert re.findall(r"channels:\n((?:  - .*\n)+)", text) == ["  - conda-forge\n"]


@pytest.mark.parametrize("name", sorted(wanted()))
def test_the_lock_pins_a_version_that_pyproject_allows(name: str):
    pinned = {canonicalize_name(package): version for package, version in pins(LOCK.splitlines()).items()}
    assert name in pinned, f"{name} is in pyproject.toml and not in requirements.lock: run `make lock`"
    assert wanted()[name].contains(pinned[name]), f"{name} {pinned[name]} is pinned: run `make lock`"


def test_every_pinned_package_carries_hashes():
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK.strip())
    assert len(entries) > 50
    without = [e.splitlines()[0] for e in entries if "--hash=sha256:" not in e]
    assert not without


def test_the_lock_names_no_index_and_no_path():
    assert not [
        line
        for line in LOCK.splitlines()
        if not re.fullmatch(r"[A-Za-z0-9._-]+==[^/@]+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
    ]


def test_the_lock_brings_no_deep_learning_stack():
    assert "torch" not in {name.lower() for name in pins(LOCK.splitlines())}


def test_every_target_of_make_that_the_help_lists_can_be_planned():
    listed = re.findall(r"^  make (\w+)", run("make", "help"), flags=re.M)
    assert {"report", "test", "lab", "build", "check", "bench", "clean"} <= set(listed)
    for target in listed:
        run("make", "--dry-run", target)


def test_make_says_clearly_when_python_is_too_old(tmp_path: Path):
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.1" && exit 0\nexit 1\n')
    old.chmod(0o755)
    for name in ("Makefile", "requirements.lock"):
        (tmp_path / name).write_text((PROJECT / name).read_text())
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run("make", "build", f"PYTHON={old}", cwd=tmp_path)
    assert re.search(r"is Python 3\.9\.1; Python 3\.11, 3\.12 or 3\.13 is needed\. Name another", failed.value.stderr)


def test_make_says_clearly_when_there_is_no_python(tmp_path: Path):
    for name in ("Makefile", "requirements.lock"):
        (tmp_path / name).write_text((PROJECT / name).read_text())
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run("make", "build", "PYTHON=", cwd=tmp_path)
    assert re.search(r"No Python 3\.11, 3\.12 or 3\.13 found\. Install one", failed.value.stderr)


def test_continuous_integration_runs_what_the_readme_says():
    assert (PROJECT / ".ci" / "run").stat().st_mode & 0o111
    assert (PROJECT / ".ci" / "run").read_text().strip().endswith("\nmake test")
    assert "make test" in (PROJECT / "README.md").read_text()


def test_the_readme_gives_the_licences_of_code_and_of_data_apart():
    text = (PROJECT / "README.md").read_text()
    for name in ("LICENSE", "LICENSE-DATA"):
        assert (PROJECT / name).is_file()
        assert f"({name})" in text


def test_the_package_ships_its_page_template():
    assert PYPROJECT["tool"]["setuptools"]["package-data"]["research.reports"] == ["template/*"]
    assert list((PROJECT / "research" / "reports" / "template").glob("*"))


def run(*command: str, cwd: Path = PROJECT) -> str:
    """Standard output of a command, which must end with status 0."""
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout
