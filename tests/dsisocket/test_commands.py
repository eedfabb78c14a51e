"""L{netsim.dsisocket.commands}."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import verify

import twisted.plugins
from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.commands import NetworkDelays, OnHosts, commands
from netsim.dsisocket.dry import DryMachine
from netsim.dsisocket.interfaces import ICommand
from netsim.dsisocket.model import Ended, Host, HostReport
from netsim.errors import CommandError, ConfigError
from tests.dsisocket.machines import FakeMachine, host, settings

HOSTS = (host("mongod", 0), host("mongod", 1), host("mongos", 0, alias="router"))


class CommandsTestCase(SynchronousTestCase):
    """Runs commands on machines that only remember."""

    def setUp(self) -> None:
        self.machines: dict[str, FakeMachine] = {}
        self.configure(HOSTS)

    def configure(self, hosts: tuple[Host, ...]) -> None:
        self.cluster = Cluster(settings(hosts), self.make, Clock())

    def make(self, host: Host) -> FakeMachine:
        return self.machines.setdefault(host.name, FakeMachine(host))

    def do(self, command: Any, target: str, argument: Any) -> tuple[HostReport, ...]:
        return self.successResultOf(command.run(target, argument, self.cluster))

    def wrong(self, command: Any, target: str, argument: Any) -> str:
        error = self.assertRaises(CommandError, command.run, target, argument, self.cluster)
        self.assertEqual({}, self.machines)
        return str(error)


class OnHostsTests(CommandsTestCase):
    """C{on_…}."""

    def test_interface(self) -> None:
        verify.verifyObject(ICommand, OnHosts())
        verify.verifyObject(ICommand, NetworkDelays())

    def test_targets(self) -> None:
        """Groups, hosts and aliases."""
        for target, names in [
            ("on_mongod", ["mongod.0", "mongod.1"]),
            ("on_mongod.1", ["mongod.1"]),
            ("on_router", ["router"]),
            ("on_localhost", ["localhost"]),
            ("on_all_servers", ["mongod.0", "mongod.1", "router"]),
        ]:
            self.machines.clear()
            self.configure(HOSTS)
            reports = self.do(OnHosts(), target, {"exec": "true"})
            self.assertEqual([HostReport(name, exit_status=0) for name in names], list(reports))
            self.assertEqual(names, list(self.machines))

    def test_log(self) -> None:
        """The log tells what is done where, and not what the steps hold."""
        with capturedLogs() as events:
            self.do(OnHosts(), "on_mongod", {"exec": "export PASSWORD=hush", "timeout_s": 5})
            self.do(NetworkDelays(), "network_delays", {})
        told = [formatEvent(event) for event in events]
        self.assertIn("on_mongod: exec, timeout_s on mongod.0, mongod.1", told)
        self.assertIn("network_delays on mongod.0, mongod.1, mongos.0 (router)", told)
        self.assertNotIn("hush", "".join(told))

    def test_dry_run(self) -> None:
        """Where nothing is done, the reports tell what would be, each command its own."""
        self.cluster = Cluster(settings(HOSTS), DryMachine, Clock())
        for script in ("uname -a", "false"):
            (report, other) = self.do(OnHosts(), "on_mongod", {"exec": script})
            planned = (f"run: {script}",)
            self.assertEqual(HostReport("mongod.0", exit_status=0, planned=planned), report)
            self.assertEqual(planned, other.planned)

    def test_parallel(self) -> None:
        """All hosts begin at once; the reply waits for all."""
        waiting = [Deferred[Ended](), Deferred[Ended]()]
        for each, ended in zip(HOSTS, waiting, strict=False):
            self.make(each).answer = lambda _, ended=ended: ended
        reports = OnHosts().run("on_mongod", {"exec": "sleep 1"}, self.cluster)
        self.assertEqual(["sleep 1"], self.machines["mongod.1"].asked)
        waiting[1].callback(Ended(3))
        self.assertNoResult(reports)
        waiting[0].callback(Ended(0))
        failures = [report.failure for report in self.successResultOf(reports)]
        self.assertEqual(["", "exit status 3"], failures)

    def test_no_host(self) -> None:
        """What there is not is told, with what there is."""
        for target in ("on_mongod.7", "on_primary", "on_configsvr", "on_"):
            self.assertIn("mongod.1", self.wrong(OnHosts(), target, {"exec": "true"}))

    def test_atlas(self) -> None:
        """A target of a hosted service that is not ours."""
        self.assertEqual(
            "'Unknown dsisocket target on_atlas'",
            self.wrong(OnHosts(), "on_atlas", {"retrieve_logs": []}),
        )

    def test_wrong(self) -> None:
        """Nothing is run anywhere if anything is wrong."""
        told = self.wrong(OnHosts(), "on_mongod", {"exec": "true", "foo": 1, "timeout_s": -1})
        self.assertEqual(2, len(told.splitlines()))


class NetworkDelaysTests(CommandsTestCase):
    """C{network_delays}."""

    def test_all_hosts(self) -> None:
        """On every host, to every other one."""
        reports = self.do(NetworkDelays(), "network_delays", {"delay_ms": 10})
        self.assertEqual(["mongod.0", "mongod.1", "router"], [report.host for report in reports])
        for each in HOSTS:
            (script,) = self.machines[each.name].asked
            self.assertIn("netem delay 10ms limit", script)
            for other in HOSTS:
                self.assertEqual(other is not each, f"dst {other.private_ip}/32" in script)

    def test_same_machine(self) -> None:
        """Hosts of one address are one machine, whose device is set up once."""
        again = evolve(HOSTS[0], group="mongos", index=1)
        self.configure((*HOSTS, again))
        reports = self.do(NetworkDelays(), "network_delays", {"delay_ms": 10})
        self.assertEqual(["mongod.0", "mongod.1", "router"], [report.host for report in reports])

    def test_wrong(self) -> None:
        """The place of a problem is the command's key."""
        told = self.wrong(NetworkDelays(), "network_delays", {"delay": 10})
        self.assertIn("network_delays.delay: unknown key: did you mean delay_ms?", told)
        self.assertEqual(
            "network_delays: expected a mapping, not nothing",
            self.wrong(NetworkDelays(), "network_delays", None),
        )

    def test_no_hosts(self) -> None:
        self.configure(())
        self.assertIn("all_hosts", self.wrong(NetworkDelays(), "network_delays", {}))


