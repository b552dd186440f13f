"""The endpoints that enrol people: workflows (version 2) and sequences."""

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.automation import Enrolment, Sequence, Workflow
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import CONTACTS
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record
from connector.sandbox.hubspot.request import Reply, Request


class AutomationApi:
    """Enrolment by address (workflows) and by user (sequences). The refusals' words are [?]."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _workflow(self, id_: str) -> Workflow:
        found = self._portal.automation.workflows.get(id_)
        if found is None:
            raise Rejection(404, f"Workflow {id_} does not exist", category="OBJECT_NOT_FOUND")
        return found

    def _contact(self, email: str) -> Record:
        found = self._portal.store(CONTACTS).by_unique("email", email.lower())
        if found is None:
            raise Rejection(
                404,
                "contact does not exist",
                category="OBJECT_NOT_FOUND",
                errors=[{"message": f"The contact e:{email} does not exist."}],
            )
        return found

    def enrol(self, request: Request, id_: str, email: str) -> Reply:
        """POST /workflows/{id}/enrollments/contacts/{email}: 204."""
        workflow = self._workflow(id_)
        if not workflow.enabled:
            raise Rejection(400, f"Workflow {id_} is not enabled")
        contact = self._contact(email)
        self._portal.automation.members[workflow.id][contact.id] = request.now
        return 204, None

    def unenrol(self, _request: Request, id_: str, email: str) -> Reply:
        """DELETE /workflows/{id}/enrollments/contacts/{email}: 204."""
        workflow = self._workflow(id_)
        self._portal.automation.members[workflow.id].pop(self._contact(email).id, None)
        return 204, None

    def enrolled(self, _request: Request, contact: str) -> Reply:
        """GET /workflows/enrollments/contacts/{vid}: the workflows a contact is in."""
        id_ = int(contact) if contact.isdecimal() else -1
        automation = self._portal.automation
        return 200, [
            {"id": int(one.id), "name": one.name, "enabled": one.enabled, "type": "DRIP_DELAY"}
            for one in automation.workflows.values()
            if id_ in automation.members[one.id]
        ]

    def sequences(self, request: Request) -> Reply:
        """GET /sequences?userId=."""
        user = self._user(request)
        rows = [
            _told(one) for one in self._portal.automation.sequences.values() if one.user_id == user
        ]
        return 200, {"total": len(rows), "results": rows}

    @staticmethod
    def _user(request: Request) -> str:
        user = request.call.value("userId")
        if not user:
            raise Rejection(400, "Required query parameter userId is missing")
        return user

    def enrol_in_sequence(self, request: Request) -> Reply:
        """POST /sequences/enrollments?userId=: 200."""
        user = self._user(request)
        body = request.fields("sequenceId", "contactId", "senderEmail", shape=shapes.ENROLMENT)
        automation = self._portal.automation
        sequence = automation.sequences.get(str(body["sequenceId"]))
        text = str(body["contactId"])
        contact = self._portal.store(CONTACTS).alive(int(text)) if text.isdecimal() else None
        if sequence is None or contact is None:
            raise Rejection(404, "resource not found", category=None)
        if automation.enrolled(contact.id) is not None:
            raise Rejection(400, f"Contact {text} is already enrolled in a sequence")
        if not contact.values.get("email"):
            raise Rejection(400, f"Contact {text} has no email address")
        made = Enrolment(
            id=automation.new_id(),
            sequence_id=sequence.id,
            contact_id=contact.id,
            to_email=contact.values["email"],
            by=user,
            by_email=str(body["senderEmail"]),
            at=request.now,
        )
        automation.enrolments.append(made)
        return 200, {
            "id": made.id,
            "toEmail": made.to_email,
            "enrolledAt": iso(made.at),
            "updatedAt": iso(made.at),
        }

    def enrolment(self, _request: Request, contact: str) -> Reply:
        """GET /sequences/enrollments/contact/{contactId}."""
        automation = self._portal.automation
        found = automation.enrolled(int(contact)) if contact.isdecimal() else None
        if found is None:
            raise Rejection(404, "resource not found", category=None)
        return 200, {
            "id": found.id,
            "sequenceId": found.sequence_id,
            "sequenceName": automation.sequences[found.sequence_id].name,
            "toEmail": found.to_email,
            "enrolledBy": found.by,
            "enrolledByEmail": found.by_email,
            "enrolledAt": iso(found.at),
            "updatedAt": iso(found.at),
        }


def _told(one: Sequence) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "userId": one.user_id,
        "createdAt": iso(one.created),
        "updatedAt": iso(one.updated),
    }
