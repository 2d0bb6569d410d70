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
    """A small table to be read on the page: `frame` holds what is written, `exact` what a program gets as CSV.

    `choose`: columns of `exact` a reader may choose rows by, each with its label; the page needs no script for it.
    """

    name: str
    title: str
    frame: pd.DataFrame = field(repr=False)
    exact: pd.DataFrame = field(repr=False)
    choose: tuple[tuple[str, str], ...] = ()

    def html(self) -> str:
        """Plain markup; a column whose exact values are numbers is set flush right, an address becomes a link."""
        numeric = {c for c in self.frame if c in self.exact and pd.api.types.is_numeric_dtype(self.exact[c])}
        head = "".join(f'<th scope="col"{_right(c, numeric)}>{html.escape(str(c))}</th>' for c in self.frame)
        marks = self._marks()
        body = "".join(
            f"<tr{mark}>" + "".join(f"<td{_right(c, numeric)}>{_cell(v)}</td>" for c, v in row.items()) + "</tr>"
            for row, mark in zip(self.frame.to_dict("records"), marks, strict=True)
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return self._chooser() + table + "</div>" if self.choose else table

    def _options(self, column: str) -> list[str]:
        return sorted(self.exact[column].astype(str).unique(), key=str.lower)

    def _marks(self) -> list[str]:
        """For each row the numbers of its choices."""
        marks = [""] * len(self.frame)
        for column, _ in self.choose:
            places = {value: n for n, value in enumerate(self._options(column))}
            chosen = self.exact[column].astype(str).map(places)
            marks = [f'{mark} data-{column.replace("_", "-")}="{n}"' for mark, n in zip(marks, chosen, strict=True)]
        return marks

    def _chooser(self) -> str:
        """A list to choose from for each column, and the rules that hide the rows not chosen."""
        lists, rules = [], []
        for column, label in self.choose:
            key, options = column.replace("_", "-"), self._options(column)
            shown = "".join(
                f'<option value="{n}">{html.escape(value.replace("_", " "))}</option>'
                for n, value in enumerate(options)
            )
            options_of = f'<select class="by-{key}"><option value="">all</option>{shown}</select>'
            lists.append(f"<label>{html.escape(label)} {options_of}</label>")
            rules += [
                f'#choose-{self.name}:has(.by-{key} [value="{n}"]:checked) tbody tr:not([data-{key}="{n}"])'
                for n in range(len(options))
            ]
        hidden = f"<style>{','.join(rules)}{{display:none}}</style>"
        return f'<div class="choosable" id="choose-{self.name}">{hidden}<p class="choices">{" ".join(lists)}</p>'

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


class Folded(NamedTuple):
    """A table cell with more behind a click."""

    text: str
    label: str
    more: str

    def __str__(self) -> str:
        return f"{self.text} {self.more}"


def _cell(value: object) -> str:
    if isinstance(value, Folded):
        more = f"<details><summary>{html.escape(value.label)}</summary>{html.escape(value.more)}</details>"
        return html.escape(value.text) + (more if value.more else "")
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
