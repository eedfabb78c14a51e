"""A bridge of which a test tells what it answers, for the page that looks at it."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from netsim.datanode.grafana.pages import PAGE
from netsim.web.assets import STATIC, plotly_script
from netsim.web.headers import HEADERS, PAGE_POLICY

Json = Any
Point = list[Any]
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def wave(number: int) -> Callable[[float], Json]:
    """A field that moves: its value for a time."""
    return lambda t: round(10 * number + 5 * math.sin(t / (300 + 40 * number)), 4)


class FakeBridge:
    """
    Serves the page, and answers it from what a test sets.

    @ivar fields: as C{GET /api/fields} tells them.
    @ivar values: by C{node::field}, the value for a time in Unix seconds.
    @ivar begin: Unix seconds of the first sample; there is one every second, up to C{end}.
    @ivar failed: the nodes that do not answer.
    @ivar delay: seconds that a query takes.
    @ivar refusal: status and body of all answers, instead.
    @ivar queries: the bodies that came, each with when.
    @ivar busiest: most queries that were under way at the same time.
    """

    def __init__(self, port: int = 0) -> None:
        self.nodes: dict[str, str] = {}
        self.fields: dict[str, dict[str, Json]] = {}
        self.values: dict[str, Callable[[float], Json]] = {}
        self.begin, self.end = 0.0, math.inf
        self.failed: list[str] = []
        self.delay = 0.0
        self.refusal: tuple[int, Json] | None = None
        self.queries: list[Json] = []
        self.busy = self.busiest = 0
        self._lock = threading.Lock()
        bridge = self

        class Handler(_Handler):
            def answer(self, method: str, path: str, body: bytes) -> None:
                bridge._answer(self, method, path, body)

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()

    def add(self, node: str, name: str, value: Callable[[float], Json], **about: Json) -> None:
        """Have one more field."""
        self.nodes.setdefault(node, f"The node {node}")
        usual = {"description": "", "timeline": name, "type": "number", "units": None,
                 "interval": 1.0}  # fmt: skip
        self.fields.setdefault(node, {})[name] = {**usual, **about}
        self.values[f"{node}::{name}"] = value

    def _answer(self, handler: _Handler, method: str, path: str, body: bytes) -> None:
        file = _find(path)
        if file is not None:
            handler.send(200, file[0], file[1])
        elif self.refusal is not None:
            handler.send_json(self.refusal[1], self.refusal[0])
        elif path == "/api/nodes":
            nodes = [{"name": name, "description": text} for name, text in self.nodes.items()]
            handler.send_json(nodes)
        elif path == "/api/fields":
            handler.send_json(self.fields)
        elif (method, path) == ("POST", "/query"):
            self._query(handler, json.loads(body))
        else:
            handler.send_json({"error": f"no {path}"}, 404)

    def _query(self, handler: _Handler, body: Json) -> None:
        with self._lock:
            self.queries.append({**body, "when": time.monotonic()})
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            time.sleep(self.delay)
            answer = [
                {"target": target, "datapoints": self._points(target, body)}
                for target in (each["target"] for each in body["targets"])
                if target in self.values and target.partition("::")[0] not in self.failed
            ]
        finally:
            with self._lock:
                self.busy -= 1
        failed = ",".join(quote(name, safe="") for name in self.failed)
        headers = {"X-Netsim-Failed-Nodes": failed} if failed else {}
        handler.send_json(answer, 200, headers)

    def _points(self, target: str, body: Json) -> list[Point]:
        first, last = (_seconds(body["range"][key]) for key in ("from", "to"))
        # As nodes do it: what there is in each step of the range, not of the data.
        step = max(1.0, math.ceil((last - first) / (body["maxDataPoints"] - 1)))
        begin, end = max(first, self.begin), min(last, self.end)
        if end <= begin:
            return []
        times = [begin, *(t for t in _multiples(step, begin, end))]
        return [[self.values[target](t), round(t * 1000)] for t in times]


class _Handler(BaseHTTPRequestHandler):
    # A connection for each request: none is left when the bridge is closed.
    protocol_version = "HTTP/1.0"

    def answer(self, method: str, path: str, body: bytes) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self.answer("GET", self.path.partition("?")[0], b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer("POST", self.path, body)

    def send_json(
        self, value: Json, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send(status, "application/json", json.dumps(value).encode(), headers or {})

    def send(
        self, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        more = {"Content-Type": kind, "Content-Length": str(len(body)), **HEADERS,
                "Content-Security-Policy": PAGE_POLICY, **(headers or {})}  # fmt: skip
        try:
            self.send_response(status)
            for name, text in more.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _find(path: str) -> tuple[str, bytes] | None:
    name = "live.html" if path == "/live" else path.removeprefix("/assets/")
    places = [directory / name for directory in (PAGE, STATIC)]
    charts = plotly_script()
    if name == "plotly.min.js" and charts is not None:
        places.append(charts)
    for place in places:
        if "/" not in name and place.is_file():
            return TYPES[place.suffix], place.read_bytes()
    return None


def _multiples(step: float, begin: float, end: float) -> list[float]:
    first = math.floor(begin / step) + 1
    return [number * step for number in range(first, math.ceil(end / step))]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
