"""Tells people when a job does not run any more; once per outage, whichever worker sees it."""

from collections.abc import Mapping

from connector.core.errors import Refused, TryLater
from connector.core.timetable import Timetable
from connector.engine.timetable import Pulse, pulses
from connector.ports import Message
from connector.runner import Job
from connector.wiring import CHAT, Workbench

_TOLD = "overdue told"  #: counters of the ledger: an outage is told when its counter is 1


def tell_overdue(bench: Workbench, timetable: Timetable, jobs: Mapping[str, Job]) -> int:
    """Sends one message per overdue job and outage to every operator; returns how many jobs."""
    told = 0
    for pulse in pulses(timetable, bench.ledger, jobs, bench.clock.now()):
        if pulse.overdue is None:
            continue
        outage = f"{pulse.job} {bench.clock.now() - pulse.overdue:%Y-%m-%dT%H:%M:%S}"
        if not _is_new(bench, outage):
            continue
        if _tell(bench, pulse):
            told += 1
        else:
            bench.ledger.count_up(_TOLD, outage, -1)  # nobody could be reached: the next look tries
    return told


def _is_new(bench: Workbench, outage: str) -> bool:
    """The first to count an outage tells of it. An outage is named by its last good run."""
    return bench.ledger.counted(_TOLD, outage) == 0 and bench.ledger.count_up(_TOLD, outage) == 1


def _tell(bench: Workbench, pulse: Pulse) -> bool:
    """Whether somebody was reached, or there is nobody to reach."""
    outcome = pulse.last.outcome if pulse.last else "never ran"
    tried = reached = 0
    for channel in bench.channels:
        people = bench.config.mail.operators if channel == "email" else (CHAT,)
        for to in people:
            message = Message(
                key=f"overdue {pulse.job}",
                to=to,
                channel=channel,
                subject=f"leadrelay: {pulse.text()}",
                text=f"{pulse.text()}. Its last run ended as: {outcome}.\nSee `leadrelay status`.",
                cause=f"overdue:{pulse.job}",
            )
            tried += 1
            try:
                bench.notifier.send(message)
            except (TryLater, Refused):
                continue  # `status` and `health` still say so
            reached += 1
    return bool(reached) or not tried
