"""C{netsim-dsisocket} as its users see it: telnet, nc, plain sockets and C{netsim dsi}."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any

from netsim.dsisocket.stream import MAX_COMMAND
from tests.integration.processes import (
    PATIENCE,
    RUNNERS,
    SLACK,
    IntegrationTestCase,
    Service,
    eventually,
    netsim,
    require,
)
from tests.integration.sshd import Sshd

DONE = '{"status_code": 0, "status": "OK", "message": "I think the command might have succeeded."}'
INVALID = '{"status_code": 2, "status": "EXECUTION_ERROR", "message": "Invalid command type"}'
BUSY = (
    '{"status_code": 3, "status": "BUSY",'
    ' "message": "another connection is being served: try again later"}'
)
SCRIPT = r'"echo \"HELLO THIS IS HENRIK CAN YOU HEAR ME?????!!!\"\necho \"(Yes, we can)\"\n"'
TRANSCRIPT = (
    (f'{{"on_workload_client": {{"exec": {SCRIPT}}}}}', DONE),
    (f'{{"on_workload_client": {{"foo": {SCRIPT}}}}}', INVALID),
    (
        f'{{"on_workload_client": {{1: {SCRIPT}}}}}',
        '{"status_code": 1, "status": "JSON_ERROR", "message":'
        ' "Expecting property name enclosed in double quotes: line 1 column 25 (char 24)"}',
    ),
)
"""What dsisocket.txt shows, word for word."""
TRUE = b'{"on_localhost": {"exec": "true"}}'


class Connection:
    """A client that is a plain socket."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), PATIENCE)
        self._lines = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Say something."""
        self.socket.sendall(data)

    def line(self) -> str:
        """The next line; nothing where there is none."""
        return self._lines.readline().decode().rstrip("\n")

    def rest(self) -> list[str]:
        """All lines up to the end."""
        return self._lines.read().decode().splitlines()

    def ask(self, text: str, end: str = "\r\n") -> str:
        """Send a command; its reply."""
        self.send((text + end).encode())
        return self.line()

    def finish(self) -> None:
        """Nothing more is sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self.socket.close()


class DsiTestCase(IntegrationTestCase):
    """Talks to a service of its own."""

    def configure(self, configuration: Mapping[str, Any]) -> Path:
        """Write a configuration; JSON is YAML, too."""
        path = self.directory / "test_control.yml"
        path.write_text(json.dumps(configuration))
        return path

    def local(self, *options: str | Path, **environment: str) -> Service:
        """A service on this machine, with no hosts."""
        words = ["--local", "--listen", "127.0.0.1:0", *options]
        command = netsim("netsim-dsisocket")
        return self.serve(*command, *words, environment=environment)

    def connect(self, service: Service) -> Connection:
        """A client; it is gone when the test ends."""
        connection = Connection(service.address)
        self.addCleanup(connection.close)
        return connection

    def dsi(
        self, service: Service, *words: str | Path, said: bytes = b"", **environment: str
    ) -> tuple[int, list[str], str]:
        """Run C{netsim dsi}: status, lines, complaints."""
        command = [sys.executable, *RUNNERS["netsim"], "dsi", "-c", service.address, *words]
        process = self.start(*command, said=said, environment=environment)
        status = process.status()
        return status, process.stdout.splitlines(), process.stderr


