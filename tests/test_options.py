"""Tests for L{netsim.options}."""

from __future__ import annotations

import os

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim import options
from netsim.addresses import Address


class Base(options.ServiceOptions):
    optParameters = [["listen", "l", Address.parse("127.0.0.1:0"), "where", options.address]]


class Example(Base):
    example = "twistd -n example --limit 64MiB"
    environment = {"port": "EXAMPLE_PORT", "name": "EXAMPLE_NAME", "listen": "EXAMPLE_LISTEN"}
    optFlags = [["quiet", "q", "say nothing"]]
    optParameters = (
        ("port", "p", 80, "the port", options.port),
        ("limit", None, 1 << 20, "the largest message", options.size),
        ("name", "n", "x", "the name"),
    )


class ServiceOptionsTests(SynchronousTestCase):
    """What all services' Options do."""

    def parse(self, *arguments: str, **environment: str) -> Example:
        self.patch(os, "environ", environment)
        parsed = Example()
        parsed.parseOptions(list(arguments))
        return parsed

    def refused(self, *arguments: str, **environment: str) -> str:
        return str(self.assertRaises(UsageError, self.parse, *arguments, **environment))

    def test_values(self) -> None:
        """Values are coerced, those of a base class as well."""
        parsed = self.parse("-p", "8080", "--limit=64MiB", "-l", "[::1]:9", "-n", "y")
        self.assertEqual((parsed["port"], parsed["limit"]), (8080, 64 << 20))
        self.assertEqual((parsed["listen"], parsed["name"]), (Address.parse("[::1]:9"), "y"))

    def test_defaults(self) -> None:
        """A default is the value itself."""
        self.assertEqual(self.parse()["port"], 80)

    def test_wrong_value(self) -> None:
        """A wrong value is told with the option and what was expected."""
        expected = "--port: 'http' cannot be used: expected a port number from 0 to 65535"
        self.assertEqual(self.refused("-p", "http"), expected)

    def test_wrong_address(self) -> None:
        """A wrong address is told with the option, and not twice."""
        self.assertTrue(self.refused("-l", "9").startswith("--listen: '9' is no address: expected"))

    def test_unknown_option(self) -> None:
        """An unknown option is named."""
        self.assertIn("--nonsense", self.refused("--nonsense"))

    def test_environment(self) -> None:
        """A variable is read where the option is not given, coerced like it."""
        self.assertEqual(self.parse(EXAMPLE_PORT="7", EXAMPLE_NAME="z")["port"], 7)
        self.assertEqual(self.parse(EXAMPLE_NAME="z")["name"], "z")

    def test_inherited(self) -> None:
        """A variable may stand for an option of a base class."""
        listen = self.parse(EXAMPLE_LISTEN="[::1]:9")["listen"]
        self.assertEqual(listen, Address.parse("[::1]:9"))

    def test_option_wins(self) -> None:
        """An option wins over its variable, also with its default and over a wrong one."""
        for value in "7", "wrong":
            for arguments in ("--port=80",), ("-p80",), ("--po", "80"):
                self.assertEqual(self.parse(*arguments, EXAMPLE_PORT=value)["port"], 80)

    def test_wrong_variable(self) -> None:
        """A wrong variable is named."""
        refused = self.refused(EXAMPLE_PORT="http")
        self.assertTrue(refused.startswith("EXAMPLE_PORT: 'http' cannot be used"), refused)

    def test_example(self) -> None:
        """The help ends with the example."""
        text = str(Example())
        self.assertTrue(text.endswith("\nExample:\n    twistd -n example --limit 64MiB\n"), text)

    def test_no_example(self) -> None:
        """Without an example, there is no heading for it."""
        self.assertNotIn("Example:", str(Base()))


class Inner(options.ServiceOptions):
    example = "--fast"


class Group(options.GroupOptions):
    commands = {"inner": (__name__, "Inner", "Do it."), "other": ("nowhere", "None", "Do that.")}


class Top(options.GroupOptions):
    commands = {"group": (__name__, "Group", "Some."), "netsim-group": (__name__, "Group", "It.")}


class GroupTests(SynchronousTestCase):
    """A command that is a choice of commands."""

    def test_choice(self) -> None:
        """What was chosen has its options; nothing of the others is loaded."""
        group = Group()
        group.parseOptions(["inner"])
        self.assertIsInstance(group.subOptions, Inner)

    def test_no_choice(self) -> None:
        """One has to be chosen."""
        error = self.assertRaises(UsageError, Group().parseOptions, [])
        self.assertEqual(str(error), "expected a command: inner, other")

    def test_example(self) -> None:
        """An example has all commands that lead there, with the runner of the first."""
        for first, command in ("group", "netsim group"), ("netsim-group", "twistd -n netsim-group"):
            top = Top()
            top.parseOptions([first, "inner"])
            text = str(top.subOptions.subOptions)
            self.assertTrue(text.endswith(f"\nExample:\n    {command} inner --fast\n"), text)


class Listing(options.ServiceOptions):
    example = "--name a"
    optParameters = [
        ["name", "n", [], "What it is called, which is so long that the line breaks after"],
        ["from", None, frozenset(), "who may ask"],
        ["count", "c", 5, "how many", options.positive],
    ]


class DefaultTests(SynchronousTestCase):
    """Defaults in the help."""

    def test_nothing(self) -> None:
        """One that is empty is not told, however lines are broken, and stays what it is."""
        parsed = Listing()
        for width in range(30, 120):
            text = parsed.getUsage(width)
            self.assertNotIn("[]", text)
            self.assertNotIn("frozenset", text)
            self.assertIn("[default: 5]", " ".join(text.split()))
        self.assertEqual((parsed.defaults["name"], parsed.defaults["from"]), ([], frozenset()))


class CoercerTests(SynchronousTestCase):
    """Each coercer reads its texts and refuses others."""

    def test_read(self) -> None:
        """What a coercer reads."""
        for coerce, text, value in (
            (options.port, "0", 0),
            (options.port, "65535", 65535),
            (options.count, "100000", 100000),
            (options.positive, "1", 1),
            (options.some_seconds, "0.5", 0.5),
            (options.seconds, "0.5", 0.5),
            (options.seconds, "2", 2.0),
            (options.size, "17", 17),
            (options.size, "64MiB", 64 << 20),
            (options.size, "1 GiB", 1 << 30),
            (options.size, "1.5KiB", 1536),
            (options.size, "9007199254740993", 9007199254740993),
        ):
            self.assertEqual(coerce(text), value)

    def test_refused(self) -> None:
        """What a coercer refuses, with what it expected."""
        for coerce, texts in (
            (options.port, ("65536", "-1", "+1", "1_0", "", "x")),
            (options.count, ("-1", "1.0", "x")),
            (options.positive, ("0", "-1", "1.0", "x")),
            (options.some_seconds, ("0", "-1", "nan", "inf", "x")),
            (options.seconds, ("-1", "nan", "inf", "x")),
            (options.size, ("64MB", "-1", "x", "MiB", "")),
        ):
            for text in texts:
                self.assertIn("expected ", str(self.assertRaises(ValueError, coerce, text)))
