"""What people add to a CRM record beside activities, as events: files and comments of its feed."""

from collections.abc import Mapping

from connector.core.events import Event, EventKind, event_key
from connector.core.owners import Directory
from connector.core.plan import Json
from connector.core.records import SourceRecord

PARENT: Mapping[str, str] = {  #: object -> its field that names the record it was added to
    "ContentVersion": "FirstPublishLocationId",
    "FeedItem": "ParentId",
    "FeedComment": "ParentId",
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    "ContentVersion": ("ContentDocumentId", "FileType", "ContentSize", "CreatedById"),
    "FeedItem": ("Type", "Body", "CreatedById"),
    "FeedComment": ("CommentBody", "CreatedById"),
}
NOTE = "SNOTE"  #: the FileType of a note, which is kept as a file
#: Types of a FeedItem that somebody wrote; all others Salesforce writes when something happens.
WRITTEN = frozenset({"TextPost", "AdvancedTextPost", "ContentPost", "LinkPost", "QuestionPost"})


def addition_events(
    record: SourceRecord, directory: Directory, *, lead_id: str, cycle: int
) -> tuple[Event, ...]:
    """The event of a ContentVersion, FeedItem or FeedComment; none for what nobody wrote.

    A file is told once, however many versions it gets, by its id, format and size: titles and words
    are personal, and stay in the CRM. A post that only carries a file is no comment.
    """
    values = record.values
    data: dict[str, Json] = {}
    kind, fact = EventKind.COMMENTED, record.id
    if record.kind == "ContentVersion":
        fact = values.get("ContentDocumentId") or record.id
        kind = EventKind.NOTE_WRITTEN if values.get("FileType") == NOTE else EventKind.FILE_ADDED
        if kind is EventKind.FILE_ADDED:
            data = {
                "file": fact,
                "format": (values.get("FileType") or "").casefold(),
                "size": int(values.get("ContentSize") or 0),
            }
    elif (record.kind == "FeedItem" and values.get("Type") not in WRITTEN) or not (
        values.get("Body") or values.get("CommentBody") or ""
    ).strip():
        return ()
    by = values.get("CreatedById")
    event = Event(
        key=event_key(kind, lead_id, fact),
        lead_id=lead_id,
        kind=kind,
        at=record.created_at,
        cycle=cycle,
        data=data,
        by=directory.owner(by) or by or "",
    )
    return (event,)
