"""L{netsim.dsisocket.watching}: a dsisocket, as its page shows it."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from netsim.dsisocket import watching
from netsim.dsisocket.model import Reply, Status
from netsim.dsisocket.watching import DsisocketWatch, watch
from netsim.errors import ActionError
from netsim.status.duties import Duties
from netsim.status.report import IWatched
from tests.dsisocket.connections import ConnectionTestCase

FAILED = Reply(Status.EXECUTION_ERROR, "it failed")


@frozen
class Tunnel:
    """Stands for a tunnel."""

    name: str
    is_up: bool

    def describe(self) -> str:
        return f"tunnel to {self.name}"


class WatchTests(ConnectionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.factory = self.make(concurrent=3)
        self.watched = self.watch()

    def watch(self, *tunnels: Any) -> DsisocketWatch:
        return DsisocketWatch(
            self.factory, ["mongod.0", "localhost"], tunnels, "here:1", lambda: "ended"
        )

    def numbers(self, *names: str) -> list[int]:
        status = self.watched.status()
        return [status[name] for name in names]

    def test_it_can_be_watched(self) -> None:
        verifyObject(IWatched, self.watched)

    def test_nothing_has_happened(self) -> None:
        self.assertEqual(
            {
                "addresses": "here:1",
                "connections open": 0,
                "connections total": 0,
                "commands total": 0,
                "commands failed": 0,
                "commands running": 0,
                "tunnels up": 0,
                "tunnels down": 0,
                "tunnels": {},
                "hosts": ["mongod.0", "localhost"],
                "connections": {},
            },
            self.watched.status(),
        )

    def test_commands(self) -> None:
        """Those that run, all, and those that have failed."""
        names = ("commands running", "commands total", "commands failed")
        self.connect(b'{"a": 1}{"b": 2}')
        self.connect(b'{"c": 3} nonsense ')
        self.assertEqual([2, 2, 0], self.numbers(*names))
        self.finish(FAILED)
        self.assertEqual([2, 3, 1], self.numbers(*names))
        self.finish()
        self.finish()
        self.assertEqual([0, 3, 1], self.numbers(*names))

    def test_connections(self) -> None:
        """Those that there are; how many there were."""
        first, _ = self.connect()
        self.connect()
        first.connectionLost(Failure(ConnectionDone()))
        self.assertEqual([1, 2], self.numbers("connections open", "connections total"))
        self.assertEqual({"2": {"peer": "127.0.0.1:4242"}}, self.watched.status()["connections"])

    def test_what_commands_say_is_not_shown(self) -> None:
        """It may be secret."""
        self.connect(b'{"secret": "hidden"}')
        self.assertNotIn("secret", repr(self.watched.status()))
        self.assertNotIn("hidden", repr(self.watched.status()))

    def test_tunnels(self) -> None:
        self.watched = self.watch(Tunnel("a", True), Tunnel("b", False), Tunnel("c", False))
        self.assertEqual([1, 2], self.numbers("tunnels up", "tunnels down"))
        self.assertEqual(
            {"a": "tunnel to a", "b": "tunnel to b", "c": "tunnel to c"},
            self.watched.status()["tunnels"],
        )

    def test_a_connection_is_closed(self) -> None:
        """That one; its command goes on."""
        _, one = self.connect(b'{"a": 1}')
        _, other = self.connect()
        self.assertEqual("connection 1 is closed", self.watched.close_connection(1))
        self.assertEqual((True, False), (one.disconnecting, other.disconnecting))
        self.assertEqual([1], self.numbers("commands running"))

    def test_a_connection_that_there_is_not(self) -> None:
        error = self.assertRaises(ActionError, self.watched.close_connection, 1)
        self.assertEqual("there is no connection 1", str(error))

    def test_commands_cannot_be_run(self) -> None:
        """Who reaches the page does not reach the shells of the hosts."""
        duties = Duties(self.watched.duties())
        self.assertEqual(["close_connection", "stop"], list(duties.describe()))
        self.assertEqual("ended", self.successResultOf(duties.call("stop", None)))

    def test_the_report(self) -> None:
        made: list[Any] = []
        self.patch(watching, "report_of", lambda *args: made.append(args))

        class Cluster:
            class settings:
                hosts = (Tunnel("h", True),)

        tunnels: Any = [Tunnel("a", True)]
        address = IPv4Address("TCP", "127.0.0.1", 27007)
        watch(self.clock, {"daemon": "x"}, self.factory, Cluster(), tunnels, iter([address]))
        [(reactor, config, name, addresses, watched)] = made
        self.assertEqual((self.clock, {"daemon": "x"}), (reactor, config))
        self.assertEqual(("netsim-dsisocket", [address]), (name, addresses))
        self.assertEqual((["h"], tunnels), (watched.hosts, watched.tunnels))
        self.assertEqual("127.0.0.1:27007", watched.addresses)
        self.assertEqual("stopping", watched.stop())
        self.check_pending(1)
