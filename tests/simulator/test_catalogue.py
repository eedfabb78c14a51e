"""Tests for L{netsim.simulator.catalogue}."""

from __future__ import annotations

import os
import sys

from netsim.errors import SimulatorError
from netsim.simulator.catalogue import get_multitype_systems, list_simulators, load
from netsim.simulator.sources import modules_in
from tests.simulator.modules import DEVICE, ModulesTestCase

SERVERS = "servers = [(('', 1), (), 'tcp', {})]\n"
TYPES = f"""
from netsim.simulator.catalogue import get_multitype_systems
systems = get_multitype_systems(__file__)
{SERVERS}
class System: pass
"""


class ListTests(ModulesTestCase):
    def test_list(self) -> None:
        """Simulators in the directory are listed beside those that ship; helpers are not."""
        for name in ("rotator.py", "dome/__init__.py", "_draft.py"):
            self.write(name)
        self.write("common.py", "class System: pass")
        own = set(list_simulators(self.directory)) - set(list_simulators())
        self.assertEqual({"dome", "rotator"}, own)
        self.assertEqual(sorted(list_simulators()), list_simulators([]))

    def test_once(self) -> None:
        """A name that several directories have is listed once."""
        self.write("one/rotator.py")
        self.write("two/rotator.py")
        names = list_simulators([self.directory / "one", self.directory / "two"])
        self.assertEqual(1, names.count("rotator"))


class LoadTests(ModulesTestCase):
    def refused(self, name: str) -> str:
        """The complaint about a simulator; the directory is left out."""
        error = self.assertRaises(SimulatorError, load, name, [self.directory])
        return str(error).replace(f"{self.directory}{os.sep}", "")

    def test_directory(self) -> None:
        """One in a directory is loaded, once."""
        file = self.write("rotator_a.py")
        module = load("rotator_a", [self.directory])
        self.assertEqual((str(file), "rotator_a"), (module.__file__, module.__name__))
        self.assertIs(module, load("rotator_a", self.directory))

    def test_beside(self) -> None:
        """Modules of a directory import each other."""
        self.write("rotator_b.py", "from rotator_b_base import *\n" + SERVERS)
        self.write("rotator_b_base.py", "class System: pass")
        self.assertEqual("rotator_b_base", load("rotator_b", self.directory).System.__module__)

    def test_first(self) -> None:
        """The first directory that has it wins."""
        for place in ("one", "two"):
            self.write(f"{place}/rotator_c.py", f"{DEVICE}\nplace = {place!r}")
        for order in (["one", "two"], ["two", "one"]):
            module = load("rotator_c", [self.directory / place for place in order])
            self.assertEqual(order[0], module.place)
            self.assertEqual("rotator_c", module.__name__.rpartition(".")[2])

    def test_clash(self) -> None:
        """One with the name of another module is loaded all the same, and only here."""
        import queue

        self.write("queue.py", DEVICE + "from . import helper")
        self.write("helper.py", "")
        self.assertTrue(load("queue", self.directory).servers)
        del sys.modules["queue"]
        self.addCleanup(sys.modules.__setitem__, "queue", queue)
        import queue as again

        self.assertEqual(queue.__file__, again.__file__)

    def test_packageAsDirectory(self) -> None:
        """The directory may be a package of an existing framework, which needs no installation."""
        self.write("frame_d/__init__.py", "")
        self.write("frame_d/common.py", "class Base: pass")
        for number, line in enumerate(("from frame_d.common", "from .common", "from common")):
            self.write(f"frame_d/device{number}.py", f"{line} import Base as System\n{SERVERS}")
            module = load(f"device{number}", self.directory / "frame_d")
            self.assertEqual(f"frame_d.device{number}", module.__name__)

    def test_dotted(self) -> None:
        """Any module that can be imported is loaded by its dotted name."""
        self.write("pack_e/__init__.py", "")
        self.write("pack_e/device.py")
        sys.path.insert(0, str(self.directory))
        self.assertEqual("pack_e.device", load("pack_e.device").__name__)

    def test_unknown(self) -> None:
        """Where there is none of a name, those that there are are told, and the closest."""
        self.write("rotator.py")
        told = self.refused("rotater")
        self.assertTrue(told.startswith("there is no simulator 'rotater'; there are: "), told)
        self.assertTrue(told.endswith("; did you mean rotator?"), told)
        for name in ("", "a..b", "../rotator", "rotator.py", "json.nothing", "sys"):
            self.assertIn(f"there is no simulator {name!r}", self.refused(name))

    def test_here(self) -> None:
        """One that lies in the working directory is not looked for; it is told how it would be."""
        self.write("rotator_f.py")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory)
        self.patch(sys, "path", [place for place in sys.path if place])
        error = self.assertRaises(SimulatorError, load, "rotator_f")
        self.assertIn("one in this directory is found with --path .", str(error))

    def test_bad(self) -> None:
        """A module that is no simulator is told what it lacks."""
        self.write("bad_a.py", "")
        expected = "simulator 'bad_a' (bad_a.py): no class System; no list servers"
        self.assertEqual(expected, self.refused("bad_a"))

    def test_raises(self) -> None:
        """What an import raises is told with the line of the module, not that of a library."""
        for number, (source, told) in enumerate(
            (
                ("\n1 / 0", "2: ZeroDivisionError: division by zero"),
                ("import json\njson.loads('{')", "2: JSONDecodeError: "),
                ("import no_such_module", "1: ModuleNotFoundError: No module named "),
                ("x = 1\nif x", "2: SyntaxError: expected ':'"),
                ("import sys; sys.exit('enough')", "1: SystemExit: enough"),
                ("assert False", "1: AssertionError"),
            )
        ):
            name = f"raises_{number}"
            self.write(f"{name}.py", source)
            start = f"simulator '{name}' cannot be imported: {name}.py:{told}"
            complaint = self.refused(name)
            self.assertTrue(complaint.startswith(start), complaint)

    def test_raisesBeside(self) -> None:
        """So is what a module beside it raises."""
        self.write("raises_a.py", "import raises_b")
        self.write("raises_b.py", "\n\nx")
        self.assertIn("raises_b.py:3: NameError", self.refused("raises_a"))


