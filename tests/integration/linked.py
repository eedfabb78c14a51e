"""
Programs with a link, for L{tests.integration.test_link}.

C{linked.py cli URL NAME} logs numbers, C{linked.py web URL NAME} calls an action.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import LoopingCall, deferLater, react
from twisted.logger import globalLogBeginner, textFileLogObserver
from zope.interface import implementer

from netsim.errors import ActionError, PeerError
from netsim.status.interfaces import IActions
from netsim.status.link import Link
from netsim.status.model import Settings
from netsim.status.web import Frontend

EVERY = 0.005
"""Seconds between two lines."""


@implementer(IActions)
class Actions:
    """One action."""

    def describe(self) -> dict[str, Any]:
        """What it takes."""
        return {"double": {"args": {"x": "int"}, "blocking": False, "description": "Twice x."}}

    def call(self, name: str, args: Any) -> Deferred[Any]:
        """Do it."""
        if name != "double":
            raise ActionError(f"there is no action {name!r}")
        return succeed(2 * args["x"])


async def tell(reactor: Any, url: str, name: str) -> None:
    """Log numbers until a signal comes; then one more line."""
    link = Link(reactor, name, Settings(url, interval=0.1, launch=False), actions=Actions())
    numbers = iter(range(10**9))

    def count() -> None:
        number = next(numbers)
        link.log("info", str(number), "linked")
        link.set("number", number)

    counting = LoopingCall(count)
    counting.clock = reactor
    stopped: Deferred[None] = Deferred()

    def stop() -> Deferred[Any]:
        counting.stop()
        link.log("info", f"the end after {next(numbers)}")
        link.set("stage", "done")
        return link.stopService()

    reactor.addSystemEventTrigger("before", "shutdown", stop)
    link.startService()
    counting.start(EVERY)
    print("started", flush=True)
    await link.when_connected()
    print("connected", flush=True)
    await stopped


async def ask(reactor: Any, url: str, name: str) -> None:
    """Call an action, wait for a line, and say what came."""
    logged: Deferred[Any] = Deferred()

    def take(payload: Any) -> None:
        if not logged.called:
            logged.callback(payload)

    frontend = Frontend(reactor, name, Settings(url), take)
    frontend.startService()
    await frontend.when_connected()
    result = None
    while result is None:
        try:
            result = await frontend.call("double", {"x": 21}, timeout=10)
        except PeerError:
            # The program's status is there before its connection.
            await deferLater(reactor, 0.1)
    print("result", result, flush=True)
    try:
        await frontend.call("other", timeout=10)
    except ActionError as error:
        print("error", error, flush=True)
    print("logged", (await logged)["log"]["whom"], flush=True)
    await frontend.stopService()


def main(reactor: Any, role: str, url: str, name: str) -> Deferred[None]:
    """Play one of the roles."""
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    role_of = {"cli": tell, "web": ask}[role]
    return Deferred.fromCoroutine(role_of(reactor, url, name))


if __name__ == "__main__":
    react(main, sys.argv[1:])
