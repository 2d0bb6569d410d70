"""Effects: published reference values to the printed digits, and an error for everything that cannot be estimated."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from research import warehouse
from research.dyads import find
from research.errors import DataError, NoDataError, RequestError
from research.measures import effects, panels
from research.measures.synthetic import synthetic_control

REFERENCE = Path(__file__).resolve().parent.parent.parent / "shared" / "reference"
FLUORIDE, RESIST, WAFERS, TUBES = "2811111000", "3707901010", "3818001000", "7002311000"
NOT_SINGLED_OUT = [f"{WAFERS}-JPN", f"{TUBES}-JPN"]


@pytest.fixture
def reference() -> Path:
    if not REFERENCE.is_dir():
        pytest.skip("no reference data beside the project (../shared/reference)")
    return REFERENCE


def monthly(values, first: str = "2015-01") -> pd.Series:
    return pd.Series(values, index=pd.date_range(first, periods=len(values), freq="MS"), dtype=float)


def wave(months: int = 72) -> pd.Series:
    place = np.arange(months)
    return monthly(100 + place + 10 * np.sin(place * 2.1) + 7 * np.cos(place**1.3))


def panel(months: int = 48, units: str = "abcde") -> pd.DataFrame:
    return pd.DataFrame(
        {unit: wave(months) * (1 + n / 4) + 9 * np.sin(np.arange(months) * (n + 1)) for n, unit in enumerate(units)}
    )


@pytest.fixture(scope="module")
def goods(built) -> pd.DataFrame:
    flows = warehouse.read(
        "trade", find("JPN-KOR"), reporter="KOR", flow="import", frequency="M", start="2017-01", end="2020-12"
    )
    wide = flows.pivot_table(index="period", columns=["hs_code", "partner"], values="value", aggfunc="first")
    return wide.set_axis(["-".join(pair) for pair in wide.columns], axis=1)


def test_the_sicilian_smoking_ban_gives_the_published_rate_ratio(reference):
    table = pd.read_csv(reference / "sicily_smoking_ban.csv")
    month = pd.to_datetime(table["year"].astype(str) + "-" + table["month"].astype(str) + "-01")
    aces, population = (pd.Series(table[c].to_numpy(float), index=pd.DatetimeIndex(month)) for c in ("aces", "stdpop"))
    step = effects.interrupted_series(
        aces, "2005-01", scale="poisson", seasonal=False, lag=None, offset=population
    ).level
    assert [round(float(np.exp(v)), 4) for v in (step.estimate, step.low, step.high)] == [0.8944, 0.8647, 0.9251]
    assert step.n == 59


HARMONICS = {  # Lopez Bernal, Cummins and Gasparrini 2017, models with overdispersion: without and with season
    False: [0.894, 0.839, 0.953],
    2: [0.885, 0.839, 0.933],
}


@pytest.mark.parametrize("pairs", HARMONICS)
def test_the_sicilian_smoking_ban_with_overdispersion_and_season_gives_the_published_ratio(reference, pairs):
    table = pd.read_csv(reference / "sicily_smoking_ban.csv")
    month = pd.to_datetime(table["year"].astype(str) + "-" + table["month"].astype(str) + "-01")
    aces, population = (pd.Series(table[c].to_numpy(float), index=pd.DatetimeIndex(month)) for c in ("aces", "stdpop"))
    step = effects.interrupted_series(
        aces, "2005-01", scale="poisson", seasonal=pairs, lag=None, offset=population, dispersion=True
    ).level
    assert [round(float(np.exp(v)), 3) for v in (step.estimate, step.low, step.high)] == HARMONICS[pairs]


@pytest.mark.parametrize(("lag", "error"), [(0, 0.029201), (4, 0.022913), (12, 0.021738)])
def test_the_seat_belt_law_gives_the_published_level_slope_and_errors(reference, lag, error):
    table = pd.read_csv(reference / "uk_driver_deaths.csv")
    deaths = pd.Series(table["drivers"].to_numpy(float), index=pd.to_datetime(table["month"]))
    found = effects.interrupted_series(deaths, "1983-02", slope=True, lag=lag)
    assert (round(found.level.estimate, 6), round(found.slope.estimate, 6)) == (-0.242601, 0.006652)
    assert (found.level.high - found.level.low) / 2 / 1.959963984540054 == pytest.approx(error, abs=5e-7)
    assert f"lag {lag}" in found.level.basis


def test_newey_west_without_correction_equals_sandwich_on_investment(reference):
    table = pd.read_csv(reference / "investment.csv").dropna()
    assert len(table) == 19
    terms = sm.add_constant(table[["RealGNP", "RealInt"]])
    fit = effects.regression(table["RealInv"], terms, 4, use_correction=False)
    assert np.diag(fit.cov_params()) == pytest.approx([359.4170681, 0.0002805888, 11.171472998], rel=1e-6)
    plain = effects.regression(table["RealInv"], terms)
    assert plain.params.tolist() == pytest.approx(fit.params.tolist()) and plain.bse["const"] != fit.bse["const"]


@pytest.mark.parametrize("times", [1.0, 3.0, 1e12])
def test_proposition_99_gives_the_published_gap_whatever_the_unit(reference, times):
    table = pd.read_csv(reference / "proposition_99.csv", sep=";")
    states = table.pivot_table(index="Year", columns="State", values="PacksPerCapita") * times
    found = synthetic_control(states, "California", 1989)
    assert round(found.effect.estimate / times, 2) == -19.51
    assert round(found.gaps[2000] / times, 2) == -26.60
    assert (found.effect.rank, found.effect.rank_of) == (3, 39)


def test_the_weights_are_those_of_pysyncon_on_unscaled_outcomes_which_stops_short_on_others(reference):
    pysyncon = pytest.importorskip("pysyncon")
    donors = ["Colorado", "Connecticut", "Montana", "Nevada", "New Hampshire", "Utah"]
    table = pd.read_csv(reference / "proposition_99.csv", sep=";")
    years = range(1970, 1989)

    def theirs(times: float) -> pd.Series:
        prepared = pysyncon.Dataprep(
            foo=table.assign(PacksPerCapita=table["PacksPerCapita"] * times), predictors=[], predictors_op="mean",
            dependent="PacksPerCapita", unit_variable="State", time_variable="Year",
            treatment_identifier="California", controls_identifier=donors, time_predictors_prior=years,
            time_optimize_ssr=years, special_predictors=[("PacksPerCapita", [year], "mean") for year in years],
        )  # fmt: skip
        every = pd.concat(prepared.make_covariate_mats(), axis=1)
        model = pysyncon.Synth()
        model.fit(dataprep=prepared, custom_V=every.T.std(ddof=1).to_numpy() ** 2)
        return pd.Series(model.W, index=donors)

    states = table.pivot_table(index="Year", columns="State", values="PacksPerCapita")
    ours = synthetic_control(states, "California", 1989, donors=donors, placebos=False).weights
    assert (ours - theirs(1.0)).abs().max() < 1e-3
    # why the fit here is one of non-negative least squares: in packs times a thousand their solver stops elsewhere
    assert (ours - theirs(1000.0)).abs().max() > 0.05


def test_hydrogen_fluoride_fell_and_ranks_first_of_sixteen(goods):
    base = goods.loc[:"2019-06"]
    others = [
        c
        for c in goods
        if c[:10] in (WAFERS, TUBES) and c not in NOT_SINGLED_OUT and (base.loc["2018-01":, c] > 0).all()
    ]
    found = effects.difference(goods, f"{FLUORIDE}-JPN", "2019-07", controls=NOT_SINGLED_OUT)
    told = effects.ranked(found, effects.difference_placebos(goods, others, "2019-07", NOT_SINGLED_OUT)).as_percent()
    assert -90.5 <= told.estimate <= -88 and told.high < -80
    assert (told.rank, told.rank_of, told.best_p) == (1, 16, 1 / 16)


def test_photoresist_did_not_fall_against_goods_that_were_not_singled_out(goods):
    found = effects.difference(goods, f"{RESIST}-JPN", "2019-07", controls=NOT_SINGLED_OUT).as_percent()
    assert -3 <= found.estimate <= 0 and found.low < 0 < found.high


def test_other_suppliers_as_controls_make_a_fall_even_of_goods_nobody_restricted(goods):
    for code, expected in ((RESIST, -47.6), (TUBES, -55.5)):
        suppliers = [c for c in goods if c.startswith(code) and c != f"{code}-JPN" and goods[c].sum() > 0]
        found = effects.difference(goods, f"{code}-JPN", "2019-07", controls=suppliers).as_percent()
        assert round(found.estimate, 1) == expected


def test_single_months_of_zero_have_no_estimate_but_pooled_ones_do(goods):
    treated = f"{FLUORIDE}-JPN"
    single = {
        "Jul": ("2019-07", "2019-07"),
        "Aug": ("2019-08", "2019-08"),
        "Sep": ("2019-09", "2019-09"),
        "later": ("2019-10", None),
    }
    apart = effects.event_study(goods, treated, single, controls=NOT_SINGLED_OUT)
    assert np.isnan(apart["Aug"].estimate) and "zero recorded" in apart["Aug"].notes
    assert np.isfinite(apart["Jul"].estimate)
    pooled = effects.event_study(
        goods, treated, {"Jul to Sep": ("2019-07", "2019-09"), "later": ("2019-10", None)}, controls=NOT_SINGLED_OUT
    )["Jul to Sep"].as_percent()
    assert -97 < pooled.estimate < -90


@pytest.fixture(scope="module")
def visitors(built) -> pd.DataFrame:
    return panels.visitors_by_origin(warehouse.read("visitors", find("JPN-KOR"), destination="JPN", end="2020-01"))


def test_visitors_from_korea_fell_by_about_sixty_percent_before_the_pandemic(visitors):
    chosen = {"start": "2017-01"}
    told = effects.difference(visitors, "KOR", "2019-07", **chosen).as_percent()
    assert told.estimate == pytest.approx(-59.7, abs=0.1)  # METHODS 3: -59 to -60 % by PPML
    logs = effects.difference(visitors, "KOR", "2019-07", scale="log", **chosen).as_percent()
    assert logs.estimate == pytest.approx(-62.4, abs=0.1)  # METHODS 3: -63 % in logs, window not said


@pytest.mark.parametrize(("scale", "start", "rank"), [("demeaned log", "2015-01", 1), ("level", "2015-01", 3)])
def test_the_synthetic_control_of_visitors_ranks_as_methods_prints(visitors, scale, start, rank):
    told = synthetic_control(
        visitors, "KOR", "2019-07", start=start, scale=scale, percent=scale == "level"
    ).effect.as_percent()
    assert (told.rank, told.rank_of) == (rank, 21) and -61 < told.estimate < -58
    assert scale == "demeaned log" or told.fit_error > 0.7  # a poor fit, as METHODS says


def test_the_interrupted_series_of_visitors_says_anything_by_start_and_trend(visitors):
    def step(start: str, **terms) -> float:
        return effects.interrupted_series(visitors["KOR"], "2019-07", start=start, **terms).level.as_percent().estimate

    told = [
        step("2014-01"),
        step("2015-01"),
        step("2017-01"),
        step("2015-01", slope=True),
        step("2015-01", trend=False),
    ]
    assert min(told) < -69 and max(told) > -49


def test_half_of_the_placebo_dates_on_visitors_look_significant_so_p_is_not_counted(visitors):
    quiet = visitors.loc["2009-01":"2019-06", "KOR"]
    steps = [effects.interrupted_series(quiet.iloc[: at + 7], quiet.index[at]).level for at in range(24, 120)]
    share = np.mean([not step.low < 0 < step.high for step in steps])
    assert share == pytest.approx(0.52, abs=0.03)  # METHODS 3: 52 % of placebo dates reach |t| > 1.96


def test_photoresist_jumped_in_the_month_the_controls_were_announced(built):
    rows = warehouse.read("trade", find("JPN-KOR"), reporter="KOR", partner="JPN", flow="import", frequency="M",
                          hs_code=RESIST, start="2018-07", end="2019-07")  # fmt: skip
    value = rows.set_index("period")["value"].astype(float)
    assert [round(100 * (value["2019-07-01"] / value[base] - 1)) for base in ("2019-06-01", "2018-07-01")] == [92, 85]


def test_an_effect_in_log_points_reads_as_percent_and_other_units_do_not():
    one = effects.interrupted_series(wave(), "2019-01").level
    assert one.as_percent().estimate == pytest.approx(100 * (np.exp(one.estimate) - 1))
    with pytest.raises(RequestError, match="an effect in value is no relative change"):
        effects.interrupted_series(wave(), "2019-01", scale="level").level.as_percent()


def test_a_rank_counts_the_effect_among_its_placebos_by_size():
    one = effects.interrupted_series(wave(), "2019-01").level
    told = effects.ranked(one, [0.0, abs(one.estimate) + 1, -abs(one.estimate) - 1])
    assert (told.rank, told.rank_of, told.placebo_p) == (3, 4, 0.75)
    with pytest.raises(NoDataError, match="no placebo to rank among"):
        effects.ranked(one, [])
    with pytest.raises(DataError, match="1 of 2 placebos have no finite estimate"):
        effects.ranked(one, [np.nan, 1])


def test_placebo_dates_never_see_the_true_date():
    base, changed = wave(), wave()
    changed.iloc[60:] *= 0.3
    pd.testing.assert_frame_equal(effects.placebo_dates(base, "2020-01"), effects.placebo_dates(changed, "2020-01"))
    with pytest.raises(NoDataError, match="no placebo date: 30 months lie before 2017-07"):
        effects.placebo_dates(wave(60), "2017-07")


def test_a_grid_runs_every_combination_and_its_table_is_in_percent():
    found = effects.grid(
        lambda s, **o: effects.interrupted_series(s, "2019-01", **o).level,
        wave(),
        start=["2015-01", "2016-01"],
        trend=[True, False],
    )
    table = effects.effects_table({"g": found})
    assert len(table) == 4 and set(table["unit"]) == {"percent"}


def holed(series: pd.Series, at: int) -> pd.Series:
    return series.drop(series.index[at])


BAD_SERIES = {
    "gap": (holed(wave(), 5), "has gaps between 2015-05 and 2015-07"),
    "zeros": (wave() * 0, "all 72 values are zero"),
    "constant": (wave() * 0 + 4, "constant at 4 over 72"),
    "missing": (wave().where(wave().index != "2015-03-01"), "1 of 72 values are missing or infinite .2015-03"),
    "infinite": (wave().replace(wave().iloc[0], np.inf), "1 of 72 values are missing or infinite"),
    "unsorted": (wave().iloc[::-1], "is not in order of time"),
    "repeated": (pd.concat([wave(), wave().iloc[-1:]]), "repeats 2020-12"),
    "zero in a log": (wave().where(wave().index != "2015-03-01", 0), "a log knows none"),
    "too short": (wave(14), "needs more than 15 months; it got 14"),
}  # fmt: skip


@pytest.mark.parametrize(("series", "message"), BAD_SERIES.values(), ids=BAD_SERIES)
def test_a_series_that_cannot_carry_an_estimate_is_refused(series, message):
    with pytest.raises(DataError, match=message):
        effects.interrupted_series(series, "2015-10")


@pytest.mark.parametrize("date", ["2014-01", "2015-01", "2030-01"])
def test_a_date_outside_the_window_is_refused_by_every_design(date):
    with pytest.raises(RequestError, match="inside the window"):
        effects.interrupted_series(wave(), date)
    with pytest.raises(RequestError, match="inside the window"):
        synthetic_control(panel(), "a", date)
    with pytest.raises((RequestError, DataError), match="inside the window|before its bins"):
        effects.difference(panel(), "a", date)


BAD_REQUESTS = {
    "scale": (lambda: effects.interrupted_series(wave(), "2019-01", scale="root"), "scale='root' is unknown"),
    "lag": (lambda: effects.interrupted_series(wave(), "2019-01", lag=-1), "lag=-1 must be a whole number"),
    "offset": (lambda: effects.interrupted_series(wave(), "2019-01", offset=wave()), "an offset goes with scale='poisson'"),
    "among controls": (lambda: effects.difference(panel(), "a", "2017-01", controls=["a", "b"]), "stands among its own controls"),
    "no control": (lambda: effects.difference(panel(), "a", "2017-01", controls=[]), "no control for 'a'"),
    "unknown unit": (lambda: effects.difference(panel(), "z", "2017-01"), "no unit 'z' in the panel; it has a, b"),
    "overlap": (lambda: effects.event_study(panel(), "a", {"x": ("2017-01", None), "y": ("2017-02", None)}), "bin 'y' overlaps"),
    "among donors": (lambda: synthetic_control(panel(), "a", "2017-01", donors=list("abcd")), "stands among its own donors"),
    "two donors": (lambda: synthetic_control(panel(), "a", "2017-01", donors=["b", "c"]), "at least 3 donors; it got 2"),
    "unknown donor": (lambda: synthetic_control(panel(), "a", "2017-01", donors=list("bcz")), "no unit 'z'"),
    "unknown scale": (lambda: synthetic_control(panel(), "a", "2017-01", scale="root"), "scale='root' is unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_request_that_makes_no_design_is_refused(call, message):
    with pytest.raises(RequestError, match=message):
        call()


def zeroed(rows: slice, value: float = 0.0) -> pd.DataFrame:
    changed = panel()
    changed.iloc[rows, 0] = value
    return changed


BAD_PANELS = {
    "zero after": (lambda: effects.difference(zeroed(slice(24, None)), "a", "2017-01"), "perfect separation"),
    "zero before": (lambda: effects.difference(zeroed(slice(0, 24)), "a", "2017-01"), "nothing it could fall from"),
    "below zero": (lambda: effects.difference(zeroed(slice(3, 4), -1.0), "a", "2017-01"), "values of zero or more"),
    "missing": (lambda: synthetic_control(zeroed(slice(3, 4), np.nan), "a", "2017-01"), "the panel, a: 1 of 48 values"),
    "zero in a log": (lambda: synthetic_control(zeroed(slice(3, 4)), "a", "2017-01", scale="log"), "a log knows no zero: a"),
    "not a series": (lambda: effects.interrupted_series([1, 2], "2017-01"), "must be a pandas Series"),
    "words as periods": (lambda: effects.interrupted_series(pd.Series([1.0, 2], index=["x", "y"]), "2017-01"), "periods must be dates"),
    "step is all": (lambda: effects.interrupted_series(wave(40), "2018-04", slope=True), "cannot be told from"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD_PANELS.values(), ids=BAD_PANELS)
def test_a_panel_that_cannot_carry_an_estimate_is_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_a_window_or_table_without_periods_is_refused():
    with pytest.raises(NoDataError, match="no period from 2030-01"):
        effects.interrupted_series(wave(), "2031-01", start="2030-01")
    with pytest.raises(NoDataError, match="has no period"):
        effects.interrupted_series(wave().iloc[:0], "2017-01")
