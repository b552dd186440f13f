"""`leadrelay init`: a new project to start from, with mapping files, schemas and config.toml."""

from pathlib import Path

import click

from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay init acme
  leadrelay init school --kind education
  cd acme && leadrelay check && leadrelay test
"""

#: The mapping files are for version control; these are not.
IGNORED = """\
# The ledger and the reports hold personal data; the salt and .env are secrets.
leadrelay*.db*
leadrelay.salt
reports/
.env
"""


@click.command(epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--kind",
    type=click.Choice(["b2b-software", "services", "education"]),
    default="b2b-software",
    help="Which starting set.",
)
def init(folder: Path, kind: str) -> int:
    """Write a commented starting set of mapping files, and a config.toml, to FOLDER."""
    from connector.core.problems import Problem
    from connector.mapfiles.starters import KINDS, example_config, write_starting_set

    config = folder / "config.toml"
    if config.exists():
        click.echo(f"{config} is there already: nothing was written.", err=True)
        return int(ExitCode.CONFIGURATION)
    written = write_starting_set(kind, folder / "mappings")
    if isinstance(written, Problem):
        click.echo(str(written), err=True)
        return int(ExitCode.CONFIGURATION)
    config.write_text(example_config(), encoding="utf-8")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(IGNORED, encoding="utf-8")
    click.echo(f"{folder}: {len(written)} mapping files and config.toml")
    click.echo(f"{kind}: {KINDS[kind]}", err=True)
    click.echo(f"Next: cd {folder}, then leadrelay check and leadrelay test.", err=True)
    return int(ExitCode.DONE)
