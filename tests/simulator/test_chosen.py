"""Tests for L{netsim.simulator.chosen}."""

from __future__ import annotations

from pathlib import Path

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.chosen import PathOptions, SystemOptions, short


class ChosenTests(SynchronousTestCase):
    def parse(self, *words: str) -> SystemOptions:
        """Read a command line."""
        options = SystemOptions()
        options.parseOptions(words)
        return options

    def refused(self, *words: str) -> str:
        """The complaint about one."""
        return str(self.assertRaises(usage.UsageError, self.parse, *words))

    def test_nothing(self) -> None:
        """Without options, nothing is chosen; two command lines share nothing."""
        self.parse("-s", "one", "--path", ".")
        options = self.parse()
        self.assertEqual(([], [], None), (options["system"], options["path"], options["type"]))

    def test_several(self) -> None:
        """Simulators and directories add up, in any way to write them."""
        for name in ("a", "b", "c"):
            Path(name).mkdir(exist_ok=True)
        options = self.parse("-s", "one", "--system=two", "-s", "one", "-p", "a,b", "--path=c")
        self.assertEqual(["one", "two"], options["system"])
        self.assertEqual([Path("a"), Path("b"), Path("c")], options["path"])

    def test_noDirectory(self) -> None:
        """A directory has to be there."""
        expected = "--path: 'nowhere' cannot be used: there is no directory nowhere"
        self.assertEqual(expected, self.refused("--path", "nowhere"))

    def test_type(self) -> None:
        """A type is one of a single simulator."""
        self.assertEqual("x", self.parse("-s", "one", "-t", "x")["type"])
        expected = "--type: expected one --system, whose type it is"
        for words in [], ["-s", "one", "-s", "two"]:
            self.assertEqual(expected, self.refused("-t", "x", *words))

    def test_short(self) -> None:
        """Prints have the last part of a name."""
        self.assertEqual("device", short("package.device"))
        self.assertEqual("device", short("device"))

    def test_help(self) -> None:
        """Short and long names are told together."""
        self.assertRegex(SystemOptions().getUsage(), r"-s, --system=.*\n(?s:.*)-t, --type=")
        self.assertRegex(PathOptions().getUsage(), r"-p, --path=")
