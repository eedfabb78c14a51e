"""Tests for L{netsim.simulator.server}."""

from __future__ import annotations

import socketserver
from types import ModuleType
from typing import Any

from twisted.application.service import Application, IService, IServiceCollection
from twisted.internet.defer import CancelledError, Deferred, succeed
from zope.interface.verify import verifyObject

from netsim.errors import ActionError, HostError, SimulatorError
from netsim.simulator.crew import Crew
from netsim.simulator.hosting import Hosting
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.ports import LINGER
from netsim.simulator.server import STOP_WITHIN, Server
from netsim.simulator.system import MultiTypeSystem
from netsim.simulator.traffic import Traffic
from tests.simulator.talking import Both, HostTestCase, Messages, Parser, outcome_of

LISTEN, SEND = ("127.0.0.1", 7000), ("127.0.0.1", 7001)
GOODBYE = SHUTDOWN.encode()


class ServerTestCase(HostTestCase):
    """A test of a server, and its systems."""

    def setUp(self) -> None:
        super().setUp()
        Both.made = self.made = []
        self.hosting = Hosting(self.reactor)

    def server(self, system: Any = Both, kind: Any = "tcp", **options: Any) -> Server:
        addresses = {"l_address": LISTEN, "s_address": SEND} if system is Both else {}
        options = {**addresses, "label": "device[3]", "hosting": self.hosting, **options}
        return Server(system, kind, **options)

    def opened(self, *arguments: Any, **options: Any) -> Server:
        server = self.server(*arguments, **options)
        self.successResultOf(server.open())
        return server

    def closed(self, server: Server) -> None:
        closing = server.close()
        self.reactor.pump()
        self.successResultOf(closing)
        self.check_gone(server)

    def check_gone(self, server: Server) -> None:
        """Nothing of it is left, and every system was stopped once."""
        self.assertEqual([], self.reactor.open)
        self.assertEqual(([], 0), (server.addresses, server.clients))
        self.assertEqual([1] * len(self.made), [system.stops for system in self.made])
        self.assertEqual([], self.reactor.getDelayedCalls())


class ArgumentTests(ServerTestCase):
    """The arguments of the document."""

    def test_what_is_wrong_with_them_is_told_at_once(self) -> None:
        error = self.assertRaises(SimulatorError, Server, Both, "x", {}, ("h",), SEND, label="L")
        for part in ("L: ", "l_address", "server_type"):
            self.assertIn(part, str(error))
        error = self.assertRaises(SimulatorError, Server, Both)
        self.assertEqual("Both: has neither l_address nor s_address", str(error))

    def test_no_system(self) -> None:
        for system in (ModuleType("device"), None, 5):
            error = self.assertRaises(SimulatorError, Server, system, "tcp", {}, LISTEN)
            self.assertIn("there is no class System", str(error))

    def test_a_module_has_it(self) -> None:
        module: Any = ModuleType("device")
        module.System = Both
        self.opened(module, l_address=LISTEN)
        self.assertEqual(1, len(self.made))

    def test_kinds(self) -> None:
        for kind, transport in (
            ("tcp", "TCP"),
            ("udp", "UDP"),
            (socketserver.ThreadingTCPServer, "TCP"),
            (socketserver.ThreadingUDPServer, "UDP"),
        ):
            server = self.opened(kind=kind)
            kinds = [(address.type, address.port) for address in server.addresses]  # type: ignore[attr-defined]
            self.assertEqual([(transport, 7000), (transport, 7001)], kinds)
            self.closed(server)

    def test_arguments_of_the_system(self) -> None:
        self.opened(kwargs={"line": 5})
        self.assertEqual({"line": 5}, self.made[0].arguments)

    def test_its_name(self) -> None:
        self.assertEqual("Both", Server(Both, l_address=LISTEN).label)
        self.assertEqual("device[3]", self.server().label)

    def test_custom_commands_can_be_switched_off(self) -> None:
        self.hosting.custom_commands = False
        self.opened()
        client = self.reactor.connect(7000)
        client.say(b"$system_stop%%%%%\n")
        self.assertEqual(b"$system_stop%%%%%", client.received)


