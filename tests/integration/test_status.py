"""How the processes end: every exit status, under each runner."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

from tests.integration.peers import connect, read_all
from tests.integration.processes import (
    RUNNERS,
    SLACK,
    Process,
    Service,
    Word,
    alive,
    eventually,
)
from tests.integration.recordings import RecordingTestCase, exchange

CLIENT = (sys.executable, "-ISs", str(Path(__file__).with_name("client.py")))


class StatusTestCase(RecordingTestCase):
    """A replay of two exchanges."""

    def setUp(self) -> None:
        super().setUp()
        self.script = self.write_script(exchange("ping\n", "pong\n"), exchange("bye\n", "ciao\n"))

    def play(self, *command: Word, runner: str = "twistd") -> Service:
        """Start to replay, to a test command if there is one."""
        return self.replay(self.script, *command, runner=runner)

    def check_played(self, status: int, *command: Word, runner: str = "twistd") -> Process:
        """Replay to a test command, to its end."""
        replay = self.play(*command, runner=runner)
        self.check_status(replay, status)
        return replay


class RunnersTests(StatusTestCase):
    """The same under C{twistd}, C{twist} and C{netsim}."""

    def test_passed(self) -> None:
        """0, where all went well; and the command's output is there."""
        for runner in RUNNERS:
            replay = self.check_played(0, *CLIENT, "ping", "bye", runner=runner)
            self.assertEqual(replay.stdout.partition("\n")[2], "pong\nciao\n")

    def test_mismatch(self) -> None:
        """1, where a session failed and the command did not notice."""
        for runner in RUNNERS:
            replay = self.check_played(1, *CLIENT, "ping", "by!", runner=runner)
            self.check_told(replay, r"wanted    bye\n", r"received  by!\n")

    def test_own_status(self) -> None:
        """The command's own, which wins over a session that failed."""
        for runner in RUNNERS:
            self.check_played(7, *CLIENT, "--exit=7", "ping", "bye", runner=runner)
        self.check_played(7, *CLIENT, "--exit=7", "ping", "no")

    def test_killed(self) -> None:
        """128 + N, where signal N ended the command."""
        for runner in RUNNERS:
            self.check_played(128 + 9, *CLIENT, "--kill=9", "ping", "bye", runner=runner)

    def test_serving(self) -> None:
        """Without a command: the signal's, or 1 where a session failed."""
        for runner in RUNNERS:
            for word, status in (b"bye\n", -signal.SIGTERM), (b"no!\n", 1):
                replay = self.play(runner=runner)
                with connect(replay.address) as client:
                    client.sendall(b"ping\n" + word)
                    read_all(client)
                replay.logs("played to the end|failed in exchange 2")
                self.check_stopped(replay, status)

    def test_bad_script(self) -> None:
        """1, with every problem of the file."""
        self.script = self.write_script(
            {"type": "unheard-of"},
            exchange("fine\n", "fine\n"),
            {"type": "script", "command": "ping\n"},
            {"type": "script", "command_hex": "0g", "response": ""},
            {"type": "named", "name": "nobody"},
        )
        for runner in RUNNERS:
            replay = self.replay(self.script, *CLIENT, runner=runner, ready=False)
            self.check_status(replay, 1)
            paths = [f"script.json: recorded_script.scripts[{n}]" for n in (0, 2, 3, 4)]
            self.check_told(replay, *paths)
            self.assertNotIn("scripts[1]", replay.stderr)
            self.assertEqual((replay.stdout, "Traceback" in replay.stderr), ("", False))