class MultiTypeTests(ModulesTestCase):
    def test_package(self) -> None:
        """A package finds the systems in and below its directory, and not itself."""
        self.write("types_a/__init__.py", TYPES)
        self.write("types_a/one.py", "class System: pass")
        self.write("types_a/two/__init__.py", "class System: pass")
        self.write("types_a/deep/er/three.py", "from ... import helper\nclass System: pass")
        self.write("types_a/helper.py", "")
        systems = load("types_a", self.directory).systems
        modules = {name: system.__module__ for name, system in systems.items()}
        expected = {
            "one": "types_a.one",
            "two": "types_a.two",
            "three": "types_a.deep.er.three",
        }
        self.assertEqual(expected, modules)

    def test_module(self) -> None:
        """A module that is no package finds those beside it."""
        self.write("types_b.py", TYPES)
        self.write("types_b_one.py", "class System: pass")
        self.assertEqual(["types_b_one"], list(load("types_b", self.directory).systems))

    def test_itself(self) -> None:
        """The module that asks is none of them, even if it has a system already."""
        self.write("types_f.py", "class System: pass\n" + TYPES)
        self.assertEqual({}, load("types_f", self.directory).systems)

    def test_clash(self) -> None:
        """It works under a name that another module has."""
        self.write("json/__init__.py", TYPES)
        self.write("json/one.py", "class System: pass")
        self.assertEqual(["one"], list(load("json", self.directory).systems))

    def test_sameName(self) -> None:
        """Of two with the same name, both are there."""
        self.write("types_c/__init__.py", TYPES)
        self.write("types_c/one.py", "class System: pass")
        self.write("types_c/old/one.py", "class System: pass")
        systems = load("types_c", self.directory).systems
        self.assertEqual(["one", "old.one"], list(systems))

    def test_noClass(self) -> None:
        """What is called System and is no class is left out; other modules are not run."""
        self.write("types_d/__init__.py", TYPES)
        self.write("types_d/one.py", "System = None")
        self.write("types_d/two.py", "1 / 0")
        self.assertEqual({}, load("types_d", self.directory).systems)

    def test_directory(self) -> None:
        """A directory can be asked for as such."""
        self.write("types_e_one.py", "class System: pass")
        self.assertEqual(["types_e_one"], [source.name for source in modules_in(self.directory)])
        sys.path.insert(0, str(self.directory))
        self.assertEqual(["types_e_one"], list(get_multitype_systems(self.directory)))
