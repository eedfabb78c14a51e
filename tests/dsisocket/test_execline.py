"""L{netsim.dsisocket.execline}."""

from __future__ import annotations

import subprocess

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.execline import (
    LONGEST,
    PROBE,
    Announcement,
    is_bash,
    kill_line,
    script_line,
)
from netsim.errors import InputError
from tests.framing import cut
from tests.properties import examples

SCRIPT = """echo "it's $LINENO"
echo 'two'\\''s' >&2
cat
declare -a all=(a b); echo ${all[1]} $LINENO; exit 7"""


class ScriptTests(SynchronousTestCase):
    """What a login shell is given."""

    def run_line(self, shell: str, script: str) -> tuple[str, int]:
        """The output of a shell that does what sshd has it do; it announces itself first."""
        line = script_line(script, shell == "bash")
        process = subprocess.Popen(
            [shell, "-c", line.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = process.communicate(line.stdin)
        announcement = Announcement()
        output = announcement.feed(output) + announcement.finish()
        self.assertEqual(process.pid, announcement.pid)
        return output.decode(), process.returncode

    def test_shells(self) -> None:
        """Whatever shell it is, bash runs the script in the same process, line by line."""
        expected = "it's 1\ntwo's\nb 4\n"
        for shell in ("bash", "sh"):
            self.assertEqual((expected, 7), self.run_line(shell, SCRIPT), shell)

    def test_long(self) -> None:
        """One that is no argument any more is read from stdin; it has nothing to read itself."""
        script = f'#{"x" * LONGEST}\necho "it\'s $LINENO"; cat; exit 4'
        for shell in ("bash", "sh"):
            self.assertEqual(("it's 2\n", 4), self.run_line(shell, script), shell)

    def test_quotes(self) -> None:
        """Quotes need more room, which counts."""
        line = script_line("#" + "'" * (LONGEST // 5 + 1), False)
        self.assertTrue(line.stdin)
        self.assertFalse(script_line("#" + "'" * (LONGEST // 5 - 1), False).stdin)

    def test_cheap(self) -> None:
        """Where the login shell is bash, there is no other."""
        self.assertNotIn(b"bash", script_line("true", True).command)

    def test_nul(self) -> None:
        """Bash cannot read NUL."""
        with self.assertRaises(InputError):
            script_line("a\0b", True)

    def test_kill(self) -> None:
        """Signals go to the group, the hard one later; nobody is confused by output."""
        words = kill_line(4321, 2.0).decode()
        self.assertIn("kill -s TERM -- -4321", words)
        self.assertIn("[ $i -ne 20 ]||kill -s KILL -- -4321", words)
        subprocess.run(["sh", "-nc", words], check=True)


class AnnouncementTests(SynchronousTestCase):
    """The number of the process is taken out of its output."""

    def take(self, *segments: bytes) -> tuple[int | None, bytes]:
        announcement = Announcement()
        output = b"".join(map(announcement.feed, segments)) + announcement.finish()
        return announcement.pid, output

    def test_first(self) -> None:
        """It is the first line; what looks like it later is not touched."""
        self.assertEqual((12, b"hi\x013\n"), self.take(b"\x0112\nhi\x013\n"))
        self.assertEqual((12, b""), self.take(b"\x0112\n"))

    def test_noise(self) -> None:
        """What a login shell prints first is kept."""
        self.assertEqual((12, b"welcome\nhi\n"), self.take(b"welcome\n", b"\x0112\nhi\n"))

    def test_none(self) -> None:
        """A script with an error in its first line does not even begin."""
        self.assertEqual((None, b"bash: syntax error\n"), self.take(b"bash: syntax ", b"error\n"))
        self.assertEqual((None, b"\x01nonsense\n"), self.take(b"\x01nonsense\n"))

    def test_at_once(self) -> None:
        """Nothing is held back when the number is known, or does not come."""
        announcement = Announcement()
        self.assertEqual(b"", announcement.feed(b"\x0112"))
        self.assertEqual(b"x", announcement.feed(b"\nx"))
        self.assertEqual(b"y", announcement.feed(b"y"))
        self.assertEqual(b"z" * 9999, Announcement().feed(b"z" * 9999))

    @given(st.binary(max_size=50), st.lists(st.integers(0, 99)))
    @examples(50)
    def test_cut(self, output: bytes, places: list[int]) -> None:
        """However it comes."""
        self.assertEqual((77, output), self.take(*cut(b"\x0177\n" + output, places)))

    def test_probe(self) -> None:
        """Bash says so, unless it plays sh."""
        for shell, expected in (("bash", True), ("sh", False)):
            answer = subprocess.run([shell, "-c", PROBE], stdout=subprocess.PIPE, check=True)
            self.assertEqual(expected, is_bash(b"noise\n" + answer.stdout), shell)
        self.assertFalse(is_bash(b""))
