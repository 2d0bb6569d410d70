"""The plan of a batch: which notebooks run with which parameters, checked before any kernel starts.

A person writes `reports.toml`; a notebook states its parameters in the cell tagged `parameters`.
This module holds the two against each other and lists everything that does not fit at once.
"""

import ast
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from research import dyads, paths
from research.errors import RequestError

SCALARS = {"str": str, "int": int, "float": float, "bool": bool}
LONGEST_NAME = 80


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

    Read from the one cell tagged `parameters`: `name: type = default  # meaning`, one a line.
    Raises RequestError when the notebook cannot be read or a line is not of that form.
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
    comments = _comments(source)
    return tuple(_parse_line(s, comments, f"{where}, parameters cell, line {s.lineno}") for s in statements)


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
    return Parameter(name, hint, meaning, default)


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


def read_plan(
    plan: Path | None = None,
    *,
    only: Sequence[str] = (),
    overrides: Sequence[str] = (),
    notebooks: Path | None = None,
) -> list[Run]:
    """The runs of a plan, each settled and checked, in the plan's order.

    `only` keeps runs by name, by notebook or by pattern; `overrides` are `name=value`, read by the
    notebook's own hints. A list given for a parameter that is not a list makes one run a value.
    Raises RequestError listing every problem at once, with the line of the plan where there is one.
    """
    folder = notebooks or paths.notebooks()
    blocks = _read_blocks(plan or paths.root() / "reports.toml")
    problems: list[str] = []
    given = _split_overrides(overrides, problems)
    selected, used = _select_blocks(blocks, only)
    runs: list[Run] = []
    for block in selected:
        runs += _settle_block(block, folder, given, problems)
    if only and not problems:
        names = {r.name for r in runs} | {r.notebook.stem for r in runs}
        problems += [
            f"--only {o}: no run of the plan has this name; "
            + closest(o, names | {str(b.values.get("notebook")) for b in blocks})
            for o in only
            if o not in used and not any(_chosen(r, [o]) for r in runs)
        ]
        runs = [r for r in runs if _chosen(r, only)]
    runs = _without_repeats(runs, problems, merge=bool(given))
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


def _read_blocks(plan: Path) -> list[_Block]:
    try:
        text = plan.read_text(encoding="utf-8")
        parsed = tomllib.loads(text)
    except OSError as error:
        raise RequestError(f"the plan {plan} cannot be read: {error.strerror}; name another with --plan") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"{plan.name} is not sound TOML: {error}") from error
    for key in parsed:
        if key != "report":
            raise RequestError(f"{plan.name}: unknown table `{key}`; a run is a block headed [[report]]")
    reports = parsed.get("report", [])
    if not isinstance(reports, list) or not reports:
        raise RequestError(f"{plan.name} has no [[report]] block, so there is nothing to run")
    lines = _line_numbers(text) + [{}] * len(reports)
    return [_Block(plan.name, r, {"report": 1, **found}) for r, found in zip(reports, lines, strict=False)]


