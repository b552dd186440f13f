"""`leadrelay alarms`: has a conversion rate really shifted, and whom to ask?"""

import click

from connector.cli.show import common, print_json, print_table
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay alarms                 every watched rate; exit code 1 where one has shifted
  leadrelay alarms --json | jq '.[] | select(.rings)'

\b
The test may be looked at every day: docs/explanation/alarms.md tells how it works.
"""


@click.command(epilog=EPILOG)
@common
def alarms(config_file: str | None, as_json: bool) -> int:
    """Test every conversion rate for a shift, and name the suspects."""
    from connector.config import find_config, read_config
    from connector.core.alarms import watch
    from connector.flows.measure import journeys_of
    from connector.reports.funnel import alarm_start
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    now = bench.clock.now()
    since = alarm_start(now)
    found = watch(
        journeys_of(bench.ledger, bench.ruleset.vocabulary, since=since),
        now=now,
        since=since,
        alpha=bench.ruleset.targets.false_alarm_rate,
    )
    rows = [
        {
            "rate": f"{one.start} -> {one.end}",
            "days": one.days,
            "rings": one.is_ringing,
            "evidence": round(one.shift.evidence, 3),
            "needed": round(1 / one.alpha),
            "before": list(one.shift.before),
            "after": list(one.shift.after),
            "changed_at": one.changed_at,
            "suspects": [
                {"kind": s.kind, "name": s.name, "explains": round(s.explains, 3)}
                for s in one.suspects
            ],
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(
            ("rate", "days", "", "odds", "needed", "since"),
            [
                (
                    *(row["rate"], row["days"], "SHIFTED" if row["rings"] else "quiet"),
                    *(row["evidence"], row["needed"], row["changed_at"]),
                )
                for row in rows
            ],
        )
        for one in found:
            for suspect in one.suspects:
                share = f"{suspect.explains:.0%}"
                click.echo(f"  {one.start} -> {one.end}: {suspect.kind} {suspect.name} {share}")
    return int(ExitCode.ATTENTION if any(one.is_ringing for one in found) else ExitCode.DONE)
