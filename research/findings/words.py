"""What a page is told: findings, key numbers and tables as typed records, and how numbers are written in words.

Records leave a notebook as displays of their own mime type; the runner collects them. Numbers are written one way
everywhere: a minus sign for minus, thousands separated, `USD 66.9 m`, `Jul 2019`.
"""

import html
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

import pandas as pd

from research import register

MIME = "application/vnd.research.finding+json"
TABLE_MIME = "application/vnd.research.table+json"


@dataclass(frozen=True)
class KeyNumber:
    """One number that a page shows large and a program collects: `value` exact, `text` as a reader sees it."""

    name: str
    label: str
    value: float | int | str | None
    unit: str
    text: str
    comparison: str = ""


@dataclass(frozen=True)
class Finding:
    """A computed sentence with the numbers it rests on; role is answer, finding or limit."""

    text: str
    numbers: tuple[KeyNumber, ...] = ()
    role: str = "finding"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        record = {"text": self.text, "role": self.role, "numbers": [asdict(n) for n in self.numbers]}
        return {MIME: record, "text/markdown": self.text, "text/plain": self.text}


@dataclass(frozen=True)
class Table:
    """A small table to be read on the page: `frame` holds what is written, `exact` what a program gets as CSV."""

    name: str
    title: str
    frame: pd.DataFrame = field(repr=False)
    exact: pd.DataFrame = field(repr=False)

    def html(self) -> str:
        """Plain markup; a column whose exact values are numbers is set flush right, an address becomes a link."""
        numeric = {c for c in self.frame if c in self.exact and pd.api.types.is_numeric_dtype(self.exact[c])}
        head = "".join(f'<th scope="col"{_right(c, numeric)}>{html.escape(str(c))}</th>' for c in self.frame)
        body = "".join(
            "<tr>" + "".join(f"<td{_right(c, numeric)}>{_cell(v)}</td>" for c, v in row.items()) + "</tr>"
            for row in self.frame.to_dict("records")
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        written = self.exact.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
        record = {"name": self.name, "title": self.title, "html": self.html(), "csv": written}
        shown = f"<p><strong>{html.escape(self.title)}</strong></p>{self.html()}"
        return {TABLE_MIME: record, "text/html": shown, "text/plain": self.frame.to_string(index=False)}


def _right(column: str, numeric: set[str]) -> str:
    return ' class="number"' if column in numeric else ""


class Link(NamedTuple):
    """A table cell that leads somewhere."""

    text: str
    address: str

    def __str__(self) -> str:
        return f"{self.text} ({self.address})"


def _cell(value: object) -> str:
    if isinstance(value, Link):
        return f'<a href="{html.escape(value.address)}">{html.escape(value.text)}</a>'
    text = "" if pd.isna(value) else str(value)
    if text.startswith(("https://", "http://")):
        return f'<a href="{html.escape(text)}">{html.escape(text)}</a>'
    return html.escape(text)


def source_line(resource: str, detail: str = "") -> str:
    """The source line of a figure, from the register: publisher, what it stands on, vintage."""
    entry = register.resources()[resource]
    middle = f"{detail}; " if detail else ""
    return f"Source: {entry.publisher}; {middle}vintage {entry.vintage}."


def month(date: pd.Timestamp) -> str:
    """Jul 2019"""
    return f"{date:%b %Y}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, minus as a minus sign; zero without one."""
    if round(value, digits) == 0:
        return f"{0:.{digits}f}"
    return f"{value:+.{digits}f}".replace("-", "−")


def percent(value: float, digits: int = 1) -> str:
    """A signed change in percent, or a plain word where it cannot be computed."""
    return "not computable" if pd.isna(value) else f"{signed(value, digits)} %"


def dollars(value: float) -> str:
    """USD 66.9 m"""
    if pd.isna(value):
        return "not recorded"
    text = f"USD {value / 1e9:,.1f} bn" if abs(value) >= 1e9 else f"USD {value / 1e6:,.1f} m"
    return text.replace("-", "−")
