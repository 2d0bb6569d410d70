"""A page: what a reader gets from an executed notebook, without running one."""

import base64
import json
import re
from html.parser import HTMLParser

import pytest
from fixture_notebooks import GOOD, NUMBER, SVG, figure, finding, write_notebook

from research.errors import DataError
from research.reports import index, page, plan, run

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Outline(HTMLParser):
    """Headings, ids and landmarks of a page; every element must be closed in order."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.headings, self.ids, self.elements = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [v for k, v in attrs if k == "id"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [v for k, v in attrs if k == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def make(tmp_path, cells) -> page.Page:
    """A page of cells of which every displayed bundle is taken as the cell's output."""
    import nbformat

    path = write_notebook(tmp_path / "notebooks" / "shown.ipynb", cells)
    executed = nbformat.read(path, as_version=4)
    for cell in executed.cells:
        if cell.cell_type == "code" and (text := re.search(r"json\.loads\((.*)\), raw=True", cell.source, re.DOTALL)):
            bundle = json.loads(eval(text[1]))  # our own fixture
            cell.outputs = [nbformat.v4.new_output("display_data", data=bundle)]
        elif cell.source.startswith("output "):
            cell.outputs = [nbformat.from_dict(json.loads(cell.source.removeprefix("output ")))]
    declared = plan.read_parameters(path)
    settled = plan.Run("shown", path, declared, {p.name: p.default for p in declared})
    record = {"notebook": {"name": "shown.ipynb", "sha256": "a" * 64}, "package": "b" * 64, "lock": None,
              "inputs": {"data/x.parquet": "c" * 64}, "parameters": settled.parameters}  # fmt: skip
    return page.make_page(executed, settled, record)


def shown(data: dict) -> str:
    return "output " + json.dumps({"output_type": "display_data", "data": data, "metadata": {}})


@pytest.fixture
def good(tmp_path) -> page.Page:
    return make(tmp_path, GOOD)


def test_the_question_is_the_title_and_the_answer_and_its_numbers_stand_under_it(good):
    header = good.html[good.html.index("<header>") : good.html.index("</header>")]
    assert "<h1>How did imports of hydrogen fluoride change?</h1>" in header
    assert "Imports from Japan <strong>fell</strong>." in header
    assert "USD 36.3 m" in header and "-45.7 % on 2018" in header
    assert good.html.count("Imports from Japan <strong>fell</strong>") == 1


def test_question_finding_and_figure_come_in_this_order(good):
    places = [
        good.html.index(t)
        for t in ('<h2 id="did-imports-fall">', "They fell by 90.1 %.", '<figure id="figure-imports"')
    ]
    assert places == sorted(places)


def test_headings_go_down_one_level_at_a_time_and_ids_are_unique(good):
    outline = Outline(good.html)
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))


def test_landmarks_language_and_skip_link_are_there(good):
    elements = [tag for tag, _ in Outline(good.html).elements]
    assert [elements.count(t) for t in ("header", "main", "footer")] == [1, 1, 1]
    assert '<html lang="en">' in good.html
    assert '<a class="skip" href="#main">' in good.html


def test_a_figure_is_inline_with_alt_text_source_data_and_code(good):
    alt = "Line of imports for imports, from Jan 2018 to Dec 2020, falling in July 2019."
    assert f'<svg role="img" aria-label="{alt}"' in good.html
    assert "Imports from Japan fell by 90.1 % &amp; stayed low" in good.html
    assert "Source: Korea Customs, vintage 2026-11-23, HS 2811111000" in good.html
    uri = re.search(r'download="imports.csv" href="data:text/csv;charset=utf-8;base64,([^"]+)"', good.html)
    assert base64.b64decode(uri[1]).decode() == good.data["imports.csv"] == "period,value\n2019-07-01,1\n"
    assert sorted(good.data) == ["imports.csv", "later.csv", "sources.csv"]


def test_two_figures_with_the_same_ids_do_not_meet(good):
    assert 'id="imports-clip"' in good.html and 'id="later-clip"' in good.html
    figures = "".join(re.findall(r"<svg.*?</svg>", good.html, re.DOTALL))
    assert "url(#imports-clip)" in figures and "url(#clip)" not in figures
    assert 'xlink:href="#later-mark"' in good.html
    assert "#figure-imports svg * {stroke-linejoin" in good.html


def test_a_figure_scales_and_carries_no_metadata_of_its_own():
    text = page.inline_svg({"name": "x", "svg": SVG, "alt": "a < b"})
    assert text.startswith('<svg role="img" aria-label="a &lt; b"')
    assert 'viewBox="0 0 640 320"' in text.split(">")[0]
    assert "width=" not in text.split(">")[0]
    assert "metadata" not in text and "DOCTYPE" not in text


