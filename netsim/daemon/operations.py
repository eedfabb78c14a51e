"""What the REST interface does: a method for each operation of the table of routes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from attrs import asdict, evolve, frozen
from twisted.internet.defer import Deferred

from netsim.daemon import views
from netsim.daemon.bodies import read_arguments, read_status
from netsim.daemon.history import HistoryQuery, LogQuery
from netsim.daemon.model import Limits, ProjectState
from netsim.daemon.openapi import describe
from netsim.daemon.routes import ROUTES
from netsim.daemon.switchboard import Answer, Switchboard
from netsim.errors import LimitError
from netsim.web.answers import Call, Refusal, Reply, spliced

__all__ = ["About", "Operations"]

HELLO = "netsim-daemon"
"""By which programs know that what answers is a daemon."""

OK = 200
OFFLINE = 404
UNAVAILABLE = 503
"""What HTTP calls it: the project is there, its program is not."""

T = TypeVar("T")


@frozen
class About:
    """
    What the daemon tells about itself.

    @ivar database: where history is kept, if on disk.
    @ivar uptime: seconds since it was started.
    @ivar has_token: requests need a token.
    """

    version: str
    limits: Limits
    uptime: Callable[[], float]
    database: Path | None = None
    has_token: bool = False


class Operations:
    """
    The operations.

    Each takes a L{Call} and gives a L{Reply}, or a coroutine of one.

    @raise Refusal: by each, where it cannot be done.
    """

    def __init__(
        self, switchboard: Switchboard, about: About, shutdown: Callable[[], None]
    ) -> None:
        """@param shutdown: ends the daemon."""
        self._switchboard = switchboard
        self._about = about
        self._shutdown = shutdown
        self._openapi = Reply.of(describe(ROUTES, about.version, about.has_token))

    def hello(self, call: Call) -> Reply:
        """Tell that a daemon is here."""
        return Reply.of({"hello": HELLO, "version": self._about.version})

    def sync(self, call: Call) -> Reply:
        """Keep a status."""
        try:
            self._switchboard.sync(call.values["name"], read_status(call.body))
        except LimitError as error:
            raise Refusal(429, str(error)) from None
        return Reply.of({"result": OK})

    def list_names(self, call: Call) -> Reply:
        """List the names of all projects."""
        return Reply.of({"names": [state.name for state in self._switchboard.projects()]})

    def raw_status(self, call: Call) -> Reply:
        """Show a status as it was sent."""
        return Reply.of(self._state(call).status)

    def shut_down(self, call: Call) -> Reply:
        """End the daemon."""
        if not (call.is_local or self._about.has_token):
            raise Refusal(403, "only this machine may end the daemon, as it has no token")
        return evolve(Reply.of({"result": OK}), after=self._shutdown)

    def list_projects(self, call: Call) -> Reply:
        """List all projects."""
        states = self._switchboard.projects()
        return Reply.of({"projects": [views.project(state) for state in states]})

    def show_project(self, call: Call) -> Reply:
        """Show one project."""
        return Reply.of(views.project(self._state(call)))

    def forget_project(self, call: Call) -> Reply:
        """Remove a project, and what is kept of it."""
        name = self._state(call).name
        self._switchboard.forget(name)
        if self._switchboard.project(name) is not None:
            raise Refusal(409, "the project is in use: a program of it is connected")
        return Reply(status=204)

    def show_status(self, call: Call) -> Reply:
        """Show what a program tells about itself."""
        return Reply.of(views.status(self._state(call)))

    async def list_history(self, call: Call) -> Reply:
        """List earlier statuses."""
        self._state(call)
        query = HistoryQuery(**call.values)
        return spliced("entries", await _uncancelled(self._switchboard.archive.history(query)))

    async def list_logs(self, call: Call) -> Reply:
        """List log lines."""
        self._state(call)
        query = LogQuery(**call.values)
        return spliced("logs", await _uncancelled(self._switchboard.archive.logs(query)))

    def show_hardware(self, call: Call) -> Reply:
        """Show the machine that a program runs on."""
        return Reply.of(views.hardware(self._state(call)))

    def list_actions(self, call: Call) -> Reply:
        """List what can be called."""
        return Reply.of(views.actions(self._state(call)))

    async def call_action(self, call: Call) -> Reply:
        """Call an action, and wait for its answer."""
        arguments = read_arguments(call.body)
        payload = {"name": call.values["action"], "args": arguments}
        name = self._state(call).name
        answer = await self._switchboard.ask(name, payload, call.values["timeout"])
        if answer.result != OK:
            raise _unanswered(answer)
        return Reply.of({"ack": answer.payload})

    def show_daemon(self, call: Call) -> Reply:
        """Show the daemon itself."""
        database = self._about.database
        return Reply.of(
            {
                "version": self._about.version,
                "uptime": self._about.uptime(),
                "projects": len(self._switchboard.projects()),
                "connections": self._switchboard.bridge.connections,
                "database": {
                    "path": None if database is None else str(database),
                    "trouble": self._switchboard.archive.trouble,
                },
                "limits": asdict(self._about.limits),
            }
        )

    def show_openapi(self, call: Call) -> Reply:
        """Show the description of this interface."""
        return self._openapi

    def _state(self, call: Call) -> ProjectState:
        state = self._switchboard.project(call.values["name"])
        if state is None:
            raise Refusal(404, "there is no such project")
        return state


def _unanswered(answer: Answer) -> Refusal:
    status = UNAVAILABLE if answer.result == OFFLINE else answer.result
    return Refusal(status, answer.payload["reason"])


def _uncancelled(work: Deferred[T]) -> Deferred[T]:
    """Wait for something that goes on when nobody waits for it any more."""
    waiting: Deferred[T] = Deferred()
    work.addBoth(waiting.callback)
    return waiting
