"""Everything that is to be seen from outside, as one value: jobs, backlog, budget, workers."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.core.budgets import DAY, at_the_reserve, runs_out
from connector.core.plan import ActionState
from connector.engine.timetable import Pulse, pulses, timetable_of
from connector.engine.workers import seen
from connector.ports import Cursor
from connector.runner import Job
from connector.store import SqlLedger, overview
from connector.store import parked as waiting_rooms
from connector.wiring import Workbench

STREAMS = ("hubspot.contacts", "salesforce.Lead")
SYSTEMS = ("hubspot", "salesforce")

Picture = dict[str, Any]


def picture(bench: Workbench, jobs: Mapping[str, Job]) -> Picture:
    """Plain values, ready for JSON. Moments are in UTC, spans in seconds."""
    ledger, now = bench.ledger, bench.clock.now()
    timetable = timetable_of(bench.config.timetable, jobs)
    counts = ledger.counts()
    queues = overview.waiting(ledger, now=now)
    causes = waiting_rooms.causes(ledger)
    living = {holder for _, holder, until in ledger.leases() if until > now}
    return {
        "mode": bench.config.mode,
        "at": now,
        "jobs": [_job(pulse, living) for pulse in pulses(timetable, ledger, jobs, now)],
        "lag": {stream: _lag(ledger, stream, now) for stream in STREAMS},
        "leads": counts.get("lead", 0),
        "backlog": {
            state.value: counts.get(f"action.{state}", 0)
            for state in (ActionState.PLANNED, ActionState.STARTED, ActionState.WAITING)
        },
        "queues": [_queue(one, now) for one in queues],
        "parked": {cause.name: cause.count for cause in causes},
        "causes": [
            {
                "cause": cause.name,
                "records": cause.count,
                "mends": cause.mender.value,
                "oldest": cause.oldest,
            }
            for cause in causes
        ],
        "calls": {system: _calls(ledger, system, now) for system in SYSTEMS},
        "workers": [
            {"worker": one.executor, "version": one.version, "alive": one.alive}
            for one in seen(ledger, now)
        ],
    }


def _job(pulse: Pulse, living: Collection[str]) -> Picture:
    """`living` are the runs whose process lives: one that was killed told no outcome, either."""
    last = pulse.last
    unended = "running" if last and last.id in living else "broke off"
    return {
        "job": pulse.job,
        "cadence": pulse.cadence or "off",
        "last": last.started_at if last else None,
        "outcome": (last.outcome or unended) if last else "never ran",
        "next": pulse.next,
        "overdue": pulse.text(),
        "behind": _seconds(pulse.behind),
        "picked_up": last.totals.picked_up if last else 0,
        "delivered": last.totals.delivered if last else 0,
        "message": last.message if last else "",
    }


def _lag(ledger: SqlLedger, stream: str, now: datetime) -> float | None:
    """How long ago the moment is up to which everything was read; None before the first load."""
    with ledger.transaction() as tx:
        cursor: Cursor = tx.cursor(stream)
    return _seconds(now - cursor.covered if cursor.covered else None)


def _queue(one: overview.Waiting, now: datetime) -> Picture:
    return {
        "to": one.destination.value,
        "backlog": one.backlog,
        "express": one.express,
        "blocked": one.blocked,
        "started": one.started,
        "parked": one.parked,
        "oldest": _seconds(now - one.oldest if one.oldest else None),
        "done_last_hour": one.done_last_hour,
        "empty_in": _seconds(one.empty_in()),
    }


def _calls(ledger: SqlLedger, system: str, now: datetime) -> Picture:
    """Calls of the day (UTC), what the system allows, and what the day comes to at this pace.

    What is left is as any run was told last, the calls of all who use the system included.
    """
    day = f"{now:%Y-%m-%d}"
    made = ledger.counted(f"{system} calls", day)
    limit = ledger.counted(f"{system} limit", day) or None
    left = ledger.counted(f"{system} left", day) if limit else None
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    share = (now - midnight) / DAY
    # HubSpot counts from midnight (the account's, taken as UTC's), Salesforce the last 24 hours.
    resets_at = midnight + DAY if system == "hubspot" else None
    return {
        "made": made,
        "limit": limit,
        "left": left,
        "forecast": round(made / share) if share > 0.02 else None,
        "runs_out": runs_out(limit, left, resets_at, now),
        "at_the_reserve": at_the_reserve(limit, left),
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 1)
