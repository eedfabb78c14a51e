"""Tests for L{netsim.web.assets}."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import readBody
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse
from twisted.web.resource import Resource

from netsim.web import assets
from netsim.web.assets import (
    STATIC,
    Asset,
    AssetResource,
    LateAssetResource,
    accepts_gzip,
    asset_directory,
    plotly_script,
)

CONTENTS = b"h1 { color: red; }\n" * 100


class Later:
    """Does what is submitted when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Deferred[Any], Callable[[], Any]]] = []

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.waiting.append((done, lambda: function(*arguments)))
        return done

    def run(self) -> None:
        for done, work in self.waiting:
            try:
                done.callback(work())
            except OSError:
                done.errback(Failure())
        self.waiting = []


class AssetTestCase(SynchronousTestCase):
    """A test that asks a site in memory."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.root = Resource()

    def write(self, name: str, contents: bytes = CONTENTS) -> Path:
        path = self.directory / name
        path.write_bytes(contents)
        return path

    def ask(self, path: str, method: bytes = b"GET", **headers: str) -> Deferred[IResponse]:
        self.agent = RequestTraversalAgent(self.root)
        fields = {name.replace("_", "-"): [value] for name, value in headers.items()}
        return self.agent.request(method, f"http://host/{path}".encode(), Headers(fields))

    def get(self, path: str, method: bytes = b"GET", **headers: str) -> IResponse:
        asked = self.ask(path, method, **headers)
        self.agent.flush()
        return self.successResultOf(asked)

    def body(self, response: IResponse) -> bytes:
        read = readBody(response)
        self.agent.flush()
        return self.successResultOf(read)

    def header(self, response: IResponse, name: str) -> str | None:
        values = response.headers.getRawHeaders(name)
        return values[0] if values else None


class AcceptsGzipTests(SynchronousTestCase):
    """L{accepts_gzip}."""

    def test_table(self) -> None:
        """It takes what browsers and tools send, and weights of zero at their word."""
        table = {
            None: False,
            "": False,
            "identity": False,
            "gzip": True,
            "GZIP": True,
            "deflate, gzip;q=0.5, br": True,
            "br,gzip": True,
            "*": True,
            "gzip;q=0": False,
            "gzip; q=0.000": False,
            "gzip ; q=1": True,
            "notgzip": False,
        }
        self.assertEqual(table, {header: accepts_gzip(header) for header in table})


class AssetTests(AssetTestCase):
    """L{AssetResource}."""

    def serve(self, name: str = "x.css", contents: bytes = CONTENTS) -> None:
        self.root.putChild(name.encode(), AssetResource(Asset.read(self.write(name, contents))))

    def test_packed(self) -> None:
        """A browser gets it packed."""
        self.serve()
        response = self.get("x.css", Accept_Encoding="gzip, deflate")
        self.assertEqual("gzip", self.header(response, "Content-Encoding"))
        body = self.body(response)
        self.assertLess(len(body), len(CONTENTS) / 5)
        self.assertEqual(CONTENTS, gzip.decompress(body))

    def test_plain(self) -> None:
        """Who cannot unpack gets it as it is."""
        self.serve()
        response = self.get("x.css")
        self.assertEqual(None, self.header(response, "Content-Encoding"))
        self.assertEqual(len(CONTENTS), response.length)
        self.assertEqual(CONTENTS, self.body(response))

    def test_headers(self) -> None:
        """It is what its name says, with security headers, and is asked for each time."""
        for name, kind in [("x.css", "text/css; charset=utf-8"), ("x.svg", "image/svg+xml"),
                           ("x.mjs", "text/javascript; charset=utf-8"),
                           ("x.html", "text/html; charset=utf-8")]:  # fmt: skip
            self.serve(name)
            response = self.get(name)
            self.assertEqual(kind, self.header(response, "Content-Type"))
            self.assertEqual("nosniff", self.header(response, "X-Content-Type-Options"))
            self.assertIn("default-src 'none'", self.header(response, "Content-Security-Policy"))
            self.assertEqual("no-cache", self.header(response, "Cache-Control"))
            self.assertEqual("Accept-Encoding", self.header(response, "Vary"))

    def test_unchanged(self) -> None:
        """Who has it already is told so, in few bytes."""
        self.serve()
        etag = self.header(self.get("x.css"), "ETag")
        response = self.get("x.css", If_None_Match=etag, Accept_Encoding="gzip")
        self.assertEqual(304, response.code)
        self.assertEqual(b"", self.body(response))

    def test_changed(self) -> None:
        """Other contents have another tag."""
        self.serve()
        etag = self.header(self.get("x.css"), "ETag")
        self.serve(contents=b"p { }")
        self.assertEqual(200, self.get("x.css", If_None_Match=etag).code)

    def test_head(self) -> None:
        """HEAD tells of it without it."""
        self.serve()
        response = self.get("x.css", b"HEAD")
        self.assertEqual(200, response.code)
        self.assertEqual(b"", self.body(response))

    def test_noPost(self) -> None:
        """It can be read only."""
        self.serve()
        self.assertEqual(405, self.get("x.css", b"POST").code)


class LateAssetTests(AssetTestCase):
    """L{LateAssetResource}."""

    def setUp(self) -> None:
        super().setUp()
        self.later = Later()
        self.path = self.write("big.js")
        self.root.putChild(b"big.js", LateAssetResource(self.path, self.later.submit))

    def test_notBefore(self) -> None:
        """It is read when it is first asked for, and never again."""
        self.assertEqual([], self.later.waiting)
        first = self.ask("big.js")
        agent = self.agent
        second = self.ask("big.js")
        self.assertEqual(1, len(self.later.waiting))
        self.assertNoResult(first)
        self.later.run()
        self.agent.flush()
        agent.flush()
        for asked in (first, second):
            self.assertEqual(200, self.successResultOf(asked).code)
        self.assertEqual(CONTENTS, self.body(self.get("big.js")))
        self.assertEqual([], self.later.waiting)

    def test_unchanged(self) -> None:
        """The first who asks may have it already."""
        etag = Asset.read(self.path).etag.decode()
        asked = self.ask("big.js", If_None_Match=etag)
        self.later.run()
        self.agent.flush()
        self.assertEqual(304, self.successResultOf(asked).code)

    def test_gone(self) -> None:
        """A browser that did not wait is not answered; the others are."""
        lost = self.ask("big.js")
        lost.addErrback(lambda _: None)
        lost.cancel()
        self.agent.flush()
        kept = self.ask("big.js")
        self.later.run()
        self.agent.flush()
        self.assertEqual(200, self.successResultOf(kept).code)

    def test_unreadable(self) -> None:
        """A file that cannot be read is an error, once; then it is tried again."""
        self.path.unlink()
        asked = self.ask("big.js")
        self.later.run()
        self.agent.flush()
        self.assertEqual(500, self.successResultOf(asked).code)
        self.write("big.js")
        asked = self.ask("big.js")
        self.later.run()
        self.agent.flush()
        self.assertEqual(200, self.successResultOf(asked).code)


class DirectoryTests(AssetTestCase):
    """L{asset_directory}."""

    def test_files(self) -> None:
        """It serves what pages load, and nothing else that lies there."""
        self.write("a.mjs")
        self.write("secret.txt")
        other = self.directory / "more"
        other.mkdir()
        (other / "b.css").write_bytes(b"p { }")
        self.root.putChild(b"assets", asset_directory(self.directory, other))
        paths = ("a.mjs", "b.css", "secret.txt", "more", "", "../a.mjs", "a.mjs/x")
        codes = {path: self.get(f"assets/{path}").code for path in paths}
        self.assertEqual([200, 200, 404, 404, 404, 404], list(codes.values())[:6])

    def test_shared(self) -> None:
        """The shared files can be read."""
        names = {name.decode() for name in asset_directory(STATIC).children}
        self.assertEqual({path.name for path in STATIC.iterdir()}, names)


class PlotlyTests(SynchronousTestCase):
    """L{plotly_script}."""

    def test_installed(self) -> None:
        """It is found in the package, which carries it."""
        script = plotly_script()
        assert script is not None
        self.assertIn(b"plotly.js", script.read_bytes()[:200])

    def test_missing(self) -> None:
        """There is none where plotly is not installed."""
        self.patch(assets.importlib.util, "find_spec", lambda name: None)
        self.assertEqual(None, plotly_script())
