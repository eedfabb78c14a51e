"""Tests for L{netsim.remote}."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import CancelledError, Deferred, execute
from twisted.internet.error import ConnectionDone, ConnectionRefusedError, DNSLookupError
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone, ResponseFailed, ResponseNeverReceived
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IResponse
from twisted.web.resource import Resource
from twisted.web.server import Request
from twisted.web.util import Redirect
from zope.interface import implementer

from netsim.errors import InputError
from netsim.remote import PARALLEL, PATIENCE, RemoteCache
from netsim.script.blobs import BlobStore

CONTENTS = b"0123456789" * 1000


def name_of(contents: bytes) -> str:
    return hashlib.sha1(contents).hexdigest()


NAME = name_of(CONTENTS)
PACKED = gzip.compress(CONTENTS)


@implementer(IResponse)
class Response:
    """An answer whose body the test delivers."""

    def __init__(self, code: int = 200, phrase: bytes = b"OK") -> None:
        self.code, self.phrase, self.headers = code, phrase, Headers()
        self.transport = StringTransport()
        self.body: Any = None

    def deliverBody(self, protocol: Any) -> None:
        self.body = protocol
        protocol.makeConnection(self.transport)

    def end(self, reason: Exception) -> None:
        self.body.connectionLost(Failure(reason))


@implementer(IAgent)
class Agent:
    """Keeps requests until the test answers them."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, Headers, Deferred[Any]]] = []

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: object = None
    ) -> Deferred[Any]:
        result: Deferred[Any] = Deferred()
        assert headers is not None
        self.requests.append((uri, headers, result))
        return result

    def answer(self, result: Any) -> None:
        self.requests.pop(0)[2].callback(result)


class Files(Resource):
    """An HTTP server of files by name."""

    isLeaf = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__()
        self.files = files
        self.seen: list[Request] = []

    def render_GET(self, request: Request) -> bytes:
        self.seen.append(request)
        data = self.files.get(request.path.decode())
        if data is None:
            request.setResponseCode(404)
            return b"nothing here"
        # What servers say of files that end in .gz.
        request.setHeader("Content-Encoding", "gzip")
        return data