class DocumentTests(DsiTestCase):
    """The conversations of dsisocket.txt, byte for byte."""

    def hosts(self, sshd: Sshd) -> dict[str, Any]:
        """A configuration whose C{workload_client} is this server."""
        return {
            "dsisocket": {
                "enabled": True,
                "port": 0,
                "ssh": {"known_hosts": str(sshd.known_hosts)},
            },
            "infrastructure_provisioning": {
                "tfvars": {"ssh_user": sshd.user, "ssh_key_file": str(sshd.key)},
                "out": {"workload_client": [{"public_ip": sshd.host, "ssh_port": sshd.port}]},
            },
        }

    def check_transcript(self, service: Service) -> None:
        """All of it, as telnet sends it; the output of the script is logged."""
        connection = self.connect(service)
        for command, reply in TRANSCRIPT:
            self.assertEqual(reply, connection.ask(command))
        service.logs(r"HELLO THIS IS HENRIK CAN YOU HEAR ME\?\?\?\?\?!!!")
        service.logs(r"\(Yes, we can\)")
        connection.finish()
        self.assertEqual([], connection.rest())

    def test_local(self) -> None:
        """On a port of this machine; the host is reached by SSH."""
        path = self.configure(self.hosts(Sshd(self)))
        service = self.local("-c", path)
        self.check_transcript(service)
        self.check_stopped(service)

    def test_tunnel(self) -> None:
        """Through a tunnel, on a port of the host."""
        path = self.configure(self.hosts(Sshd(self)))
        service = self.serve(*netsim("netsim-dsisocket"), "-c", path)
        self.check_transcript(service)
        self.check_stopped(service)

    def test_restart(self) -> None:
        """C{restart_mongodb}, where Redis stands in for MongoDB."""
        require("redis-server", "redis-server")
        port, data = self.reserve_port(), self.directory / "data"
        data.mkdir()
        node = {
            "id": "one",
            "host": "localhost",
            "port": port,
            "dbpath": str(data),
            "logpath": str(data / "log"),
            "start": "redis-server --daemonize yes --save '' --bind 127.0.0.1 --port {port}"
            " --dir {dbpath} --logfile {logpath}",
            "stop": "redis-cli -p {port} shutdown nosave",
        }
        stop = ["redis-cli", "-p", str(port), "shutdown", "nosave"]
        self.addCleanup(subprocess.run, stop, capture_output=True)
        service = self.local("-c", self.configure({"mongodb_setup": {"topology": [node]}}))
        connection = self.connect(service)
        for _ in range(2):
            command = '{"restart_mongodb": {"clean_logs": true, "clean_db_dir": false}}'
            self.assertEqual(DONE, connection.ask(command))
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as redis:
                redis.sendall(b"PING\r\n")
                self.assertEqual(b"+PONG\r\n", redis.recv(100))


