"""C{netsim-dsisocket} with its tunnels, against real SSH servers."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.peers import connect, read_all
from tests.integration.processes import (
    ROOT,
    RUNNERS,
    IntegrationTestCase,
    Process,
    Service,
    alive,
    eventually,
    netsim,
)
from tests.integration.sshd import Sshd, make_key
from tests.integration.test_dsi import BUSY, DONE, Connection

MANY = 1000
LARGE = 64 << 20


class ServiceTestCase(IntegrationTestCase):
    """A service whose configuration names real hosts."""

    def configure(self, *servers: Sshd, **dsisocket: Any) -> None:
        """Write a configuration in which these are the workload clients."""
        ssh = {"known_hosts": str(self.directory / "known_hosts"), "connect_timeout_s": 5}
        known = "".join(server.known_hosts.read_text() for server in servers)
        (self.directory / "known_hosts").write_text(known)
        clients = [
            {
                "public_ip": server.host,
                "ssh_port": server.port,
                "ssh_user": server.user,
                "ssh_key_file": str(server.key),
            }
            for server in servers
        ]
        configuration = {
            "dsisocket": {"enabled": True, "port": 0, "ssh": ssh, **dsisocket},
            "infrastructure_provisioning": {"out": {"workload_client": clients}},
        }
        (self.directory / "test_control.yml").write_text(json.dumps(configuration))

    def start_service(self, *options: str, ready: bool = True) -> Service:
        return self.serve(*netsim("netsim-dsisocket"), *options, ready=ready)

    def connect(self, service: Service) -> Connection:
        return self.connect_to(service.address)

    def connect_to(self, address: str) -> Connection:
        connection = Connection(address)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection: Connection, command: object) -> Any:
        return json.loads(connection.ask(json.dumps(command)))

    def check_done(self, connection: Connection, command: object) -> None:
        self.assertEqual(DONE, connection.ask(json.dumps(command)))

    def check_failed(self, service: Process, *texts: str) -> None:
        """It ends with 1, before it was ready; one line says all of this."""
        self.check_status(service, 1)
        self.assertEqual("", service.stdout)
        [line] = [line for line in service.stderr.splitlines() if "Cannot start" in line]
        for text in texts:
            self.assertIn(text, line)
        self.assertNotIn("Traceback", service.stderr)


class TunnelTests(ServiceTestCase):
    """What comes through a tunnel is done, for as long as it takes."""

    def test_many_commands(self) -> None:
        """A thousand, over one tunnel and one connection to the host."""
        sshd = Sshd(self)
        self.configure(sshd)
        service = self.start_service()
        connection = self.connect(service)
        here = self.directory / "count"
        for number in range(MANY):
            script = f"printf {number}, >> {here}" if number % 100 == 0 else ":"
            self.check_done(connection, {"on_workload_client": {"exec": script}})
        self.assertEqual([f"{number}" for number in range(0, MANY, 100)], _numbers(here))
        self.assertEqual(2, sshd.connections())
        self.check_stopped(service)

    def test_many_at_once(self) -> None:
        """All of them are sent before the first reply is read."""
        self.configure(Sshd(self))
        service = self.start_service()
        connection = self.connect(service)
        command = json.dumps({"on_workload_client": {"exec": "true"}}).encode()
        connection.send(command * 100)
        connection.finish()
        self.assertEqual([DONE] * 100, connection.rest())

    def test_server_restarted(self) -> None:
        """The command that runs has failed; soon all is as before, at the same port."""
        sshd = Sshd(self)
        self.configure(sshd)
        service = self.start_service()
        connection = self.connect(service)
        self.check_done(connection, {"on_workload_client": {"exec": "true"}})
        mark = self.directory / "mark"
        here = f"touch {mark}; sleep 0.5; echo done > {mark}"
        connection.send(json.dumps({"on_localhost": {"exec": here}}).encode())
        eventually(mark.exists)
        sshd.kill()
        service.logs("tunnel to .* lost")
        eventually(mark.read_text)
        service.logs("the reply is lost")
        sshd.restart()
        service.logs("tunnel to .* is back")
        self.check_done(self.connect(service), {"on_workload_client": {"exec": "true"}})
        self.check_stopped(service)

    def test_two_hosts(self) -> None:
        """Each has its tunnel; one is served at a time."""
        self.configure(Sshd(self), Sshd(self))
        service = self.start_service()
        one, two = re.findall(r"its (127\.0\.0\.1:\d+) leads here", service.stderr)
        self.assertNotEqual(one, two)
        first = self.connect_to(one)
        count = self.directory / "count"
        self.check_done(first, {"on_workload_client": {"exec": f"echo >> {count}"}})
        self.assertEqual("\n\n", count.read_text())
        other = connect(two)
        self.addCleanup(other.close)
        self.assertEqual(f"{BUSY}\n".encode(), read_all(other))

    def test_stopped_in_the_middle(self) -> None:
        """What runs on the host is ended with the service."""
        self.configure(Sshd(self))
        service = self.start_service()
        pids = self.directory / "pids"
        script = f"sleep 1000 & echo $$ $! > {pids}.new; mv {pids}.new {pids}; wait"
        command = {"on_workload_client": {"exec": script}}
        self.connect(service).send(json.dumps(command).encode())
        eventually(pids.exists)
        found = [int(word) for word in pids.read_text().split()]
        for pid in found:
            self.addCleanup(_kill, pid)
        self.assertTrue(all(map(alive, found)))
        self.check_stopped(service)
        eventually(lambda: not any(map(alive, found)))


class FileTests(ServiceTestCase):
    """Files arrive as they were."""

    def test_large(self) -> None:
        """64 MiB there and back, with the same SHA-256."""
        self.configure(Sshd(self), test_id="large")
        service = self.start_service()
        source, there = self.directory / "source", self.directory / "there"
        source.write_bytes(os.urandom(1 << 20) * (LARGE >> 20))
        connection = self.connect(service)
        upload = {"source": str(source), "target": str(there)}
        self.check_done(connection, {"on_workload_client": {"upload_files": [upload]}})
        retrieve = {"source": str(there), "target": "back"}
        self.check_done(connection, {"on_workload_client": {"retrieve_files": [retrieve]}})
        back = self.directory / "reports/large/workload_client.0/back"
        self.assertEqual(_sha256(source), _sha256(there))
        self.assertEqual(_sha256(source), _sha256(back))
        self.assertLess(service.peak_memory, 160 << 20)

    def test_missing(self) -> None:
        """It is named."""
        self.configure(Sshd(self))
        connection = self.connect(self.start_service())
        retrieve = {"source": "/no/such/file", "target": "back"}
        reply = self.ask(connection, {"on_workload_client": {"retrieve_files": [retrieve]}})
        self.assertEqual("EXECUTION_ERROR", reply["status"])
        self.assertIn("workload_client.0: /no/such/file: ", reply["message"])


class RefusedTests(ServiceTestCase):
    """What cannot get better ends the service, with a sentence."""

    def test_wrong_host_key(self) -> None:
        sshd = Sshd(self)
        other = make_key(self.directory / "other")
        sshd.known_hosts.write_text(f"{sshd.name} {Path(f'{other}.pub').read_text()}")
        self.configure(sshd)
        self.check_failed(self.start_service(ready=False), sshd.name, "known_hosts")

    def test_unknown_host(self) -> None:
        """The line to add is told; --accept-new adds it."""
        sshd = Sshd(self)
        known = sshd.known_hosts.read_text()
        sshd.known_hosts.write_text("")
        self.configure(sshd)
        key = " ".join(known.split()[1:3])
        self.check_failed(self.start_service(ready=False), f"{sshd.name} {key}")
        self.check_stopped(self.start_service("--accept-new"))
        self.check_stopped(self.start_service())

    def test_not_let_in(self) -> None:
        sshd = Sshd(self)
        sshd.authorized_keys.write_text("")
        self.configure(sshd)
        self.check_failed(self.start_service(ready=False), f"{sshd.user}@{sshd.host}", "key")

    def test_no_forwarding(self) -> None:
        self.configure(Sshd(self, AllowTcpForwarding="no"))
        self.check_failed(self.start_service(ready=False), "AllowTcpForwarding")

    def test_bad_configuration(self) -> None:
        """All that is wrong is told, before anything is connected."""
        sshd = Sshd(self)
        self.configure(sshd, concurrent="many", nonsense=1)
        service = self.start_service(ready=False)
        self.check_status(service, 1)
        self.assertIn("dsisocket.concurrent", service.stderr)
        self.assertIn("dsisocket.nonsense", service.stderr)
        # The first is the fixture's, which waits until it listens.
        self.assertEqual(1, sshd.log.count("Connection from"))


class RunnerTests(ServiceTestCase):
    """Under each runner, on one machine."""

    def test_runners(self) -> None:
        for runner in RUNNERS:
            words = [*netsim("netsim-dsisocket", runner), "--local", "-l", "localhost:0"]
            service = self.serve(*words)
            self.check_done(self.connect(service), {"on_localhost": {"exec": "true"}})
            self.check_stopped(service)

    def test_port_in_use(self) -> None:
        first = self.serve(*netsim("netsim-dsisocket"), "--local", "-l", "localhost:0")
        words = [*netsim("netsim-dsisocket"), "--local", "-l", first.address]
        self.check_failed(self.serve(*words, ready=False), first.address)


class PluginTests(ServiceTestCase):
    """A command of one's own: the example of the documentation."""

    def own(self) -> Mapping[str, str]:
        examples = ROOT / "docs" / "examples"
        return {"PYTHONPATH": os.pathsep.join([str(ROOT), str(examples)])}

    def test_example(self) -> None:
        words = [*netsim("netsim-dsisocket"), "--local", "-l", "localhost:0", "--details"]
        service = self.serve(*words, environment=self.own())
        connection = self.connect(service)
        reply = self.ask(connection, {"disk_usage": {"path": "/", "on": "localhost"}})
        self.assertEqual("OK", reply["status"])
        self.assertTrue(reply["hosts"]["localhost"]["output"][-1].endswith(" /"))
        reply = self.ask(connection, {"disk_usage": {}})
        self.assertEqual("disk_usage: path: expected the path of a directory", reply["message"])
        reply = self.ask(connection, {"disk_usage": {"path": "/"}})
        self.assertIn("all_servers", reply["message"])


def _numbers(path: Path) -> list[str]:
    return path.read_text().rstrip(",").split(",")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _kill(pid: int) -> None:
    if alive(pid):
        os.kill(pid, signal.SIGKILL)
