"""Sentences: numbers in, text and key numbers out. A sentence hedges or declines when its numbers are missing.

`say_` functions return a `Finding`; `words_` functions return a figure's headline, subtitle, alt text and source
line, made from the same numbers as the figure.
"""

import html
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from research import register
from research.dyads import Dyad, name
from research.materials import MATERIALS, Material

MIME = "application/vnd.research.finding+json"
TABLE_MIME = "application/vnd.research.table+json"


@dataclass(frozen=True)
class KeyNumber:
    """One number that a page shows large and a program collects: `value` exact, `text` as a reader sees it."""

    name: str
    label: str
    value: float | int | str | None
    unit: str
    text: str
    comparison: str = ""


@dataclass(frozen=True)
class Finding:
    """A computed sentence with the numbers it rests on; role is answer, finding or limit."""

    text: str
    numbers: tuple[KeyNumber, ...] = ()
    role: str = "finding"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        record = {"text": self.text, "role": self.role, "numbers": [asdict(n) for n in self.numbers]}
        return {MIME: record, "text/markdown": self.text, "text/plain": self.text}


@dataclass(frozen=True)
class Table:
    """A small table to be read on the page: `frame` holds what is written, `exact` what a program gets as CSV."""

    name: str
    title: str
    frame: pd.DataFrame = field(repr=False)
    exact: pd.DataFrame = field(repr=False)

    def html(self) -> str:
        """Plain markup; a column whose exact values are numbers is set flush right, an address becomes a link."""
        numeric = {c for c in self.frame if c in self.exact and pd.api.types.is_numeric_dtype(self.exact[c])}
        head = "".join(f'<th scope="col"{_right(c, numeric)}>{html.escape(str(c))}</th>' for c in self.frame)
        body = "".join(
            "<tr>" + "".join(f"<td{_right(c, numeric)}>{_cell(v)}</td>" for c, v in row.items()) + "</tr>"
            for row in self.frame.to_dict("records")
        )
        caption = f"<caption>{html.escape(self.title)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        written = self.exact.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
        record = {"name": self.name, "title": self.title, "html": self.html(), "csv": written}
        return {TABLE_MIME: record, "text/html": self.html(), "text/plain": self.frame.to_string(index=False)}


def _right(column: str, numeric: set[str]) -> str:
    return ' class="number"' if column in numeric else ""


def _cell(value: object) -> str:
    text = "" if pd.isna(value) else str(value)
    if text.startswith(("https://", "http://")):
        return f'<a href="{html.escape(text)}">{html.escape(text)}</a>'
    return html.escape(text)


def _source(resource: str, detail: str = "") -> str:
    """The source line of a figure, from the register: publisher, what it stands on, vintage."""
    entry = register.resources()[resource]
    middle = f"{detail}; " if detail else ""
    return f"Source: {entry.publisher}; {middle}vintage {entry.vintage}."


def month(date: pd.Timestamp) -> str:
    """Jul 2019"""
    return f"{date:%b %Y}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, minus as a minus sign; zero without one."""
    if round(value, digits) == 0:
        return f"{0:.{digits}f}"
    return f"{value:+.{digits}f}".replace("-", "−")


def percent(value: float, digits: int = 1) -> str:
    """A signed change in percent, or a plain word where it cannot be computed."""
    return "not computable" if pd.isna(value) else f"{signed(value, digits)} %"


def dollars(value: float) -> str:
    """USD 66.9 m"""
    if pd.isna(value):
        return "not recorded"
    return f"USD {value / 1e9:,.1f} bn" if abs(value) >= 1e9 else f"USD {value / 1e6:,.1f} m"


# --- coverage ---------------------------------------------------------------------------------------------------


def say_coverage(table: pd.DataFrame, what: str, column: str = "period") -> Finding:
    """From when to when a loaded table reaches and how many rows it has, in one line."""
    first, last = table[column].min(), table[column].max()
    text = f"{what}: {len(table):,} rows, {month(first)} to {month(last)}."
    return Finding(text, role="coverage")


