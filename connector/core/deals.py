"""Opportunities as events: created, changed, won, lost, reopened; with amount and currency.

Won is what `IsWon` says, never the text of a stage. A deal may be won, reopened and won again, and
its amount may change afterwards: each is a fact of its own, and the latest one counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.core.clocks import moment_of
from connector.core.events import Event, EventKind, event_key
from connector.core.plan import Json
from connector.core.records import SourceRecord
from connector.core.status import crm_moment, is_true


@dataclass(frozen=True, slots=True, kw_only=True)
class DealStages:
    """Which stage names are won and which are lost, for history rows that do not say so."""

    won: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An opportunity at one moment; amounts as the CRM writes them."""

    at: datetime
    fact: str  #: the row that tells it
    stage: str
    amount: str | None
    currency: str | None
    close_date: str | None
    won: bool
    closed: bool
    by: str = ""

    @property
    def figures(self) -> tuple[str, str | None, str | None, str | None, bool, bool]:
        """What makes it another state."""
        return (self.stage, self.amount, self.currency, self.close_date, self.won, self.closed)


def deal_events(
    record: SourceRecord,
    known: Iterable[Event],
    *,
    lead_id: str,
    cycle: int,
    history: Sequence[SourceRecord] = (),
    stages: DealStages | None = None,
    currency: str = "",
) -> tuple[Event, ...]:
    """The events of one opportunity as it is now, in order.

    `known` are the lead's earlier events. With `history` (rows of OpportunityHistory) every state
    is told at its own moment; without it, the difference to what is known. `currency` is the
    organisation's, where it has only one.
    """
    now = _deal(record, currency)
    told = [e for e in known if e.data.get("opportunity") == record.id]
    rows = sorted(history, key=lambda row: (row.created_at, row.id))
    states = [_past(row, now, stages or DealStages()) for row in rows]
    before: Deal | None = None
    if not states:
        before = _remembered(told)
    if not states or states[-1].figures != now.figures:
        states.append(now)
    events: list[Event] = []
    write = _Writer(lead_id, cycle, record.id, events)
    if before is None:
        write.created(crm_moment(record.values.get("CreatedDate")) or record.created_at, states[0])
    for state in states:
        write.step(before, state)
        before = state
    return tuple(sorted(events, key=moment_of))


def _deal(record: SourceRecord, currency: str) -> Deal:
    values = record.values
    at = crm_moment(values.get("LastModifiedDate")) or record.updated_at
    return Deal(
        at=at,
        fact=f"{record.id}\n{at.isoformat()}",
        stage=values.get("StageName") or "",
        amount=plain_amount(values.get("Amount")),
        currency=values.get("CurrencyIsoCode") or currency or None,
        close_date=values.get("CloseDate") or None,
        won=is_true(values.get("IsWon")),
        closed=is_true(values.get("IsClosed")),
        by=values.get("LastModifiedById") or "",
    )


def plain_amount(text: str | None) -> str | None:
    """The same amount always as the same text: `50000.0`, `5E4` and `50000` are `50000`."""
    if not text:
        return None
    amount = format(Decimal(text), "f")
    return amount.rstrip("0").rstrip(".") if "." in amount else amount


def _past(row: SourceRecord, now: Deal, stages: DealStages) -> Deal:
    """A row of history; a stage it shares with the record now is closed or won as the record is."""
    stage = row.values.get("StageName") or ""
    same = stage == now.stage
    won = now.won if same else stage in stages.won
    return Deal(
        at=row.created_at,
        fact=row.id,
        stage=stage,
        amount=plain_amount(row.values.get("Amount")),
        currency=row.values.get("CurrencyIsoCode") or now.currency,
        close_date=row.values.get("CloseDate") or None,
        won=won,
        closed=now.closed if same else won or stage in stages.lost,
        by=row.values.get("CreatedById") or "",
    )


def _remembered(told: Iterable[Event]) -> Deal | None:
    """The latest state that earlier events tell of an opportunity."""
    latest: Deal | None = None
    for event in sorted(told, key=moment_of):
        if event.kind in (EventKind.OPPORTUNITY_CREATED, EventKind.OPPORTUNITY_CHANGED):
            data = event.data
            latest = Deal(
                at=event.at,
                fact=event.key,
                stage=str(data.get("to") or ""),
                amount=_text(data.get("amount")),
                currency=_text(data.get("currency")),
                close_date=_text(data.get("close_date")),
                won=data.get("won") is True,
                closed=data.get("closed") is True,
            )
    return latest


def _text(value: Json) -> str | None:
    return str(value) if value not in (None, "") else None


@dataclass(slots=True)
class _Writer:
    lead_id: str
    cycle: int
    opportunity: str
    events: list[Event]

    def created(self, at: datetime, first: Deal) -> None:
        """At the moment of creation; what it was worth first, where history tells that."""
        self._add(EventKind.OPPORTUNITY_CREATED, at, self.opportunity, first, to=first.stage)

    def step(self, before: Deal | None, after: Deal) -> None:
        if before is not None and before.figures != after.figures:
            self._add(
                EventKind.OPPORTUNITY_CHANGED,
                after.at,
                after.fact,
                after,
                **{"from": before.stage, "to": after.stage},
            )
        closed_before = before is not None and before.closed
        if after.won and (before is None or not before.won or _worth(before) != _worth(after)):
            self._add(EventKind.WON, after.at, after.fact, after)
        elif after.closed and not after.won and not (closed_before and before and not before.won):
            self._add(EventKind.LOST, after.at, after.fact, after)
        elif closed_before and not after.closed:
            self._add(EventKind.REOPENED, after.at, after.fact, after)

    def _add(self, kind: EventKind, at: datetime, fact: str, deal: Deal, **more: Json) -> None:
        data: dict[str, Json] = {
            "opportunity": self.opportunity,
            "amount": deal.amount,
            "currency": deal.currency,
            "close_date": deal.close_date,
            "won": deal.won,
            "closed": deal.closed,
        }
        self.events.append(
            Event(
                key=event_key(kind, self.lead_id, fact),
                lead_id=self.lead_id,
                kind=kind,
                at=at,
                cycle=self.cycle,
                data=data | more,
                by=deal.by,
            )
        )


def _worth(deal: Deal) -> tuple[str | None, str | None, str | None]:
    return deal.amount, deal.currency, deal.close_date


def asleep_since(events: Iterable[Event], opportunity: str) -> datetime | None:
    """The latest change or contact of an open opportunity; None where it is not open."""
    latest: datetime | None = None
    is_open = False
    for event in sorted(events, key=moment_of):
        of_it = event.data.get("opportunity") == opportunity
        if of_it and event.kind in (EventKind.OPPORTUNITY_CREATED, EventKind.REOPENED):
            is_open = True
        elif of_it and event.kind in (EventKind.WON, EventKind.LOST):
            is_open = False
        contact = event.kind in (EventKind.TOUCHED, EventKind.NOTE_WRITTEN)
        if (of_it and event.kind is not EventKind.STALLED) or contact:
            latest = event.at
    return latest if is_open else None
