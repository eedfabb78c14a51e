"""Tests for L{netsim.simulator.running}: a blocking client, and real sockets."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator import running
from netsim.simulator.messages import Status, decode, encode
from netsim.simulator.running import Process, stop, survey

ONE, OTHER = Status("one", "one", 1, ("127.0.0.1:1",)), Status("two", "two", 1, ("127.0.0.1:2",))
DEAD = 1 << 30
"""A number that no process has."""

Answer = Callable[[dict[str, object]], bytes]


def told(*several: Status) -> bytes:
    """The answer of a process."""
    return encode({"simulators": [status.as_dict() for status in several]})


class RunningTestCase(SynchronousTestCase):
    """
    A directory of sockets.

    @ivar asked: the commands that came to those that listen.
    """

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="netsim-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.asked: list[dict[str, object]] = []

    def listen(self, pid: int, *answers: Answer) -> Path:
        """A process that answers one command per connection, then is closed."""
        path = self.directory / f"simulator-{pid}.sock"
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        thread = threading.Thread(target=self._serve, args=(server, path, answers), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 5)
        return path

    def hang(self, pid: int) -> Path:
        """A process that never answers."""
        path = self.directory / f"simulator-{pid}.sock"
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(str(path))
        server.listen()
        return path

    def _serve(self, server: socket.socket, path: Path, answers: tuple[Answer, ...]) -> None:
        server.settimeout(0.5)
        with server, contextlib.suppress(TimeoutError):
            for answer in answers:
                connection, _ = server.accept()
                with connection, connection.makefile("rb") as lines:
                    self.asked.append(decode(lines.readline()))
                    connection.sendall(answer(self.asked[-1]))
        path.unlink(missing_ok=True)


class SurveyTests(RunningTestCase):
    def test_several(self) -> None:
        """All processes are asked, in the order of their numbers."""
        paths = [self.listen(10, lambda _: told(OTHER)), self.listen(9, lambda _: told(ONE))]
        expected = [Process(9, paths[1], (ONE,)), Process(10, paths[0], (OTHER,))]
        self.assertEqual(expected, survey(self.directory))
        self.assertEqual([{"command": "status"}] * 2, self.asked)

    def test_nothing(self) -> None:
        """Without a directory, nothing runs."""
        self.assertEqual([], survey(self.directory / "none"))

    def test_hung(self) -> None:
        """All that hang are waited for at the same time; the others have answered."""
        hung = [self.hang(number) for number in (5, 6, 8)]
        path = self.listen(7, lambda _: told(ONE))
        begun = time.monotonic()
        found = survey(self.directory, within=1.0)
        self.assertLess(time.monotonic() - begun, 2.5)
        expected = [
            Process(5, hung[0], None),
            Process(6, hung[1], None),
            Process(7, path, (ONE,)),
            Process(8, hung[2], None),
        ]
        self.assertEqual(expected, found)

    def test_strange(self) -> None:
        """One that answers something else does not answer."""
        path = self.listen(5, lambda _: b'{"error": "what?"}\n')
        self.assertEqual([Process(5, path, None)], survey(self.directory))

    def test_ended(self) -> None:
        """One that ends while it is asked does not run."""
        self.listen(5, lambda _: b"")
        self.assertEqual([], survey(self.directory))

    def test_dead(self) -> None:
        """The socket of a dead process is removed; that of one which begins is not."""
        for pid in (DEAD, os.getpid()):
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(self.directory / f"simulator-{pid}.sock"))
        self.assertEqual([], survey(self.directory))
        self.assertEqual([f"simulator-{os.getpid()}.sock"], os.listdir(self.directory))

    def test_foreign(self) -> None:
        """Its number may belong to somebody else's process now."""
        self.patch(os, "kill", lambda pid, number: (_ for _ in ()).throw(PermissionError()))
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(self.directory / "simulator-1.sock"))
        self.assertEqual([], survey(self.directory))

    def test_withoutReactor(self) -> None:
        """A tool that asks needs no reactor."""
        code = (
            "import netsim.simulator.tools, sys;sys.exit('twisted.internet.reactor' in sys.modules)"
        )
        self.assertEqual(0, subprocess.run([sys.executable, "-c", code], timeout=60).returncode)


class StopTests(RunningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(running, "_PAUSE", 0.001)

    def stop(self, path: Path, *names: str) -> set[str]:
        """Those that are not gone."""
        return stop(Process(5, path, (ONE, OTHER)), names, within=0.3)

    def test_one(self) -> None:
        """One is gone when it is not told any more; others may stay."""
        both, rest = told(ONE, OTHER), told(OTHER)
        path = self.listen(5, lambda _: both, lambda _: both, lambda _: rest)
        self.assertEqual(set(), self.stop(path, "one"))
        command: dict[str, object] = {"command": "stop", "names": ["one"]}
        self.assertEqual([command, {"command": "status"}, {"command": "status"}], self.asked)

    def test_all(self) -> None:
        """With the last one, the process is waited for."""
        path = self.listen(5, lambda _: told(), lambda _: told(), lambda _: b"")
        self.assertEqual(set(), self.stop(path, "one", "two"))
        self.assertEqual(3, len(self.asked))

    def test_gone(self) -> None:
        """Where the process is gone already, so are they."""
        self.assertEqual(set(), self.stop(self.directory / "none", "one"))

    def test_stays(self) -> None:
        """Those that stay are told, in time."""
        path = self.listen(5, *[lambda _: told(ONE, OTHER)] * 2000)
        self.assertEqual({"one"}, self.stop(path, "one"))

    def test_hung(self) -> None:
        """One that does not answer has stopped nothing."""
        self.assertEqual({"one", "two"}, self.stop(self.hang(5), "one", "two"))
