"""Machine-coded events month by month."""

import pandas as pd
import pytest

from research.errors import DataError, NoDataError, RequestError
from research.measures import regimes, relations, series


def coded(**changed) -> pd.DataFrame:
    rows = {
        "event_date": pd.to_datetime(["2019-07-01", "2019-07-01", "2019-07-02", "2019-08-05"]), "source": "gdelt2",
        "initiator": "JPN", "target": "KOR", "cameo_code": ["040", "040", "163", "111"], "title": None,
        "goldstein": [1.0, 1.0, -8.0, -2.0], "goldstein_scale": "cameo", "quad_class": [1, 1, 4, 3],
        "flags": [None, "dup_day", None, "dup_day;date_shift"],
    }  # fmt: skip
    return pd.DataFrame(rows | changed)


def test_an_act_told_twice_a_day_counts_once_and_a_shifted_date_not_at_all():
    july = series.monthly(coded()).iloc[0]
    assert len(series.monthly(coded())) == 1
    assert (july["reports"], july["acts"], july["goldstein_sum"], july["goldstein_mean"]) == (3, 2, -7.0, -2.0)
    assert july["duplicate_share"] == pytest.approx(1 / 3)
    assert (july["net_share"], july["quad_1"], july["quad_4"]) == (0.0, 1, 1)
    assert list(series.monthly(coded(), keep_shifted=True)["net_share"]) == [0.0, -1.0]


def test_sources_and_scales_are_never_spliced():
    with pytest.raises(RequestError, match="several sources are never spliced: gdelt2, icews"):
        series.monthly(coded(source=["gdelt2", "gdelt2", "icews", "gdelt2"]))
    with pytest.raises(RequestError, match="several goldstein_scales are never spliced"):
        series.monthly(coded(goldstein_scale=["cameo", "icews", "cameo", "cameo"]))


def test_no_event_left_is_an_error():
    with pytest.raises(NoDataError, match="4 given, 4 with a shifted date"):
        series.monthly(coded(flags="date_shift"))
    with pytest.raises(NoDataError, match="the events table given is empty"):
        series.monthly(coded().head(0))


def days(first: str, last: str, source: str = "gdelt2", **shares: float) -> pd.DataFrame:
    """A calendar: every day covered, but for those named `d20190703=0.5`."""
    calendar = pd.DataFrame({"day": pd.date_range(first, last)}).assign(source=source, feed="main", share=1.0)
    for day, share in shares.items():
        calendar.loc[calendar["day"] == pd.Timestamp(day[1:]), "share"] = share
    return calendar


def test_a_silent_month_is_zero_where_the_files_cover_it_and_no_figure_where_they_do_not():
    covered = days("2019-06-01", "2019-10-31", d20190810=0.25)
    table = series.monthly(coded(), coverage=covered[~covered["day"].between("2019-10-01", "2019-10-30")])
    assert list(table["period"].dt.month) == [6, 7, 8, 9, 10]
    assert list(table["reports"].astype(object).where(table["reports"].notna(), None)) == [0, 3, None, 0, None]
    assert list(table["partial"]) == [False, False, True, False, True]
    assert table["covered"].round(4).tolist() == [1.0, 1.0, round(30.25 / 31, 4), 1.0, round(1 / 31, 4)]
    assert table["goldstein_sum"].tolist()[:2] == [0.0, -7.0]
    assert pd.isna(table["goldstein_sum"].iloc[2])
    assert table[["net_share", "goldstein_mean", "duplicate_share"]].iloc[[0, 3]].isna().all(axis=None)


def test_each_direction_has_every_month():
    back = coded(initiator="KOR", target="JPN").head(1)
    table = series.monthly(pd.concat([coded(), back]), coverage=days("2019-07-01", "2019-08-31"))
    assert table[["initiator", "reports"]].to_numpy().tolist() == [["JPN", 3], ["KOR", 1], ["JPN", 0], ["KOR", 0]]


def test_a_month_with_reports_beyond_the_calendar_is_part_covered():
    table = series.monthly(coded(), coverage=days("2019-07-01", "2019-07-31"), keep_shifted=True)
    assert table[["covered", "partial"]].to_numpy().tolist() == [[1.0, False], [0.0, True]]
    assert table["reports"].tolist() == [3, 1]


def test_without_a_calendar_nothing_is_said_of_coverage():
    table = series.monthly(coded())
    assert table["covered"].isna().all()
    assert not table["partial"].any()


def test_a_calendar_of_another_source_is_refused_and_of_two_feeds_the_main_one_counts():
    with pytest.raises(NoDataError, match="the coverage given has no day of gdelt2; its files' names do not say"):
        series.monthly(coded(), coverage=days("2019-07-01", "2019-07-31", source="gdelt1"))
    feeds = [days("2019-07-01", "2019-07-31"), days("2019-07-01", "2019-07-10").assign(feed="translation")]
    assert series.covered_months(pd.concat(feeds), "gdelt2").tolist() == [1.0]
    with pytest.raises(DataError, match="62 coverage rows repeat a key of day"):
        series.covered_months(pd.concat([feeds[0]] * 2), "gdelt2")


