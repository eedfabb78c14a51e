"""Nodes with a real crossbar: they join, and come back, whatever happens."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from websocket import WebSocketException

from netsim.datanode.model import SERVER, WEB
from netsim.datanode.procedures import NODE_ERROR, QUERY_ERROR
from tests.integration.processes import SLACK, IntegrationTestCase, Process, eventually
from tests.integration.routers import Hub, Place, Router
from tests.integration.wamp import Member, WampError

PROGRAM = Path(__file__).with_name("ownnode.py")
NODE = "consumer.mine"
LISTING = "consumer.get_data_node"


def member(place: Place, user: str = SERVER) -> Member:
    """A session over TLS."""
    secret = place.secret if user == SERVER else place.consumer_secret
    return Member(place.url, user, secret, place.certificate)


class Listener:
    """
    A hub, as far as nodes are concerned.

    @ivar asked: what nodes have asked for.
    """

    def __init__(self, place: Place) -> None:
        self.asked: list[list[Any]] = []
        self.member = member(place)
        self.member.register("data_node.add", self._add)

    def wait(self, count: int = 1) -> float:
        """Wait until nodes have asked so often; the seconds that it took."""
        since = time.monotonic()

        def heard() -> bool:
            # It answers while it waits for an answer itself.
            self.member.call("wamp.session.count")
            return len(self.asked) >= count

        eventually(heard, "nodes to come")
        return time.monotonic() - since

    def _add(self, *arguments: Any) -> bool:
        self.asked.append(list(arguments))
        return True


class NodeTestCase(IntegrationTestCase):
    def run_node(self, place: Place, how: str = "link", **more: str) -> Process:
        """Start the node of a user."""
        environment = {
            **place.environment,
            "CERTIFICATE": str(place.certificate),
            "PYTHONUNBUFFERED": "1",
            **more,
        }
        return self.start(sys.executable, PROGRAM, "mine", how, environment=environment)

    def wait_listed(self, consumer: Member, node: Process) -> None:
        """Wait until the hub lists it."""
        told = [{"name": "mine", "description": "of my own"}]
        eventually(lambda: consumer.call(LISTING) == told, lambda: f"a listing: {node}")

    def pid(self, consumer: Member) -> int | None:
        """Which process answers; L{None}: none does."""
        try:
            answer = consumer.call(f"{NODE}.get_data", ["pid"], -2, 0)
        except WampError:
            return None
        return answer["data"]["pid"][0]


class OwnNodeTests(NodeTestCase):
    """A node whose code is the user's serves data to consumers that are none of netsim's."""

    def check(self, how: str) -> None:
        hub = Hub(self)
        node = self.run_node(hub, how)
        consumer = member(hub, WEB)
        self.wait_listed(consumer, node)
        self.check_answers(consumer)
        self.check_errors(consumer)
        router = psutil.Process(hub.service.pid).children()[0]
        router.kill()
        consumer.wait_closed()
        consumer = eventually(lambda: self.joined(hub), "the router to be back")
        self.wait_listed(consumer, node)
        self.assertEqual(node.pid, eventually(lambda: self.pid(consumer)))

    def joined(self, hub: Hub) -> Member | None:
        """A consumer, if the router is there."""
        try:
            consumer = member(hub, WEB)
            consumer.call(LISTING)
        except (OSError, WampError, WebSocketException):
            # A port may be there before what it is for.
            return None
        return consumer

    def check_answers(self, consumer: Member) -> None:
        """Fields, data, and what is too much."""
        fields, timelines = consumer.call(f"{NODE}.get_fields", 1, 0)
        self.assertEqual("t", fields["count"]["timeline"])
        self.assertEqual(4, len(timelines["t"]["field"]))
        answer = consumer.call(f"{NODE}.get_data", ["count"], 1500000000, 1500000005)
        self.assertEqual([0, 1, 2, 3, 4], answer["data"]["count"])
        self.assertEqual(1500000004, answer["timeline"]["t"]["t"][-1])
        answer = consumer.call(f"{NODE}.get_data", ["count"], 1500000000, 1500001000, 100)
        self.assertIn(answer["data"]["count"][-1], (999, 999.0))
        self.assertLessEqual(len(answer["data"]["count"]), 12)
        # A megabyte was too much for the messages of this library once.
        answer = consumer.call(f"{NODE}.get_data", ["count"], 1500000000, 1500100000)
        self.assertEqual(100_000, len(answer["data"]["count"]))
        self.assertIs(False, consumer.call(f"{NODE}.get_data", ["large"], 1, 0))

    def check_errors(self, consumer: Member) -> None:
        """Every call is answered."""
        for arguments, error, text in [
            ((["failing"], 1, 0), NODE_ERROR, "RuntimeError: it broke"),
            ((["count"], "noon", 0), QUERY_ERROR, "start"),
            ((["count"],), QUERY_ERROR, "missing a required argument: 'start'"),
        ]:
            caught = self.assertRaises(WampError, consumer.call, f"{NODE}.get_data", *arguments)
            self.assertEqual(error, caught.args[0])
            self.assertIn(text, caught.args[1])

    def test_class(self) -> None:
        """autobahn's runner makes it."""
        self.check("class")

    def test_object(self) -> None:
        """autobahn's runner gets one that is made, and uses it again and again."""
        self.check("object")

    def test_link(self) -> None:
        """netsim keeps it at the router."""
        self.check("link")