def say_conservation(summaries: pd.DataFrame) -> Finding:
    """What became of every raw row: kept, rejected, merged, out of scope; says so plainly when it does not add up."""
    read, kept, rejected, merged, outside = (
        int(summaries[c].sum()) for c in ("rows_read", "rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope")
    )
    balance = read - kept - rejected - merged - outside
    closing = "Nothing is unaccounted for." if balance == 0 else f"{balance:,} rows are unaccounted for: do not use."
    text = (
        f"Of {read:,} rows in {len(summaries)} published files, {kept:,} are in use, {rejected:,} were rejected as unsound "
        f"and can be read one by one below, {merged:,} repeated another row, and {outside:,} are sound but lie outside "
        f"the question. {closing}"
    )
    numbers = (
        KeyNumber("rows_read", "rows read", read, "rows", f"{read:,}", f"from {len(summaries)} files"),
        KeyNumber("rows_kept", "in use", kept, "rows", f"{kept:,}", f"{kept / read:.1%} of rows read"),
        KeyNumber("rows_rejected", "rejected", rejected, "rows", f"{rejected:,}", "each listed with file, line and reason"),
        KeyNumber("rows_out_of_scope", "out of scope", outside, "rows", f"{outside:,}", "sound, but not asked for"),
    )
    return Finding(text, numbers, role="answer")


def say_anchor_figures(visitors: pd.DataFrame, goods: pd.DataFrame) -> Finding:
    """Two published totals recomputed from the processed tables, so that a reader can check the house at the door."""
    people = visitors[(visitors["origin"] == "KOR") & (visitors["period"].dt.year == 2019)]["visitors"]
    total = goods[
        (goods["reporter"] == "JPN") & (goods["partner"] == "KOR") & (goods["flow"] == "export")
        & (goods["goods_group"] == "Grand Total") & (goods["frequency"] == "A") & (goods["period"].dt.year == 2018)
    ]["value_jpy"]  # fmt: skip
    if len(people) != 12 or len(total) != 1:
        return Finding("The two check figures (visitors 2019, exports 2018) are not in this window.", role="limit")
    arrivals, exports = int(people.sum()), float(total.iloc[0])
    numbers = (
        KeyNumber("visitors_from_korea_2019", "visitors to Japan from South Korea, 2019", arrivals, "persons", f"{arrivals:,}", "JNTO"),
        KeyNumber("japan_exports_to_korea_2018", "Japan's exports to South Korea, 2018", exports, "JPY", f"{exports / 1e9:,.1f} bn yen", "Ministry of Finance, FOB"),
    )  # fmt: skip
    text = (
        f"Two figures that a reader can check against the publishers' own pages: {arrivals:,} visitors from South Korea "
        f"in 2019 (JNTO), and exports of {exports / 1e9:,.1f} bn yen to South Korea in 2018 (Ministry of Finance)."
    )
    return Finding(text, numbers)


def words_coverage(spans: pd.DataFrame) -> dict[str, str]:
    """Words for the figure of spans."""
    shortest = spans.loc[spans["last"].idxmin()]
    return {
        "headline": f"The sources end at different dates: {shortest['title']} stops first, in {month(shortest['last'])}",
        "subtitle": "First to last period of each source",
        "alt": "Bars, one a source: "
        + "; ".join(f"{r.title} {month(r.first)} to {month(r.last)}" for r in spans.itertuples())
        + ".",
        "source": "Sources: the publishers named below, each with its vintage.",
    }


# --- relations --------------------------------------------------------------------------------------------------


