"""L{netsim.reactor.children}."""

from __future__ import annotations

import signal
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

from netsim.reactor.children import ChildSignals

# Two children that end, one of them before the reactor runs.
SCRIPT = """
import time
import netsim.reactor
netsim.reactor.install()
from twisted.internet import reactor
from twisted.internet.protocol import ProcessProtocol
class Child(ProcessProtocol):
    ended = []
    def processEnded(self, reason):
        self.ended.append(reason.value.exitCode)
        if len(self.ended) == 2:
            print(*sorted(self.ended))
            reactor.stop()
def start(code):
    reactor.spawnProcess(Child(), "/bin/sh", ["sh", "-c", f"exit {code}"])
start(3)
time.sleep(0.2)
reactor.callLater(0.1, start, 4)
reactor.callLater(10, reactor.stop)
reactor.run()
"""


class Loop:
    """An event loop that is only told what to do."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def call_soon_threadsafe(self, call: object) -> None:
        """Keep this."""
        self.told.append(call)


class ChildSignalsTests(SynchronousTestCase):
    """Ends of children are heard in spite of libuv's own pipe for signals."""

    def test_installed(self) -> None:
        """The signal wakes the loop, until it is uninstalled."""
        self.addCleanup(signal.signal, signal.SIGCHLD, signal.getsignal(signal.SIGCHLD))
        loop = Loop()
        signals = ChildSignals(loop)
        signals.install()
        signal.raise_signal(signal.SIGCHLD)
        signals.uninstall()
        signal.raise_signal(signal.SIGCHLD)
        self.assertEqual(1, len(loop.told))

    def test_process(self) -> None:
        """A real reactor hears of children that end early and late."""
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(("3 4\n", ""), (run.stdout, run.stderr))
