"""The plan of a batch: which notebooks run with which parameters, checked before any kernel starts.

A person writes `reports.toml`; a notebook states its parameters in the cell tagged `parameters`.
This module holds the two against each other and lists everything that does not fit at once.
"""

import ast
import datetime
import difflib
import fnmatch
import hashlib
import io
import itertools
import json
import re
import shlex
import tokenize
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from research import dyads, paths
from research.errors import RequestError

SCALARS = {"str": str, "int": int, "float": float, "bool": bool}
LONGEST_NAME = 80
DATE = re.compile(r"\d{4}-\d\d(-\d\d)?")
SET = "@"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook: a line of its `parameters` cell."""

    name: str
    hint: str
    meaning: str
    default: Any = None
    required: bool = False


@dataclass(frozen=True)
class Run:
    """One run: a notebook with every parameter settled. Makes one page."""

    name: str
    notebook: Path
    declared: tuple[Parameter, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    overridden: bool = False

    @property
    def changed(self) -> dict[str, Any]:
        """Parameters that differ from the notebook's own defaults, in the notebook's order."""
        return {
            p.name: self.parameters[p.name] for p in self.declared if p.required or self.parameters[p.name] != p.default
        }

    @property
    def command(self) -> str:
        """The command that makes this page again."""
        words = ["python", "-m", "research", "report", "--only"]
        if not self.overridden:
            return shlex.join([*words, self.name])
        options = [w for name, value in self.changed.items() for w in ("-p", f"{name}={as_text(value)}")]
        return shlex.join([*words, self.notebook.stem, *options])


def as_text(value: Any) -> str:
    """A parameter's value the way `-p name=value` takes it."""
    if isinstance(value, (list, tuple)):
        return ",".join(as_text(v) for v in value)
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


# The notebook's side ---------------------------------------------------------------------------


