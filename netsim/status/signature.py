"""The arguments of a function that is called from a page: described, and given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cached_property, partial
from inspect import Parameter
from typing import Any

from netsim.errors import ActionError
from netsim.status.annotations import convert, describe, takes_text

__all__ = ["Signature"]

_EMPTY = Parameter.empty
_VAR_POSITIONAL, _VAR_KEYWORD = Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD
_LONGEST = 200
"""Characters of a default value that are shown."""


class Signature:
    """
    What a function takes.

    Annotations are looked at when that is first asked for: what they name may be
    defined after the function.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def describe(self) -> dict[str, str]:
        """
        Say what each argument is: C{int}, C{int = 3} where it need not be given.

        C{*names} takes a list, C{**options} an object, or all arguments whose names
        are no other's.
        """
        return {_label(one): _text(one) for one in self._parameters.values()}

    def bind(self, args: Any) -> tuple[list[Any], dict[str, Any]]:
        """
        Make what the function is to be called with.

        @param args: an object of arguments by name, whose values may be texts; None for none.
        @return: arguments by position, and those by name.
        @raise ActionError: what is wrong with any of them.
        """
        args = {} if args is None else args
        if not isinstance(args, Mapping):
            raise ActionError("expected the arguments by name, as an object")
        binding = _Binding(self._parameters, args)
        if binding.problems:
            raise ActionError("; ".join(binding.problems))
        return binding.positional, binding.named

    @cached_property
    def _parameters(self) -> dict[str, Parameter]:
        try:
            parameters = inspect.signature(self._function).parameters
        except (TypeError, ValueError):
            # Some functions that are not written in Python do not tell.
            return {"arguments": Parameter("arguments", _VAR_KEYWORD, annotation=Any)}
        names = _globals(self._function)
        return {
            name: one.replace(annotation=_evaluated(one.annotation, names))
            for name, one in parameters.items()
        }


class _Binding:
    """One call: what was given is put where it belongs."""

    def __init__(self, parameters: Mapping[str, Parameter], args: Mapping[str, Any]) -> None:
        self.positional: list[Any] = []
        self.named: dict[str, Any] = {}
        self.problems: list[str] = []
        self._left = dict(args)
        for parameter in parameters.values():
            self._take(parameter)
        self.problems += [f"{name!r}: there is no such argument" for name in self._left]

    def _take(self, parameter: Parameter) -> None:
        if parameter.kind is _VAR_POSITIONAL:
            self.positional += self._several(parameter)
        elif parameter.kind is _VAR_KEYWORD:
            self._rest(parameter)
        else:
            self._one(parameter)

    def _one(self, parameter: Parameter) -> None:
        name, default, annotation = parameter.name, parameter.default, parameter.annotation
        value = self._left.pop(name, _EMPTY)
        if value == "" and default is not _EMPTY and not takes_text(annotation):
            # A field of a form that was left alone.
            value = _EMPTY
        if value is not _EMPTY:
            value = self._converted(name, value, annotation)
        elif default is _EMPTY:
            self.problems.append(f"{name!r} is missing: expected {describe(annotation)}")
        else:
            value = default
        if parameter.kind is Parameter.KEYWORD_ONLY:
            self.named[name] = value
        else:
            self.positional.append(value)

    def _several(self, parameter: Parameter) -> list[Any]:
        found = self._given(parameter)
        if found in (_EMPTY, ""):
            return []
        several: list[Any] | None
        several = self._converted(parameter.name, found, list[parameter.annotation])  # type: ignore[name-defined]
        return several or []

    def _rest(self, parameter: Parameter) -> None:
        found = self._given(parameter)
        if found not in (_EMPTY, ""):
            merged = self._converted(parameter.name, found, dict[str, Any])
            self._left = {**self._left, **(merged or {})}
        for name, value in self._left.items():
            self.named[name] = self._converted(name, value, parameter.annotation)
        self._left = {}

    def _given(self, parameter: Parameter) -> Any:
        """What was given under its own name, with or without stars."""
        for name in (_label(parameter), parameter.name):
            if name in self._left:
                return self._left.pop(name)
        return _EMPTY

    def _converted(self, name: str, value: Any, annotation: Any) -> Any:
        try:
            return convert(value, annotation)
        except ValueError as error:
            self.problems.append(f"{name!r}: {error}")
            return None


def _label(parameter: Parameter) -> str:
    if parameter.kind is _VAR_POSITIONAL:
        return f"*{parameter.name}"
    return f"**{parameter.name}" if parameter.kind is _VAR_KEYWORD else parameter.name


def _text(parameter: Parameter) -> str:
    text = describe(parameter.annotation)
    if parameter.default is _EMPTY:
        return text
    default = parameter.default
    try:
        shown = repr(default.name if isinstance(default, Enum) else default)
    except Exception:  # noqa: BLE001 - it is of any class
        shown = "…"
    return f"{text} = {shown[:_LONGEST]}"


def _globals(function: Callable[..., Any]) -> dict[str, Any]:
    """Where the names in its annotations are looked up."""
    return next((found for found in _all_globals(function)), {})


def _all_globals(function: Any) -> Iterator[dict[str, Any]]:
    while isinstance(function, partial):
        function = function.func
    # What is called like a function need not be one.
    for candidate in (inspect.unwrap(function), type(function).__call__):
        found = getattr(candidate, "__globals__", None)
        if isinstance(found, dict):
            yield found


def _evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    """What an annotation stands for; one that cannot be told is its text."""
    if annotation is _EMPTY:
        return Any
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, names)
    except Exception:  # noqa: BLE001 - it may be any expression
        return annotation
