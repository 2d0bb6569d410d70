"""Japan National Tourism Organization: visitors to Japan by nationality."""

from pathlib import Path

import pandas as pd

from research.register import Resource
from research.sources.intake import Cleaned, Intake

HEADER = ("month", "nationality", "visitors")


def clean_jnto(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: visitors of one nationality arriving in Japan in one month.

    Source: JNTO, statistics.jnto.go.jp. In: text; persons; ISO3 or World. Out: `visitors`; persons; WLD is
    World. How final a figure is stands in the register (`facts`: fixed_through, provisional_through; later
    ones are estimates rounded to 100); of a file that is not registered it is unknown. Missing rule: 0 is a
    figure (2020 and 2021 have some); a month not published has no row. Raises: DataError on an unknown
    nationality, naming it.
    """
    intake = Intake(path, resource, HEADER)
    period = intake.months("month")
    intake.numbers("visitors", whole=True)
    intake.put(origin=intake.states("nationality", "jnto"), period=period)
    intake.once("month", "origin")
    rows = intake.rows
    tidy = rows[["period", "origin", "line"]].assign(
        source="jnto",
        frequency="M",
        destination="JPN",
        visitors=rows["visitors"].astype("int64"),
        status=_status(rows["month"], resource),
    )
    return intake.cleaned("visitors", tidy)


def _status(month: pd.Series, resource: Resource | None) -> pd.Series:
    """How final each month's figure is, by the register."""
    if resource is None:
        return pd.Series("unknown", index=month.index)
    status = pd.Series("estimate", index=month.index)
    status = status.mask(month <= resource.fact("provisional_through"), "provisional")
    return status.mask(month <= resource.fact("fixed_through"), "fixed")