def read_parameters(notebook: Path) -> tuple[Parameter, ...]:
    """The parameters a notebook declares, in its order.

    Read from the one cell tagged `parameters`: `name: type = default  # meaning`, one a line, and
    `from typing import Literal` where a type is one.
    Raises RequestError when the notebook cannot be read, or naming every line that is not of that form.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise RequestError(f"{notebook.name} cannot be read as a notebook: {error}") from error
    tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
    if len(tagged) > 1:
        raise RequestError(f"{notebook.name} has {len(tagged)} cells tagged `parameters`; keep one")
    return _parse_cell("".join(tagged[0]["source"]), notebook.name) if tagged else ()


def _parse_cell(source: str, where: str) -> tuple[Parameter, ...]:
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise RequestError(f"{where}, parameters cell, line {error.lineno}: {error.msg}") from error
    comments, found, faults = _comments(source), [], []
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "typing":
            continue  # the kernel needs it to make sense of `Literal[...]`
        try:
            found.append(_parse_line(statement, comments, f"{where}, parameters cell, line {statement.lineno}"))
        except RequestError as error:
            faults.append(str(error))
    if faults:
        raise RequestError("\n".join(faults))
    return tuple(found)


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


def _parse_line(statement: ast.stmt, comments: dict[int, str], where: str) -> Parameter:
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        found = ast.unparse(statement).splitlines()[0]
        raise RequestError(f"{where}: `{found}` has no type; write `name: type = value  # meaning`")
    name, hint = statement.target.id, ast.unparse(statement.annotation)
    if not _is_known(statement.annotation):
        raise RequestError(
            f"{where}: the type `{hint}` of {name} is not one a plan can check; "
            "use str, int, float, bool, `X | None`, list[X] or Literal[...]"
        )
    # The comment of a value over several lines stands on its last line, or on its first.
    meaning = comments.get(statement.end_lineno or 0) or comments.get(statement.lineno, "")
    if statement.value is None:
        return Parameter(name, hint, meaning, required=True)
    try:
        default = ast.literal_eval(statement.value)
    except ValueError as error:
        raise RequestError(f"{where}: the default of {name} must be a plain value") from error
    fits, default = _fit(default, statement.annotation)
    if not fits:
        raise RequestError(f"{where}: the default of {name}, {default!r}, is not of its type {hint}")
    found = Parameter(name, hint, meaning, default)
    if is_date(found) and (problem := _date_problem(default)):
        raise RequestError(f"{where}: the default of {name}: {problem}")
    return found


# Dates: text that names a month or a day ---------------------------------------------------------


def is_date(parameter: Parameter) -> bool:
    """Whether a text parameter takes dates: its meaning says YYYY-MM, or its default is a date."""
    if "str" not in parameter.hint or "Literal" in parameter.hint:
        return False
    defaults = parameter.default if isinstance(parameter.default, list) else [parameter.default]
    return "YYYY-MM" in parameter.meaning or any(isinstance(d, str) and DATE.fullmatch(d) for d in defaults)


def _date_problem(value: Any) -> str:
    """What is wrong with a date, or nothing; a list is as good as its parts, and none is no date to judge."""
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, str):
            continue
        try:
            if not DATE.fullmatch(one):
                raise ValueError
            datetime.date.fromisoformat(one if len(one) > len("YYYY-MM") else f"{one}-01")
        except ValueError:
            return f"{one!r} is no date; write YYYY-MM or YYYY-MM-DD"
    return ""


def _without_toml_dates(value: Any) -> Any:
    """A date that the plan gives without quotes, as the text that a notebook takes."""
    if isinstance(value, list):
        return [_without_toml_dates(v) for v in value]
    return value.isoformat() if type(value) is datetime.date else value


# Types: the few a parameter may have, as the syntax tree of the hint -----------------------------


def _is_known(hint: ast.expr) -> bool:
    match hint:
        case ast.Name(id=name):
            return name in SCALARS
        case ast.Constant(value=None):
            return True
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_known(left) and _is_known(right)
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return _is_known(inner)
        case ast.Subscript(value=ast.Name(id="Literal")):
            return True
    return False


def _literals(hint: ast.Subscript) -> list[Any]:
    options = hint.slice.elts if isinstance(hint.slice, ast.Tuple) else [hint.slice]
    return [ast.literal_eval(o) for o in options]


def _fit(value: Any, hint: ast.expr) -> tuple[bool, Any]:
    """Whether a value has the type, and the value in it: a whole number serves as a float, no more bends."""
    match hint:
        case ast.Name(id="float") if isinstance(value, int) and not isinstance(value, bool):
            return True, float(value)
        case ast.Name(id=name):
            return type(value) is SCALARS[name], value
        case ast.Constant():
            return value is None, value
        case ast.BinOp(left=left, right=right):
            exact, fitted = _fit(value, left)
            return (True, fitted) if exact else _fit(value, right)
        case ast.Subscript(value=ast.Name(id="Literal")):
            return any(type(value) is type(o) and value == o for o in _literals(hint)), value
        case ast.Subscript(slice=inner) if isinstance(value, list):
            fitted = [_fit(v, inner) for v in value]
            return all(ok for ok, _ in fitted), [v for _, v in fitted]
    return False, value


def _from_text(text: str, hint: ast.expr) -> Any:
    """The value that `-p name=text` means under a hint; a ValueError when the text cannot be read so."""
    match hint:
        case ast.BinOp(left=left, right=right):
            if text.lower() in ("none", "null") and _fit(None, hint)[0]:
                return None
            try:
                return _from_text(text, left)
            except ValueError:
                return _from_text(text, right)
        case ast.Subscript(value=ast.Name(id="Literal")):
            return next((o for o in _literals(hint) if str(o) == text), text)
        case ast.Subscript(slice=inner):
            return [_from_text(part.strip(), inner) for part in text.split(",") if part.strip()]
        case ast.Name(id="bool"):
            if text.lower() not in ("true", "false"):
                raise ValueError(text)
            return text.lower() == "true"
        case ast.Name(id=name):
            return SCALARS[name](text)
    raise ValueError(text)


# The person's side -----------------------------------------------------------------------------


def closest(name: str, known: Iterable[str]) -> str:
    """Words for an error message: the closest known name, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none'}"


@dataclass(frozen=True)
class _Block:
    """One `[[report]]` of the plan, with the line of each key."""

    plan: str
    values: dict[str, Any]
    lines: dict[str, int]

    def at(self, key: str) -> str:
        return f"{self.plan}:{self.lines.get(key, self.lines['report'])}"


