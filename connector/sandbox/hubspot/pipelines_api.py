"""The endpoints of pipelines and their stages."""

from typing import Any

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.kinds import CONTACTS, DEALS, Kind
from connector.sandbox.hubspot.pipelines import Pipeline, Pipelines, Stage
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.request import Reply, Request, kind_of


class PipelinesApi:
    """Reading, making, changing and removing pipelines and stages."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    @property
    def _all(self) -> Pipelines:
        return self._portal.pipelines

    def listing(self, _request: Request, type_: str) -> Reply:
        """GET /pipelines/{type}; not paged."""
        return 200, {"results": [one.told() for one in self._all.of(kind_of(type_))]}

    def read(self, _request: Request, type_: str, id_: str) -> Reply:
        """GET /pipelines/{type}/{id}."""
        return 200, self._find(kind_of(type_), id_).told()

    def create(self, request: Request, type_: str) -> Reply:
        """POST /pipelines/{type}: 201."""
        kind = kind_of(type_)
        body = request.fields("label", "displayOrder", "stages", shape=shapes.PIPELINE)
        pipeline = Pipeline(
            id=str(body.get("pipelineId") or self._new_id()),
            label=str(body["label"]),
            display_order=int(body["displayOrder"]),
            created=request.now,
            updated=request.now,
        )
        pipeline.stages = [self._stage(kind, one, request.now) for one in body["stages"]]
        self._all.add(kind, pipeline)
        return 201, pipeline.told()

    def update(self, request: Request, type_: str, id_: str) -> Reply:
        """PATCH and PUT /pipelines/{type}/{id}."""
        pipeline = self._find(kind_of(type_), id_)
        body = request.fields(shape=shapes.PIPELINE)
        pipeline.label = str(_given(body, "label", pipeline.label))
        pipeline.display_order = int(_given(body, "displayOrder", pipeline.display_order))
        pipeline.updated = request.now
        return 200, pipeline.told()

    def delete(self, request: Request, type_: str, id_: str) -> Reply:
        """DELETE /pipelines/{type}/{id}: 204; on demand only where no record uses it."""
        kind = kind_of(type_)
        pipeline = self._find(kind, id_)
        if request.flag("validateReferencesBeforeDelete"):
            self._refuse_used(kind, "pipeline" if kind is DEALS else "hs_pipeline", id_)
        self._all.remove(kind, pipeline)
        return 204, None

    def stages(self, _request: Request, type_: str, id_: str) -> Reply:
        """GET /pipelines/{type}/{id}/stages."""
        return 200, {"results": self._find(kind_of(type_), id_).told()["stages"]}

    def stage(self, _request: Request, type_: str, id_: str, stage: str) -> Reply:
        """GET /pipelines/{type}/{id}/stages/{stage}."""
        return 200, self._find_stage(self._find(kind_of(type_), id_), stage).told()

    def create_stage(self, request: Request, type_: str, id_: str) -> Reply:
        """POST /pipelines/{type}/{id}/stages: 201."""
        kind = kind_of(type_)
        pipeline = self._find(kind, id_)
        made = self._stage(
            kind, request.fields("label", "displayOrder", shape=shapes.STAGE), request.now
        )
        pipeline.stages.append(made)
        self._mirror(kind, pipeline)
        return 201, made.told()

    def update_stage(self, request: Request, type_: str, id_: str, stage: str) -> Reply:
        """PATCH and PUT /pipelines/{type}/{id}/stages/{stage}."""
        kind = kind_of(type_)
        pipeline = self._find(kind, id_)
        found = self._find_stage(pipeline, stage)
        body = request.fields(shape=shapes.STAGE)
        found.label = str(_given(body, "label", found.label))
        found.display_order = int(_given(body, "displayOrder", found.display_order))
        found.metadata |= _texts(body.get("metadata") or {})
        found.updated = request.now
        self._mirror(kind, pipeline)
        return 200, found.told()

    def delete_stage(self, request: Request, type_: str, id_: str, stage: str) -> Reply:
        """DELETE /pipelines/{type}/{id}/stages/{stage}: 204."""
        kind = kind_of(type_)
        pipeline = self._find(kind, id_)
        found = self._find_stage(pipeline, stage)
        if request.flag("validateReferencesBeforeDelete"):
            names = {DEALS.plural: "dealstage", CONTACTS.plural: "lifecyclestage"}
            self._refuse_used(kind, names.get(kind.plural, "hs_pipeline_stage"), stage)
        pipeline.stages.remove(found)
        self._mirror(kind, pipeline)
        return 204, None

    def _mirror(self, kind: Kind, pipeline: Pipeline) -> None:
        """The stages of the contacts' pipeline are the options of `lifecyclestage`."""
        if kind is not CONTACTS:
            return
        definition = self._portal.catalogue.of(CONTACTS)["lifecyclestage"]
        definition.options = [
            {
                "label": one.label,
                "value": one.id,
                "displayOrder": one.display_order,
                "hidden": False,
            }
            for one in sorted(pipeline.stages, key=lambda stage: stage.display_order)
        ]

    def _stage(self, kind: Kind, body: Json, now: int) -> Stage:
        metadata = _texts(body.get("metadata") or {})
        if kind is DEALS and "probability" in metadata:
            try:
                closed = float(metadata["probability"]) in (0.0, 1.0)
            except ValueError:
                text = f"{metadata['probability']} is not a valid probability"  # [?] the words
                raise Rejection(400, text) from None
            metadata.setdefault("isClosed", "true" if closed else "false")
        return Stage(
            id=str(body.get("stageId") or self._new_id()),
            label=str(body["label"]),
            display_order=int(_given(body, "displayOrder", 0)),
            metadata=metadata,
            created=now,
            updated=now,
        )

    def _new_id(self) -> str:
        return str(self._portal.dice.randrange(10_000_000, 1_000_000_000))

    def _find(self, kind: Kind, id_: str) -> Pipeline:
        pipeline = self._all.find(kind, id_)
        if pipeline is None:
            raise Rejection(404, "resource not found", category=None)  # [C]
        return pipeline

    @staticmethod
    def _find_stage(pipeline: Pipeline, id_: str) -> Stage:
        stage = pipeline.stage(id_)
        if stage is None:
            raise Rejection(404, "resource not found", category=None)  # [C]
        return stage

    def _refuse_used(self, kind: Kind, name: str, value: str) -> None:
        used = [
            one.key for one in self._portal.store(kind).living() if one.values.get(name) == value
        ]
        if used:
            raise Rejection(
                400,
                f"{value} is still used by {len(used)} records",  # [?] the words
                context={"objectIds": used[:10]},
            )


def _given(body: Json, name: str, default: Any) -> Any:
    """A field of the body, or the default where it is missing or null."""
    value = body.get(name)
    return default if value is None else value


def _texts(metadata: dict[str, Any]) -> dict[str, str]:
    return {
        str(name): value if isinstance(value, str) else str(value).lower()
        for name, value in metadata.items()
    }
