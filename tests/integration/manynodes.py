"""
Many nodes in one process, each with a session of its own, as somebody's own program has them.

Its arguments: the router's URL, the hub's directory, and names.  A node whose name begins with
C{slow} never gives data, one with C{much} has too much of it, one with C{wild} gives far more
points than it is asked for; all others give three.  Once all are in the hub's list it prints
C{added}.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from autobahn.wamp.types import ComponentConfig
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from netsim.datanode import DataNodeServer
from netsim.datanode.link import Link
from netsim.datanode.model import SERVER, Router

FIELDS = {"x": {"description": "X", "timeline": "t", "type": "number", "units": "K"}}


class Node(DataNodeServer):
    """One of them."""

    description = "one of many"
    waiting: set[str] = set()

    def __init__(self, config: ComponentConfig, name: str) -> None:
        super().__init__(config)
        self.name = name

    def get_fields(self, start: float, end: float) -> Any:
        """One field."""
        return FIELDS, {"t": {"interval": 1.0, "field": ["x"]}}

    def get_data(
        self, field: list[str], start: float, end: float, min_stride: float | None = None
    ) -> Any:
        """A few points, or what the name says."""
        assert self.name is not None
        if self.name.startswith("slow"):
            return Deferred()
        if self.name.startswith("much"):
            return False
        # So many are not downsampled where nothing tells the timeline of a field.
        count = 20_000 if self.name.startswith("wild") else 3
        t = [start + i * (end - start) / count for i in range(count)]
        data = {name: [float(i % 100) for i in range(count)] for name in field}
        return {"data": data, "timeline": {"t": {"t": t, "finalized_until": None}}}

    def added(self) -> None:
        """It is in the list."""
        self.waiting.discard(str(self.name))
        if not self.waiting:
            print("added", flush=True)


def main() -> None:
    """Run them."""
    url, directory, *names = sys.argv[1:]
    place = Path(directory)
    secret = (place / "secret").read_text().strip()
    router = Router(url, SERVER, secret, place / "server_cert.pem")
    Node.waiting.update(names)
    for name in names:
        Link(reactor, router, lambda config, name=name: Node(config, name)).startService()
    reactor.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
