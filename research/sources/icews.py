"""ICEWS events: tab-separated text with a header of 20 columns, countries by name, a score of their own scale."""

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from research import cameo, dyads
from research.sources.archive import FileRefused, chunks
from research.sources.named import decoded, iso_day, score, text_lines
from research.sources.sink import Sink

HEADER = (
    "Event ID", "Event Date", "Source Name", "Source Sectors", "Source Country", "Event Text", "CAMEO Code",
    "Intensity", "Target Name", "Target Sectors", "Target Country", "Story ID", "Sentence Number", "Publisher",
    "City", "District", "Province", "Country", "Latitude", "Longitude",
)  # fmt: skip
MISSING = ("", "NA")
FIRST_DAY = date(1995, 1, 1)
_US_DATE = re.compile("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_BENCHMARK = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]+")
_YEAR = re.compile("(?<![0-9])((?:19|20)[0-9]{2})(?![0-9])")


def clean_icews(path: Path, sink: Sink) -> None:
    """One row: one event as coded from one sentence of a report, directed from source to target country.

    Source: ICEWS, Harvard Dataverse. In: tab-separated text, 20 columns (also by the names the R package gives them).
    Out: `events`, goldstein is Intensity (scale icews), quad_class by the code's root; event_id is id and date, since
    ids are used again with other dates; mentions, sources, articles, tone, is_root and url missing. Missing rule: `NA`
    or nothing in a name means none. A row with no country on a side, one country on both, a territory, or another
    pair is out of scope. Dates such as 12/1/2017 are read month first, where the file's name says that year. Raises:
    FileRefused on another header, and on the text of a benchmark made of ICEWS.
    """
    lines = text_lines(chunks(path))
    header = next(lines, None)
    if header is None:
        return
    _check_header(header)
    years = frozenset(_YEAR.findall(path.name))
    for line, raw in enumerate(lines, start=2):
        sink.rows_read += 1
        text = decoded(raw, line, sink)
        if text is not None:
            _row(text.split("\t"), line, sink, years)


def _check_header(raw: bytes) -> None:
    names = raw.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r").decode("utf-8", "replace").split("\t")
    wanted = [name.lower().replace(" ", "_") for name in HEADER]
    if len(names) in (4, 5) and _BENCHMARK.fullmatch(names[3]):
        raise FileRefused(
            "benchmark_text",
            f"lines of subject, relation, object, date ({', '.join(names)[:120]}): a benchmark made of ICEWS, without "
            "ids, with repeats taken out and often a sample; its volume says nothing: get the events themselves",
        )
    if [name.strip('" ').lower().replace(" ", "_") for name in names] != wanted:
        raise FileRefused(
            "bad_separator" if len(names) == 1 else "unknown_header",
            f"a header of {len(names)} columns ({', '.join(names)[:120]}); ICEWS has {', '.join(HEADER)}",
        )


def _row(fields: list[str], line: int, sink: Sink, years: frozenset[str]) -> None:
    """Enters one row in the books: out of scope, rejected or kept."""
    if len(fields) != len(HEADER):
        sink.reject(line, "field_count", fields)
        return
    row = dict(zip(HEADER, fields, strict=True))
    _note_day(row["Event Date"], sink, years)
    beside = _beside(row, sink)
    if beside == "unknown_country":
        sink.reject(line, beside, fields)
        return
    if beside:
        sink.out_of_scope[beside] += 1
        return
    found = _tidy(row, line, sink, years)
    if isinstance(found, str):
        sink.reject(line, found, fields)
    else:
        sink.keep(line, [found])


def _beside(row: dict[str, str], sink: Sink) -> str:
    """Why a row is not of the pair (or of any); nothing where it is."""
    names = (row["Source Country"], row["Target Country"])
    known = dyads.SPELLINGS["icews"]
    states = [known.get(name) for name in names]
    sink.seen.update(state for state in states if state)
    if any(name not in MISSING and name not in known and name not in dyads.NO_STATE_NAMES for name in names):
        return "unknown_country"
    if any(name in MISSING for name in names):
        return "no_country"
    if names[0] == names[1]:
        return "self_dyad"
    if None in states:
        return "no_state"
    if states[0] == states[1]:
        return "self_dyad"
    return "other_pair" if sink.pair and set(states) != set(sink.pair.states) else ""


def _tidy(row: dict[str, str], line: int, sink: Sink, years: frozenset[str]) -> dict[str, Any] | str:
    if not row["Event ID"].isdigit():
        return "id_invalid"
    day = iso_day(row["Event Date"])
    if day is None and (day := _us_day(row["Event Date"], years)):
        sink.repair("us_date", line, row["Event Date"], day.isoformat())
    if day is None:
        return "date_invalid"
    if day < FIRST_DAY:
        return "date_before_1995"
    code = row["CAMEO Code"].strip('"')
    if code in MISSING:
        return "no_cameo"
    if code not in cameo.ICEWS_GOLDSTEIN:
        return "unknown_cameo"
    value = score(row["Intensity"])
    if isinstance(value, str):
        return value
    known = dyads.SPELLINGS["icews"]
    return {
        "event_date": day, "source": "icews", "event_id": f"icews:{row['Event ID']}|{day.isoformat()}",
        "initiator": known[row["Source Country"]], "target": known[row["Target Country"]], "cameo_code": code,
        "goldstein": value, "goldstein_scale": "icews", "quad_class": cameo.quad_of_root(code),
        "title": row["Event Text"], "publisher": row["Publisher"] if row["Publisher"] not in MISSING else None,
        "flags": None if value == cameo.ICEWS_GOLDSTEIN[code] else "goldstein_mismatch",
    }  # fmt: skip


@lru_cache(maxsize=10_000)
def _us_day(text: str, years: frozenset[str]) -> date | None:
    """A date written month first, in a file of that year."""
    found = _US_DATE.fullmatch(text)
    if not found or found[3] not in years:
        return None
    try:
        return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        return None


def _note_day(text: str, sink: Sink, years: frozenset[str]) -> None:
    """A row of any pair, whatever else is wrong with it, shows that the file covers its day."""
    day = iso_day(text) or _us_day(text, years)
    if day and day >= FIRST_DAY:
        sink.days[day.isoformat()] += 1
