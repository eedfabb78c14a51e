"""L{netsim.dsisocket.localfiles}."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import TestCase

from netsim.dsisocket.localfiles import LocalFiles
from netsim.errors import HostError


class LocalFilesTests(TestCase):
    """Files of this machine; a thread does it."""

    timeout = 20

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.top = Path(self.mktemp()).absolute()
        self.top.mkdir()
        self.files = LocalFiles(reactor, "test")
        self.addCleanup(self.files.stop)

    async def test_thread(self) -> None:
        """Nothing is done on the reactor's thread."""
        name = await self.files.do("", lambda: threading.current_thread().name)
        self.assertEqual("test", name)

    async def test_file(self) -> None:
        """What was written, anywhere in the file, is read again; its mode comes last."""
        path = str(self.top / "file")
        writer = await self.files.create(path)
        await writer.write(3, b"def")
        self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode) & ~0o100)
        await writer.write(0, b"abc")
        await writer.close(0o751)
        self.assertEqual((0o751, 6), self._mode_and_size(path))
        reader = await self.files.open(path)
        self.assertEqual(b"cde", await reader.read(2, 3))
        self.assertEqual(b"ef", await reader.read(4, 100))
        self.assertEqual(b"", await reader.read(6, 1))
        await reader.close()
        entry = await self.files.stat(path)
        self.assertEqual((6, 0o751, True), (entry.size, entry.permissions, entry.is_file))

    async def test_create_anew_only(self) -> None:
        """A file that is there, or a link to one, is never written to."""
        (self.top / "file").write_text("old")
        (self.top / "link").symlink_to("nowhere")
        for name in ("file", "link"):
            with self.assertRaisesRegex(HostError, f"{name}: File exists"):
                await self.files.create(str(self.top / name))

    async def test_errors(self) -> None:
        """The path and the system's reason."""
        missing = str(self.top / "no" / "such")
        for action in (
            self.files.stat(missing),
            self.files.open(missing),
            self.files.create(missing),
            self.files.list(missing),
            self.files.remove(missing),
            self.files.make_directory(missing, 0o700),
            self.files.set_permissions(missing, 0o700),
            self.files.rename(missing, missing),
        ):
            with self.assertRaises(HostError) as caught:
                await action
            self.assertEqual(f"{missing}: No such file or directory", str(caught.exception))
        with self.assertRaisesRegex(HostError, "null byte"):
            await self.files.stat("a\0b")
        self.assertIsNone(await self.files.find(missing))

    async def test_directories(self) -> None:
        """They are made, once or twice, and listed without following links."""
        inner = str(self.top / "inner")
        await self.files.make_directory(inner, 0o700)
        await self.files.make_directory(inner, 0o700)
        await self.files.make_link(str(self.top / "link"), "inner")
        found = dict(await self.files.list(str(self.top)))
        self.assertTrue(found["inner"].is_directory)
        self.assertTrue(found["link"].is_link)
        self.assertEqual("inner", await self.files.read_link(str(self.top / "link")))
        self.assertTrue((await self.files.stat(str(self.top / "link"))).is_directory)
        followed = await self.files.find(str(self.top / "link"), follow=False)
        self.assertTrue(followed is not None and followed.is_link)
        (self.top / "file").touch()
        with self.assertRaisesRegex(HostError, "file: File exists"):
            await self.files.make_directory(str(self.top / "file"), 0o700)

    async def test_cancelled_open(self) -> None:
        """A file that nobody waits for any more is closed."""
        (self.top / "file").touch()
        holding = threading.Event()
        blocking = Deferred.fromCoroutine(self.files.do("", holding.wait))
        opening = Deferred.fromCoroutine(self.files.open(str(self.top / "file")))
        opening.cancel()
        holding.set()
        await blocking
        with self.assertRaises(CancelledError):
            await opening
        await self.files.do("", int)
        descriptors = os.listdir("/proc/self/fd")
        links = [os.path.realpath(f"/proc/self/fd/{each}") for each in descriptors]
        self.assertNotIn(str(self.top / "file"), links)

    async def test_pipe(self) -> None:
        """A pipe without a writer is not waited for."""
        os.mkfifo(self.top / "pipe")
        reader = await self.files.open(str(self.top / "pipe"))
        await reader.close()

    def test_path(self) -> None:
        """Paths may start from the home directory."""
        home = Path.home()
        paths = {"~": home, "~/a/": home / "a", "a/b": "a/b", "/": "/", "a~": "a~"}
        for given, expected in paths.items():
            self.assertEqual(str(expected), self.files.path(given))

    def _mode_and_size(self, path: str) -> tuple[int, int]:
        status = os.stat(path)
        return stat.S_IMODE(status.st_mode), status.st_size
