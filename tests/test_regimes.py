"""Breaks against published references, and every way a series can be unfit for them."""

import time

import numpy as np
import pandas as pd
import pytest

from research.errors import DataError, RequestError
from research.measures.regimes import (
    argmax_distribution,
    breakpoints,
    event_regimes,
    events_inside,
    long_run_variance,
    monthly_regimes,
)

# Annual flow of the Nile at Aswan, 1871-1970 (Cobb 1978)
NILE = np.array(
    "1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140 1100 1210 1150 1250 "
    "1260 1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969 831 726 456 824 702 1120 1100 832 764 821 "
    "768 845 864 862 698 845 744 796 1040 759 781 865 845 944 984 897 822 1010 771 676 649 846 812 742 801 1040 860 "
    "874 848 890 744 749 838 1050 918 986 797 923 975 815 1020 906 901 1170 912 746 919 718 714 740".split(),
    dtype=float,
)


@pytest.fixture(scope="module")
def nile():
    return breakpoints(NILE)


def test_the_nile_has_the_breaks_strucchange_prints(nile):
    expected = [(), (28,), (28, 83), (28, 68, 83), (28, 45, 68, 83), (15, 30, 45, 68, 83)]
    assert nile.criteria["at"].tolist() == expected
    assert nile.minimum == 15


def test_the_nile_has_the_sums_of_squares_and_the_bic_strucchange_prints(nile):
    assert nile.criteria["rss"].round().tolist() == [2835157, 1597457, 1552924, 1538097, 1507888, 1659994]
    assert nile.criteria["bic"].round().tolist() == [1318, 1270, 1276, 1285, 1292, 1311]
    assert (nile.chosen, nile.number_by("LWZ")) == (1, 1)


def test_the_interval_of_the_nile_is_rounded_outward_to_the_one_strucchange_prints(nile):
    assert nile.breaks.to_numpy().tolist() == [[28, 25, 32]]
    assert nile.segments["mean"].round(4).tolist() == [1097.75, 849.9722]


def test_the_shortest_regime_may_be_a_number_of_observations(nile):
    counted = breakpoints(NILE, minimum=15)
    pd.testing.assert_frame_equal(counted.criteria, nile.criteria)
    with pytest.raises(RequestError, match="minimum=1.5 must be a whole number of observations"):
        breakpoints(NILE, minimum=1.5)
    with pytest.raises(DataError, match="60 of 100 values are asked. Give a longer series or a smaller minimum"):
        breakpoints(NILE, minimum=60)


def test_lwz_is_the_formula_of_liu_wu_and_zidek(nile):
    expected = np.log(1597457.193 / 97) + 3 / 100 * 0.299 * np.log(100) ** 2.1
    assert nile.criteria["lwz"][1] == pytest.approx(expected, abs=1e-8)


@pytest.fixture(scope="module")
def drivers(samples):
    path = samples.parent / "reference" / "uk_driver_deaths.csv"
    if not path.is_file():
        pytest.skip("no reference data beside the project (../shared/reference)")
    deaths = np.log10(pd.read_csv(path)["drivers"].to_numpy(float))
    return deaths[12:], np.column_stack([np.ones(180), deaths[11:-1], deaths[:-12]])


def test_uk_driver_deaths_on_their_lags_have_the_breaks_strucchange_prints(drivers):
    found = breakpoints(*drivers, minimum_share=0.1, maximum=3)
    assert found.criteria["at"].tolist() == [(), (46,), (46, 157), (46, 70, 157)]
    assert found.criteria["bic"].round(2).tolist() == [-602.86, -601.05, -598.90, -594.88]
    assert found.chosen == 0 and found.breaks.empty


def test_uk_driver_deaths_with_two_breaks_have_the_intervals_strucchange_prints(drivers):
    # confint(..., breaks = 2): 1972(9) 1973(10) 1974(8) and 1981(12) 1983(1) 1984(3)
    found = breakpoints(*drivers, minimum_share=0.1, breaks=2)
    assert found.breaks.to_numpy().tolist() == [[46, 33, 56], [157, 144, 171]]


