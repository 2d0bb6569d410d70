"""POLECAT events: tab-separated text of 40 columns, PLOVER kinds of event, several states a side possible."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from research import dyads
from research.sources.archive import FileRefused, chunks
from research.sources.named import decoded, iso_day, score, text_lines
from research.sources.sink import Sink

COLUMNS = (
    "Event ID", "Event Date", "Event Type", "Event Mode", "Intensity", "Quad Code", "Contexts", "Actor Name",
    "Actor Country", "Actor COW", "Primary Actor Sector", "Actor Sectors", "Actor Title", "Actor Name Raw",
    "Wikipedia Actor ID", "Recipient Name", "Recipient Country", "Recipient COW", "Primary Recipient Sector",
    "Recipient Sectors", "Recipient Title", "Recipient Name Raw", "Wikipedia Recipient ID", "Placename", "City",
    "District", "Province", "Country", "Latitude", "Longitude", "GeoNames ID", "Raw Placename", "Feature Type",
    "Source", "Publication Date", "Story People", "Story Organizations", "Story Locations", "Language", "Version",
)  # fmt: skip
MISSING = ("", "None", "NA")
QUADS = {
    "VERBAL COOPERATION": 1, "MATERIAL COOPERATION": 2, "VERBAL CONFLICT": 3, "MATERIAL CONFLICT": 4,
}  # fmt: skip
FIRST_DAY = date(2018, 1, 1)
_COW = {"740": "JPN", "732": "KOR", "731": "PRK"}
_NAMES = dyads.SPELLINGS["icews"]
_SEVERAL = re.compile(r"\s*[;|]\s*")


def clean_polecat(path: Path, sink: Sink) -> None:
    """One row: one event as coded from reports, directed from each actor's state to each recipient's.

    Source: POLECAT, Harvard Dataverse. In: tab-separated text, a header line, 40 columns by their place (headers in
    circulation do not fit their data), UTF-8, ISO-8859-1 where a row is not. Out: `events`; goldstein is Intensity
    (scale plover), quad_class from Quad Code, cameo_code missing, the PLOVER kind and mode in `title`, contexts in
    `domain`. A row of several states becomes one row a pair, ids suffixed, flag multi_actor. An ACCUSE scored above
    zero has the flag score_suspect: the manual's table prints it without its minus sign. Missing rule: `None` or
    nothing. A row with no state on a side, one state on both, or another pair is out of scope. Raises: FileRefused
    on another width.
    """
    lines = text_lines(chunks(path))
    header = next(lines, None)
    if header is None:
        return
    names = header.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r").decode("utf-8", "replace").split("\t")
    if names[0].strip('" ').lower().replace("_", " ") != "event id":
        raise FileRefused(
            "bad_separator" if len(names) == 1 else "unknown_header",
            f"the first line begins with {names[0][:60]!r}; POLECAT files begin with a header, Event ID first",
        )
    if tuple(names) != COLUMNS:
        sink.repair("header_replaced", 1, f"{len(names)} names", "columns by their place")
    seen = sound = 0
    for line, raw in enumerate(lines, start=2):
        sink.rows_read += 1
        fields = _fields(raw, line, sink)
        if fields is None:
            continue
        seen, sound = seen + 1, sound + (len(fields) == len(COLUMNS))
        if len(fields) != len(COLUMNS):
            sink.reject(line, "field_count", fields)
        else:
            _row(dict(zip(COLUMNS, fields, strict=True)), line, sink, fields)
    if seen > 2 * sound:
        raise FileRefused("unknown_width", f"{seen - sound} of {seen} rows do not have {len(COLUMNS)} fields")


def _fields(raw: bytes, line: int, sink: Sink) -> list[str] | None:
    """The fields of a line, empty ones too many at its end taken off."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        mended = raw.decode("iso-8859-1")
        sink.repair("encoding", line, "ISO-8859-1", "UTF-8")
        raw = mended.encode("utf-8")
    text = decoded(raw, line, sink)
    if text is None:
        return None
    fields = text.split("\t")
    if len(fields) > len(COLUMNS) and not any(fields[len(COLUMNS) :]):
        sink.repair("trailing_tabs", line, f"{len(fields)} fields", f"{len(COLUMNS)}")
        fields = fields[: len(COLUMNS)]
    return fields


