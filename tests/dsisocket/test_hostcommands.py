"""L{netsim.dsisocket.hostcommands}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket import netem
from netsim.dsisocket.hostcommands import addresses, failure_of, prepare
from netsim.dsisocket.model import Ended, Host, HostReport, Limits
from netsim.dsisocket.steps import Delay
from netsim.errors import CommandError, SshError
from tests.dsisocket.machines import Answer, FakeMachine, host, settings

A, B = host("mongod", 0), host("mongod", 1)


class FailureTests(SynchronousTestCase):
    """How a failure is told."""

    def test_none(self) -> None:
        self.assertEqual("", failure_of(Ended(0, output=("all is well",))))

    def test_status(self) -> None:
        self.assertEqual("exit status 3", failure_of(Ended(3)))
        self.assertEqual("exit status 3: a\nb", failure_of(Ended(3, output=("a", "b"))))

    def test_reason(self) -> None:
        """Why it was ended tells more than a status."""
        ended = Ended(None, output=("a",), reason="took longer than 5 s")
        self.assertEqual("took longer than 5 s: a", failure_of(ended))
        self.assertEqual("killed by SIGKILL", failure_of(Ended(0, reason="killed by SIGKILL")))

    def test_bounded(self) -> None:
        """The last lines only."""
        lines = tuple(map(str, range(100)))
        self.assertEqual("exit status 1: 90\n91", failure_of(Ended(1, output=lines))[:20])
        self.assertLess(len(failure_of(Ended(1, output=("x" * 5000,)))), 2100)


class WorkTestCase(SynchronousTestCase):
    """Runs commands on a machine that only remembers."""

    def setUp(self) -> None:
        self.top = Path(self.mktemp()).absolute()
        (self.top / "repo").mkdir(parents=True)
        for name in ("file", "repo/file"):
            (self.top / name).touch()
        self.settings = settings(
            [A, B],
            repo_dir=self.top / "repo",
            reports=self.top / "reports",
            limits=Limits(600, 60),
            mongo_shell="mongo --quiet",
        )
        self.machine = FakeMachine(A)

    def start(self, argument: Any, on: Host = A) -> Deferred[HostReport]:
        work = prepare(self.settings, "on_mongod", argument, [on])
        return Deferred.fromCoroutine(work(self.machine))

    def do(self, argument: Any) -> HostReport:
        return self.successResultOf(self.start(argument))

    def wrong(self, argument: Any) -> str:
        error = self.assertRaises(CommandError, prepare, self.settings, "on_mongod", argument, [A])
        return str(error)


class HostWorkTests(WorkTestCase):
    """The steps on one host."""

    def test_exec(self) -> None:
        """The script as it is, within the configured limits."""
        self.machine.answer = lambda _: Ended(0, output=("hello",))
        report = self.do({"exec": "echo hello\n"})
        self.assertEqual(HostReport("mongod.0", exit_status=0, output=("hello",)), report)
        self.assertEqual(["echo hello\n"], self.machine.asked)
        self.assertEqual(Limits(600, 60), self.machine.calls[0].limits)

    def test_limits(self) -> None:
        """The command's own limits, for each of its scripts."""
        repos = [{"source": "a", "target": "b"}, {"source": "a", "target": "c"}]
        self.do({"timeout_s": 5, "checkout_repos": repos, "exec": ""})
        self.assertEqual([Limits(5, 60)] * 3, [call.limits for call in self.machine.calls])

    def test_failure(self) -> None:
        """The first script that fails is the last; its output is told."""
        self.machine.answer = lambda script: (
            Ended(3, output=("oh",)) if "target=b " in script else None
        )
        repos = [{"source": "x", "target": name} for name in ("y", "b", "z")]
        report = self.do({"checkout_repos": repos, "exec": "later"})
        self.assertEqual(2, len(self.machine.calls))
        self.assertEqual(
            HostReport("mongod.0", "exit status 3: oh", exit_status=3, output=("oh",)), report
        )

    def test_transfers(self) -> None:
        """Files, from where they are to where they belong."""
        report = self.do(
            {
                "upload_files": [{"source": str(self.top / "file"), "target": "~/x"}],
                "upload_repo_files": {"source": "file", "target": "y"},
                "retrieve_files": [{"source": "/var/log/z", "target": "logs/"}],
            }
        )
        self.assertEqual(HostReport("mongod.0"), report)
        self.assertEqual(
            [
                f"upload {self.top}/file -> ~/x",
                f"upload {self.top}/repo/file -> y",
                f"retrieve /var/log/z -> {self.top}/reports/dsisocket/mongod.0/logs/z",
            ],
            self.machine.asked,
        )

    def test_transfer_failure(self) -> None:
        """It is told as the machine says, with what was done until then."""

        def answer(call: str) -> Answer:
            return SshError("/z: No such file") if call.startswith("retrieve") else None

        self.machine.answer = answer
        files = [{"source": name, "target": name} for name in ("/a", "/z", "/b")]
        files[0]["target"] = files[1]["target"] = files[2]["target"] = "x"
        report = self.do(
            {"exec": "true", "retrieve_files": files, "exec_mongo_shell": {"script": ""}}
        )
        self.assertEqual(HostReport("mongod.0", "/z: No such file", exit_status=0), report)
        self.assertEqual(2, len(self.machine.calls))

    def test_order(self) -> None:
        """One step begins when the one before has ended."""
        running = Deferred[Ended]()
        self.machine.answer = lambda call: running if call == "slow" else None
        file = {"source": str(self.top / "file"), "target": "x"}
        report = self.start({"exec": "slow", "upload_files": [file]})
        self.assertEqual(["slow"], self.machine.asked)
        running.callback(Ended(0))
        self.assertEqual(2, len(self.machine.calls))
        self.successResultOf(report)

    def test_mongo_shell(self) -> None:
        """The configured shell."""
        value = {"script": "db.stats()", "connection_string": "mongodb://host"}
        self.do({"exec_mongo_shell": value})
        self.assertIn('\nmongo --quiet mongodb://host "$directory', self.machine.asked[0])
        self.assertIn("printf '%s' 'db.stats()' >", self.machine.asked[0])

    def test_network_delays(self) -> None:
        """To all hosts of the cluster, whichever group the command is for."""
        self.do({"network_delays": {"delay_ms": 3}})
        self.assertEqual([netem.script(None, {B.private_ip: Delay(3000)})], self.machine.asked)
        self.machine = FakeMachine(host("mongod", 0, device="ens5"))
        self.do({"network_delays": {"delay_ms": 3}})
        self.assertEqual([netem.script("ens5", {B.private_ip: Delay(3000)})], self.machine.asked)

    def test_file_gone(self) -> None:
        """A file that an earlier step takes away fails that host, in a sentence."""

        def answer(call: str) -> Answer:
            (self.top / "repo/file").unlink()
            return None

        self.machine.answer = answer
        files = [{"source": "file", "target": "y"}]
        report = self.do({"exec": "rm", "upload_repo_files": files})
        self.assertEqual(f"{self.top}/repo/file: No such file or directory", report.failure)


