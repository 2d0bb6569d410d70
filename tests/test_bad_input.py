"""Every method beside every kind of input it cannot work with: an error that says what it needs and got, no number."""

import numpy as np
import pandas as pd
import pytest

from research.errors import DataError, NoDataError, RequestError
from research.measures import effects, exports, linkage, people, projection, regimes, synthetic

MONTHS = pd.date_range("2009-01", periods=120, freq="MS")
PLACE = np.arange(120)
SOUND = pd.Series(100 + PLACE + 9 * np.sin(PLACE * 2.1) + 7 * np.cos(PLACE**1.3), MONTHS, name="goods")
SCORES = pd.Series(3 * np.sin(PLACE * 1.7) + 2 * np.cos(PLACE * 0.9), MONTHS, name="score")
DATE = "2016-07"


def panel(series: pd.Series, *, months: int = 120) -> pd.DataFrame:
    """The series beside five sound units that its index is laid over."""
    others = {f"d{n}": SOUND * (1 + n / 4) + 9 * np.sin(PLACE * (n + 1)) for n in range(5)}
    table = pd.DataFrame(others).reindex(series.index.unique()).loc[series.index]
    return table.assign(goods=series.to_numpy())


def as_donor(series: pd.Series) -> pd.DataFrame:
    """The series as one of the donors of a sound treated unit."""
    return panel(series).rename(columns={"goods": "d0", "d0": "goods"})


def level(series: pd.Series) -> pd.DataFrame:
    """The series as levels that a projection takes."""
    ends = series.index + pd.offsets.MonthEnd(0)
    told = {"level": series.to_numpy() / 100, "intensity": 1.0, "pressure": series.to_numpy() / 50}
    return pd.DataFrame({"month_end": ends, "initiator": "both", "target": "both"} | told)


METHODS = {
    "interrupted series": lambda s: effects.interrupted_series(s, DATE),
    "interrupted series, counts": lambda s: effects.interrupted_series(s, DATE, scale="poisson", lag=None),
    "its placebo dates": lambda s: effects.placebo_dates(s, DATE),
    "difference": lambda s: effects.difference(panel(s), "goods", DATE),
    "difference in logs": lambda s: effects.difference(panel(s), "goods", DATE, scale="log"),
    "event study": lambda s: effects.event_study(panel(s), "goods", {"after": (DATE, None)}),
    "a control of a difference": lambda s: effects.difference(as_donor(s), "goods", DATE),
    "placebo units": lambda s: effects.difference_placebos(panel(s), ["goods"], DATE, ["d0", "d1"]),
    "synthetic control": lambda s: synthetic.synthetic_control(panel(s), "goods", DATE),
    "synthetic control in logs": lambda s: synthetic.synthetic_control(panel(s), "goods", DATE, scale="demeaned log"),
    "a donor of a synthetic control": lambda s: synthetic.synthetic_control(as_donor(s), "goods", DATE),
    "synthetic placebo dates": lambda s: synthetic.placebo_dates(panel(s), "goods", DATE, end="2016-12"),
    "local projections": lambda s: linkage.responses(SCORES, s),
    "Granger tests": lambda s: linkage.precedence(SCORES, s),
    "regimes": lambda s: regimes.monthly_regimes(s.rename("value").rename_axis("period").reset_index(), "value"),
    "projection": lambda s: projection.project(level(s), burn_in=60),
}
# projections are of a level, which may be any number, zero or constant; breaks and projections need no date
ANY_NUMBER = {"projection"}

KINDS = {
    "gaps": (lambda s: s.drop(s.index[5]), "gaps|every month|without gaps"),
    "all zeros": (lambda s: s * 0, "zero|vary"),
    "constant": (lambda s: s * 0 + 4, "constant at 4|vary; all 120 are 4"),
    "too short": (lambda s: s.iloc[:5], "need|inside the window|holds no month"),
    "missing": (lambda s: s.where(s.index != s.index[7]), "missing or infinite|number in every month"),
    "infinite": (lambda s: s.where(s.index != s.index[7], np.inf), "missing or infinite|number in every month"),
    "unsorted": (lambda s: s.iloc[::-1], "order"),
    "repeated": (lambda s: pd.concat([s, s.iloc[-1:]]), "repeat"),
}


