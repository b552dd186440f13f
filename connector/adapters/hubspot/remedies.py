"""What a person can do about each refusal of HubSpot, and who."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.core.problems import Mender


@dataclass(frozen=True, slots=True)
class Remedy:
    """A sentence for the person who mends it."""

    text: str
    mender: Mender = Mender.ADMIN


REMEDIES: Mapping[str, Remedy] = {
    "PROPERTY_DOESNT_EXIST": Remedy(
        "Create the property in HubSpot, or correct its name in fields.yaml."
    ),
    "INVALID_EMAIL": Remedy("Correct the address on the contact.", Mender.MARKETING),
    "INVALID_OPTION": Remedy(
        "Add the option to the property in HubSpot, or correct the value map in fields.yaml."
    ),
    "INVALID_INTEGER": Remedy("Choose a transform that yields a whole number in fields.yaml."),
    "INVALID_LONG": Remedy("Choose a transform that yields a whole number in fields.yaml."),
    "INVALID_DATE": Remedy("Choose the date transform for this field in fields.yaml."),
    "READ_ONLY_VALUE": Remedy("HubSpot computes this property: take it out of the write-back."),
    "MISSING_REQUIRED_PROPERTY": Remedy("Complete the contact in HubSpot.", Mender.MARKETING),
    "CONFLICT": Remedy(
        "Another contact has this identity already: merge the two in HubSpot.", Mender.MARKETING
    ),
    "OBJECT_ALREADY_EXISTS": Remedy("It exists already: use the existing one."),
    "OBJECT_NOT_FOUND": Remedy(
        "The record was deleted or merged; the next pull finds out which.", Mender.NOBODY
    ),
    "VALIDATION_ERROR": Remedy("Compare the named fields with the property settings in HubSpot."),
    "HTTP_414": Remedy("Too many properties in one address: report this as a fault."),
}

_OTHERWISE = Remedy("Look up the code in HubSpot's documentation and correct the record.")


def remedy_for(codes: Sequence[str], category: str) -> Remedy:
    """The remedy of the first known code, else of the category."""
    for code in (*codes, category):
        if code in REMEDIES:
            return REMEDIES[code]
    return _OTHERWISE
