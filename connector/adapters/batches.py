"""Cuts writes into batches whose rows keep their places, and never two of one record in one."""

from collections.abc import Sequence

from connector.ports import RecordWrite, RowResult

Batch = list[tuple[int, RecordWrite]]  #: writes with their places in the order given


def batches(writes: Sequence[RecordWrite], size: int) -> list[Batch]:
    """Batches in the order given; a second write to the same record goes into a later batch,
    since both vendors refuse doubles in a batch and neither keeps an order within one."""
    made: list[Batch] = []
    earliest: dict[str, int] = {}
    room = 0  # the first batch that has room
    for place, write in enumerate(writes):
        index = max(earliest.get(write.id, 0) if write.id else 0, room)
        while index < len(made) and len(made[index]) >= size:
            index += 1
        if index == len(made):
            made.append([])
        made[index].append((place, write))
        if write.id:
            earliest[write.id] = index + 1
        while room < len(made) and len(made[room]) >= size:
            room += 1
    return made


def joined(groups: Sequence[Batch]) -> Batch:
    """The rows of several batches in one."""
    return [row for group in groups for row in group]


def later(batch: Batch) -> dict[int, RowResult]:
    """Results for rows that were not sent."""
    return {place: RowResult(key=w.key, id=w.id, try_later=True) for place, w in batch}


def unknown(batch: Batch) -> dict[int, RowResult]:
    """Results for rows that left and were not answered."""
    return {place: RowResult(key=w.key, id=w.id, unknown=True) for place, w in batch}
