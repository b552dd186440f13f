"""How a lead is recognised in the CRM, and what happens with somebody who is there already."""

from dataclasses import dataclass
from enum import StrEnum

from connector.core.problems import NOWHERE, Place


class Existing(StrEnum):
    """What is done with a record of the CRM that an e-mail address proposes."""

    ATTACH = "attach"  #: it becomes the lead's own, and only its blanks are filled
    UPDATE = "update"  #: it becomes the lead's own, and takes the agreed values
    PARK = "park"  #: a person decides


class Deleted(StrEnum):
    """What follows when one side deletes a record. It is never made again by us."""

    REST = "rest"  #: the other side keeps its record, and nothing more is written to it
    PARK = "park"  #: the same, and a person is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The rules of recognition. Ids always go before e-mail addresses."""

    existing_lead: Existing = Existing.ATTACH
    existing_contact: Existing = Existing.ATTACH
    deleted_in_crm: Deleted = Deleted.REST
    deleted_in_marketing: Deleted = Deleted.REST
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
