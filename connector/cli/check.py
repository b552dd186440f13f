"""`leadrelay check`: every fault in the mapping files, with its address and its remedy."""

from pathlib import Path

import click

from connector.cli.show import print_json
from connector.core.problems import Severity
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay check
  leadrelay check --mappings drafts/mappings --json
"""


@click.command(epilog=EPILOG)
@click.option("--config", "-c", "config_file", metavar="FILE", help="config.toml to use.")
@click.option(
    "--mappings",
    "-m",
    type=click.Path(path_type=Path),
    help="Folder to check (default: the one that the configuration names, or ./mappings).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(config_file: str | None, mappings: Path | None, as_json: bool) -> int:
    """Find every fault in the mapping files, all at once."""
    from connector.config import find_config, read_config
    from connector.mapfiles import load

    folder = mappings or read_config(find_config(config_file)).mappings
    loaded = load(folder)
    errors = sum(1 for p in loaded.problems if p.severity is Severity.ERROR)
    if as_json:
        print_json(
            [
                {
                    "code": p.code,
                    "severity": p.severity,
                    "file": p.where.file,
                    "line": p.where.line,
                    "column": p.where.column,
                    "what": p.what,
                    "remedy": p.remedy,
                }
                for p in loaded.problems
            ]
        )
    else:
        for problem in loaded.problems:
            click.echo(str(problem))
        click.echo(_verdict(folder, errors, len(loaded.problems) - errors, loaded.ruleset))
    return int(ExitCode.CONFIGURATION if errors or loaded.ruleset is None else ExitCode.DONE)


def _verdict(folder: Path, errors: int, warnings: int, ruleset: object) -> str:
    from connector.core.rules.ruleset import Ruleset

    if errors:
        return f"\n{folder}: {errors} to mend" + (f", {warnings} to look at" if warnings else "")
    looked = f", {warnings} to look at" if warnings else ""
    version = f" (version {ruleset.version})" if isinstance(ruleset, Ruleset) else ""
    return f"{folder}: nothing to mend{looked}{version}"
