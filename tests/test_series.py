"""Machine-coded events month by month."""

import pandas as pd
import pytest

from research.errors import NoDataError, RequestError
from research.measures import series


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