class CommandTests(StatusTestCase):
    """The rest of what can become of a test command."""

    def test_never_connected(self) -> None:
        """1 for a command that never connected, unless that is allowed."""
        replay = self.check_played(1, "true")
        self.check_told(replay, "the command never connected")
        self.check_played(0, "--allow-incomplete", "true")

    def test_left_early(self) -> None:
        """1 for a command that left early, unless that is allowed."""
        replay = self.check_played(1, *CLIENT, "ping")
        self.check_told(replay, "exchange 2", "the client left before the script's end")
        self.check_played(0, "--allow-incomplete", *CLIENT, "ping")

    def test_cannot_run(self) -> None:
        """127 for a command that is not there, 126 for one that cannot be executed."""
        replay = self.check_played(127, "no-such-command", "-i", "x")
        self.check_told(replay, "cannot run no-such-command")
        self.check_played(126, self.script)

    def test_output_passes_through(self) -> None:
        """The command's output comes as it is written, not in the end."""
        go_on = self.directory / "go-on"
        waiting = 'echo early; echo woe >&2; until [ -e go-on ]; do sleep 0.02; done; exec "$@"'
        replay = self.play("sh", "-c", waiting, "sh", *CLIENT, "ping", "bye")
        replay.says("^early$")
        replay.logs("^woe$")
        go_on.touch()
        self.check_status(replay, 0)
        self.assertEqual(replay.stdout.splitlines()[1:], ["early", "pong", "ciao"])

    def test_database(self) -> None:
        """The command has a directory of its own, empty or a copy, and gone in the end."""
        (self.directory / "db/sub").mkdir(parents=True)
        (self.directory / "db/sub/channels").write_text("42\n")
        look = 'cd "$NDS2_CHANNEL_DB_DIR"; pwd; find . -type f; echo new >sub-new; exec "$@"'
        command = ["sh", "-c", look, "sh", *CLIENT, "ping", "bye"]
        for options, found in ([], []), (["--db-dir", "db"], ["./sub/channels"]):
            replay = self.check_played(0, *options, *command)
            [_, place, *files, _, _] = replay.stdout.splitlines()
            self.assertEqual(files, found)
            self.assertFalse(Path(place).exists())
        self.assertEqual(os.listdir(self.directory / "db"), ["sub"])

    def test_hanging_command(self) -> None:
        """SIGTERM ends a replay within two seconds, and its command, which does not want to."""
        hang = "import os, signal, time; signal.signal(15, signal.SIG_IGN)"
        tell = "print(os.getpid(), os.environ['NDS2_CHANNEL_DB_DIR'], flush=True); time.sleep(60)"
        replay = self.play(sys.executable, "-ISsc", f"{hang}; {tell}")
        pid, database = replay.says(r"^(\d+) (.*)$").groups()
        started = time.monotonic()
        self.check_stopped(replay)
        self.assertLess(time.monotonic() - started, 2.0 + SLACK)
        eventually(lambda: not alive(int(pid)), "the command to be gone")
        self.assertFalse(Path(database).exists())


class CannotStartTests(StatusTestCase):
    """One clear line and status 1 where a service cannot do its work."""

    def check_refused(self, process: Process, reason: str) -> None:
        """It ends with this reason in one line, and says nothing on stdout."""
        self.check_status(process, 1)
        [line] = [line for line in process.stderr.splitlines() if "#critical" in line]
        self.assertRegex(line, reason)
        self.assertNotIn("Traceback", process.stderr)
        self.assertEqual(process.stdout, "")

    def test_port_in_use(self) -> None:
        """A port that is taken."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            reason = f"Couldn't listen on {address}.*Address already in use"
            for runner in RUNNERS:
                proxy = self.proxy("127.0.0.1:1", "-l", address, runner=runner, ready=False)
                self.check_refused(proxy, reason)
                replay = self.replay(self.script, "-l", address, runner=runner, ready=False)
                self.check_refused(replay, reason)

    def test_output(self) -> None:
        """A directory that is not there, and a file where a directory should be."""
        for place in "missing/session", "script.json/session":
            proxy = self.proxy("127.0.0.1:1", "-o", place, ready=False)
            self.check_refused(proxy, f"cannot record into {place.partition('/')[0]}")

    def test_unreachable_server(self) -> None:
        """A server that is not there is no reason to end: the client sees its connection close."""
        proxy = self.proxy(f"127.0.0.1:{self.reserve_port()}")
        with connect(proxy.address) as client:
            self.assertEqual(read_all(client), b"")
        proxy.logs("the server cannot be reached: .*refused")
        self.recorded()
        self.check_stopped(proxy)
