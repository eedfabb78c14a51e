"""L{netsim.dsisocket.copying}: the same rules for all machines, here from this one to this one."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import TestCase

from netsim.dsisocket.copying import CHUNK, copy
from netsim.dsisocket.localfiles import LocalFiles
from netsim.errors import HostError, NetsimError


def open_files(top: Path) -> list[str]:
    """The files below a directory that this process has open."""
    links = (os.path.realpath(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd"))
    return [link for link in links if link.startswith(f"{top}/")]


class Elsewhere(LocalFiles):
    """
    Files that are not known to be on the same machine, and may fail.

    @ivar failing: called with the name of each piece of work.
    """

    failing: Any = staticmethod(lambda *_: None)

    async def real(self, path: str) -> str | None:
        return None

    async def do(self, path: str, function: Any, *arguments: Any) -> Any:
        self.failing(function.__name__, path)
        return await super().do(path, function, *arguments)


class CopyTestCase(TestCase):
    """Two directories: C{here} and C{there}."""

    timeout = 20

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.top = Path(self.mktemp()).absolute()
        self.here, self.there = self.top / "here", self.top / "there"
        self.here.mkdir(parents=True)
        self.there.mkdir()
        self.source, self.target = LocalFiles(reactor, "one"), Elsewhere(reactor, "two")
        self.addCleanup(self.source.stop)
        self.addCleanup(self.target.stop)

    async def copy(self, path: Path | str, where: Path | str, **more: Any) -> None:
        await copy(self.source, str(path), self.target, str(where), **more)

    async def check_error(self, text: str, path: Path, where: Path, **more: Any) -> None:
        with self.assertRaises(HostError) as caught:
            await self.copy(path, where, **more)
        self.assertEqual(text, str(caught.exception))

    def check_clean(self) -> None:
        """Nothing is left of what was not complete."""
        names = [name for _, _, files in os.walk(self.top) for name in files]
        self.assertEqual([], [name for name in names if name.startswith(".netsim-")])


class FileTests(CopyTestCase):
    """A file."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.here / "file"
        self.file.write_text("text")
        self.file.chmod(0o4751)

    async def test_copy(self) -> None:
        """It is the same there, and so are its permissions, but not set-user-id."""
        await self.copy(self.file, self.there / "new")
        self.assertEqual("text", (self.there / "new").read_text())
        self.assertEqual(0o751, stat.S_IMODE((self.there / "new").stat().st_mode))
        self.check_clean()

    async def test_sizes(self) -> None:
        """Of any size."""
        for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 20 * CHUNK + 7):
            contents = os.urandom(size)
            self.file.write_bytes(contents)
            await self.copy(self.file, self.there / "new")
            self.assertEqual(contents, (self.there / "new").read_bytes(), str(size))

    async def test_into(self) -> None:
        """A target that is a directory, or ends with a slash, is where it goes by its name."""
        for where in (f"{self.there}", f"{self.there}/", f"{self.there}/a/b/"):
            await self.copy(self.file, where, into=True)
            self.assertEqual("text", (Path(where) / "file").read_text())

    async def test_directories_are_made(self) -> None:
        """All that are missing, with the usual permissions."""
        umask = os.umask(0o022)
        self.addCleanup(os.umask, umask)
        await self.copy(self.file, self.there / "a/b/c")
        self.assertEqual("text", (self.there / "a/b/c").read_text())
        self.assertEqual(0o755, stat.S_IMODE((self.there / "a").stat().st_mode))

    async def test_link(self) -> None:
        """A link that is named is followed; one in the place of the target is replaced."""
        (self.here / "link").symlink_to("file")
        (self.there / "old").write_text("old")
        (self.there / "new").symlink_to("old")
        await self.copy(self.here / "link", self.there / "new")
        self.assertFalse((self.there / "new").is_symlink())
        self.assertEqual("text", (self.there / "new").read_text())
        self.assertEqual("old", (self.there / "old").read_text())

    async def test_proc(self) -> None:
        """Files that do not tell their size are copied to their end."""
        await self.copy("/proc/self/status", self.there / "status")
        self.assertIn("VmPeak", (self.there / "status").read_text())

    async def test_errors(self) -> None:
        """What is at fault is named."""
        missing, below = self.here / "no", self.file / "below"
        await self.check_error(f"{missing}: No such file or directory", missing, self.there / "x")
        await self.check_error(f"{self.there}: it is a directory", self.file, self.there)
        await self.check_error(f"{self.file}: it is not a directory", self.file, below)
        null = Path("/dev/null")
        kind = "/dev/null: it is neither a file nor a directory"
        await self.check_error(kind, null, self.there / "x")
        await self.check_error(kind, self.file, null)

    async def test_incomplete(self) -> None:
        """Until it is complete, the old one stays; nothing is left of what failed."""
        self.file.write_bytes(bytes(5 * CHUNK))
        (self.there / "new").write_text("old")
        for step in ("_write", "shut", "replace"):

            def failing(name: str, path: str, step: str = step) -> None:
                if name == step:
                    raise HostError("disk full")

            self.target.failing = failing
            await self.check_error("disk full", self.file, self.there / "new")
            self.assertEqual("old", (self.there / "new").read_text())
            self.assertEqual(["new"], os.listdir(self.there))

    async def test_cancel(self) -> None:
        """Nothing is left of what was cancelled, whatever was being done; no file is open."""
        self.file.write_bytes(bytes(5 * CHUNK))
        for step in ("_find", "open", "_write", "shut"):
            await self.cancel_at(step)
            await self.source.do("", int)
            await self.target.do("", int)
            self.assertEqual([], os.listdir(self.there), step)
            self.assertEqual([], open_files(self.top), step)

    async def cancel_at(self, step: str) -> None:
        """Begin to copy, and cancel it when something is first done in the target."""
        from twisted.internet import reactor

        reached: list[str] = []

        def failing(name: str, path: str) -> None:
            if name == step and not reached:
                reached.append(path)
                reactor.callLater(0, copying.cancel)

        self.target.failing = failing
        copying = Deferred.fromCoroutine(self.copy(self.file, self.there / "new"))
        with self.assertRaises(CancelledError, msg=step):
            await copying
        self.assertTrue(reached)


