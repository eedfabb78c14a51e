"""The hub with a real crossbar, and nodes and consumers that are none of netsim's."""

from __future__ import annotations

import signal
import ssl
from http.client import HTTPException
from typing import Any

import psutil
import websocket

from netsim.datanode.hub.leftovers import find_leftovers
from netsim.datanode.model import SERVER, WEB
from tests.integration.daemons import request
from tests.integration.processes import IntegrationTestCase, alive, eventually, netsim
from tests.integration.routers import Hub, Router, kill_leftovers, require_crossbar
from tests.integration.wamp import Member, WampError

LISTING = "consumer.get_data_node"


def member(place: Hub | Router, user: str = SERVER, secret: str | None = None) -> Member:
    """A session over TLS."""
    known = place.secret if user == SERVER else place.consumer_secret
    return Member(place.url, user, known if secret is None else secret, place.certificate)


class HubTestCase(IntegrationTestCase):
    def listing(self, place: Hub | Router) -> Any:
        """What the hub lists, asked over HTTP as OCS can; L{None} if it cannot be asked."""
        url = f"http://127.0.0.1:{place.plain_port}/call"
        body = {"procedure": f"org.simonsobservatory.{LISTING}", "args": []}
        try:
            answer = request("POST", url, body, **{"Content-Type": "application/json"})
        except (OSError, HTTPException):
            return None
        if answer.status != 200 or "error" in answer.json:
            return None
        return answer.json["args"][0]

    def names(self, place: Hub | Router) -> list[str] | None:
        """Of the nodes that are listed."""
        listed = self.listing(place)
        return None if listed is None else [node["name"] for node in listed]

    def wait_for(self, place: Hub | Router, *names: str) -> None:
        """Until just these nodes are listed."""
        eventually(lambda: self.names(place) == list(names), f"{names} to be listed")


class NodesTests(HubTestCase):
    def test_nodes_and_consumers(self) -> None:
        """A node comes, is listed and announced, goes, comes back, and dies."""
        hub = Hub(self)
        web = member(hub, WEB)
        web.subscribe("consumer.data_node_added")
        web.subscribe("consumer.data_node_subtracted")
        node = member(hub)
        told = {"name": "one", "description": "the first"}
        self.assertIs(node.add("one", "the first"), True)
        self.assertEqual(web.call(LISTING), [told])
        self.assertEqual(web.event(), ("consumer.data_node_added", told))
        self.assertIs(node.call("data_node.subtract", "one", node.session), True)
        self.assertEqual(web.event(), ("consumer.data_node_subtracted", told))
        self.assertIs(node.call("data_node.add", "one", "the first", node.session), True)
        self.assertEqual(web.event()[0], "consumer.data_node_added")
        # Nodes of OCS come by the other port.
        other = Member(hub.plain_url)
        self.assertIs(other.add("two"), True)
        self.assertEqual(web.event()[1]["name"], "two")
        node.close()
        self.assertEqual(web.event(), ("consumer.data_node_subtracted", told))
        self.assertEqual(self.names(hub), ["two"])
        self.check_duplicate(hub)
        self.check_large_answers(hub)

    def check_duplicate(self, hub: Hub) -> None:
        """A name is given once; the one of a node that is gone is free again."""
        first, second = member(hub), member(hub)
        self.assertIs(first.add("one"), True)
        self.assertIs(second.call("data_node.add", "one", "", second.session), False)
        hub.service.logs("node one of session .* is denied")
        first.close()
        eventually(
            lambda: second.call("data_node.add", "one", "", second.session), "the name to be free"
        )

    def check_large_answers(self, hub: Hub) -> None:
        """What is far larger than a router's message usually may be gets through."""
        node, web = member(hub), member(hub, WEB)
        size = 40 << 20
        node.register("consumer.one.get_data", lambda: "x" * size)
        web._send(48, 99, {}, "org.simonsobservatory.consumer.one.get_data", [])
        node._handle(node._receive())
        self.assertEqual(len(web._receive()[3][0]), size)

    def test_strangers(self) -> None:
        """Who does not know a secret is refused, as is what consumers may not do."""
        hub = Hub(self)
        self.assertRaises(WampError, member, hub, SERVER, hub.consumer_secret)
        self.assertRaises(WampError, member, hub, "nobody", "x")
        self.assertRaises(WampError, Member, hub.url, None, "", hub.certificate)
        with self.assertRaises(ssl.SSLError):
            Member(hub.url, SERVER, hub.secret)
        web = member(hub, WEB)
        for call in (
            lambda: web.register("consumer.one.get_data", lambda: None),
            lambda: web.call("data_node.add", "one", "", web.session),
            lambda: web.call("data_node.subtract", "one", web.session),
        ):
            [reason] = self.assertRaises(WampError, call).args[:1]
            self.assertEqual(reason, "wamp.error.not_authorized")
        # A page of the web must not get at the port that asks nobody who it is.
        for origin in ("https://evil.example", "null"):
            with self.assertRaises(websocket.WebSocketBadStatusException):
                Member(hub.plain_url, origin=origin)
        Member(hub.plain_url, origin="http://localhost:3000")
        url = f"http://127.0.0.1:{hub.plain_port}/call"
        answer = request("POST", url, b'{"procedure": "x"}', **{"Content-Type": "text/plain"})
        self.assertGreaterEqual(answer.status, 400)


