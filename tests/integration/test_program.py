"""L{netsim.status.program} in programs as people write them, with daemons that run."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

from netsim.status.launch import answers
from tests.integration.daemons import Answer, Daemon, DaemonTestCase, request
from tests.integration.processes import ROOT, SLACK, Process, Word, alive, eventually

EXAMPLE = ROOT / "etc/examples/status_client.py"
JSON = {"Content-Type": "application/json"}
CROWD = 10
"""Programs that start at once."""

WAITS = "for i in {1..1200}; do test -e go && break; sleep 0.05; done; echo"
"""For bash: says something when there is a file C{go}, or in a minute."""

PRELUDE = """
import logging, os, sys, threading, time
from netsim.status import action, connect, watch
url = sys.argv[1]
began = time.monotonic()
def took(limit):
    global began
    now = time.monotonic()
    assert now - began < limit, now - began
    began = now
def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
"""

TALKS = """
link = connect("p", url, 0.1, launch=False)
wait_for(lambda: link.is_connected)
link.set("answer", 42)
logging.info("with logging")
for number in range(1000):
    link.log("debug", f"line {number}", "me")
logging.getLogger("me").error("the end")
"""

NOBODY = """
import netsim.status.program, netsim.status.link, netsim.status.keeper
began = time.monotonic()
link = connect("p", url, launch=False)
took(5)
@watch(interval=0.01)
def number(): return 5
for number in range(20_000):
    link.log("info", "x" * 50)
    link.set("a", number)
took(5)
assert not link.is_connected
while link.dropped < 10_000: pass
print(link.dropped, flush=True)
"""

STOPPED = """
link = connect("p", url, 0.1, launch=False)
wait_for(lambda: link.is_connected)
print("connected", flush=True)
sys.stdin.readline()
began = time.monotonic()
for number in range(20_000):
    link.log("info", "x" * 500)
    link.set("a", number)
