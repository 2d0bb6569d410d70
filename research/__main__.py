"""The command line: `python -m research VERB`.

Progress goes to stderr, the result to stdout. Exit status: 0 all well, 1 something ran and failed,
2 the request itself was wrong. A user's mistake gets one clear message; a fault of ours its traceback.
Each verb loads what it needs when it runs, so that none waits for another's libraries.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from research.errors import DataError, RequestError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from research.reports.run import Outcome


class Verbs(click.Group):
    """Turns the two errors that are meant for a person into a message and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; RequestError ends in 2, DataError in 1, anything else keeps its traceback."""
        try:
            return super().invoke(ctx)
        except RequestError as error:
            say(f"Error: {error}")
            ctx.exit(2)
        except DataError as error:
            say(f"Error: {error}")
            ctx.exit(1)


def say(text: str) -> None:
    """Progress and faults: to stderr, so that stdout holds the result and nothing else."""
    click.echo(text, err=True)


as_json = click.option("--json", "wants_json", is_flag=True, help="The result as JSON, for a program.")
folder = click.Path(file_okay=True, path_type=Path)
on_cluster = click.option("--cluster", "address", metavar="ADDRESS",
                          help="Let the workers of this Dask scheduler do it, e.g. tcp://127.0.0.1:8786.")  # fmt: skip


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Public figures in, report pages out: the relation of two states, and what trade has to do with it."""


@main.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@click.option("--force", is_flag=True, help="Build again what has not changed, too.")
@as_json
def build(names: tuple[str, ...], force: bool, wants_json: bool) -> None:
    """Raw files to tidy tables; prints how many rows were read, kept, rejected, merged and out of scope."""
    from research import build as builder

    summaries = builder.build(names, force=force)
    click.echo(json.dumps(summaries, indent=2, ensure_ascii=False) if wants_json else counts(summaries))


@main.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=folder, help="Folder for the tables, the rejected rows and the summary.")
@click.option("--dyad", help="Keep this pair of states only, as ISO3-ISO3.")
@click.option("--code", "codes", multiple=True, help="Keep this tariff code only (item trade); may be given again.")
@click.option("--list", "lists", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="GDELT's filesizes, md5sums or masterfilelist.txt: files are held against it.")  # fmt: skip
@on_cluster
@as_json
def clean(
    source: str,
    files: tuple[Path, ...],
    out: Path,
    dyad: str | None,
    codes: tuple[str, ...],
    lists: tuple[Path, ...],
    address: str | None,
    wants_json: bool,
) -> None:
    """Clean files of your own with the cleaner of SOURCE."""
    from research.sources import STREAMED

    if source in STREAMED:
        from research import bulk

        if codes:
            raise RequestError(f"source {source!r} holds events, which have no tariff codes; leave --code out")
        with workers_at(address, out.absolute().parent) as executor, file_progress() as progress:
            summary = bulk.clean_files(source, files, out, dyad, executor=executor, progress=progress, lists=lists)
    elif address:
        raise RequestError(f"--cluster cleans event files ({', '.join(STREAMED)}); {source} is done here, without it")
    elif lists:
        raise RequestError(f"--list takes GDELT's lists of files; for {source} there is none: leave it out")
    else:
        from research import build as builder

        summary = builder.clean_files(source, files, out, dyad, codes)
    click.echo(json.dumps(summary, indent=2, ensure_ascii=False) if wants_json else counts([summary]))
    for text in calendar_lines(summary):
        click.echo(text, err=wants_json)
    refused = summary.get("files_rejected", [])
    for bad in refused:
        say(f"Error: {bad['file']}: {bad['reason']}: {bad['found']}")
    sys.exit(1 if refused else 0)


def calendar_lines(summary: dict[str, Any]) -> list[str]:
    """Which days the event files cover, a line a feed; and the files of which nothing is known."""
    told = summary.get("coverage", {})
    lines = [
        f"{feed['source']} ({feed['feed']}), {feed['first']} to {feed['last']}: "
        + ", ".join(f"{count} days {status}" for status, count in feed["days_by_status"].items())
        for feed in told.get("feeds", [])
    ]
    for key, words in (("files_without_slot", "whose day is not known"), ("files_not_listed", "not on the list")):
        if found := told.get(key):
            lines.append(f"{len(found)} files {words}: {', '.join(found[:3])}{' ...' if len(found) > 3 else ''}")
    return lines


@contextlib.contextmanager
def workers_at(address: str | None, folder: Path) -> Iterator["Executor | None"]:
    """The workers of a cluster, all of which see the folder; None where no address is given."""
    if address is None:
        yield None
        return
    from research import cluster

    with cluster.opened(address, folder, say) as executor:
        yield executor


