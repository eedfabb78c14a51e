"""The bridge with a real hub and nodes in processes of their own."""

from __future__ import annotations

import signal
import sys
import time
from http.client import HTTPException
from typing import Any

from tests.integration.daemons import Answer, request
from tests.integration.processes import (
    ROOT,
    IntegrationTestCase,
    Process,
    Service,
    Word,
    eventually,
    netsim,
)
from tests.integration.routers import Hub

WEATHER = "apex_archive::apex_radiometer"
RANGE = {"from": "2017-07-13T00:00:00Z", "to": "2017-07-28T00:00:00Z"}
FAILED = "X-Netsim-Failed-Nodes"
FIFTY = [f"node{number:02}" for number in range(50)]
NODES = ROOT / "tests" / "integration" / "manynodes.py"


class GrafanaTestCase(IntegrationTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.hub = Hub(self)
        self.port = self.reserve_port()

    def bridge(self, *options: str) -> Service:
        """Start a bridge; its port stays the same."""
        words = [*netsim("netsim-grafana"), *self.hub.options, f"--port={self.port}"]
        return self.serve(*words, *options)

    def weather(self, *options: str) -> Service:
        """Start the node that ships with data."""
        words = [*netsim("netsim-node"), "example-weather", *self.hub.options]
        node = self.serve(*words, *options, ready=False)
        node.says("netsim-node serving")
        return node

    def nodes(self, *names: str, ready: bool = True) -> Process:
        """Start nodes of somebody's own."""
        arguments: list[Word] = [self.hub.url, self.hub.directory, *names]
        nodes = self.start(sys.executable, NODES, *arguments)
        if ready:
            nodes.says("added")
        return nodes

    def post(self, path: str, body: Any) -> Answer:
        """Ask the bridge."""
        return request("POST", f"http://127.0.0.1:{self.port}{path}", body)

    def query(self, *targets: str, **more: Any) -> Answer:
        """Ask for data."""
        listed = [{"target": target} for target in targets]
        return self.post("/query", {"range": RANGE, "targets": listed, **more})

    def points(self, *targets: str, **more: Any) -> list[int] | None:
        """How many points there are of each target; L{None} if it does not work."""
        try:
            answer = self.query(*targets, **more)
        except (OSError, HTTPException):
            return None
        if answer.status != 200 or answer.headers[FAILED]:
            return None
        return [len(series["datapoints"]) for series in answer.json]

    def wait_for(self, *targets: str) -> None:
        """Until all of them have points."""

        def found() -> str:
            answer = self.query(*targets)
            return f"points of {targets}, not {answer.status} {answer.headers[FAILED]}"

        eventually(lambda: all(self.points(*targets) or [0]), found)


class QueryTests(GrafanaTestCase):
    def test_query(self) -> None:
        """What Grafana asks, from its first test of the data source on."""
        bridge = self.bridge("--timeout=2")
        self.weather()
        self.weather("--name=narrow", "--allowance=4KiB")
        self.nodes("wild", "much", "slow", "small", *FIFTY)
        self.wait_for(WEATHER, "small::x")
        self.assertEqual(request("GET", f"http://127.0.0.1:{self.port}/").status, 200)
        self.assertIn(WEATHER, self.post("/search", {"target": ""}).json)
        self.check_points()
        self.check_too_much()
        self.check_bad_input()
        self.check_fifty()
        self.check_slow(bridge)
        self.check_users()

    def check_points(self) -> None:
        """Never more than was asked for, and none of the extremes is lost."""
        [all_points] = self.query(WEATHER).json
        values = [value for value, _ in all_points["datapoints"]]
        self.assertGreater(len(values), 900)
        for most in (2, 3, 100, 550):
            series, wild = self.query(
                WEATHER, "wild::x", maxDataPoints=most, interval="20s", intervalMs=20_000
            ).json
            self.assertLessEqual(len(series["datapoints"]), most)
            found = [value for value, _ in series["datapoints"]]
            self.assertEqual((min(found), max(found)), (min(values), max(values)))
            times = [time for _, time in series["datapoints"]]
            self.assertEqual(times, sorted(times))
            self.assertLessEqual(len(wild["datapoints"]), most)
            self.assertEqual(max(value for value, _ in wild["datapoints"]), 99.0)

    def check_too_much(self) -> None:
        """That is told, unless there is something else."""
        answer = self.query("much::x")
        self.assertEqual((answer.status, answer.headers[FAILED]), (413, "much"))
        answer = self.query("much::x", "small::x")
        self.assertEqual((answer.status, answer.headers[FAILED]), (200, "much"))
        self.assertEqual([len(series["datapoints"]) for series in answer.json], [0, 3])
        narrow = WEATHER.replace("apex_archive", "narrow")
        self.assertEqual(self.query(narrow).status, 413)
        self.assertEqual(len(self.points(narrow, maxDataPoints=50) or []), 1)

    def check_bad_input(self) -> None:
        """All of it is told, and harms nobody."""
        for body in (b"", b"{", b"[]", b"\xff", {"range": RANGE}, {"targets": []}):
            self.assertEqual(self.post("/query", body).status, 400, body)
        answer = self.query("x", "nobody::x", interval="20 moons", maxDataPoints=-1)
        self.assertEqual((answer.status, len(answer.json["problems"])), (400, 3))
        answer = self.query("nobody::x")
        self.assertEqual((answer.status, answer.json["error"]), (400, "nobody is not there"))
        self.assertEqual(self.points("small::x"), [3])

    def check_fifty(self) -> None:
        """Fifty nodes at once."""
        targets = [f"{name}::x" for name in FIFTY]
        self.assertEqual(self.points(*targets), [3] * 50)
        self.assertLess(set(targets), set(self.post("/search", {}).json))

    def check_slow(self, bridge: Service) -> None:
        """A slow node takes nothing from a quick one."""
        began = time.monotonic()
        answer = self.query("slow::x", "small::x")
        self.assertGreater(time.monotonic() - began, 1.9)
        self.assertEqual((answer.status, answer.headers[FAILED]), (200, "slow"))
        self.assertEqual([len(series["datapoints"]) for series in answer.json], [0, 3])
        self.assertEqual(self.query("slow::x").status, 504)
        bridge.logs("slow did not answer in time")

    def check_users(self) -> None:
        """One that is refused says so; one that is a web consumer may do enough."""
        wrong = self.directory / "wrong"
        wrong.write_text("wrong\n")
        self.port = self.reserve_port()
        self.bridge(f"--secret-file={wrong}").logs("refuses server")
        self.assertEqual(self.query(WEATHER).status, 500)
        self.port = self.reserve_port()
        self.bridge("--user=simonsobs")
        self.wait_for("small::x")


class RestartTests(GrafanaTestCase):
    def test_killed(self) -> None:
        """A node, the bridge and the hub are killed; each comes back to the others."""
        bridge, weather = self.bridge(), self.weather()
        self.nodes("other")
        both = (WEATHER, "other::x")
        self.wait_for(*both)
        weather.stop(signal.SIGKILL)
        eventually(lambda: self.query(*both).headers[FAILED] == "apex_archive", "it to be missed")
        self.assertEqual(self.points("other::x"), [3])
        self.weather()
        self.wait_for(*both)
        bridge.stop(signal.SIGKILL)
        bridge = self.bridge()
        self.wait_for(*both)
        self.hub.service.stop(signal.SIGKILL)
        self.hub.start()
        bridge.logs("trying until it lets us join")
        self.wait_for(*both)
        self.check_late_hub(bridge)

    def check_late_hub(self, bridge: Service) -> None:
        """The bridge may come before the hub does."""
        self.hub.service.stop()
        eventually(lambda: self.query(WEATHER).status == 500, "the session to be missed")
        self.check_stopped(bridge)
        bridge = self.bridge()
        self.assertEqual(request("GET", f"http://127.0.0.1:{self.port}/").status, 200)
        self.assertEqual(self.query(WEATHER).status, 500)
        self.hub.start()
        self.wait_for(WEATHER, "other::x")
        self.check_stopped(bridge)
