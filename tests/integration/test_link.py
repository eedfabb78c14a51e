"""L{netsim.status.link} and L{netsim.status.web}, against daemons that run."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from websocket import WebSocketException
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.integration import linked
from tests.integration.daemons import Daemon, DaemonTestCase, Peer
from tests.integration.processes import Process, eventually

NAME = "a program / ü"
ENDS_WITHIN = 6.0
"""Seconds: 1.5, and what a busy machine needs to run a program."""
PATH = "/api/v1/projects/a%20program%20%2F%20%C3%BC"


class LinkTestCase(DaemonTestCase):
    """A test that starts programs with a link."""

    def program(self, url: str, role: str = "cli") -> Process:
        """Start one."""
        return self.start(sys.executable, Path(linked.__file__), role, url, NAME)

    def connected(self, daemon: Daemon) -> Process:
        """Start one that tells its status, and wait for the connection."""
        program = self.program(daemon.url)
        program.says("^connected$")
        return program

    def texts(self, daemon: Daemon) -> list[str]:
        """What the program has logged, as the daemon has it."""
        # There are none while the daemon does not know the project.
        logs = daemon.get(f"{PATH}/logs?limit=10000").json.get("logs", [])
        return [line["payload"]["log"]["message"] for line in logs]


class DaemonTests(LinkTestCase):
    """With the daemon of this project."""

    def test_status(self) -> None:
        """Values, actions, and the machine are there, and change."""
        daemon = self.daemon()
        self.connected(daemon)

        def number() -> int:
            return int(daemon.get(f"{PATH}/status").json["status"].get("number", -1))

        first = eventually(lambda: number() + 1, "a number")
        eventually(lambda: number() > first + 10, "more of them")
        eventually(lambda: daemon.get(f"{PATH}/hardware").json["hardware"], "the hardware")
        self.assertEqual(["double"], list(daemon.get(f"{PATH}/actions").json["actions"]))

    def test_actions(self) -> None:
        """Actions are called, and answered."""
        daemon = self.daemon()
        self.connected(daemon)
        for name, answer in [
            ("double", {"name": "double", "result": 42}),
            ("other", {"name": "other", "error": "there is no action 'other'"}),
        ]:
            asked = daemon.post(
                f"{PATH}/actions/{name}?timeout=10",
                {"args": {"x": 21}},
                **{"Content-Type": "application/json"},
            )
            self.assertEqual({"ack": answer}, asked.json)

    def test_frontend(self) -> None:
        """A frontend without a browser joins later or earlier, calls actions, and hears logs."""
        daemon = self.daemon()
        frontend = self.program(daemon.url, "web")
        self.connected(daemon)
        self.check_status(frontend, 0)
        self.assertEqual(
            "result 42\nerror there is no action 'other'\nlogged linked\n", frontend.stdout
        )

    def test_end(self) -> None:
        """What was logged last, and the last status, are there when the program is gone."""
        daemon = self.daemon()
        program = self.connected(daemon)
        begun = time.monotonic()
        program.stop()
        self.assertTrue(time.monotonic() - begun < ENDS_WITHIN, str(program))
        texts = self.texts(daemon)
        count = len(texts) - 1
        self.assertEqual([*map(str, range(count)), f"the end after {count}"], texts)
        self.assertEqual("done", daemon.get(f"{PATH}/status").json["status"]["stage"])

    def test_killed(self) -> None:
        """A daemon is killed, and another one started later: every line has come to one of them."""
        daemon = self.daemon()
        program = self.connected(daemon)
        listener = Listener(daemon.web(NAME))
        before = self.texts(daemon)
        eventually(lambda: len(listener.texts) > 100, "lines")
        daemon.service.stop(signal.SIGKILL)
        listener.join()
        program.logs("is lost")
        another = self.daemon(f"--port={daemon.port}")
        eventually(lambda: len(self.texts(another)) > 300, "lines at the other daemon")
        program.stop()
        after = self.texts(another)
        end = re.fullmatch(r"the end after (\d+)", after.pop())
        assert end is not None, after
        numbers = {int(text) for text in (*before, *listener.texts, *after)}
        missing = set(range(int(end[1]))) - numbers
        self.assertEqual(set(), missing)
        twice = len(set(listener.texts) & set(after))
        self.assertTrue(twice < 400, f"{twice} lines came twice")
        said = [line for line in program.stderr.splitlines() if "status daemon" in line]
        self.assertEqual(3, len(said), program.stderr)

    def test_frozen(self) -> None:
        """A daemon that hangs does not keep the program."""
        daemon = self.daemon()
        program = self.connected(daemon)
        daemon.service.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        begun = time.monotonic()
        program.stop()
        self.assertTrue(time.monotonic() - begun < ENDS_WITHIN, str(program))

    def test_nobody(self) -> None:
        """Neither does one that does not exist."""
        program = self.program(f"http://127.0.0.1:{self.reserve_port()}")
        program.logs("is not there")
        begun = time.monotonic()
        program.stop()
        self.assertTrue(time.monotonic() - begun < ENDS_WITHIN, str(program))
        self.assertEqual(1, program.stderr.count("status daemon"), program.stderr)

    def test_token(self) -> None:
        """A token opens the door; without it the reason is told."""
        daemon = self.daemon("--token=secret", "--host=127.0.0.1")
        program = self.program(daemon.url)
        program.logs("401|403")


class Listener(threading.Thread):
    """Reads what a frontend hears, until its connection is lost."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(daemon=True)
        self.texts: list[str] = []
        self._peer = peer
        self.start()

    def run(self) -> None:
        """Read."""
        try:
            while True:
                message = self._peer.hear()
                if message["event-type"] == "log":
                    self.texts.append(message["payload"]["log"]["message"])
        except (OSError, ValueError, WebSocketException):
            pass


