"""All words that files define, by kind, and the search for one that is used."""

from collections.abc import Iterable, Mapping

from connector.core.problems import Place
from connector.core.transforms import TRANSFORMS
from connector.mapfiles.hints import remedy
from connector.mapfiles.shapes.fields import FieldsFile
from connector.mapfiles.shapes.people import PeopleFile
from connector.mapfiles.shapes.promises import PromisesFile
from connector.mapfiles.shapes.qualification import QualificationFile
from connector.mapfiles.shapes.recycling import RecyclingFile
from connector.mapfiles.shapes.routing import RoutingFile
from connector.mapfiles.shapes.targets import TargetsFile
from connector.mapfiles.shapes.vocabulary import VocabularyFile
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.values import ACTIVITIES, Known
from connector.mapfiles.yaml_text import Path

_HOMES = {"transform": "The guide to conversions explains each of them."}


class Lookup:
    """Knows what each kind of word may be; None where its home file could not be read."""

    def __init__(
        self, sheets: Mapping[str, Sheet], known: Mapping[str, Known], notes: Notes
    ) -> None:
        self.notes = notes
        self.homes: dict[str, tuple[str, tuple[str, ...]]] = {"transform": ("", tuple(TRANSFORMS))}
        for sheet in sheets.values():
            self._learn(sheet)

    def _learn(self, sheet: Sheet) -> None:
        shape, name = sheet.shape, sheet.name
        kinds: dict[str, Iterable[str]] = {}
        if isinstance(shape, VocabularyFile):
            kinds = {
                "stage": shape.stages,
                "disposition": shape.dispositions,
                "reason": shape.reasons,
            }
        elif isinstance(shape, FieldsFile):
            kinds = {
                "field": shape.fields,
                "activity": dict.fromkeys((*(a.kind for a in shape.activities), *ACTIVITIES)),
            }
        elif isinstance(shape, PeopleFile):
            kinds = {
                "role": shape.roles,
                "calendar": shape.calendars,
                "team": shape.teams,
                "queue": shape.queues,
                "person": shape.people,
            }
        elif isinstance(shape, RoutingFile):
            kinds = {"route": [rule.name for rule in shape.rules]}
        elif isinstance(shape, PromisesFile):
            kinds = {"clause": (*shape.marketing, *shape.sales)}
        elif isinstance(shape, RecyclingFile):
            kinds = {"programme": shape.programmes}
        elif isinstance(shape, TargetsFile):
            kinds = {"metric": shape.metrics, "segment": shape.segments}
        elif isinstance(shape, QualificationFile):
            kinds = {"temperature": [one.name for one in shape.temperatures]}
        for kind, words in kinds.items():
            self.homes[kind] = (name, tuple(words))

    def words(self, kind: str) -> tuple[str, ...] | None:
        """All words of a kind; None where their home is unknown."""
        home = self.homes.get(kind)
        return None if home is None else home[1]

    def one(
        self, kind: str, name: str, sheet: Sheet, path: Path, also: tuple[str, ...] = ()
    ) -> None:
        """Notes the word at a path where nothing defines it."""
        home = self.homes.get(kind)
        if home is None or name in home[1] or name in also:
            return
        plural = {"person": "People", "activity": "Activities"}.get(kind, f"{kind.title()}s")
        self.notes.add(
            f"unknown-{kind}",
            sheet.place(path),
            f"there is no {kind} '{name}'",
            remedy(
                name, (*home[1], *also), _HOMES.get(kind, f"{plural} are defined in {home[0]}.")
            ),
        )

    def each(
        self,
        kind: str,
        names: tuple[str, ...],
        sheet: Sheet,
        path: Path,
        also: tuple[str, ...] = (),
    ) -> None:
        """The same for a list of words, or a single word in its place."""
        for at, name in enumerate(names):
            self.one(kind, name, sheet, (*path, at), also)

    def missing_picklist(
        self, name: str, picklists: Iterable[str], where: Place
    ) -> None:  # fmt: skip
        """Notes a picklist file that is not there."""
        self.notes.add(
            "unknown-picklist",
            where,
            f"there is no file '{name}'",
            remedy(name, picklists, "Value maps lie in the folder picklists."),
        )
