"""Tokens, sessions, versions and the older SOAP login."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Call
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import START, Client

CLIENT = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def ask(
    sandbox: SalesforceSandbox, form: dict[str, str], headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    call = Call(
        method="POST",
        path="/services/oauth2/token",
        headers=headers or {"host": "acme.my.salesforce.com"},
        body=urlencode(form).encode(),
    )
    answer = sandbox.handle(call)
    return answer.status, orjson.loads(answer.body)


def test_client_credentials(sandbox: SalesforceSandbox) -> None:
    status, body = ask(sandbox, {"grant_type": "client_credentials", **CLIENT})
    assert status == 200
    assert list(body) == [
        "access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at",
    ]  # fmt: skip
    assert body["instance_url"] == "https://acme.my.salesforce.com"
    assert body["issued_at"] == str(int(START.timestamp() * 1000))
    assert Client(sandbox.handle, body["access_token"]).send("GET", "/limits").status == 200
    basic = base64.b64encode(b"sandbox-client:sandbox-secret").decode()
    status, _ = ask(sandbox, {"grant_type": "client_credentials"},
                    {"authorization": f"Basic {basic}"})  # fmt: skip
    assert status == 200


@pytest.mark.parametrize(
    ("form", "error", "text"),
    [
        ({"grant_type": "client_credentials", **CLIENT, "client_id": "x"},
         "invalid_client_id", "client identifier invalid"),
        ({"grant_type": "client_credentials", **CLIENT, "client_secret": "x"},
         "invalid_client", "invalid client credentials"),
        ({"grant_type": "password", **CLIENT, "username": "a", "password": "b"},
         "invalid_grant", "authentication failure"),
        ({"grant_type": "refresh_token", **CLIENT, "refresh_token": "b"},
         "invalid_grant", "expired access/refresh token"),
        ({"grant_type": JWT_GRANT, "assertion": "x"}, "invalid_grant", "invalid assertion"),
        ({"grant_type": "telepathy"}, "unsupported_grant_type", "grant type not supported"),
    ],
)  # fmt: skip
def test_refused_grants(
    sandbox: SalesforceSandbox, form: dict[str, str], error: str, text: str
) -> None:
    assert ask(sandbox, form) == (400, {"error": error, "error_description": text})


def test_password_and_refresh(make: Callable[..., SalesforceSandbox]) -> None:
    sandbox = make(rotate_refresh_tokens=True)
    form = {"grant_type": "password", **CLIENT, "username": "integration@acme.example.com"}
    for password in ("sandbox-password", "sandbox-passwordsandboxtoken"):
        assert ask(sandbox, {**form, "password": password})[0] == 200
    refresh = {"grant_type": "refresh_token", "client_id": "sandbox-client"}
    status, body = ask(sandbox, {**refresh, "refresh_token": "sandbox-refresh"})
    assert status == 200
    assert ask(sandbox, {**refresh, "refresh_token": "sandbox-refresh"})[0] == 400
    assert ask(sandbox, {**refresh, "refresh_token": body["refresh_token"]})[0] == 200


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def assertion(key: rsa.RSAPrivateKey, **claims: Any) -> dict[str, str]:
    given = {
        "iss": "sandbox-client",
        "sub": "integration@acme.example.com",
        "aud": "https://login.salesforce.com",
        "exp": str(int((START + timedelta(minutes=3)).timestamp())),
        **claims,
    }
    return {"grant_type": JWT_GRANT, "assertion": jwt.encode(given, key, algorithm="RS256")}


def test_jwt_bearer_verifies_the_signature_and_the_claims(
    make: Callable[..., SalesforceSandbox], key: rsa.RSAPrivateKey
) -> None:
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sandbox = make(public_key=public.decode())
    assert ask(sandbox, assertion(key))[0] == 200
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for form, text in [
        (assertion(other), "invalid assertion"),
        (assertion(key, iss="other"), "client identifier invalid"),
        (assertion(key, aud="https://example.com"), "audience is invalid"),
        (assertion(key, sub="nobody@example.com"), "authentication failure"),
        (assertion(key, exp="1000"), "expired authorization code"),
    ]:
        status, body = ask(sandbox, form)
        assert (status, body["error_description"]) == (400, text)


def test_a_session_ends_when_it_is_not_used(
    sandbox: SalesforceSandbox, clock: SandboxClock
) -> None:
    _, body = ask(sandbox, {"grant_type": "client_credentials", **CLIENT})
    client = Client(sandbox.handle, body["access_token"])
    for minutes, status in ((119, 200), (119, 200), (121, 401)):
        clock.advance(timedelta(minutes=minutes))
        answer = client.send("GET", "/limits")
        assert answer.status == status
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert "Sforce-Limit-Info" not in answer.headers
    assert answer.body == (
        b'[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'
    )


def test_expiry_in_the_middle_can_be_forced(sandbox: SalesforceSandbox, client: Client) -> None:
    assert client.send("GET", "/limits").status == 200
    sandbox.api.sessions.end_all()
    assert client.send("GET", "/limits").status == 401


def test_versions(client: Client) -> None:
    listed = Client(client.handler, None).json("GET", "/services/data/")
    assert listed[0] == {
        "label": "Winter '21", "url": "/services/data/v50.0", "version": "50.0",
    }  # fmt: skip
    assert [one["label"] for one in listed[-3:]] == ["Spring '26", "Summer '26", "Winter '27"]
    for path in ("/services/data/v49.0/limits", "/services/data/viAmBad/sobjects/Account"):
        answer = client.send("GET", path)
        assert answer.status == 404
        assert "Sforce-Limit-Info" not in answer.headers
        assert orjson.loads(answer.body) == [
            {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}
        ]
    assert "query" in client.json("GET", "/services/data/v68.0/")


def test_userinfo_identity_and_revoke(client: Client, sandbox: SalesforceSandbox) -> None:
    info = client.json("GET", "/services/oauth2/userinfo")
    assert info["preferred_username"] == "integration@acme.example.com"
    assert client.json("GET", f"/id/{info['organization_id']}/{info['user_id']}")["active"] is True
    stranger = Client(sandbox.handle, "nobody")
    assert stranger.send("GET", "/services/oauth2/userinfo").status == 403
    form = urlencode({"token": client.token}).encode()
    assert client.send("POST", "/services/oauth2/revoke", form).status == 200
    assert client.send("GET", "/limits").status == 401


SOAP = """<?xml version="1.0" encoding="utf-8" ?><env:Envelope
 xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>
 <n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{0}</n1:username>
 <n1:password>{1}</n1:password></n1:login></env:Body></env:Envelope>"""


def test_soap_login_until_version_64(client: Client) -> None:
    right = SOAP.format("integration@acme.example.com", "sandbox-password").encode()
    wrong = SOAP.format("integration@acme.example.com", "no").encode()
    answer = client.send("POST", "/services/Soap/u/64.0", right)
    assert answer.status == 200
    token = answer.body.split(b"<sessionId>")[1].split(b"</sessionId>")[0].decode()
    assert Client(client.handler, token).send("GET", "/limits").status == 200
    assert b"<serverUrl>https://acme.my.salesforce.com/" in answer.body
    refused = client.send("POST", "/services/Soap/u/64.0", wrong)
    assert (refused.status, b"INVALID_LOGIN" in refused.body) == (500, True)
    gone = client.send("POST", "/services/Soap/u/65.0", right)
    assert b"INVALID_OPERATION: The SOAP Login operation is not available" in gone.body
