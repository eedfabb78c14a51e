"""L{netsim.dsisocket.restarting}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.commands import commands
from netsim.dsisocket.dry import DryMachine
from netsim.dsisocket.model import Ended, Host, HostReport
from netsim.dsisocket.restart import read_restart
from netsim.dsisocket.restarting import RestartMongodb
from netsim.dsisocket.runner import CommandRunner
from netsim.dsisocket.settings import Settings
from netsim.errors import CommandError, SshError
from tests.dsisocket.bash import node
from tests.dsisocket.machines import Answer, FakeMachine, host, settings

HOSTS = (host("mongod", 0), host("mongod", 1), host("mongos", 0))
TOPOLOGY = (
    (
        node(id="a", host="mongod.0", port=1, dbpath="/data/a", start="run a"),
        node(id="b", host="mongod.1", port=2, dbpath="/data/b", start="run b"),
    ),
    (node(id="c", host="mongos.0", port=3, logpath="/log/c", start="run c"),),
    (node(id="d", host="mongod.0", port=4, start="run d"),),
)
CLEAN = {"clean_logs": True, "clean_db_dir": True}


class RestartTestCase(SynchronousTestCase):
    """
    Restarts on machines that only remember.

    @ivar begun: the steps that have begun so far, such as C{stop a}.
    @ivar answers: how a step goes, if it is not just done.
    """

    def setUp(self) -> None:
        self.begun: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.settings: Settings = settings(HOSTS, topology=TOPOLOGY)
        plan = read_restart("restart_mongodb", CLEAN, self.settings)
        self.scripts = {
            step.script: f"{phase} {step.node.id}"
            for phase, stages in (
                ("check", [*plan.check()]),
                ("stop", [*plan.stop()]),
                ("clean", [*plan.clean()]),
                ("start", [*plan.start()]),
            )
            for steps in stages
            for step in steps
        }

    def machine(self, host: Host) -> FakeMachine:
        return FakeMachine(host, self.answer)

    def answer(self, script: str) -> Answer:
        step = self.scripts[script]
        self.begun.append(step)
        return self.answers.get(step)

    def run_command(self, argument: Any) -> Deferred[tuple[HostReport, ...]]:
        cluster = Cluster(self.settings, self.machine, Clock())
        return Deferred.fromCoroutine(RestartMongodb().run("restart_mongodb", argument, cluster))

    def fails(self, argument: Any = CLEAN) -> dict[str, HostReport]:
        error = self.failureResultOf(self.run_command(argument), CommandError).value
        self.assertEqual("Error restarting mongodb", str(error))
        return {report.host: report for report in error.hosts}


class PhaseTests(RestartTestCase):
    """All goes well."""

    def test_order(self) -> None:
        """Stages are stopped from the last to the first; then all are cleaned, then started."""
        checked = ["check a", "check b", "check c"]
        reports = self.successResultOf(self.run_command(CLEAN))
        expected = "stop d, stop c, stop a, stop b, clean a, clean b, clean c, start a, start b"
        self.assertEqual([*checked, *expected.split(", "), "start c", "start d"], self.begun)
        names = ["mongod.0/a", "mongod.1/b", "mongos.0/c", "mongod.0/d"]
        self.assertEqual(names, [report.host for report in reports])
        self.assertEqual([0] * 4, [report.exit_status for report in reports])

    def test_side_by_side(self) -> None:
        """A stage waits for all nodes of that before; those of a stage wait for none."""
        for phase in ("check", "stop", "clean", "start"):
            held: Deferred[Ended] = Deferred()
            last = "c" if phase in ("check", "clean") else "b"
            self.begun.clear()
            self.answers = {f"{phase} a": held}
            running = self.run_command(CLEAN)
            self.assertIn(f"{phase} b", self.begun)
            self.assertEqual(self.begun[-1], f"{phase} {last}")
            held.callback(Ended(0))
            self.successResultOf(running)
            self.assertEqual("start d", self.begun[-1])

    def test_reports(self) -> None:
        """A report has the last lines and the time of all steps."""
        for step in self.scripts.values():
            lines = tuple(f"{step} {number}" for number in range(9))
            self.answers[step] = Ended(0, 1.5, lines)
        reports = self.successResultOf(self.run_command(CLEAN))
        self.assertEqual([6.0, 6.0, 6.0, 3.0], [report.seconds for report in reports])
        self.assertEqual(20, len(reports[0].output))
        self.assertEqual("start a 8", reports[0].output[-1])
        self.assertEqual("stop a 7", reports[0].output[0])

    def test_one_at_a_time(self) -> None:
        """A restart waits for another one, that of another connection too."""
        held: Deferred[Ended] = Deferred()
        self.answers = {"stop a": held}
        cluster = Cluster(self.settings, self.machine, Clock())
        nodes = {"nodes": ["a"]}
        first, second = (
            Deferred.fromCoroutine(RestartMongodb().run("restart_mongodb", nodes, cluster))
            for _ in range(2)
        )
        self.assertEqual(["stop a"], self.begun)
        del self.answers["stop a"]
        held.callback(Ended(0))
        self.successResultOf(first)
        self.successResultOf(second)
        self.assertEqual(["stop a", "start a"] * 2, self.begun)

    def test_cancelled(self) -> None:
        """What runs is cancelled, and nothing more begins."""
        cancelled = []
        self.answers = {"stop c": Deferred(cancelled.append)}
        running = self.run_command(CLEAN)
        running.addErrback(lambda _: None)
        running.cancel()
        self.assertEqual(1, len(cancelled))
        self.assertNotIn("start a", self.begun)


class FailureTests(RestartTestCase):
    """Something does not."""

    def test_stop(self) -> None:
        """All others are stopped; nothing is cleaned, nothing is started."""
        self.answers = {"stop c": Ended(1, output=("c: cannot be ended",))}
        with capturedLogs() as logs:
            reports = self.fails()
        self.assertEqual(["stop d", "stop c", "stop a", "stop b"], self.begun[3:])
        failure = "stop: exit status 1: c: cannot be ended"
        self.assertEqual(failure, reports["mongos.0/c"].failure)
        self.assertEqual("", reports["mongod.0/a"].failure)
        errors = [log for log in logs if log["log_level"] == LogLevel.error]
        self.assertEqual(("c", "mongos.0", failure), _told(errors[0]))
        text = "{names} cannot be stopped: nothing is cleaned or started"
        self.assertEqual((text, "mongos.0/c"), (errors[1]["log_format"], errors[1]["names"]))

    def test_check(self) -> None:
        """Nothing is done."""
        self.answers = {"check a": Ended(1)}
        with capturedLogs():
            reports = self.fails()
        self.assertEqual(["check a", "check b", "check c"], self.begun)
        self.assertEqual("check: exit status 1", reports["mongod.0/a"].failure)

    def test_clean(self) -> None:
        """Nothing is started."""
        self.answers = {"clean b": Ended(None, reason="took longer than 1 s")}
        with capturedLogs():
            reports = self.fails()
        self.assertEqual("clean c", self.begun[-1])
        self.assertEqual("clean: took longer than 1 s", reports["mongod.1/b"].failure)

    def test_start(self) -> None:
        """Nothing is started that comes after."""
        self.answers = {"start a": Ended(3), "start b": SshError("the connection is lost")}
        with capturedLogs() as logs:
            reports = self.fails()
        self.assertEqual("start b", self.begun[-1])
        self.assertEqual("start: exit status 3", reports["mongod.0/a"].failure)
        self.assertEqual("start: the connection is lost", reports["mongod.1/b"].failure)
        errors = [_told(log) for log in logs if "reason" in log]
        self.assertEqual(
            [
                ("a", "mongod.0", "start: exit status 3"),
                ("b", "mongod.1", "start: the connection is lost"),
            ],
            errors,
        )

    def test_argument(self) -> None:
        """Before anything is done."""
        error = self.failureResultOf(self.run_command({"nodes": ["x"]}), CommandError).value
        self.assertIn("no node is called x", str(error))
        self.assertEqual([], self.begun)

    def test_no_secret(self) -> None:
        """Commands are in no log."""
        self.answers = {"start a": Ended(1)}
        with capturedLogs() as logs:
            self.fails()
        self.assertNotIn("run a", repr(logs))


class CommandTests(RestartTestCase):
    """It is one of the commands."""

    def reply(self, argument: Any, machine: Any) -> dict[str, Any]:
        cluster = Cluster(self.settings, machine, Clock())
        runner = CommandRunner(commands(), cluster, Clock())
        reply = self.successResultOf(runner.run({"restart_mongodb": argument}))
        return {"code": reply.status.value, "message": reply.message, "hosts": reply.hosts}

    def test_replies(self) -> None:
        """Word for word."""
        self.assertEqual(
            "I think the command might have succeeded.", self.reply(CLEAN, self.machine)["message"]
        )
        self.answers = {"stop a": Ended(1)}
        with capturedLogs():
            reply = self.reply(CLEAN, self.machine)
        self.assertEqual((2, "Error restarting mongodb"), (reply["code"], reply["message"]))
        self.assertEqual("mongod.0/a", reply["hosts"][0].host)

    def test_dry(self) -> None:
        """A plan has each node's scripts, in order."""
        reply = self.reply(CLEAN, DryMachine)
        planned = {report.host: report.planned for report in reply["hosts"]}
        self.assertEqual(0, reply["code"])
        for name, phases in (("a", "check stop clean start"), ("d", "stop start")):
            scripts = [text.removeprefix("run: ") for text in planned[f"mongod.0/{name}"]]
            expected = [f"{phase} {name}" for phase in phases.split()]
            self.assertEqual(expected, [self.scripts[script] for script in scripts])


def _told(log: dict[str, Any]) -> tuple[str, str, str]:
    return log["node"], log["host"], log["reason"]
