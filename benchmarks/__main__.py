"""The command line of the benchmarks: each prints ratios that hold on any machine, and writes JSON if asked."""

import json
from pathlib import Path

import click

from benchmarks import events as event_files


@click.group()
def main() -> None:
    """Side-by-side timings on this machine."""


@main.command()
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(min=2), help="Days to make.")
@click.option("--rows", default=120_000, show_default=True, type=click.IntRange(min=100), help="Rows a day.")
@click.option("--growth/--no-growth", default=True, show_default=True, help="Memory at four times the days, too.")
def events(file: Path | None, days: int, rows: int, growth: bool) -> None:
    """Cleaning made days of GDELT for one pair, against gzip, and against pandas."""
    figures = event_files.run(days, rows, growth)
    for name, value in figures.items():
        click.echo(f"{name:<32} {value:>14,.2f}" if isinstance(value, float) else f"{name:<32} {value:>14,}")
    if file:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
