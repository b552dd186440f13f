"""Messages into a chat channel: Slack's and Teams' incoming webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson
import requests

from connector.core.errors import Refused, StopTheRun, TryLater
from connector.core.plan import Json
from connector.core.problems import Mender, Place, Problem
from connector.ports import Message

TIMEOUTS = (5.0, 20.0)


class Shape(StrEnum):
    """Whose form the message takes."""

    SLACK = "slack"
    TEAMS = "teams"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One channel. The address is a secret: who has it can write there."""

    url: str = field(repr=False)
    shape: Shape = Shape.SLACK


class WebhookNotifier:
    """Implements `ports.Notifier` for messages of channel `webhook`; `to` is a webhook's name."""

    def __init__(self, webhooks: Mapping[str, Webhook]) -> None:
        self._webhooks = dict(webhooks)
        self._session = requests.Session()

    def send(self, message: Message) -> None:
        """Posts one message. Raises TryLater, or Refused for a channel that is not there."""
        webhook = self._webhooks.get(message.to)
        if webhook is None:
            raise Refused(_problem(message, "there is no webhook of that name"))
        body = orjson.dumps(_SHAPES[webhook.shape](message))
        try:
            response = self._session.post(
                webhook.url,
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=TIMEOUTS,
                allow_redirects=False,
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
            raise StopTheRun(f"the address of webhook {message.to!r} is not one") from None
        except requests.RequestException as error:
            kind = type(error).__name__
            raise TryLater(f"webhook {message.to!r} cannot be reached ({kind})") from None
        if response.status_code == 429 or response.status_code >= 500:
            raise TryLater(f"webhook {message.to!r} is busy ({response.status_code})")
        if response.status_code >= 300:
            raise Refused(_problem(message, f"the webhook answered {response.status_code}"))


def slack(message: Message) -> dict[str, Json]:
    """Slack's shape; `&`, `<` and `>` are its only special characters."""
    header: dict[str, Json] = {
        "type": "header",
        "text": {"type": "plain_text", "text": message.subject[:150] or "leadrelay"},
    }
    sections: list[Json] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": part}}
        for part in _pieces(_slack_escaped(message.text), 2_900)
    ]
    return {"text": _slack_escaped(message.subject), "blocks": [header, *sections]}


def teams(message: Message) -> dict[str, Json]:
    """Teams' shape: an adaptive card in a workflow message."""
    subject, text = (_unlinked(words) for words in (message.subject, message.text))
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "text": subject},
            {"type": "TextBlock", "wrap": True, "text": text},
        ],
    }
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
        ],
    }


_SHAPES = {Shape.SLACK: slack, Shape.TEAMS: teams}


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unlinked(text: str) -> str:
    """A card reads Markdown: what a stranger called a company must not become somebody's link."""
    return text.replace("](", "] (")


def _pieces(text: str, size: int) -> list[str]:
    """Slack takes 3,000 characters a section; cut at line ends where there are any."""
    pieces: list[str] = []
    while len(text) > size:
        cut = text.rfind("\n", 1, size)
        cut = cut if cut > 0 else size
        pieces.append(text[:cut])
        text = text[cut:].lstrip("\n")
    return [*pieces, text] if text else pieces


def _problem(message: Message, what: str) -> Problem:
    return Problem(
        code="webhook-refused",
        where=Place(file=f"message:{message.key}"),
        what=f"{message.to}: {what}",
        remedy="Check the webhook's name and address in config.toml.",
        mender=Mender.ADMIN,
    )
