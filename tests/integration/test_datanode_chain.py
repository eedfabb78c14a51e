"""From where data are made to where they are shown, through everything between."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from tests.integration.daemons import Answer, DaemonTestCase, request
from tests.integration.processes import ROOT, Service, Word, eventually, netsim
from tests.integration.routers import Hub

EXAMPLE = ROOT / "docs" / "examples" / "own_node.py"
HOUR = 3600.0


class ChainTests(DaemonTestCase):
    """One hub and one bridge, and nodes of several kinds."""

    def setUp(self) -> None:
        super().setUp()
        self.hub = Hub(self)
        words = [*netsim("netsim-grafana", "netsim"), "--port=0", *self.hub.options]
        self.bridge = self.serve(*words)

    def node(self, name: str, *words: Word, runner: str = "netsim") -> Service:
        """Start a node that ships."""
        command = [*netsim("netsim-node", runner), *words, *self.hub.options]
        node = self.serve(*command, ready=False)
        node.says(f"netsim-node serving {name} at wss:")
        return node

    def post(self, path: str, body: Any) -> Answer:
        return request("POST", f"http://{self.bridge.address}{path}", body)

    def values(self, target: str, seconds: float = HOUR, points: int = 10**6) -> list[Any]:
        """What there was of a field until now."""
        now = time.time() * 1000
        asked = {"range": {"from": now - seconds * 1000, "to": now}, "maxDataPoints": points}
        answer = self.post("/query", asked | {"targets": [{"target": target}]})
        if answer.status != 200:
            return []
        return [value for value, _ in answer.json[0]["datapoints"]]

    def test_simulator(self) -> None:
        """What a simulator tells its daemon can be seen where Grafana looks."""
        daemon = self.daemon()
        watched = [f"--daemon={daemon.url}", "--project=device"]
        start = netsim("netsim-simulator", "netsim")
        self.serve(*start, "-s", "scpi_meter", "--port-offset=20000", *watched)
        self.node("status", "status", f"--daemon={daemon.url}", "--interval=0.2")

        def fields() -> list[str]:
            found: list[str] = self.post("/search", {"target": "status::device."}).json
            return found

        names = eventually(fields, "fields of the simulator")
        self.assertTrue(all(name.startswith("status::device.") for name in names), names)
        numbers = eventually(lambda: [n for n in names if len(self.values(n)) > 2], "numbers")
        self.assertTrue(any("connections" in name or "instances" in name for name in names), names)
        self.assertTrue(numbers)

    def test_file_that_grows(self) -> None:
        """A line that is written can be seen at once."""
        path = Path(self.directory, "measured.csv")
        path.write_text(f"time,volts\n{time.time() - 2},1.5\n")
        self.node("csv", "csv", f"--data-directory={path}", runner="twist")
        eventually(lambda: self.values("csv::volts") == [1.5], "the first line")
        with path.open("a") as file:
            file.write(f"{time.time() - 1},2.5\n")
        eventually(lambda: self.values("csv::volts") == [1.5, 2.5], "the second line")

    def test_own_node(self) -> None:
        """The example of the guide, under autobahn's own runner."""
        node = self.start(sys.executable, EXAMPLE, environment=self.example_environment())
        values = eventually(
            lambda: self.values("wave::sine", 600, 100), lambda: f"a wave of {node}"
        )
        self.assertLessEqual(len(values), 100)
        self.assertAlmostEqual(max(values), 1, 2)
        self.assertAlmostEqual(min(values), -1, 2)

    def example_environment(self) -> dict[str, Word]:
        """How it finds the hub: by variables, and the directory of the document."""
        (self.directory / ".crossbar").symlink_to(self.hub.directory)
        return {
            "CROSSBAR_HOST": "127.0.0.1",
            "CROSSBAR_TLS_PORT": str(self.hub.port),
        }
