"""netsim's own services as projects of a status daemon: watched and steered over REST."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.integration.processes import (
    SLACK,
    IntegrationTestCase,
    Service,
    Word,
    alive,
    eventually,
    netsim,
)

TOKEN = "a.secret"
RECORDED = {"type": "script", "command": "hello\n", "response": "world\n"}
OTHER = {"type": "script", "command": "hi\n", "response": "you\n"}
DEVICE = '''
"""A device that can be changed."""
from netsim.simulator import Delimiter, MessageSystem

servers = [(("127.0.0.1", 0), (), "tcp", {"line": line}) for line in range(2)]

class System(MessageSystem):
    """One line of it."""
    framing = Delimiter()
    def __init__(self, line):
        self.line, self.word = line, b"?"
    def handle(self, message, peer):
        return b"%d %b\\n" % (self.line, self.word)
    def set_word(self, word):
        self.word = word.encode()
        return f"{self.line}: {word}"
'''


class Project:
    """What the daemon has of one service."""

    def __init__(self, daemon: str, name: str, token: str = "") -> None:
        self._url = f"{daemon}/api/v1/projects/{quote(name, safe='')}"
        self._token = token

    def ask(self, path: str = "", body: Any = None) -> Any:
        """What REST answers."""
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def call(self, action: str, **args: Any) -> Any:
        """The answer to an action; a status may be there before the connection is."""
        eventually(lambda: self.online, "the service to be connected")
        return self.ask(f"/actions/{action}?timeout=15", {"args": args})["ack"]

    @property
    def status(self) -> dict[str, Any]:
        """Its values; none where there is no project yet."""
        try:
            found: dict[str, Any] = self.ask("/status")["status"]
        except (urllib.error.HTTPError, OSError):
            return {}
        return found

    @property
    def online(self) -> bool:
        """Whether the service is connected."""
        try:
            return bool(self.ask()["online"])
        except (urllib.error.HTTPError, OSError):
            return False

    def shows(self, **expected: Any) -> dict[str, Any]:
        """Wait until these values are shown; blanks of names are written as C{_}."""
        wanted = {key.replace("_", " "): value for key, value in expected.items()}

        def found() -> dict[str, Any] | None:
            status = self.status
            return status if wanted.items() <= status.items() else None

        return eventually(found, lambda: f"{wanted} in {self.status}")

    def logs(self, text: str) -> str:
        """Wait for a line of the log."""
        return eventually(
            lambda: next((line for line in self._lines() if text in line), None),
            lambda: f"{text!r} in {self._lines()}",
        )

    def _lines(self) -> list[str]:
        try:
            return [json.dumps(line["payload"]) for line in self.ask("/logs")["logs"]]
        except urllib.error.HTTPError:
            return []


class Echo(threading.Thread):
    """
    A server that sends back what it is sent.

    @ivar port: where.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def run(self) -> None:
        try:
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        except OSError:
            return

    def close(self) -> None:
        self._listening.close()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(1 << 16):
                    connection.sendall(data)
            except OSError:
                return


class WatchedTestCase(IntegrationTestCase):
    """
    A test with a daemon.

    @ivar daemon: its URL.
    """

    def setUp(self) -> None:
        super().setUp()
        self.start_daemon(0)

    def start_daemon(self, port: int, *words: Word, **environment: Word) -> None:
        """Start one; with 0 at a port that the system chooses."""
        self.process = self.serve(
            *netsim("netsim-daemon"),
            *("--port", str(port), "--database", "none", *words),
            environment=environment,
        )
        self.daemon = f"http://{self.process.address.split()[0]}"

    def watch(self, *words: Word, **environment: Word) -> tuple[Service, Project]:
        """Start a service that tells the daemon; wait until it is there."""
        name, *options = words
        service = self.serve(
            *netsim(str(name)), "--daemon", self.daemon, *options, environment=environment
        )
        project = Project(self.daemon, f"{name} {service.address}")
        eventually(lambda: project.online and project.status, f"{name} as a project")
        return service, project

    def watch_proxy(self, *words: Word) -> tuple[Service, Project]:
        """Start a proxy in front of an echo."""
        echo = Echo()
        echo.start()
        self.addCleanup(echo.close)
        upstream = f"127.0.0.1:{echo.port}"
        return self.watch("netsim-proxy", "-r", upstream, "-l", "localhost:0", *words)

    def connect(self, service: Service | int) -> socket.socket:
        """A client of a service."""
        port = service if isinstance(service, int) else service.port
        connection = socket.create_connection(("127.0.0.1", port), 20)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection: socket.socket, data: bytes) -> bytes:
        connection.sendall(data)
        return connection.recv(1 << 16)


