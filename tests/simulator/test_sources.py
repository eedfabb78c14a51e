"""Tests for L{netsim.simulator.sources}."""

from __future__ import annotations

from pathlib import Path

from netsim.simulator.sources import Source, below, directories, find, first_sentence, modules_in
from tests.simulator.modules import ModulesTestCase

NEVER = "raise AssertionError('this was run')\n"


class FindTests(ModulesTestCase):
    def test_inDirectory(self) -> None:
        """Modules and packages are found by dotted names, and none of them is run."""
        for name, file in (
            ("one", "one.py"),
            ("pack", "pack/__init__.py"),
            ("pack.two", "pack/two.py"),
        ):
            path = self.write(file, NEVER)
            self.assertEqual(Source(name, path), find(name, self.directory))

    def test_missing(self) -> None:
        """What is not there is not found; nor is a directory that is no package."""
        self.write("plain/data.txt", "")
        for name in ("nothing", "nothing.at.all", "plain", "json"):
            self.assertIsNone(find(name, self.directory))

    def test_importable(self) -> None:
        """Without a directory, it is looked for where Python looks."""
        found = find("tests.simulator.modules")
        assert found is not None
        self.assertEqual(Path(ModulesTestCase.write.__code__.co_filename), found.file)
        for name in ("sys", "__main__.x", "json.nothing", "nothing_of_that_name"):
            self.assertIsNone(find(name))

    def test_modulesIn(self) -> None:
        """All modules of a directory are listed, sorted; what cannot be imported is not."""
        for name in ("b.py", "a/__init__.py", "a/inner.py", "c-d.py", "__init__.py", "e/f.py"):
            self.write(name, NEVER)
        self.assertEqual(["a", "b"], [source.name for source in modules_in(self.directory)])

    def test_below(self) -> None:
        """All modules below a directory are listed, the higher ones first."""
        for name in ("x/y/a.py", "b.py", "x/__init__.py", "__init__.py", ".hidden/c.py"):
            self.write(name, NEVER)
        self.assertEqual(["b", "x", "x.y.a"], [source.name for source in below(self.directory)])

    def test_files(self) -> None:
        """The files of a package are all that lie in it."""
        alone = self.write("alone.py")
        pack = [self.write("pack/__init__.py"), self.write("pack/deep/er.py")]
        self.assertEqual([alone], list(Source("alone", alone).files()))
        self.assertEqual(pack, list(Source("pack", pack[0]).files()))


class BindTests(ModulesTestCase):
    def binds(self, source: str) -> bool:
        """Whether such a module may be a simulator."""
        return Source("a", self.write("a.py", source)).may_bind("servers", "System")

    def test_bound(self) -> None:
        """Any way to give a name a value at the top level counts."""
        for source in (
            "servers = []\nclass System: pass",
            "from b import servers\nfrom c import Device as System",
            "servers: list = []\nfrom b import *",
            "if True:\n  servers = []\n  System = type('System', (), {})",
            "import servers, System",
        ):
            self.assertTrue(self.binds(source), source)

    def test_notBound(self) -> None:
        """Those within classes and functions do not, nor do those that are only used."""
        for source in (
            "",
            "servers = []",
            "class System:\n  servers = []",
            "def servers():\n  class System: pass",
            "from b import *",
            "print(servers, System)",
        ):
            self.assertFalse(self.binds(source), source)

    def test_broken(self) -> None:
        """A module with an error may be one: it is not to disappear while it is edited."""
        self.assertTrue(self.binds("servers = [\n"))
        self.assertEqual("it has an error", Source("a", self.directory / "a.py").about)


class TextTests(ModulesTestCase):
    def test_about(self) -> None:
        """What a module is about is the first sentence of its docstring."""
        self.assertEqual("A device.", Source("a", self.write("a.py")).about)
        self.assertEqual("", Source("a", self.write("a.py", "x = 1")).about)

    def test_firstSentence(self) -> None:
        """It may run over lines, and ends with a paragraph at the latest."""
        for text, expected in (
            ("\n  One\n  two. Three.", "One two."),
            ("One 1.5\n\nTwo. Three", "One 1.5"),
            ("One.", "One."),
            (None, ""),
        ):
            self.assertEqual(expected, first_sentence(text))

    def test_directories(self) -> None:
        """One, several, or none are given; they are absolute."""
        here = Path.cwd()
        self.assertEqual([], directories(None))
        self.assertEqual([here / "a"], directories("a"))
        self.assertEqual([here / "a", here / "b"], directories(["a", Path("b")]))
