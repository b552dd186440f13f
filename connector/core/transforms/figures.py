"""Figures as people write them: numbers, money, bands, yes and no."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType

from connector.core.records import Value, is_blank
from connector.core.transforms.shape import Conversion, Fault, Scene, Transform, Worked

_NOT_A_NUMBER = Fault("invalid-number", "this is not a number")
_AMBIGUOUS = Fault(
    "ambiguous-number",
    "the mark before three digits may be decimal or thousands; say which with `decimal`",
)
_LONGEST = 100  #: characters of a number; reading a longer one takes ever longer
_MACHINE = re.compile(r"[+-]?[0-9]{1,24}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,2})?")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’_]+")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")
_WRITTEN = re.compile(r"([+-]?[0-9][0-9.,]*)")
_SCALES: Mapping[str, int] = MappingProxyType(
    {
        "": 1,
        "k": 1000,
        "thousand": 1000,
        "mille": 1000,
        "m": 1_000_000,
        "mio": 1_000_000,
        "mn": 1_000_000,
        "million": 1_000_000,
        "millions": 1_000_000,
        "b": 10**9,
        "bn": 10**9,
        "md": 10**9,
        "mrd": 10**9,
        "billion": 10**9,
        "milliard": 10**9,
        "milliards": 10**9,
    }
)
_CURRENCIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "€": frozenset({"EUR"}),
        "euro": frozenset({"EUR"}),
        "euros": frozenset({"EUR"}),
        "£": frozenset({"GBP", "EGP", "LBP"}),
        "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD"}),
        "us$": frozenset({"USD"}),
        "dollars": frozenset({"USD", "CAD", "AUD", "NZD"}),
        "¥": frozenset({"JPY", "CNY"}),
        "₹": frozenset({"INR"}),
        "fr": frozenset({"CHF"}),
        "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
        "zł": frozenset({"PLN"}),
        "₺": frozenset({"TRY"}),
    }
)
_YES = frozenset({"true", "t", "yes", "y", "1", "on", "oui", "o", "vrai", "v", "x", "checked"})
_NO = frozenset({"false", "f", "no", "n", "0", "off", "non", "faux", "unchecked"})
_BAND = re.compile(r"(?P<low>[^-]+?)(?:-|to|à|a|bis|until|et)(?P<high>[^-]+)")
_MORE = re.compile(r"(?P<low>.+?)(?:\+|andmore|ormore|etplus|ouplus|andabove|andover)")
_ABOVE = re.compile(r"(?:>|over|above|morethan|plusde)(?P<low>.+)")
_FROM = re.compile(r"(?:>=|≥|from|atleast|aumoins|àpartirde)(?P<low>.+)")
_UNDER = re.compile(r"(?:<=?|≤|under|below|upto|lessthan|fewerthan|moinsde|jusqu.?à)(?P<high>.+)")


def read_number(text: str, decimal: str = "") -> Decimal | Fault:
    """A number as systems or people write it.

    What systems write (`1234.5`, `1E+3`) is read as such. A single `,` before exactly three digits
    is ambiguous unless `decimal` says which mark is decimal.
    """
    if not decimal and _MACHINE.fullmatch(text):
        return Decimal(text)
    if len(text) > _LONGEST:
        return _NOT_A_NUMBER
    bare = _SPACES.sub("", text)
    spaced = bare != text.strip()
    if not decimal:
        grouped = _GROUPED.fullmatch(bare)
        if grouped is None or spaced or bare.lstrip("+-").startswith("0"):
            decimal = _last_mark(bare)
        elif bare.count(grouped.group(1)) > 1:
            decimal = "." if grouped.group(1) == "," else ","
        else:
            return _AMBIGUOUS
    thousands = "." if decimal == "," else ","
    try:
        whole, _, part = bare.partition(decimal)
        if thousands in part or not re.fullmatch(r"[+-]?[0-9][0-9.,]*|[+-]?", whole):
            return _NOT_A_NUMBER
        number = Decimal(whole.replace(thousands, "") + ("." + part if part else ""))
    except InvalidOperation:
        return _NOT_A_NUMBER
    return number if number.is_finite() else _NOT_A_NUMBER


def _last_mark(text: str) -> str:
    return "," if text.rfind(",") > text.rfind(".") else "."


def number(value: Value, scene: Scene) -> Value | Fault:
    """A whole number."""
    if isinstance(value, bool) or is_blank(value):
        return _NOT_A_NUMBER if isinstance(value, bool) else value
    if isinstance(value, str):
        text = value.strip()
        if text.isascii() and text.isdigit() and len(text) < 19:
            return int(text)
        found = read_number(text, scene.options.get("decimal", "")) if text else None
        if found is None:
            return ""
        if isinstance(found, Fault):
            return found
        value = found
    if isinstance(value, Decimal):
        if not value.is_finite() or value != int(value):
            return Fault("not-whole", "the field takes whole numbers only")
        return int(value)
    return value if isinstance(value, int) else _NOT_A_NUMBER


def money(value: Value, scene: Scene) -> Value | Fault:
    """An amount in the field's currency; nothing is converted."""
    if isinstance(value, bool):
        return _NOT_A_NUMBER
    if isinstance(value, int):
        return Decimal(value)
    if not isinstance(value, str) or not value:
        return value if is_blank(value) or isinstance(value, Decimal) else _NOT_A_NUMBER
    text = value.strip()
    if not text:
        return ""
    if _MACHINE.fullmatch(text):
        return Decimal(text)
    return _written_money(text, scene)


