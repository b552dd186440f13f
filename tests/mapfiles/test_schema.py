"""Schemas and reference pages are generated from the shapes, and stay equal to them."""

import re
from pathlib import Path

import jsonschema
import pytest

from connector.core.handoff import TEMPLATE_WORDS
from connector.core.rules.conditions import Operator
from connector.core.templates import FILTERS
from connector.mapfiles.reference import pages
from connector.mapfiles.regenerate import REFERENCE
from connector.mapfiles.schema import OPERATORS, SCHEMAS, file_schema, schema_text, schemas
from connector.mapfiles.shapes import FILES, GoldenFile, Shape
from connector.mapfiles.yaml_text import parse
from tests.mapfiles.sets import MINIMAL, broken_sets, lay

MAPPINGS = Path(__file__).parents[2] / "mappings"
AGAIN = "run: python -m connector.mapfiles.regenerate"
ALL: dict[str, type[Shape]] = {**FILES, "examples/golden.yaml": GoldenFile}


def _schema_of(name: str) -> dict[str, object]:
    return file_schema(ALL[name], name)


@pytest.mark.parametrize("name", schemas())
def test_stored_schemas_equal_the_shapes(name: str) -> None:
    stored = (SCHEMAS / name).read_text(encoding="utf-8")
    assert stored == schema_text(schemas()[name]), AGAIN


def test_no_other_schema_is_stored() -> None:
    assert {path.name for path in SCHEMAS.glob("*.json")} == set(schemas())


@pytest.mark.parametrize("name", pages())
def test_pages_equal_the_shapes(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], AGAIN


def test_links_of_the_pages_lead_somewhere() -> None:
    for path in REFERENCE.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        anchors = {
            "#" + title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", text, re.M)
        }
        for link in re.findall(r"\]\(([^)]+)\)", text):
            if link.startswith("#"):
                assert link in anchors, f"{path.name}: {link}"
            else:
                assert (REFERENCE / link).exists(), f"{path.name}: {link}"


def test_the_template_page_names_every_word_and_filter() -> None:
    text = (REFERENCE / "templates.md").read_text(encoding="utf-8")
    assert [word for word in TEMPLATE_WORDS if f"`{word}" not in text] == []
    assert [name for name in (*FILTERS, "date") if name not in text] == []


def test_every_operator_is_explained() -> None:
    assert set(OPERATORS) == set(Operator)


@pytest.mark.parametrize("model", ALL.values(), ids=ALL)
def test_every_key_has_a_description_and_an_example(model: type[Shape]) -> None:
    seen: list[type[Shape]] = [model]
    for shape in seen:
        for name, field in shape.model_fields.items():
            assert field.description, f"{shape.__name__}.{name}"
            assert field.examples, f"{shape.__name__}.{name}"
            assert field.description.endswith((".", "…")), f"{shape.__name__}.{name}"
        for one in vars(__import__(shape.__module__, fromlist=["x"])).values():
            if isinstance(one, type) and issubclass(one, Shape) and one not in seen:
                seen.append(one)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("folder", [MAPPINGS, MINIMAL], ids=["shipped", "minimal"])
def test_sound_files_pass_their_schema(name: str, folder: Path) -> None:
    parsed, problems = parse((folder / name).read_text(encoding="utf-8"), name)
    assert not problems
    assert parsed is not None
    schema = _schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(parsed.value, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "name", ["unknown-key", "missing-key", "wrong-word", "bad-duration", "unknown-operator"]
)
def test_an_editor_sees_faults_of_shape_too(name: str, tmp_path: Path) -> None:
    broken = next(one for one in broken_sets() if one.name == name)
    folder = lay(broken.edits, tmp_path)
    file = broken.edits[0]["file"]
    parsed, _ = parse((folder / file).read_text(encoding="utf-8"), file)
    assert parsed is not None
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(parsed.value, _schema_of(file), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", ALL)
def test_the_first_line_of_each_file_names_its_schema(name: str) -> None:
    path = MAPPINGS / name
    first = path.read_text(encoding="utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(.+)", first)
    assert found is not None
    assert (path.parent / found[1]).resolve() == (SCHEMAS / f"{path.stem}.json").resolve()
