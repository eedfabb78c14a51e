"""
A conversation for people and for programs to read: C{netsim show}.

As text it begins with a summary.  Then everything that is said has one line with
the number of its exchange, seconds since the first byte, direction (C{>} to the
server, C{<} to the client), size and facts, and below it the bytes.

As JSON lines it is one object for each item.  C{path} is always there; what is not
known is left out:

    - what is said: C{exchange}, C{direction} (C{upstream} or C{downstream}), C{time}
      (Unix seconds), C{size} (bytes), C{text}, C{hex} or C{blob} (its name); C{late}
      on a command, C{gap} on an answer, C{partial} and C{closed_by} on the last item
      of an exchange, as in the document;
    - C{action} with C{args}; with bytes given to it also C{size} and C{text}, C{hex}
      or C{blob};
    - C{named}, the script that is played next; C{external}, perhaps with a
      C{namespace}; C{connection}, always C{next}: the client connects anew; C{nop}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from netsim.script import model
from netsim.script.content import is_text
from netsim.script.conversation import (
    DOWNSTREAM,
    UPSTREAM,
    Conversation,
    Item,
    Said,
)
from netsim.script.difference import escaped, hexdump, readable
from netsim.script.events import NextConnection
from netsim.script.summary import Summary

SHOWN = 256
"""So many bytes of each side are shown, unless all are wanted."""

_DIRECTIONS = {UPSTREAM: "upstream", DOWNSTREAM: "downstream"}
_WIDTH = 80
_INDENT = " " * 6


def as_text(conversation: Conversation, shown: int | None = SHOWN) -> Iterator[str]:
    """
    Lines for people.

    @param shown: the most bytes that are shown of what is said at once; C{None}: all.
    """
    summary = Summary.of(conversation)
    yield f"{conversation.chosen}: {summary.describe()}"
    for _, item in conversation.items():
        yield _head(item, conversation, summary.start or 0.0)
        content = _content(item)
        if content is not None:
            yield from _rows(conversation, content, shown)


def as_json(conversation: Conversation) -> Iterator[str]:
    """Lines for programs."""
    for place, item in conversation.items():
        content = _content(item)
        bytes_keys = {} if content is None else _bytes(conversation, content)
        yield json.dumps({"path": place} | _keys(item) | bytes_keys)


def _content(item: Item) -> model.Content | None:
    if isinstance(item, Said):
        return item.content
    return item.response if isinstance(item, model.Action) else None


def _head(item: Item, conversation: Conversation, start: float) -> str:
    if not isinstance(item, Said):
        return " " * 18 + _step(item)
    when = "" if item.time is None else f"+{item.time - start:.3f}"
    facts = ", ".join([_amount(conversation, item.content), *_remarks(item)])
    return f"{item.exchange:>5} {when:>10} {item.direction} {facts}"


def _amount(conversation: Conversation, content: model.Content) -> str:
    size = conversation.size(content)
    amount = "unknown size" if size is None else f"{size} bytes"
    return f"{amount}, blob {content.name}" if isinstance(content, model.BlobRef) else amount


def _remarks(said: Said) -> Iterator[str]:
    if said.late:
        yield f"the last {said.late} after the answer began"
    if said.last and said.facts.partial:
        yield "broken off"
    if said.last and said.facts.closed_by:
        yield f"closed by the {said.facts.closed_by}"


def _step(item: Item) -> str:
    # As JSON, so that no name can hold what a terminal would obey.
    match item:
        case model.Action(action=action, args=args):
            return " ".join(["action", *map(json.dumps, [action, *args])])
        case model.Named(name):
            return f"named {json.dumps(name)}"
        case model.External(file, namespace):
            return f"external {json.dumps(file)}" + (
                f" as {json.dumps(namespace)}" if namespace else ""
            )
        case NextConnection():
            return "next connection"
    return "nop"


def _rows(conversation: Conversation, content: model.Content, shown: int | None) -> Iterator[str]:
    size = conversation.size(content)
    if size is None:
        return
    end = size if shown is None else min(size, shown)
    offset = 0
    for chunk in conversation.chunks(content):
        piece = chunk[: end - offset]
        rows = _lines(piece) if readable(piece) else hexdump(piece, offset)
        yield from (_INDENT + row for row in rows)
        offset += len(piece)
        if offset == end:
            break
    if size > end:
        yield f"{_INDENT}... {size - end} more bytes"


def _lines(data: bytes) -> Iterator[str]:
    for line in data.splitlines(keepends=True):
        for index in range(0, len(line), _WIDTH):
            yield escaped(line[index : index + _WIDTH])


def _keys(item: Item) -> dict[str, Any]:
    match item:
        case Said(exchange=exchange, direction=direction):
            keys = {"exchange": exchange, "direction": _DIRECTIONS[direction], "time": item.time}
            return {key: value for key, value in keys.items() if value is not None} | item.details()
        case model.Action(action=action, args=args):
            return {"action": action, "args": list(args)}
        case model.Named(name):
            return {"named": name}
        case model.External(file, namespace):
            return {"external": file} | ({"namespace": namespace} if namespace else {})
        case NextConnection():
            return {"connection": "next"}
    return {"nop": True}


def _bytes(conversation: Conversation, content: model.Content) -> dict[str, Any]:
    if isinstance(content, model.BlobRef):
        size = conversation.size(content)
        return {"blob": content.name} | ({} if size is None else {"size": size})
    form = {"text": content.decode("ascii")} if is_text(content) else {"hex": content.hex()}
    return {"size": len(content)} | form
