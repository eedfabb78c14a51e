"""L{netsim.status.hardware}."""

from __future__ import annotations

import getpass
import json
import os
import sys
from pathlib import Path
from typing import Any

import psutil
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.hardware import hardware, platform_facts


class PlatformTests(SynchronousTestCase):
    """What a program runs on."""

    def test_keys(self) -> None:
        """It has what frontends expect, in words."""
        facts = platform_facts()
        self.assertEqual(
            [
                *("username", "machine", "processor", "os_name", "os_release"),
                *("architecture", "python_version", "python_build"),
            ],
            list(facts),
        )
        self.assertTrue(all(isinstance(value, str) for value in facts.values()))
        self.assertEqual(sys.version.split()[0], facts["python_version"])
        self.assertIn(facts["architecture"], ("32bit", "64bit"))

    def test_nobody(self) -> None:
        """A user without a name is told by number."""

        def nobody() -> str:
            raise KeyError("no such user")

        self.patch(getpass, "getuser", nobody)
        self.assertEqual(str(os.getuid()), platform_facts()["username"])

    def test_no_cpuinfo(self) -> None:
        """Where the system does not tell its processor, nothing is told."""

        def missing(*args: object) -> str:
            raise FileNotFoundError

        self.patch(Path, "read_text", missing)
        self.assertEqual("", platform_facts()["processor"])


class HardwareTests(SynchronousTestCase):
    """How busy it is."""

    def find(self) -> dict[str, Any]:
        found = hardware()
        assert found is not None
        json.dumps(found, allow_nan=False)
        return found

    def test_shape(self) -> None:
        """It has the shape that frontends expect."""
        found = self.find()
        self.assertEqual(["cpus", "ram", "gpus"], list(found))
        self.assertEqual(psutil.cpu_count(), len(found["cpus"]))
        for number, cpu in enumerate(found["cpus"]):
            self.assertEqual(["id", "percent", "freq"], list(cpu))
            self.assertEqual(number, cpu["id"])
            self.assertEqual(3, len(cpu["freq"]))
        self.assertEqual(["total", "available", "used", "free"], list(found["ram"]))
        self.assertTrue(0 < found["ram"]["available"] <= found["ram"]["total"])

    def test_no_frequencies(self) -> None:
        """Frequencies that the system does not tell are 0; one for all is everybody's."""

        def refuse(percpu: bool) -> Any:
            raise NotImplementedError

        one = type("Frequency", (), {"current": 5.0, "min": 1.0, "max": 9.0})
        for answer, expected in [
            (refuse, [0.0, 0.0, 0.0]),
            (lambda percpu: None, [0.0, 0.0, 0.0]),
            (lambda percpu: [], [0.0, 0.0, 0.0]),
            (lambda percpu: [one], [5.0, 1.0, 9.0]),
        ]:
            self.patch(psutil, "cpu_freq", answer)
            for cpu in self.find()["cpus"]:
                self.assertEqual(expected, cpu["freq"])

    def test_missing(self) -> None:
        """Without psutil nothing is known."""
        self.addCleanup(sys.modules.__setitem__, "psutil", psutil)
        sys.modules["psutil"] = None  # type: ignore[assignment]
        self.assertIsNone(hardware())
