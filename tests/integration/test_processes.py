"""Tests for L{tests.integration.processes}: what all other integration tests rely on."""

from __future__ import annotations

import os
import signal
import socket
import sys

from twisted.trial.unittest import SkipTest

from tests.integration import processes
from tests.integration.processes import IntegrationTestCase, alive, eventually, require


class RequireTests(IntegrationTestCase):
    """Programs of others."""

    def test_found(self) -> None:
        """One that is there is found."""
        self.assertTrue(os.access(require("sh", "dash"), os.X_OK))

    def test_missing(self) -> None:
        """One that is not there skips the test with the name of its package, or fails it."""
        for value, error in ("", SkipTest), ("1", AssertionError):
            self.patch(os, "environ", {**os.environ, "NETSIM_REQUIRE_INTEGRATION": value})
            missing = self.assertRaises(error, require, "no-such-program", "some-package")
            self.assertIn("some-package", str(missing))


class ProcessTests(IntegrationTestCase):
    """Processes that a test starts."""

    def test_output(self) -> None:
        """Output is read while a process runs, and waited for."""
        words = "read word; echo $word $X; echo e >&2; exec sleep 60"
        process = self.start("sh", "-c", words, said=b"a\n", environment={"X": "b"})
        self.assertEqual(process.says("^a b$")[0], "a b")
        self.assertEqual(process.logs("^e$")[0], "e")
        # In the midst of exec it has next to none.
        eventually(lambda: process.peak_memory > 1 << 16, "some memory")
        self.assertEqual(process.stop(), -signal.SIGTERM)

    def test_ended_early(self) -> None:
        """A process that ends without saying what a test waits for fails it, with its output."""
        process = self.start("sh", "-c", "echo why; exit 3")
        error = self.assertRaises(AssertionError, process.says, "ready")
        for words in "'ready'", "status 3", "why":
            self.assertIn(words, str(error))

    def test_impatience(self) -> None:
        """A process that hangs fails the test, and is gone with it."""
        self.patch(processes, "PATIENCE", 0.1)
        process = self.start(sys.executable, "-ISc", "import time; time.sleep(60)")
        self.assertRaises(AssertionError, process.says, "ready")
        self.assertRaises(AssertionError, process.status)
        self.assertTrue(alive(process.pid))
        self.patch(processes, "PATIENCE", 20)
        process.clean_up()
        self.assertFalse(alive(process.pid))

    def test_eventually(self) -> None:
        """What never comes is named."""
        self.patch(processes, "PATIENCE", 0.1)
        error = self.assertRaises(AssertionError, eventually, list, "the end of time")
        self.assertEqual(str(error), "waited 0.1 seconds for the end of time")

    def test_reserved_port(self) -> None:
        """A reserved port can be listened to by one that reuses addresses, and is taken else."""
        address = "127.0.0.1", self.reserve_port()
        with socket.socket() as other:
            self.assertRaises(OSError, other.bind, address)
        with socket.create_server(address) as server, socket.create_connection(address):
            self.assertEqual(server.getsockname(), address)