def _row(row: dict[str, str], line: int, sink: Sink, fields: list[str]) -> None:
    """Enters one row in the books: out of scope, rejected or kept, once a pair of states."""
    day = iso_day(row["Event Date"])
    if day and day >= FIRST_DAY:
        sink.days[day.isoformat()] += 1
    actors, recipients = (_states(row[f"{side} Country"], row[f"{side} COW"]) for side in ("Actor", "Recipient"))
    for states in (actors, recipients):
        if isinstance(states, str):
            sink.reject(line, states, fields)
            return
    sink.seen.update(actors + recipients)
    pairs = [(a, b) for a in actors for b in recipients if a != b]
    wanted = [pair for pair in pairs if not sink.pair or set(pair) == set(sink.pair.states)]
    if not wanted:
        beside = "no_country" if not actors or not recipients else "other_pair" if pairs else "self_dyad"
        sink.out_of_scope[beside] += 1
        return
    found = _tidy(row)
    if isinstance(found, str):
        sink.reject(line, found, fields)
        return
    several = len(actors) > 1 or len(recipients) > 1
    sink.keep(line, [_directed(found, pair, several) for pair in wanted])


def _directed(found: dict[str, Any], pair: tuple[str, str], several: bool) -> dict[str, Any]:
    sides = {"initiator": pair[0], "target": pair[1]}
    if not several:
        return found | sides
    flags = ";".join(filter(None, ("multi_actor", found["flags"])))
    return found | sides | {"event_id": f"{found['event_id']}:{'-'.join(pair)}", "flags": flags}


def _states(countries: str, numbers: str) -> list[str] | str:
    """States of one side, ISO3, each once; or why the row is unsound."""
    states: list[str] = []
    numbered = _SEVERAL.split(numbers)
    for place, country in enumerate(_SEVERAL.split(countries)):
        if country in MISSING:
            continue
        number = numbered[place].split(".")[0] if place < len(numbered) else ""
        state = dyads.SPELLINGS["polecat"].get(country.upper()) or _NAMES.get(country)
        if country.lower() == "korea":
            state = _COW.get(number)
            if state is None:
                return "ambiguous_korea"
        if state is None and country.upper() not in dyads.NO_STATES and country not in dyads.NO_STATE_NAMES:
            return "unknown_country"
        if state and state not in states:
            states.append(state)
    return states


def _tidy(row: dict[str, str]) -> dict[str, Any] | str:
    """The row without its states, or why there is none."""
    day, quad = iso_day(row["Event Date"]), QUADS.get(row["Quad Code"].upper())
    if row["Event Date"] in MISSING:
        return "no_date"
    if day is None:
        return "date_invalid"
    if day < FIRST_DAY:
        return "date_before_2018"
    if row["Event ID"] in MISSING:
        return "id_invalid"
    if row["Event Type"] in MISSING:
        return "no_event_type"
    if quad is None:
        return "quad_invalid"
    value = score(row["Intensity"])
    if isinstance(value, str):
        return value
    kind = [row[name] for name in ("Event Type", "Event Mode") if row[name] not in MISSING]
    return {
        "event_date": day, "source": "polecat", "event_id": f"polecat:{row['Event ID']}", "goldstein": value,
        "goldstein_scale": "plover", "quad_class": quad, "title": ": ".join(kind),
        "domain": row["Contexts"] if row["Contexts"] not in MISSING else None,
        "publisher": row["Source"] if row["Source"] not in MISSING else None,
        "date_added": iso_day(row["Publication Date"]),
        "flags": "score_suspect" if row["Event Type"].upper() == "ACCUSE" and value > 0 else None,
    }  # fmt: skip
