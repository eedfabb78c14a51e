"""L{netsim.dsisocket.starting}; with real servers in C{tests.integration.test_restart}."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path
from subprocess import CompletedProcess

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Node
from netsim.dsisocket.settings import RestartTimes
from netsim.dsisocket.starting import start_script
from netsim.dsisocket.stopping import stop_script
from tests.dsisocket.bash import HOSTILE, Bash, node
from tests.dsisocket.machines import host

TIMES = RestartTimes(0.1, 0.1, 10, 20)
SHORT = RestartTimes(0.1, 0.1, 10, 0.3)
# Listens on the address and the port that it is told.
SERVER = (
    f"exec {sys.executable} -Sc 'import socket, sys, time;"
    " family = socket.getaddrinfo(*sys.argv[1:])[0][0];"
    " server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=family);"
    " time.sleep(60)'"
)


class StartTests(SynchronousTestCase):
    """Starting a server, or what is none."""

    def setUp(self) -> None:
        self.bash = Bash(Path(self.mktemp()))
        self.reserved = socket.socket()
        self.addCleanup(self.reserved.close)
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # It keeps the port from all who do not share it, as servers do.
        self.reserved.bind(("127.0.0.1", 0))
        self.port = self.reserved.getsockname()[1]

    def start(
        self, command: str, times: RestartTimes = TIMES, **more: str
    ) -> CompletedProcess[str]:
        """Start it; it is gone when the test ends."""
        server = node(port=self.port, start=command, **more)
        self.addCleanup(self.stop, server)
        return self.bash.run(start_script(server, times, host()))

    def stop(self, server: Node) -> None:
        ran = self.bash.run(stop_script(server, TIMES))
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))

    def fails(self, command: str, times: RestartTimes = TIMES, **more: str) -> list[str]:
        """Start what does not, and tell what is said."""
        ran = self.start(command, times, **more)
        self.assertEqual((1, ""), (ran.returncode, ran.stdout))
        return ran.stderr.splitlines()

    def test_accepts(self) -> None:
        """It is waited until it accepts, on any of its addresses."""
        for address in ("127.0.0.1", "::1", "0.0.0.0"):
            command = f"sleep 0.1; {SERVER} {address} {self.port}"
            ran = self.start(command)
            self.assertEqual((0, ""), (ran.returncode, ran.stderr))
            self.assertEqual(f"rs0-a: accepts on port {self.port}\n", ran.stdout)
            self.stop(node(port=self.port))

    def test_private(self) -> None:
        """A server may listen on the private address of its host only."""
        text = start_script(
            node(port=self.port, start=f"{SERVER} 127.0.0.3 {self.port}"),
            TIMES,
            evolve(host(), private_ip="127.0.0.3"),
        )
        self.addCleanup(self.stop, node(port=self.port))
        self.assertEqual(0, self.bash.run(text).returncode)

    def test_alone(self) -> None:
        """It has a session of its own, our mark, and none of our files."""
        server = node(id="a b", port=self.port, start=f"{SERVER} 127.0.0.1 {self.port}")
        self.addCleanup(self.stop, server)
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        ran = self.bash.run(start_script(server, TIMES, host()), pass_fds=[writing])
        os.close(writing)
        self.assertEqual(0, ran.returncode)
        self.assertEqual(b"", os.read(reading, 1))
        [note] = (self.bash.directory / f"notes/{self.port}.pids").read_text().split()
        pid = int(note.partition(":")[0])
        self.assertEqual(pid, os.getsid(pid))
        self.assertIn(
            f"NETSIM_NODE=a%20b:{self.port}", Path(f"/proc/{pid}/environ").read_text().split("\0")
        )
        files = {link.name: os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        output = str(self.bash.directory / f"notes/{self.port}.out")
        self.assertEqual(["/dev/null", output, output], [files.pop(number) for number in "012"])
        self.assertRegex("".join(files.values()), r"\Asocket:\[\d+\]\Z")

    def test_twice(self) -> None:
        """What runs is not started."""
        command = f"{SERVER} 127.0.0.1 {self.port}"
        self.start(command)
        [said] = self.fails(command)
        self.assertRegex(said, r"^rs0-a: already runs: process \d+ \(\S+\) of \w+$")

    def test_directories(self) -> None:
        """Those for its data and its log are made."""
        data, log = (self.bash.directory / name for name in (f"x/{HOSTILE}", "y/logs/log"))
        self.fails("exit 1", dbpath=str(data), logpath=str(log))
        self.assertTrue(data.is_dir())
        self.assertTrue(log.parent.is_dir())
        self.assertFalse(log.exists())
        self.assertTrue(self.bash.is_unharmed)

    def test_no_directory(self) -> None:
        (self.bash.directory / "file").touch()
        path = f"{self.bash.directory}/file/data"
        self.assertEqual(f"rs0-a: {path} cannot be made", self.fails("touch x", dbpath=path)[-1])
        self.assertFalse((self.bash.directory / "x").exists())

    def test_no_program(self) -> None:
        """The last that it said is told, and nobody waits."""
        said = self.fails("no-such-program")
        self.assertEqual(2, len(said))
        self.assertIn("no-such-program: command not found", said[0])
        end = f"ends with the status 127 before it accepts on port {self.port}"
        self.assertEqual(f"rs0-a: {end}", said[1])

    def test_last_lines(self) -> None:
        """So are the last lines of its log, if they are new."""
        log = self.bash.directory / "log"
        log.write_text("old\n")
        os.utime(log, (1, 1))
        command = "seq 1 100; exit 3"
        self.assertEqual(
            ["96", "97", "98", "99", "100"], self.fails(command, logpath=str(log))[:-1]
        )
        said = self.fails("seq 1 100; seq 201 300 >>log; exit 3", logpath=str(log))
        self.assertEqual(["96", "100", "297", "300"], [said[n] for n in (0, 4, 5, 8)])

    def test_late(self) -> None:
        """Longer than it may take nobody waits."""
        [said] = self.fails("sleep 60", SHORT)
        self.assertEqual(f"rs0-a: does not accept on port {self.port} within 0.3 s", said)

    def test_daemon(self) -> None:
        """What goes into the background by itself is waited for, and may fail there."""
        ran = self.start(f"(sleep 0.2; {SERVER} 127.0.0.1 {self.port}) & disown")
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
        self.stop(node(port=self.port))
        said = self.fails("(sleep 0.2; echo oh no) & disown")
        self.assertEqual("oh no", said[0])
        self.assertIn("ends with the status 0 before", said[1])

    def test_taken(self) -> None:
        """A port that somebody has is told at once."""
        self.reserved.listen()
        ran = self.bash.run(start_script(node(port=self.port, start="touch x"), TIMES, host()))
        self.assertEqual(1, ran.returncode)
        reason = rf"\Ars0-a: port {self.port} is held by process {os.getpid()} \("
        self.assertRegex(ran.stderr, reason)
        self.assertFalse((self.bash.directory / "x").exists())

    def test_stranger(self) -> None:
        """Somebody else's port does not make a server that failed a success."""
        path = self.bash.directory / "go"
        # It is told to listen when the script has looked.
        server = node(port=self.port, start=f"touch {path}; sleep 60")
        text = start_script(server, TIMES, host())

        def listen() -> None:
            while not path.exists():
                time.sleep(0.001)
            self.reserved.listen()

        thread = threading.Thread(target=listen)
        thread.start()
        ran = self.bash.run(text)
        thread.join()
        self.reserved.close()
        self.stop(server)
        self.assertEqual(1, ran.returncode)
        self.assertRegex(
            ran.stderr, rf"port {self.port} is taken by process {os.getpid()} \(\S+\) of \w+\n\Z"
        )

    def test_foreign_notes(self) -> None:
        """Notes are made only where nobody else can write."""
        elsewhere = self.bash.directory / "elsewhere"
        elsewhere.mkdir()
        (self.bash.directory / "notes").symlink_to(elsewhere)
        [said] = self.fails("touch x")
        self.assertEqual(
            "rs0-a: notes is not a directory of ours", said.replace(f"{self.bash.directory}/", "")
        )
        self.assertEqual([], list(elsewhere.iterdir()))
