"""Published statements and their verdicts: the rules, on statements whose answer is known from the shipped figures."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from research import charts, claims, findings
from research.__main__ import main
from research.claims.books import NotHeld, told_rows
from research.claims.periods import of_months, parse
from research.errors import DataError, NoDataError
from research.sources.claims import HEADER, allowed, is_period, unit_fits

PROJECT = Path(__file__).resolve().parent.parent
BASE = {
    "statement": "Something was printed.", "said_by": "a paper", "said_on": "2024-01-01",
    "source_url": "https://example.org/a", "about": "hydrogen_fluoride", "item": "2811111000",
    "reporter": "KOR customs", "flow": "import", "measure": "value", "period": "2019", "baseline_period": "",
    "partner": "JPN", "value": "36335322", "unit": "USD", "tolerance": "1", "timeline_events": "",
}  # fmt: skip
VISIT = {"about": "visitors_kr_to_jp", "item": "", "reporter": "JNTO", "flow": "", "partner": "KOR"}
PEOPLE = VISIT | {"measure": "count", "unit": "persons", "tolerance": "0"}
YEN = {"about": "total_trade", "item": "Grand Total", "reporter": "JPN customs", "flow": "export", "partner": "KOR",
       "unit": "JPY", "tolerance": "500"}  # fmt: skip
EVENT = {"about": "events", "item": "", "reporter": "METI", "flow": "", "measure": "date", "unit": "date",
         "partner": "KOR", "tolerance": "0"}  # fmt: skip
PERCENT = {"unit": "percent", "tolerance": "0.05"}
RATE = {"about": "fx", "item": "", "reporter": "market", "flow": "", "unit": "KRW/USD", "partner": "USA"}

# name -> (what differs from BASE, verdict, words of the sentence, the definition, a reading or the chance warning)
YES = {"unit": "yes_no", "value": "1", "tolerance": "0"}
HEADS = VISIT | {"measure": "count"} | YES
KNOWN = {
    # Statements that ask yes or no.
    "fewest since, and the last lower is named": (
        HEADS | {"period": "2019", "statement": "Korean visitors in 2019 were the fewest since 2016."},
        "reproduced", "the last lower was 5,090,302 persons in 2016",
    ),
    "lowest since, but a later year was lower": (
        YEN | YES | {"period": "2019", "flow": "balance", "baseline_period": "2009",
                     "statement": "Japan's surplus in 2019 was the smallest since 2009."},
        "contradicted", "but 1,677,565,938,000 JPY in 2012",
    ),
    "lowest since a year that was not lower itself": (
        YES | {"period": "2020", "measure": "share",
               "statement": "Japan's share of hydrogen fluoride in 2020 was the lowest since 2010."},
        "differs_by_definition", "2010 itself was not lower",
    ),
    "a record where earlier years are not held": (
        HEADS | {"period": "2024", "statement": "Korean visitors in 2024 were the most on record."},
        "not_testable", "none held back to 2003 is higher",
    ),
    "a first that was none": (
        HEADS | {"period": "2023", "statement": "Korea was the largest source of visitors for the first time since 2013."},
        "contradicted", "so it was before: place 1 among the partners held in 2022",
    ),
    "second among partners": (
        HEADS | {"period": "2019", "statement": "Korea was the second-largest source of visitors."}, "reproduced", "place 2",
    ),
    "past a threshold": (
        YES | {"measure": "change", "period": "2020", "baseline_period": "2019",
               "statement": "Hydrogen fluoride from Japan fell by more than 80 %."}, "contradicted", "−74.20 %",
    ),
    "halved": (
        YES | {"measure": "change", "period": "2020", "baseline_period": "2019",
               "statement": "Hydrogen fluoride from Japan more than halved."}, "reproduced", "−74.20 %",
    ),
    "none at all": (
        YES | {"measure": "weight", "period": "2019-08", "statement": "No hydrogen fluoride came from Japan."},
        "reproduced", "0 kg for 2019-08",
    ),
    "a no that is printed as no": (
        YEN | YES | {"value": "0", "period": "2020", "flow": "balance", "statement": "Japan ran a deficit with Korea."},
        "reproduced", "No: 1,924,939,699,000 JPY",
    ),
    "a weaker won is a dearer dollar": (
        RATE | YES | {"measure": "change", "period": "2022-10", "baseline_period": "2021-10",
                      "statement": "The won was weaker than a year before."}, "reproduced", "20.66 %",
    ),
    "the yen at its lowest": (
        RATE | YES | {"period": "2022-10", "statement": "The yen was at its lowest against the dollar since 1990."},
        "reproduced", "the last higher was 147.46 JPY/USD in 1990-08",
    ),
    "an event in its period": (
        EVENT | YES | {"period": "2019", "timeline_events": "JK20190828-01"}, "reproduced", "Yes: the timeline has",
    ),
    "an event out of its period": (
        EVENT | YES | {"period": "2020", "timeline_events": "JK20190828-01"}, "contradicted", "No: the timeline has",
    ),
    # Spellings a person types.
    "days that are a whole month": (
        {"period": "2019-07-01/2019-07-31", "value": "961061"}, "reproduced", "961,061 USD",
    ),
    "office and code as typed": (
        {"reporter": "korea customs service", "item": "2811.11-1000", "period": "2019-07", "value": "961061"},
        "reproduced", "961,061 USD",
    ),
    "group in small letters": (
        YEN | {"item": "grand total", "period": "2018", "value": "5792562476000"}, "reproduced", "JPY",
    ),
    "all goods where no item is named": (
        YEN | {"item": "", "period": "2018", "value": "5792562476000"}, "reproduced", "JPY",
    ),
    "currencies named in words": (
        RATE | PERCENT | {"measure": "change", "period": "2022-10", "baseline_period": "2021-10", "value": "30.0",
                          "statement": "The price of a dollar in yen rose 30.0 %."}, "reproduced", "29.99 %",
    ),
    "worth of the won for the price of the dollar": (
        RATE | PERCENT | {"measure": "change", "period": "2022-10", "baseline_period": "2022-01", "value": "-16.1",
                          "statement": "The won lost 16.1 % of its worth in dollars."},
        "differs_by_definition", "the worth of KRW in USD",
    ),
    "part of all goods": (
        YEN | {"item": "Semicon Machinery Etc", "measure": "share", "period": "2019", "value": "6.3", **PERCENT,
               "statement": "Chip machinery made up 6.3 % of Japan's exports to Korea."}, "reproduced", "6.28 %",
    ),
    "all partners where one is held": (
        {"item": "3920999010", "measure": "share", "period": "2019", "value": "93", **PERCENT},
        "not_testable", "all partners together are not held for 3920999010: JPN only",
    ),
    "events in the other order": (
        EVENT | {"period": "2019-08", "value": "34", "unit": "days", "timeline_events": "JK20190807-01;JK20190704-01"},
        "reproduced", "34.00 days",
    ),
    "a slip of a thousand": ({"value": "36335", "tolerance": "0.5"}, "contradicted", "1,000 times too small"),
    "a slip that cannot be one": (
        {"item": "3707901010", "measure": "share", "period": "2018", "partner": "DEU", "value": "12.0", **PERCENT},
        "contradicted", "0.02 % for 2018, −11.98 points against the printed 12.00 %.",
    ),
    "another base by a year": (
        VISIT | PERCENT | {"measure": "change", "period": "2023-11", "baseline_period": "2018-11", "value": "216.9"},
        "contradicted", "a year later for the base, against 2019-11",
    ),
    # What is not held is named.
    "a figure of a day": ({"period": "2019-07-04", "value": "1"}, "not_testable", "a figure for the day 2019-07-04"),
    "no flow": ({"flow": "", "value": "1"}, "not_testable", "no flow is stated"),
    "no partner": ({"partner": "", "value": "1"}, "not_testable", "no partner is stated"),
    "an item nobody holds": ({"item": "2203", "value": "1"}, "not_testable", "held are 2811111000, 3707901010"),
    "Japanese visitors to Korea": (
        PEOPLE | {"about": "visitors_jp_to_kr", "value": "1"}, "not_testable", "JNTO counts arrivals in Japan only",
    ),
    "a count of things": (
        {"measure": "count", "unit": "items", "value": "3"}, "not_testable", "a count of items is in none of the series",
    ),
    "money from the visitors' office": (VISIT | {"value": "1"}, "not_testable", "a figure in USD is in none"),
    "currencies not said": (
        RATE | PERCENT | {"measure": "change", "period": "2019", "baseline_period": "2018", "partner": "CHN", "value": "1"},
        "not_testable", "which two currencies are meant is not stated",
    ),
    "a change from nothing": (
        {"measure": "change", "period": "2019-10", "baseline_period": "2019-08", "value": "1", **PERCENT},
        "not_testable", "what it is divided by is zero",
    ),
    "a rank of a balance": (
        {"measure": "count", "flow": "balance", "unit": "rank", "value": "1"}, "not_testable",
        "a rank is taken among partners of one flow",
    ),
    "a rank against earlier years": (
        {"measure": "count", "unit": "rank", "baseline_period": "2010", "value": "1"}, "not_testable",
        "a rank against earlier years",
    ),
    "a month for a day": (
        EVENT | {"period": "2019-09-03", "value": "2019-09-03", "timeline_events": "JK20190901-01"}, "not_testable",
        "too coarse for 2019-09-03",
    ),
    "a month for a day, yes or no": (
        EVENT | YES | {"period": "2019-09-03", "timeline_events": "JK20190901-01"}, "not_testable", "to 2019-09 only",
    ),
    "yes or no without an event": (
        EVENT | YES | {"period": "2019"}, "not_testable", "does not name one event",
    ),
    "highest since nothing": (
        YEN | YES | {"period": "2019", "statement": "Exports were at their highest."},
        "not_testable", "none of the forms",
    ),
    "a figure of another measure": (
        YES | {"measure": "share", "period": "2019", "statement": "It came to more than 30 million dollars."},
        "not_testable", "which is no figure of the measure share",
    ),
    "a first that cannot be told": (
        HEADS | {"period": "2003", "statement": "Korea was the largest source of visitors for the first time."},
        "not_testable", "whether it is a first cannot be told",
    ),
    # Figures and dates.
    "value of a year": ({}, "reproduced", "36,335,322 USD"),
    "weight of a month in tonnes": (
        {"measure": "weight", "period": "2019-07", "value": "529.85", "unit": "t", "tolerance": "0.005"},
        "reproduced", "529.85 t",
    ),
    "recorded zero": ({"period": "2019-08", "value": "0", "tolerance": "0"}, "reproduced", "0 USD"),
    "export from the same books": (
        {"flow": "export", "period": "2019-01/2019-05", "measure": "weight", "unit": "t", "value": "39.65",
         "tolerance": "0.005"}, "reproduced", "39.65 t",
    ),
    "share of a year": (
        {"measure": "share", "value": "41.94", "period": "2018", **PERCENT}, "reproduced", "41.94 %",
    ),
    "share in words of tonnage": (
        {"statement": "By tonnage Japan held 46.0 %.", "measure": "share", "value": "46.0", "period": "2018", **PERCENT},
        "reproduced", "by weight",
    ),
    "weight taken for value": (
        {"measure": "share", "value": "46.03", "period": "2018", **PERCENT}, "differs_by_definition",
        "weight for value",
    ),
    "share of another year": (
        {"measure": "share", "value": "32.2", "period": "2018", **PERCENT}, "contradicted", "a year later, 2019",
    ),
    "thousand taken for dollars": ({"value": "36335.322"}, "contradicted", "1,000 times too small"),
    "part of a year": ({"value": "33729242"}, "contradicted", "part of the year, 2019-01/2019-06"),
    "mean of a month": (
        {"period": "2019-01/2019-06", "value": "5621540"}, "differs_by_definition", "the mean of a month for the sum",
    ),
    "month on month for year on year": (
        {"measure": "change", "period": "2019-07", "baseline_period": "2018-07", "value": "-81.84", **PERCENT},
        "differs_by_definition", "against the period before (2019-06)",
    ),
    "change in points of a share": (
        {"measure": "change", "period": "2019", "baseline_period": "2018", "value": "-9.75", "unit": "percentage_point",
         "tolerance": "0.01"}, "reproduced", "points",
    ),
    "a multiple": (
        {"statement": "The tonnage was 1,984.6 times November's.", "measure": "change", "period": "2019-12",
         "baseline_period": "2019-11", "value": "1984.55", "unit": "times", "tolerance": "0.1"},
        "reproduced", "by weight",
    ),
    "rank among suppliers": (
        {"measure": "count", "period": "2020", "value": "2", "unit": "rank", "tolerance": "0"}, "reproduced", "place 2",
    ),
    "after the series ends": ({"period": "2022", "value": "1"}, "not_testable", "run from 2000-01 to 2021-11"),
    "an unfinished year": ({"period": "2021", "value": "12520000"}, "not_testable", "1 of 12 is missing"),
    "an office that is not held": ({"reporter": "KAIDA"}, "not_testable", "figures of kaida are not held"),
    "Japan's item, only quoted": (
        {"item": "281111000", "reporter": "JPN customs", "flow": "export", "measure": "weight", "period": "2019-07",
         "partner": "KOR", "value": "479.1", "unit": "t", "tolerance": "0.05"}, "not_testable", "weights of Japan",
    ),
    "no period": ({"period": ""}, "not_testable", "No period is stated"),
    "no base": ({"measure": "change", **PERCENT}, "not_testable", "No base period"),
    "yes or no in no form known": ({**YES, "statement": "The curbs worked."}, "not_testable", "none of the forms"),
    "a judgement": (
        {**YES, "statement": "Only Japan could deliver."}, "not_testable", "turns on “Only”, which figures alone",
    ),
    "yearly figures asked for a month": (
        {"item": "3920999010", "period": "2019-01", "value": "1"}, "not_testable", "yearly ones only, 2016 to 2020",
    ),
    "an unknown supplier": ({"partner": "BRA", "value": "1"}, "not_testable", "partner BRA is not held"),
    "visitors of a year": (PEOPLE | {"value": "5584597"}, "reproduced", "5,584,597"),
    "an early estimate of visitors": (
        PEOPLE | {"value": "5584600"}, "differs_by_definition", "an estimate for the final count",
    ),
    "level against a base": (
        VISIT | {"measure": "share", "period": "2019", "baseline_period": "2018", "value": "74.08", **PERCENT},
        "reproduced", "74.08 %",
    ),
    "share of all visitors": (
        VISIT | {"measure": "share", "period": "2018", "value": "24.2", **PERCENT}, "reproduced", "%",
    ),
    "yen of a year": (YEN | {"period": "2018", "value": "5792562476000"}, "reproduced", "5,792,562,476,000 JPY"),
    "balance": (
        YEN | {"period": "2019", "flow": "balance", "value": "1816720609000"}, "reproduced", "JPY",
    ),
    "both ways": (
        YEN | {"period": "2018", "flow": "export+import", "value": "9343026392000"}, "reproduced", "JPY",
    ),
    "wrong flow": (YEN | {"period": "2018", "value": "3550463916000"}, "contradicted", "another flow, import"),
    "sign turned": (
        YEN | {"period": "2019", "flow": "balance", "value": "-1816720609000"}, "contradicted", "sign turned round",
    ),
    "before the file begins": (YEN | {"period": "2007", "value": "1"}, "not_testable", "run from 2009 to 2026"),
    "an unfinished year of goods": (YEN | {"period": "2026", "value": "1"}, "not_testable", "part of the year only"),
    "sub-line for its group": (
        YEN | {"item": "Motor Vehicles", "measure": "change", "period": "2019", "baseline_period": "2018",
               "value": "-13.1", **PERCENT}, "differs_by_definition", "(Car) alone for Motor Vehicles",
    ),
    "won per dollar": (RATE | {"period": "2019-07", "value": "1177.23", "tolerance": "0.005"}, "reproduced", "KRW/USD"),
    "a rate of a day": (RATE | {"period": "2019-08-05", "value": "1215.3"}, "not_testable", "monthly averages only"),
    "day of an event": (
        EVENT | {"period": "2023-07-21", "value": "2023-07-21", "timeline_events": "JK20230721-01"}, "reproduced",
        "2023-07-21",
    ),
    "another step": (
        EVENT | {"period": "2023-07-21", "value": "2023-06-27", "timeline_events": "JK20230721-01"},
        "differs_by_definition", "another step of the same matter: “Japan decides to restore",
    ),
    "a day on which nothing of it happened": (
        EVENT | {"period": "2023-07-01", "value": "2023-07-03", "timeline_events": "JK20230721-01"}, "contradicted",
        "18 days after",
    ),
    "the year shifted": (
        EVENT | {"period": "2022-07", "value": "2022-07", "timeline_events": "JK20230721-01"}, "contradicted",
        "the year shifted by one",
    ),
    "interval in days": (
        EVENT | {"period": "2019-08", "value": "34", "unit": "days", "timeline_events": "JK20190704-01;JK20190807-01"},
        "reproduced", "34.00 days",
    ),
    "both days counted": (
        EVENT | {"period": "2019-08", "value": "35", "unit": "days", "timeline_events": "JK20190704-01;JK20190807-01"},
        "differs_by_definition", "counting both",
    ),
    "an interval that is false": (
        EVENT | {"period": "2019-08", "value": "9", "unit": "years", "tolerance": "0.5",
                 "timeline_events": "JK20190704-01;JK20190807-01"}, "contradicted", "no other end",
    ),
    "an event that is not there": (
        EVENT | {"period": "2019", "value": "2019", "timeline_events": "JK19000101-01"}, "not_testable",
        "not in the timeline",
    ),
    "no event named": (EVENT | {"period": "2019", "value": "2019"}, "not_testable", "no event of the timeline is named"),
    "two events for one date": (
        EVENT | {"period": "2019", "value": "2019", "timeline_events": "JK20190704-01;JK20190807-01"}, "not_testable",
        "a date is of one event",
    ),
    "one event for an interval": (
        EVENT | {"period": "2019", "value": "9", "unit": "days", "timeline_events": "JK20190704-01"}, "not_testable",
        "runs between two events",
    ),
    "yen from Korea's books": (
        {"period": "2019-07", "unit": "JPY", "value": "104069836", "tolerance": "50000"}, "differs_by_definition",
        "converted",
    ),
}  # fmt: skip


def ledger(path: Path, *rows: dict, header: tuple[str, ...] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows({"claim_id": f"c{n}"} | BASE | row for n, row in enumerate(rows))
    return path


@pytest.fixture(scope="module")
def books(built: Path) -> claims.Books:
    return claims.Books()


@pytest.fixture(scope="module")
def known(books: claims.Books, tmp_path_factory: pytest.TempPathFactory) -> claims.Judged:
    folder = tmp_path_factory.mktemp("ledger")
    return claims.judge_file(
        ledger(folder / "mine.csv", *({"claim_id": name} | row for name, (row, *_) in KNOWN.items())), books
    )


@pytest.mark.parametrize("name", KNOWN)
def test_a_statement_of_known_answer_gets_its_verdict_and_its_reason(known: claims.Judged, name: str):
    _, verdict, said = KNOWN[name]
    found = known.verdicts[name]
    told = " ".join([found.sentence, found.definition, *(r.label for r in found.readings)])
    assert found.verdict == verdict, told
    assert said.lower() in told.lower()


def test_every_verdict_but_not_testable_stands_on_rows_of_the_raw_files(known: claims.Judged):
    for name, found in known.verdicts.items():
        assert bool(found.rows) == (found.verdict != "not_testable"), name
        for file, lines in found.rows:
            assert max(lines) <= len((PROJECT / "data/raw" / file).read_text("utf-8").splitlines()), name


def test_the_rows_named_hold_the_figure(known: claims.Judged):
    [(file, lines)] = known.verdicts["weight of a month in tonnes"].rows
    row = (PROJECT / "data/raw" / file).read_text("utf-8").splitlines()[lines[0] - 1]
    assert row.startswith("2019-07,2811111000,Japan,961061,529850")


def test_a_figure_with_a_hole_is_not_recomputed(built: Path, tmp_path: Path):
    books = claims.Books()
    hole = books.trade["period"].eq("2019-07-01")
    books.trade = books.trade.assign(value=books.trade["value"].mask(hole))
    [found] = claims.judge_file(ledger(tmp_path / "x.csv", {"period": "2019-07"}), books).verdicts.values()
    assert (
        found.verdict == "not_testable"
        and "a value is missing in korea_customs/hsk10_monthly" in found.sentence.lower()
    )


def record_of(known: claims.Judged, name: str) -> dict:
    return next(record for record in known.records() if record["claim_id"] == name)


@pytest.mark.parametrize(
    ("name", "headline", "drawn"),
    {
        "another year": ("share of another year", "true of", "later, 2019"),
        "a date": ("the year shifted", "2022-07: true of 2023-07, the year shifted by one", "2023-07-21"),
        "a slip": ("a slip of a thousand", "times too", "recomputed"),
        "an interval": ("both days counted", "true on another basis, counting both", "counting both"),
        "a hair": ("an early estimate of visitors", "off by a hair, an estimate for the final count", "5,584,597"),
    }.values(),
)
def test_a_failure_is_drawn_and_its_headline_says_what_went_wrong(
    known: claims.Judged, name: str, headline: str, drawn: str
):
    words = findings.words_claim(known, name)
    figure = charts.plot_claim(record_of(known, name), **words)
    assert headline in words["headline"]
    assert drawn in figure.svg and "claim_id" in figure.table


def test_what_was_not_recomputed_is_not_drawn(known: claims.Judged):
    with pytest.raises(NoDataError, match="no period: nothing was recomputed, so there is nothing to draw"):
        charts.plot_claim(record_of(known, "no period"), headline="", subtitle="", alt="", source="")


def test_a_scale_of_powers_says_so_and_an_even_one_does_not():
    words = {"headline": "", "subtitle": "", "alt": "", "source": ""}
    slip = {"claim_id": "slip", "printed": 1e12, "tolerance": 0.5, "readings": [], "unit": "USD"}
    for computed, told in ((1.1e8, True), (0.9e12, False)):
        drawing = charts.plot_claim(slip | {"computed": computed}, **words).svg
        assert ("logarithmic" in drawing) == told


def test_the_gallery_has_one_of_each_kind_of_failure(known: claims.Judged):
    chosen = findings.instructive(known)
    assert len(chosen) == len(set(chosen)) == 9
    assert {known.verdicts[name].verdict for name in chosen} <= {"contradicted", "differs_by_definition"}


def test_the_table_says_where_each_verdict_comes_from_and_lets_a_reader_choose_without_script(known: claims.Judged):
    table = findings.table_claims(known)
    page = table.html()
    assert "<script" not in page and page.count('<option value="">all') == 3
    assert "Stands on korea_customs/hsk10_monthly" in page and "Reading: weight for value (korea_customs" in page
    kinds = sorted(known.table["about"].unique(), key=str.lower)
    place = kinds.index("fx")
    assert f'#choose-claims:has(.by-about [value="{place}"]:checked) tbody tr:not([data-about="{place}"])' in page
    assert page.count(f'data-about="{place}"') == 1 + int(known.table["about"].eq("fx").sum())
    assert {"file", "line", "stands_on", "computed", "difference", "tolerance", "beside"} <= {*table.exact}


def test_rejected_rows_are_named_on_the_page_without_codes_of_ours(books: claims.Books, tmp_path: Path):
    judged = claims.judge_file(ledger(tmp_path / "bad.csv", {}, {"tolerance": ""}), books)
    assert "line 3: tolerance '' is none" in findings.say_rejected_claims(judged).text
    assert findings.say_rejected_claims(claims.judge_file(ledger(tmp_path / "ok.csv", {}), books)).role == "coverage"


def test_a_quotation_stands_beside_and_does_not_decide(known: claims.Judged):
    beside = " ".join(known.verdicts["Japan's item, only quoted"].beside)
    assert "529,850 kg" in beside
    assert "quoted, does not decide: Japan's export weight 479.10 t" in beside


def test_a_match_that_chance_could_give_is_marked(known: claims.Judged):
    assert "chance alone would give about" in known.verdicts["weight taken for value"].warning or (
        known.verdicts["weight taken for value"].by_chance <= 0.05
    )
    assert known.verdicts["share of another year"].tried > 10


def test_the_id_of_a_statement_changes_nothing(books: claims.Books, tmp_path: Path, known: claims.Judged):
    rows = [{"claim_id": f"z{n}"} | row for n, (row, *_) in enumerate(KNOWN.values())]
    again = claims.judge_file(ledger(tmp_path / "other.csv", *rows), books)
    assert [v.verdict for v in again.verdicts.values()] == [v.verdict for v in known.verdicts.values()]


BAD = {
    "unknown measure": ({"measure": "price"}, "measure 'price' is unknown; allowed are value, share"),
    "unit that does not fit": ({"unit": "kg"}, "unit 'kg' does not fit value; allowed are USD, JPY, KRW"),
    "mass that is counted": ({"measure": "count", "unit": "t"}, "does not fit count; allowed are any plain noun"),
    "month that is none": ({"period": "2019-13"}, "period '2019-13' is none; allowed is YYYY"),
    "day that is none": ({"period": "2019-02-30"}, "period '2019-02-30' is none"),
    "period backwards": ({"period": "2020/2019"}, "period '2020/2019' is none"),
    "base that is none": ({"baseline_period": "last year"}, "baseline_period 'last year' is none"),
    "no tolerance": ({"tolerance": ""}, "tolerance '' is none; allowed is a number of 0 or more"),
    "tolerance below zero": ({"tolerance": "-1"}, "tolerance '-1' is none"),
    "no source": ({"source_url": ""}, "without a source cannot be judged"),
    "nobody said it": ({"said_by": ""}, "without a source cannot be judged"),
    "no statement": ({"statement": ""}, "statement is empty"),
    "unknown flow": ({"flow": "imports"}, "flow 'imports' is unknown; allowed are import, export"),
    "unknown partner": ({"partner": "JAP"}, "partner 'JAP' is unknown; allowed are ISO3 codes"),
    "yes or no that is neither": ({"unit": "yes_no", "value": "2"}, "1 or 0 for the unit yes_no"),
    "text for a number": ({"value": "36 million"}, "value '36 million' does not fit"),
    "day of print that is none": ({"said_on": "yesterday"}, "said_on 'yesterday' is no day"),
}


@pytest.mark.parametrize(("row", "message"), BAD.values(), ids=BAD)
def test_an_unsound_row_is_rejected_with_line_and_what_is_allowed_and_the_others_go_on(
    books: claims.Books, tmp_path: Path, row: dict, message: str
):
    judged = claims.judge_file(ledger(tmp_path / "bad.csv", {}, row), books)
    assert [v.verdict for v in judged.verdicts.values()] == ["reproduced"]
    [told] = judged.rejected
    assert "bad.csv, line 3: " in told and message in told


def test_an_id_used_twice_is_rejected_each_time(books: claims.Books, tmp_path: Path):
    judged = claims.judge_file(ledger(tmp_path / "bad.csv", {}, {"claim_id": "x"}, {"claim_id": "x"}), books)
    assert list(judged.verdicts) == ["c0"]
    assert [told.split(": ")[0][-6:] for told in judged.rejected] == ["line 3", "line 4"]
    assert "claim_id 'x' is used more than once" in judged.rejected[0]


def test_the_command_exits_with_one_where_a_row_of_my_ledger_was_rejected(built: Path, tmp_path: Path):
    file = ledger(tmp_path / "bad.csv", {}, {"measure": "price"})
    ran = CliRunner().invoke(main, ["claims", "--ledger", str(file), "--json"])
    assert ran.exit_code == 1
    [record] = json.loads(ran.stdout)
    assert record["verdict"] == "reproduced" and record["rows"][0]["lines"]
    assert "line 3: measure_unknown" in ran.stderr


def test_the_template_is_judged_and_all_of_it_holds(built: Path):
    ran = CliRunner().invoke(main, ["claims", "--ledger", str(PROJECT / "templates/claims_template.csv")])
    assert ran.exit_code == 0, ran.stderr
    assert "4 statements: 4 reproduced" in ran.stdout


def test_a_ledger_of_another_header_is_refused(tmp_path: Path):
    (tmp_path / "x.csv").write_text("claim_id,statement\n1,2\n")
    with pytest.raises(DataError, match="columns missing: 'said_by'"):
        claims.judge_file(tmp_path / "x.csv")


def test_a_ledger_without_a_sound_row_says_where_to_begin(tmp_path: Path):
    with pytest.raises(NoDataError, match="no row kept of 2 read: line 2: measure 'price' is unknown; .*line 3: .*"
                                          "Start from templates/claims_template.csv"):  # fmt: skip
        claims.judge_file(ledger(tmp_path / "x.csv", {"measure": "price"}, {"tolerance": ""}))


def test_every_fault_of_a_row_is_named_at_once(books: claims.Books, tmp_path: Path):
    row = {"measure": "price", "period": "2019-13", "tolerance": "", "source_url": ""}
    [told] = claims.judge_file(ledger(tmp_path / "bad.csv", {}, row), books).rejected
    for fault in ("without a source", "measure 'price'", "period '2019-13'", "tolerance ''"):
        assert fault in told


def test_the_standing_ledger_agrees_with_the_editors_in_nine_of_ten(built: Path):
    file = PROJECT.parent / "shared" / "claims.csv"
    if not file.is_file():
        pytest.skip("no editors' judgements beside the project (../shared/claims.csv)")
    with file.open(encoding="utf-8", newline="") as lines:
        expected = {row["claim_id"]: row["expected_from_snapshot"] for row in csv.DictReader(lines)}
    judged = claims.standing()
    graded = {name: verdict for name, verdict in expected.items() if verdict}
    agreed = [name for name, verdict in graded.items() if getattr(judged.verdicts.get(name), "verdict", "") == verdict]
    assert len(judged.rejected) == 1 and len(graded) == 144
    assert len(agreed) / len(graded) >= 0.95, sorted(set(graded) - set(agreed))


def test_the_editors_columns_are_not_in_the_ledger_of_the_project():
    header = next((PROJECT / "data/raw/claims").glob("*.csv")).read_text("utf-8").split("\n", 1)[0]
    assert header == ",".join(HEADER)


def test_periods_are_read_and_shifted():
    assert parse("2019-07/2020-06").shifted(-12).text == "2018-07/2019-06"
    assert parse("2019").shifted(12).text == "2020"
    assert of_months(parse("2019-01").first, parse("2019-12").first).text == "2019"
    assert is_period("2020-02-29") and not is_period("2019-02-29") and not is_period("2019/2020-01")


def test_units_fit_their_measures():
    assert unit_fits("count", "countries") and unit_fits("date", "months") and unit_fits("share", "yes_no")
    assert not unit_fits("share", "USD") and not unit_fits("count", "USD")
    assert "2019-13" in allowed("period_invalid", dict.fromkeys(HEADER, "") | {"period": "2019-13"})
    assert "has not 17 fields" in allowed("field_count", ["a", "b"])


def test_rows_are_told_as_runs_of_lines():
    assert told_rows((("a.csv", (2, 3, 4, 9)),)) == "a.csv, lines 2-4, 9"


def test_a_figure_that_is_not_held_is_a_fault_of_the_data():
    assert issubclass(NotHeld, DataError)
