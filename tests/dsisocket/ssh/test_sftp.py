"""L{netsim.dsisocket.ssh.sftp}; tests.integration.test_machines has a real server."""

from __future__ import annotations

import stat
from typing import Any

from twisted.conch.ssh import filetransfer
from twisted.conch.ssh.common import NS, getNS
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.sftp import SftpFiles
from netsim.errors import PeerError, SshError

OK, END, NO_SUCH_FILE, DENIED, FAILURE, UNSUPPORTED = 0, 1, 2, 3, 4, 8
NAMES = {getattr(filetransfer, name): name for name in dir(filetransfer) if name[:4] == "FXP_"}


class SftpTestCase(SynchronousTestCase):
    """Conch's client; the test is the server, and answers packets."""

    def setUp(self) -> None:
        self.client = filetransfer.FileTransferClient()
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)
        self.transport.clear()
        self.files = SftpFiles(self.client)

    def asked(self) -> list[tuple[str, int, bytes]]:
        """The requests that have come: kind, number, and the rest."""
        data, found = self.transport.value(), []
        self.transport.clear()
        while data:
            packet, data = getNS(data)
            kind = NAMES[packet[0]].removeprefix("FXP_").lower()
            found.append((kind, int.from_bytes(packet[1:5], "big"), packet[5:]))
        return found

    def answer(self, kind: int, number: int, body: bytes) -> None:
        self.client.dataReceived(NS(bytes([kind]) + number.to_bytes(4, "big") + body))

    def status(self, number: int, code: int, text: bytes = b"") -> None:
        body = code.to_bytes(4, "big") + NS(text) + NS(b"")
        self.answer(filetransfer.FXP_STATUS, number, body)

    def attributes(self, number: int, mode: int, size: int = 0) -> None:
        body = self.client._packAttributes({"permissions": mode, "size": size})
        self.answer(filetransfer.FXP_ATTRS, number, body)

    def names(self, number: int, **modes: int) -> None:
        body = len(modes).to_bytes(4, "big")
        for name, mode in modes.items():
            encoded = name.encode("utf-8", "surrogateescape")
            body += NS(encoded) + NS(b"") + self.client._packAttributes({"permissions": mode})
        self.answer(filetransfer.FXP_NAME, number, body)

    def only(self, kind: str) -> int:
        """The number of the only request."""
        [(asked, number, _)] = self.asked()
        self.assertEqual(kind, asked)
        return number

    def do(self, work: Any) -> Deferred[Any]:
        return Deferred.fromCoroutine(work)

    def open(self, what: Any) -> Any:
        opening = self.do(what)
        self.answer(filetransfer.FXP_HANDLE, self.only("open"), NS(b"H"))
        return self.successResultOf(opening)


class FilesTests(SftpTestCase):
    """What is asked, and what the answers mean."""

    def test_stat(self) -> None:
        """Links are followed, or not."""
        for follow, kind in ((True, "stat"), (False, "lstat")):
            asking = self.do(self.files.stat("/ü\udcff", follow))
            [(asked, number, body)] = self.asked()
            self.assertEqual((kind, NS("/ü".encode() + b"\xff")), (asked, body))
            self.attributes(number, stat.S_IFDIR | 0o750, 7)
            entry = self.successResultOf(asking)
            self.assertEqual((True, 0o750, 7), (entry.is_directory, entry.permissions, entry.size))

    def test_errors(self) -> None:
        """The path, and what the host says."""
        for work, kind in (
            (self.files.stat("/x"), "stat"),
            (self.files.find("/x"), "stat"),
            (self.files.open("/x"), "open"),
            (self.files.create("/x"), "open"),
            (self.files.list("/x"), "opendir"),
            (self.files.set_permissions("/x", 0o700), "setstat"),
            (self.files.rename("/y", "/x"), "extended"),
            (self.files.remove("/x"), "remove"),
            (self.files.read_link("/x"), "readlink"),
            (self.files.make_link("/x", "y"), "symlink"),
        ):
            doing = self.do(work)
            self.status(self.only(kind), DENIED, b"Permission denied")
            error = self.failureResultOf(doing, PeerError).value
            self.assertEqual("/x: Permission denied", str(error))

    def test_find(self) -> None:
        """What is not there is no error."""
        finding = self.do(self.files.find("/x"))
        self.status(self.only("stat"), NO_SUCH_FILE, b"No such file")
        self.assertIsNone(self.successResultOf(finding))

    def test_lost(self) -> None:
        """A connection that is lost is no fault of a file."""
        finding = self.do(self.files.find("/x"))
        self.client.connectionLost(Failure(ConnectionDone()))
        error = self.failureResultOf(finding, SshError).value
        self.assertEqual("/x: the connection was lost", str(error))
        self.failureResultOf(self.do(self.files.stat("/x")), SshError)

    def test_list(self) -> None:
        """A directory is read to its end, and closed."""
        listing = self.do(self.files.list("/d"))
        self.answer(filetransfer.FXP_HANDLE, self.only("opendir"), NS(b"H"))
        directory = stat.S_IFDIR | 0o700
        self.names(self.only("readdir"), **{".": directory, "..": directory, "a": directory})
        self.names(self.only("readdir"), **{"b\udcff": stat.S_IFLNK | 0o777})
        self.status(self.only("readdir"), END)
        self.assertNoResult(listing)
        self.status(self.only("close"), OK)
        found = dict(self.successResultOf(listing))
        self.assertEqual(["a", "b\udcff"], list(found))
        self.assertTrue(found["a"].is_directory and found["b\udcff"].is_link)

    def test_wrong_names(self) -> None:
        """A host that wants us to leave the directory is not obeyed."""
        listing = self.do(self.files.list("/d"))
        self.answer(filetransfer.FXP_HANDLE, self.only("opendir"), NS(b"H"))
        self.names(self.only("readdir"), **{"../../etc/x": stat.S_IFREG})
        self.status(self.only("readdir"), END)
        self.status(self.only("close"), OK)
        self.assertIn("'../../etc/x'", str(self.failureResultOf(listing, PeerError).value))

    def test_make_directory(self) -> None:
        """One that is there is no error, something else there is."""
        for mode, fine in ((stat.S_IFDIR, True), (stat.S_IFREG, False)):
            making = self.do(self.files.make_directory("/d", 0o700))
            self.status(self.only("mkdir"), FAILURE, b"Failure")
            self.attributes(self.only("stat"), mode)
            if fine:
                self.assertIsNone(self.successResultOf(making))
            else:
                self.failureResultOf(making, PeerError)

    def test_rename(self) -> None:
        """The old file is replaced at once."""
        renaming = self.do(self.files.rename("/old", "/new"))
        [(_, number, body)] = self.asked()
        self.assertEqual(NS(b"posix-rename@openssh.com") + NS(b"/old") + NS(b"/new"), body)
        self.status(number, OK)
        self.assertIsNone(self.successResultOf(renaming))

    def test_rename_elsewhere(self) -> None:
        """Where a server cannot do that, it is removed before."""
        renaming = self.do(self.files.rename("/old", "/new"))
        self.status(self.only("extended"), UNSUPPORTED)
        self.attributes(self.only("lstat"), stat.S_IFREG)
        self.status(self.only("remove"), OK)
        self.status(self.only("rename"), OK)
        self.assertIsNone(self.successResultOf(renaming))

    def test_path(self) -> None:
        """The server starts from the home directory."""
        paths = {"~": ".", "~/": ".", "~/a/b/": "a/b", "a/": "a", "": ".", "/": "/", "//": "/"}
        for given, expected in paths.items():
            self.assertEqual(expected, self.files.path(given), given)


