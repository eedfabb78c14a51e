"""What the parts of the status daemon need of one another."""

from __future__ import annotations

from typing import Any

from zope.interface import Attribute, Interface

from netsim.daemon.frames import Batch, Packet
from netsim.daemon.model import Logged, Synced

__all__ = ["IArchive", "IReceiver"]


class IReceiver(Interface):
    """Whoever messages can be sent to: a WebSocket, or a caller of the REST interface."""

    def push(packet: Packet) -> None:
        """Send this, or keep it, or drop it if it may be."""

    def push_all(batch: Batch) -> None:
        """Do that with all of these, in their order."""

    def close(code: int, reason: str) -> None:
        """Close the connection, when what was pushed has gone."""


class IArchive(Interface):
    """Keeps what was logged and told, for those who come later."""

    trouble: str | None = Attribute("Why it is not on disk, though it should be.")

    def logged(event: Logged, now: float) -> None:
        """Keep a line."""

    def synced(event: Synced, now: float) -> None:
        """Keep a status."""

    def forget(name: str) -> None:
        """Remove everything of a project."""

    def load() -> Any:
        """Give what was kept of earlier projects: a Deferred of L{Kept}s."""

    def logs(query: Any) -> Any:
        """Give lines: a Deferred of JSON texts."""

    def history(query: Any) -> Any:
        """Give statuses: a Deferred of JSON texts."""

    def close() -> Any:
        """Write what is left; a Deferred that fires when it is written."""
