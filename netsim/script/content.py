"""
How bytes are written into JSON and read back: text, pieces of text, hex digits, blobs.

Which form is used for what is given by what existing recorders write and
existing players read (WIRE facts, section 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netsim.script.blobs import is_blob_name
from netsim.script.model import BlobRef, Content

TEXT_LIMIT = 4096
"""Longer responses are binary, whatever they hold (bytes)."""
PIECE = 162
"""Text up to this length stays in one piece (characters)."""
HEX_LIMIT = 81
"""Longer binary goes to a blob (bytes)."""
COMMAND_LIMIT = 1 << 20
"""Longer commands go to a blob, even if they are clean text (bytes)."""


class FormError(ValueError):
    """The keys of a script object do not hold bytes in any known form."""


def is_text(data: bytes) -> bool:
    """ASCII without NUL: what the existing player can compare byte by byte."""
    return data.isascii() and b"\0" not in data


def fits_response(data: bytes) -> bool:
    """Whether a response stays in the document rather than in a blob."""
    return len(data) <= (TEXT_LIMIT if is_text(data) else HEX_LIMIT)


def fits_command(data: bytes) -> bool:
    """Whether a command stays in the document rather than in a blob."""
    return len(data) <= (COMMAND_LIMIT if is_text(data) else HEX_LIMIT)


def command_keys(content: Content) -> dict[str, Any]:
    """The key that holds a command."""
    if isinstance(content, BlobRef):
        return {"command_blob": content.name}
    if is_text(content):
        return {"command": content.decode("ascii")}
    return {"command_hex": content.hex()}


def response_keys(content: Content) -> dict[str, Any]:
    """The key that holds a response."""
    if isinstance(content, BlobRef):
        return {"response_blob": content.name}
    if not is_text(content) or len(content) > TEXT_LIMIT:
        return {"response_hex": content.hex()}
    text = content.decode("ascii")
    if len(text) <= PIECE:
        return {"response": text}
    return {"responses": [text[i : i + PIECE] for i in range(0, len(text), PIECE)]}


def datagram_keys(datagrams: tuple[bytes, ...]) -> dict[str, Any]:
    """The key that holds the datagrams of an answer, one entry each."""
    if all(map(is_text, datagrams)):
        return {"responses": [data.decode("ascii") for data in datagrams]}
    return {"response_hexes": [data.hex() for data in datagrams]}


def read_command(keys: Mapping[str, Any]) -> Content:
    """
    The command of a script object.

    @raise FormError: none, several, or something else than bytes in these forms.
    """
    return _read(keys, _COMMANDS)


def read_response(keys: Mapping[str, Any]) -> Content:
    """
    The response of a script object.

    @raise FormError: none, several, or something else than bytes in these forms.
    """
    return _read(keys, _RESPONSES)


def read_datagrams(keys: Mapping[str, Any]) -> tuple[bytes, ...]:
    """
    The datagrams of an answer.

    @raise FormError: none, both, or not a list of such bytes.
    """
    name = _only(keys, _DATAGRAMS)
    return tuple(_items(name, keys[name], _DATAGRAMS[name]))


def has_response(keys: Mapping[str, Any]) -> bool:
    """Whether any response key is there."""
    return any(name in keys for name in _RESPONSES)


def _text(name: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise FormError(f"{name} must be a text")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormError(f"{name} holds half a surrogate pair at character {error.start}") from None


def _hex(name: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise FormError(f"{name} must be a text of hex digits")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise FormError(f"{name} is not an even number of hex digits") from None


def _blob(name: str, value: object) -> BlobRef:
    bare = value.removeprefix("blobs/") if isinstance(value, str) else ""
    if not is_blob_name(bare):
        raise FormError(f"{name} must be the SHA-1 of a blob, 40 hex digits")
    return BlobRef(bare)


def _pieces(name: str, value: object) -> bytes:
    return b"".join(_items(name, value, _text))


def _items(name: str, value: object, read: Callable[[str, object], bytes]) -> list[bytes]:
    if not isinstance(value, list):
        raise FormError(f"{name} must be an array")
    return [read(f"{name}[{index}]", item) for index, item in enumerate(value)]


_COMMANDS: dict[str, Callable[[str, object], Content]] = {
    "command": _text,
    "command_hex": _hex,
    "command_blob": _blob,
}
_RESPONSES: dict[str, Callable[[str, object], Content]] = {
    "response": _text,
    "responses": _pieces,
    "response_hex": _hex,
    "response_blob": _blob,
}
_DATAGRAMS = {"responses": _text, "response_hexes": _hex}


def _read(keys: Mapping[str, Any], forms: dict[str, Callable[[str, object], Content]]) -> Content:
    name = _only(keys, forms)
    return forms[name](name, keys[name])


def _only(keys: Mapping[str, Any], forms: Mapping[str, object]) -> str:
    present = [name for name in forms if name in keys]
    if len(present) == 1:
        return present[0]
    found = " and ".join(present) if present else "none"
    raise FormError(f"exactly one of {', '.join(forms)} must be present; found {found}")
