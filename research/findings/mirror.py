"""Both customs offices, totals in print and substitution in words; and which kinds of figures a pair has."""

import pandas as pd

from research.dyads import Dyad, name
from research.findings.words import Finding, KeyNumber, Table, dollars, month, percent
from research.materials import Material


def say_missing(pair: Dyad, **tables: pd.DataFrame) -> Finding:
    """Which kinds of figures a pair has here, and which it has not."""
    empty = [what.replace("_", " ") for what, rows in tables.items() if rows.empty]
    there = [f"{what.replace('_', ' ')} ({len(rows):,} rows)" for what, rows in tables.items() if not rows.empty]
    names = f"{name(pair.a)} and {name(pair.b)}"
    if not empty:
        return Finding(f"For {names} there are {', '.join(there)}.", role="coverage")
    have = f"; there are {', '.join(there)}" if there else ""
    return Finding(f"For {names} there are no {' and no '.join(empty)} here{have}.", role="limit")


def say_mirror(gaps: pd.DataFrame, card: Material, exporter: str, importer: str) -> Finding:
    """How far the two offices are apart, and why they may be."""
    both = gaps.dropna(subset=["gap_kg"])
    if both.empty:
        return Finding("In no quoted month is there a record of the other office.", role="limit")
    widest = both.loc[both["gap_kg"].abs().idxmax()]
    there, here = card.code_of(exporter), card.code_of(importer)
    text = (
        f"{name(exporter)}'s office counts exports by destination, free on board, under {there.hs_code} "
        f"({there.includes}); {name(importer)}'s counts imports by origin, with freight, under {here.hs_code} "
        f"({here.includes}). In {len(both)} months with both, the widest gap is {month(widest['period'])}: "
        f"{_tonnes(widest['export_kg'])} exported beside {_tonnes(widest['import_kg'])} imported. A gap is "
        "information on scope, grade and time of arrival, not an error of either."
    )
    numbers = [
        KeyNumber(
            f"mirror_gap_{row.period:%Y_%m}", f"import less export, {month(row.period)}", float(row.gap_kg), "kg",
            f"{row.gap_kg:+,.0f} kg".replace("-", "−"), f"{_tonnes(row.export_kg)} beside {_tonnes(row.import_kg)}",
        )
        for row in both[both["period"].between("2019-07-01", "2019-09-01")].itertuples()
    ]  # fmt: skip
    return Finding(text, tuple(numbers))


def _tonnes(kilos: float) -> str:
    if pd.isna(kilos):
        return "not recorded"
    if kilos == 0:
        return "zero recorded"
    return f"{kilos:,.0f} kg" if kilos < 1000 else f"{kilos / 1000:,.2f} t"


def table_mirror(gaps: pd.DataFrame, card: Material, exporter: str, importer: str) -> Table:
    """One line a month: both offices side by side."""
    first, second = f"{name(exporter)}, exports (FOB, quoted)", f"{name(importer)}, imports (CIF)"
    frame = pd.DataFrame(
        {
            "Month": [month(period) for period in gaps["period"]],
            first: [_tonnes(kilos) for kilos in gaps["export_kg"]],
            second: [_tonnes(kilos) for kilos in gaps["import_kg"]],
            "Million yen": ["not quoted" if pd.isna(v) else f"{v / 1e6:,.2f}" for v in gaps["export_value"]],
            "USD": ["not recorded" if pd.isna(v) else f"{v:,.0f}" for v in gaps["import_value"]],
        }
    )
    title = f"{card.title}: what each office counted"
    return Table("mirror", title, frame, gaps.rename(columns={"export_kg": first, "import_kg": second}))


def table_headlines(headlines: pd.DataFrame) -> Table:
    """Four headlines of one month, all true as printed; which can be recomputed, and from what."""
    frame = pd.DataFrame(
        {
            "Headline": headlines["headline"],
            "As printed": [percent(value) for value in headlines["printed_percent"]],
            "Recomputed": [_recomputed(row) for row in headlines.itertuples()],
            "Page": headlines["address"],
        }
    )
    return Table("headlines", "July 2019, hydrogen fluoride, Japan's figures: four headlines", frame, headlines)


def _recomputed(row) -> str:
    if pd.notna(row.recomputed_percent):
        return f"{percent(row.recomputed_percent, 2)} ({row.base_value:,.0f} to {row.month_value:,.1f} t, as quoted)"
    return f"no: {row.base_month} is not quoted here"


def say_printed_totals(totals: pd.DataFrame) -> Finding:
    """Totals in print beside the sum over the partners here; the shortfall is partner coverage."""
    parts = [
        f"{row.material.lower()} {row.year}: {row.printed / 1000:,.0f} thousand USD in print, {row.recorded:,.0f} USD "
        f"here from {row.partners} partners, {row.short_percent:.3f} % short"
        for row in totals.itertuples()
    ]
    numbers = tuple(
        KeyNumber(
            f"printed_total_{row.hs_code}_{row.year}", f"{row.material}, {row.year}, recorded here",
            float(row.recorded), "USD", f"{row.recorded:,.0f}", f"{row.printed / 1000:,.0f} thousand in print",
        )
        for row in totals.itertuples()
    )  # fmt: skip
    return Finding(f"Totals in print are met but for partners not held here: {'; '.join(parts)}.", numbers)


