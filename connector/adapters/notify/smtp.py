"""Messages as mail, over TLS."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum

from connector.core.errors import Refused, StopTheRun, TryLater
from connector.core.problems import Mender, Place, Problem
from connector.ports import Message

TIMEOUT = 30.0  #: seconds for each step of a conversation


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"  #: for a relay on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in. `context` is the system's trust by default."""

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    context: ssl.SSLContext | None = field(default=None, repr=False)


class MailNotifier:
    """Implements `ports.Notifier` for messages of channel `email`."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def send(self, message: Message) -> None:
        """Hands one message in. Raises TryLater while the server is away or busy, Refused for an
        address it does not take, StopTheRun for credentials or a certificate."""
        letter = compose(message, self._server.sender)
        try:
            with self._open() as session:
                session.send_message(letter)
        except smtplib.SMTPAuthenticationError as error:
            raise StopTheRun(
                f"the mail server does not accept the credentials ({error.smtp_code})"
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise StopTheRun("the mail server does not offer what is set (TLS or login)") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _by_code(max(codes, default=550), message) from None
        except smtplib.SMTPResponseException as error:
            raise _by_code(error.smtp_code, message) from None
        except ssl.SSLCertVerificationError:
            raise StopTheRun("the mail server's certificate cannot be verified") from None
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater(f"the mail server cannot be reached ({type(error).__name__})") from None

    def _open(self) -> smtplib.SMTP:
        server = self._server
        context = server.context or ssl.create_default_context()
        session: smtplib.SMTP
        if server.security is Security.TLS:
            session = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        try:
            if server.security is Security.STARTTLS:
                session.starttls(context=context)
            if server.user:
                session.login(server.user, server.password)
        except (smtplib.SMTPException, OSError):
            session.close()
            raise
        return session


def compose(message: Message, sender: str) -> EmailMessage:
    """The mail, with a Message-ID made of the message's key, so that a second copy is known.

    Raises Refused for an address that is not one, or more than one.
    """
    letter = EmailMessage(policy=SMTP)
    letter["From"] = sender
    try:
        letter["To"] = Address(addr_spec=message.to)
    except (ValueError, IndexError, HeaderParseError):
        raise _refused(message, "the address is not one") from None
    letter["Subject"] = " ".join(message.subject.split())
    letter["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    if message.html:
        letter.add_alternative(message.html, subtype="html")
    return letter


def _by_code(code: int, message: Message) -> Refused | TryLater:
    """4xx may pass, 5xx will not (RFC 5321, 4.2.1)."""
    if code < 500:
        return TryLater(f"the mail server is busy ({code})")
    return _refused(message, f"the mail server refused the message ({code})")


def _refused(message: Message, what: str) -> Refused:
    return Refused(
        Problem(
            code="mail-refused",
            where=Place(file=f"message:{message.key}"),
            what=what,
            remedy="Check the address of the person in people.yaml and the sender's address.",
            mender=Mender.ADMIN,
        )
    )
