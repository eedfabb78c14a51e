"""L{netsim.dsisocket.ssh.channel}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.channel import Channel
from tests.properties import examples


class Sent:
    """A connection that remembers."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def sendData(self, channel: Channel, data: bytes) -> None:
        assert isinstance(data, bytes)
        self.sent.append(data)

    def sendEOF(self, channel: Channel) -> None:
        self.sent.append("end")

    def sendClose(self, channel: Channel) -> None:
        if not channel.localClosed:
            channel.localClosed = True
            self.sent.append("close")


class Told(Channel):
    """Remembers whether it may write."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.told: list[str] = []

    def stopWriting(self) -> None:
        self.told.append("stop")

    def startWriting(self) -> None:
        self.told.append("start")

    def write_ended(self) -> None:
        self.told.append("ended")


class ChannelTests(SynchronousTestCase):
    """Tests of L{Channel}."""

    def make(self, window: int = 10, size: int = 4) -> tuple[Told, list[Any]]:
        """A channel, and what it has sent."""
        connection = Sent()
        return Told(window, size, connection), connection.sent

    def test_pieces(self) -> None:
        """Data is sent in packets that the peer takes, as long as its window is open."""
        channel, sent = self.make()
        channel.write(b"0123456789")
        self.assertEqual([b"0123", b"4567", b"89"], sent)
        self.assertEqual([], channel.told)
        channel.write(b"ab")
        self.assertEqual((3, ["stop"]), (len(sent), channel.told))
        channel.addWindowBytes(1)
        channel.write(b"c")
        self.assertEqual(([b"a"], ["stop"]), (sent[3:], channel.told))
        channel.addWindowBytes(100)
        self.assertEqual(([b"a", b"bc"], ["stop", "start"]), (sent[3:], channel.told))

    def test_end(self) -> None:
        """The end of one direction is told after all data; once."""
        channel, sent = self.make(window=1)
        channel.write(b"ab")
        channel.end_writing()
        self.assertEqual(([b"a"], ["stop"]), (sent, channel.told))
        channel.addWindowBytes(1)
        channel.addWindowBytes(1)
        channel.end_writing()
        self.assertEqual([b"a", b"b", "end"], sent)
        self.assertEqual(["stop", "start", "ended"], channel.told)

    def test_close(self) -> None:
        """So is the end of both, after which nothing is sent."""
        channel, sent = self.make(window=1)
        channel.write(b"ab")
        channel.loseConnection()
        self.assertEqual([b"a"], sent)
        channel.addWindowBytes(9)
        channel.write(b"c")
        channel.end_writing()
        channel.loseConnection()
        self.assertEqual([b"a", b"b", "close"], sent)

    def test_discard(self) -> None:
        """What was not sent is dropped when it is to be closed now."""
        channel, sent = self.make(window=1)
        channel.write(b"ab")
        channel.discard()
        self.assertEqual([b"a", "close"], sent)

    def test_peer_closes(self) -> None:
        """It is when the peer has closed: that one will never take it."""
        channel, sent = self.make(window=0)
        channel.write(b"ab")
        channel.closeReceived()
        self.assertEqual(["close"], sent)

    @examples(200)
    @given(st.lists(st.binary(max_size=50) | st.integers(1, 60), max_size=30), st.integers(1, 20))
    def test_any_order(self, steps: list[bytes | int], size: int) -> None:
        """All that the window allows is sent in order, and not a byte more."""
        channel, sent = self.make(window=5, size=size)
        written, window = b"", 5
        for step in steps:
            if isinstance(step, int):
                channel.addWindowBytes(step)
                window += step
            else:
                channel.write(step)
                written += step
            self.assertEqual(written[:window], b"".join(sent))
            self.assertEqual(len(written) > window, channel.told[-1:] == ["stop"])
        self.assertLessEqual(max(map(len, sent), default=0), size)
