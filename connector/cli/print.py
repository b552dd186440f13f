"""`leadrelay print`: what is signed and hung up on the wall."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.reports.document import Document

EPILOG = """\b
Examples:
  leadrelay print sla --out sla.pdf              the contract, with its block to sign
  leadrelay print raci --language fr --out raci.html
  leadrelay print sla                            here, as text
"""


@click.group("print", epilog=EPILOG)
def print_() -> None:
    """Print the contract, or the chart of who answers for what."""


def printed(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of everything that is printed: --out, --language, --config."""
    for option in (
        click.option("--config", "-c", "config_file", metavar="FILE", help="config.toml to use."),
        click.option("--language", type=click.Choice(["en", "fr"]), help="Default: as configured."),
        click.option(
            "--out",
            "-o",
            type=click.Path(path_type=Path, dir_okay=False),
            help="A file that ends in .html, .pdf, .md or .txt.",
        ),
    ):
        command = option(command)
    return command


@print_.command()
@printed
def sla(out: Path | None, language: str | None, config_file: str | None) -> int:
    """The contract: every promise of both sides, what customers are told, and the signatures."""
    from connector.reports.contract import sla_document

    return put(sla_document, out, language, config_file)


@print_.command()
@printed
def raci(out: Path | None, language: str | None, config_file: str | None) -> int:
    """The chart: one accountable role for each activity and each decision."""
    from connector.reports.contract import raci_document

    return put(raci_document, out, language, config_file)


def put(
    make: "Callable[..., Document]", out: Path | None, language: str | None, config_file: str | None
) -> int:
    """Makes a document of the mapping files and writes it where it is wanted."""
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    spoken = language or bench.config.reports.language
    document = make(bench.ruleset, now=bench.clock.now(), language=spoken)
    written = _rendered(document, out.suffix if out else ".txt")
    if out is None:
        click.echo(written.decode(), nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(written)
        say(f"Written to {out}")
    return int(ExitCode.DONE)


def _rendered(document: "Document", suffix: str) -> bytes:
    from connector.reports.html import to_html
    from connector.reports.pdf import to_pdf
    from connector.reports.plain import to_markdown, to_text

    texts = {".html": to_html, ".md": to_markdown, ".txt": to_text}
    if suffix == ".pdf":
        return to_pdf(document)
    if suffix not in texts:
        raise click.UsageError(f"A file that ends in '{suffix}' cannot be printed; see --help.")
    return texts[suffix](document).encode()
