"""Mail against a real SMTP server, webhooks against a real HTTP server."""

import asyncio
import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from connector.adapters.notify.smtp import MailNotifier, MailServer, Security, compose
from connector.adapters.notify.webhook import Shape, Webhook, WebhookNotifier
from connector.core.errors import Refused, StopTheRun, TryLater
from connector.ports import Message, Notifier
from connector.sandbox.http import Answer
from tests.adapters.certificates import certificate
from tests.adapters.servers import Drop, serving
from tests.adapters.stubs import body_of, script

MESSAGE = Message(
    key="m-1",
    to="ada@acme.example",
    channel="email",
    subject="New lead:\nOkafor & Söhne <hot>",
    text="Call them.\nHeute noch.",
    html="<p>Call them.</p>",
)


class Inbox:
    """What an SMTP server was handed, and what it says to some addresses."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refused, self.busy = {"nobody"}, {"busy"}  #: names before the @

    async def handle_RCPT(  # noqa: N802
        self, server: object, session: Session, envelope: Envelope, address: str, options: object
    ) -> str:
        name = address.partition("@")[0]
        if name in self.refused:
            return "550 no such person"
        if name in self.busy:
            return "450 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: object, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"


def accept(
    server: object, session: object, envelope: object, kind: str, data: object
) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"right"
    return AuthResult(success=good, handled=good)


@contextmanager
def mail_server(inbox: Inbox, folder: Path, security: Security) -> Iterator[MailServer]:
    cert, key = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    given: dict[str, object] = {"authenticator": accept, "auth_require_tls": True}
    if security is Security.TLS:
        given |= {"ssl_context": context, "auth_require_tls": False}
    if security is Security.STARTTLS:
        given |= {"tls_context": context, "require_starttls": True}
    loop = asyncio.new_event_loop()
    controller = Controller(inbox, hostname="127.0.0.1", port=_free_port(), loop=loop, **given)
    controller.start()
    trust = ssl.create_default_context(cafile=str(cert))
    try:
        yield MailServer(
            host="127.0.0.1",
            port=controller.port,
            security=security,
            sender="leadrelay@acme.example",
            context=trust,
        )
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def with_login(server: MailServer, password: str) -> MailServer:
    from dataclasses import replace

    return replace(server, user="leadrelay", password=password)


@pytest.mark.parametrize("security", list(Security))
def test_a_mail_arrives_whole(security: Security, tmp_path: Path) -> None:
    inbox = Inbox()
    with mail_server(inbox, tmp_path, security) as server:
        notifier: Notifier = MailNotifier(server)
        notifier.send(MESSAGE)
    [letter] = inbox.letters
    assert letter["Subject"] == "New lead: Okafor & Söhne <hot>"
    assert letter["To"] == "ada@acme.example"
    assert letter["Message-ID"] == "<m-1@acme.example>"
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().split() == MESSAGE.text.split()
    assert "<p>Call them.</p>" in rich.get_content()


def test_a_login_is_used_and_a_wrong_one_is_said(tmp_path: Path) -> None:
    inbox = Inbox()
    with mail_server(inbox, tmp_path, Security.STARTTLS) as server:
        MailNotifier(with_login(server, "right")).send(MESSAGE)
        with pytest.raises(StopTheRun, match="credentials") as met:
            MailNotifier(with_login(server, "wrong")).send(MESSAGE)
    assert len(inbox.letters) == 1
    assert "wrong" not in str(met.value)
    assert "right" not in repr(with_login(server, "right"))


@pytest.mark.parametrize(
    ("to", "expected"), [("nobody@acme.example", Refused), ("busy@acme.example", TryLater)]
)
def test_an_address_may_be_refused_or_busy(
    to: str, expected: type[Exception], tmp_path: Path
) -> None:
    from dataclasses import replace

    with mail_server(Inbox(), tmp_path, Security.NONE) as server, pytest.raises(expected) as met:
        MailNotifier(server).send(replace(MESSAGE, to=to))
    assert to not in str(met.value)


def test_an_untrusted_certificate_is_not_spoken_to(tmp_path: Path) -> None:
    from dataclasses import replace

    inbox = Inbox()
    with (
        mail_server(inbox, tmp_path, Security.TLS) as server,
        pytest.raises(StopTheRun, match="certificate"),
    ):
        MailNotifier(replace(server, context=None)).send(MESSAGE)
    assert not inbox.letters


def test_an_absent_mail_server_is_try_later() -> None:
    server = MailServer(host="127.0.0.1", port=9, sender="x@acme.example")
    with pytest.raises(TryLater):
        MailNotifier(server).send(MESSAGE)


@pytest.mark.parametrize("odd", ["a@b.example\nBcc: c@d.example", "not an address", "a@b, c@d"])
def test_an_address_cannot_smuggle_anything(odd: str) -> None:
    from dataclasses import replace

    with pytest.raises(Refused):
        compose(replace(MESSAGE, to=odd), "x@acme.example")


def chat(url: str, shape: Shape) -> WebhookNotifier:
    return WebhookNotifier({"sales": Webhook(url=f"{url}/services/secret-path", shape=shape)})


CHAT = Message(key="m-2", to="sales", channel="webhook", subject="Hot <lead>", text="A & B\n" * 900)


def test_slack_gets_blocks_of_a_size_it_takes() -> None:
    with serving(script(Answer(body=b"ok"))) as served:
        chat(served.url, Shape.SLACK).send(CHAT)
    body = body_of(served.calls[0])
    assert body["text"] == "Hot &lt;lead&gt;"
    texts = [block["text"]["text"] for block in body["blocks"][1:]]
    assert all(len(text) <= 3_000 for text in texts)
    assert "\n".join(texts).replace("&amp;", "&").split() == CHAT.text.split()


def test_teams_gets_a_card() -> None:
    with serving(script(Answer(status=202))) as served:
        chat(served.url, Shape.TEAMS).send(CHAT)
    [attachment] = body_of(served.calls[0])["attachments"]
    assert attachment["content"]["body"][0]["text"] == "Hot <lead>"


def test_what_a_stranger_wrote_is_no_link_in_a_card() -> None:
    evil = replace(CHAT, subject="[Sign in](https://x.example)", text="![](https://x.example)")
    with serving(script(Answer(status=202))) as served:
        chat(served.url, Shape.TEAMS).send(evil)
    [attachment] = body_of(served.calls[0])["attachments"]
    texts = [block["text"] for block in attachment["content"]["body"]]
    assert texts == ["[Sign in] (https://x.example)", "![] (https://x.example)"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(status=429), TryLater),
        (Answer(status=503), TryLater),
        (Drop(), TryLater),
        (Answer(status=404, body=b"no_team"), Refused),
        (Answer(status=302, headers={"location": "http://127.0.0.1:9/"}), Refused),
    ],
)
def test_a_webhook_says_no(answer: Answer | Exception, expected: type[Exception]) -> None:
    with serving(script(answer)) as served, pytest.raises(expected) as met:
        chat(served.url, Shape.SLACK).send(CHAT)
    assert "secret-path" not in str(met.value)
    assert len(served.calls) == 1


def test_an_unknown_webhook_is_refused_and_addresses_are_secret() -> None:
    notifier = WebhookNotifier({})
    with pytest.raises(Refused, match="no webhook"):
        notifier.send(CHAT)
    assert "secret-path" not in repr(Webhook(url="https://hooks.example/secret-path"))
    with pytest.raises(StopTheRun):
        WebhookNotifier({"sales": Webhook(url="nonsense")}).send(CHAT)