class FileTests(SftpTestCase):
    """Contents."""

    def test_write(self) -> None:
        """Pieces that every server takes are all sent at once."""
        file = self.open(self.files.create("/x"))
        writing = self.do(file.write(10, bytes(100_000)))
        requests = self.asked()
        self.assertEqual(["write"] * 4, [kind for kind, _, _ in requests])
        handle = len(NS(b"H"))
        offsets = [int.from_bytes(body[handle : handle + 8], "big") for _, _, body in requests]
        self.assertEqual([10, 32778, 65546, 98314], offsets)
        sizes = [len(getNS(body[handle + 8 :])[0]) for _, _, body in requests]
        self.assertEqual([32768, 32768, 32768, 1696], sizes)
        for _, number, _ in reversed(requests):
            self.assertNoResult(writing)
            self.status(number, OK)
        self.assertIsNone(self.successResultOf(writing))

    def test_write_fails(self) -> None:
        """The first that fails tells why; the others are no more trouble."""
        file = self.open(self.files.create("/x"))
        writing = self.do(file.write(0, bytes(100_000)))
        for _, number, _ in self.asked():
            self.status(number, FAILURE, b"Failure")
        self.assertEqual("/x: Failure", str(self.failureResultOf(writing, PeerError).value))

    def test_close(self) -> None:
        """The permissions are asked for without waiting."""
        file = self.open(self.files.create("/x"))
        closing = self.do(file.close(0o751))
        requests = self.asked()
        self.assertEqual(["close", "setstat"], [kind for kind, _, _ in requests])
        permissions = NS(b"/x") + self.client._packAttributes({"permissions": 0o751})
        self.assertEqual(permissions, requests[1][2])
        for _, number, _ in requests:
            self.status(number, OK)
        self.assertIsNone(self.successResultOf(closing))
        file = self.open(self.files.open("/x"))
        self.do(file.close())
        self.only("close")

    def test_read(self) -> None:
        """Pieces are asked for at once, and more where a server gave less than asked."""
        file = self.open(self.files.open("/x"))
        reading = self.do(file.read(0, 40_000))
        (_, first, _), (_, second, _) = self.asked()
        self.answer(filetransfer.FXP_DATA, second, NS(b"b" * 7232))
        self.answer(filetransfer.FXP_DATA, first, NS(b"a" * 30_000))
        [(kind, number, body)] = self.asked()
        place = NS(b"H") + (30_000).to_bytes(8, "big") + (2768).to_bytes(4, "big")
        self.assertEqual(("read", place), (kind, body))
        self.answer(filetransfer.FXP_DATA, number, NS(b"c" * 2768))
        expected = b"a" * 30_000 + b"c" * 2768 + b"b" * 7232
        self.assertEqual(expected, self.successResultOf(reading))

    def test_end(self) -> None:
        """A file may end before."""
        file = self.open(self.files.open("/x"))
        reading = self.do(file.read(0, 40_000))
        (_, first, _), (_, second, _) = self.asked()
        self.answer(filetransfer.FXP_DATA, first, NS(b"abc"))
        self.status(second, END)
        self.status(self.only("read"), END)
        self.assertEqual(b"abc", self.successResultOf(reading))

    def test_read_fails(self) -> None:
        """A host may not be able to read."""
        file = self.open(self.files.open("/x"))
        reading = self.do(file.read(0, 40_000))
        for _, number, _ in self.asked():
            self.status(number, FAILURE, b"Failure")
        self.assertEqual("/x: Failure", str(self.failureResultOf(reading, PeerError).value))
