"""The main job with a real server and a real client: record, kill the server, replay."""

from __future__ import annotations

import json
from pathlib import Path

from netsim.script.dump import RECORDED
from tests.integration.peers import Redis
from tests.integration.processes import Process, require
from tests.integration.recordings import RecordingTestCase, exchanges

COMMANDS = b"PING\nSET greeting hello\nGET greeting\nINCR visits\nLRANGE nothing 0 -1\n"
ANSWERS = "PONG\nOK\nhello\n1\n\n"
REPLAYED = 'exec redis-cli -h "$NDS_TEST_HOST" -p "$NDS_TEST_PORT" <commands'


class RedisTests(RecordingTestCase):
    """C{redis-cli} cannot tell a replay from the server."""

    def setUp(self) -> None:
        super().setUp()
        self.client = require("redis-cli", "redis-tools")

    def record(self, runner: str) -> Path:
        """Record a session; the server is dead when it is there."""
        server = Redis(self)
        proxy = self.proxy(server.address, runner=runner)
        client = self.start(self.client, "-p", str(proxy.port), said=COMMANDS)
        self.check_status(client, 0)
        self.assertEqual(client.stdout, ANSWERS)
        path = self.recorded()
        server.process.stop()
        self.check_stopped(proxy)
        return path

    def play(self, path: Path, commands: bytes, runner: str = "twistd") -> Process:
        """Replay to a client that says this, to its end."""
        (self.directory / "commands").write_bytes(commands)
        return self.replay(path, "sh", "-c", REPLAYED, runner=runner)

    def check_runner(self, runner: str) -> None:
        """The same client, with the server and without it."""
        replay = self.play(self.record(runner), COMMANDS, runner)
        self.check_status(replay, 0)
        self.assertEqual(replay.stdout.partition("\n")[2], ANSWERS)

    def test_twistd(self) -> None:
        """C{twistd -n} records and replays."""
        self.check_runner("twistd")

    def test_twist(self) -> None:
        """C{twist} records and replays."""
        self.check_runner("twist")

    def test_netsim(self) -> None:
        """C{netsim record} and C{netsim replay} do, too."""
        self.check_runner("netsim")

    def test_another_command(self) -> None:
        """A client that says something else fails, and is told what."""
        path = self.record("twistd")
        replay = self.play(path, COMMANDS.replace(b"GET greeting", b"GET goodbye!"))
        self.check_status(replay, 1)
        index = len(exchanges(path)) - 3
        self.check_told(
            replay,
            f"exchange {index + 1} (recorded_script.scripts[{index}]), byte 18: the client differs",
            r"wanted    *2\r\n$3\r\nGET\r\n$8\r\ngreeting\r\n",
            r"received  *2\r\n$3\r\nGET\r\n$8\r\ngoodbye!\r\n",
        )

    def test_recording(self) -> None:
        """The recording is text that the existing player can read, and no file is left over."""
        text = self.record("twistd").read_text("ascii")
        # Some versions of redis-cli begin with a question of their own.
        scripts = json.loads(text)[RECORDED]["scripts"][-5:]
        for script in scripts:
            self.assertLessEqual({"command", "response", "time", "gap"}, set(script))
            self.assertEqual(script["type"], "script")
        self.assertEqual(scripts[0]["command"], "*1\r\n$4\r\nPING\r\n")
        self.assertEqual(scripts[0]["response"], "+PONG\r\n")
        self.assertEqual(scripts[-1]["closed_by"], "client")
        left = {path.name for path in self.directory.iterdir()}
        self.assertLessEqual(left, {"session-1.json", "blobs"})
