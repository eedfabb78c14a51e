"""L{netsim.dsisocket.local}; tests.integration.test_machines runs real scripts."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from netsim.dsisocket import localprocess
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.local import LocalMachine
from netsim.dsisocket.model import Limits
from netsim.errors import HostError, InputError
from tests.dsisocket.machines import host
from tests.dsisocket.test_localprocess import FakeReactor


class ScriptTests(SynchronousTestCase):
    """Scripts on this machine."""

    def setUp(self) -> None:
        self.machine = LocalMachine(host("localhost"), FakeReactor())

    def test_interface(self) -> None:
        """It is a machine."""
        verifyObject(IMachine, self.machine)

    def test_errors(self) -> None:
        """What cannot be started fails."""
        self.failureResultOf(self.machine.run("\0", Limits()), InputError)
        self.patch(localprocess.shutil, "which", lambda _: None)
        self.failureResultOf(self.machine.run("true", Limits()), HostError)

    def test_stop(self) -> None:
        """Where nothing runs, nothing is waited for."""
        self.successResultOf(self.machine.stop())


class CopyTests(TestCase):
    """Files on this machine."""

    timeout = 20

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.top = Path(self.mktemp()).absolute()
        self.top.mkdir()
        (self.top / "file").write_text("text")
        self.machine = LocalMachine(host("localhost"), reactor)
        self.addCleanup(self.machine.stop)

    async def test_upload(self) -> None:
        """A target may be a directory."""
        await self.machine.upload(self.top / "file", f"{self.top}/a/b/")
        self.assertEqual("text", (self.top / "a/b/file").read_text())

    async def test_retrieve(self) -> None:
        """A target is the very path."""
        await self.machine.retrieve(str(self.top / "file"), self.top / "a/b")
        self.assertEqual("text", (self.top / "a/b").read_text())
        with self.assertRaisesRegex(HostError, "it is a directory"):
            await self.machine.retrieve(str(self.top / "file"), self.top / "a")

    async def test_stop(self) -> None:
        """Stopping ends copies."""
        (self.top / "file").write_bytes(bytes(1 << 24))
        copying = self.machine.upload(self.top / "file", str(self.top / "new"))
        await self.machine.stop()
        with self.assertRaises(CancelledError):
            await copying
        self.assertEqual(["file"], [each.name for each in self.top.iterdir()])
