"""Tests for L{netsim.dsisocket.service}."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import globalLogPublisher
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket import service, watching
from netsim.dsisocket.model import Host
from netsim.dsisocket.service import DsisocketService, Options, makeService
from netsim.errors import AuthenticationError, ConfigError

CONFIGURATION = """
dsisocket: {enabled: true, port: 27010, concurrent: 2}
infrastructure_provisioning:
  tfvars: {ssh_user: tester}
  out:
    workload_client: [{public_ip: 192.0.2.1}, {public_ip: 192.0.2.2, ssh_port: 2222}]
    mongod: [{public_ip: 192.0.2.3}]
"""


def options(*arguments: str) -> Options:
    """What a command line gives."""
    parsed = Options()
    parsed.parseOptions(arguments)
    return parsed


class ServiceTestCase(SynchronousTestCase):
    """A test in a directory of its own."""

    def setUp(self) -> None:
        directory = Path(self.mktemp())
        directory.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(directory)

    def write(self, text: str) -> None:
        Path("test_control.yml").write_text(text)


class OptionsTests(ServiceTestCase):
    """What can be told, and what is refused."""

    def refused(self, *arguments: str) -> str:
        return str(self.assertRaises(UsageError, options, *arguments))

    def test_what_is_refused(self) -> None:
        self.assertIn("--concurrent: expected at least 1", self.refused("--concurrent", "0"))
        self.assertIn("--listen goes with --local", self.refused("-l", "localhost:1"))
        self.assertIn("--listen: 'x' is no address", self.refused("--local", "-l", "x"))

    def test_without_a_configuration(self) -> None:
        """On one machine nothing has to be configured."""
        settings = options("--local").settings([])
        self.assertEqual(["localhost"], [host.name for host in settings.hosts])
        self.assertRaises(ConfigError, options().settings, [])
        self.assertRaises(ConfigError, options("--local", "-c", "other.yml").settings, [])

    def test_a_configuration_that_is_there(self) -> None:
        """It is read, also with --local."""
        self.write(CONFIGURATION)
        settings = options("--local").settings([])
        self.assertEqual((27010, 2), (settings.listen.port, settings.listen.concurrent))
        self.assertFalse(settings.ssh.accept_new)

    def test_options_win(self) -> None:
        self.write(CONFIGURATION)
        settings = options("--concurrent", "5", "--accept-new").settings([])
        self.assertEqual(5, settings.listen.concurrent)
        self.assertTrue(settings.ssh.accept_new)


class Tunnel:
    """Stands for a L{ReverseTunnel}."""

    made: list[Tunnel]

    def __init__(self, reactor: Any, connect: Any, name: str, *where: Any) -> None:
        self.name, self.where = name, where
        self.ready: Deferred[Any] = Deferred()
        self.parent: Any = None
        Tunnel.made.append(self)

    def when_ready(self) -> Deferred[Any]:
        return self.ready

    def setServiceParent(self, parent: Any) -> None:
        self.parent = parent


class RunningTestCase(ServiceTestCase):
    """A test that runs services, on a network in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = MemoryReactorClock()
        Tunnel.made = []
        self.patch(service, "ReverseTunnel", Tunnel)

    def listening(self, *arguments: str) -> tuple[DsisocketService, Deferred[Any]]:
        running = DsisocketService(options(*arguments), self.reactor)
        return running, Deferred.fromCoroutine(running.listen())


class RunningTests(RunningTestCase):
    """What the service opens, and closes."""

    def test_tunnels(self) -> None:
        """One for each workload_client; it is ready when all are."""
        self.write(CONFIGURATION)
        running, opening = self.listening()
        names = [tunnel.name for tunnel in Tunnel.made]
        self.assertEqual(["tester@192.0.2.1:22", "tester@192.0.2.2:2222"], names)
        self.assertEqual([running, running], [tunnel.parent for tunnel in Tunnel.made])
        for tunnel in Tunnel.made:
            self.assertEqual(("127.0.0.1", 27010), tunnel.where[:2])
        address = IPv4Address("TCP", "127.0.0.1", 27010)
        Tunnel.made[0].ready.callback(address)
        self.assertNoResult(opening)
        Tunnel.made[1].ready.callback(address)
        self.assertEqual([address], list(self.successResultOf(opening)))
        self.assertEqual([], self.reactor.tcpServers)

    def test_who_does_not_let_us_in(self) -> None:
        """The reason is told, not that one of several has failed."""
        self.write(CONFIGURATION)
        _, opening = self.listening()
        Tunnel.made[1].ready.errback(AuthenticationError("not you"))
        self.assertEqual("not you", str(self.failureResultOf(opening).value))

    def test_local(self) -> None:
        self.write(CONFIGURATION)
        _, opening = self.listening("--local")
        self.successResultOf(opening)
        [(port, _, _, interface)] = self.reactor.tcpServers
        self.assertEqual((27010, "127.0.0.1"), (port, interface))
        self.assertEqual([], Tunnel.made)

    def test_another_address(self) -> None:
        self.successResultOf(self.listening("--local", "-l", "127.0.0.2:99")[1])
        [(port, _, _, interface)] = self.reactor.tcpServers
        self.assertEqual((99, "127.0.0.2"), (port, interface))

    def test_no_workload_client(self) -> None:
        """Then workloads are on this machine."""
        self.write("dsisocket: {enabled: true, bind_addr: '::1'}")
        self.successResultOf(self.listening()[1])
        [(port, _, _, interface)] = self.reactor.tcpServers
        self.assertEqual((27007, "::1"), (port, interface))

    def test_not_enabled(self) -> None:
        self.write("dsisocket: {port: 27010}")
        error = self.failureResultOf(self.listening()[1], ConfigError)
        self.assertEqual(
            "test_control.yml: dsisocket.enabled: nothing is served unless it is true,"
            " or with --local",
            error.getErrorMessage(),
        )
        self.successResultOf(self.listening("--local")[1])

    def test_warnings(self) -> None:
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        self.write("dsisocket: {enabled: true, bind_addr: 0.0.0.0}")
        self.successResultOf(self.listening()[1])
        told = [event["text"] for event in events if "text" in event]
        self.assertEqual(1, len(told))
        self.assertIn("bind_addr", told[0])

    def test_stop(self) -> None:
        """The port and what is connected are closed."""
        running, opening = self.listening("--local")
        self.successResultOf(opening)
        [(_, factory, _, _)] = self.reactor.tcpServers
        transport = StringTransport()
        factory.buildProtocol(None).makeConnection(transport)
        self.successResultOf(running.stopService())
        self.assertTrue(transport.disconnecting)
        self.assertIsNone(factory.buildProtocol(None))

    def test_stop_does_not_wait_for_ever(self) -> None:
        """What does not end is left."""
        running, _ = self.listening("--local")
        running._cluster.stop = Deferred  # type: ignore[union-attr,method-assign,assignment]
        stopping = running.stopService()
        self.assertNoResult(stopping)
        self.reactor.advance(service.STOP_WITHIN)
        self.successResultOf(stopping)

    def test_stop_before_anything(self) -> None:
        self.successResultOf(DsisocketService(options("--local"), self.reactor).stopService())

    def test_made(self) -> None:
        self.assertEqual("netsim-dsisocket", makeService(options("--local")).name)


