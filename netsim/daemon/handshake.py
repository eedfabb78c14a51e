"""How a WebSocket of the daemon begins: as an HTTP request, which may be refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import txaio
from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.logger import Logger

from netsim.web.access import Access

__all__ = ["MAX_REQUEST", "HandshakeProtocol"]

MAX_REQUEST = 1 << 14
"""Bytes of the request."""

_log = Logger()


class HandshakeProtocol(WebSocketServerProtocol):
    """Lets in whoever L{Access} lets in; everybody else gets an answer as from the REST side."""

    # Nothing of what autobahn has to say is worth a line.
    log = txaio.make_logger(level="error")  # type: ignore[attr-defined]

    factory: Any
    transport: Any

    def consumeData(self) -> None:
        """Read what has come, but no request without an end."""
        super().consumeData()
        if self.state == self.STATE_CONNECTING and len(self.data) > MAX_REQUEST:
            self.failHandshake("the request is too long", 431)

    def onConnect(self, request: ConnectionRequest) -> str | None:
        """Let somebody in, or not."""
        access: Access = self.factory.access
        headers = request.headers
        host, origin = headers.get("host"), headers.get("origin")
        tokens = request.params.get("token", ())
        self._refuse(HTTPStatus.FORBIDDEN, access.host_problem(host))
        self._refuse(HTTPStatus.FORBIDDEN, access.origin_problem(origin, host))
        self._refuse(
            HTTPStatus.UNAUTHORIZED,
            access.token_problem(headers.get("authorization"), tokens, request.protocols),
        )
        return access.subprotocol(request.protocols)

    def sendHttpErrorResponse(
        self, code: int, reason: str, responseHeaders: Sequence[tuple[str, str]] | None = None
    ) -> None:
        """Answer a request that leads to no WebSocket."""
        body = json.dumps({"error": reason}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *(responseHeaders or ()),
        ]
        if code == HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", "Bearer"))
        status = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}"
        lines = [status, *(f"{name}: {value}" for name, value in headers)]
        self.sendData("\r\n".join([*lines, "", ""]).encode() + body)

    def _refuse(self, status: HTTPStatus, problem: str | None) -> None:
        if problem is not None:
            _log.info("A WebSocket of {peer} is refused: {why}", peer=self.peer, why=problem)
            raise ConnectionDeny(status.value, problem)
