"""Machine-coded events in sentences: how many reports, how much of them repeats, and what the files cover."""

import pandas as pd

from research.dyads import Dyad, name
from research.errors import NoDataError
from research.findings.words import Finding, KeyNumber, Table, month, signed
from research.measures.regimes import Regimes
from research.measures.series import Calibration

SOURCES = {"gdelt1": "GDELT 1.0", "gdelt2": "GDELT 2.0", "icews": "ICEWS", "polecat": "POLECAT"}
PUBLISHERS = {
    "gdelt1": "The GDELT Project, gdeltproject.org",
    "gdelt2": "The GDELT Project, gdeltproject.org",
    "icews": "ICEWS, Harvard Dataverse, doi:10.7910/DVN/28075",
    "polecat": "POLECAT, Harvard Dataverse, doi:10.7910/DVN/AJGVIT",
}
MEASURES = {
    "goldstein_sum": "summed score of acts",
    "net_share": "cooperation less conflict",
    "goldstein_mean": "mean score of reports",
}
DAYS = {
    "covered": "covered whole",
    "part": "in part",
    "refused": "with a refused file",
    "missing": "without a file given",
    "gap": "never published",
}
FLAGS = {
    "date_shift": "{} reports are left out whose date looks misread: a week, a month, one year or ten off its entry.",
    "translation": "{} come from the feed of translated reports, which counts apart.",
    "prefiltered": "{} come from copies that others had filtered: their number is not comparable.",
}
NAMED_GAPS = 6  # never-published days that are written out


def say_held_events(pair: Dyad, events: pd.DataFrame, coded: list[str], event_source: str) -> Finding:
    """Which events there are for a pair: the curated ones, and the machine-coded sources cleaned for it."""
    names = f"between {name(pair.a)} and {name(pair.b)}"
    others = ", ".join(SOURCES[source] for source in coded)
    beside = f" Machine-coded events are held of {others}." if coded else ""
    if not events.empty:
        days = events["event_date"]
        span = f"{month(days.min())} to {month(days.max())}"
        return Finding(f"Dated events {names}, both directions: {len(events):,} rows, {span}.{beside}", role="coverage")
    if event_source in coded:
        beside += " They are shown below, and no level is drawn."
    elif coded:
        beside += " Name one of them as event_source to see it here."
    else:
        beside = (
            " Nothing else is held for this pair: clean machine-coded events with `python -m research clean gdelt "
            f"FILE... --dyad {pair} --out data/coded/gdelt`, and name their source as event_source."
        )
    return Finding(f"The curated timeline holds no event {names}.{beside}", role="limit")


def say_coded(monthly: pd.DataFrame, events: pd.DataFrame, pair: Dyad, *, curated: bool) -> Finding:
    """How many reports and acts, how many repeat an act of the day, and how much of the window the files cover.

    In: `measures.series.monthly`, and the events it was made of. It is the page's answer where there is no curated
    level.
    """
    source = str(events["source"].iloc[0])
    reports, acts = int(monthly["reports"].sum()), int(monthly["acts"].sum())
    months = monthly.drop_duplicates("period")
    whole, none = int((~months["partial"]).sum()), int((months["covered"] == 0).sum())
    part = len(months) - whole - none
    share = 1 - acts / reports
    text = (
        f"{SOURCES[source]} counts {reports:,} reports between {name(pair.a)} and {name(pair.b)}, "
        f"{month(months['period'].min())} to {month(months['period'].max())}; {acts:,} remain when each kind of act "
        f"counts once a day and direction, so {share:.0%} repeat one. The files given cover {whole} of "
        f"{len(months)} months whole, {part} in part and {none} not at all; a month that is not covered has no figure, "
        f"and is not a month without events.{_flagged(events)}"
    )
    covered, told = float(months["covered"].mean()), f"{whole} of {len(months)} months whole"
    label = f"reports in {SOURCES[source]}"
    numbers = (
        KeyNumber("coded_reports", label, reports, "reports", f"{reports:,}", f"{acts:,} acts"),
        KeyNumber("coded_duplicates", "reports that repeat an act", share, "share", f"{share:.0%}", "of the same day"),
        KeyNumber("coded_covered", "of the months covered", covered, "share", f"{covered:.1%}", told),
    )
    return Finding(text, numbers, role="finding" if curated else "answer")


