"""Korea Customs Service: items by partner, and its figures as quoted by others."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from research import dyads
from research.register import Resource
from research.sources.intake import MONTH, Cleaned, Intake
from research.sources.rawcsv import shape_of

MONTHLY = ("month", "hsk10", "partner", "import_usd", "import_kg", "export_usd", "export_kg")
ANNUAL = ("year", "hsk10", "partner", "import_usd", "import_kg")
QUOTED = (
    "period", "frequency", "item", "hs_code", "flow", "reporter", "partner", "measure", "value", "unit",
    "quoted_by", "source_url", "note",
)  # fmt: skip
_VALUATION = {"import": "cif", "export": "fob"}
_MEASURES = {
    "value": "value",
    "weight": "weight",
    "share": "share",
    "share of value": "share",
    "exports plus imports": "total",
}
_UNITS = {"USD": ("USD", 1), "USD million": ("USD", 10**6), "USD billion": ("USD", 10**9), "percent": ("percent", 1),
          "kg": ("kg", 1), "t": ("t", 1)}  # fmt: skip


def clean_korea_customs(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: what Korea recorded with one partner under one ten-digit code, one flow, in one month or year.

    Source: Korea Customs Service, tradedata.go.kr (monthly file; annual file of polyimide film, imports
    only). In: text; USD, kg; partners in the file's own English. Out: `trade`; exports FOB, imports CIF,
    USD and kg, edition KR-HSK. An input row with both flows becomes two. Missing rule: a zero is what Korea
    recorded and stays; a month without a row is absent and stays absent. Raises: DataError on an unknown
    partner spelling, naming it. Rejects rows without a partner (`no_partner`).
    """
    monthly = shape_of(path, {"monthly": MONTHLY, "annual": ANNUAL}, path.as_posix()) == "monthly"
    intake = Intake(path, resource, MONTHLY if monthly else ANNUAL)
    flows = ("import", "export") if monthly else ("import",)
    time = "month" if monthly else "year"
    period = intake.months(time) if monthly else intake.years(time)
    intake.codes("hsk10", 10)
    intake.numbers(*(f"{flow}_{unit}" for flow in flows for unit in ("usd", "kg")))
    intake.reject(intake.rows["partner"] == "", "no_partner")
    states = intake.states("partner", "korea_customs")
    intake.note_repair(
        "partner_alias",
        intake.rows["partner"] != states.map(dyads.name),
        lambda row: f"{row['partner']} -> {dyads.name(states[row.name])}",
    )
    intake.put(partner=states, period=period)
    intake.once(time, "hsk10", "partner")
    return intake.cleaned("trade", _trade(intake.rows, flows, "M" if monthly else "A"))


def _trade(rows: pd.DataFrame, flows: tuple[str, ...], frequency: str) -> pd.DataFrame:
    """Each input row once a flow, in the columns of `trade`."""
    common = rows[["period", "partner", "line"]].assign(
        source="korea_customs",
        frequency=frequency,
        reporter="KOR",
        hs_code=rows["hsk10"],
        hs_edition="KR-HSK",
        currency="USD",
        quantity=np.nan,
        quantity_unit=None,
        is_estimated=False,
        flags=None,
    )
    return pd.concat(
        [
            common.assign(
                flow=flow,
                valuation=_VALUATION[flow],
                value=rows[f"{flow}_usd"].astype(float),
                weight_kg=rows[f"{flow}_kg"].astype(float),
            )
            for flow in flows
        ],
        ignore_index=True,
    )


def clean_korea_customs_quoted(path: Path, resource: Resource | None = None) -> Cleaned:
    """One row: one figure of Korea Customs as somebody quoted it, with the address.

    Source: the page named in each row. In: USD million or billion, percent, t; a year, a month or a span of
    months. Out: `quoted_figures`; whole USD, percent, t; shares of value say so in `note`; `exports plus
    imports` is measure total of both flows. Missing rule: an empty code is missing; what was not quoted has
    no row. Raises: DataError on a code of a state we do not know.
    """
    intake = Intake(path, resource, QUOTED)
    intake.one_of("frequency", ("A", "M", "P"))
    intake.one_of("measure", tuple(_MEASURES))
    intake.one_of("unit", tuple(_UNITS))
    intake.one_of("flow", ("import", "export"))
    intake.numbers("value")
    intake.reject(~intake.rows["hs_code"].str.fullmatch("[0-9]{10}|TOTAL|"), "code_length")
    intake.reject(~_is_span(intake.rows), "period_invalid")
    intake.reject(~intake.rows["source_url"].str.match("https?://"), "no_source")
    for side in ("reporter", "partner"):
        intake.put(**{side: intake.states(side, "iso3")})
    intake.once("item", "reporter", "partner", "flow", "measure", "frequency", "period", "quoted_by")
    scaled = intake.rows["unit"].map(lambda unit: _UNITS[unit][1] > 1)
    intake.note_repair("whole_units", scaled, lambda row: f"{row['value']} {row['unit']} -> {_whole(row):.0f} USD")
    return intake.cleaned("quoted_figures", _quoted(intake.rows))


def _is_span(rows: pd.DataFrame) -> pd.Series:
    forms = {"A": "[12][0-9]{3}", "M": MONTH, "P": f"{MONTH}/{MONTH}"}
    fits = pd.Series(False, index=rows.index)
    for frequency, form in forms.items():
        fits |= (rows["frequency"] == frequency) & rows["period"].str.fullmatch(form)
    ends = rows["period"].str.split("/")
    return fits & (ends.str[0] <= ends.str[-1])


def _whole(row: pd.Series) -> float:
    """The figure in whole units; decimal arithmetic, so that 66.9 million is 66,900,000 and not a hair beside it."""
    return float(Decimal(row["value"]) * _UNITS[row["unit"]][1])


def _quoted(rows: pd.DataFrame) -> pd.DataFrame:
    """Quoted rows in the columns of `quoted_figures`."""
    first = rows["period"].str.split("/").str[0]
    last = rows["period"].str.split("/").str[-1]
    annual = rows["frequency"] == "A"
    of_value = rows["measure"].eq("share of value").map({True: "share of value", False: ""})
    note = of_value.str.cat(rows["note"], sep="; ").str.strip("; ")
    measure = rows["measure"].map(_MEASURES)
    return rows[["item", "reporter", "partner", "frequency", "quoted_by", "source_url", "line"]].assign(
        source="korea_customs",
        hs_code=rows["hs_code"].mask(rows["hs_code"].isin(["", "TOTAL"])),
        flow=rows["flow"].mask(measure == "total", "both"),
        measure=measure,
        period_start=pd.to_datetime(first + annual.map({True: "-01-01", False: "-01"})),
        period_end=pd.to_datetime(last + annual.map({True: "-12-01", False: "-01"})) + pd.offsets.MonthEnd(0),
        value=[_whole(row) for _, row in rows.iterrows()],
        unit=rows["unit"].map(lambda unit: _UNITS[unit][0]),
        note=note.mask(note == ""),
    )
