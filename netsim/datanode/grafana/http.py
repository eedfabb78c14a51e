"""
The bridge over HTTP: what data sources of Grafana ask, and its own page.

SimpleJson (WIRE.md, section 5): C{GET /}, and C{POST /search}, C{/query}, C{/annotations},
C{/tag-keys}, C{/tag-values}.  The JSON data source that came after it has C{/metrics},
C{/metric-payload-options} and C{/variable} as well.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from twisted.web.server import Request

from netsim.datanode.grafana.checked import read_object
from netsim.datanode.grafana.encode import encoded
from netsim.datanode.grafana.fetch import MANY_VALUES, Fetched, Fetcher
from netsim.datanode.grafana.model import RATE, VALUE, NodeFailed, Query, full_name
from netsim.datanode.grafana.query import (
    read_annotation,
    read_payload_name,
    read_query,
    read_tag_key,
)
from netsim.datanode.grafana.shown import answer, marks
from netsim.datanode.grafana.targets import NODE
from netsim.web.access import Access
from netsim.web.answers import Refusal, Reply
from netsim.web.app import check_token, new_app
from netsim.web.door import FrontDoor, send

__all__ = ["FAILED_HEADER", "NAME", "make_root"]

NAME = "netsim-grafana"
FAILED_HEADER = "X-Netsim-Failed-Nodes"
"""The nodes of which there is nothing in an answer: percent-encoded, separated by commas."""
LONGEST_HEADER = 4000
GRAVITY = (413, 504, 502, 500, 400)
"""Of several failures the first of these is told."""
SHOW = {
    "name": "show",
    "label": "Show",
    "type": "select",
    "placeholder": "Value",
    "reloadMetric": False,
    "options": [
        {"label": "Value", "value": VALUE},
        {"label": "Change per second", "value": RATE},
    ],
}
"""What can be chosen for each field, in the form of the JSON data source."""


def make_root(fetcher: Fetcher, access: Access) -> FrontDoor:
    """Make the root of the bridge's HTTP; the page is put into it as children."""
    app, api = new_app(), Api(fetcher)
    for (method, path), operation in api.routes.items():
        app.route(path, methods=[method], endpoint=path)(_answerer(operation, access))
    return FrontDoor(app.resource(), access, NAME)


Operation = Callable[[Request, bytes], Coroutine[Any, Any, Reply]]


def _answerer(operation: Operation, access: Access) -> Callable[..., Any]:
    async def answer(request: Request) -> bytes:
        check_token(request, access)
        body = request.content.read() if request.content else b""
        return send(request, await operation(request, body))

    return answer


