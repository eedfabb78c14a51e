"""A status daemon, and the programs and frontends that talk to it as those of the field do."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import websocket

from tests.integration.processes import PATIENCE, IntegrationTestCase, Service, Word, netsim

Json = dict[str, Any]


def make_message(kind: str, name: str, payload: Any, event_id: int = -1) -> Json:
    """A message of the standard, as clients write it."""
    return {"event-type": kind, "name": name, "payload": payload, "event-id": event_id}


class Peer:
    """
    A program or frontend, on the library C{websocket-client}.

    @ivar name: of its project.
    """

    def __init__(self, url: str, name: str, **options: Any) -> None:
        self.name = name
        self.socket = websocket.create_connection(url, timeout=PATIENCE, **options)

    def join(self, who: str, event_id: int = 0, name: str | None = None) -> Json:
        """Shake hands; the answer."""
        self.name = self.name if name is None else name
        self.say("handshake", {"who": who}, event_id)
        return self.hear()

    def say(self, kind: str, payload: Any, event_id: int = -1) -> None:
        """Send a message."""
        self.socket.send(json.dumps(make_message(kind, self.name, payload, event_id)))

    def hear(self) -> Json:
        """Wait for a message."""
        message: Json = json.loads(self.socket.recv())
        return message

    def hear_close(self) -> int:
        """Wait for a close frame, passing over the rest; its code."""
        while True:
            opcode, data = self.socket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2])


class Answer:
    """
    What came back over HTTP.

    @ivar status: a number.
    @ivar body: bytes.
    """

    def __init__(self, response: Any) -> None:
        with response:
            self.status: int = response.status
            self.headers: Mapping[str, str] = response.headers
            self.body: bytes = response.read()

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


def request(method: str, url: str, body: Any = None, **headers: str) -> Answer:
    """Ask over HTTP, whatever the status of the answer is."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, headers, method=method)
    try:
        return Answer(urllib.request.urlopen(asked, timeout=PATIENCE))
    except urllib.error.HTTPError as error:
        return Answer(error)


class Daemon:
    """
    A status daemon that runs, by its process.

    @ivar peers: all that connected: one that nobody holds is closed whenever garbage is collected.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.peers: list[Peer] = []
        self.http, self.websocket = service.address.split()

    @property
    def url(self) -> str:
        """Of its HTTP port."""
        return f"http://{self.http}"

    @property
    def port(self) -> int:
        """Of HTTP."""
        return int(self.http.rpartition(":")[2])

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for something."""
        return request("GET", self.url + path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send something."""
        return request("POST", self.url + path, b"" if body is None else body, **headers)

    def sync(self, name: str, status: Any) -> Answer:
        """Tell the status of a program as existing ones do: as a string that holds JSON."""
        return self.post(f"/cli/sync/{quote(name, safe='')}", json.dumps(status))

    def peer(self, name: str, path: str = "/", **options: Any) -> Peer:
        """Connect to the WebSocket's own port."""
        peer = Peer(f"ws://{self.websocket}{path}", name, **options)
        self.peers.append(peer)
        return peer

    def cli(self, name: str, path: str = "/") -> Peer:
        """A program that has joined."""
        peer = self.peer(name, path)
        assert peer.join("cli")["payload"]["result"] == 200
        return peer

    def web(self, name: str, path: str = "/") -> Peer:
        """A frontend that has joined."""
        peer = self.peer(name, path)
        assert peer.join("web")["payload"]["result"] == 200
        return peer


class DaemonTestCase(IntegrationTestCase):
    """A test that starts status daemons."""

    def daemon(
        self,
        *options: Word,
        runner: str = "netsim",
        environment: Mapping[str, Word] | None = None,
    ) -> Daemon:
        """Start one, on any ports, which keeps nothing unless told to."""
        given = {str(option).partition("=")[0] for option in options}
        words = [*options]
        words += [] if "--port" in given else ["--port=0"]
        words += [] if "--database" in given else ["--database=none"]
        return Daemon(self.serve(*netsim("netsim-daemon", runner), *words, environment=environment))
