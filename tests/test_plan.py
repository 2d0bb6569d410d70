"""The plan: what the person asked held against what the notebook takes, before any kernel starts."""

import re
from pathlib import Path

import pytest
from fixture_notebooks import plan_of, write_notebook, write_plan, write_project

from research.errors import RequestError
from research.reports.plan import read_parameters, read_plan

CELL = """\
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
        ("[[reports]]\n", r"reports.toml: unknown table `reports`"),
        ("[[report]\n", r"reports.toml is not sound TOML: .*line 1"),
        ('[[report]]\nnotebook="good"\n[[report]]\nnotebook="good"', r"the plan asks twice for the same run good"),
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
