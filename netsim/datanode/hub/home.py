"""A hub's directory and ports, while it uses them."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from twisted.logger import Logger

from netsim.datanode.hub.certificate import NAMES, find_certificate
from netsim.datanode.hub.configuration import Listening, render
from netsim.datanode.hub.files import explained, make_directory, replace_private
from netsim.datanode.hub.ports import reserve
from netsim.datanode.hub.secrets import find_secrets
from netsim.datanode.place import LOCAL, hub_directory
from netsim.errors import HostError
from netsim.rundir import StartLock

__all__ = ["Home", "find_directory"]

_log = Logger()


def find_directory(environment: Mapping[str, str]) -> Path:
    """Where a hub that is not told lives: where nodes that are not told look for it."""
    return LOCAL if LOCAL.is_dir() else hub_directory(environment)


class Home:
    """
    What of this machine a hub has for itself.

    @ivar node: the directory of the router.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self.node = self._directory / "router"
        self._lock: StartLock | None = None
        self._ports: list[socket.socket] = []

    def take(self) -> None:
        """
        Take the directory.

        @raise HostError: another hub has it, or it cannot be made or written to.
        """
        make_directory(self._directory)
        make_directory(self.node)
        try:
            self._lock = StartLock(self._directory, "hub.lock")
        except OSError as error:
            raise explained(self._directory, error) from error
        if not self._lock.acquire():
            raise HostError(f"another hub runs in {self._directory}; --directory can name another")

    def take_ports(self, host: str, port: int, plain_host: str, plain_port: int) -> None:
        """
        Take the ports, for the router to listen on.

        @raise HostError: one of them is taken.
        """
        try:
            self._ports.append(reserve(host, port, "--port"))
            self._ports.append(reserve(plain_host, plain_port, "--ocs-port"))
        except HostError:
            self._leave_ports()
            raise

    def prepare(
        self, names: Sequence[str], environment: Mapping[str, str], now: datetime
    ) -> Listening:
        """
        Write what the router has to know.

        @param names: of the machine, for its certificate.
        @param now: aware of its time zone.
        @raise HostError: something cannot be written, or cannot be used as it is.
        """
        certificate = find_certificate(self._directory, names, now)
        if missing := certificate.missing([*NAMES, *names]):
            text = "{path} is not for {names}: who checks names cannot use them"
            _log.warn(text, path=certificate.path, names=", ".join(missing))
        (host, port), (plain_host, plain_port) = (
            reserved.getsockname()[:2] for reserved in self._ports
        )
        secrets = find_secrets(environment, self._directory)
        listening = Listening(
            host, port, plain_host, plain_port, certificate.path, certificate.key, secrets
        )
        replace_private(self.node / "config.json", render(listening).encode())
        return listening

    def leave(self) -> None:
        """Give all back."""
        self._leave_ports()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _leave_ports(self) -> None:
        for reserved in self._ports:
            reserved.close()
        self._ports.clear()
