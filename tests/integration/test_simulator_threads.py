"""Simulators that were written for threads, as they are, and plain blocking clients."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

from tests.integration.laboratory import write_laboratory
from tests.integration.processes import (
    PATIENCE,
    ROOT,
    SLACK,
    IntegrationTestCase,
    Service,
    eventually,
    netsim,
)

SHUTDOWN = b"$server_shutdown%%%%%"
SLEEP = 20.0
"""Seconds that a system sleeps, and that nobody else may wait."""
CROWD = 50
"""Clients at once."""

UNITTEST = """
import socket, threading, time, unittest
import rotator
from concurrent.futures import ThreadPoolExecutor
from netsim.simulator import Simulator

def ask(address, command):
    with socket.create_connection(address, 10) as client:
        file = client.makefile("rwb")
        file.readline()
        file.write(command)
        file.flush()
        return file.readline()

class RotatorTests(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator(rotator)
        self.simulator.start(daemon=True)
        self.addCleanup(self.simulator.stop)
        self.address = [(a.host, a.port) for a in self.simulator.addresses][0]

    def test_read(self):
        self.assertEqual(b"1 both\\n", ask(self.address, b"#read 1\\n"))

    def test_crowd(self):
        with ThreadPoolExecutor(50) as pool:
            said = [b"#read %d\\n" % number for number in range(50)]
            heard = list(pool.map(ask, [self.address] * 50, said))
        self.assertEqual([b"%d both\\n" % number for number in range(50)], heard)

    def test_fresh(self):
        self.assertEqual(b"0 0 True\\n", ask(self.address, b"#count\\n"))

    def test_deaf(self):
        with socket.create_connection(self.address, 10) as client:
            client.sendall(b"#large 30000000\\n")
            client.recv(20)
            time.sleep(0.1)
            self.simulator.stop()
            end = time.monotonic() + 10
            while any("rotator" in thread.name for thread in threading.enumerate()):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)

    def test_restart(self):
        for number in range(3):
            self.simulator.stop()
            self.assertRaises(OSError, ask, self.address, b"#read 1\\n")
            event = threading.Event()
            self.simulator.start(daemon=True, has_started=event)
            self.assertTrue(event.is_set())
            self.address = [(a.host, a.port) for a in self.simulator.addresses][0]
            self.assertEqual(b"0 0 True\\n", ask(self.address, b"#count\\n"))

if __name__ == "__main__":
    unittest.main()