def test_the_search_is_exact_against_every_partition_tried_one_by_one():
    y = np.random.default_rng(3).normal(size=24)
    sums = {
        (i, j): ((y[:i] - y[:i].mean()) ** 2).sum() + ((y[i:j] - y[i:j].mean()) ** 2).sum()
        + ((y[j:] - y[j:].mean()) ** 2).sum()
        for i in range(4, 17) for j in range(i + 4, 21)
    }  # fmt: skip
    found = breakpoints(y, minimum_share=4 / 24, maximum=2).criteria
    assert found["at"][2] == min(sums, key=sums.get)
    assert found["rss"][2] == pytest.approx(min(sums.values()))


def test_regressors_in_other_units_give_the_same_breaks():
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(90), rng.normal(size=90)])
    y = np.where(np.arange(90) < 40, 1 + x[:, 1], 3 - x[:, 1]) + rng.normal(scale=0.3, size=90)
    near, far = breakpoints(y, x), breakpoints(1e6 + 1e4 * y, x * [1, 1e5])
    assert near.criteria["at"].tolist() == far.criteria["at"].tolist()
    assert near.criteria["at"][1] == (40,)


def test_the_distribution_behind_the_intervals_is_that_of_a_two_sided_walk():
    # symmetric case, 95 %: 11.03 (Bai 1997, table); and it is a distribution: 0 to 1, rising, one value at zero
    assert argmax_distribution(11.0333, 1, 1) == pytest.approx(0.975, abs=1e-5)
    assert argmax_distribution(-7.687, 1, 1) == pytest.approx(0.05, abs=1e-4)
    for xi, phi in ((1, 1), (0.7, 2.0), (2.0, 0.5)):
        values = [argmax_distribution(x, xi, phi) for x in np.linspace(-300, 300, 601)]
        assert values[0] == pytest.approx(0, abs=1e-2) and values[-1] == pytest.approx(1, abs=1e-2)
        assert (np.diff(values) > -1e-12).all()
        assert argmax_distribution(-1e-12, xi, phi) == pytest.approx(argmax_distribution(1e-12, xi, phi), abs=1e-5)


def test_a_long_run_variance_counts_neighbours_with_falling_weight():
    assert long_run_variance(np.array([1.0, -1.0, 1.0, -1.0]), 1) == pytest.approx(1 - 0.75)


def test_a_series_without_a_turn_gets_zero_breaks_by_both_criteria():
    found = breakpoints(np.random.default_rng(5).normal(size=120))
    assert (found.chosen, found.number_by("LWZ")) == (0, 0)
    assert len(found.segments) == 1 and found.breaks.empty


def test_a_clean_step_is_found_without_doubt():
    found = breakpoints([0.0] * 30 + [1.0] * 30)
    assert found.chosen == 1
    assert found.breaks.to_numpy().tolist() == [[30, 30, 30]]


def test_an_interval_the_theory_cannot_give_is_missing_and_not_a_number():
    noisy = np.random.default_rng(0).normal(size=30)
    assert breakpoints([*np.zeros(30), *(9 + noisy)], breaks=1).breaks[["low", "high"]].isna().all(axis=None)


def test_six_hundred_months_and_ten_breaks_take_about_a_second():
    values = np.random.default_rng(0).normal(size=600)
    begun = time.perf_counter()
    breakpoints(values, minimum_share=0.05, maximum=10)
    assert time.perf_counter() - begun < 3


# ---- what breaks cannot be sought in


@pytest.mark.parametrize("value", [np.nan, np.inf, None])
def test_a_value_that_is_no_finite_number_is_refused_and_named(value):
    with pytest.raises(DataError, match="finite numbers; 1 of 40 values are not: numbers 3"):
        breakpoints([1.0, 2.0, value, *range(37)])


@pytest.mark.parametrize("constant", [0.0, 7.0])
def test_a_series_that_never_varies_is_refused(constant):
    with pytest.raises(DataError, match=f"need values that vary; all 40 are {constant:g}"):
        breakpoints([constant] * 40)


def test_a_series_too_short_for_two_regimes_is_refused():
    with pytest.raises(DataError, match="regimes longer than the 1 coefficients .* 0.15 of 12 values is 1"):
        breakpoints(range(12))


