"""What can be done to a service of netsim from a page: on the reactor, at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.defer import Deferred, fail, maybeDeferred
from zope.interface import implementer

from netsim.errors import ActionError
from netsim.status.interfaces import IActions
from netsim.status.signature import Signature

__all__ = ["Duties", "Duty"]

Duty = Callable[..., Any]
"""Gives its result; or a coroutine or a Deferred, if it takes a while."""


@implementer(IActions)
class Duties:
    """
    Functions of a service, each under its name.

    Unlike those of a program they are called in the reactor's thread, and none of
    them blocks.  What they raise is an error for whoever has called them.
    """

    def __init__(self, duties: Iterable[Duty]) -> None:
        self._duties = {duty.__name__: (duty, Signature(duty)) for duty in duties}

    def describe(self) -> dict[str, Any]:
        """Give each with its arguments, and with what its docstring says."""
        return {
            name: {
                "args": signature.describe(),
                "blocking": False,
                "description": inspect.getdoc(duty) or "",
            }
            for name, (duty, signature) in self._duties.items()
        }

    def call(self, name: str, args: Any) -> Deferred[Any]:
        """Call one of them; see L{IActions.call}."""
        if name not in self._duties:
            known = ", ".join(self._duties)
            return fail(ActionError(f"there is no action {name!r}: there are {known}"))
        duty, signature = self._duties[name]
        try:
            positional, named = signature.bind(args)
        except ActionError:
            return fail()
        done: Deferred[Any] = maybeDeferred(duty, *positional, **named)
        return done
