"""Files and feeds of the sandbox's Salesforce: documents with versions, posts with comments."""

from base64 import b64encode
from datetime import timedelta

import pytest

from connector.sandbox.salesforce.errors import ApiRefusal
from connector.sandbox.salesforce.system import SalesforceSandbox

PERSON = {"LastName": "Osei", "Company": "Osei Ltd"}


def file(name: str, size: int, **more: str) -> dict[str, str]:
    return {"PathOnClient": name, "VersionData": b64encode(b"x" * size).decode()} | more


def test_a_file_is_a_document_with_versions(sandbox: SalesforceSandbox) -> None:
    lead = sandbox.create("Lead", PERSON)
    first = sandbox.create("ContentVersion", file("Offer.docx", 10, FirstPublishLocationId=lead))
    document = sandbox.get("ContentVersion", first)["ContentDocumentId"]
    second = sandbox.create("ContentVersion", file("Offer.pdf", 7, ContentDocumentId=document))

    old, new = (sandbox.get("ContentVersion", one) for one in (first, second))
    assert (old["Title"], old["FileType"], old["FileExtension"]) == ("Offer", "WORD_X", "docx")
    assert (old["VersionNumber"], old["IsLatest"]) == ("1", False)
    assert (new["VersionNumber"], new["IsLatest"], new["ContentSize"]) == ("2", True, 7)
    assert new["FirstPublishLocationId"] == lead
    assert new["VersionData"] is None
    [shown] = sandbox.rows("ContentDocument")
    assert (shown["Id"], shown["FileType"], shown["LatestPublishedVersionId"]) == (
        document,
        "PDF",
        second,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"PathOnClient": "a.pdf"},
        {"VersionData": "eA=="},
        {"PathOnClient": "a.pdf", "VersionData": "%"},
    ],
)
def test_a_file_needs_a_name_and_a_content(
    sandbox: SalesforceSandbox, fields: dict[str, str]
) -> None:
    with pytest.raises(ApiRefusal):
        sandbox.create("ContentVersion", fields)
    assert not sandbox.rows("ContentDocument")


def test_a_comment_stands_on_the_record_of_its_item(sandbox: SalesforceSandbox) -> None:
    lead = sandbox.create("Lead", PERSON)
    item = sandbox.create("FeedItem", {"ParentId": lead, "Body": "Hello"})
    before = sandbox.get("FeedItem", item)["SystemModstamp"]
    sandbox.org.clock.advance(timedelta(minutes=1))
    comment = sandbox.create("FeedComment", {"FeedItemId": item, "CommentBody": "Hi"})
    assert sandbox.get("FeedComment", comment)["ParentId"] == lead
    after = sandbox.get("FeedItem", item)
    assert (after["Type"], after["CommentCount"]) == ("TextPost", 1)
    assert after["SystemModstamp"] > before
    with pytest.raises(ApiRefusal):
        sandbox.create("FeedItem", {"ParentId": lead})
