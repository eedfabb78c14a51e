"""L{netsim.dsisocket.delays}."""

from __future__ import annotations

import math

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.delays import read_delays
from netsim.dsisocket.objects import begin
from netsim.dsisocket.schema import Section
from netsim.dsisocket.steps import Delay, DelayGroup, Delays
from netsim.errors import Problem

ADDRESSES = ["10.0.0.1", "10.0.0.2", "2001:DB8::0:1"]


class DelayTests(SynchronousTestCase):
    """From JSON to delays."""

    def read(self, value: object) -> Delays:
        self.problems: list[Problem] = []
        return read_delays(Section(value, *begin("network_delays", self.problems)), ADDRESSES)

    def right(self, value: object) -> Delays:
        delays = self.read(value)
        self.assertEqual([], self.problems)
        return delays

    def wrong(self, value: object) -> list[str]:
        self.read(value)
        return [str(problem).removeprefix("network_delays") for problem in self.problems]

    def test_none(self) -> None:
        """An empty mapping is no delay anywhere."""
        self.assertEqual(Delays(), self.right({}))
        self.assertEqual(Delays(), self.right({"groups": None, "delay_ms": None}))
        self.assertEqual(Delays(), self.right({"groups": [], "delay_ms": 0, "jitter_ms": 0}))

    def test_everywhere(self) -> None:
        """Milliseconds, whole or not, to microseconds."""
        self.assertEqual(Delays(Delay(10_000)), self.right({"delay_ms": 10}))
        self.assertEqual(
            Delays(Delay(1_500, 250)), self.right({"delay_ms": 1.5, "jitter_ms": 0.25})
        )

    def test_small(self) -> None:
        """What is asked for is not rounded to nothing."""
        self.assertEqual(Delays(Delay(1)), self.right({"delay_ms": 0.0001}))

    def test_groups(self) -> None:
        """Addresses may be written in any way."""
        group = {"hosts": ["10.0.0.1", "2001:db8::1"], "delay_ms": 5, "jitter_ms": 1}
        expected = DelayGroup(frozenset({"10.0.0.1", "2001:db8::1"}), Delay(5_000, 1_000))
        self.assertEqual(Delays(groups=(expected,)), self.right({"groups": [group]}))
        self.assertEqual(Delays(groups=(expected,)), self.right({"groups": group}))

    def test_group_without_delay(self) -> None:
        """A group is also an exception from the delay everywhere."""
        delays = self.right({"delay_ms": 9, "groups": [{"hosts": ["10.0.0.1"]}]})
        self.assertEqual(Delay(), delays.groups[0].delay)

    def test_numbers(self) -> None:
        """What is no time is told, and what a time may be."""
        for value in (-1, 100_001, True, "10", [], math.nan, math.inf, 10**400):
            (told,) = self.wrong({"delay_ms": value, "jitter_ms": 1})
            self.assertIn(".delay_ms: expected milliseconds, a number from 0 to 100000", told)

    def test_all(self) -> None:
        """Everything that is wrong is told in one go."""
        groups = [
            {"hosts": ["10.0.0.9", 3], "delay": 1},
            {"delay_ms": "x"},
            "mongod",
            {"hosts": "10.0.0.1", "jitter_ms": 1},
        ]
        self.assertEqual(
            sorted(
                [
                    ".jitter_ms: there is no delay_ms that it changes",
                    ".groups[0].hosts[0]: no host has the address 10.0.0.9: there are 10.0.0.1,"
                    " 10.0.0.2, 2001:db8::1",
                    ".groups[0].hosts[1]: expected a text in quotes, not the number 3",
                    ".groups[0].delay: unknown key: did you mean delay_ms?",
                    ".groups[1].hosts: missing",
                    ".groups[1].delay_ms: expected milliseconds, a number from 0 to 100000, not the"
                    ' text "x"',
                    '.groups[3].hosts: expected a list, not the text "10.0.0.1"',
                    ".groups[3].jitter_ms: there is no delay_ms that it changes",
                    ".foo: unknown key: there are delay_ms, groups, jitter_ms",
                    '.groups[2]: expected a mapping, not the text "mongod"',
                ]
            ),
            sorted(self.wrong({"jitter_ms": 1, "groups": groups, "foo": 1})),
        )

    def test_many(self) -> None:
        """A list of hosts without end is not read."""
        (told,) = self.wrong({"groups": [{"hosts": ["x"] * 10_001, "delay_ms": 1}]})
        self.assertEqual(".groups[0].hosts: expected at most 10000 addresses", told)