@dataclass(frozen=True)
class _Request:
    """What is asked beside the blocks: the named sets of pairs, the overrides, and all that is wrong so far."""

    sets: dict[str, list[str]] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_plan(
    plan: Path | None = None,
    *,
    only: Sequence[str] = (),
    overrides: Sequence[str] = (),
    notebooks: Path | None = None,
) -> list[Run]:
    """The runs of a plan, each settled and checked, in the plan's order.

    `only` keeps runs by name, by notebook or by pattern; `overrides` are `name=value`, read by the
    notebook's own hints. A list given for a parameter that is not a list makes one run a value, and so does
    `@name`, a set of pairs that the plan names under `[sets]`.
    Raises RequestError listing every problem at once, with the line of the plan where there is one.
    """
    folder = notebooks or paths.notebooks()
    problems: list[str] = []
    blocks, sets = _read_blocks(plan or paths.root() / "reports.toml", problems)
    request = _Request(sets, _split_overrides(overrides, problems), problems)
    selected, used = _select_blocks(blocks, only)
    placed = [(run, block.at("report")) for block in selected for run in _settle_block(block, folder, request)]
    runs = _without_repeats(placed, problems, merge=bool(request.given))
    if only and not problems:
        names = {r.name for r in runs} | {r.notebook.stem for r in runs}
        problems += [
            f"--only {o}: no run of the plan has this name; "
            + closest(o, names | {str(b.values.get("notebook")) for b in blocks})
            for o in only
            if o not in used and not any(_chosen(r, [o]) for r in runs)
        ]
        runs = [r for r in runs if _chosen(r, only)]
    if problems:
        count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        raise RequestError("\n".join([f"{count} in the request, nothing was run:", *(f"  {p}" for p in problems)]))
    return runs


def _chosen(run: Run, only: Sequence[str]) -> bool:
    return any(run.notebook.stem == o or fnmatch.fnmatchcase(run.name, o) for o in only)


def _select_blocks(blocks: list[_Block], only: Sequence[str]) -> tuple[list[_Block], set[str]]:
    """Blocks that `--only` names by notebook; all of them when it may mean a run's name or a pattern."""
    stems = {_stem(b) for b in blocks}
    used = {o for o in only if o in stems}
    if only and used == set(only):
        return [b for b in blocks if _stem(b) in used], used
    return blocks, used


def _stem(block: _Block) -> str:
    return str(block.values.get("notebook", "")).removesuffix(".ipynb")


def _read_blocks(plan: Path, problems: list[str]) -> tuple[list[_Block], dict[str, list[str]]]:
    """The blocks of a plan and its sets of pairs; a plan that is no TOML is refused at once."""
    try:
        text = plan.read_text(encoding="utf-8")
        parsed = tomllib.loads(text)
    except OSError as error:
        raise RequestError(f"the plan {plan} cannot be read: {error.strerror}; name another with --plan") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"{plan.name} is not sound TOML: {error}") from error
    lines = _line_numbers(text)
    for key in parsed.keys() - {"report", "sets"}:
        where = f"{plan.name}:{lines.get(key, [{}])[0].get(key, 1)}"
        problems.append(f"{where}: unknown table `{key}`; a run is a block headed [[report]], a set of pairs in [sets]")
    reports = parsed.get("report", [])
    if not isinstance(reports, list) or not reports or not all(isinstance(r, dict) for r in reports):
        problems.append(f"{plan.name} has no [[report]] block, so there is nothing to run")
        reports = []
    places = lines.get("report", []) + [{}] * len(reports)
    blocks = [_Block(plan.name, r, {"report": 1, **found}) for r, found in zip(reports, places, strict=False)]
    places = {"sets": 1, **lines.get("sets", [{}])[0]}
    return blocks, _read_sets(_Block(plan.name, parsed.get("sets", {}), places), problems)


def _line_numbers(text: str) -> dict[str, list[dict[str, int]]]:
    """For each table of the text by name, each time it stands there: the line of its heading and of each key."""
    found: dict[str, list[dict[str, int]]] = {}
    current: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"\s*\[{1,2}\s*([\w-]+)\s*\]{1,2}\s*(#.*)?$", line):
            current = {heading[1]: number}
            found.setdefault(heading[1], []).append(current)
        elif key := re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line):
            if not found:
                found.setdefault(key[1], []).append({key[1]: number})  # a key before any table
            current.setdefault(key[1], number)
    return found


