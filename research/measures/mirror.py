"""Two customs offices beside each other, totals in print beside ours, and who took up a fall."""

import pandas as pd

from research.dyads import Dyad
from research.errors import NoDataError, RequestError
from research.materials import Material
from research.measures.dependence import KG, of_partner, rows_asked, supplier_share

# July 2019, hydrogen fluoride, Japan's statistics, as printed: what, change in percent, base month, where.
HEADLINES = (
    ("weight, on the month", "weight", -83.7, "2019-06", "http://www.businesskorea.co.kr/news/articleView.html?idxno=35511"),
    ("weight, on the year", "weight", -82.4, "2018-07", "https://www.nippon.com/ja/news/yjj2019082900728/"),
    ("value, on the month", "value", -32.6, "2019-06", "http://www.businesskorea.co.kr/news/articleView.html?idxno=35511"),
    ("value, on the year", "value", -35.5, "2018-07", ""),
)  # fmt: skip
HEADLINE_MONTH = "2019-07"


def mirror_gap(quoted: pd.DataFrame, flows: pd.DataFrame, card: Material, exporter: str, importer: str) -> pd.DataFrame:
    """One row a month the exporter's office is quoted for: both offices' weight, and the gap.

    In: `quoted_figures` (exports as quoted, fob, by destination) and `trade` (imports as recorded, cif, by
    origin). Out: period, export_kg, import_kg, gap_kg (import less export), export_value, export_currency,
    import_value, import_currency. The two are never averaged. Missing rule: a month without a record is
    NaN; a recorded zero is 0. Raises: NoDataError where a card has no code of an office, or no month is
    quoted.
    """
    there, here = card.code_of(exporter), card.code_of(importer)
    asked = (quoted["hs_code"] == there.hs_code) & (quoted["reporter"] == exporter) & (quoted["partner"] == importer)
    points = quoted[asked & (quoted["flow"] == "export") & (quoted["frequency"] == "M")]
    weights = points[points["measure"] == "weight"].set_index("period_start")
    values = points[points["measure"] == "value"].set_index("period_start")
    own = flows[(flows["hs_code"] == here.hs_code) & (flows["reporter"] == importer) & (flows["partner"] == exporter)]
    own = own[(own["flow"] == "import") & (own["frequency"] == "M")].set_index("period")
    if weights.empty:
        raise NoDataError(f"no month of {card.title.lower()} exported by {exporter} to {importer} is quoted here")
    table = pd.DataFrame({"export_kg": weights["value"] * weights["unit"].map(KG)})
    table["import_kg"] = own["weight_kg"].reindex(table.index)
    table["gap_kg"] = table["import_kg"] - table["export_kg"]
    table["export_value"] = values["value"].reindex(table.index)
    table["export_currency"] = values["unit"].reindex(table.index)
    table["import_value"] = own["value"].reindex(table.index)
    table["import_currency"] = own["currency"].reindex(table.index)
    return table.sort_index().rename_axis("period").reset_index()


def mirror_flows(
    flows: pd.DataFrame, exporter: str, importer: str, *, export_code: str, import_code: str
) -> pd.DataFrame:
    """One row a period: what the exporter's office recorded as exports beside what the importer's did as imports.

    In: the `trade` table with both offices' rows; each office's own code (of Comtrade the same for both). Out:
    period, export_value, import_value, gap_value (import less export; missing where their currencies differ),
    export_kg, import_kg, gap_kg, scope (valuation, code and edition of each). Missing rule: periods between the
    first and the last of either are all there; one without a record is NaN, a recorded zero is 0. Raises:
    RequestError where one office is monthly and the other annual; else as `dependence.unit_value`.
    """
    there = of_partner(rows_asked(flows, export_code, exporter, "export"), importer)
    here = of_partner(rows_asked(flows, import_code, importer, "import"), exporter)
    steps = {rows["frequency"].iloc[0] for rows in (there, here)}
    if len(steps) > 1:
        raise RequestError(f"{exporter} and {importer} are one monthly and one annual; take both by month, or by year")
    periods = pd.concat([there["period"], here["period"]])
    span = pd.date_range(periods.min(), periods.max(), freq="MS" if steps == {"M"} else "YS", name="period")
    table = pd.DataFrame(index=span)
    for side, rows in (("export", there), ("import", here)):
        table[[f"{side}_value", f"{side}_kg"]] = rows.set_index("period")[["value", "weight_kg"]].reindex(span)
    one_currency = there["currency"].iloc[0] == here["currency"].iloc[0]
    table["gap_value"] = table["import_value"] - table["export_value"] if one_currency else float("nan")
    table["gap_kg"] = table["import_kg"] - table["export_kg"]
    table["scope"] = f"{_scope(there)}; {_scope(here)}"
    columns = "export_value import_value gap_value export_kg import_kg gap_kg scope".split()
    return table[columns].reset_index()


def _scope(rows: pd.DataFrame) -> str:
    one = rows.iloc[0]
    return f"{one['reporter']} {one['flow']} {one['valuation']}, {one['hs_edition']} {one['hs_code']}"


