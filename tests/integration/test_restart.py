"""C{restart_mongodb}, with real redis servers on this machine; through SSH, too."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
from pathlib import Path
from shlex import quote
from typing import Any

from attrs import evolve
from twisted.internet.threads import deferToThread
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SkipTest, TestCase

from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.local import LocalMachine
from netsim.dsisocket.model import Host, HostReport, Node
from netsim.dsisocket.remote import RemoteMachine
from netsim.dsisocket.restarting import RestartMongodb
from netsim.dsisocket.settings import RestartTimes
from netsim.dsisocket.ssh.connect import connect
from netsim.dsisocket.stopping import stop_script
from netsim.errors import CommandError
from tests.dsisocket.machines import settings
from tests.integration.processes import PATIENCE, alive, require
from tests.integration.sshd import Sshd, reserve_port

TIMES = RestartTimes(shutdown=PATIENCE, term=PATIENCE, kill=PATIENCE, start=PATIENCE)
IMPATIENT = evolve(TIMES, shutdown=0.3, term=0.3)
# A shell that will not hear of ending, and a server that is its child.
STUBBORN = "trap '' TERM INT HUP; {} & while :; do wait; done"


class RestartTestCase(TestCase):
    """
    Restarts three servers of redis.

    @ivar nodes: C{r0} and C{r1} are a stage, C{r2} is the next one.
    """

    timeout = 6 * PATIENCE
    host = "localhost"

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.redis = require("redis-server", "redis-server")
        self.top = Path(self.mktemp()).absolute()
        self.top.mkdir()
        self.reactor: Any = reactor
        self.nodes = {f"r{number}": self.node(f"r{number}") for number in range(3)}
        self.times = TIMES
        self.addCleanup(self.end_all)

    def node(self, name: str) -> Node:
        """A server that saves on every change, in a directory that bash has to be told well."""
        directory = self.top / f"{name} it's"
        port, data, log = reserve_port(self), directory / "data", directory / "logs/log"
        start = f"{self.redis} --port {port} --bind 127.0.0.1 --dir {quote(str(data))}"
        start += f" --logfile {quote(str(log))} --appendonly yes --save ''"
        stop = f"redis-cli -p {port} shutdown"
        return Node(name, "localhost", self.host, port, start, stop, str(data), str(log))

    def change(self, name: str, **changes: Any) -> None:
        self.nodes[name] = evolve(self.nodes[name], **changes)

    def machine(self, host: Host) -> IMachine:
        return LocalMachine(host, self.reactor)

    def hosts(self) -> tuple[Host, ...]:
        """Those beside localhost."""
        return ()

    async def restart(self, **argument: Any) -> dict[str, HostReport]:
        """Restart, and give the reports by the nodes' names."""
        topology = ((self.nodes["r0"], self.nodes["r1"]), (self.nodes["r2"],))
        made = settings(self.hosts(), topology=topology, times=self.times)
        cluster = Cluster(made, self.machine, self.reactor)
        try:
            reports = await RestartMongodb().run("restart_mongodb", argument, cluster)
        except CommandError as error:
            if not error.hosts:
                raise
            self.assertEqual("Error restarting mongodb", str(error))
            reports = error.hosts
        finally:
            await cluster.stop()
        return {report.host.rpartition("/")[2]: report for report in reports}

    async def succeed(self, **argument: Any) -> dict[str, HostReport]:
        reports = await self.restart(**argument)
        self.assertEqual([""] * len(reports), [report.failure for report in reports.values()])
        return reports

    async def fail(self, name: str, **argument: Any) -> str:
        """Restart; only this node fails, and the log tells it."""
        with capturedLogs() as logs:
            reports = await self.restart(**argument)
        failed = {name: report.failure for name, report in reports.items() if report.failure}
        self.assertEqual([name], list(failed), reports)
        errors = [log for log in logs if log["log_level"] == LogLevel.error and "node" in log]
        self.assertEqual([(name, failed[name])], [(log["node"], log["reason"]) for log in errors])
        return failed[name]

    async def ask(self, name: str, *command: str) -> str:
        """Ask a server something."""
        words = ["redis-cli", "-p", str(self.nodes[name].port), *command]
        return await deferToThread(lambda: subprocess.check_output(words, text=True).strip())

    async def pid(self, name: str) -> int:
        """The process of a server."""
        lines = (await self.ask(name, "info", "server")).splitlines()
        return int(next(line for line in lines if line.startswith("process_id:"))[11:])

    async def pids(self) -> list[int]:
        return [await self.pid(name) for name in self.nodes]

    def accepts(self, name: str) -> bool:
        with socket.socket() as client:
            client.settimeout(PATIENCE)
            return client.connect_ex(("127.0.0.1", self.nodes[name].port)) == 0

    def bind(self, name: str) -> socket.socket:
        """A socket of this process that can listen on the port of a server."""
        bound = socket.socket()
        self.addCleanup(bound.close)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", self.nodes[name].port))
        return bound

    def data(self, name: str) -> Path:
        return Path(self.nodes[name].dbpath or "")

    def log(self, name: str) -> Path:
        return Path(self.nodes[name].logpath or "")

    def end_all(self) -> None:
        """Leave nothing, whatever has gone wrong; the ends of servers take their time."""
        times = RestartTimes(shutdown=0.1, term=0.1, kill=PATIENCE)
        for node in self.nodes.values():
            script = stop_script(evolve(node, stop=None), times)
            subprocess.run(["bash", "-c", script], check=True, capture_output=True)
            for note in Path(f"/tmp/netsim-nodes-{os.geteuid()}").glob(f"{node.port}.*"):
                note.unlink()


