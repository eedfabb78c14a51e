"""The other end: servers and clients that netsim stands between."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.integration.processes import PATIENCE, IntegrationTestCase, require

Serve = Callable[[socket.socket], None]


class Upstream:
    """
    A server in this process that gives every client a thread.

    @ivar address: where clients connect, as netsim reads it.
    """

    def __init__(self, test: IntegrationTestCase, serve: Serve, where: str | Path = "") -> None:
        """
        @param serve: speaks with one client, whose connection is then closed.
        @param where: an IP address, or the path of a Unix socket.
        """
        self._serve = serve
        if isinstance(where, Path):
            self._listening = socket.socket(socket.AF_UNIX)
            self._listening.bind(str(where))
            self._listening.listen(256)
            self.address = f"unix:{where}"
        else:
            host = where or "127.0.0.1"
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listening = socket.create_server((host, 0), family=family, backlog=256)
            port = self._listening.getsockname()[1]
            self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        test.addCleanup(self.stop)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Accept nobody any more; conversations go on."""
        # Closing alone would not wake the thread that waits in accept().
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.settimeout(PATIENCE)
                threading.Thread(target=self._run, args=[connection], daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._serve(connection)


def shout(connection: socket.socket) -> None:
    """Answer every line in capital letters, until the client says C{bye}."""
    with connection.makefile("rb") as lines:
        for line in lines:
            connection.sendall(line.upper())
            if line == b"bye\n":
                return


def connect(address: str) -> socket.socket:
    """Connect to where a service says that it listens."""
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(address.removeprefix("unix:"))
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), PATIENCE)


def ask(connection: socket.socket, request: bytes, size: int | None = None) -> bytes:
    """Say something and read an answer of this size; by default, as long as the request."""
    connection.sendall(request)
    return read(connection, len(request) if size is None else size)


def read(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes, or less where the connection ends."""
    parts, missing = [], size
    while missing and (part := connection.recv(min(missing, 1 << 18))):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def read_all(connection: socket.socket) -> bytes:
    """Read until the connection ends, in whatever way."""
    parts = []
    with suppress(ConnectionError):
        while part := connection.recv(1 << 18):
            parts.append(part)
    return b"".join(parts)


class Redis:
    """A redis-server."""

    def __init__(self, test: IntegrationTestCase) -> None:
        server = require("redis-server", "redis-server")
        self.address = f"127.0.0.1:{test.reserve_port()}"
        port = self.address.rpartition(":")[2]
        self.process = test.start(server, "--port", port, "--bind", "127.0.0.1", "--save", "")
        self.process.says("Ready to accept connections")


class Web:
    """Python's HTTP server, serving a directory."""

    def __init__(self, test: IntegrationTestCase, directory: Path) -> None:
        command = [sys.executable, "-u", "-m", "http.server", "--protocol", "HTTP/1.1"]
        self.process = test.start(*command, "--bind", "127.0.0.1", "-d", directory, "0")
        port = self.process.says(r"port (\d+)")[1]
        self.address = f"127.0.0.1:{port}"
