"""Tests for L{netsim.datanode.hub.roster}."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import roster as module
from netsim.datanode.hub.roster import ADDED, SUBTRACTED, Node, Roster, bad_name
from tests.properties import examples


class RosterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.told: list[tuple[str, str, str | None]] = []
        self.roster = Roster(
            lambda what, node: self.told.append((what, node.name, node.description))
        )

    def names(self) -> list[str]:
        return [node["name"] for node in self.roster.listing()]

    def test_add(self) -> None:
        """A node is listed and announced; others keep out of its name."""
        self.assertTrue(self.roster.add(Node("one", "first", 1)))
        self.assertFalse(self.roster.add(Node("one", "usurper", 2)))
        self.assertEqual(self.roster.listing(), [{"name": "one", "description": "first"}])
        self.assertEqual(self.told, [(ADDED, "one", "first")])
        self.assertEqual(self.roster.holder("one"), Node("one", "first", 1))
        self.assertIsNone(self.roster.holder("two"))

    def test_add_again(self) -> None:
        """It says so again: that is told only if it says something else."""
        self.roster.add(Node("one", None, 1))
        self.assertEqual(self.roster.listing(), [{"name": "one", "description": ""}])
        for _ in range(2):
            self.assertTrue(self.roster.add(Node("one", "first", 1)))
        self.assertEqual(self.told, [(ADDED, "one", None), (ADDED, "one", "first")])

    def test_subtract(self) -> None:
        """Only the session that has a name can give it back."""
        self.roster.add(Node("one", "first", 1))
        self.assertFalse(self.roster.subtract("one", 2))
        self.assertFalse(self.roster.subtract("two", 1))
        self.assertTrue(self.roster.subtract("one", 1))
        self.assertFalse(self.roster.subtract("one", 1))
        self.assertEqual(self.told[1:], [(SUBTRACTED, "one", "first")])
        self.assertEqual(self.names(), [])

    def test_leave(self) -> None:
        """All nodes of a session go with it."""
        for name, session in (("a", 1), ("b", 2), ("c", 1)):
            self.roster.add(Node(name, "", session))
        self.told.clear()
        self.roster.leave(1)
        self.roster.leave(3)
        self.assertEqual(self.names(), ["b"])
        self.assertEqual(self.told, [(SUBTRACTED, "a", ""), (SUBTRACTED, "c", "")])

    def test_limit(self) -> None:
        """There cannot be any number of nodes; those that are there may speak."""
        self.patch(module, "LIMIT", 1)
        self.assertTrue(self.roster.add(Node("one", "", 1)))
        self.assertFalse(self.roster.add(Node("two", "", 2)))
        self.assertTrue(self.roster.add(Node("one", "again", 1)))

    def test_replace(self) -> None:
        """What differs is told; who is the same keeps what it said of itself."""
        for node in (Node("a", "A", 1), Node("b", "B", 2), Node("c", "C", 3)):
            self.roster.add(node)
        self.told.clear()
        self.roster.replace([Node("a", None, 1), Node("b", None, 22), Node("d", "D", 4)])
        self.assertEqual(
            self.told,
            [
                (SUBTRACTED, "b", "B"),
                (SUBTRACTED, "c", "C"),
                (ADDED, "b", None),
                (ADDED, "d", "D"),
            ],
        )
        self.assertEqual(self.roster.holder("a"), Node("a", "A", 1))

    def test_names(self) -> None:
        for name in ("one", "a.b", "Ä-1", "x" * 255):
            self.assertIsNone(bad_name(name))
        for name in ("", "a..b", ".a", "a.", "a b", "a#", "a\n", "x" * 256, None, 7, ["a"]):
            self.assertIsNotNone(bad_name(name), name)


NAMES = st.sampled_from("abc")
SESSIONS = st.integers(1, 3)


class Machine(RuleBasedStateMachine):
    """Who listens to what is announced knows the listing."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[str, str] = {}
        self.holders: dict[str, int] = {}
        self.roster = Roster(self.hear)

    def hear(self, what: str, node: Node) -> None:
        if what == ADDED:
            self.heard[node.name] = node.description or ""
            self.holders[node.name] = node.session
        else:
            del self.heard[node.name]
            assert self.holders.pop(node.name) == node.session

    @rule(name=NAMES, session=SESSIONS, description=st.sampled_from(["", "x", None]))
    def add(self, name: str, session: int, description: str | None) -> None:
        free = self.holders.get(name) in (None, session)
        assert self.roster.add(Node(name, description, session)) == free

    @rule(name=NAMES, session=SESSIONS)
    def subtract(self, name: str, session: int) -> None:
        held = self.holders.get(name) == session
        assert self.roster.subtract(name, session) == held

    @rule(session=SESSIONS)
    def leave(self, session: int) -> None:
        self.roster.leave(session)
        assert session not in self.holders.values()

    @rule(present=st.dictionaries(NAMES, SESSIONS))
    def replace(self, present: dict[str, int]) -> None:
        self.roster.replace(Node(name, None, session) for name, session in present.items())
        assert self.holders == present

    @invariant()
    def all_was_announced(self) -> None:
        told = {node["name"]: node["description"] for node in self.roster.listing()}
        assert told == self.heard


class MachineTests(SynchronousTestCase):
    """All of it, many times."""

    def test_any_order(self) -> None:
        """A name is held by one session; events and listing tell the same."""
        run_state_machine_as_test(Machine, settings=examples(50))