def test_more_values_than_an_exact_search_can_hold_are_sent_to_monthly_means():
    with pytest.raises(DataError, match="at most 6,000 values; it got 6,001. Seek them in monthly means"):
        breakpoints(np.arange(6001) % 7)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"minimum_share": 0}, "minimum_share=0 must lie above 0"),
        ({"maximum": 9}, "maximum=9 breaks asked; 0 to 5 fit"),
        ({"breaks": 6}, "breaks=6 asked; 0 to 5 were searched"),
        ({"criterion": "AIC"}, "criterion='AIC' is unknown; it is BIC or LWZ"),
        ({"level": 1}, "level=1 must lie between"),
        ({"lag": -1}, "lag=-1 must be a whole number"),
    ],
)
def test_a_choice_out_of_range_is_refused(choice, message):
    with pytest.raises(RequestError, match=message):
        breakpoints(NILE, **choice)


@pytest.mark.parametrize(
    ("regressors", "message"),
    [
        (np.ones((99, 1)), "one row of regressors a value; got 99 rows for 100 values"),
        (np.full((100, 1), np.nan), "need finite regressors"),
        (np.ones((100, 2)), "regressors that are independent"),
        (np.column_stack([np.ones(100), np.arange(100) > 90]), "in values 1 to 15 they do not"),
    ],
)
def test_regressors_that_cannot_be_fitted_are_refused(regressors, message):
    with pytest.raises(DataError, match=message):
        breakpoints(NILE, regressors)


MONTHS = pd.DataFrame({"period": pd.date_range("2000-01", periods=100, freq="MS"), "score": NILE})


def test_breaks_of_a_monthly_series_have_dates():
    found = monthly_regimes(MONTHS, "score")
    row = found.breaks.iloc[0]
    assert (row["last"], row["first"]) == (pd.Timestamp("2002-04"), pd.Timestamp("2002-05"))
    assert (row["low"], row["high"], row["low_known"]) == (pd.Timestamp("2002-01"), pd.Timestamp("2002-08"), True)


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (MONTHS.drop(index=[4, 5]), "without gaps; 2 of 2000-01 to 2008-04 are missing: 2000-05, 2000-06"),
        (MONTHS.iloc[::-1], "months in order; 2008-04 comes first"),
        (pd.concat([MONTHS, MONTHS.tail(1)]), "each month once; repeated: 2008-04"),
        (
            MONTHS.assign(score=MONTHS["score"].where(MONTHS.index != 3)),
            "a number in every month; 1 have none: 2000-04",
        ),
        (MONTHS.head(0), "the monthly values given are empty"),
        (MONTHS.drop(columns="score"), "monthly values lack the columns score"),
    ],
)
def test_months_that_are_no_series_are_refused_and_named(spoilt, message):
    with pytest.raises(DataError, match=message):
        monthly_regimes(spoilt, "score")


# ---- the curated timeline against METHODS 1


@pytest.fixture(scope="module")
def timeline(built):
    from research import dyads, warehouse

    return warehouse.read("events", dyads.find("JPN-KOR"), source="timeline")


def as_methods_counted(events):
    """METHODS counted an act of the United States alone (2014-03-25, root 04), which the house rule leaves out."""
    both = events[events["is_mutual"]].sort_values("event_id").head(2)
    ids = [f"JK20140325-01:{a}" for a in both["initiator"]]
    return pd.concat(
        [
            events,
            both.assign(event_date=pd.Timestamp("2014-03-25"), date_precision="day", goldstein=1.0, event_id=ids),
        ],
        ignore_index=True,
    )


def test_the_timeline_turns_where_methods_says_by_bic_and_nowhere_by_lwz(timeline):
    found = event_regimes(timeline)
    assert [f"{d:%Y-%m}" for d in found.breaks["last"]] == ["2011-10", "2022-02"]
    assert [f"{d:%Y-%m}" for d in found.breaks["first"]] == ["2011-12", "2022-04"]
    assert (found.partition.number_by("BIC"), found.partition.number_by("LWZ")) == (2, 0)
    assert found.partition.autocorrelation == pytest.approx(0.17, abs=0.005)


def test_the_timeline_has_the_means_methods_prints_on_the_events_it_counted(timeline):
    counted = as_methods_counted(timeline)
    means = event_regimes(counted[counted["event_date"] >= "2000"]).segments["mean"]
    assert means.tolist() == pytest.approx([0.67, -1.66, 0.81], abs=0.006)
    # on all events of the house rule (from 1998, the act of a third state left out)
    assert event_regimes(timeline).segments["mean"].round(2).tolist() == [0.80, -1.67, 0.81]


