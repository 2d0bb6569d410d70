"""The command line of the benchmarks: each prints ratios that hold on any machine, and writes JSON if asked."""

import json
from pathlib import Path
from typing import Any

import click

from benchmarks import events as event_files
from benchmarks import reports as report_pages
from benchmarks import trade as trade_file


@click.group()
def main() -> None:
    """Side-by-side timings on this machine."""


@main.command()
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option("--rows", default=10_000_000, show_default=True, type=click.IntRange(min=500_000), help="Rows to make.")
def trade(file: Path | None, rows: int) -> None:
    """One large file of item trade to mirrors and concentration by month, against grep, and against pandas."""
    tell(trade_file.run(rows), file)


def tell(figures: dict[str, Any], file: Path | None) -> None:
    """Figures to stdout, one a line, and as JSON to a file."""
    for name, value in figures.items():
        text = f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
        click.echo(f"{name:<34} {text:>14}")
    if file:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


@main.command()
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(min=2), help="Days to make.")
@click.option("--rows", default=120_000, show_default=True, type=click.IntRange(min=100), help="Rows a day.")
@click.option("--growth/--no-growth", default=True, show_default=True, help="Memory at four times the days, too.")
def events(file: Path | None, days: int, rows: int, growth: bool) -> None:
    """Cleaning made days of GDELT for one pair, against gzip, and against pandas."""
    tell(event_files.run(days, rows, growth), file)


@main.command()
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option("--count", default=32, show_default=True, type=click.IntRange(min=1), help="Reports to make.")
@click.option("--by-command", default=6, show_default=True, type=click.IntRange(min=1),
              help="How many of them by papermill's command line, scaled to all.")  # fmt: skip
@click.option("--many", type=click.IntRange(min=8), metavar="N", help="Instead, the memory of a batch of N runs.")
def reports(file: Path | None, count: int, by_command: int, many: int | None) -> None:
    """A batch of reports: ours, papermill's command line and pool, and the bare computation."""
    tell(report_pages.run_many(many) if many else report_pages.run(count, min(by_command, count)), file)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
