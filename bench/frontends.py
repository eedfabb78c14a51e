"""
One program that logs, and frontends that watch it: raw sockets, as cheap as can be.

All log messages of a run have the same length, and the server sends them on as they
came: so the bytes that each frontend has to get are known, and nothing is parsed.
"""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter

from bench import load

NAME = "bench"
KEY = b"\x12\x34\x56\x78"
BUFFER = 1 << 18
BATCH = 32
"""How many connect at the same time: fewer than any backlog holds."""

_UPGRADE = (
    "GET /ws HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Lines:
    """
    The log messages of a run.

    @ivar up: all of them as the program sends them, and C{up_size}, the bytes of each.
    @ivar down: all of them as every frontend has to get them, and C{down_size}.
    """

    def __init__(self, count: int, size: int) -> None:
        """@param size: characters of the text of each log."""
        texts = [_line(number, size) for number in range(count)]
        self.count = count
        self.up = b"".join(_frame(text, KEY) for text in texts)
        self.down = b"".join(_frame(text) for text in texts)
        self.up_size, self.down_size = len(self.up) // count, len(self.down) // count


class Crowd:
    """
    A program and its frontends, all of them joined.

    @ivar lines: what the program has to say.
    @ivar received: bytes that all frontends have got, together.
    """

    def __init__(self, program: socket.socket, frontends: list[socket.socket], lines: Lines):
        self.received = 0
        self.count = len(frontends)
        self.lines = lines
        self._program = program
        self._up = memoryview(lines.up)
        self._sent = 0
        self._places = {frontend.fileno(): 0 for frontend in frontends}
        self._frontends = {frontend.fileno(): frontend for frontend in frontends}
        self._poll = select.epoll()
        for frontend in frontends:
            self._poll.register(frontend, select.EPOLLIN)

    @property
    def delivered(self) -> int:
        """How many messages the frontends have got, together."""
        return self.received // self.lines.down_size

    def send(self, number: int) -> bool:
        """Send all messages before this one, as far as there is room; whether that was all."""
        end = number * self.lines.up_size
        if self._sent < end:
            try:
                flag = socket.MSG_DONTWAIT
                self._sent += self._program.send(self._up[self._sent : end], flag)
            except BlockingIOError:
                pass
        return self._sent == end

    def receive(self, timeout: float) -> Iterator[range]:
        """
        Read what has come; give which messages that completed, for each frontend.

        @raise LoadError: it is not what was sent.
        """
        size, down = self.lines.down_size, self.lines.down
        for number, _ in self._poll.poll(timeout):
            start = self._places[number]
            data = self._frontends[number].recv(BUFFER)
            if not data or not down.startswith(data, start):
                raise load.LoadError(f"not what was sent, in message {start // size}")
            self._places[number] = end = start + len(data)
            self.received += len(data)
            yield range(start // size, end // size)


@contextmanager
def crowd(port: int, count: int, lines: Lines) -> Iterator[Crowd]:
    """
    Connect a program and so many frontends for the time of the block.

    @raise LoadError: not all could join.
    """
    with ExitStack() as stack:
        program = _joined([stack.enter_context(load.connect(port))], port, "cli")[0]
        frontends: list[socket.socket] = []
        while len(frontends) < count:
            size = min(BATCH, count - len(frontends))
            batch = [stack.enter_context(load.connect(port)) for _ in range(size)]
            frontends += _joined(batch, port, "web")
        yield Crowd(program, frontends, lines)


def run(crowd: Crowd, first: int, last: int, window: int) -> float:
    """
    Send messages, never more than a window ahead of what has arrived, until all have.

    @return: the seconds that it took.
    """
    start = perf_counter()
    wanted = last * crowd.count
    while crowd.delivered < wanted:
        ahead = min(last, crowd.delivered // crowd.count + window)
        timeout = load.TIMEOUT if crowd.send(max(first, ahead)) else 0.001
        if not sum(1 for _ in crowd.receive(timeout)) and timeout == load.TIMEOUT:
            raise load.LoadError(f"nothing within {load.TIMEOUT} s")
    return perf_counter() - start


def pace(crowd: Crowd, rate: float) -> list[float]:
    """
    Send all messages, so many per second.

    @return: how long each delivery took, in seconds.
    """
    delays: list[float] = []
    count = crowd.lines.count
    sent: list[float] = []
    start = perf_counter()
    while len(delays) < count * crowd.count:
        now = perf_counter()
        if len(sent) < count and now >= start + len(sent) / rate:
            # It was due then, however late this process is.
            sent.append(start + len(sent) / rate)
        crowd.send(len(sent))
        for numbers in crowd.receive(0):
            now = perf_counter()
            delays += [now - sent[number] for number in numbers]
        if now > start + count / rate + load.TIMEOUT:
            raise load.LoadError(f"{count * crowd.count - len(delays)} deliveries are missing")
    return delays


def _joined(connections: list[socket.socket], port: int, who: str) -> list[socket.socket]:
    """Let all of them upgrade and join."""
    for connection in connections:
        connection.sendall(_UPGRADE.format(port=port).encode())
    for connection in connections:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _received(connection, 1)
        if not head.startswith(b"HTTP/1.1 101 "):
            raise load.LoadError(f"no WebSocket: {head[:40]!r}")
        connection.sendall(_frame(_event("handshake", {"who": who}), KEY))
    for connection in connections:
        _, size = _received(connection, 2)
        answer = json.loads(_received(connection, size))
        if answer["payload"]["result"] != 200:
            raise load.LoadError(f"not joined: {answer}")
    return connections


def _received(connection: socket.socket, size: int) -> bytes:
    data = connection.recv(size, socket.MSG_WAITALL)
    if len(data) < size:
        raise load.LoadError("a connection was closed")
    return data


def _line(number: int, size: int) -> bytes:
    text = f"{number:08} ".ljust(size, "x")
    log = {"level": "info", "message": text, "time": 1700000000.123, "whom": "bench"}
    return _event("log", {"log": log})


def _event(kind: str, payload: dict[str, object]) -> bytes:
    event = {"event-type": kind, "name": NAME, "payload": payload, "event-id": -1}
    return json.dumps(event, separators=(",", ":")).encode()


def _frame(text: bytes, key: bytes = b"") -> bytes:
    """Frame a message, masked if there is a key: one of at most 64 KiB."""
    size = len(text)
    mask = 0x80 if key else 0
    length = bytes((mask | size,)) if size < 126 else bytes((mask | 126,)) + size.to_bytes(2)
    if key:
        keys = int.from_bytes((key * (size // 4 + 1))[:size])
        text = (int.from_bytes(text) ^ keys).to_bytes(size)
    return b"\x81" + length + key + text
