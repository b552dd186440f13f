"""Reads ahead: the next pages are on their way while one is decided, never more than a few."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from enum import Enum
from typing import TypeVar

T = TypeVar("T")


class _End(Enum):
    END = 0


def ahead(source: Iterator[T], pages: int) -> Generator[T]:
    """The same items in the same order, up to `pages` of them read before they are asked for.

    An exception of the source arrives behind the items that came before it. Where the caller ends
    early, the reader stops after the item it is at. 0 reads nothing ahead, and makes no thread.
    """
    if pages < 1:
        yield from source
        return
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as reader:
        coming = deque(reader.submit(next, source, _End.END) for _ in range(pages))
        try:
            while not isinstance(item := coming.popleft().result(), _End):
                coming.append(reader.submit(next, source, _End.END))
                yield item
        finally:
            for one in coming:
                one.cancel()


def side_by_side(sources: Sequence[Iterator[T]], pages: int) -> Generator[T]:
    """The items of several sources in turn, each source in its own order and read ahead by a
    thread of its own, so that one waiting for its answer does not hold up the others."""
    with ExitStack() as stack:
        left = deque(ahead(source, pages) for source in sources)
        for one in left:
            stack.push(closing(one))
        while left:
            source = left.popleft()
            if not isinstance(item := next(source, _End.END), _End):
                left.append(source)
                yield item
