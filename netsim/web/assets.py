"""
The files that pages load: packed once, told apart by their contents, served from memory.

A browser asks each time whether a file is still the same, so that an upgrade is seen
at once; the answer that it is has no body.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from netsim.web.headers import secure
from netsim.worker import Submit

__all__ = [
    "STATIC",
    "Asset",
    "AssetResource",
    "LateAssetResource",
    "accepts_gzip",
    "asset_directory",
    "page_assets",
    "plotly_script",
]

STATIC = Path(__file__).with_name("static")
"""The files that all pages share."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_OTHER = "application/octet-stream"


@frozen
class Asset:
    """
    A file as it is served.

    @ivar packed: its contents, by gzip.
    @ivar etag: changes when the contents do.
    """

    content_type: str
    packed: bytes
    etag: bytes

    @classmethod
    def read(cls, path: Path) -> Asset:
        """
        Read a file, and pack it; a large one takes a while.

        @raise OSError: it cannot be read.
        """
        contents = path.read_bytes()
        # Weak: it is the same for the packed and the plain form.
        etag = f'W/"{hashlib.sha256(contents).hexdigest()[:32]}"'
        packed = gzip.compress(contents, mtime=0)
        return cls(_TYPES.get(path.suffix, _OTHER), packed, etag.encode())


def accepts_gzip(header: str | None) -> bool:
    """Whether an C{Accept-Encoding} allows gzip."""
    for entry in (header or "").lower().split(","):
        coding, _, weight = entry.replace(" ", "").partition(";q=")
        if coding in ("gzip", "x-gzip", "*"):
            return weight.strip("0.") != "" if weight else True
    return False


def plotly_script() -> Path | None:
    """Find the chart library in the installed plotly, which is not imported: it is large."""
    try:
        spec = importlib.util.find_spec("plotly")
    except ValueError:
        return None
    for place in (spec and spec.submodule_search_locations) or ():
        script = Path(place) / "package_data" / "plotly.min.js"
        if script.is_file():
            return script
    return None


class AssetResource(Resource):
    """Serves one file, with the headers that make it safe to show."""

    isLeaf = True

    def __init__(self, asset: Asset) -> None:
        super().__init__()
        self._asset = asset

    def render_GET(self, request: Request) -> bytes:
        """Answer with the file, or that it has not changed."""
        return serve(request, self._asset)


class LateAssetResource(Resource):
    """
    Serves one large file, which is read when it is first asked for.

    @param submit: where it is read and packed, so that nobody waits for that.
    """

    isLeaf = True
    log = Logger()

    def __init__(self, path: Path, submit: Submit) -> None:
        super().__init__()
        self._path = path
        self._submit = submit
        self._reading = False
        self._asset: Asset | None = None
        self._waiting: list[Request] = []

    def render_GET(self, request: Request) -> bytes | int:
        """Answer with the file, once it is read."""
        if self._asset is not None:
            return serve(request, self._asset)
        self._waiting.append(request)
        # Who has left cannot be answered.
        request.notifyFinish().addErrback(lambda _: self._waiting.remove(request))
        if not self._reading:
            self._reading = True
            read: Deferred[Asset] = self._submit(Asset.read, self._path)
            read.addCallbacks(self._read, self._failed)
        return NOT_DONE_YET

    def _read(self, asset: Asset) -> None:
        self._asset = asset
        for request in self._take_waiting():
            request.write(serve(request, asset))
            request.finish()

    def _failed(self, failure: Failure) -> None:
        self.log.error("{path}: {reason}", path=self._path, reason=failure.getErrorMessage())
        for request in self._take_waiting():
            request.setResponseCode(http.INTERNAL_SERVER_ERROR)
            request.finish()

    def _take_waiting(self) -> list[Request]:
        waiting, self._waiting, self._reading = self._waiting, [], False
        return waiting


def serve(request: Request, asset: Asset) -> bytes:
    """Set the headers for a file; the body of the answer."""
    secure(request)
    request.setHeader("Content-Type", asset.content_type)
    request.setHeader("Cache-Control", "no-cache")
    request.setHeader("Vary", "Accept-Encoding")
    if request.setETag(asset.etag) is http.CACHED:
        return b""
    body = asset.packed
    if accepts_gzip(request.getHeader("Accept-Encoding")):
        request.setHeader("Content-Encoding", "gzip")
    else:
        body = gzip.decompress(body)
    request.setHeader("Content-Length", str(len(body)))
    return body


def page_assets(page: Path, submit: Submit) -> Resource:
    """
    Serve what a page loads: its files, those that all pages share, and the chart library.

    @param page: the directory of its files, which are read now.
    @param submit: where large files are read, when they are asked for.
    @raise OSError: one cannot be read.
    """
    assets = asset_directory(STATIC, page)
    charts = plotly_script()
    if charts is not None:
        assets.putChild(b"plotly.min.js", LateAssetResource(charts, submit))
    return assets


def asset_directory(*directories: Path) -> Resource:
    """
    Serve the files of these directories; they are read now.

    @raise OSError: one cannot be read.
    """
    resource = Resource()
    for directory in directories:
        for path in sorted(directory.iterdir()):
            if path.suffix in _TYPES:
                resource.putChild(path.name.encode(), AssetResource(Asset.read(path)))
    return resource
