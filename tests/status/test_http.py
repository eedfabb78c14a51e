"""L{netsim.status.http}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone, ResponseFailed
from twisted.web.http import PotentialDataLoss

from netsim.errors import LimitError, PeerError
from netsim.status.http import OwnHttp, read


class Response:
    """An answer that comes bit by bit."""

    def __init__(self, code: int = 200) -> None:
        self.code = code

    def deliverBody(self, protocol: Protocol) -> None:
        """To this."""
        self.body = protocol
        protocol.makeConnection(StringTransport())


class ReadTests(SynchronousTestCase):
    """Answers are read to their end."""

    def read(self, code: int = 200) -> Deferred[bytes]:
        self.response = Response(code)
        return read(self.response, 3000)

    def end(self, reason: Exception) -> None:
        self.response.body.connectionLost(Failure(reason))

    def hung_up(self) -> bool:
        transport: Any = self.response.body.transport
        return bool(transport.disconnecting)

    def test_success(self) -> None:
        """Any success will do, whatever it says, and however it ends."""
        for code in (200, 204, 299):
            for end in (ResponseDone(), PotentialDataLoss()):
                answer = self.read(code)
                self.response.body.dataReceived(b"any")
                self.assertNoResult(answer)
                self.end(end)
                self.assertEqual(b"any", self.successResultOf(answer))

    def test_refusal(self) -> None:
        """Anything else is a refusal, with what it says."""
        for code in (100, 301, 404, 500):
            answer = self.read(code)
            self.response.body.dataReceived(b"b\xff")
            self.response.body.dataReceived(b"cause ")
            self.end(ResponseDone())
            error = self.failureResultOf(answer, PeerError).value
            self.assertEqual(f"it answers {code} b\ufffdcause", str(error))

    def test_long_refusal(self) -> None:
        """Of what it says, the beginning."""
        answer = self.read(500)
        for _ in range(3):
            self.response.body.dataReceived(b"x" * 1000)
        self.end(ResponseDone())
        self.assertEqual(
            "it answers 500 " + "x" * 200, self.failureResultOf(answer).getErrorMessage()
        )

    def test_broken(self) -> None:
        """An answer that breaks off is a failure."""
        answer = self.read()
        self.end(ResponseFailed([]))
        self.failureResultOf(answer, ResponseFailed)

    def test_endless(self) -> None:
        """An answer without an end is not read for ever."""
        answer = self.read()
        self.response.body.dataReceived(b"x" * 3000)
        self.assertFalse(self.hung_up())
        self.response.body.dataReceived(b"x")
        self.assertTrue(self.hung_up())
        self.end(ResponseFailed([]))
        error = self.failureResultOf(answer, LimitError).value
        self.assertEqual("its answer is longer than 3000 bytes", str(error))

    def test_cancelled(self) -> None:
        """One that is not waited for any more is not read any more."""
        answer = self.read()
        answer.cancel()
        self.assertTrue(self.hung_up())
        self.failureResultOf(answer)
        self.end(ResponseFailed([]))


class OwnHttpTests(SynchronousTestCase):
    """A client with one connection."""

    def test_quiet(self) -> None:
        """It connects once, and logs nothing about it."""
        reactor = MemoryReactorClock()
        http = OwnHttp(reactor)
        asked = []
        with capturedLogs() as captured:
            answer = http.post("http://127.0.0.1:1/x", data=b"{}", reactor=reactor)
            answer.addBoth(asked.append)
            reactor.advance(0)
        self.assertEqual([], [event for event in captured if event["log_level"].name != "debug"])
        self.assertFalse(http._pool._factory.noisy)
        answer.cancel()
        self.successResultOf(http.close())

    def test_get(self) -> None:
        """It asks for what is there, too."""
        reactor = MemoryReactorClock()
        http = OwnHttp(reactor)
        answer = http.get("http://127.0.0.1:1/x", params={"a": "b"}, reactor=reactor)
        host, port, factory, *_ = reactor.tcpClients[0]
        transport = StringTransport()
        factory.buildProtocol(None).makeConnection(transport)
        self.assertEqual(("127.0.0.1", 1), (host, port))
        self.assertEqual(b"GET /x?a=b HTTP/1.1", transport.value().split(b"\r\n")[0])
        answer.cancel()
        self.failureResultOf(answer)