@contextlib.contextmanager
def file_progress() -> Iterator[Callable[[int, int, int], None]]:
    """A bar of files with the rows read so far, on stderr; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda done, total, rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("files, {task.fields[rows]:,} rows"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as bar:
        task = bar.add_task("", rows=0)

        def show(done: int, total: int, rows: int) -> None:
            bar.update(task, completed=done, total=total, rows=rows, refresh=True)

        yield show


@main.command()
def check() -> None:
    """Register, hashes, contracts, notebooks, environment: one line each."""
    from research import check as checker

    lines = checker.checks()
    for ok, text in lines:
        click.echo(f"{'ok    ' if ok else 'FAILED'}  {text}")
    sys.exit(0 if all(ok for ok, _ in lines) else 1)


@main.command()
@click.option("--ledger", type=click.Path(path_type=Path), help="A ledger of your own  [the project's]")
@as_json
def claims(ledger: Path | None, wants_json: bool) -> None:
    """Recompute published statements and print a verdict on each, with the reason.

    A row that is rejected is named on stderr with its file, its line and what is allowed; the others go on, and the
    exit status is 1. The project's own ledger has one such row: a statement whose page has no address.
    """
    from research import claims as judges

    build_what_is_missing()
    judged = judges.judge_file(ledger) if ledger else judges.standing()
    if wants_json:
        click.echo(json.dumps(judged.records(), indent=2, ensure_ascii=False))
    else:
        for _, row in judged.table.iterrows():
            click.echo(f"{row['verdict']:<22} {row['claim_id']}\n    {row['statement']}\n    {row['sentence']}")
        found = judged.table["verdict"].value_counts()
        click.echo(f"{len(judged.table)} statements: " + ", ".join(f"{found[v]} {v}" for v in found.index))
    for text in judged.rejected:
        say(f"rejected: {text}")
    sys.exit(1 if judged.rejected else 0)


@main.command()
@click.option("--plan", type=click.Path(path_type=Path), help="The batch to run  [reports.toml of the project]")
@click.option("--only", multiple=True, metavar="NAME", help="A run or a notebook of the plan, or a pattern.")
@click.option("-p", "overrides", multiple=True, metavar="name=value", help="A parameter of every run chosen.")
@click.option("--jobs", type=click.IntRange(min=1), help="Runs at a time  [one a core]")
@click.option("--out", type=folder, default=Path("reports"), show_default=True, help="Folder for the pages.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=1800, show_default=True,
              help="Seconds a run may take.")  # fmt: skip
@click.option("--memory", type=click.FloatRange(min=0, min_open=True), metavar="MB",
              help="Main memory a run may hold  [no limit]")  # fmt: skip
@on_cluster
@click.option("--normal-kernels", is_flag=True, help="Start each kernel anew, not from a prepared process.")
@click.option("--dry-run", is_flag=True, help="Print the runs and their parameters, and run nothing.")
@click.option("--force", is_flag=True, help="Run what has not changed, too.")
@as_json
def report(
    plan: Path | None,
    only: tuple[str, ...],
    overrides: tuple[str, ...],
    jobs: int | None,
    out: Path,
    timeout: float,
    memory: float | None,
    address: str | None,
    normal_kernels: bool,
    dry_run: bool,
    force: bool,
    wants_json: bool,
) -> None:
    """Run the notebooks of the plan and write their pages, an index and runs.json."""
    from research.reports import compare as comparing
    from research.reports import index, parent, progress
    from research.reports import plan as planner
    from research.reports import run as runner

    runs = planner.read_plan(plan, only=only, overrides=overrides)
    if dry_run:
        named = [{"name": r.name, "notebook": r.notebook.name, "parameters": r.parameters} for r in runs]
        lines = [f"{r.name}  {r.command}" for r in runs]
        click.echo(json.dumps(named, indent=2, ensure_ascii=False) if wants_json else "\n".join(lines))
        return
    if address and jobs:
        raise RequestError("--jobs is for this machine; on a cluster the workers say it: dask worker --nthreads N")
    out = out.resolve()
    runner.prepare_folder(out)
    names = [run.name for run in runs]
    # The process kernels are forked from takes longest to come up: it starts first.
    with parent.shared(not (normal_kernels or address)) as server, runner.owned(out):
        build_what_is_missing()
        last = comparing.last_batch(out)
        with (
            workers_at(address, out) as executor,
            progress.watched(names, out, lambda outcome: line(outcome, out), say) as say_outcome,
        ):
            outcomes = runner.run_batch(
                runs,
                out,
                jobs=jobs,
                timeout=timeout,
                memory=memory,
                warm=not normal_kernels,
                skip_unchanged=not force,
                say=say_outcome,
                executor=executor,
                server=server,
            )
        outcomes = index.since_last(outcomes, out, last)
        status = runner.write_index(outcomes, out)
    for reason in sorted({o.kernel for o in outcomes if o.kernel and o.kernel.startswith("normal: ")}):
        say(f"kernels were started anew, which is slower: {reason.removeprefix('normal: ')}")
    repeat_failures(outcomes, out)
    if wants_json:
        click.echo((out / "runs.json").read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(shown(out / "index.html"))
        click.echo(summary_line(outcomes))
    sys.exit(0 if status == runner.OK else 1)


@main.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.html", help="Write a page of it.")
@as_json
def compare(before: Path, after: Path, out: Path | None, wants_json: bool) -> None:
    """Key numbers and statuses that moved between two report folders, and what moved them.

    BEFORE and AFTER are report folders, their runs.json, or the folders of two single runs.
    """
    from research.reports import compare as comparing
    from research.reports import telling

    found = comparing.compare(comparing.read_batch(before), comparing.read_batch(after))
    if out:
        write_out(out, telling.as_page(found, out).encode())
        say(shown(out.resolve()))
    record = json.dumps(telling.as_record(found), indent=2, ensure_ascii=False) if wants_json else ""
    click.echo(record or telling.as_text(found))


@main.command()
@click.argument("reports", type=click.Path(path_type=Path), default=Path("reports"))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE.zip",
              help="The crate to write.")  # fmt: skip
def crate(reports: Path, out: Path) -> None:
    """Export a report folder, or one run's folder in it, as a Workflow Run RO-Crate.

    A crate of runs of one notebook conforms to Workflow Run Crate, of several notebooks to Process Run Crate.
    """
    from research.reports import crate as crates

    content, runs = crates.zipped(reports)
    write_out(out, content)
    click.echo(f"{shown(out.resolve())}: {runs} run{'s' if runs != 1 else ''}")


def write_out(path: Path, content: bytes) -> None:
    """Write a file, making its folder; a place that cannot be written is the request's fault."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise RequestError(f"cannot write {path}: {error.strerror}; name another place with --out") from error