def _read_sets(block: _Block, problems: list[str]) -> dict[str, list[str]]:
    """The named sets of pairs, each of at least one pair and none twice."""
    if not isinstance(block.values, dict):
        problems.append(f'{block.plan}: `sets` must be a table, as in [sets] and below it neighbours = ["JPN-KOR"]')
        return {}
    for name, pairs in block.values.items():
        where = f"{block.plan}:{block.lines.get(name, block.lines['sets'])}: set `{name}`"
        if not isinstance(pairs, list) or not all(isinstance(p, str) for p in pairs):
            problems.append(f'{where} must be a list of pairs, as in ["JPN-KOR", "JPN-CHN"]')
        elif not pairs:
            problems.append(f"{where} is empty, which selects nothing")
        else:
            problems += [f"{where}: {reason}" for p in dict.fromkeys(pairs) if (reason := _pair_problem(p))]
            problems += [f"{where}: {p} stands in it twice" for p in dict.fromkeys(pairs) if pairs.count(p) > 1]
    return {name: pairs for name, pairs in block.values.items() if isinstance(pairs, list)}


def _with_sets(value: Any, where: str, request: _Request) -> Any:
    """A value with each `@name` in it replaced by the pairs of that set; an unknown set is a problem."""
    if isinstance(value, list):
        parts = [_with_sets(v, where, request) for v in value]
        return [one for v, part in zip(value, parts, strict=True) for one in (part if _is_set(v) else [part])]
    if not _is_set(value):
        return value
    name = value.removeprefix(SET)
    if name not in request.sets:
        request.problems.append(f"{where}: there is no set of pairs `{name}`; {closest(name, request.sets)}")
        return []
    return list(dict.fromkeys(request.sets[name]))


