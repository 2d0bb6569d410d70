"""The register of raw files: find them, verify their bytes, cite them.

`data/raw/datapackage.json` is a Frictionless Data Package. One resource is one file as we hold it: who
published it, under which licence, when it was read, what its columns mean and its SHA-256. No licence,
access date and hash: no data.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from research import paths
from research.errors import DataError, RequestError

if TYPE_CHECKING:
    import pandas as pd

NEEDED = (
    "name", "title", "path", "publisher", "sources", "licenses", "accessed", "vintage", "hash", "bytes", "encoding",
    "format", "mediatype", "schema", "caveats", "cleaner", "table",
)  # fmt: skip


@dataclass(frozen=True)
class Resource:
    """One registered raw file. `facts` holds what cleaners must know and the file itself does not say."""

    name: str
    title: str
    path: str
    publisher: str
    where: str
    licence: str
    accessed: str
    vintage: str
    hash: str
    bytes: int
    encoding: str
    fields: tuple[Mapping[str, str], ...]
    caveats: tuple[str, ...]
    cleaner: str
    table: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    licence_url: str = ""

    @property
    def file(self) -> Path:
        """Where the bytes are."""
        return paths.raw() / self.path

    def fact(self, name: str) -> Any:
        """What the register says beside the file. Raises DataError where it does not."""
        if name not in self.facts:
            raise DataError(f"register entry {self.name!r} lacks facts.{name}, which its cleaner needs; add it")
        return self.facts[name]


def register_path() -> Path:
    """The register itself."""
    return paths.raw() / "datapackage.json"


def resources() -> dict[str, Resource]:
    """Every registered file by name, in the register's order.

    Raises DataError where the register is absent, is no JSON, or an entry lacks a field (named with its
    entry).
    """
    file = register_path()
    try:
        package = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"no register at {file}; restore it with `git checkout -- data/raw`") from None
    except ValueError as fault:
        raise DataError(f"register {file} is not valid JSON: {fault}") from None
    found: dict[str, Resource] = {}
    for place, entry in enumerate(package.get("resources", []), start=1):
        resource = _resource(entry, place)
        if resource.name in found:
            raise DataError(f"register: two entries are named {resource.name!r}; names are unique")
        found[resource.name] = resource
    return found


def _resource(entry: Mapping[str, Any], place: int) -> Resource:
    who = f"register entry {entry.get('name') or f'number {place}'!r}"
    missing = [name for name in NEEDED if entry.get(name) in (None, "", [], {})]
    if missing:
        raise DataError(f"{who} lacks {', '.join(missing)}: no licence, access date and hash, no data")
    licence = entry["licenses"][0]
    inside = (
        ("licenses[0]", licence, "title"),
        ("sources[0]", entry["sources"][0], "path"),
        ("schema", entry["schema"], "fields"),
    )
    for owner, part, needed in inside:
        if not part.get(needed):
            raise DataError(f"{who} lacks {owner}.{needed}: no licence, access date and hash, no data")
    for name, form in (("hash", "sha256:[0-9a-f]{64}"), ("accessed", r"\d{4}-\d{2}-\d{2}")):
        if not re.fullmatch(form, str(entry[name])):
            raise DataError(f"{who}: {name} {entry[name]!r} is not of the form {form}")
    return Resource(
        where=entry["sources"][0]["path"],
        licence=licence["title"],
        licence_url=licence.get("path", ""),
        fields=tuple(entry["schema"]["fields"]),
        caveats=tuple(entry["caveats"]),
        facts=dict(entry.get("facts", {})),
        **{name: entry[name] for name in NEEDED if name in _PLAIN},
    )


_PLAIN = (
    "name",
    "title",
    "path",
    "publisher",
    "accessed",
    "vintage",
    "hash",
    "bytes",
    "encoding",
    "cleaner",
    "table",
)


def find(name: str) -> Resource:
    """One registered file. Raises RequestError naming those there are."""
    known = resources()
    if name not in known:
        raise RequestError(f"no source {name!r} in the register; there are {', '.join(known)}")
    return known[name]


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes, in the register's form."""
    return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()


def verify(resource: Resource) -> None:
    """Checks that the file is there and that its bytes are those registered; raises DataError otherwise."""
    mend = (
        f"restore it with `git checkout -- data/raw/{resource.path}`, "
        "or enter the new bytes as a new vintage: a new file and a new entry in data/raw/datapackage.json"
    )
    if not resource.file.is_file():
        raise DataError(f"{resource.name}: no file at data/raw/{resource.path}; {mend}")
    found = sha256(resource.file)
    if found != resource.hash:
        raise DataError(
            f"{resource.name}: the bytes of data/raw/{resource.path} changed: "
            f"expected {resource.hash}, found {found}; {mend}"
        )


def by_bytes(file: Path) -> Resource | None:
    """The registered file with these very bytes, if there is one: a copy is known by its content."""
    size = file.stat().st_size
    like = [entry for entry in resources().values() if entry.file.is_file() and entry.file.stat().st_size == size]
    found = sha256(file) if like else ""  # a file of a gigabyte is not read to be told apart from small ones
    return next((resource for resource in like if resource.hash == found), None)


def cite(names: Iterable[str] | None = None) -> "pd.DataFrame":
    """One row a registered file: title, publisher, licence, accessed, vintage, where a reader gets it."""
    import pandas as pd  # here: the processes of a batch read the register and need no tables

    chosen = resources().values() if names is None else [find(name) for name in names]
    columns = ("title", "publisher", "licence", "accessed", "vintage", "where")
    return pd.DataFrame(
        [[getattr(resource, column) for column in columns] for resource in chosen],
        columns=list(columns),
        index=pd.Index([resource.name for resource in chosen], name="name", dtype="str"),
        dtype="str",
    )
