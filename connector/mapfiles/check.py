"""`leadrelay check`: everything that is wrong with a mappings folder, all at once."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connector.core.problems import Problem
from connector.core.rules.ruleset import Ruleset
from connector.mapfiles.checks.clashes import check_clashes
from connector.mapfiles.checks.definitions import check_definitions
from connector.mapfiles.checks.fields import check_fields
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.checks.people import check_people
from connector.mapfiles.checks.promises import check_promises
from connector.mapfiles.checks.raci import check_raci
from connector.mapfiles.checks.scores import check_scores
from connector.mapfiles.checks.structure import check_structure
from connector.mapfiles.checks.templates import check_templates
from connector.mapfiles.checks.uses import check_uses
from connector.mapfiles.load import Loaded, load
from connector.mapfiles.sheets import Notes, in_reading_order, is_error

CHECKS = (
    check_definitions,
    check_clashes,
    check_fields,
    check_people,
    check_scores,
    check_structure,
    check_promises,
    check_raci,
    check_templates,
    check_uses,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A reading with all its problems; `ruleset` is None where any of them is an error."""

    ruleset: Ruleset | None
    problems: tuple[Problem, ...]
    loaded: Loaded

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Those that stand in the way."""
        return tuple(p for p in self.problems if is_error(p))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Those that somebody should look at."""
        return tuple(p for p in self.problems if not is_error(p))


def check(folder: Path, today: date) -> Checked:
    """Reads a folder and runs every check; `today` decides what is overdue."""
    loaded = load(folder)
    notes = Notes()
    notes.take(loaded.problems)
    ground = Ground(project=loaded.project, draft=loaded.draft, today=today, notes=notes)
    for one in CHECKS:
        one(ground)
    problems = in_reading_order(notes.problems)
    return Checked(
        ruleset=None if any(map(is_error, problems)) else loaded.ruleset,
        problems=problems,
        loaded=loaded,
    )
