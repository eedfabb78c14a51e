"""Channels that a host opens to us."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IAddress

from netsim.dsisocket.ssh.channel import Channel
from netsim.dsisocket.ssh.streams import ChannelTransport

__all__ = ["ForwardedChannel"]


class ForwardedChannel(Channel):
    """What Conch knows of a connection that came through the tunnel."""

    name = b"forwarded-tcpip"

    def __init__(
        self, protocol: Any, host: IAddress, peer: IAddress, clock: Any, *more: Any
    ) -> None:
        """
        @param protocol: what talks to the peer.
        @param host: where the peer connected to, on the far side.
        @param more: window and size of packets of the peer, and the connection.
        """
        super().__init__(*more)
        self._transport = ChannelTransport(self, protocol, host, peer, clock)

    def channelOpen(self, specificData: bytes) -> None:
        """It begins."""
        self._transport.begin()

    def dataReceived(self, data: bytes) -> None:
        """Data, of which there is never more than the window."""
        self._transport.data_received(data)

    def eofReceived(self) -> None:
        """The peer sends nothing more."""
        self._transport.eof_received()

    def stopWriting(self) -> None:
        """The peer's window is full."""
        self._transport.stop_writing()

    def startWriting(self) -> None:
        """The peer has taken all that was written."""
        self._transport.start_writing()

    def write_ended(self) -> None:
        """Our end was told."""
        self._transport.write_ended()

    def closed(self) -> None:
        """It is over."""
        self._transport.closed(ConnectionLost() if self.conn.is_lost else None)
