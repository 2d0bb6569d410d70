"""The project's own timeline of dated events between two states."""

from pathlib import Path

import numpy as np
import pandas as pd

from research import cameo
from research.register import Resource
from research.sources.intake import Cleaned, Intake

HEADER = (
    "event_id", "date", "date_precision", "initiator", "target", "domain", "direction", "cameo_root_code", "title",
    "description", "source_title", "source_publisher", "source_url", "verified", "note",
)  # fmt: skip
BOTH = "both"
PAIR = ("JPN", "KOR")  # whom `both` means in this timeline


def clean_timeline(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: one event, directed from the one who acts to the other.

    Source: compiled for this project from the page named in each row. In: text; CAMEO root codes of two
    digits. Out: `events`; `goldstein` is the root's official score (scale cameo_root), counts and tone
    missing. An event by both becomes two rows of full weight, ids suffixed `:JPN-KOR` and `:KOR-JPN`,
    is_mutual true; an act of both towards a third state counts as mutual between them, flag
    `third_state:USA`. An act of a third state towards both is out of scope (`third_state_act`). Missing
    rule: no row does not mean that nothing happened. Raises: DataError on an unknown state. Flags:
    date_coarse, unverified, id_date_differs, possible_dup.
    """
    intake = Intake(path, resource, HEADER)
    day = pd.to_datetime(intake.rows["date"], format="%Y-%m-%d", errors="coerce")
    exact = intake.rows["date"].str.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}")
    intake.reject(day.isna() | ~exact, "date_invalid")
    intake.one_of("date_precision", ("day", "month", "year"))
    intake.one_of("direction", ("cooperative", "conflictual", "neutral"))
    intake.one_of("verified", ("yes", "no"))
    intake.codes("cameo_root_code", 2, "root_code_length")
    intake.reject(~intake.rows["cameo_root_code"].isin(cameo.GOLDSTEIN), "root_code_unknown")
    intake.reject(intake.rows["event_id"] == "", "no_id")
    intake.reject(~intake.rows["source_url"].str.match("https?://"), "no_source")
    intake.once("event_id")
    _settle_states(intake)
    intake.put(event_date=day, flags=_flags(intake.rows))
    rows = intake.rows
    intake.note_repair("both_split", rows["initiator"] == BOTH, lambda row: f"{row['event_id']} -> two directed rows")
    return intake.cleaned("events", _events(_directed(rows)))


def _settle_states(intake: Intake) -> None:
    """Checks spellings of states; takes out rows that are no act of one state, or of both, towards another."""
    for side in ("initiator", "target"):
        intake.states(side, "timeline", beside=(BOTH,))
    by_both, to_both = intake.rows["initiator"] == BOTH, intake.rows["target"] == BOTH
    intake.leave_out(to_both & ~by_both & ~intake.rows["initiator"].isin(PAIR), "third_state_act")
    rows = intake.rows
    to_itself = (rows["initiator"] == rows["target"]) & (rows["initiator"] != BOTH)
    intake.reject(to_itself | ((rows["target"] == BOTH) & (rows["initiator"] != BOTH)), "acts_on_itself")


def _flags(rows: pd.DataFrame) -> pd.Series:
    """What a reader should know of a row, joined by `;`; missing where there is nothing."""
    exact = rows["date_precision"] == "day"
    third = (rows["initiator"] == BOTH) & ~rows["target"].isin([BOTH, *PAIR])
    marks = {
        "date_coarse": ~exact,
        "unverified": rows["verified"] == "no",
        "id_date_differs": exact & (rows["event_id"].str[2:10] != rows["date"].str.replace("-", "")),
        "possible_dup": rows.duplicated(["date", "initiator", "target", "cameo_root_code"], keep=False),
    }
    texts = [mark.map({True: name, False: ""}) for name, mark in marks.items()]
    texts.append(("third_state:" + rows["target"]).where(third, ""))
    joined = pd.concat(texts, axis=1).apply(lambda row: ";".join(filter(None, row)), axis=1)
    return joined.mask(joined == "")


def _directed(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with one initiator and one target: those by both become two."""
    mutual = rows["initiator"] == BOTH
    parts = [rows[~mutual].assign(is_mutual=False)]
    for initiator, target in (PAIR, PAIR[::-1]):
        suffixed = rows.loc[mutual, "event_id"] + f":{initiator}-{target}"
        parts.append(rows[mutual].assign(event_id=suffixed, initiator=initiator, target=target, is_mutual=True))
    return pd.concat(parts, ignore_index=True)


def _events(rows: pd.DataFrame) -> pd.DataFrame:
    """Directed rows in the columns of `events`."""
    kept = [*"event_id event_date date_precision initiator target domain direction title is_mutual flags line".split()]
    return rows[kept].assign(
        source="timeline",
        cameo_code=rows["cameo_root_code"],
        goldstein=rows["cameo_root_code"].map(cameo.score),
        goldstein_scale="cameo_root",
        quad_class=rows["cameo_root_code"].map(cameo.quad_class),
        mentions=pd.NA,
        sources=pd.NA,
        articles=pd.NA,
        tone=np.nan,
        is_root=True,
        verified=rows["verified"] == "yes",
        url=rows["source_url"],
        publisher=rows["source_publisher"],
        date_added=pd.NaT,
        note=rows["note"].mask(rows["note"] == ""),
    )
