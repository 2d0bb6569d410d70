"""Pairs and spellings of states."""

import pytest

from research import dyads
from research.errors import DataError, RequestError


def test_a_pair_knows_its_states_names_and_slug():
    pair = dyads.find("JPN-KOR")
    assert (pair.a, pair.b, pair.states, pair.names) == ("JPN", "KOR", ("JPN", "KOR"), ("Japan", "South Korea"))
    assert (pair.slug, str(pair)) == ("JPN-KOR", "JPN-KOR")


def test_every_member_of_the_united_nations_is_there_and_the_world_is_no_state():
    beside = {"TWN", "HKG", "MAC", "PRI", "PSE", "VAT"}
    assert len(set(dyads.STATES) - beside) == 193
    assert dyads.WORLD not in dyads.STATES
    assert len(set(dyads.STATES.values())) == len(dyads.STATES)


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("JPNKOR", r"'JPNKOR' is not of the form ISO3-ISO3, for example JPN-KOR"),
        ("JPN-KOR-CHN", r"not of the form ISO3-ISO3"),
        (None, r"None is not of the form ISO3-ISO3"),
        (
            "JPN-KOX",
            r"unknown state 'KOX' in 'JPN-KOX'; wanted ISO3 codes in capitals.*closest known:.*KOR \(South Korea\)",
        ),
        ("jpn-KOR", r"unknown state 'jpn'.*closest known: JPN \(Japan\)"),
        ("South Korea-JPN", r"unknown state 'South Korea'.*closest known: KOR \(South Korea\)"),
        ("JPN-XQZ", r"unknown state 'XQZ'"),
        ("WLD-JPN", r"unknown state 'WLD'"),
        ("JPN-JPN", r"names one state twice"),
    ],
)
def test_a_pair_we_cannot_read_is_named_with_the_form_wanted_and_the_closest_known(slug, message):
    with pytest.raises(RequestError, match=message):
        dyads.find(slug)


def test_names_are_english_short_names():
    assert (dyads.name("PRK"), dyads.name("WLD")) == ("North Korea", "World")
    with pytest.raises(RequestError, match="unknown state 'XQZ' in 'XQZ'"):
        dyads.name("XQZ")


def test_spellings_are_exact_and_per_source():
    assert dyads.iso3("Swiss", "korea_customs") == "CHE"
    assert dyads.iso3("R Korea", "japan_mof") == dyads.iso3("R KOREA", "japan_mof") == "KOR"
    assert dyads.iso3("Grand Total", "japan_mof") == dyads.iso3("World", "jnto") == "WLD"
    with pytest.raises(DataError, match=r"in korea_customs: 'Swiss ' \(file x, line 3\).*SPELLINGS\['korea_customs'\]"):
        dyads.iso3("Swiss ", "korea_customs", where="file x, line 3")
    with pytest.raises(DataError, match="unknown spelling of a state in jnto: 'Swiss'"):
        dyads.iso3("Swiss", "jnto")
    with pytest.raises(DataError, match="no spellings of states for 'fips'; there are"):
        dyads.iso3("KS", "fips")


def test_every_spelling_leads_to_a_state_we_know():
    for system, spellings in dyads.SPELLINGS.items():
        assert set(spellings.values()) <= {*dyads.STATES, dyads.WORLD}, system


def test_a_currency_not_entered_is_an_error_that_says_where_to_add_it():
    assert (dyads.currency("KOR"), dyads.currency("DEU")) == ("KRW", "EUR")
    with pytest.raises(DataError, match="no currency entered for TUV; add it to CURRENCIES in research/dyads.py"):
        dyads.currency("TUV")
