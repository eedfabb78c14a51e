"""
The messages that programs, the status daemon and frontends exchange over WebSockets.

The format is the message standard of the document neetbox-daemon ("Websocket message
standard"): a JSON object with the keys C{event-type}, C{event-id}, C{name} and C{payload}.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn, TypeGuard

from attrs import field, frozen

from netsim.errors import MessageError

__all__ = [
    "ACK",
    "ACTION",
    "CLI",
    "ERROR",
    "HANDSHAKE",
    "LOG",
    "MAX_DEPTH",
    "MAX_NAME",
    "NO_ID",
    "WEB",
    "Message",
    "decode",
    "name_problem",
]

HANDSHAKE = "handshake"
LOG = "log"
ACTION = "action"
ACK = "ack"
ERROR = "error"
"""This project's own: what was wrong with a message, to its sender."""

CLI = "cli"
WEB = "web"

NO_ID = -1
"""The C{event-id} of an event that wants no answer."""

MAX_NAME = 256
"""Characters of a project's name."""

MAX_DEPTH = 100
"""
Levels of objects and arrays in a message.

Whatever reads or writes it later does so by recursion, on a deeper stack than this one's.
"""

_ID_RANGE = range(-(2**53), 2**53 + 1)
"""What a frontend in a browser can tell apart: its numbers are floats."""

_LONG = 1024
"""Characters."""

_TOO_DEEP = f"nested too deeply, of {MAX_DEPTH} levels at most"

_UNSHOWABLE = "\x00-\x1f\ud800-\udfff"
_NO_NAME = re.compile(f"[{_UNSHOWABLE}]")
_NAME = re.compile(f"[^{_UNSHOWABLE}]{{1,{MAX_NAME}}}")

# A decoder that has its own hooks is slow to make.
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@frozen
class Message:
    """
    One event.

    @ivar event_type: what is in the payload, such as C{log}.
    @ivar name: the project's.
    @ivar payload: anything that JSON can say.
    @ivar event_id: what an answer to it carries; L{NO_ID} if none is wanted.
    """

    event_type: str
    name: str
    payload: Any = field(hash=False)
    event_id: int = NO_ID

    def encode(self) -> bytes:
        """
        Write it as it goes over the wire.

        @raise ValueError: the payload has a number that JSON has not.
        @raise TypeError: the payload has something that JSON has not.
        """
        fields = {
            "event-type": self.event_type,
            "name": self.name,
            "payload": self.payload,
            "event-id": self.event_id,
        }
        # A half of a pair has no UTF-8; JSON itself can say it.
        return _encoder.encode(fields).encode("utf-8", "backslashreplace")


def decode(data: bytes | str) -> Message:
    """
    Read one message.

    C{event-id} may be missing; keys that the standard does not have are passed over.
    What is read can be written again: there are no numbers in it that JSON has not.

    @param data: UTF-8, if it is bytes: they may be sent on as they are.
    @raise MessageError: with everything that is wrong with it.
    """
    value = _json(data)
    if not isinstance(value, dict):
        raise MessageError([f"expected a JSON object, not {_kind(value)}"])
    event_type, name = value.get("event-type"), value.get("name")
    event_id = value.get("event-id", NO_ID)
    # Nearly all are good, which is seen in less time than what would be wrong with them.
    if _is_name(event_type) and _is_name(name) and "payload" in value and _is_id(event_id):
        return Message(event_type, name, value["payload"], event_id)
    problems = [
        *_text_problems(value, "event-type"),
        *_text_problems(value, "name"),
        *_payload_problems(value),
        *_id_problems(event_id),
    ]
    raise MessageError(problems, event_id if type(event_id) is int else NO_ID)


def name_problem(name: str) -> str | None:
    """Why a project cannot have this name, if so."""
    if not name:
        return "is empty"
    if len(name) > MAX_NAME:
        return f"has {len(name)} characters, of {MAX_NAME} at most"
    if _NO_NAME.search(name):
        return "has characters that cannot be shown"
    return None


def _json(data: bytes | str) -> Any:
    try:
        text = data if isinstance(data, str) else data.decode()
        value = _read(text)
    except RecursionError:
        raise MessageError([_TOO_DEEP]) from None
    except UnicodeDecodeError as error:
        raise MessageError([f"not UTF-8: {error.reason} at byte {error.start}"]) from None
    except ValueError as error:
        raise MessageError([f"not JSON: {error}"]) from None
    if _may_be_deep(text) and _is_too_deep(value):
        raise MessageError([_TOO_DEEP])
    return value


def _read(text: str) -> Any:
    # A message is mostly one object and nothing else: that can do without a look for blanks.
    try:
        value, end = _decoder.scan_once(text, 0)
    except StopIteration:
        end = -1
    return value if end == len(text) else _decoder.decode(text)


def _may_be_deep(text: str) -> bool:
    # In a long text it takes longer to count than to look.
    return len(text) > _LONG or text.count("{") + text.count("[") > MAX_DEPTH


def _is_too_deep(value: Any) -> bool:
    level, depth = [value], 1
    while level and depth <= MAX_DEPTH:
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        depth += 1
    return bool(level)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


_decoder: Any = json.JSONDecoder(parse_float=_finite, parse_constant=_no_number)


def _text_problems(value: dict[str, Any], key: str) -> Sequence[str]:
    if key not in value:
        return [f"{key!r} is missing"]
    text = value[key]
    if not isinstance(text, str):
        return [f"{key!r}: expected a string, not {_kind(text)}"]
    problem = name_problem(text)
    return () if problem is None else [f"{key!r} {problem}"]


def _payload_problems(value: dict[str, Any]) -> Sequence[str]:
    return () if "payload" in value else ["'payload' is missing"]


def _id_problems(event_id: Any) -> Sequence[str]:
    if type(event_id) is not int:
        return [f"'event-id': expected a whole number, not {_kind(event_id)}"]
    if event_id not in _ID_RANGE:
        return ["'event-id': expected at most 2^53, which is what every frontend can read"]
    return ()


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_id(value: Any) -> bool:
    return type(value) is int and value in _ID_RANGE


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")
