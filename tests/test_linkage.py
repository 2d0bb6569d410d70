"""Politics and trade: known lags are found, noise is not, and what cannot be estimated is refused."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.datasets import macrodata
from statsmodels.tsa.stattools import grangercausalitytests

from research import findings
from research.errors import DataError, NoDataError
from research.measures import effects, linkage

MONTHS = pd.date_range("2009-01", periods=120, freq="MS")
NOISE = np.random.default_rng(7)
SCORES = pd.Series(NOISE.normal(0, 4, 120), MONTHS)
FOLLOWS = pd.Series(np.exp(5 + 0.01 * SCORES.shift(2).fillna(0) + NOISE.normal(0, 0.005, 120)), MONTHS, name="follows")


def event(date: str, score: float, **more) -> dict:
    return {"event_date": pd.Timestamp(date), "date_precision": "day", "goldstein": score, "is_mutual": False,
            "initiator": "JPN", "target": "KOR"} | more  # fmt: skip


def test_a_month_without_an_event_is_zero_and_a_mutual_event_counts_once():
    rows = [event("2019-01-05", 3), event("2019-01-09", 2, is_mutual=True),
            event("2019-01-09", 2, is_mutual=True, initiator="KOR", target="JPN"),
            event("2019-03-01", -4), event("2019-02-01", 9, date_precision="year")]  # fmt: skip
    assert linkage.monthly_scores(pd.DataFrame(rows), "2019-01", "2019-03").tolist() == [5, 0, -4]
    with pytest.raises(NoDataError, match="no event from 2020-01 to 2020-02"):
        linkage.monthly_scores(pd.DataFrame(rows), "2020-01", "2020-02")


def test_a_response_built_in_at_two_months_is_found_there_and_only_there():
    found = linkage.responses(SCORES, FOLLOWS)
    assert found[2].estimate == pytest.approx(-0.1, abs=0.02) and found[2].high < 0
    assert abs(found[5].estimate) < 0.03 and "HAC, lag 5" in found[5].basis


def test_responses_are_those_of_least_squares_by_hand_on_published_figures():
    # US inflation as the shock and real output as the outcome (statsmodels' macrodata), quarters laid on months
    table = macrodata.load_pandas().data
    months = pd.date_range("2000-01", periods=len(table), freq="MS")
    shock, output = (pd.Series(table[c].to_numpy(), months, name=c) for c in ("infl", "realgdp"))
    lags, horizons, y, s = 3, 6, np.log(table["realgdp"].to_numpy()), table["infl"].to_numpy()
    rows = np.arange(lags, len(y) - horizons)
    past = [series[rows - lag] for lag in range(1, lags + 1) for series in (s, y)]
    seasons = [(months.month[rows] == number).astype(float) for number in range(2, 13)]
    x = np.column_stack([s[rows], *past, *seasons, np.ones(len(rows)), rows])
    for h, found in enumerate(linkage.responses(shock, output, horizons=horizons, lags=lags)):
        lag = int(found.basis.rsplit(" ", 1)[1])
        fit = sm.OLS(y[rows + h], x).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": False})
        assert found.estimate == pytest.approx(-10 * fit.params[0], rel=1e-6)
        assert (found.high - found.low) / 2 / 1.959963984540054 == pytest.approx(10 * fit.bse[0], rel=1e-6)
        assert found.n == fit.nobs


def test_a_shock_that_its_own_past_foretells_exactly_is_no_shock():
    wave = pd.Series(np.sin(np.arange(120) * 1.7), MONTHS)
    with pytest.raises(DataError, match="need a shock that its own past, months and trend do not foretell exactly"):
        linkage.responses(wave, FOLLOWS)


def test_politics_that_moves_first_ranks_first_and_the_other_way_does_not():
    order = linkage.precedence(SCORES, FOLLOWS).set_index("direction")
    assert order.loc["politics first", "rank"] == 1 and order.loc["politics first", "p"] < 0.001
    assert order.loc["trade first", "p"] > 0.01


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (FOLLOWS.iloc[:40], "need 60 months of both series; got 40"),
        (FOLLOWS.where(MONTHS != "2010-01-01", 0), "a log knows"),
    ],
)
def test_an_outcome_that_cannot_carry_a_projection_is_refused(outcome, message):
    with pytest.raises(DataError, match=message):
        linkage.responses(SCORES, outcome)


def test_a_pair_without_any_outcome_has_nothing_to_link():
    with pytest.raises(NoDataError, match="no outcome to set beside politics"):
        linkage.linked(pd.DataFrame(), {}, [0])


def test_the_quick_f_of_placebos_is_that_of_statsmodels():
    columns = np.random.default_rng(3).normal(size=(90, 2))
    for lags in (1, 3):
        expected = grangercausalitytests(columns, [lags])[lags][0]["ssr_ftest"][0]
        assert linkage.granger_f(columns, lags) == pytest.approx(expected, rel=1e-9)


def test_the_answer_counts_its_tests_and_what_chance_would_give():
    table = effects.effects_table({"Follows": linkage.responses(SCORES, FOLLOWS)}).assign(label="x")
    order = linkage.precedence(SCORES, FOLLOWS)
    told = findings.say_linkage(table, order)
    assert "Of 7 responses" in told.text and "by chance" in told.numbers[0].comparison
    assert "1 of 2 tests of who moves first ranks first" in told.text and "as often" not in told.text
    assert "politics first" in findings.say_leads(table, order).text


def test_a_placebo_good_that_responds_as_often_warns_against_the_rest():
    table = effects.effects_table({"Good": linkage.responses(SCORES, FOLLOWS)}).assign(label="x")
    both = pd.concat([table, table.assign(group="Wafers (not singled out)")], ignore_index=True)
    order = linkage.precedence(SCORES, FOLLOWS).assign(rank=9)
    text = findings.say_linkage(both, order).text
    assert "Goods that nobody singled out do so as often" in text and "None of 2 tests" in text
    assert "warns against reading the rest" in findings.say_leads(both, order).text
    still = table.assign(low=-1.0, high=1.0)
    assert "No response can be told from zero" in findings.say_leads(still, order).text
