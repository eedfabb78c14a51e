"""
The upstream behind all relays: echo, source and sink on one port (L{bench.wire}).

C{python -m bench.upstream} runs it until it is ended.  It is as cheap as Python
allows, so that the relay in front of it is what is measured.  It does one bulk
transfer at a time, and nothing else meanwhile.
"""

from __future__ import annotations

import select
import socket

from bench import wire

BACKLOG = 1024


def main() -> None:
    """Listen on a free port, print the ready line, serve."""
    with socket.create_server((wire.HOST, 0), backlog=BACKLOG) as listener:
        print(f"upstream listening on {wire.HOST}:{listener.getsockname()[1]}", flush=True)
        serve(listener)


def serve(listener: socket.socket) -> None:
    """Answer every client of the listener, for ever."""
    clients: dict[int, socket.socket] = {}
    with select.epoll() as poll:
        poll.register(listener, select.EPOLLIN)
        while True:
            for number, _ in poll.poll():
                if number == listener.fileno():
                    client, _ = listener.accept()
                    wire.prepare(client)
                    clients[client.fileno()] = client
                    poll.register(client, select.EPOLLIN)
                elif not answer(clients[number]):
                    # Closing takes it out of the poll as well.
                    clients.pop(number).close()


def answer(client: socket.socket) -> bool:
    """Do what the client's next message asks for; false where the client is gone."""
    try:
        message = wire.receive(client)
        if len(message) < wire.SIZE:
            return False
        if message.startswith(b"down "):
            source(client, int(message.split()[1]))
        elif message.startswith(b"up "):
            sink(client, int(message.split()[1]))
        else:
            client.sendall(message)
    except OSError:
        return False
    return True


def source(client: socket.socket, size: int) -> None:
    """Send that many bytes."""
    block = memoryview(wire.BLOCK)
    while size:
        part = block[:size]
        client.sendall(part)
        size -= len(part)


def sink(client: socket.socket, size: int) -> None:
    """Read that many bytes and say so."""
    buffer = memoryview(bytearray(len(wire.BLOCK)))
    while size:
        count = client.recv_into(buffer[:size])
        if not count:
            raise ConnectionError("the client left in the middle of its transfer")
        size -= count
    client.sendall(wire.DONE)


if __name__ == "__main__":
    main()
