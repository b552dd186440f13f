"""The way of one field from a system's text to the agreed value, and the generated function that
takes all fields of a record along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.core.generated import compiled
from connector.core.problems import Severity
from connector.core.records import System, Value, Values
from connector.core.rules.fields import FieldRule, Fields, FieldType, Unknown
from connector.core.transforms import TRANSFORMS, Fault, Scene, Transform
from connector.core.transforms.contact import email, plain_phone
from connector.core.transforms.places import country_code
from connector.core.valuemaps import BLANKED, word_reader

Faults = list[tuple[FieldRule, Fault, Severity]]
Read = Callable[[Mapping[str, object], Faults], dict[str, Value]]
Convert = Callable[[Value], Value | Fault]
ConvertInScene = Callable[[Value, Scene], Value | Fault]

ABSENT = object()
_MOST_REMEMBERED = 2048
_MOST_REMEMBERED_LENGTH = 48
_UNIQUE = frozenset({FieldType.EMAIL, FieldType.PHONE, FieldType.MOMENT})

OF_TYPE = {
    FieldType.EMAIL: "email",
    FieldType.PHONE: "phone",
    FieldType.NUMBER: "number",
    FieldType.MONEY: "money",
    FieldType.YES_NO: "yes_no",
    FieldType.DATE: "date",
    FieldType.MOMENT: "moment",
}


class Memory(dict[str, Value | Fault]):
    """Remembers what short texts became: choices, countries and sizes come again and again.

    Fields that are marked personal are never remembered.
    """

    def __init__(self, convert: Convert) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: str) -> Value | Fault:
        found = self._convert(text)
        if len(text) <= _MOST_REMEMBERED_LENGTH:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[text] = found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How one field is read; without `convert` its text is taken as it is.

    Where `looks_around`, `convert` takes the scene of the lead as a second argument, made by
    `scene`.
    """

    rule: FieldRule
    name: str  #: in the system; empty for a field that is only computed
    convert: Convert | ConvertInScene | None
    looks_around: bool = False
    scene: Callable[[Values, str | None], Scene] | None = None
    fallback: Callable[[Value, Fault], tuple[bool, Value, Severity]] | None = None


def country_field(fields: Fields) -> str | None:
    """The field that holds the lead's own country: one converted as such, else one called so."""
    for rule in fields.rules.values():
        if "country" in rule.transforms:
            return rule.name
    return "country" if "country" in fields.rules else None


def options_for(rule: FieldRule, system: System) -> dict[str, str]:
    """The options of a field in one system: `write.salesforce` goes before `write`."""
    suffix = f".{system}"
    plain = {name: text for name, text in rule.options.items() if "." not in name}
    own = {
        name.removesuffix(suffix): text
        for name, text in rule.options.items()
        if name.endswith(suffix)
    }
    return {**plain, **own}


def steps_of(rule: FieldRule) -> tuple[Transform, ...]:
    """The transforms of a field, with those its type implies; unknown names are left out, since
    the checker of the files has told of them."""
    names = [name for name in rule.transforms if name in TRANSFORMS]
    if rule.type is FieldType.CHOICES and "list" not in names:
        names.insert(0, "list")
    implied = OF_TYPE.get(rule.type)
    if implied is not None and implied not in names:
        names.append(implied)
    return tuple(TRANSFORMS[name] for name in names)


def reader_of(rule: FieldRule, name: str, system: System, fields: Fields) -> Reader:
    """Puts the conversions of one field together."""
    steps = steps_of(rule)
    options = options_for(rule, system)
    around = any(step.looks_around for step in steps)
    convert: Convert | ConvertInScene | None = None
    if steps or rule.values is not None or rule.type is not FieldType.TEXT:
        chain = _chain(rule, steps, system)
        fixed = Scene(options=options, default_region=fields.default_region, tables=fields.tables)
        plainly = _in_scene(chain, fixed)
        convert = chain if around else plainly
        names = [step.name for step in steps]
        if rule.values is None:
            if names == ["email"]:
                convert = _plain_email(fixed)
            elif names == ["phone"] and rule.type is FieldType.PHONE:
                convert = _plain_phone(chain)
            elif rule.type is FieldType.TEXT and all(step.quick for step in steps):
                convert = _plain_text([step.quick for step in steps if step.quick], plainly)
    return Reader(
        rule=rule,
        name=name,
        convert=convert,
        looks_around=around,
        scene=_scenes(rule, options, fields) if around else None,
        fallback=_fallback(options.get("invalid", "park")),
    )


def _plain_email(scene: Scene) -> Convert:
    def convert(value: Value) -> Value | Fault:
        if isinstance(value, str):
            return email(value, scene) if value.strip() else ""
        return as_agreed(value)

    return convert


def _plain_phone(chain: ConvertInScene) -> ConvertInScene:
    def convert(value: Value, scene: Scene) -> Value | Fault:
        if isinstance(value, str) and value:
            found = plain_phone(value, scene.country or scene.default_region)
            if found is not None:
                return found
        return chain(value, scene)

    return convert


def _plain_text(quick: list[Callable[[str], str]], slow: Convert) -> Convert:
    """Text through functions of text alone; whatever else arrives takes the long road."""

    def convert(value: Value) -> Value | Fault:
        if value.__class__ is not str:
            return slow(value)
        text = str(value)
        for function in quick:
            text = function(text)
        return text

    return convert


def _in_scene(chain: ConvertInScene, scene: Scene) -> Convert:
    return lambda value: chain(value, scene)


