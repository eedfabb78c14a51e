"""Tests for L{netsim.dsisocket.cleanable}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.cleanable import Owned, overlap, refusal
from tests.properties import examples

HOME = "/people/staff/ann"
OF_A = Owned("one", "a", "/data/a", "the dbpath of a")


class RefusalTests(SynchronousTestCase):
    """Most directories are not to be emptied."""

    def test_allowed(self) -> None:
        for path in (
            *("/data", "/data/db", "/home/ann/data", "/Users/ann/data", "/root/data"),
            *("/var/lib/mongodb", "/var/log/mongodb/a.log", "/tmp/x", f"{HOME}/db", "/people/bob"),
        ):
            self.assertIsNone(refusal(path, HOME))

    def test_not_absolute(self) -> None:
        """It would depend on where the script runs."""
        for path in ("data", "./data", "../data", "~/data", "", "$HOME/data"):
            self.assertEqual("it is not absolute", refusal(path, HOME))

    def test_not_shortest(self) -> None:
        """What is not written plainly is not what it looks like."""
        for path in ("/data/../home", "/data/.", "/data/", "//", "//data", "/a//b", "/./data"):
            self.assertRegex(refusal(path, HOME) or "", "^it is not in its shortest form")

    def test_root(self) -> None:
        self.assertEqual("it is the root of the file system", refusal("/", HOME))

    def test_homes(self) -> None:
        """Anybody's, by its place; our own, wherever it is, and what holds it."""
        for path in (
            "/home",
            "/home/bob",
            "/Users",
            "/Users/bob",
            HOME,
            "/people/staff",
            "/people",
        ):
            self.assertEqual("it is a home directory, or holds some", refusal(path, HOME))
        self.assertIsNotNone(refusal("/root", HOME))

    def test_system(self) -> None:
        """One slip of the pen must not empty /var/log."""
        for path in ("/etc", "/usr", "/var", "/var/log", "/tmp", "/dev"):
            self.assertEqual("it is a directory of the operating system", refusal(path, HOME))

    @examples(300)
    @given(st.text(alphabet="/.ah", max_size=8), st.sampled_from([HOME, "/", "/a"]))
    def test_anything(self, path: str, home: str) -> None:
        """What is allowed has at least one part, and nothing to resolve."""
        if refusal(path, home) is None:
            self.assertTrue(path.startswith("/") and len(path) > 1)
            self.assertFalse({"", ".", ".."}.intersection(path[1:].split("/")))
            self.assertFalse(f"{home}/".startswith(f"{path}/"))


class OverlapTests(SynchronousTestCase):
    """A node's files are its own."""

    def check(self, expected: str | None, new: Owned) -> None:
        self.assertEqual(expected, overlap(new, [OF_A]))

    def test_apart(self) -> None:
        """Beside each other, or on different machines; a name may begin as another."""
        self.check(None, Owned("one", "b", "/data/b", ""))
        self.check(None, Owned("one", "b", "/data/ab", ""))
        self.check(None, Owned("two", "b", "/data/a", ""))

    def test_same(self) -> None:
        """Even a node's own data and logs are not the same."""
        self.check("it is the dbpath of a too", Owned("one", "b", "/data/a", ""))
        self.check("it is the dbpath of a too", Owned("one", "a", "/data/a", ""))

    def test_inside(self) -> None:
        """Neither in the other; a node's own logs may be in its data."""
        self.check("it is inside the dbpath of a", Owned("one", "b", "/data/a/x/y", ""))
        self.check("the dbpath of a is inside it", Owned("one", "b", "/data", ""))
        self.check(None, Owned("one", "a", "/data/a/log", ""))
