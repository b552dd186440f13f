"""A fault in data or rules, as a value with a code, an address, what is wrong and the remedy."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem stops."""

    ERROR = "error"  #: Nothing is done until it is mended.
    WARNING = "warning"  #: Work goes on; somebody should look.


class Mender(StrEnum):
    """Who can put it right."""

    ADMIN = "admin"  #: Edits the files or the settings of one of the systems.
    REP = "rep"  #: Completes or corrects the record in the CRM.
    MARKETING = "marketing"  #: Completes or corrects the record in marketing automation.
    NOBODY = "nobody"  #: It mends itself, or can be dismissed.


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address: a line of a file, or a record (`file` is then e.g. `hubspot:contact/512`)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


NOWHERE = Place(file="-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person must put right: where, what, and how."""

    code: str
    where: Place
    what: str
    remedy: str
    severity: Severity = Severity.ERROR
    mender: Mender = Mender.ADMIN

    def __str__(self) -> str:
        return f"{self.where}: {self.code}: {self.what}\n    {self.remedy}"
