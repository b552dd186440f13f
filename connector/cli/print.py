"""`leadrelay print`: what is signed and hung up on the wall."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.reports.document import Document

PROMISES = "promises.yaml"
EPILOG = """\b
Examples:
  leadrelay print sla --out sla.pdf              the contract, with its block to sign
  leadrelay print raci --language fr --out raci.html
  leadrelay print sla                            here, as text
  leadrelay print checklist                      what the process has, and what it lacks
  leadrelay print poster --sheet A1 --out words.pdf
  leadrelay print verify c109a77dd067            is the poster on the wall still the law?
"""


@click.group("print", epilog=EPILOG, invoke_without_command=True)
@click.option("--verify", "version", metavar="HASH", help="The same as the command `verify`.")
@click.pass_context
def print_(context: click.Context, version: str | None) -> int:
    """Print the poster, the contract, the checklist, or the chart of who answers for what."""
    if context.invoked_subcommand is not None:
        return int(ExitCode.DONE)
    if version is None:
        click.echo(context.get_help())
        return int(ExitCode.DONE)
    return int(context.invoke(verify, version=version, config_file=None))


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


@print_.command()
@printed
def checklist(out: Path | None, language: str | None, config_file: str | None) -> int:
    """What both heads agree to have, ticked from the files, with what is lacking yet."""
    from connector.reports.checklist import checklist_document

    return put(checklist_document, out, language, config_file)


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


@print_.command()
@printed
@click.option(
    "--sheet",
    type=click.Choice(["A1", "A2", "A3", "A4"]),
    default="A3",
    show_default=True,
    help="Size of the paper.",
)
def poster(sheet: str, out: Path | None, language: str | None, config_file: str | None) -> int:
    """The agreed words for the wall, A4 to A1; the version of the files stands in the corner."""
    from connector.config import find_config, read_config
    from connector.core.poster import poster as make
    from connector.reports.poster import to_html, to_pdf
    from connector.wiring import load_ruleset

    if out is None or out.suffix not in (".html", ".pdf"):
        raise click.UsageError("Name a file that ends in .html or .pdf with --out.")
    config = read_config(find_config(config_file))
    ruleset, _ = load_ruleset(config)
    made = make(ruleset, language or config.reports.language)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(to_pdf(made, sheet) if out.suffix == ".pdf" else to_html(made, sheet).encode())
    say(f"Written to {out}: {sheet}, version {ruleset.version}")
    return int(ExitCode.DONE)


@print_.command()
@click.argument("version")
@click.option("--config", "-c", "config_file", metavar="FILE", help="config.toml to use.")
def verify(version: str, config_file: str | None) -> int:
    """Tell whether a poster or contract on the wall is still the law, by its version."""
    from connector.config import find_config, read_config
    from connector.mapfiles.history import changed_files, changed_terms
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    wanted = version.strip().lower()
    if len(wanted) < 6:
        raise click.UsageError("Give at least the first six characters of the version.")
    ruleset = bench.ruleset
    if ruleset.hash.startswith(wanted):
        click.echo(f"{ruleset.version} is the law: these are the words in use.")
        return int(ExitCode.DONE)
    kept = {hash_: (at, files) for hash_, at, files in bench.ledger.rulesets()}
    found = [hash_ for hash_ in kept if hash_.startswith(wanted)]
    if not found:
        click.echo(f"{version} was never in use here; the law is version {ruleset.version}.")
        return int(ExitCode.ATTENTION)
    at, files = kept[found[0]]
    terms = changed_terms(files, ruleset.files)
    others = changed_files(files, ruleset.files)
    click.echo(f"{found[0][:12]} was first used on {at:%Y-%m-%d}; the law is {ruleset.version}.")
    if terms:
        click.echo(f"Words that changed since: {', '.join(terms)}. Print the poster anew.")
    else:
        click.echo(f"Its words still hold; only these files changed: {', '.join(others)}.")
    if PROMISES in others:
        click.echo("The promises changed: print the contract and the chart anew.")
    return int(ExitCode.ATTENTION if terms or PROMISES in others else ExitCode.DONE)
