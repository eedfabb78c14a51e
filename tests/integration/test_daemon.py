"""C{netsim-daemon} as existing programs and frontends, and those who run it, see it."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
import time

import websocket

from tests.integration.daemons import Daemon, DaemonTestCase, request
from tests.integration.processes import PATIENCE, RUNNERS, SLACK, eventually, netsim

LOG = {"log": {"level": "info", "message": "hello"}}
FIELD_LOG = {"prefix": "info", "datetime": "2023-12-01-10:00:00", "whom": "main", "msg": "hello"}
STATUS = {"loss": {"value": 0.5, "timestamp": 1700000000.0, "interval": 1.0}, "stage": "warm up"}
NAME = "my projéct / 1"


class FieldTests(DaemonTestCase):
    """What programs and frontends that exist do."""

    def test_a_program_of_the_field(self) -> None:
        """Hello, a sync, a WebSocket at the first log: as one was observed."""
        daemon = self.daemon()
        self.assertEqual(daemon.get("/hello").status, 200)
        self.assertEqual(daemon.sync(NAME, STATUS).status, 200)
        self.assertEqual(daemon.get("//web/list").json, {"names": [NAME]})
        cli = daemon.peer(NAME)
        answer = cli.join("cli", 0)
        self.assertEqual(
            answer,
            {
                "event-type": "handshake",
                "name": NAME,
                "event-id": 0,
                "payload": {"result": 200, "reason": "join success"},
            },
        )
        web = daemon.web(NAME)
        cli.say("log", FIELD_LOG)
        heard = web.hear()
        self.assertEqual((heard["event-type"], heard["payload"]), ("log", FIELD_LOG))

    def test_status(self) -> None:
        daemon = self.daemon()
        daemon.sync(NAME, STATUS)
        path = "/web/status/my%20proj%C3%A9ct%20%2F%201"
        self.assertEqual(daemon.get(path).json, STATUS)
        self.assertEqual(daemon.get("/web/status/other").status, 404)

    def test_paths(self) -> None:
        """The WebSocket is under any path of its port, and under /ws of the other one."""
        daemon = self.daemon()
        for path in ("/", "/cli", "/web", "/what/ever?x=1"):
            daemon.cli(NAME, path)
        peer = websocket.create_connection(f"{daemon.url.replace('http', 'ws')}/ws", timeout=20)
        peer.send('{"event-type": "handshake", "name": "x", "payload": {"who": "cli"}}')
        self.assertIn("join success", peer.recv())

    def test_unknown_project(self) -> None:
        web = self.daemon().peer("nobody")
        payload = {"result": 404, "reason": "name not found"}
        self.assertEqual(web.join("web", 7)["payload"], payload)

    def test_actions(self) -> None:
        """Two frontends use the same id at once: each gets its own answer, nobody else any."""
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        webs = [daemon.web(NAME) for _ in range(3)]
        for number, web in enumerate(webs[:2]):
            web.say("action", {"name": "greet", "args": {"whom": str(number)}}, 42)
        asked = [cli.hear() for _ in range(2)]
        self.assertEqual(len({each["event-id"] for each in asked}), 2)
        for kind, question in zip(("ack", "action"), reversed(asked), strict=True):
            cli.say(kind, {"result": question["payload"]["args"]["whom"]}, question["event-id"])
        for number, web in enumerate(webs[:2]):
            answer = web.hear()
            self.assertEqual((answer["event-id"], answer["payload"]), (42, {"result": str(number)}))
        cli.say("log", LOG)
        self.assertEqual(webs[2].hear()["event-type"], "log")

    def test_client_offline(self) -> None:
        daemon = self.daemon()
        daemon.sync(NAME, STATUS)
        web = daemon.web(NAME)
        web.say("action", {"action": {}}, 99999999999)
        answer = web.hear()
        self.assertEqual((answer["event-type"], answer["event-id"]), ("ack", 99999999999))
        self.assertEqual(answer["payload"], {"result": 404, "reason": "client offline"})

    def test_an_action_that_is_passed_over(self) -> None:
        daemon = self.daemon("--action-timeout=0.5")
        daemon.cli(NAME)
        web = daemon.web(NAME)
        web.say("action", {"name": "unknown", "args": {}}, 5)
        self.assertEqual(web.hear()["payload"]["result"], 504)

    def test_action_through_http(self) -> None:
        daemon = self.daemon()
        cli = daemon.cli(NAME)

        def answer() -> None:
            question = cli.hear()
            cli.say("ack", {"name": "add", "result": 3}, question["event-id"])

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        path = "/api/v1/projects/my%20proj%C3%A9ct%20%2F%201/actions/add?timeout=10"
        found = daemon.post(path, {"args": {"a": 1, "b": 2}})
        answering.join()
        self.assertEqual((found.status, found.json), (200, {"ack": {"name": "add", "result": 3}}))


class BadInputTests(DaemonTestCase):
    def test_errors(self) -> None:
        """Each bad message is answered; the connection stays, up to a hundred in a row."""
        cli = self.daemon().cli(NAME)
        for text in ("nonsense", "[]", "{}", '{"event-type": 1, "name": 2}'):
            cli.socket.send(text)
            error = cli.hear()
            self.assertEqual(error["event-type"], "error")
            self.assertTrue(error["payload"]["reason"])
        cli.say("log", LOG)
        for _ in range(100):
            cli.socket.send("nonsense")
        self.assertEqual(cli.hear_close(), 1008)

    def test_too_large(self) -> None:
        daemon = self.daemon("--max-message=1KiB")
        cli = daemon.cli(NAME)
        cli.say("log", "x" * 1024)
        self.assertEqual(cli.hear_close(), 1009)
        self.assertEqual(daemon.sync(NAME, {"x": "x" * 1024}).status, 413)

    def test_too_many(self) -> None:
        daemon = self.daemon("--max-connections=2", "--max-projects=1")
        daemon.cli(NAME)
        other = daemon.peer("other")
        other.say("handshake", {"who": "cli"})
        self.assertEqual(other.hear_close(), 1013)
        other.socket.close()
        eventually(lambda: daemon.get("/api/v1/daemon").json["connections"] == 1)
        daemon.web(NAME)
        self.assertEqual(daemon.peer(NAME).hear_close(), 1013)

    def test_strict(self) -> None:
        cli = self.daemon("--strict").cli(NAME)
        cli.say("progress", 5)
        self.assertEqual(cli.hear()["event-type"], "error")


class SlowTests(DaemonTestCase):
    def test_one_that_does_not_read(self) -> None:
        """It delays nobody, misses lines, is told how many, and gets every answer."""
        daemon = self.daemon("--max-backlog=256KiB")
        cli, slow, quick = daemon.cli(NAME), daemon.web(NAME), daemon.web(NAME)
        lines = 3000
        heard: list[int] = []
        ahead = threading.Semaphore(20)

        def listen() -> None:
            for _ in range(lines):
                heard.append(quick.hear()["payload"]["n"])
                ahead.release()

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        slow.say("action", {"name": "a"}, 11)
        question = cli.hear()
        for number in range(lines):
            self.assertTrue(ahead.acquire(timeout=PATIENCE), f"line {number} is held up")
            cli.say("log", {"n": number, "text": "x" * 5000})
            if number == 1500:
                cli.say("ack", {"name": "a", "result": 1}, question["event-id"])
        listening.join()
        self.assertEqual(heard, list(range(lines)))
        answers, dropped, got = 0, 0, 0
        while got + dropped < lines:
            message = slow.hear()
            payload = message["payload"]
            answers += message["event-type"] == "ack"
            if message["event-type"] == "log":
                got += "n" in payload
                dropped += payload.get("log", {}).get("dropped", 0)
        self.assertEqual(answers, 1)
        self.assertGreater(dropped, 0)
        self.assertEqual(payload["n"], lines - 1)


class SecurityTests(DaemonTestCase):
    def test_foreign_pages(self) -> None:
        """A page of another server gets no WebSocket, and can do nothing."""
        daemon = self.daemon()
        with self.assertRaises(websocket.WebSocketBadStatusException) as caught:
            daemon.peer(NAME, origin="http://evil.example")
        self.assertEqual(caught.exception.status_code, 403)
        daemon.peer(NAME, origin=daemon.url)
        for path in ("/web/shutdown", "/cli/sync/x"):
            answer = daemon.post(path, {}, Origin="http://evil.example")
            self.assertEqual(answer.status, 403, path)
        self.assertEqual(daemon.get("/api/v1/projects", Host="evil.example").status, 403)
        self.assertNotIn("access-control-allow-origin", map(str.lower, answer.headers))

    def test_token(self) -> None:
        token = "secret-0815"
        daemon = self.daemon(environment={"NETSIM_DAEMON_TOKEN": token})
        self.assertEqual(daemon.get("/web/list").status, 401)
        self.assertEqual(daemon.get("/web/list", Authorization=f"Bearer {token}").status, 200)
        self.assertEqual(daemon.get(f"/web/list?token={token}").status, 200)
        with self.assertRaises(websocket.WebSocketBadStatusException):
            daemon.peer(NAME)
        daemon.peer(NAME, f"/?token={token}")
        daemon.peer(NAME, header=[f"Authorization: Bearer {token}"])
        peer = daemon.peer(NAME, subprotocols=[f"netsim.token.{token}"])
        self.assertEqual(peer.socket.getsubprotocol(), f"netsim.token.{token}")
        self.assertEqual(daemon.post("/web/shutdown", None, Authorization="Bearer x").status, 401)
        daemon.service.stop()
        self.assertNotIn(token, daemon.service.stderr)

    def test_beyond_loopback(self) -> None:
        refused = self.start(*netsim("netsim-daemon", "netsim"), "--port=0", "--host=0.0.0.0")
        self.check_status(refused, 1)
        self.assertIn("--host 0.0.0.0: others can reach it", refused.stderr)


class ProcessTests(DaemonTestCase):
    def test_runners(self) -> None:
        for runner in RUNNERS:
            daemon = self.daemon(runner=runner)
            self.assertEqual(daemon.get("/hello").status, 200, runner)
            self.assertEqual(daemon.get("/").status, 200, runner)
            self.check_stopped(daemon.service)

    def test_sigterm(self) -> None:
        """Everybody gets a close frame, and it is gone within two seconds."""
        daemon = self.daemon()
        cli, web = daemon.cli(NAME), daemon.web(NAME)
        daemon.cli(NAME)  # Reads nothing, and says nothing.
        began = time.monotonic()
        daemon.service.send_signal(signal.SIGTERM)
        self.assertEqual([cli.hear_close(), web.hear_close()], [1001, 1001])
        self.check_status(daemon.service, -signal.SIGTERM)
        self.assertLess(time.monotonic() - began, 2.0 + SLACK)

    def test_shutdown(self) -> None:
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        self.assertEqual(daemon.post("/web/shutdown").status, 200)
        self.assertEqual(cli.hear_close(), 1001)
        self.check_status(daemon.service, 0)

    def test_port_in_use(self) -> None:
        daemon = self.daemon()
        words = f"--port={daemon.port}", "--database=none"
        second = self.start(*netsim("netsim-daemon", "netsim"), *words)
        self.check_status(second, 1)
        self.assertRegex(second.stderr, rf"Cannot start: .*{daemon.port}.*in use")
        self.assertNotIn("Traceback", second.stderr)
        self.assertEqual(daemon.get("/hello").status, 200)

    def test_idle(self) -> None:
        """It ends by itself; whatever is asked puts that off."""
        daemon = self.daemon("--idle=4")
        for _ in range(10):
            time.sleep(0.6)
            self.assertEqual(daemon.get("/hello").status, 200)
        daemon.cli(NAME)
        self.check_status(daemon.service, 0)
        self.assertIn("idle", daemon.service.stderr)

    def test_debug(self) -> None:
        daemon = self.daemon("--debug")
        daemon.cli(NAME).say("log", {"text": "a line that passes"})
        daemon.service.logs("a line that passes")

    def test_half_a_request(self) -> None:
        """Whoever says half a request and waits is not waited for when it stops."""
        daemon = self.daemon()
        host, _, port = daemon.http.rpartition(":")
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"GET /hello HTTP/1.1\r\n")
            began = time.monotonic()
            self.check_stopped(daemon.service)
            self.assertLess(time.monotonic() - began, 2.0 + SLACK)


class DatabaseTests(DaemonTestCase):
    def persistent(self) -> Daemon:
        return self.daemon("--database=status.sqlite")

    def logs(self, daemon: Daemon) -> list[object]:
        found = daemon.get("/api/v1/projects/x/logs").json["logs"]
        return [line["payload"] for line in found]

    def test_restart(self) -> None:
        """Logs and statuses are there again."""
        daemon = self.persistent()
        daemon.sync("x", STATUS)
        cli = daemon.cli("x")
        for number in range(100):
            cli.say("log", {"n": number})
        eventually(lambda: len(self.logs(daemon)) == 100)
        self.check_stopped(daemon.service)
        again = self.persistent()
        self.assertEqual(self.logs(again), [{"n": number} for number in range(100)])
        self.assertEqual(again.get("/web/status/x").json, STATUS)
        [project] = again.get("/api/v1/projects").json["projects"]
        self.assertEqual((project["name"], project["clis"]), ("x", 0))
        history = again.get("/api/v1/projects/x/status/history").json["entries"]
        self.assertEqual(history[-1]["status"], {"loss": 0.5, "stage": "warm up"})

    def test_kill(self) -> None:
        daemon = self.persistent()
        cli = daemon.cli("x")
        cli.say("log", {"n": 1})
        eventually(lambda: self.logs(daemon))
        daemon.service.stop(signal.SIGKILL)
        self.assertEqual(self.logs(self.persistent()), [{"n": 1}])

    def test_corrupt(self) -> None:
        """It is told, left as it is, and everything works in memory."""
        path = self.directory / "status.sqlite"
        path.write_bytes(b"this is no database" * 1000)
        daemon = self.persistent()
        daemon.service.logs("status.sqlite")
        daemon.cli("x").say("log", {"n": 1})
        eventually(lambda: self.logs(daemon))
        self.assertIn("status.sqlite", daemon.get("/api/v1/daemon").json["database"]["trouble"])
        self.check_stopped(daemon.service)
        self.assertEqual(path.read_bytes(), b"this is no database" * 1000)

    def test_locked(self) -> None:
        self.check_stopped(self.persistent().service)
        other = sqlite3.connect(self.directory / "status.sqlite")
        self.addCleanup(other.close)
        other.execute("BEGIN EXCLUSIVE")
        daemon = self.persistent()
        self.assertTrue(daemon.get("/api/v1/daemon").json["database"]["trouble"])
        self.assertEqual(daemon.sync("x", STATUS).status, 200)
        self.assertEqual(daemon.get("/web/list").json, {"names": ["x"]})


class ManyTests(DaemonTestCase):
    def test_fifty_projects(self) -> None:
        daemon = self.daemon()
        for number in range(50):
            daemon.sync(f"project {number}", STATUS)
        names = request("GET", f"{daemon.url}/web/list").json["names"]
        self.assertEqual(sorted(names), sorted(f"project {number}" for number in range(50)))