def _line_numbers(text: str) -> list[dict[str, int]]:
    """For each [[report]] of the text: the line of its heading and of each of its keys."""
    found: list[dict[str, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[\[\s*report\s*\]\]", line):
            found.append({"report": number})
        elif found and (key := re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line)):
            found[-1].setdefault(key[1], number)
    return found


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


def _settle_block(block: _Block, folder: Path, given: dict[str, str], problems: list[str]) -> list[Run]:
    """The runs of one block; what is wrong with it is added to `problems`."""
    stem = _stem(block)
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
        problems.append(f"{block.at('notebook')}: {error}")
        return []
    known_names = {p.name: p for p in declared}
    before = len(problems)
    choices = {p.name: [p.default] for p in declared if not p.required}
    for key, value in block.values.items():
        if key in ("notebook", "exclude"):
            continue
        if key in known_names:
            choices[key] = _choices(value, known_names[key], block.at(key), stem, problems)
        else:
            problems.append(f"{block.at(key)}: {stem} has no parameter `{key}`; {closest(key, known_names)}")
    _override(choices, given, known_names, stem, problems)
    for name in known_names.keys() - choices.keys():
        where = block.at("report")
        problems.append(f"{where}: {stem} needs the parameter `{name}` ({known_names[name].hint}), which is missing")
    every = _combinations(declared, choices) if len(problems) == before else []
    kept = _without_excluded(every, block, known_names, stem, problems, is_settled=not given)
    return [_run(path, declared, values, bool(given)) for values in kept] if len(problems) == before else []


def _without_excluded(
    every: list[dict[str, Any]],
    block: _Block,
    known: dict[str, Parameter],
    stem: str,
    problems: list[str],
    *,
    is_settled: bool,
) -> list[dict[str, Any]]:
    """Combinations of a block that no table of its `exclude` describes; each table must describe one at least."""
    at = block.at("exclude")
    tables = block.values.get("exclude", [])
    if not isinstance(tables, list) or not all(isinstance(t, dict) and t for t in tables):
        problems.append(f'{at}: `exclude` must be a list of tables, as in exclude = [{{ dyad = "JPN-KOR" }}]')
        return []
    unknown = sorted({name for t in tables for name in t} - known.keys())
    problems += [f"{at}: `exclude`: {stem} has no parameter `{n}`; {closest(n, known)}" for n in unknown]
    for table in tables:
        if every and is_settled and not unknown and not any(_describes(table, values) for values in every):
            problems.append(f"{at}: `exclude` {table} describes no run of its block")
    return [values for values in every if not any(_describes(table, values) for table in tables)]


def _describes(table: dict[str, Any], values: dict[str, Any]) -> bool:
    return all(name in values and values[name] == wanted for name, wanted in table.items())


def _choices(value: Any, parameter: Parameter, where: str, stem: str, problems: list[str]) -> list[Any]:
    """The values a key of the plan stands for: one, or each of a list where the parameter takes no list."""
    hint = ast.parse(parameter.hint, mode="eval").body
    fits, fitted = _fit(value, hint)
    candidates = [(fits, fitted)] if fits or not isinstance(value, list) else [_fit(v, hint) for v in value]
    kept = []
    for ok, one in candidates:
        reason = _pair_problem(one) if ok and parameter.name == "dyad" else ""
        if not ok:
            reason = f"must be {parameter.hint}, found {one!r} ({type(one).__name__})"
        if reason:
            problems.append(f"{where}: `{parameter.name}` of {stem}: {reason}")
        kept.append(one)
    if not candidates:
        problems.append(f"{where}: `{parameter.name}` of {stem} is an empty list, which selects nothing")
    return kept


def _pair_problem(value: Any) -> str:
    try:
        dyads.find(value)
    except RequestError as error:
        return str(error)
    return ""


def _override(
    choices: dict[str, list[Any]],
    given: dict[str, str],
    known: dict[str, Parameter],
    stem: str,
    problems: list[str],
) -> None:
    for name, text in given.items():
        if name not in known:
            problems.append(f"-p {name}: {stem} has no parameter `{name}`; {closest(name, known)}")
            continue
        try:
            value = _from_text(text, ast.parse(known[name].hint, mode="eval").body)
        except ValueError:
            value = text
        choices[name] = _choices(value, known[name], f"-p {name}", stem, problems)


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


def _without_repeats(runs: list[Run], problems: list[str], *, merge: bool) -> list[Run]:
    """No two runs under one name: an override may make runs equal, a plan may not ask twice for the same."""
    kept: dict[str, Run] = {}
    for run in runs:
        other = kept.get(run.name)
        if other and other.parameters == run.parameters:
            if not merge:
                problems.append(f"the plan asks twice for the same run {run.name}; take one out")
        elif other:  # different values that read the same in a file name
            name = f"{run.name}-{_digest(run.parameters)}"
            kept[name] = Run(name, run.notebook, run.declared, run.parameters, run.overridden)
        else:
            kept[run.name] = run
    return list(kept.values())
