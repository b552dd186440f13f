"""Moments and identifiers in the forms that HubSpot gives and takes."""

import random
import re
from datetime import UTC, datetime
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"-?\d{1,16}")
_DAY_MS = 86_400_000


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since 1970, the unit of everything inside the sandbox."""
    gone = moment - _EPOCH
    return gone.days * _DAY_MS + gone.seconds * 1000 + gone.microseconds // 1000


@lru_cache(maxsize=65_536)
def iso(ms: int) -> str:
    """A moment as Java's Instant prints it: milliseconds only where they are not zero."""
    seconds, rest = divmod(ms, 1000)
    text = datetime.fromtimestamp(seconds, UTC).isoformat()[:19]
    return f"{text}.{rest:03d}Z" if rest else f"{text}Z"


@lru_cache(maxsize=65_536)
def parse_moment(text: str) -> int | None:
    """Epoch milliseconds of an ISO text or of epoch milliseconds as text; None if neither."""
    if _DIGITS.fullmatch(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return epoch_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def day(ms: int) -> str:
    """The calendar day (UTC) of a moment, as values of type `date` are given."""
    return datetime.fromtimestamp(ms // 1000, UTC).date().isoformat()


def is_midnight(ms: int) -> bool:
    """Whether a moment is the very start of a day in UTC."""
    return ms % _DAY_MS == 0


def uuid7(ms: int, dice: random.Random) -> str:
    """An identifier like those HubSpot's correlation ids have been since 2025 (UUID version 7)."""
    head = f"{ms & 0xFFFFFFFFFFFF:012x}"
    bits = dice.getrandbits(74)
    a, b = bits & 0xFFF, bits >> 12
    tail = f"{(b & 0x3FFFFFFFFFFFFFFF) | (2 << 62):016x}"
    return f"{head[:8]}-{head[8:]}-7{a:03x}-{tail[:4]}-{tail[4:]}"
