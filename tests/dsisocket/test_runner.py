"""L{netsim.dsisocket.runner}: commands are found, run, and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from netsim.dsisocket.interfaces import ICommand
from netsim.dsisocket.model import SUCCEEDED, HostReport, Reply, Status
from netsim.dsisocket.runner import CommandRunner
from netsim.errors import CommandError, SshError

CLUSTER = object()


@implementer(ICommand)
@define
class Command:
    """A command that remembers."""

    name: str
    result: Callable[[], Any] = lambda: succeed(None)
    called: list[Any] = field(factory=list)

    def run(self, target: str, argument: Any, cluster: Any) -> Awaitable[Any]:
        """Do nothing but that."""
        self.called.append((target, argument, cluster))
        return self.result()


async def reports(*found: HostReport) -> tuple[HostReport, ...]:
    """What a coroutine says at its end."""
    return found


def raising(error: BaseException) -> Callable[[], Any]:
    """Something that raises when it is called."""

    def call() -> Any:
        raise error

    return call


class RunnerTests(SynchronousTestCase):
    """What L{CommandRunner.run} answers."""

    def setUp(self) -> None:
        self.clock = Clock()

    def reply(self, value: object, *commands: Command) -> Reply:
        """What is answered at once."""
        runner = CommandRunner(commands, CLUSTER, self.clock)
        return self.successResultOf(runner.run(value))

    def of(self, result: Callable[[], Any]) -> Reply:
        """What is answered by a command that gives this."""
        return self.reply({"go": 1}, Command("go", result))

    def check_refused(self, message: str, value: object) -> None:
        """It does not come to a command."""
        command = Command("go")
        every = Command("*")
        self.assertEqual(
            Reply(Status.EXECUTION_ERROR, message, 0.0), self.reply(value, command, every)
        )
        self.assertEqual([], command.called + every.called)

    def test_fake(self) -> None:
        """The commands of these tests are commands."""
        verifyObject(ICommand, Command("go"))

    def test_done(self) -> None:
        """A command gets its key, its value and the cluster."""
        command = Command("go")
        self.assertEqual(Reply(Status.OK, SUCCEEDED, 0.0), self.reply({"go": [1]}, command))
        self.assertEqual([("go", [1], CLUSTER)], command.called)

    def test_notOne(self) -> None:
        """A command object has one key."""
        for value in (None, True, 1, "go", [], [{"go": 1}]):
            self.check_refused("item in list isn't a dict", value)
        self.check_refused("item has more than one entry", {"go": 1, "stop": 2})
        self.check_refused("item has no entry: expected one command, such as restart_mongodb", {})

    def test_unknown(self) -> None:
        """What nobody has is answered as the prototype did, a KeyError's quotes included."""
        for name in ("go", "on_", "", "restart"):
            reply = self.reply({name: {}}, Command("restart_mongodb"), Command("on_x*"))
            self.assertEqual(f"'Unknown dsisocket target {name}'", reply.message)
            self.assertIs(Status.EXECUTION_ERROR, reply.status)

    def test_longest(self) -> None:
        """The command of this very name comes first, then the one that knows most of it."""
        names = ("*", "on_*", "on_mongod", "on_mon*", "on_mongodb*")
        for target, expected in (
            ("on_mongod", "on_mongod"),
            ("on_mongos", "on_mon*"),
            ("on_", "on_*"),
            ("on_mongodb", "on_mongodb*"),
            ("on_*", "on_*"),
            ("go", "*"),
        ):
            commands = [Command(name) for name in names]
            self.reply({target: 1}, *commands)
            called = {command.name: command.called for command in commands if command.called}
            self.assertEqual({expected: [(target, 1, CLUSTER)]}, called)

    def test_twice(self) -> None:
        """Of two with one name the first is taken, with a line in the log."""
        first, second = Command("go"), Command("go")
        self.reply({"go": 1}, first, second)
        self.assertEqual((1, 0), (len(first.called), len(second.called)))

    def test_reports(self) -> None:
        """What the hosts say is kept; without a failure all is well."""
        found = (HostReport("mongod.0", seconds=1.0), HostReport("mongod.1"))
        for result in (lambda: reports(*found), lambda: succeed(found), lambda: succeed([*found])):
            self.assertEqual(Reply(Status.OK, SUCCEEDED, 0.0, found), self.of(result))

    def test_failures(self) -> None:
        """Each host that failed has a line."""
        found = (
            HostReport("a", "exit status 3: no\nnot at all"),
            HostReport("b"),
            HostReport("c", "killed by SIGKILL"),
        )
        message = "a: exit status 3: no\nnot at all\nc: killed by SIGKILL"
        expected = Reply(Status.EXECUTION_ERROR, message, 0.0, found)
        self.assertEqual(expected, self.of(lambda: reports(*found)))

    def test_commandError(self) -> None:
        """Its text is the message; the hosts that it knows of are kept."""
        hosts = (HostReport("a", "did not die"),)
        error = CommandError("Error restarting mongodb", hosts)
        expected = Reply(Status.EXECUTION_ERROR, "Error restarting mongodb", 0.0, hosts)
        for result in (raising(error), lambda: fail(error)):
            self.assertEqual(expected, self.of(result))

    def test_error(self) -> None:
        """The text of what netsim can explain is the message, too."""
        reply = self.of(raising(SshError("no way")))
        self.assertEqual(Reply(Status.EXECUTION_ERROR, "no way", 0.0), reply)
        self.assertEqual([], self.flushLoggedErrors())

    def test_bug(self) -> None:
        """What else is raised is logged, and answered with its type."""
        for result, message in (
            (raising(KeyError("x")), "KeyError: 'x'"),
            (lambda: fail(CancelledError("gone")), "CancelledError: gone"),
            (lambda: succeed(5), "TypeError: 'int' object is not iterable"),
            (lambda: succeed(["a"]), "AttributeError: 'str' object has no attribute 'failure'"),
            (lambda: 5, "TypeError: object int can't be used in 'await' expression"),
        ):
            with self.subTest(message):
                reply = self.of(result)
                self.assertEqual((Status.EXECUTION_ERROR, message), (reply.status, reply.message))
                self.assertEqual(1, len(self.flushLoggedErrors()))

    def test_seconds(self) -> None:
        """The reply says how long it took, whether or not it failed."""
        self.clock.advance(100)
        for result in (lambda: None, raising(SshError("no"))):
            command = Command("go", lambda result=result: deferLater(self.clock, 2.5, result))
            replying: Deferred[Reply] = CommandRunner([command], CLUSTER, self.clock).run({"go": 1})
            self.clock.advance(2)
            self.assertNoResult(replying)
            self.clock.advance(0.5)
            self.assertEqual(2.5, self.successResultOf(replying).seconds)
