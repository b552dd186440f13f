"""Pipelines and their stages: deals, leads, and the lifecycle of contacts."""

from dataclasses import asdict, dataclass, field
from typing import Any

from connector.sandbox.hubspot.computed import LIFECYCLE_PIPELINE
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import CONTACTS, DEALS, LEADS, TICKETS, Kind


@dataclass(slots=True, kw_only=True)
class Stage:
    """One step of a pipeline; all values of `metadata` are texts."""

    id: str
    label: str
    display_order: int
    metadata: dict[str, str]
    created: int = 0
    updated: int = 0
    archived: bool = False

    def told(self) -> dict[str, Any]:
        """The stage as the API gives it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.display_order,
            "metadata": self.metadata,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": self.archived,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """A row of stages."""

    id: str
    label: str
    display_order: int = 0
    stages: list[Stage] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    archived: bool = False

    def stage(self, id_: str) -> Stage | None:
        """The stage with an id."""
        return next((one for one in self.stages if one.id == id_), None)

    def told(self) -> dict[str, Any]:
        """The pipeline as the API gives it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.display_order,
            "stages": [one.told() for one in sorted(self.stages, key=lambda s: s.display_order)],
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": self.archived,
        }


_DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)
_LEAD_STAGES = (
    ("new-stage-id", "New", "NEW"),
    ("attempting-stage-id", "Attempting", "IN_PROGRESS"),
    ("connected-stage-id", "Connected", "IN_PROGRESS"),
    ("qualified-stage-id", "Qualified", "QUALIFIED"),
    ("unqualified-stage-id", "Unqualified", "UNQUALIFIED"),
)
_LIFECYCLE = (
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
)


def _deals() -> Pipeline:
    stages = [
        Stage(
            id=id_,
            label=label,
            display_order=place,
            metadata={
                "isClosed": "true" if id_.startswith("closed") else "false",
                "probability": probability,
            },
        )
        for place, (id_, label, probability) in enumerate(_DEAL_STAGES)
    ]
    return Pipeline(id="default", label="Sales Pipeline", stages=stages)


def _tickets() -> Pipeline:
    labels = ("New", "Waiting on contact", "Waiting on us", "Closed")
    stages = [
        Stage(
            id=str(place + 1),
            label=label,
            display_order=place,
            metadata={
                "ticketState": "CLOSED" if label == "Closed" else "OPEN",
                "isClosed": "true" if label == "Closed" else "false",
            },
        )
        for place, label in enumerate(labels)
    ]
    return Pipeline(id="0", label="Support Pipeline", stages=stages)


def _leads() -> Pipeline:
    # [?] the ids and metadata of the stages
    stages = [
        Stage(id=id_, label=label, display_order=place, metadata={"leadState": state})
        for place, (id_, label, state) in enumerate(_LEAD_STAGES)
    ]
    return Pipeline(id="lead-pipeline-id", label="Lead pipeline", stages=stages)


def _lifecycle() -> Pipeline:
    stages = [
        Stage(
            id=id_,
            label=label,
            display_order=place,
            metadata={
                "isClosed": "true" if id_ == "other" else "false",
                "state": "CLOSED" if id_ == "other" else "OPEN",
            },
        )
        for place, (id_, label) in enumerate(_LIFECYCLE)
    ]
    return Pipeline(id=LIFECYCLE_PIPELINE, label="Lifecycle Stage Pipeline", stages=stages)


class Pipelines:
    """All pipelines, by object type."""

    def __init__(self) -> None:
        self._all: dict[str, list[Pipeline]] = {
            DEALS.plural: [_deals()],
            LEADS.plural: [_leads()],
            TICKETS.plural: [_tickets()],
            CONTACTS.plural: [_lifecycle()],
        }

    def of(self, kind: Kind) -> list[Pipeline]:
        """The pipelines of a type in their order."""
        return sorted(self._all.get(kind.plural, []), key=lambda one: one.display_order)

    def find(self, kind: Kind, id_: str) -> Pipeline | None:
        """A pipeline by id."""
        return next((one for one in self._all.get(kind.plural, []) if one.id == id_), None)

    def add(self, kind: Kind, pipeline: Pipeline) -> None:
        """Adds a pipeline."""
        self._all.setdefault(kind.plural, []).append(pipeline)

    def remove(self, kind: Kind, pipeline: Pipeline) -> None:
        """Removes a pipeline."""
        self._all[kind.plural].remove(pipeline)

    def lifecycle(self) -> list[str]:
        """The contacts' lifecycle stages from first to last."""
        pipeline = self._all[CONTACTS.plural][0]
        return [one.id for one in sorted(pipeline.stages, key=lambda stage: stage.display_order)]

    def save(self) -> dict[str, Any]:
        """All pipelines as JSON."""
        return {plural: [asdict(one) for one in some] for plural, some in self._all.items()}

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self._all = {
            plural: [
                Pipeline(**(one | {"stages": [Stage(**stage) for stage in one["stages"]]}))
                for one in some
            ]
            for plural, some in saved.items()
        }