def test_a_figure_without_a_view_box_gets_one_of_its_size():
    text = page.inline_svg({"name": "x", "svg": '<svg width="100pt" height="50pt"></svg>', "headline": "h"})
    assert text == '<svg role="img" aria-label="h" viewBox="0 0 100 50"></svg>'


def test_a_table_keeps_its_dates_whole():
    assert page.tidy_table("<td>2019-07-01</td><td>2</td>") == '<td class="date">2019-07-01</td><td>2</td>'


def test_what_the_page_stands_on_comes_last_with_parameters_explained(good):
    about = good.html[good.html.index('class="about"') :]
    for text in ("Korea Customs: Jan 2017 to Nov 2021", "months after which an event counts half",
                 "2811111000, 3707901010", "Sources and licences", "data/x.parquet", "python -m research report --only shown"):  # fmt: skip
        assert text in about
    assert "Sources and licences" not in good.html[: good.html.index('class="about"')]


def test_nothing_of_the_kernel_or_this_machine_reaches_the_page(tmp_path):
    made = make(tmp_path, ["# Plain", shown({"text/plain": "<Thing at 0x7f00aa>"}), "output " + json.dumps(
        {"output_type": "stream", "name": "stderr", "text": "/home/x/site-packages: a warning"})])  # fmt: skip
    assert "&lt;Thing&gt;" in made.html
    assert ": a warning" not in re.sub(r'<div class="code">.*?</div>', "", made.html, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"application/x-odd+json": {}, "text/html": "<b>bold</b>", "text/plain": "x"}, "<b>bold</b>"),
        ({"text/markdown": "*so*", "text/plain": "x"}, "<em>so</em>"),
        ({"image/png": "QUJD\n", "text/plain": "x"}, 'src="data:image/png;base64,QUJD"'),
        ({"text/plain": "a < b"}, "<pre>a &lt; b</pre>"),
    ],
)
def test_an_output_of_no_kind_of_ours_is_shown_by_the_best_it_has(tmp_path, data, wanted):
    assert wanted in make(tmp_path, ["# Plain", shown(data)]).html


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://x.org/a.js"></script>',
        "<img alt='' src=//x.org/a.png>",
        "<p style='background:url(http://x.org/a)'>x</p>",
    ],
)
def test_a_page_that_would_fetch_something_is_refused(tmp_path, html):
    with pytest.raises(DataError, match=r"shown.ipynb: the page would fetch something from elsewhere: .*x.org"):
        make(tmp_path, ["# Plain", shown({"text/html": html})])


def test_a_link_to_elsewhere_is_no_fetching(tmp_path):
    assert 'href="https://x.org"' in make(tmp_path, ["# Plain", "## See\n\n[there](https://x.org)"]).html


def test_two_figures_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"shown.ipynb: two figures or tables are named `same`"):
        make(tmp_path, ["# Twice", figure("same"), figure("same")])


def test_a_figure_whose_name_is_no_file_name_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"`a/b` cannot name a figure or table"):
        make(tmp_path, ["# Odd", figure("a/b")])


def test_a_figure_without_a_picture_is_refused():
    with pytest.raises(DataError, match="figure `x` holds no SVG"):
        page.inline_svg({"name": "x", "svg": "nothing"})


def test_a_key_number_that_is_not_a_number_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"shown.ipynb: key number `imports_2019` is nan; missing is None"):
        make(tmp_path, ["# Odd", finding("x", numbers=({**NUMBER, "value": "nan"},))])


def test_a_question_alone_in_its_cell_becomes_a_heading(tmp_path):
    import nbformat

    made = make(tmp_path, ["# Title"])
    reading = page.Reading(sections=[page.Section()])
    page._read_markdown("Did it fall?", reading)
    page._read_markdown("It fell. Did it?\n\nMore.", reading)
    assert [s.heading for s in reading.sections] == ["", "Did it fall?", ""]
    assert made.title == "Title" and nbformat


def test_the_index_shows_status_in_words_numbers_and_what_differs():
    good = run.Outcome("a", "a.ipynb", title="<A>", status="ok", page="a/index.html", seconds=130,
                       changed={"dyad": "JPN-CHN", "top": None, "codes": ["1", "2"]}, key_numbers=(NUMBER,))  # fmt: skip
    bad = run.Outcome("b", "b.ipynb", title="B", status="kernel died", error="cell 2", open="b/failed.ipynb")
    text = index.make_index([good, bad], "failed")
    Outline(text)
    assert text.index("B<br>") < text.index("&lt;A&gt;")
    for words in (
        "✓ ok",
        "✗ kernel died",
        "2 min 10 s",
        "dyad: JPN-CHN; top: None; codes: 1, 2",
        "USD 36.3 m",
        'href="b/failed.ipynb"',
    ):
        assert words in text
