"""C{netsim simulator} and C{twistd netsim-simulator}, as real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from tests.integration.processes import (
    RUNNERS,
    SLACK,
    IntegrationTestCase,
    Process,
    Service,
    alive,
    eventually,
    netsim,
)

DEVICE = '''
"""A small device. It doubles what it gets."""
from socketserver import ThreadingTCPServer

print("this module prints")

servers = [(("0.0.0.0", port), (), ThreadingTCPServer, {"line": line})
           for line, port in enumerate(PORTS)]

class System:
    def __init__(self, line):
        pass
    def parse(self, byte):
        return byte * 2 if byte in "ab" else False
    def double(self, times="2"):
        """Say so."""
        return times
    def system_stop(self):
        return "$server_shutdown%%%%%"
'''
"""As the document describes them; the ports are put in."""
TYPES = """
from netsim.simulator import MultiTypeSystem, get_multitype_systems
systems = get_multitype_systems(__file__)
servers = [(('', port), (), "tcp", {"system_type": "one"}) for port in PORTS]

class System(MultiTypeSystem):
    def __new__(cls, **kwargs):
        cls.systems = systems
        cls.system_type = kwargs.pop("system_type")
        return MultiTypeSystem.__new__(cls, **kwargs)
"""
"""Likewise."""

UP, STOPPED, RUNS_ALREADY = (
    f"Simulator 'device' {what}.\n" for what in ("up and running", "stopped", "already running")
)
SENT, NOT_RUNNING = (
    "Sent stop to 'device' simulator.\n",
    "Simulator 'device' is not running.\n",
)


@frozen
class Told:
    """What a tool has said, and its status."""

    status: int
    stdout: str
    stderr: str = ""


class SimulatorTestCase(IntegrationTestCase):
    """
    A device in the test's directory, on ports of its own.

    @ivar run_dir: where control sockets are.
    """

    def setUp(self) -> None:
        super().setUp()
        self.run_dir = self.short_directory() / "run"
        self.environment = {"NETSIM_RUN_DIR": self.run_dir}
        self.ports = [self.reserve_port(), self.reserve_port()]
        self.write(DEVICE)

    def write(self, source: str, name: str = "device.py") -> None:
        """Write a module, whole at once."""
        part = self.directory / "part"
        part.write_text(source.replace("PORTS", str(self.ports)))
        (self.directory / name).parent.mkdir(exist_ok=True)
        part.replace(self.directory / name)

    def run_device(
        self, *words: str, runner: str = "netsim", ready: bool = True, only: bool = False
    ) -> Service:
        """Start the device in the foreground, or C{only} what the words say."""
        options = ["--path", self.directory, *([] if only else ["-s", "device"]), *words]
        return self.serve(
            *netsim("netsim-simulator", runner),
            *options,
            environment=self.environment,
            ready=ready,
        )

    def begin(self, command: str, *words: str) -> Process:
        """Start a tool."""
        program = [sys.executable, *RUNNERS["netsim"], "simulator", command]
        return self.start(*program, *words, environment=self.environment)

    def tell(self, command: str, *words: str) -> Told:
        """What a tool says."""
        process = self.begin(command, *words)
        return Told(process.status(), process.stdout, process.stderr)

    def ask(self, said: bytes, port: int | None = None, size: int = 2) -> bytes:
        """The device's answer."""
        address = "127.0.0.1", port or self.ports[0]
        with socket.create_connection(address, 5) as client:
            client.sendall(said)
            heard = b""
            while len(heard) < size and (piece := client.recv(size - len(heard))):
                heard += piece
            return heard

    def sockets(self) -> list[Path]:
        """The control sockets that are there."""
        return list(self.run_dir.glob("*.sock"))

    def check_ended(self, process: Process, stdout: str, status: int) -> None:
        """It ends like this, and leaves nothing."""
        self.check_status(process, status)
        self.assertEqual(stdout, process.stdout, str(process))
        self.assertEqual([], self.sockets())

    def ready(self, *ports: int) -> str:
        """The ready line."""
        return f"netsim-simulator listening on {self.addresses(*ports)}\n"

    def addresses(self, *ports: int) -> str:
        """As they are told."""
        first, second = ports or self.ports
        if second == first + 1:
            return f"127.0.0.1:{first}-{second}"
        return f"127.0.0.1:{first} 127.0.0.1:{second}"

    def timed(self, call: Callable[[], object]) -> float:
        """The seconds that it takes."""
        begun = time.monotonic()
        call()
        return time.monotonic() - begun