def say_trajectory(relations: pd.DataFrame, pooled: pd.DataFrame, pair: Dyad, half_life_months: float) -> Finding:
    """Where the level stands, where it was lowest, and how often it has been on the other side of zero since."""
    level = pooled.set_index("month_end")["level"]
    last, low, final = level.index[-1], level.idxmin(), pooled.iloc[-1]
    sure = final["low"] > 0 or final["high"] < 0
    hedge = "" if sure else f" Its 90 % band, {signed(final['low'])} to {signed(final['high'])}, includes zero."
    text = (
        f"At the end of {month(last)} the level of conduct between {name(pair.a)} and {name(pair.b)} stands at "
        f"{signed(level.iloc[-1])} on a scale from −10 to +10, {_other_side(level)}.{hedge} It was lowest in {month(low)}, "
        f"at {signed(level.min())}."
    )
    ago = level.index[max(0, len(level) - 13)]
    numbers = [
        KeyNumber("level_together", f"both directions, {month(last)}", float(level.iloc[-1]), "Goldstein points",
                  signed(level.iloc[-1]), f"{signed(level[ago])} in {month(ago)}"),
        *(_level_number(relations, i, t, ago) for i, t in ((pair.a, pair.b), (pair.b, pair.a))),
        KeyNumber("level_lowest", f"lowest level, {month(low)}", float(level.min()), "Goldstein points", signed(level.min()),
                  f"highest {signed(level.max())} in {month(level.idxmax())}"),
    ]  # fmt: skip
    return Finding(text, tuple(n for n in numbers if n), role="answer")


def _level_number(relations: pd.DataFrame, initiator: str, target: str, ago: pd.Timestamp) -> KeyNumber | None:
    line = relations[relations["initiator"] == initiator].set_index("month_end")["level"].dropna()
    if line.empty:
        return None
    before = f"{signed(line[ago])} in {month(ago)}" if ago in line.index else "no earlier value"
    label = f"{name(initiator)} toward {name(target)}, {month(line.index[-1])}"
    value = float(line.iloc[-1])
    return KeyNumber(f"level_{initiator}_{target}", label, value, "Goldstein points", signed(value), before)


def _other_side(level: pd.Series) -> str:
    """Since when the level has kept its sign, in words; the months on the other side before that are counted."""
    above = level >= 0
    side = "above" if above.iloc[-1] else "below"
    crossed = level.index[above != above.shift()][1:]
    if not len(crossed):
        return f"{side} zero in the whole window"
    since = crossed[-1]
    year = level[level.index >= since - pd.DateOffset(years=4)]
    others = int((((year >= 0) != above.iloc[-1]) & (year.index < since)).sum())
    return f"{side} zero since {month(since)} (on the other side in {others} of the 48 months before that)"


def words_trajectory(pooled: pd.DataFrame, pair: Dyad, half_life_months: float) -> dict[str, str]:
    """Words for the picture of the level in both directions."""
    level = pooled.set_index("month_end")["level"].dropna()
    first, last, low = level.index[0], level.index[-1], level.idxmin()
    back = level[(level.index > low) & (level > 0)]
    turned = f", and first back above zero in {month(back.index[0])}" if len(back) else ", and not above zero since"
    return {
        "headline": f"{name(pair.a)} and {name(pair.b)} were furthest apart in {month(low)}{turned}",
        "subtitle": (
            f"Level of conduct at each month-end on the Goldstein scale (−10 to +10), half-life {half_life_months:g} months; "
            "filled: both directions together, green above zero, grey below; outline: its 90 % band"
        ),
        "alt": (
            f"Two lines and a filled curve from {month(first)} to {month(last)}. Both directions together start at "
            f"{signed(level.iloc[0])}, are lowest at {signed(level.min())} in {month(low)}, highest at {signed(level.max())} in "
            f"{month(level.idxmax())}, and end at {signed(level.iloc[-1])}."
        ),
        "source": _source("timeline", "curated dated events, each with its page; scores by CAMEO root code"),
    }


def say_contributions(told: pd.DataFrame, at: pd.Timestamp) -> Finding:
    """How few events today's level stands on."""
    top = told.head(3)
    listed = "; ".join(f"\u201c{r.title}\u201d ({month(r.event_date)}, {signed(r.contribution)})" for r in top.itertuples())
    total = told["contribution"].sum()
    text = (
        f"The level at the end of {month(at)} is the sum of {len(told):,} contributions, {signed(total)}. The three largest make up "
        f"{top['share'].sum():.0%} of their absolute sum: {listed}."
    )
    return Finding(text, (KeyNumber("contributions_sum", "sum of contributions", float(total), "Goldstein points", signed(total), month(at)),))  # fmt: skip


