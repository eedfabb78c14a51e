"""Host commands, on this machine: with real bash, git, mongosh and tc."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest, TestCase

from netsim.dsisocket import netem
from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.commands import OnHosts
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.local import LocalMachine
from netsim.dsisocket.model import Host, HostReport
from netsim.dsisocket.remote import RemoteMachine
from netsim.dsisocket.ssh.connect import connect
from netsim.dsisocket.steps import Delay
from tests.dsisocket.machines import host, settings
from tests.integration.processes import PATIENCE, ROOT, require
from tests.integration.sshd import Sshd

MONGOSH = ROOT / "build/mongosh/node_modules/.bin/mongosh"
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.com")


class HostTestCase(TestCase):
    """Runs commands on a host: on this machine, as long as a subclass says nothing else."""

    timeout = 3 * PATIENCE
    host = host("localhost")

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.top = Path(self.mktemp()).absolute()
        self.top.mkdir()
        self.reactor = reactor
        self.configure()

    def configure(self, **more: Any) -> None:
        hosts = () if self.host.is_local else (self.host,)
        made = settings(hosts, reports=self.top / "reports", **more)
        self.cluster = Cluster(made, self.machine, self.reactor)
        self.addCleanup(self.cluster.stop)

    def machine(self, host: Host) -> IMachine:
        return LocalMachine(host, self.reactor)

    async def do(self, **argument: Any) -> HostReport:
        (report,) = await OnHosts().run(f"on_{self.host.name}", argument, self.cluster)
        return report

    async def succeed(self, **argument: Any) -> HostReport:
        report = await self.do(**argument)
        self.assertEqual(("", 0), (report.failure, report.exit_status or 0))
        return report


class ScriptTests(HostTestCase):
    """C{exec} and files."""

    async def test_exec(self) -> None:
        """A script of the document."""
        text = 'echo "HELLO THIS IS HENRIK CAN YOU HEAR ME?????!!!"\necho "(Yes, we can)"\n'
        report = await self.succeed(exec=text)
        expected = ("HELLO THIS IS HENRIK CAN YOU HEAR ME?????!!!", "(Yes, we can)")
        self.assertEqual(expected, report.output)
        self.assertGreater(report.seconds, 0)

    async def test_failure(self) -> None:
        report = await self.do(exec="echo one\necho two >&2\nexit 3")
        self.assertEqual("exit status 3: one\ntwo", report.failure)
        self.assertEqual(3, report.exit_status)

    async def test_limits(self) -> None:
        """A limit ends a script."""
        for limit in ({"timeout_s": 0.2}, {"no_output_ms": 200}):
            report = await self.do(exec="sleep 60", **limit)
            self.assertTrue(report.failure)
            self.assertLess(report.seconds, PATIENCE / 2)

    async def test_steps(self) -> None:
        """Files go there, are used, and come back."""
        (self.top / "source").write_text("data\n")
        there, back = str(self.top / "there"), "results/log"
        await self.succeed(
            upload_files=[{"source": str(self.top / "source"), "target": there}],
            exec=f"cat {there} {there} >{there}.twice",
            retrieve_files=[{"source": f"{there}.twice", "target": back}],
        )
        landed = self.top / "reports/dsisocket" / self.host.name / back
        self.assertEqual("data\ndata\n", landed.read_text())

    async def test_missing(self) -> None:
        """A file that is not there is an error."""
        report = await self.do(retrieve_files=[{"source": f"{self.top}/none", "target": "x"}])
        self.assertIn(f"{self.top}/none", report.failure)


class GitTests(HostTestCase):
    """C{checkout_repos}."""

    def setUp(self) -> None:
        require("git", "git")
        super().setUp()
        self.bare, self.work = self.top / "bare", self.top / "work"
        self.git("init", "--bare", "--initial-branch=main", str(self.bare), at=self.top)
        self.git("clone", str(self.bare), str(self.work), at=self.top)
        self.commit("first", "-b", "main")
        self.git("tag", "v1")
        self.commit("other", "-b", "feature/x")
        self.git("checkout", "main")
        self.target = self.top / "a place" / "it's"

    def git(self, *words: str, at: Path | None = None) -> str:
        return subprocess.run(
            ["git", *AUTHOR, *words],
            cwd=at or self.work,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def commit(self, text: str, *branch: str) -> None:
        """Commit a file of this text, and push it."""
        if branch:
            self.git("checkout", *branch)
        (self.work / "file").write_text(text)
        self.git("add", "file")
        self.git("commit", "-m", text)
        self.git("push", "--force", "--tags", "origin", "HEAD")

    async def check(self, expected: str, **more: Any) -> HostReport:
        """Check it out, and see what the file says."""
        repo = {"source": str(self.bare), "target": str(self.target), **more}
        report = await self.succeed(checkout_repos=[repo])
        self.assertEqual(expected, (self.target / "file").read_text())
        return report

    async def test_default(self) -> None:
        """Cloned, and again and again brought up to date."""
        await self.check("first")
        await self.check("first")
        self.commit("second")
        await self.check("second")
        self.assertEqual("main", self.git("branch", "--show-current", at=self.target))

    async def test_branch(self) -> None:
        """From the beginning, and later; tags and commits too, back and forth."""
        await self.check("other", branch="feature/x")
        self.commit("newer", "feature/x")
        await self.check("newer", branch="feature/x")
        await self.check("first", branch="v1")
        await self.check("newer", branch=self.git("rev-parse", "feature/x"))
        await self.check("first", branch="main")
        await self.check("first")

    async def test_tag(self) -> None:
        """A tag may be the first that is asked for, and it may be moved."""
        await self.check("first", branch="v1")
        self.commit("second")
        self.git("tag", "--force", "v1")
        self.git("push", "--force", "--tags")
        await self.check("second", branch="v1")

    async def test_rewritten(self) -> None:
        """A branch that has another history now."""
        await self.check("first")
        self.git("checkout", "--orphan", "new")
        self.git("branch", "-D", "main")
        self.git("branch", "-m", "main")
        self.commit("rewritten")
        await self.check("rewritten")

    async def test_other_source(self) -> None:
        """The repository may have moved."""
        await self.check("first")
        self.bare = self.bare.rename(self.top / "moved")
        self.git("remote", "set-url", "origin", str(self.bare))
        self.commit("second")
        await self.check("second")

    async def test_relative(self) -> None:
        """A source may be relative, also when the target is there."""
        # A script over SSH starts in the home directory.
        start = Path.cwd() if self.host.is_local else Path.home()
        self.bare = Path(os.path.relpath(self.bare, start))
        await self.check("first")
        self.commit("second")
        await self.check("second")

    async def test_verbose(self) -> None:
        """Only then git says what it does."""
        report = await self.check("first")
        self.assertEqual((), report.output)
        shutil.rmtree(self.target)
        report = await self.check("first", verbose=True)
        self.assertTrue(report.output)

    async def test_empty_directory(self) -> None:
        self.target.mkdir(parents=True)
        await self.check("first")

    async def test_no_repository(self) -> None:
        """A directory of something else is not touched, also inside of a repository."""
        for target in (self.top / "data", self.work / "data"):
            target.mkdir()
            (target / "file").write_text("mine")
            repo = {"source": str(self.bare), "target": str(target)}
            report = await self.do(checkout_repos=[repo])
            self.assertEqual(
                f"exit status 1: {target} is there, and is no git repository", report.failure
            )
            self.assertEqual(["file"], os.listdir(target))

    async def test_changed(self) -> None:
        """What somebody has changed there is not thrown away."""
        await self.check("first")
        self.commit("second")
        (self.target / "file").write_text("mine")
        report = await self.do(
            checkout_repos=[{"source": str(self.bare), "target": str(self.target)}]
        )
        self.assertIn("would be overwritten", report.failure)
        self.assertEqual("mine", (self.target / "file").read_text())

    async def test_no_branch(self) -> None:
        """Neither on a new clone nor in one that had it."""
        repo = {"source": str(self.bare), "target": str(self.target), "branch": "feature/x"}
        failure = f"exit status 1: {self.bare} has no branch, tag or commit feature/x"
        await self.succeed(checkout_repos=[repo])
        self.git("push", "origin", ":feature/x")
        self.assertEqual(failure, (await self.do(checkout_repos=[repo])).failure)
        repo["target"] += "-2"
        self.assertEqual(failure, (await self.do(checkout_repos=[repo])).failure)

    async def test_no_source(self) -> None:
        """git's own words are told."""
        repo = {"source": str(self.top / "none"), "target": str(self.target)}
        report = await self.do(checkout_repos=[repo])
        self.assertIn("exit status 128: ", report.failure)
        self.assertIn("does not exist", report.failure)