class Base(SynchronousTestCase):
    """A store, a clock, and work that is done at once."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.store = BlobStore([self.directory / "blobs"], limit=100_000)
        self.clock = Clock()
        self.agent = Agent()

    def cache(self, location: str, agent: Any = None, submit: Any = execute) -> RemoteCache:
        return RemoteCache(location, agent or self.agent, self.clock, submit)

    def fetch(self, *names: str, location: str = "http://cache/blobs") -> Deferred[dict[str, str]]:
        return Deferred.fromCoroutine(self.cache(location).fetch(names, self.store))

    def assertClean(self) -> None:
        """Nothing is left of what was not finished."""
        self.assertEqual([], [path.name for path in self.store.home.glob(".*")])
        self.assertEqual([], self.clock.getDelayedCalls())

    def assertProblem(self, result: dict[str, str], reason: str) -> None:
        """The blob is not there, and why is told in these words."""
        source = "(remote cache http://cache/blobs)"
        self.assertEqual({NAME: f"{reason.replace('BLOB', f'blob {NAME}')} {source}"}, result)
        self.assertFalse(self.store.has(NAME))
        self.assertClean()


class DirectoryTests(Base):
    """The cache is a directory."""

    def setUp(self) -> None:
        super().setUp()
        self.remote = self.directory / "remote"
        self.remote.mkdir(parents=True)

    def fetchAll(self, *names: str) -> dict[str, str]:
        return self.successResultOf(self.fetch(*names, location=str(self.remote)))

    def put(self, name: str, data: bytes) -> None:
        (self.remote / f"{name}.gz").write_bytes(data)

    def test_fetched(self) -> None:
        """The blob is kept as it is in the cache."""
        self.put(NAME, PACKED)
        self.assertEqual({}, self.fetchAll(NAME, NAME))
        self.assertEqual(PACKED, (self.store.home / f"{NAME}.gz").read_bytes())
        self.assertClean()

    def test_present(self) -> None:
        """A blob that the store has is not looked for."""
        self.store.home.mkdir(parents=True)
        (self.store.home / NAME).write_bytes(CONTENTS)
        self.assertEqual({}, self.fetchAll(NAME))

    def test_problems(self) -> None:
        """Whatever is wrong with one blob, the others are fetched, and all is told."""
        wrong, short, odd, bomb = (name_of(bytes([n])) for n in range(4))
        self.put(wrong, gzip.compress(b"other"))
        self.put(short, PACKED[:-9])
        self.put(odd, b"not gzip")
        self.put(bomb, gzip.compress(bytes(100_001)))
        self.put(NAME, PACKED)
        problems = self.fetchAll("gone_c1", wrong, short, odd, bomb, NAME)
        source = f" (remote cache {self.remote})"
        self.assertEqual(
            {
                "gone_c1": "blob gone_c1 cannot be fetched: [Errno 2] No such file or directory:"
                f" '{self.remote}/gone_c1.gz'{source}",
                wrong: f"blob {wrong} holds other bytes: their SHA-1 is"
                f" {name_of(b'other')}{source}",
                short: f"blob {short} is truncated{source}",
                odd: f"blob {odd} is corrupt: Not a gzipped file (b'no'){source}",
                bomb: f"blob {bomb} is larger than 100000 bytes{source}",
            },
            problems,
        )
        self.assertEqual([f"{NAME}.gz"], [path.name for path in self.store.home.iterdir()])

    def test_compressedLimit(self) -> None:
        """A file that is too large even compressed is not copied to its end."""
        self.put(NAME, bytes(100_001))
        self.assertIn("is larger than 100000 bytes", self.fetchAll(NAME)[NAME])

    def test_unchecked(self) -> None:
        """Names of old files are not the SHA-1 of anything."""
        self.put("old_c12", PACKED)
        self.assertEqual({}, self.fetchAll("old_c12"))
        self.assertTrue(self.store.has("old_c12"))

    def test_storeNotWritable(self) -> None:
        """A store that cannot be made is told, too."""
        self.put(NAME, PACKED)
        self.store.home.parent.joinpath("blobs").write_text("in the way")
        self.assertIn("File exists", self.fetchAll(NAME)[NAME])

    def test_meanwhile(self) -> None:
        """Somebody else who fetched the same blob first does no harm."""
        self.put(NAME, PACKED)
        waiting: list[Callable[[], None]] = []

        def submit(function: Callable[..., Any], *args: Any) -> Deferred[Any]:
            done: Deferred[Any] = Deferred()
            waiting.append(lambda: execute(function, *args).chainDeferred(done))
            return done

        cache = self.cache(str(self.remote), submit=submit)
        fetching = Deferred.fromCoroutine(cache.fetch([NAME], self.store))
        waiting.pop()()
        (self.store.home / f"{NAME}.gz").write_bytes(b"first")
        waiting.pop()()
        self.assertEqual({}, self.successResultOf(fetching))
        self.assertEqual(b"first", (self.store.home / f"{NAME}.gz").read_bytes())


class ServerTests(Base):
    """The cache is an HTTP server."""

    def fetchFrom(self, resource: Resource, location: str) -> dict[str, str]:
        cache = self.cache(location, RequestTraversalAgent(resource))
        return self.successResultOf(Deferred.fromCoroutine(cache.fetch([NAME], self.store)))

    def test_fetched(self) -> None:
        """The blob is kept as the server has it, even if it calls gzip an encoding."""
        files = Files({f"/blobs/{NAME}.gz": PACKED})
        self.assertEqual({}, self.fetchFrom(files, "http://cache/blobs/"))
        self.assertEqual(PACKED, (self.store.home / f"{NAME}.gz").read_bytes())
        self.assertFalse(files.seen[0].requestHeaders.hasHeader("Accept-Encoding"))
        self.assertClean()

    def test_missing(self) -> None:
        """The server's refusal is told."""
        result = self.fetchFrom(Files({}), "http://cache/blobs")
        self.assertProblem(result, "BLOB cannot be fetched: 404 Not Found")

    def test_redirected(self) -> None:
        """Redirections are followed."""
        root = Resource()
        root.putChild(b"blobs", Files({f"/blobs/{NAME}.gz": PACKED}))
        root.putChild(b"old", old := Resource())
        old.putChild(f"{NAME}.gz".encode(), Redirect(f"/blobs/{NAME}.gz".encode()))
        self.assertEqual({}, self.fetchFrom(root, "https://cache/old"))
        self.assertTrue(self.store.has(NAME))

    def test_secrets(self) -> None:
        """User and password are sent as such, a query as it is, and neither is told."""
        files = Files({})
        result = self.fetchFrom(files, "http://me:p%20w@cache/blobs?token=t")
        self.assertProblem(result, "BLOB cannot be fetched: 404 Not Found")
        [request] = files.seen
        self.assertEqual((b"me", b"p w"), (request.getUser(), request.getPassword()))
        self.assertEqual(f"/blobs/{NAME}.gz?token=t".encode(), request.uri)

    def test_location(self) -> None:
        """What is neither a directory nor a web address is refused without repeating it."""
        for location in ["ftp://me:pw@cache/blobs", "http://", "http://cache:port/"]:
            error = self.assertRaises(InputError, self.cache, location)
            self.assertNotIn("pw", str(error))