def table_contributions(told: pd.DataFrame, events: pd.DataFrame, shown: int = 12) -> Table:
    """One line an event, largest contribution first, and one line for all the others: they sum to the level."""
    exact = told.assign(url=told["event_id"].map(events.drop_duplicates("event_id").set_index("event_id")["url"]))
    top, rest = exact.head(shown), exact.iloc[shown:]
    lines = [(f"{r.event_date:%Y-%m-%d}", r.title, signed(r.goldstein, 1), f"{r.weight:.2f}", signed(r.contribution, 3), r.url) for r in top.itertuples()]
    lines.append(("", f"all {len(rest):,} earlier or weaker events", "", f"{rest['weight'].sum():.2f}", signed(rest["contribution"].sum(), 3), ""))
    frame = pd.DataFrame(lines, columns=["Date", "Event", "goldstein", "weight", "contribution", "Page"])
    return Table("contributions", "What the level stands on at the last month-end", frame, exact)


def say_turn(pooled: pd.DataFrame, calendar: pd.DataFrame, pair: Dyad) -> Finding:
    """The mean level before the controls, while they were in force, and since they were lifted."""
    if calendar.empty:
        return Finding(f"No export-control calendar is known for {pair}; the phases are not split.", role="limit")
    both = pooled.set_index("month_end")["level"]
    dates = calendar.set_index(["measure", "step"])["event_date"]
    begin = dates.xs("in force", level="step").min()
    end = dates.xs("lifted", level="step").max()
    phases = {
        "in the two years before the controls": both[(both.index >= begin - pd.DateOffset(years=2)) & (both.index < begin)],
        "while the licences were required": both[(both.index >= begin) & (both.index < end)],
        "since they were lifted": both[both.index >= end],
    }
    if any(part.empty for part in phases.values()):
        return Finding("The window does not reach over all three phases of the export controls; widen start and end.", role="limit")
    text = (
        "The mean level was " + ", ".join(f"{signed(v.mean())} {k}" for k, v in phases.items())
        + ". The controls fell into a decline that had begun before them; the dates stand side by side, which is not a cause."
    )  # fmt: skip
    numbers = tuple(
        KeyNumber(f"mean_level_{key}", f"mean level {label}", float(v.mean()), "Goldstein points", signed(v.mean()), f"{len(v)} months")
        for key, (label, v) in zip(("before", "during", "after"), phases.items(), strict=True)
    )
    return Finding(text, numbers)


# --- controlled materials ---------------------------------------------------------------------------------------


def say_materials(yearly: pd.DataFrame, changes: pd.DataFrame) -> Finding:
    """The answer on the controlled materials: what fell, what did not, and by which basis."""
    base = changes[changes["base"] == "12 months before"].set_index("material")["change_percent"]
    fluoride, resist = base.get("Hydrogen fluoride", np.nan), base.get("Photoresist", np.nan)
    if pd.isna(fluoride) or pd.isna(resist):
        return Finding("The twelve months after July 2019 are not complete in this window, so no change is stated.", role="answer")
    text = (
        f"In the twelve months from July 2019, South Korea's imports of hydrogen fluoride from Japan were {percent(fluoride, 2)} "
        f"against the twelve months before, by value; photoresist was {percent(resist, 2)}. One material fell, the other did "
        "not: \u201cthe three materials collapsed\u201d is not what the customs figures show."
    )
    numbers = [
        KeyNumber("change_hydrogen_fluoride", "hydrogen fluoride, 12 months from July 2019", float(fluoride), "percent", percent(fluoride, 2), "against the 12 months before, by value"),
        KeyNumber("change_photoresist", "photoresist, the same months", float(resist), "percent", percent(resist, 2), "against the 12 months before, by value"),
    ]  # fmt: skip
    for row in yearly[yearly["period"].dt.year.isin([2018, 2019, 2020])].itertuples():
        year = row.period.year
        numbers.append(KeyNumber(f"hydrogen_fluoride_{year}", f"hydrogen fluoride from Japan, {year}", int(row.value), "USD", f"{dollars(row.value)}", f"{row.share:.2%} of all recorded suppliers; USD {row.value:,.0f}"))  # fmt: skip
    return Finding(text, tuple(numbers), role="answer")


