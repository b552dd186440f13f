"""First contact with an account is read-only: nothing is written before somebody has looked."""

from collections.abc import MutableMapping
from datetime import datetime

from connector.core.errors import Refused, StopTheRun
from connector.core.problems import Place, Problem
from connector.core.records import System

NAMES = {System.HUBSPOT: "HubSpot account", System.SALESFORCE: "Salesforce organisation"}
UNNAMED = "(not told)"  #: of an account whose number the key may not ask for


class Acquaintance:
    """Which accounts a ledger knows, and whether somebody has looked at a plan for them.

    `kept` is on disk with the ledger: `hubspot` -> number of the account, `hubspot looked` -> when,
    `hubspot key` -> what opened it last, as a digest.
    """

    def __init__(self, kept: MutableMapping[str, str]) -> None:
        self._kept = kept

    def is_opened_by(self, system: System, key: str) -> bool:
        """Whether this key is known to open the ledger's account: then there is nothing to ask."""
        return self._kept.get(f"{system} key") == key

    def recognise(self, system: System, account: str, key: str) -> None:
        """Notes the account at first sight; raises StopTheRun where the ledger knows another one.

        Ids of two accounts must never mix: the same number may be somebody else there.
        """
        known = self._kept.get(system)
        if known is None:
            self._kept[system] = account or UNNAMED
        elif account and known == UNNAMED:
            self._kept[system] = account
        elif account and known != account:
            raise StopTheRun(
                f"this ledger belongs to the {NAMES[system]} {known}, and the configuration opens "
                f"{account}: nothing was done\n    Give each account a ledger of its own "
                "([ledger] url in config.toml), or set the key of the first account again."
            )
        self._kept[f"{system} key"] = key

    def look(self, system: System, now: datetime) -> None:
        """Notes that a rehearsal or a plan has shown what would be written there."""
        self._kept.setdefault(f"{system} looked", now.isoformat())

    def guard(self, system: System) -> None:
        """Raises Refused before the first write to an account that nobody has looked at."""
        if f"{system} looked" not in self._kept:
            raise Refused(
                Problem(
                    code="first-contact",
                    where=Place(file="config.toml"),
                    what=f"first contact with the {NAMES[system]} {self._kept.get(system)}: it was "
                    "only read, and nothing is written before somebody has looked",
                    remedy="Look at `leadrelay plan`. From then on the jobs write.",
                )
            )
