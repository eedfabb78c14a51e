"""The REST interface of C{netsim-daemon}, over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
from typing import Any

import websocket

from tests.integration.daemons import Daemon, DaemonTestCase, Peer
from tests.integration.processes import PATIENCE, eventually

NAME = "my project"
"""As in the examples of the description."""
PATH = "/api/v1/projects/my%20project"
STATUS = {
    "loss": {"value": 0.5, "timestamp": 1700000000.0, "interval": 1.0},
    "platform": {"os_name": "Linux"},
    "__action": {"stop": {"args": {"hard": "bool = False"}, "blocking": True}},
}
MIB = 1 << 20

# An action whose program is not there, or too slow, is no mistake of the daemon.
CONFIG = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503, 504]
"""


class Program:
    """A program that answers every action with its arguments, but for one called C{sleep}."""

    def __init__(self, cli: Peer) -> None:
        self._cli = cli
        self._socket: socket.socket = cli.socket.sock
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            # To close it would not wake the thread that reads.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        try:
            while True:
                self._answer(self._cli.hear())
        except (OSError, ValueError, websocket.WebSocketException):
            pass

    def _answer(self, message: dict[str, Any]) -> None:
        call = message["payload"]
        if call["name"] != "sleep":
            answer = {"name": call["name"], "result": call["args"]}
            self._cli.say("ack", answer, message["event-id"])


class RestTestCase(DaemonTestCase):
    """A daemon, and a program."""

    def program(self, daemon: Daemon) -> Program:
        """One that has told its status, and a line."""
        daemon.sync(NAME, STATUS)
        cli = daemon.cli(NAME)
        cli.say("log", {"log": {"level": "warning", "message": "It is warm.", "whom": "me"}})
        cli.socket.settimeout(None)
        program = Program(cli)
        self.addCleanup(program.end)
        return program


class DescriptionTests(RestTestCase):
    """What the description says is so."""

    def test_schemathesis(self) -> None:
        """Hundreds of requests of all kinds, good and bad, all answered as described."""
        daemon = self.daemon("--max-projects=100000")
        self.program(daemon)
        (self.directory / "config.toml").write_text(CONFIG)
        (self.directory / "openapi.json").write_bytes(daemon.get("/api/openapi.json").body)
        said = self.run_schemathesis(
            "--config-file=config.toml", "run", "openapi.json", f"--url={daemon.url}",
            "--exclude-path=/web/shutdown", "--max-examples=5", "--request-timeout=10",
            "--seed=1", "--no-color",
        )  # fmt: skip
        self.assertRegex(said, r"Selected: 15/16\n\s+Tested: 15\n")
        self.assertNotIn("WARNINGS", said)
        [count] = re.findall(r"(\d+) generated, \1 passed", said)
        self.assertGreater(int(count), 300)
        self.assertEqual(daemon.get("/hello").status, 200)
        self.assertNotIn("Traceback", daemon.service.stderr)

    def run_schemathesis(self, *arguments: str) -> str:
        """What it says; it has to find nothing."""
        command = [sys.executable, "-m", "schemathesis.cli", *arguments]
        # It is not what is measured.
        environment = {name: value for name, value in os.environ.items() if "COV" not in name}
        ended = subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=90
        )
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout


