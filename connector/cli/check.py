"""`leadrelay check`: every fault in the mapping files, with its address and its remedy."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.flows.check_live import Finding

EPILOG = """\b
Examples:
  leadrelay check
  leadrelay check --mappings drafts/mappings --json
  leadrelay check --format sarif > check.sarif      for code scanning
  leadrelay check --live                            against both accounts, read-only
  leadrelay check --format github                   annotations in GitHub Actions
"""


@click.command(epilog=EPILOG)
@click.option("--config", "-c", "config_file", metavar="FILE", help="config.toml to use.")
@click.option(
    "--mappings",
    "-m",
    type=click.Path(path_type=Path),
    help="Folder to check (default: the one that the configuration names, or ./mappings).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How the problems are printed.",
)
@click.option("--live", is_flag=True, help="Hold the files against both systems too.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def check(
    config_file: str | None, mappings: Path | None, form: str, live: bool, as_json: bool
) -> int:
    """Find every fault in the mapping files, all at once.

    Broken references, dead, contradictory and overlapping rules, gaps, vague promises, clashing
    words, overdue and unsigned definitions. Warnings do not stop anything; errors do.
    With --live also missing fields, wrong types, lengths, picklist values, owners, required fields
    and rules of the systems themselves, each with how many leads of the ledger it would hit.
    """
    from datetime import date

    from connector.config import find_config, read_config
    from connector.mapfiles import check as check_folder
    from connector.mapfiles.formats import FORMATS, counted

    folder = mappings or read_config(find_config(config_file)).mappings
    checked = check_folder(folder, date.today())  # noqa: DTZ011 - the reader's own day
    if live and checked.ruleset is not None:
        return _check_live(config_file, mappings, "json" if as_json else form)
    if form == "text" and not as_json:
        if checked.problems:
            click.echo(FORMATS["text"](checked.problems), nl=False)
        version = f" (version {checked.ruleset.version})" if checked.ruleset else ""
        click.echo(f"{folder}: {counted(checked.problems)}{version}", err=bool(checked.problems))
    else:
        click.echo(FORMATS["json" if as_json else form](checked.problems), nl=False)
    return int(ExitCode.DONE if checked.ruleset is not None else ExitCode.CONFIGURATION)


def _check_live(config_file: str | None, mappings: Path | None, form: str) -> int:
    import json
    from dataclasses import replace

    from connector.config import find_config, read_config
    from connector.core.problems import Severity
    from connector.flows.check_live import Finding, check_live, look_around
    from connector.flows.watch_schemas import watch_schemas
    from connector.mapfiles.formats import FORMATS, as_plain
    from connector.wiring import Workbench

    config = read_config(find_config(config_file))
    if mappings is not None:
        config = config.model_copy(update={"mappings": mappings})
    bench = Workbench(config)
    around = look_around(bench.marketing, bench.crm)
    findings = check_live(bench.ruleset, around, bench.ledger)
    changed = watch_schemas(around, bench.ledger, now=bench.clock.now())
    findings += [Finding(problem=problem) for problem in changed]
    problems = [replace(one.problem, what=f"{one.problem.what}{_hit(one)}") for one in findings]
    if form == "json":
        plain = [as_plain(one.problem) | {"leads": one.leads} for one in findings]
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        click.echo(FORMATS[form](problems), nl=False)
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    return int(ExitCode.CONFIGURATION if failed else ExitCode.DONE)


def _hit(finding: "Finding") -> str:
    """How many leads of the ledger the fault would hit, where it is about leads."""
    if finding.leads is None:
        return ""
    count = f"{finding.leads:,}" if finding.leads else "no"
    return f" ({count} lead{'' if finding.leads == 1 else 's'} in the ledger)"
