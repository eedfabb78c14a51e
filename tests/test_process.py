"""Tests for L{netsim.process}: real processes, under each runner."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

from attrs import frozen
from twisted.application.twist._options import TwistOptions
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import textFileLogObserver
from twisted.python.usage import Options
from twisted.scripts.twistd import ServerOptions
from twisted.trial.unittest import SynchronousTestCase

from netsim import process
from netsim.errors import NetsimError

ROOT = Path(__file__).parent.parent
PLUGIN = """
from twisted.application.service import ServiceMaker
contract = ServiceMaker("contract", "tests.contract_service", "A contract", "contract")
"""
READY = re.compile(r"contract listening on 127\.0\.0\.1:\d+\n")
TWISTD = "import sys; from twisted.scripts.twistd import run; sys.exit(run())"
RUNNERS = {
    "twistd": ["-c", TWISTD, "-n", "contract"],
    "twist": ["-m", "twisted", "contract"],
    "netsim": ["-m", "tests.contract_service"],
}


@frozen
class Scenario:
    """What a process is given, and the signals it gets once it is ready."""

    arguments: tuple[str, ...] = ()
    signals: tuple[int, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


@frozen
class Outcome:
    """What came of it; the seconds are counted from the ready line."""

    status: int
    stdout: str
    stderr: str
    seconds: float
    files: tuple[str, ...]


SCENARIOS = {
    "terminate": Scenario((), (signal.SIGTERM,)),
    "interrupt": Scenario((), (signal.SIGINT,)),
    "done": Scenario(("--stop",)),
    "status": Scenario(("--stop",), (), (("CONTRACT_STATUS", "7"),)),
    "status and signal": Scenario(("--status=7",), (signal.SIGTERM,)),
    "hang": Scenario(("--hang",), (signal.SIGTERM,)),
    "block with status": Scenario(("--block", "--status=7"), (signal.SIGTERM,)),
    "twice": Scenario(("--hang",), (signal.SIGTERM, signal.SIGINT)),
    "mistake": Scenario(("--mistake",)),
    "usage": Scenario(("--status=many",)),
}


@cache
def taken_port() -> socket.socket:
    """A port that is in use until the tests end."""
    return socket.create_server(("127.0.0.1", 0))


@cache
def outcomes() -> dict[tuple[str, str], Future[Outcome]]:
    """Start every scenario under every runner, a few at a time."""
    busy = f"--listen=127.0.0.1:{taken_port().getsockname()[1]}"
    scenarios = {**SCENARIOS, "busy": Scenario((busy,))}
    directory = Path(tempfile.mkdtemp(dir=os.getcwd()))
    (directory / "twisted/plugins").mkdir(parents=True)
    (directory / "twisted/plugins/contract_plugin.py").write_text(PLUGIN)
    (directory / "run").mkdir()
    pool = ThreadPoolExecutor(8)
    return {
        (runner, name): pool.submit(play, directory, RUNNERS[runner], scenario)
        for name, scenario in scenarios.items()
        for runner in RUNNERS
    }


def play(directory: Path, command: list[str], scenario: Scenario) -> Outcome:
    """Run one process to its end; all of them in one directory."""
    paths = os.pathsep.join([str(directory), str(ROOT)])
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [sys.executable, *command, *scenario.arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=directory / "run",
            env={**os.environ, "PYTHONPATH": paths, **dict(scenario.environment)},
            text=True,
        ) as running,
    ):
        stdout = running.stdout.readline()
        started = time.monotonic()
        for number in scenario.signals:
            # Signals that come together would arrive in the order of their numbers.
            time.sleep(0.2)
            running.send_signal(number)
        stdout += running.stdout.read()
        status = running.wait()
        seconds = time.monotonic() - started
        log.seek(0)
        files = tuple(os.listdir(directory / "run"))
        return Outcome(status, stdout, log.read(), seconds, files)


class RunnersTests(SynchronousTestCase):
    """The contract is the same under C{twistd -n}, C{twist} and C{netsim}."""

    def each(self, name: str) -> list[tuple[str, Outcome]]:
        return [(runner, outcomes()[runner, name].result()) for runner in RUNNERS]

    def check_status(self, name: str, status: int) -> list[Outcome]:
        for runner, outcome in self.each(name):
            self.assertEqual(outcome.status, status, (runner, outcome))
        return [outcome for _, outcome in self.each(name)]

    def test_ready_line(self) -> None:
        """The ready line is the only thing on stdout; the log goes to stderr, as text."""
        for outcome in self.check_status("terminate", -signal.SIGTERM):
            self.assertTrue(READY.fullmatch(outcome.stdout), outcome)
            self.assertRegex(outcome.stderr, r"\[netsim.process#info\] Received SIGTERM")

    def test_no_files(self) -> None:
        """Nothing is written, so that many copies work in one directory."""
        for runner in RUNNERS:
            self.assertEqual(outcomes()[runner, "terminate"].result().files, ())

    def test_interrupted(self) -> None:
        """SIGINT ends the process by that signal."""
        self.check_status("interrupt", -signal.SIGINT)

    def test_done(self) -> None:
        """A process that stops by itself exits with 0."""
        self.check_status("done", 0)

    def test_status(self) -> None:
        """A status that was set is the process's; here it comes from the environment."""
        self.check_status("status", 7)

    def test_status_wins_over_signal(self) -> None:
        """A status that was set wins over the signal that ended the process."""
        self.check_status("status and signal", 7)

    def test_exit_handlers(self) -> None:
        """What others registered to run at exit runs once, however the process ends."""
        for name in "done", "status", "terminate", "busy":
            for runner, outcome in self.each(name):
                self.assertEqual(outcome.stderr.count("exit handler ran"), 1, (runner, name))

    def test_hanging_shutdown(self) -> None:
        """A thread that sleeps does not keep the process, which dies by its signal."""
        for outcome in self.check_status("hang", -signal.SIGTERM):
            self.assertTrue(1.9 < outcome.seconds < 8, outcome)

    def test_blocked_reactor(self) -> None:
        """A reactor that is blocked does not keep the process, nor its status."""
        for outcome in self.check_status("block with status", 7):
            self.assertTrue(1.9 < outcome.seconds < 8, outcome)

    def test_second_signal(self) -> None:
        """A second signal ends the process at once."""
        for outcome in self.check_status("twice", -signal.SIGTERM):
            self.assertLess(outcome.seconds, 2.2)

    def test_port_in_use(self) -> None:
        """A port in use gives one clear line, no traceback, and status 1."""
        for outcome in self.check_status("busy", 1):
            [line] = [line for line in outcome.stderr.splitlines() if "critical" in line]
            self.assertRegex(line, r"Cannot start: Couldn't listen on .*Address already in use")
            self.assertNotIn("Traceback", outcome.stderr)
            self.assertEqual(outcome.stdout, "")

    def test_mistake(self) -> None:
        """A mistake in the code gives a traceback, and status 1."""
        for outcome in self.check_status("mistake", 1):
            self.assertIn("Traceback", outcome.stderr)

    def test_usage(self) -> None:
        """A wrong option is named with what was expected, and the status is 1."""
        for outcome in self.check_status("usage", 1):
            expected = "--status: 'many' cannot be used: expected a whole number, 0 or more"
            self.assertIn(expected, outcome.stdout + outcome.stderr)


