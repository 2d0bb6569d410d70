"""A report folder as a Workflow Run RO-Crate: one zip that says of each page what made it, from what, with what.

Written to the profiles Process Run Crate 0.5 and, where all runs are of one notebook, Workflow Run Crate 0.5 (which
knows one main workflow). Pages, their data and the notebooks go in; the tables they read are described by their
SHA-256, publisher and licence. No clock: a time is that of runs.json, or is left out.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from research import paths, register
from research.errors import DataError
from research.reports import compare, plan, provenance
from research.reports.compare import Side

METADATA = "ro-crate-metadata.json"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
LANGUAGE = "https://jupyter.org/"
MEDIA = {".html": "text/html", ".csv": "text/csv", ".json": "application/json", ".ipynb": "application/x-ipynb+json"}
TYPES = {"int": "Integer", "float": "Float", "bool": "Boolean"}
THE_SAME_DAY = (1980, 1, 1, 0, 0, 0)  # every entry of the zip bears it: the first a zip can hold


class Crate:
    """Files and the entities that describe them, each once."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.entities: dict[str, dict[str, Any]] = {}

    def add(self, identity: str, kind: str | list[str], **properties: Any) -> dict[str, str]:
        """Enter an entity once, without what is None or empty, one value as itself. Gives the reference to it."""
        kept = {
            k: v[0] if isinstance(v, list) and len(v) == 1 else v
            for k, v in properties.items()
            if v not in (None, "", [])
        }
        self.entities.setdefault(identity, {"@id": identity, "@type": kind, **kept})
        return {"@id": identity}

    def add_file(self, path: str, content: bytes, kind: list[str] | None = None, **properties: Any) -> dict[str, str]:
        """Put a file into the crate, with its size and SHA-256."""
        self.files[path] = content
        return self.add(
            quote(path),
            ["File", *(kind or [])] if kind else "File",
            contentSize=str(len(content)),
            sha256=provenance.bytes_hash(content),
            encodingFormat=MEDIA.get(Path(path).suffix, "text/plain"),
            **properties,
        )


def zipped(folder: Path) -> tuple[bytes, int]:
    """The crate of a report folder, or of one run's folder, as the bytes of a zip; and the number of runs in it.

    Raises RequestError where it is no report folder, DataError where a file is not the one its run recorded, the
    notebook has changed since, or no run says when it ended.
    """
    batch = compare.read_batch(folder)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in sorted(make_crate(batch).files.items()):
            entry = zipfile.ZipInfo(name, THE_SAME_DAY)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED, 9)
    return content.getvalue(), len(batch.runs)


def make_crate(batch: compare.Batch) -> Crate:
    """Every run of a batch with all that made it."""
    crate = Crate()
    actions = [_add_run(crate, side) for side in batch.runs.values()]
    ended = sorted(side.ended for side in batch.runs.values() if side.ended)
    if not ended:
        raise DataError(f"no run of {batch.place} says when it ended, which a crate must; run the report again")
    notebooks = sorted({side.notebook for side in batch.runs.values()})
    _add_root(crate, notebooks, actions, ended[-1])
    graph = [crate.entities.pop(name) for name in (METADATA, "./")]
    graph += [crate.entities[name] for name in sorted(crate.entities)]
    document = {"@context": CONTEXT, "@graph": graph}
    crate.files[METADATA] = provenance.as_json(document).encode()
    return crate


def _add_root(crate: Crate, notebooks: list[str], actions: list[dict[str, str]], ended: str) -> None:
    main = {"@id": quote(f"notebooks/{notebooks[0]}")} if len(notebooks) == 1 else None
    profiles = list(PROFILES) if main else list(PROFILES)[:1]
    for address in profiles:
        name, version = PROFILES[address]
        crate.add(address, "CreativeWork", name=name, version=version)
    licence = paths.root() / "LICENSE-DATA"
    terms: Any = [{"@id": i} for i in sorted(crate.entities) if i.startswith("#licence") or "creativecommons" in i]
    if licence.is_file():
        terms = crate.add_file(licence.name, licence.read_bytes(), name="Licences of the data, file by file")
    conforms = ["https://w3id.org/ro/crate/1.1", *profiles[2:]]
    crate.add(
        METADATA,
        "CreativeWork",
        about={"@id": "./"},
        conformsTo=[{"@id": c} for c in conforms],
    )
    crate.add(
        "./",
        "Dataset",
        name=f"Reports of {', '.join(Path(n).stem for n in notebooks)}",
        description=f"Pages made by running notebooks with parameters: {len(actions)} in all, each with its inputs, "
        "parameters, key numbers and provenance record.",
        datePublished=ended,
        license=terms or "See the publisher of each input.",
        conformsTo=[{"@id": p} for p in profiles],
        mainEntity=main,
        hasPart=[{"@id": quote(name)} for name in sorted(crate.files)],
        mentions=actions,
    )


def _add_run(crate: Crate, side: Side) -> dict[str, str]:
    """One run as a CreateAction: the notebook its instrument, what it read its object, what it left its result."""
    failed = side.page is None
    return crate.add(
        f"#run-{quote(side.name)}",
        "CreateAction",
        name=side.title,
        description=f"{side.notebook} run as {side.name}: {side.status}",
        instrument=_add_notebook(crate, side),
        object=[*_add_parameters(crate, side), *([] if failed else _add_inputs(crate, side))],
        result=_add_results(crate, side),
        endTime=side.ended,
        actionStatus=f"http://schema.org/{'Failed' if failed else 'Completed'}ActionStatus",
        error=side.error if failed else None,
    )


