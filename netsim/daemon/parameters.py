"""The parameters of the REST interface, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from attrs import field, frozen

from netsim.daemon.kinds import Kind
from netsim.web.answers import Refusal

__all__ = ["Parameter", "read"]


@frozen
class Parameter:
    """
    Something that can be given in a URL.

    @ivar default: of one that need not be given.
    @ivar in_path: it is a part of the path, else of the query.
    @ivar example: a value, for those who read the description.
    """

    name: str
    kind: Kind
    description: str
    default: Any = None
    in_path: bool = field(default=False, kw_only=True)
    example: Any = field(default=None, kw_only=True)


def read(
    parameters: Iterable[Parameter],
    segments: Mapping[str, str],
    query: Mapping[bytes, Sequence[bytes]],
) -> dict[str, Any]:
    """
    Read what a URL gives; parameters that nobody knows are passed over.

    @param segments: parts of the path, percent-encoded, by the names of their parameters.
    @param query: all values of each name.
    @raise Refusal: with everything that is wrong with them.
    """
    values, problems = {}, []
    for parameter in parameters:
        try:
            values[parameter.name] = _value(parameter, _given(parameter, segments, query))
        except ValueError as error:
            problems.append(f"{parameter.name}: {error}")
    if problems:
        raise Refusal(400, "the request has wrong parameters", problems)
    return values


def _given(
    parameter: Parameter,
    segments: Mapping[str, str],
    query: Mapping[bytes, Sequence[bytes]],
) -> Sequence[bytes]:
    if parameter.in_path:
        return [unquote_to_bytes(segments[parameter.name])]
    return query.get(parameter.name.encode(), [])


def _value(parameter: Parameter, given: Sequence[bytes]) -> Any:
    if not given:
        return parameter.default
    if len(given) > 1:
        raise ValueError(f"expected once, not {len(given)} times")
    try:
        text = given[0].decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("expected UTF-8") from None
    return parameter.kind.read(text)
