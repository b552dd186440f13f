"""The shapes of bodies: what a typed API reads, and how it refuses what it cannot read."""

from collections.abc import Callable
from typing import Any

from connector.sandbox.hubspot.errors import Rejection, fields_missing, malformed

#: Reads a JSON value, maybe into another form; raises Rejection (400) for one of another type.
Shape = Callable[[Any], Any]

_TOKENS: dict[type, tuple[str, str]] = {
    dict: ("Object", "START_OBJECT"),
    list: ("Array", "START_ARRAY"),
}
_MOST_INT = 2**31 - 1


def _wrong(value: Any, java: str) -> Rejection:
    found, token = _TOKENS.get(type(value), ("scalar", "VALUE_STRING"))
    return malformed(
        f"Cannot deserialize value of type `{java}` from {found} value (token `JsonToken.{token}`)"
    )


def anything(value: Any) -> Any:
    """Any value."""
    return value


def text(value: Any) -> Any:
    """A text; numbers and truth values are taken for texts too."""
    if isinstance(value, (dict, list)):
        raise _wrong(value, "java.lang.String")
    return value


def number(value: Any) -> Any:
    """A whole number of 32 bits, also as text."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        whole = value
    elif isinstance(value, str) and value.removeprefix("-").isdecimal():
        whole = int(value)
    else:
        raise _wrong(value, "java.lang.Integer")
    if whole is not None and abs(whole) > _MOST_INT:
        raise malformed(f"Numeric value ({whole}) out of range of int")
    return whole


def flag(value: Any) -> Any:
    """True or false, also as text."""
    if isinstance(value, str) and value.lower() in ("true", "false", ""):
        return value.lower() == "true"
    if value is not None and not isinstance(value, bool):
        raise _wrong(value, "java.lang.Boolean")
    return value


def each(shape: Shape) -> Shape:
    """A list of values of one shape, none of them null."""

    def read(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise _wrong(value, "java.util.ArrayList")
        if None in value:
            raise malformed("Null elements are not allowed")  # [?] the words
        return [shape(one) for one in value]

    return read


def mapping(shape: Shape) -> Shape:
    """An object with free names and values of one shape."""

    def read(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _wrong(value, "java.util.LinkedHashMap")
        return {name: shape(one) for name, one in value.items()}

    return read


def fields(*required: str, **shapes: Shape) -> Shape:
    """An object with known fields; others are passed over, required ones must not be null."""

    def read(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _wrong(value, "java.lang.Object")
        known = {name: shapes[name](one) if name in shapes else one for name, one in value.items()}
        missing = [name for name in required if known.get(name) is None]
        if missing:
            raise fields_missing(missing, 1)
        return known

    return read


def either(one: Shape, several: Shape) -> Shape:
    """One value, or a list of such."""
    return lambda value: several(value) if isinstance(value, list) else one(value)


def text_or(shape: Shape) -> Shape:
    """A text, or a value of another shape."""
    return lambda value: value if isinstance(value, str) else shape(value)


SPECS = each(fields("associationTypeId", associationTypeId=number, associationCategory=text))
END = fields("id", id=text)
ASSOCIATIONS = each(fields("to", "types", to=END, types=SPECS))
OBJECT = fields(properties=mapping(text), associations=ASSOCIATIONS)
NAMES = each(text)
IDS = fields(inputs=each(END))
READ = fields(properties=NAMES, propertiesWithHistory=NAMES, idProperty=text, inputs=each(END))
WRITES = fields(
    inputs=each(
        fields(
            id=text,
            idProperty=text,
            properties=mapping(text),
            objectWriteTraceId=text,
            associations=ASSOCIATIONS,
        )
    )
)
PAIR = fields(primaryObjectId=text, objectIdToMerge=text)
PURGE = fields(objectId=text, idProperty=text)
FILTERS = each(fields(propertyName=text, operator=text, value=text, highValue=text, values=NAMES))
SORT = text_or(fields(propertyName=text, direction=text))
SEARCH = fields(
    filterGroups=each(fields(filters=FILTERS)),
    filters=FILTERS,
    sorts=each(SORT),
    query=text,
    properties=NAMES,
    limit=number,
    after=text,
)
OPTION = fields("value", value=text, label=text, displayOrder=number, hidden=flag, description=text)
PROPERTY = fields(
    name=text,
    label=text,
    description=text,
    type=text,
    fieldType=text,
    groupName=text,
    displayOrder=number,
    options=each(OPTION),
    hasUniqueValue=flag,
    externalOptions=flag,
    hidden=flag,
    formField=flag,
    referencedObjectType=text,
    dataSensitivity=text,
)
PROPERTIES = fields(inputs=each(PROPERTY))
NAMED = fields(inputs=each(fields("name", name=text)))
GROUP = fields(name=text, label=text, displayOrder=number)
STAGE = fields(stageId=text, label=text, displayOrder=number, metadata=mapping(text))
NEW_STAGE = fields("label", stageId=text, label=text, displayOrder=number, metadata=mapping(text))
PIPELINE = fields(pipelineId=text, label=text, displayOrder=number, stages=each(NEW_STAGE))
ENDS = fields(
    inputs=each(
        fields(
            **{"from": END, "to": either(END, each(END)), "types": SPECS, "id": text, "after": text}
        )
    )
)
LABEL = fields(label=text, name=text, inverseLabel=text, associationTypeId=number)
LIST = fields(name=text, objectTypeId=text, processingType=text, filterBranch=mapping(anything))
LIST_SEARCH = fields(
    query=text,
    sort=text,
    count=number,
    offset=number,
    listIds=NAMES,
    processingTypes=NAMES,
    objectTypeId=text,
    additionalProperties=NAMES,
)
MEMBERS = fields(recordIdsToAdd=NAMES, recordIdsToRemove=NAMES)
CONSENT = fields(
    emailAddress=text,
    subscriptionId=text,
    subscriberIdString=text,
    statusState=text,
    channel=text,
    legalBasis=text,
    legalBasisExplanation=text,
)
CONSENTS = fields(inputs=each(CONSENT))
ADDRESSES = fields(inputs=NAMES)
ENROLMENT = fields(sequenceId=text, contactId=text, senderEmail=text)
TARGET = fields(targetUrl=text, throttling=fields(maxConcurrentRequests=number))
SUBSCRIPTION = fields(eventType=text, propertyName=text, objectTypeId=text, active=flag)
SUBSCRIPTIONS = fields(inputs=each(fields("id", id=text, active=flag)))
