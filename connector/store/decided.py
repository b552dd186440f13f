"""What a decision knew besides the values, as JSON: the lead's state, and who could receive it."""

from dataclasses import fields
from typing import Any

from connector.core.owners import Candidate, Known
from connector.core.plan import Json
from connector.core.records import LeadState
from connector.core.surroundings import Surroundings
from connector.store import codec

#: Links and hashes decide nothing; what both sides agreed on is no input of a decision.
_STATE = (
    *("stage", "cycle", "cycle_started_at", "passed_at", "owner", "refused_by"),
    *("cool_down_until", "disposition", "reason"),
)
_CANDIDATE = tuple(one.name for one in fields(Candidate))


def dump_state(state: LeadState) -> str:
    """JSON text of the parts of a state that decisions depend on; blank ones are left out."""
    return codec.dump({name: value for name in _STATE if (value := getattr(state, name))})


def load_state(lead_id: str, text: str) -> LeadState:
    kept: dict[str, Any] = codec.load(text)
    kept["refused_by"] = tuple(kept.get("refused_by", ()))
    return LeadState(lead_id=lead_id, **{"stage": "", **kept})


def dump_surroundings(given: Surroundings) -> str:
    claims: Any = [[getattr(one, name) for name in _CANDIDATE] for one in given.candidates]
    return codec.dump(
        {
            "candidates": claims,
            "owners": dict(given.owners),
            "open_leads": dict(given.open_leads),
            "today": dict(given.today),
            "unavailable": list[Json](sorted(given.unavailable)),
            "on_hold": list[Json](sorted(given.on_hold)),
        }
    )


def load_surroundings(text: str) -> Surroundings:
    kept: dict[str, Any] = codec.load(text)
    claims = [dict(zip(_CANDIDATE, one, strict=True)) for one in kept["candidates"]]
    return Surroundings(
        candidates=tuple(Candidate(**{**one, "known": Known(one["known"])}) for one in claims),
        owners=kept["owners"],
        open_leads=kept["open_leads"],
        today=kept["today"],
        unavailable=frozenset(kept["unavailable"]),
        on_hold=frozenset(kept["on_hold"]),
    )