class FieldTests(LinkTestCase):
    """With a daemon of the kind that existed before: the WebSocket is on the next port only."""

    def test_program(self) -> None:
        """It gets the status and the log, and its actions are answered."""
        daemon = FieldDaemon()
        self.addCleanup(daemon.close)
        program = self.program(daemon.url)
        eventually(lambda: len(daemon.logs) > 20, "lines")
        eventually(lambda: "hardware" in daemon.status, "the status")
        self.assertEqual("/cli/sync/a%20program%20%2F%20%C3%BC", daemon.path)
        self.assertEqual({"who": "cli"}, daemon.hello["payload"])
        [answer] = eventually(lambda: daemon.answers, "the answer")
        self.assertEqual(
            ("ack", 3, {"name": "double", "result": 42}),
            (answer["event-type"], answer["event-id"], answer["payload"]),
        )
        program.stop()
        self.assertIn("the end after", daemon.logs[-1]["payload"]["log"]["message"])


class FieldDaemon:
    """A daemon in threads, by other libraries, as simple as it can be."""

    def __init__(self) -> None:
        self.status: dict[str, Any] = {}
        self.path = ""
        self.hello: dict[str, Any] = {}
        self.logs: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        daemon = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                daemon.path = self.path
                daemon.status = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._http, self._socket = self._listen(Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        for server in (self._http, self._socket):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Be gone."""
        self._socket.shutdown()
        self._http.shutdown()
        self._http.server_close()

    def _listen(self, handler: Any) -> tuple[ThreadingHTTPServer, Server]:
        while True:
            http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            listening = socket.socket()
            try:
                listening.bind(("127.0.0.1", http.server_port + 1))
                listening.listen()
            except OSError:
                listening.close()
                http.server_close()
                continue
            return http, serve(self._serve, sock=listening)

    def _serve(self, connection: ServerConnection) -> None:
        try:
            for text in connection:
                message = json.loads(text)
                kind = message["event-type"]
                if kind == "handshake":
                    self.hello = message
                    welcome = {"result": 200, "reason": "join success"}
                    connection.send(json.dumps({**message, "payload": welcome}))
                    action = {"name": "double", "args": {"x": 21}}
                    asked = {**message, "event-type": "action", "event-id": 3, "payload": action}
                    connection.send(json.dumps(asked))
                else:
                    (self.logs if kind == "log" else self.answers).append(message)
        except ConnectionClosed:
            pass
