"""Builds routing, promises, recycling and targets."""

from datetime import timedelta

from connector.core.problems import Place
from connector.core.rules import promises as p
from connector.core.rules import recycling as r
from connector.core.rules.routing import ExistingOwner, RouteRule, Routing, Target, TargetKind
from connector.core.rules.targets import Campaign, MetricTarget, Targets
from connector.mapfiles.building.parts import examples, given_values, when
from connector.mapfiles.building.words import signatures
from connector.mapfiles.conditions import Words
from connector.mapfiles.shapes.promises import (
    ClauseExampleShape,
    ClauseShape,
    PromisesFile,
    TouchesShape,
)
from connector.mapfiles.shapes.recycling import ProgrammeShape, RecycleShape, RecyclingFile
from connector.mapfiles.shapes.routing import RoutingFile, TargetShape
from connector.mapfiles.shapes.targets import TargetsFile
from connector.mapfiles.sheets import Sheet
from connector.mapfiles.yaml_text import Path


def target(shape: TargetShape) -> Target:
    """Whom a rule points at."""
    for kind in TargetKind:
        name = getattr(shape, kind)
        if name:
            return Target(kind=kind, name=name)
    raise AssertionError("the shape lets exactly one pass")


def build_routing(sheet: Sheet, words: Words) -> Routing:
    """Mode, rules and fallback."""
    shape = sheet.shape
    assert isinstance(shape, RoutingFile)
    existing = shape.existing_owner
    rules = []
    for at, one in enumerate(shape.rules):
        path: Path = ("rules", at)
        rules.append(
            RouteRule(
                name=one.name,
                to=target(one.to),
                when=when(one.when, sheet, path, words),
                kind=one.kind,
                mode=one.mode,
                labels=one.label,
                examples=examples(one.examples, sheet, path, words),
                place=sheet.place(path),
            )
        )
    return Routing(
        mode=shape.mode,
        rules=tuple(rules),
        fallback=target(shape.fallback),
        existing_owner=ExistingOwner(
            open_lead=existing.open_lead,
            contact=existing.contact,
            account_domain=existing.account_domain,
            account_name=existing.account_name,
            name_similarity=existing.name_similarity,
            place=sheet.key_place(("existing_owner",)),
        ),
        single_contact=shape.single_contact,
        tele_team=shape.tele_team,
        working_hours_only=shape.working_hours_only,
        return_to_refuser=shape.return_to_refuser,
        place=sheet.place(),
    )


def build_promises(sheet: Sheet, words: Words) -> p.Promises:
    """Clauses of both sides, marketing's first; RACI; signatures."""
    shape = sheet.shape
    assert isinstance(shape, PromisesFile)
    clauses = {
        name: _clause(name, side, one, sheet, words)
        for side, section in ((p.Side.MARKETING, shape.marketing), (p.Side.SALES, shape.sales))
        for name, one in section.items()
    }
    promise = shape.customer_promise
    return p.Promises(
        clauses=clauses,
        raci=tuple(
            p.RaciRow(
                activity=row.activity,
                responsible=row.responsible,
                accountable=row.accountable[0] if row.accountable else "",
                consulted=row.consulted,
                informed=row.informed,
                labels=row.label,
                place=sheet.place(("raci", at)),
            )
            for at, row in enumerate(shape.raci)
        ),
        enforcer=shape.enforcer,
        sponsor=shape.sponsor,
        signatures=signatures(shape.signatures),
        review_on=shape.review_on,
        customer_promise=promise.text if promise else {},
        customer_promise_property=promise.hubspot_property if promise else None,
        minimum_touches=_touches(shape.minimum_touches),
        place=sheet.place(),
    )


def _touches(shape: TouchesShape) -> p.Touches:
    return p.Touches(phone=shape.phone, email=shape.email)


def _clause(name: str, side: p.Side, one: ClauseShape, sheet: Sheet, words: Words) -> p.Clause:
    path: Path = (str(side), name)
    return p.Clause(
        name=name,
        side=side,
        start=one.start,
        stop=tuple(one.stop),
        within=one.within,
        clock=one.clock,
        calendar=one.calendar,
        when=when(one.when, sheet, path, words),
        touches=_touches(one.touches) if one.touches else None,
        pauses={str(stop): str(resume) for stop, resume in one.pauses.items()},
        at_risk=one.at_risk,
        restarts=tuple(one.restarts),
        holds=words.read(one.holds, sheet, (*path, "holds")) if one.holds else None,
        at_least=one.at_least,
        severity=one.severity,
        responsible=one.responsible,
        audience=one.audience,
        escalations=tuple(
            p.Escalation(
                after=step.after,
                tell=step.tell,
                reassign=step.reassign,
                hold_new_leads=step.hold_new_leads,
                propose_recycle=step.propose_recycle,
            )
            for step in one.escalate
        ),
        labels=one.label,
        examples=tuple(
            _clause_example(case, sheet, (*path, "examples", at), words)
            for at, case in enumerate(one.examples)
        ),
        place=sheet.key_place(path),
    )


