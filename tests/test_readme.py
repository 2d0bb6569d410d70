"""The README says what the project does: its codebook is that of the contracts, its sample rows are in the tables."""

import io
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from research import tables, warehouse

README = Path(__file__).resolve().parent.parent / "README.md"
KINDS = {
    "text": "text",
    "date": "date",
    "count": "whole number",
    "number": "number",
    "bool": "true or false",
    "flag": "true or false",
}
SAMPLE = re.compile(r"`(\w+)`[^\n]*:\n\n((?:    .+\n)+)")


def codebook() -> str:
    """Each table with its columns: kind, unit, meaning, and whether a value may be missing."""
    parts = []
    for table in tables.PROMISES.values():
        parts.append(f"<details><summary><b>{table.name}</b>: {table.row}</summary>\n")
        parts.append(f"Key: {', '.join(f'`{column}`' for column in table.key)}.\n")
        parts.append("| column | kind | unit | meaning | may be missing |\n|---|---|---|---|---|")
        for name, column in table.columns.items():
            missing = "yes" if column.nullable else ""
            parts.append(f"| `{name}` | {KINDS[column.kind]} | {column.unit} | {column.description} | {missing} |")
        parts.append("\n</details>\n")
    return "\n".join(parts)


def block(name: str, text: str) -> str:
    """What stands between `<!-- name -->` and `<!-- end name -->`."""
    found = re.search(rf"<!-- {name} -->\n\n?(.*?)\n*<!-- end {name} -->", text, flags=re.S)
    assert found, f"README.md has no block <!-- {name} -->"
    return found[1]


def samples(text: str) -> dict[str, pd.DataFrame]:
    """Table -> its sample rows, as text; a cell left empty is missing."""
    found = SAMPLE.findall(block("samples", text))
    return {
        table: pd.read_csv(io.StringIO(re.sub(r"^ +", "", rows, flags=re.M)), dtype="str", skipinitialspace=True)
        for table, rows in found
    }


def as_shown(frame: pd.DataFrame) -> pd.DataFrame:
    """A table's rows as the README shows them: days as YYYY-MM-DD, whole numbers without a point."""
    shown = frame.copy()
    for name, column in shown.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            shown[name] = column.dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(column):
            shown[name] = [None if pd.isna(x) else f"{x:.10g}" if x < 1e9 else f"{x:.0f}" for x in column]
    return shown.astype("str")


def assert_in_table(table: str, rows: pd.DataFrame) -> None:
    there = as_shown(warehouse.read(table))[list(rows.columns)]
    kept = rows.merge(there.drop_duplicates(), how="left", indicator=True, validate="many_to_one")
    strange = kept[kept["_merge"] != "both"]
    assert strange.empty, f"not in {table}:\n{strange.to_csv(index=False)}"


def test_the_codebook_is_that_of_the_tables():
    text = README.read_text(encoding="utf-8")
    assert block("codebook", text) == codebook().strip(), "renew it: python tests/test_readme.py"


def test_every_table_has_sample_rows_and_each_is_in_the_built_table(built: Path):
    shown = samples(README.read_text(encoding="utf-8"))
    assert set(shown) == set(tables.PROMISES) - {"event_coverage"}  # not built: it comes of files of one's own
    for table, rows in shown.items():
        assert not rows.empty
        assert_in_table(table, rows)


def test_a_sample_row_that_is_not_in_the_table_is_named(built: Path):
    rows = samples(README.read_text(encoding="utf-8"))["visitors"].assign(visitors="1")
    with pytest.raises(AssertionError, match=r"not in visitors:\n.*\n.*JPN,1,fixed"):
        assert_in_table("visitors", rows)


if __name__ == "__main__":
    old = README.read_text(encoding="utf-8")
    README.write_text(old.replace(block("codebook", old), codebook().strip()), encoding="utf-8")
    sys.stdout.write("README.md: codebook renewed\n")
