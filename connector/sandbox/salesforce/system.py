"""The simulated Salesforce organisation: the API handler, and what its people do by hand."""

import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer, Call
from connector.sandbox.salesforce import convert, deploy, rows, state
from connector.sandbox.salesforce.api import Api
from connector.sandbox.salesforce.calls import CallRecord
from connector.sandbox.salesforce.errors import entity_is_deleted
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.org import (
    AssignmentEntry,
    Condition,
    Doing,
    DuplicateRule,
    Org,
    ValidationRule,
)
from connector.sandbox.salesforce.schema import SObject
from connector.sandbox.salesforce.seed import (
    add_assignment_rule,
    add_lead_status,
    fill,
    user_fields,
)
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.salesforce.soql.run import execute
from connector.sandbox.salesforce.soql.scope import reader
from connector.sandbox.salesforce.tables import Row
from connector.sandbox.salesforce.values import NotReadable, unreadable_json


class SalesforceSandbox:
    """One organisation in memory. `handle` is the API; the other methods act as a person.

    People's writes go through the same rules, stamps and history, but cost no quota, need no
    token and may pass alerts of duplicate rules. All raise ApiRefusal as the API would report.
    """

    def __init__(
        self,
        clock: SandboxClock,
        *,
        seed: int = 0,
        settings: SalesforceSettings | None = None,
    ) -> None:
        self.clock = clock
        self.settings = settings or SalesforceSettings()
        self.org = Org(clock, random.Random(seed), self.settings)
        fill(self.org)
        self.api = Api(self.org)
        self.api.sessions.fixed()

    def handle(self, call: Call) -> Answer:
        """The API, exactly as the vendor answers."""
        return self.api.handle(call)

    @property
    def calls(self) -> deque[CallRecord]:
        """The latest API calls, oldest first; may be cleared."""
        return self.api.calls

    @property
    def user_id(self) -> str:
        """The integration user."""
        return self.org.user_id

    def _sobject(self, name: str) -> SObject:
        return self.org.objects[name]

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """All of a person's act, or nothing of it."""
        try:
            with self.org.journal.transaction():
                yield
        except NotReadable as fault:
            raise unreadable_json(fault, b"") from None

    def _doing(self, user_id: str | None = None) -> Doing:
        return Doing(
            user_id=user_id or self.org.user_id,
            stamp=self.org.stamp(),
            auto_assign="FALSE",
            allow_duplicates=True,
            from_api=False,
        )

    def create(self, sobject: str, fields: Mapping[str, Any], *, by: str | None = None) -> str:
        """Creates a record as user `by` and returns its id."""
        with self._acting():
            return rows.insert(self.org, self._sobject(sobject), fields, self._doing(by))

    def update(
        self, sobject: str, record_id: str, fields: Mapping[str, Any], *, by: str | None = None
    ) -> None:
        one, known = self._sobject(sobject), _known(record_id)
        with self._acting():
            rows.update(self.org, one, known, fields, self._doing(by))

    def delete(self, sobject: str, record_id: str, *, by: str | None = None) -> None:
        one, known = self._sobject(sobject), _known(record_id)
        with self._acting():
            rows.delete(self.org, one, known, self._doing(by))

    def undelete(self, sobject: str, record_id: str, *, by: str | None = None) -> None:
        one, known = self._sobject(sobject), _known(record_id)
        with self._acting():
            rows.undelete(self.org, one, known, self._doing(by))

    def convert(
        self,
        lead_id: str,
        *,
        converted_status: str | None = None,
        create_opportunity: bool = True,
        owner_id: str | None = None,
        account_id: str | None = None,
        contact_id: str | None = None,
        opportunity_name: str | None = None,
        by: str | None = None,
    ) -> dict[str, str | None]:
        """Converts a lead; `accountId`, `contactId`, `opportunityId` (or None) and `leadId`."""
        with self._acting():
            return convert.convert(
                self.org,
                _known(lead_id),
                self._doing(by),
                converted_status=converted_status,
                create_opportunity=create_opportunity,
                owner_id=owner_id,
                account_id=account_id,
                contact_id=contact_id,
                opportunity_name=opportunity_name,
            )

    def merge(
        self, sobject: str, master_id: str, loser_ids: Sequence[str], *, by: str | None = None
    ) -> None:
        losers = [_known(one) for one in loser_ids]
        with self._acting():
            convert.merge(self.org, sobject, _known(master_id), losers, self._doing(by))

    def get(self, sobject: str, record_id: str) -> Row:
        """All fields of a record, deleted ones too; what has no value is None."""
        one = self._sobject(sobject)
        row = self.org.tables[sobject].rows[_known(record_id)]
        return {name: reader(self.org, one, field)(row) for name, field in one.fields.items()}

    def rows(self, sobject: str) -> list[Row]:
        """The live records of an object, only the fields that have a value; not to be changed."""
        return [row for row in self.org.tables[sobject].rows.values() if not row.get("IsDeleted")]

    def query(self, soql: str, *, all_rows: bool = False) -> list[dict[str, Any]]:
        """The records of a query, all pages."""
        result = execute(self.org, soql, all_rows=all_rows)
        if result.record is None:
            return result.records or []
        base = f"/services/data/v{self.settings.newest_version}.0/sobjects/"
        return [result.record(row, base) for row in result.rows]

    def add_user(
        self,
        *,
        username: str,
        last_name: str,
        first_name: str = "",
        active: bool = True,
        **more: Any,
    ) -> str:
        """A user who may own records; `more` are further fields of User."""
        fields = {
            **user_fields(self.org, username, first_name, last_name),
            "IsActive": active,
            **more,
        }
        fields.pop("UserType")
        return self.create("User", fields)

    def add_queue(self, name: str, sobjects: Sequence[str] = ("Lead",)) -> str:
        """A queue that may own records of the given objects."""
        group_id = self.create("Group", {"Name": name, "Type": "Queue"})
        for sobject in sobjects:
            self.create("QueueSobject", {"QueueId": group_id, "SobjectType": sobject})
        return group_id

    def add_custom_field(self, sobject: str, description: Mapping[str, Any]) -> None:
        """A custom field; the keys of `description` are those of `schema.custom_field`."""
        self.org.add_custom_field(sobject, description)

    def add_record_type(
        self,
        sobject: str,
        name: str,
        *,
        active: bool = True,
        default: bool = False,
        picklists: Mapping[str, Sequence[str]] | None = None,
    ) -> str:
        """A record type of an object; the first brings the field RecordTypeId.

        `picklists` are the values that it offers of some fields; the `default` one is given to
        what the integration user creates.
        """
        self.org.add_record_type_field(sobject)
        fields = {
            "Name": name,
            "DeveloperName": name.replace(" ", "_"),
            "SobjectType": sobject,
            "IsActive": active,
        }
        type_id = self.create("RecordType", fields)
        self.org.record_type_values[type_id] = {
            field: list(values) for field, values in (picklists or {}).items()
        }
        if default:
            self.org.default_record_types[sobject] = type_id
        return type_id

    def deploy(self, folder: Path) -> int:
        """Makes the custom fields of a source-format folder, see `deploy.deploy`."""
        return deploy.deploy(self.org, folder)

    def withhold(self, sobject: str, rights: str, field: str = "") -> None:
        """Takes rights from the integration user, see `Org.withhold`."""
        self.org.withhold(sobject, rights, field)

    def add_lead_status(self, label: str, *, converted: bool = False) -> None:
        """One more value of Lead.Status."""
        add_lead_status(self.org, label, converted=converted)

    def set_assignment_rule(
        self,
        entries: Sequence[tuple[Condition, str]],
        *,
        sobject: str = "Lead",
        name: str = "Standard",
        active: bool = True,
        default_owner_id: str | None = None,
    ) -> str:
        """Makes (and activates) an assignment rule of (condition, owner id) pairs; its id."""
        return add_assignment_rule(
            self.org,
            sobject,
            name,
            [AssignmentEntry(when=when, owner_id=owner) for when, owner in entries],
            active=active,
            default_owner_id=default_owner_id,
        )

    def set_duplicate_rule(
        self,
        sobject: str,
        *,
        action: str = "alert",
        match: Sequence[str] = ("Email",),
        across: Sequence[str] = (),
        name: str | None = None,
        text: str = "Use one of these records?",
        on_update: bool = False,
    ) -> None:
        """Replaces the duplicate rule of an object. `action` is alert, block or off."""
        rules = self.org.duplicate_rules
        rules[:] = [one for one in rules if one.sobject != sobject]
        if action == "off":
            return
        if action not in {"alert", "block"}:
            raise ValueError(f"action is alert, block or off, not {action!r}")
        rules.append(
            DuplicateRule(
                sobject=sobject,
                name=name or f"Standard_{sobject}_Duplicate_Rule",
                matching_rule=f"Standard_{sobject}_Match_Rule_v1_1",
                action=action,
                match=tuple(match),
                across=tuple(across),
                text=text,
                on_update=on_update,
            )
        )

    def add_validation_rule(
        self,
        sobject: str,
        *,
        when: Condition,
        message: str,
        name: str = "",
        field: str | None = None,
    ) -> None:
        """Refuses saves where `when` (a SOQL condition or a predicate of the row) holds."""
        rule = ValidationRule(
            sobject=sobject, name=name or message, when=when, message=message, field=field
        )
        self.org.validation_rules.append(rule)

    def save(self) -> dict[str, Any]:
        """The whole state as JSON-able values (see `state.save` for what is not kept)."""
        return state.save(self.api)

    def load(self, saved: dict[str, Any]) -> None:
        """Replaces everything by a saved state."""
        state.load(self.api, saved)


def _known(record_id: str) -> str:
    found = canonical_id(record_id)
    if found is None:
        raise entity_is_deleted()
    return found
