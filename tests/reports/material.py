"""A quarter of a small company, drawn by chance, for the reports' tests."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector.core.alarms import watch
from connector.core.decisions import Decision
from connector.core.goals import reached
from connector.core.journeys import Deal, DealState, Journey
from connector.core.rules.ruleset import Ruleset
from connector.mapfiles import load
from connector.ports import StockLine
from connector.reports.document import Period
from connector.reports.packs import Material, Note

NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def rules() -> Ruleset:
    ruleset = load(ROOT / "mappings").ruleset
    assert ruleset is not None
    return ruleset


def journeys(count: int = 700) -> list[Journey]:
    """Leads of nine months; in the last three, only those who searched are accepted."""
    dice = random.Random(5)
    found = []
    for number in range(count):
        at = NOW - timedelta(hours=dice.randrange(24 * 270))
        source = dice.choice(["organic_search", "offline", "paid_social"])
        late = at > NOW - timedelta(days=100)
        passed = at + timedelta(days=1) if dice.random() < 0.6 else None
        accepted = passed and dice.random() < (0.1 if late and source != "organic_search" else 0.8)
        won = accepted and dice.random() < 0.3
        back = passed and not accepted and dice.random() < 0.8
        closed = at + timedelta(days=40)
        deal = Deal(
            opportunity=f"006{number}",
            state=DealState.WON if won and closed < NOW else DealState.OPEN,
            amount=str(dice.randrange(1, 90) * 100),
            currency=dice.choice(["EUR", "USD"]),
            closed_at=closed if won and closed < NOW else None,
        )
        found.append(
            Journey(
                lead_id=f"hs-{number:04d}",
                cycle=1,
                source=source,
                campaign=dice.choice(["", "autumn_fair", "<b>bold & brash</b>"]),
                segment=dice.choice(["enterprise", "mid_market"]),
                product="",
                owner=dice.choice(["lena", "marco"]) if passed else "",
                ruleset="abcdefabcdef",
                captured_at=at,
                marketing_qualified_at=passed,
                passed_at=passed,
                delivered_at=passed,
                answered_at=passed + timedelta(hours=dice.randrange(1, 40)) if passed else None,
                accepted_at=passed + timedelta(days=2) if passed and accepted else None,
                opportunity_at=passed + timedelta(days=9) if passed and won else None,
                won_at=deal.closed_at,
                rejected_at=passed + timedelta(days=3) if passed and back else None,
                recycled_at=passed + timedelta(days=4) if passed and back else None,
                answer="accepted" if accepted else "rejected" if back else "",
                disposition="recycle" if back else "",
                reason=dice.choice(["no_budget", "bad_timing", "competitor"]) if back else "",
                programme=dice.choice(["keep-warm", "business-case", ""]) if back else "",
                deals=(deal,) if won else (),
            )
        )
    return found


def material(language: str = "en") -> Material:
    ruleset, given = rules(), journeys()
    return Material(
        journeys=given,
        ruleset=ruleset,
        period=Period(since=NOW - timedelta(days=91), until=NOW + timedelta(seconds=1)),
        now=NOW,
        language=language,
        stock=tuple(
            StockLine(
                stage=stage,
                segment="enterprise",
                product="",
                age=age,
                is_passed=False,
                count=7 * age + 3,
            )
            for stage in ruleset.vocabulary.stages
            for age in range(6)
        ),
        reached=reached(given, ruleset.targets, lambda j, name: getattr(j, name, ""), now=NOW),
        alarms=watch(given, now=NOW, since=NOW - timedelta(days=400), alpha=0.01),
        decisions=(
            Decision(
                what="Visitors of fairs need a budget before they are passed",
                decided_at=NOW - timedelta(days=60),
                review_at=NOW - timedelta(days=1),
            ),
        ),
        promises=(41, 9),
        notes=tuple(
            Note(at=j.rejected_at, journey=j, text="They build it themselves; try again in spring.")
            for j in given
            if j.rejected_at and j.reason == "competitor"
        )[:7],
    )
