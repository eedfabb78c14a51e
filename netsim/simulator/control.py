"""The control socket of a process: whoever may open it asks for its status, or stops it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineOnlyReceiver

from netsim.rundir import make_run_directory
from netsim.simulator.messages import Status, decode, encode
from netsim.simulator.rundir import socket_path

__all__ = ["Control", "ControlProtocol", "Controlled"]


class Controlled(Protocol):
    """What a control socket can do."""

    def status(self) -> Iterable[Status]:
        """How the simulators are that have not stopped."""

    def stop(self, names: Iterable[str]) -> None:
        """Begin to stop these."""


class ControlProtocol(LineOnlyReceiver):
    """
    One who asks.

    Both commands are answered with how the simulators are; one that stops is among
    them until its ports are closed.
    """

    delimiter = b"\n"
    MAX_LENGTH = 1 << 16

    def __init__(self, controlled: Controlled) -> None:
        self._controlled = controlled

    def lineReceived(self, line: bytes) -> None:
        """Do it, and answer."""
        assert self.transport is not None
        try:
            answer = self._answer(decode(line))
        except ValueError as error:
            answer = {"error": str(error)}
        self.transport.write(encode(answer))

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        match message:
            case {"command": "status"}:
                pass
            case {"command": "stop", "names": list(names)}:
                self._controlled.stop(names)
            case _:
                raise ValueError("expected the command status, or stop with names")
        return {"simulators": [status.as_dict() for status in self._controlled.status()]}


class ControlFactory(Factory):
    """Makes what answers to one who asks."""

    noisy = False

    def __init__(self, controlled: Controlled) -> None:
        self._controlled = controlled

    def buildProtocol(self, address: Any) -> ControlProtocol:
        """Somebody asks."""
        return ControlProtocol(self._controlled)


class Control:
    """
    The socket itself.

    @ivar path: where it is, once it is open.
    """

    path: Path | None = None

    def __init__(self, reactor: Any, controlled: Controlled) -> None:
        self._reactor = reactor
        self._controlled = controlled
        self._port: Any = None

    def open(self, directory: Path) -> None:
        """
        Make the directory and the socket, for this user alone.

        @raise HostError: they cannot be made.
        @raise CannotListenError: likewise.
        """
        make_run_directory(directory)
        path = socket_path(directory, os.getpid())
        # One of this number is left from a process that is dead: we have the number now.
        path.unlink(missing_ok=True)
        factory = ControlFactory(self._controlled)
        self._port = self._reactor.listenUNIX(str(path), factory, mode=0o600)
        self.path = path

    def close(self) -> Deferred[None]:
        """Remove it; who is connected stays so until the process ends, and sees it end."""
        port, self._port = self._port, None
        if port is None:
            return maybeDeferred(lambda: None)
        closed: Deferred[None] = maybeDeferred(port.stopListening)
        # Somebody may have cleaned up the directory.
        return closed.addErrback(lambda reason: reason.trap(OSError) and None)