def _codes(column: pd.Series) -> str:
    return " and ".join(dict.fromkeys(column))


def words_control_months(monthly: pd.DataFrame, changes: pd.DataFrame) -> dict[str, str]:
    """Words for the monthly figure of the materials; the headline follows the change against the year before."""
    base = changes[changes["base"] == "12 months before"].set_index("material")["change_percent"]
    fell, held = base.get("Hydrogen fluoride", np.nan), base.get("Photoresist", np.nan)
    zero = monthly[monthly["recorded"] & (monthly["value"] == 0) & (monthly["period"] >= "2019-07-01")]
    first, last = monthly["period"].min(), monthly["period"].max()
    ends = "; ".join(
        f"{m}: {dollars(g['value'].iloc[0])} in {month(g['period'].iloc[0])}, {dollars(g['value'].iloc[-1])} in {month(g['period'].iloc[-1])}"
        for m, g in monthly.dropna(subset=["value"]).groupby("material", sort=False)
    )
    none = f" Zero recorded in {', '.join(month(p) for p in zero['period'])} for hydrogen fluoride." if len(zero) else ""
    return {
        "headline": _fall_headline(fell, held),
        "subtitle": "South Korea's imports from Japan by month, million US dollars (CIF); open circle: zero recorded",
        "alt": f"Monthly bars from {month(first)} to {month(last)}. {ends}.{none}",
        "source": _source("korea_customs_hsk10_monthly", f"codes {_codes(monthly.hs_code)}"),
    }


def _fall_headline(fell: float, held: float) -> str:
    if pd.isna(fell) or pd.isna(held):
        return "Imports of the controlled materials from Japan, month by month"
    if fell < -50 and held > -10:
        return f"Hydrogen fluoride fell by {abs(fell):.0f} % within a year; photoresist kept coming ({percent(held, 0)})"
    return f"In a year hydrogen fluoride moved by {percent(fell, 0)}, photoresist by {percent(held, 0)}"


def say_zero_months(monthly: pd.DataFrame) -> Finding:
    """Months in which the office recorded nothing under the code, worded as what was recorded and no more."""
    fluoride = monthly[monthly["material"] == "Hydrogen fluoride"]
    zero = fluoride[fluoride["recorded"] & (fluoride["value"] == 0) & (fluoride["period"] >= "2019-07-01")]
    if zero.empty:
        return Finding("Korea Customs recorded imports of hydrogen fluoride from Japan in every month of the window.")
    listed = " and ".join(f"{p:%B %Y}" for p in zero["period"])
    text = (
        f"Zero recorded in {listed}: Korea Customs recorded no import under code 2811111000 from Japan in "
        f"{'these months' if len(zero) > 1 else 'that month'}. That is zero recorded under this code by this office; Japan's "
        "ministry disputed that all shipments stopped."
    )
    number = KeyNumber("hydrogen_fluoride_zero_months", "months with zero recorded", len(zero), "months", str(len(zero)), listed)
    return Finding(text, (number,))


def say_concentration(yearly: pd.DataFrame, material: Material) -> Finding:
    """Whether less dependence on one state meant less concentration: often it did not."""
    full = yearly[yearly["period"].dt.year.between(2018, 2021)]
    if len(full) < 2:
        return Finding(f"Fewer than two years of {material.title.lower()} are in this window; concentration is not compared.", role="limit")
    first, high = full.iloc[0], full.loc[full["hhi"].idxmax()]
    rose = high["hhi"] > first["hhi"] and high["share"] < first["share"]
    verdict = "less from Japan, yet more concentrated" if rose else "concentration did not rise as Japan's share moved"
    parts = ", ".join(f"{r.hhi:.4f} ({r.period.year}{_part(r.months_covered)})" for r in full.itertuples())
    text = (
        f"{material.title}: HHI over all recorded suppliers was {parts}; {verdict}. Japan's share went from {first['share']:.2%} in "
        f"{first['period'].year} to {high['share']:.2%} in {high['period'].year}, when {name(high['top_partner'])} alone supplied "
        f"{high['top_share']:.2%}."
    )
    numbers = tuple(
        KeyNumber(f"hhi_{material.hs_code}_{r.period.year}", f"HHI of {material.title.lower()} imports, {r.period.year}", round(float(r.hhi), 6), "0 to 1", f"{r.hhi:.4f}", f"Japan {r.share:.2%}")
        for r in full.itertuples()
    )  # fmt: skip
    return Finding(text, numbers)


