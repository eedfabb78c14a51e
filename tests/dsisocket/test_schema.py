"""Tests for L{netsim.dsisocket.schema}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket import kinds
from netsim.dsisocket.schema import Place
from tests.dsisocket.reading import problems, reading, section


class PlaceTests(SynchronousTestCase):
    """A place has a path in its file, and a name in the reference."""

    def test_path(self) -> None:
        place = Place("f.yml", Path("/lab"), name="out").key("mongod", "GROUP").item(3)
        place = place.key("ip")
        self.assertEqual(("mongod[3].ip", "out.GROUP[].ip"), (place.path, place.name))

    def test_odd_keys(self) -> None:
        """A key that would break the path is quoted."""
        self.assertEqual(r'a."b c\n"', Place("f", Path(), "a").key("b c\n").path)

    def test_nested_lists(self) -> None:
        """Items of lists in lists have one name."""
        place = Place("f", Path()).key("a").item(0).item(1).key("b")
        self.assertEqual(("a[0][1].b", "a[].b"), (place.path, place.name))


class SectionTests(SynchronousTestCase):
    """Keys are read, each with its kind; what is wrong is noted."""

    def test_values(self) -> None:
        """A key without a value has its default."""
        one = section({"a": 5, "b": None})
        self.assertEqual(5, one.find("a", kinds.whole(1, 9)))
        self.assertEqual(5, one.get("a", kinds.whole(1, 9), 7))
        self.assertEqual(5, one.need("a", kinds.whole(1, 9)))
        self.assertEqual((None, 7), (one.find("b", kinds.text), one.get("b", kinds.seconds, 7)))
        self.assertEqual((None, 7), (one.find("c", kinds.text), one.get("c", kinds.seconds, 7)))
        self.assertEqual([], one.reading.problems)

    def test_false(self) -> None:
        """C{false} is a value."""
        self.assertFalse(section({"a": False}).get("a", kinds.flag, True))

    def test_wrong(self) -> None:
        """All that is wrong is noted, each once, and reading goes on."""
        one = section({"a": "x", "b": []})
        self.assertEqual(7, one.get("a", kinds.seconds, 7))
        self.assertIsNone(one.need("b", kinds.flag))
        self.assertEqual(
            [
                "f.yml: a: expected seconds, a number more than 0 and at most 10000000,"
                ' not the text "x"',
                "f.yml: b: expected true or false, not a list",
            ],
            problems(one.reading),
        )

    def test_missing(self) -> None:
        """What has to be there is missed; what is there instead is told."""
        one = section({"public-ip": "a", "b": None})
        self.assertIsNone(one.need("public_ip", kinds.text))
        self.assertIsNone(one.need("b", kinds.text))
        self.assertEqual(
            ["f.yml: public_ip: missing; there is public-ip", "f.yml: b: missing"],
            problems(one.reading),
        )

    def test_no_mapping(self) -> None:
        """A section that is something else is as good as empty, but for the problem."""
        one = section({"a": [1]}).section("a")
        self.assertEqual((None, True), (one.find("b", kinds.text), one.here))
        self.assertEqual(["f.yml: a: expected a mapping, not a list"], problems(one.reading))

    def test_absent(self) -> None:
        """A section that is not there is empty."""
        one = section({"a": None}).section("a")
        self.assertEqual((None, False), (one.find("b", kinds.text), one.here))
        self.assertEqual([], one.reading.problems)

    def test_items(self) -> None:
        """Each item has its place; what is no list is noted."""
        one = section({"a": ["x", None], "b": {}})
        found = [(value, place.path) for value, place in one.items("a")]
        self.assertEqual([("x", "a[0]"), (None, "a[1]")], found)
        self.assertEqual([], list(one.items("b")))
        self.assertEqual([], list(one.items("c")))
        self.assertEqual(["f.yml: b: expected a list, not a mapping"], problems(one.reading))

    def test_paths(self) -> None:
        """Relative to the file; C{~} is the home directory."""
        values = {"a": "b/c", "d": "/e", "f": "~/g", "h": "~", "i": "~bob/x", "j": "a\0"}
        one = section(values)
        self.assertEqual(
            [Path("/lab/b/c"), Path("/e"), Path("/people/ann/g"), Path("/people/ann"), None, None],
            [one.path(key) for key in values],
        )
        self.assertEqual(
            [
                'f.yml: i: the text "~bob/x": only the own home directory is known as ~',
                r'f.yml: j: expected a text, not the text "a\u0000"',
            ],
            problems(one.reading),
        )

    def test_known(self) -> None:
        """Every key that was asked for is remembered, there or not."""
        one = section({"a": {}})
        one.section("a").find("b", kinds.text)
        list(one.items("c", "ANY"))
        self.assertEqual({"a", "a.b", "ANY"}, one.reading.known)


class SecretTests(SynchronousTestCase):
    """Secrets come out of the environment, and are in no text."""

    def test_variable(self) -> None:
        one = section({"a": "${TOKEN}"}, reading({"TOKEN": "hush"}))
        secret = one.secret("a")
        assert secret is not None
        self.assertEqual("hush", secret.reveal())
        self.assertNotIn("hush", repr(secret) + repr(one.reading))

    def test_absent(self) -> None:
        """It is told which variable has to be set."""
        one = section({"a": "${TOKEN}", "b": "${EMPTY}"}, reading({"EMPTY": ""}))
        self.assertEqual((None, None), (one.secret("a"), one.secret("b")))
        self.assertEqual(
            [
                "f.yml: a: the environment variable TOKEN is not set",
                "f.yml: b: the environment variable EMPTY is empty",
            ],
            problems(one.reading),
        )

    def test_literal(self) -> None:
        """One that stands in the file is refused, and not repeated."""
        for value in ("hush", "$hush", "${hush", "a${hush}", "${hush}\n", 4711, ["hush"]):
            one = section({"a": value}, reading({"hush": "x"}))
            self.assertIsNone(one.secret("a"))
            (problem,) = problems(one.reading)
            self.assertIn("write ${NAME}", problem)
            self.assertNotIn("hush", problem)
            self.assertNotIn("4711", problem)


class UnknownTests(SynchronousTestCase):
    """Keys that nobody asked for."""

    def test_close(self) -> None:
        """The key that was probably meant is told, else all that there are."""
        one = section({"prot": 1, "xyz": 2, 5: 3, "port": 4})
        one.find("port", kinds.whole(1, 9))
        one.find("address", kinds.text)
        one.close()
        self.assertEqual(
            [
                "f.yml: prot: unknown key: did you mean port?",
                "f.yml: xyz: unknown key: there are address, port",
                "f.yml: expected texts as keys, not the number 5",
            ],
            problems(one.reading),
        )

    def test_hint(self) -> None:
        """In what belongs to other tools, only what looks like ours is told, as a warning."""
        one = section({"topologie": 1, "xyz": 2, 5: 3})
        one.find("topology", kinds.sequence)
        one.hint()
        self.assertEqual([], one.reading.problems)
        self.assertEqual(
            ["f.yml: topologie: unknown key: is it to be topology?"], one.reading.warnings
        )
