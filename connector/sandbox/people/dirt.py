"""How data really look: typing mistakes, shouting, stray blanks, second addresses."""

import random

_NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "o": "p", "n": "m", "t": "r", "s": "d", "l": "k"}


def typo(text: str, rng: random.Random) -> str:
    """One slip of the fingers: two letters swapped, one doubled, one lost, or the key beside."""
    if len(text) < 3:
        return text
    place = rng.randrange(1, len(text) - 1)
    slip = rng.randrange(4)
    if slip == 0:
        return text[: place - 1] + text[place] + text[place - 1] + text[place + 1 :]
    if slip == 1:
        return text[:place] + text[place] + text[place:]
    if slip == 2:
        return text[:place] + text[place + 1 :]
    return text[:place] + _NEIGHBOURS.get(text[place], text[place]) + text[place + 1 :]


def written(text: str, rng: random.Random) -> str:
    """A value as people type it: mostly right, sometimes shouting, whispering or with blanks."""
    habit = rng.random()
    if habit < 0.03:
        return text.upper()
    if habit < 0.08:
        return text.lower()
    if habit < 0.11:
        return f"{text} "
    if habit < 0.13:
        return typo(text, rng)
    return text


def telephone(text: str, rng: random.Random) -> str:
    """A number as people type it: with a plus, with two zeros, with dots, or with a word."""
    habit = rng.random()
    if habit < 0.15:
        return text.replace("+", "00", 1)
    if habit < 0.3:
        return text.replace(" ", ".")
    if habit < 0.35:
        return f"{text} ext. {rng.randrange(10, 99)}"
    return text


def second_address(email: str, rng: random.Random) -> str:
    """Another address of the same person: a private one, or one with a slip in it."""
    local, _, domain = email.partition("@")
    if rng.random() < 0.6:
        return f"{local}.{rng.randrange(10, 99)}@webmail.example.net"
    slipped = typo(local, rng).strip("._-").replace("..", ".") or local
    return f"{slipped if slipped != local else local + local[-1]}@{domain}"
