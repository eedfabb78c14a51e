"""Tests for L{netsim.status.values}."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.status.values import bare, unwrapped, visible


def wrapped(value: Any) -> dict[str, Any]:
    return {"value": value, "timestamp": 1700000000.0, "interval": 10}


class UnwrappedTests(SynchronousTestCase):
    """A value as it is."""

    def test_wrapped(self) -> None:
        """What a wrapping holds is the value, whatever it is."""
        for value in (3, None, "text", [1, {"a": 2}], {"b": 3}):
            self.assertEqual(value, unwrapped(wrapped(value)))

    def test_partly(self) -> None:
        """A wrapping may lack the time or the interval."""
        self.assertEqual(5, unwrapped({"value": 5, "timestamp": 1.0}))
        self.assertEqual(5, unwrapped({"value": 5, "interval": None}))

    def test_bare(self) -> None:
        """What is not wrapped stays as it is."""
        for value in (3, None, "value", [1], {}, {"timestamp": 1, "interval": 2}):
            self.assertEqual(value, unwrapped(value))

    def test_looksAlike(self) -> None:
        """An object with a key C{value}, and with none or others beside it, is not wrapped."""
        for value in ({"value": 3}, {"value": 3, "unit": "V"}, {**wrapped(3), "unit": "V"}):
            self.assertEqual(value, unwrapped(value))

    def test_once(self) -> None:
        """A value that looks like a wrapping is not opened, too."""
        self.assertEqual(wrapped(3), unwrapped(wrapped(wrapped(3))))


class StatusTests(SynchronousTestCase):
    """All values of a status."""

    status = {
        "loss": wrapped(0.5),
        "step": 7,
        "platform": wrapped({"machine": "x86_64"}),
        "hardware": {"cpus": []},
        "__action": wrapped({}),
        "__link": {"dropped": 0},
        "_private": 1,
        "platforms": 2,
    }

    def test_bare(self) -> None:
        """Every key is there."""
        expected = {
            "loss": 0.5,
            "step": 7,
            "platform": {"machine": "x86_64"},
            "hardware": {"cpus": []},
            "__action": {},
            "__link": {"dropped": 0},
            "_private": 1,
            "platforms": 2,
        }
        self.assertEqual(expected, bare(self.status))

    def test_visible(self) -> None:
        """The machine, and what is meant for programs, are left out."""
        expected = {"loss": 0.5, "step": 7, "_private": 1, "platforms": 2}
        self.assertEqual(expected, visible(self.status))
        self.assertEqual(list(expected), list(visible(self.status)))

    def test_untouched(self) -> None:
        """The status itself is left as it was."""
        before = dict(self.status)
        bare(self.status)
        visible(self.status)
        self.assertEqual(before, self.status)
