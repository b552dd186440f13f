"""`leadrelay test`: the worked examples and golden leads of the mapping files, with coverage."""

from pathlib import Path

import click

from connector.cli.show import print_json
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay test
  leadrelay test --junit examples.xml
  leadrelay test --json
"""


@click.command(name="test", epilog=EPILOG)
@click.option("--config", "-c", "config_file", metavar="FILE", help="config.toml to use.")
@click.option(
    "--mappings",
    "-m",
    type=click.Path(path_type=Path),
    help="Folder to test (default: the one that the configuration names, or ./mappings).",
)
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML there."
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def test(config_file: str | None, mappings: Path | None, junit: Path | None, as_json: bool) -> int:
    """Run every example of the mapping files, and tell what no example exercises."""
    from datetime import UTC, datetime

    from connector.config import find_config, read_config
    from connector.mapfiles import load
    from connector.mapfiles.examples import as_junit, as_text, run_examples
    from connector.mapfiles.formats import as_text as problems_as_text

    folder = mappings or read_config(find_config(config_file)).mappings
    loaded = load(folder)
    if loaded.ruleset is None:
        click.echo(problems_as_text(loaded.problems), nl=False)
        return int(ExitCode.CONFIGURATION)
    run = run_examples(loaded.ruleset, loaded.project.golden, datetime.now(UTC))
    if junit is not None:
        junit.write_text(as_junit(run), encoding="utf-8")
    if as_json:
        coverage = run.coverage
        print_json(
            {
                "examples": len(run.results),
                "failed": [
                    {
                        "place": str(one.place),
                        "subject": one.subject,
                        "expected": one.expected,
                        "got": one.got,
                    }
                    for one in run.failed
                ],
                "exercised_percent": round(coverage.percent, 1),
                "rules": coverage.rules,
                "branches": coverage.branches,
                "values": coverage.values,
                "promises": coverage.promises,
                "not_exercised": [str(one) for one in coverage.unmet],
            }
        )
    else:
        click.echo(as_text(run), nl=False)
    return int(ExitCode.CONFIGURATION if run.failed else ExitCode.DONE)
