"""Who supplies whom, and what the controls did to the materials, in sentences that name code, office and basis."""

import numpy as np
import pandas as pd

from research.dyads import name
from research.errors import NoDataError
from research.findings.words import Finding, KeyNumber, Table, dollars, month, percent, source_line
from research.materials import MATERIALS, Material

CUSTOMS = "korea_customs_hsk10_monthly"
YEAR_BEFORE = "12 months before"
FLUORIDE, RESIST = MATERIALS["hydrogen_fluoride"], MATERIALS["photoresist"]


def _against_year_before(changes: pd.DataFrame) -> tuple[float, float]:
    base = changes[changes["base"] == YEAR_BEFORE].set_index("material")["change_percent"]
    return base.get(FLUORIDE.title, np.nan), base.get(RESIST.title, np.nan)


def say_materials(
    yearly: pd.DataFrame, changes: pd.DataFrame, start: str, importer: str = "KOR", supplier: str = "JPN"
) -> Finding:
    """The answer on the controlled materials: what fell, what did not, and by which basis."""
    fluoride, resist = _against_year_before(changes)
    begin = pd.Timestamp(start)
    if pd.isna(fluoride) or pd.isna(resist):
        text = f"The twelve months from {begin:%B %Y} and those before are not complete here, so no change is stated."
        return Finding(text, role="answer")
    text = (
        f"In the twelve months from {begin:%B %Y}, {name(importer)}'s imports of hydrogen fluoride from "
        f"{name(supplier)} changed by {percent(fluoride, 2)} against the twelve months before, by value; photoresist by {percent(resist, 2)}. "  # noqa: E501
        f"{_verdict(fluoride, resist)}"
    )
    basis = "against the 12 months before, by value"
    first, second = f"hydrogen fluoride, 12 months from {month(begin)}", "photoresist, the same months"
    numbers = [
        KeyNumber("change_hydrogen_fluoride", first, float(fluoride), "percent", percent(fluoride, 2), basis),
        KeyNumber("change_photoresist", second, float(resist), "percent", percent(resist, 2), basis),
    ]
    near = yearly["period"].dt.year.between(begin.year - 1, begin.year + 1)
    for row in yearly[near & (yearly["months_covered"] == 12)].itertuples():
        year, share = row.period.year, f"{row.share:.2%} of recorded suppliers"
        label = f"USD of hydrogen fluoride from {name(supplier)}, {year}"
        numbers.append(KeyNumber(f"hydrogen_fluoride_{year}", label, int(row.value), "USD", f"{row.value:,.0f}", share))
    return Finding(text, tuple(numbers), role="answer")


def _verdict(fluoride: float, resist: float) -> str:
    if fluoride < -20 and resist > -10:
        return (
            "One material fell, the other did not: \u201cthe three materials collapsed\u201d is not what the customs "
            "figures show."
        )
    if fluoride < -20 and resist < -20:
        return "Both fell."
    return "The two do not tell one story of collapse."


def _codes(column: pd.Series) -> str:
    return " and ".join(dict.fromkeys(column))


def words_control_months(
    monthly: pd.DataFrame, changes: pd.DataFrame, importer: str = "KOR", supplier: str = "JPN"
) -> dict[str, str]:
    """Words for the monthly figure of the materials; the headline follows the change against the year before."""
    first, last = monthly["period"].min(), monthly["period"].max()
    told = monthly.dropna(subset=["value"]).groupby("material", sort=False)["value"]
    ends = "; ".join(
        f"{m}: {dollars(v.iloc[0])} first, {dollars(v.max())} at most, {dollars(v.iloc[-1])} last" for m, v in told
    )
    return {
        "headline": _fall_headline(*_against_year_before(changes)),
        "subtitle": f"{name(importer)}'s imports from {name(supplier)} by month, million US dollars (CIF)",
        "alt": f"Monthly bars from {month(first)} to {month(last)}. {ends}. {say_zero_months(monthly, supplier).text}",
        "source": source_line(CUSTOMS, f"codes {_codes(monthly['hs_code'])}"),
    }


def _fall_headline(fluoride: float, resist: float) -> str:
    if pd.isna(fluoride) or pd.isna(resist):
        return "Imports of the controlled materials from Japan, month by month"
    if fluoride < -20 and resist > -10:
        held = percent(resist, 0)
        return f"Hydrogen fluoride fell by {abs(fluoride):.0f} % within a year; photoresist kept coming ({held})"
    return f"Within a year hydrogen fluoride moved by {percent(fluoride, 0)}, photoresist by {percent(resist, 0)}"


