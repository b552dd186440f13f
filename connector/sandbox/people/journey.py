"""How far one person has come."""

from dataclasses import dataclass, field

from connector.sandbox.people.persons import Person


@dataclass(slots=True, kw_only=True)
class Journey:
    """One person's way so far: the contact it is known by, and the counts HubSpot keeps."""

    person: Person
    contact_id: str
    visits: int = 0
    pages: int = 0
    forms: int = 0
    mails: int = 0
    opens: int = 0
    clicks: int = 0
    reachable: bool = True  #: HubSpot knows an e-mail address
    opted_out: bool = False
    wish: str = ""
    told: set[str] = field(default_factory=set)
    warmth: float = 0.0
