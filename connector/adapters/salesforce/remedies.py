"""What a person can do about each refusal of Salesforce, and who."""

from collections.abc import Mapping
from dataclasses import dataclass

from connector.core.problems import Mender


@dataclass(frozen=True, slots=True)
class Remedy:
    """A sentence for the person who mends it."""

    text: str
    mender: Mender = Mender.ADMIN


REMEDIES: Mapping[str, Remedy] = {
    "CANNOT_UPDATE_CONVERTED_LEAD": Remedy(
        "The lead was converted; the next pull follows it to its contact.", Mender.NOBODY
    ),
    "DUPLICATES_DETECTED": Remedy(
        "A duplicate rule blocks it: link the lead to the existing record, or relax the rule.",
        Mender.REP,
    ),
    "DUPLICATE_VALUE": Remedy(
        "Another record has this unique value already: merge the two or clear one.", Mender.REP
    ),
    "ENTITY_IS_DELETED": Remedy(
        "The record is in the recycle bin: restore it there, or dismiss this.", Mender.REP
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Remedy(
        "A validation rule rejects it: complete the data, or except the integration user."
    ),
    "FIELD_INTEGRITY_EXCEPTION": Remedy(
        "Two fields contradict each other: compare the named fields in both systems."
    ),
    "INACTIVE_OWNER_OR_USER": Remedy("Replace the inactive owner in people.yaml."),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Remedy(
        "Give the integration user access to the record that is referred to."
    ),
    "INSUFFICIENT_ACCESS_OR_READONLY": Remedy(
        "Give the integration user write access to this record."
    ),
    "INVALID_CROSS_REFERENCE_KEY": Remedy(
        "An id points to nothing: check the owner and record ids in people.yaml and routing.yaml."
    ),
    "INVALID_EMAIL_ADDRESS": Remedy("Correct the address on the contact.", Mender.MARKETING),
    "INVALID_FIELD": Remedy("Correct the field name in fields.yaml, or create the field."),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Remedy(
        "Make the field writable for the integration user, or take it out of fields.yaml."
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Remedy(
        "Add the value to the picklist, or map it in fields.yaml."
    ),
    "INVALID_TYPE": Remedy("Give the integration user access to this object."),
    "INVALID_TYPE_ON_FIELD_IN_RECORD": Remedy(
        "Choose a transform in fields.yaml that yields the field's type."
    ),
    "JSON_PARSER_ERROR": Remedy("Choose a transform in fields.yaml that yields the field's type."),
    "MALFORMED_ID": Remedy("Correct the id in people.yaml or routing.yaml."),
    "NOT_FOUND": Remedy("Check the object and the external id field in fields.yaml."),
    "NUMBER_OUTSIDE_VALID_RANGE": Remedy("Correct the number, or the field's length."),
    "REQUIRED_FIELD_MISSING": Remedy(
        "Complete the contact in HubSpot, or give a default in fields.yaml.", Mender.MARKETING
    ),
    "STRING_TOO_LONG": Remedy("Shorten the value, or allow cutting it in fields.yaml."),
    "UNABLE_TO_LOCK_ROW": Remedy("It is tried again.", Mender.NOBODY),
}

_OTHERWISE = Remedy("Look up the code in Salesforce's documentation and correct the record.")


def remedy_for(code: str) -> Remedy:
    """The remedy of a code, or a general one."""
    return REMEDIES.get(code, _OTHERWISE)
