"""L{netsim.dsisocket.cleaning}: what is deleted is real, in a directory of the test."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from netsim.dsisocket.cleanable import SYSTEM
from netsim.dsisocket.cleaning import check_script, clean_script
from tests.dsisocket.bash import HOSTILE, Bash, node

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
bin:x:2:2:bin:/bin:/usr/sbin/nologin
mongod:x:990:990::{0}/service:/bin/false
other:x:1001:1001::{0}/users/of/this/other:/bin/zsh
"""


class CleaningTestCase(SynchronousTestCase):
    """
    Cleans.

    @ivar data: a directory with something in it.
    """

    def setUp(self) -> None:
        self.bash = Bash(Path(self.mktemp()))
        self.top = self.bash.directory
        passwd = PASSWD.format(self.top)
        self.bash.program("getent", f"[[ $1 == passwd ]] && printf %s '{passwd}'")
        self.data = self.directory("data")

    def directory(self, name: str) -> Path:
        path = self.top / name
        (path / "deep/deeper").mkdir(parents=True)
        for inside in ("file", "-rf", ".hidden", "deep/deeper/file", "deep/with\nnewline"):
            (path / inside).write_text("data")
        return path

    def clean(self, data: Path | str | None, logs: Path | str | None = None) -> list[str]:
        """Clean, and tell what is said."""
        ran = self.bash.run(self.script(data, logs))
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
        return ran.stdout.splitlines()

    def refused(self, data: Path | str | None, logs: Path | str | None = None) -> str:
        """Do not clean, whatever is wrong with the check, and tell why."""
        for name in ("find", "rm"):
            self.bash.program(name, '[[ $1 == /proc/* ]] || echo "$0 $*" >>calls')
        ran = self.bash.run(self.script(data, logs))
        self.assertEqual((1, ""), (ran.returncode, ran.stdout))
        self.assertFalse((self.top / "calls").exists())
        # That is known before anything else is done.
        paths = [None if path is None else str(path) for path in (data, logs)]
        checked = self.bash.run(check_script(node(dbpath=paths[0], logpath=paths[1]), True, True))
        self.assertEqual((1, "", ran.stderr), (checked.returncode, checked.stdout, checked.stderr))
        self.assertRegex(ran.stderr, r"\Ars0-a: .*\n\Z")
        return ran.stderr.removeprefix("rs0-a: ").strip()

    def script(self, data: Path | str | None, logs: Path | str | None) -> str:
        paths = [None if path is None else str(path) for path in (data, logs)]
        return clean_script(node(dbpath=paths[0], logpath=paths[1]), True, True)

    def left(self, path: Path) -> list[str]:
        return sorted(one.name for one in path.iterdir())


class CleanTests(CleaningTestCase):
    """What is deleted."""

    def test_data(self) -> None:
        """All that is in the directory, and not the directory."""
        inode = self.data.stat().st_ino
        self.assertEqual([f"rs0-a: {self.data} is emptied"], self.clean(self.data))
        self.assertEqual((inode, []), (self.data.stat().st_ino, self.left(self.data)))

    def test_many(self) -> None:
        for number in range(500):
            (self.data / f"collection-{number}.wt").touch()
        self.clean(self.data)
        self.assertEqual([], self.left(self.data))

    def test_log_file(self) -> None:
        """The file, and nothing beside it."""
        log, other = self.top / "log", self.top / "log.1"
        log.touch()
        other.touch()
        self.assertEqual([f"rs0-a: {log} is removed"], self.clean(None, log))
        self.assertEqual((False, True), (log.exists(), other.exists()))

    def test_log_directory(self) -> None:
        self.clean(None, self.data)
        self.assertEqual([], self.left(self.data))

    def test_chosen(self) -> None:
        """Only what is asked for."""
        logs = self.directory("logs")
        server = node(dbpath=str(self.data), logpath=str(logs))
        self.assertEqual(0, self.bash.run(clean_script(server, True, False)).returncode)
        self.assertEqual([], self.left(logs))
        self.assertEqual(4, len(self.left(self.data)))
        self.assertEqual(0, self.bash.run(clean_script(server, False, True)).returncode)
        self.assertEqual([], self.left(self.data))

    def test_nothing(self) -> None:
        """What is not there needs not be cleaned."""
        self.assertEqual([], self.clean(self.top / "no/data", self.top / "no.log"))
        self.assertEqual([], self.clean(None))

    def test_symlinks(self) -> None:
        """Those inside are deleted, and nothing that they lead to."""
        outside = self.directory("outside")
        (self.data / "link").symlink_to(outside)
        (self.data / "deep/link").symlink_to(outside / "file")
        self.clean(self.data)
        self.assertEqual(([], 4), (self.left(self.data), len(self.left(outside))))

    def test_through_symlink(self) -> None:
        """A directory that is one stays one; what it leads to is cleaned."""
        link = self.top / "link"
        link.symlink_to(self.data)
        self.clean(link)
        self.assertTrue(link.is_symlink())
        self.assertEqual([], self.left(self.data))

    def test_log_symlink(self) -> None:
        """Of a log file that is one, the link."""
        log = self.top / "log"
        log.symlink_to(self.data / "file")
        self.clean(None, log)
        self.assertEqual((False, True), (log.is_symlink(), (self.data / "file").exists()))

    def test_device(self) -> None:
        """A log that is no file is left."""
        log = self.top / "log"
        os.mkfifo(log)
        self.assertEqual([f"rs0-a: {log} is left: it is no file"], self.clean(None, log))
        self.assertTrue(log.exists())

    def test_hostile(self) -> None:
        """Paths are taken as they are."""
        sibling = self.directory("x/sibling")
        for name in (HOSTILE, "-rf", "~", "${HOME}", "new\nline\n"):
            data = self.directory(f"x/{name}")
            self.clean(data)
            self.assertEqual(([], 4), (self.left(data), len(self.left(sibling))))
        self.assertTrue(self.bash.is_unharmed)

    def test_service(self) -> None:
        """The home directory of a service may be where its data is."""
        data = self.directory("service")
        self.clean(data)
        self.assertEqual([], self.left(data))

    def test_lost_and_found(self) -> None:
        """A file system may keep its own directory."""
        (self.data / "lost+found").mkdir()
        self.clean(self.data)
        self.assertEqual(["lost+found"], self.left(self.data))

    def test_stays(self) -> None:
        """What cannot be deleted is told."""
        self.bash.program("find", 'echo "find: ./file: Operation not permitted" >&2; echo x')
        ran = self.bash.run(self.script(self.data, None))
        self.assertEqual(1, ran.returncode)
        self.assertIn("Operation not permitted\n", ran.stderr)
        self.assertIn(f"rs0-a: {self.data} cannot be emptied\n", ran.stderr)

    def test_file_system(self) -> None:
        """What is mounted inside is left alone, and told."""
        if os.geteuid() != 0:
            raise SkipTest("only root can mount")
        text = self.script(self.data, None).replace("notes=/tmp/netsim-nodes-$UID", "notes=none")
        mount = "mount -t tmpfs none data/deep && touch data/deep/kept || exit 77\n"
        self.bash.program("inside", mount + text)
        self.bash.program("both", "inside\nstatus=$?; ls data/deep >left; exit $status")
        ran = self.bash.run("notes=/tmp/netsim-nodes-$UID\nunshare --mount both")
        if ran.returncode == 77 or "unshare" in ran.stderr:
            raise SkipTest("mounting is not allowed here")
        self.assertEqual("kept\n", (self.top / "left").read_text())
        self.assertEqual(["deep"], self.left(self.data))


