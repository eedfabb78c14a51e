"""
What must never be in netsim, checked over the whole source.

Who may import whom is in the import-linter contracts in C{setup.cfg}; here is what
they cannot say.
"""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "netsim").rglob("*.py"))
PLUGINS = sorted((ROOT / "twisted" / "plugins").glob("*.py"))
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / "setup.cfg")
PURE = CONTRACTS["importlinter:contract:pure"]["source_modules"].split()

REACTOR = "twisted.internet.reactor"
CLOCKS = {"time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.sleep"}
CLOCKS |= {"datetime.now", "datetime.utcnow", "date.today"}
THREAD = "import threading; threading.Timer(0.1, int).start()"

# Imports the modules named on the command line, one after the other, and says which
# of them did more than define something.
IMPORT_ALL = """
import importlib, os, sys, threading
for name in sys.argv[1:]:
    importlib.import_module(name)
    if "twisted.internet.reactor" in sys.modules:
        sys.exit(f"{name} installs a reactor")
    if threading.active_count() > 1:
        sys.exit(f"{name} starts a thread")
    if os.listdir():
        sys.exit(f"{name} makes {os.listdir()}")
"""


def atImport(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported: all but the insides of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from atImport(child)


def imported(node: ast.AST) -> list[str]:
    """The full names that an import statement asks for."""
    match node:
        case ast.Import(names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module, names):
            return [f"{module}.{alias.name}" for alias in names]
    return []


def reactorImports(tree: ast.Module) -> list[int]:
    """The lines that import the reactor while the module is imported."""
    return [
        node.lineno
        for node in atImport(tree)
        for name in imported(node)
        if f"{name}.".startswith(f"{REACTOR}.")
    ]


def bareExcepts(tree: ast.Module) -> list[int]:
    """The lines that catch everything, exits included."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]


def clockReads(tree: ast.Module) -> list[int]:
    """The lines that ask the computer for the time, or wait for it."""
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if CLOCKS.intersection([*imported(node), lastNames(node)])
    )


def lastNames(node: ast.AST) -> str:
    """C{datetime.now} for C{datetime.datetime.now}; empty if the node is no attribute."""
    return ".".join(ast.unparse(node).split(".")[-2:]) if isinstance(node, ast.Attribute) else ""


def moduleName(path: Path) -> str:
    """The dotted name under which the file at C{path} is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def isPure(path: Path) -> bool:
    """Whether the import contracts call it pure; all systems are: the host gives them its clock."""
    name = moduleName(path)
    within = [*PURE, "netsim.systems"]
    return any(f"{name}.".startswith(f"{package}.") for package in within)


def testModule(path: Path) -> Path:
    """Where the tests of the module at C{path} belong."""
    inside = path.relative_to(ROOT / "netsim")
    return ROOT / "tests" / inside.with_name(f"test_{inside.name}")


class SourceTests(SynchronousTestCase):
    """Rules that the text of each module keeps."""

    def check(self, rule, paths) -> None:
        """Fail with the file and line of everything that C{rule} finds in C{paths}."""
        self.assertEqual(
            [],
            [
                f"{path.relative_to(ROOT)}:{line}"
                for path in paths
                for line in rule(ast.parse(path.read_bytes()))
            ],
        )

    def test_reactor(self) -> None:
        """No module imports the reactor while it is imported."""
        self.check(reactorImports, MODULES + PLUGINS)

    def test_bareExcept(self) -> None:
        """No C{except:} without a class."""
        self.check(bareExcepts, MODULES + PLUGINS)

    def test_clock(self) -> None:
        """Pure modules are told the time."""
        self.check(clockReads, filter(isPure, MODULES))

    def test_tested(self) -> None:
        """Each module has its test module at the mirrored place."""
        missing = [
            str(testModule(path).relative_to(ROOT))
            for path in MODULES
            if path.name != "__init__.py" and not testModule(path).exists()
        ]
        self.assertEqual([], missing)


class ImportTests(SynchronousTestCase):
    """Importing has no side effect."""

    def importAll(self, names: list[str], path: Path = ROOT) -> tuple[str, str, list[str]]:
        """Import in a fresh interpreter: its stdout, its complaint, the files it left."""
        directory = Path(self.mktemp())
        directory.mkdir()
        run = subprocess.run(
            [sys.executable, "-c", IMPORT_ALL, *names],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(path)},
            capture_output=True,
            text=True,
        )
        return run.stdout, run.stderr, [file.name for file in directory.iterdir()]

    def test_inert(self) -> None:
        """No reactor, no thread, no file, not a word on stdout."""
        names = [moduleName(path) for path in MODULES + PLUGINS]
        self.assertEqual(("", "", []), self.importAll(names))

    def test_seen(self) -> None:
        """A module that does install, start, make or say something is found out."""
        directory = Path(self.mktemp()).absolute()
        directory.mkdir()
        for name, source, seen in [
            ("a", f"import {REACTOR}", ("", "a installs a reactor\n", [])),
            ("b", THREAD, ("", "b starts a thread\n", [])),
            ("c", "open('litter', 'w').close()", ("", "c makes ['litter']\n", ["litter"])),
            ("d", "print('hello')", ("hello\n", "", [])),
        ]:
            (directory / f"{name}.py").write_text(source)
            self.assertEqual(seen, self.importAll([name], directory))


class RuleTests(SynchronousTestCase):
    """The rules find what they are for, and nothing else."""

    def test_reactor(self) -> None:
        """Any form of import counts, anywhere but in a function."""
        source = """
from twisted.internet import reactor
import twisted.internet.reactor as r
from twisted.internet.reactor import callLater
if True:
    from twisted.internet import reactor
try:
    pass
except ImportError:
    from twisted.internet import defer, reactor
class C:
    import twisted.internet.reactor
    def method(self):
        from twisted.internet import reactor
from twisted.internet import defer
"""
        self.assertEqual([2, 3, 4, 6, 10, 12], reactorImports(ast.parse(source)))

    def test_bareExcept(self) -> None:
        """C{except Exception} says what it catches."""
        source = "try: pass\nexcept Exception: pass\nexcept: pass"
        self.assertEqual([3], bareExcepts(ast.parse(source)))

    def test_clock(self) -> None:
        """Both the call and the import of the name count."""
        source = """
import time, datetime
now = time.time()
from time import sleep
clock.time()
today = datetime.datetime.now()
"""
        self.assertEqual([3, 4, 6], clockReads(ast.parse(source)))

    def test_mirror(self) -> None:
        """The tests of netsim/script/player.py are in tests/script/test_player.py."""
        self.assertEqual(
            ROOT / "tests/script/test_player.py", testModule(ROOT / "netsim/script/player.py")
        )
