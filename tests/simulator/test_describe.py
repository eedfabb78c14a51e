"""Tests for L{netsim.simulator.describe}."""

from __future__ import annotations

from netsim.simulator.catalogue import load
from netsim.simulator.describe import aligned, describe
from tests.simulator.modules import DEVICE, ModulesTestCase

NEW = '''
"""
A supply.

It has a C{fan}.
"""
from netsim.simulator.faults import ANSWERS, Faulty
from netsim.simulator.framing import Delimiter
from netsim.simulator.commands import command

servers = [
    (("127.0.0.1", 7000 + line), ("127.0.0.1", 8000 + line), "udp", {}) for line in range(3)
]

class System(Faulty):
    framing = Delimiter(b"\\r")
    faults = {**ANSWERS, "hot": "the fan stands still"}

    @command("VOLT {volts}")
    def set_voltage(self, volts: float) -> None:
        """Set the C{voltage}."""

    @command("*RST")
    def reset(self) -> None: ...

    def fan(self, speed: int, *, really: bool = True) -> None:
        """Turn it."""

    @staticmethod
    def version(of: str = "all") -> str: ...

    number = 5
    def _inner(self): ...
'''
TYPES = """
from netsim.simulator.catalogue import get_multitype_systems
from netsim.simulator.system import MultiTypeSystem
systems = get_multitype_systems(__file__)
servers = [((), ("", 7000), "tcp", {"system_type": "one"})]
class System(MultiTypeSystem):
    def __new__(cls, **kwargs):
        raise AssertionError
"""


class DescribeTests(ModulesTestCase):
    def describe(self, name: str) -> str:
        """What is told, without the directory."""
        lines = describe(load(name, self.directory))
        return "\n".join(lines).replace(f"{self.directory}/", "")

    def test_existing(self) -> None:
        """Of an existing module, what can be known without running it."""
        self.write("device.py", DEVICE)
        expected = """\
device
    A device. It echoes.

Source: device.py
Instances: 2
Commands on: 0.0.0.0:11000-11001
Runs on: worker threads
Custom commands, as $NAME:ARGUMENT,...%%%%%:
    system_stop()"""
        self.assertEqual(expected, self.describe("device"))

    def test_new(self) -> None:
        """Of a new one, also its framing, commands and faults."""
        self.write("supply.py", NEW)
        expected = """\
supply
    A supply.

    It has a fan.

Source: supply.py
Instances: 3
Commands on: udp:127.0.0.1:7000-7002
Status on: udp:127.0.0.1:8000-8002
Runs on: the reactor
Framing: Delimiter(end=b'\\r', strip=b'', limit=65536)
Commands:
    VOLT {volts}  Set the voltage.
    *RST
Custom commands, as $NAME:ARGUMENT,...%%%%%:
    fan(speed, *, really=True)             Turn it.
    system_fail(kind='none', seconds='1')  Fail in one of the ways that `netsim simulator \
describe` lists; `none` ends it.
    system_stop()                          Release everything.
    version(of='all')
Faults, as $system_fail:KIND%%%%%:
    no_answer    nothing is answered; commands are executed
    garbage      answers are random bytes, of the right length
    late_answer  answers come late, by the seconds of system_fail:late_answer,SECONDS (1)
    hot          the fan stands still"""
        self.assertEqual(expected, self.describe("supply"))

    def test_types(self) -> None:
        """Each type has a part of its own."""
        self.write("pack/__init__.py", TYPES)
        self.write("pack/one.py", "class System:\n  'The first. One.'\n  def subscribe(s, q): ...")
        self.write("pack/two.py", "class System:\n  sampling_time = 3\n  subscribe = None")
        expected = """\
pack

Source: pack/__init__.py
Instances: 1
Status on: 0.0.0.0:7000

Type one (servers[0]): The first.
    Runs on: worker threads
    Status every: 0.01 s

Type two
    Runs on: worker threads
    Status every: 3 s"""
        self.assertEqual(expected, self.describe("pack"))

    def test_otherTypes(self) -> None:
        """Types of another framework may be modules."""
        self.write("pack_b/__init__.py", TYPES.replace("get_multitype_systems(__file__)", "{}"))
        self.write("pack_b/one.py", "class System: pass")
        module = load("pack_b", self.directory)
        from importlib import import_module

        module.systems = {"one": import_module("pack_b.one")}
        self.assertIn(
            "Type one (servers[0])\n    Runs on: worker threads", "\n".join(describe(module))
        )

    def test_shipped(self) -> None:
        """Those that ship can be described."""
        self.assertIn("Instances: 96\n", self.describe("active_surface"))

    def test_aligned(self) -> None:
        """Columns have no blanks at the ends of lines."""
        self.assertEqual(["a    b", "ccc"], list(aligned([("a", "b"), ("ccc", "")])))
        self.assertEqual([], list(aligned([])))
