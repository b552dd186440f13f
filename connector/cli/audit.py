"""`leadrelay audit`: says whether every passed lead is accounted for and both systems agree."""

from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table, progress_bar
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.flows.audit import Audit

EPILOG = """\b
Examples:
  leadrelay audit                    count everything, ask both systems
  leadrelay audit --here             the ledger alone, no calls
  leadrelay audit --json | jq .exceptions
"""


@click.command(epilog=EPILOG)
@click.option("--here", is_flag=True, help="Look at the ledger alone; call neither system.")
@common
def audit(here: bool, config_file: str | None, as_json: bool) -> int:
    """Check that every lead ever passed is in exactly one state; print the exceptions."""
    from connector.config import find_config, read_config
    from connector.flows.audit import audit as look
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with progress_bar(quiet=as_json) as tell:
        found = look(
            bench.ledger,
            bench.ruleset,
            now=bench.clock.now(),
            marketing=None if here else bench.marketing,
            crm=None if here else bench.crm,
            most_gone=bench.config.caps.gone_percent,
            progress=tell,
        )
    if as_json:
        print_json(_plain(found))
    else:
        _print(found)
    return int(ExitCode.DONE if found.is_clean else ExitCode.ATTENTION)


def _plain(found: "Audit") -> dict[str, Any]:
    return {
        "passed": found.passed,
        "states": {state.value: count for state, count in found.states.items()},
        "balances": [
            {"name": b.name, "wanted": b.wanted, "found": b.found} for b in found.balances
        ],
        "compared": found.compared,
        "exceptions": dict(found.codes),
        "findings": [{"code": f.code, "lead": f.lead_id, "what": f.what} for f in found.findings],
    }


def _print(found: "Audit") -> None:
    from connector.core.conservation import counted

    click.echo(f"{found.passed} passed = {counted(found.states)}")
    rows = [(b.name, b.wanted, b.found, "" if b.wanted == b.found else "≠") for b in found.balances]
    print_table(("balance", "told", "there", ""), rows)
    for system, count in sorted(found.compared.items()):
        click.echo(f"{count} records compared in {system}")
    if found.is_clean:
        click.echo("No exceptions.")
        return
    click.echo()
    print_table(
        ("exception", "lead", "what"), [(f.code, f.lead_id, f.what) for f in found.findings]
    )
    total = sum(found.codes.values())
    click.echo(
        f"Exceptions: {total}" + ("; the first are shown." if total > len(found.findings) else ".")
    )
