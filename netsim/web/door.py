"""The root of what a server has for HTTP: who may come in, and where to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from urllib.parse import quote_from_bytes, unquote_to_bytes

from twisted.web.http_headers import Headers
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request

from netsim.web.access import Access
from netsim.web.answers import Refusal, Reply
from netsim.web.headers import HEADERS

__all__ = ["Answered", "FrontDoor", "Refused", "send"]

SAFE_METHODS = (b"GET", b"HEAD")
"""Those that change nothing, and whose answers a page of somebody else's cannot read."""

POLICY = "default-src 'none'; frame-ancestors 'none'"
REMEMBERED = 600
"""Seconds for which a browser need not ask again what pages of other servers may do."""


def send(request: Request, reply: Reply) -> bytes:
    """Set status and headers of an answer; its body."""
    request.setResponseCode(reply.status)
    for name, value in {**HEADERS, **reply.headers}.items():
        request.setHeader(name, value)
    request.setHeader("Cache-Control", "no-store")
    request.setHeader("Content-Security-Policy", POLICY)
    if reply.status != 204:
        request.setHeader("Content-Type", "application/json")
        request.setHeader("Content-Length", str(len(reply.body)))
    return reply.body


class Answered(Resource):
    """Has one answer, whatever the method."""

    isLeaf = True

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self._reply = reply

    def render(self, request: Request) -> bytes:
        """Answer."""
        body = send(request, self._reply)
        # Twisted would complain about one that it does not send.
        return b"" if request.method == b"HEAD" else body


class Refused(Answered):
    """Says why a request is not done."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reply)


class FrontDoor(Resource):
    """
    The root: looks at who comes, and shows the way.

    What is put into it is found by the first part of a path; everything else is the REST
    interface's.  Doubled slashes, and one at the end, make no difference to that.
    """

    def __init__(
        self,
        api: IResource,
        access: Access,
        server: str,
        touch: Callable[[], None] | None = None,
        unchecked: Collection[bytes] = (),
    ) -> None:
        """
        @param server: the name that every answer tells.
        @param touch: called for every request.
        @param unchecked: children that look at who comes by themselves, as a WebSocket does
            that is on a port of its own, too.
        """
        super().__init__()
        self._api = api
        self._access = access
        self._server = server
        self._touch = touch
        self._unchecked = frozenset(unchecked)

    def getChildWithDefault(self, path: bytes, request: Request) -> IResource:
        """Find who answers, or why nobody will."""
        if self._touch is not None:
            self._touch()
        _mend(request.requestHeaders)
        request.setHeader("Server", self._server)
        parts = [part for part in request.path.split(b"/") if part]
        first = unquote_to_bytes(parts[0]) if parts else b""
        if first in self._unchecked and first in self.children:
            return self._enter(request, parts)
        try:
            self._check(request)
            if self._access.welcomes(request.getHeader("Origin")) and _welcome(request):
                return Answered(_preflight(request))
            if first in self.children:
                return self._enter(request, parts)
            request.prepath, request.postpath = [], [_canonical(part) for part in parts] or [b""]
        except Refusal as refusal:
            return Refused(refusal)
        return self._api

    def _enter(self, request: Request, parts: list[bytes]) -> IResource:
        # A directory is told from a file by the slash at its end.
        end = [b""] if len(parts) and request.path.endswith(b"/") else []
        names = [unquote_to_bytes(part) for part in parts] or [b""]
        request.prepath, request.postpath = names[:1], [*names[1:], *end]
        child: IResource = self.children[names[0]]
        return child

    def _check(self, request: Request) -> None:
        """@raise Refusal: this request may not come in."""
        host = request.getHeader("Host")
        if not _is_hostname(request.getRequestHostname()):
            raise Refusal(400, "the Host is none")
        if problem := self._access.host_problem(host):
            raise Refusal(403, problem)
        if request.method in SAFE_METHODS or self._access.welcomes(request.getHeader("Origin")):
            return
        if request.getHeader("Sec-Fetch-Site") == "cross-site":
            raise Refusal(403, "pages of other servers may not do this")
        if problem := self._access.origin_problem(request.getHeader("Origin"), host):
            raise Refusal(403, problem)


def _welcome(request: Request) -> bool:
    """
    Let a page of another server read the answer, by the rules of CORS.

    @return: it only asks what it may do.
    """
    request.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin"))
    request.setHeader("Access-Control-Expose-Headers", "*")
    request.setHeader("Vary", "Origin")
    asked = request.getHeader("Access-Control-Request-Method") is not None
    return bool(request.method == b"OPTIONS" and asked)


def _preflight(request: Request) -> Reply:
    allowed = {
        "Access-Control-Allow-Headers": request.getHeader("Access-Control-Request-Headers") or "",
        "Access-Control-Allow-Methods": request.getHeader("Access-Control-Request-Method") or "",
        "Access-Control-Max-Age": str(REMEMBERED),
    }
    return Reply(status=204, headers=allowed)


def _mend(headers: Headers) -> None:
    """Twisted takes all values for UTF-8, and fails where they are not."""
    for name, values in list(headers.getAllRawHeaders()):
        if not all(map(bytes.isascii, values)):
            mended = [value.decode("latin-1").encode("utf-8") for value in values]
            headers.setRawHeaders(name, mended)


def _canonical(part: bytes) -> bytes:
    """
    Write a part of a path in the one way that it can be compared.

    @raise Refusal: it is not UTF-8.
    """
    plain = unquote_to_bytes(part)
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "the path is not UTF-8") from None
    return quote_from_bytes(plain, safe="").encode()


def _is_hostname(host: bytes) -> bool:
    # What matches routes takes it for a domain name, though no route asks for it.
    try:
        host.decode("ascii").encode("idna")
    except UnicodeError:
        return False
    return True
