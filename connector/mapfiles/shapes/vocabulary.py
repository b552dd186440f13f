"""The shape of vocabulary.yaml: the words both teams agreed on."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from connector.core.rules.vocabulary import DispositionMeaning, StageMeaning
from connector.mapfiles.shapes.common import (
    ConditionText,
    Duration,
    Labels,
    Name,
    Sentence,
    Shape,
    SignatureShape,
    Words,
)


class TermShape(Shape):
    """A word that both teams use, with the one meaning they wrote down."""

    noun: ClassVar[str] = "term"
    label: Labels = Field(
        default={}, description="The word as printed, by language.", examples=[{"fr": "lead mûr"}]
    )
    means: str = Field(
        min_length=1,
        description="The definition, in one or two sentences.",
        examples=["A person who left contact details and is worth a call."],
    )
    translations: Labels = Field(
        default={},
        description="The definition in other languages.",
        examples=[{"fr": "Une personne qui a laissé ses coordonnées."}],
    )
    true_when: ConditionText | None = Field(
        default=None,
        description="The definition as a condition. Other files may then ask for the term by name.",
        examples=[{"employees": {"at_least": 50}}],
    )
    examples: tuple[Sentence, ...] = Field(
        default=(),
        description="Cases that are meant; a text in English, or one for each language.",
        examples=[["Asked for a demo with a company address."]],
    )
    counter_examples: tuple[Sentence, ...] = Field(
        default=(),
        description="Cases that look similar and are not meant.",
        examples=[[{"en": "A student who downloaded a paper.", "fr": "Un étudiant."}]],
    )
    synonyms: dict[str, Words] = Field(
        default={},
        description="Other words for it, by team or system.",
        examples=[{"sales": ["hot lead"], "salesforce": ["Working"]}],
    )
    owner: str = Field(
        default="", description="Role that keeps the definition.", examples=["lead_manager"]
    )
    agreed_on: date | None = Field(
        default=None, description="Day on which both teams agreed.", examples=["2026-09-01"]
    )
    review_on: date | None = Field(
        default=None, description="Day by which it is looked at again.", examples=["2027-03-01"]
    )
    signatures: tuple[SignatureShape, ...] = Field(
        default=(),
        description="Who agreed: at least one for marketing and one for sales.",
        examples=[[{"by": "claire", "team": "marketing", "on": "2026-09-01"}]],
    )


class StageShape(Shape):
    """A step from captured to customer; its order is its place in the file."""

    noun: ClassVar[str] = "stage"
    meaning: StageMeaning = Field(
        description="What the stage is for, whatever you call it.", examples=["sales_qualified"]
    )
    label: Labels = Field(
        default={},
        description="The name as printed, by language.",
        examples=[{"en": "Sales qualified", "fr": "Qualifié par les ventes"}],
    )
    hubspot_lifecycle: str | None = Field(
        default=None,
        description="Value of `lifecyclestage` in HubSpot that says the same.",
        examples=["salesqualifiedlead"],
    )
    team: str = Field(
        default="",
        description="Who owns leads in this stage: marketing or sales.",
        examples=["sales"],
    )
    max_age: Duration | None = Field(
        default=None,
        description="How long a lead may stay before it is listed as stuck.",
        examples=["14d"],
    )


class DispositionShape(Shape):
    """A word with which sales answers."""

    noun: ClassVar[str] = "disposition"
    meaning: DispositionMeaning = Field(
        description="What follows from it, whatever you call it.", examples=["recycle"]
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "à recycler"}]
    )


class ReasonShape(Shape):
    """Why a lead came back."""

    noun: ClassVar[str] = "reason"
    crm_value: Name = Field(
        description="The picklist value that sales sees in Salesforce.", examples=["No budget"]
    )
    disposition: str | None = Field(
        default=None,
        description="Disposition this reason gives, where the lead status alone cannot tell.",
        examples=["unreachable"],
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Pas de budget"}]
    )


class VocabularyFile(Shape):
    """The agreed words: terms, stages, dispositions and reasons. All other files use these."""

    noun: ClassVar[str] = "vocabulary"
    company: Name = Field(description="Whose files these are.", examples=["Northlight Software"])
    languages: tuple[str, ...] = Field(
        min_length=1,
        description="Languages in which labels are given, the main one first.",
        examples=[["en", "fr"]],
    )
    version: str = Field(
        default="", description="Your own name for this edition.", examples=["autumn 2026"]
    )
    terms: dict[str, TermShape] = Field(
        description="The words and what they mean.", examples=[{"lead": {"means": "A person …"}}]
    )
    stages: dict[str, StageShape] = Field(
        min_length=1,
        description="The steps of the way, first to last.",
        examples=[{"mql": {"meaning": "marketing_qualified"}}],
    )
    dispositions: dict[str, DispositionShape] = Field(
        min_length=1,
        description="What sales may answer.",
        examples=[{"recycle": {"meaning": "recycle"}}],
    )
    reasons: dict[str, ReasonShape] = Field(
        min_length=1,
        description="Why a lead comes back.",
        examples=[{"no_budget": {"crm_value": "No budget"}}],
    )
