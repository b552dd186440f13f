"""Templates: what they can say, and that nothing else can be reached through them."""

import time
from datetime import date

import pytest

from connector.core.problems import Problem
from connector.core.rules.ruleset import Template
from connector.core.templates import find_template, render, template_problems

WORDS = {
    "lead": {"first_name": "Zoë", "company": "A & B <Ltd>", "phone": None},
    "items": ("one", "two"),
    "due": date(2026, 3, 2),
}


def template(body, subject="", name="thanks", language="en"):
    return Template(name=name, language=language, subject=subject, body=body)


def test_places_conditions_loops_and_filters():
    body = (
        "Hi {{ lead.first_name }}{% if lead.phone %}, we call{% endif %}: {{ items | join(', ') }}"
    )
    done = render(template(body + "{{ lead.phone }} {{ due | date('%d/%m/%Y') }}"), WORDS)
    assert done.text == "Hi Zoë: one, two 02/03/2026"


def test_the_subject_is_one_line():
    assert (
        render(template("", "For {{ lead.company }}\nBcc: x"), WORDS).subject
        == "For A & B <Ltd> Bcc: x"
    )


def test_html_escapes_what_a_lead_wrote():
    done = render(template("<p>{{ lead.company }}</p>"), WORDS)
    assert done.html == "<p>A &amp; B &lt;Ltd&gt;</p>"
    assert done.text == "<p>A & B <Ltd></p>"


ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ lead.__class__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ ''.join(['a']) }}",
    "{{ '{:>999999999}'.format('x') }}",
    "{{ lead.pop('company') }}",
    "{{ 'a' * 999999999 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%999999999d' % 1 }}",
    "{% for i in range(10) %}{% endfor %}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ 'x' | center(999999999) }}",
    "{{ items | map('upper') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% macro f() %}x{% endmacro %}{{ f() }}",
    "{{ lead.first_name | attr('__class__') }}",
    "{{ lead.unknown }}",
    "{{ nothing }}",
    "{% if %}",
    # what is not a call, and shows or switches off what is not the template's
    "{{ ''.format }}",
    "{{ lead.get }}",
    "{{ ''['for' ~ 'mat'] }}",
    "{{ items | join(',', '__class__') }}",
    "{% for i in items %}{{ loop.cycle }}{% endfor %}",
    "{% for i in items recursive %}{{ loop(items) }}{% endfor %}",
    "{% autoescape false %}{{ lead.company }}{% endautoescape %}",
    "{% filter upper %}a{% endfilter %}",
    # what grows, nests or never ends
    "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% with a = 'x' %}{{ a }}{% endwith %}",
    "{% for a in items %}{% for b in items %}{% endfor %}{% endfor %}",
    "{{ 'x'" + f" | replace('x', '{'x' * 900}')" * 9 + " }}",
    "{{ 'xx'" + f" | join('{'x' * 900}')" * 9 + " }}",
    "{% for i in '" + "x" * 2_000 + "' %}" + "y" * 1_000 + "{% endfor %}",
    "x" * 100_001,
    "{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}",
    "{% if 1 %}" * 60 + "{% for i in items %}" + "{% if 1 %}" * 60 + "{% endif %}" * 60
    + "{% endfor %}" + "{% endif %}" * 60,
    "{{ " + "9" * 5_000 + " }}",
    "{{ 'a b' | truncate(1) }}",
    "{{ '\\ud800' }}",
)  # fmt: skip


@pytest.mark.parametrize("body", ESCAPES)
def test_nothing_else_can_be_reached(body):
    started = time.perf_counter()
    problem = render(template(body), WORDS)
    assert isinstance(problem, Problem)
    assert problem.code == "template-does-not-render"
    assert "Zoë" not in str(problem)
    assert time.perf_counter() - started < 2


def test_check_names_the_words_nobody_provides_and_the_line_of_a_fault():
    known = frozenset({"lead"})
    assert template_problems(template("{{ lead.x }}"), known) == ()
    [deep] = template_problems(template("{{ " + "-" * 5_000 + "1 }}"), known)
    assert deep.what == "it nests too deeply"
    assert "nobody provides: leed" in str(template_problems(template("{{ leed.x }}"), known)[0])
    [problem] = template_problems(template("fine\n{% if %}"), known)
    assert str(problem.where) == "templates/thanks.en:2:0"
    assert template_problems(template("{{ lead | center }}"), known)


def test_a_missing_language_falls_back_to_english():
    texts = {"thanks.en": template("hi"), "thanks.fr": template("bonjour", language="fr")}
    assert find_template(texts, "thanks", "fr").body == "bonjour"
    assert find_template(texts, "thanks", "de").body == "hi"
    assert find_template(texts, "launch", "en") is None
