"""Pairs of states, and how each source spells each state.

States are ISO 3166-1 alpha-3 codes; customs territories with trade figures of their own (Hong Kong, Taiwan,
Macao, Puerto Rico) stand among them. `WLD` is the world as a partner: an aggregate, never a side of a pair.
Spellings are matched exactly, per source, never by prefix or likeness: a new spelling is entered here by
hand.
"""

import difflib
from dataclasses import dataclass

from research.errors import DataError, RequestError

WORLD = "WLD"

_STATES = """
AFG Afghanistan|ALB Albania|DZA Algeria|AND Andorra|AGO Angola|ATG Antigua and Barbuda|ARG Argentina
ARM Armenia|AUS Australia|AUT Austria|AZE Azerbaijan|BHS Bahamas|BHR Bahrain|BGD Bangladesh|BRB Barbados
BLR Belarus|BEL Belgium|BLZ Belize|BEN Benin|BTN Bhutan|BOL Bolivia|BIH Bosnia and Herzegovina|BWA Botswana
BRA Brazil|BRN Brunei|BGR Bulgaria|BFA Burkina Faso|BDI Burundi|CPV Cabo Verde|KHM Cambodia|CMR Cameroon
CAN Canada|CAF Central African Republic|TCD Chad|CHL Chile|CHN China|COL Colombia|COM Comoros|COG Congo
COD Democratic Republic of the Congo|CRI Costa Rica|CIV Côte d'Ivoire|HRV Croatia|CUB Cuba|CYP Cyprus
CZE Czechia|DNK Denmark|DJI Djibouti|DMA Dominica|DOM Dominican Republic|ECU Ecuador|EGY Egypt
SLV El Salvador|GNQ Equatorial Guinea|ERI Eritrea|EST Estonia|SWZ Eswatini|ETH Ethiopia|FJI Fiji|FIN Finland
FRA France|GAB Gabon|GMB Gambia|GEO Georgia|DEU Germany|GHA Ghana|GRC Greece|GRD Grenada|GTM Guatemala
GIN Guinea|GNB Guinea-Bissau|GUY Guyana|HTI Haiti|HND Honduras|HKG Hong Kong|HUN Hungary|ISL Iceland
IND India|IDN Indonesia|IRN Iran|IRQ Iraq|IRL Ireland|ISR Israel|ITA Italy|JAM Jamaica|JPN Japan|JOR Jordan
KAZ Kazakhstan|KEN Kenya|KIR Kiribati|PRK North Korea|KOR South Korea|KWT Kuwait|KGZ Kyrgyzstan|LAO Laos
LVA Latvia|LBN Lebanon|LSO Lesotho|LBR Liberia|LBY Libya|LIE Liechtenstein|LTU Lithuania|LUX Luxembourg
MAC Macao|MDG Madagascar|MWI Malawi|MYS Malaysia|MDV Maldives|MLI Mali|MLT Malta|MHL Marshall Islands
MRT Mauritania|MUS Mauritius|MEX Mexico|FSM Micronesia|MDA Moldova|MCO Monaco|MNG Mongolia|MNE Montenegro
MAR Morocco|MOZ Mozambique|MMR Myanmar|NAM Namibia|NRU Nauru|NPL Nepal|NLD Netherlands|NZL New Zealand
NIC Nicaragua|NER Niger|NGA Nigeria|MKD North Macedonia|NOR Norway|OMN Oman|PAK Pakistan|PLW Palau
PSE Palestine|PAN Panama|PNG Papua New Guinea|PRY Paraguay|PER Peru|PHL Philippines|POL Poland|PRT Portugal
PRI Puerto Rico|QAT Qatar|ROU Romania|RUS Russia|RWA Rwanda|KNA Saint Kitts and Nevis|LCA Saint Lucia
VCT Saint Vincent and the Grenadines|WSM Samoa|SMR San Marino|STP Sao Tome and Principe|SAU Saudi Arabia
SEN Senegal|SRB Serbia|SYC Seychelles|SLE Sierra Leone|SGP Singapore|SVK Slovakia|SVN Slovenia
SLB Solomon Islands|SOM Somalia|ZAF South Africa|SSD South Sudan|ESP Spain|LKA Sri Lanka|SDN Sudan
SUR Suriname|SWE Sweden|CHE Switzerland|SYR Syria|TWN Taiwan|TJK Tajikistan|TZA Tanzania|THA Thailand
TLS Timor-Leste|TGO Togo|TON Tonga|TTO Trinidad and Tobago|TUN Tunisia|TUR Türkiye|TKM Turkmenistan
TUV Tuvalu|UGA Uganda|UKR Ukraine|ARE United Arab Emirates|GBR United Kingdom|USA United States|URY Uruguay
UZB Uzbekistan|VUT Vanuatu|VAT Vatican City|VEN Venezuela|VNM Vietnam|YEM Yemen|ZMB Zambia|ZWE Zimbabwe
"""
STATES: dict[str, str] = {entry[:3]: entry[4:] for line in _STATES.split("\n") if line for entry in line.split("|")}
_BY_NAME = {english: code for code, english in STATES.items()}