def build_what_is_missing() -> None:
    """Build the tables when they are not there or not of the raw files that are."""
    from research import build as builder

    if not builder.is_current():
        say("building the tables")
        say(counts(builder.build()))


def shown(path: Path) -> str:
    """A path the way a person at this terminal can open it: short when it is below the working directory."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def line(outcome: "Outcome", out: Path) -> str:
    """One line for a finished run."""
    place = shown(out / (outcome.page or outcome.open)) if outcome.page or outcome.open else ""
    why = f"  ({outcome.why})" if outcome.why and outcome.status != "unchanged" else ""
    text = f"{outcome.status:<12} {outcome.seconds:6.1f} s  {outcome.name}  {place}".rstrip() + why
    if outcome.error:
        text += f"\n             {outcome.error}"
    if outcome.retried:
        text += f"\n             run again: {outcome.retried}"
    return "\n".join([text, *(f"             warning in {w}" for w in outcome.warnings)])


def repeat_failures(outcomes: Sequence["Outcome"], out: Path) -> None:
    """All that did not go well once more at the end, each with the file to open or the traceback."""
    bad = [o for o in outcomes if not o.ok]
    if bad:
        say(f"\n{len(bad)} of {len(outcomes)} runs did not finish:")
    for outcome in bad:
        say(f"  {outcome.name}: {outcome.status}: {outcome.error}")
        if outcome.open:
            say(f"    open {shown(out / outcome.open)}")
        if outcome.trace:
            say(outcome.trace)


def summary_line(outcomes: Sequence["Outcome"]) -> str:
    """How many runs ended how."""
    statuses = [o.status for o in outcomes]
    words = ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses))
    return f"{len(outcomes)} run{'s' if len(outcomes) != 1 else ''}: {words}"


def counts(summaries: Sequence[dict[str, Any]]) -> str:
    """The conservation counts as a table: read = kept + rejected + merged + out of scope."""
    columns = ("rows_read", "rows_kept", "rows_rejected", "rows_merged", "rows_out_of_scope")
    labels = [str(s.get("resource") or s.get("source", "")) for s in summaries]
    width = max(map(len, [*labels, "resource"]))
    head = "  ".join([f"{'resource':<{width}}", *(f"{c.removeprefix('rows_').replace('_', ' '):>12}" for c in columns)])
    rows = [
        "  ".join([f"{label:<{width}}", *(f"{s.get(c, 0):>12,}" for c in columns)])
        + ("  unchanged" if s.get("skipped") else "")
        for label, s in zip(labels, summaries, strict=True)
    ]
    return "\n".join([head, *rows])


if __name__ == "__main__":
    main(prog_name="python -m research")