class RestartTests(HubTestCase):
    def test_killed(self) -> None:
        """The router, its worker, and the hub: all come back, and nothing is left in the end."""
        hub = Hub(self)
        node = member(hub)
        node.add("one")
        self.family(hub)[0].kill()
        node.wait_closed()
        hub.service.logs("crossbar ended by SIGKILL: it is started again")
        self.wait_for(hub)
        member(hub).add("two")
        self.wait_for(hub, "two")
        self.family(hub)[1].kill()
        hub.service.logs("crossbar exited with status .*: it is started again")
        self.wait_for(hub)
        self.check_hub_killed(hub)
        self.check_stop(hub)

    def family(self, hub: Hub) -> list[Any]:
        """The router and its worker."""
        family = psutil.Process(hub.service.pid).children(recursive=True)
        self.assertEqual(len(family), 2)
        return family

    def check_hub_killed(self, hub: Hub) -> None:
        """The router that it has left is ended, and another one started."""
        family = self.family(hub)
        hub.service.stop(signal.SIGKILL)
        self.assertTrue(all(alive(process.pid) for process in family))
        self.assertEqual(set(find_leftovers(hub.directory / "router")), set(family))
        hub.start()
        hub.service.logs(f"ending a router that was left: process {family[0].pid}")
        self.assertFalse(any(alive(process.pid) for process in family))
        self.wait_for(hub)

    def check_stop(self, hub: Hub) -> None:
        """Within the time that a process may take; nothing is left."""
        family = self.family(hub)
        self.check_stopped(hub.service)
        self.assertFalse(any(alive(process.pid) for process in family))

    def test_interrupted_start(self) -> None:
        """Ctrl-C while the router starts."""
        hub = Hub(self, start=False)
        service = hub.start(ready=False)
        service.logs("starting .*crossbar")
        children = eventually(lambda: psutil.Process(service.pid).children(), "a router")
        self.assertEqual(service.stop(signal.SIGINT), -signal.SIGINT)
        self.assertFalse(any(alive(process.pid) for process in children))
        self.assertEqual(find_leftovers(hub.directory / "router"), [])
        self.assertEqual(service.stdout, "")


