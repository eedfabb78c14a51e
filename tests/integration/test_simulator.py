"""Simulators of new systems, over real sockets, from plain blocking clients."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from netsim.systems import active_surface
from netsim.systems.active_surface import wire
from netsim.systems.active_surface.wire import ACK, REQUEST, Code
from tests.integration.processes import (
    PATIENCE,
    ROOT,
    SLACK,
    IntegrationTestCase,
    eventually,
    netsim,
)

GOODBYE = b"$server_shutdown%%%%%"

MODULE = '''
"""A device that listens and sends, in all the ways there are."""
from twisted.internet.task import deferLater
from netsim.simulator import Delimiter, MessageSystem, SendingSystem, command

class System(MessageSystem, SendingSystem):
    framing = Delimiter()
    sampling_time = 0.02

    def __init__(self, name):
        self.name = name
        self.volts = 0.0

    def new_state(self):
        return []

    def system_greet(self):
        return f"{self.name}\\n"

    @command("VOLT {volts}")
    def set_voltage(self, volts: float):
        self.volts = volts

    @command("VOLT?")
    def get_voltage(self):
        return f"{self.volts}\\n"

    @command("WAIT {seconds}")
    async def wait(self, seconds: float):
        await deferLater(self.clock, seconds, lambda: None)
        return "waited\\n"

    @command("COUNT")
    def count(self, peer):
        peer.state.append(1)
        return f"{len(peer.state)}\\n"

    @command("MUCH {size}")
    def much(self, size: int):
        return b"x" * size

    @command("BYE")
    def bye(self, peer):
        peer.close()
        return "bye\\n"

    def status(self):
        return f"{self.name} {self.volts}\\n"

servers = [
    (("127.0.0.1", 0), (), "tcp", {"name": "listens"}),
    ((), ("127.0.0.1", 0), "tcp", {"name": "sends"}),
    (("127.0.0.1", 0), ("127.0.0.1", 0), "tcp", {"name": "both"}),
    (("127.0.0.1", 0), ("127.0.0.1", 0), "udp", {"name": "udp"}),
]
'''


class Client:
    """A plain blocking client."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, PATIENCE)
        self._file = self.socket.makefile("rb")

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> bytes:
        """The next line that it hears; nothing at the end."""
        return self._file.readline()

    def ask(self, data: bytes) -> bytes:
        self.say(data)
        return self.line()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class HostedTests(IntegrationTestCase):
    """A process that hosts a module."""

    def setUp(self) -> None:
        super().setUp()
        (self.directory / "device.py").write_text(MODULE)
        run = self.short_directory()
        self.service = self.serve(
            *netsim("netsim-simulator", "netsim"),
            *("--path", self.directory, "-s", "device"),
            environment={"NETSIM_RUN_DIR": run},
        )
        words = self.service.address.split()
        self.addresses = [tuple_of(word.removeprefix("udp:")) for word in words]

    def connect(self, index: int) -> Client:
        client = Client(self.addresses[index])
        self.addCleanup(client.close)
        return client

    def datagram(self, index: int, data: bytes) -> bytes:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as own:
            own.settimeout(PATIENCE)
            own.sendto(data, self.addresses[index])
            return own.recv(1 << 16)

    def test_listening(self) -> None:
        """Commands are answered, in order, however they are cut."""
        client, other = self.connect(0), self.connect(0)
        for each in (client, other):
            self.assertEqual(b"listens\n", each.line())
        client.say(b"VO")
        client.say(b"LT 2.5\nVOLT?\nWAIT 0.1\nCOU")
        client.say(b"NT\nCOUNT\n")
        self.assertEqual([b"2.5\n", b"waited\n", b"1\n", b"2\n"], [client.line() for _ in range(4)])
        self.assertEqual([b"1\n", b"2.5\n"], [other.ask(b"COUNT\n"), other.ask(b"VOLT?\n")])

    def test_nobody_waits_for_the_other(self) -> None:
        slow, quick = self.connect(0), self.connect(0)
        for client in (slow, quick):
            client.line()
        slow.say(b"WAIT 60\n")
        began = time.monotonic()
        for _ in range(100):
            self.assertEqual(b"0.0\n", quick.ask(b"VOLT?\n"))
        self.assertLess(time.monotonic() - began, 30)

    def test_who_says_no_more_gets_the_answers(self) -> None:
        client = self.connect(0)
        client.say(b"WAIT 0.1\nVOLT?\n")
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(b"listens\nwaited\n0.0\n", client.read())

    def test_the_device_ends_it(self) -> None:
        client = self.connect(0)
        client.say(b"BYE\nCOUNT\n")
        self.assertEqual(b"listens\nbye\n", client.read())

    def test_who_does_not_read_costs_nothing(self) -> None:
        """Neither memory, nor the others time."""
        deaf, other = self.connect(0), self.connect(0)
        before = self.service.peak_memory
        deaf.socket.setblocking(False)
        sent = 0
        for _ in range(2000):
            try:
                sent += deaf.socket.send(b"MUCH 100000\n" * 100)
            except BlockingIOError:
                time.sleep(0.0005)
        other.line()
        self.assertEqual(b"0.0\n", other.ask(b"VOLT?\n"))
        self.assertLess(sent, 100_000_000)
        self.assertLess(self.service.peak_memory - before, 50 << 20)

    def test_sending(self) -> None:
        clients = [self.connect(1) for _ in range(3)]
        for client in clients:
            self.assertEqual([b"sends 0.0\n"] * 5, [client.line() for _ in range(5)])

    def test_both(self) -> None:
        listening, sending = self.connect(2), self.connect(3)
        self.assertEqual(b"both\n", listening.line())
        self.assertEqual(b"both 0.0\n", sending.line())
        listening.say(b"VOLT 7\n")
        eventually(lambda: sending.line() == b"both 7.0\n", "the new status")

    def test_datagrams(self) -> None:
        self.assertEqual(b"udp 0.0\n", self.datagram(5, b""))
        self.assertEqual(b"waited\n", self.datagram(4, b"VOLT 5\nWAIT 0.05"))
        self.assertEqual(b"5.0\n", self.datagram(4, b"VOLT?"))
        self.assertEqual(b"udp 5.0\n", self.datagram(5, b"anything"))

    def test_stopping_over_the_wire(self) -> None:
        """Address by address; the process ends with the last of them."""
        for index in (0, 1, 2, 3):
            client = self.connect(index)
            client.say(b"$system_stop%%%%%")
            self.assertTrue(client.read().endswith(GOODBYE))
            self.assertRaises(ConnectionRefusedError, Client, self.addresses[index])
        for index in (4, 5):
            self.assertEqual(GOODBYE, self.datagram(index, b"$system_stop%%%%%"))
        self.check_status(self.service, 0)

    def test_a_signal_ends_it(self) -> None:
        """Also with clients that wait, and that do not read."""
        waiting, deaf = self.connect(0), self.connect(0)
        waiting.line()
        waiting.say(b"WAIT 100\n")
        deaf.say(b"MUCH 50000000\n")
        self.connect(1)
        deaf.socket.recv(1000)
        began = time.monotonic()
        self.check_stopped(self.service)
        self.assertLess(time.monotonic() - began, 3 + SLACK)


