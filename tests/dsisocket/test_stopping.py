"""L{netsim.dsisocket.stopping}; with real servers in C{tests.integration.test_restart}."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Node
from netsim.dsisocket.settings import RestartTimes
from netsim.dsisocket.stopping import stop_script
from tests.dsisocket.bash import HOSTILE, NODE, Bash, node

TIMES = RestartTimes(shutdown=0.1, term=0.1, kill=10)
SLOW = RestartTimes(shutdown=0.5, term=10, kill=10)
LONG = RestartTimes(shutdown=10, term=10, kill=10)
# Closes its port when it gets SIGINT, and goes on.
SERVER = """
import signal, socket, time
server = socket.create_server(("127.0.0.1", 0))
signal.signal(signal.SIGINT, lambda *_: server.close())
print(server.getsockname()[1], flush=True)
while True:
    time.sleep(60)
"""


class StopTests(SynchronousTestCase):
    """Ending processes that have the node's mark."""

    def setUp(self) -> None:
        self.bash = Bash(Path(self.mktemp()))

    def server(
        self, text: str = "exec sleep 60", mark: str = f"{NODE.id}:1"
    ) -> subprocess.Popen[bytes]:
        """A process of the node; it has begun when this returns."""
        process = subprocess.Popen(
            ["bash", "-c", f"echo; {text}"],
            env={**os.environ, "NETSIM_NODE": mark},
            stdout=subprocess.PIPE,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        process.stdout.readline()
        return process

    def stop(self, times: RestartTimes = TIMES, of: Node = NODE) -> str:
        ran = self.bash.run(stop_script(of, times))
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
        return ran.stdout

    def test_none(self) -> None:
        """What does not run needs not be asked."""
        self.assertEqual("rs0-a: it did not run\n", self.stop(of=node(stop="touch pwned")))
        self.assertTrue(self.bash.is_unharmed)

    def test_shutdown(self) -> None:
        """First it is asked."""
        server = self.server()
        said = self.stop(LONG, node(stop=f"echo bye; kill -INT {server.pid}"))
        self.assertRegex(said, r"\Abye\nrs0-a: ended by the clean shutdown, after 0\.\d\d s\n\Z")

    def test_term(self) -> None:
        """Without a command for it, or one that fails, SIGTERM comes."""
        for stop in (None, "exit 3", "sleep 50"):
            self.server()
            times = RestartTimes(0.1, 10, 10, 10)
            said = self.stop(times, node(stop=stop))
            self.assertRegex(said, r"ended by SIGTERM, after 0\.\d\d s\n\Z")
            self.assertEqual(stop == "exit 3", "clean shutdown ends with the status 3" in said)

    def test_not_found(self) -> None:
        """For a command that does not exist nobody waits."""
        self.server()
        ran = self.bash.run(stop_script(node(stop="no-such-program"), LONG))
        self.assertRegex(ran.stdout, r"ended by SIGTERM, after [01]\.\d\d s\n\Z")

    def test_kill(self) -> None:
        """What ignores that gets SIGKILL."""
        server = self.server("trap '' TERM INT HUP; while :; do sleep 60 & wait; done")
        said = self.stop(of=node(stop="true"))
        self.assertRegex(said, r"ended by SIGKILL, after 0\.\d\d s\n\Z")
        self.assertEqual(-9, server.wait())

    def test_children(self) -> None:
        """All its processes are ended."""
        server = self.server("sleep 60 & echo $!; trap '' TERM; wait")
        assert server.stdout is not None
        child = int(server.stdout.readline())
        self.stop()
        self.assertRaises(ProcessLookupError, os.kill, child, 0)

    def test_followed(self) -> None:
        """A server that only its port tells is followed when it has closed that, too."""
        server = subprocess.Popen([sys.executable, "-Sc", SERVER], stdout=subprocess.PIPE)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        assert server.stdout is not None
        self.addCleanup(server.stdout.close)
        port = int(server.stdout.readline())
        said = self.stop(SLOW, node(port=port, stop=f"kill -INT {server.pid}"))
        self.assertIn("ended by SIGTERM", said)
        self.assertEqual(-15, server.wait())

    def test_others(self) -> None:
        """Nobody else is."""
        other = self.server(mark=f"{NODE.id}:2")
        self.server()
        self.stop()
        self.assertIsNone(other.poll())

    def test_own(self) -> None:
        """A port that whoever asks for this listens on is not freed by ending them."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        port = listening.getsockname()[1]
        ran = self.bash.run(stop_script(node(port=port), TIMES))
        self.assertEqual(1, ran.returncode)
        self.assertRegex(
            ran.stderr, rf"\Ars0-a: port {port} is held by process {os.getpid()} \(\S+\) of \w+\n\Z"
        )

    def test_rest_of_shutdown(self) -> None:
        """What the command does after the server's end is waited for."""
        server = self.server()
        stop = f"kill {server.pid}; sleep 0.5; echo done"
        self.assertRegex(self.stop(LONG, node(stop=stop)), r"\Adone\nrs0-a: ended by the clean")

    def test_hostile(self) -> None:
        """Nothing of the configuration but the command is one."""
        said = self.stop(of=node(id=HOSTILE))
        self.assertEqual(f"{HOSTILE}: it did not run\n", said)
        self.assertTrue(self.bash.is_unharmed)