class WhereTests(ServerTestCase):
    """Who calls a system: the reactor, or threads."""

    def test_what_a_class_makes_counts(self) -> None:
        class System(MultiTypeSystem):
            systems = {"a": Both, "b": Parser}

            def __new__(cls, **arguments: Any) -> Any:
                cls.system_type = arguments.pop("system_type")
                return MultiTypeSystem.__new__(cls, **arguments)

        for kind, on_reactor in (("a", True), ("b", False)):
            server = self.server(System, l_address=LISTEN, kwargs={"system_type": kind})
            opening = server.open()
            self.reactor.until(lambda server=server: server.addresses)
            self.successResultOf(opening)
            assert server._run is not None and server._run.instance is not None
            self.assertEqual(on_reactor, server._run.instance.on_reactor)
            closing = outcome_of(server.close())
            self.reactor.until(lambda closing=closing: closing)


class OpenTests(ServerTestCase):
    """All addresses are opened, or none."""

    def test_both(self) -> None:
        server = self.server()
        self.assertEqual([], server.addresses)
        addresses: Any = self.successResultOf(server.open())
        self.assertEqual([LISTEN, SEND], [(each.host, each.port) for each in addresses])
        self.assertEqual(addresses, server.addresses)
        self.assertEqual((1, 0), (self.made[0].starts, self.made[0].stops))
        listening, sending = self.reactor.connect(7000), self.reactor.connect(7001)
        listening.say(b"hello\n")
        self.assertEqual((b"hello", b"status"), (listening.received, sending.received))
        self.assertEqual(2, server.clients)

    def test_a_port_is_in_use(self) -> None:
        for port in (7000, 7001):
            for kind in ("tcp", "udp"):
                self.reactor.taken = {port}
                server = self.server(kind=kind)
                told = str(self.failureResultOf(server.open(), HostError).value)
                wanted = f"device[3] cannot listen on 127.0.0.1:{port}: Address already in use"
                self.assertEqual(wanted, told)
                self.check_gone(server)
        self.reactor.taken = set()
        self.successResultOf(server.open())

    def test_a_system_lacks_something(self) -> None:
        server = self.server(Messages, l_address=LISTEN, s_address=SEND)
        told = str(self.failureResultOf(server.open(), SimulatorError).value)
        self.assertIn("device[3]: it is to send", told)
        self.check_gone(server)

    def test_a_system_cannot_be_made(self) -> None:
        server = self.server(lambda: 1 / 0, l_address=LISTEN)
        self.hosting.on_reactor = True
        told = str(self.failureResultOf(server.open(), SimulatorError).value)
        wanted = "device[3]: its System cannot be made: ZeroDivisionError: division by zero"
        self.assertEqual(wanted, told)
        self.assertIn("device[3]", self.failed(ZeroDivisionError))
        self.check_gone(server)

    def test_arguments_it_does_not_take(self) -> None:
        server = self.server(Messages, l_address=LISTEN, kwargs={"line": 5})
        told = str(self.failureResultOf(server.open(), SimulatorError).value)
        self.assertIn("unexpected keyword argument 'line'", told)
        self.failed(TypeError)

    def test_a_system_cannot_start(self) -> None:
        self.patch(Both, "system_start", lambda system: 1 / 0)
        server = self.server()
        self.failureResultOf(server.open(), ZeroDivisionError)
        self.check_gone(server)

    def test_a_start_that_takes_time(self) -> None:
        starting: Deferred[None] = Deferred()
        self.patch(Both, "system_start", lambda system: starting)
        opening = self.server().open()
        self.assertEqual([], self.reactor.open)
        starting.callback(None)
        self.assertEqual([7000, 7001], self.reactor.numbers())
        self.successResultOf(opening)

    def test_it_is_opened_once(self) -> None:
        server = self.opened()
        again = self.successResultOf(server.open())
        self.assertEqual((server.addresses, 1), (again, len(self.made)))
        self.closed(server)

    def test_two_wait_for_the_same_failure(self) -> None:
        starting: Deferred[None] = Deferred()
        self.patch(Both, "system_start", lambda system: starting)
        server = self.server()
        opening = [server.open(), server.open()]
        starting.errback(OSError("bad"))
        for opened in opening:
            self.failureResultOf(opened, OSError)
        self.assertEqual(1, len(self.made))


