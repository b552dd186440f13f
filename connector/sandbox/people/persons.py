"""Made-up companies and persons: who they are, and what they truly want."""

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate

from connector.sandbox.people.names import Culture, cultures, lists, slug

_LATIN_HABIT = 0.5  #: share of people with another script who fill forms in Latin letters
_FREE_MAIL = ("webmail.example.net", "postbox.example.org", "freemail.example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A made-up company. `revenue` is a year's, in US dollars."""

    name: str
    domain: str
    culture: Culture
    city: str
    industry: str
    employees: int
    revenue: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A made-up person at a company.

    `fit` and `intent` (0 to 1) are the truth that no system sees: how well the product suits, and
    how much the person wants it. `kind` is buyer, student, competitor, job_seeker or junk.
    """

    first: str
    last: str
    email: str
    phone: str
    company: Company
    culture: Culture
    title: str
    function: str
    rank: str
    kind: str
    fit: float
    intent: float
    language: str


class Population:
    """Draws companies and persons; the same seed draws the same people."""

    def __init__(self, rng: random.Random, companies: int) -> None:
        self._rng = rng
        self._cultures = cultures()
        self._weights = list(accumulate(one.weight for one in self._cultures))
        self._addresses: set[str] = set()
        self._domains: set[str] = set()
        self.companies = [self._company() for _ in range(max(1, companies))]
        self._rival = replace(self.companies[0], name="Rivalsoft", domain="rivalsoft.example")

    def person(self) -> Person:
        """One more person, with an address that nobody else has."""
        rng = self._rng
        company = rng.choice(self.companies)
        culture = company.culture if rng.random() < 0.85 else self._culture()
        first, last = rng.choice(culture.first), rng.choice(culture.last)
        place = 1 if first[0] != first[1] and rng.random() < _LATIN_HABIT else 0
        kind = rng.choices(
            ("buyer", "student", "competitor", "job_seeker", "junk"), weights=(86, 5, 2, 4, 3)
        )[0]
        rank, title, function = self._job(kind)
        if kind == "competitor":
            company = self._rival
        free = kind in ("student", "job_seeker", "junk") or rng.random() < 0.08
        domain = rng.choice(_FREE_MAIL) if free else company.domain
        return Person(
            first=first[place],
            last=last[place],
            email=self._address(first[1], last[1], domain),
            phone=culture.telephone(rng) if rng.random() < 0.9 else "",
            company=company,
            culture=culture,
            title=title,
            function=function,
            rank=rank,
            kind=kind,
            fit=_fit(company, rank, kind, rng),
            intent=rng.betavariate(2, 2.6) if kind == "buyer" else rng.betavariate(1, 8),
            language=culture.language,
        )

    def _culture(self) -> Culture:
        return self._rng.choices(self._cultures, cum_weights=self._weights)[0]

    def _company(self) -> Company:
        rng = self._rng
        words = lists()
        culture = self._culture()
        stem, trade = rng.choice(words["stems"]), rng.choice(words["trades"])
        domain = slug(f"{stem} {trade}")
        number = 2
        while domain in self._domains:
            domain = slug(f"{stem} {trade} {number}")
            number += 1
        self._domains.add(domain)
        employees = max(1, min(60_000, round(rng.lognormvariate(4.6, 1.6))))
        revenue = Decimal(round(employees * rng.lognormvariate(11.9, 0.5), -3))
        return Company(
            name=f"{stem} {trade} {rng.choice(culture.company_suffixes)}",
            domain=f"{domain}.example",
            culture=culture,
            city=rng.choice(culture.cities),
            industry=rng.choice(words["industries"]),
            employees=employees,
            revenue=revenue,
        )

    def _job(self, kind: str) -> tuple[str, str, str]:
        words = lists()
        function = self._rng.choice(words["functions"])
        if kind in ("student", "job_seeker"):
            return "other", "Student" if kind == "student" else "Intern", function
        rank = self._rng.choices(("top", "head", "middle", "other"), weights=(8, 22, 40, 30))[0]
        title = self._rng.choice(words[f"titles_{rank}"])
        return rank, title.format(f=function), function

    def _address(self, first: str, last: str, domain: str) -> str:
        rng = self._rng
        given, family = slug(first).replace("-", ""), slug(last).replace("-", "")
        pattern = rng.choice(("{g}.{f}", "{g[0]}{f}", "{g}", "{f}.{g}", "{g}_{f}"))
        local = pattern.format(g=given, f=family)
        address, number = f"{local}@{domain}", 2
        while address in self._addresses:
            address = f"{local}{number}@{domain}"
            number += 1
        self._addresses.add(address)
        return address


def _fit(company: Company, rank: str, kind: str, rng: random.Random) -> float:
    """Larger companies and higher ranks suit better; those who buy nothing suit hardly at all."""
    if kind != "buyer":
        return 0.05
    size = 0.2 if company.employees < 20 else 0.5 if company.employees < 200 else 0.8
    standing = {"top": 0.2, "head": 0.2, "middle": 0.1, "other": -0.1}[rank]
    return min(1.0, max(0.0, size + standing + rng.gauss(0, 0.1)))