HOST = """
import sys
from netsim.simulator import Simulator
simulator = Simulator("active_surface", port_offset=int(sys.argv[1]))
simulator.start(daemon=True)
sys.stdin.read()
simulator.stop()
print("stopped", simulator.addresses, simulator.clients)
"""


class SurfaceTests(IntegrationTestCase):
    """All 96 lines of the active surface, in one process."""

    @contextmanager
    def surface(self) -> Iterator[tuple[subprocess.Popen[str], int]]:
        """A process that runs it, and how much higher its ports are."""
        offset = free_range(active_surface.FIRST_PORT, active_surface.LINES)
        command = [sys.executable, "-c", HOST, str(offset)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, text=True) as process:
            try:
                assert process.stdout is not None
                up = process.stdout.readline()
                self.assertEqual("Simulator 'active_surface' up and running.\n", up)
                yield process, offset
            finally:
                process.kill()

    def test_all_answer(self) -> None:
        """Each with its own number, to clients that are connected all at once."""
        with self.surface() as (process, offset):
            first = active_surface.FIRST_PORT + offset
            lines = asyncio.run(_identities(first))
            self.assertEqual(list(range(1, 97)), lines)
            threads = Path(f"/proc/{process.pid}/task")
            self.assertLessEqual(len(list(threads.iterdir())), 3)
            out, _ = process.communicate(timeout=PATIENCE)
            self.assertEqual(("stopped [] 0\n", 0), (out, process.returncode))


async def _identities(first: int) -> list[int]:
    """What line each of the 96 says that it is."""
    count = active_surface.LINES
    pairs = [await asyncio.open_connection("127.0.0.1", first + index) for index in range(count)]
    for _, writer in pairs:
        writer.write(wire.frame(REQUEST, wire.LINE, Code.IDENTIFY, b""))
    size = len(wire.frame(ACK, wire.LINE, Code.IDENTIFY, bytes(wire.IDENTITY.size)))
    answers = [await reader.readexactly(size) for reader, _ in pairs]
    for _, writer in pairs:
        writer.close()
    return [wire.IDENTITY.unpack(answer[4:-1])[3] for answer in answers]


def tuple_of(address: str) -> tuple[str, int]:
    """C{host:port}, as sockets take it."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def free_range(first: int, count: int) -> int:
    """An offset with which so many consecutive ports are free."""
    for offset in range(10000, 50000, 997):
        if all(map(_is_free, range(first + offset, first + offset + count))):
            return offset
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            own.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
