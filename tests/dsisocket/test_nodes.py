"""L{netsim.dsisocket.nodes}; with real servers in C{tests.integration.test_restart}."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Node
from netsim.dsisocket.nodes import array, hundredths, script
from tests.dsisocket.bash import HOSTILE, NODE, Bash, node
from tests.properties import examples


class ValueTests(SynchronousTestCase):
    """Values in scripts."""

    def test_hundredths(self) -> None:
        """No time is none at all."""
        self.assertEqual([6000, 35, 1], [hundredths(time) for time in (60, 0.35, 0.0001)])

    def test_array(self) -> None:
        self.assertEqual("()", array([]))
        self.assertEqual("(a 'b c')", array(["a", "b c"]))

    # No text that comes out of a configuration or out of JSON holds NUL or half a character.
    @given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"))))
    @examples(20)
    def test_quoted(self, values: list[str]) -> None:
        """Bash has the very values."""
        text = (
            f'values={array(values)}\n((${{#values[@]}} == 0)) || printf "%s\\0" "${{values[@]}}"'
        )
        output = subprocess.run(["bash", "-c", text], capture_output=True, check=True).stdout
        self.assertEqual("".join(f"{value}\0" for value in values).encode(), output)


class FindTests(SynchronousTestCase):
    """Finding the processes of a node."""

    def setUp(self) -> None:
        self.bash = Bash(Path(self.mktemp()))

    def find(self, node: Node, text: str = "node") -> list[str]:
        ran = self.bash.run(script(node, [], f"{text}\n"))
        self.assertEqual("", ran.stderr)
        return ran.stdout.splitlines()

    def sleeper(self, **environment: str) -> subprocess.Popen[bytes]:
        """A process that does nothing."""
        process = subprocess.Popen(["sleep", "60"], env={**os.environ, **environment})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def birth(self, pid: int) -> str:
        """When it was started."""
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]

    def listen(self, family: socket.AddressFamily, address: str) -> socket.socket:
        """A port of this process."""
        listening = socket.socket(family)
        self.addCleanup(listening.close)
        listening.bind((address, 0))
        listening.listen()
        return listening

    def test_none(self) -> None:
        """Nobody has its port or its mark."""
        self.assertEqual([], self.find(NODE))
        self.assertEqual([], self.find(NODE, "sockets"))

    def test_mark(self) -> None:
        """What has the mark is the node, whatever the node is called."""
        for name, mark in (
            (NODE.id, f"{NODE.id}:1"),
            (f"{NODE.id}/b c\n", f"{NODE.id}%2Fb%20c%0A:1"),
            (f"*{NODE.id}", f"%2A{NODE.id}:1"),
        ):
            # Others have nearly the same.
            for other in (f"{mark}2", f"x{mark}", f"x=NETSIM_NODE={mark}"):
                self.sleeper(NETSIM_NODE=other)
            process = self.sleeper(NETSIM_NODE=mark)
            found = self.find(node(id=name))
            self.assertEqual([f"{process.pid}:{self.birth(process.pid)}"], found)

    def test_listeners(self) -> None:
        """Who listens on the port, by any address, is found, but for those above us."""
        for family, address in ((socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::")):
            port = self.listen(family, address).getsockname()[1]
            self.assertEqual([str(os.getpid())], self.find(node(port=port), "listeners"))
            self.assertEqual([], self.find(node(port=port)))
            self.assertEqual([], self.find(NODE, "listeners"))

    def test_clients(self) -> None:
        """Whoever is connected to the port does not listen there."""
        listening = self.listen(socket.AF_INET, "127.0.0.1")
        client = socket.create_connection(listening.getsockname())
        self.addCleanup(client.close)
        port = client.getsockname()[1]
        self.assertEqual([], self.find(node(port=port), "sockets"))

    def test_noted(self) -> None:
        """Processes that were noted are found, if no others have their numbers by now."""
        process = self.sleeper()
        birth = self.birth(process.pid)
        notes = self.bash.directory / "notes"
        notes.mkdir(0o700)
        (notes / "1.pids").write_text(f"{process.pid}:{birth}\n{os.getppid()}:{birth}\n1:1\n")
        self.assertEqual([f"{process.pid}:{birth}"], self.find(NODE))
        self.assertEqual([], self.find(node(port=2)))

    def test_foreign_notes(self) -> None:
        """Nobody believes notes that others could have made."""
        process = self.sleeper()
        elsewhere = self.bash.directory / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "1.pids").write_text(f"{process.pid}:{self.birth(process.pid)}\n")
        (self.bash.directory / "notes").symlink_to(elsewhere)
        self.assertEqual([], self.find(NODE))

    def test_ended(self) -> None:
        """Who has ended is not there, also while nobody has asked for its status."""
        process = self.sleeper(NETSIM_NODE=f"{NODE.id}:1")
        birth = self.birth(process.pid)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.assertEqual([], self.find(NODE))
        self.assertEqual([], self.find(NODE, f"runs {process.pid}:{birth} && echo it runs"))

    def test_names(self) -> None:
        """A process may be called anything."""
        program = self.bash.directory / "a) Z 1\n"
        program.symlink_to("/bin/sleep")
        process = subprocess.Popen([program, "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        [who] = self.find(NODE, f"born {process.pid} && who {process.pid}")
        self.assertRegex(who, rf"^process {process.pid} \(a\)\?Z\?1\?\) of \w+$")

    def test_who_is_gone(self) -> None:
        """A process that ends while it is looked for still has its number."""
        gone, there = self.sleeper(), self.sleeper()
        gone.kill()
        gone.wait()
        [who] = self.find(NODE, f"who {gone.pid}:1 {there.pid}")
        known = rf"process {there.pid} \(sleep\) of \w+"
        self.assertRegex(who, rf"^process {gone.pid}, gone by now, {known}$")

    def test_hostile(self) -> None:
        """A node may be called anything, too."""
        ran = self.bash.run(script(node(id=HOSTILE), [], "fail no\n"))
        self.assertEqual((1, f"{HOSTILE}: no\n"), (ran.returncode, ran.stderr))
        self.assertTrue(self.bash.is_unharmed)
