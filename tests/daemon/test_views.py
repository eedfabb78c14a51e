"""Tests of L{netsim.daemon.views}."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon import views
from netsim.daemon.model import ProjectState


def wrapped(value: Any) -> dict[str, Any]:
    """As clients tell it."""
    return {"value": value, "timestamp": 1.5, "interval": 10}


def state(status: dict[str, Any]) -> ProjectState:
    """A project that tells this."""
    return ProjectState("p", True, 1, 2, 3, 4.5, 5.5, status)


class ViewsTests(SynchronousTestCase):
    """What is shown."""

    def test_project(self) -> None:
        """In short, as it is."""
        expected = {
            "name": "p",
            "display_name": None,
            "online": True,
            "clis": 1,
            "webs": 2,
            "pending": 3,
            "last_seen": 4.5,
            "synced": 5.5,
        }
        self.assertEqual(views.project(state({})), expected)

    def test_displayName(self) -> None:
        """A text, wrapped or not, and nothing else."""
        for told in ("The P", wrapped("The P")):
            self.assertEqual(views.project(state({"display_name": told}))["display_name"], "The P")
        for told in (1, None, ["x"], wrapped({})):
            self.assertIsNone(views.project(state({"display_name": told}))["display_name"])

    def test_status(self) -> None:
        """Bare values, without what has a view of its own."""
        told = {"a": wrapped(1), "b": 2, "hardware": {}, "platform": {}, "__action": {}}
        self.assertEqual(
            views.status(state(told)), {"name": "p", "synced": 5.5, "status": {"a": 1, "b": 2}}
        )

    def test_hardware(self) -> None:
        """Objects, wrapped or not; nothing where it is something else, or not told."""
        told = {"platform": wrapped({"os_name": "x"}), "hardware": {"cpus": []}}
        self.assertEqual(
            views.hardware(state(told)),
            {"synced": 5.5, "platform": {"os_name": "x"}, "hardware": {"cpus": []}},
        )
        for told in ({}, {"platform": 1, "hardware": wrapped([])}):
            self.assertEqual(
                views.hardware(state(told)), {"synced": 5.5, "platform": None, "hardware": None}
            )

    def test_actions(self) -> None:
        """Each in the same shape."""
        told = {
            "go": {"args": {"n": "int = 3"}, "blocking": True, "description": "Goes."},
            "odd": {"args": {"n": ["x"], "m": None}, "blocking": 1, "description": 5, "more": 1},
            "bare": {},
            "wrong": {"args": ["x"], "description": None},
            "none": 3,
        }
        expected = {
            "go": {"args": {"n": "int = 3"}, "blocking": True, "description": "Goes."},
            "odd": {"args": {"n": '["x"]', "m": ""}, "blocking": False, "description": "5"},
            "bare": {"args": {}, "blocking": False, "description": ""},
            "wrong": {"args": {}, "blocking": False, "description": ""},
        }
        for form in (told, wrapped(told)):
            self.assertEqual(views.actions(state({"__action": form})), {"actions": expected})

    def test_noActions(self) -> None:
        """None, where nothing is told that can be read."""
        for told in ({}, {"__action": 1}, {"__action": wrapped([])}):
            self.assertEqual(views.actions(state(told)), {"actions": {}})
