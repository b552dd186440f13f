"""All channels by which people are told, as one notifier."""

from collections.abc import Mapping

from connector.core.errors import Refused
from connector.core.problems import Place, Problem
from connector.ports import Message, Notifier


class Channels:
    """Sends each message by its channel; a channel that is not configured is said to be missing."""

    def __init__(self, channels: Mapping[str, Notifier]) -> None:
        self.channels = channels

    def send(self, message: Message) -> None:
        notifier = self.channels.get(message.channel)
        if notifier is None:
            raise Refused(
                Problem(
                    code="no-channel",
                    where=Place(file="config.toml"),
                    what=f"messages by {message.channel} cannot be sent: it is not configured",
                    remedy="Fill in [mail] or [chat], or dismiss these messages.",
                )
            )
        notifier.send(message)