class RestartTests(RestartTestCase):
    """Servers that do as they should."""

    async def test_start(self) -> None:
        """What does not run is started, with its directories, stage after stage."""
        reports = await self.succeed()
        for name, report in reports.items():
            self.assertEqual(
                (f"{name}: it did not run", f"{name}: accepts on port {self.nodes[name].port}"),
                report.output,
            )
            self.assertEqual("PONG", await self.ask(name, "ping"))
            self.assertTrue(self.log(name).exists())

    async def test_restart(self) -> None:
        """They are other processes afterwards, with their data."""
        await self.succeed()
        before = await self.pids()
        for name in self.nodes:
            await self.ask(name, "set", "key", name)
        reports = await self.succeed(clean_logs=False, clean_db_dir=False)
        after = await self.pids()
        self.assertEqual(6, len({*before, *after}))
        self.assertEqual([], [pid for pid in before if alive(pid)])
        for name, report in reports.items():
            self.assertEqual(name, await self.ask(name, "get", "key"))
            # It tells of its end and of its new begin.
            self.assertEqual(2, self.log(name).read_text().count("Server initialized"))
            self.assertIn(f"{name}: ended by the clean shutdown, after ", "\n".join(report.output))

    async def test_clean_logs(self) -> None:
        await self.succeed()
        await self.ask("r0", "set", "key", "value")
        other = self.log("r0").with_name("other")
        other.touch()
        await self.succeed(clean_logs=True, clean_db_dir=False)
        self.assertEqual("value", await self.ask("r0", "get", "key"))
        self.assertEqual(1, self.log("r0").read_text().count("Server initialized"))
        self.assertTrue(other.exists())

    async def test_clean_data(self) -> None:
        """Hundreds of files."""
        await self.succeed()
        await self.ask("r0", "set", "key", "value")
        for number in range(500):
            inside = self.data("r0") / f"directory {number % 7}"
            inside.mkdir(exist_ok=True)
            (inside / f"file {number}").write_text("x")
        beside = self.data("r0").parent / "kept"
        beside.touch()
        await self.succeed(clean_logs=False, clean_db_dir=True)
        self.assertEqual("", await self.ask("r0", "get", "key"))
        self.assertEqual(["appendonlydir"], os.listdir(self.data("r0")))
        self.assertTrue(beside.exists())
        self.assertEqual(2, self.log("r0").read_text().count("Server initialized"))

    async def test_nodes(self) -> None:
        """Only those that are named."""
        await self.succeed()
        before = await self.pids()
        reports = await self.succeed(nodes=["r2", "r0"], clean_logs=True)
        self.assertEqual(["r0", "r2"], list(reports))
        after = await self.pids()
        self.assertEqual([False, True, False], [a == b for a, b in zip(before, after, strict=True)])
        self.assertEqual(1, self.log("r0").read_text().count("Server initialized"))

    async def test_daemon(self) -> None:
        """Servers that go into the background, and write over their environment."""
        for name, node in self.nodes.items():
            self.change(name, start=f"{node.start} --daemonize yes")
        await self.succeed()
        before = await self.pids()
        await self.succeed()
        self.assertEqual([], [pid for pid in before if alive(pid)])

    async def test_outlives(self) -> None:
        """They run on when nobody knows of the restart any more."""
        await self.succeed()
        for pid in await self.pids():
            self.assertEqual(pid, os.getsid(pid))
            files = [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]
            self.assertEqual("/dev/null", files[0])
            self.assertTrue(files[1].startswith("/tmp/netsim-nodes-"))


