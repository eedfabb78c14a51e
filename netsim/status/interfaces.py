"""What a link needs of those who use it."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import Interface

__all__ = ["IActions"]


class IActions(Interface):
    """What can be done to a program from a page."""

    def describe() -> dict[str, Any]:
        """Give what goes into the status as C{__action}: by name, arguments and the like."""

    def call(name: str, args: Any) -> Deferred[Any]:
        """
        Do it.

        @param args: by name, what to do it with; as it came.
        @return: its result, which JSON can say.  It fails with L{netsim.errors.ActionError}
            where there is no such action, or it does not take these arguments.
        """