class ClientTests(DsiTestCase):
    """The programs that people have."""

    def test_telnet(self) -> None:
        """telnet shows what the document shows, up to the end of the connection."""
        service = self.local()
        program = require("telnet", "telnet")
        telnet = subprocess.Popen(
            [program, "127.0.0.1", str(service.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(telnet.communicate)
        self.addCleanup(telnet.kill)
        assert telnet.stdin is not None and telnet.stdout is not None
        said = [telnet.stdout.readline().decode() for _ in range(3)]
        expected = ["Trying 127.0.0.1...\n", "Connected to 127.0.0.1.\n",
                    "Escape character is '^]'.\n"]  # fmt: skip
        self.assertEqual(expected, said)
        for text, reply in ((TRUE, DONE), (b'{"on_localhost": {"foo": 1}}', INVALID)):
            telnet.stdin.write(text + b"\n")
            telnet.stdin.flush()
            self.assertEqual(f"{reply}\n", telnet.stdout.readline().decode())
        service.stop()
        # It is our side that ends.
        self.assertEqual(b"", telnet.stdout.readline())

    def test_nc(self) -> None:
        """What is piped into nc is done, also when nc says that this was all."""
        service = self.local()
        commands = TRUE + b"\n" + TRUE + b'{\n"on_localhost": {\n"exec": "sleep 0.2; exit 3"}}'
        program = require("nc", "netcat-openbsd")
        for options in (["-N"], ["-q", "5"]):
            nc = self.start(program, *options, "127.0.0.1", str(service.port), said=commands)
            self.check_status(nc, 0)
            *done, failed = nc.stdout.splitlines()
            self.assertEqual([DONE, DONE], done)
            self.assertEqual("localhost: exit status 3", json.loads(failed)["message"][:24])

    def test_dsi(self) -> None:
        """C{netsim dsi} prints the reply, and ends with its status."""
        service = self.local()
        self.assertEqual((0, [DONE], ""), self.dsi(service, TRUE.decode()))
        self.assertEqual((2, [INVALID], ""), self.dsi(service, '{"on_localhost": {"foo": 1}}'))
        status, lines, _ = self.dsi(service, "{1}")
        self.assertEqual((1, 1), (status, json.loads(lines[0])["status_code"]))
        status, lines, _ = self.dsi(service, '{"restart_mongod": {}}')
        message = json.loads(lines[0])["message"]
        self.assertEqual((2, "'Unknown dsisocket target restart_mongod'"), (status, message))

    def test_dsiMany(self) -> None:
        """With C{-f} it sends what is in a file, or comes."""
        service = self.local()
        commands = TRUE + b'\n[]\n{"on_localhost":\n{"foo": 1}}' + TRUE
        path = self.directory / "commands"
        path.write_bytes(commands)
        error = '{"status_code": 2, "status": "EXECUTION_ERROR", "message": "item in list'
        expected = (2, [DONE, f"{error} isn't a dict\"}}", INVALID, DONE], "")
        self.assertEqual(expected, self.dsi(service, "-f", path))
        self.assertEqual(expected, self.dsi(service, "-f", "-", said=commands))

    def test_dsiAlone(self) -> None:
        """Where there is no service it says so; where there is a client already, too."""
        service = self.local()
        self.connect(service)
        eventually(lambda: "connected" in service.stderr)
        self.assertEqual((3, [BUSY], ""), self.dsi(service, TRUE.decode()))
        self.check_stopped(service)
        complaint = f"cannot connect to {service.address}: Connection refused\n"
        self.assertEqual((1, [], complaint), self.dsi(service, TRUE.decode()))

    def test_dsiInterrupted(self) -> None:
        """Ctrl-C ends it; the service goes on."""
        service = self.local()
        command = [sys.executable, *RUNNERS["netsim"], "dsi", "-c", service.address]
        process = self.start(*command, '{"on_localhost": {"exec": "echo begun; sleep 60"}}')
        service.logs("begun")
        self.assertEqual(128 + signal.SIGINT, process.stop(signal.SIGINT))
        self.assertEqual("", process.stderr)
        self.check_stopped(service)

    def test_token(self) -> None:
        """Who has none is not obeyed; nothing of it is in the log, though scripts tell all."""
        configuration = {"dsisocket": {"token": "${TOKEN_OF_THE_TEST}"}}
        path = self.configure(configuration)
        service = self.local("-c", path, TOKEN_OF_THE_TEST="geheim")
        command = TRUE.decode()
        shown = self.dsi(service, '{"on_localhost": {"exec": "env"}}', NETSIM_DSI_TOKEN="geheim")
        self.assertEqual((0, [DONE], ""), shown)
        right = self.dsi(service, command, NETSIM_DSI_TOKEN="geheim")
        self.assertEqual((0, [DONE], ""), right)
        for environment, message in (
            ({"NETSIM_DSI_TOKEN": "geheimer"}, "wrong token"),
            ({}, 'a token is wanted first: {"token": "..."}'),
        ):
            status, [line], _ = self.dsi(service, command, **environment)
            self.assertEqual((2, message), (status, json.loads(line)["message"]))
        self.assertNotIn("geheim", service.stderr)


class ConnectionTests(DsiTestCase):
    """Connections that come and go."""

    def test_busy(self) -> None:
        """One more is told so at once, whatever it sends, and its connection is not reset."""
        service = self.local()
        first = self.connect(service)
        gate = self.directory / "gate"
        script = f"echo begun; until [ -e {gate} ]; do sleep 0.1; done"
        first.send(json.dumps({"on_localhost": {"exec": script}}).encode())
        service.logs("begun")
        for data in (b"", TRUE, b"x" * 5_000_000):
            with self.subTest(len(data)):
                other = self.connect(service)
                if data:
                    # It need not be able to send all that.
                    other.socket.setblocking(False)
                    other.socket.send(data)
                    other.socket.settimeout(PATIENCE)
                self.assertEqual([BUSY], other.rest())
        gate.touch()
        self.assertEqual(DONE, first.line())
        first.finish()
        self.assertEqual([], first.rest())
        self.assertEqual(DONE, self.connect(service).ask(TRUE.decode()))

    def test_concurrent(self) -> None:
        """C{--concurrent 2} serves two, each of which waits for its own commands only."""
        service = self.local("--concurrent", "2")
        first, second = self.connect(service), self.connect(service)
        first.send(b'{"on_localhost": {"exec": "echo begun; sleep 60"}}')
        service.logs("begun")
        self.assertEqual(DONE, second.ask(TRUE.decode()))
        self.assertEqual([BUSY], self.connect(service).rest())

    def test_killed(self) -> None:
        """A client that is killed makes room for the next one."""
        service = self.local()
        program = "import socket, sys, time; s = socket.create_connection(('127.0.0.1',"
        program += " int(sys.argv[1]))); s.sendall(sys.argv[2].encode()); time.sleep(60)"
        for command in ("", TRUE.decode(), '{"on_local', "{1"):
            logged = service.stderr.count(": connected")
            words = [sys.executable, "-c", program, str(service.port), command]
            client = self.start(*words)
            eventually(lambda logged=logged: service.stderr.count(": connected") > logged)
            client.stop(signal.SIGKILL)
            eventually(lambda: self._is_served(service), "a place")

    def _is_served(self, service: Service) -> bool:
        connection = Connection(service.address)
        try:
            return connection.ask(TRUE.decode()) == DONE
        finally:
            connection.close()

    def test_lost(self) -> None:
        """The command of a client that is gone is finished, with a line in the log."""
        service = self.local()
        connection = self.connect(service)
        marker = self.directory / "marker"
        script = {"exec": f"echo begun; sleep 0.5; echo done > {marker}"}
        connection.send(json.dumps({"on_localhost": script}).encode() + TRUE * 3)
        service.logs("begun")
        # It is reset, not ended.
        linger = b"\1\0\0\0\0\0\0\0"
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()
        service.logs("3 commands that had not begun are dropped")
        service.logs("the reply is lost")
        self.assertEqual("done\n", marker.read_text())

    def test_tooLong(self) -> None:
        """A command of more than a MiB ends the connection, with its reply."""
        service = self.local()
        connection = self.connect(service)
        text = b'{"on_localhost": {"exec": "#'
        fill = MAX_COMMAND - len(text) - 3
        self.assertEqual(DONE, connection.ask((text + b"x" * fill + b'"}}').decode()))
        connection.send(text + b"x" * (fill + 1) + b'"}}' + TRUE)
        connection.finish()
        [line] = connection.rest()
        expected = {
            "status_code": 1,
            "status": "JSON_ERROR",
            "message": "command is longer than 1048576 bytes",
        }
        self.assertEqual(expected, json.loads(line))

    def test_unread(self) -> None:
        """A client that does not read takes no memory; when it reads again it is served."""
        service = self.local()
        connection = self.connect(service)
        before = service.peak_memory
        connection.socket.settimeout(0.5)
        piece, sent = b'["%s"]' % (b"x" * 1020), 0
        while sent < 64 << 20:
            try:
                sent += connection.socket.send(piece[sent % 1024 :])
            except TimeoutError:
                break
        self.assertLess(sent, 64 << 20)
        self.assertLess(service.peak_memory - before, 16 << 20)
        connection.socket.settimeout(PATIENCE)
        rest = Thread(target=connection.send, args=(piece[sent % 1024 :],))
        rest.start()
        lines = [connection.line() for _ in range(sent // 1024 + 1)]
        rest.join(PATIENCE)
        self.assertEqual(1, len(set(lines)))
        self.assertIn("isn't a dict", lines[0])
        self.assertEqual(DONE, connection.ask(TRUE.decode()))

    def test_stopped(self) -> None:
        """SIGTERM ends it soon, and what it runs."""
        service = self.local()
        connection = self.connect(service)
        connection.send(b'{"on_localhost": {"exec": "echo begun $$; sleep 60"}}')
        pid = int(service.logs(r"begun (\d+)")[1])
        began = time.monotonic()
        self.check_stopped(service)
        self.assertLess(time.monotonic() - began, 5 + SLACK)
        connection.rest()
        self.assertFalse(_runs(pid))

    def test_details(self) -> None:
        """With C{--details} there is more in the reply."""
        service = self.local("--details")
        [line] = self.dsi(service, '{"on_localhost": {"exec": "echo out; exit 3"}}')[1]
        reply = json.loads(line)
        keys = ["status_code", "status", "message", "hosts", "seconds"]
        self.assertEqual(keys, list(reply))
        self.assertEqual(["out"], reply["hosts"]["localhost"]["output"])
        self.assertEqual(3, reply["hosts"]["localhost"]["exit_status"])


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
