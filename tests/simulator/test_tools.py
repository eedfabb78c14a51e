"""Tests for L{netsim.simulator.tools}, with others' answers put in."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import evolve

from netsim.simulator import tools
from netsim.simulator.messages import Status
from netsim.simulator.running import Process
from tests.command import Ended, netsim
from tests.simulator.modules import ModulesTestCase

DOME = Status("dome", "dome", 1, ("127.0.0.1:7000",), 1, 3700.5)
IFD = Status("IFD", "if_distributor", 2, ("127.0.0.1:8000", "127.0.0.1:8001"), 0, 4.9, 1000)
DOME_LINE = "dome: 1 instance on 127.0.0.1:7000, 1 connection, up 1:01:40 (process 1)\n"
IFD_LINE = "IFD: 2 instances on 127.0.0.1:8000-8001, 0 connections, up 0:00:04 (process 2)\n"
HUNG_LINE = "Process 3 does not answer.\n"


def sent(name: str) -> str:
    return f"Sent stop to '{name}' simulator.\n"


def absent(name: str) -> str:
    return f"Simulator '{name}' is not running.\n"


class RunningTestCase(ModulesTestCase):
    """
    Two processes, and perhaps one that hangs.

    @ivar stopped: what was stopped, by process.
    """

    def setUp(self) -> None:
        super().setUp()
        one, two = Process(1, Path("1"), (DOME,)), Process(2, Path("2"), (IFD,))
        self.processes = [one, two]
        self.hung = Process(3, Path("3"), None)
        self.stopped: dict[int, list[str]] = {}
        self.left: set[str] = set()
        self.patch(tools, "survey", lambda directory: self.processes)
        self.patch(tools, "stop", self._stop)

    def check(self, status: int, stdout: str, *words: str) -> None:
        """What a command says, and its status."""
        self.assertEqual(Ended(status, stdout, ""), netsim("simulator", *words))

    def _stop(self, process: Process, names: list[str]) -> set[str]:
        self.stopped[process.pid] = names
        return self.left


class StatusTests(RunningTestCase):
    def test_what_is_lost(self) -> None:
        """Beats that were skipped and messages that were missed are told, if there are any."""
        self.processes = [Process(1, Path("1"), (evolve(DOME, skipped=1, missed=30),))]
        told = "1 connection, 1 beat skipped, 30 messages missed by clients, up"
        self.check(0, DOME_LINE.replace("1 connection, up", told), "status")

    def test_all(self) -> None:
        """By itself, all that run are told."""
        self.check(0, DOME_LINE + IFD_LINE, "status")

    def test_one(self) -> None:
        """A name is that of the module, with or without its package, or that in the prints."""
        self.check(0, DOME_LINE, "status", "-s", "dome")
        self.check(0, DOME_LINE, "status", "-s", "devices.dome")
        self.check(0, IFD_LINE, "status", "-s", "if_distributor")
        self.check(0, IFD_LINE, "status", "-s", "IFD")

    def test_type(self) -> None:
        """A type is the one that runs, or another one."""
        self.check(0, IFD_LINE, "status", "-s", "if_distributor", "-t", "IFD")
        self.check(1, absent("other"), "status", "-s", "if_distributor", "-t", "other")

    def test_copy(self) -> None:
        """So is a copy."""
        self.check(0, IFD_LINE, "status", "--port-offset", "1000")
        self.check(0, DOME_LINE, "status", "--port-offset", "0")
        self.check(0, "No simulator is running.\n", "status", "--port-offset", "5")

    def test_missing(self) -> None:
        """Those that were asked for and do not run are told, after the others."""
        words = ["status", "-s", "x", "-s", "dome", "-s", "y"]
        self.check(1, DOME_LINE + absent("x") + absent("y"), *words)

    def test_starting(self) -> None:
        """One that has not opened its ports yet starts."""
        self.processes = [Process(1, Path("1"), (evolve(DOME, uptime=None),))]
        self.check(0, DOME_LINE.replace("up 1:01:40", "starting"), "status")

    def test_hung(self) -> None:
        """A process that does not answer might have any of them."""
        self.processes.append(self.hung)
        self.check(1, DOME_LINE + IFD_LINE + HUNG_LINE, "status")
        self.processes = [self.hung]
        self.check(1, HUNG_LINE, "status")

    def test_json(self) -> None:
        """For programs there is an object a line."""
        self.processes.append(self.hung)
        ended = netsim("simulator", "status", "--json", "-s", "dome", "-s", "x")
        self.assertEqual((1, ""), (ended.status, ended.stderr))
        dome, missing, hung = map(json.loads, ended.stdout.splitlines())
        self.assertEqual({"pid": 1, **json.loads(json.dumps(DOME.as_dict()))}, dome)
        self.assertEqual({"name": "x", "pid": None}, missing)
        self.assertEqual({"pid": 3, "error": "Process 3 does not answer."}, hung)

    def test_nothing(self) -> None:
        """That nothing runs is no failure."""
        self.processes = []
        self.check(0, "No simulator is running.\n", "status")
        self.check(0, "", "status", "--json")


class StopTests(RunningTestCase):
    def test_all(self) -> None:
        """By itself, all are stopped."""
        self.check(0, sent("dome") + sent("IFD"), "stop")
        self.assertEqual({1: ["dome"], 2: ["IFD"]}, self.stopped)

    def test_one(self) -> None:
        """Others go on, in the same process, too."""
        self.processes = [Process(1, Path("1"), (DOME, IFD))]
        self.check(0, sent("IFD"), "stop", "-s", "if_distributor")
        self.assertEqual({1: ["IFD"]}, self.stopped)

    def test_missing(self) -> None:
        """One that does not run cannot be stopped."""
        self.check(1, absent("x"), "stop", "-s", "x")
        self.assertEqual({}, self.stopped)

    def test_copy(self) -> None:
        """A copy is stopped alone."""
        self.processes[0] = Process(1, Path("1"), (evolve(IFD, port_offset=0),))
        self.check(0, sent("IFD"), "stop", "-s", "IFD", "--port-offset", "1000")
        self.assertEqual({2: ["IFD"]}, self.stopped)

    def test_stays(self) -> None:
        """One that is still there is told."""
        self.left = {"dome"}
        more = "Simulator 'dome' has not stopped in 3 seconds (process 1).\n"
        self.check(1, sent("dome") + more, "stop", "-s", "dome")

    def test_hung(self) -> None:
        """What hangs cannot be stopped."""
        self.processes = [self.hung]
        self.check(1, absent("dome") + HUNG_LINE, "stop", "-s", "dome")


class ListTests(ModulesTestCase):
    def test_list(self) -> None:
        """Names are listed with what they are."""
        self.write("a_device.py")
        ended = netsim("simulator", "list", "--path", self.directory)
        self.assertEqual((0, ""), (ended.status, ended.stderr))
        self.assertRegex(ended.stdout, r"(?m)^a_device +A device\.$")

    def test_json(self) -> None:
        """For programs, too."""
        self.write("a_device.py")
        ended = netsim("simulator", "list", "--json", "--path", self.directory)
        expected = {"name": "a_device", "about": "A device."}
        self.assertIn(expected, list(map(json.loads, ended.stdout.splitlines())))


class DescribeTests(ModulesTestCase):
    def test_describe(self) -> None:
        """One is described."""
        self.write("a_device.py")
        ended = netsim("simulator", "describe", "--path", self.directory, "a_device")
        self.assertEqual((0, ""), (ended.status, ended.stderr))
        self.assertTrue(ended.stdout.startswith("a_device\n    A device."), ended.stdout)

    def test_refused(self) -> None:
        """What there is not is told, and so is how to ask."""
        ended = netsim("simulator", "describe", "nothing_at_all")
        self.assertEqual((1, ""), (ended.status, ended.stdout))
        self.assertIn("there is no simulator 'nothing_at_all'", ended.stderr)
        for words in [], ["a", "b"]:
            told = "netsim simulator describe: expected [options] NAME\n"
            self.assertEqual(Ended(1, "", told), netsim("simulator", "describe", *words))
