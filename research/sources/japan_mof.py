"""Ministry of Finance Japan: goods groups by area, and item figures as quoted by the press."""

from decimal import Decimal
from pathlib import Path

import pandas as pd

from research.errors import DataError
from research.register import Resource
from research.sources.intake import Cleaned, Intake
from research.sources.rawcsv import shape_of

ANNUAL = ("flow", "area", "goods_group", "year", "value_bn_jpy")
MONTHLY = ("month", "exp_or_imp", "area", "goods_group", "value_bn_jpy")
QUOTED = (
    "period",
    "item",
    "flow",
    "partner",
    "quantity_t",
    "value_mn_jpy",
    "quoted_by",
    "source_url",
    "note",
)
TOTAL = "Grand Total"
# These nine add up to the total exactly; every other group is part of one of them.
TOP_GROUPS = (
    "Foodstuff", "Raw Materials", "Mineral Fuels", "Chemicals", "Manufactured Goods", "Machinery",
    "Electrical Machinery", "Transport Equipment", "Others",
)  # fmt: skip
SUBGROUPS = (
    "(Bus&Truck)", "(Car)", "(Coal N.e.s)", "(Ic)", "(Petroleum Spirits)", "(Shrimps, Prawns, Lobsters)",
    "(Telephone Sets)", "(Tv Receiver)", "(Video Rec Or Repro App)", "Aircraft", "Audio & Visual Apparatus",
    "Audio And Visual Apparatus", "Audio Apparatus", "Bags", "Ball Or Roller Bearings", "Batteries And Accumulators",
    "Blank/Recorded Media", "Cereals, Cereal Preparation", "Clothing And Accessories", "Coal", "Computers And Units",
    "Construction Machines", "Electrical Apparatus", "Electrical Measuring", "Electrical Power Machinery",
    "Fish And Fish Preparation", "Fruits", "Furniture", "Heating Or Cooling Machine", "Insulated Wire And Cable",
    "Iron And Steel Products", "Iron Ore And Concentrates", "Lng", "Lpg", "Manufactures Of Metals",
    "Meat And Meat Preparation", "Mechanical Handling Equip", "Medical Products", "Metalworking Machinery",
    "Motor Vehicles", "Motorcycles, Autocycles", "Non-Metallic Mineral Ware", "Nonferrous Metals", "Ore Of Nonferrous",
    "Organic Chemicals", "Paper & Paper Manufactures", "Parts Of Audio, Visual App.", "Parts Of Computer",
    "Parts Of Motor Vehicles", "Petroleum", "Petroleum Products", "Photographic Supplies", "Plastic Materials",
    "Power Generating Machine", "Pump And Centrifuges", "Rubber Manufactured", "Scientific, Optical Inst",
    "Semicon Machinery Etc", "Semiconductors Etc", "Ships", "Soy Beans", "Telephony, Telegraphy", "Textile Machines",
    "Textile Yarn, Fabrics", "Vegetables", "Visual Apparatus", "Wood", "Wood & Cork Manufactured",
)  # fmt: skip
_TITLES = (TOTAL, *TOP_GROUPS, *SUBGROUPS)
_TITLE = {title: title for title in _TITLES} | {title.upper(): title for title in _TITLES}
_FLOW = {"1": "export", "2": "import", "export": "export", "import": "import"}
_ITEM_CODES = {"hydrogen_fluoride": "281111000", "beer": "220300000"}