class WireTests(Base):
    """What can go wrong on the way."""

    def start(self, response: Response) -> Deferred[dict[str, str]]:
        fetching = self.fetch(NAME)
        self.agent.answer(response)
        return fetching

    def test_parallel(self) -> None:
        """A few blobs are asked for at once, and the next when one is done."""
        fetching = self.fetch(*(f"{n}_c1" for n in range(PARALLEL + 1)))
        self.assertEqual(PARALLEL, len(self.agent.requests))
        self.agent.answer(Response(500, b"Oops"))
        self.assertEqual(b"http://cache/blobs/4_c1.gz", self.agent.requests[-1][0])
        for _ in range(PARALLEL):
            self.agent.answer(Response(500, b"Oops"))
        self.assertEqual(PARALLEL + 1, len(self.successResultOf(fetching)))
        self.assertClean()

    def test_pieces(self) -> None:
        """A body in pieces is put together; its end may be the connection's."""
        for end in (ResponseDone(), PotentialDataLoss()):
            fetching = self.start(response := Response())
            for byte in PACKED:
                self.assertFalse(self.store.has(NAME))
                response.body.dataReceived(bytes([byte]))
            response.end(end)
            self.assertEqual({}, self.successResultOf(fetching))
            self.assertClean()
            (self.store.home / f"{NAME}.gz").unlink()

    def test_refusalNotRead(self) -> None:
        """The text that comes with a refusal is not waited for."""
        self.start(response := Response(404, b"Not Found"))
        self.assertTrue(response.transport.disconnecting)

    def test_truncated(self) -> None:
        """A body that ends early is found out, whoever notices."""
        fetching = self.start(response := Response())
        response.body.dataReceived(PACKED[:20])
        response.end(PotentialDataLoss())
        self.assertProblem(self.successResultOf(fetching), "BLOB is truncated")
        fetching = self.start(response := Response())
        response.body.dataReceived(PACKED[:20])
        response.end(ResponseFailed([Failure(ConnectionDone()), Failure(ValueError())]))
        reason = "BLOB cannot be fetched: Connection was closed cleanly."
        self.assertProblem(self.successResultOf(fetching), reason)

    def test_tooLarge(self) -> None:
        """The connection is closed as soon as the limit is passed; what still comes is ignored."""
        fetching = self.start(response := Response())
        response.body.dataReceived(bytes(100_000))
        self.assertNoResult(fetching)
        response.body.dataReceived(b"!")
        self.assertTrue(response.transport.disconnecting)
        response.body.dataReceived(b"more")
        response.end(ResponseFailed([Failure(ConnectionDone())]))
        self.assertProblem(self.successResultOf(fetching), "BLOB is larger than 100000 bytes")

    def test_unanswered(self) -> None:
        """A server that does not answer is given up."""
        fetching = self.fetch(NAME)
        self.clock.advance(PATIENCE - 1)
        self.assertNoResult(fetching)
        self.clock.advance(1)
        reason = f"BLOB cannot be fetched: the server said nothing for {PATIENCE} seconds"
        self.assertProblem(self.successResultOf(fetching), reason)

    def test_stalled(self) -> None:
        """A server that stops in the middle is given up; a slow one is not."""
        fetching = self.start(response := Response())
        for byte in PACKED[:20]:
            self.clock.advance(PATIENCE - 1)
            response.body.dataReceived(bytes([byte]))
        self.assertNoResult(fetching)
        self.clock.advance(PATIENCE)
        self.assertTrue(response.transport.disconnecting)
        reason = f"BLOB cannot be fetched: the server said nothing for {PATIENCE} seconds"
        self.assertProblem(self.successResultOf(fetching), reason)

    def test_unreachable(self) -> None:
        """Why the server cannot be reached is told, from below all wrappers."""
        tls = SSL.Error([("SSL routines", "", "certificate verify failed")])
        for error, reason in [
            (ConnectionRefusedError(), "Connection was refused by other side."),
            (DNSLookupError("no such host"), "DNS lookup failed: no such host."),
            (ResponseNeverReceived([Failure(tls)]), str(tls)),
            (ResponseNeverReceived([Failure(ValueError())]), "ValueError"),
            (ValueError("invalid hostname: a..b"), "invalid hostname: a..b"),
        ]:
            fetching = self.fetch(NAME)
            self.agent.answer(Failure(error))
            self.assertProblem(self.successResultOf(fetching), f"BLOB cannot be fetched: {reason}")

    def test_cancelled(self) -> None:
        """Cancelling hangs up, leaves nothing behind, and asks for nothing more."""
        fetching = self.fetch(NAME, *(f"{n}_c1" for n in range(PARALLEL)))
        self.agent.answer(response := Response())
        fetching.cancel()
        self.failureResultOf(fetching).value.subFailure.trap(CancelledError)
        self.assertTrue(response.transport.disconnecting)
        self.assertEqual(PARALLEL - 1, len(self.agent.requests))
        self.assertClean()
