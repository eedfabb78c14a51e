"""L{netsim.status.launch}: with a small server in the place of the daemon."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import HostError, InputError
from netsim.rundir import StartLock, make_run_directory
from netsim.status import launch as module
from netsim.status.launch import Launched, answers, command, launch, start_detached
from netsim.status.model import Settings

PATIENCE = 10.0
"""Seconds."""


class Hello(BaseHTTPRequestHandler):
    """Says hello as the daemon does."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/hello" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class Sorry(Hello):
    status = 404


class LaunchTestCase(SynchronousTestCase):
    """
    A port that nobody listens on yet.

    @ivar started: the commands that were started.
    """

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.started: list[Sequence[str]] = []
        # Bound, but without listening: all connections are refused.
        self.server = HTTPServer(("127.0.0.1", 0), Hello, bind_and_activate=False)
        self.server.server_bind()
        self.addCleanup(self.server.server_close)
        self.settings = Settings(f"http://127.0.0.1:{self.server.server_port}")

    def serve(self, handler: type[Hello] = Hello) -> None:
        """Begin to answer."""
        self.server.RequestHandlerClass = handler
        self.server.server_activate()
        thread = threading.Thread(target=self.server.serve_forever, args=[0.01])
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def start(self, words: Sequence[str], serves: bool = True) -> int:
        """What starts a daemon: one that answers or not, and runs on."""
        self.started.append(words)
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        if serves:
            self.serve()
        return reading

    def launch(
        self, start: Callable[[Sequence[str]], int] | None = None, within: float = PATIENCE
    ) -> Launched:
        return launch(self.settings, self.directory, start or self.start, within)

    def refused(self, kind: type[Exception], *args: object, **named: object) -> str:
        return str(self.assertRaises(kind, self.launch, *args, **named))


class AnswerTests(LaunchTestCase):
    def test_hello(self) -> None:
        self.assertFalse(answers(self.settings.url))
        self.serve()
        self.assertTrue(answers(self.settings.url))

    def test_somebody_else(self) -> None:
        self.serve(Sorry)
        self.assertFalse(answers(self.settings.url))


class StartTests(LaunchTestCase):
    def test_one_that_answers(self) -> None:
        """Nothing is started, and no file is made."""
        self.serve()
        self.assertEqual(Launched.ANSWERS, self.launch())
        self.assertEqual(([], False), (self.started, self.directory.exists()))

    def test_none_answers(self) -> None:
        self.assertEqual(Launched.STARTED, self.launch())
        self.assertEqual([command(self.settings.url)], self.started)

    def test_ten_at_once(self) -> None:
        """One of them starts it."""
        with ThreadPoolExecutor(10) as pool:
            together = threading.Barrier(10)

            def one(_: int) -> Launched:
                together.wait()
                return self.launch()

            outcomes = list(pool.map(one, range(10)))
        self.assertEqual(1, len(self.started))
        self.assertEqual(1, outcomes.count(Launched.STARTED))

    def test_the_lock_is_given_back(self) -> None:
        """After a success and after a failure."""
        self.refused(HostError, lambda words: self.start(words, False), within=0.1)
        self.launch()
        name = f"daemon-{self.server.server_port}.lock"
        lock = StartLock(self.directory, name)
        self.addCleanup(lock.release)
        self.assertTrue(lock.acquire())

    def test_another_port(self) -> None:
        """Who starts a daemon on another port is not waited for."""
        make_run_directory(self.directory)
        lock = StartLock(self.directory, "daemon-1.lock")
        self.addCleanup(lock.release)
        lock.acquire()
        self.assertEqual(Launched.STARTED, self.launch())

    def test_another_process_takes_too_long(self) -> None:
        make_run_directory(self.directory)
        lock = StartLock(self.directory, f"daemon-{self.server.server_port}.lock")
        self.addCleanup(lock.release)
        lock.acquire()
        self.assertEqual("it does not answer in time", self.refused(HostError, within=0.1))
        self.assertEqual([], self.started)

    def test_it_does_not_answer(self) -> None:
        reason = self.refused(HostError, lambda words: self.start(words, False), within=0.2)
        self.assertEqual("it does not answer in time", reason)

    def test_it_ends(self) -> None:
        """That is seen at once."""

        def start(words: Sequence[str]) -> int:
            reading, writing = os.pipe()
            os.close(writing)
            return reading

        reason = self.refused(HostError, start)
        self.assertIn(f"it has ended: `netsim daemon --port {self.server.server_port}`", reason)

    def test_it_ends_as_another_one_has_the_port(self) -> None:
        """One answers all the same."""

        def start(words: Sequence[str]) -> int:
            reading, writing = os.pipe()
            os.close(writing)
            return reading

        outcomes = [False, False, False, True]
        self.patch(module, "answers", lambda url: outcomes.pop(0))
        self.assertEqual(Launched.STARTED, self.launch(start))

    def test_whoever_had_the_lock_has_started_it(self) -> None:
        outcomes = [False, True]
        self.patch(module, "answers", lambda url: outcomes.pop(0))
        self.assertEqual((Launched.ANSWERS, []), (self.launch(), self.started))

    def test_it_cannot_be_started(self) -> None:
        def start(words: Sequence[str]) -> int:
            raise FileNotFoundError(2, "No such file or directory")

        self.assertIn("No such file", self.refused(HostError, start))

    def test_not_installed(self) -> None:
        self.patch(module, "find_spec", lambda name: None if name == "klein" else name)
        self.assertEqual("it needs klein: pip install 'netsim[daemon]'", self.refused(InputError))

    def test_run_directory(self) -> None:
        """One that is not this user's alone is not used."""
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self.assertIn("other users may write to it", self.refused(HostError))