def _written_money(text: str, scene: Scene) -> Decimal | Fault:
    sign, text = ("-", text[1:].lstrip()) if text[0] in "-−" else ("", text)
    found = _WRITTEN.search(_SPACES.sub("", text))
    if found is None:
        return _NOT_A_NUMBER
    bare = _SPACES.sub("", text)
    spaced = bool(re.search(r"[0-9][\s\u00a0\u202f\u2009'’][0-9]", text))
    marks = (bare[: found.start()], bare[found.end() :])
    scale, currency = _scale_and_currency(marks)
    if scale is None:
        return _NOT_A_NUMBER
    wanted = scene.options.get("currency", "").upper()
    if currency is not None and wanted and wanted not in currency:
        return Fault("other-currency", "the amount is in another currency than the field")
    decimal = scene.options.get("decimal", "")
    written = found.group(1)
    amount = read_number(written, decimal or (_last_mark(written) if spaced or scale > 1 else ""))
    return amount if isinstance(amount, Fault) else Decimal(f"{sign}{amount * scale:f}")


def _scale_and_currency(marks: tuple[str, str]) -> tuple[int | None, frozenset[str] | None]:
    """What stands before and behind the digits: `$`, `m`, `M€`, `kEUR`, `million euros`."""
    scale, currency = 1, None
    for mark in marks:
        word = mark.lower().strip("./-")
        for size in sorted(_SCALES, key=len, reverse=True):
            rest = word.removeprefix(size)
            if (size and rest == word) or (rest and _currency(rest) is None):
                continue
            scale *= _SCALES[size]
            currency = _currency(rest) or currency
            break
        else:
            return None, None
    return scale, currency


def _currency(mark: str) -> frozenset[str] | None:
    if mark in _CURRENCIES:
        return _CURRENCIES[mark]
    return frozenset({mark.upper()}) if re.fullmatch(r"[a-z]{3}", mark) else None


def read_band(text: str) -> tuple[int, int | None] | None:
    """(lowest, highest) whole number of a band; no highest for `1000+`."""
    bare = _SPACES.sub("", text.lower()).replace("–", "-").replace("—", "-").replace(",", "")
    bare = re.sub(r"(employees|salariés|people|personnes)$", "", bare)
    patterns = ((_MORE, 0), (_FROM, 0), (_ABOVE, 1), (_UNDER, 0), (_BAND, 0))
    for pattern, more in patterns:
        found = pattern.fullmatch(bare)
        if found is None:
            continue
        ends = found.groupdict()
        low = _whole(ends["low"]) if "low" in ends else 0
        high = _whole(ends["high"]) if "high" in ends else None
        if low is None or ("high" in ends and high is None):
            return None
        if (
            pattern is _UNDER
            and high is not None
            and re.match(r"<[^=]|under|below|less|f|mo", bare)
        ):
            high -= 1
        return low + more, high
    single = _whole(bare)
    return None if single is None else (single, single)


def _whole(text: str) -> int | None:
    found = re.fullmatch(r"([0-9]{1,15})(k|m)?", text)
    if found is None:
        return None
    return int(found.group(1)) * _SCALES[found.group(2) or ""]


def band(value: Value, scene: Scene) -> Value | Fault:
    """The number a band stands for: its lower end, or the one the option names."""
    if not isinstance(value, str) or not value.strip():
        return value
    found = read_band(value)
    if found is None:
        return Fault("invalid-band", "this is neither a number nor a band of numbers")
    low, high = found
    edge = scene.options.get("edge", "low")
    if edge == "low" or high is None:
        return low
    return high if edge == "high" else (low + high) // 2


@lru_cache(maxsize=64)
def _bands(written: str) -> tuple[tuple[str, int, int | None], ...]:
    found = []
    for text in written.split("|"):
        ends = read_band(text)
        if ends is not None:
            found.append((text.strip(), *ends))
    return tuple(found)


