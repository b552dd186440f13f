"""The first load in parts of the id range, so that several workers can read side by side."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connector.core.frozen import replace
from connector.ports import Clock, Cursor, Ledger, MarketingSystem, Page, Window

STREAM = "hubspot.contacts"
PARTS = "hubspot.contacts.parts"  #: a cursor whose `after` names the parts
MOST_LOOKS = 60  #: counts that dividing may ask for

#: (how many contacts have an id in `(after, until]`, the highest of these ids)
Census = Callable[[str, str], tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Contacts with an id behind `after` and up to `until`; an empty `until` is open."""

    after: str
    until: str

    @property
    def name(self) -> str:
        return f"{self.after}-{self.until}"

    @property
    def stream(self) -> str:
        """Its own cursor."""
        return f"{STREAM}.{self.name}"


def part_named(name: str) -> Part:
    """The part of that name; raises ValueError for what is none."""
    after, _, until = name.partition("-")
    return Part(after=str(int(after)), until=str(int(until)) if until else "")


def divide(census: Census, *, least: int, most: int) -> tuple[Part, ...]:
    """At most `most` parts of about the same size, none much smaller than `least` contacts; empty
    where there is nothing to divide.

    Ids have gaps of any width, so that the range is halved by count, not by number.
    """
    total, highest = census("0", "")
    count = min(most, total // least)
    if count < 2:
        return ()
    aim = total / count
    pieces, looks = [(0, int(highest), total)], 1
    while looks < MOST_LOOKS:
        low, high, size = max(pieces, key=lambda piece: piece[2])
        if size <= 0.5 * aim or high - low < 2:
            break
        middle = (low + high) // 2
        left, last = census(str(low), str(middle))
        looks += 1
        at = pieces.index((low, high, size))
        # Where the lower half ends early, the gap behind it belongs to the upper half.
        edge = int(last) if left else middle
        pieces[at : at + 1] = [(low, edge, left), (edge, high, size - left)]
    return _joined(pieces, aim)


def _joined(pieces: list[tuple[int, int, int]], aim: float) -> tuple[Part, ...]:
    """Neighbours put together until each part has about `aim` contacts; the last one is open."""
    bounds, size = ["0"], 0
    for _, high, count in pieces[:-1]:
        size += count
        if size >= 0.8 * aim:
            bounds.append(str(high))
            size = 0
    return tuple(
        Part(after=after, until=until)
        for after, until in zip(bounds, [*bounds[1:], ""], strict=True)
    )


def begin(
    marketing: MarketingSystem, ledger: Ledger, clock: Clock, *, least: int, most: int
) -> None:
    """Divides a first load that has not begun; one that is under way stays as it is."""
    with ledger.transaction() as tx:
        begun = tx.cursor(STREAM)
        if begun.covered or begun.window or tx.cursor(PARTS).after:
            return
    parts = divide(marketing.census, least=least, most=most)
    if not parts:
        return
    now = min(clock.now(), marketing.now())  # before the first contact is read
    names = " ".join(part.name for part in parts)
    with ledger.transaction() as tx:
        for part in parts:
            tx.move_cursor(Cursor(stream=part.stream))
        tx.move_cursor(Cursor(stream=PARTS, window=Window(since=now, until=now), after=names))


def open_parts(ledger: Ledger) -> tuple[Window | None, tuple[Part, ...]]:
    """When a divided first load began, and its parts that are not read yet; None: not divided."""
    with ledger.transaction() as tx:
        kept = tx.cursor(PARTS)
        if tx.cursor(STREAM).covered or not kept.after:
            return None, ()
        parts = map(part_named, kept.after.split())
        return kept.window, tuple(p for p in parts if tx.cursor(p.stream).covered is None)


def pages_of(
    part: Part,
    ledger: Ledger,
    marketing: MarketingSystem,
    properties: tuple[str, ...],
    clock: Clock,
) -> Iterator[tuple[Page, Cursor]]:
    """The part's pages, from where it was left, each with the part's cursor behind it."""
    with ledger.transaction() as tx:
        cursor = tx.cursor(part.stream)
    if cursor.covered is not None:
        return
    read = replace(cursor, covered=clock.now(), after="")
    for page in marketing.scan(properties, cursor.after or part.after):
        inside = tuple(r for r in page.records if not part.until or int(r.id) <= int(part.until))
        over = len(inside) < len(page.records)
        if over or page.resume is None or (part.until and int(page.resume) >= int(part.until)):
            yield Page(records=inside), read
            return
        yield page, replace(cursor, after=page.resume)
    yield Page(records=()), read
