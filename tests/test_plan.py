"""The plan: what the person asked held against what the notebook takes, before any kernel starts."""

import re
from pathlib import Path

import pytest
from fixture_notebooks import plan_of, write_notebook, write_plan, write_project

from research.errors import RequestError
from research.reports.plan import read_parameters, read_plan

CELL = """\
from typing import Literal
dyad: str = "JPN-KOR"  # the pair of states
months: int = 12  # window
half_life: float = 6.0
is_seasonal: bool = True
by: Literal["A", "M"] = "A"  # year or month
top: int | None = None
codes: list[str] = [
    "2811111000",
]  # goods
code: str  # one good, to be named
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path, "good")
    write_notebook(tmp_path / "notebooks" / "typed.ipynb", ["# Typed", ("parameters", CELL)])
    return tmp_path


def ask(project: Path, lines: str, **choices):
    write_plan(project, '[[report]]\nnotebook = "typed"\ncode = "1"\n' + lines)
    return plan_of(project, **choices)


def refuse(project: Path, lines: str, message: str, **choices) -> None:
    with pytest.raises(RequestError, match=message):
        ask(project, lines, **choices)


def test_a_parameter_has_a_type_a_meaning_and_a_default_or_is_required(project):
    found = {p.name: p for p in read_parameters(project / "notebooks" / "typed.ipynb")}
    assert found["dyad"].meaning == "the pair of states"
    assert found["codes"].default == ["2811111000"]
    assert found["codes"].meaning == "goods"
    assert found["code"].required
    assert found["by"].hint == "Literal['A', 'M']"
    assert found["half_life"].meaning == ""


def test_a_parameters_cell_with_a_literal_is_sound_code_of_its_own():
    values = {}
    exec(CELL, values)
    assert values["by"] == "A"


def test_a_run_is_named_by_its_notebook_and_what_differs(project):
    assert [r.name for r in ask(project, 'dyad = "JPN-CHN"\nmonths = 12\n')] == ["typed-dyad-jpn-chn-code-1"]


def test_a_list_for_a_parameter_of_one_value_makes_one_run_a_value(project):
    runs = ask(project, 'months = [6, 12]\nby = ["A", "M"]\ncodes = ["1", "2"]\n')
    assert [(r.parameters["months"], r.parameters["by"]) for r in runs] == [(6, "A"), (6, "M"), (12, "A"), (12, "M")]
    assert all(r.parameters["codes"] == ["1", "2"] for r in runs)


def test_a_whole_number_serves_as_a_float_and_stays_no_integer(project):
    value = ask(project, "half_life = 3\n")[0].parameters["half_life"]
    assert value == 3.0
    assert isinstance(value, float)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mnths = 6", r"reports.toml:4: typed has no parameter `mnths`; did you mean months\?"),
        ('months = "six"', r"reports.toml:4: `months` of typed: must be int, found 'six' \(str\)"),
        ("months = true", r"must be int, found True \(bool\)"),
        ("months = 6.5", r"must be int, found 6.5 \(float\)"),
        ('by = "Q"', r"must be Literal\['A', 'M'\], found 'Q'"),
        ('top = "all"', r"must be int \| None, found 'all'"),
        ("codes = [1]", r"must be list\[str\], found 1 \(int\)"),
        ("months = [6, 'x']", r"found 'x' \(str\)"),
        ("months = []", r"`months` of typed is an empty list, which selects nothing"),
        ('dyad = "JPN-KRO"', r"reports.toml:4: `dyad` of typed: .*KRO"),
    ],
)
def test_an_unknown_or_ill_typed_parameter_is_refused_with_its_line(project, line, message):
    refuse(project, line, message)


def test_a_missing_parameter_is_refused(project):
    write_plan(project, '\n[[report]]\nnotebook = "typed"\n')
    with pytest.raises(
        RequestError, match=r"reports.toml:2: typed needs the parameter `code` \(str\), which is missing"
    ):
        plan_of(project)


def test_every_problem_is_listed_at_once(project):
    lines = 'months = "x"\nmnths = 1\n[[report]]\nnotebook = "tpyed"\n[[report]]\ncode = "1"\n'
    with pytest.raises(RequestError) as caught:
        ask(project, lines)
    text = str(caught.value)
    assert text.startswith("4 problems in the request, nothing was run:")
    assert "reports.toml:7: there is no notebook `tpyed` in notebooks/; did you mean typed?" in text
    assert "reports.toml:8: this [[report]] names no notebook" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"reports.toml has no \[\[report\]\] block"),
        ('report = "x"', r"reports.toml has no \[\[report\]\] block"),
        ("[[reports]]\n", r"reports.toml:1: unknown table `reports`"),
        ("[[report]\n", r"reports.toml is not sound TOML: .*line 1"),
        (
            '[[report]]\nnotebook="good"\n[[report]]\nnotebook="good"',
            r"reports.toml:3: the plan asks twice for the same run good, first at reports.toml:1",
        ),
    ],
)
def test_a_plan_that_says_nothing_sound_is_refused(project, text, message):
    write_plan(project, text)
    with pytest.raises(RequestError, match=message):
        plan_of(project)


def test_a_plan_that_is_not_there_is_refused(project):
    with pytest.raises(RequestError, match=r"none.toml cannot be read: No such file.*--plan"):
        read_plan(project / "none.toml")


def test_a_filter_keeps_runs_by_name_notebook_or_pattern(project):
    lines = 'months = [6, 12]\n[[report]]\nnotebook = "good"\n'
    assert [r.name for r in ask(project, lines, only=["good"])] == ["good"]
    assert len(ask(project, lines, only=["typed"])) == 2
    assert [r.name for r in ask(project, lines, only=["*months-6*"])] == ["typed-months-6-code-1"]
    assert len(ask(project, lines, only=["good", "typed-months-6-code-1"])) == 2


def test_a_filter_that_selects_nothing_is_refused(project):
    refuse(project, "", r"--only tped: no run of the plan has this name; did you mean typed\?", only=["tped"])


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("code=036", "code", "036"),
        ("months=6", "months", 6),
        ("half_life=3", "half_life", 3.0),
        ("is_seasonal=false", "is_seasonal", False),
        ("by=M", "by", "M"),
        ("top=none", "top", None),
        ("top=5", "top", 5),
        ("codes=036,37", "codes", ["036", "37"]),
    ],
)
def test_an_override_is_read_by_the_notebooks_own_type(project, option, name, value):
    found = ask(project, "", overrides=[option])[0].parameters[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["months=six"], r"-p months: `months` of typed: must be int, found 'six'"),
        (["is_seasonal=maybe"], r"must be bool, found 'maybe'"),
        (["mnths=6"], r"-p mnths: typed has no parameter `mnths`; did you mean months\?"),
        (["months"], r"-p months: write it as name=value"),
        (["months=1", "months=2"], r"-p months is given twice"),
    ],
)
def test_an_override_that_does_not_fit_is_refused(project, options, message):
    refuse(project, "", message, overrides=options)


def test_an_override_that_makes_runs_equal_leaves_one(project):
    assert len(ask(project, "months = [6, 12]\n", overrides=["months=6"])) == 1


def test_values_that_read_the_same_in_a_file_name_keep_runs_apart(project):
    write_plan(project, '[[report]]\nnotebook = "typed"\ncode = ["a b", "a-b"]\n')
    names = [r.name for r in plan_of(project)]
    assert names[0] == "typed-code-a-b"
    assert re.fullmatch(r"typed-code-a-b-[0-9a-f]{8}", names[1])


def test_a_long_name_is_cut_and_stays_its_own(project):
    write_plan(project, f'[[report]]\nnotebook = "typed"\ncode = ["{"x" * 90}1", "{"x" * 90}2"]\n')
    names = {r.name for r in plan_of(project)}
    assert len(names) == 2
    assert max(map(len, names)) <= 80


def test_the_command_makes_the_same_run_again(project):
    first = ask(project, "", overrides=["dyad=JPN-CHN", "top=5"])[0]
    assert first.command == "python -m research report --only typed -p dyad=JPN-CHN -p top=5 -p code=1"
    options = [w for w in first.command.split() if "=" in w]
    assert ask(project, "", only=["typed"], overrides=options)[0].name == first.name
    assert ask(project, "")[0].command == "python -m research report --only typed-code-1"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("x = 1", r"faulty.ipynb, parameters cell, line 1: `x = 1` has no type"),
        ("y: int = 1\nx: dict = {}", r"line 2: the type `dict` of x is not one a plan can check"),
        ("x: int = 'a'", r"the default of x, 'a', is not of its type int"),
        ("x: int = f()", r"the default of x must be a plain value"),
        ("x: int = = 1", r"faulty.ipynb, parameters cell, line 1: invalid syntax"),
    ],
)
def test_a_parameters_cell_that_cannot_be_checked_is_refused(project, cell, message):
    path = write_notebook(project / "notebooks" / "faulty.ipynb", ["# Faulty", ("parameters", cell)])
    with pytest.raises(RequestError, match=message):
        read_parameters(path)
    write_plan(project, '[[report]]\nnotebook = "faulty"')
    with pytest.raises(RequestError, match=message):
        plan_of(project)


def test_two_parameters_cells_are_refused(project):
    path = write_notebook(project / "twice.ipynb", [("parameters", "x: int = 1"), ("parameters", "y: int = 1")])
    with pytest.raises(RequestError, match=r"twice.ipynb has 2 cells tagged `parameters`; keep one"):
        read_parameters(path)


def test_a_broken_notebook_is_refused(tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    with pytest.raises(RequestError, match=r"broken.ipynb cannot be read as a notebook"):
        read_parameters(tmp_path / "broken.ipynb")


def test_a_notebook_without_parameters_takes_none(tmp_path):
    assert read_parameters(write_notebook(tmp_path / "plain.ipynb", ["# Plain"])) == ()


def test_exclude_takes_combinations_out_of_a_matrix(tmp_path):
    root = write_project(tmp_path)
    text = '[[report]]\nnotebook = "good"\nhalf_life = [3, 4]\nstart = ["2018-01", "2019-01"]\n'
    write_plan(root, text + 'exclude = [{ half_life = 3, start = "2019-01" }]')
    assert [(r.parameters["half_life"], r.parameters["start"]) for r in plan_of(root)] == [
        (3.0, "2018-01"),
        (4.0, "2018-01"),
        (4.0, "2019-01"),
    ]


@pytest.mark.parametrize(
    ("exclude", "message"),
    [
        ('"JPN-KOR"', "reports.toml:4: `exclude` must be a list of tables"),
        ("[{ half_live = 3 }]", "has no parameter `half_live`; did you mean half_life"),
        ("[{ half_life = 9 }]", "describes no run of its block"),
    ],
)
def test_an_exclude_that_excludes_nothing_or_is_ill_formed_is_refused(tmp_path, exclude, message):
    root = write_project(tmp_path)
    write_plan(root, f'[[report]]\nnotebook = "good"\nhalf_life = [3, 4]\nexclude = {exclude}')
    with pytest.raises(RequestError, match=message):
        plan_of(root)


# Dates ---------------------------------------------------------------------------------------------

DATED = """\
start: str = "2017-01"
end: str | None = None  # last month, YYYY-MM
tried: list[str] = ["2019-07"]
word: str = "2017"
"""


@pytest.fixture
def dated(tmp_path: Path):
    write_notebook(tmp_path / "notebooks" / "dated.ipynb", ["# Dated", ("parameters", DATED)])

    def ask_(lines: str = "", **choices):
        write_plan(tmp_path, f'[[report]]\nnotebook = "dated"\n{lines}')
        return [r.parameters for r in plan_of(tmp_path, **choices)]

    return ask_


def test_a_date_may_be_a_month_or_a_day_quoted_or_not(dated):
    assert dated('start = "2018-02"\nend = 2018-02-28\ntried = ["2018-01", 2018-02-03]') == [
        {"start": "2018-02", "end": "2018-02-28", "tried": ["2018-01", "2018-02-03"], "word": "2017"}
    ]
    assert [p["start"] for p in dated('start = ["2018-01", 2019-01-01]\nend = "2020-01"')] == ["2018-01", "2019-01-01"]
    assert dated(overrides=["end=none", "start=2018-03"])[0]["start"] == "2018-03"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('start = "2018-13"', "reports.toml:3: `start` of dated: '2018-13' is no date; write YYYY-MM or YYYY-MM-DD"),
        ('end = "Feb 2018"', "`end` of dated: 'Feb 2018' is no date"),
        ('tried = ["2019-02-30"]', "`tried` of dated: '2019-02-30' is no date"),
        ("word = 2018-01-01", r"`word` of dated: must be str, found datetime.date\(2018, 1, 1\) \(date\)"),
    ],
)
def test_what_is_no_date_is_refused_before_any_kernel_starts(dated, lines, message):
    with pytest.raises(RequestError, match=message):
        dated(lines)


def test_every_fault_of_a_parameters_cell_is_listed_at_once(tmp_path):
    cell = 'x = 1\nfirst: str = "2019-13"  # month, YYYY-MM\ny: dict = {}'
    path = write_notebook(tmp_path / "notebooks" / "faulty.ipynb", ["# Faulty", ("parameters", cell)])
    with pytest.raises(
        RequestError, match="(?s)line 1: `x = 1` has no type.*line 2: the default of first: '2019-13' is"
    ):
        read_parameters(path)
    write_plan(tmp_path, '[[report]]\nnotebook = "faulty"')
    with pytest.raises(RequestError, match="3 problems in the request"):
        plan_of(tmp_path)


# Sets of pairs -------------------------------------------------------------------------------------

SETS = """\
[sets]
neighbours = ["JPN-KOR", "JPN-CHN"]
far = ["USA-JPN"]