class Api:
    """
    Answers each path.

    @ivar routes: the operations, by method and path.
    """

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self.routes: Mapping[tuple[str, str], Operation] = {
            ("GET", "/"): self._greet,
            ("POST", "/search"): self._search,
            ("POST", "/query"): self._query,
            ("POST", "/annotations"): self._annotations,
            ("POST", "/tag-keys"): self._tag_keys,
            ("POST", "/tag-values"): self._tag_values,
            ("POST", "/metrics"): self._metrics,
            ("POST", "/metric-payload-options"): self._payload_options,
            ("POST", "/variable"): self._variable,
            ("GET", "/api/nodes"): self._nodes,
            ("GET", "/api/fields"): self._fields,
        }

    async def _greet(self, request: Request, body: bytes) -> Reply:
        """Data sources are tested by this; people are shown the page."""
        if "text/html" in (request.getHeader("Accept") or ""):
            _, _, asked = request.uri.partition(b"?")
            there = "live" + (f"?{asked.decode('ascii', 'ignore')}" if asked else "")
            return Reply(status=302, headers={"Location": there})
        return Reply.of({"name": NAME, "connected": self._fetcher.nodes.session is not None})

    async def _search(self, request: Request, body: bytes) -> Reply:
        read_object(body)
        return await self._listed(lambda names: names)

    async def _metrics(self, request: Request, body: bytes) -> Reply:
        read_object(body)
        return await self._listed(
            lambda names: [{"label": name, "value": name, "payloads": [SHOW]} for name in names]
        )

    async def _variable(self, request: Request, body: bytes) -> Reply:
        read_object(body)
        return await self._listed(
            lambda names: [{"__text": name, "__value": name} for name in names]
        )

    async def _listed(self, shown: Callable[[Sequence[str]], Any]) -> Reply:
        fetched = _some(await self._connected().all_fields())
        names = sorted(full_name(node, name) for node, all in fetched.nodes.items() for name in all)
        return _reply(encoded(shown(names)), fetched)

    async def _query(self, request: Request, body: bytes) -> Reply:
        query = read_query(body)
        fetched = _some(await self._connected().data(query))
        points = sum(b.t.size for blocks in fetched.nodes.values() for b in blocks.values())
        is_much = points > MANY_VALUES
        written = await self._fetcher.work(is_much, answer, query.targets, fetched.nodes)
        return _reply(written, fetched)

    async def _annotations(self, request: Request, body: bytes) -> Reply:
        annotation = read_annotation(body)
        if annotation.target is None:
            return Reply(b"[]")
        target = annotation.target
        query = Query(annotation.start, annotation.end, (target,))
        fetched = _some(await self._connected().data(query))
        block = fetched.nodes[target.node].get(target.field)
        return _reply(b"[]" if block is None else marks(annotation, target.field, block), fetched)

    async def _tag_keys(self, request: Request, body: bytes) -> Reply:
        read_object(body)
        return Reply.of([{"type": "string", "text": NODE}])

    async def _tag_values(self, request: Request, body: bytes) -> Reply:
        if (key := read_tag_key(body)) != NODE:
            raise Refusal(400, f"key: expected {NODE}, not {key!r:.60}")
        return Reply(encoded([{"text": name} for name in sorted(self._known())]))

    async def _payload_options(self, request: Request, body: bytes) -> Reply:
        if (name := read_payload_name(body)) != SHOW["name"]:
            raise Refusal(400, f"name: expected {SHOW['name']}, not {name!r:.60}")
        return Reply.of(SHOW["options"])

    async def _nodes(self, request: Request, body: bytes) -> Reply:
        known = self._known()
        told = [{"name": name, "description": known[name]} for name in sorted(known)]
        return Reply(encoded(told))

    async def _fields(self, request: Request, body: bytes) -> Reply:
        fetched = await self._connected().all_fields()
        told = {
            node: {
                name: {
                    "description": entry.description,
                    "timeline": entry.timeline,
                    "type": entry.type,
                    "units": entry.units,
                    "interval": entry.interval,
                }
                for name, entry in entries.items()
            }
            for node, entries in fetched.nodes.items()
        }
        return _reply(encoded(told), fetched)

    def _known(self) -> Mapping[str, str]:
        return self._connected().nodes.descriptions

    def _connected(self) -> Fetcher:
        """@raise Refusal: nobody can be asked."""
        nodes = self._fetcher.nodes
        if nodes.session is None:
            raise Refusal(500, "there is no session with the router: it is being tried")
        if not nodes.is_known:
            raise Refusal(500, "the hub has not told its nodes yet: it is being asked")
        return self._fetcher


def _reply(body: bytes, fetched: Fetched) -> Reply:
    headers = {}
    if fetched.failed:
        names = ",".join(quote(name, safe="") for name in sorted(fetched.failed))
        if len(names) > LONGEST_HEADER:
            names = names[:LONGEST_HEADER].rpartition(",")[0]
        headers[FAILED_HEADER] = names
    return Reply(body, headers=headers)


def _some(fetched: Fetched) -> Fetched:
    """@raise Refusal: nothing came, as all have failed."""
    if fetched.nodes or not fetched.failed:
        return fetched
    statuses = {failed.status for failed in fetched.failed.values()}
    status = next(each for each in GRAVITY if each in statuses)
    raise Refusal(status, *_told(fetched.failed), headers=_reply(b"", fetched).headers)


def _told(failed: Mapping[str, NodeFailed]) -> tuple[str, Sequence[str]]:
    sentences = [f"{node} {reason}" for node, reason in sorted(failed.items())]
    if len(sentences) == 1:
        return sentences[0], ()
    return "no node has answered", sentences[:20]
