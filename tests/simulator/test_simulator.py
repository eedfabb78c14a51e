"""Tests for L{netsim.simulator.simulator}."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from twisted.application.service import Application, IService, IServiceCollection
from twisted.internet.defer import CancelledError, Deferred
from zope.interface.verify import verifyObject

from netsim.errors import HostError, SimulatorError
from netsim.simulator import catalogue
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.simulator import Simulator
from netsim.simulator.system import MultiTypeSystem
from tests.simulator.talking import Both, HostTestCase, Messages

ROOT = Path(__file__).parents[2]
COUNT = 3


def module(name: str = "pack.device", count: int = COUNT, system: Any = Both) -> Any:
    """A module with some instances."""
    made: Any = ModuleType(name)
    made.System = system
    made.servers = [
        (("0.0.0.0", 7000 + index), ("0.0.0.0", 8000 + index), "tcp", {"line": index})
        for index in range(count)
    ]
    return made


class SimulatorTestCase(HostTestCase):
    """A test of a simulator, and its systems."""

    def setUp(self) -> None:
        super().setUp()
        Both.made = self.made = []

    def simulator(self, of: Any = None, **options: Any) -> Simulator:
        return Simulator(of or module(), reactor=self.reactor, **options)

    def opened(self, of: Any = None, **options: Any) -> Simulator:
        simulator = self.simulator(of, **options)
        self.successResultOf(simulator.open())
        return simulator

    def check_gone(self, simulator: Simulator) -> None:
        """Nothing of it is left, and every system was stopped once."""
        self.assertEqual([], self.reactor.open)
        self.assertEqual(([], 0), (simulator.addresses, simulator.clients))
        self.assertEqual([1] * len(self.made), [system.stops for system in self.made])
        self.assertEqual([], self.reactor.getDelayedCalls())


class ArgumentTests(SimulatorTestCase):
    """What a simulator is made with."""

    def hosts(self, simulator: Simulator) -> set[str]:
        self.successResultOf(simulator.open())
        return {port.address.host for port in self.reactor.open}

    def test_name(self) -> None:
        self.assertEqual("device", self.simulator().name)
        self.assertEqual("kind", self.simulator(system_type="kind").name)

    def test_instances(self) -> None:
        labels = [server.label for server in self.simulator().servers]
        self.assertEqual(["device[0]", "device[1]", "device[2]"], labels)
        [alone] = self.simulator(module(count=1)).servers
        self.assertEqual("device", alone.label)

    def test_it_is_found_by_name(self) -> None:
        self.patch(catalogue, "load", lambda name: module(name))
        self.assertEqual("device", self.simulator("my.device").name)

    def test_loopback_unless_told_otherwise(self) -> None:
        self.assertEqual({"127.0.0.1"}, self.hosts(self.simulator()))

    def test_host(self) -> None:
        self.assertEqual({"127.0.0.2"}, self.hosts(self.simulator(host="127.0.0.2")))

    def test_host_of_the_module(self) -> None:
        self.assertEqual({"0.0.0.0"}, self.hosts(self.simulator(host=None)))

    def test_port_offset(self) -> None:
        self.opened(port_offset=500)
        wanted = [7500, 7501, 7502, 8500, 8501, 8502]
        self.assertEqual(wanted, sorted(self.reactor.numbers()))

    def test_an_offset_that_is_too_large(self) -> None:
        error = self.assertRaises(SimulatorError, self.simulator, port_offset=60000)
        self.assertEqual("simulator 'device': there is no port 67000, with its offset", str(error))

    def test_arguments_go_over_those_of_the_module(self) -> None:
        self.opened(line=9, more=1)
        self.assertEqual([{"line": 9, "more": 1}] * 3, [system.arguments for system in self.made])
        self.made.clear()
        self.reactor.open.clear()
        self.opened()
        self.assertEqual([0, 1, 2], [system.arguments["line"] for system in self.made])

    def test_type(self) -> None:
        class Multi(MultiTypeSystem):
            systems = {"a": Both, "b": Messages}

            def __new__(cls, **arguments: Any) -> Any:
                cls.system_type = arguments.pop("system_type")
                return MultiTypeSystem.__new__(cls, **arguments)

        self.opened(module(system=Multi), system_type="a", on_reactor=True)
        self.assertEqual(3, len(self.made))
        simulator = self.simulator(module(system=Multi), system_type="c", on_reactor=True)
        told = str(self.failureResultOf(simulator.open(), SimulatorError).value)
        self.assertIn("c[0]: its System cannot be made", told)
        self.assertIn("unknown system type 'c'; there are: a, b", told)
        self.flushLoggedErrors(ValueError)

    def test_what_a_module_lacks(self) -> None:
        error = self.assertRaises(SimulatorError, self.simulator, ModuleType("device"))
        self.assertIn("no list servers", str(error))
        nothing: Any = ModuleType("device")
        nothing.servers = module().servers
        error = self.assertRaises(SimulatorError, self.simulator, nothing)
        self.assertIn("there is no class System", str(error))

    def test_custom_commands_can_be_switched_off(self) -> None:
        self.opened(custom_commands=False)
        client = self.reactor.connect(7001)
        client.say(b"$system_stop%%%%%\n")
        self.assertEqual(b"$system_stop%%%%%", client.received)


class OpenTests(SimulatorTestCase):
    """All instances are opened, or none."""

    def test_all(self) -> None:
        simulator = self.simulator()
        addresses: Any = self.successResultOf(simulator.open())
        ports = [address.port for address in addresses]
        self.assertEqual([7000, 8000, 7001, 8001, 7002, 8002], ports)
        self.assertEqual(addresses, simulator.addresses)
        for number in (7000, 7000, 8002):
            self.reactor.connect(number)
        self.assertEqual(3, simulator.clients)

    def test_a_port_is_in_use(self) -> None:
        for port, index in ((7000, 0), (7002, 2), (8001, 1)):
            self.made.clear()
            self.reactor.taken = {port}
            simulator = self.simulator()
            told = str(self.failureResultOf(simulator.open(), HostError).value)
            wanted = f"device[{index}] cannot listen on 127.0.0.1:{port}: Address already in use"
            self.assertEqual(wanted, told)
            self.assertEqual(3, len(self.made))
            self.check_gone(simulator)
        self.reactor.taken = set()
        self.made.clear()
        self.successResultOf(simulator.open())

    def test_two_instances_on_one_port(self) -> None:
        twice = module()
        twice.servers[1] = twice.servers[0]
        simulator = self.simulator(twice)
        told = str(self.failureResultOf(simulator.open(), HostError).value)
        self.assertIn("device[1] cannot listen on 127.0.0.1:7000", told)
        self.check_gone(simulator)

    def test_all_problems_at_once(self) -> None:
        self.reactor.taken = {7000, 8002}
        lines = str(self.failureResultOf(self.simulator().open(), HostError).value).splitlines()
        self.assertEqual(2, len(lines))
        for line, label in zip(lines, ("device[0]", "device[2]"), strict=True):
            self.assertTrue(line.startswith(label))

    def test_but_not_hundreds(self) -> None:
        self.reactor.taken = set(range(7000, 7096))
        simulator = self.simulator(module(count=96))
        lines = str(self.failureResultOf(simulator.open(), HostError).value).splitlines()
        self.assertEqual((11, "and 86 more"), (len(lines), lines[-1]))
        self.check_gone(simulator)

    def test_some_systems_cannot_be_made(self) -> None:
        class Fragile(Both):
            def __init__(self, line: int) -> None:
                if line:
                    raise OSError(f"line {line}")
                super().__init__()

        simulator = self.simulator(module(system=Fragile))
        lines = str(self.failureResultOf(simulator.open(), SimulatorError).value).splitlines()
        wanted = [f"device[{i}]: its System cannot be made: OSError: line {i}" for i in (1, 2)]
        self.assertEqual(wanted, lines)
        self.assertEqual(2, len(self.flushLoggedErrors(OSError)))
        self.check_gone(simulator)

    def test_a_mistake_is_raised_as_it_is(self) -> None:
        self.patch(Both, "system_start", lambda system: 1 / 0)
        simulator = self.simulator()
        self.failureResultOf(simulator.open(), ZeroDivisionError)
        self.check_gone(simulator)


class CloseTests(SimulatorTestCase):
    """Everything is closed."""

    def test_close(self) -> None:
        simulator = self.opened()
        self.reactor.connect(7000)
        closing = [simulator.close(), simulator.close()]
        self.reactor.pump()
        for closed in closing:
            self.successResultOf(closed)
        self.check_gone(simulator)
        self.successResultOf(simulator.close())

    def test_again(self) -> None:
        simulator = self.opened()
        for _ in range(2):
            self.successResultOf(simulator.close())
            self.successResultOf(simulator.open())
            self.assertEqual(2 * COUNT, len(self.reactor.open))

    def test_while_it_opens(self) -> None:
        starting: Deferred[None] = Deferred()
        starts = iter([None, starting, None])
        self.patch(Both, "system_start", lambda system: next(starts))
        simulator = self.simulator()
        opening = simulator.open()
        self.assertEqual(4, len(self.reactor.open))
        closing = simulator.close()
        self.assertEqual([], self.reactor.open)
        starting.callback(None)
        self.failureResultOf(opening, CancelledError)
        self.successResultOf(closing)
        self.check_gone(simulator)

    def test_giving_up(self) -> None:
        starting: Deferred[None] = Deferred()
        starts = iter([None, starting, None])
        self.patch(Both, "system_start", lambda system: next(starts))
        simulator = self.simulator()
        opening = simulator.open()
        opening.cancel()
        starting.callback(None)
        self.failureResultOf(opening, CancelledError)
        self.check_gone(simulator)

    def test_one_that_hangs_does_not_keep_the_others(self) -> None:
        simulator = self.opened()
        self.patch(self.made[1], "system_stop", lambda: Deferred())
        closing = simulator.close()
        self.reactor.advance(1)
        self.successResultOf(closing)
        self.assertIn("device[1]: its system_stop takes longer", self.told())
        self.assertEqual([1, 0, 1], [system.stops for system in self.made])


class WireTests(SimulatorTestCase):
    """It is stopped over the wire, address by address."""

    def test_to_the_end(self) -> None:
        simulator = self.opened()
        stopped = simulator.when_stopped()
        for count, number in enumerate((7000, 8000, 7001, 8001, 7002, 8002), 1):
            self.assertNoResult(stopped)
            client = self.reactor.connect(number)
            client.say(b"$system_stop%%%%%")
            self.assertTrue(client.received.endswith(SHUTDOWN.encode()))
            self.assertEqual(6 - count, len(self.reactor.open))
        self.successResultOf(stopped)
        self.assertEqual([], simulator.addresses)

    def test_who_asks_late_is_told_at_once(self) -> None:
        simulator = self.opened(module(count=1))
        for number in (7000, 8000):
            self.reactor.connect(number).say(b"$system_stop%%%%%")
        self.successResultOf(simulator.when_stopped())

    def test_some_and_then_closed(self) -> None:
        simulator = self.opened()
        for number in (7000, 7001, 8001):
            self.reactor.connect(number).say(b"$system_stop%%%%%")
        self.assertEqual([8000, 7002, 8002], [each.port for each in simulator.addresses])  # type: ignore[attr-defined]
        self.successResultOf(simulator.close())
        self.assertEqual([1, 2, 1], [system.stops for system in self.made])


class ServiceTests(SimulatorTestCase):
    """It is a service."""

    def test_of_an_application(self) -> None:
        simulator = self.simulator()
        self.assertTrue(verifyObject(IService, simulator))
        application: Any = Application("test")
        simulator.setServiceParent(application)
        service: Any = IServiceCollection(application)
        for _ in range(2):
            service.startService()
            self.assertEqual(2 * COUNT, len(self.reactor.open))
            self.successResultOf(service.stopService())
            self.check_gone(simulator)

    def test_what_goes_wrong_is_logged(self) -> None:
        self.reactor.taken = {7000}
        self.simulator().startService()
        self.assertIn("device[0] cannot listen on 127.0.0.1:7000", self.told())


PRELUDE = """
import multiprocessing, os, signal, socket, sys, threading, time
from types import ModuleType
from netsim import background
from netsim.errors import HostError
from netsim.simulator import MessageSystem, Delimiter, Server, Simulator

