"""Record ids as Salesforce makes them: 15 characters, or 18 with the checksum."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ALNUM = frozenset(_DIGITS)
INSTANCE = "Hs0"


def checksum(short: str) -> str:
    """The three characters that make a 15-character id safe against a change of case.

    Each covers five characters; bit n is set where the n-th of them is an upper-case letter.
    """
    out = ""
    for start in (0, 5, 10):
        bits = 0
        for offset in range(5):
            if "A" <= short[start + offset] <= "Z":
                bits |= 1 << offset
        out += _CHECK[bits]
    return out


def make_id(prefix: str, number: int) -> str:
    """The 18-character id of the `number`-th record of a key prefix; ids sort as numbers do."""
    tail = ""
    for _ in range(9):
        number, digit = divmod(number, 62)
        tail = _DIGITS[digit] + tail
    short = prefix + INSTANCE + tail
    return short + checksum(short)


def canonical_id(text: str) -> str | None:
    """The 18-character form of `text`, or None where it is no well-formed id."""
    if len(text) == 18:
        short = text[:15]
        if _ALNUM.issuperset(short) and checksum(short) == text[15:].upper():
            return short + text[15:].upper()
        return None
    if len(text) == 15 and _ALNUM.issuperset(text):
        return text + checksum(text)
    return None
