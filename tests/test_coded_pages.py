"""What pages 0 and 1 say of machine-coded events: beside the curated level, alone, and where there are none."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT, lay_out
from test_events import folder_of, gdelt_line, icews_text, zipped

from research import build, charts, dyads, findings, paths
from research.charts import coverage
from research.errors import NoDataError
from research.findings import coded as words
from research.measures import series

HOME = dyads.find("JPN-KOR")
WORDS = {"headline": "h", "subtitle": "s", "alt": "a", "source": "q"}


def months(count: int = 48, partial: tuple[int, ...] = (3,), none: tuple[int, ...] = (10, 11)) -> pd.DataFrame:
    """Made monthly series of both directions: it turns in the middle, one month is in part and two without a file."""
    parts = []
    for initiator, target in (("JPN", "KOR"), ("KOR", "JPN")):
        sign = np.where(np.arange(count) < count // 2, 1.0, -1.0)
        table = pd.DataFrame({"period": pd.period_range("2015-01", periods=count, freq="M").start_time})
        table = table.assign(initiator=initiator, target=target, reports=10, acts=8, duplicate_share=0.2)
        table = table.assign(
            goldstein_sum=sign * 5, net_share=sign * 0.5, goldstein_mean=sign + np.arange(count) % 3 / 10
        )
        table = table.assign(quad_1=np.where(sign > 0, 6, 2), quad_2=0, quad_3=np.where(sign > 0, 2, 6), quad_4=0)
        table = table.assign(covered=1.0)
        table.loc[list(partial), "covered"] = 0.5
        table.loc[list(none), "covered"] = 0.0
        table["partial"] = table["covered"] < 1
        gone = ["reports", "acts", "goldstein_sum", "net_share", "goldstein_mean"]
        table[gone] = table[gone].astype(float).mask(table["covered"] == 0)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def rows(source: str = "gdelt1", *flags: str | None) -> pd.DataFrame:
    return pd.DataFrame({"source": source, "flags": flags or [None]})


def test_the_sentence_counts_repeats_and_says_what_the_files_do_not_cover():
    told = findings.say_coded(months(), rows(), HOME, curated=True)
    assert told.text.startswith(
        "GDELT 1.0 counts 920 reports between Japan and South Korea, Jan 2015 to Dec 2018; 736 "
    )
    assert "so 20% repeat one" in told.text
    assert "cover 45 of 48 months whole, 1 in part and 2 not at all" in told.text
    assert (told.role, findings.say_coded(months(), rows("icews"), HOME, curated=False).role) == ("finding", "answer")
    assert {n.name: n.value for n in told.numbers}["coded_covered"] == pytest.approx(45.5 / 48)


def test_the_sentence_names_misread_dates_the_other_feed_and_filtered_copies():
    flagged = rows("gdelt2", "date_shift;dup_day", "translation", "date_shift", "prefiltered", None)
    text = findings.say_coded(months(), flagged, HOME, curated=True).text
    assert "2 reports are left out whose date looks misread" in text
    assert "1 come from the feed of translated reports, which counts apart. 1 come from copies that others" in text


def test_the_headline_stands_on_whole_months_only():
    told = findings.words_coded(months(), "gdelt2", HOME, curated=True)
    assert told["headline"].endswith("lowest in Jan 2017 (−0.50) and highest in Jan 2015 (+0.50)")
    assert "3 months are covered in part or not at all" in told["alt"]
    flat = months().assign(quad_1=6, quad_3=2)
    assert findings.words_coded(flat, "icews", HOME, curated=True)["headline"].endswith("is +0.50 in every whole month")
    none = findings.words_coded(months().assign(partial=True), "gdelt2", HOME, curated=False)
    assert none["headline"] == "GDELT 2.0 covers no month whole: what is drawn are parts of months"


def test_turns_are_told_by_direction_with_their_doubt():
    told = findings.say_coded_turns(series.monthly_turns(months(partial=(), none=())))
    assert (
        "Japan to South Korea, 48 months from Jan 2015 to Dec 2018: turns by BIC in Jan 2017, mean +1.10 to −0.90"
        in told.text
    )
    assert "A turn in reports may be one in reporting." in told.text
    flat = months(partial=(), none=()).assign(goldstein_mean=lambda t: np.tile([0.1, -0.1], len(t) // 2))
    assert "no turn, mean 0.00" in findings.say_coded_turns(series.monthly_turns(flat)).text


def test_two_sources_side_by_side_are_no_splice():
    second = months().assign(goldstein_mean=lambda t: t["goldstein_mean"] * 2)
    found = series.calibrate(months(), second, ("gdelt1", "icews"))
    told = findings.say_calibration(found)
    assert "rank correlation +1.00 over 45 months" in told.text
    assert "no licence to join them" in told.text
    table = findings.table_calibration(found)
    assert table.frame.iloc[2].tolist()[:3] == ["Japan to South Korea", "mean score of reports", "45"]
    assert table.frame.iloc[2].tolist()[5:] == ["+2.00 (+2.00 to +2.00)", "2.00"]


def calendar(**status: str) -> pd.DataFrame:
    rows = pd.DataFrame({"day": pd.date_range("2019-12-30", periods=6), "source": "gdelt1", "feed": "main"})
    return rows.assign(
        status=["covered", "part", "refused", "missing", "gap", "covered"], share=[1, 0.5, 0, 0, 0, 1]
    ).assign(**status)


def test_the_calendar_is_told_drawn_and_listed():
    days = calendar()
    told = findings.say_calendars(days).text
    assert told.startswith(
        "GDELT 1.0, 2019-12-30 to 2020-01-04: of 6 days 2 covered whole, 1 in part, 1 with a refused file"
    )
    assert told.endswith("The publisher's list has no file for 2020-01-03.")
    table = findings.table_calendar(days)
    assert table.frame.to_numpy().tolist() == [
        ["GDELT 1.0", 2019, 1, 1, 0, 0, 0],
        ["GDELT 1.0", 2020, 1, 0, 1, 1, 1],
    ]
    assert list(table.exact["Month"]) == ["2019-12", "2020-01"]
    figure = charts.plot_calendar(days, **findings.words_calendars(days))
    assert figure.headline == "33% of the days are covered whole by the event files held"
    assert all(text in figure.svg for text in coverage.DAY_WORDS.values())
    assert figure.table["days"].tolist() == [1] * 6
    assert set(words.DAYS) == set(coverage.DAY_STYLES) == set(coverage.DAY_WORDS)
    many = findings.say_calendars(
        calendar(status="gap").pipe(lambda d: pd.concat([d, d.assign(day=d["day"] + pd.Timedelta(days=6))]))
    )
    assert many.text.endswith("2020-01-04 and 6 more.")


def test_without_event_files_the_calendar_says_what_to_run():
    with pytest.raises(
        NoDataError, match="no machine-coded events have been cleaned for this pair; run `python -m research"
    ):
        findings.say_calendars(calendar().head(0))
    with pytest.raises(NoDataError, match="no day to draw"):
        charts.plot_calendar(calendar().head(0), **WORDS)
    with pytest.raises(NoDataError, match="no month to draw: no report lies in this window"):
        charts.plot_coded(months().head(0), None, HOME, **WORDS)


def test_gaps_are_hatched_parts_are_open_and_the_bytes_are_the_same():
    level = pd.DataFrame({"month_end": pd.date_range("2014-01-31", periods=70, freq="ME"), "level": 0.5})
    drawn = charts.plot_coded(months(), level, HOME, **WORDS)
    assert drawn.svg == charts.plot_coded(months(), level, HOME, **WORDS).svg
    assert (
        "Curated timeline" in drawn.svg
        and "Curated timeline" not in charts.plot_coded(months(), None, HOME, **WORDS).svg
    )
    many = charts.plot_coded(months(240, partial=tuple(range(0, 240, 2))), level, HOME, **WORDS)
    assert len(many.svg) < 150_000
    assert drawn.table["covered"].tolist() == months()["covered"].tolist()


def test_a_command_inside_a_reason_is_shown_as_it_is_typed():
    limit = findings.WhereHeld()._limit(NoDataError("none of JPN; run `x --dyad JPN-KOR`"), ("file", 1))
    assert limit.text == "Not shown: none of Japan; run `x --dyad JPN-KOR`."


def run_page(notebook: str, monkeypatch, **parameters) -> list:
    """What the cells of a notebook show, run one after the other in this process."""
    shown: list = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    space: dict = {"display": shown.append}
    for cell in json.loads((PROJECT / "notebooks" / f"{notebook}.ipynb").read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), space)
            if "parameters" in cell["metadata"].get("tags", []):
                space |= parameters
    return shown


def told(shown: list) -> str:
    return "\n".join(item.text for item in shown if isinstance(item, findings.Finding))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project with the timeline, and GDELT 1.0 and ICEWS of two years for Japan and China; one day is missing."""
    root = lay_out(tmp_path_factory.mktemp("pages"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEARCH_ROOT", str(root))
        build.build(["timeline"])
        days = pd.date_range("2015-01-01", "2016-12-31").strftime("%Y%m%d")
        lines = [[gdelt_line(f"{d}{n}", 58, _1=d, _17="CHN", _57=d) for n in range(int(d[4:6]))] for d in days]
        months_of = {f"{month}.zip": [] for month in days.str[:6].unique()}
        for day, text in zip(days, lines, strict=True):
            months_of[f"{day[:6]}.zip"] += text
        files = {name: zipped("\n".join(text) + "\n") for name, text in months_of.items() if name != "201603.zip"}
        build.clean_files("gdelt", [folder_of(root, **files)], paths.coded() / "gdelt1", "CHN-JPN")
        rows = [{"Event ID": f"{d}{n}", "Event Date": f"{d[:4]}-{d[4:6]}-{d[6:]}", "Target Country": "China"}
                for d in days for n in range(int(d[4:6]))]  # fmt: skip
        (root / "events.tab").write_text(icews_text(*rows) + "\n")
        build.clean_files("icews", [root / "events.tab"], paths.coded() / "icews")
    return root


def test_a_pair_of_which_nothing_is_held_has_a_page_that_says_so_and_what_to_run(project, monkeypatch):
    monkeypatch.setenv("RESEARCH_ROOT", str(project))
    text = told(run_page("1_trajectory", monkeypatch, dyad="USA-FRA"))
    assert text.startswith("The curated timeline holds no event between United States and France. Nothing else is held")
    assert "`python -m research clean gdelt FILE... --dyad USA-FRA --out data/coded/gdelt`" in text
    assert text.count("Not shown, for the same reason.") == 4
    assert (
        "Not shown: no machine-coded source is asked for; event_source may be gdelt1, gdelt2, icews, polecat." in text
    )


def test_a_pair_with_machine_coded_events_only_is_shown_by_them(project, monkeypatch):
    monkeypatch.setenv("RESEARCH_ROOT", str(project))
    shown = run_page("1_trajectory", monkeypatch, dyad="JPN-CHN", event_source="gdelt1")
    text = told(shown)
    assert "Machine-coded events are held of GDELT 1.0, ICEWS. They are shown below" in text
    assert "cover 23 of 24 months whole, 0 in part and 1 not at all" in text
    assert "turns are sought in 36 months in a row" in text
    assert "GDELT 1.0 and ICEWS are held against each other" in text
    assert [item.role for item in shown if isinstance(item, findings.Finding)].count("answer") == 1
    assert [item.name for item in shown if isinstance(item, charts.Figure)] == ["coded"]
    asked = told(run_page("1_trajectory", monkeypatch, dyad="JPN-CHN", event_source="polecat"))
    assert "no events of polecat have been cleaned for Japan-China; run `python -m research clean polecat" in asked
    asked = told(run_page("1_trajectory", monkeypatch, dyad="JPN-CHN"))
    assert "Name one of them as event_source to see it here." in asked


def test_curated_and_machine_coded_stand_side_by_side_where_both_are_held(project, monkeypatch):
    monkeypatch.setenv("RESEARCH_ROOT", str(project))
    (project / "raw").mkdir()
    year = zipped(gdelt_line(1, 57, _1="20150301", _56="20150301"))
    build.clean_files("gdelt", [folder_of(project / "raw", **{"2015.zip": year})], paths.coded() / "home", "JPN-KOR")
    shown = run_page("1_trajectory", monkeypatch, event_source="gdelt1", start="2015-01")
    figure = next(item for item in shown if isinstance(item, charts.Figure) and item.name == "coded")
    assert "Curated timeline: level of conduct" in figure.svg
    assert figure.table["reports"].tolist() == [0, 0, 1, *[0] * 9]
    assert "no machine-coded source" not in told(shown)