class PrepareTests(WorkTestCase):
    """What is checked before anything runs."""

    def test_invalid(self) -> None:
        self.assertEqual("Invalid command type", self.wrong({"foo": "echo"}))

    def test_all(self) -> None:
        """Problems of the command and of its files are told in one go."""
        told = self.wrong(
            {
                "exec": 3,
                "upload_repo_files": [{"source": "none", "target": "x"}],
                "retrieve_files": [{"source": "/x", "target": "../x"}],
                "network_delays": {"groups": [{"hosts": ["1.2.3.4"]}]},
            }
        ).splitlines()
        self.assertEqual(4, len(told))
        self.assertEqual("on_mongod.exec: expected a text, not the number 3", told[0])
        known = sorted(addresses([A, B]))
        self.assertIn(f"1.2.3.4: there are {', '.join(known)}", told[1])
        self.assertIn("on_mongod.upload_repo_files[0].source: ", told[2])
        self.assertIn("on_mongod.retrieve_files[0].target: ../x", told[3])

    def test_names(self) -> None:
        """Hosts that are known by a name cannot be delayed; they are no trouble otherwise."""
        self.settings = settings([A, Host("mongod", 1, "192.0.2.1", "db.example.com")])
        told = self.wrong({"network_delays": {}})
        self.assertEqual(
            "on_mongod: mongod.1 has the private address db.example.com: delays need an IP address",
            told,
        )
        self.do({"exec": "true"})

    def test_addresses(self) -> None:
        """Each once."""
        both = Host("mongod", 0, "10.0.0.1", "10.0.0.1")
        self.assertEqual(["10.0.0.1"], addresses([both, both]))
