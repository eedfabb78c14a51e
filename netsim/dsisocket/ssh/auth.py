"""
Proves to a server who we are (RFC 4252): with keys, then with a password.

Conch's own client signs with RSA and SHA-1 only, which OpenSSH refuses since 8.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.service import SSHService
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from netsim.dsisocket.ssh.hostkeys import key_type
from netsim.dsisocket.ssh.identities import Identities, Identity, algorithm
from netsim.dsisocket.ssh.quiet import QuietLog
from netsim.dsisocket.ssh.target import Target
from netsim.errors import AuthenticationError, NetsimError

__all__ = ["Authentication"]

_REQUEST = 50


class Authentication(SSHService):
    """
    The service C{ssh-userauth}.

    Its transport is told how it ends: C{setService} with the next service, or
    C{give_up} with an L{AuthenticationError}.
    """

    name = b"ssh-userauth"
    protocolMessages = {
        51: "MSG_USERAUTH_FAILURE",
        52: "MSG_USERAUTH_SUCCESS",
        53: "MSG_USERAUTH_BANNER",
        60: "MSG_USERAUTH_PK_OK",
    }
    transport: Any
    _log: Any = QuietLog(__name__)

    def __init__(self, target: Target, following: SSHService, identities: Identities) -> None:
        self._target = target
        self._following = following
        self._left: Iterator[Identity] = iter(identities.known)
        self._problems = identities.problems
        self._tried: list[str] = []
        self._current: Identity | None = None
        self._signing: Deferred[bytes] | None = None
        self._password = target.password

    def serviceStarted(self) -> None:
        """Ask what the server accepts."""
        self._ask(b"none", b"")

    def serviceStopped(self) -> None:
        """Forget what is being signed."""
        if self._signing is not None:
            self._signing.cancel()

    def ssh_USERAUTH_SUCCESS(self, packet: bytes) -> None:
        """We are in."""
        self.transport.setService(self._following)

    def ssh_USERAUTH_BANNER(self, packet: bytes) -> None:
        """A text for people, of which there are none here."""

    def ssh_USERAUTH_FAILURE(self, packet: bytes) -> None:
        """Not so: try the next."""
        methods = getNS(packet)[0].split(b",")
        self._current = next(self._left, None) if b"publickey" in methods else None
        if self._current is not None:
            self._tried.append(str(self._current))
            self._ask(b"publickey", b"\0" + self._public(self._current))
        elif b"password" in methods and self._password is not None:
            self._tried.append("the password")
            password, self._password = self._password, None
            self._ask(b"password", b"\0" + NS(password.reveal().encode()))
        else:
            self.transport.give_up(AuthenticationError(self.explain(methods)))

    def ssh_USERAUTH_PK_OK(self, packet: bytes) -> None:
        """The server would accept that key: sign with it."""
        identity = self._current
        if identity is None:
            # It wants another password, and we have none.
            self._ask(b"none", b"")
            return
        public = self._public(identity)
        head = NS(self._target.user.encode()) + NS(self._following.name) + NS(b"publickey")
        text = NS(self.transport.sessionID) + bytes([_REQUEST]) + head + b"\1" + public
        self._signing = Deferred.fromCoroutine(identity.sign(self._algorithm(identity), text))  # type: ignore[arg-type]
        self._signing.addCallback(
            lambda signed: self._ask(b"publickey", b"\1" + public + NS(signed))
        )
        self._signing.addErrback(self._not_signed, identity)

    def explain(self, methods: list[bytes]) -> str:
        """What was tried, and what the server would accept."""
        accepts = b", ".join(methods).decode("ascii", "replace")
        tried = ", ".join(self._tried) or "nothing, as there is no key"
        text = f"{self._target} does not let us in; tried: {tried}; it accepts: {accepts}"
        return "; ".join([text, *self._problems])

    def _ask(self, method: bytes, rest: bytes) -> None:
        user, service = self._target.user.encode(), self._following.name
        self.transport.sendPacket(_REQUEST, NS(user) + NS(service) + NS(method) + rest)

    def _algorithm(self, identity: Identity) -> bytes:
        told = self.transport.peerExtensions.get(b"server-sig-algs", b"")
        return algorithm(key_type(identity.blob), told.split(b",") if told else ())

    def _public(self, identity: Identity) -> bytes:
        return NS(self._algorithm(identity)) + NS(identity.blob)

    def _not_signed(self, failure: Failure, identity: Identity) -> None:
        if failure.check(CancelledError):
            return
        if not failure.check(NetsimError):
            self._log.failure("{identity} does not sign", failure, identity=identity)
        self._problems += (f"{identity.label} does not sign: {failure.getErrorMessage()}",)
        self._ask(b"none", b"")