def _clause_example(
    case: ClauseExampleShape, sheet: Sheet, path: Path, words: Words
) -> p.ClauseExample:
    return p.ClauseExample(
        start=case.start,
        due=case.due,
        person=case.person,
        after=case.after or timedelta(0),
        answered=case.answered,
        touches=p.Touches(phone=case.phone, email=case.email),
        given=given_values(case.given or {}, sheet, (*path, "given"), words),
        passed=case.passed,
        count=case.count or 0,
        late_count=case.late_count,
        expect=case.expect,
        place=sheet.place(path),
    )


def build_recycling(sheet: Sheet, words: Words) -> tuple[r.Recycling, r.EchoProperties]:
    """What becomes of returned leads, and where marketing sees the outcome."""
    shape = sheet.shape
    assert isinstance(shape, RecyclingFile)
    recycling = r.Recycling(
        statuses={
            name: r.StatusRule(
                status=name,
                stage=one.stage,
                disposition=one.disposition,
                hubspot_lead_status=one.hubspot_lead_status,
                place=sheet.key_place(("statuses", name)),
            )
            for name, one in shape.statuses.items()
        },
        rules=tuple(_recycle_rule(one, at, sheet, words) for at, one in enumerate(shape.rules)),
        programmes={
            name: _programme(name, one, sheet.key_place(("programmes", name)))
            for name, one in shape.programmes.items()
        },
        fallback_programme=shape.fallback_programme,
        cool_down_days=shape.cool_down.days,
        max_cycles=shape.max_cycles,
        recycled_stage=shape.recycled_stage,
        recycled_lead_status=shape.recycled_lead_status,
        reason_property=shape.reason_property,
        goal_property=shape.goal_property,
        stalled_after_days=shape.stalled_after.days,
        stalled_programme=shape.stalled_programme,
        never_again=shape.never_again,
        place=sheet.place(),
    )
    echo = shape.echo
    return recycling, r.EchoProperties(
        stage=echo.stage,
        disposition=echo.disposition,
        owner=echo.owner,
        amount=echo.amount,
        extra=echo.extra,
    )


def _programme(name: str, one: ProgrammeShape, place: Place) -> r.Programme:
    return r.Programme(
        name=name,
        hubspot_list=one.hubspot_list,
        hubspot_property=one.hubspot_property,
        hubspot_value=one.hubspot_value,
        steps=one.steps,
        labels=one.label,
        place=place,
    )


def _recycle_rule(one: RecycleShape, at: int, sheet: Sheet, words: Words) -> r.RecycleRule:
    path: Path = ("rules", at)
    return r.RecycleRule(
        name=one.name,
        reasons=one.reasons,
        programme=one.programme,
        when=when(one.when, sheet, path, words),
        cool_down_days=one.cool_down.days if one.cool_down else None,
        return_after_days=one.return_after.days if one.return_after else None,
        return_on_field=one.return_on,
        examples=examples(one.examples, sheet, path, words),
        place=sheet.place(path),
    )


def build_targets(sheet: Sheet) -> Targets:
    """Metrics, targets, currencies, alarms and meetings."""
    shape = sheet.shape
    assert isinstance(shape, TargetsFile)
    return Targets(
        currency=shape.currency,
        rates={code: tuple(sorted(days.items())) for code, days in shape.rates.items()},
        targets=tuple(
            MetricTarget(
                metric=one.metric,
                period=one.period,
                value=one.value,
                segment=one.segment,
                owner=one.owner,
                place=sheet.place(("targets", at)),
            )
            for at, one in enumerate(shape.targets)
        ),
        segments=shape.segments,
        false_alarm_rate=shape.false_alarm_rate,
        meeting_every_days=shape.meeting_every.days,
        campaigns=tuple(
            Campaign(
                name=one.name,
                starts_on=one.starts_on,
                expected_leads=one.expected_leads,
                labels=one.label,
                place=sheet.place(("campaigns", at)),
            )
            for at, one in enumerate(shape.campaigns)
        ),
        metric_labels={name: one.label for name, one in shape.metrics.items()},
        place=sheet.place(),
    )
