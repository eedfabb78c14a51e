"""What all channels of an SSH connection have in common."""

from __future__ import annotations

from typing import Any

from twisted.conch.ssh.channel import SSHChannel

from netsim.dsisocket.ssh.quiet import QuietLog

__all__ = ["Channel"]

_WINDOW = 1 << 20
"""Bytes that a peer may send ahead: as many are kept at most where somebody pauses."""
_PACKET = 1 << 15


class Channel(SSHChannel):
    """
    Sends as fast as the peer takes it, and can end one direction.

    SSHChannel waits for ever with what it could not send to a peer that has closed,
    and copies all of it for each piece that it can.

    @ivar holds_back: the peer is not allowed to send more than it is already.
    """

    _log: Any = QuietLog(__name__)
    conn: Any
    holds_back = False

    def __init__(self, remote_window: int = 0, remote_packet: int = 0, conn: Any = None) -> None:
        super().__init__(_WINDOW, _PACKET, remote_window, remote_packet, conn)
        self._unsent = bytearray()
        self._ending = self._ended = False

    def write(self, data: bytes) -> None:
        """Send it, or keep what the peer does not take yet."""
        if not self.localClosed:
            self._unsent += data
            self._send()

    def addWindowBytes(self, data: int) -> None:
        """The peer takes more."""
        self.remoteWindowLeft += data
        self._send()

    def end_writing(self) -> None:
        """Say that no more data comes, when all that was written is sent."""
        self._ending = True
        self._send()

    def write_ended(self) -> None:
        """That was said."""

    def loseConnection(self) -> None:
        """Close it when all that was written is sent."""
        self.closing = 1
        self._send()

    def discard(self) -> None:
        """Close it now, whatever was not sent."""
        self._unsent.clear()
        self.loseConnection()

    def closeReceived(self) -> None:
        """The peer takes nothing more."""
        self.discard()

    def eofReceived(self) -> None:
        """The peer sends nothing more."""

    def closed(self) -> None:
        """It is over."""

    def _send(self) -> None:
        while self._unsent and self.remoteWindowLeft > 0:
            size = min(self.remoteWindowLeft, self.remoteMaxPacket)
            piece = bytes(self._unsent[:size])
            del self._unsent[:size]
            self.remoteWindowLeft -= len(piece)
            self.conn.sendData(self, piece)
        if bool(self.areWriting) is bool(self._unsent):
            self.areWriting = not self._unsent
            self.startWriting() if self.areWriting else self.stopWriting()
        if not self._unsent:
            self._end()

    def _end(self) -> None:
        if self._ending and not self._ended and not self.localClosed:
            self._ended = True
            self.conn.sendEOF(self)
            self.write_ended()
        if self.closing and self.conn is not None:
            self.conn.sendClose(self)