def say_zero_months(monthly: pd.DataFrame, supplier: str = "JPN") -> Finding:
    """Months in which the office recorded nothing under the code, worded as what was recorded and no more."""
    fluoride = monthly[monthly["material"] == FLUORIDE.title]
    zero = fluoride[fluoride["recorded"] & (fluoride["value"] == 0)]
    if zero.empty:
        return Finding(
            f"Korea Customs recorded imports of hydrogen fluoride from {name(supplier)} in every month shown."
        )
    listed = " and ".join(f"{period:%B %Y}" for period in zero["period"])
    text = (
        f"Zero recorded in {listed}: Korea Customs recorded no import under code {FLUORIDE.hs_code} from "
        f"{name(supplier)} in {'those months' if len(zero) > 1 else 'that month'}. It is zero recorded under this code by this office"  # noqa: E501
        + ("; Japan's ministry disputed that all shipments stopped." if supplier == "JPN" else ".")
    )
    label = "months with zero recorded"
    return Finding(
        text, (KeyNumber("hydrogen_fluoride_zero_months", label, len(zero), "months", str(len(zero)), listed),)
    )


def say_bases(changes: pd.DataFrame) -> Finding:
    """How far the base alone moves the headline."""
    told = changes.dropna(subset=["change_percent"]).groupby("material", sort=False)["change_percent"]
    parts = [f"{m.lower()} between {percent(v.min())} and {percent(v.max())}" for m, v in told]
    if not parts:
        return Finding("No base gives a complete comparison in this window.", role="limit")
    return Finding("The base moves the headline: " + "; ".join(parts) + ", by the base chosen.")


def words_base_changes(changes: pd.DataFrame, start: str, supplier: str = "JPN") -> dict[str, str]:
    """Words for the figure of bases."""
    drawn = changes.dropna(subset=["change_percent"])
    listed = "; ".join(f"{r.material} against {r.base} {percent(r.change_percent)}" for r in drawn.itertuples())
    return {
        "headline": _base_headline(drawn),
        "subtitle": f"Imports from {name(supplier)} in the 12 months from {month(pd.Timestamp(start))}: "
        "change in value, by base",
        "alt": f"Points, one a material and base: {listed}.",
        "source": source_line(CUSTOMS, f"codes {_codes(changes['hs_code'])}, CIF"),
    }


def _base_headline(drawn: pd.DataFrame) -> str:
    signs = drawn.groupby("material", sort=False)["change_percent"].agg(["min", "max"])
    steady = [m.lower() for m, row in signs.iterrows() if row["max"] < 0 or row["min"] > 0]
    if len(steady) == len(signs):
        return "Whichever base is chosen, each material keeps its sign; only the size moves"
    return (
        f"Only {' and '.join(steady)} keeps its sign whichever base is chosen"
        if steady
        else "The base decides the sign"
    )


def words_supplier_shares(
    shares: pd.DataFrame, quoted: pd.DataFrame, material: Material, importer: str = "KOR", supplier: str = "JPN"
) -> dict[str, str]:
    """Words for the figure of supplier shares."""
    japan = shares[shares["partner"] == supplier].sort_values("period")
    quoted = quoted[quoted["partner"] == supplier]
    first, last = japan.iloc[0], japan.iloc[-1]
    tail = quoted.sort_values("period").iloc[-1] if len(quoted) else None
    later = "" if tail is None else f", then {tail['share']:.0%} in {tail['period'].year} as quoted by others"
    moved = f"{first['share']:.0%} in {first['period'].year} to {last['share']:.0%} in {last['period'].year}"
    return {
        "headline": f"{material.title}: {name(supplier)}'s share went from {moved}{later}",
        "subtitle": f"Share of {name(importer)}'s imports by value, by supplier and year; "
        "open points: quoted, never joined",
        "alt": f"Lines by supplier. {name(supplier)}'s share goes from {moved}{later}.",
        "source": source_line(CUSTOMS, f"code {material.hs_code}, CIF; open points: see the addresses in the data"),
    }


def say_concentration(yearly: pd.DataFrame, material: Material, supplier: str = "JPN") -> Finding:
    """Whether less dependence on one state meant less concentration: often it did not."""
    full = yearly[yearly["period"].dt.year >= 2018]
    if len(full) < 2:
        text = f"Fewer than two years of {material.title.lower()} from 2018 on are in this window; nothing is compared."
        return Finding(text, role="limit")
    first, high = full.iloc[0], full.loc[full["hhi"].idxmax()]
    rose = high["hhi"] > first["hhi"] and high["share"] < first["share"]
    verdict = (
        f"less from {name(supplier)}, yet more concentrated"
        if rose
        else f"no rise in concentration as {name(supplier)}'s share fell"
    )
    listed = ", ".join(f"{r.hhi:.4f} ({r.period.year}{_part(r.months_covered)})" for r in full.itertuples())
    text = (
        f"Over the suppliers recorded, the concentration of {material.title.lower()} (HHI) was {listed}: {verdict}. "
        f"{name(supplier)}'s share went from {first['share']:.2%} in {first['period'].year} to {high['share']:.2%} in "
        f"{high['period'].year}, when {name(high['top_partner'])} alone supplied {high['top_share']:.2%}."
    )
    numbers = []
    for row in full.itertuples():
        year, value, beside = row.period.year, round(float(row.hhi), 6), f"{name(supplier)} {row.share:.2%}"
        key, label = f"hhi_{material.hs_code}_{year}", f"HHI, {year}{_part(row.months_covered)}"
        numbers.append(KeyNumber(key, label, value, "0 to 1", f"{row.hhi:.4f}", beside))
    return Finding(text, tuple(numbers))


