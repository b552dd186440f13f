"""Is this the same company? Names without their legal form, compared by likeness; web domains."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract

_LEGAL_FORMS = """
    ab aktiengesellschaft ag aps as asa bv bvba cia co company corp corporation cv doo dba eirl ek
    eurl ev fze fzco gesellschaft gie gmbh group groupe gruppe holding holdings inc incorporated kft
    kg kgaa kk lda limitada limited llc llp lp ltd ltda mbh nv ohg oy oyj plc pte pty pvt private
    public sa sab sagl sapi sarl sas sasu sca scop scp se selarl sl slu snc sp spa spol srl sro ug
    zoo gbr sicav societe anonyme
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
JOINING_WORDS = frozenset({"and", "et", "och", "og", "und", "y"})  #: all of them mean `&`

_FREE_MAIL = """
    163.com 126.com aol.com aol.fr arcor.de bbox.fr bigpond.com bluewin.ch bol.com.br btinternet.com
    comcast.net duck.com email.com fastmail.com fastmail.fm free.fr freenet.de gmail.com gmx.at
    gmx.ch gmx.com gmx.de gmx.fr gmx.net googlemail.com hey.com hotmail.be hotmail.ca hotmail.co.uk
    hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it icloud.com inbox.com laposte.net
    libero.it live.ca live.co.uk live.com live.fr live.nl mac.com mail.com mail.ru me.com msn.com
    naver.com neuf.fr numericable.fr orange.fr outlook.com outlook.de outlook.es outlook.fr
    outlook.it pm.me proton.me protonmail.ch protonmail.com qq.com rediffmail.com rocketmail.com
    rogers.com sbcglobal.net sfr.fr skynet.be sky.com t-online.de tuta.io tutanota.com uol.com.br
    verizon.net virgilio.it virginmedia.com wanadoo.fr web.de yahoo.ca yahoo.co.in yahoo.co.jp
    yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru
    ymail.com zoho.com
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())  #: mail providers: such an address names no company

_ABBREVIATION = re.compile(r"\b(?:\w\.){2,}")
_POLISH_LIMITED = re.compile(r"\bsp(?:\.|olka)? ?z ?o\.? ?o\.?")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_NOT_A_WORD = re.compile(r"[^\w]+", re.UNICODE)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


@lru_cache(maxsize=4_096)
def company_key(name: str) -> str:
    """The distinguishing words of a company name: `L'Étoile S.A.S.` becomes `l etoile`.

    Legal forms go from both ends, never from within, and never the last word that is left.
    """
    text = _POLISH_LIMITED.sub(" ", _plain(name))
    text = _ABBREVIATION.sub(lambda match: match[0].replace(".", "") + " ", text)
    found = [word for word in _NOT_A_WORD.split(text.replace("a/s", "as")) if word]
    words = [word for word in found if word not in JOINING_WORDS] or found
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    while len(words) > 1 and (words[0] in LEGAL_FORMS or words[0] == "the"):
        words.pop(0)
    return " ".join(words)


def name_similarity(one: str, other: str) -> float:
    """0 (nothing in common) to 1 (the same words), legal forms and accents aside.

    By the edit distance of the names, words also compared in sorted order. Different numbers are
    different companies: `Studio 54` is not `Studio 55`.
    """
    first, second = company_key(one), company_key(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    if _numbers(first) != _numbers(second):
        return 0.0
    from rapidfuzz import fuzz

    return max(fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second)) / 100


def _numbers(key: str) -> list[str]:
    return sorted(re.findall(r"\d+", key))


@lru_cache(maxsize=1)
def _extractor() -> "TLDExtract":
    """The public suffix list that comes with the library: nothing is fetched, nothing is cached."""
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def web_domain(address: str | None) -> str | None:
    """The registrable domain of a web address, host or e-mail address: `blog.acme.co.uk/x` gives
    `acme.co.uk`. None where there is none, and for mail providers, which say nothing of a company.
    """
    text = (address or "").strip().casefold()
    if "@" in text and "://" not in text:
        text = text.rpartition("@")[2]  # people share a domain, not an address
    return _registrable(text)


@lru_cache(maxsize=4_096)
def _registrable(text: str) -> str | None:
    parts = _extractor()(text)
    if parts.domain and parts.suffix:
        domain = f"{parts.domain}.{parts.suffix}"
    elif parts.subdomain and parts.domain.isalpha():  # a top level that is on no public list
        domain = f"{parts.subdomain.rpartition('.')[2]}.{parts.domain}"
    else:
        return None
    return None if domain in FREE_MAIL else domain