class MongoShellTests(HostTestCase):
    """C{exec_mongo_shell}, with the real shell and without a server."""

    def setUp(self) -> None:
        require("node", "nodejs")
        require("npm", "npm")
        if not MONGOSH.exists():
            missing = "mongosh is not installed (make mongosh)"
            if os.environ.get("NETSIM_REQUIRE_INTEGRATION") == "1":
                raise AssertionError(missing)
            raise SkipTest(missing)
        super().setUp()
        # It keeps a history and logs in its home.
        self.configure(mongo_shell=f"HOME='{self.top}' '{MONGOSH}' --quiet --nodb")

    async def test_script(self) -> None:
        """Quotes and lines as they are."""
        script = 'const it = {name: "it\'s $HOME"};\nprint(it.name);\nprint(EJSON.stringify(it));\n'
        report = await self.succeed(exec_mongo_shell={"script": script})
        self.assertEqual(("it's $HOME", '{"name":"it\'s $HOME"}'), report.output)

    async def test_failure(self) -> None:
        """What a script throws fails the command."""
        report = await self.do(exec_mongo_shell={"script": 'throw new Error("no quorum")'})
        self.assertEqual(1, report.exit_status)
        self.assertIn("no quorum", report.failure)


class OverSsh:
    """The same through a real SSH server."""

    host = host("mongod", alias="primary")

    def setUp(self) -> None:
        self.sshd = Sshd(self)
        super().setUp()

    def machine(self, host: Host) -> IMachine:
        target = self.sshd.target()
        return RemoteMachine(host, self.reactor, lambda: connect(self.reactor, target))


