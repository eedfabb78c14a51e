"""Which method executes which header, and how many arguments it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, TypeVar

from attrs import frozen

from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.functions import FUNCTIONS, Function
from netsim.systems.scpi_meter.headers import Headers

__all__ = ["Handler", "Output", "Steps", "Wait", "header", "table"]

Marked = TypeVar("Marked", bound=Callable[..., Any])


@frozen
class Wait:
    """
    Where a command cannot go on yet.

    @ivar seconds: how long; C{None} until somebody else triggers.
    """

    seconds: float | None


Output = bytes | str | None
Steps = Generator[Wait, None, Output]
"""A command that takes time."""

_MARK = "_scpi_headers"
_FUNCTION = "{function}"


def header(*patterns: str) -> Callable[[Marked], Marked]:
    """
    Make a method execute these headers.

    Where C{{function}} is in a pattern, there is one for each function of the meter,
    which is then the first argument.
    """

    def mark(method: Marked) -> Marked:
        setattr(method, _MARK, patterns)
        return method

    return mark


@frozen
class Handler:
    """A method, and the function that its header names."""

    method: str
    function: Function | None
    least: int
    most: int

    def call(self, instrument: Any, arguments: tuple[str, ...]) -> Output | Steps:
        """
        Execute the command.

        @raise ScpiError: too few arguments, too many, or what the method finds.
        """
        if len(arguments) < self.least:
            raise ScpiError(-109)
        if len(arguments) > self.most:
            raise ScpiError(-108)
        first = () if self.function is None else (self.function,)
        result: Output | Steps = getattr(instrument, self.method)(*first, *arguments)
        return result


def table(instrument: type) -> Headers[Handler]:
    """The headers of a class of instruments."""
    return Headers(dict(_handlers(instrument)))


def _handlers(instrument: type) -> Iterator[tuple[str, Handler]]:
    for name, method in inspect.getmembers(instrument, inspect.isfunction):
        for pattern in getattr(method, _MARK, ()):
            yield from _expanded(pattern, name, method)


def _expanded(pattern: str, name: str, method: Callable[..., Any]) -> Iterator[tuple[str, Handler]]:
    functions: Mapping[str, Function | None] = {"": None}
    if _FUNCTION in pattern:
        functions = {function.pattern: function for function in FUNCTIONS.values()}
    parameters = list(inspect.signature(method).parameters.values())[1:]
    for path, function in functions.items():
        own = parameters if function is None else parameters[1:]
        least = sum(parameter.default is parameter.empty for parameter in own)
        yield pattern.replace(_FUNCTION, path), Handler(name, function, least, len(own))