def _english(names: str) -> dict[str, str]:
    """Spellings of a source that are our English short names, in one text."""
    return {english: _BY_NAME[english] for english in names.split()}


_KOREA_CUSTOMS = _english(
    """
    Australia Austria Belarus Belgium Brazil Bulgaria Canada China Denmark Finland France Germany Hungary India
    Indonesia Ireland Israel Italy Japan Malaysia Netherlands Norway Philippines Poland Russia Singapore Spain
    Sweden Taiwan Thailand Ukraine Vietnam
    """
) | {
    "Czech": "CZE", "HongKong": "HKG", "Netherland": "NLD", "Rumania": "ROU", "SouthAfrica": "ZAF", "Swiss": "CHE",
    "UK": "GBR", "USA": "USA",
}  # fmt: skip
# The annual file's spellings; the monthly file has the same in capitals.
_MOF_ANNUAL = _english(
    """
    Austria Bahrain Belgium Brazil Brunei Canada Chile China Denmark Finland France Germany Greece India Iran Ireland
    Israel Italy Kuwait Liberia Mexico Norway Oman Panama Peru Qatar Russia Spain Sweden Taiwan Vietnam
    """
) | {
    "Argent": "ARG", "Austral": "AUS", "Colmbia": "COL", "Hg Kong": "HKG", "Indnsia": "IDN", "Malysia": "MYS",
    "Nethlds": "NLD", "Newzeld": "NZL", "Pakistn": "PAK", "Pap Nga": "PNG", "Philpin": "PHL", "Portugl": "PRT",
    "Prtrico": "PRI", "R Korea": "KOR", "S Afrca": "ZAF", "Sngapor": "SGP", "Su Arab": "SAU", "Switzld": "CHE",
    "Thailnd": "THA", "Turkey": "TUR", "U Arb E": "ARE", "U King": "GBR", "USA": "USA", "Venezla": "VEN",
    "Grand Total": WORLD,
}  # fmt: skip
_CODES = {code: code for code in STATES}
# CAMEO codes in GDELT that are no state of ours: regions, parts of states, dependent territories.
NO_STATES = frozenset(
    """
    WSB BAG GZS AFR ASA BLK CRB CAU CFR CAS CEU EIN EAF EEU EUR LAM MEA MDT NAF NMR PGS SCN SAM SAS SEA SAF WAF WST
    ALA ASM AIA ABW BMU VGB CYM COK FRO FLK GUF PYF GIB GRL GLP GUM IMY MTQ MYT MSR ANT NCL NIU NFK MNP PCN REU SHN
    SPM SJM TKL TCA VIR WLF ESH
    """.split()
)
_ICEWS_NAMES = {
    "Bosnia And Herzegovina": "BIH", "Brunei Darussalam": "BRN", "Cape Verde": "CPV", "Cote d'Ivoire": "CIV",
    "Czech Republic": "CZE", "Democratic Republic of Congo": "COD", "Guinea Bissau": "GNB", "Holy See": "VAT",
    "Macedonia": "MKD", "the former Yugoslav Republic of Macedonia": "MKD", "Moldova, Republic of": "MDA",
    "Occupied Palestinian Territory": "PSE", "Republic of South Africa": "ZAF", "Russian Federation": "RUS",
    "Serbia and Montenegro": "SRB", "Swaziland": "SWZ", "Timor Leste": "TLS", "Turkey": "TUR",
    "United Republic Of Tanzania": "TZA", "Korea, Republic Of": "KOR",
}  # fmt: skip
# Names in ICEWS that are no state of ours.
NO_STATE_NAMES = frozenset(
    """
    American Samoa|Anguilla|Antarctica|Aruba|Bermuda|British Virgin Islands|Cayman Islands|Cook Islands|Cook Island
    Curaçao|Faeroe Islands|Faroe Islands|Falkland Islands|French Guiana|French Polynesia|Gibraltar|Greenland
    Guadeloupe|Guam|Guernsey|Isle Of Man|Jersey|Kosovo|Martinique|Mayotte|Montserrat|Netherlands Antilles
    New Caledonia|Niue|Norfolk Island|Northern Mariana Islands|Pitcairn|Saint Barthelemy|Saint Helena
    Saint Martin (French part)|Sint Maarten|Tokelau|Turks and Caicos Islands|United States Virgin Islands
    U.S. Virgin Islands|Wallis and Futuna Islands|Wallis and Futuna|Western Sahara|Christmas Island|Cocos Islands
    """.strip()
    .replace("\n    ", "|")
    .split("|")
)

