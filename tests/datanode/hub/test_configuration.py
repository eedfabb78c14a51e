"""Tests for L{netsim.datanode.hub.configuration}; the hub's integration tests run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub.configuration import Listening, render
from netsim.datanode.model import MESSAGE_SIZE

LISTENING = Listening(
    *("10.0.0.5", 8080, "127.0.0.1", 8001),
    Path("/hub/cert.pem"),
    Path("/hub/key.pem"),
    {"server": "s1", "simonsobs": "s2"},
)


def transports(listening: Listening = LISTENING) -> list[Any]:
    [worker] = json.loads(render(listening))["workers"]
    found: list[Any] = worker["transports"]
    return found


class RenderTests(SynchronousTestCase):
    def test_realm(self) -> None:
        """Nodes may do everything; consumers may ask, and list no nodes."""
        written = json.loads(render(LISTENING))
        self.assertEqual(written["version"], 2)
        [realm] = written["workers"][0]["realms"]
        self.assertEqual(realm["name"], "test_realm")
        rules = {
            (role["name"], rule["uri"]): [what for what, may in rule["allow"].items() if may]
            for role in realm["roles"]
            for rule in role["permissions"]
        }
        self.assertEqual(
            rules,
            {
                ("server", ""): ["call", "register", "publish", "subscribe"],
                ("consumer", ""): ["call", "subscribe"],
                ("consumer", "org.simonsobservatory.data_node."): ["subscribe"],
            },
        )

    def test_tls(self) -> None:
        """Each user has a secret, and a role."""
        secure, _ = transports()
        tls = {"key": "/hub/key.pem", "certificate": "/hub/cert.pem"}
        place = {"type": "tcp", "version": 4, "interface": "10.0.0.5", "port": 8080}
        self.assertEqual(secure["endpoint"], {**place, "tls": tls})
        self.assertEqual(
            secure["paths"]["ws"]["auth"]["wampcra"]["users"],
            {
                "server": {"secret": "s1", "role": "server"},
                "simonsobs": {"secret": "s2", "role": "consumer"},
            },
        )

    def test_plain(self) -> None:
        """For OCS: nobody is asked; pages of other machines, and of no machine, are refused."""
        _, plain = transports()
        self.assertEqual(plain["endpoint"]["port"], 8001)
        self.assertEqual(plain["endpoint"]["interface"], "127.0.0.1")
        self.assertNotIn("tls", plain["endpoint"])
        self.assertEqual(set(plain["paths"]), {"ws", "call"})
        self.assertEqual(plain["paths"]["ws"]["auth"]["anonymous"]["role"], "server")
        self.assertEqual(plain["paths"]["call"]["role"], "consumer")
        options = plain["paths"]["ws"]["options"]
        self.assertIn("http://localhost:*", options["allowed_origins"])
        self.assertNotIn("*", options["allowed_origins"])
        self.assertIs(options["allow_null_origin"], False)

    def test_limits(self) -> None:
        """Messages may be as large as sessions allow, and half-open connections end."""
        for transport in transports():
            options = transport["paths"]["ws"]["options"]
            self.assertEqual(options["max_message_size"], MESSAGE_SIZE)
            self.assertEqual(options["max_frame_size"], MESSAGE_SIZE)
            self.assertEqual(options["auto_ping_interval"], 10_000)

    def test_version_6(self) -> None:
        secure, plain = transports(evolve(LISTENING, host="::1"))
        self.assertEqual((secure["endpoint"]["version"], plain["endpoint"]["version"]), (6, 4))

    def test_no_secret_shown(self) -> None:
        self.assertNotIn("s1", repr(LISTENING))