def test_the_timeline_has_the_intervals_methods_prints_with_one_variance_for_all_regimes(timeline):
    # METHODS took one long-run variance (lag 4) for all regimes and rounded inward; rounded outward the second
    # begins one event earlier, in 2020-10 for 2021-01. With a variance of each regime: 2006-10..2012-10, 2020-10..
    counted = as_methods_counted(timeline)
    found = event_regimes(counted[counted["event_date"] >= "2000"], lag=4, common_variance=True).breaks
    assert [f"{d:%Y-%m}" for d in found["low"]] == ["2007-03", "2020-10"]
    assert [f"{d:%Y-%m}" for d in found["high"]] == ["2013-08", "2023-03"]


def test_events_inside_an_interval_are_listed_once_each_and_lie_inside(timeline):
    found = event_regimes(timeline)
    inside = events_inside(found, timeline)
    assert set(inside["break_number"]) == {1, 2}
    assert not inside.duplicated(["break_number", "event_id"]).any()
    second = inside[inside["break_number"] == 2]
    assert second["event_date"].between(found.breaks["low"][1], found.breaks["high"][1]).all()


def test_without_a_break_nothing_lies_inside(timeline):
    assert events_inside(event_regimes(timeline, breaks=0), timeline).empty


def test_a_direction_without_an_event_is_refused(timeline):
    with pytest.raises(DataError, match="there is no event by JPN towards CHN"):
        event_regimes(timeline, "JPN", "CHN")


def test_scores_shuffled_over_their_dates_hardly_ever_turn(timeline):
    rng = np.random.default_rng(0)
    scores = timeline.loc[~timeline["is_mutual"], "goldstein"].to_numpy(float)
    assert sum(breakpoints(rng.permutation(scores), maximum=2).chosen > 0 for _ in range(20)) <= 2


def test_the_decayed_level_of_shuffled_scores_nearly_always_turns_so_breaks_are_not_sought_in_it(timeline):
    from research.measures.relations import relations

    once = timeline[~timeline["is_mutual"] | (timeline["initiator"] < timeline["target"])]
    rng = np.random.default_rng(0)
    turned = 0
    for _ in range(8):
        shuffled = once.assign(goldstein=rng.permutation(once["goldstein"].to_numpy()), is_mutual=False)
        level = relations(shuffled, direction="together", start="2000-01")
        turned += monthly_regimes(level, "level").partition.chosen > 0
    assert turned == 8


def test_on_monthly_mean_scores_bic_is_split_by_where_they_begin(timeline):
    once = timeline[~timeline["is_mutual"] | (timeline["initiator"] < timeline["target"])]
    means = once.groupby(once["event_date"].dt.to_period("M"))["goldstein"].mean()
    found = {start: breakpoints(means[means.index >= start].to_numpy()) for start in ("2000", "2005", "2012")}
    assert {start: one.chosen for start, one in found.items()} == {"2000": 2, "2005": 0, "2012": 1}
    assert {one.number_by("LWZ") for one in found.values()} == {0}


def test_neighbouring_scores_are_alike_as_methods_prints(timeline):
    from research.measures.relations import entered

    scores = entered(timeline, "together")["goldstein"].to_numpy(float)
    centred = scores - scores.mean()
    lagged = [centred[lag:] @ centred[:-lag] / (centred @ centred) for lag in (1, 3, 4)]
    assert [round(value, 2) for value in lagged] == [0.25, 0.16, 0.17]


def test_monthly_mean_scores_of_machine_coded_events_have_regimes_like_any_monthly_series():
    from research.measures.series import monthly
    from tests.test_relations import a_table, an_event

    rng = np.random.default_rng(4)
    days = pd.date_range("2001-01-05", periods=96, freq="MS") + pd.Timedelta(days=4)
    scores = np.where(np.arange(96) < 40, 2.0, -2.0) + rng.normal(scale=0.5, size=96)
    coded = a_table(*[an_event(day, float(score)) for day, score in zip(days, scores, strict=True)])
    coded = coded.assign(source="gdelt", goldstein_scale="cameo_full", cameo_code="010", quad_class=1, flags="")
    months = monthly(coded)
    found = monthly_regimes(months, "goldstein_mean")
    assert found.partition.criteria["at"][1] == (40,) and found.partition.chosen == 1
    assert event_regimes(coded, "JPN", "KOR").partition.criteria["at"][1] == (40,)
