"""Tests for L{netsim.errors}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim import errors
from netsim.errors import HostError, InputError, NetsimError, PeerError, Problem, ScriptError


class TreeTests(SynchronousTestCase):
    """Errors are a tree by who is to blame."""

    def test_blame(self) -> None:
        """Every error blames the user, the peer or this machine, and says in a docstring how."""
        blamed = (InputError, PeerError, HostError)
        for name in errors.__all__:
            found = getattr(errors, name)
            self.assertTrue(found.__doc__, name)
            if found not in (NetsimError, Problem):
                self.assertTrue(issubclass(found, blamed), name)

    def test_base(self) -> None:
        """One C{except} catches all of them."""
        for blamed in (InputError, PeerError, HostError):
            self.assertTrue(issubclass(blamed, NetsimError))


class ProblemTests(SynchronousTestCase):
    """A problem is one line."""

    def test_text(self) -> None:
        """File, place and reason follow each other."""
        problem = Problem("a.json", "main.scripts[3]", "no type")
        self.assertEqual("a.json: main.scripts[3]: no type", str(problem))

    def test_noPlace(self) -> None:
        """What is wrong with the whole file has no place in it."""
        self.assertEqual("a.json: is not JSON", str(Problem("a.json", "", "is not JSON")))

    def test_printable(self) -> None:
        """Half a surrogate pair is escaped; every other character stays."""
        problem = Problem("\udcff.json", "\ud800é", "no type")
        self.assertEqual("\\udcff.json: \\ud800é: no type", str(problem))

    def test_scriptError(self) -> None:
        """A script error has all problems, one on each line."""
        problems = [Problem("a", "x", "bad"), Problem("a", "y", "worse")]
        error = ScriptError(problems)
        self.assertEqual("a: x: bad\na: y: worse", str(error))
        self.assertEqual(tuple(problems), error.problems)
