"""Files and the feed of a record: a file's document and figures, a comment's place."""

import base64
import binascii
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from connector.sandbox.salesforce.errors import refuse
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.tables import Row

TYPES: Mapping[str, str] = {  #: extension -> FileType, where they differ in more than case
    "doc": "WORD",
    "docx": "WORD_X",
    "xls": "EXCEL",
    "xlsx": "EXCEL_X",
    "ppt": "POWER_POINT",
    "pptx": "POWER_POINT_X",
    "txt": "TEXT",
}
PLAIN = frozenset({"csv", "gif", "html", "jpg", "mp4", "pdf", "png", "snote", "xml", "zip"})
TEXT = "TextPost"


def _version(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    """A version of a file, the first one with a new document. Only the size is kept of the content.

    [B] what a version says of where it was published first is kept by the ones that follow.
    """
    data = row.pop("VersionData", None)
    if before is not None:
        return
    path = PurePath(row.get("PathOnClient") or "")
    if data is None or not path.name:
        lacking = "VersionData" if data is None else "PathOnClient"
        message = f"Required fields are missing: [{lacking}]"
        raise refuse("REQUIRED_FIELD_MISSING", message, (lacking,))
    try:
        row["ContentSize"] = len(base64.b64decode(data, validate=True))
    except binascii.Error:
        raise refuse("INVALID_FIELD", "VersionData is not base64", ("VersionData",)) from None
    extension = path.suffix[1:].lower()
    row.setdefault("Title", path.stem)
    row["FileType"] = TYPES.get(extension) or (
        extension.upper() if extension in PLAIN else "UNKNOWN"
    )
    if extension:
        row["FileExtension"] = extension
    earlier = _earlier(org, row)
    row["VersionNumber"], row["IsLatest"] = str(len(earlier) + 1), True
    if earlier and earlier[0].get("FirstPublishLocationId"):
        row["FirstPublishLocationId"] = earlier[0]["FirstPublishLocationId"]


def _earlier(org: Org, row: Row) -> list[Row]:
    document = row.get("ContentDocumentId")
    found = org.matching("ContentVersion", {"ContentDocumentId": document}) if document else []
    return [one for one in found if one["Id"] != row.get("Id")]


def _published(org: Org, row: Row) -> None:
    """The document shows its latest version; the earlier ones are no longer it."""
    if not row.get("ContentDocumentId"):
        row = {**row, "ContentDocumentId": org.new_id(org.objects["ContentDocument"])}
        org.store(org.tables["ContentVersion"], row["Id"], row)
    for one in _earlier(org, row):
        if one.get("IsLatest"):
            newer = {**one, "IsLatest": False, "SystemModstamp": row["SystemModstamp"]}
            org.store(org.tables["ContentVersion"], one["Id"], newer)
    shown = ("Title", "FileType", "FileExtension", "ContentSize", "OwnerId", "SystemModstamp")
    stamps = ("LastModifiedDate", "LastModifiedById")
    document = org.live(row["ContentDocumentId"]) or {
        "Id": row["ContentDocumentId"],
        "IsDeleted": False,
        "CreatedDate": row["CreatedDate"],
        "CreatedById": row["CreatedById"],
    }
    latest = {name: row[name] for name in (*shown, *stamps) if name in row}
    whole = {**document, **latest, "LatestPublishedVersionId": row["Id"]}
    org.store(org.tables["ContentDocument"], whole["Id"], whole)


def _item(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    row.setdefault("Type", TEXT)
    if row["Type"] == TEXT and not row.get("Body"):
        raise refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [Body]", ("Body",))


def _comment(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    """A comment stands on the record on which the item stands."""
    item = org.live(row["FeedItemId"])
    if item is None:
        raise refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("FeedItemId",))
    row["ParentId"] = item["ParentId"]


def _commented(org: Org, row: Row) -> None:
    """A new comment moves its item's stamps."""
    item = org.live(row["FeedItemId"])
    if item is not None:
        stamps = dict.fromkeys(("LastModifiedDate", "SystemModstamp"), row["CreatedDate"])
        count = (item.get("CommentCount") or 0) + 1
        org.store(org.tables["FeedItem"], item["Id"], {**item, **stamps, "CommentCount": count})


BEFORE: Mapping[str, Callable[[Org, Row, Row | None, Mapping[str, Any]], None]] = {
    "ContentVersion": _version,
    "FeedItem": _item,
    "FeedComment": _comment,
}
AFTER: Mapping[str, Callable[[Org, Row], None]] = {
    "ContentVersion": _published,
    "FeedComment": _commented,
}
