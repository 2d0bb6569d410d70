"""Small tables that put one measure of several materials side by side, ready to be drawn or said."""

from collections.abc import Iterable

import pandas as pd

from research.dyads import WORLD
from research.errors import NoDataError
from research.materials import find
from research.measures.dependence import change, hhi, supplier_share


def material_months(flows: pd.DataFrame, materials: Iterable[str], partner: str) -> pd.DataFrame:
    """One row a material and month of the window: imports from `partner`.

    In: monthly rows of the `trade` table. Out: material, hs_code, period, value (currency of the rows), weight_kg,
    recorded. Missing rule: a month the office has no row for is NaN and not recorded; a zero recorded is 0.
    Raises: NoDataError when none of the materials has a row from the partner.
    """
    monthly = flows[(flows["flow"] == "import") & (flows["frequency"] == "M") & (flows["partner"] == partner)]
    cards = [find(key) for key in materials]
    monthly = monthly[monthly["hs_code"].isin([card.hs_code for card in cards])]
    if monthly.empty:
        codes = ", ".join(card.hs_code for card in cards)
        raise NoDataError(
            f"no monthly import of {codes} from {partner} in these rows; widen the window or fetch the months"
        )
    window = pd.date_range(monthly["period"].min(), monthly["period"].max(), freq="MS", name="period")
    parts = []
    for card in cards:
        rows = monthly[monthly["hs_code"] == card.hs_code].set_index("period")[["value", "weight_kg"]]
        months = rows.reindex(window).reset_index()
        parts.append(months.assign(material=card.title, hs_code=card.hs_code, recorded=months["value"].notna()))
    columns = ["material", "hs_code", "period", "value", "weight_kg", "recorded"]
    return pd.concat(parts, ignore_index=True)[columns]


def share_and_concentration(flows: pd.DataFrame, hs_code: str, reporter: str, partner: str) -> pd.DataFrame:
    """One row a year: the partner's share of imports beside the concentration over all suppliers.

    Out: period, value (the partner's), share (0-1), hhi (0-1), top_partner, top_share, months_covered.
    Raises: NoDataError where nothing is recorded from the partner; else as `dependence.supplier_share`.
    """
    shares = supplier_share(flows, hs_code, reporter, by="A")
    own = shares.loc[shares["partner"] == partner, ["period", "value", "share"]]
    if own.empty:
        raise NoDataError(f"no import of {hs_code} from {partner} is recorded by {reporter}")
    whole = hhi(flows, hs_code, reporter, by="A")[["period", "hhi", "top_partner", "top_share", "months_covered"]]
    return own.merge(whole, on="period", validate="one_to_one").reset_index(drop=True)


def base_changes(
    flows: pd.DataFrame, materials: Iterable[str], reporter: str, partner: str, *, start: str
) -> pd.DataFrame:
    """One row a material and base: the change of the twelve months from `start`, by value; see `dependence.change`."""
    parts = [
        change(flows, find(key).hs_code, reporter, partner, start=start).assign(
            material=find(key).title, hs_code=find(key).hs_code
        )
        for key in materials
    ]
    return pd.concat(parts, ignore_index=True)


def quoted_shares(quoted: pd.DataFrame, hs_code: str) -> pd.DataFrame:
    """One row a year and partner: shares of value that others quoted (0-1); points, never part of a series."""
    rows = quoted[(quoted["hs_code"] == hs_code) & (quoted["measure"] == "share") & (quoted["frequency"] == "A")]
    out = rows.assign(period=rows["period_start"], share=rows["value"] / 100)
    out = out.sort_values(["period", "partner", "line"]).drop_duplicates(["period", "partner"])
    return out[["period", "partner", "share", "quoted_by", "source_url"]].reset_index(drop=True)


def visitors_by_origin(visitors: pd.DataFrame) -> pd.DataFrame:
    """One row a month, one column an origin: visitors to one destination; the world, which holds them all, left out.

    In: the `visitors` table of one destination. Missing rule: a month without a figure is NaN, never zero.
    Raises: NoDataError when more than one destination, or none, is in the rows.
    """
    places = sorted(set(visitors["destination"]))
    if len(places) != 1:
        raise NoDataError(f"visitors by origin need one destination; these rows hold {', '.join(places) or 'none'}")
    people = visitors[visitors["origin"] != WORLD]
    wide = people.pivot_table(index="period", columns="origin", values="visitors", aggfunc="first")
    return wide.astype(float).rename_axis(columns=None)


def linkage_outcomes(
    flows: pd.DataFrame, totals: pd.DataFrame, visitors: pd.DataFrame, materials: Iterable[str]
) -> dict[str, pd.Series]:
    """Name -> monthly series: visitors, total trade both ways, then imports of each material from one partner.

    In: `visitors` of one origin, `totals` (monthly grand totals of `goods_groups`), `flows` (monthly `trade`), each
    already cut to its window. Raises: nothing of its own; an empty part is left out.
    """
    named = {"Visitors": visitors.set_index("period")["visitors"]}
    for flow in ("export", "import"):
        named[f"Total {flow}s, Japan's figures"] = totals[totals["flow"] == flow].set_index("period")["value_jpy"]
    for card in map(find, materials):
        title = card.title if card.controlled else f"{card.title} (not singled out)"
        named[title] = flows[flows["hs_code"] == card.hs_code].set_index("period")["value"]
    return {name: series.astype(float).rename(name) for name, series in named.items() if len(series)}
