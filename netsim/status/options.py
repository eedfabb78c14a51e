"""The options of services that tell a status daemon how they are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from twisted.python import usage

from netsim.errors import InputError
from netsim.options import ServiceOptions

__all__ = ["TOKEN", "ReportOptions", "daemon"]

TOKEN = "NETSIM_DAEMON_TOKEN"
"""The environment variable that has what a daemon asks for; no option, as all see those."""

_NEEDED = ("autobahn", "psutil")


def daemon(text: str) -> str:
    """
    Read the URL of a daemon.

    @raise ValueError: it is none.
    @raise InputError: what speaks with a daemon is not installed.
    """
    from netsim.status.model import split_url

    url = split_url(text)
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise InputError(f"{' and '.join(missing)} missing: pip install 'netsim[daemon]'")
    return url


_PARAMETERS: list[Sequence[Any]] = [
    ["daemon", None, None, "Show how it is on the page of this status daemon: a URL.", daemon],
    ["project", None, None, "With --daemon: what it is called there, instead of its address."],
]


class ReportOptions(ServiceOptions):
    """
    The base of their Options.

    It loads nothing of what speaks with a daemon: most services never do.
    """

    def __init_subclass__(cls) -> None:
        if ReportOptions in cls.__bases__:
            # Those of a base would be the first that the help shows.
            cls.optParameters = [*vars(cls).get("optParameters", ()), *_PARAMETERS]
        super().__init_subclass__()

    def postOptions(self) -> None:
        """Complain about a name that nobody would see."""
        super().postOptions()
        if self["project"] is not None:
            self._check_project(self["project"])

    def _check_project(self, name: str) -> None:
        from netsim.status.message import name_problem

        if self["daemon"] is None:
            raise usage.UsageError("--project: only with --daemon")
        if problem := name_problem(name):
            raise usage.UsageError(f"--project: {problem}")
