"""A link without a network, for tests of what stands in front of it."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed

from netsim.errors import InputError
from netsim.status.board import Board
from netsim.status.interfaces import IActions
from netsim.status.model import Settings


class FakeService:
    """
    What L{netsim.status.link.Link} is to a program.

    @ivar said: lines: level, message, who, when.
    @ivar did: what it was told to do.
    @ivar stopping: fires when it has stopped.
    """

    is_connected = True
    dropped = 3

    def __init__(self, reactor: Any, name: str, settings: Settings, *, actions: IActions) -> None:
        if not name:
            raise InputError("the project's name is empty")
        self.name = name
        self.settings = settings
        self.actions = actions
        self.board = Board()
        self.said: list[tuple[str, str, str, float | None]] = []
        self.did: list[str] = []
        self.stopping: Deferred[None] = succeed(None)

    def set(self, key: str, value: Any, interval: float | None = None) -> None:
        self.board.set(key, value, 0.0, interval)

    def log(self, level: str, message: str, whom: str = "", time: float | None = None) -> None:
        self.said.append((level, message, whom, time))

    def retry(self) -> None:
        self.did.append("retry")

    def startService(self) -> None:
        self.did.append("start")

    def stopService(self) -> Deferred[Any]:
        self.did.append("stop")
        return self.stopping

    @property
    def values(self) -> dict[str, Any]:
        """What is shown."""
        return {key: entry["value"] for key, entry in self.board.document().items()}

    @property
    def messages(self) -> list[str]:
        return [message for _, message, _, _ in self.said]
