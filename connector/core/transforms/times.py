"""Dates and moments: ISO text, epoch milliseconds and dates as people write them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.core.records import Value, is_blank
from connector.core.transforms.places import folded
from connector.core.transforms.shape import Fault, Scene, Transform, Worked

_INVALID_DATE = Fault("invalid-date", "this is not a date")
_INVALID_MOMENT = Fault("invalid-moment", "this is not a moment in time")
_AMBIGUOUS = Fault("ambiguous-date", "day and month can be confused; say `order: dmy` or `mdy`")
_UNKNOWN_ZONE = Fault("unknown-time-zone", "the option names no time zone")

_SCENE = Scene()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = re.compile(r"-?[0-9]{8,15}")
_SPLIT = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_NAMED = re.compile(r"(?:([0-9]{1,2})(?:er|st|nd|rd|th)? )?([a-z]+) (?:([0-9]{1,2}) )?([0-9]{4})")
_MONTHS: Mapping[str, int] = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                "january janvier jan janv",
                "february fevrier feb fev fevr",
                "march mars mar",
                "april avril apr avr",
                "may mai",
                "june juin jun",
                "july juillet jul juil",
                "august aout aug",
                "september septembre sep sept",
                "october octobre oct",
                "november novembre nov",
                "december decembre dec",
            ),
            start=1,
        )
        for name in names.split()
    }
)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def moment(value: Value, scene: Scene) -> Value | Fault:
    """A moment in UTC; text without a time zone is read in the zone of the option, else UTC."""
    if is_blank(value):
        return value
    if isinstance(value, str):
        plain = _plain_moment(value)
        if plain is not None:
            return plain
    zone = _zone(scene.options.get("time_zone", "UTC"))
    if zone is None:
        return _UNKNOWN_ZONE
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    found: datetime | None = value if isinstance(value, datetime) else None
    try:
        if found is None and isinstance(value, str):
            found = _read_moment(value.strip())
        if found is None:
            return _INVALID_MOMENT
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return _INVALID_MOMENT


def _read_moment(text: str) -> datetime:
    if _MILLISECONDS.fullmatch(text) and len(text) != 8:
        return _EPOCH + timedelta(milliseconds=int(text))
    return datetime.fromisoformat(text)


def read_moment(text: str | None) -> datetime | None:
    """A moment in UTC out of ISO text or epoch milliseconds; None where there is none."""
    if not text:
        return None
    found = _plain_moment(text) or moment(text, _SCENE)
    return found if isinstance(found, datetime) else None


def _plain_moment(text: str) -> datetime | None:
    """What both systems write, without detours; None sends it down the long road."""
    try:
        if 8 < len(text) < 16 and text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo is UTC else None


def day(value: Value, scene: Scene) -> Value | Fault:
    """A date. A moment gives its day in the zone of the option, else in UTC."""
    if is_blank(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return ""
        found = _read_day(text, scene.options.get("order", ""))
        if found is not None:
            return found
    elif not isinstance(value, datetime):
        return _INVALID_DATE
    instant = moment(value, scene)
    if isinstance(instant, Fault):
        return instant if instant is _UNKNOWN_ZONE else _INVALID_DATE
    zone = _zone(scene.options.get("time_zone", "UTC"))
    try:
        return instant.astimezone(zone).date() if isinstance(instant, datetime) else _INVALID_DATE
    except OverflowError:
        return _INVALID_DATE


def _read_day(text: str, order: str) -> date | Fault | None:
    """None where it is no mere date."""
    try:
        if len(text) == 10 and text[4] == "-":
            return date.fromisoformat(text)
        split = _SPLIT.fullmatch(text)
        if split is not None:
            return _ordered(*(int(part) for part in split.groups()), order=order)
        named = _NAMED.fullmatch(folded(text)) if text[:1] != "-" else None
        if named is not None and named.group(2) in _MONTHS:
            number = named.group(1) or named.group(3) or ""
            if not number or (named.group(1) and named.group(3)):
                return _INVALID_DATE
            return date(int(named.group(4)), _MONTHS[named.group(2)], int(number))
    except ValueError:
        return _INVALID_DATE
    return None


def _ordered(first: int, second: int, year: int, *, order: str) -> date | Fault:
    if order == "mdy" or (not order and second > 12):
        return date(year, first, second)
    if order == "dmy" or (not order and (first > 12 or first == second)):
        return date(year, second, first)
    return _AMBIGUOUS


def _is_zone(name: str) -> bool:
    return _zone(name) is not None


TRANSFORMS = (
    Transform(
        name="date",
        forward=day,
        doc=(
            "A date from ISO text, from epoch milliseconds (HubSpot writes midnight UTC), or as "
            "people write it in English or French."
        ),
        options={"order": "`dmy` or `mdy`", "time_zone": "IANA zone in which a moment has its day"},
        accepts={"order": ("dmy", "mdy"), "time_zone": _is_zone},
        examples=(
            Worked(given="2026-03-01", gives=date(2026, 3, 1)),
            Worked(given="1772323200000", gives=date(2026, 3, 1)),
            Worked(given="2026-03-01T23:30:00Z", gives=date(2026, 3, 1)),
            Worked(
                given="2026-03-01T23:30:00Z",
                options={"time_zone": "Europe/Paris"},
                gives=date(2026, 3, 2),
            ),
            Worked(given="31/12/2026", gives=date(2026, 12, 31)),
            Worked(given="03/04/2026", gives=None, fault="ambiguous-date"),
            Worked(given="03/04/2026", options={"order": "dmy"}, gives=date(2026, 4, 3)),
            Worked(given="1er mars 2026", gives=date(2026, 3, 1)),
            Worked(given="March 1, 2026", gives=date(2026, 3, 1)),
            Worked(given="soon", gives=None, fault="invalid-date"),
        ),
    ),
    Transform(
        name="moment",
        forward=moment,
        doc="A moment in UTC from ISO text with or without offset, or from epoch milliseconds.",
        options={"time_zone": "IANA zone of text that names none; UTC where left out"},
        accepts={"time_zone": _is_zone},
        examples=(
            Worked(
                given="2026-03-01T10:00:00.000+0000", gives=datetime(2026, 3, 1, 10, tzinfo=UTC)
            ),
            Worked(given="2026-03-01T10:00:00Z", gives=datetime(2026, 3, 1, 10, tzinfo=UTC)),
            Worked(given="2026-03-01T12:00:00+02:00", gives=datetime(2026, 3, 1, 10, tzinfo=UTC)),
            Worked(given="1772359200000", gives=datetime(2026, 3, 1, 10, tzinfo=UTC)),
            Worked(
                given="2026-07-01 12:00",
                options={"time_zone": "Europe/Paris"},
                gives=datetime(2026, 7, 1, 10, tzinfo=UTC),
            ),
            Worked(given="now", gives=None, fault="invalid-moment"),
        ),
    ),
)
