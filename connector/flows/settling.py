"""Puts what a batch came to into the ledger: states, links, agreed values and facts together."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from connector.core.frozen import replace
from connector.core.plan import ActionState, Destination, Json
from connector.core.problems import Problem
from connector.flows.delivered import Delivered, Image
from connector.flows.doubles import list_doubles
from connector.flows.lead_state import (
    SEEN,
    SEEN_AT,
    SEEN_BY,
    SENT_AT,
    SENT_OVER,
    TOLD_AT,
    TOLD_OVER,
    remembering,
)
from connector.ports import ActionOutcome, Transaction


def settle(tx: Transaction, result: Delivered, *, now: datetime, run_id: str) -> None:
    """Puts a batch's outcome into the ledger: states, links, agreed values and facts together."""
    clashes = tx.link_clashes(result.links)
    result.outcomes = [_unlinked(outcome, clashes, result) for outcome in result.outcomes]
    tx.finish(result.outcomes, now=now)
    links = [link for link in result.links if link.lead_id not in clashes]
    tx.link(links)
    list_doubles(tx, links, now=now, run_id=run_id)
    tx.give_up(result.rests, now=now, destination=Destination.SALESFORCE)
    tx.agree({k: v for k, v in result.agreed.items() if k not in clashes}, now=now)
    kept = {key: (i.written, i.before) for key, i in result.images.items()}
    tx.keep_images(kept | {key: (fields, {}) for key, fields in result.untouched.items()})
    _remember(tx, result.images.values())
    tx.save_leads(result.leads)
    events = [e for e in result.events if e.lead_id not in clashes]
    tx.record(events, now=now, run_id=run_id)


def _remember(tx: Transaction, images: Iterable[Image]) -> None:
    """What we wrote is no change by somebody else, and no difference any more."""
    wrote = list(images)
    if not wrote:
        return
    memories = tx.memories(sorted({image.lead_id for image in wrote}))
    for image in wrote:
        held = memories.get(image.lead_id)
        if held is None:
            continue
        began: Json = image.began.isoformat()
        if image.destination is Destination.HUBSPOT:
            told: dict[str, Json] = {TOLD_AT: began, TOLD_OVER: dict(image.before)}
        else:
            known = held.get(SEEN)
            seen = {
                name: value
                for name, value in (known.items() if isinstance(known, dict) else ())
                if name not in image.written
            }
            told = {SENT_AT: began, SENT_OVER: dict(image.before), SEEN: seen}
            told |= _kept(image, held, seen)
        memories[image.lead_id] = remembering(held, told)
    tx.keep_memories(memories)


def _kept(image: Image, held: Mapping[str, Json], seen: dict[str, Json]) -> dict[str, Json]:
    """What stays as people left it, since when at the latest: by our own write it is no newer."""
    fresh = {n: v for n, v in image.kept.items() if n not in seen or seen[n] != v}
    if not fresh or image.kept_at is None:
        return {}
    at, by = held.get(SEEN_AT), held.get(SEEN_BY)
    since: dict[str, Json] = dict.fromkeys(fresh, image.kept_at.isoformat())
    whose = dict(by) if isinstance(by, dict) else {}
    return {
        SEEN: seen | fresh,
        SEEN_AT: {**(at if isinstance(at, dict) else {}), **since},
        SEEN_BY: {name: who for name, who in whose.items() if name not in fresh},
    }


def _unlinked(
    outcome: ActionOutcome, clashes: Mapping[str, Problem], result: Delivered
) -> ActionOutcome:
    """An action whose record turned out to be another lead's is parked, with both ids."""
    lead_id = result.linking.get(outcome.key, "")
    if outcome.state is not ActionState.DONE or lead_id not in clashes:
        return outcome
    return replace(outcome, state=ActionState.PARKED, problem=clashes[lead_id])
