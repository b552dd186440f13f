"""Settings of conversions: names that no conversion has, and values that none understands."""

from zoneinfo import available_timezones

from connector.core.reading import OF_TYPE
from connector.core.records import System
from connector.core.rules.fields import FieldType, Unknown
from connector.core.transforms import TRANSFORMS
from connector.core.transforms.sets import PLACE
from connector.core.transforms.shape import Accepts
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.hints import remedy
from connector.mapfiles.picklists import table_name
from connector.mapfiles.shapes.fields import FieldsFile, FieldShape
from connector.mapfiles.sheets import Sheet
from connector.mapfiles.yaml_text import Path

WHERE = "The page on conversions lists each with its settings."
OF_ALL: dict[str, Accepts] = {  # settings of the field rather than of a conversion
    "invalid": (Unknown.PARK, Unknown.BLANK, Unknown.KEEP),
    "stricter": bool,
}


def check_options(one: FieldShape, sheet: Sheet, path: Path, ground: Ground) -> None:
    """Every setting of one field: a typing error would silently mean the default."""
    known = _known(one, sheet, ground)
    for option, value in one.options.items():
        name, _, system = option.partition(".")
        at: Path = (*path, "options", option)
        if name not in known:
            ground.notes.add(
                "unknown-option",
                sheet.key_place(at),
                f"no conversion of this field has a setting '{name}'",
                remedy(name, sorted(known), WHERE),
            )
        elif system not in ("", *System):
            ground.notes.add(
                "unknown-option",
                sheet.key_place(at),
                f"'{option}' is for a system that there is not",
                remedy(system, list(System), "Without a system the setting holds for both."),
            )
        else:
            _value(name, value, known[name], sheet, at, ground)
            if name == "template":
                _template(value, sheet, at, ground)


def _value(name: str, value: str, good: Accepts, sheet: Sheet, at: Path, ground: Ground) -> None:
    if value in good if isinstance(good, tuple) else good(value):
        return
    if name == "time_zone":
        help_ = remedy(value, sorted(available_timezones()), "Zones are named as in the IANA list.")
    elif isinstance(good, tuple) and all(word.isalnum() for word in good):
        help_ = remedy(value, good, WHERE)
    else:
        meanings = (one.options[name] for one in TRANSFORMS.values() if name in one.options)
        help_ = f"It is {next(meanings, 'not blank')}. {WHERE}"
    ground.notes.add(
        "bad-option", sheet.place(at), f"'{value}' is no value of the setting '{name}'", help_
    )


def _known(one: FieldShape, sheet: Sheet, ground: Ground) -> dict[str, Accepts]:
    """Setting -> what it takes, of the field's own conversions and those that its type implies."""
    names = [*one.transform, OF_TYPE.get(one.type, "")]
    if one.type is FieldType.CHOICES:
        names.append("list")
    found = dict(OF_ALL)
    for name in names:
        transform = TRANSFORMS.get(name)
        if transform is not None:
            found |= {option: transform.accepts.get(option, bool) for option in transform.options}
    if "lookup" in names:
        picklists = ground.project.picklists.items()
        found["table"] = tuple(table_name(file) for file, one in picklists if one.table is not None)
    return found


def _template(value: str, sheet: Sheet, at: Path, ground: Ground) -> None:
    fields = sheet.shape.fields if isinstance(sheet.shape, FieldsFile) else {}
    for name in PLACE.findall(value):
        if name not in fields:
            ground.notes.add(
                "unknown-field",
                sheet.place(at),
                f"the template names a field '{name}' that there is not",
                remedy(name, fields, "Fields are defined in fields.yaml."),
            )
