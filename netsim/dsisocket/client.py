"""C{netsim dsi}: sends commands to a dsisocket, and prints what it answers."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any

from twisted.python import usage

from netsim import options
from netsim.addresses import Address
from netsim.dsisocket.model import Secret, Status
from netsim.dsisocket.stream import CommandStream
from netsim.errors import HostError, PeerError

__all__ = ["Client", "Dsi"]

CONNECT_WITHIN = 10.0
"""Seconds, unless C{--timeout} says something else."""
MAX_REPLY = 64 << 20
"""Bytes; what is longer is no reply."""
TOKEN = "NETSIM_DSI_TOKEN"

_PIECE = 1 << 16


class Dsi(options.Tool):
    """
    What C{netsim dsi} can be told.

    @ivar failed: the status code of the first reply that is not 0.
    """

    synopsis = "'JSON' | -f FILE [options]"
    longdesc = (
        "Sends a command to a dsisocket, or those of a file, and prints each reply as it"
        " comes. The exit status is the status_code of the first reply that is not OK: 1"
        " JSON_ERROR, 2 EXECUTION_ERROR, 3 BUSY; it is 1, too, where a reply does not come."
        f" A token is read from the environment: {TOKEN}."
    )
    example = """'{"on_workload_client": {"exec": "uname -a"}}'"""
    optParameters = [
        ["connect", "c", Address.parse("localhost:27007"), "Where the dsisocket is.",
         options.address],
        ["file", "f", None, "Send all commands of this file; - is standard input."],
        ["timeout", "t", None, "Wait no longer for a connection or a reply, in seconds.",
         options.seconds],
    ]  # fmt: skip

    def parseArgs(self, *words: str) -> None:
        """The command."""
        if len(words) + (self["file"] is not None) != 1 or not all(map(str.strip, words)):
            raise usage.UsageError(f"expected {self.synopsis}")
        self["commands"] = words

    def postOptions(self) -> None:
        """Complain about addresses that only servers of other kinds have."""
        super().postOptions()
        if self["connect"].is_datagram or self["connect"].host is None:
            raise usage.UsageError("--connect: expected host:port")
        if self["timeout"] == 0:
            raise usage.UsageError("--timeout: expected more than 0 seconds")

    def run(self) -> Iterator[str]:
        """
        Send what there is.

        @raise HostError: the file cannot be read, or nothing can be connected to.
        @raise PeerError: not all replies came.
        """
        source = self._source()
        token = os.environ.get(TOKEN)
        with closing(self._connected()) as client:
            for line, status in client.replies(source, Secret(token) if token else None):
                self.failed = self.failed or status
                yield line
                # To whoever reads it, as soon as it is here.
                sys.stdout.flush()

    def _source(self) -> Iterator[bytes]:
        if self["file"] is None:
            return iter([os.fsencode(word) + b"\n" for word in self["commands"]])
        # Unbuffered: what comes slowly is sent as it comes, and a thread that waits for
        # more does not hold a lock that the interpreter needs to end.
        name = 0 if self["file"] == "-" else Path(self["file"])
        try:
            file = open(name, "rb", buffering=0, closefd=name != 0)  # noqa: SIM115
        except OSError as error:
            raise HostError(f"{self['file']}: {error.strerror}") from error
        return iter(partial(file.read, _PIECE), b"")

    def _connected(self) -> Client:
        address, timeout = self["connect"], self["timeout"]
        try:
            connection = socket.create_connection(
                (address.host, address.port), timeout or CONNECT_WITHIN
            )
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise HostError(f"cannot connect to {address}: {reason}") from error
        return Client(connection, str(address), timeout)


class Client:
    """
    A connection to a dsisocket, for programs that may block.

    A thread of its own sends, so that the replies to what was sent are read meanwhile.
    """

    def __init__(self, connection: socket.socket, name: str, timeout: float | None = None) -> None:
        """
        @param name: what complaints call the other side.
        @param timeout: seconds that a reply may take.
        """
        self._connection = connection
        self._name = name
        self._timeout = timeout
        self._expected = self._answered = 0
        self._sent_all = False
        self._changed = time.monotonic()
        self._failure: OSError | None = None
        connection.settimeout(timeout)

    def close(self) -> None:
        """Hang up."""
        # The thread may be in the middle of sending, which this ends.
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def replies(
        self, source: Iterable[bytes], token: Secret | None = None
    ) -> Iterator[tuple[str, int]]:
        """
        Send commands; give each reply, a line, and its status code.

        The one to the token is left out if it is accepted.

        @param source: pieces of the stream of commands, cut anywhere.
        @raise PeerError: something else than a reply came, or not as many as there should.
        @raise HostError: the source cannot be read.
        """
        if token is not None:
            introduction = json.dumps({"token": token.reveal()}).encode() + b"\n"
            source = chain([introduction], source)
        Thread(target=self._send, args=(source,), name="dsi-sender", daemon=True).start()
        status = 0
        for line in self._lines():
            status = self._status(line)
            self._answered += 1
            if token is None or status or self._answered > 1:
                yield line.decode("utf-8", "replace"), status
            if token is not None and status and self._answered == 1:
                return
        if self._failure is not None:
            raise HostError(f"cannot read commands: {self._failure.strerror}")
        complete = self._sent_all and self._answered >= self._expected
        # One that was refused has been told why.
        if not complete and status != Status.BUSY.value:
            raise PeerError(f"{self._name}: the connection ended{self._missing()}")

    def _send(self, source: Iterable[bytes]) -> None:
        stream = CommandStream()
        pieces = iter(source)
        # Whoever reads the replies finds out why something cannot be sent.
        with suppress(OSError):
            while not stream.ended and (piece := self._read(pieces)) is not None:
                self._expect(len(stream.feed(piece)))
                self._sent_all = stream.ended
                self._connection.sendall(piece)
            self._expect(0 if stream.ended else len(stream.end()))
            self._sent_all = True
            self._connection.shutdown(socket.SHUT_WR)

    def _read(self, pieces: Iterator[bytes]) -> bytes | None:
        try:
            return next(pieces, None)
        except OSError as error:
            self._failure = error
            return None

    def _expect(self, more: int) -> None:
        self._expected += more
        self._changed = time.monotonic()

    def _lines(self) -> Iterator[bytes]:
        begun = bytearray()
        while data := self._receive():
            self._changed = time.monotonic()
            *complete, rest = data.split(b"\n")
            for piece in complete:
                yield bytes(begun + piece)
                begun.clear()
            begun += rest
            if len(begun) > MAX_REPLY:
                raise PeerError(f"{self._name}: this is no dsisocket: its line has no end")

    def _receive(self) -> bytes:
        while True:
            try:
                return self._connection.recv(_PIECE)
            except TimeoutError:
                waited = time.monotonic() - self._changed
                if self._answered < self._expected and waited >= (self._timeout or 0):
                    raise PeerError(
                        f"{self._name}: no reply within {self._timeout:g} seconds"
                    ) from None
            except OSError:
                return b""

    def _missing(self) -> str:
        if not self._expected:
            return " before anything was sent"
        if not self._answered:
            return " without a reply"
        return f" after {self._answered} of {self._expected} replies"

    def _status(self, line: bytes) -> int:
        with suppress(ValueError, RecursionError):
            reply: Any = json.loads(line)
            if isinstance(reply, dict) and type(code := reply.get("status_code")) is int:
                return code
        shown = line[:80].decode("utf-8", "replace")
        raise PeerError(f"{self._name}: this is no dsisocket: it said {shown!r}")
