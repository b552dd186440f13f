"""Texts that admins write, rendered in a sandbox from which nothing of the process can be reached.

A template may name places, ask `if`, go through a list with `for` and use the filters below. It
cannot call anything, keep a value under a name, or let a text grow without bound.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, wraps
from math import prod
from typing import Any

from jinja2 import StrictUndefined, TemplateError, meta, nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from connector.core.problems import Place, Problem
from connector.core.rules.ruleset import Template

FILTERS = (
    "capitalize", "default", "escape", "first", "join", "last", "length", "lower", "replace",
    "round", "title", "trim", "truncate", "upper",
)  # fmt: skip

#: What a template is made of. A name that could be set could double its text with every line, and
#: loops in loops go on for ever over a long one; all else here takes time in line with its length.
PARTS = (
    *(nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.List),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Tuple, nodes.Filter, nodes.Keyword),
    *(nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Test),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Concat),
)
MOST_SOURCE = 100_000  #: characters of a template
MOST_MADE = 1_000_000  #: characters of a text; no field of either system holds as many

#: What the parser, the compiler and the filters raise; the last four for what nests too deeply, a
#: number of thousands of digits, half of a character, and odd words of a filter.
FAULTS = (
    *(TemplateError, TypeError, ArithmeticError, LookupError),
    *(RecursionError, SyntaxError, ValueError, AssertionError),
)

Words = Mapping[str, object]  #: what a template may name


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A finished text; `html` is the same body with every value escaped."""

    subject: str
    text: str
    html: str = ""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Places, conditions, loops and harmless filters; no calls, and nothing that can be called."""

    def is_safe_callable(self, obj: object) -> bool:
        return False

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        return super().is_safe_attribute(obj, attr, value) and not callable(value)

    def wrap_str_format(self, value: object) -> None:
        """`str.format` is an attribute like others: refused."""


@lru_cache(maxsize=2)
def _environment(html: bool) -> _Sandbox:
    sandbox = _Sandbox(
        autoescape=html,
        undefined=StrictUndefined,
        finalize=_shown,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sandbox.globals.clear()
    allowed: dict[str, Callable[..., Any]] = {name: sandbox.filters[name] for name in FILTERS}
    sandbox.filters.clear()
    sandbox.filters.update(allowed)
    sandbox.filters |= {"date": _dated} | {n: _bounded(allowed[n]) for n in ("join", "replace")}
    return sandbox


def _bounded(fill: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose text can be as long as what it is given, multiplied."""

    @wraps(fill)
    def filled(*given: Any, **named: Any) -> Any:
        if prod(max(1, _size(one)) for one in (*given, *named.values())) > 10 * MOST_MADE:
            raise SecurityError("a text grows too long")
        return fill(*given, **named)

    return filled


def _size(value: object) -> int:
    if isinstance(value, list | tuple):
        return sum(1 + _size(one) for one in value)
    return len(value) if isinstance(value, str | Mapping) else 1


def _shown(value: object) -> object:
    return "" if value is None else value


def _dated(value: object, pattern: str = "%Y-%m-%d") -> str:
    """A date or moment by a strftime pattern; anything else is shown as it is."""
    return value.strftime(pattern) if isinstance(value, (date, datetime)) else str(_shown(value))


def render(template: Template, words: Words) -> Rendered | Problem:
    """Fills a template; a Problem where it names something unknown or does what it may not."""
    try:
        return Rendered(
            subject=" ".join(_filled(template.subject, words, html=False).split()),
            text=_filled(template.body, words, html=False),
            html=_filled(template.body, words, html=True),
        )
    except FAULTS as error:
        return _problem(template, error)


@lru_cache(maxsize=256)
def _compiled(source: str, html: bool) -> Any:
    return _environment(html).from_string(_parsed(source))


def _parsed(source: str) -> nodes.Template:
    """Raises TemplateError where something else stands there than a template is made of."""
    if len(source) > MOST_SOURCE:
        raise SecurityError(f"the template has more than {MOST_SOURCE:,} characters")
    tree = _environment(html=False).parse(source)
    left: list[tuple[nodes.Node, bool]] = [(part, False) for part in tree.body]
    while left:
        part, looping = left.pop()
        if type(part) not in PARTS or (looping and isinstance(part, nodes.For)):
            what = "a loop in a loop" if type(part) in PARTS else f"'{type(part).__name__}'"
            raise TemplateSyntaxError(f"{what} is not available in a template", part.lineno)
        inside = looping or isinstance(part, nodes.For)
        left += [(child, inside) for child in part.iter_child_nodes()]
    return tree


def _filled(source: str, words: Words, *, html: bool) -> str:
    made: list[str] = []
    length = 0
    for piece in _compiled(source, html).generate(dict(words)):
        length += len(piece)
        if length > MOST_MADE:
            raise SecurityError("a text grows too long")
        made.append(piece)
    text = "".join(made)
    text.encode()
    return text


def template_problems(template: Template, known: frozenset[str]) -> tuple[Problem, ...]:
    """What `check` says of a template: its syntax, its filters, and the words nobody provides."""
    try:
        for source in (template.subject, template.body):
            _compiled(source, False)
            unknown = meta.find_undeclared_variables(_parsed(source)) - known
            if unknown:
                names = ", ".join(sorted(unknown))
                return (_problem(template, TemplateError(f"nobody provides: {names}")),)
    except FAULTS as error:
        return (_problem(template, error),)
    return ()


def _problem(template: Template, error: Exception) -> Problem:
    """The error's own words come from the template, never from a lead's values."""
    said = str(error) if isinstance(error, TemplateError) else type(error).__name__
    if isinstance(error, RecursionError | SyntaxError):
        said = "it nests too deeply"
    line = getattr(error, "lineno", 0) or 0 if isinstance(error, TemplateError) else 0
    return Problem(
        code="template-does-not-render",
        where=Place(file=f"templates/{template.name}.{template.language}", line=line),
        what=said,
        remedy="Use the words and filters listed in the guide to templates.",
    )


def find_template(templates: Mapping[str, Template], name: str, language: str) -> Template | None:
    """A template in the wanted language, else in English."""
    return templates.get(f"{name}.{language}") or templates.get(f"{name}.en")
