"""What each tidy table promises, and how a broken promise is told."""

import pandas as pd
import pytest

from research import cameo, dyads, tables
from research.errors import DataError, RequestError


def visitors(**changed) -> pd.DataFrame:
    rows = {
        "source": "jnto", "frequency": "M", "period": pd.to_datetime(["2019-01-01", "2019-02-01"]), "origin": "KOR",
        "destination": "JPN", "visitors": [779383, 715804], "status": "fixed", "vintage": "2026-11-23", "file": "v.csv",
        "line": [2, 3],
    }  # fmt: skip
    return tables.typed(pd.DataFrame(rows | changed), tables.VISITORS.columns)


def test_rows_that_keep_the_promise_come_back_unchanged():
    rows = visitors()
    pd.testing.assert_frame_equal(tables.check("visitors", rows), rows)


def test_every_column_has_a_meaning_and_every_number_a_unit():
    for name, schema in tables.TABLES.items():
        assert schema.description, name
        for column in schema.columns.values():
            assert column.description, (name, column.name)
            if column.metadata["kind"] in ("number", "count"):
                assert column.metadata["unit"], (name, column.name)
            assert column.metadata["kind"] in tables.DTYPES
        assert set(schema.metadata["key"]) <= set(schema.columns)
        assert "source" in schema.columns
        # a day of the calendar stands on many files
        assert name == "event_coverage" or {"file", "line"} <= set(schema.columns)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"origin": ["KOR", "XQZ"]},
            r"visitors: column origin is no ISO3 code we know in 1 rows:\n  v.csv, line 3: origin='XQZ'",
        ),
        ({"visitors": [1, -5]}, r"column visitors is below zero in 1 rows:\n  v.csv, line 3: visitors=-5"),
        ({"visitors": [1, pd.NA]}, r"column visitors .*null.*\n  v.csv, line 3"),
        ({"status": ["fixed", "final"]}, r"column status is not one of fixed, provisional, estimate, unknown"),
        ({"period": pd.to_datetime(["2019-01-01", "2019-02-02"])}, r"column period is not the first day of a month"),
        ({"line": [1, 3]}, r"column line is below 2"),
        (
            {"period": pd.to_datetime("2019-01-01")},
            r"2 rows repeat a key \(source, .*\):\n  v.csv, line 2: jnto, M, KOR",
        ),
    ],
)
def test_a_broken_promise_names_the_rows_with_file_and_line(changed, message):
    with pytest.raises(DataError, match=message):
        tables.check("visitors", visitors(**changed))


def test_columns_missing_or_not_promised_are_named():
    with pytest.raises(DataError, match=r"column not promised: extra(.|\n)*column missing: status"):
        tables.check("visitors", visitors().assign(extra=1).drop(columns="status"))


def test_many_offending_rows_are_counted_and_five_shown():
    many = pd.concat([visitors(visitors=[-1, -1])] * 4, ignore_index=True)
    with pytest.raises(DataError, match=r"below zero in 8 rows:\n(.*\n){5}  and 3 more"):
        tables.check("visitors", many)


def test_text_stays_text_and_missing_stays_missing():
    rows = visitors(vintage=None)
    assert rows["vintage"].isna().all()
    assert rows["vintage"].dtype == "str"
    assert rows["period"].dtype == "datetime64[us]"


def test_an_unknown_table_is_named_with_those_there_are():
    with pytest.raises(RequestError, match="unknown table 'event'; there are events, trade"):
        tables.promise("event")


def test_a_pair_is_two_currencies_where_the_table_has_no_states():
    assert tables.pair_values("exchange_rates", dyads.find("JPN-KOR")) == ("JPY", "KRW")
    assert tables.pair_values("trade", dyads.find("JPN-KOR")) == ("JPN", "KOR")


def test_the_goldstein_scale_has_its_311_codes_and_known_scores():
    assert len(cameo.GOLDSTEIN) == 311
    assert [cameo.score(code) for code in ("01", "05", "0874", "11", "14", "16", "20")] == [
        0,
        3.5,
        10,
        -2,
        -6.5,
        -4,
        -10,
    ]


def test_the_goldstein_scale_equals_the_published_one(samples):
    lines = (samples / "lookups" / "CAMEO.goldsteinscale.txt").read_text().split("\n")[1:]
    published = {code: float(score) for code, score in (line.split("\t") for line in lines if line)}
    assert published == cameo.GOLDSTEIN


def test_the_quad_class_goes_by_root():
    by_root = [cameo.quad_class(f"{root:02}") for root in range(1, 21)]
    assert by_root == [1] * 5 + [2] * 4 + [3] * 5 + [4] * 6
    assert cameo.quad_class("1823") == 4


def test_a_code_without_its_leading_zero_is_no_code():
    for ask in (cameo.score, cameo.quad_class):
        with pytest.raises(DataError, match=r"CAMEO code '5' is not on the Goldstein scale.*leading zero \(05\)"):
            ask("5")
