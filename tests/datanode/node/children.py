"""A reactor whose child processes print and end when the test says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure

__all__ = ["Child", "Children"]


class Child:
    """A process, as its protocol sees it."""

    def __init__(self, protocol: Any, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self.protocol = protocol
        self.words = words
        self.environment = environment
        self.is_killed = self.is_gone = False

    def signalProcess(self, name: str) -> None:
        """A signal, which it does not obey yet."""
        if self.is_gone:
            raise ProcessExitedAlready
        assert name == "KILL"
        self.is_killed = True

    def end(self, printed: str = "", said: str = "", status: int = 0) -> None:
        """Print, and end."""
        for number, text in ((1, printed), (2, said)):
            if text:
                self.protocol.childDataReceived(number, text.encode())
        self.is_gone = True
        if self.is_killed:
            how: Exception = ProcessTerminated(None, 9, None)
        else:
            how = ProcessTerminated(status) if status else ProcessDone(0)
        self.protocol.processEnded(Failure(how))


class Children(Clock):
    """
    The reactor.

    @ivar children: all that it has started.
    @ivar error: why it starts none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.children: list[Child] = []
        self.error: OSError | None = None

    def spawnProcess(
        self, protocol: Any, program: str, words: Sequence[str], environment: Mapping[str, str]
    ) -> Child:
        """Start one."""
        if self.error is not None:
            raise self.error
        child = Child(protocol, words, environment)
        self.children.append(child)
        protocol.makeConnection(child)
        return child
