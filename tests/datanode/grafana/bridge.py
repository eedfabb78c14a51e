"""A bridge in memory: its HTTP, and a router with a hub and nodes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.task import Clock
from twisted.logger import Logger, LogPublisher, formatEvent

from netsim.datanode.grafana.fetch import Fetcher
from netsim.datanode.grafana.http import make_root
from netsim.datanode.model import uri
from netsim.web.access import Access
from tests.datanode.router import Router
from tests.web.calls import Answer, Connection, ask, request_text

FROM, TO = "2020-01-01T00:00:00Z", "2020-01-01T00:01:40Z"
START = 1577836800.0
RANGE = {"from": FROM, "to": TO}


def field(timeline: str = "t", **more: Any) -> dict[str, Any]:
    """What a node tells of a field."""
    about = {"description": None, "timeline": timeline, "type": "number", "units": None}
    return {**about, **more}


class FakeNode:
    """
    A node.

    @ivar fields: what it has; by name, what it tells of each.
    @ivar data: what it answers, or a function of what it is asked.
    @ivar asked: what it was asked, by procedure and arguments.
    """

    def __init__(self, router: Router, name: str, fields: Any = None, data: Any = None) -> None:
        self.name = name
        self.fields: Any = {"a": field()} if fields is None else fields
        t = [START + i for i in range(3)]
        self.data: Any = data or {
            "data": {name: [1.5, None, 2] for name in self._names()},
            "timeline": {"t": {"t": t, "finalized_until": None}},
        }
        self.asked: list[tuple[Any, ...]] = []
        self.answer: Callable[[], Deferred[Any]] = lambda: succeed(None)
        self.session = router.session()
        self.session.register(self.get_fields, uri(f"consumer.{name}.get_fields"))
        self.session.register(self.get_data, uri(f"consumer.{name}.get_data"))

    def get_fields(self, start: Any, end: Any) -> Any:
        """Answer."""
        self.asked.append(("get_fields", start, end))
        timelines = {"t": {"interval": 1.0, "field": self._names()}}
        told = self.fields if callable(self.fields) else lambda: (self.fields, timelines)
        return maybeDeferred(self.answer).addCallback(lambda _: told())

    def get_data(self, names: Any, start: Any, end: Any, min_stride: Any = None) -> Any:
        """Answer."""
        self.asked.append(("get_data", names, start, end, min_stride))
        given = self.data if callable(self.data) else lambda *_: self.data
        return maybeDeferred(self.answer).addCallback(
            lambda _: given(names, start, end, min_stride)
        )

    def _names(self) -> list[str]:
        return [] if callable(self.fields) else list(self.fields)

    @property
    def calls(self) -> list[str]:
        """The names of the procedures that were called."""
        return [name for name, *_ in self.asked]


class FakeHub:
    """A hub."""

    def __init__(self, router: Router) -> None:
        self.nodes: dict[str, str] = {}
        self.session = router.session()
        self.session.register(self.get_data_node, uri("consumer.get_data_node"))

    def get_data_node(self) -> Any:
        """Answer."""
        return [{"name": name, "description": text} for name, text in self.nodes.items()]

    def add(self, name: str, description: str = "") -> None:
        """A node is there."""
        self.nodes[name] = description
        about = {"name": name, "description": description}
        self.session.publish(uri("consumer.data_node_added"), about)

    def subtract(self, name: str) -> None:
        """A node is gone."""
        about = {"name": name, "description": self.nodes.pop(name)}
        self.session.publish(uri("consumer.data_node_subtracted"), about)


class Bridge:
    """
    The bridge, a router and a hub.

    @ivar events: what it has logged.
    """

    def __init__(self, access: Access | None = None, join: bool = True) -> None:
        self.clock = Clock()
        self.router = Router()
        self.hub = FakeHub(self.router)
        self.events: list[Any] = []
        self.later: list[Callable[[], None]] = []
        log = Logger("test", observer=LogPublisher(self.events.append))
        self.fetcher = Fetcher(self.clock, self.submit, log, 10.0)
        self.root = make_root(self.fetcher, access or Access())
        self.session: Any = None
        if join:
            self.join()

    def join(self) -> None:
        """Its session joins."""
        self.session = self.router.session()
        self.fetcher.nodes.joined(self.session)

    def leave(self) -> None:
        """Its session is gone."""
        self.router.drop(self.session)
        self.fetcher.nodes.left("gone")

    def node(self, name: str = "n", *args: Any, **more: Any) -> FakeNode:
        """Add a node."""
        node = FakeNode(self.router, name, *args, **more)
        self.hub.add(name, f"about {name}")
        return node

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Do it when C{work} is called, as a thread would."""
        result: Deferred[Any] = Deferred()
        self.later.append(lambda: maybeDeferred(function, *args).chainDeferred(result))
        return result

    def work(self) -> None:
        """Do what was submitted."""
        while self.later:
            self.later.pop(0)()

    def get(self, path: str, **options: Any) -> Answer:
        """Make a request without a body."""
        return ask(self.root, "GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Answer:
        """Make a request that is answered at once."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask(self.root, "POST", path, data, **options)

    def start(self, path: str, body: Any) -> Connection:
        """Make a request that is answered later."""
        connection = Connection(self.root)
        connection.write(request_text("POST", path, json.dumps(body).encode()))
        return connection

    def query(self, *targets: Any, **more: Any) -> Answer:
        """Ask for data."""
        return self.post("/query", asking(*targets, **more))

    @property
    def lines(self) -> list[str]:
        """What was logged."""
        return [formatEvent(event) for event in self.events]


def asking(*targets: Any, **more: Any) -> dict[str, Any]:
    """Write a body of C{/query}."""
    listed = [{"target": each} if isinstance(each, str) else each for each in targets]
    return {"range": RANGE, "targets": listed, **more}