class CloseTests(ServerTestCase):
    """Everything is closed, and the system is stopped once."""

    def test_close(self) -> None:
        server = self.opened()
        for number in (7000, 7001):
            self.reactor.connect(number)
        self.closed(server)

    def test_not_open(self) -> None:
        self.successResultOf(self.server().close())

    def test_twice(self) -> None:
        server = self.opened()
        self.reactor.connect(7000)
        closing = [server.close(), server.close()]
        self.reactor.pump()
        for closed in closing:
            self.successResultOf(closed)
        self.closed(server)

    def test_again(self) -> None:
        server = self.opened()
        for _ in range(3):
            self.closed(server)
            self.successResultOf(server.open())
            self.assertEqual([7000, 7001], self.reactor.numbers())

    def test_opened_while_it_closes(self) -> None:
        server = self.opened()
        self.reactor.connect(7000)
        closing, opening = server.close(), server.open()
        self.assertNoResult(opening)
        self.reactor.pump()
        self.successResultOf(closing)
        self.assertEqual(server.addresses, self.successResultOf(opening))
        self.assertEqual([1, 0], [system.stops for system in self.made])

    def test_while_the_system_starts(self) -> None:
        starting: Deferred[None] = Deferred()
        self.patch(Both, "system_start", lambda system: starting)
        server = self.server()
        opening, closing = server.open(), server.close()
        self.assertNoResult(closing)
        starting.callback(None)
        self.failureResultOf(opening, CancelledError)
        self.successResultOf(closing)
        self.check_gone(server)

    def test_while_the_system_hangs_as_it_starts(self) -> None:
        starting: Deferred[None] = Deferred()
        self.patch(Both, "system_start", lambda system: starting)
        server = self.server()
        opening, closing = server.open(), server.close()
        self.reactor.advance(STOP_WITHIN)
        self.successResultOf(closing)
        self.check_gone(server)
        starting.callback(None)
        self.failureResultOf(opening, CancelledError)
        self.check_gone(server)

    def test_while_the_system_is_made(self) -> None:
        class Blocking(Both):
            worker = True

        making: Deferred[Any] = Deferred()
        for late in (False, True):
            making = Deferred()
            self.patch(Crew, "once", lambda *arguments, making=making: making)
            server = self.server(Blocking, l_address=LISTEN)
            opening, closing = server.open(), server.close()
            self.assertNoResult(closing)
            if late:
                self.reactor.advance(STOP_WITHIN)
                self.successResultOf(closing)
            system = Blocking()
            self.patch(Crew, "beyond", lambda crew, name, function: succeed(function()))
            making.callback(system)
            self.failureResultOf(opening, CancelledError)
            if not late:
                self.successResultOf(closing)
            self.assertEqual((0, 1), (system.starts, system.stops))
            self.check_gone(server)

    def test_giving_up_closes(self) -> None:
        starting: Deferred[None] = Deferred()
        self.patch(Both, "system_start", lambda system: starting)
        server = self.server()
        opening = server.open()
        opening.cancel()
        self.failureResultOf(opening, CancelledError)
        starting.callback(None)
        self.check_gone(server)

    def test_a_stop_that_hangs(self) -> None:
        self.patch(Both, "system_stop", lambda system: Deferred())
        server = self.opened()
        closing = server.close()
        self.assertEqual([], self.reactor.open)
        self.reactor.advance(STOP_WITHIN - 0.01)
        self.assertNoResult(closing)
        self.reactor.advance(0.01)
        self.successResultOf(closing)
        self.assertEqual(
            "device[3]: its system_stop takes longer than 1.0 s and is left alone", self.told()
        )

    def test_a_stop_that_fails(self) -> None:
        self.patch(Both, "system_stop", lambda system: 1 / 0)
        server = self.opened()
        self.successResultOf(server.close())
        self.assertIn(
            "unexpected exception division by zero in system_stop", self.failed(ZeroDivisionError)
        )

    def test_clients_that_do_not_read_are_left(self) -> None:
        server = self.opened()
        self.reactor.connect(7000, window=1).say(b"hello\n")
        closing = server.close()
        self.reactor.pass_time(LINGER)
        self.reactor.pass_time(0)
        self.successResultOf(closing)
        self.check_gone(server)


class WireTests(ServerTestCase):
    """It is stopped over the wire: each address, then all of it."""

    def test_address_by_address(self) -> None:
        for first, second in ((7000, 7001), (7001, 7000)):
            self.made.clear()
            server = self.opened()
            stopped = server.when_stopped()
            others = self.reactor.connect(first), self.reactor.connect(second)
            client = self.reactor.connect(first)
            client.say(b"$system_stop%%%%%")
            self.assertTrue(client.received.endswith(GOODBYE))
            self.assertEqual([second], self.reactor.numbers())
            self.assertEqual([True, False], [other.closed for other in others])
            self.assertNoResult(stopped)
            self.reactor.connect(second).say(b"$system_stop%%%%%")
            self.successResultOf(stopped)
            self.assertEqual(2, self.made[0].stops)
            self.made[0].stops = 1
            self.check_gone(server)

    def test_the_only_one(self) -> None:
        server = self.opened(l_address=())
        self.reactor.connect(7001).say(b"$system_stop%%%%%")
        self.check_gone(server)
        self.successResultOf(server.open())

    def test_one_stopped_and_closed(self) -> None:
        server = self.opened()
        self.reactor.connect(7000).say(b"$system_stop%%%%%")
        self.closed(server)

    def test_another_result_stops_nothing(self) -> None:
        self.patch(Both, "system_stop", lambda system: "no")
        self.opened()
        client = self.reactor.connect(7000)
        client.say(b"$system_stop%%%%%")
        self.assertEqual((b"no", [7000, 7001]), (client.received, self.reactor.numbers()))


