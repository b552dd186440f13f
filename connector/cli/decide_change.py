"""`leadrelay decide-change`: note a change that both teams adopted, and when to look at it."""

from datetime import UTC, datetime

import click

from connector.cli.show import common, print_json, say
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay decide-change "Fairs need a budget before they are passed" --review 2026-12-01
  leadrelay decide-change "Answer within 2 hours" --review 2027-01-15 --rate accepted:opportunity
"""


@click.command("decide-change", epilog=EPILOG)
@click.argument("what")
@click.option("--review", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day, UTC.")
@click.option("--rate", default="passed:accepted", show_default=True, help="What it is judged by.")
@click.option("--by", default="", help="Who says so.")
@common
def decide_change(
    what: str, review: datetime, rate: str, by: str, config_file: str | None, as_json: bool
) -> int:
    """Note an adopted change; the meeting packs show its rate before and after."""
    from connector.config import find_config, read_config
    from connector.core.alarms import MOMENTS
    from connector.core.decisions import Decision
    from connector.wiring import Workbench

    start, _, end = rate.partition(":")
    if start not in MOMENTS or end not in MOMENTS:
        raise click.UsageError(f"--rate joins two of {', '.join(MOMENTS)} with a colon.")
    bench = Workbench(read_config(find_config(config_file)))
    now = bench.clock.now()
    review_at = review.replace(tzinfo=UTC)
    if review_at <= now:
        raise click.UsageError("--review must be a day to come.")
    bench.ledger.decide(
        Decision(what=what, decided_at=now, review_at=review_at, start=start, end=end, by=by)
    )
    if as_json:
        print_json({"what": what, "decided_at": now, "review_at": review_at, "rate": rate})
    else:
        say(f"Noted; the review is on {review_at:%Y-%m-%d}")
    return int(ExitCode.DONE)
