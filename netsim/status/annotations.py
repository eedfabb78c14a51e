"""
What the annotations of a function say of its arguments: in words, and for values.

    - L{describe} gives the words that a page shows;
    - L{convert} makes a value of the annotated type out of one that came as JSON, or
      out of the text that somebody typed.
"""

from __future__ import annotations

import types
from collections import abc
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from netsim.status.literals import read

__all__ = ["ANY", "convert", "describe", "takes_text"]

ANY = "any"
"""What is said of an argument that may be anything."""

_SHOWN = 60
"""Characters of a wrong value that are shown."""

_UNIONS: tuple[Any, ...] = (Union, types.UnionType)
_SEQUENCES: Mapping[Any, Callable[[Iterable[Any]], Any]] = {
    list: list,
    abc.Sequence: list,
    abc.MutableSequence: list,
    abc.Iterable: list,
    abc.Collection: list,
    tuple: tuple,
    set: set,
    abc.Set: set,
    frozenset: frozenset,
}
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


def describe(annotation: Any) -> str:
    """Say what is expected, as Python would; an enumeration is the choice of its names."""
    annotation = _bare(annotation)
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in (Any, object):
        return ANY
    if annotation in (None, type(None)):
        return "None"
    if annotation is Ellipsis:
        return "..."
    if isinstance(annotation, str):
        return annotation
    if origin is Literal:
        return _choice(inner)
    if _is_enum(annotation):
        return _choice(annotation.__members__)
    if origin in _UNIONS:
        return " | ".join(map(describe, inner))
    name = getattr(origin or annotation, "__name__", str(annotation))
    return f"{name}[{', '.join(map(describe, inner))}]" if inner else name


def convert(value: Any, annotation: Any) -> Any:
    """
    Make it what is expected.

    A text is taken as it is where a text is expected, else it is read first.  What the
    annotation says beyond the types of Python's own values is not checked.

    @raise ValueError: it is something else; what was expected.
    """
    annotation = _bare(annotation)
    origin, inner = get_origin(annotation) or annotation, get_args(annotation)
    if origin in _UNIONS:
        return _one_of(value, annotation, inner)
    if origin is Literal or _is_enum(origin):
        return _chosen(value, annotation)
    if isinstance(value, str) and origin is not str:
        value = read(value)
    if origin in _SEQUENCES:
        return _sequence(value, annotation, inner)
    if origin in _MAPPINGS:
        return _mapping(value, annotation, inner)
    return _simple(value, annotation)


def takes_text(annotation: Any) -> bool:
    """Whether an empty text is something to give."""
    annotation = _bare(annotation)
    if get_origin(annotation) in _UNIONS:
        return any(map(takes_text, get_args(annotation)))
    return (
        annotation in (str, Any, object)
        or isinstance(annotation, str)
        or (get_origin(annotation) is Literal and "" in get_args(annotation))
    )


def _bare(annotation: Any) -> Any:
    """Without what is said beside the type."""
    while get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    return getattr(annotation, "__supertype__", annotation)


def _choice(values: Iterable[Any]) -> str:
    return f"Literal[{', '.join(map(repr, values))}]"


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def _simple(value: Any, annotation: Any) -> Any:
    if annotation is None or annotation is type(None):
        good = value is None
    elif annotation is bool or annotation is str or annotation is bytes:
        good = isinstance(value, annotation)
    elif annotation is int or annotation is float or annotation is complex:
        return _number(value, annotation)
    else:
        good = True
    return value if good else _refuse(value, annotation)


def _number(value: Any, annotation: Any) -> Any:
    lesser = {int: (int,), float: (int, float), complex: (int, float, complex)}[annotation]
    # JSON knows no difference between 3 and 3.0; some writers make the latter of all.
    is_whole = annotation is int and isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not (isinstance(value, lesser) or is_whole):
        _refuse(value, annotation)
    try:
        return annotation(value)
    except OverflowError:
        _refuse(value, annotation)


def _one_of(value: Any, annotation: Any, members: tuple[Any, ...]) -> Any:
    # Every text is a text: it is so only if it is nothing else.
    for member in sorted(members, key=lambda member: _bare(member) in (str, Any, object)):
        try:
            return convert(value, member)
        except ValueError:
            continue
    return _refuse(value, annotation)


def _chosen(value: Any, annotation: Any) -> Any:
    candidates = [value, read(value)] if isinstance(value, str) else [value]
    if _is_enum(annotation):
        known = [*annotation.__members__.items(), *((one.value, one) for one in annotation)]
    else:
        known = [(one, one) for one in get_args(annotation)]
    for candidate in candidates:
        for name, member in known:
            # True is 1 for Python, and not for who chose it.
            if type(name) is type(candidate) and name == candidate:
                return member
    return _refuse(value, annotation)


def _sequence(value: Any, annotation: Any, inner: tuple[Any, ...]) -> Any:
    kind = get_origin(annotation) or annotation
    if not isinstance(value, list | tuple | set | frozenset):
        _refuse(value, annotation)
    if kind is tuple and inner and inner[-1] is not Ellipsis:
        if len(value) != len(inner):
            _refuse(value, annotation)
        return tuple(convert(item, each) for item, each in zip(value, inner, strict=True))
    each = inner[0] if inner else Any
    try:
        return _SEQUENCES[kind](convert(item, each) if inner else item for item in value)
    except TypeError:
        # What cannot be hashed is in no set.
        _refuse(value, annotation)


def _mapping(value: Any, annotation: Any, inner: tuple[Any, ...]) -> Any:
    if not isinstance(value, dict):
        _refuse(value, annotation)
    if not inner:
        return value
    keys, values = inner
    try:
        return {convert(key, keys): convert(item, values) for key, item in value.items()}
    except TypeError:
        _refuse(value, annotation)


def _refuse(value: Any, annotation: Any) -> Any:
    shown = repr(value)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}…"
    raise ValueError(f"expected {describe(annotation)}, not {shown}")