class StubbornTests(RestartTestCase):
    """Servers that do not end when they should."""

    def setUp(self) -> None:
        super().setUp()
        self.times = IMPATIENT

    async def test_term(self) -> None:
        """One whose clean shutdown does not work gets SIGTERM."""
        self.times = evolve(TIMES, shutdown=0.3)
        self.change("r1", stop="redis-cli -p 1 shutdown")
        await self.succeed()
        reports = await self.succeed()
        said = "\n".join(reports["r1"].output)
        self.assertIn("r1: the clean shutdown ends with the status 1\n", said)
        self.assertIn("r1: ended by SIGTERM, after ", said)

    async def test_stopped(self) -> None:
        """One that does not do anything any more gets SIGKILL."""
        await self.succeed()
        before = await self.pid("r1")
        os.kill(before, signal.SIGSTOP)
        reports = await self.succeed(clean_db_dir=True)
        self.assertIn("r1: ended by SIGKILL, after ", "\n".join(reports["r1"].output))
        self.assertNotIn("SIGKILL", "\n".join(reports["r0"].output))
        self.assertFalse(alive(before))
        self.assertEqual("PONG", await self.ask("r1", "ping"))

    async def test_ignores(self) -> None:
        """One that ignores everything, its child too, of which each could start the other."""
        again = STUBBORN.format(f"while :; do {self.nodes['r1'].start}; sleep 0.05; done")
        self.change("r1", start=again, stop="exit 1")
        self.times = evolve(IMPATIENT, term=1.5)
        await self.succeed()
        before = await self.pid("r1")
        reports = await self.succeed()
        self.assertIn("r1: ended by SIGKILL, after ", "\n".join(reports["r1"].output))
        self.assertFalse(alive(before))

    async def test_without_port(self) -> None:
        """One that hangs when it has given up its port is still followed."""
        start = self.nodes["r1"].start
        self.change("r1", start=STUBBORN.format(start))
        await self.succeed()
        reports = await self.succeed()
        self.assertIn("r1: ended by SIGKILL, after ", "\n".join(reports["r1"].output))

    async def test_cannot_be_stopped(self) -> None:
        """If one cannot be, nothing is cleaned, nothing is started, and it is told."""
        # Whoever asks for a restart is not ended by it.
        stranger = self.bind("r1")
        stranger.listen()
        await self.succeed(nodes=["r0", "r2"])
        for name in ("r0", "r2"):
            await self.ask(name, "set", "key", name)
        failure = await self.fail("r1", clean_logs=True, clean_db_dir=True)
        port = self.nodes["r1"].port
        self.assertRegex(failure, rf"r1: port {port} is held by process {os.getpid()} \(\S+\) of ")
        self.assertTrue(failure.startswith("stop: exit status 1: "), failure)
        self.assertFalse(self.accepts("r0") or self.accepts("r2"))
        for name in ("r0", "r2"):
            self.assertTrue(any(self.data(name).iterdir()))
            self.assertTrue(self.log(name).exists())

    async def test_comes_back(self) -> None:
        """One that somebody else starts again and again is told, and not cleaned while it runs."""
        await self.succeed()
        before = await self.pid("r1")
        keeper = subprocess.Popen(
            ["bash", "-c", f"while :; do {self.nodes['r1'].start}; done"],
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        self.addCleanup(keeper.wait)
        self.addCleanup(os.killpg, keeper.pid, signal.SIGKILL)
        self.times = evolve(TIMES, shutdown=0.5, term=0.5, kill=0.5)
        failure = await self.fail("r1", clean_logs=True, clean_db_dir=True)
        # Which process it is cannot be said if it ends, or forks, while it is looked at.
        self.assertRegex(failure, r"process \d+( \(\S+\) of |, gone by now)|held by a process of ")
        self.assertFalse(alive(before))
        self.assertFalse(self.accepts("r0") or self.accepts("r2"))

    async def test_of_others(self) -> None:
        """A process that may not be signalled is told, with its user."""
        if os.geteuid() != 0:
            raise SkipTest("only root can be somebody else")
        nobody = pwd.getpwnam("nobody")
        await self.succeed()
        node = evolve(self.nodes["r0"], stop="false")
        times = RestartTimes(0.1, 0.1, 0.1)

        def stop() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["bash", "-c", stop_script(node, times)],
                user=nobody.pw_uid,
                group=nobody.pw_gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                text=True,
            )

        ran = await deferToThread(stop)
        self.assertEqual(
            (1, f"r0: port {node.port} is held by a process of root\n"),
            (ran.returncode, ran.stderr),
        )
        self.assertTrue(self.accepts("r0"))
        # Who may not signal it can ask it to end.
        node = self.nodes["r0"]
        times = TIMES
        ran = await deferToThread(stop)
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
        self.assertIn("r0: ended by the clean shutdown", ran.stdout)