class WiringTests(ServiceTestCase):
    """A command comes in at one end, and goes out at the other."""

    def ask(self, command: object, *arguments: str) -> Any:
        self.write(CONFIGURATION)
        reactor = MemoryReactorClock()
        running = DsisocketService(options("--local", *arguments), reactor)
        self.successResultOf(Deferred.fromCoroutine(running.listen()))
        [(_, factory, _, _)] = reactor.tcpServers
        transport = StringTransport()
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(transport)
        protocol.dataReceived(json.dumps(command).encode())
        return json.loads(transport.value())

    def test_dry_run(self) -> None:
        reply = self.ask({"on_all_hosts": {"exec": "rm -r /data"}}, "--dry-run", "--details")
        self.assertEqual(0, reply["status_code"])
        names = ["workload_client.0", "workload_client.1", "mongod.0"]
        self.assertEqual(names, list(reply["hosts"]))
        for report in reply["hosts"].values():
            self.assertIn("rm -r /data", "\n".join(report["planned"]))

    def test_unknown_host(self) -> None:
        """Those that there are are told."""
        reply = self.ask({"on_mongod.7": {"exec": "true"}})
        self.assertEqual("EXECUTION_ERROR", reply["status"])
        self.assertIn("mongod.7", reply["message"])
        self.assertIn("workload_client", reply["message"])
        self.assertEqual(["status_code", "status", "message"], list(reply))

    def test_machines(self) -> None:
        """Each host has the kind that it needs, made with how it is reached."""
        self.write(CONFIGURATION)
        connected: list[Any] = []
        self.patch(service, "connect", lambda _, target: succeed(connected.append(target)))
        running = DsisocketService(options(), MemoryReactorClock())
        settings = options().settings([])
        here = running._machine(Host("localhost", 0, "", ""), settings)
        self.assertIsInstance(here, service.LocalMachine)
        there = running._machine(settings.hosts[0], settings)
        self.assertIsInstance(there, service.RemoteMachine)


class DaemonTests(RunningTestCase):
    """Where a status daemon is to know."""

    def setUp(self) -> None:
        super().setUp()
        self.report, self.told = Service(), []
        self.patch(watching, "report_of", lambda *args: self.told.append(args) or self.report)

    def test_told(self) -> None:
        """The service has a child that tells it, once it is reached."""
        running, opening = self.listening("--local", "--daemon", "localhost:7")
        [address] = self.successResultOf(opening)
        running.ready()
        self.assertIs(running, self.report.parent)
        *_, addresses, watched = self.told[0]
        self.assertEqual(([address], ["localhost"]), (addresses, watched.hosts))
        [(_, factory, _, _)] = self.reactor.tcpServers
        factory.buildProtocol(None).makeConnection(StringTransport())
        self.assertEqual(1, watched.status()["connections open"])

    def test_tunnels(self) -> None:
        self.write(CONFIGURATION)
        running, opening = self.listening("--daemon", "localhost:7")
        address = IPv4Address("TCP", "127.0.0.1", 27010)
        for tunnel in Tunnel.made:
            tunnel.ready.callback(address)
        self.successResultOf(opening)
        running.ready()
        *_, addresses, watched = self.told[0]
        self.assertEqual(([address], Tunnel.made), (addresses, watched.tunnels))
        self.assertEqual(4, len(watched.hosts))

    def test_nobody(self) -> None:
        """By itself nobody is told anything."""
        running, opening = self.listening("--local")
        self.successResultOf(opening)
        running.ready()
        self.assertEqual([], self.told)

    def test_commands_do_not_see_the_token(self) -> None:
        """It is for the daemon, and for nobody who sends commands."""
        made: list[Any] = []
        self.patch(service, "LocalMachine", lambda host, reactor, hidden: made.append(hidden))
        running, opening = self.listening("--local")
        self.successResultOf(opening)
        [host] = running._cluster.settings.hosts
        running._cluster.machine(host)
        self.assertIn("NETSIM_DAEMON_TOKEN", made[0])