class RefusalTests(CleaningTestCase):
    """What is not cleaned, and so nothing is."""

    def test_check(self) -> None:
        """A check deletes nothing."""
        server = node(dbpath=str(self.data), logpath=str(self.data / "file"))
        ran = self.bash.run(check_script(server, True, True))
        self.assertEqual((0, "", ""), (ran.returncode, ran.stdout, ran.stderr))
        self.assertEqual(4, len(self.left(self.data)))

    def test_relative(self) -> None:
        for path in ("data", "./data", "~"):
            reason = f"{path} is not cleaned: it is not absolute"
            self.assertEqual(reason, self.refused(path))
            self.assertEqual(reason, self.refused(None, path))

    def test_root(self) -> None:
        link = self.top / "link"
        link.symlink_to("/")
        for path in ("/", "//", "/..", str(link), f"{link}/tmp/.."):
            self.assertEqual(
                f"{path} is not cleaned: it is the root of the file system", self.refused(path)
            )

    def test_home(self) -> None:
        """The own one, and those of others, by whatever way."""
        other = self.directory("users/of/this/other")
        links = [self.top / "link", self.top / "link2"]
        links[0].symlink_to(self.bash.home)
        links[1].symlink_to(other)
        for path in (self.bash.home, other, *links, f"{self.data}/../home/me"):
            for paths in ((path, None), (None, path)):
                self.assertEqual(
                    f"{path} is not cleaned: it is a home directory, or holds some",
                    self.refused(*paths),
                )

    def test_holds_homes(self) -> None:
        self.directory("users/of/this/other")
        for name in ("home", "users", "users/of", "users/of/this", "."):
            self.assertIn("home directory, or holds some", self.refused(f"{self.top}/{name}"))

    def test_in_home(self) -> None:
        """A directory in it may be cleaned."""
        data = self.directory("home/me/data")
        self.clean(data)
        self.assertEqual([], self.left(data))

    def test_system(self) -> None:
        there = [path for path in map(str, sorted(SYSTEM)) if Path(path).is_dir()]
        self.assertGreater(len(there), 10)
        for path in there:
            self.assertRegex(
                self.refused(path), "^[/a-z0-9]+ is not cleaned: .*(system|home directory)"
            )

    def test_one_of_two(self) -> None:
        """If either may not be cleaned, neither is."""
        self.refused(self.data, self.bash.home)
        self.refused(self.bash.home, self.data)

    def test_no_directory(self) -> None:
        """Data is in a directory."""
        self.assertEqual(
            f"{self.data}/file is not cleaned: it is no directory",
            self.refused(self.data / "file"),
        )

    def test_dangling(self) -> None:
        """A link to nowhere is left."""
        link = self.top / "link"
        link.symlink_to("nowhere")
        self.assertEqual([], self.clean(link))
        self.assertTrue(link.is_symlink())

    def test_runs(self) -> None:
        """Not while somebody listens on its port."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        port = listening.getsockname()[1]
        server = node(dbpath=str(self.data), port=port)
        ran = self.bash.run(clean_script(server, False, True))
        self.assertEqual(1, ran.returncode)
        self.assertRegex(
            ran.stderr, rf"\Ars0-a: is not cleaned: port {port} is held by process {os.getpid()} "
        )
        self.assertEqual(4, len(self.left(self.data)))