class ServiceTests(WatchedTestCase):
    """Each service is a project with status, log and actions."""

    def test_proxy(self) -> None:
        proxy, project = self.watch_proxy()
        one, other = self.connect(proxy), self.connect(proxy)
        for connection in (one, other):
            self.assertEqual(b"12345", self.ask(connection, b"12345"))
        status = project.shows(sessions_open=2, exchanges=2, bytes_up=10, bytes_down=10)
        self.assertEqual(2, status["recordings unfinished"])
        peers = {number: each["peer"] for number, each in status["sessions"].items()}
        self.assertEqual(f"127.0.0.1:{other.getsockname()[1]}", peers["2"])
        answer = project.call("close_session", session=2)
        self.assertEqual("session 2 is closed", answer["result"])
        self.assertTrue(_is_closed(other))
        self.assertEqual(b"still", self.ask(one, b"still"))
        project.shows(sessions_open=1, sessions_total=2, recordings_unfinished=1)
        self.assertIn("1 exchanges, 5 bytes up", project.logs("closed by the proxy"))
        self.assertIn("no session 7", project.call("close_session", session=7)["error"])
        self.assertEqual("stopping", project.call("stop")["result"])
        self.check_status(proxy, 0)
        self.assertTrue((self.directory / "proxy_script-1.json").exists())
        eventually(lambda: not project.online, "the proxy to be offline")

    def test_replay(self) -> None:
        script = self.directory / "session.json"
        script.write_text(json.dumps({"recorded_script": RECORDED, "other": OTHER}))
        replay, project = self.watch("netsim-replay", "-i", script)
        before = self.connect(replay)
        self.assertEqual(b"world\n", self.ask(before, b"hello\n"))
        before.close()
        project.shows(sessions_ok=1, sessions_failed=0, exchanges=1, script="recorded_script")
        answer = project.call("play", script="none")
        self.assertIn("there is no script 'none'; found: recorded_script, other", answer["error"])
        self.assertEqual(
            "new sessions play 'other'", project.call("play", script="other")["result"]
        )
        self.assertEqual(b"you\n", self.ask(self.connect(replay), b"hi\n"))
        wrong = self.connect(replay)
        wrong.sendall(b"wrong\n")
        self.assertEqual(b"", wrong.recv(10))
        status = project.shows(script="other", sessions_failed=1)
        self.assertIn("exchange 1", status["last failure"])
        project.logs("failed in exchange 1")
        project.call("stop")
        self.check_status(replay, 1)

    def test_replay_with_a_command_that_is_stopped(self) -> None:
        """It has not passed, and is gone."""
        script = self.directory / "session.json"
        script.write_text(json.dumps({"recorded_script": RECORDED}))
        words = ("-i", script, "sh", "-c", "echo $$ > pid; exec sleep 60")
        replay, project = self.watch("netsim-replay", *words)
        number = int(eventually(lambda: _text(self.directory / "pid")))
        project.call("stop")
        self.check_status(replay, 1)
        eventually(lambda: not alive(number))

    def test_simulator(self) -> None:
        (self.directory / "device.py").write_text(DEVICE)
        simulator, project = self.watch("netsim-simulator", "--path", ".", "-s", "device")
        project.shows(simulators_running=1, connections=0)
        addresses = project.status["simulators"]["device"]["instances"]
        second = int(addresses["1"]["addresses"].rpartition(":")[2])
        client = self.connect(second)
        self.assertEqual(b"1 ?\n", self.ask(client, b"word\n"))
        answer = project.call("custom_command", command="set_word:new", instance=1)
        self.assertEqual("1: new", answer["result"])
        self.assertEqual(b"1 new\n", self.ask(client, b"word\n"))
        status = project.shows(connections=1, messages=2, bytes_received=10)
        told = status["simulators"]["device"]["instances"]["1"]
        self.assertEqual(
            (1, 2, 10), (told["connections"], told["messages"], told["bytes received"])
        )
        answer = project.call("custom_command", command="nothing")
        self.assertEqual("device[0]: command nothing not supported", answer["error"])
        project.logs("command nothing not supported")
        answer = project.call("stop_simulator", name="other")
        self.assertIn("there are device", answer["error"])
        self.assertEqual("stopping", project.call("stop_simulator", name="device")["result"])
        self.check_status(simulator, 0)

    def test_several_simulators_are_one_project(self) -> None:
        """One of them can be stopped; the others go on."""
        for name in ("one", "two"):
            (self.directory / f"{name}.py").write_text(DEVICE)
        words = ("--path", ".", "-s", "one", "-s", "two")
        simulator, project = self.watch("netsim-simulator", *words)
        project.shows(simulators_running=2)
        answer = project.call("custom_command", command="set_word:x")
        self.assertIn("there are one, two", answer["error"])
        project.call("stop_simulator", name="one")
        status = project.shows(simulators_running=1)
        self.assertEqual(["two"], list(status["simulators"]))
        project.call("stop")
        self.check_status(simulator, 0)

    def test_a_detached_simulator(self) -> None:
        """It is told where the daemon is."""
        (self.directory / "device.py").write_text(DEVICE)
        words = ("--path", ".", "-s", "device", "--project", "mine", "--detach")
        environment = {"NETSIM_RUN_DIR": self.short_directory() / "run"}
        command = netsim("netsim-simulator", "netsim")
        # Where it is still there when the test ends.
        stop = [*command[:-1], "stop"]
        self.addCleanup(lambda: self.start(*stop, environment=environment).status())
        starting = self.start(*command, "--daemon", self.daemon, *words, environment=environment)
        self.check_status(starting, 0)
        project = Project(self.daemon, "mine")
        eventually(lambda: project.online, "the simulator as a project")
        project.shows(simulators_running=1)
        project.call("stop")
        eventually(lambda: not project.online, "the simulator to be gone")

    def test_dsisocket(self) -> None:
        service, project = self.watch("netsim-dsisocket", "--local", "-l", "localhost:0")
        project.shows(connections_open=0, hosts=["localhost"], tunnels_up=0)
        client = self.connect(service)
        self.assertIn(b'"OK"', self.ask(client, b'{"on_localhost": {"exec": "true"}}'))
        self.assertIn(b"ERROR", self.ask(client, b'{"on_localhost": {"exec": "false"}}'))
        project.shows(commands_total=2, commands_failed=1, commands_running=0, connections_open=1)
        self.assertEqual(["close_connection", "stop"], sorted(project.ask("/actions")["actions"]))
        project.call("close_connection", connection=1)
        self.assertEqual(b"", client.recv(10))
        project.shows(connections_open=0, connections_total=1)
        project.logs("disconnected")
        project.call("stop")
        self.check_status(service, 0)


