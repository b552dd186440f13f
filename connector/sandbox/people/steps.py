"""What a visitor does next, and how much warmer it makes them."""

import random
from collections.abc import Mapping

from connector.sandbox.people.persons import Person

WARMTH: Mapping[str, float] = {
    "visit": 0.08,
    "form": 0.25,
    "mail": 0.04,
    "tell": 0.3,
    "write": 0.2,
    "meet": 0.35,
    "opt_out": -0.5,
}


def first_step(rng: random.Random) -> str:
    """People become known through a form, mostly; some only after a visit or a call."""
    return rng.choices(("form", "visit", "write"), weights=(70, 20, 10))[0]


def next_step(person: Person, warmth: float, *, mailable: bool, rng: random.Random) -> str:
    """The next deed: cold people read and drift off, warm ones tell, write and meet."""
    weights = {
        "visit": 40.0,
        "mail": 30.0 if mailable else 0.0,
        "form": 9.0 + 24.0 * warmth,
        "tell": 6.0 + 60.0 * warmth,
        "write": 1.0 + 10.0 * warmth,
        "meet": 16.0 * max(0.0, warmth - 0.25),
        "opt_out": 1.2 * (1.2 - person.intent) if mailable else 0.0,
    }
    return rng.choices(tuple(weights), weights=tuple(weights.values()))[0]
