"""What is in the data: spans, the fate of every row, and totals a reader can check against the publishers."""

import pandas as pd

from research import register
from research.findings.words import Finding, KeyNumber, Link, Table, month, percent


def say_coverage(table: pd.DataFrame, what: str, column: str = "period") -> Finding:
    """From when to when a loaded table reaches and how many rows it has, in one line."""
    first, last = table[column].min(), table[column].max()
    return Finding(f"{what}: {len(table):,} rows, {month(first)} to {month(last)}.", role="coverage")


def say_conservation(summaries: pd.DataFrame) -> Finding:
    """What became of every raw row: kept, rejected, merged, out of scope; says so when it does not add up."""
    counted = ("rows_read", "rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope")
    read, kept, rejected, merged, outside = (int(summaries[column].sum()) for column in counted)
    balance = read - kept - rejected - merged - outside
    closing = "Nothing is unaccounted for." if balance == 0 else f"{balance:,} rows are unaccounted for: do not use."
    text = (
        f"Of {read:,} rows in {len(summaries)} published files, {kept:,} are in use, {rejected:,} were rejected as "
        f"unsound and can be read one by one below, {merged:,} repeated another row, and {outside:,} are sound but lie "
        f"outside the question. {closing}"
    )
    numbers = (
        KeyNumber("rows_read", "rows read", read, "rows", f"{read:,}", f"from {len(summaries)} files"),
        KeyNumber("rows_kept", "in use", kept, "rows", f"{kept:,}", f"{kept / read:.1%} of rows read"),
        KeyNumber("rows_rejected", "rejected", rejected, "rows", f"{rejected:,}", "each with file, line and reason"),
        KeyNumber("rows_out_of_scope", "out of scope", outside, "rows", f"{outside:,}", "sound, but not asked for"),
    )
    return Finding(text, numbers, role="answer")


def say_anchor_figures(visitors: pd.DataFrame, goods: pd.DataFrame) -> Finding:
    """Two published totals recomputed from the tables, so that a reader can check the house at its door."""
    people = visitors[(visitors["origin"] == "KOR") & (visitors["period"].dt.year == 2019)]["visitors"]
    asked = {"reporter": "JPN", "partner": "KOR", "flow": "export", "goods_group": "Grand Total", "frequency": "A"}
    total = goods[(goods[list(asked)] == pd.Series(asked)).all(axis=1) & (goods["period"].dt.year == 2018)]["value_jpy"]
    if len(people) != 12 or len(total) != 1:
        return Finding("The two check figures (visitors 2019, exports 2018) are not in this selection.", role="limit")
    arrivals, exports = int(people.sum()), float(total.iloc[0])
    billions = f"{exports / 1e9:,.1f} bn yen"
    text = (
        f"Two figures to check against the publishers' own pages: {arrivals:,} visitors from South Korea to Japan in "
        f"2019 (JNTO), and Japanese exports of {billions} to South Korea in 2018 (Ministry of Finance)."
    )
    numbers = (
        KeyNumber(
            "visitors_from_korea_2019", "visitors from South Korea, 2019", arrivals, "persons", f"{arrivals:,}", "JNTO"
        ),
        KeyNumber("japan_exports_to_korea_2018", "exports to South Korea, 2018", exports, "JPY", billions, "FOB"),
    )
    return Finding(text, numbers)


def say_revisions(revised: pd.DataFrame, shown: int = 5) -> Finding:
    """What a later vintage changed: how many figures, and the largest changes; the newer stands, the older is kept."""
    if revised.empty:
        return Finding("No figure here differs between the vintages held.", role="coverage")
    largest = revised.loc[(revised["revised"] - revised["former"]).abs().sort_values(ascending=False).index]
    listed = "; ".join(_revision(row) for _, row in largest.head(shown).iterrows())
    more = f" and {len(revised) - shown} more" if len(revised) > shown else ""
    one = len(revised) == 1
    text = (
        f"{len(revised)} figure{' was' if one else 's were'} revised between vintages: {listed}{more}. The newer "
        f"stand{'s' if one else ''}; the older {'is' if one else 'are'} kept and read by vintage."
    )
    number = KeyNumber("revised_figures", "figures revised", len(revised), "figures", str(len(revised)), listed)
    return Finding(text, (number,))


def _revision(row: pd.Series) -> str:
    beside = {"source", "frequency", "period", "hs_edition", "figure", *row.index[row.index.get_loc("figure") :]}
    what = " ".join(str(row[column]) for column in row.index if column not in beside)
    former, revised = ("missing" if pd.isna(v) else f"{v:,.10g}" for v in (row["former"], row["revised"]))
    moved = "" if pd.isna(row["change_percent"]) else f", {percent(row['change_percent'], 2)}"
    figure = row["figure"].replace("_", " ")
    return f"{month(row['period'])} {what}, {figure} {former} to {revised}{moved} ({row['vintage']})"


def words_coverage(spans: pd.DataFrame) -> dict[str, str]:
    """Words for the figure of spans."""
    shortest, longest = spans.loc[spans["last"].idxmin()], spans.loc[spans["last"].idxmax()]
    listed = "; ".join(f"{r.title} {month(r.first)} to {month(r.last)}" for r in spans.itertuples())
    return {
        "headline": f"The sources end between {month(shortest['last'])} and {month(longest['last'])}",
        "subtitle": "First to last period of each source",
        "alt": f"Bars, one a source: {listed}.",
        "source": "Source: the publishers named below, each with its vintage.",
    }


def table_conservation(summaries: pd.DataFrame) -> Table:
    """One line a file: rows read, kept, rejected, merged, out of scope."""
    titles = {key: entry.title for key, entry in register.resources().items()}
    counted = ["rows_read", "rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope"]
    named = {column: column.removeprefix("rows_").replace("_", " ") for column in counted}
    exact = summaries[["resource", *counted]].rename(columns=named)
    written = {column: [f"{v:,}" for v in exact[column]] for column in named.values()}
    frame = pd.DataFrame({"Source": exact["resource"].map(titles)} | written)
    return Table("conservation", "Rows of each published file, and what became of them", frame, exact)


def table_rejected(rejected: pd.DataFrame, shown: int = 50) -> Table:
    """One line a rejected row: file, line, reason, and the row as published; the CSV holds all of them."""
    frame = rejected[["file", "line", "reason", "record"]].rename(columns=str.capitalize)
    title = f"Rejected rows: {len(frame):,}" + (f", the first {shown}" if len(frame) > shown else "")
    return Table("rejected", title, frame.head(shown), frame)


def table_sources(cited: pd.DataFrame) -> Table:
    """One line a source: publisher, licence as known, access date, vintage, where the publisher's own is."""
    exact = cited[["title", "publisher", "licence", "accessed", "vintage", "where"]].rename(columns=str.capitalize)
    frame = exact.drop(columns="Where").astype(object)
    outside = exact["Where"].str.startswith("https://")
    frame["Title"] = [
        Link(title, where) if linked else title
        for title, where, linked in zip(exact["Title"], exact["Where"], outside, strict=True)
    ]
    return Table("sources", "Sources and licences", frame, exact)
