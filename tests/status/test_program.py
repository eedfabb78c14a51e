"""L{netsim.status.program}: what programs use."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

import netsim.status
from netsim import background
from netsim.errors import ConfigError, InputError
from netsim.status import facade, program
from netsim.status.facade import Link
from netsim.status.program import Program
from tests.replay.wire import Reactor
from tests.status.services import FakeService

ROOT = Path(__file__).parents[2]


class ProgramTestCase(SynchronousTestCase):
    """
    A program of its own, in the thread of a reactor in memory.

    @ivar services: of its links.
    """

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.reactor.running = True
        self.services: list[FakeService] = []
        self.program = Program(self.reactor, self.make)
        self.patch(background, "is_here", lambda: True)
        self.patch(os, "environ", {})
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory)

    def make(self, *args: Any, **named: Any) -> FakeService:
        self.services.append(FakeService(*args, **named))
        return self.services[-1]

    def connect(self, *args: Any, **named: Any) -> Link:
        link = self.program.connect(
            *(args or ["x"]), **{"launch": False, "logging": False, **named}
        )
        self.addCleanup(link.close)
        return link

    def shown(self, service: FakeService, **values: Any) -> None:
        """Wait until it shows these."""
        self.reactor.until(lambda: service.values == values)

    def offered(self) -> list[list[str]]:
        """The actions of each link."""
        return [sorted(service.actions.describe()) for service in self.services]


class DecorateTests(ProgramTestCase):
    def test_before_and_after(self) -> None:
        """Every link has all of them, whenever they were decorated."""

        @self.program.action()
        def one() -> int:
            return 1

        @self.program.watch()
        def first() -> int:
            return 1

        self.connect()
        self.connect("other")

        @self.program.action()
        def two() -> int:
            return 2

        @self.program.watch()
        def second() -> int:
            return 2

        self.assertEqual([["one", "two"]] * 2, self.offered())
        for service in self.services:
            self.shown(service, first=1, second=2)

    def test_the_function_stays(self) -> None:
        def function() -> int:
            return 1

        self.assertIs(function, self.program.action("x")(function))
        self.assertIs(function, self.program.watch("x")(function))
        self.assertIs(function, self.program.action(function))
        self.assertIs(function, self.program.watch(function))
        self.connect()
        self.assertEqual([["function", "x"]], self.offered())
        self.shown(self.services[0], x=1, function=1)

    def test_what_is_told_beside(self) -> None:
        self.program.action("a", blocking=True)(lambda: 1)
        self.program.watch("b", interval=5)(lambda: 1)
        self.connect(interval=2)
        self.program.action("c", blocking=True)(lambda: 1)
        self.program.watch("d", interval=7)(lambda: 1)
        self.program.watch("e")(lambda: 1)
        [service] = self.services
        blocking = {name: each["blocking"] for name, each in service.actions.describe().items()}
        self.assertEqual({"a": True, "c": True}, blocking)
        self.shown(service, b=1, d=1, e=1)
        intervals = {key: each["interval"] for key, each in service.board.document().items()}
        self.assertEqual({"b": 5.0, "d": 7.0, "e": 2.0}, intervals)

    def test_mistakes(self) -> None:
        for name in (5, "", b"x"):
            self.assertRaises(ValueError, self.program.action, name)
            self.assertRaises(ValueError, self.program.watch, name)
        for interval in (0, -1, float("nan"), float("inf")):
            self.assertRaises(ValueError, self.program.watch, "x", interval)

    def test_closed_links(self) -> None:
        """They get nothing more, and are forgotten."""
        link = self.connect()
        link.close()
        self.program.action("x")(lambda: 1)
        self.assertEqual([[]], self.offered())
        self.assertEqual([], self.program._links)


class ConnectTests(ProgramTestCase):
    def test_settings(self) -> None:
        self.connect("my project", "[::1]:7", 2.0, display_name="Mine", token="t", queue=5)
        [service] = self.services
        settings = service.settings
        self.assertEqual("my project", service.name)
        self.assertEqual(("http://[::1]:7", 2.0), (settings.url, settings.interval))
        self.assertEqual(("Mine", "t", 5), (settings.display_name, settings.token, settings.queue))
        self.assertEqual(["start"], service.did)

    def test_file(self) -> None:
        """The one in the working directory, or another one; what is given wins."""
        (self.directory / "netsim.toml").write_text("port = 7000\nuploadInterval = 3")
        (self.directory / "other.toml").write_text("port = 8000")
        self.connect()
        self.connect(interval=4)
        self.connect(config="other.toml")
        self.assertEqual(
            [("http://127.0.0.1:7000", 3), ("http://127.0.0.1:7000", 4),
             ("http://127.0.0.1:8000", 1.0)],
            [(each.settings.url, each.settings.interval) for each in self.services],
        )  # fmt: skip

    def test_no_directory(self) -> None:
        self.directory.rmdir()
        self.connect()

    def test_token(self) -> None:
        os.environ["NETSIM_DAEMON_TOKEN"] = "secret"
        self.connect()
        self.connect(token="other")
        self.assertEqual(["secret", "other"], [each.settings.token for each in self.services])

    def test_mistakes(self) -> None:
        """Nothing is left behind by a program that cannot be connected."""
        self.assertRaises(ConfigError, self.connect, "x", "ftp://x", speed=3)
        self.assertRaises(ConfigError, self.connect, config="missing.toml")
        self.assertRaises(InputError, self.connect, "")
        self.assertRaises(ValueError, self.connect, logging=True, log_level="LOUD")
        self.assertEqual([], self.program._links)

    def test_logging(self) -> None:
        root = logging.getLogger()
        self.patch(root, "handlers", [])
        self.patch(root, "level", logging.WARNING)
        self.patch(logging, "lastResort", logging.NullHandler())
        link = self.connect(logging=True, log_level=logging.ERROR)
        logging.getLogger("a").warning("x")
        logging.getLogger("a").error("y")
        link.close()
        self.connect()
        logging.getLogger("a").error("z")
        self.assertEqual([["y"], []], [service.messages for service in self.services])

    def test_a_reactor_that_is_going_to_run(self) -> None:
        """It is waited for."""
        self.reactor.running = False
        self.patch(self.reactor, "hasRun", False)
        self.patch(background, "is_here", lambda: False)
        waiting: list[Any] = []
        self.patch(self.reactor, "callWhenRunning", waiting.append)
        link = self.connect()
        self.assertEqual(([link.begin], []), (waiting, self.services[0].did))

    def test_another_thread(self) -> None:
        called: list[Any] = []
        self.patch(background, "is_here", lambda: False)
        self.patch(background, "call", lambda function, timeout=None: called.append(function))
        link = self.connect()
        self.assertEqual([link.begin], called)


class FrontDoorTests(SynchronousTestCase):
    def test_names(self) -> None:
        """What a program needs, and nothing that is not there."""
        for name in netsim.status.__all__:
            home = facade if name == "Link" else program
            self.assertIs(getattr(home, name), getattr(netsim.status, name))
        self.assertRaises(AttributeError, getattr, netsim.status, "Links")

    def test_the_functions_are_of_one_program(self) -> None:
        self.patch(program, "_program", Program(Reactor(), FakeService))
        own = program._program
        for decorate, functions in (
            (program.action, own._actions),
            (program.watch, own._watches),
        ):
            function = decorate("x")(lambda: 1)
            self.assertEqual([(function, "x")], [each[:2] for each in functions])
        link = program.connect("x", "192.0.2.1:7", 2.0, logging=False, mute=True)
        self.addCleanup(link.close)
        self.assertEqual(("x", "http://192.0.2.1:7"), (link.name, link.url))
        self.assertEqual([link], own._links)

    def test_nothing_is_loaded_before_it_is_needed(self) -> None:
        """Nor has everything to be installed: neither for the import nor for decorators."""
        code = """
import sys
for name in ("autobahn", "psutil", "klein"):
    sys.modules[name] = None
from netsim.status import action, connect, watch
action()(watch()(print))
assert not {"treq", "twisted.internet.reactor", "OpenSSL"} & set(sys.modules)
try:
    connect("x", launch=False)
except Exception as error:
    print(type(error).__name__, error)
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        self.assertIn("InputError", done.stdout, done.stderr)
        self.assertIn("pip install netsim[daemon]", done.stdout)
