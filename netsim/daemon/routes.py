"""
The routes of the REST interface, as a table.

What is served and what is described are both made from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from netsim.daemon.history import MAX_LIMIT
from netsim.daemon.kinds import Choice, Name, Number, Text
from netsim.daemon.logline import LEVELS
from netsim.daemon.parameters import Parameter

__all__ = ["ROUTES", "Route"]

LONGEST_TIMEOUT = 3600.0
"""Seconds."""
_LONGEST_SEARCH = 1000
_LAST_ID = 2**53
_LAST_TIME = 1e11


@frozen
class Route:
    """
    One method of one path.

    @ivar operation: what does it; its name in the description, too.
    @ivar path: the parts in braces are parameters.
    @ivar answer: the name of its schema; empty where there is none.
    @ivar errors: what else may be answered, and when.
    @ivar parameters: in the order of the path, then those of the query.
    @ivar body: the name of its schema; empty where none is read.
    @ivar is_open: no token is needed.
    """

    operation: str
    method: str
    path: str
    summary: str
    answer: str
    errors: Mapping[int, str] = field(factory=dict, kw_only=True)
    parameters: tuple[Parameter, ...] = field(default=(), kw_only=True)
    body: str = field(default="", kw_only=True)
    status: int = field(default=200, kw_only=True)
    is_open: bool = field(default=False, kw_only=True)

    @property
    def tag(self) -> str:
        """Which part of the interface it belongs to."""
        return "This version" if self.path.startswith("/api/") else "Existing clients"


_PROJECT = "/api/v1/projects/{name}"
_NO_PROJECT = {404: "There is no such project."}
_NAME = Parameter("name", Name(), "The project.", in_path=True, example="my project")
_ACTION = Parameter("action", Name(), "The action.", in_path=True, example="stop")
_SINCE = Parameter("since", Number(0, _LAST_TIME), "Unix time: only what is not older.")


def _limit(default: int) -> Parameter:
    rows = Number(1, MAX_LIMIT, is_whole=True)
    return Parameter("limit", rows, "At most so many: the last ones.", default)


ROUTES = (
    Route("hello", "GET", "/hello", "Tell that a daemon is here", "Hello", is_open=True),
    Route(
        "sync", "POST", "/cli/sync/{name}", "Tell the status of a program", "Result",
        parameters=(_NAME,),
        body="RawStatus",
        errors={429: "There are too many projects."},
    ),
    Route("list_names", "GET", "/web/list", "List the names of all projects", "Names"),
    Route(
        "raw_status", "GET", "/web/status/{name}", "Show a status as it was sent", "RawStatus",
        parameters=(_NAME,),
        errors=_NO_PROJECT,
    ),
    Route(
        "shut_down", "POST", "/web/shutdown",
        "End the daemon; from this machine only, or with the token", "Result",
    ),
    Route("list_projects", "GET", "/api/v1/projects", "List all projects", "Projects"),
    Route(
        "show_project", "GET", _PROJECT, "Show one project", "Project",
        parameters=(_NAME,),
        errors=_NO_PROJECT,
    ),
    Route(
        "forget_project", "DELETE", _PROJECT, "Remove a project and its history", "",
        parameters=(_NAME,),
        errors={**_NO_PROJECT, 409: "A program of it is connected."},
        status=204,
    ),
    Route(
        "show_status", "GET", f"{_PROJECT}/status", "Show what a program tells about itself",
        "Status",
        parameters=(_NAME,),
        errors=_NO_PROJECT,
    ),
    Route(
        "list_history", "GET", f"{_PROJECT}/status/history",
        "List earlier statuses, the oldest first", "History",
        parameters=(_NAME, _SINCE, _limit(600)),
        errors=_NO_PROJECT,
    ),
    Route(
        "list_logs", "GET", f"{_PROJECT}/logs", "List log lines, the oldest first", "Logs",
        parameters=(
            _NAME,
            Parameter("level", Choice(tuple(LEVELS)), "Only lines of this level and above."),
            _SINCE,
            Parameter("after", Number(0, _LAST_ID, is_whole=True), "Only lines of larger ids."),
            _limit(500),
            Parameter("search", Text(_LONGEST_SEARCH), "Only lines that have this text."),
        ),
        errors=_NO_PROJECT,
    ),
    Route(
        "show_hardware", "GET", f"{_PROJECT}/hardware", "Show the machine it runs on", "Hardware",
        parameters=(_NAME,),
        errors=_NO_PROJECT,
    ),
    Route(
        "list_actions", "GET", f"{_PROJECT}/actions", "List what can be called", "Actions",
        parameters=(_NAME,),
        errors=_NO_PROJECT,
    ),
    Route(
        "call_action", "POST", f"{_PROJECT}/actions/{{action}}",
        "Call an action, and wait for its answer", "Ack",
        parameters=(
            _NAME,
            _ACTION,
            Parameter(
                "timeout",
                Number(0, LONGEST_TIMEOUT, is_open=True),
                "Seconds to wait; if not given, as the daemon's own limit says.",
            ),
        ),
        body="Arguments",
        errors={
            **_NO_PROJECT,
            429: "Too many actions are waiting.",
            503: "No program of this project is connected.",
            504: "The program has not answered in time.",
        },
    ),
    Route("show_daemon", "GET", "/api/v1/daemon", "Show the daemon itself", "Daemon"),
    Route(
        "show_openapi", "GET", "/api/openapi.json", "Show this description", "OpenAPI",
        is_open=True,
    ),
)  # fmt: skip
