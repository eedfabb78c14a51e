"""The player for clients that speak in datagrams: each is compared as a whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from netsim.script import model
from netsim.script.difference import CONTEXT, Difference, first_difference
from netsim.script.events import Event
from netsim.script.player import Player, Score

QUEUE_LIMIT = 1000
"""Datagrams that came while the player was busy; more are lost, as datagrams are."""


class DatagramPlayer(Player):
    """
    Plays to one client address; every C{bytes} among its events is one datagram.
    """

    def __init__(self, score: Score) -> None:
        super().__init__(score)
        self._queue: deque[bytes] = deque()

    def receive(self, data: bytes) -> list[Event]:
        """The client has sent this datagram."""
        if len(self._queue) < QUEUE_LIMIT:
            self._queue.append(data)
        return self._refuse_more() if self.finished else self._advance()

    def _compare(self, want: bytes) -> bool | Difference:
        if not self._queue:
            return False
        data = self._queue.popleft()
        if data == want:
            self._want = None
            return True
        self._offset = same = first_difference(want, data)
        return self._difference(data[max(0, same - CONTEXT - 1) : same], want[same:], data[same:])

    def _refuse_more(self) -> list[Event]:
        more = bool(self._queue) and not self._may_leave
        return [self._surplus(self._queue.popleft())] if more else []

    def _exchange(
        self, exchange: model.Exchange | model.DatagramExchange
    ) -> Iterator[Event | None]:
        self._offset = 0
        self._want = b"".join(self._chunks(exchange.command))
        yield None
        yield from self._asked(exchange.facts)
        if isinstance(exchange, model.DatagramExchange):
            yield from exchange.responses
        elif exchange.response:
            yield b"".join(self._chunks(exchange.response))
