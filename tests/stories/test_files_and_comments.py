"""Files and comments that people add in Salesforce are in the story of a lead, each once."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

from connector.core.events import Event, EventKind
from tests.stories.company import LUC, QUALIFIED, come
from tests.stories.conftest import Story
from tests.stories.terminal import leadrelay, write_config

LATER = timedelta(minutes=5)  #: less than the overlap of two windows
NAME, WORDS = "offer_for_luc.pdf", "Luc wants a price by Friday"


def lead_of(story: Story) -> dict[str, Any]:
    rows = story.world.salesforce.rows("Lead")
    return next(row for row in rows if row["Email"] == LUC["email"])


def upload(story: Story, on: str, by: str, **more: str) -> str:
    """A rep puts 2,500 bytes on a record."""
    data = b64encode(b"%PDF" + b"x" * 2_496).decode()
    fields = {"PathOnClient": NAME, "VersionData": data, "FirstPublishLocationId": on} | more
    return str(story.world.salesforce.create("ContentVersion", fields, by=by))


def write(story: Story, on: str, by: str) -> str:
    """A post with an answer."""
    crm = story.world.salesforce
    item = crm.create("FeedItem", {"ParentId": on, "Body": WORDS}, by=by)
    crm.create("FeedComment", {"FeedItemId": item, "CommentBody": "He has it"}, by=by)
    return str(item)


def told(story: Story) -> list[Event]:
    kinds = [EventKind.FILE_ADDED.value, EventKind.COMMENTED.value]
    return [one.event for one in story.bench.ledger.events(after=0, kinds=kinds, limit=100)]


def test_a_file_and_comments_are_told_once(story: Story) -> None:
    come(story, *QUALIFIED)
    story.run("pull-leads", "push-sqls")
    story.world.clock.advance(LATER)
    with story.world.lock:
        lead = lead_of(story)
        rep = lead["OwnerId"]
        version = upload(story, lead["Id"], rep)
        document = story.world.salesforce.get("ContentVersion", version)["ContentDocumentId"]
        write(story, lead["Id"], rep)
        tracked = {"ParentId": lead["Id"], "Type": "TrackedChange"}
        story.world.salesforce.create("FeedItem", tracked, by=rep)
        upload(story, rep, rep)  # not on a lead of ours
    story.world.clock.advance(LATER)
    story.run("pull-status")
    first = told(story)
    with story.world.lock:
        upload(story, lead["Id"], rep, ContentDocumentId=document)  # the same file, corrected
    story.world.clock.advance(LATER)
    story.run("pull-status")

    assert told(story) == first
    assert sorted(event.kind for event in first) == ["commented", "commented", "file_added"]
    [file] = [event for event in first if event.kind is EventKind.FILE_ADDED]
    assert file.data == {"file": document, "format": "pdf", "size": 2_500}
    assert file.by in story.bench.ruleset.people.persons
    config = str(write_config(story))
    said = leadrelay("lead", LUC["email"], "-c", config)
    assert f"File added: pdf, 3 kB ({document})" in " ".join(said.out.split())
    assert said.out.count("Comment written") == 2
    french = leadrelay("lead", LUC["email"], "-c", config, "--language", "fr")
    assert f"Fichier ajouté : pdf, 3 ko ({document})" in " ".join(french.out.split())
    assert french.out.count("Commentaire écrit") == 2


def test_neither_title_nor_words_are_kept_and_forgetting_takes_the_rest(story: Story) -> None:
    come(story, *QUALIFIED)
    story.run("pull-leads", "push-sqls")
    story.world.clock.advance(LATER)
    with story.world.lock:
        lead = lead_of(story)
        version = upload(story, lead["Id"], lead["OwnerId"])
        document = story.world.salesforce.get("ContentVersion", version)["ContentDocumentId"]
        write(story, lead["Id"], lead["OwnerId"])
    story.world.clock.advance(LATER)
    story.run("pull-status")
    config = str(write_config(story))
    held = leadrelay("lead", LUC["email"], "-c", config, "--json").out
    assert document in held
    assert "offer_for" not in held
    assert WORDS not in held

    assert leadrelay("forget", LUC["email"], "-c", config, "--yes").code == 0
    story.world.clock.advance(LATER)
    story.run("pull-status")

    events = told(story)
    assert len(events) == 3  # nothing is told again of somebody who is forgotten
    assert all(event.lead_id.startswith("erased-") and not event.data for event in events)
    assert all(not event.by or "@" not in event.by for event in events)


def test_an_organisation_without_chatter_is_read_as_before(story: Story) -> None:
    crm = story.world.salesforce
    come(story, *QUALIFIED)
    story.run("pull-leads", "push-sqls")
    with story.world.lock:
        for kind in ("FeedItem", "FeedComment"):
            crm.withhold(kind, "r")
        lead = lead_of(story)
        upload(story, lead["Id"], lead["OwnerId"])
    story.world.clock.advance(LATER)
    story.run("pull-status")
    assert [event.kind for event in told(story)] == [EventKind.FILE_ADDED]


def test_what_stood_on_a_record_before_it_was_merged_with_ours_is_told(story: Story) -> None:
    come(story, *QUALIFIED)
    story.run("pull-leads", "push-sqls")
    crm = story.world.salesforce
    with story.world.lock:
        lead = lead_of(story)
        mine = {"LastName": "Lambert", "Company": "Lambert SA"}
        other = crm.create("Lead", mine, by=lead["OwnerId"])
        upload(story, other, lead["OwnerId"])
    story.world.clock.advance(LATER)
    story.run("pull-status")
    assert not told(story)
    story.world.clock.advance(timedelta(hours=1))  # beyond the overlap
    with story.world.lock:
        crm.merge("Lead", other, [lead["Id"]])
    story.world.clock.advance(LATER)
    story.run("pull-status")
    assert [event.kind for event in told(story)] == [EventKind.FILE_ADDED]
