"""Tests for L{netsim.simulator.service}, in memory."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.application.service import Service
from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.internet.testing import MemoryReactorClock
from twisted.python import usage

from netsim import process
from netsim.errors import HostError
from netsim.rundir import StartLock
from netsim.simulator import child, detach, service, watching
from netsim.simulator.messages import Status
from netsim.simulator.rundir import LOCK
from netsim.simulator.running import Process
from netsim.simulator.service import Options, SimulatorService, Start
from tests.simulator.hosting import FakeSimulator
from tests.simulator.modules import ModulesTestCase

RUNS = Status("device", "device", 2, ("127.0.0.1:11000",), uptime=1)


class Reactor(MemoryReactorClock):
    """One that runs."""

    def callWhenRunning(self, call: Callable[..., Any], *args: Any) -> None:
        call(*args)


class InlineWorker:
    """Does it here and now."""

    def __init__(self, reactor: object, name: str) -> None:
        pass

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        return maybeDeferred(function, *args)

    def stop(self) -> None:
        pass


class Timer:
    """Never goes off."""

    daemon = False

    def __init__(self, seconds: float, call: object, arguments: tuple[int]) -> None:
        assert (seconds, call) == (process.STOP_WITHIN, os._exit)
        self.arguments = arguments

    def start(self) -> None:
        assert self.daemon


class ServiceTestCase(ModulesTestCase):
    """
    Simulators that open nothing, of modules in the test's directory.

    @ivar made: those that were made.
    @ivar status: the one of the process.
    @ivar others: what other processes tell.
    """

    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="netsim-")
        self.addCleanup(directory.cleanup)
        self.run_dir = Path(directory.name, "run")
        self.patch(os, "environ", {**os.environ, "NETSIM_RUN_DIR": str(self.run_dir)})
        self.patch(service, "Worker", InlineWorker)
        self.patch(service, "survey", lambda directory: self.others)
        self.patch(service.threading, "Timer", Timer)
        self.patch(process, "set_exit_status", self._set_status)
        self.stdout = io.StringIO()
        self.patch(sys, "__stdout__", self.stdout)
        self.others: list[Process] = []
        self.made: list[FakeSimulator] = []
        self.status: int | None = None
        self.reactor = Reactor()
        self.write("device.py")

    def run_service(self, *words: str, opening: Deferred[Any] | None = None) -> SimulatorService:
        """Start it; the device opens when C{opening} fires."""
        self._opening = opening
        config = Options()
        config.parseOptions(["--path", str(self.directory), *words])
        running = SimulatorService(config, self.reactor, self._make)
        running.startService()
        return running

    def stop(self, running: SimulatorService) -> None:
        """Stop it, as the reactor does."""
        stopping = running.stopService()
        self.reactor.advance(0)
        self.successResultOf(stopping)

    def check_end(self, status: int | None, said: str) -> None:
        """The process ends like this."""
        self.assertEqual((True, status), (self.reactor.hasStopped, self.status))
        self.assertEqual(said, self.stdout.getvalue())

    def _make(self, module: Any, **options: Any) -> FakeSimulator:
        self.made.append(FakeSimulator.make(module, **options))
        if self._opening is not None and self.made[-1].name == "device":
            self.made[-1].opening = self._opening
        return self.made[-1]

    def _set_status(self, status: int | None) -> None:
        self.status = status


READY = (
    "netsim-simulator listening on 127.0.0.1:1-2\n"
    "Simulator 'device' up and running.\n"
)  # fmt: skip
STOPPED = "Simulator 'device' stopped.\n"


class StartTests(ServiceTestCase):
    def test_options(self) -> None:
        """Each option reaches the simulator."""
        self.run_service("-s", "device")
        words = ["--host=module", "--port-offset=3", "--on-reactor", "--max-workers=7"]
        self.run_service("-s", "device", "-t", "x", "--no-custom-commands", *words)
        usual = {
            "host": "127.0.0.1",
            "port_offset": 0,
            "on_reactor": False,
            "custom_commands": True,
            "max_workers": 1000,
            "reactor": self.reactor,
        }
        others = {
            "host": None,
            "port_offset": 3,
            "on_reactor": True,
            "custom_commands": False,
            "max_workers": 7,
            "reactor": self.reactor,
            "system_type": "x",
        }
        self.assertEqual([usual, others], [simulator.options for simulator in self.made])

    def test_prints(self) -> None:
        """What runs is told, and what has stopped; when all have, the process is done."""
        self.run_service("-s", "device")
        self.assertEqual(READY, self.stdout.getvalue())
        self.made[0].end()
        self.check_end(0, READY + STOPPED)

    def test_several(self) -> None:
        """The process goes on with the rest."""
        self.write("other.py")
        running = self.run_service("-s", "device", "-s", "other")
        self.made[0].end()
        self.assertFalse(self.reactor.hasStopped)
        self.assertEqual(["other"], [status.name for status in running.status()])
        self.made[1].end()
        self.assertTrue(self.reactor.hasStopped)

    def test_stoppedEarly(self) -> None:
        """One that is stopped while the next one opens has stopped all the same."""
        self.write("other.py")
        opening: Deferred[Any] = Deferred()
        self.run_service("-s", "other", "-s", "device", opening=opening)
        self.made[0].end()
        opening.callback(None)
        self.assertTrue(self.stdout.getvalue().endswith("Simulator 'other' stopped.\n"))
        self.assertFalse(self.reactor.hasStopped)
        self.made[1].end()
        self.assertTrue(self.reactor.hasStopped)

    def test_all(self) -> None:
        """Without a name, all are started; where there are none, that is told."""
        self.patch(service, "list_simulators", lambda paths: ["device"])
        self.run_service()
        self.assertEqual(READY, self.stdout.getvalue())
        self.patch(service, "list_simulators", lambda paths: [])
        self.run_service()
        self.check_end(1, READY)

    def test_sameName(self) -> None:
        """Two that would be called the same cannot be told apart."""
        self.write("pack/__init__.py", "")
        self.write("pack/device.py")
        self.run_service("-s", "device", "-s", "pack.device")
        self.check_end(1, "")

    def test_signal(self) -> None:
        """A signal stops all of them, and does not end the process well."""
        running = self.run_service("-s", "device")
        self.stop(running)
        self.assertEqual(READY + STOPPED, self.stdout.getvalue())
        self.assertEqual((None, False), (self.status, self.reactor.hasStopped))

    def test_noReader(self) -> None:
        """A stdout that is closed is no error."""
        self.stdout.close()
        self.run_service("-s", "device")
        self.made[0].end()
        self.assertEqual(0, self.status)


class FailureTests(ServiceTestCase):
    def test_port(self) -> None:
        """What cannot be opened ends the process; what was made is closed."""
        self.run_service("-s", "device", opening=fail(HostError("port 1 is taken")))
        self.check_end(1, "")
        self.assertEqual(1, self.made[0].closed)

    def test_mistake(self) -> None:
        """So does a mistake."""
        self.run_service("-s", "device", opening=fail(ZeroDivisionError()))
        self.check_end(1, "")
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_runsAlready(self) -> None:
        """One that runs with these addresses is not started again."""
        self.others = [Process(1, Path("1"), (evolve(RUNS, name="x"), RUNS))]
        self.run_service("-s", "device")
        self.check_end(1, "Simulator 'device' already running.\n")
        self.assertEqual([], self.made[0].addresses)

    def test_runsElsewhere(self) -> None:
        """Those with other names or addresses, that start, or do not answer, are not in the way."""
        for other in (
            evolve(RUNS, name="other"),
            evolve(RUNS, addresses=("127.0.0.1:12000",)),
            evolve(RUNS, uptime=None),
        ):
            self.others.append(Process(1, Path("1"), (other,)))
        self.others.append(Process(2, Path("2"), None))
        self.run_service("-s", "device")
        self.assertEqual(READY, self.stdout.getvalue())

    def test_lock(self) -> None:
        """Starts wait for each other, but not for ever."""
        self.run_dir.mkdir(mode=0o700)
        lock = StartLock(self.run_dir, LOCK)
        lock.acquire()
        self.run_service("-s", "device")
        self.reactor.pump([service.LOCK_PAUSE] * 10)
        self.assertEqual("", self.stdout.getvalue())
        lock.release()
        self.reactor.advance(service.LOCK_PAUSE)
        self.assertEqual(READY, self.stdout.getvalue())
        self.addCleanup(StartLock(self.run_dir, LOCK).acquire)
        hung = StartLock(self.run_dir, LOCK)
        hung.acquire()
        self.run_service("-s", "device")
        self.reactor.pump([service.LOCK_PAUSE] * int(service.LOCK_WITHIN / service.LOCK_PAUSE))
        self.assertEqual(READY * 2, self.stdout.getvalue())
        hung.release()

    def test_interrupted(self) -> None:
        """One that is stopped while it starts has not failed, whatever comes of the rest."""
        for end in (lambda opening: None, lambda opening: opening.errback(HostError("late"))):
            opening: Deferred[Any] = Deferred(end)
            running = self.run_service("-s", "device", opening=opening)
            self.stop(running)
            self.assertEqual((None, ""), (self.status, self.stdout.getvalue()))
            self.assertGreater(self.made[-1].closed, 0)


class ControlTests(ServiceTestCase):
    def test_status(self) -> None:
        """The time counts from the ready line."""
        opening: Deferred[Any] = Deferred()
        running = self.run_service("-s", "device", "--port-offset=5", opening=opening)
        [status] = running.status()
        wanted = ("127.0.0.1:11005", "127.0.0.1:11006")
        self.assertEqual(Status("device", "device", 2, wanted, 0, None, 5), status)
        opening.callback(None)
        self.reactor.advance(3)
        [status] = running.status()
        self.assertEqual((("127.0.0.1:1", "127.0.0.1:2"), 3), (status.addresses, status.uptime))

    def test_stop(self) -> None:
        """Those that are named stop."""
        self.write("other.py")
        running = self.run_service("-s", "device", "-s", "other")
        running.stop(["device", "nothing"])
        self.assertEqual([1, 0], [simulator.closed for simulator in self.made])
        self.assertTrue(self.stdout.getvalue().endswith(STOPPED))
        running.stop(["other"])
        self.assertEqual((True, 0), (self.reactor.hasStopped, self.status))

    def test_stopStarting(self) -> None:
        """What has not started yet is given up."""
        running = self.run_service("-s", "device", opening=Deferred())
        running.stop(["device"])
        self.assertEqual((True, 0), (self.reactor.hasStopped, self.status))
        self.stop(running)
        self.assertEqual("", self.stdout.getvalue())

    def test_socket(self) -> None:
        """The socket is in the run directory."""
        self.run_service("-s", "device")
        [(path, *_)] = self.reactor.unixServers
        self.assertEqual(self.run_dir, Path(path).parent)


class RoleTests(ServiceTestCase):
    def run_as(self, role: str) -> SimulatorService:
        """Start it as a copy."""
        os.environ["NETSIM_SIMULATOR_CHILD"] = role
        return self.run_service("-s", "device")

    def test_detached(self) -> None:
        """In the background, stdout is let go of after the last line."""
        said: list[str] = []
        self.patch(child, "release_stdout", lambda: said.append(self.stdout.getvalue()))
        self.run_service("-s", "device")
        self.assertEqual([], said)
        self.stdout.truncate(self.stdout.seek(0))
        self.run_as(child.DETACHED)
        self.assertEqual([READY], said)

    def test_watched(self) -> None:
        """Under a watch, the end of stdin is the end."""
        self.run_as(child.WATCHED)
        [stdin] = self.reactor.readers
        self.assertFalse(self.reactor.hasStopped)
        stdin.connectionLost(None)
        self.assertEqual((True, 0), (self.reactor.hasStopped, self.status))


class OptionsTests(ServiceTestCase):
    def refused(self, *words: str) -> str:
        """The complaint about options of start."""
        return str(self.assertRaises(usage.UsageError, Start().parseOptions, words))

    def test_host(self) -> None:
        """A host is an address, or the module's."""
        for text, host in (("::1", "::1"), ("localhost", "127.0.0.1"), ("module", "module")):
            config = Options()
            config.parseOptions(["--host", text])
            self.assertEqual(host, config["host"])
        expected = "--host: 'here' cannot be used: expected an IP address, or module"
        self.assertEqual(expected, self.refused("--host", "here"))

    def test_together(self) -> None:
        """What does not go together is refused."""
        self.assertIn("--watch: ", self.refused("--watch", "--detach"))
        self.assertIn("--log: ", self.refused("--log", "x"))
        self.assertIn("--log: ", self.refused("--log", "x", "--watch"))


