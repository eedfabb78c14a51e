"""What a client has sent, and waits for its turn."""

from __future__ import annotations

from collections import deque

from netsim.dsisocket.stream import CommandStream, Item, Value

__all__ = ["MAX_WAITING", "MAX_WAITING_BYTES", "Inbox"]

MAX_WAITING = 100
"""Commands that wait; more are not read before some of them are done."""
MAX_WAITING_BYTES = 256 << 10
"""Likewise, bytes of them."""


class Inbox:
    """The commands of one connection, in the order in which they came."""

    def __init__(self) -> None:
        self._stream = CommandStream()
        self._items: deque[Item] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_full(self) -> bool:
        """Nothing more should be read for now; after a command that is too long, for ever."""
        too_many = len(self._items) > MAX_WAITING or self._bytes > MAX_WAITING_BYTES
        return too_many or self._stream.ended

    def feed(self, data: bytes) -> None:
        """Take a segment."""
        self._add(self._stream.feed(data))

    def end(self) -> None:
        """Nothing more comes."""
        self._add(self._stream.end())

    def take(self) -> Item:
        """Give what came first."""
        item = self._items.popleft()
        self._bytes -= _size(item)
        return item

    def clear(self) -> int:
        """Forget all; how many they were."""
        count = len(self._items)
        self._items.clear()
        self._bytes = 0
        return count

    def _add(self, items: list[Item]) -> None:
        self._items.extend(items)
        self._bytes += sum(map(_size, items))


def _size(item: Item) -> int:
    return item.size if isinstance(item, Value) else 0
