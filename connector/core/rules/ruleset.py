"""One set of mapping files as a whole, with the hash that every decision names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.core.rules.fields import Fields
from connector.core.rules.identity import Identity
from connector.core.rules.people import People
from connector.core.rules.promises import Promises
from connector.core.rules.qualification import Qualification
from connector.core.rules.recycling import EchoProperties, Recycling
from connector.core.rules.routing import Routing
from connector.core.rules.targets import Targets
from connector.core.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with `{{ lead.first_name }}`-like places, in one language."""

    name: str
    language: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """The agreed files, checked and ready; `version` is the first 12 characters of `hash`."""

    hash: str  #: sha256 over the names and bytes of all files, in hexadecimal
    vocabulary: Vocabulary
    fields: Fields
    people: People
    qualification: Qualification
    routing: Routing
    promises: Promises
    recycling: Recycling
    targets: Targets
    identity: Identity = field(default_factory=Identity)
    echo: EchoProperties = field(default_factory=EchoProperties)
    templates: Mapping[str, Template] = field(default_factory=dict)  #: `name.language` -> text
    files: Mapping[str, str] = field(default_factory=dict)  #: relative path -> content

    @property
    def version(self) -> str:
        return self.hash[:12]
