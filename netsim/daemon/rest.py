"""The REST interface, over HTTP: klein finds the operation, and this reads and answers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from twisted.web.server import Request

from netsim.daemon.operations import About, Operations
from netsim.daemon.parameters import read
from netsim.daemon.routes import ROUTES, Route
from netsim.daemon.switchboard import Switchboard
from netsim.web.access import Access, is_loopback
from netsim.web.answers import Call, Reply
from netsim.web.app import check_token, new_app
from netsim.web.door import FrontDoor, send

if TYPE_CHECKING:
    from klein import Klein

__all__ = ["NAME", "SOCKET", "make_api", "make_app"]

SOCKET = b"ws"
"""The WebSocket: it looks at who comes by itself, as it does on its own port."""

NAME = "netsim-daemon"


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
    app = new_app()
    for route in ROUTES:
        path = route.path.replace("{", "<").replace("}", ">")
        answer = _answerer(route, getattr(operations, route.operation), access)
        app.route(path, methods=[route.method], endpoint=route.operation)(answer)
    return app


def _answerer(
    route: Route, operation: Callable[[Call], Any], access: Access
) -> Callable[..., Coroutine[Any, Any, bytes]]:
    async def answer(request: Request, **segments: str) -> bytes:
        if not route.is_open:
            check_token(request, access)
        reply = operation(_call(route, request, segments))
        if not isinstance(reply, Reply):
            reply = await reply
        if reply.after is not None:
            request.notifyFinish().addBoth(lambda _: reply.after())
        return send(request, reply)

    return answer


def _call(route: Route, request: Request, segments: dict[str, str]) -> Call:
    peer = request.getClientAddress()
    return Call(
        read(route.parameters, segments, request.args),
        request.content.read() if route.body and request.content else b"",
        is_loopback(getattr(peer, "host", "")),
    )
