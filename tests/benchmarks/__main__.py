"""`python -m tests.benchmarks`: measure, and say what came out on standard output."""

import json
from typing import Any

import click

from tests.benchmarks import browsing, carrying, importing, restoring, returning
from tests.benchmarks import sync as measuring
from tests.benchmarks import text as texts


@click.group()
def main() -> None:
    """Measure the product on this machine."""


@main.command()
@click.option("--changes", type=click.IntRange(min=1), default=50_000, show_default=True, help="How many each way.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
@click.option("--fast", is_flag=True, help="Let PostgreSQL answer before data are on disk, as in the tests.")
def sync(*, changes: int, as_json: bool, fast: bool) -> None:
    """Measure synchronisation between a hub and a node over HTTP."""
    _tell(measuring.measure(changes, durable=not fast), as_json=as_json)


@main.command()
@click.option("--segments", type=click.IntRange(min=2), default=500, show_default=True, help="How long the text is.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
def text(*, segments: int, as_json: bool) -> None:
    """Measure a text that is translated segment by segment."""
    _tell(texts.measure(segments), as_json=as_json)


@main.command()
@click.option("--changes", type=click.IntRange(min=1), default=50_000, show_default=True, help="How many travel.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
@click.option("--fast", is_flag=True, help="Let PostgreSQL answer before data are on disk, as in the tests.")
def bundle(*, changes: int, as_json: bool, fast: bool) -> None:
    """Measure a bundle from the hub to a node: written, sealed, read, applied."""
    _tell(carrying.measure(changes, durable=not fast), as_json=as_json)


@main.command()
@click.option("--rows", type=click.IntRange(min=1), default=50_000, show_default=True, help="How many lines there are.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
@click.option("--fast", is_flag=True, help="Let PostgreSQL answer before data are on disk, as in the tests.")
def restore(*, rows: int, as_json: bool, fast: bool) -> None:
    """Measure a backup that is read back, and its restore, beside pg_dump and pg_restore of the same rows."""
    _tell(restoring.measure(rows, durable=not fast), as_json=as_json)


@main.command()
@click.option("--members", type=click.IntRange(1, 99), default=60, show_default=True, help="How many countries.")
@click.option("--meetings", type=click.IntRange(min=10), default=5_000, show_default=True, help="Of each of them.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
def pages(*, members: int, meetings: int, as_json: bool) -> None:
    """Measure pages where there are many countries, each with many meetings and two years of returns."""
    _tell(browsing.measure(members, meetings), as_json=as_json)


@main.command("return")
@click.option("--values", type=click.IntRange(min=200), default=5_000, show_default=True, help="How many of a month.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
def return_(*, values: int, as_json: bool) -> None:
    """Measure a return from the first number to its acceptance, beside COPY of the same values."""
    _tell(returning.measure(values), as_json=as_json)


@main.command("import")
@click.option("--places", type=click.IntRange(min=10), default=1_000, show_default=True, help="Rows of the one sheet.")
@click.option("--countries", type=click.IntRange(min=2), default=200, show_default=True, help="Rows of the other.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
def import_(*, places: int, countries: int, as_json: bool) -> None:
    """Measure sheets that are brought in, beside COPY of the same rows."""
    _tell(importing.measure(places, countries), as_json=as_json)


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told))
        return
    for name, value in told.items():
        lines = value.items() if isinstance(value, dict) else [(name, value)]
        for head, said in lines:
            click.echo(f"{head:24} {said}")


if __name__ == "__main__":
    main()
