"""L{netsim.dsisocket.session}: commands come in, replies go out, in order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from netsim.dsisocket.inbox import MAX_WAITING, MAX_WAITING_BYTES
from netsim.dsisocket.model import SUCCEEDED, HostReport, Reply, Secret, Status
from netsim.dsisocket.protocol import CommandFactory, CommandProtocol
from netsim.dsisocket.runner import CommandRunner
from netsim.dsisocket.session import (
    LINGER,
    REFUSED_AFTER,
    TOKEN_WITHIN,
)
from netsim.dsisocket.stream import MAX_COMMAND
from netsim.errors import CommandError
from tests.dsisocket.connections import BUSY, DONE, OK, ConnectionTestCase, Transport
from tests.dsisocket.test_runner import Command
from tests.framing import cut, single
from tests.properties import examples

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


class CommandTests(ConnectionTestCase):
    """What L{CommandProtocol} does with commands."""

    def test_interface(self) -> None:
        """It hears of the end of one direction."""
        verifyObject(IHalfCloseableProtocol, self.connect()[0])

    def test_transcript(self) -> None:
        """The conversation of the document, byte for byte."""
        asked: list[object] = []

        class OnHost(Command):
            def run(self, target: str, argument: Any, cluster: Any) -> Any:
                asked.append(argument)
                if "exec" not in argument:
                    return fail(CommandError("Invalid command type"))
                return succeed((HostReport("workload_client.0"),))

        runner = CommandRunner([OnHost("on_workload_client")], None, self.clock)
        script = r"echo \"HELLO THIS IS HENRIK CAN YOU HEAR ME?????!!!\"\necho \"(Yes, we can)\"\n"
        sent = [f'{{"on_workload_client": {{{key}: "{script}"}}}}\r\n' for key in
                ('"exec"', '"foo"', "1")]  # fmt: skip
        expected = [
            '{"status_code": 0, "status": "OK", "message":'
            ' "I think the command might have succeeded."}',
            '{"status_code": 2, "status": "EXECUTION_ERROR", "message": "Invalid command type"}',
            '{"status_code": 1, "status": "JSON_ERROR", "message": "Expecting property name'
            ' enclosed in double quotes: line 1 column 25 (char 24)"}',
        ]
        for segments in ([text.encode() for text in sent], single("".join(sent).encode())):
            self.factory = CommandFactory(runner.run, clock=self.clock)
            _, transport = self.connect(*segments)
            self.assertEqual(expected, transport.lines)
            self.assertFalse(transport.disconnecting)

    def test_tuned(self) -> None:
        """A reply does not wait for the one before it; one who vanished is noticed."""
        tuned: list[tuple[str, bool]] = []

        class Tcp(Transport):
            def setTcpNoDelay(self, enabled: bool) -> None:
                tuned.append(("no delay", enabled))

            def setTcpKeepAlive(self, enabled: bool) -> None:
                tuned.append(("keep alive", enabled))

        self.factory.buildProtocol(None).makeConnection(Tcp())  # type: ignore[union-attr]
        self.assertEqual([("no delay", True), ("keep alive", True)], tuned)

    def test_oneAfterTheOther(self) -> None:
        """The next command begins when the last one is answered."""
        _, transport = self.connect(b'{"a": 1}{"b": 2}', b' 3 {4\n{"c": 5}')
        self.assertEqual([{"a": 1}], self.begun)
        self.finish()
        self.assertEqual(([{"a": 1}, {"b": 2}], [DONE]), (self.begun, transport.lines))
        self.finish(Reply(Status.EXECUTION_ERROR, "no"))
        self.finish(Reply(Status.EXECUTION_ERROR, "three"))
        self.finish()
        self.assertEqual([{"a": 1}, {"b": 2}, 3, {"c": 5}], self.begun)
        answers = [json.loads(line) for line in transport.lines]
        self.assertEqual([0, 2, 2, 1, 0], [answer["status_code"] for answer in answers])
        self.check_pending()

    def test_details(self) -> None:
        """There is more in a reply where that is wanted."""
        self.factory = self.make(details=True)
        _, transport = self.connect(b'{"a": 1} x\n')
        self.finish(Reply(Status.OK, SUCCEEDED, 1.5, (HostReport("localhost"),)))
        answers = [json.loads(line) for line in transport.lines]
        keys = ["status_code", "status", "message", "hosts", "seconds"]
        self.assertEqual([keys, keys], [list(answer) for answer in answers])
        self.assertEqual([["localhost"], []], [list(answer["hosts"]) for answer in answers])

    def test_many(self) -> None:
        """Commands that are done at once do not pile up on one another."""
        self.factory = CommandFactory(lambda _: succeed(OK), clock=self.clock)
        _, transport = self.connect(b"{}" * 20_000)
        self.assertEqual(20_000, len(transport.lines))

    def test_tooLong(self) -> None:
        """A command that is too long is answered in its turn, and is the last."""
        text = b'{"a": "' + b"x" * MAX_COMMAND
        protocol, transport = self.connect(b'{"b": 1}', text, b'"}{"c": 1}')
        self.assertEqual(([{"b": 1}], []), (self.begun, transport.lines))
        self.assertFalse(transport.is_read)
        self.finish()
        answer = json.loads(transport.lines[1])
        self.assertEqual(
            (1, "command is longer than 1048576 bytes"), (answer["status_code"], answer["message"])
        )
        self.check_parting(protocol, transport)
        self.assertEqual([{"b": 1}], self.begun)

    def check_parting(self, protocol: CommandProtocol, transport: Transport) -> None:
        """The client is told that this was all, and heard out for a while."""
        self.assertEqual((True, False), (transport.half_closed, transport.disconnecting))
        self.assertTrue(transport.is_read)
        self.assertIsNone(transport.producer)
        protocol.dataReceived(b'{"late": 1}')
        self.clock.advance(LINGER - 0.1)
        self.assertFalse(transport.disconnecting)
        self.clock.advance(0.1)
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.check_pending()

    def test_logged(self) -> None:
        """A line for each connection and each command; of what it says, only its kind."""
        self.connect(b'{"on_mongod": {"exec": "geheim"}}["geheim"]')
        self.finish(Reply(Status.OK, SUCCEEDED, 0.25))
        self.finish(Reply(Status.EXECUTION_ERROR, "no", 0.0))
        self.assertEqual(
            [
                "127.0.0.1:4242: connected",
                "127.0.0.1:4242: 'on_mongod': OK in 0.250 s",
                "127.0.0.1:4242: 'list': EXECUTION_ERROR in 0.000 s",
            ],
            self.logged(),
        )

    def test_loggedInShort(self) -> None:
        """Nor can a client fill the log, or write lines of its own."""
        self.connect(json.dumps({"a\n" + "x" * 1000: 1}).encode())
        self.finish()
        self.assertEqual("'a\\n" + "x" * 78 + "...'", self.logged()[-1].split(": ")[1])

    @examples(60)
    @given(
        st.lists(
            values.map(lambda value: json.dumps(value).encode())
            | st.sampled_from([b'{"a": 1,,}', b"{1}", b'"\xff"', b"no"]).map(
                lambda bad: bad + b"\n"
            ),
            max_size=8,
        ),
        st.sampled_from([b"\n", b" ", b"\r\n"]),
        st.lists(st.integers(0, 1 << 16), max_size=6),
        st.integers(0, 3),
    )
    def test_cut(self, texts: list[bytes], between: bytes, places: list[int], ends: int) -> None:
        """However a stream is cut, and whenever commands end, it is answered the same."""
        stream = between.join(texts)
        whole = self.conversation([stream], 0)
        self.assertEqual(len(texts), len(whole))
        self.assertEqual(whole, self.conversation(cut(stream, places), ends))
        self.assertEqual(whole, self.conversation(single(stream), ends))

    def conversation(self, segments: Iterable[bytes], ends: int) -> list[str]:
        """
        All the replies, each of which tells what was asked.

        @param ends: after each segment so many commands end.
        """
        running: list[tuple[Deferred[Reply], object]] = []

        def run(value: object) -> Deferred[Reply]:
            running.append((Deferred(), value))
            return running[-1][0]

        def finish(count: int) -> None:
            for result, value in running[:count]:
                running.remove((result, value))
                result.callback(Reply(Status.EXECUTION_ERROR, repr(value)))

        self.factory = CommandFactory(run, clock=self.clock)
        protocol, transport = self.connect()
        for segment in segments:
            protocol.dataReceived(segment)
            finish(ends)
        protocol.readConnectionLost()
        while running:
            self.assertFalse(transport.disconnecting)
            finish(1)
        self.assertTrue(transport.disconnecting)
        return transport.lines


class EndTests(ConnectionTestCase):
    """How connections end."""

    def test_halfClosed(self) -> None:
        """What a client has sent before it closed its side is done and answered."""
        protocol, transport = self.connect(b'{"a": 1} 12')
        protocol.readConnectionLost()
        self.assertFalse(transport.disconnecting)
        self.finish()
        self.assertEqual([{"a": 1}, 12], self.begun)
        self.assertFalse(transport.disconnecting)
        self.finish()
        self.assertEqual([DONE, DONE], transport.lines)
        self.assertTrue(transport.disconnecting)
        self.check_pending()

    def test_incomplete(self) -> None:
        """A last command that is not complete is told so."""
        protocol, transport = self.connect(b'{"a": ')
        protocol.readConnectionLost()
        [line] = transport.lines
        self.assertEqual("Expecting value: line 1 column 7 (char 6)", json.loads(line)["message"])
        self.assertTrue(transport.disconnecting)

    def test_idle(self) -> None:
        """A client that leaves is let go."""
        for segment in (b"", b"\n", b"{}"):
            protocol, transport = self.connect(*filter(None, [segment]))
            if self.running:
                self.finish()
            protocol.readConnectionLost()
            self.assertTrue(transport.disconnecting)
            protocol.connectionLost(Failure(ConnectionDone()))

    def test_lost(self) -> None:
        """The command that runs is finished, those that wait are dropped; both is logged."""
        protocol, transport = self.connect(b'{"a": 1}{"b": 2}{"c": 3}')
        protocol.connectionLost(Failure(ConnectionLost()))
        self.finish(Reply(Status.OK, SUCCEEDED, 2.0))
        self.assertEqual(([{"a": 1}], b""), (self.begun, transport.value()))
        self.assertEqual(
            [
                "127.0.0.1:4242: disconnected: Connection to the other side was lost in a"
                " non-clean fashion.",
                "127.0.0.1:4242: 2 commands that had not begun are dropped",
                "127.0.0.1:4242: 'a': OK in 2.000 s",
                "127.0.0.1:4242: the reply is lost: the connection is closed",
            ],
            self.logged()[1:],
        )


class FlowTests(ConnectionTestCase):
    """Nothing grows without end."""

    def test_manyWaiting(self) -> None:
        """While many commands wait no more are read."""
        protocol, transport = self.connect(b"1 " * (MAX_WAITING + 1))
        self.assertTrue(transport.is_read)
        protocol.dataReceived(b"1 ")
        self.assertFalse(transport.is_read)
        self.finish()
        self.assertTrue(transport.is_read)

    def test_muchWaiting(self) -> None:
        """Nor while those that wait are large."""
        large = b'{"a": "' + b"x" * MAX_WAITING_BYTES + b'"}'
        _, transport = self.connect(large)
        self.assertTrue(transport.is_read)
        _, transport = self.make_served(b"{}" + large)
        self.assertFalse(transport.is_read)
        self.running[-1].callback(OK)
        self.assertTrue(transport.is_read)

    def make_served(self, *segments: bytes) -> tuple[CommandProtocol, Transport]:
        """A connection to a new factory."""
        self.factory = self.make()
        return self.connect(*segments)

    def test_unread(self) -> None:
        """As long as a client does not read its replies, its next commands wait."""
        protocol, transport = self.connect(b"{}{}" + b"1 " * MAX_WAITING)
        producer: Any = transport.producer
        producer.pauseProducing()
        self.finish()
        self.assertEqual((1, [DONE]), (len(self.begun), transport.lines))
        protocol.dataReceived(b"{} {} ")
        self.assertFalse(transport.is_read)
        producer.resumeProducing()
        self.assertEqual(2, len(self.begun))
        for _ in range(2):
            self.assertFalse(transport.is_read)
            self.finish()
        self.assertTrue(transport.is_read)

    def test_unreadErrors(self) -> None:
        """Errors wait with them."""
        protocol, transport = self.connect()
        producer: Any = transport.producer
        producer.pauseProducing()
        protocol.dataReceived(b"x\n" * (MAX_WAITING + 1))
        self.assertEqual((b"", False), (transport.value(), transport.is_read))
        producer.resumeProducing()
        self.assertEqual(MAX_WAITING + 1, len(transport.lines))
        self.assertTrue(transport.is_read)

    def test_unreadEnd(self) -> None:
        """A client that has sent all is still answered when it reads again."""
        protocol, transport = self.connect(b"{}{}")
        producer: Any = transport.producer
        producer.pauseProducing()
        self.finish()
        protocol.readConnectionLost()
        self.assertFalse(transport.disconnecting)
        producer.resumeProducing()
        self.finish()
        self.assertEqual(([DONE, DONE], True), (transport.lines, transport.disconnecting))
        self.assertIsNone(transport.producer)

    def test_simple(self) -> None:
        """A transport that cannot be paused will do."""

        class Simple:
            def __init__(self) -> None:
                self.written: list[bytes] = []
                self.write = self.written.append
                self.closed = False
                self.producer: Any = None

            def registerProducer(self, producer: Any, streaming: bool) -> None:
                self.producer = producer

            def unregisterProducer(self) -> None:
                self.producer = None

            def getPeer(self) -> str:
                return "somebody"

            def loseConnection(self) -> None:
                self.closed = True

        transport = Simple()
        protocol = self.factory.buildProtocol(None)
        assert protocol is not None
        protocol.makeConnection(transport)
        protocol.dataReceived(b"1 " * 200)
        for _ in range(200):
            self.finish()
        self.assertEqual([OK.line()] * 200, transport.written)
        protocol.readConnectionLost()
        self.assertTrue(transport.closed)
        self.assertIn("somebody: connected", self.logged())


class TokenTests(ConnectionTestCase):
    """Clients that have to say who they are."""

    def setUp(self) -> None:
        super().setUp()
        self.factory = self.make(token=Secret("geheim"))

    def tearDown(self) -> None:
        text = "\n".join([*self.logged(), *map(repr, self.events), repr(vars(self.factory))])
        self.assertNotIn("geheim", text)

    def check_refused(self, message: str, *segments: bytes) -> None:
        """It is told so, after a while, and let go; nothing of it is done."""
        protocol, transport = self.connect(*segments)
        self.clock.advance(REFUSED_AFTER - 0.1)
        protocol.dataReceived(b'{"token": "geheim"} {"a": 1}')
        self.assertEqual(b"", transport.value())
        self.clock.advance(0.1)
        [line] = transport.lines
        expected = {"status_code": 2, "status": "EXECUTION_ERROR", "message": message}
        self.assertEqual(expected, json.loads(line))
        self.assertTrue(transport.half_closed)
        protocol.readConnectionLost()
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual([], self.begun)
        self.check_pending()

    def test_right(self) -> None:
        """The right token is answered as a command is; then commands are obeyed."""
        protocol, transport = self.connect(b'{"token": "geheim"}{"a": 1}')
        self.assertEqual(([{"a": 1}], [DONE]), (self.begun, transport.lines))
        self.clock.advance(TOKEN_WITHIN)
        protocol.dataReceived(b'{"token": "geheim"}')
        self.finish()
        # It is a command like any other, when it is not the first.
        self.assertEqual([{"a": 1}, {"token": "geheim"}], self.begun)
        self.check_pending()

    def test_wrong(self) -> None:
        """Another one is not."""
        for text in (b'"geheim "', b'""', b"1", b"[]", b'"\\ud800"', b"false"):
            self.check_refused("wrong token", b'{"token": ' + text + b'}{"a": 1}')

    def test_missing(self) -> None:
        """Nor is anything else that comes first."""
        for text in (
            *(b'{"a": 1}', b'{"token": "geheim", "a": 1}', b'["token"]', b'"geheim"\n', b"{1}"),
            *(b"x" * (MAX_COMMAND + 1), b'{"token": null}', b'{"Token": "geheim"}'),
        ):
            self.check_refused('a token is wanted first: {"token": "..."}', text, b"{}")

    def test_silent(self) -> None:
        """One that says nothing does not keep its place for ever."""
        protocol, transport = self.connect(b"  {")
        self.clock.advance(TOKEN_WITHIN)
        self.assertIn("a token is wanted first", transport.lines[0])
        protocol.connectionLost(Failure(ConnectionDone()))
        self.check_pending()

    def test_leaves(self) -> None:
        """One that goes while it waits is forgotten."""
        for segments in ([], [b'{"token": 1}']):
            protocol, _ = self.connect(*segments)
            protocol.connectionLost(Failure(ConnectionDone()))
            self.check_pending()
        protocol, transport = self.connect(b'{"token": 1}')
        protocol.readConnectionLost()
        self.clock.advance(REFUSED_AFTER)
        self.assertIn("wrong token", transport.lines[0])
        self.assertTrue(transport.disconnecting)

    def test_notWanted(self) -> None:
        """Where no token is wanted any is right, so that clients need not know."""
        self.factory = self.make()
        _, transport = self.connect(b'{"token": "x"}{"token": "y"}')
        self.assertEqual(([{"token": "y"}], [DONE]), (self.begun, transport.lines))

    def test_busy(self) -> None:
        """One too many need not say who it is."""
        self.connect()
        self.assertEqual(BUSY, self.connect()[1].value())
