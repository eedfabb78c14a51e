"""What is opened and closed: on the reactor, from code that blocks, and as a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from netsim import background


class Openable(Service):
    """A subclass says how: C{open} and C{close}, for who waits for them on the reactor."""

    log = Logger()

    def open(self) -> Deferred[Any]:
        """Open all of it, or nothing."""
        raise NotImplementedError

    def close(self) -> Deferred[Any]:
        """Close whatever is open."""
        raise NotImplementedError

    def stop(self) -> Any:
        """Close, from any thread: this blocks, or is a L{Deferred} in the reactor's own."""
        return background.call_anywhere(self.close)

    def startService(self) -> None:
        """Open; what goes wrong is logged."""
        super().startService()
        self.open().addErrback(lambda failure: self.log.critical(failure.getErrorMessage()))

    def stopService(self) -> Deferred[Any]:
        """Close."""
        super().stopService()
        return self.close()

    def from_anywhere(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call what opens it, as L{stop} closes; what a user interrupts is closed."""
        try:
            return background.call_anywhere(function, *args)
        except KeyboardInterrupt:
            self.stop()
            raise