class RunTests(ServiceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ran: list[Any] = []
        self.patch(process, "run", self.ran.append)
        self.patch(child, "command", list)

    def run_start(self, *words: str) -> Start:
        """Do what C{netsim simulator start} does."""
        start = Start()
        start.parseOptions(words)
        self.lines = list(start.run())
        return start

    def test_foreground(self) -> None:
        """By itself it is the service."""
        self.run_start("-s", "device")
        self.assertIsInstance(self.ran[0], SimulatorService)

    def test_watch(self) -> None:
        """With C{--watch} a copy runs, with all other options."""
        words = [
            "--system=a",
            f"--path={self.directory}",
            "--type=t",
            "--host=module",
            "--port-offset=3",
            "--max-workers=4",
            "--daemon=http://localhost:7",
            "--project=mine",
            "--on-reactor",
            "--no-custom-commands",
        ]
        self.run_start(*reversed(words), "--watch")
        self.assertEqual(["simulator", "start", *words], self.ran[0]._command)

    def test_detach(self) -> None:
        """With C{--detach} a copy is started, whose log has its name."""
        made: list[tuple[list[str], Path]] = []

        class FakeDetached:
            failed = True

            def __init__(self, command: list[str], log: Path) -> None:
                made.append((command, log))

            def start(self) -> list[str]:
                return ["line"]

        self.patch(detach, "Detached", FakeDetached)
        for words, log in (
            ([], "simulators.log"),
            (["-s", "a.b"], "b.log"),
            (["-s", "a", "-t", "c"], "c.log"),
            (["-s", "a", "-s", "b"], "simulators.log"),
        ):
            start = self.run_start(*words, "--detach")
            self.assertEqual((["line"], True), (self.lines, start.failed))
            self.assertEqual(self.run_dir / log, made[-1][1])
            self.assertNotIn("--detach", made[-1][0])
        self.run_start("--log", "own", "--detach")
        self.assertEqual(Path("own"), made[-1][1])
        self.assertEqual([], self.ran)


class DaemonTests(ServiceTestCase):
    """Where a status daemon is to know."""

    def test_told(self) -> None:
        """The service has a child that tells it, from when the ports accept."""
        report, told = Service(), []
        self.patch(watching, "report_of", lambda *args: told.append(args) or report)
        opening: Deferred[Any] = Deferred()
        running = self.run_service("-s", "device", "--daemon", "localhost:7", opening=opening)
        self.assertEqual([], told)
        opening.callback(None)
        self.assertEqual((True, running), (bool(report.running), report.parent))
        *_, addresses, watched = told[0]
        self.assertEqual([1, 2], [address.port for address in addresses])
        self.assertEqual(["device"], list(watched.status()["simulators"]))
        self.assertEqual("stopping", watched.stop())
        self.reactor.advance(0)
        self.assertEqual((True, 0), (self.reactor.hasStopped, self.status))
        self.stop(running)
        self.assertFalse(report.running)

    def test_nobody(self) -> None:
        """By itself nobody is told anything."""
        self.assertEqual([], list(self.run_service("-s", "device")))
