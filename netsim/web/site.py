"""How HTTP is read: bodies are bounded, silence is not waited for, and nothing is logged."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.web.resource import IResource
from twisted.web.server import Request, Site

from netsim.web.answers import Refusal
from netsim.web.door import Refused

__all__ = ["make_site"]

TIMEOUT = 30.0
"""Seconds of silence, after which a connection without a request is closed."""

LONGEST = 1 << 20
"""Bytes of a body, unless a server says otherwise."""

SPILL = 16 << 20
"""Bytes beyond the limit that are read and dropped, so that the sender gets its answer."""


class BoundedRequest(Request):
    """
    A request whose body takes no more memory than is allowed.

    @cvar longest: bytes of a body; C{make_site} sets it.
    """

    longest = LONGEST

    def gotLength(self, length: int | None) -> None:
        """A body of this length will come; L{None} where it comes in chunks."""
        # Not a temporary file, however long: disks can be slow, and this is not much.
        self.content = self._kept = BytesIO()
        self._size = 0

    def handleContentChunk(self, data: bytes) -> None:
        """Keep what comes, and drop what is too much."""
        self._size += len(data)
        if self._size <= self.longest:
            self._kept.write(data)
        elif self._size > self.longest + SPILL:
            self._cut()

    def process(self) -> None:
        """Answer: the whole body has come."""
        if self._size <= self.longest:
            super().process()
        elif self._size <= self.longest + SPILL:
            self.site = getattr(self.channel, "site", None)
            self.render(Refused(self._too_large()))

    def __repr__(self) -> str:
        """What logs may show: the rest of a URL may hold a token."""
        return f"<{type(self).__name__} {self.method!r} {getattr(self, 'path', None)!r}>"

    def _cut(self) -> None:
        channel: Any = self.channel
        reply = self._too_large().reply
        head = (
            f"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(reply.body)}\r\n\r\n"
        )
        channel.transport.write(head.encode() + reply.body)
        channel.loseConnection()
        # What still comes is not even looked at.
        channel.dataReceived = _drop

    def _too_large(self) -> Refusal:
        return Refusal(413, f"the body is larger than {self.longest} bytes")


def _drop(data: bytes) -> None:
    pass


class QuietSite(Site):
    """A site without a log of requests: their URLs may hold tokens."""

    noisy = False

    def log(self, request: Any) -> None:
        """Say nothing."""


def make_site(root: IResource, longest: int = LONGEST, reactor: IReactorTime | None = None) -> Site:
    """
    Serve this over HTTP.

    @param longest: bytes of a body.
    @param reactor: the clock of its timeouts; by default the global reactor.
    """
    requests = type("_Request", (BoundedRequest,), {"longest": longest})
    return QuietSite(
        root, requests, timeout=TIMEOUT, reactor=reactor, parsePOSTFormSubmission=False
    )
