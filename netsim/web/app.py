"""What every klein application of netsim answers alike: mistakes, and who has to know what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import Request

from netsim.web.access import Access
from netsim.web.answers import Refusal, Reply
from netsim.web.door import send

if TYPE_CHECKING:
    from klein import Klein

__all__ = ["check_token", "new_app"]

_log = Logger()


def new_app() -> Klein:
    """Make an application that has no route yet; what fails in it is answered in JSON."""
    # Importing klein installs a reactor.
    from klein import Klein
    from werkzeug.exceptions import HTTPException

    app = Klein()
    handle: Callable[..., Any] = app.handle_errors
    handle(HTTPException)(_not_routed)
    handle(Refusal)(_refused)
    handle(Exception)(_failed)
    return app


def check_token(request: Request, access: Access) -> None:
    """@raise Refusal: there is none, or another one."""
    tokens = [token.decode("utf-8", "replace") for token in request.args.get(b"token", [])]
    if problem := access.token_problem(request.getHeader("Authorization"), tokens):
        raise Refusal(401, problem, headers={"WWW-Authenticate": "Bearer"})


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


def _refused(request: Request, failure: Failure) -> bytes:
    """What is asked for cannot be done."""
    refusal: Any = failure.value
    return send(request, refusal.reply)


def _failed(request: Request, failure: Failure) -> bytes:
    """A mistake in the code."""
    if not failure.check(CancelledError):
        _log.failure("cannot answer {method}", failure, method=request.method)
    return send(request, Refusal(500, "the server failed; its log says why").reply)
