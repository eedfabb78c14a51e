"""Tests for L{netsim.replay.modules}."""

from __future__ import annotations

import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError
from netsim.replay.modules import ModuleLoader
from netsim.script.nds1 import Nds1

MODULE = """
import {imports}
NAME = {name!r}
seen = []

def validate_action(action, args):
    seen.append(action)

def execute_action(action, args, inp, outp):
    outp.write(NAME.encode())
"""


class LoaderTests(SynchronousTestCase):
    """Modules are found on the path, then among those that ship."""

    def setUp(self) -> None:
        self.patch(sys, "path", list(sys.path))
        self.first, self.second = Path(self.mktemp()), Path(self.mktemp())
        self.loader = ModuleLoader([self.first, self.second])

    def put(self, directory: Path, name: str, imports: str = "json") -> None:
        """Write a module that knows where it is."""
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MODULE.format(name=str(path), imports=imports))

    def refused(self, name: str) -> str:
        """Why there is no such module."""
        with self.assertRaises(ActionError) as caught:
            self.loader(name)
        return str(caught.exception)

    def test_path(self) -> None:
        """The first directory that has it wins."""
        self.put(self.first, "both.py")
        self.put(self.second, "both.py")
        self.put(self.second, "other.py")
        self.assertEqual(str(self.first / "both.py"), self.loader("both").NAME)
        self.assertEqual(str(self.second / "other.py"), self.loader("other").NAME)

    def test_beside(self) -> None:
        """A module can import what is beside it, whoever loads it; no directory stands twice."""
        self.put(self.first, "importing.py", imports="netsim_test_beside")
        self.put(self.first, "netsim_test_beside.py")
        self.addCleanup(sys.modules.pop, "netsim_test_beside", None)
        for _ in range(2):
            self.assertEqual(str(self.first / "importing.py"), self.loader("importing").NAME)
        self.assertEqual(1, sys.path.count(str(self.first)))

    def test_fresh(self) -> None:
        """Each time it is a module of its own, which no import ever finds."""
        self.put(self.first, "counting.py")
        one, other = self.loader("counting"), self.loader("counting")
        one.validate_action("count", [])
        self.assertEqual((["count"], []), (one.seen, other.seen))
        self.assertNotIn("counting", sys.modules)

    def test_dotted(self) -> None:
        """A dot leads into a package, or into a directory that is none."""
        self.put(self.first, "package/__init__.py")
        self.put(self.first, "package/inner.py")
        self.put(self.second, "plain/deep/inner.py")
        for name in ("package.inner", "plain.deep.inner"):
            self.assertTrue(self.loader(name).NAME.endswith("/inner.py"), name)
        self.assertTrue(self.loader("package").NAME.endswith("__init__.py"))
        for name in ("package.other", "package.inner.deeper", "plain", "plain.deep"):
            self.assertIn(f"no module {name!r}", self.refused(name))

    def test_shipped(self) -> None:
        """What ships is found without a path, each time a new one, and last."""
        one, other = ModuleLoader()("nds1"), ModuleLoader()("nds1")
        self.assertIsInstance(one, Nds1)
        self.assertIsNot(one, other)
        self.put(self.first, "nds1.py")
        self.assertEqual(str(self.first / "nds1.py"), self.loader("nds1").NAME)

    def test_missing(self) -> None:
        """Where it was looked for is told, and what there is."""
        self.assertEqual(
            f"no module 'gone'; looked in {self.first}, {self.second}; shipped: nds1",
            self.refused("gone"),
        )
        self.loader = ModuleLoader()
        self.assertEqual(
            "no module 'json'; looked in no directory: --path gives some; shipped: nds1",
            self.refused("json"),
        )

    def test_broken(self) -> None:
        """What fails to be imported is told with the reason."""
        self.put(self.first, "needy.py", imports="no_such_thing")
        self.first.joinpath("broken.py").write_text("def f(:\n")
        self.assertEqual(
            "module 'needy' cannot be imported:"
            " ModuleNotFoundError: No module named 'no_such_thing'",
            self.refused("needy"),
        )
        self.assertIn("module 'broken' cannot be imported: SyntaxError", self.refused("broken"))

    def test_lacking(self) -> None:
        """A module without the functions of one is told what it lacks."""
        self.first.mkdir()
        self.first.joinpath("half.py").write_text("def validate_action(action, args): pass\n")
        self.first.joinpath("none.py").write_text("execute_action = 3\n")
        self.assertEqual("module 'half' defines no execute_action", self.refused("half"))
        self.assertEqual(
            "module 'none' defines no validate_action and no execute_action", self.refused("none")
        )
