"""Texts that admins write, rendered in a sandbox from which nothing of the process can be reached.

A template may name places, ask `if`, go through a list with `for` and use the filters below. It
cannot call anything, and multiplication is refused, so that no text can grow without bound.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, ClassVar

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from connector.core.problems import Place, Problem
from connector.core.rules.ruleset import Template

FILTERS = (
    "capitalize", "default", "escape", "first", "join", "last", "length", "lower", "replace",
    "round", "title", "trim", "truncate", "upper",
)  # fmt: skip

Words = Mapping[str, object]  #: what a template may name


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A finished text; `html` is the same body with every value escaped."""

    subject: str
    text: str
    html: str = ""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Places, conditions, loops and harmless filters; no calls."""

    intercepted_binops: ClassVar[frozenset[str]] = frozenset({"*", "**", "%"})  # type: ignore[misc]

    def is_safe_callable(self, obj: object) -> bool:
        return False

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"'{operator}' is not available in a template")


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
    sandbox.filters["date"] = _dated
    return sandbox


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
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        return _problem(template, error)


@lru_cache(maxsize=256)
def _compiled(source: str, html: bool) -> Any:
    return _environment(html).from_string(source)


def _filled(source: str, words: Words, *, html: bool) -> str:
    text: str = _compiled(source, html).render(dict(words))
    return text


def template_problems(template: Template, known: frozenset[str]) -> tuple[Problem, ...]:
    """What `check` says of a template: its syntax, its filters, and the words nobody provides."""
    try:
        for source in (template.subject, template.body):
            _compiled(source, False)
            unknown = meta.find_undeclared_variables(_environment(False).parse(source)) - known
            if unknown:
                names = ", ".join(sorted(unknown))
                return (_problem(template, TemplateError(f"nobody provides: {names}")),)
    except TemplateError as error:
        return (_problem(template, error),)
    return ()


def _problem(template: Template, error: Exception) -> Problem:
    """The error's own words come from the template, never from a lead's values."""
    said = str(error) if isinstance(error, TemplateError) else type(error).__name__
    return Problem(
        code="template-does-not-render",
        where=Place(
            file=f"templates/{template.name}.{template.language}",
            line=getattr(error, "lineno", 0) or 0,
        ),
        what=said,
        remedy="Use the words and filters listed in the guide to templates.",
    )


def find_template(templates: Mapping[str, Template], name: str, language: str) -> Template | None:
    """A template in the wanted language, else in English."""
    return templates.get(f"{name}.{language}") or templates.get(f"{name}.en")
