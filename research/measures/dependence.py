"""Who supplies whom: shares, concentration, unit values, and change against several bases.

Every measure takes the `trade` table, and answers for one code, one reporting state (whose statistics) and
one flow. A question is answered from one source, frequency, currency and valuation; a table that holds
several is refused. A partner "WLD" (World) is the office's own total and never one of the suppliers. Zero
recorded stays 0; a month without a row, or with a row without a value, is missing, and so is every sum over
it.
"""

from typing import Literal

import numpy as np
import pandas as pd

from research.errors import DataError, NoDataError, RequestError
from research.measures.given import month, named_rows, require_columns, require_dates, require_unrepeated

WORLD = "WLD"
BASIS = ["source", "frequency", "currency", "valuation"]
NEEDED = [*BASIS, "period", "reporter", "partner", "flow", "hs_code", "value", "weight_kg"]
MONTHS_A_YEAR = 12
KG = {"kg": 1.0, "t": 1000.0}


def supplier_share(
    flows: pd.DataFrame, hs_code: str, reporter: str, *, flow: str = "import", by: Literal["A", "M"] = "A"
) -> pd.DataFrame:
    """One row a period and partner: the partner's part of the value of one code.

    In: the `trade` table with *all* partners (of part of them the shares are shares of that part).
    Out: period (first day of year or month), partner (ISO3), value (in the currency of the flows), share (0
    to 1 of the partners recorded), months_covered (months of the period with a value for this partner; 12 for
    annual figures).
    Missing rule: a missing value leaves the total, and so every share of its period, unknown (NaN); shares of
    a total of zero are NaN.
    Raises: RequestError for an unknown flow or `by`, a code that the reporter has no row of (naming those there
    are), monthly shares of annual figures, or a mixed basis; NoDataError naming the reporters or flows there are;
    DataError for repeated keys or periods that are not dates.
    """
    if by not in ("A", "M"):
        raise RequestError(f'by={by!r} is unknown; it is "A" (year) or "M" (month)')
    rows = rows_asked(flows, hs_code, reporter, flow)
    annual = rows["frequency"].iloc[0] == "A"
    if annual and by == "M":
        raise RequestError(f'{hs_code} of {reporter} is annual; monthly shares cannot be had of it: by="A"')
    if by == "A":
        rows = rows.assign(period=rows["period"].dt.to_period("Y").dt.start_time)
    groups = rows.groupby(["period", "partner"])["value"]
    # one missing value makes the sum unknown: pandas would take it for zero
    complete = groups.size() == groups.count()
    table = groups.sum().where(complete).to_frame("value").astype(float)
    table["months_covered"] = MONTHS_A_YEAR if annual else groups.count()
    periods = table.groupby("period")["value"]
    total = periods.transform("sum").where(periods.transform("count") == periods.transform("size"))
    table["share"] = table["value"] / total.where(total > 0)
    return table.reset_index()[["period", "partner", "value", "share", "months_covered"]]


def hhi(
    flows: pd.DataFrame, hs_code: str, reporter: str, *, flow: str = "import", by: Literal["A", "M"] = "A"
) -> pd.DataFrame:
    """One row a period: how concentrated the suppliers of one code are (Herfindahl-Hirschman index).

    In: as `supplier_share`. Out: period, hhi (sum of squared shares, 1/partners to 1), top_partner and
    top_share (of equal ones the first by name), partners (number with a value above zero), value (of all
    partners), months_covered (months of the period with any record of the code).
    Missing rule: where shares are NaN (see `supplier_share`) so are hhi, top_share and value, and top_partner
    is missing.
    Raises: as `supplier_share`.
    """
    shares = supplier_share(flows, hs_code, reporter, flow=flow, by=by)
    shares = shares.sort_values(["period", "share", "partner"], ascending=[True, False, True])
    shares["squared"] = shares["share"] ** 2
    shares["supplies"] = shares["value"] > 0
    table = shares.groupby("period").agg(
        hhi=("squared", "sum"),
        top_partner=("partner", "first"),
        top_share=("share", "first"),
        partners=("supplies", "sum"),
        value=("value", "sum"),
        months_covered=("months_covered", "max"),
    )
    unknown = shares.groupby("period")["value"].agg(lambda values: values.isna().any())
    shareless = table["top_share"].isna()
    table["hhi"] = table["hhi"].mask(shareless)
    table["top_partner"] = table["top_partner"].mask(shareless)
    table["value"] = table["value"].mask(unknown)
    return table.reset_index()