SPELLINGS: dict[str, dict[str, str]] = {
    "iso3": _CODES | {WORLD: WORLD},
    "timeline": _CODES,
    "gdelt": _CODES | {"ROM": "ROU", "TMP": "TLS", "MTN": "MNE", "ZAR": "COD"},
    "icews": _BY_NAME | _ICEWS_NAMES,
    "polecat": _CODES | {"ROM": "ROU", "TMP": "TLS"},
    "korea_customs": _KOREA_CUSTOMS,
    "japan_mof": _MOF_ANNUAL | {spelling.upper(): code for spelling, code in _MOF_ANNUAL.items()},
    "jnto": {
        code: code
        for code in "AUS CAN CHN DEU ESP FRA GBR HKG IDN IND ITA KOR MEX MYS PHL RUS SGP THA TWN USA VNM".split()
    }
    | {"World": WORLD},
    "federal_reserve": _english("China Japan Taiwan") | {"South Korea": "KOR"},
}

_EURO = "AUT BEL BGR HRV CYP EST FIN FRA DEU GRC IRL ITA LVA LTU LUX MLT NLD PRT SVK SVN ESP".split()
CURRENCIES: dict[str, str] = {
    "JPN": "JPY", "KOR": "KRW", "CHN": "CNY", "TWN": "TWD", "USA": "USD", "GBR": "GBP", "HKG": "HKD", "SGP": "SGD",
    "AUS": "AUD", "CAN": "CAD", "CHE": "CHF", "IND": "INR", "IDN": "IDR", "MYS": "MYR", "PHL": "PHP", "RUS": "RUB",
    "THA": "THB", "VNM": "VND", "MEX": "MXN", "BRA": "BRL",
} | dict.fromkeys(_EURO, "EUR")  # fmt: skip


@dataclass(frozen=True)
class Dyad:
    """A pair of states, in the order asked for."""

    a: str
    b: str

    @property
    def states(self) -> tuple[str, str]:
        """Both ISO3 codes."""
        return (self.a, self.b)

    @property
    def names(self) -> tuple[str, str]:
        """Both English short names."""
        return (STATES[self.a], STATES[self.b])

    @property
    def slug(self) -> str:
        """`JPN-KOR`, as in parameters and file names."""
        return f"{self.a}-{self.b}"

    def other(self, state: str) -> str:
        """The other side. Raises RequestError for a state that is no side of the pair."""
        if state not in self.states:
            raise RequestError(f"{state!r} is no side of the pair {self.slug}; take {self.a} or {self.b}")
        return self.b if state == self.a else self.a

    def __str__(self) -> str:
        return self.slug


def find(slug: str) -> Dyad:
    """The pair named by two ISO3 codes, `JPN-KOR`. Raises RequestError on another form or an unknown state."""
    parts = slug.split("-") if isinstance(slug, str) else []
    if len(parts) != 2:
        raise RequestError(f"pair {slug!r} is not of the form ISO3-ISO3, for example JPN-KOR")
    for part in parts:
        if part not in STATES:
            raise RequestError(_unknown_state(part, slug))
    if parts[0] == parts[1]:
        raise RequestError(f"pair {slug!r} names one state twice; a pair is two states, for example JPN-KOR")
    return Dyad(*parts)


def name(iso3: str) -> str:
    """English short name of a state (or `World`). Raises RequestError on an unknown code."""
    if iso3 == WORLD:
        return "World"
    if iso3 not in STATES:
        raise RequestError(_unknown_state(iso3, iso3))
    return STATES[iso3]


def iso3(spelling: str, system: str, *, where: str = "") -> str:
    """ISO3 code of a source's spelling; exact spellings only. Raises DataError on one not entered here."""
    if system not in SPELLINGS:
        raise DataError(f"no spellings of states for {system!r}; there are {', '.join(sorted(SPELLINGS))}")
    if spelling not in SPELLINGS[system]:
        raise DataError(unknown_spellings({spelling: where}, system))
    return SPELLINGS[system][spelling]


def unknown_spellings(places: dict[str, str], system: str) -> str:
    """The message for spellings that a source used and this page does not know; `places` says where each stood."""
    named = "; ".join(f"{spelling!r}{f' ({where})' if where else ''}" for spelling, where in places.items())
    return (
        f"unknown spelling of a state in {system}: {named}. "
        f"Add it to SPELLINGS[{system!r}] in research/dyads.py if it is a state, or mend the file"
    )


def currency(state: str) -> str:
    """ISO 4217 code of a state's currency. Raises DataError where none is entered."""
    if state not in CURRENCIES:
        raise DataError(f"no currency entered for {state}; add it to CURRENCIES in research/dyads.py")
    return CURRENCIES[state]


def _unknown_state(code: str, slug: str) -> str:
    by_name = {english.upper(): iso for iso, english in STATES.items()}
    near = difflib.get_close_matches(code.upper(), [*STATES, *by_name], n=3, cutoff=0.6)
    codes = list(dict.fromkeys(by_name.get(match, match) for match in near))
    closest = ", ".join(f"{c} ({STATES[c]})" for c in codes)
    hint = f"closest known: {closest}" if closest else "see STATES in research/dyads.py"
    return f"unknown state {code!r} in {slug!r}; wanted ISO3 codes in capitals, for example JPN-KOR; {hint}"
