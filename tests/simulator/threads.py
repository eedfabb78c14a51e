"""Threads for tests, and what is known of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.replay.wire import PATIENCE

MOMENT = 0.02
"""Seconds after which a thread that has not gone on is taken to wait."""


class ThreadsTestCase(SynchronousTestCase):
    """
    A test with threads, and with what was logged.

    @ivar logged: the events so far.
    """

    def setUp(self) -> None:
        self.logged: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(self.logged.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.logged.append)

    def begin(self, call: Callable[..., Any], *args: Any) -> Future[Any]:
        """Call this in a thread of its own."""
        pool = ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        return pool.submit(call, *args)

    def check_waits(self, *futures: Future[Any]) -> None:
        """See that none of them goes on."""
        for future in futures:
            with self.assertRaises(TimeoutError):
                future.result(MOMENT)

    def warnings(self) -> list[str]:
        """The warnings so far, as one reads them."""
        return [
            event["log_format"].format(**event)
            for event in self.logged
            if event["log_level"].name == "warn"
        ]

    def named(self, name: str) -> list[threading.Thread]:
        """The threads of this name that run."""
        return [thread for thread in threading.enumerate() if thread.name == name]

    def end(self, thread: threading.Thread) -> None:
        """Wait for its end."""
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())


def switches(thread: threading.Thread) -> int:
    """How often it has gone to sleep."""
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("voluntary_ctxt_switches")]
    return int(line.split()[1])
