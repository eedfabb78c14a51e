"""L{netsim.dsisocket.client}: what C{netsim dsi} sends, prints, and ends with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket import client
from netsim.dsisocket.model import SUCCEEDED, Reply, Secret, Status
from netsim.dsisocket.stream import CommandStream, Value
from tests.command import Ended, netsim

OK = Reply(Status.OK, SUCCEEDED).line()
BAD = Reply(Status.EXECUTION_ERROR, "Invalid command type").line()
NO_JSON = Reply(Status.JSON_ERROR, "Expecting value: line 1 column 1 (char 0)").line()
BUSY = Reply(Status.BUSY, "later").line()
PATIENCE = 20.0

Server = Callable[[socket.socket], None]


def text(*lines: bytes) -> str:
    """Replies, as they are printed."""
    return b"".join(lines).decode()


class ClientTestCase(SynchronousTestCase):
    """
    A command, connected to a function in a thread.

    @ivar asked: to which places it has connected.
    @ivar heard: what it has sent.
    @ivar over: the test is.
    """

    def setUp(self) -> None:
        self.heard = bytearray()
        self.asked: list[object] = []
        self.over = Event()
        self.environment = dict(os.environ)
        self.environment.pop(client.TOKEN, None)
        self.patch(os, "environ", self.environment)

    def serve(self, server: Server) -> None:
        """What it connects to."""
        ours, other = socket.socketpair()
        other.settimeout(PATIENCE)

        def connect(address: object, timeout: float) -> socket.socket:
            self.asked.append((address, timeout))
            return ours

        def run() -> None:
            # It may be gone before all is said.
            with other, contextlib.suppress(OSError):
                server(other)

        self.patch(client.socket, "create_connection", connect)
        thread = Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, PATIENCE)
        self.addCleanup(ours.close)
        self.addCleanup(self.over.set)

    def answer(self, *replies: bytes) -> None:
        """It is answered so, a reply for each value, and hears the end when it has ended."""
        waiting = list(replies)

        def server(other: socket.socket) -> None:
            stream = CommandStream()
            while data := other.recv(1 << 16):
                self.heard += data
                for _ in stream.feed(data):
                    other.sendall(waiting.pop(0))
            for _ in stream.end():
                other.sendall(waiting.pop(0))

        self.serve(server)

    def dsi(self, *words: str | Path) -> Ended:
        """Run it."""
        return netsim("dsi", *words)

    def file(self, contents: bytes) -> Path:
        """A file of commands."""
        path = Path(self.mktemp())
        path.write_bytes(contents)
        return path


class OneTests(ClientTestCase):
    """C{netsim dsi 'JSON'}."""

    def test_sent(self) -> None:
        """It is sent as it is, to where the documents have it, and its end is told."""
        self.answer(OK)
        command = '{"on_workload_client": {"exec": "é"}}'
        self.assertEqual(Ended(0, text(OK), ""), self.dsi(command))
        self.assertEqual(f"{command}\n".encode(), self.heard)
        self.assertEqual([(("localhost", 27007), 10.0)], self.asked)

    def test_place(self) -> None:
        """C{--connect} says where else; options may come after the command."""
        for words in (["{}", "-c", "[::1]:99"], ["--connect=[::1]:99", "{}"]):
            self.answer(OK)
            self.assertEqual(Ended(0, text(OK), ""), self.dsi(*words, "-t", "7.5"))
        self.assertEqual([(("::1", 99), 7.5)] * 2, self.asked)

    def test_status(self) -> None:
        """The exit status is the reply's, and what is no JSON is the server's to judge."""
        for reply, status in ((BAD, 2), (NO_JSON, 1), (BUSY, 3)):
            self.heard.clear()
            self.answer(reply)
            self.assertEqual(Ended(status, text(reply), ""), self.dsi("no json"))
            self.assertEqual(b"no json\n", self.heard)

    def test_verbatim(self) -> None:
        """The reply is printed as it came, whatever else is in it."""
        reply = b'{"status_code":0,  "hosts": {}, "message": "\xc3\xa9"}\n'
        self.answer(reply)
        self.assertEqual(Ended(0, text(reply), ""), self.dsi("{}"))

    def test_busy(self) -> None:
        """One who is not served does not wait, nor complain of it twice."""
        self.serve(lambda other: other.sendall(BUSY))
        self.assertEqual(Ended(3, text(BUSY), ""), self.dsi("{}"))

    def test_refused(self) -> None:
        """Where nobody listens, it says so."""
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            place = f"127.0.0.1:{reserved.getsockname()[1]}"
            ended = self.dsi("{}", "-c", place)
        self.assertEqual(Ended(1, "", f"cannot connect to {place}: Connection refused\n"), ended)

    def test_noSuchHost(self) -> None:
        """A name that cannot be one is not a traceback."""
        ended = self.dsi("{}", "-c", f"{'x' * 80}.invalid:1")
        self.assertEqual((1, ""), (ended.status, ended.stdout))
        self.assertRegex(ended.stderr, r"\Acannot connect to x+\.invalid:1: [^\n]+\n\Z")

    def test_noReply(self) -> None:
        """A connection that ends without the reply is an error."""

        def drop(other: socket.socket) -> None:
            other.recv(100)

        self.serve(drop)
        ended = self.dsi("{}")
        complaint = "localhost:27007: the connection ended without a reply\n"
        self.assertEqual(Ended(1, "", complaint), ended)

    def test_halfReply(self) -> None:
        """So is one that ends in the middle of it."""
        self.answer(OK[:-1])
        self.assertIn("without a reply", self.dsi("{}").stderr)

    def test_notReply(self) -> None:
        """Whatever speaks something else is no dsisocket."""
        for line, shown in (
            (b"SSH-2.0-OpenSSH\r\n", "SSH-2.0-OpenSSH\\r"),
            (b"[1]\n", "[1]"),
            (b'{"status": 0}\n', '{"status": 0}'),
            (b"[" * 100_000 + b"\n", "[" * 80),
            (b'{"status_code": "0"}\n', '{"status_code": "0"}'),
        ):
            self.serve(lambda other, line=line: other.sendall(line))
            complaint = f"localhost:27007: this is no dsisocket: it said {shown!r}\n"
            self.assertEqual(Ended(1, "", complaint.replace("\\\\", "\\")), self.dsi("{}"), shown)

    def test_endless(self) -> None:
        """Nor does it keep a line that has no end."""
        self.patch(client, "MAX_REPLY", 1000)

        def pour(other: socket.socket) -> None:
            other.sendall(b"x" * 2000)
            other.recv(100)

        self.serve(pour)
        self.assertIn("no dsisocket: its line has no end", self.dsi("{}").stderr)

    def test_timeout(self) -> None:
        """With C{--timeout} it does not wait for ever."""

        def wait(other: socket.socket) -> None:
            self.over.wait(PATIENCE)

        self.serve(wait)
        complaint = "localhost:27007: no reply within 0.05 seconds\n"
        self.assertEqual(Ended(1, "", complaint), self.dsi("{}", "--timeout", "0.05"))

    def test_interrupted(self) -> None:
        """Ctrl-C ends it, as it ends others."""

        def interrupt(other: socket.socket) -> None:
            while other.recv(100):
                pass
            os.kill(os.getpid(), signal.SIGINT)
            self.over.wait(PATIENCE)

        def raise_it(*_: object) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, raise_it)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        self.serve(interrupt)
        self.assertEqual(Ended(128 + signal.SIGINT, "", ""), self.dsi("{}"))

    def test_words(self) -> None:
        """It wants one command, or a file, and not both."""
        for words in ([], ["{}", "{}"], ["{}", "-f", "x"], [""], [" \n"]):
            ended = self.dsi(*words)
            complaint = "netsim dsi: expected 'JSON' | -f FILE [options]\n"
            self.assertEqual(Ended(1, "", complaint), ended)
        for word in ("unix:/tmp/x", "udp:127.0.0.1:1"):
            complaint = "netsim dsi: --connect: expected host:port\n"
            self.assertEqual(Ended(1, "", complaint), self.dsi("{}", "-c", word))
        self.assertIn("--timeout: expected more", self.dsi("{}", "-t", "0").stderr)


class ManyTests(ClientTestCase):
    """C{netsim dsi -f FILE}."""

    def test_file(self) -> None:
        """All of it is sent as it is; the status is that of the first that failed."""
        contents = b'{"a": 1}{"b":\n 2}\n 12 {no}\n{}'
        self.answer(OK, BAD, OK, NO_JSON, OK)
        ended = self.dsi("-f", self.file(contents))
        self.assertEqual(Ended(2, text(OK, BAD, OK, NO_JSON, OK), ""), ended)
        self.assertEqual(contents, self.heard)

    def test_empty(self) -> None:
        """Nothing to do is no mistake."""
        self.answer()
        self.assertEqual(Ended(0, "", ""), self.dsi("-f", self.file(b" \n")))

    def test_missing(self) -> None:
        """A file that is not there is told before anything is connected to."""
        self.answer()
        ended = self.dsi("-f", "/nowhere/at/all")
        self.assertEqual(Ended(1, "", "/nowhere/at/all: No such file or directory\n"), ended)
        self.assertEqual([], self.asked)

    def test_large(self) -> None:
        """It reads while it sends: neither side waits for the other for ever."""
        count = 20_000
        self.answer(*[OK] * count)
        ended = self.dsi("-f", self.file(b'{"a": "%s"}\n' % (b"x" * 100) * count))
        self.assertEqual((0, count, ""), (ended.status, ended.stdout.count("\n"), ended.stderr))

    def test_stdin(self) -> None:
        """C{-} is standard input; what comes is sent as it comes, and so printed."""
        said: list[str] = []
        reading, writing = os.pipe()
        stdin = os.dup(0)
        os.dup2(reading, 0)
        os.close(reading)
        self.addCleanup(os.close, stdin)
        self.addCleanup(os.dup2, stdin, 0)

        def server(other: socket.socket) -> None:
            os.write(writing, b'{"a": 1}')
            said.append(other.recv(100).decode())
            other.sendall(OK)
            os.write(writing, b'{"b": 2}')
            said.append(other.recv(100).decode())
            os.close(writing)
            said.append(other.recv(100).decode())
            other.sendall(BAD)

        self.serve(server)
        self.assertEqual(Ended(2, text(OK, BAD), ""), self.dsi("-f", "-"))
        self.assertEqual(['{"a": 1}', '{"b": 2}', ""], said)

    def test_flushed(self) -> None:
        """Each reply is written at once, also where the output is kept otherwise."""
        self.answer(OK, OK)
        flushed: list[int] = []

        class Output:
            def flush(self) -> None:
                flushed.append(len(lines))

        lines: list[str] = []
        options = client.Dsi()
        options.parseOptions(["-f", str(self.file(b"{}{}"))])
        self.patch(sys, "stdout", Output())
        for line in options.run():
            lines.append(line)
        self.assertEqual([1, 2], flushed)

    def test_lost(self) -> None:
        """A connection that ends in between is an error, whatever came before."""

        def drop(other: socket.socket) -> None:
            while not self.heard.endswith(b"}}"):
                self.heard.extend(other.recv(100))
            other.sendall(BAD + OK)

        self.serve(drop)
        ended = self.dsi("-f", self.file(b"{}{}{}}}"))
        complaint = "localhost:27007: the connection ended after 2 of 4 replies\n"
        self.assertEqual(Ended(1, text(BAD, OK), complaint), ended)

    def test_lostUnsent(self) -> None:
        """Nor is all well where something could not be sent."""

        def drop(other: socket.socket) -> None:
            other.recv(10)
            other.sendall(OK)
            other.shutdown(socket.SHUT_WR)
            self.over.wait(PATIENCE)

        self.serve(drop)
        ended = self.dsi("-f", self.file(b"{}" + b" " * (8 << 20)))
        complaint = "localhost:27007: the connection ended after 1 of 1 replies\n"
        self.assertEqual(Ended(1, text(OK), complaint), ended)

    def test_tooLong(self) -> None:
        """Behind a command that is too long nothing is sent, and nothing is missed."""
        reply = Reply(Status.JSON_ERROR, "command is longer than 1048576 bytes").line()
        self.answer(OK, reply)
        contents = b'{} {"a": "' + b"x" * (2 << 20) + b'"} {} {}'
        self.assertEqual(Ended(1, text(OK, reply), ""), self.dsi("-f", self.file(contents)))
        self.assertLess(len(self.heard), (1 << 20) + (1 << 17))

    def test_unreadable(self) -> None:
        """A file that cannot be read to its end is an error."""

        def source() -> object:
            yield b"{}"
            raise OSError(5, "Input/output error")

        self.answer(OK)
        connected = client.Client(client.socket.create_connection(("x", 1), 1), "x")
        replies = connected.replies(source())  # type: ignore[arg-type]
        with self.assertRaisesRegex(Exception, "cannot read commands: Input/output error"):
            list(replies)
        connected.close()


class TokenTests(ClientTestCase):
    """With C{NETSIM_DSI_TOKEN} in the environment."""

    def setUp(self) -> None:
        super().setUp()
        self.environment[client.TOKEN] = 'ge"heim'

    def test_accepted(self) -> None:
        """It is sent first, and its reply is not printed."""
        self.answer(OK, BAD)
        self.assertEqual(Ended(2, text(BAD), ""), self.dsi('{"a": 1}'))
        sent = CommandStream().feed(bytes(self.heard))
        self.assertEqual([Value({"token": 'ge"heim'}), Value({"a": 1})], sent)

    def test_refused(self) -> None:
        """If it is wrong, the reply says so."""
        wrong = Reply(Status.EXECUTION_ERROR, "wrong token").line()
        self.serve(lambda other: other.sendall(wrong))
        self.assertEqual(Ended(2, text(wrong), ""), self.dsi('{"a": 1}'))

    def test_busy(self) -> None:
        """Nor is BUSY taken for its reply."""
        self.serve(lambda other: other.sendall(BUSY))
        self.assertEqual(Ended(3, text(BUSY), ""), self.dsi('{"a": 1}'))

    def test_notTold(self) -> None:
        """It is in no complaint."""
        self.serve(lambda other: None)
        ended = self.dsi('{"a": 1}')
        self.assertEqual((1, ""), (ended.status, ended.stdout))
        self.assertNotIn("geheim", ended.stderr)
        self.assertNotIn("heim", repr(Secret('ge"heim')))

    def test_help(self) -> None:
        """The help says where it comes from, with an example that is JSON."""
        told = self.dsi("--help").stdout
        self.assertIn(client.TOKEN, told.replace("\n", " "))
        example = told.rpartition("netsim dsi '")[2].rpartition("'")[0]
        self.assertEqual(["on_workload_client"], list(json.loads(example)))
