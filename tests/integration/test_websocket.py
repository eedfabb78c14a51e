"""The daemon's WebSocket on its HTTP port; that on its own port is in L{test_daemon}."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from websocket import WebSocketTimeoutException

from tests.integration.daemons import DaemonTestCase, Peer
from tests.integration.processes import SLACK

SIZE = 60_000
LINES = 400
"""Of that size: far more than any system keeps for a connection."""


class SlowTests(DaemonTestCase):
    """A frontend that does not read, next to one that does."""

    def test_http(self) -> None:
        """The one misses lines, and is told how many; the other one misses none."""
        daemon = self.daemon("--max-backlog=1MiB", runner="twistd")
        url = f"ws://{daemon.http}/ws"
        cli, slow, quick = (Peer(url, "p") for _ in range(3))
        cli.join("cli")
        slow.join("web")
        quick.join("web")
        longest = 0.0
        for number in range(LINES):
            began = time.monotonic()
            cli.say("log", {"log": {"level": "info", "message": "x" * SIZE, "number": number}})
            self.assertEqual(number, quick.hear()["payload"]["log"]["number"])
            longest = max(longest, time.monotonic() - began)
        self.assertLess(longest, 1 + SLACK)
        # What is no log line is missed by nobody.
        quick.say("action", {"name": "go", "args": {}}, 7)
        self.assertEqual("action", cli.hear()["event-type"])
        found = list(self.numbers(slow))
        dropped = sum(item[0] for item in found if isinstance(item, list))
        numbers = [item for item in found if isinstance(item, int)]
        self.assertEqual(LINES, dropped + len(numbers))
        self.assertGreater(dropped, LINES // 4)
        self.assertEqual(sorted(numbers), numbers)
        self.assertEqual(LINES - 1, numbers[-1])

    def numbers(self, peer: Peer) -> Iterator[Any]:
        """The numbers of the lines that wait for somebody, and C{[N]} where some were dropped."""
        number = -1
        while number < LINES - 1:
            try:
                log = peer.hear()["payload"]["log"]
            except WebSocketTimeoutException:
                self.fail(f"nothing after line {number}")
            if "dropped" in log:
                self.assertIn("reads too slowly", json.dumps(log))
                yield [log["dropped"]]
            else:
                number = log["number"]
                yield number
