"""How a lead is recognised in the CRM, and what happens with somebody who is there already."""

from dataclasses import dataclass
from enum import StrEnum

from connector.core.problems import NOWHERE, Place


class Existing(StrEnum):
    """What is done with a record of the CRM that an e-mail address proposes."""

    ATTACH = "attach"  #: it becomes the lead's own, and only its blanks are filled
    UPDATE = "update"  #: it becomes the lead's own, and takes the agreed values
    PARK = "park"  #: a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The rules of recognition. Ids always go before e-mail addresses."""

    existing_lead: Existing = Existing.ATTACH
    existing_contact: Existing = Existing.ATTACH
    shared_mailboxes: tuple[str, ...] = (
        "info@*",
        "contact@*",
        "office@*",
        "sales@*",
        "admin@*",
        "hello@*",
        "accueil@*",
        "kontakt@*",
        "noreply@*",
        "no-reply@*",
    )  #: addresses that belong to several people; `*` stands for any text
    place: Place = NOWHERE
