"""Did you mean: the nearest known word, and lists of words that stay readable."""

from collections.abc import Iterable

MOST_LISTED = 12


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that the given one was probably meant to be, or None."""
    from rapidfuzz.distance import DamerauLevenshtein  # only where a word is wrong: 3 MB
    from rapidfuzz.fuzz import ratio

    wanted = word.casefold()
    best, best_score = None, 0.0
    for candidate in known:
        folded = candidate.casefold()
        if folded == wanted:
            return candidate
        slips = DamerauLevenshtein.distance(wanted, folded)
        close = slips <= max(1, min(len(wanted), len(folded)) // 4)
        close = close or (slips == 2 and len(wanted) >= 5 and wanted[0] == folded[0])
        inside = len(wanted) >= 3 and (wanted in folded or folded in wanted) and len(folded) >= 3
        score = ratio(wanted, folded) + (50 if close else 0)
        if (close or inside or score >= 75) and score > best_score:
            best, best_score = candidate, score
    return best


def listed(words: Iterable[str]) -> str:
    """`a, b and c`, or the first dozen and how many more."""
    names = list(words)
    if len(names) > MOST_LISTED:
        return f"{', '.join(names[:MOST_LISTED])} and {len(names) - MOST_LISTED} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def remedy(word: str, known: Iterable[str], where: str) -> str:
    """`Did you mean 'x'?` where one is near, else the words there are; then where they live."""
    words = list(known)
    guess = nearest(word, words)
    if guess is not None:
        return f"Did you mean '{guess}'? {where}"
    if not words:
        return where
    return f"There is: {listed(words)}. {where}"
