"""Turns a record of either system into the agreed values of a lead, and back.

Each direction of each kind of record becomes one generated function when the files are loaded:
nothing of the rules is interpreted per lead. Only names quoted by `repr` enter the generated text.

- A field the record does not carry stays *absent*; null stays null, empty stays empty. Nothing but
  white space is empty in every type other than text.
- The order of reading is: transforms left to right, the value map, the type's own conversion. A
  multi-value is split first.
- Fields that look at the lead's country or at other fields come after all the others.
- `invalid` among a field's options says what becomes of a value that cannot be converted: `park`
  (default: a problem, and the field stays absent), `blank` or `keep` (both with a warning).
- An option may be given for one system alone: `write.salesforce`, `bands.hubspot`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from connector.core.plan import Json
from connector.core.problems import Mender, Problem, Severity
from connector.core.reading import Faults, Read, country_field, generate_read, reader_of
from connector.core.records import Activity, System, Values
from connector.core.rules.fields import Direction, FieldRule, Fields
from connector.core.transforms.times import read_moment
from connector.core.writing import Write, generate_write, writer_of

RawJson = Mapping[str, Json] | Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The agreed values of one record, and all that was wrong with it."""

    values: Values
    problems: tuple[Problem, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing must be mended first; warnings do not count."""
        return all(one.severity is not Severity.ERROR for one in self.problems)


Written = tuple[dict[str, Json], tuple[Problem, ...]]

_BY_MOMENT = attrgetter("at")
_TO_CRM = frozenset({Direction.TO_CRM, Direction.BOTH})
_TO_MARKETING = frozenset({Direction.TO_MARKETING, Direction.BOTH})


class Mapper:
    """Maps records by one set of fields; made once, asked for every record.

    Places in problems are the lines of the mapping file. Problems never hold values.
    """

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.country_field = country_field(fields)
        self._activities = tuple((a.kind, a.moment, a.title) for a in fields.activities)
        hubspot = [(rule, rule.hubspot) for rule in fields.rules.values()]
        self._from_hubspot = self._reading(System.HUBSPOT, hubspot)
        self._to_hubspot = self._writing(System.HUBSPOT, hubspot, _TO_MARKETING)
        self._from_salesforce: dict[str, Read] = {}
        self._to_salesforce: dict[str, Write] = {}
        for kind in ("Lead", "Contact"):
            named = [(rule, crm_name(rule, kind)) for rule in fields.rules.values()]
            self._from_salesforce[kind] = self._reading(System.SALESFORCE, named)
            self._to_salesforce[kind] = self._writing(System.SALESFORCE, named, _TO_CRM)

    def from_hubspot(self, raw: RawJson) -> Mapped:
        """Property name -> text, as HubSpot gave it, into agreed values."""
        faults: Faults = []
        values = self._from_hubspot(raw, faults)
        return Mapped(values, _problems(faults, Mender.MARKETING) if faults else ())

    def from_salesforce(self, raw: RawJson, kind: str = "Lead") -> Mapped:
        """Field name -> text or JSON value of a Lead or Contact, into agreed values."""
        faults: Faults = []
        values = self._from_salesforce[kind](raw, faults)
        return Mapped(values, _problems(faults, Mender.REP) if faults else ())

    def to_hubspot(self, values: Values) -> Written:
        """Agreed values into properties, all text; of fields that travel to marketing only."""
        faults: Faults = []
        written = self._to_hubspot(values, faults)
        return written, _problems(faults, Mender.REP)

    def to_salesforce(self, values: Values, kind: str = "Lead") -> Written:
        """Agreed values into fields of a Lead or Contact; of fields that travel to the CRM only.

        A blank clears the field (`None`) where the files say so and is left out elsewhere.
        """
        faults: Faults = []
        written = self._to_salesforce[kind](values, faults)
        return written, _problems(faults, Mender.MARKETING)

    def activities(self, raw: RawJson) -> tuple[Activity, ...]:
        """What a contact's own properties tell of its last activities, newest first."""
        found = []
        for kind, moment, title in self._activities:
            text = raw.get(moment)
            at = read_moment(text) if isinstance(text, str) else None
            if at is not None:
                told = raw.get(title) if title else None
                known = told if isinstance(told, str) else ""
                key = f"{kind}@{int(at.timestamp() * 1000)}"
                found.append(Activity(kind, at, known, "", "", System.HUBSPOT, key))
        if len(found) > 1:
            found.sort(key=_BY_MOMENT, reverse=True)
        return tuple(found)

    def _reading(self, system: System, named: list[tuple[FieldRule, str | None]]) -> Read:
        readers = [
            reader_of(rule, name or "", system, self.fields)
            for rule, name in named
            if name or "template" in rule.transforms
        ]
        return generate_read(readers, self.country_field, self.fields)

    def _writing(
        self,
        system: System,
        named: list[tuple[FieldRule, str | None]],
        directions: frozenset[Direction],
    ) -> Write:
        return generate_write(
            [
                writer_of(rule, name, system, self.fields)
                for rule, name in named
                if name and rule.direction in directions
            ]
        )


def crm_name(rule: FieldRule, kind: str) -> str | None:
    """The field's name on a Lead or a Contact; None where that object has no such field."""
    if kind != "Contact":
        return rule.salesforce
    if rule.salesforce_contact is not None:
        return rule.salesforce_contact or None
    return ON_CONTACT.get(rule.salesforce or "", rule.salesforce)


#: Standard Lead fields that a Contact calls otherwise, or that are the account's there (None).
#: So Salesforce's own conversion maps them; one unknown name would refuse the whole call.
ON_CONTACT: Mapping[str, str | None] = {
    "Company": None,
    "Website": None,
    "Industry": None,
    "NumberOfEmployees": None,
    "AnnualRevenue": None,
    "Rating": None,
    "Status": None,
    "Street": "MailingStreet",
    "City": "MailingCity",
    "State": "MailingState",
    "StateCode": "MailingStateCode",
    "PostalCode": "MailingPostalCode",
    "Country": "MailingCountry",
    "CountryCode": "MailingCountryCode",
}
_REMEDIES = {
    "unknown-value": "Add the value to the field's value map, or say what becomes of unknown ones.",
    "no-counterpart": "Give the word a value for this system in the field's value map.",
    "too-long": "Shorten the value, or let the field say `too_long: cut`.",
    "cut": "Nothing, if the field may be cut.",
    "unknown-table": "Name a table of the folder picklists in the field's options.",
    "not-in-table": "Add the row to the table, or say what becomes of unknown ones.",
    "ambiguous-number": "Say `decimal` in the field's options.",
    "ambiguous-date": "Say `order` in the field's options.",
    "outside-bands": "Complete the field's bands.",
}
_ADMINS = frozenset(_REMEDIES) - {"too-long", "cut"}


def _problems(faults: Faults, mender: Mender) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            code=fault.code,
            where=rule.place,
            what=f"{rule.name}: {fault.what}",
            remedy=_REMEDIES.get(fault.code, "Correct the value where it comes from."),
            severity=severity,
            mender=Mender.ADMIN if fault.code in _ADMINS else mender,
        )
        for rule, fault, severity in faults
    )
