"""What people say about e-mails, and how it shows on the contact with that address."""

from connector.sandbox.hubspot.definitions import Definition
from connector.sandbox.hubspot.kinds import CONTACTS
from connector.sandbox.hubspot.objects import Objects
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.preferences import SUBSCRIBED, UNSUBSCRIBED, Status
from connector.sandbox.hubspot.records import Source


class Consent:
    """Changes preferences and mirrors them in `hs_email_optout` and its relatives."""

    def __init__(self, portal: Portal, objects: Objects) -> None:
        self._portal = portal
        self._objects = objects

    def define_properties(self) -> None:
        """Every kind of e-mail has a property of its own on contacts."""
        for one in self._portal.preferences.types.values():
            definition = Definition(
                name=f"hs_email_optout_{one.id}",
                label=f"Opted out of email: {one.name}",
                type="enumeration",
                field_type="booleancheckbox",
                group="emailinformation",
                options=[
                    {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
                    {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
                ],
                hubspot_defined=True,
                archivable=False,
                read_only_value=True,
                read_only_definition=True,
            )
            self._portal.catalogue.put(CONTACTS, definition)

    def say(self, email: str, type_id: int, status: Status) -> None:
        """Notes what is said about one kind of e-mail."""
        self._portal.preferences.set(email, type_id, status)
        self._mirror(email)

    def opt_out(self, email: str, now: int) -> None:
        """Notes that an address wants no e-mail at all."""
        self._portal.preferences.opt_out(email, now)
        self._mirror(email)

    def _mirror(self, email: str) -> None:
        portal = self._portal
        lowered = email.lower()
        record = portal.store(CONTACTS).by_unique("email", lowered)
        if record is None or record.values.get("email") != lowered:
            return
        known = portal.preferences.address(lowered)
        written = {}
        if known.opted_out is not None or "hs_email_optout" in record.values:
            written["hs_email_optout"] = "true" if known.opted_out is not None else "false"
        for type_id in portal.preferences.types:
            status = portal.preferences.state(lowered, type_id)
            if status is not None and status.state in (SUBSCRIBED, UNSUBSCRIBED):
                refused = status.state == UNSUBSCRIBED
                written[f"hs_email_optout_{type_id}"] = "true" if refused else "false"
        source = Source("EMAIL")
        self._objects.update(CONTACTS, record, written, source, portal.now())
