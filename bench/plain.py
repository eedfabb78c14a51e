"""
A forwarder on uvloop alone: what netsim's reactor is compared with.

C{python -m bench.plain PORT} relays to that port of this machine, with protocols of
asyncio and no Twisted at all.  Each side is read as fast as the other one takes it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop

from bench import wire


class Side(asyncio.Protocol):
    """One side of a relayed connection; the other one is there from the beginning."""

    transport: Any

    def __init__(self, other: Any = None) -> None:
        self.other = other

    def connection_made(self, transport: Any) -> None:
        """Write what comes from the other side here."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        """Let the other side wait."""
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Let it go on."""
        self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other side, too."""
        if self.other is not None:
            self.other.transport.close()


class Downstream(Side):
    """The side of the client: what comes before the upstream is there waits for it."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self._early: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        """Connect to the upstream."""
        super().connection_made(transport)
        self._connecting = asyncio.ensure_future(self._connect())

    def data_received(self, data: bytes) -> None:
        """Pass it on, or keep it."""
        if self.other is None:
            self.transport.pause_reading()
            self._early.append(data)
        else:
            self.other.transport.write(data)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        other = Side(self)
        await loop.create_connection(lambda: other, wire.HOST, self._port)
        self.other = other
        if self._early:
            other.transport.writelines(self._early)
            self.transport.resume_reading()


async def main(port: int) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Downstream(port), wire.HOST, 0, backlog=1024)
    print(f"plain listening on {wire.HOST}:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