def headline_table(quoted: pd.DataFrame, card: Material, exporter: str, importer: str) -> pd.DataFrame:
    """One row a headline of July 2019: as printed, and recomputed where both months are quoted.

    Out: headline, printed_percent, recomputed_percent (NaN where a month is not quoted), month, base_month,
    month_value, base_value, address. Raises: as `mirror_gap`.
    """
    code = card.code_of(exporter).hs_code
    asked = (quoted["hs_code"] == code) & (quoted["reporter"] == exporter) & (quoted["partner"] == importer)
    points = quoted[asked & (quoted["flow"] == "export") & (quoted["frequency"] == "M")]
    if points.empty:
        raise NoDataError(f"no month of {card.title.lower()} exported by {exporter} to {importer} is quoted here")
    told = points.set_index(["measure", points["period_start"].dt.strftime("%Y-%m")])["value"].to_dict()
    rows = []
    for headline, measure, printed, base, address in HEADLINES:
        now, before = told.get((measure, HEADLINE_MONTH), float("nan")), told.get((measure, base), float("nan"))
        rows.append((headline, printed, (now / before - 1) * 100, HEADLINE_MONTH, base, now, before, address))
    columns = "headline printed_percent recomputed_percent month base_month month_value base_value address".split()
    return pd.DataFrame(rows, columns=columns)


def printed_totals(flows: pd.DataFrame, cards: list[Material], reporter: str) -> pd.DataFrame:
    """One row a total in print: the sum over the partners recorded here beside it, and what is short.

    Out: material, hs_code, year, printed, rounding, recorded, partners (with a row),
    short_percent, quoted_by, source_url. Raises: NoDataError where no year of a printed total is complete.
    """
    rows = []
    for card in cards:
        for total in (total for total in card.published if total.reporter == reporter):
            code = card.code_of(reporter).hs_code
            if not ((flows["hs_code"] == code) & (flows["reporter"] == reporter)).any():
                continue
            shares = supplier_share(flows, code, reporter)
            year = shares[(shares["period"].dt.year == total.year) & (shares["months_covered"] == 12)]
            if year.empty:
                continue
            recorded, partners = year["value"].sum(), len(year)
            short = (1 - recorded / total.value) * 100
            source = (total.quoted_by, total.source_url)
            rows.append((card.title, code, total.year, total.value, total.rounding, recorded, partners, short, *source))
    if not rows:
        raise NoDataError("no year with a total in print is complete in these rows")
    columns = "material hs_code year printed rounding recorded partners short_percent quoted_by source_url".split()
    return pd.DataFrame(rows, columns=columns)


def substitution(flows: pd.DataFrame, hs_code: str, reporter: str, *, base_year: int, year: int) -> pd.DataFrame:
    """One row a partner: what it gained or lost between two full years; the rows add up to the whole exactly.

    Out: partner, base_value, value, change; a partner without a row in a year counts as zero there. Raises:
    RequestError where base_year is not the earlier; NoDataError where a year is not there in full; else as
    `supplier_share`.
    """
    if base_year >= year:
        raise RequestError(f"base_year {base_year} is not before year {year}; exchange them")
    shares = supplier_share(flows, hs_code, reporter)
    parts = {}
    for name, asked in (("base_value", base_year), ("value", year)):
        of_year = shares[shares["period"].dt.year == asked]
        if of_year.empty or of_year["value"].isna().any() or of_year["months_covered"].max() < 12:
            raise NoDataError(f"{hs_code} of {reporter} in {asked} is not here in full")
        parts[name] = of_year.set_index("partner")["value"]
    table = pd.DataFrame(parts).fillna(0.0)
    table["change"] = table["value"] - table["base_value"]
    return table.sort_values(["change", "value"], kind="stable").reset_index()


def goods_between(goods: pd.DataFrame, pair: Dyad) -> pd.DataFrame:
    """One row a flow and top group of Japan's goods: the other's value and its part of Japan's trade with the world.

    The latest year vouched to hold twelve months. Out: partner, flow, goods_group, year, value_jpy, world_jpy,
    share. Raises: NoDataError where Japan is no side of the pair, or the other has no row.
    """
    if "JPN" not in pair.states:
        raise NoDataError(f"goods groups are Japan's figures, and Japan is no side of {pair}")
    partner = pair.other("JPN")
    full = goods[(goods["frequency"] == "A") & (goods["months_covered"] == 12) & ~goods["is_subgroup"]]
    own = full[full["partner"] == partner]
    if own.empty:
        raise NoDataError(f"no goods group of Japan with {partner} is here")
    last = own["period"].max()
    key = ["flow", "goods_group"]
    world = full[(full["partner"] == "WLD") & (full["period"] == last)].set_index(key)["value_jpy"].astype("float64")
    table = own[own["period"] == last].set_index(key)[["value_jpy"]].astype("float64")
    table["world_jpy"] = world.reindex(table.index)
    table["share"] = table["value_jpy"] / table["world_jpy"].where(table["world_jpy"] > 0)
    table["year"], table["partner"] = last.year, partner
    return table.reset_index().sort_values(["flow", "value_jpy"], ascending=[True, False], ignore_index=True)