def _add_notebook(crate: Crate, side: Side) -> dict[str, str]:
    """The notebook, as it was when the page was made; one that failed is taken as it is."""
    file = paths.notebooks() / side.notebook
    content = _read(file, f"notebook of the run {side.name}")
    known = (side.provenance or {}).get("notebook", {}).get("sha256")
    if known and provenance.bytes_hash(content) != known:
        raise DataError(f"{side.notebook} has changed since the page of {side.name} was made; run the report again")
    crate.add(LANGUAGE, "ComputerLanguage", name="Jupyter notebook in Python", url=LANGUAGE)
    name = f"notebooks/{side.notebook}"
    if quote(name) in crate.entities:
        return {"@id": quote(name)}
    declared = plan.read_parameters(file)
    return crate.add_file(
        name,
        content,
        ["SoftwareSourceCode", "ComputationalWorkflow"],
        name=file.stem,
        version=provenance.bytes_hash(content),
        programmingLanguage={"@id": LANGUAGE},
        input=[_add_parameter(crate, file.stem, parameter) for parameter in declared],
    )


def _add_parameter(crate: Crate, notebook: str, parameter: plan.Parameter) -> dict[str, str]:
    hints = re.findall(r"\w+", parameter.hint)
    default = parameter.default
    return crate.add(
        f"#parameter-{notebook}-{parameter.name}",
        "FormalParameter",
        name=parameter.name,
        description=parameter.meaning,
        additionalType=next((TYPES[h] for h in hints if h in TYPES), "Text"),
        valueRequired=parameter.required,
        multipleValues="list" in hints or None,
        defaultValue=None if default is None else plan.as_text(default),
    )


def _add_parameters(crate: Crate, side: Side) -> list[dict[str, str]]:
    """What the run was given; a parameter that is none was not given."""
    given = (side.provenance or {}).get("parameters", side.parameters)
    return [
        crate.add(
            f"#run-{quote(side.name)}-{name}",
            "PropertyValue",
            name=name,
            value=value if isinstance(value, (bool, int, float)) else plan.as_text(value),
            exampleOfWork={"@id": f"#parameter-{Path(side.notebook).stem}-{name}"},
        )
        for name, value in sorted(given.items())
        if value is not None and value not in ("", [])
    ]


def _add_inputs(crate: Crate, side: Side) -> list[dict[str, str]]:
    """The tables the run read, each made from a registered raw file where there is one, and the code it ran by."""
    record = side.provenance or {}
    found = [
        crate.add(
            f"#input-{sha256}",
            "CreativeWork",
            name=name,
            description="A table of data/processed, not in this crate; the build makes it from the raw file it is of."
            if name.startswith("data/processed/")
            else "A file the run read, not in this crate.",
            sha256=sha256,
            isBasedOn=_add_raw(crate, Path(name).stem, (record.get("sources") or {}).get(Path(name).stem)),
        )
        for name, sha256 in record["inputs"].items()
    ]
    package, lock = record.get("package"), record.get("lock")
    found.append(crate.add(f"#package-{package}", "SoftwareSourceCode", name="research", version=package))
    if lock:
        found.append(crate.add(f"#lock-{lock}", "CreativeWork", name="requirements.lock", sha256=lock))
    return found


def _add_raw(crate: Crate, name: str, known: Mapping[str, str] | None) -> dict[str, str] | None:
    """The raw file behind a table: publisher and licence from the register, while its bytes are those recorded."""
    if not known:
        return None
    entry = register.resources().get(name) if register.register_path().is_file() else None
    if entry is None or entry.hash.removeprefix("sha256:") != known["sha256"]:
        return crate.add(
            f"#raw-{known['sha256']}", "CreativeWork", name=name, version=known["vintage"], sha256=known["sha256"]
        )
    url = entry.where if entry.where.startswith("http") else None
    publisher = crate.add(f"#publisher-{_slug(entry.publisher)}", "Organization", name=entry.publisher, url=url)
    licence = crate.add(entry.licence_url or f"#licence-{_slug(entry.licence)}", "CreativeWork", name=entry.licence)
    return crate.add(
        f"#raw-{known['sha256']}",
        "CreativeWork",
        name=entry.title,
        alternateName=f"data/raw/{entry.path}",
        version=known["vintage"],
        sha256=known["sha256"],
        publisher=publisher,
        license=licence,
        url=url,
    )


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def _add_results(crate: Crate, side: Side) -> list[dict[str, str]]:
    """The page, its data, its record and its key numbers; of a run that failed the notebook as far as it came."""
    folder = side.folder
    names = sorted(side.outputs) if side.page else [n for n in ("failed.ipynb",) if (folder / n).is_file()]
    found = []
    for name in names:
        content = _read(folder / name, f"result of the run {side.name}")
        if side.outputs.get(name, provenance.bytes_hash(content)) != provenance.bytes_hash(content):
            raise DataError(f"{folder / name} is not the one its run recorded; run the report again")
        words = {"index.html": side.title, "provenance.json": "Provenance record: what the page was made from"}
        found.append(crate.add_file(f"{side.name}/{name}", content, name=words.get(name, name)))
    return found + [
        crate.add(
            f"#run-{quote(side.name)}-number-{_slug(name)}",
            "PropertyValue",
            name=number.get("label") or name,
            propertyID=name,
            value=number["value"],
            unitText=number.get("unit"),
        )
        for name, number in side.numbers.items()
        if number.get("value") is not None
    ]


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}, {what}, cannot be read: {error.strerror}; run the report again") from error
