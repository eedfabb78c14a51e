"""Tests for L{netsim.datanode.node.statusnumbers}."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.statusnumbers import (
    DEPTH,
    ELEMENTS,
    SAMPLES,
    Project,
    Rows,
    flatten,
    read_history,
    read_projects,
)
from netsim.errors import PeerError
from tests.properties import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


def encoded(**document: Any) -> bytes:
    return json.dumps(document).encode()


class FlattenTests(SynchronousTestCase):
    """L{flatten}."""

    def test_values(self) -> None:
        """Numbers, truth values and short texts have the keys that lead to them."""
        status = {
            "loss": {"value": 0.5, "timestamp": 1.0, "interval": None},
            "epoch": 3,
            "state": {"on": True, "mode": "fast", "deep": {"list": [1, [2.5, None]]}},
        }
        expected = {
            "p.loss": 0.5,
            "p.epoch": 3.0,
            "p.state.on": True,
            "p.state.mode": "fast",
            "p.state.deep.list.0": 1.0,
            "p.state.deep.list.1.0": 2.5,
        }
        found = flatten("p", status)
        self.assertEqual(expected, found)
        self.assertIs(True, found["p.state.on"])

    def test_hidden(self) -> None:
        """What does not change, or is meant for programs, is left out; the machine is not."""
        status = {
            "__action": {"stop": {"args": {}}},
            "platform": {"machine": "x86"},
            "display_name": "My project",
            "hardware": {"value": {"cpus": [{"percent": 5}]}, "timestamp": 1, "interval": 1},
        }
        self.assertEqual({"p.hardware.cpus.0.percent": 5.0}, flatten("p", status))

    def test_bounds(self) -> None:
        """What is too deep, too long or too much is left out."""
        deep: Any = 1
        for _ in range(DEPTH):
            deep = {"a": deep}
        self.assertEqual(1, len(flatten("p", deep)))
        self.assertEqual({}, flatten("p", {"a": deep}))
        self.assertEqual(ELEMENTS, len(flatten("p", {"a": [1] * ELEMENTS})))
        self.assertEqual({}, flatten("p", {"a": [1] * (ELEMENTS + 1)}))
        self.assertEqual({}, flatten("p", {"a": "x" * 201, "b" * 600: 1, "c": 10**400}))
        self.assertEqual(SAMPLES, len(flatten("p", {str(n): n for n in range(SAMPLES + 9)})))

    @examples(80)
    @given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
    def test_anything(self, status: dict[str, Any]) -> None:
        """Whatever a program tells, fields begin with the project and have samples."""
        for name, value in flatten("p", status).items():
            self.assertTrue(name.startswith("p."))
            self.assertIsInstance(value, float | bool | str)


class ReadTests(SynchronousTestCase):
    """L{read_projects} and L{read_history}."""

    def test_projects(self) -> None:
        """The list says who there is, and when they were heard of."""
        told = [{"name": "a", "synced": 5, "clis": 1}, {"name": "b", "synced": None}, {"x": 1}, 3]
        expected = [Project("a", 5.0), Project("b", None)]
        self.assertEqual(expected, read_projects(encoded(projects=told)))

    def test_history(self) -> None:
        """Each status that is new is a row."""
        entries = [
            {"time": 1, "status": {"a": 1}},
            {"time": 2, "status": {"a": 2}},
            {"time": 3.5, "status": {"b": "x"}},
            {"time": 4, "status": {"a": 4}},
        ]
        expected = Rows([2.0, 3.5, 4.0], {"p.a": [2.0, None, 4.0], "p.b": [None, "x", None]})
        self.assertEqual(expected, read_history(encoded(entries=entries), "p", 1.0))

    def test_badEntries(self) -> None:
        """What is no status is passed over."""
        times: list[Any] = [None, "5", math.nan, math.inf, True, 10**400]
        entries: list[Any] = [{"time": time, "status": {"a": 1}} for time in times]
        entries += [{"time": 5, "status": 5}, {"time": 5}, 5, {"time": 6, "status": {}}]
        self.assertEqual(Rows([6.0], {}), read_history(encoded(entries=entries), "p", 0.0))

    def test_noDaemon(self) -> None:
        """Anything else is not of a status daemon."""
        for body in (b"", b"<html>", b"[]", b"{}", b'{"projects": 1, "entries": 2}', b"[" * 99999):
            self.assertRaises(PeerError, read_projects, body)
            self.assertRaises(PeerError, read_history, body, "p", 0.0)