def _is_set(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(SET)


def _split_overrides(overrides: Sequence[str], problems: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            problems.append(f"-p {text}: write it as name=value")
        elif name in given:
            problems.append(f"-p {name} is given twice")
        else:
            given[name.strip()] = value
    return given


def _settle_block(block: _Block, folder: Path, request: _Request) -> list[Run]:
    """The runs of one block; what is wrong with it is added to the request's problems."""
    stem, problems = _stem(block), request.problems
    path = folder / f"{stem}.ipynb"
    if not stem:
        problems.append(f"{block.at('report')}: this [[report]] names no notebook")
        return []
    if not path.is_file():
        known = closest(stem, (p.stem for p in folder.glob("*.ipynb")))
        problems.append(f"{block.at('notebook')}: there is no notebook `{stem}` in {folder.name}/; {known}")
        return []
    try:
        declared = read_parameters(path)
    except RequestError as error:
        problems += [f"{block.at('notebook')}: {line}" for line in str(error).splitlines()]
        return []
    known_names = {p.name: p for p in declared}
    before = len(problems)
    choices = {p.name: [p.default] for p in declared if not p.required}
    for key, value in block.values.items():
        if key in ("notebook", "exclude"):
            continue
        if key in known_names:
            choices[key] = _choices(value, known_names[key], block.at(key), stem, request)
        else:
            problems.append(f"{block.at(key)}: {stem} has no parameter `{key}`; {closest(key, known_names)}")
    _override(choices, known_names, stem, request)
    for name in known_names.keys() - choices.keys():
        where = block.at("report")
        problems.append(f"{where}: {stem} needs the parameter `{name}` ({known_names[name].hint}), which is missing")
    every = _combinations(declared, choices) if len(problems) == before else []
    kept = _without_excluded(every, block, known_names, stem, request)
    return [_run(path, declared, values, bool(request.given)) for values in kept] if len(problems) == before else []


def _without_excluded(
    every: list[dict[str, Any]], block: _Block, known: dict[str, Parameter], stem: str, request: _Request
) -> list[dict[str, Any]]:
    """Combinations of a block that no table of its `exclude` describes; each table must describe one at least.

    In a table `@name` stands for every pair of the set.
    """
    at, problems = block.at("exclude"), request.problems
    tables = block.values.get("exclude", [])
    if not isinstance(tables, list) or not all(isinstance(t, dict) and t for t in tables):
        problems.append(f'{at}: `exclude` must be a list of tables, as in exclude = [{{ dyad = "JPN-KOR" }}]')
        return []
    unknown = sorted({name for t in tables for name in t} - known.keys())
    problems += [f"{at}: `exclude`: {stem} has no parameter `{n}`; {closest(n, known)}" for n in unknown]
    wanted = [{n: _excluded_values(v, f"{at}: `exclude`", request) for n, v in t.items()} for t in tables]
    for table, values_of in zip(tables, wanted, strict=True):
        is_judged = every and not request.given and not unknown and all(values_of.values())
        if is_judged and not any(_describes(values_of, values) for values in every):
            problems.append(f"{at}: `exclude` {table} describes no run of its block")
    return [values for values in every if not any(_describes(values_of, values) for values_of in wanted)]


def _excluded_values(value: Any, where: str, request: _Request) -> list[Any]:
    return _with_sets(value, where, request) if _is_set(value) else [_without_toml_dates(value)]


def _describes(wanted: dict[str, list[Any]], values: dict[str, Any]) -> bool:
    return all(name in values and values[name] in any_of for name, any_of in wanted.items())


def _choices(value: Any, parameter: Parameter, where: str, stem: str, request: _Request) -> list[Any]:
    """The values a key of the plan stands for: one, or each of a list where the parameter takes no list."""
    hint = ast.parse(parameter.hint, mode="eval").body
    count = len(request.problems)
    value = _with_sets(_without_toml_dates(value) if is_date(parameter) else value, where, request)
    if len(request.problems) > count:
        return []
    fits, fitted = _fit(value, hint)
    candidates = [(fits, fitted)] if fits or not isinstance(value, list) else [_fit(v, hint) for v in value]
    kept: list[Any] = []
    for ok, one in candidates:
        if not ok:
            reason = f"must be {parameter.hint}, found {one!r} ({type(one).__name__})"
        else:
            reason = _problem(one, parameter) or (f"{as_text(one)} is asked for twice" if one in kept else "")
        if reason:
            request.problems.append(f"{where}: `{parameter.name}` of {stem}: {reason}")
        kept.append(one)
    if not candidates:
        request.problems.append(f"{where}: `{parameter.name}` of {stem} is an empty list, which selects nothing")
    return kept


def _problem(value: Any, parameter: Parameter) -> str:
    """What is wrong with a value of the right type: a pair that is none, a date that is none."""
    if parameter.name == "dyad":
        return _pair_problem(value)
    return _date_problem(value) if is_date(parameter) else ""


def _pair_problem(value: Any) -> str:
    try:
        dyads.find(value)
    except RequestError as error:
        return str(error)
    return ""


def _override(choices: dict[str, list[Any]], known: dict[str, Parameter], stem: str, request: _Request) -> None:
    for name, text in request.given.items():
        if name not in known:
            request.problems.append(f"-p {name}: {stem} has no parameter `{name}`; {closest(name, known)}")
            continue
        try:
            value = text if _is_set(text) else _from_text(text, ast.parse(known[name].hint, mode="eval").body)
        except ValueError:
            value = text
        choices[name] = _choices(value, known[name], f"-p {name}", stem, request)


def _combinations(declared: Sequence[Parameter], choices: dict[str, list[Any]]) -> list[dict[str, Any]]:
    names = [p.name for p in declared]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(choices[n] for n in names))]


def _run(path: Path, declared: tuple[Parameter, ...], values: dict[str, Any], overridden: bool) -> Run:
    run = Run("", path, declared, values, overridden)
    parts = [path.stem, *(f"{name}-{as_text(value)}" for name, value in run.changed.items())]
    name = "-".join(re.sub(r"[^\w]+", "-", part.lower()).strip("-") for part in parts)
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 9]}-{_digest(values)}"
    return Run(name, path, declared, values, overridden)


def _digest(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


def _without_repeats(placed: Sequence[tuple[Run, str]], problems: list[str], *, merge: bool) -> list[Run]:
    """No two runs under one name: an override may make runs equal, a plan may not ask twice for the same."""
    kept: dict[str, tuple[Run, str]] = {}
    for run, where in placed:
        other, first = kept.get(run.name, (None, ""))
        if other and other.parameters == run.parameters:
            if not merge:
                again = f"the plan asks twice for the same run {run.name}, first at {first}; take one out"
                problems.append(f"{where}: {again}")
        elif other:  # different values that read the same in a file name
            name = f"{run.name}-{_digest(run.parameters)}"
            kept[name] = replace(run, name=name), where
        else:
            kept[run.name] = run, where
    return [run for run, _ in kept.values()]
