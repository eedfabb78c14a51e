"""The bridge with a real hub and nodes in processes of their own."""

from __future__ import annotations

import signal
import sys
import time
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

    def weather(self) -> Service:
        """Start the node that ships with data."""
        words = [*netsim("netsim-node"), "example-weather", *self.hub.options]
        node = self.serve(*words, ready=False)
        node.says("netsim-node serving apex_archive")
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
        except OSError:
            return None
        if answer.status != 200 or answer.headers[FAILED]:
            return None
        return [len(series["datapoints"]) for series in answer.json]

    def wait_for(self, *targets: str) -> None:
        """Until all of them have points."""
        eventually(lambda: all(self.points(*targets) or [0]), f"points of {targets}")


class QueryTests(GrafanaTestCase):
    def test_query(self) -> None:
        """What Grafana asks, from its first test of the data source on."""
        self.bridge()
        self.weather()
        self.nodes("wild", "much", "small")
        self.wait_for(WEATHER, "small::x")
        self.assertEqual(request("GET", f"http://127.0.0.1:{self.port}/").status, 200)
        self.assertIn(WEATHER, self.post("/search", {"target": ""}).json)
        self.check_points()
        self.check_too_much()
        self.check_bad_input()

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

    def check_bad_input(self) -> None:
        """All of it is told, and harms nobody."""
        for body in (b"", b"{", b"[]", b"\xff", {"range": RANGE}, {"targets": []}):
            self.assertEqual(self.post("/query", body).status, 400, body)
        answer = self.query("x", "nobody::x", interval="20 moons", maxDataPoints=-1)
        self.assertEqual((answer.status, len(answer.json["problems"])), (400, 3))
        answer = self.query("nobody::x")
        self.assertEqual((answer.status, answer.json["error"]), (400, "nobody is not there"))
        self.assertEqual(self.points("small::x"), [3])

    def test_allowance(self) -> None:
        """A node that may send little says so for the whole, and sends what is downsampled."""
        self.bridge()
        words = [*netsim("netsim-node"), "example-weather", *self.hub.options]
        self.serve(*words, "--allowance=4KiB", ready=False)
        target = {"target": WEATHER}
        eventually(
            lambda: self.post("/query", {"range": RANGE, "targets": [target]}).status == 413, "413"
        )
        self.assertEqual(len(self.points(WEATHER, maxDataPoints=50) or []), 1)

    def test_slow(self) -> None:
        """A slow node takes nothing from a quick one."""
        bridge = self.bridge("--timeout=2")
        self.nodes("slow", "quick")
        self.wait_for("quick::x")
        began = time.monotonic()
        answer = self.query("slow::x", "quick::x")
        self.assertGreater(time.monotonic() - began, 1.9)
        self.assertEqual((answer.status, answer.headers[FAILED]), (200, "slow"))
        self.assertEqual([len(series["datapoints"]) for series in answer.json], [0, 3])
        self.assertEqual(self.query("slow::x").status, 504)
        bridge.logs("slow did not answer in time")

    def test_fifty(self) -> None:
        """Fifty nodes at once."""
        self.bridge()
        targets = [f"node{number:02}::x" for number in range(50)]
        self.nodes(*(target.partition("::")[0] for target in targets))
        self.wait_for(*targets)
        self.assertEqual(self.post("/search", {}).json, targets)
        self.assertEqual(self.points(*targets), [3] * 50)


class RestartTests(GrafanaTestCase):
    def test_killed(self) -> None:
        """A node, the bridge and the hub are killed; each comes back to the others."""
        bridge, weather, other = self.bridge(), self.weather(), self.nodes("other")
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
        other.stop()

    def test_late_router(self) -> None:
        """The bridge may come before the hub and the nodes."""
        self.hub.service.stop()
        bridge = self.bridge()
        self.assertEqual(request("GET", f"http://127.0.0.1:{self.port}/").status, 200)
        self.assertEqual(self.query(WEATHER).status, 500)
        self.nodes("other", ready=False)
        self.hub.start()
        self.wait_for("other::x")
        self.check_stopped(bridge)

    def test_wrong_secret(self) -> None:
        """A bridge that is refused says so, and answers that nobody can be asked."""
        wrong = self.directory / "wrong"
        wrong.write_text("wrong\n")
        bridge = self.bridge(f"--secret-file={wrong}")
        bridge.logs("refuses server")
        self.assertEqual(self.query(WEATHER).status, 500)

    def test_consumer(self) -> None:
        """It can join as a web consumer, who may do less."""
        self.bridge("--user=simonsobs")
        self.nodes("other")
        self.wait_for("other::x")