def _part(months: float) -> str:
    return "" if months == 12 else f", {int(months)} months"


def words_concentration(
    yearly: pd.DataFrame,
    material: Material,
    importer: str = "KOR",
    supplier: str = "JPN",
    *,
    base_year: int,
    year: int,
) -> dict[str, str]:
    """Words for the two panels of share and concentration; the headline compares the two years.

    Raises: NoDataError when a year is not among the rows.
    """
    first, last = yearly.iloc[0], yearly.iloc[-1]
    before, after = (_of_year(yearly, asked) for asked in (base_year, year))
    covered = (
        "" if last["months_covered"] == 12 else f"; {last['period'].year} holds {int(last['months_covered'])} months"
    )
    share, hhi = (_moved(after[column] - before[column]) for column in ("share", "hhi"))
    link = "while" if share != hhi else "and"
    return {
        "headline": (
            f"From {base_year} to {year} {name(supplier)}'s share {share} from {before['share']:.0%} to "
            f"{after['share']:.0%}, {link} concentration (HHI) {hhi} from {before['hhi']:.2f} to {after['hhi']:.2f}"
        ),
        "subtitle": f"{material.title}, {name(importer)}'s imports by value, by year{covered}",
        "alt": (
            f"Two panels, {first['period'].year} to {last['period'].year}. {name(supplier)}'s share goes from "
            f"{first['share']:.1%} to {last['share']:.1%}; the HHI from {first['hhi']:.2f} to {last['hhi']:.2f}, at "
            f"most {yearly['hhi'].max():.2f}."
        ),
        "source": source_line(CUSTOMS, f"code {material.hs_code}, CIF; recorded suppliers only"),
    }


def _of_year(yearly: pd.DataFrame, year: int) -> pd.Series:
    rows = yearly[yearly["period"].dt.year == year]
    if rows.empty:
        there = f"{yearly['period'].dt.year.min()} to {yearly['period'].dt.year.max()}"
        raise NoDataError(f"no share or concentration in {year}; there are {there}")
    return rows.iloc[0]


def _moved(change: float) -> str:
    return "rose" if change > 0 else "fell" if change < 0 else "went"


def say_small_lots(lots: pd.DataFrame, minimum_kg: float) -> Finding:
    """Unit values withheld because the lot was too small to speak for a price."""
    small = lots[lots["is_small_lot"]]
    if small.empty:
        return Finding(f"No month with trade fell under {minimum_kg:,.0f} kg, so no unit value is withheld.")
    text = (
        f"In {len(small)} months the recorded weight was under {minimum_kg:,.0f} kg (at most "
        f"{small['weight_kg'].max():,.0f} kg): a price per kilogram from such lots says more about the lot than about "
        "the market, and is withheld."
    )
    least = f"under {minimum_kg:,.0f} kg"
    return Finding(
        text, (KeyNumber("small_lot_months", "small lots withheld", len(small), "months", str(len(small)), least),)
    )


def table_unit_values(lots: pd.DataFrame, start: str, supplier: str = "JPN") -> Table:
    """The year around the controls: value, weight and price per kilogram, or why there is none."""
    begin = pd.Timestamp(start)
    shown = lots[lots["period"].between(begin - pd.DateOffset(months=3), begin + pd.DateOffset(months=9))]
    frame = pd.DataFrame(
        {
            "Month": [month(period) for period in shown["period"]],
            "USD": [_whole(value) for value in shown["value"]],
            "kg": [_whole(weight) for weight in shown["weight_kg"]],
            "USD per kg": [_price(row) for row in shown.itertuples()],
        }
    )
    exact = shown.rename(columns={"value": "USD", "weight_kg": "kg", "unit_value": "USD per kg"})
    return Table("unit-values", f"Hydrogen fluoride from {name(supplier)} as Korea Customs recorded it", frame, exact)


def _whole(value: float) -> str:
    return "not recorded" if pd.isna(value) else f"{value:,.0f}"


def _price(row) -> str:
    if row.is_small_lot:
        return "withheld: small lot"
    if row.weight_kg == 0:
        return "none: zero recorded"
    return "not recorded" if pd.isna(row.unit_value) else f"{row.unit_value:,.2f}"


def say_polyimide(annual: pd.DataFrame, supplier: str = "JPN") -> Finding:
    """The third material, for which only a wider annual line exists."""
    card = MATERIALS["polyimide_film"]
    asked = (annual["hs_code"] == card.hs_code) & (annual["flow"] == "import") & (annual["partner"] == supplier)
    rows = annual[asked].sort_values("period")
    if len(rows) < 2:
        return Finding("No annual figures of polyimide film lie in this window.", role="limit")
    listed = "; ".join(f"{r.period.year} {dollars(r.value)}" for r in rows.itertuples())
    text = (
        f"Polyimide film from {name(supplier)}, the third material, is known only by year under code {card.hs_code}: "
        f"{listed}. {card.remember} No fall of the controlled grade can be read from it, nor ruled out."
    )
    return Finding(text)