class StoppedTests(ServerTestCase):
    """Whoever waits for the end is told."""

    def test_closed(self) -> None:
        server = self.opened()
        waiting = [server.when_stopped(), server.when_stopped()]
        for stopped in waiting:
            self.assertNoResult(stopped)
        self.closed(server)
        for stopped in waiting:
            self.successResultOf(stopped)

    def test_not_open(self) -> None:
        self.successResultOf(self.server().when_stopped())

    def test_not_to_be_opened(self) -> None:
        starting: Deferred[None] = Deferred()
        self.patch(Both, "system_start", lambda system: starting)
        server = self.server()
        opening, stopped = server.open(), server.when_stopped()
        starting.errback(OSError("bad"))
        self.failureResultOf(opening, OSError)
        self.successResultOf(stopped)

    def test_opened_again_at_once(self) -> None:
        server = self.opened()
        self.reactor.connect(7000)
        stopped = server.when_stopped()
        server.close()
        server.open()
        self.reactor.pump()
        self.successResultOf(stopped)


class ServiceTests(ServerTestCase):
    """It is a service."""

    def test_of_an_application(self) -> None:
        server = self.server()
        self.assertTrue(verifyObject(IService, server))
        application: Any = Application("test")
        server.setServiceParent(application)
        service = IServiceCollection(application)
        service.startService()  # type: ignore[attr-defined]
        self.assertEqual([7000, 7001], self.reactor.numbers())
        self.assertEqual(1, server.running)
        self.reactor.connect(7000)
        stopping = service.stopService()  # type: ignore[attr-defined]
        self.assertNoResult(stopping)
        self.reactor.pump()
        self.successResultOf(stopping)
        self.check_gone(server)

    def test_what_goes_wrong_is_logged(self) -> None:
        self.reactor.taken = {7000}
        self.server().startService()
        self.assertIn("cannot listen on 127.0.0.1:7000", self.told())


class CountTests(ServerTestCase):
    """Beats that could not be kept are counted."""

    def test_skipped(self) -> None:
        server = self.opened()
        self.assertEqual(0, server.skipped)
        self.reactor.connect(7001)
        self.reactor.advance(1)
        self.assertGreater(server.skipped, 0)
        self.assertIn("beats are skipped", self.told())


class WatchedTests(ServerTestCase):
    """What others are told of it, and what they can have it do."""

    def test_who_gets_the_status(self) -> None:
        server = self.opened()
        self.assertEqual(0, server.subscribers)
        for port in (7000, 7001, 7001):
            self.reactor.connect(port)
        self.assertEqual((3, 2), (server.clients, server.subscribers))

    def test_traffic(self) -> None:
        """That of both addresses."""
        server = self.opened()
        self.reactor.connect(7000).say(b"one\n")
        self.reactor.connect(7001).say(b"two")
        self.assertEqual(Traffic(1, 7), server.traffic)
        self.closed(server)
        self.assertEqual(Traffic(), server.traffic)

    def test_a_custom_command(self) -> None:
        """Its answer is told; one that stops it does so, at all addresses."""
        server = self.opened()
        self.assertEqual(SHUTDOWN, self.command(server, "system_stop"))
        self.reactor.pump()
        self.check_gone(server)
        error = self.failureResultOf(self.commanding(server, "system_stop"), ActionError).value
        self.assertEqual("device[3] is not open", str(error))

    def test_a_custom_command_that_fails(self) -> None:
        server = self.opened()
        error = self.failureResultOf(self.commanding(server, "none"), ActionError).value
        self.assertEqual("device[3]: command none not supported", str(error))
        self.assertEqual(2, len(server.addresses))
        self.told()

    def commanding(self, server: Server, text: str) -> Deferred[str]:
        return Deferred.fromCoroutine(server.command(text, "somebody"))

    def command(self, server: Server, text: str) -> str:
        return self.successResultOf(self.commanding(server, text))
