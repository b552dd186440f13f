"""The signature of webhooks, against calls that the sandbox signs as HubSpot does."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from connector.adapters.hubspot.webhook import SIGNATURE, is_from_hubspot
from connector.sandbox.hubspot.webhooks import signed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://relay.acme.example/hooks?source=hubspot&at=a%3Ab"
BODY = b'[{"objectId": 512, "subscriptionType": "contact.propertyChange"}]'
SECRET = "not-a-real-secret"


def headers(at: datetime = NOW) -> dict[str, str]:
    return dict(signed("POST", URL, BODY, round(at.timestamp() * 1000), SECRET))


def test_a_call_of_hubspot_is_believed() -> None:
    assert is_from_hubspot(SECRET, "post", URL, BODY, headers(), NOW)
    upper = {name.upper(): value for name, value in headers().items()}
    assert is_from_hubspot(SECRET, "POST", URL, BODY, upper, NOW + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("secret", "method", "url", "body", "at"),
    [
        ("another", "POST", URL, BODY, NOW),
        (SECRET, "PUT", URL, BODY, NOW),
        (SECRET, "POST", URL + "&more=1", BODY, NOW),
        (SECRET, "POST", URL, BODY + b" ", NOW),
        (SECRET, "POST", URL, BODY, NOW + timedelta(minutes=5, seconds=1)),
        (SECRET, "POST", URL, BODY, NOW - timedelta(minutes=5, seconds=1)),
    ],
)
def test_anything_else_is_not(
    secret: str, method: str, url: str, body: bytes, at: datetime
) -> None:
    assert not is_from_hubspot(secret, method, url, body, headers(), at)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"x-hubspot-signature-v3": ""},
        {"x-hubspot-request-timestamp": "soon"},
        {"x-hubspot-request-timestamp": "٣"},
        {"x-hubspot-request-timestamp": "9" * 400},
        {"x-hubspot-signature-v3": "ünïcode"},
    ],
)
def test_broken_headers_are_no_error(broken: dict[str, str]) -> None:
    given = {**headers(), **broken} if broken else {}
    assert not is_from_hubspot(SECRET, "POST", URL, BODY, given, NOW)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever calls could measure how much of a guess was right."""
    usual = hmac.compare_digest
    compared: list[bytes] = []

    def compare(made: bytes, given: bytes) -> bool:
        compared.append(given)
        return usual(made, given)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert is_from_hubspot(SECRET, "POST", URL, BODY, headers(), NOW)
    guessed = headers() | {SIGNATURE: "A" * 44}
    assert not is_from_hubspot(SECRET, "POST", URL, BODY, guessed, NOW)
    assert len(compared) == 2
