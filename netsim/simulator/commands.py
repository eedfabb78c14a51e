"""
Commands by decorator: a pattern on a method, and typed arguments.

Example::

    @command("VOLT {volts}")
    def set_voltage(self, volts: float) -> str: ...

In a pattern a blank stands for one or more of them.  An argument is read as its
annotation says: C{int}, C{float}, C{bool} (C{ON}, C{OFF}, C{1}, C{0}) or C{str},
which is also what it is without one.  A text ends where the character that follows it
in the pattern first comes.  A command whose arguments cannot be read so does not fit.
Where that is not enough, a pattern is a compiled regular expression, of C{str} or of
C{bytes}; its named groups are the arguments, as they are.

A method with an argument C{peer} is given the peer, too.  One that overrides a command
of a base class is called in its place, by the same patterns if it has none of its own.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, TypeVar, get_type_hints

from attrs import frozen

__all__ = ["Command", "Match", "command", "commands_of", "find"]

Function = TypeVar("Function", bound=Callable[..., Any])
Pattern = re.Pattern[str] | re.Pattern[bytes]

_MARK = "_netsim_command"
_FIELD = re.compile(r"\{(\w+)\}")


@frozen
class Kind:
    """How an argument of a type is written, and how it is read."""

    pattern: str
    read: Callable[[str], Any]


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


# None of them can be read in more ways than one: a long message would take long.
_KINDS: Mapping[Any, Kind] = {
    int: Kind(r"(?>[+-]?[0-9]+)", int),
    float: Kind(r"(?>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", _finite),
    bool: Kind(r"(?i:ON|OFF|1|0)", lambda text: text.upper() in ("ON", "1")),
    str: Kind(r"(?s:.+)", str),
}
_BLANKS = r"[ \t]++"


@frozen
class Command:
    """
    A method, and what calls it.

    @ivar text: the pattern as it was written.
    @ivar about: the first line of the method's docstring.
    """

    text: str
    method: str
    about: str
    pattern: Pattern
    readers: Mapping[str, Callable[[str], Any]]
    takes_peer: bool


@frozen
class Match:
    """A command that fits a message, and its arguments."""

    method: str
    arguments: Mapping[str, Any]
    takes_peer: bool


def command(pattern: str | Pattern, *, ignore_case: bool = False) -> Callable[[Function], Function]:
    """
    Make a method the handler of the messages that a pattern fits as a whole.

    Of several patterns the upper one is tried first.

    @raise ValueError: the arguments of the pattern are not those of the method, or of a
        type that cannot be read; when the class is made.
    """

    def mark(function: Function) -> Function:
        setattr(function, _MARK, ((pattern, ignore_case), *getattr(function, _MARK, ())))
        return function

    return mark


def commands_of(system: type) -> tuple[Command, ...]:
    """
    The commands of a class, those of its bases after its own.

    @raise ValueError: see L{command}.
    """
    names = dict.fromkeys(name for base in system.__mro__ for name in vars(base))
    return tuple(
        _command(name, _bound(system, name), *mark)
        for name in names
        for mark in _marks(system, name)
    )


def find(commands: tuple[Command, ...], message: bytes) -> Match | None:
    """The first command that fits a message; texts are Latin-1."""
    text = message.decode("latin-1")
    for known in commands:
        binary = isinstance(known.pattern.pattern, bytes)
        match: Any = known.pattern.fullmatch(message if binary else text)  # type: ignore[arg-type]
        if match is not None:
            try:
                arguments = _read(known.readers, match.groupdict())
            except ValueError:
                continue
            return Match(known.method, arguments, known.takes_peer)
    return None


def _read(readers: Mapping[str, Callable[[str], Any]], texts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: readers[name](text) if name in readers else text for name, text in texts.items()}


def _marks(system: type, name: str) -> tuple[tuple[str | Pattern, bool], ...]:
    """Those of the nearest class that has any; none if it is no method any more."""
    found = [vars(base)[name] for base in system.__mro__ if name in vars(base)]
    if not callable(getattr(system, name, None)):
        return ()
    return next((marks for method in found if (marks := getattr(method, _MARK, ()))), ())


def _bound(system: type, name: str) -> Any:
    """A method as an instance has it, without C{self} among its parameters."""
    method = inspect.getattr_static(system, name)
    return method.__get__(object(), system) if hasattr(method, "__get__") else method


def _command(name: str, method: Any, pattern: str | Pattern, ignore_case: bool) -> Command:
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    readers: dict[str, Callable[[str], Any]] = {}
    if isinstance(pattern, str):
        fields = _FIELD.findall(pattern)
        if wrong := [field for field in fields if field[0].isdigit() or fields.count(field) > 1]:
            raise ValueError(f"{name}(): {wrong[0]!r} cannot be an argument of {pattern!r}")
        _check(name, method, set(fields), pattern)
        kinds = {field: _kind(name, field, method) for field in fields}
        if endless := _endless(pattern, kinds):
            raise ValueError(f"{name}(): nothing in {pattern!r} tells where {endless} ends")
        readers = {field: kind.read for field, kind in kinds.items()}
        compiled: Pattern = re.compile(_expression(pattern, kinds), flags)
        text = pattern
    else:
        compiled, text = pattern, str(pattern.pattern)
        if ignore_case:
            compiled = re.compile(pattern.pattern, pattern.flags | flags)
        _check(name, method, set(compiled.groupindex), text)
    about = (inspect.getdoc(method) or "").partition("\n")[0]
    takes_peer = "peer" in inspect.signature(method).parameters
    return Command(text, name, about, compiled, readers, takes_peer)


def _check(name: str, method: Any, given: set[str], text: str) -> None:
    """Refuse a pattern with which the method could not be called."""
    parameters = [p for p in inspect.signature(method).parameters.values() if p.name != "peer"]
    kinds = {parameter.kind for parameter in parameters}
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    takes = {p.name for p in named if p.kind is not p.POSITIONAL_ONLY}
    unknown = given - takes if inspect.Parameter.VAR_KEYWORD not in kinds else given & {"peer"}
    if unknown:
        raise ValueError(f"{name}() does not take {', '.join(sorted(unknown))} of {text!r}")
    missing = [p.name for p in named if p.default is p.empty and p.name not in given]
    if missing:
        raise ValueError(f"{name}() needs {', '.join(missing)}, which {text!r} does not have")


def _kind(name: str, field: str, method: Any) -> Kind:
    parameter = inspect.signature(method).parameters.get(field)
    annotation = inspect.Parameter.empty if parameter is None else parameter.annotation
    wanted = str if annotation is inspect.Parameter.empty else _resolved(name, annotation, method)
    if wanted not in _KINDS:
        known = ", ".join(kind.__name__ for kind in _KINDS)
        raise ValueError(f"{name}(): {field} is {wanted}; an argument can be {known}")
    return _KINDS[wanted]


def _resolved(name: str, annotation: Any, method: Any) -> Any:
    """A type that is written as text; the others, C{peer}'s perhaps, need not be known."""
    known = getattr(inspect.unwrap(method), "__globals__", {})
    try:
        return get_type_hints(SimpleNamespace(__annotations__={"it": annotation}), known)["it"]
    except NameError as error:
        raise ValueError(f"{name}(): {error}") from None


def _endless(template: str, kinds: Mapping[str, Kind]) -> str:
    """A text that another argument follows at once, if there is one."""
    pieces = _FIELD.split(template)
    followed = zip(pieces[1:-2:2], pieces[2:-1:2], strict=True)
    return next((name for name, after in followed if kinds[name] is _KINDS[str] and not after), "")


def _expression(template: str, kinds: Mapping[str, Kind]) -> str:
    pieces = _FIELD.split(template)
    literals = [re.sub(r"(?:\\ )+", lambda _: _BLANKS, re.escape(piece)) for piece in pieces[::2]]
    expression = literals[0]
    for name, literal, after in zip(pieces[1::2], literals[1:], pieces[2::2], strict=True):
        written = kinds[name].pattern
        if kinds[name] is _KINDS[str] and after:
            written = r"[^ \t]+" if after[0] == " " else f"[^{re.escape(after[0])}]+"
        expression += f"(?P<{name}>{written}){literal}"
    return expression
