"""Frozen values that are made and changed as fast as plain ones.

A frozen dataclass sets each field by `object.__setattr__`, and `dataclasses.replace` asks for every
field by its name: both take most of the time of a value with twenty fields, and a lead on its way
to sales makes some sixty of them. Here the fields are set on an object of an open class with the
same slots, which then becomes one of the frozen class. What comes out is the same value.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from connector.core.generated import compiled

Value = TypeVar("Value")
Change = Callable[[Any, dict[str, Any]], Any]

_CHANGES: dict[type, Change] = {}  #: class -> how its values are changed


def swift(cls: type[Value]) -> type[Value]:
    """Gives a frozen dataclass with slots and keyword-only fields an `__init__` that is as fast as
    that of an open class; goes above `@dataclass(frozen=True, slots=True, kw_only=True)`."""
    known = fields(cls)  # type: ignore[arg-type]  # a dataclass, as its mark says
    names: dict[str, object] = {"_Open": _open(cls), "_frozen": cls, "_put": object.__setattr__}
    given = [_given(one, names) for one in known]
    lines = [f"def __init__(self, *, {', '.join(given)}):", "    _put(self, '__class__', _Open)"]
    lines += [_set(one) for one in known]
    lines.append("    self.__class__ = _frozen")
    exec(compiled("\n".join(lines), "<frozen>"), names)
    setattr(cls, "__init__", names["__init__"])  # noqa: B010  # of the same fields, as types see it
    return cls


def _given(one: "Field[Any]", names: dict[str, object]) -> str:
    """A parameter, with its default where the field has one."""
    if one.default is not MISSING:
        names[f"_d_{one.name}"] = one.default
    elif one.default_factory is not MISSING:
        names[f"_d_{one.name}"], names[f"_f_{one.name}"] = MISSING, one.default_factory
    else:
        return one.name
    return f"{one.name}=_d_{one.name}"


def _set(one: "Field[Any]") -> str:
    if one.default_factory is MISSING:
        return f"    self.{one.name} = {one.name}"
    made = f"_f_{one.name}() if {one.name} is _d_{one.name} else {one.name}"
    return f"    self.{one.name} = {made}"


def _open(cls: type) -> type:
    """A class of the same layout whose objects can be written to."""
    if cls.__bases__ != (object,) or hasattr(cls, "__post_init__") or "__slots__" not in vars(cls):
        raise TypeError(f"{cls.__name__} is not a plain value with slots")
    return type(f"_Open{cls.__name__}", (), {"__slots__": vars(cls)["__slots__"]})


if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(value, /, **changes):
        """The value with some fields changed; as `dataclasses.replace`, for values with slots."""
        change = _CHANGES.get(value.__class__) or _changing(value.__class__)
        return change(value, changes)


def _changing(cls: type) -> Change:
    """Writes and compiles how values of one class are changed."""
    known = [one.name for one in fields(cls)]
    names: dict[str, object] = {"_Open": _open(cls), "_frozen": cls, "_new": object.__new__}
    lines = ["def change(value, changes):", "    made = _new(_Open)"]
    lines += [f"    made.{name} = value.{name}" for name in known]
    lines += [
        "    for name, given in changes.items():",
        "        setattr(made, name, given)",
        "    made.__class__ = _frozen",
        "    return made",
    ]
    exec(compiled("\n".join(lines), "<frozen>"), names)
    change: Change = names["change"]  # type: ignore[assignment]
    _CHANGES[cls] = change
    return change