"""


class Client:
    """A client that blocks."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, PATIENCE)
        self._file = self.socket.makefile("rb")

    def ask(self, command: bytes) -> bytes:
        """Send, and read a line."""
        self.socket.sendall(command)
        return self.line()

    def line(self) -> bytes:
        return self._file.readline()

    def silent(self) -> bool:
        """Whether nothing has come."""
        self.socket.setblocking(False)
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)

    def reset(self) -> None:
        """Leave without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class SimulatorTestCase(IntegrationTestCase):
    """
    A process with simulators.

    @ivar service: the process.
    @ivar addresses: where they are, in the order of their C{servers}.
    """

    def setUp(self) -> None:
        super().setUp()
        write_laboratory(self.directory)
        self.environment = {"NETSIM_RUN_DIR": self.short_directory()}

    def simulate(self, name: str, *options: str, runner: str = "twistd") -> None:
        self.service: Service = self.serve(
            *netsim("netsim-simulator", runner),
            "--path",
            ".",
            "-s",
            name,
            *options,
            environment=self.environment,
        )
        words = self.service.address.split()
        hosts = [word.removeprefix("udp:").rpartition(":") for word in words]
        self.addresses = [(host, int(port)) for host, _, port in hosts]

    def connect(self, number: int, greeting: bytes = b"") -> Client:
        """Connect to an address, and read the greeting."""
        client = Client(self.addresses[number])
        self.addCleanup(client.close)
        if greeting:
            self.assertEqual(greeting, client.line())
        return client

    @contextmanager
    def datagrams(self, number: int) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            client.connect(self.addresses[number])
            yield client

    def files(self) -> int:
        """How many the process has open."""
        return len(os.listdir(f"/proc/{self.service.pid}/fd"))

    def threads(self) -> int:
        """How many threads the process has."""
        return len(os.listdir(f"/proc/{self.service.pid}/task"))

    def check_threads(self) -> None:
        """See that nothing was called by the thread of the reactor."""
        wrong = self.directory / "wrong"
        self.assertFalse(wrong.exists(), wrong.exists() and wrong.read_text())

    def check_stopped_soon(self, number: int = signal.SIGTERM) -> None:
        """Send a signal; the process is gone within two seconds, or a little more under load."""
        began = time.monotonic()
        self.service.stop(number)
        self.assertLess(time.monotonic() - began, 2.0 + SLACK, str(self.service))


BOTH, BOTH_STATUS, UDP, UDP_STATUS, LISTENING, SENDING = range(6)
HELLO = b"hello both\n"


class RotatorTests(SimulatorTestCase):
    """One with threads, timers, sleeps, queues and its own base classes."""

    def setUp(self) -> None:
        super().setUp()
        self.simulate("rotator")
        # Before the process is cleaned up, and after the clients are.
        self.addCleanup(self.check_end)

    def check_end(self) -> None:
        """The process ends when it is told to, and nothing was called by the reactor's thread."""
        self.check_stopped_soon()
        self.check_threads()

    def test_all(self) -> None:
        """It listens and sends, on TCP and UDP, on both at once and on one alone."""
        client = self.connect(LISTENING, b"hello listening\n")
        self.assertEqual(b"1 listening\n", client.ask(b"noise#read 1\n"))
        for number, name in ((BOTH_STATUS, b"both"), (SENDING, b"sending")):
            status = self.connect(number)
            count = [int(status.line().removeprefix(name)) for _ in range(3)]
            self.assertEqual([count[0] + 1, count[0] + 2], count[1:])
        with self.datagrams(UDP) as asking:
            asking.send(b"#read 2")
            self.assertEqual(b"2 datagrams\n", asking.recv(99))
        with self.datagrams(UDP_STATUS) as asking:
            for data in (b"", b"anything"):
                asking.send(data)
                self.assertTrue(asking.recv(99).startswith(b"datagrams "))

    def test_shared(self) -> None:
        """A command that one client has half said is there for the other, where all share it."""
        one, other = self.connect(BOTH, HELLO), self.connect(BOTH, HELLO)
        # The system sees the custom commands, too.
        for said in (b"", b"#read "):
            self.assertEqual(b"shared\n", one.ask(said + b"$share%%%%%"))
        self.assertEqual(b"$share%%%%% half both\n", other.ask(b" half\n"))

    def test_crowd(self) -> None:
        """Fifty clients are served while one command sleeps, each in what it has half said."""
        sleeping = self.connect(BOTH, HELLO)
        status = self.connect(BOTH_STATUS)
        sleeping.socket.sendall(b"#sleep %d\n" % SLEEP)

        def talk(number: int) -> list[bytes]:
            client = self.connect(BOTH, HELLO)
            answers = []
            for count in range(10):
                client.socket.sendall(b"#re")
                answers.append(client.ask(b"ad %d.%d\n" % (number, count)))
            client.close()
            return answers

        with ThreadPoolExecutor(CROWD) as pool:
            heard = list(pool.map(talk, range(CROWD)))
        expected = [[b"%d.%d both\n" % (n, i) for i in range(10)] for n in range(CROWD)]
        self.assertEqual(expected, heard)
        self.assertEqual(b"500 1 True\n", self.connect(BOTH, HELLO).ask(b"#count\n"))
        self.assertTrue(status.line())
        self.assertTrue(sleeping.silent())

    def test_sleepingDatagrams(self) -> None:
        """One that sleeps on UDP delays nobody on TCP, nor other instances."""
        with self.datagrams(UDP) as sleeping:
            sleeping.send(b"#sleep %d" % SLEEP)
            began = time.monotonic()
            self.assertEqual(b"1 both\n", self.connect(BOTH, HELLO).ask(b"#read 1\n"))
            self.assertTrue(self.connect(SENDING).line())
            self.assertLess(time.monotonic() - began, SLEEP / 2)

    def test_halfClosed(self) -> None:
        """A client that says no more after its commands has all its answers."""
        client = self.connect(BOTH, HELLO)
        client.socket.sendall(b"#sleep 0.2\n#read 1\n#large 3000000\n")
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual([b"slept\n", b"1 both\n"], [client.line(), client.line()])
        self.assertEqual(3000000, len(client.line()))
        self.assertEqual(b"", client.line())

    def test_deaf(self) -> None:
        """A client that reads nothing delays nobody, and leaves nothing behind."""
        before = self.files()
        deaf, status = self.connect(BOTH, HELLO), self.connect(BOTH_STATUS)
        deaf.socket.sendall(b"#large 30000000\n#read 1\n")
        self.assertEqual(b"2 both\n", self.connect(BOTH, HELLO).ask(b"#read 2\n"))
        self.assertTrue(status.line())
        deaf.reset()
        status.close()
        self.assertEqual(b"3 both\n", self.connect(BOTH, HELLO).ask(b"#read 3\n"))
        # Each of the two that are left is open twice.
        eventually(lambda: self.files() <= before + 4)

    def test_late(self) -> None:
        """A client that reads late has all of a long answer, and what was asked after it."""
        late = self.connect(BOTH, HELLO)
        late.socket.sendall(b"#large 20000000\n#read 1\n")
        time.sleep(0.2)
        answer = late.line()
        self.assertEqual((20000000 + 7, b"x1 both\n"), (len(answer), answer[-8:]))

    def test_left(self) -> None:
        """Two hundred clients that came and left, in every way, leave no file and no thread."""
        self.connect(BOTH, HELLO).ask(b"#read 1\n")
        files, threads = self.files(), self.threads()
        for number in range(200):
            client = Client(self.addresses[(BOTH, BOTH_STATUS, LISTENING)[number % 3]])
            if number % 4:
                client.socket.sendall(b"#read 1\n#half")
            if number % 5:
                client.line()
            client.reset() if number % 2 else client.close()
        eventually(lambda: (self.files() <= files, self.threads() <= threads) == (True, True))
        self.assertEqual(b"ok both\n", self.connect(BOTH, HELLO).ask(b"#read ok\n"))

    def test_idle(self) -> None:
        """Connections without a word cost next to nothing."""
        idle = [self.connect(BOTH, HELLO) for _ in range(CROWD)]
        time.sleep(0.2)

        self.assertEqual(CROWD, len(idle))
        self.assertGreaterEqual(self.threads(), CROWD)
        before = cpu(self.service.pid)
        time.sleep(0.5)
        self.assertLess(cpu(self.service.pid) - before, 0.1)

    def test_errors(self) -> None:
        """What it raises is told in the log, and the connection goes on."""
        client = self.connect(BOTH, HELLO)
        self.assertEqual(b"1 both\n", client.ask(b"#broken 42\n#nonsense\n#read 1\n"))
        self.service.logs("broken 42")
        self.service.logs("unexpected exception .*_do_nonsense")

    def test_stopOverTheWire(self) -> None:
        """Each address stops when it is told to; with the last one the process ends."""
        order = [BOTH, LISTENING, BOTH_STATUS, SENDING]
        for place, number in enumerate(order, 1):
            client = self.connect(number)
            client.socket.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                client.socket.recv(100) if number in (BOTH, LISTENING) else None
            client.socket.settimeout(PATIENCE)
            client.socket.sendall(b"$system_stop%%%%%")
            heard = b""
            while SHUTDOWN not in heard and (more := client.socket.recv(100)):
                heard += more
            self.assertIn(SHUTDOWN, heard)
            eventually(lambda: self.is_closed(number))  # noqa: B023 - it is called here
            self.assertFalse(any(map(self.is_closed, order[place:])))
        for number in (UDP, UDP_STATUS):
            with self.datagrams(number) as client:
                client.send(b"$system_stop%%%%%")
                self.assertEqual(SHUTDOWN, client.recv(100))
        self.check_status(self.service, 0)
        stopped = (self.directory / "stopped").read_text().splitlines()
        self.assertEqual({"both", "datagrams", "listening", "sending"}, set(stopped))

    def is_closed(self, number: int) -> bool:
        try:
            Client(self.addresses[number]).close()
        except OSError:
            return True
        return False

    def test_stop(self) -> None:
        """A signal stops every system, while clients are there."""
        clients = [self.connect(number) for number in (BOTH, BOTH_STATUS, LISTENING, SENDING)]
        self.check_stopped_soon(signal.SIGINT)
        stopped = (self.directory / "stopped").read_text().splitlines()
        self.assertEqual(["both", "datagrams", "listening", "sending"], sorted(stopped))
        self.assertEqual(4, len(clients))


