"""
What an action module is, and the two actions that need none: C{sleep} and C{import}.

A module says what its actions take in a table of L{Takes}, or checks its
arguments in any other way; nothing beyond L{ActionModule} is asked of it.
Interface: nds-replay, "command scripts", and WIRE, section 1, "Action modules".
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from attrs import frozen

from netsim.errors import ActionError


class Input(Protocol):
    """What the client says; both calls block until it is there."""

    def read(self, n: int, /) -> bytes:
        """The next C{n} bytes; fewer only where the client has closed."""

    def readline(self) -> bytes:
        """Everything up to and with the next newline; less only where the client has closed."""


class Output(Protocol):
    """What the client is told."""

    def write(self, data: bytes, /) -> object:
        """Send these bytes; may block while the client does not read, and may buffer."""

    def flush(self) -> object:
        """Keep nothing back of what was written."""


class ActionModule(Protocol):
    """
    A Python module, or an object like one, that has actions.

    Actions go by their names without the module's.  C{args} are JSON values;
    the bytes of a script's response, if it has one, are the last of them.
    """

    def validate_action(self, action: str, args: Sequence[Any], /) -> object:
        """Raise any exception if the action does not take these arguments."""

    def execute_action(
        self, action: str, args: Sequence[Any], inp: Input, outp: Output, /
    ) -> object:
        """Run the action; called outside the reactor's thread, and may block."""


Read = Callable[[Any], Any]
"""Turns one argument into what it stands for; raises ValueError or OverflowError."""


@frozen
class Takes:
    """
    The arguments of an action.

    @ivar what: the arguments in words, to end the sentence "the action takes".
    @ivar readers: one for each argument.
    @ivar repeated: any number of arguments, at least one, all read by the one reader.
    """

    what: str
    readers: tuple[Read, ...] = ()
    repeated: bool = False

    def read(self, action: str, args: Sequence[Any]) -> list[Any]:
        """
        The values that the arguments stand for.

        @raise ActionError: there are too many or too few, or one cannot be read.
        """
        readers = self.readers * max(len(args), 1) if self.repeated else self.readers
        wrong = f"{action} takes {self.what}; got {show(list(args))}"
        if len(readers) != len(args):
            raise ActionError(wrong)
        try:
            return [read(value) for read, value in zip(readers, args, strict=True)]
        except (ValueError, OverflowError) as error:
            raise ActionError(f"{wrong}: {error}") from None


def _abridged() -> reprlib.Repr:
    abridged = reprlib.Repr()
    abridged.maxlist = 12
    abridged.maxstring = abridged.maxother = 200
    return abridged


show = _abridged().repr
"""A value for a message: like C{repr}, but the middle of a long one is left out."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def number(value: Any) -> int | float:
    """
    A finite JSON number, or one that is given as text.

    @raise ValueError: it is neither.
    """
    parsed = _parse(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if isinstance(parsed, int) and not isinstance(parsed, bool):
        return parsed
    if isinstance(parsed, float) and math.isfinite(parsed):
        return parsed
    raise ValueError(f"{show(value)} is not a finite number")


def _parse(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def integer(value: Any) -> int:
    """
    A number without a fraction, as an int: 3, 3.0 and "3" are all 3.

    @raise ValueError: it has one, or is no number.
    """
    parsed = number(value)
    if parsed != int(parsed):
        raise ValueError(f"{show(value)} is not a whole number")
    return int(parsed)


def whole(low: int, high: int) -> Read:
    """A reader of integers from C{low} to C{high}, both included."""

    def read(value: Any) -> int:
        if not low <= (parsed := integer(value)) <= high:
            raise ValueError(f"{show(value)} is not from {low} to {high}")
        return parsed

    return read


def _seconds(value: Any) -> float:
    seconds = float(number(value))
    if seconds < 0:
        raise ValueError(f"{show(value)} is less than 0")
    return seconds


def _module_name(value: Any) -> str:
    if isinstance(value, str) and all(part.isidentifier() for part in value.split(".")):
        return value
    raise ValueError(f"{show(value)} is not the name of a module")


_BUILTINS = {
    "sleep": Takes("one argument, the seconds to wait", (_seconds,)),
    "import": Takes("one argument, the name of a module", (_module_name,)),
}


def validate_builtin(action: str, args: Sequence[Any]) -> None:
    """
    Check the arguments of C{sleep} (finite seconds, not negative) or C{import} (dotted name).

    @raise ActionError: they are wrong, or this is not an action of netsim's own.
    """
    if action not in _BUILTINS:
        raise ActionError(f"unknown action {action!r}; without a module there are sleep and import")
    _BUILTINS[action].read(action, args)


def split_action(name: str) -> tuple[str, str]:
    """
    The module and the action that a C{module.action} is made of, split at the last dot.

    @raise ActionError: one of them is missing.
    """
    module, _, action = name.rpartition(".")
    if not (module and action):
        raise ActionError(f"unknown action {name!r}; there are sleep, import and module.action")
    return module, action