class ElsewhereTests(HubTestCase):
    """With a router that is no child."""

    def hub(self, router: Router, *options: str, ready: bool = True) -> Any:
        words = [*netsim("netsim-hub"), *router.options, *options]
        hub = self.serve(*words, ready=False)
        if ready:
            hub.says(f"netsim-hub joined {router.url}")
        return hub

    def test_rebuilds(self) -> None:
        """A hub that comes back lists who is there, and learns the rest from the nodes."""
        router = Router(self)
        hub = self.hub(router)
        node, web = member(router), member(router, WEB)
        self.assertIs(node.add("one", "the first"), True)
        hub.stop(signal.SIGKILL)
        eventually(lambda: self.listing(router) is None, "the hub to be gone")
        late = member(router)
        self.assertRaises(WampError, late.add, "late")
        self.hub(router)
        self.assertEqual(
            sorted(web.call(LISTING), key=str),
            [{"name": "late", "description": ""}, {"name": "one", "description": ""}],
        )
        self.assertIs(node.call("data_node.add", "one", "the first", node.session), True)
        self.assertIn({"name": "one", "description": "the first"}, web.call(LISTING))
        node.close()
        self.wait_for(router, "late")

    def test_router_restarted(self) -> None:
        router = Router(self)
        hub = self.hub(router)
        member(router).add("one")
        router.kill()
        hub.logs("the router at .* trying until it lets us join")
        router.start()
        self.wait_for(router)
        member(router).add("two")
        self.wait_for(router, "two")

    def test_second_hub(self) -> None:
        """It waits until the first one is gone."""
        router = Router(self)
        first = self.hub(router)
        second = self.hub(router, ready=False)
        second.logs("another hub is at this router")
        self.assertEqual(second.stdout, "")
        first.stop()
        second.says("netsim-hub joined")

    def test_wrong_secret(self) -> None:
        """It says so, and tries again."""
        router = Router(self)
        wrong = self.directory / "wrong"
        wrong.write_text("wrong\n")
        hub = self.hub(router, f"--secret-file={wrong}", ready=False)
        hub.logs("refuses server")
        self.assertNotIn("wrong\n", hub.stderr)


class RefusedTests(HubTestCase):
    """What keeps a hub from starting is told in one sentence, and the status is 1."""

    def setUp(self) -> None:
        super().setUp()
        # Of one that starts where it should not.
        self.addCleanup(kill_leftovers, self.directory / "own")

    def refused(self, *options: str, **environment: str) -> str:
        words = [*netsim("netsim-hub"), "--directory=own", "--port=0", "--ocs-port=0"]
        given = {"NETSIM_CROSSBAR": str(require_crossbar()), **environment}
        hub = self.start(*words, *options, environment=given)
        self.check_status(hub, 1)
        self.assertEqual(hub.stdout, "")
        return hub.logs(r"critical\] Cannot start: ((.|\n\t)*)$")[1]

    def test_port(self) -> None:
        hub = Hub(self)
        said = self.refused(f"--port={hub.port}")
        self.assertEqual(
            said,
            f"port {hub.port} of 127.0.0.1: another program listens there; --port names another",
        )
        self.assertIn("--ocs-port names another", self.refused(f"--ocs-port={hub.plain_port}"))
        said = self.refused(f"--directory={hub.directory}")
        self.assertIn("another hub runs in", said)
        self.assertEqual(self.names(hub), [])

    def test_directory(self) -> None:
        self.assertIn("Not a directory", self.refused("--directory=/dev/null/x"))

    def test_no_router(self) -> None:
        said = self.refused(NETSIM_CROSSBAR="", HOME="/nonexistent", PATH="/nonexistent")
        self.assertIn("`netsim hub install-router` does that", said)

    def test_damaged_certificate(self) -> None:
        directory = self.directory / "own"
        directory.mkdir()
        for name in ("server_cert.pem", "server_key.pem"):
            (directory / name).write_text("damaged")
            (directory / name).chmod(0o600)
        self.assertIn("server_cert.pem: this is no certificate", self.refused())

    def test_secret_of_everybody(self) -> None:
        directory = self.directory / "own"
        directory.mkdir()
        (directory / "secret").write_text("known to all")
        said = self.refused()
        self.assertIn("others can read this secret", said)
        self.assertNotIn("known to all", said)

    def test_words_of_the_router(self) -> None:
        """What it complains about while it starts is shown."""
        router = self.directory / "router"
        router.write_text(
            f"#!/bin/sh\nsed -i s/version/verse/ $3/config.json; exec {require_crossbar()} $@\n"
        )
        router.chmod(0o755)
        said = self.refused(f"--crossbar={router}")
        self.assertIn("crossbar exited with status 1, and says:", said)
        self.assertIn("'verse'", said)
        self.assertNotIn("Traceback", said)

    def test_other_program(self) -> None:
        said = self.refused("--crossbar=/bin/false")
        self.assertEqual(said, "crossbar exited with status 1, and says nothing")
