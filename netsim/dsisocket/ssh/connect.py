"""From a target to a connection: reach it, check its key, prove ours."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.addresses import Address, join
from netsim.dsisocket.ssh.connection import Connection
from netsim.dsisocket.ssh.hostkeys import KnownHosts
from netsim.dsisocket.ssh.identities import find_identities
from netsim.dsisocket.ssh.target import Target
from netsim.dsisocket.ssh.transport import ClientTransport
from netsim.errors import SshError

__all__ = ["connect"]

log = Logger()


def connect(reactor: Any, target: Target) -> Deferred[Connection]:
    """
    Connect, within the time that the target says.

    Cancelling closes what was opened until then.

    @raise HostKeyError: its key is not the one that we know, or is unknown.
    @raise AuthenticationError: it does not let us in.
    @raise SshError: anything else, in one sentence.
    """
    attempt: Deferred[Any] = Deferred.fromCoroutine(_connect(reactor, target))
    attempt.addErrback(_given_up)
    return attempt.addTimeout(target.timeout, reactor, lambda result, _: _too_late(result, target))


async def _connect(reactor: Any, target: Target) -> Connection:
    known = KnownHosts.read(target.known_hosts.expanduser())
    identities = await find_identities(reactor, target)
    transport: ClientTransport | None = None
    try:
        connection = Connection(target, reactor)
        transport = ClientTransport(target, known, identities, connection)
        await _reach(reactor, target, transport)
        await transport.ready
    finally:
        identities.close()
    log.info("connected to {target}", target=target)
    return connection


async def _reach(reactor: Any, target: Target, transport: ClientTransport) -> None:
    where = join(target.host, target.port)
    endpoint = Address(where, False, target.host, target.port).client(reactor)
    try:
        await endpoint.connect(_Once(transport))
    except (ConnectError, DNSLookupError) as error:
        raise SshError(f"cannot reach {target}: {_text(error)}") from error


class _Once(Factory):
    """Gives the protocol that there is."""

    noisy = False

    def __init__(self, protocol: ClientTransport) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: object) -> ClientTransport:
        """It."""
        return self._protocol


def _text(error: ConnectError | DNSLookupError) -> str:
    """What the system says of it, such as C{Connection refused}, or Twisted."""
    reason = getattr(error, "osError", None)
    if isinstance(reason, int):
        return os.strerror(reason).lower()
    return str(error).lower().rstrip(".")


def _given_up(failure: Failure) -> Failure:
    """Endpoints that are cancelled fail in a way of their own."""
    if failure.check(ConnectingCancelledError):
        raise CancelledError from None
    return failure


def _too_late(result: Any, target: Target) -> Any:
    if not (isinstance(result, Failure) and result.check(CancelledError)):
        return result
    raise SshError(f"cannot reach {target}: it has not let us in within {target.timeout:g} s")
