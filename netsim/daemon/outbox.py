"""What waits for one receiver that does not read as fast as it is written to."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable

from attrs import define

from netsim.daemon.frames import Packet, text_frame
from netsim.daemon.model import Limits
from netsim.status.message import LOG, Message

__all__ = ["PATIENCE", "Outbox"]

PATIENCE = 4
"""How many times its limits may wait of what cannot be dropped."""


@define
class _Gap:
    """
    Log lines that followed one another and were dropped.

    @ivar name: the project's.
    """

    name: str
    time: float
    dropped: int = 1

    def text(self) -> bytes:
        """Say so, as a log line among the others."""
        lines = "1 line was" if self.dropped == 1 else f"{self.dropped} lines were"
        line = {
            "level": "warning",
            "whom": "netsim-daemon",
            "message": f"{lines} dropped: this page reads too slowly",
            "time": self.time,
            "dropped": self.dropped,
        }
        return Message(LOG, self.name, {"log": line}).encode()


class Outbox:
    """
    A queue of packets, which is bounded.

    Beyond the limits the oldest log lines are dropped, and one line takes the place of
    those that followed one another.  What is no log line always stays: who lets too much
    of that wait has to be given up.

    @ivar messages: how many wait.
    @ivar size: bytes of those.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        """@param now: Unix time."""
        self.messages = 0
        self.size = 0
        self._most_messages = limits.backlog_messages
        self._most_bytes = limits.backlog_bytes
        self._now = now
        # What is too old to be dropped, and gaps; then everything that is younger.
        self._settled: deque[Packet | _Gap] = deque()
        self._packets: deque[Packet] = deque()

    def push(self, packet: Packet) -> None:
        """Keep this, and drop what has become too much."""
        self._packets.append(packet)
        self.messages += 1
        self.size += len(packet.text)
        if self.messages > self._most_messages or self.size > self._most_bytes:
            self._drop()

    def take(self, size: int) -> bytes:
        """
        Give whole frames: those of up to so many bytes, but at least one; nothing where
        nothing waits.
        """
        if not self._settled and self.size <= size:
            waiting = self._packets
            data = b"".join([packet.frame for packet in waiting])
            waiting.clear()
            self.messages = self.size = 0
            return data
        frames = []
        while size > 0 and (frame := self._next()):
            frames.append(frame)
            size -= len(frame)
        return b"".join(frames)

    def clear(self) -> None:
        """Forget everything."""
        self._settled.clear()
        self._packets.clear()
        self.messages = self.size = 0

    def __bool__(self) -> bool:
        return bool(self._packets or self._settled)

    @property
    def is_overfull(self) -> bool:
        """What cannot be dropped is too much."""
        return (
            self.messages > PATIENCE * self._most_messages
            or self.size > PATIENCE * self._most_bytes
        )

    def _next(self) -> bytes:
        """Give the frame of the oldest; nothing where there is none."""
        item = (self._settled or self._packets).popleft() if self else None
        if item is None:
            return b""
        if isinstance(item, _Gap):
            return text_frame(item.text())
        self._forget(item)
        return item.frame

    def _drop(self) -> None:
        """Drop the oldest until the rest is within the limits, or cannot be dropped."""
        packets = self._packets
        while packets and (self.messages > self._most_messages or self.size > self._most_bytes):
            packet = packets.popleft()
            if packet.droppable:
                self._forget(packet)
                self._note(packet)
            else:
                self._settled.append(packet)

    def _forget(self, packet: Packet) -> None:
        self.messages -= 1
        self.size -= len(packet.text)

    def _note(self, dropped: Packet) -> None:
        last = self._settled[-1] if self._settled else None
        if isinstance(last, _Gap):
            last.dropped += 1
            last.time = self._now()
        else:
            self._settled.append(_Gap(json.loads(dropped.text)["name"], self._now()))
