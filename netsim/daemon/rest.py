"""The REST interface, over HTTP: klein finds the operation, and this reads and answers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import Request

from netsim.daemon.operations import About, Operations
from netsim.daemon.parameters import read
from netsim.daemon.routes import ROUTES, Route
from netsim.daemon.switchboard import Switchboard
from netsim.web.access import Access, is_loopback
from netsim.web.answers import Call, Refusal, Reply
from netsim.web.door import FrontDoor, send

if TYPE_CHECKING:
    from klein import Klein

__all__ = ["NAME", "SOCKET", "make_api", "make_app"]

SOCKET = b"ws"
"""The WebSocket: it looks at who comes by itself, as it does on its own port."""

NAME = "netsim-daemon"

_log = Logger()


def make_api(
    switchboard: Switchboard, access: Access, about: About, shutdown: Callable[[], None]
) -> FrontDoor:
    """
    Make the root of the daemon's HTTP.

    It answers the REST interface; the page, its files, the documentation and the
    WebSocket are put into it as children.

    @param shutdown: ends the daemon.
    """
    app = make_app(Operations(switchboard, about, shutdown), access)
    return FrontDoor(app.resource(), access, NAME, switchboard.touch, (SOCKET,))


def make_app(operations: Operations, access: Access) -> Klein:
    """Give every route of the table to klein."""
    # Importing klein installs a reactor.
    from klein import Klein
    from werkzeug.exceptions import HTTPException

    app = Klein()
    for route in ROUTES:
        path = route.path.replace("{", "<").replace("}", ">")
        answer = _answerer(route, getattr(operations, route.operation), access)
        app.route(path, methods=[route.method], endpoint=route.operation)(answer)
    handle: Callable[..., Any] = app.handle_errors
    handle(HTTPException)(_not_routed)
    handle(Exception)(_failed)
    return app


def _answerer(
    route: Route, operation: Callable[[Call], Any], access: Access
) -> Callable[..., Coroutine[Any, Any, bytes]]:
    async def answer(request: Request, **segments: str) -> bytes:
        try:
            if not route.is_open:
                _check_token(request, access)
            reply = operation(_call(route, request, segments))
            if not isinstance(reply, Reply):
                reply = await reply
        except Refusal as refusal:
            reply = refusal.reply
        if reply.after is not None:
            request.notifyFinish().addBoth(lambda _: reply.after())
        return send(request, reply)

    return answer


def _check_token(request: Request, access: Access) -> None:
    """@raise Refusal: there is none, or another one."""
    tokens = [token.decode("utf-8", "replace") for token in request.args.get(b"token", [])]
    if problem := access.token_problem(request.getHeader("Authorization"), tokens):
        raise Refusal(401, problem, headers={"WWW-Authenticate": "Bearer"})


def _call(route: Route, request: Request, segments: dict[str, str]) -> Call:
    peer = request.getClientAddress()
    return Call(
        read(route.parameters, segments, request.args),
        request.content.read() if route.body and request.content else b"",
        is_loopback(getattr(peer, "host", "")),
    )


def _not_routed(request: Request, failure: Failure) -> bytes:
    """There is no such path, or it has not this method."""
    methods: Iterable[str] | None = getattr(failure.value, "valid_methods", None)
    if methods is None:
        return send(request, Refusal(404, "there is nothing at this path").reply)
    allow = {"Allow": ", ".join(sorted({*methods, "OPTIONS"}))}
    if request.method == b"OPTIONS":
        return send(request, Reply(status=204, headers=allow))
    method = request.method.decode("ascii", "replace")
    return send(request, Refusal(405, f"this path has no {method}", headers=allow).reply)


def _failed(request: Request, failure: Failure) -> bytes:
    """A mistake in the code."""
    if not failure.check(CancelledError):
        _log.failure("cannot answer {method}", failure, method=request.method)
    return send(request, Refusal(500, "the daemon failed; its log says why").reply)
