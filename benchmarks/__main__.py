"""The command line of the benchmarks: each prints ratios that hold on any machine, and writes JSON if asked."""

import json
from pathlib import Path

import click

from benchmarks import events as event_files
from benchmarks import trade as trade_file


@click.group()
def main() -> None:
    """Side-by-side timings on this machine."""


@main.command()
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(min=2), help="Days to make.")
@click.option("--rows", default=120_000, show_default=True, type=click.IntRange(min=100), help="Rows a day.")
def events(file: Path | None, days: int, rows: int) -> None:
    """Cleaning made days of GDELT for one pair, against gzip, and against pandas."""
    _tell(event_files.run(days, rows), file)


@main.command()
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option("--rows", default=10_000_000, show_default=True, type=click.IntRange(min=500_000), help="Rows to make.")
def trade(file: Path | None, rows: int) -> None:
    """One large file of item trade to mirrors and concentration by month, against grep, and against pandas."""
    _tell(trade_file.run(rows), file)


def _tell(figures: dict[str, float | int], file: Path | None) -> None:
    """The figures, one a line, and as JSON if asked."""
    for name, value in figures.items():
        click.echo(f"{name:<32} {value:>14,.2f}" if isinstance(value, float) else f"{name:<32} {value:>14,}")
    if file:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
