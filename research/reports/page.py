"""One executed notebook -> one page that needs nothing but itself.

The notebook's order is kept, with three changes that help a reader: the answer and its numbers go
to the head, a finding stands above the figure it reads, and what the page stands on goes to the end.
Nothing of the run's own accidents reaches the page: no clock, no cell ids, no path of this machine.
"""

import base64
import html
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets import default

from research import paths
from research.errors import DataError
from research.reports import provenance
from research.reports.plan import Run

MIME = "application/vnd.research.{}+json"
MOST_TILES, FEWEST_TILES = 5, 3
FETCHED = re.compile(
    r"""<(?:script|img|iframe|image|source|video|audio|embed)\b[^>]*?\b(?:src|href)\s*=\s*["']?\s*(?:https?:)?//[^"'\s>]*"""
    r"""|<link\b[^>]*?\bhref\s*=\s*["']?\s*(?:https?:)?//[^"'\s>]*|url\(\s*["']?\s*(?:https?:)?//[^)]*""",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Page:
    """What a run makes: the page, the data files beside it, and the numbers it states."""

    title: str
    html: str
    data: dict[str, str]
    numbers: list[dict[str, Any]]


@dataclass
class Section:
    """A question and what answers it, in reading order."""

    heading: str = ""
    anchor: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Reading:
    """An executed notebook, read from top to bottom."""

    title: str = ""
    lead: str = ""
    answer: dict[str, Any] | None = None
    numbers: list[dict[str, Any]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    coverage: list[str] = field(default_factory=list)
    sources: dict[str, Any] | None = None
    code: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, str] = field(default_factory=dict)


class PageExporter(TemplateExporter):
    """nbconvert with our own template: the stock one drops alt text and loads scripts from a CDN."""

    template_file = "page.html.j2"
    file_extension = ".html"
    output_mimetype = "text/html"
    template_extension = ".html.j2"

    @default("template_paths")
    def _our_template_only(self) -> list[str]:
        """Neither the stock templates nor a user's can change a page."""
        return [str(Path(__file__).parent / "template")]


@cache
def _exporter() -> PageExporter:
    """One for all pages of a process: the template is compiled once."""
    return PageExporter()


def make_page(executed: NotebookNode, run: Run, record: dict[str, Any]) -> Page:
    """The page of a run. Raises DataError when the notebook would make a page that breaks its promises."""
    reading = read_notebook(executed, run)
    method, closing, body = _split_sections(reading.sections)
    resources = {
        "reading": reading,
        "tiles": _tiles(reading),
        "body": body,
        "method": method,
        "closing": closing,
        "run": run,
        "parameters": _parameter_rows(run),
        "record": record,
        "identity": provenance.text_hash(provenance.as_json(record))[:12],
    }
    text, _ = _exporter().from_notebook_node(new_notebook(), resources)  # the template reads the reading alone
    text = text.replace(f"{paths.root()}/", "").replace(str(paths.root()), ".")
    text = re.sub(r"[ \t]+\n", "\n", text)
    if fetched := FETCHED.search(text):
        raise DataError(f"{run.notebook.name}: the page would fetch something from elsewhere: {fetched[0]}; embed it")
    return Page(reading.title, text, reading.data, reading.numbers)


# Reading the notebook ------------------------------------------------------------------------------


def read_notebook(executed: NotebookNode, run: Run) -> Reading:
    """Sort the cells and outputs of an executed notebook into the parts of a page."""
    reading = Reading(sections=[Section()])
    for cell in executed.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown" and not any(t.startswith("papermill") for t in tags):
            _read_markdown(cell.source, reading)
        elif cell.cell_type == "code" and cell.source.strip():
            injected = "injected-parameters" in tags
            number = len(reading.code) + 1
            reading.code.append({"number": number, "html": _code(cell.source), "injected": injected})
            for output in cell.outputs:
                _read_output(output, cell.source, reading, run.notebook.name)
    reading.title = reading.title or run.notebook.stem.replace("_", " ")
    reading.sections = [s for s in reading.sections if s.heading or s.blocks]
    return reading


def _read_markdown(source: str, reading: Reading) -> None:
    """A cell with a heading, or one question alone, opens a section; the first `# ` is the title."""
    source = source.strip()
    title = re.match(r"#\s+(.+?)\s*#*\s*(?:\n|$)", source)
    if title and not reading.title:
        reading.title = _plain(title[1])
        reading.lead = _markdown(source[title.end() :].strip())
        return
    heading = re.match(r"#{1,6}\s+(.+?)\s*#*\s*(?:\n|$)", source)
    if not heading and source.endswith("?") and "\n" not in source:
        heading = re.match(r"(.+)$", source)
    section = Section()
    if heading:
        section.heading = _plain(heading[1])
        section.anchor = _anchor(section.heading, {s.anchor for s in reading.sections})
        source = source[heading.end() :].strip()
    if source:
        section.blocks.append({"kind": "prose", "html": _markdown(source)})
    reading.sections.append(section)


def _read_output(output: NotebookNode, source: str, reading: Reading, notebook: str) -> None:
    section = reading.sections[-1]
    if output.output_type == "stream":
        if output.name == "stdout" and "".join(output.text).strip():
            section.blocks.append({"kind": "text", "text": "".join(output.text).rstrip()})
        return
    bundle = output.get("data", {})
    if finding := bundle.get(MIME.format("finding")):
        _read_finding(finding, reading, notebook)
    elif figure := bundle.get(MIME.format("figure")):
        _keep_data(reading, figure, notebook)
        block = {**figure, "kind": "figure", "svg": inline_svg(figure), "code": _code(source)}
        section.blocks.append({**block, "csv_uri": data_uri(figure.get("csv", ""))})
    elif table := bundle.get(MIME.format("table")):
        _keep_data(reading, table, notebook)
        block = {**table, "kind": "table", "html": tidy_table(table["html"]), "code": _code(source)}
        block["csv_uri"] = data_uri(table.get("csv", ""))
        if table["name"] == "sources":
            reading.sources = block
        else:
            section.blocks.append(block)
    elif block := _fallback(bundle):
        section.blocks.append(block)


def _read_finding(finding: dict[str, Any], reading: Reading, notebook: str) -> None:
    for number in finding.get("numbers", []):
        if str(number.get("value")).lower() in ("nan", "inf", "-inf"):  # JSON has no word for it but null
            raise DataError(f"{notebook}: key number `{number['name']}` is {number['value']}; missing is None")
        reading.numbers.append(number)
    if finding.get("role") == "answer" and reading.answer is None:
        reading.answer = {**finding, "html": _sentence(finding["text"])}
        return
    if finding.get("role") == "coverage":
        reading.coverage.append(_sentence(finding["text"]))
        return
    block = {"kind": "finding", "role": finding.get("role"), "html": _sentence(finding["text"])}
    blocks = reading.sections[-1].blocks
    place = len(blocks)
    if blocks and blocks[-1]["kind"] in ("figure", "table"):
        place -= 1  # the sentence first, then the picture it reads
    blocks.insert(place, block)


def _fallback(bundle: dict[str, Any]) -> dict[str, Any] | None:
    """An output of no kind of ours: as HTML, picture or text, whichever it has first."""
    if "text/html" in bundle:
        return {"kind": "html", "html": "".join(bundle["text/html"])}
    if "text/markdown" in bundle:
        return {"kind": "prose", "html": _markdown("".join(bundle["text/markdown"]))}
    if "image/png" in bundle:
        return {
            "kind": "picture",
            "uri": f"data:image/png;base64,{''.join(bundle['image/png']).replace(chr(10), '')}",
        }
    if "text/plain" in bundle:
        return {"kind": "text", "text": re.sub(r" at 0x[0-9a-f]+", "", "".join(bundle["text/plain"]))}
    return None


def _keep_data(reading: Reading, thing: dict[str, Any], notebook: str) -> None:
    """The data behind a figure or table becomes a file beside the page; the name must be its own."""
    name = f"{thing['name']}.csv"
    if not re.fullmatch(r"[\w.-]+", thing["name"]):
        raise DataError(f"{notebook}: `{thing['name']}` cannot name a figure or table; use letters, digits, _ and -")
    if name in reading.data:
        raise DataError(f"{notebook}: two figures or tables are named `{thing['name']}`; give each a name of its own")
    reading.data[name] = thing.get("csv", "")


# Putting the page together -------------------------------------------------------------------------


def _split_sections(sections: list[Section]) -> tuple[list[Section], list[Section], list[Section]]:
    """Method and sources go to the end of the page, whatever their place in the notebook."""
    method = [s for s in sections if re.match(r"(the )?methods?\b", s.heading, re.IGNORECASE)]
    sources = [s for s in sections if re.match(r"(data )?sources\b", s.heading, re.IGNORECASE)]
    return method, sources, [s for s in sections if s not in method and s not in sources]


def _tiles(reading: Reading) -> list[dict[str, Any]]:
    """The key numbers at the head: the answer's first, and others where it has too few."""
    own = list((reading.answer or {}).get("numbers", []))[:MOST_TILES]
    names = {n.get("name") for n in own}
    others = [n for n in reading.numbers if n.get("name") not in names]
    return own + others[: max(0, FEWEST_TILES - len(own))]


def _parameter_rows(run: Run) -> list[dict[str, Any]]:
    changed = run.changed
    return [
        {
            "name": p.name,
            "value": "none" if (value := run.parameters[p.name]) is None else _value(value),
            "meaning": p.meaning,
            "changed": "set for this run" if p.name in changed else "notebook's default",
        }
        for p in run.declared
    ]


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def data_uri(csv: str) -> str:
    """A table as an address that holds it, so that the page stays one file."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(csv.encode()).decode()


def tidy_table(table: str) -> Markup:
    """A table for reading: dates stay whole."""
    return Markup(re.sub(r"<td>(\d{4}-\d\d(?:-\d\d)?)</td>", r'<td class="date">\1</td>', table))


def inline_svg(figure: dict[str, Any]) -> Markup:
    """A figure's SVG made fit to stand among others: ids of its own, alt text, no fixed size, no metadata."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->", "", figure["svg"], flags=re.DOTALL)
    svg = re.sub(r"<metadata\b.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _prefix_ids(svg, figure["name"])
    svg = re.sub(r"(<style[^>]*>\s*)\*\s*\{", rf"\1#figure-{figure['name']} svg * {{", svg)
    opening = re.search(r"<svg\b[^>]*>", svg)
    if not opening:
        raise DataError(f"figure `{figure['name']}` holds no SVG")
    root = re.sub(r'\s(?:role|aria-\w+|width|height|style|preserveAspectRatio)="[^"]*"', "", opening[0])
    if "viewBox=" not in root:
        width, height = (_points(opening[0], side) for side in ("width", "height"))
        root = root.replace("<svg", f'<svg viewBox="0 0 {width} {height}"', 1)
    label = html.escape(figure.get("alt") or figure.get("headline", ""))
    root = root.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    svg = re.sub(r"^\s*<title\b.*?</title>", "", svg[opening.end() :], count=1, flags=re.DOTALL)
    return Markup((root + svg).strip())


def _points(opening: str, side: str) -> str:
    found = re.search(rf'\b{side}="([\d.]+)', opening)
    return found[1] if found else "600"


def _prefix_ids(svg: str, name: str) -> str:
    """Two figures on a page may both have a `patch_1`: every id and mention of one gets the figure's name."""
    ids = set(re.findall(r'\bid="([^"]+)"', svg))
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{name}-{m[1]})" if m[1] in ids else m[0], svg)
    return re.sub(r'href="#([^"]+)"', lambda m: f'href="#{name}-{m[1]}"' if m[1] in ids else m[0], svg)


def _markdown(source: str) -> Markup:
    """Markdown as HTML below a section's heading: its own headings start at the third level."""
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    text = MarkdownWithMath(renderer=renderer).render(source)
    text = re.sub(r"<h[1-6][^>]*>(.*?)</h[1-6]>", r"<h3>\1</h3>", text, flags=re.DOTALL)
    return Markup(text.strip())


def _sentence(text: str) -> Markup:
    """One sentence of Markdown, without the paragraph around it when it is the only one."""
    rendered = _markdown(text)
    only = re.fullmatch(r"<p>(.*)</p>", rendered, flags=re.DOTALL)
    return Markup(only[1]) if only and "<p>" not in only[1] else rendered


def _plain(markdown: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", _sentence(markdown))).strip()


def _anchor(heading: str, taken: set[str]) -> str:
    anchor = stem = re.sub(r"[^\w]+", "-", heading.lower()).strip("-") or "section"
    number = 2
    while anchor in taken:
        anchor, number = f"{stem}-{number}", number + 1
    return anchor


@lru_cache(maxsize=1024)  # the runs of a batch share most of their cells
def _code(source: str) -> Markup:
    return Markup(highlight(source, PythonLexer(), HtmlFormatter(cssclass="code")).strip())