def whole(values, measure="goldstein_mean", first="2018-01", partial=()) -> pd.DataFrame:
    periods = pd.period_range(first, periods=len(values), freq="M").start_time
    table = pd.DataFrame({"period": periods, "initiator": "JPN", "target": "KOR"})
    table = table.assign(**dict.fromkeys(series.MEASURES, float("nan")))
    return table.assign(**{measure: values, "partial": [place in partial for place in range(len(values))]})


def test_two_sources_are_held_against_each_other_on_the_months_both_cover_whole():
    x = [1.0, 2, 4, 3, 5, 7, 6, 8, 9, 11, 10, 12, 13]
    y = [2 * value + 1 for value in x[:-1]] + [99.0]
    found = series.calibrate(whole(x), whole(y, partial=(12,)), ("gdelt1", "icews"))
    row = found.fits.iloc[0]
    assert (row["months"], row["measure"], row["initiator"]) == (12, "goldstein_mean", "JPN")
    assert (round(row["slope"], 9), round(row["intercept"], 9), round(row["scale"], 9)) == (2, 1, 2)
    assert (round(row["pearson"], 9), round(row["spearman"], 9)) == (1, 1)
    assert row["slope_low"] <= row["slope"] <= row["slope_high"]
    assert (row["first"], row["last"]) == (pd.Timestamp("2018-01-01"), pd.Timestamp("2018-12-01"))
    assert len(found.months) == 12
    assert found.left_out == ("JPN to KOR, goldstein_sum: 0 whole months in common, 12 are needed",
                              "JPN to KOR, net_share: 0 whole months in common, 12 are needed")  # fmt: skip


def test_a_line_through_noise_has_the_textbook_interval():
    x = [1.0, 2, 3, 4, 5]
    y = [2.2, 2.8, 3.6, 4.5, 5.1]
    row = series.calibrate(whole(x), whole(y), ("gdelt1", "gdelt2"), least=5).fits.iloc[0]
    residuals = [b - (row["intercept"] + row["slope"] * a) for a, b in zip(x, y, strict=True)]
    error = (sum(r * r for r in residuals) / 3 / 10) ** 0.5
    assert row["slope"] == pytest.approx(0.75)
    assert row["slope_high"] - row["slope"] == pytest.approx(3.182446 * error, rel=1e-6)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (
            whole(range(11)),
            "gdelt1 and icews cannot be held .*11 whole months in common, 12 are needed .1 of 3",
        ),
        (whole([3.0] * 20), "constant in icews over 20 months .1 of 3 series"),
        (whole(range(20)).assign(initiator="KOR", target="JPN"), "no direction in common; clean files of both"),
    ],
)
def test_an_overlap_too_short_or_constant_is_refused(second, message):
    with pytest.raises(NoDataError, match=message):
        series.calibrate(whole(range(20)), second, ("gdelt1", "icews"))


def test_a_source_is_not_calibrated_with_itself_nor_on_two_months():
    with pytest.raises(RequestError, match="needs two sources, not icews twice"):
        series.calibrate(whole(range(20)), whole(range(20)), ("icews", "icews"))
    with pytest.raises(RequestError, match="least=2 months make no line; give at least 3, usually 12"):
        series.calibrate(whole(range(20)), whole(range(20)), ("gdelt1", "icews"), least=2)


def test_regimes_are_sought_in_the_longest_run_of_whole_months():
    values = [1.0, 1.1, 0.9] * 12 + [-2.0, -2.1, -1.9] * 12
    table = whole(values, partial=(0, 3))
    run = series.unbroken(table, "JPN", "KOR")
    assert (len(run), run["period"].iloc[0]) == (68, pd.Timestamp("2018-05-01"))
    found = series.monthly_turns(pd.concat([table, table.assign(initiator="KOR", target="JPN", partial=True)]))
    assert list(found) == [("JPN", "KOR")]
    assert found["JPN", "KOR"].breaks["last"].tolist() == [pd.Timestamp("2020-12-01")]
    with pytest.raises(NoDataError, match="of JPN towards KOR there are 68"):
        series.monthly_turns(table, least=69)
    with pytest.raises(NoDataError, match="no month to seek turns in: the monthly series is empty"):
        series.monthly_turns(table.head(0))
    with pytest.raises(NoDataError, match="turns are sought in 36 months in a row .* of KOR towards JPN there are 0"):
        series.unbroken(table, "KOR", "JPN")
    with pytest.raises(NoDataError, match="sought in 69 months in a row at least, .* there are 68"):
        series.unbroken(table, "JPN", "KOR", least=69)
    with pytest.raises(RequestError, match="value='reports' is none of goldstein_sum, net_share, goldstein_mean"):
        series.unbroken(table, "JPN", "KOR", "reports")


def test_the_level_is_made_of_machine_coded_events_too():
    events = coded().assign(event_id=[f"gdelt2:{n}" for n in range(4)], date_precision="day", is_mutual=False)
    level = relations.relations(events, band=True, direction="together")
    last = relations.contributions(events, "2019-08", "both", "both")
    assert level["level"].iloc[-1] == pytest.approx(last["contribution"].sum())
    assert regimes.event_regimes(pd.concat([events.assign(event_id=f"g:{n}" + events["event_id"]) for n in range(8)]),
                                 ).partition.observations == 32  # fmt: skip
