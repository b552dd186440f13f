"""The checklist both heads sign: what a process must have, ticked by what stands in the files."""

from datetime import datetime

from connector.core.checklist import Chapter, Matter, checklist
from connector.core.rules.ruleset import Ruleset
from connector.reports import checklist_words
from connector.reports.contract import to_sign
from connector.reports.document import Document, Section, Table, Text
from connector.reports.words import Words

DONE, OPEN = "☑", "☐"


def checklist_document(ruleset: Ruleset, *, now: datetime, language: str = "en") -> Document:
    """Every matter with its tick, what shows it or what it lacks, and the block to sign."""
    words = checklist_words.FR if language == "fr" else checklist_words.EN
    chapters = checklist(ruleset, now.date(), language)
    matters = [matter for chapter in chapters for matter in chapter.matters]
    done = sum(matter.done for matter in matters)
    count, left = len(matters), len(matters) - done
    told = words["sum" if left else "all"].format(done=done, count=count, left=left)
    return Document(
        name="checklist",
        title=words["title"],
        subtitle=f"{ruleset.vocabulary.company} · {told}",
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        sections=(
            *(_section(chapter, words, language) for chapter in chapters),
            Section(
                heading=words["agreed"],
                blocks=(Text(text=words["agree"]), *to_sign(ruleset, language)),
                name="agreed",
            ),
        ),
    )


def _section(chapter: Chapter, words: Words, language: str) -> Section:
    said = checklist_words.MATTERS["fr" if language == "fr" else "en"]
    table = Table(
        columns=("", words["matter"], words["stands"], words["file"]),
        rows=tuple(
            (
                DONE if matter.done else OPEN,
                said[matter.name][0],
                _stands(matter, said[matter.name][1], words),
                matter.file,
            )
            for matter in chapter.matters
        ),
    )
    return Section(heading=words[chapter.name], blocks=(table,), name=chapter.name)


def _stands(matter: Matter, shown: str, words: Words) -> str:
    if matter.lacking:
        names = ", ".join(words.get(name, name) for name in matter.lacking)
        return words["lacking"].format(names=names)
    return shown.format(**matter.shown) if matter.done else words["nothing"]
