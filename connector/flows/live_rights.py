"""Holds the files against rights: objects, record types, and what we are not even shown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from connector.core.errors import Refused, StopTheRun
from connector.core.problems import Place, Problem
from connector.core.rules.fields import Direction, FieldRule
from connector.core.rules.ruleset import Ruleset
from connector.flows.live_fields import Hit, fault, says
from connector.ports import LeadRow, ObjectSchema, RecordType, Rights

T = TypeVar("T")

#: What the jobs do with each object; what it is for stands in the message.
NEEDED: Mapping[str, tuple[Rights, str]] = {
    "Lead": (Rights(), "handing leads over"),
    "Contact": (Rights(create=False), "leads that were converted"),
    "Task": (Rights(), "the task of a hand-off"),
    "CampaignMember": (Rights(update=False), "the campaign a lead came from"),
    **{
        name: (Rights(create=False, update=False), about)
        for name, about in (
            ("Account", "owners of companies that are known"),
            ("Campaign", "the campaign a lead came from"),
            ("Event", "first answers and meetings"),
            ("Opportunity", "what became of a lead"),
            ("OpportunityContactRole", "what became of a lead"),
            ("OpportunityHistory", "what became of a lead"),
            ("LeadHistory", "when sales changed a lead"),
            ("User", "owners"),
            ("Group", "queues"),
        )
    },
}
SPARED = frozenset({"Campaign", "CampaignMember"})  #: without them nothing but campaigns is lost
WORDS = {"create": "create", "update": "change", "read": "read"}


@dataclass(slots=True)
class Barred:
    """Reads what it may, and keeps what it was refused as problems."""

    problems: list[Problem] = field(default_factory=list)

    def unless(self, read: Callable[[], T], instead: T, what: str, remedy: str) -> T:
        """What `read` gives; `instead` where the system does not let us."""
        try:
            return read()
        except (Refused, StopTheRun) as error:
            if isinstance(error, StopTheRun) and not error.configuration:
                raise
            problem = fault("no-access", Place(file=what), str(error).split("\n")[0], remedy)
            self.problems.append(problem)
            return instead


def object_faults(rights: Mapping[str, Rights]) -> Iterator[tuple[Problem, Hit]]:
    """Objects that cannot be seen, and rights on them that are missing."""
    for name, (needed, about) in NEEDED.items():
        there = rights.get(name)
        lacking = [
            word
            for right, word in WORDS.items()
            if getattr(needed, right) and not (there and getattr(there, right))
        ]
        if lacking:
            shown = f"may not {', '.join(lacking)}" if there else "does not see"
            yield (
                fault(
                    "no-object-right",
                    Place(file=f"salesforce:{name}"),
                    f"the integration user {shown} '{name}', needed for {about}",
                    "Give it the permission set of `leadrelay setup salesforce`, or the right.",
                    warning=name in SPARED,
                ),
                _new if needed.create else _known,
            )


def _new(row: LeadRow) -> bool:
    return row.state.salesforce_id is None


def _known(row: LeadRow) -> bool:
    return row.state.salesforce_id is not None


def record_type_faults(
    ruleset: Ruleset, lead: ObjectSchema | None, types: tuple[RecordType, ...]
) -> Iterator[tuple[Problem, Hit]]:
    """Words that a record type of Lead does not offer; new Leads get the default one."""
    for rule in ruleset.fields.rules.values():
        if rule.direction not in (Direction.TO_CRM, Direction.BOTH) or rule.values is None:
            continue
        field = lead.fields.get(rule.salesforce or "") if lead else None
        for kind in types if field else ():
            yield from _left_out(rule, dict(field.options) if field else {}, kind)


def _left_out(
    rule: FieldRule, known: Mapping[str, bool], kind: RecordType
) -> Iterator[tuple[Problem, Hit]]:
    offered = kind.options.get(rule.salesforce or "")
    for row in rule.values.rows if rule.values and offered is not None else ():
        if row[2] in known and row[2] not in (offered or ()):
            which = "record type of new Leads," if kind.default else "record type"
            yield (
                fault(
                    "not-in-record-type",
                    rule.place,
                    f"'{row[2]}' (for '{row[1]}') is not offered by Salesforce's "
                    f"'{rule.salesforce}' in the {which} '{kind.name}'",
                    "Add the value to the record type, or correct the value map.",
                    warning=not kind.default,
                ),
                says(rule.name, row[1]),
            )
