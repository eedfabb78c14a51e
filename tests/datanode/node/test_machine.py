"""Tests for L{netsim.datanode.node.machine}."""

from __future__ import annotations

import sys
from collections import namedtuple
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.machine import readings
from netsim.datanode.node.sensorsoutput import CELSIUS, TURNS, Reading

Entry = namedtuple("Entry", "label current")


class Psutil:
    """A machine with sensors."""

    def sensors_temperatures(self) -> Any:
        entries = [Entry("Core 0", 41.5), Entry("", 42.0), Entry("Core 0", 43.0), Entry("x", None)]
        return {"coretemp": entries}

    def sensors_fans(self) -> Any:
        return {"thinkpad": [Entry("", 2000)]}

    def cpu_freq(self, percpu: bool) -> Any:
        assert percpu
        return [Entry("", 2300.0), Entry("", 800.0)]


class Silent:
    """A machine that tells nothing; it cannot even be asked for some of it."""

    def sensors_temperatures(self) -> Any:
        return None

    def cpu_freq(self, percpu: bool) -> Any:
        raise NotImplementedError


class ReadingsTests(SynchronousTestCase):
    """L{readings}."""

    def setUp(self) -> None:
        self.patch(sys.modules["os"], "getloadavg", lambda: (0.5, 1.5, 2.5))
        self.loads = [
            Reading("load_1min", 0.5),
            Reading("load_5min", 1.5),
            Reading("load_15min", 2.5),
        ]

    def test_all(self) -> None:
        """Everything that is known has a name."""
        expected = [
            Reading("coretemp_Core 0", 41.5, CELSIUS),
            Reading("coretemp_2", 42.0, CELSIUS),
            Reading("coretemp_Core 0_2", 43.0, CELSIUS),
            Reading("thinkpad_1", 2000.0, TURNS),
            Reading("frequency_cpu0", 2300.0, "MHz"),
            Reading("frequency_cpu1", 800.0, "MHz"),
            *self.loads,
        ]
        self.assertEqual(expected, readings(Psutil()))

    def test_silent(self) -> None:
        """What the system does not tell is left out."""
        self.assertEqual(self.loads, readings(Silent()))

    def test_noPsutil(self) -> None:
        """Without psutil there is the load."""
        self.patch(sys, "modules", {**sys.modules, "psutil": None})
        self.assertEqual(self.loads, readings())

    def test_noLoad(self) -> None:
        """Not even that is told everywhere."""

        def refuse() -> Any:
            raise OSError

        self.patch(sys.modules["os"], "getloadavg", refuse)
        self.assertEqual([], readings(Silent()))

    def test_here(self) -> None:
        """This machine has a load, at least."""
        self.assertLessEqual(
            {reading.field for reading in self.loads}, {reading.field for reading in readings()}
        )
