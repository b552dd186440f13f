"""What a system said word for word, kept only where the agreed values do not say it already."""

from collections.abc import Mapping

from connector.core.plan import Json
from connector.core.records import Values
from connector.core.rules.fields import Fields

ABSENT = False  #: in what is kept: the system did not send this property at all


class Wording:
    """Shortens and restores the words of HubSpot by one set of fields."""

    def __init__(self, fields: Fields) -> None:
        field_of = {rule.hubspot: rule.name for rule in fields.rules.values() if rule.hubspot}
        self._fields = tuple((name, field_of.get(name, "")) for name in fields.hubspot_properties())

    def shorten(self, raw: Mapping[str, str | None], values: Values) -> dict[str, Json]:
        """The properties whose words differ from the agreed value; `raw` as it was mapped."""
        kept: dict[str, Json] = {}
        for name, field in self._fields:
            word = raw.get(name, ABSENT)
            value = values.get(field)
            if word != (value if isinstance(value, str) else None):
                kept[name] = word
        return kept

    def restore(self, kept: Mapping[str, Json], values: Values) -> dict[str, Json]:
        """All that was read, as before `shorten`; whatever no field reads is not among it."""
        raw: dict[str, Json] = {}
        for name, field in self._fields:
            value = values.get(field)
            word = kept.get(name, value if isinstance(value, str) else None)
            if word is not ABSENT:
                raw[name] = word
        return raw