class ForegroundTests(SynchronousTestCase):
    """What L{process.foreground} changes in the options of a runner."""

    def foreground(self, runner: Options, *arguments: str) -> Options:
        self.patch(sys, "argv", ["runner", *arguments])
        runner.parseOptions(arguments)
        process.foreground(runner.subOptions)
        return runner

    def test_twistd(self) -> None:
        """C{twistd -n} logs to stderr and writes no pidfile."""
        runner = self.foreground(ServerOptions(), "-n", "portforward")
        self.assertEqual(runner["logger"], "netsim.logs.StderrObserver")
        self.assertEqual(runner["pidfile"], "")

    def test_daemon(self) -> None:
        """A C{twistd} that daemonizes keeps its own ways."""
        runner = self.foreground(ServerOptions(), "portforward")
        self.assertEqual((runner["logger"], Path(runner["pidfile"]).name), (None, "twistd.pid"))

    def test_twistd_chosen(self) -> None:
        """What the user chose stays, also where it is the default."""
        arguments = "-n", "-l-", "--pidfile=twistd.pid", "portforward"
        runner = self.foreground(ServerOptions(), *arguments)
        self.assertEqual((runner["logger"], Path(runner["pidfile"]).name), (None, "twistd.pid"))

    def test_twist_chosen(self) -> None:
        """C{twist} logs to stdout, as JSON, for those who say so."""
        before = TwistOptions()["logFile"]
        runner = self.foreground(TwistOptions(), "--log-file=-", "portforward")
        self.assertIs(runner["logFile"], before)

    def test_twist_format(self) -> None:
        """C{twist} logs to stderr in the format that the user chose."""
        runner = self.foreground(TwistOptions(), "--log-format=json", "portforward")
        self.assertIs(runner["logFile"], sys.__stderr__)
        self.assertIsNot(runner["fileLogObserverFactory"], textFileLogObserver)


