"""L{netsim.simulator.watching}: simulators, as their page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from netsim.errors import ActionError
from netsim.simulator import watching
from netsim.simulator.hosted import Hosted
from netsim.simulator.traffic import Traffic
from netsim.simulator.watching import SimulatorWatch, watch
from netsim.status.duties import Duties
from netsim.status.report import LISTED, IWatched
from tests.simulator.hosting import FakeSimulator
from tests.simulator.talking import HostTestCase


class FakeServer:
    """
    Stands for a server.

    @ivar commands: those that were sent to it.
    """

    def __init__(self, port: int) -> None:
        self.addresses = [IPv4Address("TCP", "127.0.0.1", port)]
        self.clients, self.subscribers = 3, 1
        self.traffic = Traffic(port, 10 * port)
        self.commands: list[tuple[str, str]] = []

    async def command(self, text: str, caller: str) -> str:
        self.commands.append((text, caller))
        return f"<{text}>"


class FakeHost:
    """
    Stands for the service.

    @ivar stopped: the names of those that were stopped.
    """

    def __init__(self, *names: str) -> None:
        self.hosted = [Hosted(self._simulator(name), "device", 0, 0.0) for name in names]
        self.stopped: list[str] = []
        self.left = False

    def stop(self, names: Iterable[str]) -> None:
        self.stopped += names

    def leave(self) -> None:
        self.left = True

    def _simulator(self, name: str) -> Any:
        simulator: Any = FakeSimulator(name)
        simulator.servers = [FakeServer(1), FakeServer(2)]
        simulator.addresses = [IPv4Address("TCP", "127.0.0.1", port) for port in (1, 2)]
        return simulator


class WatchTestCase(HostTestCase):
    """A test of simulators that are watched."""

    def watch(self, *names: str) -> SimulatorWatch:
        self.host = FakeHost(*names)
        return SimulatorWatch(self.reactor, self.host)

    def call(self, watched: SimulatorWatch, name: str, /, **args: Any) -> Deferred[Any]:
        return Duties(watched.duties()).call(name, args)


class StatusTests(WatchTestCase):
    """What is shown."""

    def test_it_can_be_watched(self) -> None:
        verifyObject(IWatched, self.watch("one"))

    def test_one_simulator(self) -> None:
        """Sums, and each instance."""
        watched = self.watch("one")
        self.host.hosted[0].simulator.skipped = 4
        self.host.hosted[0].simulator.missed = 5
        self.reactor.advance(12.4)
        instances = {
            str(number): {
                "addresses": f"127.0.0.1:{number + 1}",
                "connections": 3,
                "subscribers": 1,
                "messages": number + 1,
                "bytes received": 10 * (number + 1),
            }
            for number in range(2)
        }
        one = {
            "system": "device",
            "addresses": "127.0.0.1:1-2",
            "seconds": 12,
            "instances": instances,
        }
        self.assertEqual(
            {
                "simulators running": 1,
                "connections": 6,
                "subscribers": 2,
                "messages": 3,
                "bytes received": 30,
                "beats skipped": 4,
                "statuses missed": 5,
                "simulators": {"one": one},
            },
            watched.status(),
        )

    def test_several(self) -> None:
        status = self.watch("one", "two").status()
        self.assertEqual((2, 6), (status["simulators running"], status["messages"]))
        self.assertEqual(["one", "two"], list(status["simulators"]))

    def test_none_any_more(self) -> None:
        status = self.watch().status()
        self.assertEqual(({}, 0), (status["simulators"], status["messages"]))

    def test_of_many_instances_the_first_are_told(self) -> None:
        watched = self.watch("one")
        simulator: Any = self.host.hosted[0].simulator
        simulator.servers = [FakeServer(1)] * (LISTED + 1)
        status = watched.status()
        self.assertEqual(LISTED, len(status["simulators"]["one"]["instances"]))
        self.assertEqual(LISTED + 1, status["messages"])


class CommandTests(WatchTestCase):
    """Custom commands."""

    def problem(self, watched: SimulatorWatch, name: str, /, **args: Any) -> str:
        return str(self.failureResultOf(self.call(watched, name, **args), ActionError).value)

    def test_the_first_instance_is_meant(self) -> None:
        watched = self.watch("one")
        result = self.call(watched, "custom_command", command="name:a,b")
        self.assertEqual("<name:a,b>", self.successResultOf(result))
        first, second = self.host.hosted[0].simulator.servers
        self.assertEqual([("name:a,b", "the status daemon")], first.commands)
        self.assertEqual([], second.commands)

    def test_another_one(self) -> None:
        watched = self.watch("one", "two")
        args = {"command": "x", "instance": "1", "simulator": "two"}
        self.successResultOf(self.call(watched, "custom_command", **args))
        told = [len(s.commands) for each in self.host.hosted for s in each.simulator.servers]
        self.assertEqual([0, 0, 0, 1], told)

    def test_one_that_there_is_not(self) -> None:
        watched = self.watch("one", "two")
        for number in (-1, 2):
            problem = self.problem(
                watched, "custom_command", command="x", simulator="one", instance=number
            )
            self.assertEqual("one has the instances 0 to 1", problem)
        for name in ("", "three"):
            problem = self.problem(watched, "custom_command", command="x", simulator=name)
            self.assertEqual(f"there is no simulator {name!r}: there are one, two", problem)
        problem = self.problem(self.watch(), "custom_command", command="x")
        self.assertEqual("there is no simulator '': there are none", problem)
        problem = self.problem(self.watch("one"), "custom_command", command="x", simulator="two")
        self.assertEqual("there is no simulator 'two': there are one", problem)


class StopTests(WatchTestCase):
    """Stopping waits until the answer is sent."""

    def test_one(self) -> None:
        watched = self.watch("one", "two")
        self.assertEqual(
            "stopping", self.successResultOf(self.call(watched, "stop_simulator", name="two"))
        )
        self.assertEqual([], self.host.stopped)
        self.reactor.advance(0)
        self.assertEqual((["two"], False), (self.host.stopped, self.host.left))

    def test_one_that_there_is_not(self) -> None:
        watched = self.watch("one", "two")
        self.assertRaises(ActionError, watched.stop_simulator, "three")
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_all(self) -> None:
        watched = self.watch("one", "two")
        self.assertEqual("stopping", self.successResultOf(self.call(watched, "stop")))
        self.assertFalse(self.host.left)
        self.reactor.advance(0)
        self.assertTrue(self.host.left)


class ReportTests(WatchTestCase):
    def test_the_report(self) -> None:
        """All simulators of a process are one project."""
        made: list[Any] = []
        self.patch(watching, "report_of", lambda *args: made.append(args))
        self.watch("one", "two")
        watch(self.reactor, {"daemon": "x"}, self.host)
        [(reactor, config, name, addresses, watched)] = made
        self.assertEqual((self.reactor, {"daemon": "x"}), (reactor, config))
        self.assertEqual("netsim-simulator", name)
        self.assertEqual([1, 2, 1, 2], [address.port for address in addresses])
        self.assertIs(self.host, watched.host)
