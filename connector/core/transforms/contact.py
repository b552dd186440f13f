"""Phone numbers in E.164 and e-mail addresses: a quick road for the plain ones, the libraries for
the rest. Neither asks the network."""

import re
from functools import lru_cache
from typing import NamedTuple

from connector.core.transforms.places import country_code
from connector.core.transforms.shape import Fault, Scene, Transform, Worked, on_text

_INVALID_EMAIL = Fault("invalid-email", "this is not an e-mail address")
_INVALID_PHONE = Fault("invalid-phone", "this is not a phone number of its country")

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_EMAIL = re.compile(
    rf"([a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)@((?:{_LABEL}\.)+[a-z]{{2,24}})", re.IGNORECASE
)
_SPECIAL = (".arpa", ".invalid", ".local", ".localhost", ".onion", ".test")
_NO_DIGITS = str.maketrans("", "", " .-+")


def email(text: str, scene: Scene) -> str | Fault:
    """The address with its domain in small letters; what cannot receive mail is a fault."""
    text = text.strip()
    plain = _PLAIN_EMAIL.fullmatch(text)
    if plain is not None and len(text) <= 254:
        local, domain = plain.groups()
        domain = domain.lower()
        odd = "--" in domain or domain.endswith(_SPECIAL)
        if len(local) <= 64 and len(domain) <= 240 and not odd:
            return f"{local}@{domain}"
    return _checked_email(text)


def _checked_email(text: str) -> str | Fault:
    from email_validator import EmailNotValidError, validate_email

    if not text or "\x00" in text:
        return _INVALID_EMAIL
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return _INVALID_EMAIL
    except (UnicodeError, ValueError):  # code points no encoding knows
        return _INVALID_EMAIL


class _Plan(NamedTuple):
    """What the quick road needs of one region's numbering plan."""

    calling_code: str
    number: re.Pattern[str]
    prefix: re.Pattern[str] | None
    international: re.Pattern[str] | None


def phone(text: str, scene: Scene) -> str | Fault:
    """E.164, e.g. `+33612345678`; an extension is kept as ` x12` unless the option drops it."""
    text = text.strip()
    region = scene.region
    drop = scene.options.get("extension") == "drop"
    return plain_phone(text, region) or _parsed_phone(text, region, drop=drop)


def plain_phone(text: str, region: str) -> str | None:
    """The number where its plan leaves no doubt; None sends it down the long road."""
    digits = text.translate(_NO_DIGITS)
    if not (6 <= len(digits) <= 16 and digits.isascii() and digits.isdigit()):
        return None
    if text[0] == "+":
        return None if text.rfind("+") else _international(digits)
    if "+" in text:
        return None
    plan = _plan(region)
    if plan is None or (plan.international and plan.international.match(digits)):
        return None
    prefix = plan.prefix.match(digits) if plan.prefix is not None else None
    if prefix is None:
        return None if digits.startswith(plan.calling_code) else _in_plan(digits, plan)
    return None if plan.number.fullmatch(digits) else _in_plan(digits[prefix.end() :], plan)


def _international(digits: str) -> str | None:
    found = _calling_code_of(digits[:3]) if len(digits) > 6 else None
    plan = _plan(found[1]) if found is not None else None
    return None if found is None or plan is None else _in_plan(digits[len(found[0]) :], plan)


def _in_plan(national: str, plan: _Plan) -> str | None:
    if not plan.number.fullmatch(national):
        return None
    if plan.prefix is not None and plan.prefix.match(national):
        return None
    return f"+{plan.calling_code}{national}"


@lru_cache(maxsize=2048)
def _calling_code_of(start: str) -> tuple[str, str] | None:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    for length in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(start[:length]))
        if regions is not None:
            return (start[:length], regions[0]) if regions[0] != "001" else None
    return None


@lru_cache(maxsize=512)
def _plan(region: str) -> _Plan | None:
    """None for a region whose prefixes say more than a digit to take away."""
    from phonenumbers import PhoneMetadata

    data = PhoneMetadata.metadata_for_region(region, None)
    if data is None or data.general_desc is None or data.country_code is None:
        return None
    parsing = data.national_prefix_for_parsing
    if parsing and data.national_prefix_transform_rule:
        return None
    pattern = data.general_desc.national_number_pattern
    if not pattern:
        return None
    return _Plan(
        str(data.country_code),
        re.compile(pattern),
        re.compile(parsing) if parsing else None,
        re.compile(data.international_prefix) if data.international_prefix else None,
    )


def _parsed_phone(text: str, region: str, *, drop: bool) -> str | Fault:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return _INVALID_PHONE
    if not phonenumbers.is_possible_number(number):
        return _INVALID_PHONE
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{written} x{number.extension}" if number.extension and not drop else written


def phone_country(text: str, scene: Scene) -> str | Fault:
    """The country a number belongs to, where only one can be meant."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, scene.region)
    except phonenumbers.NumberParseException:
        return _INVALID_PHONE
    found = phonenumbers.region_code_for_number(number)
    code = country_code(found) if found else None
    return code or Fault("unknown-country", "the number does not tell a country")


TRANSFORMS = (
    Transform(
        name="email",
        forward=on_text(email),
        doc=(
            "A valid e-mail address, its domain in small letters. No look-up on the network; "
            "invalid ones are caught before anybody is matched by them."
        ),
        examples=(
            Worked(given=" Ada.King@Example.COM ", gives="Ada.King@example.com"),
            Worked(given="josé@exämple.com", gives="josé@exämple.com"),
            Worked(given="ada@@example.com", gives=None, fault="invalid-email"),
            Worked(given="ada@localhost", gives=None, fault="invalid-email"),
            Worked(given="", gives=""),
        ),
    ),
    Transform(
        name="phone",
        forward=on_text(phone),
        looks_around=True,
        doc=(
            "E.164. National numbers are read in the lead's own country, else in the default "
            "region. An extension is kept behind the number."
        ),
        options={"extension": "`keep` (default) or `drop`"},
        accepts={"extension": ("keep", "drop")},
        examples=(
            Worked(given="06 12 34 56 78", country="FR", gives="+33612345678"),
            Worked(given="+33 (0)6 12 34 56 78", gives="+33612345678"),
            Worked(given="(415) 555-2671 ext. 12", country="US", gives="+14155552671 x12"),
            Worked(
                given="(415) 555-2671 ext. 12",
                country="US",
                options={"extension": "drop"},
                gives="+14155552671",
            ),
            Worked(given="020 7946 0018", country="GB", gives="+442079460018"),
            Worked(given="12", country="FR", gives=None, fault="invalid-phone"),
            Worked(given="call me", country="FR", gives=None, fault="invalid-phone"),
        ),
    ),
    Transform(
        name="phone_country",
        forward=on_text(phone_country),
        looks_around=True,
        doc="The country of a phone number, as ISO 3166 code.",
        examples=(
            Worked(given="+33612345678", gives="FR"),
            Worked(given="12", gives=None, fault="unknown-country"),
        ),
    ),
)
