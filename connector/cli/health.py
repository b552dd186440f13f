"""`leadrelay health`: is all well? One line and an exit code, for containers and monitors."""

import click

from connector.cli.run import jobs
from connector.cli.show import common, print_json
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay health                       exit code 0: all is well, 3: it is not
  HEALTHCHECK CMD ["leadrelay", "health", "--worker"]
"""


@click.command(epilog=EPILOG)
@click.option("--worker", is_flag=True, help="A worker must be alive as well.")
@common
def health(worker: bool, config_file: str | None, as_json: bool) -> int:
    """Say whether the ledger answers and every job of the timetable runs.

    What waits for a person is not ill: `leadrelay status` tells of it. The mapping files are not
    read.
    """
    from connector.config import find_config, read_config
    from connector.core.errors import ConnectorError
    from connector.engine.timetable import ills
    from connector.engine.workers import seen
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    now = bench.clock.now()
    known = jobs()
    try:
        faults = ills(bench.config.timetable, bench.ledger, known, now)
        if worker and not any(one.alive for one in seen(bench.ledger, now)):
            faults.append("no worker is alive")
    except ConnectorError as error:
        faults = [str(error)]
    if as_json:
        print_json({"healthy": not faults, "faults": faults})
    else:
        click.echo("; ".join(faults) or "all is well")
    return int(ExitCode.AWAY if faults else ExitCode.DONE)
