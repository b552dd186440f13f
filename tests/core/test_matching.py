from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.matching import Recognised, Seeker, is_shared, match
from connector.core.problems import Mender
from connector.core.rules.identity import Existing, Identity


@dataclass(frozen=True)
class Someone:
    id: str
    email: str = "ada@buyer.example"
    kind: str = "Lead"
    external_id: str | None = None
    converted: bool = False
    converted_contact_id: str | None = None
    fields: dict = field(default_factory=dict)


RULES = Identity()


def seeker(email="Ada@buyer.example", **more):
    values = {"email": email, "first_name": "Ada", "last_name": "King"}
    return Seeker(
        lead_id="hs-1",
        address="hubspot:contact/1",
        values={**values, **more.pop("values", {})},
        **more,
    )


def outcome(*people, identity=RULES, taken=None, **more):
    return match(seeker(**more), people, identity, taken=taken)


def test_nobody_there_is_new():
    assert outcome().outcome is Recognised.NEW
    assert outcome(Someone("00Q1"), email="").outcome is Recognised.NEW
    assert outcome(Someone("00Q1"), email=None).outcome is Recognised.NEW
    assert outcome(Someone("00Q1", email="other@buyer.example")).outcome is Recognised.NEW


def test_the_linked_id_goes_before_everything():
    found = outcome(
        Someone("00Q1", email="new@buyer.example"), Someone("00Q2"), salesforce_id="00Q1"
    )
    assert (found.outcome, found.kind, found.id) == (Recognised.OWN, "Lead", "00Q1")
    unseen = outcome(Someone("00Q2"), salesforce_id="003A", salesforce_kind="Contact")
    assert (unseen.outcome, unseen.kind, unseen.id) == (Recognised.OWN, "Contact", "003A")


def test_the_external_id_goes_before_the_address():
    found = outcome(Someone("00Q1", email="x@y.example", external_id="hs-1"), Someone("00Q2"))
    assert (found.outcome, found.id) == (Recognised.OWN, "00Q1")
    both = outcome(Someone("00Q1", external_id="hs-1"), Someone("003A", kind="Contact",
                                                                external_id="hs-1"))  # fmt: skip
    assert both.outcome is Recognised.PARK


def test_a_deleted_record_is_never_made_again():
    found = outcome(Someone("00Q2"), salesforce_id="00Q1", found_by_id=False)
    assert found.outcome is Recognised.GONE


def test_conversion_is_followed_to_the_contact():
    converted = Someone("00Q1", converted=True, converted_contact_id="003A")
    for more in ({"salesforce_id": "00Q1"}, {"salesforce_id": "003A"}):
        found = outcome(converted, **more)
        assert (found.outcome, found.kind, found.id) == (Recognised.OWN, "Contact", "003A")
        assert found.followed == "00Q1"
    by_mail = outcome(converted)
    assert (by_mail.outcome, by_mail.kind, by_mail.id) == (Recognised.ATTACH, "Contact", "003A")
    with_contact = outcome(converted, Someone("003A", kind="Contact"))
    assert (with_contact.outcome, with_contact.id) == (Recognised.ATTACH, "003A")
    hidden = outcome(Someone("00Q1", converted=True))
    assert (hidden.outcome, hidden.problem.code) == (Recognised.PARK, "converted-away")


@pytest.mark.parametrize(
    ("kind", "setting", "expected"),
    [
        ("Lead", Existing.ATTACH, Recognised.ATTACH),
        ("Lead", Existing.UPDATE, Recognised.UPDATE),
        ("Lead", Existing.PARK, Recognised.PARK),
        ("Contact", Existing.ATTACH, Recognised.ATTACH),
        ("Contact", Existing.UPDATE, Recognised.UPDATE),
        ("Contact", Existing.PARK, Recognised.PARK),
    ],
)
def test_the_files_say_what_becomes_of_somebody_who_is_there(kind, setting, expected):
    identity = Identity(existing_lead=setting, existing_contact=setting)
    found = outcome(Someone("1", kind=kind), identity=identity)
    assert found.outcome is expected