def _flagged(events: pd.DataFrame) -> str:
    """What a reader of the counts should know of the rows they stand on."""
    flags = events["flags"].fillna("").str.split(";")
    count = {name: int(flags.map(lambda row, name=name: name in row).sum()) for name in FLAGS}
    return "".join(f" {words.format(f'{count[name]:,}')}" for name, words in FLAGS.items() if count[name])


def words_coded(monthly: pd.DataFrame, source: str, pair: Dyad, *, curated: bool) -> dict[str, str]:
    """Words for the small multiples of machine-coded months."""
    title = SOURCES[source]
    whole = monthly[~monthly["partial"]].groupby("period")[[f"quad_{n}" for n in (1, 2, 3, 4)]].sum()
    acts = whole.sum(axis=1)
    balance = ((whole["quad_1"] + whole["quad_2"] - whole["quad_3"] - whole["quad_4"]) / acts)[acts > 0].astype(float)
    headline = f"{title} covers no month whole: what is drawn are parts of months"
    if len(balance) and balance.min() == balance.max():
        headline = f"In {title} the balance of acts, both directions, is {signed(balance.min())} in every whole month"
    elif len(balance):
        headline = (
            f"In {title} the balance of acts, both directions, was lowest in {month(balance.idxmin())} "
            f"({signed(balance.min())}) and highest in {month(balance.idxmax())} ({signed(balance.max())})"
        )
    first, last = monthly["period"].min(), monthly["period"].max()
    reports, gaps = int(monthly["reports"].sum()), int(monthly.drop_duplicates("period")["partial"].sum())
    above = "The curated level above; below it three" if curated else "Three"
    return {
        "headline": headline,
        "subtitle": (
            f"{above} measures of {title} by month and direction, and the number of reports. Open points: months "
            "covered in part. Hatched: no file. Sources have scales of their own and are never joined"
        ),
        "alt": (
            f"Panels from {month(first)} to {month(last)}: {', '.join(MEASURES.values())}, and reports a month. "
            f"{reports:,} reports in all; "
            f"{gaps} months are covered in part or not at all. {headline}."
        ),
        "source": f"Source: {PUBLISHERS[source]}; scores are the source's own.",
    }


def say_coded_turns(found: dict[tuple[str, str], Regimes]) -> Finding:
    """Whether the monthly mean score turned, direction by direction, in the longest run of whole months."""
    told = []
    for (initiator, target), regimes in found.items():
        part = regimes.partition
        means = " to ".join(signed(mean) for mean in regimes.segments["mean"])
        turns = ", ".join(month(day) for day in regimes.breaks["first"])
        first, last = regimes.dates[0], regimes.dates[-1]
        told.append(
            f"{name(initiator)} to {name(target)}, {part.observations} months from {month(first)} to {month(last)}: "
            + (f"turns by {part.criterion} in {turns}, mean {means}" if part.chosen else f"no turn, mean {means}")
            + f" (neighbouring months correlate at {signed(part.autocorrelation)} about it)"
        )
    text = f"In the monthly mean score, unsmoothed: {'; '.join(told)}. A turn in reports may be one in reporting."
    return Finding(text)


def say_calibration(found: Calibration) -> Finding:
    """How far two sources agree where both cover a month; never a splice."""
    best = found.fits.loc[found.fits["spearman"].abs().idxmax()]
    sides = f"{name(best['initiator'])} towards {name(best['target'])}"
    first, second = SOURCES[found.first], SOURCES[found.second]
    span = f"{found.fits['first'].min():%b %Y} to {found.fits['last'].max():%b %Y}"
    text = (
        f"{first} and {second} are held against each other in the months both cover whole ({span}). They agree most in "
        f"the {MEASURES[best['measure']]} of {sides}: rank correlation {signed(best['spearman'])} over "
        f"{best['months']} months. They stay two series; the scale in the table says how much more one moves than the "
        "other, and is no licence to join them."
    )
    number = KeyNumber("calibration_rank", f"{first} and {second}, rank correlation", float(best["spearman"]), "",
                       signed(best["spearman"]), f"{best['months']} months")  # fmt: skip
    return Finding(text, (number,))