class System(MessageSystem):
    framing = Delimiter()
    stopped = []
    def message(self, message, peer):
        return message + b"!"
    def system_stop(self):
        self.stopped.append(threading.current_thread().name)
        return super().system_stop()

module = ModuleType("device")
module.System = System
module.servers = [(("127.0.0.1", 0), (), "tcp", {})]

def ask(simulator, words=b"x\\n"):
    [address] = simulator.addresses
    with socket.create_connection((address.host, address.port), 5) as s:
        s.settimeout(5)
        s.sendall(words)
        return s.recv(100)

def later(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()

def wait(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)
"""

STARTS = """
simulator = Simulator(module)
for _ in range(3):
    simulator.start(daemon=True)
    assert ask(simulator) == b"x!"
    simulator.stop()
    assert simulator.addresses == []
simulator.stop()
assert System.stopped == ["reactor"] * 3
"""

WAITS = """
simulator = Simulator(module)
later(lambda: (wait(lambda: simulator.addresses), time.sleep(0.05), simulator.stop()))
simulator.start()
assert System.stopped == ["reactor"]
later(lambda: (wait(lambda: simulator.addresses), ask(simulator, b"$system_stop%%%%%")))
simulator.start()
assert simulator.addresses == []
"""

HAS_STARTED = """
simulator = Simulator(module)
for told in (threading.Event(), multiprocessing.Event()):
    later(simulator.start, False, told)
    assert told.wait(10)
    assert ask(simulator) == b"x!"
    simulator.stop()
for value in (multiprocessing.Value("b", False), multiprocessing.Value("i", 0)):
    later(simulator.start, False, value)
    wait(lambda: value.value)
    assert ask(simulator) == b"x!"
    simulator.stop()
"""

FAILS = """
simulator = Simulator(module)
simulator.start(daemon=True)
module.servers = [(("127.0.0.1", simulator.addresses[0].port), (), "tcp", {})]
told = threading.Event()
try:
    Simulator(module).start(has_started=told)
except HostError as error:
    assert "device cannot listen" in str(error), error
else:
    raise AssertionError
assert not told.is_set()
simulator.stop()
"""

INTERRUPTED = """
simulator = Simulator(module)
def interrupt():
    wait(lambda: simulator.addresses)
    ports.extend(address.port for address in simulator.addresses)
    os.kill(os.getpid(), signal.SIGINT)
ports = []
later(interrupt)
try:
    simulator.start()
except KeyboardInterrupt:
    pass
else:
    raise AssertionError
assert simulator.addresses == [] and System.stopped == ["reactor"]
assert socket.socket().connect_ex(("127.0.0.1", ports[0]))
simulator.start(daemon=True)
assert ask(simulator) == b"x!"
"""

INTERRUPTED_EARLY = """
class Hanging(System):
    worker = True
    def system_start(self):
        later(os.kill, os.getpid(), signal.SIGINT)
        time.sleep(30)
module.System = Hanging
for simulator in (Simulator(module), Server(Hanging, l_address=("127.0.0.1", 0))):
    began = time.monotonic()
    try:
        simulator.start()
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError
    assert time.monotonic() - began < 5
    assert simulator.addresses == []
assert len(System.stopped) == 2
"""

IN_ITS_THREAD = """
from twisted.internet.defer import Deferred
simulator = Simulator(module)
def start():
    starting = simulator.start(daemon=True)
    assert isinstance(starting, Deferred)
    return starting
background.call(start)
assert ask(simulator) == b"x!"
def stop():
    stopping = simulator.stop()
    assert isinstance(stopping, Deferred)
    return stopping
background.call(stop)
assert simulator.addresses == []
"""

ELSEWHERE = """
def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
class Greeting(System):
    def system_greet(self):
        return "hello"
module.System = Greeting
module.servers = [
    (("127.0.0.1", free()), (), "tcp", {}),
    (("127.0.0.1", free()), (), "udp", {}),
]
simulator = Simulator(module)
started = multiprocessing.Value("b", False)
process = multiprocessing.Process(target=simulator.start, kwargs={"has_started": started})
process.start()
wait(lambda: started.value)
simulator.stop()
process.join(10)
assert process.exitcode == 0
assert all(thread.name != "reactor" for thread in threading.enumerate())
simulator.stop()
"""

SERVER = """
server = Server(System, "tcp", {}, l_address=("127.0.0.1", 0))
for _ in range(2):
    [(host, port)] = server.start()
    with socket.create_connection((host, port)) as s:
        s.sendall(b"x\\n")
        assert s.recv(100) == b"x!"
    server.stop()
    assert socket.socket().connect_ex((host, port))
"""

UNITTEST = """
import unittest
class Tests(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator(module)
        self.simulator.start(daemon=True)
        self.addCleanup(self.simulator.stop)
    def test_one(self):
        self.assertEqual(b"x!", ask(self.simulator))
    def test_two(self):
        self.assertEqual(b"y!", ask(self.simulator, b"y\\n"))
result = unittest.main(exit=False, verbosity=0, argv=["x"]).result
assert result.testsRun == 2 and result.wasSuccessful()
assert System.stopped == ["reactor"] * 2
"""

IN_A_PROCESS = """
with socket.socket() as reserved:
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    address = reserved.getsockname()
    module.servers = [(address, (), "tcp", {})]
    fork = multiprocessing.get_context("fork")
    told = fork.Value("b", False)
    process = fork.Process(target=Simulator(module).start, kwargs={"has_started": told})
    process.start()
    wait(lambda: told.value)
    with socket.create_connection(address, 5) as s:
        s.sendall(b"$system_stop%%%%%")
        assert s.recv(100) == b"$server_shutdown%%%%%"
    process.join(10)
    assert process.exitcode == 0
"""

UP, STOPPED = "Simulator 'device' up and running.\n", "Simulator 'device' stopped.\n"


class BlockingTests(HostTestCase):
    """From plain blocking code; in a fresh interpreter, as it starts a thread that stays."""

    def run_script(self, script: str) -> tuple[str, str]:
        """Run a script; what it printed."""
        ended = subprocess.run(
            [sys.executable, "-c", PRELUDE + script],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
        self.assertEqual(0, ended.returncode, ended.stderr)
        return ended.stdout, ended.stderr

    def check(self, script: str, printed: str) -> None:
        self.assertEqual((printed, ""), self.run_script(script))

    def test_it_is_started_and_stopped(self) -> None:
        self.check(STARTS, UP * 3)

    def test_start_waits_for_the_end(self) -> None:
        """However it comes: by C{stop()} or over the wire."""
        self.check(WAITS, (UP + STOPPED) * 2)

    def test_who_wants_to_know_that_it_has_started(self) -> None:
        printed, _ = self.run_script(HAS_STARTED)
        self.assertEqual(4, printed.count(UP))

    def test_what_goes_wrong_is_raised(self) -> None:
        self.check(FAILS, UP)

    def test_an_interrupted_start_has_closed_everything(self) -> None:
        printed, _ = self.run_script(INTERRUPTED)
        self.assertTrue(printed.startswith(UP) and printed.endswith(UP))

    def test_also_one_that_was_not_open(self) -> None:
        self.run_script(INTERRUPTED_EARLY)

    def test_in_another_process(self) -> None:
        """It is stopped over the wire; once more is no error, and takes no reactor here."""
        self.check(ELSEWHERE, UP + STOPPED)

    def test_in_the_thread_of_the_reactor_nobody_waits(self) -> None:
        self.check(IN_ITS_THREAD, UP)

    def test_a_server_alone(self) -> None:
        self.check(SERVER, "")

    def test_in_a_process_that_was_forked(self) -> None:
        """As existing tests start it, which then stop it over the wire."""
        self.check(IN_A_PROCESS, UP + STOPPED)

    def test_unittest(self) -> None:
        printed, _ = self.run_script(UNITTEST)
        self.assertEqual(UP * 2, printed)