def test_two_matches_are_parked_with_both_ids():
    found = outcome(Someone("00Q1"), Someone("003A", kind="Contact"))
    assert found.outcome is Recognised.PARK
    assert found.problem.code == "two-matches"
    assert "Lead 00Q1" in found.problem.what
    assert "Contact 003A" in found.problem.what
    assert found.problem.mender is Mender.REP
    assert "buyer.example" not in str(found.problem)


def test_a_record_of_another_lead_is_not_taken():
    by_link = outcome(Someone("00Q1"), taken={"00Q1": "hs-9"})
    by_external_id = outcome(Someone("00Q1", external_id="hs-9"))
    given_by_hand = outcome(Someone("00Q1", external_id="hs-1"), taken={"00Q1": "hs-9"})
    for found in (by_link, by_external_id, given_by_hand):
        assert (found.outcome, found.problem.code) == (Recognised.PARK, "taken")
        assert "hs-9" in found.problem.what
    assert outcome(Someone("00Q1"), taken={"00Q1": "hs-1"}).outcome is Recognised.ATTACH


def test_a_shared_mailbox_proposes_nobody_without_the_whole_name():
    shared = "info@buyer.example"
    other = Someone("00Q1", email=shared, fields={"FirstName": "Bo", "LastName": "King"})
    same = Someone("00Q2", email=shared, fields={"FirstName": "ada", "LastName": "KING"})
    assert outcome(other, email=shared).outcome is Recognised.NEW
    assert outcome(other, same, email=shared).id == "00Q2"
    nameless = outcome(other, same, email=shared, values={"first_name": None})
    assert nameless.outcome is Recognised.NEW


def test_a_second_address_proposes_too_but_a_shared_one_beside_a_personal_one_does_not():
    found = outcome(Someone("00Q1", email="old@buyer.example"), other_emails=("OLD@buyer.example",))
    assert found.id == "00Q1"
    beside = outcome(
        Someone("00Q1", email="info@buyer.example"), other_emails=("info@buyer.example",)
    )
    assert beside.outcome is Recognised.NEW


def test_shared_mailboxes_are_patterns():
    assert is_shared("INFO@x.example", RULES)
    assert not is_shared("informatics@x.example", RULES)
    assert is_shared("crm@buyer.example", Identity(shared_mailboxes=("*@buyer.example",)))


def possible(id_, email, external_id, converted_to):
    """Only a Lead is converted; where its contact cannot be seen, its id is not told."""
    if id_.startswith("003"):
        return Someone(id_, email, "Contact", external_id)
    return Someone(id_, email, "Lead", external_id, converted_to != "", converted_to or None)


PEOPLE = st.lists(
    st.builds(
        possible,
        st.sampled_from(("00Q1", "00Q2", "003A", "003B")),
        st.sampled_from(("ada@buyer.example", "info@buyer.example", "x@y.example")),
        st.sampled_from((None, "hs-1", "hs-2")),
        st.sampled_from(("", None, "003A", "003B")),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)


@given(PEOPLE, st.sampled_from((None, "00Q1", "003A")), st.sampled_from((None, True, False)))
def test_recognising_never_guesses(people, linked, there):
    found = outcome(*people, salesforce_id=linked, found_by_id=there)
    again = outcome(*reversed(people), salesforce_id=linked, found_by_id=there)
    if found.outcome in (Recognised.ATTACH, Recognised.UPDATE):
        assert linked is None
        assert again.id == found.id
        proposers = {
            one.converted_contact_id if one.converted else one.id
            for one in people
            if one.email == "ada@buyer.example"
        }
        assert found.id in proposers
        assert len(proposers) == 1
    if linked is not None:
        assert found.outcome in (Recognised.OWN, Recognised.GONE)
    assert (found.problem is not None) is (found.outcome is Recognised.PARK)
