"""One mapping file as read: its text, its checked shape, and the place of everything in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connector.core.problems import Place, Problem, Severity
from connector.mapfiles.shapes import Shape
from connector.mapfiles.yaml_text import Path, Plain, Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`name` is relative to the folder (`routing.yaml`), `file` to the project."""

    name: str
    file: str
    value: Plain
    spot: Spot
    shape: Shape | None = None

    def place(self, path: Path = ()) -> Place:
        """Where a value stands; for a path that leads to nothing, where its holder stands."""
        spot = self.spot.at(path)
        return Place(file=self.file, line=spot.line, column=spot.column)

    def key_place(self, path: Path) -> Place:
        """Where the key of a value stands (for an item of a list: the item itself)."""
        spot = self.spot.at(path)
        if not spot.key_line:
            return self.place(path)
        return Place(file=self.file, line=spot.key_line, column=spot.key_column)


@dataclass(slots=True)
class Notes:
    """Problems as they are found; those of one place and code are noted once."""

    problems: list[Problem] = field(default_factory=list)
    _seen: set[tuple[Place, str, str]] = field(default_factory=set)

    def add(
        self, code: str, where: Place, what: str, remedy: str, *, warning: bool = False
    ) -> None:
        """Notes one problem."""
        key = (where, code, what)
        if key in self._seen:
            return
        self._seen.add(key)
        self.problems.append(
            Problem(
                code=code,
                where=where,
                what=what,
                remedy=remedy,
                severity=Severity.WARNING if warning else Severity.ERROR,
            )
        )

    def take(self, problems: Iterator[Problem] | tuple[Problem, ...]) -> None:
        """Notes problems found elsewhere."""
        for one in problems:
            self.add(
                one.code, one.where, one.what, one.remedy, warning=one.severity is Severity.WARNING
            )


def is_error(problem: Problem) -> bool:
    """Whether nothing may be done until it is mended."""
    return problem.severity is Severity.ERROR


def in_reading_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """By file, line and column, errors before warnings at the same place."""
    return tuple(
        sorted(
            problems,
            key=lambda p: (
                p.where.file,
                p.where.line,
                p.where.column,
                not is_error(p),
                p.code,
                p.what,
            ),
        )
    )


Sheets = Mapping[str, Sheet]