def unit_value(
    flows: pd.DataFrame,
    hs_code: str,
    reporter: str,
    partner: str,
    *,
    flow: str = "import",
    minimum_kg: float = 1000.0,
) -> pd.DataFrame:
    """One row a month (a year for annual figures): value a kilogram of one code with one partner.

    In: the `trade` table. Out: period, value, weight_kg, unit_value (currency of the flows a kg),
    is_small_lot.
    A lot below `minimum_kg` (or with a value and a recorded weight of zero) is marked and its unit value
    withheld: one laboratory bottle of a pure grade says nothing about a price. `minimum_kg=0` withholds
    nothing that can be divided.
    Missing rule: a period without a row, within the span the reporter has for this code, is a row of NaN.
    Raises: as `supplier_share`; RequestError for a negative minimum; NoDataError naming the partners there
    are.
    """
    rows = rows_asked(flows, hs_code, reporter, flow)
    one = of_partner(rows, partner).set_index("period")[["value", "weight_kg"]].astype(float)
    step = "YS" if rows["frequency"].iloc[0] == "A" else "MS"
    span = pd.date_range(rows["period"].min(), rows["period"].max(), freq=step, name="period")
    return _guarded(one.reindex(span).reset_index(), minimum_kg)


def quoted_unit_value(
    quoted: pd.DataFrame,
    item: str,
    reporter: str,
    partner: str,
    *,
    flow: str = "export",
    minimum_kg: float = 1000.0,
) -> pd.DataFrame:
    """One row a quoted month with both a value and a weight: `unit_value` for points that others quote.

    In: the `quoted_figures` table (value in whole units of currency, weight in kg or t). Out: as
    `unit_value`.
    Missing rule: months with only one of the two are left out, being points and not a series.
    Raises: RequestError for several currencies or a negative minimum; NoDataError naming the items there are,
    or when no month has both; DataError for a month quoted twice or a weight in neither kg nor t.
    """
    rows = _quoted(quoted, item, reporter, partner, flow)
    values, weights = rows[rows["measure"] == "value"], rows[rows["measure"] == "weight"]
    if len(values["unit"].unique()) > 1:
        raise RequestError(f"quoted values of {item} are in {_listed(values['unit'])}; choose one currency")
    odd = ~weights["unit"].isin(KG)
    if odd.any():
        raise DataError(f"quoted weights of {item} are in {_listed(weights.loc[odd, 'unit'])}, not kg or t")
    for points in (values, weights):
        require_unrepeated(points, ["period_start"], "quoted")
    in_kg = weights.assign(weight_kg=weights["value"] * weights["unit"].map(KG))
    both = values[["period_start", "value"]].merge(
        in_kg[["period_start", "weight_kg"]], on="period_start", validate="one_to_one"
    )
    if both.empty:
        raise NoDataError(f"no month with both a quoted value and a quoted weight: {item} {reporter} {partner}")
    points = both.rename(columns={"period_start": "period"}).sort_values("period", ignore_index=True)
    return _guarded(points, minimum_kg)


def change(
    flows: pd.DataFrame,
    hs_code: str,
    reporter: str,
    partner: str,
    *,
    start: object,
    months: int = 12,
    flow: str = "import",
    of: Literal["value", "weight_kg"] = "value",
    base_year: int = 2018,
) -> pd.DataFrame:
    """One row a base: the `months` months from `start` against it, because the base decides the headline.

    In: the `trade` table, monthly. Bases: the same number of months before; the same calendar months of
    `base_year` (2018, the last year before the export controls; over a year-end they wrap within it); the
    first half of the year after (2019), which is compared month by month in the mean; the same calendar months
    of `base_year` and the year before it, their mean; the second half of `base_year`, month by month in the
    mean; and for a window of other than twelve months the same months of the year before.
    Out: base, base_start, base_end (first days of first and last month), base_value, value (both in the unit
    of `of`; sums, or monthly means where the base says so), change_percent, missing_months (number, of base
    and window together), why (why there is no change: which months are missing, a base of zero, a base that
    overlaps the window; else "").
    Missing rule: a single missing month leaves its sum and the change NaN. Zero recorded is 0.
    Raises: as `unit_value`; RequestError for annual figures, an unreadable start, fewer than 1 month, an
    unknown `of`.
    """
    if of not in ("value", "weight_kg"):
        raise RequestError(f'of={of!r} is unknown; it is "value" or "weight_kg"')
    if isinstance(months, bool) or not isinstance(months, int | np.integer) or months < 1:
        raise RequestError(f"months={months!r} must be a whole number, 1 or more")
    first = month(start, "start")
    rows = of_partner(rows_asked(flows, hs_code, reporter, flow), partner)
    if rows["frequency"].iloc[0] != "M":
        raise RequestError(f"{hs_code} of {reporter} is annual; a change over {months} months needs monthly figures")
    series = rows.set_index(rows["period"].dt.to_period("M"))[of].astype(float)
    window = pd.period_range(first, periods=months, freq="M")
    same = pd.PeriodIndex([pd.Period(year=base_year, month=m.month, freq="M") for m in window])
    first_half, second_half = (
        pd.period_range(m, periods=6, freq="M") for m in (f"{base_year + 1}-01", f"{base_year}-07")
    )
    bases = [
        (f"{months} months before", window - months, "sum", 1),
        (f"same months of {base_year}", same, "sum", 1),
        (f"first half of {base_year + 1} (monthly mean)", first_half, "mean", 1),
        (f"same months of {base_year - 1} and {base_year} (mean)", (same - 12).append(same), "sum", 2),
        (f"second half of {base_year} (monthly mean)", second_half, "mean", 1),
    ]
    if months != MONTHS_A_YEAR:
        bases.append(("same months of the year before", window - 12, "sum", 1))
    return pd.DataFrame([_against(series, window, *base) for base in bases])


