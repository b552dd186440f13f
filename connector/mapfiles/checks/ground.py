"""What every check is given: one reading of the folder, the day, and where to note problems."""

from dataclasses import dataclass
from datetime import date

from connector.core.rules.ruleset import Ruleset
from connector.mapfiles.load import Project
from connector.mapfiles.sheets import Notes, Sheet, is_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`draft` is the ruleset as far as it could be built; None where a file could not be read."""

    project: Project
    draft: Ruleset | None
    today: date
    notes: Notes

    def sheet(self, name: str) -> Sheet | None:
        """A file whose shape is right."""
        return self.project.sheet(name)

    def is_sound(self, name: str) -> bool:
        """Whether a file has no error so far: only then is the structure of its rules judged,
        since clauses that could not be read are missing from them."""
        file = self.project.folder.file(name)
        return not any(p.where.file == file and is_error(p) for p in self.notes.problems)