class StubbornTests(SimulatorTestCase):
    """One that blocks everywhere."""

    def test_stop(self) -> None:
        """Whatever sleeps or waits in it, the process is gone in time."""
        self.simulate("stubborn")
        sleeping, deaf = self.connect(0), self.connect(1)
        sleeping.socket.sendall(b"x")
        deaf.socket.recv(1)
        time.sleep(0.1)
        self.check_stopped_soon()

    def test_bounded(self) -> None:
        """Nor is it otherwise where no thread is free any more."""
        self.simulate("stubborn", "--max-workers", "1")
        sleeping, waiting = self.connect(0), self.connect(0)
        for client in (sleeping, waiting):
            client.socket.sendall(b"x")
        self.service.logs("all 1 worker threads are busy")
        self.check_stopped_soon(signal.SIGINT)
        self.assertTrue((self.directory / "stopped").exists())

    def test_otherCommand(self) -> None:
        """Nor is it otherwise under the other command."""
        self.simulate("stubborn", runner="netsim")
        self.connect(0).socket.sendall(b"x")
        self.check_stopped_soon()


class UnittestTests(SimulatorTestCase):
    """Plain unittest, in a process whose reactor nobody sees."""

    def test_unittest(self) -> None:
        """Started, stopped and started again; no address is left, and the process ends."""
        (self.directory / "test_rotator.py").write_text(dedent(UNITTEST))
        paths = os.pathsep.join([str(ROOT), str(self.directory)])
        process = self.start(
            sys.executable, "-W", "error", "test_rotator.py", environment={"PYTHONPATH": paths}
        )
        self.check_status(process, 0)
        self.assertIn("Ran 5 tests", process.stderr)
        self.check_threads()


def cpu(pid: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