def band_back(value: Value, scene: Scene) -> Value | Fault:
    """The band a number lies in, of those the option lists; without a list the number's digits."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    if isinstance(value, Decimal) and not value.is_finite():
        return _NOT_A_NUMBER
    listed = _bands(scene.options.get("bands", ""))
    for text, low, high in listed:
        if value >= low and (high is None or value <= high):
            return text
    if not listed:
        return str(value)
    return Fault("outside-bands", "no band of the field holds the number")


def yes_no(value: Value, scene: Scene) -> Value | Fault:
    """True or False."""
    if isinstance(value, bool) or value is None:
        return value
    text = str(value).strip().casefold()
    if not text:
        return ""
    if text in _YES:
        return True
    if text in _NO:
        return False
    return Fault("not-yes-or-no", "this is neither yes nor no")


def _each(convert: Conversion) -> Conversion:
    """A figure is one value: of a multi-value nothing can be made."""

    def forward(value: Value, scene: Scene) -> Value | Fault:
        if isinstance(value, tuple) and value:
            return Fault("several-values", "the field takes one value")
        return convert(value, scene)

    return forward


_DECIMAL = {"decimal": "the decimal mark, `,` or `.`, where the text leaves it open"}
_MARKS = {"decimal": (",", ".")}


def _is_currency(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{3}", text) is not None


def _are_bands(text: str) -> bool:
    return all(read_band(one) for one in text.split("|"))


TRANSFORMS = (
    Transform(
        name="number",
        forward=_each(number),
        doc="A whole number, with or without marks between thousands.",
        options=_DECIMAL,
        accepts=_MARKS,
        examples=(
            Worked(given="1250", gives=1250),
            Worked(given="1 250", gives=1250),
            Worked(given="12.0", gives=12),
            Worked(given="1,250,000", gives=1250000),
            Worked(given="1,250", gives=None, fault="ambiguous-number"),
            Worked(given="1,250", options={"decimal": "."}, gives=1250),
            Worked(given="12.5", gives=None, fault="not-whole"),
            Worked(given="many", gives=None, fault="invalid-number"),
        ),
    ),
    Transform(
        name="money",
        forward=_each(money),
        doc="An amount. A currency mark must agree with the field's; nothing is converted.",
        options={"currency": "ISO 4217 code of the field", **_DECIMAL},
        accepts={"currency": _is_currency, **_MARKS},
        examples=(
            Worked(given="1 234,56 €", options={"currency": "EUR"}, gives=Decimal("1234.56")),
            Worked(given="$1.2m", options={"currency": "USD"}, gives=Decimal(1200000)),
            Worked(given="3 M€", gives=Decimal(3000000)),
            Worked(given="EUR 15k", gives=Decimal(15000)),
            Worked(given="2 millions d'euros", gives=None, fault="invalid-number"),
            Worked(given="2,5 millions euros", gives=Decimal(2500000)),
            Worked(given="1.234,56", gives=Decimal("1234.56")),
            Worked(given="CHF 1'250.50", gives=Decimal("1250.50")),
            Worked(given="£900", options={"currency": "EUR"}, gives=None, fault="other-currency"),
            Worked(given="€1,234", gives=None, fault="ambiguous-number"),
            Worked(given="tbd", gives=None, fault="invalid-number"),
        ),
    ),
    Transform(
        name="band",
        forward=_each(band),
        backward=band_back,
        doc="The lower end of a band of whole numbers, and the band a number lies in.",
        options={"edge": "`low` (default), `high` or `middle`", "bands": "`1-9|10-49|50+`"},
        accepts={"edge": ("low", "high", "middle"), "bands": _are_bands},
        examples=(
            Worked(given="50-99", gives=50, options={"bands": "1-49|50-99|100+"}, back=True),
            Worked(given="1000+", gives=1000, options={"bands": "1-999|1000+"}, back=True),
            Worked(given="10 à 49 salariés", gives=10),
            Worked(given="1,000 – 4,999", gives=1000),
            Worked(given="50-99", options={"edge": "high"}, gives=99),
            Worked(given="plus de 500", gives=501),
            Worked(given="less than 10", options={"edge": "high"}, gives=9),
            Worked(given="75", gives=75),
            Worked(given="some", gives=None, fault="invalid-band"),
        ),
    ),
    Transform(
        name="yes_no",
        forward=_each(yes_no),
        doc="Yes or no in English or French, `true`/`false`, `1`/`0`.",
        examples=(
            Worked(given="Oui", gives=True),
            Worked(given="false", gives=False),
            Worked(given=" N ", gives=False),
            Worked(given=True, gives=True),
            Worked(given="peut-être", gives=None, fault="not-yes-or-no"),
        ),
    ),
)
