"""How commands talk: results on stdout, everything else on stderr, JSON where it is asked for."""

import functools
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import orjson


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command on a project has: --config and --json."""

    @click.option(
        "--config",
        "-c",
        "config_file",
        metavar="FILE",
        help="config.toml to use (default: $LEADRELAY_CONFIG, else ./config.toml).",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
    @functools.wraps(command)
    def with_options(*args: Any, **kwargs: Any) -> Any:
        return command(*args, **kwargs)

    return with_options


def print_json(value: Any) -> None:
    """Prints a value as indented JSON; moments in ISO form, decimals as text."""
    click.echo(to_json(value).decode())


def to_json(value: Any) -> bytes:
    """What `print_json` prints."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(value, default=str, option=options)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Prints a table on stdout; numbers to the right, no boxes, so that it can be piped."""
    texts = [[_cell(value) for value in row] for row in rows]
    if title:
        click.secho(title, bold=True)
    if not texts:
        return
    widths = [max(len(column), *(len(row[i]) for row in texts)) for i, column in enumerate(columns)]
    right = [all(_is_number(row[i]) for row in texts) for i in range(len(columns))]
    click.secho(_line(columns, widths, right), dim=True)
    for row in texts:
        click.echo(_line(row, widths, right))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    return not text or text.replace(".", "", 1).replace("%", "").replace(" ", "").isdigit()


def width() -> int:
    """Characters in a line of text: those of the terminal, between 60 and 100."""
    return max(60, min(100, shutil.get_terminal_size((100, 24)).columns))


def say(text: str) -> None:
    """A word to the person at the terminal; never part of the result."""
    click.echo(text, err=True)


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Callable[[str, int], None]]:
    """Yields `tell(what, count)`: counts on stderr, as a live line on a terminal, else silent."""
    import sys

    if quiet or not sys.stderr.isatty():
        yield lambda _what, _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

    seen: dict[str, TaskID] = {}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(pulse_style="cyan"))
    with Progress(
        *columns,
        TextColumn("{task.completed:,.0f}"),
        console=Console(stderr=True),
        transient=True,
    ) as bars:

        def tell(what: str, count: int) -> None:
            if what not in seen:
                seen[what] = bars.add_task(what, total=None)
            bars.advance(seen[what], count)

        yield tell