class DisturbedTests(WatchedTestCase):
    """What becomes of the daemon is of no concern to a service."""

    def test_a_daemon_that_is_killed_and_comes_back(self) -> None:
        proxy, project = self.watch_proxy()
        client = self.connect(proxy)
        self.assertEqual(b"one", self.ask(client, b"one"))
        port = int(self.daemon.rpartition(":")[2])
        self.process.stop(signal.SIGKILL)
        for _ in range(20):
            self.assertEqual(b"two", self.ask(client, b"two"))
        # What is logged meanwhile is told later.
        meanwhile = self.connect(proxy)
        self.assertEqual(b"three", self.ask(meanwhile, b"three"))
        meanwhile.close()
        proxy.logs("5 bytes up")
        self.start_daemon(port)
        project.shows(sessions_open=1, bytes_up=68)
        project.logs("5 bytes up")
        self.assertEqual(b"four", self.ask(client, b"four"))
        self.check_stopped(proxy)

    def test_a_daemon_that_hangs(self) -> None:
        """The service ends in time all the same."""
        proxy, _ = self.watch_proxy()
        self.process.send_signal(signal.SIGSTOP)
        client = self.connect(proxy)
        for _ in range(100):
            self.assertEqual(b"one", self.ask(client, b"one"))
        began = time.monotonic()
        self.check_stopped(proxy)
        self.assertLess(time.monotonic() - began, 3 + SLACK)
        self.assertTrue((self.directory / "proxy_script-1.json").exists())

    def test_no_daemon(self) -> None:
        """None is started, and nothing else is different."""
        self.process.stop()
        echo = Echo()
        echo.start()
        self.addCleanup(echo.close)
        words = ("-r", f"127.0.0.1:{echo.port}", "-l", "localhost:0", "--daemon", self.daemon)
        proxy = self.serve(*netsim("netsim-proxy"), *words)
        self.assertEqual(b"one", self.ask(self.connect(proxy), b"one"))
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"{self.daemon}/hello", timeout=5)
        began = time.monotonic()
        self.check_stopped(proxy)
        self.assertLess(time.monotonic() - began, 2 + SLACK)

    def test_sessions_are_as_fast(self) -> None:
        """Whoever is watched answers as often, but for what the machine does besides."""
        echo = Echo()
        echo.start()
        self.addCleanup(echo.close)
        words = ("-r", f"127.0.0.1:{echo.port}", "-l", "localhost:0", "--no-record")
        plain = self.serve(*netsim("netsim-proxy"), *words)
        watched, _ = self.watch("netsim-proxy", *words)
        clients = [self.connect(plain), self.connect(watched)]
        best = [0.0, 0.0]
        for _ in range(20):
            for which, client in enumerate(clients):
                began = time.perf_counter()
                for _ in range(300):
                    self.ask(client, b"ping")
                best[which] = max(best[which], 300 / (time.perf_counter() - began))
            if best[1] > best[0] / 2:
                break
        self.assertGreater(best[1], best[0] / 2, best)