class TreeTests(CopyTestCase):
    """A directory."""

    def setUp(self) -> None:
        super().setUp()
        self.tree = self.here / "tree"
        (self.tree / "a/b").mkdir(parents=True)
        for name in ("one", "a/two", "a/b/three"):
            (self.tree / name).write_text(name)
        (self.tree / "a/link").symlink_to("../one")
        (self.tree / "loop").symlink_to(".")
        (self.tree / "empty").mkdir(mode=0o555)
        (self.tree / "a/b").chmod(0o500)
        self.addCleanup((self.tree / "a/b").chmod, 0o700)

    def check(self, where: Path) -> None:
        for name in ("one", "a/two", "a/b/three"):
            self.assertEqual(name, (where / name).read_text())
        self.assertEqual("../one", os.readlink(where / "a/link"))
        self.assertEqual(".", os.readlink(where / "loop"))
        self.assertEqual(0o555, stat.S_IMODE((where / "empty").stat().st_mode))
        self.assertEqual(0o500, stat.S_IMODE((where / "a/b").stat().st_mode))
        self.addCleanup((where / "a/b").chmod, 0o700)
        self.check_clean()

    async def test_copy(self) -> None:
        """All of it, links as links, permissions too where they forbid to write."""
        await self.copy(self.tree, self.there / "new/tree")
        self.check(self.there / "new/tree")

    async def test_into(self) -> None:
        """It goes into a directory that is there by its own name."""
        await self.copy(self.tree, self.there, into=True)
        self.check(self.there / "tree")

    async def test_permissions_last(self) -> None:
        """Those of a directory are changed when nothing has to be reached in it any more."""
        changed: list[str] = []

        def failing(name: str, path: str) -> None:
            if name == "chmod":
                changed.append(os.path.relpath(path, self.there))

        self.target.failing = failing
        await self.copy(self.tree, self.there / "x")
        self.assertLess(changed.index("x/a/b"), changed.index("x/a"))
        self.assertEqual("x", changed[-1])
        self.check(self.there / "x")

    async def test_merge(self) -> None:
        """What is there already stays, but files of the same name."""
        (self.there / "a").mkdir(mode=0o750)
        (self.there / "a/two").write_text("old")
        (self.there / "a/old").write_text("old")
        await self.copy(self.tree, self.there)
        self.check(self.there)
        self.assertEqual("old", (self.there / "a/old").read_text())
        self.assertEqual(0o750, stat.S_IMODE((self.there / "a").stat().st_mode))

    async def test_link_in_the_way(self) -> None:
        """Nothing is written through a link that is there: it could lead anywhere."""
        outside = self.top / "outside"
        outside.mkdir()
        (self.there / "a").symlink_to(outside)
        where = self.there / "a"
        await self.check_error(f"{where}: it is not a directory", self.tree, self.there)
        self.assertEqual([], os.listdir(outside))

    async def test_file_in_the_way(self) -> None:
        """A file does not become a directory."""
        (self.there / "x").write_text("")
        where = self.there / "x"
        await self.check_error(f"{where}: it is not a directory", self.tree, where)

    async def test_others(self) -> None:
        """A pipe is left out, with a warning."""
        warnings: list[str] = []

        def observe(event: Any) -> None:
            if "left out" in event.get("log_format", ""):
                warnings.append(event["path"])

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        os.mkfifo(self.tree / "pipe")
        await self.copy(self.tree, self.there / "new")
        self.assertEqual([str(self.tree / "pipe")], warnings)
        self.assertNotIn("pipe", os.listdir(self.there / "new"))

    async def test_inside(self) -> None:
        """A directory cannot be copied into itself, which would have no end."""
        self.target = self.source  # type: ignore[assignment]
        (self.here / "link").symlink_to("tree")
        for where in (self.tree / "x", self.here / "link/x", self.tree):
            with self.assertRaisesRegex(HostError, "it is inside of"):
                await self.copy(self.tree, where)
        await self.copy(self.tree, self.here / "tree2")

    async def test_failure(self) -> None:
        """The first file that cannot be copied ends it, and is named."""
        for number in range(20):
            (self.tree / f"file{number}").write_bytes(bytes(CHUNK))

        def failing(name: str, path: str) -> None:
            if name == "replace" and path.endswith("file7"):
                raise HostError(f"{path}: no")

        self.target.failing = failing
        await self.check_error(f"{self.there}/file7: no", self.tree, self.there)
        self.check_clean()

    async def test_disappeared(self) -> None:
        """So it is with one that is there no more when its turn comes."""
        real = self.source.list

        async def listing(path: str) -> Any:
            found = await real(path)
            (self.tree / "one").unlink(missing_ok=True)
            return found

        self.source.list = listing  # type: ignore[method-assign]
        with self.assertRaisesRegex(NetsimError, "one: No such file"):
            await self.copy(self.tree, self.there / "new")