@pytest.mark.parametrize("method", METHODS)
def test_the_sound_input_gives_an_answer(method):
    assert METHODS[method](SOUND) is not None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_bad_input_gets_an_error_that_says_what_is_needed_and_never_a_number(method, kind):
    if method in ANY_NUMBER and kind in ("all zeros", "constant"):
        pytest.skip("a level may be zero throughout: nothing happened")
    spoil, message = KINDS[kind]
    with pytest.raises((DataError, NoDataError, RequestError), match=message) as told:
        METHODS[method](spoil(SOUND))
    assert len(str(told.value)) > 40, "an error says what it needs and what it got"


DATED = {
    "interrupted series": lambda d: effects.interrupted_series(SOUND, d),
    "its placebo dates": lambda d: effects.placebo_dates(SOUND, d),
    "difference": lambda d: effects.difference(panel(SOUND), "goods", d),
    "event study": lambda d: effects.event_study(panel(SOUND), "goods", {"x": (d, d)}),
    "placebo units": lambda d: effects.difference_placebos(panel(SOUND), ["goods"], d, ["d0"]),
    "synthetic control": lambda d: synthetic.synthetic_control(panel(SOUND), "goods", d),
    "synthetic placebo dates": lambda d: synthetic.placebo_dates(panel(SOUND), "goods", d),
    "in time": lambda d: people.in_time(panel(SOUND), "goods", d, "2009-01", "2018-12"),
}


@pytest.mark.parametrize("date", ["2001-01", "2009-01", "2031-01"])
@pytest.mark.parametrize("method", DATED)
def test_a_date_outside_the_window_or_without_a_period_before_it_is_refused(method, date):
    with pytest.raises(
        (DataError, NoDataError, RequestError),
        match="inside the window|before its bins|months must lie before|holds no month",
    ):
        DATED[method](date)


FEW = {
    "treated among donors": (lambda: synthetic.synthetic_control(panel(SOUND), "goods", DATE, donors=["goods", "d0", "d1"]), "stands among its own donors"),
    "treated among controls": (lambda: effects.difference(panel(SOUND), "goods", DATE, controls=["goods", "d0"]), "stands among its own controls"),
    "two donors": (lambda: synthetic.synthetic_control(panel(SOUND), "goods", DATE, donors=["d0", "d1"]), "at least 3 donors; it got 2"),
    "repeated donors": (lambda: synthetic.synthetic_control(panel(SOUND), "goods", DATE, donors=["d0", "d0", "d0"]), "named more than once"),
    "repeated controls": (lambda: effects.difference(panel(SOUND), "goods", DATE, controls=["d0", "d0"]), "named more than once"),
    "no control": (lambda: effects.difference(panel(SOUND), "goods", DATE, controls=[]), "no control for 'goods'"),
    "two partners": (lambda: exports.largest_partners(panel(SOUND), "goods", 2018, 2), "at least 3 are needed"),
    "unknown treated": (lambda: synthetic.synthetic_control(panel(SOUND), "zinc", DATE), "no unit 'zinc' in the panel"),
    "unknown scale": (lambda: effects.difference(panel(SOUND), "goods", DATE, scale="root"), "scale='root' is unknown"),
    "level": (lambda: effects.difference(panel(SOUND), "goods", DATE, level=95), "level=95 must lie between 0.5 and 1"),
    "harmonics": (lambda: effects.interrupted_series(SOUND, DATE, seasonal=9), "seasonal=9 must be True, False or the number"),
    "dispersion": (lambda: effects.interrupted_series(SOUND, DATE, dispersion=True), "dispersion goes with scale='poisson'"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), FEW.values(), ids=FEW)
def test_units_and_choices_that_make_no_design_are_refused(call, message):
    with pytest.raises(RequestError, match=message):
        call()


def test_a_regression_of_rows_that_are_not_numbers_is_refused():
    x = pd.DataFrame({"constant": 1.0, "x": PLACE.astype(float)}, index=MONTHS)
    with pytest.raises(DataError, match="a regression needs finite numbers in every row"):
        effects.regression(SOUND.where(SOUND.index != MONTHS[3]), x)


def test_percent_of_a_base_of_zero_is_refused():
    table = panel(SOUND).assign(d0=np.where(PLACE < 100, 0.0, 5.0))
    with pytest.raises(DataError, match="percent of a base of zero or below: d0"):
        effects.difference(table, "goods", DATE, scale="level")
