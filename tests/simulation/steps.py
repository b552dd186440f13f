"""The steps of a history: what people, reps, admins and the timetable do, drawn from a seed."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.core.timetable import Timetable, parse_cron
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.salesforce.errors import ApiRefusal
from tests.simulation.company import JOBS, LOOKS, ROUND, Company, Trouble
from tests.simulation.deeds import ALWAYS, DEEDS

TIMETABLE = Timetable(jobs={name: parse_cron(job.cadence) for name, job in JOBS.items()})
SCHEDULED = "scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens. `who` names a person of the history; `dice` draws the details."""

    deed: str
    who: str = ""
    dice: int = 0
    trouble: Trouble = field(default_factory=Trouble)

    def __str__(self) -> str:
        t = self.trouble
        words = [self.deed, self.who, f"dice={self.dice}" if self.dice else ""]
        words.append(f"faults={t.rate}/{t.dice}" if t.rate else "")
        words.append(f"killed at {t.kill_at}" if t.kill_at else "")
        words.append(f"write {t.lose} {t.fault or 'lost'}" if t.lose else "")
        words.append(f"killed after write {t.kill_write}" if t.kill_write else "")
        words.append(f"{t.other} at call {t.other_at}" if t.other else "")
        return " ".join(word for word in words if word)


def history(seed: int) -> list[Step]:
    """The steps of a seed: a few people, much that befalls them, and jobs in between."""
    rng = random.Random(seed)
    persons = [f"p{number}" for number in range(rng.randint(1, 5))]
    rate = rng.choice([0.0, 0.03, 0.1, 0.25])
    steps = [Step(deed="arrive", who=who, dice=_dice(rng)) for who in persons]
    if rng.random() < 0.3:
        steps.insert(0, Step(deed="stranger", who=persons[0], dice=_dice(rng)))
    if rng.random() < 0.5:
        steps += [_job(name, rng, rate) for name in ("pull-leads", "push-sqls", "pull-status")]
    if rng.random() < 0.4:
        steps += _interrupted(rng, persons)
    if rng.random() < 0.25:
        steps += _told_and_taken_back(rng, persons)
    if rng.random() < 0.25:
        steps += _sold(rng, persons, rate)
    if rng.random() < 0.15:
        steps += _made_anew(rng, persons, rate)
    deeds, weights = list(DEEDS), [weight for weight, _ in DEEDS.values()]
    for _ in range(rng.randint(4, 24)):
        if rng.random() < 0.45:
            name = rng.choice((*ROUND * 6, *LOOKS * 2, SCHEDULED))
            steps.append(_job(name, rng, rate))
        else:
            deed = rng.choices(deeds, weights)[0]
            steps.append(Step(deed=deed, who=rng.choice(persons), dice=_dice(rng)))
    return steps


def _interrupted(rng: random.Random, persons: list[str]) -> list[Step]:
    """A hand-off is cut off in the middle, and a rep is quicker than the next try."""
    deeds = ["reassign", "work", "edit_lead", "reject", "edit_contact"]
    return [
        Step(deed="engage", who=persons[0], dice=_dice(rng)),
        *(Step(deed="minutes", dice=_dice(rng)) for _ in range(2)),
        Step(deed="pull-leads"),
        Step(deed="push-sqls", trouble=_cut(rng, 10, 40)),
        *(Step(deed=rng.choice(deeds), who=persons[0], dice=_dice(rng)) for _ in range(2)),
        Step(deed="minutes", dice=_dice(rng)),
        Step(deed="push-sqls"),
    ]


def _told_and_taken_back(rng: random.Random, persons: list[str]) -> list[Step]:
    """A status goes there and back, and what was written of it is lost in between."""
    steps = [Step(deed=name) for name in ("pull-leads", "push-sqls", "pull-status")]
    for deed in ("work", "reopen", "work"):
        steps.append(Step(deed=deed, who=persons[0], dice=_dice(rng)))
        steps.append(Step(deed="pull-status", trouble=_cut(rng, 20, 60)))
        steps.append(Step(deed="minutes", dice=_dice(rng)))
    return steps


