"""Text: spaces, case, names of people, HTML, web domains."""

# ruff: noqa: SIM905 - a list of words reads better as a line of text

import re
from html import unescape
from html.parser import HTMLParser

from connector.core.transforms.shape import Fault, Scene, Transform, Worked, on_text, plain

_PARTICLES = frozenset(
    "af al av ben bin d da dal de del della den der des di do dos du e el el- la le les ten ter "
    "und van vom von y zu zum zur à l".split()
)
_ROMAN = re.compile(r"[ivx]{2,4}", re.IGNORECASE)
_DECLARATION = re.compile(r"<![^<>]*>")
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z][^<>]*>)")  # never closed: it is text
_TAG = re.compile(r"<[a-zA-Z/!]")
_WORDS = re.compile(r"[^\W\d_]+", re.UNICODE)
_BLOCKS = frozenset(
    "address article br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre tr ul".split()
)
_SILENT = frozenset({"script", "style", "head", "title", "noscript", "template"})


def collapse(text: str) -> str:
    """One space between words, none at the ends; line breaks count as spaces."""
    return " ".join(text.split())


def name_case(text: str) -> str:
    """Capitals as people write names; words already in mixed case are left as they are."""
    if text.isalpha() and (text.islower() or text.isupper()) and text[:2] not in ("mc", "MC"):
        return text.capitalize()
    words = collapse(text).split(" ")
    only = len(words) == 1
    return " ".join([_name_word(word, only=only) for word in words])


def _name_word(word: str, *, only: bool) -> str:
    if word != word.lower() and word != word.upper():
        return word
    if word.casefold() in _PARTICLES and not only:
        return word.lower()
    if _ROMAN.fullmatch(word) and word == word.upper() and not only:
        return word
    return _WORDS.sub(lambda found: _name_part(found, word), word)


def _name_part(found: re.Match[str], word: str) -> str:
    part = found.group().lower()
    following = word[found.end() : found.end() + 1]
    if following in ("'", "’") and part in ("d", "l", "dell", "dall"):
        return part
    if found.start() and len(part) == 1 and word[found.start() - 1] in "'’":
        return part
    if part.startswith("mc") and len(part) > 3:
        return "Mc" + part[2:].capitalize()
    return part.capitalize()


class _Reader(HTMLParser):
    """Collects the text of a page; block elements end a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(" ".join(re.split(r"\s+", data)))


def _without_comments(text: str) -> str:
    """One that is never closed is text: the parser would look for its end from every `<` again."""
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        parts.append(text[at:start])
        at = end + 3
    return "".join((*parts, text[at:]))


def html_to_text(text: str) -> str:
    """Plain text of HTML: entities resolved, blocks on lines of their own, scripts left out.

    Text without a tag keeps its own lines.
    """
    if "<" not in text or not _TAG.search(text):
        return (unescape(text) if "&" in text else text).strip()
    reader = _Reader()
    reader.feed(_NO_TAG.sub("&lt;", _DECLARATION.sub("", _without_comments(text))))
    reader.close()
    lines = [collapse(line) for line in "".join(reader.parts).split("\n")]
    return "\n".join(line for line in lines if line)


def web_domain(text: str, scene: Scene) -> str | Fault:
    """The host of an address or of an e-mail, in small letters, without `www.`."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rsplit("@", 1)[-1]
    host = host.split(":", 1)[0].removeprefix("www.").rstrip(".")
    if "." not in host or not re.fullmatch(r"[\w-]+(\.[\w-]+)+", host):
        return Fault("invalid-domain", "this is not a web address")
    return host


TRANSFORMS = (
    Transform(
        name="trim",
        forward=plain(str.strip),
        quick=str.strip,
        doc="Takes away spaces and line breaks at both ends.",
        examples=(Worked(given="  Ada \n", gives="Ada"), Worked(given=None, gives=None)),
    ),
    Transform(
        name="collapse_spaces",
        forward=plain(collapse),
        quick=collapse,
        doc="One space between words, none at the ends.",
        examples=(Worked(given=" Ada   B.\tKing ", gives="Ada B. King"),),
    ),
    Transform(
        name="lower",
        forward=plain(str.lower),
        quick=str.lower,
        doc="Small letters.",
        examples=(Worked(given="ÉCOLE", gives="école"), Worked(given=("A", "b"), gives=("a", "b"))),
    ),
    Transform(
        name="upper",
        forward=plain(str.upper),
        quick=str.upper,
        doc="Capital letters.",
        examples=(Worked(given="sas", gives="SAS"),),
    ),
    Transform(
        name="name_case",
        forward=plain(name_case),
        quick=name_case,
        doc="Capitals of personal names, with particles; mixed case is left as it was typed.",
        examples=(
            Worked(given="jean-pierre DE LA fontaine", gives="Jean-Pierre de la Fontaine"),
            Worked(given="vincent van gogh", gives="Vincent van Gogh"),
            Worked(given="SIOBHAN O'NEIL", gives="Siobhan O'Neil"),
            Worked(given="mcdonald", gives="McDonald"),
            Worked(given="charles d'artagnan", gives="Charles d'Artagnan"),
            Worked(given="DeShawn", gives="DeShawn"),
            Worked(given="henry ford II", gives="Henry Ford II"),
            Worked(given="le", gives="Le"),
        ),
    ),
    Transform(
        name="html_to_text",
        forward=plain(html_to_text),
        quick=html_to_text,
        doc="Plain text of HTML; scripts and styles are left out, blocks end a line.",
        examples=(
            Worked(given="<p>Hello&nbsp;<b>Ada</b></p><p>Bye</p>", gives="Hello Ada\nBye"),
            Worked(given="<script>x()</script>R&amp;D", gives="R&D"),
            Worked(given="1 < 2 &amp; 3\nand so on ", gives="1 < 2 & 3\nand so on"),
        ),
    ),
    Transform(
        name="domain",
        forward=on_text(web_domain),
        doc="The domain of a web address or an e-mail address.",
        examples=(
            Worked(given="https://www.Example.com/about?x=1", gives="example.com"),
            Worked(given="ada@mail.example.com", gives="mail.example.com"),
            Worked(given="n/a", gives=None, fault="invalid-domain"),
        ),
    ),
)
