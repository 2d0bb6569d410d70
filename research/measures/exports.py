"""Did total exports fall in the year of the controls? One partner beside a weighted mean of the exporter's others.

Monthly totals end before the controls, so years are all there is: a year holds months before and after, and the next
holds the pandemic. Partners differ in size by orders of magnitude, so the fit is on logs less each one's own mean.
"""

import pandas as pd

from research.dyads import WORLD
from research.errors import NoDataError, RequestError
from research.measures.effects import Effect, effects_table
from research.measures.given import require_columns
from research.measures.synthetic import synthetic_control

TOTAL = "Grand Total"
LEAST_YEARS = 5  # years of fit before the first placebo year


def yearly_totals(groups: pd.DataFrame, *, flow: str = "export") -> pd.DataFrame:
    """One row a whole year (its number), one column a partner that has every year: totals in yen.

    In: yearly rows of `goods_groups` of one reporter. Missing rule: a year of fewer than twelve months is left out, and
    a partner that lacks a year has no column; the world, which holds all partners, is none of them.
    Raises: NoDataError without a whole year.
    """
    require_columns(groups, ["frequency", "flow", "goods_group", "months_covered", "partner", "period"], "goods groups")
    whole = (groups["frequency"] == "A") & (groups["months_covered"] == 12)
    rows = groups[whole & (groups["flow"] == flow) & (groups["goods_group"] == TOTAL) & (groups["partner"] != WORLD)]
    if rows.empty:
        raise NoDataError(f"no yearly {flow} totals in these rows; read goods_groups with goods_group={TOTAL!r}")
    rows = rows.assign(year=rows["period"].dt.year)
    wide = rows.pivot_table(index="year", columns="partner", values="value_jpy", aggfunc="first")
    return wide.dropna(axis=1).astype(float).rename_axis(columns=None)


def largest_partners(totals: pd.DataFrame, treated: str, year: int, count: int) -> list[str]:
    """The `count` largest partners of one year beside the treated one.

    Raises: NoDataError when the treated one has no total; RequestError for a year or number that is not there.
    """
    if treated not in totals:
        raise NoDataError(f"no total of {treated} in every year; there are {', '.join(totals)}")
    if year not in totals.index or not 3 <= count < totals.shape[1]:
        raise RequestError(
            f"the {count} largest partners beside {treated} in {year}: there are {totals.shape[1]} partners "
            f"({', '.join(totals)}) in {totals.index[0]} to {totals.index[-1]}, and at least 3 are needed"
        )
    return list(totals.loc[year].drop(treated).sort_values(ascending=False, kind="stable").index[:count])


def export_effect(
    totals: pd.DataFrame,
    treated: str,
    controls: int,
    *,
    year: int | None = None,
    count: int = 24,
    start: int | None = None,
    scale: str = "demeaned log",
) -> Effect:
    """How far the treated partner's total of `year` (by default that of the controls) lies from its synthetic control.

    Fitted on the years before `controls`, donors the `count` largest other partners of the year before; ranked among
    them. Raises: as `largest_partners` and `synthetic_control`.
    """
    at = controls if year is None else year
    donors = largest_partners(totals, treated, controls - 1, count)
    return synthetic_control(
        totals, treated, controls, donors=donors, start=start, end=at, counted_from=at, scale=scale,
        percent=scale == "level", outcome="Total exports",
    ).effect  # fmt: skip


def export_effects(
    totals: pd.DataFrame,
    treated: str,
    controls: int,
    *,
    counts: list[int],
    starts: list[int],
    imports: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """`effects_table` with labels: the year of the controls in every cell, the year after, and placebo years.

    In: `yearly_totals`, and those of imports to be set beside; the first count and start are the main ones, the others
    are each tried once against them. Raises: as `export_effect`.
    """
    main, largest = {"count": counts[0], "start": starts[0]}, f"{counts[0]} largest partners since {starts[0]}, logs"
    cells = {largest: main}
    cells |= {f"{count} largest partners": main | {"count": count} for count in counts[1:]}
    cells |= {f"base since {start}": main | {"start": start} for start in starts[1:]}
    cells["in levels"] = main | {"scale": "level"}
    earlier = range(starts[0] + LEAST_YEARS, controls)
    found = {
        f"{controls}, the year of the controls": {
            label: export_effect(totals, treated, controls, **cell) for label, cell in cells.items()
        },
        f"{controls + 1}, the year after, with the pandemic": {
            largest: export_effect(totals, treated, controls, year=controls + 1, **main)
        },
        "Earlier years, in which nothing was controlled": {
            str(year): export_effect(totals, treated, year, **main) for year in earlier
        },
    }
    ours = ["Total exports"] * len(cells) + [""] * (1 + len(earlier))
    if imports is not None:
        found[f"Imports in {controls}"] = {largest: export_effect(imports, treated, controls, **main)}
        ours.append("Total imports")
    table = effects_table({group: rows.values() for group, rows in found.items()})
    return table.assign(label=[label for rows in found.values() for label in rows], ours=ours)