def _sold(rng: random.Random, persons: list[str], rate: float) -> list[Step]:
    """Somebody becomes a customer, and both sides go on with the Contact."""
    steps = [Step(deed="engage", who=persons[0], dice=_dice(rng)), Step(deed="minutes", dice=900)]
    steps += [Step(deed=name) for name in ("pull-leads", "push-sqls")]
    steps.append(Step(deed="convert", who=persons[0], dice=_dice(rng)))
    deeds = ["edit_customer", "edit_customer", "edit_contact", "no_mails", "opt_out", "adopt"]
    deeds += ["merge_customers", "delete_customer", "undelete_customer", "archive", "hours"]
    for _ in range(rng.randint(2, 6)):
        steps.append(_job(rng.choice(ROUND), rng, rate))
        steps.append(Step(deed=rng.choice(deeds), who=persons[0], dice=_dice(rng)))
    return steps


def _made_anew(rng: random.Random, persons: list[str], rate: float) -> list[Step]:
    """A contact is deleted, or erased for good, and the person comes back as another one."""
    steps = [Step(deed="engage", who=persons[-1], dice=_dice(rng)), Step(deed="minutes", dice=900)]
    steps += [_job(name, rng, rate) for name in ("pull-leads", "push-sqls")]
    leaves = rng.choice(["archive", "archive", "forget"])
    steps.append(Step(deed=leaves, who=persons[-1], dice=_dice(rng)))
    steps += [_job(rng.choice((*ROUND, *LOOKS)), rng, rate) for _ in range(rng.randint(0, 3))]
    steps.append(Step(deed="come_back", who=persons[-1], dice=_dice(rng)))
    steps.append(Step(deed="engage", who=persons[-1], dice=_dice(rng)))
    return steps


def _cut(rng: random.Random, first: int, last: int) -> Trouble:
    kinds = [
        Trouble(dice=_dice(rng), kill_at=rng.randint(first, last)),
        Trouble(dice=_dice(rng), rate=0.35),
        Trouble(lose=rng.randint(1, 3)),
        Trouble(kill_write=rng.randint(1, 3)),
    ]
    return rng.choice(kinds)


def _dice(rng: random.Random) -> int:
    return rng.randrange(1, 10_000)


def _job(name: str, rng: random.Random, rate: float) -> Step:
    kill = rng.random() < 0.15
    beside = rng.random() < 0.12
    lose = rng.random() < 0.15
    return Step(
        deed=name,
        trouble=Trouble(
            dice=_dice(rng),
            rate=rate,
            kill_at=rng.randint(1, 40) if kill else 0,
            lose=rng.randint(1, 3) if lose else 0,
            fault=rng.choice(["", "", "partial_batch", "locked", "duplicate_rows"]) if lose else "",
            other=rng.choice(list(JOBS)) if beside else "",
            other_at=rng.randint(1, 8) if beside else 0,
        ),
    )


def do(company: Company, step: Step) -> None:
    """Carries one step out; what the systems refuse to people does not happen."""
    if step.deed in JOBS:
        company.run(step.deed, step.trouble)
        return
    if step.deed == SCHEDULED:
        scheduled(company, step)
        return
    company.note(str(step))
    company.world.settle()
    _, deed = DEEDS.get(step.deed) or (0, ALWAYS[step.deed])
    try:
        deed(company, step.who, random.Random(step.dice))
    except (Rejection, ApiRefusal) as error:
        company.note(f"  refused: {type(error).__name__}")


def scheduled(company: Company, step: Step) -> None:
    """An hour or so as the timetable has it; whoever starts jobs looks at it now and then."""
    rng = random.Random(step.dice)
    company.note(f"--- {step}")
    began: dict[str, datetime] = {}
    for _ in range(3):
        company.world.clock.advance(timedelta(minutes=rng.randint(6, 40)))
        for name in JOBS:
            now = company.world.clock.now()
            if TIMETABLE.due(name, now, began.get(name, now - timedelta(hours=1))):
                began[name] = now
                company.run(name, step.trouble)
