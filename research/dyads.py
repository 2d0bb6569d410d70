"""Pairs of states, and how each source spells each state.

States are ISO 3166-1 alpha-3 codes; customs territories with trade figures of their own (Hong Kong, Taiwan,
Macao, Puerto Rico) stand among them. `WLD` is the world as a partner: an aggregate, never a side of a pair.
Spellings are matched exactly, per source, never by prefix or likeness: a new spelling is entered here by
hand.
"""

import difflib
from dataclasses import dataclass

from research.errors import DataError, NoDataError, RequestError

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
    Sweden Taiwan Thailand Ukraine Vietnam Algeria Argentina Colombia Egypt Estonia Mexico Portugal Slovakia Tunisia
    """
) | {
    "Turkey": "TUR", "Czech": "CZE", "HongKong": "HKG", "Netherland": "NLD", "Rumania": "ROU", "SouthAfrica": "ZAF",
    "Swiss": "CHE",
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

# ISO 3166-1 two-letter codes and numbers (checked against ISO's list as pycountry 26.2 has it); beside the number UN
# Comtrade's own where it has one (France, India, Italy, Norway, Switzerland, Taiwan, United States, from its list of
# reporters); then the country codes of Japan's trade statistics (Japan Tariff Association's list, and a copy of the
# ministry's; Kosovo and dependent territories have codes there too, and are no states of ours: `japan_customs.py`).
_NUMBERS = """
AFG AF 4 130|ALB AL 8 229|DZA DZ 12 503|AND AD 20 212|AGO AO 24 535|ATG AG 28 331|ARG AR 32 413|ARM AM 51 151
AUS AU 36 601|AUT AT 40 225|AZE AZ 31 150|BHS BS 44 315|BHR BH 48 135|BGD BD 50 127|BRB BB 52 319|BLR BY 112 239
BEL BE 56 208|BLZ BZ 84 308|BEN BJ 204 519|BTN BT 64 132|BOL BO 68 408|BIH BA 70 243|BWA BW 72 555|BRA BR 76 410
BRN BN 96 116|BGR BG 100 232|BFA BF 854 521|BDI BI 108 534|CPV CV 132 522|KHM KH 116 120|CMR CM 120 527|CAN CA 124 302
CAF CF 140 529|TCD TD 148 528|CHL CL 152 409|CHN CN 156 105|COL CO 170 401|COM KM 174 558|COG CG 178 532
COD CD 180 533|CRI CR 188 311|CIV CI 384 516|HRV HR 191 241|CUB CU 192 321|CYP CY 196 233|CZE CZ 203 245
DNK DK 208 204|DJI DJ 262 539|DMA DM 212 333|DOM DO 214 323|ECU EC 218 406|EGY EG 818 506|SLV SV 222 309
GNQ GQ 226 530|ERI ER 232 559|EST EE 233 235|SWZ SZ 748 556|ETH ET 231 538|FJI FJ 242 612|FIN FI 246 222
FRA FR 250,251 210|GAB GA 266 531|GMB GM 270 511|GEO GE 268 157|DEU DE 276 213|GHA GH 288 517|GRC GR 300 230
GRD GD 308 329|GTM GT 320 306|GIN GN 324 513|GNB GW 624 512|GUY GY 328 403|HTI HT 332 322|HND HN 340 307
HKG HK 344 108|HUN HU 348 227|ISL IS 352 201|IND IN 356,699 123|IDN ID 360 118|IRN IR 364 133|IRQ IQ 368 134
IRL IE 372 206|ISR IL 376 143|ITA IT 380,381 220|JAM JM 388 316|JPN JP 392|JOR JO 400 144|KAZ KZ 398 153
KEN KE 404 541|KIR KI 296 615|PRK KP 408 104|KOR KR 410 103|KWT KW 414 138|KGZ KG 417 154|LAO LA 418 121
LVA LV 428 236|LBN LB 422 146|LSO LS 426 552|LBR LR 430 515|LBY LY 434 505|LIE LI 438|LTU LT 440 237|LUX LU 442 209
MAC MO 446 129|MDG MG 450 546|MWI MW 454 553|MYS MY 458 113|MDV MV 462 126|MLI ML 466 520|MLT MT 470 221
MHL MH 584 625|MRT MR 478 509|MUS MU 480 547|MEX MX 484 305|FSM FM 583 626|MDA MD 498 240|MCO MC 492 211
MNG MN 496 107|MNE ME 499 247|MAR MA 504 501|MOZ MZ 508 545|MMR MM 104 122|NAM NA 516 550|NRU NR 520 617
NPL NP 524 131|NLD NL 528 207|NZL NZ 554 606|NIC NI 558 310|NER NE 562 525|NGA NG 566 524|MKD MK 807 244
NOR NO 578,579 202|OMN OM 512 141|PAK PK 586 124|PLW PW 585 628|PSE PS 275 158|PAN PA 591 312|PNG PG 598 602
PRY PY 600 411|PER PE 604 407|PHL PH 608 117|POL PL 616 223|PRT PT 620 217|PRI PR 630 324|QAT QA 634 140
ROU RO 642 231|RUS RU 643 224|RWA RW 646 526|KNA KN 659 335|LCA LC 662 330|VCT VC 670 336|WSM WS 882 610|SMR SM 674
STP ST 678 536|SAU SA 682 137|SEN SN 686 510|SRB RS 688 228|SYC SC 690 544|SLE SL 694 514|SGP SG 702 112
SVK SK 703 246|SVN SI 705 242|SLB SB 90 613|SOM SO 706 540|ZAF ZA 710 551|SSD SS 728 560|ESP ES 724 218|LKA LK 144 125
SDN SD 729 507|SUR SR 740 404|SWE SE 752 203|CHE CH 756,757 215|SYR SY 760 145|TWN TW 158,490 106|TJK TJ 762 155
TZA TZ 834 543|THA TH 764 111|TLS TL 626 128|TGO TG 768 518|TON TO 776 614|TTO TT 780 320|TUN TN 788 504
TUR TR 792 234|TKM TM 795 156|TUV TV 798 624|UGA UG 800 542|UKR UA 804 238|ARE AE 784 147|GBR GB 826 205
USA US 840,842 304|URY UY 858 412|UZB UZ 860 152|VUT VU 548 611|VAT VA 336 250|VEN VE 862 402|VNM VN 704 110
YEM YE 887 149|ZMB ZM 894 554|ZWE ZW 716 549
"""
_NUMBERED = [entry.split() for line in _NUMBERS.split("\n") if line for entry in line.split("|")]
_UN = {number: entry[0] for entry in _NUMBERED for number in entry[2].split(",")} | {"0": WORLD}

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
    "iso2": {entry[1]: entry[0] for entry in _NUMBERED},
    "un_number": _UN,
    "japan_customs": {entry[3]: entry[0] for entry in _NUMBERED if len(entry) > 3},
    "estat": {f"50{entry[3]}": entry[0] for entry in _NUMBERED if len(entry) > 3},
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
    """ISO 4217 code of a state's currency. Raises NoDataError where none is entered."""
    if state not in CURRENCIES:
        raise NoDataError(f"no currency entered for {state}; add it to CURRENCIES in research/dyads.py")
    return CURRENCIES[state]


def _unknown_state(code: str, slug: str) -> str:
    by_name = {english.upper(): iso for iso, english in STATES.items()}
    near = difflib.get_close_matches(code.upper(), [*STATES, *by_name], n=3, cutoff=0.6)
    codes = list(dict.fromkeys(by_name.get(match, match) for match in near))
    closest = ", ".join(f"{c} ({STATES[c]})" for c in codes)
    hint = f"closest known: {closest}" if closest else "see STATES in research/dyads.py"
    return f"unknown state {code!r} in {slug!r}; wanted ISO3 codes in capitals, for example JPN-KOR; {hint}"