class LeanReactorTests(SynchronousTestCase):
    """A reactor without OpenSSL, in a process of its own."""

    def run_lean(self, code: str) -> list[str]:
        """Run code after it; what it prints."""
        before = "import sys; from netsim import process\nwith process.without_openssl():\n    pass"
        command = [sys.executable, "-c", f"{before}\n{code}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_lean(self) -> None:
        """There is a reactor, and no OpenSSL."""
        code = """
print("twisted.internet.reactor" in sys.modules, "OpenSSL" in sys.modules)
"""
        self.assertEqual(self.run_lean(code), ["True", "False"])

    def test_tls(self) -> None:
        """Endpoints do TLS all the same."""
        code = """
from twisted.internet import reactor
from twisted.internet.endpoints import clientFromString, serverFromString
from twisted.internet.protocol import Factory, Protocol
class Plain(Protocol):
    def dataReceived(self, data):
        print(data[:1].hex())
        reactor.stop()
def connect(port):
    address = f"tls:127.0.0.1:{port.getHost().port}"
    clientFromString(reactor, address).connect(Factory.forProtocol(Protocol))
server = serverFromString(reactor, "tcp:0:interface=127.0.0.1")
server.listen(Factory.forProtocol(Plain)).addCallback(connect)
reactor.run()
"""
        # 22 is a handshake (RFC 8446, section 5.1).
        self.assertEqual(self.run_lean(code), ["16"])

    def test_late(self) -> None:
        """Where OpenSSL is loaded already there is nothing to gain, and nothing is done."""
        code = """
import OpenSSL
with process.without_openssl():
    pass
print(sys.modules["OpenSSL"] is OpenSSL)
"""
        self.assertEqual(self.run_lean(code), ["True"])


class Server(process.ServerService):
    """A service whose ports open when the test says so."""

    def listen(self) -> Deferred[list[IPv4Address]]:
        self.listening: Deferred[list[IPv4Address]] = Deferred()
        return self.listening


class ServerServiceTests(SynchronousTestCase):
    """How a L{process.ServerService} starts, in memory."""

    def setUp(self) -> None:
        self.addCleanup(process.set_exit_status, None)
        self.reactor = MemoryReactorClock()
        self.server = Server("netsim-test", self.reactor)
        self.server.startService()

    def run_reactor(self) -> io.StringIO:
        """Run the startup hooks; return what stands for stdout."""
        stdout = io.StringIO()
        self.patch(sys, "__stdout__", stdout)
        for hook, arguments, _ in self.reactor.whenRunningHooks:
            hook(*arguments)
        return stdout

    def test_waits_for_the_reactor(self) -> None:
        """Nothing is opened before the reactor runs."""
        self.assertFalse(hasattr(self.server, "listening"))

    def test_announces(self) -> None:
        """The ready line tells where the ports are, ranges in short."""
        stdout = self.run_reactor()
        self.server.listening.callback([IPv4Address("TCP", "127.0.0.1", n) for n in (7, 8, 9)])
        self.assertEqual(stdout.getvalue(), "netsim-test listening on 127.0.0.1:7-9\n")

    def test_announces_what_it_likes(self) -> None:
        """One that listens nowhere says what it does."""
        self.patch(self.server, "announce", lambda ports: process.print_ready(f"at work {ports}"))
        stdout = self.run_reactor()
        self.server.listening.callback([])
        self.assertEqual(stdout.getvalue(), "at work []\n")

    def test_closed_stdout(self) -> None:
        """A stdout that is closed is no error."""
        self.run_reactor().close()
        self.server.listening.callback([])
        self.assertFalse(self.reactor.hasStopped)

    def test_explained(self) -> None:
        """A failure that netsim can explain stops the reactor with status 1 and no traceback."""
        self.run_reactor()
        statuses: list[int | None] = []
        self.patch(process, "set_exit_status", statuses.append)
        for error in NetsimError("no"), CannotListenError("::", 1, OSError("taken")):
            self.server._start(self.reactor)
            self.server.listening.errback(error)
        self.assertEqual(statuses, [1, 1])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_stopped_early(self) -> None:
        """A service that stops while its ports open is no failure."""
        self.run_reactor()
        self.server.stopService()
        self.assertFalse(self.reactor.hasStopped)
