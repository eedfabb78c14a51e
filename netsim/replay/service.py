"""The C{netsim-replay} service: where its parts are put together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from netsim import options, process
from netsim.addresses import Address
from netsim.errors import AddressError
from netsim.replay.command import (
    Command,
    environment,
    make_database,
    remove_database,
    start_status,
)
from netsim.replay.datagrams import DatagramReplay
from netsim.replay.loading import Source, plays_datagrams
from netsim.replay.modules import ModuleLoader
from netsim.replay.protocol import ReplayFactory
from netsim.replay.verdict import Tally
from netsim.script.blobs import DEFAULT_LIMIT
from netsim.script.dump import RECORDED
from netsim.script.player import Score
from netsim.status.options import ReportOptions
from netsim.worker import Worker

NAME = "netsim-replay"
SETTLE = 1.0
"""Seconds that connections may stay open after the test command has ended."""


def timing(text: str) -> float:
    """C{none}, C{recorded}, or what recorded gaps are multiplied with."""
    if text in ("none", "recorded"):
        return float(text == "recorded")
    try:
        return options.seconds(text)
    except ValueError:
        raise ValueError("expected none, recorded or a factor such as 0.5") from None


class Options(ReportOptions):
    """What C{netsim-replay} can be told."""

    synopsis = "-i FILE [options] [COMMAND [ARGUMENT...]]"
    longdesc = (
        "Plays a recorded session to every client that connects, and fails on the first"
        " difference. With a command: runs it against the replay, and exits with its"
        " status, or 1 if a session failed. The command finds NDS_TEST_HOST,"
        " NDS_TEST_PORT and NDS2_CHANNEL_DB_DIR in its environment."
    )
    example = "-i session-1.json ./test-client --verbose"
    optParameters = [
        ["input", "i", None, "The script file.", Path],
        ["listen", "l", Address.parse("localhost:0"), "Where clients connect.", options.address],
        ["script", "t", RECORDED, "The script to play."],
        ["path", "p", [], "Directories of action modules, separated by commas.",
         options.directories],
        ["timing", None, 0.0, "Gaps before answers: none, recorded, or a factor.", timing],
        ["db-dir", None, None, "Give the command a copy of this channel database.", Path],
        ["external-root", None, [], "More directories of external files.", options.directories],
        ["max-blob", None, DEFAULT_LIMIT, "Refuse larger blobs, such as 64MiB.", options.size],
    ]  # fmt: skip
    optFlags = [
        ["allow-incomplete", None, "A client may leave early, a command never connect."],
    ]

    def parseArgs(self, *command: str) -> None:
        """Everything from the first word on is the test command, with its own options."""
        self["command"] = command

    def postOptions(self) -> None:
        """Complain about what is missing."""
        super().postOptions()
        if self["input"] is None:
            raise usage.UsageError("--input: the script file is missing")
        if self["db-dir"] is not None and not self["db-dir"].is_dir():
            raise usage.UsageError(f"--db-dir: no directory {self['db-dir']}")


class ReplayService(process.ServerService):
    """Loads, listens, runs the test command if there is one, and tells the verdict."""

    log = Logger()

    def __init__(self, config: Options, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        self.tally = Tally(bool(config["allow-incomplete"]))
        self._config = config
        self._work = Worker(reactor, "netsim-replay")
        self._load_module = ModuleLoader(config["path"])
        self._port: Any = None
        self._replay: ReplayFactory | DatagramReplay | None = None
        self._command: Command | None = None
        self._database: Path | None = None
        self._stopping = False

    async def listen(self) -> Iterable[IAddress]:
        """Check everything, then accept clients."""
        score = await self._load(self._config["script"])
        if self._config["listen"].is_datagram or plays_datagrams(score):
            self._listen_for_datagrams(score)
        else:
            self._replay = ReplayFactory(self._reactor, score, self.tally, self._load_module)
            self._port = await self._config["listen"].server(self._reactor).listen(self._replay)
        return [self._port.getHost()]

    def ready(self) -> None:
        """Tell a status daemon how it goes, where one is to know; run the test command."""
        if self._config["daemon"] is not None:
            # Here, as few need what it loads.
            from netsim.replay.watching import watch

            where = self._port.getHost()
            report = watch(self._reactor, self._config, self._replay, self._load, where)
            report.setServiceParent(self)
        if self._config["command"] and self._replay is not None:
            running = Deferred.fromCoroutine(self._run_command(self._replay))
            running.addErrback(self._command_failed)

    def stopService(self) -> Deferred[Any]:
        """Close everything; without a command this is when the verdict is told."""
        self._stopping = True
        stopping: list[Deferred[Any]] = [super().stopService()]
        if self._port is not None:
            stopping.append(maybeDeferred(self._port.stopListening))
        if self._command is not None:
            stopping.append(self._command.stop())
        if self._replay is not None:
            self._replay.stop()
        if self.tally.failed and not self._config["command"]:
            process.set_exit_status(1)
        return gatherResults(stopping).addBoth(self._clean)

    def _clean(self, outcome: Any = None) -> Any:
        self._work.stop()
        if self._database is not None:
            remove_database(self._database)
        return outcome

    async def _load(self, script: str) -> Score:
        config = self._config
        source = Source(
            config["input"],
            script,
            self._load_module,
            config["external-root"],
            config["max-blob"],
            config["timing"],
        )
        return await source.fetched_score(self._reactor, self._work.submit)

    def _listen_for_datagrams(self, score: Score) -> None:
        address = self._config["listen"]
        if address.port is None:
            raise AddressError(f"{address}: a recording of datagrams needs host:port")
        self._replay = DatagramReplay(self._reactor, score, self.tally)
        self._port = self._reactor.listenUDP(address.port, self._replay, address.interface)

    async def _run_command(self, replay: ReplayFactory | DatagramReplay) -> None:
        words, address = self._config["command"], self._port.getHost()
        self._database = await self._work.submit(make_database, self._config["db-dir"])
        if self._stopping:
            self._clean()
            return
        self._command = Command()
        try:
            env = environment(address, self._database, os.environ)
            self._command.start(self._reactor, words, env)
        except OSError as error:
            self.log.critical(
                "cannot run {command}: {reason}", command=words[0], reason=error.strerror
            )
            status = start_status(error)
        else:
            status = await self._command.ended
            settling = replay.settled().addTimeout(SETTLE, self._reactor)
            await settling.addErrback(lambda _: None)
            replay.abandon()
        if not self._stopping:
            process.set_exit_status(self._judge(status))
            process.stop(self._reactor)

    def _command_failed(self, reason: Failure) -> None:
        if not reason.check(OSError):
            self.log.failure("the test command", reason)
        process.fail(self._reactor, f"cannot run the test command: {reason.getErrorMessage()}")

    def _judge(self, status: int) -> int:
        tally = self.tally
        if not (tally.passed or tally.failed) and not tally.allow_incomplete:
            self.log.error("the command never connected")
            return status or 1
        self.log.info(
            "{passed} sessions played to the end, {failed} failed;"
            " the command exited with {status}",
            passed=tally.passed,
            failed=tally.failed,
            status=status,
        )
        return status or int(tally.failed > 0)


def makeService(config: Options) -> ReplayService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return ReplayService(config, reactor)
