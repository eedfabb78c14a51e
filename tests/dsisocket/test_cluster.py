"""L{netsim.dsisocket.cluster}."""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.model import Ended, Host, HostReport, Limits
from netsim.errors import CommandError, SshError
from tests.dsisocket.machines import FakeMachine, host, settings

HOSTS = tuple(host("mongod", index) for index in range(3))


class ClusterTests(SynchronousTestCase):
    """Work on several hosts."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.made: list[FakeMachine] = []
        self.cluster = Cluster(settings(HOSTS), self.make, self.clock)

    def make(self, host: Host) -> FakeMachine:
        self.made.append(FakeMachine(host))
        return self.made[-1]

    def test_hosts(self) -> None:
        """Targets are found in the configuration."""
        self.assertEqual(HOSTS, self.cluster.hosts("mongod"))
        self.assertEqual(HOSTS[1:2], self.cluster.hosts("mongod.1"))
        with self.assertRaises(CommandError):
            self.cluster.hosts("mongod.9")

    def test_machine(self) -> None:
        """A host has one machine, made when it is needed."""
        self.assertEqual([], self.made)
        self.assertIs(self.cluster.machine(HOSTS[0]), self.cluster.machine(HOSTS[0]))
        self.assertEqual(1, len(self.made))

    def test_parallel(self) -> None:
        """All begin at once; the reports come when the last has done, in the order of hosts."""
        waiting = {each.name: Deferred[None]() for each in HOSTS}

        async def work(machine: FakeMachine) -> HostReport | None:
            await waiting[machine.host.name]
            name = machine.host.name
            return None if name == "mongod.1" else HostReport(name, exit_status=0)

        reports = self.cluster.on_each(HOSTS, work)
        self.assertEqual(3, len(self.made))
        for name in ("mongod.2", "mongod.0", "mongod.1"):
            self.assertNoResult(reports)
            self.clock.advance(1)
            waiting[name].callback(None)
        self.assertEqual(
            (
                HostReport("mongod.0", exit_status=0, seconds=2),
                HostReport("mongod.1", seconds=3),
                HostReport("mongod.2", exit_status=0, seconds=1),
            ),
            self.successResultOf(reports),
        )

    def test_none(self) -> None:
        """Nothing is to be done on no host."""
        self.assertEqual((), self.successResultOf(self.cluster.on_each((), self.fail)))

    def test_deferred(self) -> None:
        """Work need not be a coroutine; its own report of the time stands."""

        def work(machine: FakeMachine) -> Deferred[HostReport | None]:
            report = HostReport(machine.host.name, seconds=7)
            self.clock.advance(1)
            return machine.run("true", Limits()).addCallback(lambda _: report)

        (report,) = self.successResultOf(self.cluster.on_each(HOSTS[:1], work))
        self.assertEqual(HostReport("mongod.0", seconds=7), report)

    def test_failure(self) -> None:
        """What goes wrong on one host is told of that host; the others do not notice."""

        async def work(machine: FakeMachine) -> None:
            if machine.host.index == 0:
                raise SshError("nobody answers")

        reports = self.successResultOf(self.cluster.on_each(HOSTS, work))
        self.assertEqual(["nobody answers", "", ""], [report.failure for report in reports])

    def test_bug(self) -> None:
        """A bug is told too, and logged."""

        def work(machine: FakeMachine) -> Deferred[None]:
            raise KeyError("oh")

        (report,) = self.successResultOf(self.cluster.on_each(HOSTS[:1], work))
        self.assertEqual(HostReport("mongod.0", "KeyError: 'oh'"), report)
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))

    def test_cancel(self) -> None:
        """Cancelling reaches the work on every host."""
        scripts = [Deferred[Ended]() for _ in HOSTS]
        cancelled = []
        for each, script in zip(HOSTS, scripts, strict=True):
            script.addErrback(lambda reason: cancelled.append(reason) or reason)
            self.cluster.machine(each).answer = lambda _, script=script: script

        async def work(machine: FakeMachine) -> None:
            await machine.run("sleep 9", Limits())

        reports = self.cluster.on_each(HOSTS, work)
        reports.cancel()
        self.assertEqual(3, len(cancelled))
        told = self.successResultOf(reports)
        self.assertEqual(["cancelled"] * 3, [report.failure for report in told])

    def test_planned(self) -> None:
        """The report tells what a machine noted during this work, and not before."""

        async def work(machine: FakeMachine) -> None:
            machine.planned.append("true")

        machine = self.cluster.machine(HOSTS[0])
        machine.planned = ["earlier"]
        (report,) = self.successResultOf(self.cluster.on_each(HOSTS[:1], work))
        self.assertEqual(("true",), report.planned)

    def test_stop(self) -> None:
        """Every machine that was made is stopped, also where one cannot be."""
        for each in HOSTS[:2]:
            self.cluster.machine(each)
        self.made[0].stop = lambda: fail(OSError("no"))
        self.assertIsNone(self.successResultOf(self.cluster.stop()))
        self.assertTrue(self.made[1].stopped)
        self.assertEqual(1, len(self.flushLoggedErrors(OSError)))
        self.assertIsNone(self.successResultOf(self.cluster.stop()))