def _chain(rule: FieldRule, steps: tuple[Transform, ...], system: System) -> ConvertInScene:
    """One function for all steps; the value map stands before the conversion of the type."""
    mapped = None if rule.values is None else word_reader(rule.values, system)
    implied = OF_TYPE.get(rule.type)
    before = [step for step in steps if mapped is None or step.name != implied]
    functions: list[ConvertInScene] = [step.forward for step in before]
    if mapped is not None:
        functions.append(_sceneless(mapped))
        functions += [step.forward for step in steps if step.name == implied]
    trimmed = rule.type is not FieldType.TEXT
    computed = any(step.name == "template" for step in steps)

    def convert(value: Value, scene: Scene) -> Value | Fault:
        if trimmed and isinstance(value, str) and not value.strip():
            value = ""
        elif not isinstance(value, str):
            value = as_agreed(value)
        if (value is None or value == "") and not computed:
            return value
        found: Value | Fault = value
        for function in functions:
            found = function(value, scene)
            if isinstance(found, Fault):
                return found
            value = found
        return _of_type(value, rule.type)

    return convert


def _sceneless(convert: Convert) -> ConvertInScene:
    return lambda value, scene: convert(value)


def as_agreed(value: object) -> Value:
    """A JSON value as an agreed one: fractions become exact, lists become tuples."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    if isinstance(value, dict):
        return None
    return value  # type: ignore[return-value]


def _of_type(value: Value, type_: FieldType) -> Value | Fault:
    """What transforms made is held to the field's type."""
    if type_ in (FieldType.TEXT, FieldType.CHOICE, FieldType.EMAIL, FieldType.PHONE):
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, tuple):
            return Fault("several-values", "the field takes one value")
        return str(value)
    if type_ is FieldType.CHOICES and isinstance(value, str):
        return (value,) if value else ""
    return value


def _scenes(
    rule: FieldRule, options: Mapping[str, str], fields: Fields
) -> Callable[[Values, str | None], Scene]:
    """The scene of a lead; those that differ in country only are made once."""
    known: dict[str | None, Scene] = {}
    region, tables = fields.default_region, fields.tables
    if "template" in rule.transforms:
        return lambda values, country: Scene(
            options=options, default_region=region, country=country, tables=tables, values=values
        )

    def scene(values: Values, country: str | None) -> Scene:
        found = known.get(country)
        if found is None:
            found = known[country] = Scene(
                options=options, default_region=region, country=country, tables=tables
            )
        return found

    return scene


def _fallback(invalid: str) -> Callable[[Value, Fault], tuple[bool, Value, Severity]]:
    """(whether the field gets a value at all, that value, how grave it is)."""

    def decide(value: Value, fault: Fault) -> tuple[bool, Value, Severity]:
        if fault is BLANKED or invalid == Unknown.BLANK:
            return True, None, Severity.WARNING
        if invalid == Unknown.KEEP:
            return True, as_agreed(value), Severity.WARNING
        return False, None, Severity.ERROR

    return decide


def generate_read(readers: list[Reader], country: str | None, fields: Fields) -> Read:
    """Writes and compiles the function `read(raw, faults) -> values` for these fields.

    The country is read first, then all fields that need nothing else, then the others.
    """
    first = [one for one in readers if not one.looks_around]
    first.sort(key=lambda one: one.rule.name != country)
    last = [one for one in readers if one.looks_around]
    names: dict[str, object] = {"ABSENT": ABSENT, "Fault": Fault, "country_code": country_code}
    lines = ["def read(raw, faults):", "    get = raw.get", "    values = {}"]
    for number, reader in enumerate(first):
        lines += _lines(reader, number, names)
    if last:
        lines.append(f"    country = values.get({country!r})")
        lines.append("    if country.__class__ is str and country:")
        lines.append("        country = country_code(country)")
        lines.append("    else:")
        lines.append("        country = None")
    for number, reader in enumerate(last, start=len(first)):
        lines += _lines(reader, number, names)
    lines.append("    return values")
    exec(compiled("\n".join(lines), "<fields>"), names)
    read: Read = names["read"]  # type: ignore[assignment]
    return read


def _lines(reader: Reader, number: int, names: dict[str, object]) -> list[str]:
    field, name = reader.rule.name, reader.name
    lines = [f"    v = get({name!r}, ABSENT)" if name else "    v = None"]
    computed = "template" in reader.rule.transforms
    if not computed:
        lines.append(f"    if v is None: values[{field!r}] = None")
    lines.append("    if v is not ABSENT:" if computed else "    elif v is not ABSENT:")
    if reader.convert is None:
        plain = f"values[{field!r}] = v"
        names[f"a{number}"] = _as_text
        return [*lines, f"        {plain} if v.__class__ is str else a{number}(v)"]
    names[f"c{number}"] = reader.convert
    names[f"f{number}"] = _failed(reader)
    call = f"c{number}(v)"
    if not reader.looks_around and not reader.rule.personal and reader.rule.type not in _UNIQUE:
        names[f"m{number}"] = Memory(reader.convert)  # type: ignore[arg-type]
        call = f"m{number}[v] if v.__class__ is str else {call}"
    if reader.looks_around:
        names[f"s{number}"] = reader.scene
        call = f"c{number}(v, s{number}(values, country))"
    return [
        *lines,
        f"        w = {call}",
        "        if w.__class__ is Fault:",
        f"            f{number}(values, faults, v, w)",
        "        else:",
        f"            values[{field!r}] = w",
    ]


def _as_text(value: object) -> Value:
    """A text field of a system that answers in JSON may hold anything; text comes of it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(str(one) for one in value)
    return str(value)


def _failed(reader: Reader) -> Callable[[dict[str, Value], Faults, Value, Fault], None]:
    rule, fallback = reader.rule, reader.fallback
    assert fallback is not None

    def failed(values: dict[str, Value], faults: Faults, value: Value, fault: Fault) -> None:
        stays, kept, severity = fallback(value, fault)
        if stays:
            values[rule.name] = kept
        faults.append((rule, fault, severity))

    return failed