def say_substitution(moves: pd.DataFrame, hs_code: str, reporter: str, partner: str, base: int, year: int) -> Finding:
    """Who took up what one partner lost, adding up to the whole change."""
    own = moves.loc[moves["partner"] == partner, "change"].sum()
    others = moves[moves["partner"] != partner]
    gained = others[others["change"] > 0].sort_values("change", ascending=False)
    listed = ", ".join(f"{name(row.partner)} {dollars(row.change)}" for row in gained.head(3).itertuples()) or "nobody"
    total = moves["change"].sum()
    text = (
        f"From {base} to {year} {name(reporter)}'s imports under {hs_code} from {name(partner)} moved by "
        f"{dollars(own)}, from all others by {dollars(others['change'].sum())}, together {dollars(total)}, over the "
        f"partners recorded. Gained most: {listed}. That one rose while another fell does not say that it replaced it."
    )
    key = f"substitution_{hs_code}_{base}_{year}"
    own_number = KeyNumber(key, f"{name(partner)}, {base} to {year}", float(own), "USD", dollars(own), dollars(total))
    return Finding(text, (own_number,))


def table_substitution(moves: pd.DataFrame, base: int, year: int) -> Table:
    """One line a partner: value in both years and the change."""
    named = {"base_value": str(base), "value": str(year), "change": "Change"}
    written = {title: [f"{v:,.0f}".replace("-", "−") for v in moves[column]] for column, title in named.items()}
    frame = pd.DataFrame({"Partner": [name(partner) for partner in moves["partner"]], **written})
    return Table("substitution", "Who gained and who lost, USD", frame, moves.rename(columns=named))


def say_supplier(yearly: pd.DataFrame, hs_code: str, reporter: str, partner: str) -> Finding:
    """The answer on dependence: the last year's share and who is on top."""
    last = yearly.iloc[-1]
    full = "" if last["months_covered"] == 12 else f" ({int(last['months_covered'])} months)"
    text = (
        f"In {last['period'].year}{full} {name(partner)} supplied {last['share']:.2%} of what {name(reporter)} "
        f"recorded as imports under {hs_code}, over the suppliers recorded; the largest was {name(last['top_partner'])} with "  # noqa: E501
        f"{last['top_share']:.2%}, the concentration (HHI) {last['hhi']:.4f}."
    )
    share, hhi = float(last["share"]), float(last["hhi"])
    numbers = (
        KeyNumber("share", f"{name(partner)}'s share", share, "0 to 1", f"{share:.2%}", str(last["period"].year)),
        KeyNumber("hhi", "concentration (HHI)", hhi, "0 to 1", f"{hhi:.4f}", str(last["period"].year)),
    )
    return Finding(text, numbers, role="answer")


def say_goods(goods: pd.DataFrame) -> Finding:
    """What Japan sold to the other and bought from it in the last full year, and what part of its trade that is."""
    total = goods[goods["goods_group"] == "Grand Total"].set_index("flow")
    partner, year = name(goods["partner"].iloc[0]), goods["year"].iloc[0]
    if not {"export", "import"} <= set(total.index):
        return Finding(f"A grand total of Japan's trade with {partner} is not held for both directions.", role="limit")
    sold, bought = (f"{total.loc[flow, 'value_jpy'] / 1e9:,.1f} bn yen" for flow in ("export", "import"))
    parts = [_part_of(total.loc[flow, "share"]) for flow in ("export", "import")]
    text = (
        f"In {year} Japan sold goods for {sold} to {partner}{parts[0]} of its exports), and bought for {bought} from it"
        f"{parts[1]} of its imports): all goods together, by Japan's figures, which do not show dependence on an item."
    )
    numbers = [
        KeyNumber(
            f"goods_{flow}_{year}",
            f"{flow}s, {partner}, {year}",
            float(total.loc[flow, "value_jpy"]),
            "JPY",
            told,
            "all goods, Japan's figures",
        )
        for flow, told in (("export", sold), ("import", bought))
    ]
    return Finding(text, tuple(numbers), role="answer")


def _part_of(share: float) -> str:
    return " (an unknown part" if pd.isna(share) else f" ({share:.1%}"


def table_goods(goods: pd.DataFrame) -> Table:
    """One line a flow and group: value and part of Japan's trade with the world."""
    frame = pd.DataFrame(
        {
            "Flow": goods["flow"],
            "Goods": goods["goods_group"],
            "Billion yen": [f"{value / 1e9:,.1f}" for value in goods["value_jpy"]],
            "Part of Japan's": [f"{share:.1%}" if pd.notna(share) else "no world total" for share in goods["share"]],
        }
    )
    exact = goods.rename(columns={"value_jpy": "Billion yen", "share": "Part of Japan's"})
    partner, year = goods["partner"].iloc[0], goods["year"].iloc[0]
    return Table("goods", f"Japan's trade with {name(partner)} by group, {year}", frame, exact)