PLUGIN = """
from netsim.dsisocket.commands import OnHosts
class Mine(OnHosts):
    name = "{name}"
mine = Mine()
"""


class PluginTests(SynchronousTestCase):
    """Commands are found."""

    def install(self, name: str, text: str) -> None:
        """A project's plugin file."""
        directory = Path(self.mktemp()).absolute()
        directory.mkdir()
        (directory / f"{name}.py").write_text(text)
        self.patch(twisted.plugins, "__path__", [*twisted.plugins.__path__, str(directory)])
        self.addCleanup(sys.modules.pop, f"twisted.plugins.{name}", None)

    def names(self) -> set[str]:
        return {command.name for command in commands()}

    def test_shipped(self) -> None:
        self.assertLessEqual({"on_*", "network_delays"}, self.names())

    def test_own(self) -> None:
        """A project adds commands by a file."""
        self.install("e_project", PLUGIN.format(name="my_command"))
        self.assertLessEqual({"on_*", "my_command"}, self.names())

    def test_duplicate(self) -> None:
        """Two of one name: both modules are told."""
        self.install("e_twice", PLUGIN.format(name="on_*"))
        self.assertEqual(
            "twisted.plugins: the command on_* is in e_twice and in netsim_dsisocket_commands",
            str(self.assertRaises(ConfigError, commands)),
        )

    def test_broken(self) -> None:
        """A file that cannot be imported is logged; the others are found."""
        self.install("e_broken", "import no_such_module_at_all")
        self.assertLessEqual({"on_*", "network_delays"}, self.names())
        self.assertTrue(self.flushLoggedErrors(ImportError))