def _part(months: float) -> str:
    return "" if months == 12 else f", {int(months)} months"


def words_concentration(yearly: pd.DataFrame, material: Material) -> dict[str, str]:
    """Words for the two panels of share and concentration."""
    first, last = yearly.iloc[0], yearly.iloc[-1]
    part = "" if last["months_covered"] == 12 else f" {last['period'].year} holds {int(last['months_covered'])} months."
    rose = yearly["hhi"].max() > first["hhi"]
    return {
        "headline": "Less from Japan did not mean less concentrated" if rose else "Japan's share and concentration moved together",
        "subtitle": f"{material.title}, South Korea's imports by value, by year.{part}",
        "alt": (
            f"Two panels, {first['period'].year} to {last['period'].year}. Japan's share goes from {first['share']:.1%} to {last['share']:.1%}; "
            f"the HHI goes from {first['hhi']:.2f} to {last['hhi']:.2f}, highest {yearly['hhi'].max():.2f}."
        ),
        "source": _source("korea_customs_hsk10_monthly", f"code {material.hs_code}, imports CIF"),
    }


def words_supplier_shares(shares: pd.DataFrame, quoted: pd.DataFrame, material: Material) -> dict[str, str]:
    """Words for the figure of supplier shares."""
    japan = shares[shares["partner"] == "JPN"].sort_values("period")
    first, last = japan.iloc[0], japan.iloc[-1]
    tail = quoted.sort_values("period").iloc[-1] if len(quoted) else None
    later = "" if tail is None else f", and {tail['share']:.0%} in {tail['period'].year} as quoted"
    return {
        "headline": f"{material.title}: Japan's share went from {first['share']:.0%} in {first['period'].year} to {last['share']:.0%} in {last['period'].year}{later}",
        "subtitle": "Share of South Korea's imports by value and supplier, by year; open points: shares quoted by others, never joined",
        "alt": f"Lines by supplier, {first['period'].year} to {last['period'].year}; Japan from {first['share']:.1%} to {last['share']:.1%}{later}.",
        "source": _source(
            "korea_customs_hsk10_monthly",
            f"code {material.hs_code}, imports CIF; open points as quoted by others, see Sources",
        ),
    }


def say_bases(changes: pd.DataFrame) -> Finding:
    """How far the base alone moves the headline."""
    parts = []
    for material, rows in changes.dropna(subset=["change_percent"]).groupby("material", sort=False):
        low, high = rows["change_percent"].min(), rows["change_percent"].max()
        parts.append(f"{material.lower()} between {percent(low)} and {percent(high)}")
    if not parts:
        return Finding("No base gives a complete comparison in this window.", role="limit")
    return Finding("The base decides the headline: " + "; ".join(parts) + ", by the base chosen.")


def words_base_changes(changes: pd.DataFrame) -> dict[str, str]:
    """Words for the figure of bases."""
    drawn = changes.dropna(subset=["change_percent"])
    listed = "; ".join(f"{r.material} against {r.base} {percent(r.change_percent)}" for r in drawn.itertuples())
    return {
        "headline": _base_headline(drawn),
        "subtitle": "Imports from Japan in the 12 months from July 2019, change by value, by base",
        "alt": f"Points, one a material and base: {listed}.",
        "source": _source("korea_customs_hsk10_monthly", f"codes {_codes(changes.hs_code)}"),
    }


def _base_headline(drawn: pd.DataFrame) -> str:
    signs = drawn.groupby("material", sort=False)["change_percent"].agg(["min", "max"])
    steady = [m for m, row in signs.iterrows() if row["max"] < 0 or row["min"] > 0]
    if len(steady) == len(signs):
        return "Whichever base is chosen, each material keeps its sign; only the size moves"
    kept = " and ".join(m.lower() for m in steady)
    return f"Only {kept} keeps its sign whichever base is chosen" if kept else "No material keeps its sign over all bases"