class CommandTests(LaunchTestCase):
    def test_words(self) -> None:
        words = command("http://127.0.0.1:5002")
        self.assertEqual(sys.executable, words[0])
        self.assertEqual(["daemon", "--port", "5002"], words[-3:])
        self.assertEqual(["--port", "7", "--host", "::1"], command("http://[::1]:7")[-4:])

    def test_netsim_is_found(self) -> None:
        """Wherever it was imported from, and with whatever path the copy begins."""
        code, *words = command("http://127.0.0.1:5002")[2:]
        self.assertEqual(Path(module.__file__).parents[2], Path(words[0]))
        self.assertIn("sys.path.append(sys.argv.pop(1))", code)

    def detached(self, code: str) -> tuple[int, Path]:
        """Start this, as a daemon is; what can be read at its end, and a file for it."""
        file = Path(self.mktemp()).absolute()
        code = code.replace("FILE", repr(str(file)))
        ended = start_detached(
            [sys.executable, "-c", f"import os, time; os.fork() and os._exit(0); {code}"]
        )
        self.addCleanup(os.close, ended)
        return ended, file

    def test_detached(self) -> None:
        """It is nobody's child, silent, leads to no terminal, and its end is told."""
        code = "print('x'); open(FILE, 'w').write(f'{os.getppid()} {os.getcwd()} {os.getsid(0)}')"
        ended, file = self.detached(f"time.sleep(0.1); {code}")
        self.assertEqual(b"", os.read(ended, 1))
        parent, directory, session = file.read_text().split()
        self.assertEqual("/", directory)
        self.assertNotIn(str(os.getpid()), (parent, session))

    def test_it_goes_on(self) -> None:
        """The start does not wait for its end."""
        ended, file = self.detached("open(FILE, 'w').write(str(os.getpid())); time.sleep(60)")
        end = time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        os.kill(int(file.read_text()), signal.SIGKILL)
        self.assertEqual(b"", os.read(ended, 1))

    def test_nothing_to_start(self) -> None:
        """No descriptor is left behind."""
        before = set(os.listdir("/proc/self/fd"))
        self.assertRaises(OSError, start_detached, ["/nowhere/python"])
        self.assertEqual(before, set(os.listdir("/proc/self/fd")))
