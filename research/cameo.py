"""CAMEO event codes: the official Goldstein score of each code, and its quad class.

Figures: the scale published with CAMEO and used by GDELT (CAMEO.goldsteinscale, 311 codes): what a kind of
act contributes to cooperation (+10) or conflict (-10). Stated here by score, so that kindred codes can be
read together.
"""

from research.errors import DataError

_BY_SCORE = {
    10.0: "0874",
    9.0: "086 0861 0862 0863 087 0871 0872 0873",
    8.5: "074",
    8.3: "072",
    8.0: "057",
    7.4: "062 063 071 073",
    7.0: ("034 0341 0342 0343 0344 035 0351 0352 0353 0354 0355 0356 038 046 055 056 064 07 070 075 084 0841 0842 085"),
    6.4: "061",
    6.0: "0334 054 06 060",
    5.2: "031 0311 0312 0313 0314 033 0331 0332 0333",
    5.0: "037 039 045 08 080 081 0811 0812 0813 0814 082 083 0831 0832 0833 0834",
    4.5: "032",
    4.0: "026 027 028 03 030 036",
    3.8: "053",
    3.5: "05 050 052",
    3.4: "018 019 021 0211 0212 0213 0214 023 0231 0232 0233 0234 051",
    3.2: "022",
    3.0: "02 020",
    2.8: "043",
    2.5: "044",
    1.9: "042",
    1.0: "04 040 041",
    0.4: "013",
    0.0: "01 010 014 015 017",
    -0.1: "011",
    -0.3: "024 0241 0242 0243 0244 025 0251 0252 0253 0254 0255 0256",
    -0.4: "012",
    -2.0: "016 09 090 091 092 093 094 11 110 111 112 1121 1122 1123 1124 1125 113 114 115 116",
    -4.0: (
        "12 120 121 1211 1212 122 1221 1222 1223 1224 123 1231 1232 1233 1234 124 1241 1242 1243 1244 "
        "1245 1246 16 160 161"
    ),
    -4.4: "130",
    -5.0: (
        "10 100 101 1011 1012 1013 1014 102 103 1031 1032 1033 1034 104 1041 1042 1043 1044 105 1051 "
        "1052 1053 1054 1055 1056 106 107 108 125 126 127 128 129 172 1721 1722 1723 1724 173 174"
    ),
    -5.6: "162 1621 1622 1623",
    -5.8: "131 1311 1312 1313 132 1321 1322 1323 1324 133 134 135",
    -6.0: "13",
    -6.5: "14 140 141 1411 1412 1413 1414 142 1421 1422 1423 1424 143 1431 1432 1433 1434 165",
    -7.0: "136 137 138 1381 1382 1383 1384 1385 139 164 166 1661 1662 1663 17 170",
    -7.2: "15 150 151 152 153 154",
    -7.5: "144 1441 1442 1443 1444 145 1451 1452 1453 1454",
    -8.0: "163 184 185",
    -9.0: "175 18 180 181 1821 1822",
    -9.2: "171 1711 1712",
    -9.5: "182 191 192 196 201",
    -10.0: "1823 183 1831 1832 1833 186 19 190 193 194 195 20 200 202 203 204 2041 2042",
}
GOLDSTEIN: dict[str, float] = {code: score for score, codes in _BY_SCORE.items() for code in codes.split()}
# The scale of ICEWS' own Intensity column differs in four codes (and knows 1213): never mix the two.
ICEWS_GOLDSTEIN: dict[str, float] = GOLDSTEIN | {"1213": -4.0, "016": -5.0, "022": 3.4, "164": -6.5, "165": -7.0}


def score(code: str) -> float:
    """Goldstein score of a CAMEO code, root or full. Raises DataError on a code the scale does not hold."""
    if code not in GOLDSTEIN:
        raise DataError(
            f"CAMEO code {code!r} is not on the Goldstein scale; codes are text with their leading zero (05)"
        )
    return GOLDSTEIN[code]


def quad_class(code: str) -> int:
    """1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict; by the code's root.

    Roots 01-05, 06-09, 10-14, 15-20. Raises DataError on a code the scale does not hold.
    """
    score(code)
    return quad_of_root(code)


def quad_of_root(code: str) -> int:
    """The quad class of a code by its root alone, for codes other scales hold."""
    root = int(code[:2])
    return 1 + (root > 5) + (root > 9) + (root > 14)
