"""Which nodes there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import evolve, frozen

from netsim.datanode.model import is_uri_part

__all__ = ["ADDED", "LIMIT", "SUBTRACTED", "Announce", "Node", "Roster", "bad_name"]

LIMIT = 10_000
"""Nodes at once."""
LONGEST_NAME = 255
LONGEST_DESCRIPTION = 4096
"""Characters."""

ADDED, SUBTRACTED = "added", "subtracted"

Announce = Callable[[str, "Node"], object]
"""Hears L{ADDED} or L{SUBTRACTED}, and of which node."""


@frozen
class Node:
    """
    A node that is there.

    @ivar description: for people; L{None} until the node itself has told it.
    @ivar session: of the router, whose end is that of the node.
    """

    name: str
    description: str | None
    session: int

    def told(self) -> dict[str, str]:
        """What consumers get."""
        return {"name": self.name, "description": self.description or ""}


class Roster:
    """The nodes that are there, by name; a name is given once."""

    def __init__(self, announce: Announce) -> None:
        self._announce = announce
        self._nodes: dict[str, Node] = {}

    def listing(self) -> list[dict[str, str]]:
        """All that are there, in the order in which they came."""
        return [node.told() for node in self._nodes.values()]

    def holder(self, name: str) -> Node | None:
        """Who has this name."""
        return self._nodes.get(name)

    def add(self, node: Node) -> bool:
        """
        Let a node in, unless another one has its name, or there are too many.

        One that is there may tell another description.
        """
        known = self._nodes.get(node.name)
        if known is None:
            if len(self._nodes) >= LIMIT:
                return False
        elif known.session != node.session:
            return False
        self._put(known, node)
        return True

    def subtract(self, name: str, session: int) -> bool:
        """Let a node go, if it is there, and in this session."""
        node = self._nodes.get(name)
        if node is None or node.session != session:
            return False
        del self._nodes[name]
        self._announce(SUBTRACTED, node)
        return True

    def leave(self, session: int) -> None:
        """A session has ended, and with it its nodes."""
        for node in [node for node in self._nodes.values() if node.session == session]:
            self.subtract(node.name, session)

    def replace(self, nodes: Iterable[Node]) -> None:
        """
        These are the nodes that there are.

        Those that are known, in the same session, keep what they told.
        """
        now = {node.name: node for node in nodes}
        for name, old in list(self._nodes.items()):
            if name not in now or now[name].session != old.session:
                self.subtract(name, old.session)
        for node in now.values():
            self.add(self._with_description(node))

    def _with_description(self, node: Node) -> Node:
        known = self._nodes.get(node.name)
        if known is None or node.description is not None:
            return node
        return evolve(node, description=known.description)

    def _put(self, known: Node | None, node: Node) -> None:
        self._nodes[node.name] = node
        if known != node:
            self._announce(ADDED, node)


def bad_name(name: object) -> str | None:
    """Why a node cannot have this name, if so: it becomes a part of a URI."""
    if not isinstance(name, str):
        return "it is no text"
    if len(name) > LONGEST_NAME:
        return f"it is longer than {LONGEST_NAME} characters"
    if not is_uri_part(name):
        return "it cannot be a part of a URI"
    return None