def clean_japan_mof(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: value of one goods group between Japan and one partner, one flow, in one month or year.

    Source: Ministry of Finance Japan, Trade Statistics (annual file; monthly file with titles in capitals).
    In: text; billion yen to the thousand yen. Out: `goods_groups`; whole yen, exact; exports FOB by
    destination, imports CIF by origin; titles as in the annual file; WLD is the area Grand Total. The area
    EU is out of scope (`area_aggregate`). Years covering less than twelve months are what the register's
    `facts` say; of a file that is not registered nobody knows, and months_covered is missing. Missing rule:
    a recorded zero stays; an absent row is absent. Raises: DataError on an unknown area or goods group,
    naming it.
    """
    monthly = shape_of(path, {"monthly": MONTHLY, "annual": ANNUAL}, path.as_posix()) == "monthly"
    intake = Intake(path, resource, MONTHLY if monthly else ANNUAL)
    time, flow = ("month", "exp_or_imp") if monthly else ("year", "flow")
    period = intake.months(time) if monthly else intake.years(time)
    intake.one_of(flow, ("1", "2") if monthly else ("export", "import"))
    intake.numbers("value_bn_jpy")
    intake.reject(~intake.rows["value_bn_jpy"].str.fullmatch(r"[0-9]+(\.[0-9]{1,9})?"), "value_finer_than_yen")
    intake.leave_out(intake.rows["area"] == "EU", "area_aggregate")
    intake.repair("goods_group", _titles(intake), "group_title")
    intake.put(area=intake.states("area", "japan_mof"), period=period)
    intake.once(time, flow, "area", "goods_group")
    return intake.cleaned("goods_groups", _goods(intake.rows, flow, resource))


def _titles(intake: Intake) -> pd.Series:
    """The annual file's title of each group. Raises DataError naming groups that are not entered above."""
    group = intake.rows["goods_group"]
    unknown = intake.rows[~group.isin(_TITLE)]
    if not unknown.empty:
        named = ", ".join(
            f"{title!r} (line {lines.iloc[0]})" for title, lines in unknown.groupby("goods_group", sort=False)["line"]
        )
        raise DataError(
            f"{intake.file}: unknown goods group {named}. Add it to TOP_GROUPS or SUBGROUPS in "
            "research/sources/japan_mof.py: only a top group may enter sums"
        )
    return group.map(_TITLE)


def _goods(rows: pd.DataFrame, flow: str, resource: Resource | None) -> pd.DataFrame:
    """Goods rows in the columns of `goods_groups`."""
    if flow == "exp_or_imp":
        frequency, months = "M", pd.Series(1, index=rows.index, dtype="Int64")
    else:
        frequency = "A"
        partial = resource.facts.get("months_covered", {}) if resource else {}
        full = 12 if resource else pd.NA
        months = rows["year"].map(lambda year: partial.get(year, full)).astype("Int64")
    return rows[["period", "goods_group", "line"]].assign(
        source="japan_mof",
        frequency=frequency,
        months_covered=months,
        reporter="JPN",
        partner=rows["area"],
        flow=rows[flow].map(_FLOW),
        is_subgroup=~rows["goods_group"].isin((TOTAL, *TOP_GROUPS)),
        value_jpy=rows["value_bn_jpy"].map(_whole_yen).astype("Int64"),
    )


def _whole_yen(billions: str) -> int:
    """Whole yen of a text in billions, in integers: 0.17691 is 176,910,000."""
    whole, _, part = billions.partition(".")
    return int(whole + part.ljust(9, "0"))


def clean_japan_mof_quoted(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: one figure of the Ministry of Finance as an outlet quoted it: a weight or a value.

    Source: the page named in each row. In: t and million yen, either may be empty. Out: `quoted_figures`; t
    and whole yen; reporter JPN; nine-digit codes. An input row with both becomes two. Missing rule: an
    empty figure was not quoted and gives no row; a zero was quoted and stays; a row with neither is
    rejected (`no_figure`). Raises: DataError on an item whose code is not entered here.
    """
    intake = Intake(path, resource, QUOTED)
    start = intake.months("period")
    intake.one_of("flow", ("import", "export"))
    intake.numbers("quantity_t", "value_mn_jpy", empty=True)
    intake.reject((intake.rows["quantity_t"] == "") & (intake.rows["value_mn_jpy"] == ""), "no_figure")
    intake.reject(~intake.rows["source_url"].str.match("https?://"), "no_source")
    unknown = sorted(set(intake.rows["item"]) - set(_ITEM_CODES))
    if unknown:
        raise DataError(
            f"{intake.file}: unknown item {', '.join(map(repr, unknown))}. "
            "Add its nine-digit code to _ITEM_CODES in research/sources/japan_mof.py"
        )
    intake.put(partner=intake.states("partner", "iso3"), period_start=start)
    intake.once("period", "item", "flow", "partner", "quoted_by")
    both = [
        _quoted(intake.rows, "weight", "quantity_t", "t", 1),
        _quoted(intake.rows, "value", "value_mn_jpy", "JPY", 10**6),
    ]
    return intake.cleaned("quoted_figures", pd.concat(both, ignore_index=True))


def _quoted(rows: pd.DataFrame, measure: str, column: str, unit: str, factor: int) -> pd.DataFrame:
    """One measure of the quoted rows that state it, in the columns of `quoted_figures`."""
    rows = rows[rows[column] != ""]
    return rows[["item", "flow", "partner", "period_start", "quoted_by", "source_url", "line"]].assign(
        source="japan_mof",
        hs_code=rows["item"].map(_ITEM_CODES),
        reporter="JPN",
        measure=measure,
        frequency="M",
        period_end=rows["period_start"] + pd.offsets.MonthEnd(0),
        value=rows[column].map(lambda text: float(Decimal(text) * factor)),
        unit=unit,
        note=rows["note"].mask(rows["note"] == ""),
    )