class TokenTests(WatchedTestCase):
    """A daemon that asks for a token."""

    def setUp(self) -> None:
        IntegrationTestCase.setUp(self)
        self.start_daemon(0, NETSIM_DAEMON_TOKEN=TOKEN)

    def test_the_token_is_in_the_environment(self) -> None:
        """It is in no command line, in no log, and not in the status."""
        words = ("--local", "-l", "localhost:0", "--daemon", self.daemon, "--project", "mine")
        environment = {"NETSIM_DAEMON_TOKEN": TOKEN}
        service = self.serve(*netsim("netsim-dsisocket"), *words, environment=environment)
        project = Project(self.daemon, "mine", TOKEN)
        status = project.shows(connections_open=0)
        self.assertNotIn(TOKEN, repr(status))
        command = {"on_localhost": {"exec": "env > env"}}
        self.assertIn(b'"OK"', self.ask(self.connect(service), json.dumps(command).encode()))
        self.assertNotIn(TOKEN, (self.directory / "env").read_text())
        self.check_stopped(service)
        self.assertNotIn(TOKEN, service.stderr)

    def test_without_it_a_service_is_not_let_in(self) -> None:
        """Which disturbs nothing."""
        words = ("--local", "-l", "localhost:0", "--daemon", self.daemon, "--project", "mine")
        service = self.serve(*netsim("netsim-dsisocket"), *words)
        command = b'{"on_localhost": {"exec": "true"}}'
        self.assertIn(b'"OK"', self.ask(self.connect(service), command))
        time.sleep(1)
        self.assertFalse(Project(self.daemon, "mine", TOKEN).online)
        self.check_stopped(service)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _is_closed(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1)
    except ConnectionResetError:
        return True