class RefusedTests(NodeTestCase):
    """A node is not let in, and says why."""

    def assertLoggedOnce(self, node: Process, pattern: str) -> None:
        node.logs(pattern)
        # Two more attempts.
        time.sleep(2)
        self.assertEqual(1, len(re.findall(pattern, node.stderr)), node.stderr)

    def test_secret(self) -> None:
        """It does not know the secret; once the router takes it, it joins."""
        hub = Hub(self)
        node = self.run_node(hub, WAMP_SECRET="this is a wrong one")
        text = r"refuses server: WAMP-CRA client signature is invalid .*; trying until"
        self.assertLoggedOnce(node, text)
        self.assertNotIn("wrong one", node.stderr)
        consumer = member(hub, WEB)
        self.assertEqual([], consumer.call(LISTING))
        self.check_stopped(hub.service)
        (hub.directory / "secret").write_text("this is a wrong one")
        hub.start()
        self.wait_listed(member(hub, WEB), node)

    def test_certificate(self) -> None:
        """The router's certificate is another one; nothing is said to that router."""
        router = Router(self)
        other = Router(self, self.directory / "other")
        witness = member(router)
        before = witness.call("wamp.session.count")
        node = self.run_node(router, CERTIFICATE=str(other.certificate))
        text = rf"cannot be trusted: its certificate is not the one in {other.certificate}"
        self.assertLoggedOnce(node, text)
        self.assertEqual(before, witness.call("wamp.session.count"))

    def test_duplicate(self) -> None:
        """Another node has the name; when it is gone this one takes it over."""
        hub = Hub(self)
        first = self.run_node(hub)
        consumer = member(hub, WEB)
        self.wait_listed(consumer, first)
        second = self.run_node(hub)
        self.assertLoggedOnce(second, "mine is not added: there is a node called 'mine' already")
        self.assertEqual(first.pid, self.pid(consumer))
        first.stop(signal.SIGKILL)
        eventually(lambda: self.pid(consumer) == second.pid, lambda: str(second))
        self.wait_listed(consumer, second)


class BackTests(NodeTestCase):
    """A node comes back."""

    def test_hub(self) -> None:
        """The hub starts again, at a router that stays: within two seconds."""
        router = Router(self)
        node = self.run_node(router)
        node.logs("mine is not added: there is no hub at the router")
        for _ in range(2):
            hub = Listener(router)
            self.assertLess(hub.wait(), 2 + SLACK)
            self.assertEqual(["mine", "of my own"], hub.asked[0][:2])
            hub.member.close()

    def test_router(self) -> None:
        """The router is killed, and starts again."""
        router = Router(self)
        node = self.run_node(router)
        Listener(router).wait()
        router.kill()
        node.logs("is lost: ")
        node.logs("cannot be reached: ")
        router.start()
        Listener(router).wait()

    def test_half_open(self) -> None:
        """The router is stopped, and its connections stay: pings find it out."""
        router = Router(self)
        node = self.run_node(router)
        hub = Listener(router)
        hub.wait()
        hub.member.close()
        processes = [psutil.Process(router.process.pid)]
        processes += processes[0].children(recursive=True)
        self.addCleanup(_each, processes, psutil.Process.resume)
        _each(processes, psutil.Process.suspend)
        node.logs("is lost: WebSocket ping timeout")
        _each(processes, psutil.Process.resume)
        Listener(router).wait()


def _each(processes: list[psutil.Process], do: Callable[[psutil.Process], object]) -> None:
    for process in processes:
        if process.is_running():
            do(process)
