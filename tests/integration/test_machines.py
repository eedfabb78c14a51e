"""Scripts and files on machines: this one, and one behind OpenSSH's server; all the same."""

from __future__ import annotations

import os
import re
import stat
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.trial.unittest import TestCase

from netsim.dsisocket.execution import Execution
from netsim.dsisocket.link import SESSIONS
from netsim.dsisocket.local import LocalMachine
from netsim.dsisocket.model import Ended, Host, Limits
from netsim.dsisocket.remote import RemoteMachine
from netsim.dsisocket.ssh.connect import connect
from netsim.errors import NetsimError, SshError
from tests.dsisocket.machines import host
from tests.integration.processes import PATIENCE, SLACK, alive, require
from tests.integration.sshd import Sshd

MEBIBYTE = 1 << 20
log = Logger()


def peak_memory() -> int:
    """The most bytes that this process had in memory since L{reset_peak}."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0]) << 10


def reset_peak() -> int:
    """Forget what was before; gives what is now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_memory()


class MachineTestCase(TestCase):
    """
    Has a machine.

    @ivar here: a directory of files on this side.
    @ivar there: one on the other, in fact on the same machine.
    """

    timeout = 6 * PATIENCE

    def setUp(self) -> None:
        from twisted.internet import reactor

        require("bash", "bash")
        self.reactor: Any = reactor
        self.top = Path(self.mktemp()).absolute()
        self.here, self.there = self.top / "here", self.top / "there"
        self.here.mkdir(parents=True)
        self.there.mkdir()
        self.machine = self.make_machine()
        self.addCleanup(lambda: self.machine.stop())

    def make_machine(self) -> Any:
        raise NotImplementedError

    def run_script(self, script: str, **limits: float) -> Deferred[Ended]:
        return self.machine.run(script, Limits(**limits))

    async def eventually(self, result: Any, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not result():
            self.assertLess(time.monotonic(), deadline, f"waited for {what}")
            await deferLater(self.reactor, 0.02)

    async def pids(self, path: Path, count: int) -> list[int]:
        """The numbers that a script writes into a file."""

        def written() -> list[int]:
            return (
                [int(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []
            )

        await self.eventually(lambda: len(written()) == count, f"{count} lines in {path}")
        return written()


class Remote:
    """The machine is at the other end of an SSH connection."""

    top: Path
    reactor: Any

    def make_machine(self) -> RemoteMachine:
        # What somebody has in his home directory may take long, and is no concern of ours.
        self.home = self.top / "home"
        self.home.mkdir()
        self.sshd = Sshd(self, SetEnv=f"HOME={self.home}", **self.options)
        self.connected = 0
        return RemoteMachine(host(), self.reactor, self.connect)

    options: dict[str, str] = {}

    def connect(self) -> Any:
        self.connected += 1
        return connect(self.reactor, self.sshd.target())


class Scripts:
    """What scripts do on any machine."""

    async def test_output(self) -> None:
        """Both streams in the order in which they were written, and the status."""
        ended = await self.run_script("for i in 1 2 3; do echo $i; echo e$i >&2; done; exit 3")
        self.assertEqual((3, ""), (ended.status, ended.reason))
        self.assertEqual(("1", "e1", "2", "e2", "3", "e3"), ended.output)

    async def test_bash(self) -> None:
        """It is bash; lines are counted from 1; stdin is empty."""
        ended = await self.run_script("a=(x y)\ncat; [[ $LINENO == 2 ]] && echo ${a[1]} $0")
        self.assertEqual((0, ("y bash",)), (ended.status, ended.output))
        ended = await self.run_script("true\n)")
        self.assertEqual(2, ended.status)
        self.assertIn("bash: -c: line 2: syntax error near unexpected token `)'", ended.output)

    async def test_empty(self) -> None:
        """Nothing is a script too."""
        for script in ("", "\n", "# nothing", "#!/bin/sh\n"):
            self.assertTrue((await self.run_script(script)).succeeded, script)

    async def test_no_newline(self) -> None:
        """A last line needs no newline; progress bars leave their end."""
        ended = await self.run_script(r"printf 'a\n10%%\r100%%'")
        self.assertEqual(("a", "100%"), ended.output)

    async def test_signal(self) -> None:
        """A signal that ends it is told."""
        ended = await self.run_script("echo bye; kill -9 $$")
        self.assertEqual((None, "killed by SIGKILL"), (ended.status, ended.reason))
        self.assertEqual(("bye",), ended.output)

    async def test_timeout(self) -> None:
        """It may not take longer than allowed, whatever it prints."""
        ended = await self.run_script("while :; do echo .; sleep 0.1; done", timeout=0.5)
        self.assertEqual("took longer than 0.5 s", ended.reason)
        self.assertEqual(".", ended.output[0])

    async def test_no_output(self) -> None:
        """It may not be silent for longer than allowed."""
        ended = await self.run_script("for i in 1 2 3; do echo $i; sleep 0.3; done", no_output=5)
        self.assertTrue(ended.succeeded)
        ended = await self.run_script("echo hi; sleep 100", no_output=0.5)
        self.assertEqual("printed nothing for 0.5 s", ended.reason)
        self.assertEqual(("hi",), ended.output)

    async def test_group(self) -> None:
        """Its children and theirs are killed with it, also those that will not go."""
        path = self.top / "pids"
        script = (
            f"exec 9>>{path}; echo $$ >&9\n"
            "(trap '' TERM; echo $BASHPID >&9; (echo $BASHPID >&9; sleep 100) >/dev/null 2>&1)&\n"
            "(echo $BASHPID >&9; exec sleep 100) >/dev/null 2>&1 &\nwait"
        )
        running = self.run_script(script, timeout=1.5)
        pids = await self.pids(path, 4)
        self.assertTrue(all(map(alive, pids)))
        self.assertEqual("took longer than 1.5 s", (await running).reason)
        self.assertEqual([], [pid for pid in pids if alive(pid)])

    async def test_polite(self) -> None:
        """Who cleans up when asked has the time for it."""
        script = "trap 'echo clean; sleep 0.3; echo done; exit 4' TERM; while :; do sleep 0.1; done"
        ended = await self.run_script(script, timeout=0.5)
        # Bash tells before that something else was ended.
        self.assertEqual((4, ("clean", "done")), (ended.status, ended.output[-2:]))
        self.assertEqual("took longer than 0.5 s", ended.reason)

    async def test_cancel(self) -> None:
        """Cancelling kills it, whenever that is."""
        for delay in (0, 0.001, 0.01, 0.5):
            path = self.top / f"pid{delay}"
            running = self.run_script(f"echo $$ >>{path}; sleep 100; echo never >>{path}")
            await deferLater(self.reactor, delay)
            running.cancel()
            with self.assertRaises(CancelledError):
                await running
            await deferLater(self.reactor, 0.5)
            if path.exists():
                [pid] = await self.pids(path, 1)
                await self.eventually(lambda pid=pid: not alive(pid), f"its end: {delay}")

    async def test_background(self) -> None:
        """What it leaves in the background lives, and nobody waits for it."""
        path = self.top / "pids"
        script = (
            f"sleep 100 & echo $! >>{path}\n"
            f"setsid sleep 100 >/dev/null 2>&1 </dev/null & echo $! >>{path}; echo ok"
        )
        began = time.monotonic()
        ended = await self.run_script(script, timeout=50)
        self.assertLess(time.monotonic() - began, 5 + SLACK)
        self.assertEqual((True, ("ok",)), (ended.succeeded, ended.output))
        pids = await self.pids(path, 2)
        self.assertTrue(all(map(alive, pids)))
        for pid in pids:
            os.kill(pid, 9)

    async def test_many(self) -> None:
        """Fifty at once, each with its own output."""
        running = [self.run_script(f"echo {n}; exit {n}") for n in range(50)]
        for number, ended in enumerate(await gatherResults(running)):
            self.assertEqual((number, (str(number),)), (ended.status, ended.output))

    async def test_long_script(self) -> None:
        """One that is too long for an argument."""
        script = f"x='{'x' * 200_000}'\necho ${{#x}} $LINENO\ncat; exit 5"
        ended = await self.run_script(script)
        self.assertEqual((5, ("200000 2",)), (ended.status, ended.output))

    async def test_binary(self) -> None:
        """What is no text does no harm."""
        ended = await self.run_script("head -c 100000 /dev/urandom; echo; printf '\\xff\\n'")
        self.assertEqual((0, "\ufffd"), (ended.status, ended.output[-1]))

    async def test_much_output(self) -> None:
        """Memory does not grow with what is printed."""
        # Trial's workers keep all that is logged until somebody takes it.
        self.patch(Execution, "log", Logger(observer=lambda event: None))
        await self.run_script("true")
        before = reset_peak()
        ended = await self.run_script("head -c 200000000 /dev/zero; echo; echo end")
        self.assertEqual((0, "end"), (ended.status, ended.output[-1]))
        self.assertLess(peak_memory() - before, 30 * MEBIBYTE)

    async def test_stop(self) -> None:
        """Stopping ends what runs, within a second and a half."""
        path = self.top / "pids"
        running = self.run_script(f"trap '' TERM; echo $$ >>{path}; while :; do sleep 0.1; done")
        [pid] = await self.pids(path, 1)
        began = time.monotonic()
        await self.machine.stop()
        self.assertLess(time.monotonic() - began, PATIENCE / 2)
        self.assertEqual("netsim is being stopped", (await running).reason)
        self.assertFalse(alive(pid))


class Files:
    """What copying does on any machine."""

    async def test_big(self) -> None:
        """64 MiB there and back, without being in memory."""
        path, copy, back = self.here / "big", self.there / "copy", self.here / "back"
        path.write_bytes(os.urandom(64 * MEBIBYTE))
        path.chmod(0o640)
        expected = sha256(path.read_bytes()).digest()
        await self.machine.upload(self.here / "big", f"{self.there}/small")
        before, began = reset_peak(), time.monotonic()
        await self.machine.upload(path, str(copy))
        middle = time.monotonic()
        await self.machine.retrieve(str(copy), back)
        log.info(
            "64 MiB: upload {up:.2f} s, retrieve {down:.2f} s",
            up=middle - began,
            down=time.monotonic() - middle,
        )
        self.assertLess(peak_memory() - before, 30 * MEBIBYTE)
        for each in (copy, back):
            self.assertEqual(expected, sha256(each.read_bytes()).digest())
            self.assertEqual(0o640, stat.S_IMODE(each.stat().st_mode))
        self.assertEqual(["copy", "small"], sorted(os.listdir(self.there)))

    async def test_tree(self) -> None:
        """A directory there and back: contents, permissions, links, strange names."""
        tree = self.here / "tree"
        (tree / "a/b").mkdir(parents=True)
        (tree / "empty").mkdir(mode=0o755)
        for name in ("one", "a/two words 'ü'", "a/b/three", os.fsdecode(b"a/\xff")):
            (tree / name).write_text(name.encode("utf-8", "replace").decode())
        (tree / "a/b/three").chmod(0o755)
        (tree / "a/b").chmod(0o555)
        (tree / "link").symlink_to("a/b")
        for number in range(100):
            (tree / f"file{number}").write_text(str(number))
        await self.machine.upload(tree, f"{self.there}/new/")
        await self.machine.retrieve(f"{self.there}/new/tree", self.here / "back/tree")
        for copy in (self.there / "new/tree", self.here / "back/tree"):
            self.assertEqual(self.contents(tree), self.contents(copy))
        for each in (tree, self.there / "new/tree", self.here / "back/tree"):
            (each / "a/b").chmod(0o755)

    def contents(self, top: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path in top.rglob("*"):
            mode = stat.S_IMODE(path.lstat().st_mode)
            name = str(path.relative_to(top))
            if path.is_symlink():
                found[name] = os.readlink(path)
            else:
                found[name] = (mode, path.read_bytes() if path.is_file() else None)
        return found

    async def test_overwrite(self) -> None:
        """What is there is replaced at once: who has it open reads the old one."""
        (self.here / "file").write_text("new")
        (self.there / "file").write_text("old")
        with (self.there / "file").open() as old:
            await self.machine.upload(self.here / "file", str(self.there))
            self.assertEqual("old", old.read())
        self.assertEqual("new", (self.there / "file").read_text())
        self.assertEqual(["file"], os.listdir(self.there))

    async def test_missing(self) -> None:
        """A file that is not there is named."""
        missing = self.there / "no" / "such"
        for copying in (
            self.machine.retrieve(str(missing), self.here / "x"),
            self.machine.upload(missing, str(self.there / "x")),
        ):
            with self.assertRaises(NetsimError) as caught:
                await copying
            self.assertRegex(str(caught.exception), f"^{missing}: No such file")
        self.assertEqual([], os.listdir(self.here) + os.listdir(self.there))

    async def test_unwritable(self) -> None:
        """So is a target that cannot be written; nothing is left of it."""
        (self.here / "file").write_text("x")
        for target in ("/proc/x", "/proc/x/y", "/dev/null", f"{self.here}/file/x"):
            with self.assertRaises(NetsimError) as caught:
                await self.machine.upload(self.here / "file", target)
            self.assertIn(f"{Path(target).parent}", str(caught.exception))
        with self.assertRaisesRegex(NetsimError, "/proc/"):
            await self.machine.retrieve(str(self.here / "file"), Path("/proc/x"))

    async def test_proc(self) -> None:
        """Files that do not tell their size."""
        await self.machine.retrieve("/proc/cpuinfo", self.here / "cpuinfo")
        self.assertIn("processor", (self.here / "cpuinfo").read_text())

    async def test_cancel(self) -> None:
        """Nothing is left of what was cancelled."""
        (self.here / "big").write_bytes(bytes(64 * MEBIBYTE))
        copying = self.machine.upload(self.here / "big", str(self.there / "big"))
        await self.eventually(lambda: os.listdir(self.there), "a file")
        copying.cancel()
        with self.assertRaises(CancelledError):
            await copying
        await self.eventually(lambda: not os.listdir(self.there), "its end")


class LocalTests(Scripts, Files, MachineTestCase):
    """This machine."""

    def make_machine(self) -> LocalMachine:
        return LocalMachine(Host("localhost", 0, "127.0.0.1", "127.0.0.1"), self.reactor)

    async def test_here(self) -> None:
        """Scripts have the working directory and the environment of this process."""
        os.environ["NETSIM_TEST"] = "x y"
        self.addCleanup(os.environ.pop, "NETSIM_TEST")
        ended = await self.run_script('pwd -P; echo "$NETSIM_TEST"')
        self.assertEqual((os.path.realpath("."), "x y"), ended.output)

    async def test_descriptors(self) -> None:
        """They have no file of ours open; nothing stays open here."""
        await self.run_script("true")
        before = len(os.listdir("/proc/self/fd"))
        ended = await self.run_script("ls /proc/self/fd | tr '\\n' ' '")
        self.assertRegex(ended.output[0], "^0 1 2 [3-9] ?$")
        await self.run_script("sleep 100", timeout=0.1)
        self.assertEqual(before, len(os.listdir("/proc/self/fd")))


class RemoteTests(Remote, Scripts, Files, MachineTestCase):
    """A host behind OpenSSH's server."""

    async def test_one_connection(self) -> None:
        """Everything shares one, which is made when it is needed."""
        self.assertEqual(0, self.connected)
        await gatherResults([self.run_script("true") for _ in range(20)])
        await self.machine.upload(Path("/etc/hostname"), f"{self.there}/")
        self.assertEqual(1, self.connected)

    async def test_home(self) -> None:
        """Relative paths start from the home directory there."""
        home = (await self.run_script("cd; pwd")).output
        self.assertEqual((str(self.home),), home)
        (self.here / "file").write_text("x")
        start = Path((await self.run_script("echo ~+")).output[0])
        self.addCleanup(lambda: (start / "netsim-test-file").unlink(missing_ok=True))
        await self.machine.upload(self.here / "file", "~/netsim-test-file")
        await self.machine.retrieve("netsim-test-file", self.here / "back")
        self.assertEqual("x", (self.here / "back").read_text())
        self.assertTrue((start / "netsim-test-file").exists())

    async def test_noisy_login(self) -> None:
        """What the login shell prints by itself does not hide the number of the process."""
        (self.home / ".bashrc").write_text("echo welcome\n")
        ended = await self.run_script("echo hi; sleep 100", timeout=0.5)
        self.assertEqual("took longer than 0.5 s", ended.reason)
        self.assertEqual("hi", ended.output[-1])

    async def test_killed_server(self) -> None:
        """A script ends with the connection; the next one has a new one."""
        running = self.run_script("echo begun; sleep 100")
        others = [self.run_script("sleep 100") for _ in range(12)]
        await deferLater(self.reactor, 1)
        self.sshd.kill()
        ended = await running
        self.assertEqual((None, "the connection was lost"), (ended.status, ended.reason))
        for other in others[: SESSIONS - 1]:
            self.assertEqual("the connection was lost", (await other).reason)
        for other in others[SESSIONS - 1 :]:
            # They had not begun, and nobody lets them in any more.
            with self.assertRaises(SshError):
                await other
        with self.assertRaises(SshError):
            await self.run_script("true")
        self.sshd.start()
        self.assertTrue((await self.run_script("true")).succeeded)

    async def test_killed_server_in_transfer(self) -> None:
        """So does a transfer; files that were not complete have no name on this side."""
        (self.there / "big").write_bytes(bytes(256 * MEBIBYTE))
        for begin in (
            lambda: self.machine.retrieve(str(self.there / "big"), self.here / "back"),
            lambda: self.machine.upload(self.there / "big", str(self.there / "copy")),
        ):
            copying = begin()
            await deferLater(self.reactor, 0.5)
            self.sshd.kill()
            with self.assertRaisesRegex(SshError, "the connection was lost"):
                await copying
            self.sshd.start()
        self.assertEqual([], os.listdir(self.here))
        self.assertNotIn("copy", os.listdir(self.there))
        (self.there / "big").write_bytes(b"small")
        await self.machine.retrieve(str(self.there / "big"), self.here / "back")


class FewSessionsTests(Remote, MachineTestCase):
    """A server that allows two sessions at once."""

    options = {"MaxSessions": "2"}

    async def test_many(self) -> None:
        """What is too much waits."""
        ended = await gatherResults([self.run_script(f"echo {n}") for n in range(20)])
        self.assertEqual([(str(n),) for n in range(20)], [each.output for each in ended])


class OtherShellTests(Remote, MachineTestCase):
    """A server that runs another shell than bash for everybody."""

    options = {"ForceCommand": 'exec sh -c "$SSH_ORIGINAL_COMMAND"'}

    test_output = Scripts.test_output
    test_bash = Scripts.test_bash
    test_signal = Scripts.test_signal
    test_group = Scripts.test_group
    test_long_script = Scripts.test_long_script
