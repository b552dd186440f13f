"""`leadrelay receive`: listens for HubSpot's webhooks and pulls leads soon after each."""

import logging
import signal

import click

from connector.cli.run import jobs
from connector.cli.show import common, say
from connector.runner import ExitCode

log = logging.getLogger("leadrelay.receive")

JOB = "pull-leads"

EPILOG = """\b
Examples:
  leadrelay receive                          on 127.0.0.1:8030, behind a proxy that speaks TLS
  leadrelay receive --host 0.0.0.0 --port 80
"""


@click.command(epilog=EPILOG)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8030, show_default=True, help="Port to listen on.")
@common
def receive(host: str, port: int, config_file: str | None, as_json: bool) -> int:
    """Listen for webhooks of HubSpot, and pull leads once the search shows what changed.

    A call is believed with a valid signature (version 3, the app's client secret) that is not
    older than five minutes. It only wakes the job: the timetable goes on as a safety net.
    """
    from connector import logs
    from connector.config import find_config, read_config
    from connector.core.errors import ConnectorError, StopTheRun
    from connector.receiving import Receiver, Waker, server_of
    from connector.runner import run_job
    from connector.wiring import Workbench

    path = find_config(config_file)
    config = read_config(path)
    part = config.hubspot
    if not part.webhook_url or part.client_secret is None:
        raise StopTheRun(
            "config: webhooks need hubspot.webhook_url and LEADRELAY_HUBSPOT__CLIENT_SECRET\n"
            "    The address as HubSpot calls it, and the client secret of the app that signs."
        )
    logs.start("json" if as_json else config.log.format, config.log.level)
    known = jobs()

    def pull() -> None:
        try:
            bench = Workbench(read_config(path))
            run_job(known[JOB], bench)
            bench.ledger.close()
        except ConnectorError as fault:  # files may be mended while we listen
            log.error("job not started", extra={"job": JOB, "error": type(fault).__name__})

    waker = Waker(pull, wait=part.lag_seconds + 1)
    secret = part.client_secret.get_secret_value()
    clock = Workbench(config).clock
    app = Receiver(secret, part.webhook_url, now=clock.now, wake=waker.wake)
    if not as_json:
        say(f"Listening on {host}:{port} for {part.webhook_url}")
    for stop in (signal.SIGTERM, signal.SIGINT):  # the server sends itself what stopped it, again
        signal.signal(stop, lambda _signal, _frame: None)
    server = server_of(app, host, port)
    # Better to end, and be started anew, than to say yes to every call and do nothing.
    waker.ended.add_done_callback(lambda _: setattr(server, "should_exit", True))
    server.run()
    waker.stop()
    return int(ExitCode.DONE)