def _against(
    series: pd.Series, window: pd.PeriodIndex, base: str, base_months: pd.PeriodIndex, taken: str, years: int
) -> dict[str, object]:
    """One base's row of `change`; a base of several years is their mean."""
    counted = {"base_value": series.reindex(base_months), "value": series.reindex(window)}
    sums = {name: getattr(part, taken)(skipna=False) for name, part in counted.items()}
    sums["base_value"] /= years
    missing = sorted({m for part in counted.values() for m in part.index[part.isna()]})
    if missing:
        why = f"missing: {', '.join(map(str, missing))}"
    elif set(base_months) & set(window):
        why = "the base overlaps the window"
    elif sums["base_value"] == 0:
        why = "the base is zero"
    else:
        why = ""
    percent = np.nan if why else (sums["value"] / sums["base_value"] - 1) * 100
    return {
        "base": base,
        "base_start": base_months.min().start_time,
        "base_end": base_months.max().start_time,
        **sums,
        "change_percent": percent,
        "missing_months": len(missing),
        "why": why,
    }


def _guarded(lots: pd.DataFrame, minimum_kg: float) -> pd.DataFrame:
    """Lots (period, value, weight_kg) with their unit value, withheld where a lot is too small to price."""
    if not minimum_kg >= 0:
        raise RequestError(f"minimum_kg={minimum_kg!r} must be 0 or more")
    weight = lots["weight_kg"]
    # a value with a weight of 0 kg is a lot so small that the office rounded it away
    small = (weight < minimum_kg) & ((weight > 0) | (lots["value"] > 0))
    price = lots["value"] / weight.where((weight > 0) & (weight >= minimum_kg))
    return lots.assign(unit_value=price, is_small_lot=small)


def _quoted(quoted: pd.DataFrame, item: str, reporter: str, partner: str, flow: str) -> pd.DataFrame:
    """The quoted monthly figures of one item, pair and flow."""
    asked = {"item": item, "reporter": reporter, "partner": partner, "flow": flow, "frequency": "M"}
    require_columns(quoted, [*asked, "measure", "period_start", "value", "unit"], "quoted figures")
    rows = quoted[(quoted[list(asked)] == pd.Series(asked)).all(axis=1)]
    if rows.empty:
        there = _listed(pd.Series([" ".join(map(str, row)) for row in quoted[list(asked)].to_numpy()]))
        raise NoDataError(f"no quoted figure of {' '.join(asked.values())}; there are {there}")
    return rows


def rows_asked(flows: pd.DataFrame, hs_code: str, reporter: str, flow: str) -> pd.DataFrame:
    """The rows of one question, one row a period and partner, sorted; World left out."""
    if not isinstance(hs_code, str):
        raise RequestError(f"hs_code={hs_code!r} must be text: codes have leading zeros")
    if flow not in ("import", "export"):
        raise RequestError(f'flow={flow!r} is unknown; it is "import" or "export"')
    require_columns(flows, NEEDED, "trade flows")
    if flows.empty:
        raise NoDataError(f"no item record of {reporter} is here")
    rows = flows
    for column, wanted in (("reporter", reporter), ("hs_code", hs_code), ("flow", flow)):
        chosen = rows[rows[column] == wanted]
        if chosen.empty:
            asked = " ".join((reporter, hs_code, flow))
            fault = RequestError if column == "hs_code" else NoDataError
            raise fault(f"no trade of {asked}: no {column} {wanted}; there are {_listed(rows[column])}")
        rows = chosen
    require_dates(rows, "period", "trade")
    if rows["partner"].isna().any():
        raise DataError(f"trade rows without a partner: {named_rows(rows, rows['partner'].isna())}")
    for column in (name for name in (*BASIS, "hs_edition") if name in rows):
        if len(rows[column].unique()) > 1:
            raise RequestError(
                f"{hs_code} of {reporter} comes in several kinds of {column}: {_listed(rows[column])}; "
                f"they are not mixed, choose one: flows[flows.{column} == {rows[column].iloc[0]!r}]"
            )
    require_unrepeated(rows, ["period", "partner"], "trade")
    partners = rows[rows["partner"] != WORLD]
    if partners.empty:
        raise NoDataError(f"{hs_code} of {reporter} is recorded for the World only; there is no partner")
    return partners.sort_values(["period", "partner"], ignore_index=True)


def of_partner(rows: pd.DataFrame, partner: str) -> pd.DataFrame:
    """The rows of one partner."""
    one = rows[rows["partner"] == partner]
    if one.empty:
        raise NoDataError(f"no trade with partner {partner}; there are {_listed(rows['partner'])}")
    return one


def _listed(values: pd.Series) -> str:
    """The distinct values, sorted, for an error's message."""
    return ", ".join(sorted(map(str, values.unique()))) or "none at all"
