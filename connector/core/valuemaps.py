"""Value maps: the words of one field on both sides, with an explicit rule for the unknown."""

from collections.abc import Callable

from connector.core.records import System, Value
from connector.core.rules.fields import Unknown, ValueMap
from connector.core.transforms import Fault

UNKNOWN = Fault("unknown-value", "the value map does not know the value")
BLANKED = Fault("unknown-value", "the value map does not know the value; treated as blank")
NO_COUNTERPART = Fault("no-counterpart", "the word has no value in the other system")

MapValue = Callable[[Value], Value | Fault]


def word_reader(values: ValueMap, system: System) -> MapValue:
    """From a system's value to the agreed word. A word that is written as such is known too."""
    column = 0 if system is System.HUBSPOT else 2
    words = {row[column].strip(): row[1] for row in reversed(values.rows) if row[column]}
    folded = {given.casefold(): word for given, word in words.items()}
    if not values.ignore_case:
        folded = {}

    def read(text: str) -> Value | Fault:
        found = words.get(text)
        if found is None:
            bare = text.strip()
            found = words.get(bare) or folded.get(bare.casefold())
        if found is not None:
            return found
        if values.unknown is Unknown.KEEP:
            return text
        if values.unknown is Unknown.OTHER:
            return values.other
        return BLANKED if values.unknown is Unknown.BLANK else UNKNOWN

    return _over_words(read)


def word_writer(values: ValueMap, system: System) -> MapValue:
    """From the agreed word to a system's value."""
    column = 0 if system is System.HUBSPOT else 2
    words = {row[1]: row[column] for row in reversed(values.rows)}
    given = {word: text for word, text in words.items() if text}
    folded = {word.casefold(): text for word, text in given.items()}

    def write(word: str) -> Value | Fault:
        found = given.get(word)
        if found is None and values.ignore_case:
            found = folded.get(word.casefold())
        if found is not None:
            return found
        if values.unknown is Unknown.KEEP and word not in words:
            return word
        if values.unknown is Unknown.OTHER and values.other in given:
            return given[values.other]
        return NO_COUNTERPART if word in words else UNKNOWN

    return _over_words(write)


def _over_words(convert: Callable[[str], Value | Fault]) -> MapValue:
    """Text at once; of a multi-value each word, and the first fault of any."""

    def apply(value: Value) -> Value | Fault:
        if isinstance(value, str):
            return convert(value) if value else value
        if not isinstance(value, tuple):
            return value
        words: list[str] = []
        for word in value:
            found = convert(word)
            if isinstance(found, Fault):
                return found
            words.append(str(found))
        return tuple(dict.fromkeys(words))

    return apply
