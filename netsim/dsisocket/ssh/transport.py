"""The encrypted connection to a server, up to the point where it has let us in."""

from __future__ import annotations

from typing import Any

from twisted.conch.ssh.transport import DISCONNECT_BY_APPLICATION, SSHClientTransport
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import ITCPTransport
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.dsisocket.ssh.auth import Authentication
from netsim.dsisocket.ssh.connection import Connection
from netsim.dsisocket.ssh.hostkeys import KnownHosts, UnknownHostKey, fingerprint, key_type
from netsim.dsisocket.ssh.identities import Identities
from netsim.dsisocket.ssh.quiet import QuietLog
from netsim.dsisocket.ssh.target import Target
from netsim.errors import AuthenticationError, HostKeyError, NetsimError, SshError

__all__ = ["ClientTransport", "host_key_algorithms"]

_HOST_KEYS = {
    "ssh-ed25519": (b"ssh-ed25519",),
    "ecdsa-sha2-nistp256": (b"ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": (b"ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": (b"ecdsa-sha2-nistp521",),
    "ssh-rsa": (b"rsa-sha2-512", b"rsa-sha2-256"),
}
"""What hosts may sign with, by the type of their key, the best first."""


def host_key_algorithms(known: tuple[str, ...]) -> list[bytes]:
    """
    In which order we ask for the keys of a host.

    It chooses by our order: a key that we do not know must not come before one that we do.
    """
    kinds = [kind for kind in known if kind in _HOST_KEYS]
    return [name for kind in dict.fromkeys([*kinds, *_HOST_KEYS]) for name in _HOST_KEYS[kind]]


class ClientTransport(SSHClientTransport):
    """
    Checks the key of the host, has it check ours, and starts the connection.

    @ivar ready: fires with the L{Connection}; or fails, and the transport is closed.
    """

    supportedCiphers = [
        name for name in (b"aes128-ctr", b"aes256-ctr", b"aes192-ctr")
        if name in SSHClientTransport.supportedCiphers
    ]  # fmt: skip
    supportedMACs = [b"hmac-sha2-256", b"hmac-sha2-512"]
    supportedKeyExchanges = [
        name for name in SSHClientTransport.supportedKeyExchanges if not name.endswith(b"sha1")
    ]
    supportedCompressions = [b"none"]
    transport: Any
    _log: Any = QuietLog(__name__)
    log = Logger()

    def __init__(
        self, target: Target, known: KnownHosts, identities: Identities, connection: Connection
    ) -> None:
        self.ready: Deferred[Connection] = Deferred(self._cancelled)
        self.supportedPublicKeys = host_key_algorithms(known.key_types(target.host, target.port))
        self._target = target
        self._known = known
        self._connection = connection
        self._authentication = Authentication(target, connection, identities)
        self._reason: NetsimError | None = None
        self._is_secure = False
        self._is_ready = False

    def connectionMade(self) -> None:
        """Begin."""
        if ITCPTransport.providedBy(self.transport):
            # Small packets follow each other, and each is waited for.
            self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Tell whoever waits."""
        if self.service is None:
            # Conch stops the one that was started only.
            self._authentication.serviceStopped()
        super().connectionLost(reason)
        self.give_up(SshError(f"{self._target} closed the connection before it let us in"))

    def verifyHostKey(self, hostKey: bytes, fingerprint: bytes) -> Deferred[bool]:
        """Compare it with what is known."""
        try:
            self._check(hostKey)
        except HostKeyError as error:
            self._reason = self._reason or error
            return fail(error)
        return succeed(True)

    def connectionSecure(self) -> None:
        """Go on; this comes again each time that keys are exchanged anew."""
        if not self._is_secure:
            self._is_secure = True
            self.requestService(self._authentication)

    def setService(self, service: Any) -> None:
        """Start a service; the last one is what was waited for."""
        super().setService(service)
        if service is self._connection and not self._is_ready:
            self._is_ready = True
            self.ready.callback(self._connection)

    def receiveError(self, reasonCode: int, description: bytes) -> None:
        """The server says why it disconnects."""
        text = description.decode(errors="replace")
        if self._is_ready:
            self.log.warn("{target} disconnects: {text}", target=self._target, text=text)
        elif self.service is self._authentication:
            # "Too many authentication failures" is the usual one.
            self._reason = AuthenticationError(
                f"{self._authentication.explain([])}; it said: {text}"
            )
        else:
            self._reason = SshError(f"{self._target} disconnects: {text}")

    def sendDisconnect(self, reason: int, desc: bytes) -> None:
        """Say why we disconnect."""
        text = desc.decode(errors="replace")
        self._reason = self._reason or SshError(f"no SSH with {self._target}: {text}")
        if self._is_ready and reason != DISCONNECT_BY_APPLICATION:
            self.log.warn("disconnecting {target}: {text}", target=self._target, text=text)
        super().sendDisconnect(reason, desc)

    def give_up(self, error: NetsimError) -> None:
        """Close it, for this reason, unless there was one before."""
        if not self._is_ready:
            self._is_ready = True
            self.abort()
            self.ready.errback(self._reason or error)

    def abort(self) -> None:
        """Close it now."""
        if self.transport is not None:
            self.transport.abortConnection()

    def _cancelled(self, _: Deferred[Connection]) -> None:
        self._is_ready = True
        self.abort()

    def _check(self, key: bytes) -> None:
        host, port = self._target.host, self._target.port
        try:
            self._known.check(host, port, key)
        except UnknownHostKey:
            if not self._target.accept_new:
                raise
            self._known = self._known.store(host, port, key)
            self.log.warn(
                "{target} is trusted from now on: {kind} {fingerprint} is added to {path}",
                target=self._target,
                kind=key_type(key),
                fingerprint=fingerprint(key),
                path=self._known.path,
            )