class RequestsTests(RestTestCase):
    """What there is to ask."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.daemon()

    def get(self, path: str) -> Any:
        """Ask for something that is there."""
        answer = self.server.get(path)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def test_project(self) -> None:
        """A program is seen from all sides."""
        self.program(self.server)
        [project] = self.get("/api/v1/projects")["projects"]
        self.assertEqual((project["name"], project["online"], project["clis"]), (NAME, True, 1))
        self.assertEqual(self.get(PATH), {**project, "last_seen": self.get(PATH)["last_seen"]})
        self.assertEqual(self.get(f"{PATH}/status")["status"], {"loss": 0.5})
        self.assertEqual(self.get(f"{PATH}/hardware")["platform"], {"os_name": "Linux"})
        self.assertEqual(
            self.get(f"{PATH}/actions")["actions"]["stop"],
            {"args": {"hard": "bool = False"}, "blocking": True, "description": ""},
        )
        self.assertEqual(self.get("/web/status/my%20project"), STATUS)
        self.assertEqual(self.get("/api/v1/daemon")["connections"], 1)

    def test_history(self) -> None:
        """So is what it told before."""
        self.program(self.server)
        [line] = eventually(lambda: self.get(f"{PATH}/logs?search=WARM&level=info")["logs"])
        self.assertEqual((line["level"], line["payload"]["log"]["message"]),
                         ("warning", "It is warm."))  # fmt: skip
        self.assertEqual(self.get(f"{PATH}/logs?after={line['id']}")["logs"], [])
        self.assertEqual(self.get(f"{PATH}/logs?level=error")["logs"], [])
        [entry] = self.get(f"{PATH}/status/history")["entries"]
        self.assertEqual(entry["status"], {"loss": 0.5})
        self.assertEqual(self.get(f"{PATH}/status/history?since={entry['time'] + 1}"),
                         {"entries": []})  # fmt: skip

    def test_action(self) -> None:
        """It is called, and answers; or does not."""
        program = self.program(self.server)
        body, json_type = {"args": {"hard": True}}, {"Content-Type": "application/json"}
        answer = self.server.post(f"{PATH}/actions/stop", body, **json_type)
        self.assertEqual(
            (answer.status, answer.json),
            (200, {"ack": {"name": "stop", "result": {"hard": True}}}),
        )
        late = self.server.post(f"{PATH}/actions/sleep?timeout=0.5")
        self.assertEqual((late.status, late.json), (504, {"error": "no answer within 0.5 s"}))
        program.end()
        eventually(lambda: self.server.post(f"{PATH}/actions/stop").status == 503)
        self.assertEqual(self.server.post("/api/v1/projects/x/actions/stop").status, 404)

    def test_caller_leaves(self) -> None:
        """Who does not wait for the answer harms nobody."""
        self.program(self.server)
        for _ in range(3):
            connection = http.client.HTTPConnection(self.server.http)
            connection.request("POST", f"{PATH}/actions/sleep?timeout=0.5")
            connection.close()
        eventually(lambda: self.get(PATH)["pending"] == 0)
        self.assertNotIn("Traceback", self.server.service.stderr)

    def test_page_of_another_server(self) -> None:
        """It can do nothing, and read nothing."""
        for headers in ({"Origin": "http://example.org"}, {"Host": "example.org"}):
            answer = self.server.post("/cli/sync/x", {}, **headers)
            self.assertEqual(answer.status, 403, headers)
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        self.assertEqual(self.get("/web/list"), {"names": []})

    def test_shutdown(self) -> None:
        """The answer comes before the end."""
        self.assertEqual(self.server.post("/web/shutdown").json, {"result": 200})
        self.check_status(self.server.service, 0)

    def test_docs(self) -> None:
        """The documentation comes from the installed package, whole."""
        page = self.server.get("/docs")
        self.assertIn(b"swagger-ui-bundle.js", page.body)
        script = self.server.get("/docs/swagger-ui-bundle.js")
        self.assertEqual(script.status, 200)
        self.assertGreater(len(script.body), MIB)


class TokenTests(RestTestCase):
    """A daemon with a token."""

    def test_token(self) -> None:
        """Nothing without it, and nobody sees it."""
        daemon = self.daemon("--token=s3cret")
        self.assertEqual(daemon.get("/hello").status, 200)
        self.assertEqual(daemon.get("/web/list").status, 401)
        self.assertEqual(daemon.post("/web/shutdown").status, 401)
        self.assertEqual(daemon.get("/web/list?token=s3cret").status, 200)
        self.assertEqual(daemon.get("/web/list", Authorization="Bearer s3cret").status, 200)
        self.assertNotIn("s3cret", daemon.service.stderr + daemon.service.stdout)
        self.assertEqual(daemon.post("/web/shutdown?token=s3cret").status, 200)
        self.check_status(daemon.service, 0)


class BodiesTests(RestTestCase):
    """How much the daemon reads."""

    def send(self, daemon: Daemon, size: int) -> int | None:
        """Send so much, then read; the status, if the connection lasted."""
        connection = http.client.HTTPConnection(daemon.http, timeout=PATIENCE)
        try:
            piece = b"x" * MIB
            pieces = (piece for _ in range(size // MIB))
            connection.request("POST", "/cli/sync/x", pieces, {"Content-Length": str(size)})
            response = connection.getresponse()
            self.assertIn("error", json.loads(response.read()))
            return response.status
        except ConnectionError:
            return None
        finally:
            connection.close()

    def test_too_large(self) -> None:
        """What is too large is refused, and takes no memory."""
        daemon = self.daemon()
        before = daemon.service.peak_memory
        self.assertEqual(self.send(daemon, 2 * MIB), 413)
        self.assertEqual(self.send(daemon, 15 * MIB), 413)
        self.assertIn(self.send(daemon, 500 * MIB), (413, None))
        self.assertLess(daemon.service.peak_memory - before, 8 * MIB)
        self.assertEqual(daemon.get("/hello").status, 200)