class FailureTests(RestartTestCase):
    """Servers that do not start, and what may not be cleaned."""

    async def test_bad_option(self) -> None:
        """The last that it said is told, at once."""
        self.change("r1", start=f"{self.nodes['r1'].start} --no-such-option yes")
        failure = await self.fail("r1")
        self.assertIn("Bad directive or wrong number of arguments", failure)
        port = self.nodes["r1"].port
        self.assertTrue(
            failure.endswith(f"r1: ends with the status 1 before it accepts on port {port}"),
            failure,
        )
        # Those of its stage do, those after it do not.
        self.assertEqual([True, False], [self.accepts(name) for name in ("r0", "r2")])

    async def test_bad_program(self) -> None:
        self.change("r2", start="/no/such/server --port 1")
        failure = await self.fail("r2")
        self.assertIn("/no/such/server: No such file or directory\nr2: ends with", failure)

    async def test_log(self) -> None:
        """What it only says in its log is told, too."""
        self.change("r0", start=f"{self.nodes['r0'].start} --bind 192.0.2.1")
        failure = await self.fail("r0")
        self.assertIn("Failed listening on port", failure)

    async def test_stranger(self) -> None:
        """A port that somebody takes in between, who is none that a restart may end."""
        stranger = self.bind("r1")
        await self.succeed()
        port = self.nodes["r1"].port
        pid = await self.pid("r1")
        checks = iter(lambda: alive(pid), False)
        listening = deferToThread(lambda: ([None for _ in checks], stranger.listen()))
        failure = await self.fail("r1")
        await listening
        name = Path("/proc/self/comm").read_text().strip().replace(" ", "?")
        self.assertIn(f"r1: port {port} is held by process {os.getpid()} ({name}) of ", failure)

    async def test_late(self) -> None:
        """One that does not accept in time."""
        self.times = evolve(TIMES, start=0.5)
        self.change("r1", start=f"exec sleep {PATIENCE * 5:g}")
        port = self.nodes["r1"].port
        reason = f"r1: does not accept on port {port} within 0.5 s"
        self.assertEqual(f"start: exit status 1: {reason}", (await self.fail("r1")))

    async def test_unsafe(self) -> None:
        """A home directory is not cleaned, whatever way leads there: and nothing else is."""
        home = self.top / "home"
        home.mkdir()
        (home / "precious").touch()
        self.patch(os, "environ", {**os.environ, "HOME": str(home)})
        await self.succeed()
        for name in self.nodes:
            await self.ask(name, "set", "key", name)
        before = await self.pids()
        link = self.top / "link"
        link.symlink_to(home)
        for path in (home, link, f"{link}/../home", self.top, "/", "home"):
            self.change("r1", dbpath=str(path))
            failure = await self.fail("r1", clean_db_dir=True)
            self.assertIn(f"r1: {path} is not cleaned: it is ", failure)
            self.assertTrue((home / "precious").exists())
            self.assertTrue(failure.startswith("check: "), failure)
            self.assertEqual(before, await self.pids())
        self.assertTrue(any(self.data("r0").iterdir()))
        # It is no trouble where nothing is cleaned.
        self.change("r1", dbpath=str(link))
        await self.succeed(clean_logs=True)
        self.assertEqual("r0", await self.ask("r0", "get", "key"))


class RemoteTests(RestartTestCase):
    """The same through a real SSH server."""

    host = "mongod.0"

    def setUp(self) -> None:
        super().setUp()
        self.sshd = Sshd(self)

    def hosts(self) -> tuple[Host, ...]:
        return (Host("mongod", 0, "127.0.0.1", "127.0.0.1"),)

    def machine(self, host: Host) -> IMachine:
        target = self.sshd.target()
        return RemoteMachine(host, self.reactor, lambda: connect(self.reactor, target))

    async def test_restart(self) -> None:
        """Servers outlive the connection; one that hangs is killed."""
        await self.succeed()
        before = await self.pids()
        await self.ask("r0", "set", "key", "value")
        os.kill(before[1], signal.SIGSTOP)
        self.times = IMPATIENT
        reports = await self.succeed(clean_logs=True, clean_db_dir=True)
        self.assertEqual([], [pid for pid in before if alive(pid)])
        self.assertEqual("", await self.ask("r0", "get", "key"))
        self.assertIn("r1: ended by SIGKILL, after ", "\n".join(reports["r1"].output))
        self.sshd.kill()
        for name in self.nodes:
            self.assertEqual("PONG", await self.ask(name, "ping"))

    async def test_failure(self) -> None:
        self.change("r2", start="echo oh no; exit 3")
        failure = await self.fail("r2")
        self.assertIn("start: exit status 1: oh no\nr2: ends with the status 3 before", failure)
