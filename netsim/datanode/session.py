"""A WAMP session that knows who it is to the router."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp import auth
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import Challenge, CloseDetails, ComponentConfig
from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.datanode import place
from netsim.datanode.model import MESSAGE_SIZE, REALM, SERVER, Router
from netsim.errors import NetsimError, RouterError

__all__ = ["RouterSession"]

_log = Logger()


class RouterSession(ApplicationSession):
    """
    Joins as a L{Router} tells, which is the C{extra} of its configuration.

    Without one, as under autobahn's own C{ApplicationRunner}, the environment and the hub of
    this machine tell: L{netsim.datanode.WAMP_USER}, L{netsim.datanode.WAMP_SECRET}.
    """

    def __init__(self, config: ComponentConfig | None = None) -> None:
        super().__init__(config or ComponentConfig(REALM, {}))

    def onConnect(self) -> None:
        """Ask to join the realm."""
        _raise_limits(self.transport)
        router = self.__router()
        if router is None:
            # Where nobody is asked who he is, as on the port of OCS, that will do as well.
            user = place.constant("WAMP_USER") or SERVER
            self.join(self.config.realm or REALM, ["wampcra", "anonymous"], user)
        elif router.user is None:
            self.join(router.realm, ["anonymous"])
        else:
            self.join(router.realm, ["wampcra"], router.user)

    def onChallenge(self, challenge: Challenge) -> str:
        """
        Prove that one knows the secret: WAMP-CRA.

        @raise RouterError: the router asks for something else, or nobody has told the secret.
        @raise HostError: the file of the secret cannot be read.
        """
        if challenge.method != "wampcra":
            raise RouterError(f"the router asks for {challenge.method!r}, which is not offered")
        router = self.__router()
        secret = router.secret if router else place.constant("WAMP_SECRET")
        if not secret:
            raise RouterError("the router asks for a secret, and none was told: WAMP_SECRET")
        extra = challenge.extra
        key: Any = secret
        if "salt" in extra:
            key = auth.derive_key(secret, extra["salt"], extra["iterations"], extra["keylen"])
        return str(auth.compute_wcs(key, extra["challenge"]).decode("ascii"))

    def onLeave(self, details: CloseDetails) -> Any:
        """End what is under way, and the connection."""
        if self.__router() is not None:
            # Who made it tells in better words why; autobahn is silent about this reason.
            details = CloseDetails(CloseDetails.REASON_DEFAULT, details.message)
        return super().onLeave(details)

    def onUserError(self, fail: Failure, msg: str) -> None:
        """Log that something which was called failed."""
        error = fail.value
        name = type(self).__name__
        if isinstance(error, ApplicationError):
            _log.warn("{name}: {reason}", name=name, reason=error.error_message())
        elif isinstance(error, NetsimError):
            _log.warn("{name}: {reason}", name=name, reason=str(error))
        elif not isinstance(error, CancelledError):
            _log.failure("{name}: {what}", fail, name=name, what=msg)

    def __router(self) -> Router | None:
        extra = self.config.extra
        return extra if isinstance(extra, Router) else None


def _raise_limits(transport: Any) -> None:
    # A result over the limit would make its caller wait for ever; 0 is no limit.
    for name in ("maxFramePayloadSize", "maxMessagePayloadSize"):
        if 0 < getattr(transport, name, 0) < MESSAGE_SIZE:
            setattr(transport, name, MESSAGE_SIZE)
