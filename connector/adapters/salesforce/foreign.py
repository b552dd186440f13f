"""simple-salesforce without what it imports for calls that we never make, most of its weight.

For the Metadata API it imports zeep, with lxml, httpx and rich behind it; for signing in, which we
do ourselves, PyJWT with cryptography: 30 MB and a tenth of a second in every process. While it is
imported here, these are modules of empty classes; whoever imports them later gets the real ones.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_UNUSED = ("zeep", "zeep.proxy", "zeep.xsd", "jwt")


class _Unused(ModuleType):
    """Any name of it is a class that cannot be made."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": _refuse})


def _refuse(*_: Any, **__: Any) -> None:
    raise NotImplementedError("left out when simple-salesforce was imported")


def _lighter() -> ModuleType:
    missing = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update({name: _Unused(name) for name in missing})
    try:
        return import_module("simple_salesforce")
    finally:
        for name in missing:
            del sys.modules[name]


Salesforce: Any = _lighter().Salesforce
theirs: Any = import_module("simple_salesforce.exceptions")
