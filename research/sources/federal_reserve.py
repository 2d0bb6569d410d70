"""Board of Governors of the Federal Reserve System: exchange rates, release H.10."""

from pathlib import Path

import pandas as pd

from research import dyads
from research.register import Resource
from research.sources.intake import Cleaned, Intake

HEADER = ("month", "country", "per_usd")
# A rate the other way up (dollars per yen) falls far outside; no month since 1971 does.
RANGES = {"JPY": (70.0, 400.0), "KRW": (500.0, 2000.0)}
_EURO = "Euro"


def clean_federal_reserve(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: price of one US dollar in one currency in one month.

    Source: H.10, federalreserve.gov/releases/h10. In: text; local currency per US dollar, the euro too.
    Out: `exchange_rates`; currency per USD, monthly average. Missing rule: a month without a row is absent,
    never filled. Rejects rates of zero (`rate_nonpositive`) and yen or won outside their range
    (`rate_direction`). Raises: DataError on an unknown country, naming it.
    """
    intake = Intake(path, resource, HEADER)
    period = intake.months("month")
    intake.numbers("per_usd")
    intake.reject(intake.rows["per_usd"].astype(float) <= 0, "rate_nonpositive")
    intake.put(currency=_currencies(intake), period=period)
    intake.once("month", "currency")
    for currency, (low, high) in RANGES.items():
        rate = intake.rows["per_usd"].astype(float)
        intake.reject((intake.rows["currency"] == currency) & ~rate.between(low, high), "rate_direction")
    rows = intake.rows
    tidy = rows[["period", "currency", "line"]].assign(
        source="federal_reserve",
        frequency="M",
        units_per_usd=rows["per_usd"].astype(float),
        basis="monthly average",
    )
    return intake.cleaned("exchange_rates", tidy)


def _currencies(intake: Intake) -> pd.Series:
    """ISO 4217 codes; the euro is a currency without a state of its own."""
    states = intake.states("country", "federal_reserve", beside=(_EURO,))
    return states.map(dyads.currency, na_action="ignore").fillna("EUR")