[[report]]
notebook = "good"
"""


@pytest.fixture
def with_sets(tmp_path: Path):
    root = write_project(tmp_path, "good")

    def ask_(lines: str, sets: str = SETS, **choices):
        write_plan(root, sets + lines)
        return [r.parameters["dyad"] for r in plan_of(root, **choices)]

    return ask_


def test_a_set_stands_for_its_pairs_alone_in_a_list_in_an_exclude_and_on_the_command_line(with_sets):
    assert with_sets('dyad = "@neighbours"') == ["JPN-KOR", "JPN-CHN"]
    assert with_sets('dyad = ["@neighbours", "JPN-USA", "@far"]') == ["JPN-KOR", "JPN-CHN", "JPN-USA", "USA-JPN"]
    assert with_sets("", overrides=["dyad=@far"]) == ["USA-JPN"]
    assert with_sets('dyad = ["@neighbours", "@far"]\nexclude = [{ dyad = "@neighbours" }]') == ["USA-JPN"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('dyad = "@neighbors"', r"reports.toml:7: there is no set of pairs `neighbors`; did you mean neighbours\?"),
        ('dyad = ["@neighbours", "JPN-CHN"]', "reports.toml:7: `dyad` of good: JPN-CHN is asked for twice"),
        ("half_life = [3, 3.0]", "reports.toml:7: `half_life` of good: 3.0 is asked for twice"),
        (
            'exclude = [{ dyad = "@near" }]',
            "reports.toml:7: `exclude`: there is no set of pairs `near`; did you mean far",
        ),
        ('exclude = [{ dyad = "@far" }]', "`exclude` {'dyad': '@far'} describes no run of its block"),
    ],
)
def test_a_set_that_is_not_there_or_says_a_pair_again_is_refused_with_its_line(with_sets, lines, message):
    with pytest.raises(RequestError, match=message):
        with_sets(lines)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ("[sets]\na = []\n", "reports.toml:2: set `a` is empty, which selects nothing"),
        ('[sets]\n\na = ["JPN-KOR", "JPN-KOR"]\n', "reports.toml:3: set `a`: JPN-KOR stands in it twice"),
        ('[sets]\na = ["JPN-KRO"]\n', "reports.toml:2: set `a`: .*KRO"),
        ('[sets]\na = "JPN-KOR"\n', "reports.toml:2: set `a` must be a list of pairs"),
        ("sets = 3\n", "reports.toml: `sets` must be a table"),
    ],
)
def test_a_set_that_is_empty_or_unsound_is_refused_with_its_line(with_sets, sets, message):
    with pytest.raises(RequestError, match=message):
        with_sets("", sets=sets + '[[report]]\nnotebook = "good"\n')


def test_a_set_below_the_blocks_has_its_own_lines_and_all_problems_are_listed_at_once(with_sets):
    plan = '[[report]]\nnotebook = "good"\ndyad = "@b"\nmonths = 1\n[sets]\na = []\n[other]\nx = 1\n'
    with pytest.raises(RequestError) as caught:
        with_sets("", sets=plan, overrides=["half"])
    assert sorted(str(caught.value).splitlines()[1:]) == [
        "  -p half: write it as name=value",
        "  reports.toml:3: there is no set of pairs `b`; known: a",
        "  reports.toml:4: good has no parameter `months`; known: codes, dyad, half_life, start",
        "  reports.toml:6: set `a` is empty, which selects nothing",
        "  reports.toml:7: unknown table `other`; a run is a block headed [[report]], a set of pairs in [sets]",
    ]