took(10)
link.close()
took(5)
print("closed", flush=True)
"""

FORKS = """
link = connect("p", url, 0.1, launch=False)
wait_for(lambda: link.is_connected)
link.log("info", "parent")
child = os.fork()
if not child:
    link.log("info", "child")
    logging.error("child")
    link.close()
    try:
        connect("q", url, launch=False)
    except RuntimeError as error:
        print(error, flush=True)
    sys.exit(3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
assert link.is_connected
link.log("info", "parent again")
"""

INSIDE = """
from twisted.internet import reactor, task
from twisted.logger import Logger
def inside():
    link = connect("p", url, 0.1, launch=False)
    Logger("mine").info("from {what}", what="Twisted")
    @action()
    async def here():
        await task.deferLater(reactor, 0.01)
        return threading.current_thread() is threading.main_thread()
reactor.callWhenRunning(inside)
reactor.run()
"""

BEFORE = INSIDE.replace("reactor.callWhenRunning(inside)", "inside()")

LAUNCHES = """
link = connect(sys.argv[2], url, 0.1)
print("started", flush=True)
wait_for(lambda: link.is_connected)
print("connected", flush=True)
sys.stdin.readline()
"""


class ProgramTestCase(DaemonTestCase):
    """@ivar environment: in which no file of the user is touched."""

    environment: Mapping[str, Word]

    def setUp(self) -> None:
        super().setUp()
        self.environment = {
            "HOME": self.directory,
            "XDG_STATE_HOME": self.directory / "state",
            "NETSIM_RUN_DIR": self.short_directory() / "run",
        }

    def program(self, code: str, url: str, *arguments: str, said: bytes = b"") -> Process:
        """Start one."""
        words = [sys.executable, "-c", dedent(PRELUDE) + code, url, *arguments]
        return self.start(*words, said=said, environment=self.environment)

    def done(self, program: Process) -> None:
        """See that it ends as it should."""
        self.check_status(program, 0)

    def lines(self, daemon: Daemon, name: str = "p") -> list[tuple[str, str, str]]:
        """What the daemon has of its log: level, text and who."""
        logs = daemon.get(f"/api/v1/projects/{name}/logs?limit=10000").json.get("logs", [])
        lines = [line["payload"]["log"] for line in logs]
        return [(line["level"], line["message"], line["whom"]) for line in lines]

    def call(self, daemon: Daemon, action: str, **args: object) -> object:
        """Call an action; the payload of the answer."""
        path = f"/api/v1/projects/p/actions/{action}?timeout=10"
        return daemon.post(path, {"args": args}, **JSON).json.get("ack")

    def free_port(self) -> int:
        """A port that a daemon can use, with the next one."""
        while True:
            with socket.socket() as one, socket.socket() as next_one:
                one.bind(("127.0.0.1", 0))
                port: int = one.getsockname()[1]
                with contextlib.suppress(OSError, OverflowError):
                    next_one.bind(("127.0.0.1", port + 1))
                    return port


class LinkTests(ProgramTestCase):
    """With a daemon that was started before."""

    def test_last_lines(self) -> None:
        """All that is said before the end arrives, in order; so does the last status."""
        daemon = self.daemon()
        self.done(self.program(TALKS, daemon.url))
        lines = eventually(lambda: self.lines(daemon), "the log")
        talk = [("debug", f"line {number}", "me") for number in range(1000)]
        expected = [("info", "with logging", "root"), *talk, ("error", "the end", "me")]
        self.assertEqual(expected, lines)
        status = daemon.get("/api/v1/projects/p/status").json["status"]
        self.assertEqual({"answer": 42}, status)

    def test_nobody_there(self) -> None:
        """Nothing waits, and what is too much is dropped and counted."""
        program = self.program(NOBODY, f"http://127.0.0.1:{self.free_port()}")
        self.assertGreaterEqual(int(program.says("^[0-9]+$")[0]), 10_000)
        began = time.monotonic()
        self.done(program)
        self.assertLess(time.monotonic() - began, 3.0 + SLACK)
        self.assertEqual("", program.stderr)

    def test_a_daemon_that_hangs(self) -> None:
        """Neither the program nor its end waits for it."""
        daemon = self.daemon()
        program = self.start(
            *("bash", "-c", f'exec "$0" "$@" < <({WAITS})'),
            *(sys.executable, "-c", PRELUDE + STOPPED, daemon.url),
            environment=self.environment,
        )
        program.says("connected")
        daemon.service.send_signal(signal.SIGSTOP)
        (self.directory / "go").touch()
        program.says("closed")
        self.done(program)

    def test_fork(self) -> None:
        """A forked process says nothing, cannot connect, and does not disturb its parent."""
        daemon = self.daemon()
        program = self.program(FORKS, daemon.url)
        self.done(program)
        self.assertIn("forked from", program.stdout)
        lines = eventually(lambda: self.lines(daemon), "the log")
        self.assertEqual(["parent", "parent again"], [text for _, text, _ in lines])

    def test_twisted_programs(self) -> None:
        """They use their own reactor, whether it runs already or is going to."""
        for code in (INSIDE, BEFORE):
            self.check_twisted(code, self.daemon())

    def check_twisted(self, code: str, daemon: Daemon) -> None:
        """Its own reactor runs what is called, and its log is told."""
        program = self.program(code, daemon.url)
        line = ("info", "from Twisted", "mine")
        eventually(lambda: line in self.lines(daemon), lambda: f"the log of {program}")
        self.assertEqual({"name": "here", "result": True}, self.call(daemon, "here"))
        # Its status is the runner's, and it has none.
        self.check_stopped(program, 0)

    def test_example(self) -> None:
        """The program that comes with netsim does what it says."""
        daemon = self.daemon()
        program = self.start(
            *(sys.executable, EXAMPLE, "--url", daemon.url, "--name", "p", "--seconds", "60"),
            environment=self.environment,
        )
        eventually(lambda: ("info", "step 1", "example") in self.lines(daemon), str(program))
        steps = "50 steps per second"
        self.assertEqual(
            {"name": "set_speed", "result": steps}, self.call(daemon, "set_speed", speed="50")
        )
        error = self.call(daemon, "set_speed", speed="fast")
        expected = {"name": "set_speed", "error": "'speed': expected float, not 'fast'"}
        self.assertEqual(expected, error)
        failed = {"name": "fail", "error": "RuntimeError: this action always fails"}
        self.assertEqual(failed, self.call(daemon, "fail"))
        self.assertIn("result", str(self.call(daemon, "save", name="x")))
        status = daemon.get("/api/v1/projects/p/status").json["status"]
        self.assertEqual({"note", "progress"}, set(status))
        warnings = [text for level, text, _ in self.lines(daemon) if level == "warning"]
        self.assertTrue(any("'fail' has failed:\nTraceback" in text for text in warnings))
        program.send_signal(signal.SIGINT)
        self.done(program)


class LaunchTests(ProgramTestCase):
    """With a daemon that the programs start."""

    def setUp(self) -> None:
        super().setUp()
        self.port = self.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.addCleanup(self.end_daemons)

    def daemons(self) -> list[int]:
        """The processes that were started with this port."""
        return [pid for pid, words in processes() if words[-3:-1] == ["daemon", "--port"]
                and words[-1] == str(self.port)]  # fmt: skip

    def end_daemons(self) -> None:
        for pid in self.daemons():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def test_ten_programs(self) -> None:
        """They start one daemon, which stays when they end, and ends when it is told to."""
        names = [f"p{number}" for number in range(CROWD)]
        go = f'exec 3< <({WAITS}); exec "$0" "$@" <&3'
        programs = [
            self.start(
                *("bash", "-c", go, sys.executable, "-c", PRELUDE + LAUNCHES, self.url, name),
                environment=self.environment,
            )
            for name in names
        ]
        # All of that together takes a while where much else is going on: step by step.
        for program in programs:
            program.says("started")
        eventually(self.daemons, "a daemon")
        eventually(lambda: answers(self.url), "its answer")
        for program in programs:
            program.says("connected")
        [pid] = self.daemons()
        self.assertEqual(names, eventually(lambda: self.names(CROWD), "ten projects"))
        (self.directory / "go").touch()
        for program in programs:
            self.done(program)
            self.assertEqual("", program.stderr)
        self.assertTrue(alive(pid))
        self.assertEqual(200, self.ask("POST", "/web/shutdown").status)
        eventually(lambda: not alive(pid), "the end of the daemon")

    def test_somebody_else_has_the_port(self) -> None:
        """One clear warning, and the program goes on."""
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", self.port))
            other.listen()
            other.settimeout(0.0)
            code = 'connect("p", url)\nsys.stdin.readline()\ntime.sleep(60)'
            program = self.program(code, self.url)
            # Whoever asks is sent away.
            eventually(lambda: _refuse(other) or program.stderr, "a warning")
            program.logs(f"^No status daemon answers at {self.url}, and none can be started: ")
            self.assertEqual(1, program.stderr.count("\n"))
            self.check_stopped(program)

    def names(self, count: int) -> list[str]:
        """The names of the projects, once there are so many."""
        names = [
            project["name"] for project in self.ask("GET", "/api/v1/projects").json["projects"]
        ]
        return names if len(names) == count else []

    def ask(self, method: str, path: str) -> Answer:
        return request(method, self.url + path)


def processes() -> Iterator[tuple[int, list[str]]]:
    """All that run, with their command lines."""
    for directory in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if directory.name.isdecimal() and alive(int(directory.name)):
                words = (directory / "cmdline").read_bytes().split(b"\0")
                yield int(directory.name), [word.decode(errors="replace") for word in words[:-1]]


def _refuse(listening: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        listening.accept()[0].close()
