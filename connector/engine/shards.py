"""Large work in shards: the rounds of a job, part by part, on a queue that all workers share."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from connector.core.errors import ConnectorError
from connector.engine.lost import UnderWay
from connector.engine.timetable import GOOD
from connector.runner import Job
from connector.wiring import Workbench

log = logging.getLogger("leadrelay.work")

QUEUE = "shards"
A_WORKER = 2  #: shards that one worker has under way
LAPS = 200  #: rounds are repeated while they find something large, and never without end
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

#: Runs a job once, or again while the other side is away; returns ids and counts.
Run = Callable[[Job, int], dict[str, Any]]


class Shards:
    """Divides a job's rounds, hands the parts to the queue and waits for them.

    A part is named by ids and numbers; what it has done is in the ledger, so that a part that is
    done again goes on where it was.
    """

    def __init__(
        self,
        jobs: Mapping[str, Job],
        bench: Callable[[], Workbench],
        run: Run,
        stop: threading.Event,
        under_way: UnderWay,
        *,
        pauses: Sequence[int],
        poll: float,
    ) -> None:
        self._jobs, self._bench, self._run, self._stop = jobs, bench, run, stop
        self._under_way = under_way
        self._pauses, self._poll = pauses, poll
        self._enrol()

    def _enrol(self) -> None:
        """Makes DBOS know the steps and the workflow; it takes functions, no methods."""

        @DBOS.step(name="divide")
        def divide(job: str, round_: str) -> list[str]:
            return self._names(job, round_)

        @DBOS.step(name="wait")
        def wait(ids: list[str]) -> list[str]:
            return self._outcomes(ids)

        @DBOS.step(name="part")
        def part(job: str, round_: str, name: str, attempt: int) -> dict[str, Any]:
            return self._run(self._jobs[job].part(round_, name), attempt)

        @DBOS.workflow(name="shard")
        def shard(job: str, round_: str, name: str) -> dict[str, Any]:
            with self._under_way.doing():
                for attempt, pause in enumerate((*self._pauses, 0)):
                    done = part(job, round_, name, attempt)
                    if not done["again"]:
                        break
                    DBOS.sleep(pause)
                return done

        self._divide, self._wait, self._shard = divide, wait, shard

    def listen(self) -> None:
        """Takes shards from now on: so many at a time from each system, on all machines."""
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=A_WORKER,
            partition_concurrency=self._bench().config.timetable.shards,
            polling_interval_sec=self._poll,
        )

    def carry_out(self, job: str) -> None:
        """Inside a tick: every large round of the job, again until none is large any more."""
        rounds = self._jobs[job].rounds if job in self._jobs else ()
        for lap in range(LAPS if rounds else 0):
            worked = False
            for round_ in rounds:
                ids = [
                    self._hand_out(job, round_.name, round_.system, part, lap)
                    for part in self._divide(job, round_.name)
                ]
                outcomes = self._wait(ids) if ids else []
                if not set(outcomes) <= {*GOOD, "interrupted"}:
                    return  # the job itself meets what keeps them, and says so
                worked = worked or bool(ids)
            if not worked:
                return

    def _hand_out(self, job: str, round_: str, system: str, part: str, lap: int) -> str:
        name = f"{DBOS.workflow_id}/{round_} {part} {lap}"
        with SetWorkflowID(name), SetEnqueueOptions(queue_partition_key=system):
            DBOS.enqueue_workflow(QUEUE, self._shard, job, round_, part)
        return name

    def _names(self, job: str, round_: str) -> list[str]:
        bench = self._bench()
        found = next(one for one in self._jobs[job].rounds if one.name == round_)
        try:
            return list(found.parts(bench, bench.config.timetable.shards))
        except ConnectorError as fault:
            log.warning("not divided", extra={"job": job, "error": type(fault).__name__})
            return []

    def _outcomes(self, ids: list[str]) -> list[str]:
        """How they ended, whichever worker did them; `stopped` where this one is to end first."""
        while not self._stop.is_set():
            found = DBOS.list_workflows(workflow_ids=ids, load_input=False)
            if all(one.status in ENDED for one in found):
                return sorted({_outcome(one) for one in found})
            time.sleep(self._poll)
        return ["stopped"]


def _outcome(shard: Any) -> str:
    return str(shard.output["outcome"]) if shard.status == "SUCCESS" else "bug"
