"""The ways in which two records can belong together: HubSpot's own types, and own labels."""

from dataclasses import dataclass
from typing import Any

HUBSPOT = "HUBSPOT_DEFINED"
USER = "USER_DEFINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationType:
    """One direction of a type.

    `plain` is the unlabelled type that comes with a primary one; `single` marks the direction in
    which there can be only one: a contact has one primary company, a company many contacts.
    """

    id: int
    origin: str
    target: str
    inverse: int
    name: str
    label: str | None = None
    category: str = HUBSPOT
    plain: int | None = None
    single: bool = False

    def told(self) -> dict[str, Any]:
        """The type as it stands in associations and lists of labels."""
        return {"category": self.category, "typeId": self.id, "label": self.label}


def _both(
    origin: str,
    target: str,
    there: int,
    back: int,
    *,
    label: str | None = None,
    plain: tuple[int, int] | None = None,
    suffix: str = "",
) -> tuple[AssociationType, AssociationType]:
    return (
        AssociationType(
            id=there,
            origin=origin,
            target=target,
            inverse=back,
            name=f"{origin}_to_{target}{suffix}",
            label=label,
            plain=plain[0] if plain else None,
            single=plain is not None,
        ),
        AssociationType(
            id=back,
            origin=target,
            target=origin,
            inverse=there,
            name=f"{target}_to_{origin}{suffix}",
            label=label,
            plain=plain[1] if plain else None,
        ),
    )


_UNLABELLED = "_unlabeled"

#: The ids with evidence for contacts and companies; those of deals', leads' and tickets' are [C].
BUILT_IN: tuple[AssociationType, ...] = (
    *_both("contact", "company", 279, 280, suffix=_UNLABELLED),
    *_both("contact", "company", 1, 2, label="Primary", plain=(279, 280)),
    *_both("deal", "company", 341, 342, suffix=_UNLABELLED),
    *_both("deal", "company", 5, 6, label="Primary", plain=(341, 342)),
    *_both("contact", "deal", 4, 3),
    *_both("lead", "contact", 608, 609, suffix=_UNLABELLED),
    *_both("lead", "contact", 578, 579, label="Primary", plain=(608, 609)),
    *_both("lead", "company", 610, 611, suffix=_UNLABELLED),
    *_both("lead", "company", 580, 581, label="Primary", plain=(610, 611)),
    *_both("contact", "ticket", 15, 16),
    *_both("company", "ticket", 25, 26),
    *_both("deal", "ticket", 27, 28),
    *_both("ticket", "call", 219, 220),
    *_both("ticket", "email", 223, 224),
    *_both("ticket", "meeting", 225, 226),
    *_both("ticket", "note", 227, 228),
    *_both("ticket", "task", 229, 230),
    *_both("contact", "call", 193, 194),
    *_both("contact", "email", 197, 198),
    *_both("contact", "meeting", 199, 200),
    *_both("contact", "note", 201, 202),
    *_both("contact", "task", 203, 204),
    *_both("company", "call", 181, 182),
    *_both("company", "email", 185, 186),
    *_both("company", "meeting", 187, 188),
    *_both("company", "note", 189, 190),
    *_both("company", "task", 191, 192),
    *_both("deal", "call", 205, 206),
    *_both("deal", "email", 209, 210),
    *_both("deal", "meeting", 211, 212),
    *_both("deal", "note", 213, 214),
    *_both("deal", "task", 215, 216),
    AssociationType(
        id=449, origin="contact", target="contact", inverse=449, name="contact_to_contact"
    ),
    AssociationType(
        id=450, origin="company", target="company", inverse=450, name="company_to_company"
    ),
    AssociationType(id=451, origin="deal", target="deal", inverse=451, name="deal_to_deal"),
)