class SshScriptTests(OverSsh, ScriptTests):
    """C{exec} and files over SSH."""


class SshMongoShellTests(OverSsh, MongoShellTests):
    """C{exec_mongo_shell} over SSH."""


class SshGitTests(OverSsh, GitTests):
    """C{checkout_repos} over SSH."""


# A kernel without netem does all the rest when a queue stands for it.
SHIM = """\
#!/bin/bash
case "$*" in
    *netem*) exec %s "${@:1:6}" pfifo limit 1000 ;;
    *) exec %s "$@" ;;
esac
"""
# From one address of the loopback device to another, so that it can be measured.
MEASURE = """
import socket, time
def measure(address):
    server = socket.create_server((address, 0))
    began = time.monotonic()
    socket.create_connection(server.getsockname(), source_address=("127.0.0.1", 0))
    return time.monotonic() - began
print(measure("127.0.0.2"), measure("127.0.0.3"), measure("127.0.0.4"))
"""
DELAYS = {"127.0.0.2": Delay(200_000), "127.0.0.3": Delay(50_000, 1_000)}


class NetworkDelaysTests(HostTestCase):
    """C{network_delays}, in a network of its own where the test may make one."""

    def setUp(self) -> None:
        super().setUp()
        self.tc = require("tc", "iproute2")
        unshare = require("unshare", "util-linux")
        self.inside = [unshare, "--net", "bash", "-c"]
        made = subprocess.run([*self.inside, "ip link set lo up"], capture_output=True, text=True)
        if made.returncode:
            raise SkipTest(f"no network of its own can be made here: {made.stderr.strip()}")

    def bash(self, *scripts: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run scripts in one new network."""
        lines = ["ip link set lo up", *(f"bash -c {quoted(script)}" for script in scripts)]
        path_value = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
        return subprocess.run(
            [*self.inside, "\n".join(lines)],
            env={**os.environ, "PATH": path_value},
            capture_output=True,
            text=True,
        )

    def has_netem(self) -> bool:
        return self.bash("tc qdisc add dev lo root netem delay 1ms").returncode == 0

    def test_no_netem(self) -> None:
        """A kernel without netem: a clear sentence, and nothing stays."""
        if self.has_netem():
            raise SkipTest("this kernel has netem")
        ran = self.bash(netem.script("lo", DELAYS), "tc qdisc show dev lo | grep -c htb")
        self.assertEqual("0\n", ran.stdout)
        sentence = "this kernel has no netem: Error: Specified qdisc kind is unknown."
        self.assertEqual(sentence, ran.stderr.strip())

    def test_measured(self) -> None:
        """The delays that were asked for, and none to others; all gone at the end."""
        if not self.has_netem():
            raise SkipTest("this kernel has no netem: the commands are compared instead")
        measure = f"python3 -c {quoted(MEASURE)}"
        ran = self.bash(netem.script(None, DELAYS), measure, netem.script(None, {}), measure)
        self.assertEqual("", ran.stderr)
        before, after = ([float(word) for word in line.split()] for line in ran.stdout.splitlines())
        self.assertGreater(before[0], 0.2)
        self.assertTrue(0.049 < before[1] < 0.2, before)
        self.assertLess(before[2], 0.049)
        self.assertLess(max(after), 0.049)

    def test_kernel(self) -> None:
        """The kernel takes the classes and filters, again and again, and forgets them."""
        directory = self.top / "bin"
        directory.mkdir()
        shim = directory / "tc"
        shim.write_text(SHIM % (self.tc, self.tc))
        shim.chmod(0o755)
        show = "tc class show dev lo; tc filter show dev lo; tc qdisc show dev lo"
        apply = netem.script(None, DELAYS | {"::2": Delay(200_000)})
        # Of the loopback device, only its own addresses lead to it.
        address = "ip address add ::2/128 dev lo"
        ran = self.bash(address, apply, apply, show, netem.script(None, {}), show, path=directory)
        self.assertEqual("", ran.stderr)
        self.assertEqual(2, ran.stdout.count("class htb 6e65:"))
        queues = re.findall(r"pfifo .* parent (\S+)", ran.stdout)
        self.assertEqual(["6e65:1", "6e65:2"], sorted(queues))
        flows = re.findall(r"flowid (\S+) .*\n  match (\S+)", ran.stdout)
        self.assertEqual(
            {("6e65:1", "7f000002/ffffffff"), ("6e65:2", "7f000003/ffffffff")},
            {flow for flow in flows if "7f" in flow[1]},
        )
        self.assertEqual(3, len(flows))
        self.assertEqual(1, ran.stdout.count("qdisc noqueue"))


def quoted(script: str) -> str:
    """For bash."""
    return "'" + script.replace("'", "'\\''") + "'"