class StartTests(SimulatorTestCase):
    """In the foreground."""

    def test_runners(self) -> None:
        """Under each runner, all instances answer; a signal stops them, and is the status."""
        ways = [*((runner, signal.SIGTERM) for runner in RUNNERS), ("netsim", signal.SIGINT)]
        for runner, number in ways:
            service = self.run_device(runner=runner)
            service.says("up and running")
            self.assertEqual(self.ready() + UP, service.stdout)
            for port in self.ports:
                self.assertEqual(b"aa", self.ask(b"a", port))
            service.logs("this module prints")
            service.send_signal(number)
            self.check_ended(service, self.ready() + UP + STOPPED, -number)

    def test_stoppedOverTheWire(self) -> None:
        """When existing tools have stopped each address, the process is done."""
        service = self.run_device()
        for port in self.ports:
            stop = b"$system_stop%%%%%"
            self.assertEqual(b"$server_shutdown%%%%%", self.ask(stop, port, size=21))
        self.check_ended(service, self.ready() + UP + STOPPED, 0)

    def test_noCustomCommands(self) -> None:
        """Where they are not obeyed, that is ordinary input."""
        self.run_device("--no-custom-commands")
        self.assertEqual(b"bbaa", self.ask(b"$double:3%%%%%a", size=4))

    def test_alreadyRunning(self) -> None:
        """One that runs is not started again, but beside it with other ports."""
        self.run_device()
        again = self.run_device(ready=False)
        self.check_status(again, 1)
        self.assertEqual(RUNS_ALREADY, again.stdout)
        self.assertNotIn("critical", again.stderr)
        self.assertEqual(b"aa", self.ask(b"a"))

    def test_portInUse(self) -> None:
        """A port that somebody else has is told, with the simulator and the instance."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.ports[1] = server.getsockname()[1]
            self.write(DEVICE)
            service = self.run_device(ready=False)
            self.check_ended(service, "", 1)
        [line] = [line for line in service.stderr.splitlines() if "critical" in line]
        for word in (f":{self.ports[1]}", "device[1]", "Address already in use"):
            self.assertIn(word, line)
        with self.assertRaises(ConnectionRefusedError):
            self.ask(b"a")

    def test_bad(self) -> None:
        """What is wrong with a module is told in a line, and the status is 1."""
        for source, told in (
            ("servers = [()]", "no class System; servers\\[0\\] is no "),
            ("1 / 0", "device.py:1: ZeroDivisionError: division by zero"),
            (DEVICE.replace("pass", "raise OSError('no paper')"), "OSError: no paper"),
        ):
            self.write(source)
            service = self.run_device(ready=False)
            self.check_ended(service, "", 1)
            self.assertRegex(service.stderr, f"critical.* Cannot start: .*{told}")

    def test_type(self) -> None:
        """One with several types is called by the type that was chosen, and found by both."""
        self.write(TYPES, "pack/__init__.py")
        for name in ("one", "two"):
            system = DEVICE[DEVICE.index("class") :].replace("byte * 2", f"{name!r}")
            self.write(system.replace("line)", "**kwargs)"), f"pack/{name}.py")
        service = self.run_device("-s", "pack", "-t", "two", only=True)
        self.assertEqual(b"two", self.ask(b"a", size=3))
        self.assertRegex(self.tell("status", "-s", "pack").stdout, "^two: 2 instances on ")
        self.assertEqual(Told(0, "Sent stop to 'two' simulator.\n"), self.tell("stop", "-s", "two"))
        told = "Simulator 'two' up and running.\nSimulator 'two' stopped.\n"
        self.check_ended(service, self.ready() + told, 0)
        service = self.run_device("-s", "pack", "-t", "three", only=True, ready=False)
        self.check_ended(service, "", 1)
        self.assertRegex(service.stderr, r"unknown system type 'three'.*one, two")

    def test_unknown(self) -> None:
        """So is a name that nothing has."""
        self.write(DEVICE, "other.py")
        for runner in RUNNERS:
            words = ["--path", self.directory, "-s", "othre"]
            service = self.start(*netsim("netsim-simulator", runner), *words)
            self.check_status(service, 1)
            self.assertRegex(service.stderr, "no simulator 'othre'.* did you mean other")

    def test_interruptedStart(self) -> None:
        """Ctrl-C while systems are made ends the process, and nothing stays."""
        self.write("import time\n" + DEVICE.replace("pass", "print('made'); time.sleep(60)"))
        service = self.run_device(ready=False)
        service.logs("made")
        [status] = self.statuses()
        self.assertEqual((None, 2), (status["uptime"], status["instances"]))
        service.send_signal(signal.SIGINT)
        self.assertLess(
            self.timed(lambda: self.check_ended(service, "", -signal.SIGINT)), 2.0 + SLACK
        )

    def test_twiceAtOnce(self) -> None:
        """Of several starts at once, one gets all ports, and the others say so."""
        for _ in range(3):
            services = [self.run_device(ready=False) for _ in range(4)]
            done = "up and running|already running"
            lines = sorted(service.says(done)[0] for service in services)
            self.assertEqual(["already running"] * 3 + ["up and running"], lines)
            self.assertEqual(Told(0, SENT), self.tell("stop", "-s", "device"))
            for service in services:
                service.status()

    def test_foreignThreads(self) -> None:
        """A system that leaves threads behind does not keep the process."""
        thread = "__import__('threading').Thread(target=__import__('time').sleep, args=(60,))"
        self.write(DEVICE.replace("pass", f"{thread}.start()"))
        service = self.run_device()
        self.assertEqual(Told(0, SENT), self.tell("stop"))
        ending = self.timed(lambda: self.check_ended(service, self.ready() + UP + STOPPED, 0))
        self.assertLess(ending, 2.0 + SLACK)
        self.write(DEVICE.replace("pass", f"{thread}.start(); 1 / 0"))
        self.check_ended(self.run_device(ready=False), "", 1)

    def statuses(self) -> list[dict[str, object]]:
        """What C{status --json} has of each simulator."""
        return list(map(json.loads, self.tell("status", "--json").stdout.splitlines()))


class ToolTests(SimulatorTestCase):
    """What is done with those that run."""

    def test_status(self) -> None:
        """Each that runs has its line, wherever it was started from."""
        service = self.run_device()
        line = (
            rf"device: 2 instances on {re.escape(self.addresses())}, 1 connection,"
            rf" up 0:00:\d\d \(process {service.pid}\)\n"
        )
        with socket.create_connection(("127.0.0.1", self.ports[1])):
            for words in [], ["-s", "device"], ["-s", "somewhere.device"]:
                told = self.tell("status", *words)
                self.assertEqual(0, told.status)
                self.assertRegex(told.stdout, rf"\A{line}\Z")
            told = self.tell("status", "-s", "device", "-s", "other")
            self.assertEqual(1, told.status)
            self.assertRegex(told.stdout, rf"\A{line}Simulator 'other' is not running.\n\Z")

    def test_nothing(self) -> None:
        """Nothing runs, and nothing is made to find that out."""
        self.assertEqual(Told(0, "No simulator is running.\n"), self.tell("status"))
        self.assertEqual(Told(0, ""), self.tell("status", "--json"))
        self.assertEqual(Told(1, NOT_RUNNING), self.tell("status", "-s", "device"))
        self.assertEqual(Told(1, NOT_RUNNING), self.tell("stop", "-s", "device"))
        self.assertFalse(self.run_dir.exists())

    def test_stop(self) -> None:
        """A simulator that is stopped is gone: it can be started at once."""
        for _ in range(3):
            service = self.run_device()
            self.assertEqual(Told(0, SENT), self.tell("stop", "-s", "device"))
            self.assertEqual([], self.sockets())
            self.check_ended(service, self.ready() + UP + STOPPED, 0)

    def test_stopOne(self) -> None:
        """Of several in a process, one is stopped; the process goes on with the others."""
        first = self.addresses()
        self.ports = [self.reserve_port(), self.reserve_port()]
        self.write(DEVICE, "other.py")
        service = self.run_device("-s", "other")
        self.assertEqual(f"{first} {self.addresses()}", service.address)
        self.assertEqual(Told(0, SENT), self.tell("stop", "-s", "device"))
        self.assertEqual(b"aa", self.ask(b"a"))
        self.assertEqual(Told(1, NOT_RUNNING), self.tell("stop", "-s", "device"))
        self.assertEqual(0, self.tell("stop").status)
        self.check_status(service, 0)
        self.assertTrue(service.stdout.endswith(f"{STOPPED}Simulator 'other' stopped.\n"))

    def test_copies(self) -> None:
        """Copies with other ports are listed, and stopped, each or all."""
        offsets = [port - 1 for port in self.ports]
        self.ports = [1]
        self.write(DEVICE)
        copies = [self.run_device("--port-offset", str(offset)) for offset in offsets]
        self.assertEqual(2, len(self.tell("status").stdout.splitlines()))
        words = ["-s", "device", "--port-offset", str(offsets[0])]
        self.assertEqual(Told(0, SENT), self.tell("stop", *words))
        self.check_status(copies[0], 0)
        self.assertEqual(Told(1, NOT_RUNNING), self.tell("stop", *words))
        self.assertEqual(b"aa", self.ask(b"a", offsets[1] + 1))
        self.assertEqual(Told(0, SENT), self.tell("stop"))
        self.check_status(copies[1], 0)

    def test_killed(self) -> None:
        """A process that was killed does not run, and what it left is removed."""
        service = self.run_device()
        service.stop(signal.SIGKILL)
        self.assertEqual(1, len(self.sockets()))
        self.assertEqual(Told(1, NOT_RUNNING), self.tell("status", "-s", "device"))
        self.assertEqual([], self.sockets())

    def test_hung(self) -> None:
        """A process that does not answer is told, and holds nobody up for long."""
        service = self.run_device()
        service.send_signal(signal.SIGSTOP)
        self.addCleanup(service.send_signal, signal.SIGCONT)
        told = []
        for command in ("status", "stop"):
            self.assertLess(self.timed(lambda: told.append(self.tell(command))), 4 + SLACK)  # noqa: B023
        expected = Told(1, f"Process {service.pid} does not answer.\n")
        self.assertEqual([expected, expected], told)

    def test_systemThatDoesNotStop(self) -> None:
        """One that sleeps when it is to stop is left alone, and is gone all the same."""
        self.write(
            DEVICE.replace('return "$server', 'import time; time.sleep(60); return "$server')
        )
        service = self.run_device()
        self.assertEqual(Told(0, SENT), self.tell("stop"))
        self.check_ended(service, self.ready() + UP + STOPPED, 0)

    def test_list(self) -> None:
        """What could be started is listed."""
        told = self.tell("list", "--path", str(self.directory))
        self.assertRegex(told.stdout, r"(?m)^device +A small device\.$")
        told = self.tell("list", "--path", str(self.directory), "--json")
        names = [json.loads(line)["name"] for line in told.stdout.splitlines()]
        self.assertEqual(sorted(names), names)
        self.assertIn("device", names)

    def test_describe(self) -> None:
        """What one is is told; it need not run."""
        told = self.tell("describe", "--path", str(self.directory), "device")
        self.assertEqual(0, told.status, told)
        self.assertIn("    double(times='2')  Say so.\n", told.stdout)
        self.assertIn(
            f"Commands on: {self.addresses().replace('127.0.0.1', '0.0.0.0')}\n", told.stdout
        )


class DetachTests(SimulatorTestCase):
    """In the background."""

    def detach(self, *words: str) -> Told:
        """Start it; it is gone when the test ends."""
        self.addCleanup(self.tell, "stop")
        options = ["--path", str(self.directory), "-s", "device", "--detach", *words]
        return self.tell("start", *options)

    def test_start(self) -> None:
        """It says what one in the foreground says, and goes on; its log is a file."""
        self.assertEqual(Told(0, self.ready() + UP), self.detach())
        self.assertEqual(b"aa", self.ask(b"a"))
        self.assertEqual(Told(1, RUNS_ALREADY), self.detach())
        self.assertEqual(b"aa", self.ask(b"a"))
        [found] = self.sockets()
        pid = int(re.findall("[0-9]+", found.name)[0])
        self.assertEqual(pid, os.getsid(pid))
        self.assertEqual(Told(0, SENT), self.tell("stop"))
        eventually(lambda: not alive(pid))
        log = (self.run_dir / "device.log").read_text()
        self.assertIn("this module prints", log)
        self.assertIn(STOPPED, log)

    def test_fails(self) -> None:
        """What keeps it from starting is told here."""
        self.write("1 / 0")
        told = self.detach("--log", str(self.directory / "own.log"))
        self.assertEqual((1, ""), (told.status, told.stdout))
        self.assertRegex(told.stderr, r"\ACannot start: .*device.py:1: ZeroDivisionError: .*\n\Z")
        self.assertIn("ZeroDivisionError", (self.directory / "own.log").read_text())
        self.write(DEVICE)
        self.assertEqual(0, self.detach("--log", str(self.directory / "own.log")).status)

    def test_noLog(self) -> None:
        """So is a log that cannot be written."""
        told = self.detach("--log", "/nowhere/at/all")
        expected = "--log: /nowhere/at/all: No such file or directory\n"
        self.assertEqual(Told(1, "", expected), told)

    def test_interrupted(self) -> None:
        """Ctrl-C before it is ready ends it, too."""
        self.write("import time\n" + DEVICE.replace("pass", "time.sleep(60)"))
        words = ["--path", str(self.directory), "-s", "device", "--detach"]
        process = self.begin("start", *words)
        eventually(self.sockets)
        process.send_signal(signal.SIGINT)
        self.check_ended(process, "", 128 + signal.SIGINT)


class WatchTests(SimulatorTestCase):
    """Started anew when the source changes."""

    def setUp(self) -> None:
        super().setUp()
        self.service = self.run_device("--watch")
        self.service.says("up and running")

    def child(self) -> int:
        """The process that runs it."""
        [found] = eventually(self.sockets)
        return int(re.findall("[0-9]+", found.name)[0])

    def times(self, number: int) -> None:
        """Wait until it has been started so often."""
        self.service.says(rf"(?s)\A(.*up and running\.\n){{{number}}}")

    def test_change(self) -> None:
        """After a change it does what is written there now."""
        child = self.child()
        self.write(DEVICE.replace("byte * 2", "byte * 3"))
        self.times(2)
        self.assertEqual(b"aaa", self.ask(b"a", size=3))
        self.assertFalse(alive(child))
        again = (self.ready() + UP + STOPPED) * 2
        self.service.send_signal(signal.SIGTERM)
        self.check_ended(self.service, again, -signal.SIGTERM)

    def test_broken(self) -> None:
        """A source with an error is told, and waited for."""
        self.write("1 / 0")
        self.service.logs("ZeroDivisionError")
        self.service.logs("It starts again when its source changes")
        self.write(DEVICE)
        self.times(2)
        self.assertEqual(b"aa", self.ask(b"a"))

    def test_interrupted(self) -> None:
        """Ctrl-C, which both get, ends both in time."""
        child = self.child()
        os.kill(child, signal.SIGINT)
        self.service.send_signal(signal.SIGINT)
        ended = self.ready() + UP + STOPPED
        ending = self.timed(lambda: self.check_ended(self.service, ended, -signal.SIGINT))
        self.assertLess(ending, 2.0 + SLACK)
        self.assertFalse(alive(child))

    def test_killed(self) -> None:
        """The child does not outlive its parent."""
        child = self.child()
        self.service.stop(signal.SIGKILL)
        eventually(lambda: not alive(child))

    def test_stopped(self) -> None:
        """When the simulator is stopped, there is nothing to watch."""
        self.assertEqual(Told(0, SENT), self.tell("stop"))
        self.check_ended(self.service, self.ready() + UP + STOPPED, 0)
