"""The figures of a conversation."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from netsim.script.conversation import UPSTREAM, Conversation, Said


@frozen
class Summary:
    """
    The figures of a conversation.

    @ivar up: bytes of the client; blobs that cannot be read are left out.
    @ivar down: bytes of the server, likewise.
    @ivar unread: how many times a blob was left out.
    @ivar start: Unix seconds of the first byte whose time is known.
    @ivar duration: seconds until the last answer began.
    @ivar closed_by: C{client}, C{server} or C{proxy}, where it is known.
    @ivar partial: the session broke.
    """

    exchanges: int = 0
    up: int = 0
    down: int = 0
    unread: int = 0
    start: float | None = None
    duration: float = 0.0
    closed_by: str | None = None
    partial: bool = False

    @classmethod
    def of(cls, conversation: Conversation) -> Summary:
        """Add everything up; reads the blobs for their sizes."""
        summary = cls()
        for _, item in conversation.items():
            if isinstance(item, Said):
                summary = summary._plus(item, conversation.size(item.content))
        return summary

    def describe(self) -> str:
        """One line of text."""
        parts = [f"{self.exchanges} exchanges, {self.up} bytes up, {self.down} bytes down"]
        if self.unread:
            parts.append(f"{self.unread} blobs that cannot be read")
        if self.start is not None:
            parts.append(f"{self.duration:.3f} s from {_date(self.start)}")
        if self.partial:
            parts.append("broken off")
        if self.closed_by:
            parts.append(f"closed by the {self.closed_by}")
        return ", ".join(parts)

    def _plus(self, said: Said, size: int | None) -> Summary:
        start = said.time if self.start is None else self.start
        spent = 0.0 if said.time is None or start is None else said.time - start
        up, down = (size or 0, 0) if said.direction == UPSTREAM else (0, size or 0)
        return evolve(
            self,
            exchanges=said.exchange,
            up=self.up + up,
            down=self.down + down,
            unread=self.unread + (size is None),
            start=start,
            duration=max(self.duration, spent),
            closed_by=said.facts.closed_by or self.closed_by,
            partial=self.partial or said.facts.partial,
        )


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s after 1970"
