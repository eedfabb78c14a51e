"""Tests for L{netsim.datanode.hub.service}; the hub's integration tests run all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

from autobahn.wamp.exception import ApplicationError
from twisted.application.service import Service
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim import process
from netsim.addresses import describe
from netsim.datanode import link
from netsim.datanode.hub import service as module
from netsim.datanode.hub.configuration import Listening
from netsim.datanode.hub.service import FREED_WITHIN, LOOK, HubService, Options, makeService
from netsim.errors import HostError, RouterError
from tests.datanode.router import Router

LISTENING = Listening(
    *("0.0.0.0", 8080, "127.0.0.1", 8001), Path("cert"), Path("key"), {"server": "known"}
)
ELSEWHERE = "wss://10.0.0.5:8080/ws"


class FakeHome:
    """A directory that is nowhere."""

    node = Path("/hub/router")

    def __init__(self, directory: Path) -> None:
        self.did: list[Any] = [directory]

    def take(self) -> None:
        self.did.append("take")

    def take_ports(self, *ports: Any) -> None:
        self.did.append(ports)

    def prepare(self, names: Any, environment: Any, now: Any) -> Listening:
        self.did.append(names[-1])
        assert now.tzinfo is not None
        return LISTENING

    def leave(self) -> None:
        self.did.append("leave")


class FakeRouter(Service):
    """A router that runs when the test says so."""

    def __init__(self, reactor: Any, program: Path, directory: Path, **told: Any) -> None:
        self.program = program
        self.told = told
        self.first: Deferred[None] = Deferred()

    def when_up(self) -> Deferred[None]:
        return self.first

    def run_up(self) -> None:
        self.told["up"]()
        if not self.first.called:
            self.first.callback(None)


class FakeLink(Service):
    """A link that joins when the test says so."""

    session: Any = None

    def __init__(self, reactor: Any, router: Any, joined: Any, left: Any) -> None:
        self.router = router
        self.joined = joined
        self.left = left

    def join(self, session: Any) -> None:
        self.session = session
        self.joined(session)


class ServiceTestCase(SynchronousTestCase):
    arguments: tuple[str, ...] = ("--directory=/hub", "--name=lab")

    def setUp(self) -> None:
        self.made: dict[str, list[Any]] = {"Home": [], "RouterProcess": [], "Link": []}
        for where, name, kind in (
            (module, "Home", FakeHome),
            (module, "RouterProcess", FakeRouter),
            (link, "Link", FakeLink),
        ):
            self.patch(where, name, self.maker(name, kind))
        self.patch(module, "find_crossbar", lambda environment, given: Path("/bin/crossbar"))
        self.patch(module, "end_leftovers", lambda reactor, directory: succeed(False))
        self.ready: list[str] = []
        self.patch(process, "print_ready", self.ready.append)
        self.logged: list[str] = []
        globalLogPublisher.addObserver(self.observe)
        self.addCleanup(globalLogPublisher.removeObserver, self.observe)
        config = Options()
        config.parseOptions(self.arguments)
        self.clock = Clock()
        self.hub = HubService(config, self.clock)
        self.router = Router()

    def observe(self, event: Any) -> None:
        if event["log_namespace"].startswith("netsim"):
            self.logged.append(event["log_format"].format(**event))

    def maker(self, name: str, kind: Any) -> Any:
        def make(*arguments: Any, **named: Any) -> Any:
            self.made[name].append(kind(*arguments, **named))
            return self.made[name][-1]

        return make

    def last(self, name: str) -> Any:
        return self.made[name][-1]

    def listen(self) -> Deferred[Any]:
        # Without a reactor: what ServerService adds is tested there.
        self.hub.running = 1
        return Deferred.fromCoroutine(self.hub.listen())  # type: ignore[arg-type]

    def is_hub(self) -> bool:
        return self.router.registration("org.simonsobservatory.data_node.add") is not None


class OwnRouterTests(ServiceTestCase):
    def start(self) -> Deferred[Any]:
        """Until it waits for its session."""
        listening = self.listen()
        self.last("RouterProcess").run_up()
        return listening

    def test_start(self) -> None:
        """It is ready when nodes can come."""
        listening = self.listen()
        self.assertEqual(
            self.last("Home").did,
            [Path("/hub"), "take", ("127.0.0.1", 8080, "127.0.0.1", 8001), "lab"],
        )
        self.assertEqual(self.made["Link"], [])
        self.last("RouterProcess").run_up()
        router = self.last("Link").router
        self.assertEqual((router.url, router.user), ("wss://127.0.0.1:8080/ws", "server"))
        self.assertEqual((router.secret, router.certificate), ("known", Path("cert")))
        self.assertNoResult(listening)
        self.last("Link").join(self.router.session())
        addresses = self.successResultOf(listening)
        self.assertTrue(self.is_hub())
        self.assertEqual([*map(describe, addresses)], ["0.0.0.0:8080", "127.0.0.1:8001"])
        self.hub.announce(addresses)
        self.assertEqual(self.ready, ["netsim-hub listening on 0.0.0.0:8080 127.0.0.1:8001"])

    def test_version_6(self) -> None:
        self.assertEqual(describe(module._address("::1", 80)), "[::1]:80")

    def test_router_ends(self) -> None:
        """With it ends the link; the next one gets another."""
        self.start()
        first = self.last("Link")
        first.join(self.router.session())
        self.router.drop(first.session)
        self.last("RouterProcess").told["down"]()
        self.assertFalse(first.running)
        self.assertIsNone(first.parent)
        self.assertFalse(self.is_hub())
        self.last("RouterProcess").run_up()
        self.assertIsNot(self.last("Link"), first)
        self.last("Link").join(self.router.session())
        self.assertTrue(self.is_hub())

    def test_session_lost(self) -> None:
        """The link joins again by itself."""
        self.start()
        link = self.last("Link")
        link.join(self.router.session())
        self.router.drop(link.session)
        link.left("it is gone")
        link.join(self.router.session())
        self.assertTrue(self.is_hub())

    def test_router_does_not_start(self) -> None:
        listening = self.listen()
        self.last("RouterProcess").first.errback(RouterError("it says no"))
        self.failureResultOf(listening, RouterError)
        self.assertEqual(self.made["Link"], [])

    def test_ends_before_it_is_joined(self) -> None:
        """A router that ends at once is no reason to give up."""
        listening = self.start()
        self.last("RouterProcess").told["down"]()
        self.last("RouterProcess").told["down"]()
        self.last("RouterProcess").run_up()
        self.last("Link").join(self.router.session())
        self.successResultOf(listening)

    def test_directory_taken(self) -> None:
        """Nothing is started."""

        def taken(home: FakeHome) -> None:
            raise HostError("another hub")

        self.patch(FakeHome, "take", taken)
        self.failureResultOf(self.listen(), HostError)
        self.assertEqual(self.made["RouterProcess"], [])

    def refuse_ports(self) -> None:
        def taken(home: FakeHome, *ports: Any) -> None:
            home.did.append("refused")
            raise HostError("taken")

        self.ports = self.patch(FakeHome, "take_ports", taken)

    def test_port_taken(self) -> None:
        """That is told at once."""
        self.refuse_ports()
        self.failureResultOf(self.listen(), HostError)

    def test_port_of_leftovers(self) -> None:
        """A router that has just been ended gets some time to give them back."""
        self.patch(module, "end_leftovers", lambda reactor, directory: succeed(True))
        self.refuse_ports()
        listening = self.listen()
        self.clock.advance(LOOK)
        self.assertNoResult(listening)
        self.ports.restore()
        self.clock.advance(LOOK)
        self.assertEqual(self.last("Home").did[2:4], ["refused"] * 2)
        self.assertEqual(len(self.made["RouterProcess"]), 1)

    def test_port_never_given_back(self) -> None:
        self.patch(module, "end_leftovers", lambda reactor, directory: succeed(True))
        self.refuse_ports()
        listening = self.listen()
        self.clock.pump([LOOK] * int(FREED_WITHIN / LOOK + 2))
        self.failureResultOf(listening, HostError)

    def test_stop(self) -> None:
        """All that it used is given back."""
        self.start()
        self.last("Link").join(self.router.session())
        self.successResultOf(self.hub.stopService())
        self.assertEqual(self.last("Home").did[-1], "leave")


class ElsewhereTests(ServiceTestCase):
    arguments = (f"--router={ELSEWHERE}",)

    def setUp(self) -> None:
        patch = mock.patch.dict("os.environ", WAMP_SECRET="known")
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()
        self.listening = self.listen()

    def test_joined(self) -> None:
        """No router is started; the ready line tells which one it is."""
        self.last("Link").join(self.router.session())
        self.assertEqual(self.successResultOf(self.listening), [])
        self.hub.announce([])
        self.assertEqual(self.ready, [f"netsim-hub joined {ELSEWHERE}"])
        self.assertEqual((self.made["Home"], self.made["RouterProcess"]), ([], []))
        self.successResultOf(self.hub.stopService())

    def refusing(self, error: Exception) -> Any:
        session = self.router.session()
        self.patch(session, "register", lambda endpoint, procedure: fail(error))
        return session

    def test_refused(self) -> None:
        """A router that lets us in, and does not let us be the hub, is the wrong one."""
        no = ApplicationError(ApplicationError.NOT_AUTHORIZED, "no")
        self.last("Link").join(self.refusing(no))
        self.failureResultOf(self.listening, RouterError)

    def test_refused_later(self) -> None:
        """That may pass: it leaves, and the link joins again."""
        self.last("Link").join(self.router.session())
        session = self.refusing(ApplicationError(ApplicationError.NOT_AUTHORIZED, "no"))
        self.last("Link").join(session)
        self.assertIn("cannot be the hub there", self.logged[-1])
        self.assertNotIn(session._session_id, self.router.peers)

    def test_mistake(self) -> None:
        """Of the router, or ours: it is logged in full."""
        self.last("Link").join(self.router.session())
        self.last("Link").join(self.refusing(KeyError("exact")))
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_lost_meanwhile(self) -> None:
        """What the link tells is not told twice, and is no reason to end."""
        session = self.router.session()
        self.router.held = True
        self.last("Link").join(session)
        self.router.drop(session)
        self.assertNoResult(self.listening)
        self.assertEqual((self.flushLoggedErrors(), self.logged), ([], []))
        self.router.flush()
        self.last("Link").join(self.router.session())
        self.successResultOf(self.listening)


class MakeServiceTests(SynchronousTestCase):
    def test_make(self) -> None:
        """It does nothing yet."""
        config = Options()
        config.parseOptions(["--directory=/nonexistent"])
        self.assertEqual(makeService(config).name, "netsim-hub")
        self.assertFalse(Path("/nonexistent").exists())
