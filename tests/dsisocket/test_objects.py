"""L{netsim.dsisocket.objects}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.objects import INVALID, ITEMS, KEYS, begin, complaint, each, inner
from netsim.dsisocket.objects import script as script_kind
from netsim.dsisocket.objects import word as word_kind
from netsim.dsisocket.schema import Section
from netsim.errors import CommandError, Problem


class ComplaintTests(SynchronousTestCase):
    """One error of many problems."""

    def test_invalid(self) -> None:
        """Unknown keys alone get the answer that clients compare."""
        problems = [Problem("", "on_mongod.foo", INVALID), Problem("", "on_mongod.bar", INVALID)]
        self.assertEqual("Invalid command type", str(complaint(problems)))

    def test_all(self) -> None:
        """With others, all are told with their places."""
        problems = [Problem("", "on_mongod.foo", INVALID), Problem("", "on_mongod.exec", "why")]
        error = complaint(problems)
        self.assertIsInstance(error, CommandError)
        self.assertEqual("on_mongod.foo: Invalid command type\non_mongod.exec: why", str(error))

    def test_many(self) -> None:
        """A message stays short."""
        lines = str(complaint([Problem("", "", "why")] * 1000)).splitlines()
        self.assertEqual((21, "and 980 more"), (len(lines), lines[-1]))


class ReadingTests(SynchronousTestCase):
    """Objects and lists of them."""

    def setUp(self) -> None:
        self.problems: list[Problem] = []

    def told(self) -> list[str]:
        return [str(problem) for problem in self.problems]

    def test_inner(self) -> None:
        """Anything but a mapping is one problem, and is not here."""
        place, reading = begin("on_mongod", self.problems)
        for value in (None, 3, "text", [], dict.fromkeys(map(str, range(KEYS + 1)))):
            self.assertFalse(inner(value, place, reading).here)
        self.assertEqual("on_mongod: expected a mapping, not nothing", self.told()[0])
        self.assertEqual("on_mongod: expected a mapping of few keys, not of 21", self.told()[4])
        self.assertEqual(5, len(self.problems))
        self.assertTrue(inner({}, place, reading).here)

    def read(self, value: object) -> tuple[object, ...]:
        section = Section({"list": value}, *begin("on_mongod", self.problems))
        return each(section, "list", lambda one: one.peek("name"))

    def test_each(self) -> None:
        """A list, or a single object; what is wrong in it is told, and left out."""
        self.assertEqual(("a",), self.read({"name": "a"}))
        self.assertEqual((), self.read([]))
        self.assertEqual([], self.told())
        self.assertEqual(("a", "c"), self.read([{"name": "a"}, 5, {}, {"name": "c"}]))
        self.assertEqual(["on_mongod.list[1]: expected a mapping, not the number 5"], self.told())

    def test_no_list(self) -> None:
        """Neither a list nor an object, or a list that is too long."""
        for value in ("a", None, [{}] * (ITEMS + 1)):
            self.assertEqual((), self.read(value))
        self.assertEqual(3, len(self.problems))
        self.assertEqual(
            "on_mongod.list: expected a list of at most 10000 mappings, not nothing", self.told()[1]
        )


class KindTests(SynchronousTestCase):
    """Texts for scripts and for programs."""

    def test_script(self) -> None:
        """Anything that bash can be given."""
        for text in ("", "\n\t", "a\r\nb", "-e", "\N{SNOWMAN}"):
            self.assertEqual(text, script_kind(text))
        for value in (None, 3, ["a"], "a\0b", "\ud800"):
            self.assertRaises(ValueError, script_kind, value)

    def test_word(self) -> None:
        """No option can be made of it."""
        self.assertEqual("a-b c", word_kind("a-b c"))
        for value in (None, 3, "", " ", "-u", "--upload-pack=x", "a\nb", "a\0b", "\udfff"):
            self.assertRaises(ValueError, word_kind, value)