def table_calibration(found: Calibration) -> Table:
    """One line a direction and measure: months, correlations, line with its interval, ratio of deviations."""
    exact = found.fits.assign(first_source=found.first, second_source=found.second)
    lines = [
        (
            f"{name(row.initiator)} to {name(row.target)}", MEASURES[row.measure], f"{row.months}", signed(row.pearson),
            signed(row.spearman), f"{signed(row.slope)} ({signed(row.slope_low)} to {signed(row.slope_high)})",
            f"{row.scale:.2f}",
        )
        for row in found.fits.itertuples()
    ]  # fmt: skip
    columns = ["Direction", "Measure", "months", "correlation", "of ranks", "slope (95 %)", "scale"]
    title = f"{SOURCES[found.second]} on {SOURCES[found.first]}, whole months in common"
    return Table(f"calibration-{found.second}", title, pd.DataFrame(lines, columns=columns), exact)


def say_calendars(days: pd.DataFrame) -> Finding:
    """How many days the machine-coded files cover, and which were never published. Raises: NoDataError without any."""
    if days.empty:
        raise NoDataError(
            "no machine-coded events have been cleaned for this pair; run `python -m research clean gdelt FILE... "
            "--out data/coded/gdelt`"
        )
    told = [
        f"{SOURCES[source]}{'' if feed == 'main' else f' ({feed})'}, {part['day'].min():%Y-%m-%d} to "
        f"{part['day'].max():%Y-%m-%d}: of {len(part):,} days {_counts(part)}."
        for (source, feed), part in days.groupby(["source", "feed"])
    ]
    gaps = days.loc[days["status"] == "gap", "day"].drop_duplicates().sort_values()
    if len(gaps):
        more = f" and {len(gaps) - NAMED_GAPS} more" if len(gaps) > NAMED_GAPS else ""
        told.append(
            f"The publisher's list has no file for {', '.join(f'{d:%Y-%m-%d}' for d in gaps[:NAMED_GAPS])}{more}."
        )
    return Finding(" ".join(told))


def _counts(part: pd.DataFrame) -> str:
    found = part["status"].value_counts()
    return ", ".join(f"{found[status]:,} {words}" for status, words in DAYS.items() if status in found)


def words_calendars(days: pd.DataFrame) -> dict[str, str]:
    """Words for the figure of the calendar."""
    covered = (days["status"] == "covered").mean()
    rows = days.groupby(["source", "feed"])
    listed = "; ".join(f"{SOURCES[source]}, {feed}: {_counts(part)}" for (source, feed), part in rows)
    return {
        "headline": f"{covered:.0%} of the days are covered whole by the event files held",
        "subtitle": "Each day by what became of its files; never published: the publisher's list has none",
        "alt": f"Bars, one a feed, by day: {listed}.",
        "source": "Source: the files that were cleaned, and the publisher's lists where they were given.",
    }


def table_calendar(days: pd.DataFrame) -> Table:
    """One line a feed and year: days by what became of their files; the CSV has them by month."""
    files = days["source"].map(SOURCES) + days["feed"].map(lambda feed: "" if feed == "main" else f", {feed}")
    known = days.assign(Files=files, Year=days["day"].dt.year)
    known = known.assign(Month=known["day"].dt.to_period("M").astype(str))
    return Table("event-days", "Days by what became of their files", _by(known, "Year"), _by(known, "Month"))


def _by(days: pd.DataFrame, span: str) -> pd.DataFrame:
    counts = pd.crosstab([days["Files"], days[span]], days["status"]).reindex(columns=list(DAYS), fill_value=0)
    return counts.rename(columns=DAYS).rename_axis(columns=None).reset_index()