def say_small_lots(lots: pd.DataFrame, minimum_kg: float) -> Finding:
    """Unit values withheld because the lot was too small to speak for a price."""
    small = lots[lots["is_small_lot"]]
    if small.empty:
        return Finding(f"No month with trade fell under {minimum_kg:,.0f} kg, so no unit value is withheld.")
    heaviest = small["weight_kg"].max()
    text = (
        f"In {len(small)} months the recorded weight was above zero but under {minimum_kg:,.0f} kg (at most {heaviest:,.0f} kg): a price "
        "per kilogram from such lots says more about the lot than about the market, and is withheld."
    )
    return Finding(text, (KeyNumber("small_lot_months", "months with small lots withheld", len(small), "months", str(len(small)), f"under {minimum_kg:,.0f} kg"),))  # fmt: skip


def table_unit_values(lots: pd.DataFrame) -> Table:
    """The months of the controls' first half-year: value, weight and price per kilogram, or why there is none."""
    shown = lots[(lots["period"] >= "2019-05-01") & (lots["period"] <= "2020-06-01")]
    price = [
        "withheld: small lot" if r.is_small_lot else "none: zero recorded" if r.weight_kg == 0
        else "not recorded" if pd.isna(r.unit_value) else f"{r.unit_value:,.2f}"
        for r in shown.itertuples()
    ]  # fmt: skip
    frame = pd.DataFrame(
        {
            "Month": [month(p) for p in shown["period"]],
            "USD": [f"{v:,.0f}" for v in shown["value"]],
            "kg": [f"{v:,.0f}" for v in shown["weight_kg"]],
            "USD per kg": price,
        }
    )
    exact = shown.rename(columns={"value": "USD", "weight_kg": "kg", "unit_value": "USD per kg"})
    return Table("unit-values", "Hydrogen fluoride from Japan as Korea Customs recorded it", frame, exact)


def say_polyimide(annual: pd.DataFrame) -> Finding:
    """The third material, for which only a wider annual line exists."""
    card = MATERIALS["polyimide_film"]
    rows = annual[(annual["hs_code"] == card.hs_code) & (annual["flow"] == "import")].sort_values("period")
    if len(rows) < 2:
        return Finding("No annual figures of polyimide film lie in this window.", role="limit")
    listed = "; ".join(f"{r.period.year} {dollars(r.value)}" for r in rows.itertuples())
    text = (
        f"Polyimide film from Japan, the third material, exists only by year under code {card.hs_code}: {listed}. {card.remember} "
        "No fall of the controlled grade can be read from it, nor ruled out."
    )
    return Finding(text)


def table_conservation(summaries: pd.DataFrame) -> Table:
    """One line a file: rows read, kept, rejected, merged, out of scope."""
    titles = {k: v.title for k, v in register.resources().items()}
    counted = ["rows_read", "rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope"]
    named = {c: c.removeprefix("rows_").replace("_", " ") for c in counted}
    exact = summaries[["resource", *counted]].rename(columns=named)
    frame = pd.DataFrame({"Source": exact["resource"].map(titles)} | {c: [f"{v:,}" for v in exact[c]] for c in named.values()})
    return Table("conservation", "Rows of each published file, and what became of them", frame, exact)


def table_rejected(rejected: pd.DataFrame) -> Table:
    """One line a rejected row: file, line, reason, and the row as published."""
    frame = rejected[["file", "line", "reason", "record"]].rename(columns=str.capitalize)
    title = f"{len(rejected):,} rejected rows" if len(rejected) else "No row was rejected"
    return Table("rejected", title, frame.head(50), frame)


def table_sources(cited: pd.DataFrame) -> Table:
    """One line a source: publisher, licence as known, access date, vintage, where a reader finds the publisher's own."""
    frame = cited[["title", "publisher", "licence", "accessed", "vintage", "where"]].rename(columns=str.capitalize)
    return Table("sources", "Sources and licences", frame, frame)
