"""Reads ahead: the next pages are on their way while one is decided, never more than a few."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import TypeVar

T = TypeVar("T")


class _End(Enum):
    END = 0


def ahead(source: Iterator[T], pages: int) -> Iterator[T]:
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
