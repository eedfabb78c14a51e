"""L{netsim.dsisocket.ssh.ports}."""

from __future__ import annotations

from typing import Any

from twisted.conch.ssh.common import NS
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ForwardError, PortInUseError, SshError
from tests.dsisocket.ssh.peers import Peer, forwarded, word


def asked(request: bytes, port: int, reply: bool = True, host: bytes = b"127.0.0.1") -> Any:
    """What the server is asked; Conch writes 255 for true."""
    flag = b"\xff" if reply else b"\0"
    return ("GLOBAL_REQUEST", NS(request) + flag + NS(host) + word(port))


LISTEN = asked(b"tcpip-forward", 27007)
LISTEN_ANYWHERE = asked(b"tcpip-forward", 0)


class PortsTests(SynchronousTestCase):
    """Ports of a server by hand."""

    def setUp(self) -> None:
        self.peer = Peer()
        self.factory = Factory.forProtocol(Protocol)

    def listen(self, port: int = 27007, host: str = "127.0.0.1") -> Deferred[int]:
        """Ask for one."""
        return self.peer.connection.listen(host, port, self.factory)

    def refuses(self) -> None:
        """The server refuses what it was asked last."""
        self.peer.says("REQUEST_FAILURE")

    def text(self, deferred: Deferred[int], kind: type[Exception]) -> str:
        """Of the error with which it has failed."""
        failure = self.failureResultOf(deferred, kind)
        self.assertIs(kind, failure.type)
        return failure.getErrorMessage()

    def check_leads_here(self, port: int, leads: bool = True) -> None:
        """Connections to that port are taken, or not."""
        self.peer.heard()
        self.peer.opens(data=forwarded(port))
        [(name, _)] = self.peer.heard()
        self.assertEqual("CHANNEL_OPEN_" + ("CONFIRMATION" if leads else "FAILURE"), name)

    def test_listen(self) -> None:
        """The server is asked; when it has agreed, the port leads here."""
        listening = self.listen()
        self.assertEqual([LISTEN], self.peer.heard())
        self.check_leads_here(27007, False)
        self.peer.says("REQUEST_SUCCESS")
        self.assertEqual(27007, self.successResultOf(listening))
        self.check_leads_here(27007)

    def test_any_port(self) -> None:
        """The server may choose the port, and tells it."""
        listening = self.listen(0)
        self.peer.says("REQUEST_SUCCESS", word(4321))
        self.assertEqual(4321, self.successResultOf(listening))
        self.check_leads_here(4321)

    def test_in_use(self) -> None:
        """A port is in use where another one would be given, which is given back."""
        listening = self.listen()
        self.peer.heard()
        self.refuses()
        self.assertEqual([LISTEN_ANYWHERE], self.peer.heard())
        self.peer.says("REQUEST_SUCCESS", word(4321))
        self.assertEqual([asked(b"cancel-tcpip-forward", 4321, False)], self.peer.heard())
        self.assertEqual(
            "127.0.0.1:27007 is in use on me@there:22", self.text(listening, PortInUseError)
        )
        self.check_leads_here(27007, False)

    def test_v6(self) -> None:
        """Addresses of the other kind are told as they are written elsewhere."""
        listening = self.listen(host="::1")
        self.refuses()
        self.peer.says("REQUEST_SUCCESS", word(4321))
        self.assertIn("[::1]:27007 is in use", self.text(listening, PortInUseError))

    def test_low_port(self) -> None:
        """A low one is for root."""
        listening = self.listen(80)
        self.refuses()
        self.peer.says("REQUEST_SUCCESS", word(4321))
        self.assertEqual(
            "me@there:22 cannot listen on 127.0.0.1:80: below 1024 only root may",
            self.text(listening, ForwardError),
        )

    def test_low_port_of_root(self) -> None:
        """For root it is in use."""
        self.peer = Peer(user="root")
        listening = self.listen(80)
        self.refuses()
        self.peer.says("REQUEST_SUCCESS", word(4321))
        self.text(listening, PortInUseError)

    def test_in_use_where_only_this_one_is_permitted(self) -> None:
        """A port is in use, too, where no other is given but somebody listens there."""
        listening = self.listen()
        self.refuses()
        self.peer.heard()
        self.refuses()
        [(name, payload)] = self.peer.heard()
        self.assertEqual("CHANNEL_OPEN", name)
        self.assertTrue(payload.startswith(NS(b"direct-tcpip")))
        to, origin = NS(b"127.0.0.1") + word(27007), NS(b"127.0.0.1") + word(0)
        self.assertTrue(payload.endswith(to + origin))
        self.peer.confirms()
        self.assertEqual([("CHANNEL_CLOSE", word(100))], self.peer.heard())
        self.text(listening, PortInUseError)

    def test_everywhere(self) -> None:
        """Of all addresses loopback is looked at."""
        self.listen(host="0.0.0.0")
        self.refuses()
        self.peer.heard()
        self.refuses()
        [(_, payload)] = self.peer.heard()
        self.assertIn(NS(b"127.0.0.1") + word(27007), payload)

    def test_not_permitted(self) -> None:
        """Where nobody listens, and nothing is given, it is not permitted."""
        listening = self.listen()
        self.refuses()
        self.refuses()
        self.peer.says("CHANNEL_OPEN_FAILURE", word(0, 1), NS(b"prohibited"), NS(b""))
        text = self.text(listening, ForwardError)
        beginning = "me@there:22 does not permit to listen on 127.0.0.1:27007 (AllowTcpForwarding,"
        self.assertTrue(text.startswith(beginning), text)

    def test_no_port_at_all(self) -> None:
        """So it is where any port would have done."""
        listening = self.listen(0)
        self.peer.heard()
        self.refuses()
        self.assertEqual([], self.peer.heard())
        self.text(listening, ForwardError)

    def test_lost(self) -> None:
        """The loss of the connection is told as that, at each step."""
        for steps in range(3):
            self.peer = Peer()
            listening = self.listen()
            for _ in range(steps):
                self.refuses()
            self.peer.is_lost()
            self.assertEqual(
                "the connection to me@there:22 was lost", self.text(listening, SshError), steps
            )
            self.text(self.listen(), SshError)

    def test_given_up(self) -> None:
        """Cancelling takes the question back; a late answer does not matter."""
        listening = self.listen()
        self.peer.heard()
        listening.cancel()
        self.failureResultOf(listening, CancelledError)
        self.assertEqual([asked(b"cancel-tcpip-forward", 27007, False)], self.peer.heard())
        self.peer.says("REQUEST_SUCCESS")
        self.check_leads_here(27007, False)

    def test_cancel(self) -> None:
        """A port that is given back leads here no longer, from then on."""
        self.listen()
        self.peer.says("REQUEST_SUCCESS")
        self.peer.heard()
        cancelling = self.peer.connection.cancel("127.0.0.1", 27007)
        self.assertEqual([asked(b"cancel-tcpip-forward", 27007)], self.peer.heard())
        self.check_leads_here(27007, False)
        self.assertNoResult(cancelling)
        self.peer.says("REQUEST_SUCCESS")
        self.successResultOf(cancelling)

    def test_not_to_be_cancelled(self) -> None:
        """A port where the server does not listen cannot be given back."""
        cancelling = self.peer.connection.cancel("127.0.0.1", 27007)
        self.refuses()
        self.assertEqual(
            "me@there:22 does not listen on 127.0.0.1:27007", self.text(cancelling, ForwardError)
        )
