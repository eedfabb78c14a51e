"""Nodes of live data, at a real router: sensors, feeds of OCS, and a status daemon."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.integration.daemons import DaemonTestCase, request
from tests.integration.processes import Service, eventually, netsim
from tests.integration.routers import Hub

AGENT = Path(__file__).with_name("ocsagent.py")
PROGRAM = """
import time
from netsim.status import connect

with connect("my program", "{url}", 0.1, launch=False) as link:
    for number in range(10**6):
        link.set("state", {{"number": number, "is_even": number % 2 == 0}})
        link.set("mode", "fast")
        time.sleep(0.05)
"""


class LiveKindsTests(DaemonTestCase):
    """Each kind serves what it gets."""

    def setUp(self) -> None:
        super().setUp()
        self.hub = Hub(self)
        self.caller = f"http://127.0.0.1:{self.hub.plain_port}/call"

    def node(self, kind: str, name: str, *options: str, **environment: str) -> Service:
        """Start one; the hub has it in its list."""
        words = [*netsim("netsim-node"), kind, *options]
        node = self.serve(*words, environment=environment, ready=False)
        node.says(rf"\Anetsim-node serving {name} at ")
        return node

    def call(self, procedure: str, *args: Any) -> Any:
        """Call a procedure, as those of OCS do who have nothing but HTTP."""
        answer = request(
            "POST",
            self.caller,
            {"procedure": procedure, "args": args},
            **{"Content-Type": "application/json"},
        )
        self.assertEqual(200, answer.status, answer.body)
        return answer.json["args"][0] if "args" in answer.json else answer.json

    def ask(self, node: str, what: str, *args: Any) -> Any:
        return self.call(f"org.simonsobservatory.consumer.{node}.{what}", *args)

    def data(self, node: str, field: str) -> tuple[list[float], list[Any]]:
        """All that there is of a field: times and values."""
        answer = self.ask(node, "get_data", [field], 1, 0)
        for timeline in answer["timeline"].values():
            return timeline["t"], answer["data"][field]
        return [], []

    def test_sensors(self) -> None:
        """This machine is read again and again."""
        self.node("example-sensors", "sensors", *self.hub.options)

        def read() -> Any:
            fields, timelines = self.ask("sensors", "get_fields", -60, 0)
            return (fields, timelines) if fields else None

        fields, timelines = eventually(read, "fields")
        self.assertEqual({"t"}, set(timelines))
        self.assertEqual(set(fields), set(timelines["t"]["field"]))
        name = next(iter(fields))
        self.assertEqual(("t", "number"), (fields[name]["timeline"], fields[name]["type"]))

        def twice() -> Any:
            times, values = self.data("sensors", name)
            return (times, values) if len(times) > 1 else None

        times, values = eventually(twice, "two readings")
        self.assertEqual(len(times), len(values))
        self.assertLess(abs(times[1] - times[0] - 2.5), 1.5)
        self.assertLess(abs(time.time() - times[1]), 10)

        self.check_program()

    def check_program(self) -> None:
        """What lm-sensors prints where there are sensors."""
        program = self.directory / "bin" / "sensors"
        program.parent.mkdir()
        program.write_text('#!/bin/sh\n[ "$*" = -u ] && printf "%b" "$PRINTED"\n')
        program.chmod(0o755)
        path = f"{program.parent}:{os.environ['PATH']}"
        printed = r"chip-isa-0\nAdapter: none\nCore 0:\n  temp1_input: 41.500\n"
        options = [*self.hub.options, "--name=lab"]
        self.node("example-sensors", "lab", *options, PATH=path, PRINTED=printed)
        field = "chip-isa-0_Core 0"
        eventually(lambda: self.data("lab", field)[1][:1] == [41.5], "what was printed")
        self.assertEqual("°C", self.ask("lab", "get_fields", 1, 0)[0][field]["units"])

    def test_feed(self) -> None:
        """What an agent publishes is served, and so is what comes after the router was away."""
        agent = self.start(sys.executable, AGENT, self.hub.plain_url, "LSA22YE", "temperatures")
        agent.says("joined")
        told = {**self.hub.environment, "TARGET": "LSA22YE", "NAME": "lake"}
        self.node("thermometry", "lake", **told)
        now = time.time()
        data = {"Channel 1": [1.5, 2.5], "State": ["on", "off"]}
        block = {"block_name": "temps", "timestamps": [now - 1, now], "data": data}
        self.call("observatory.LSA22YE.ops", {"temps": block})
        self.call("observatory.LSA22YE.ops", "nonsense")
        expected = [now - 1, now], [1.5, 2.5]
        eventually(lambda: self.data("lake", "channel_1") == expected, "the channel")
        self.assertEqual(["on", "off"], self.data("lake", "state")[1])
        fields, _ = self.ask("lake", "get_fields", 1, 0)
        self.assertEqual({"channel_1", "state"}, set(fields))
        self.assertEqual("observatory.LSA22YE.channel_1", fields["channel_1"]["timeline"])
        self.assertEqual("string", fields["state"]["type"])
        self.hub.service.stop(signal.SIGTERM)
        agent.stop()
        self.hub.start()
        agent = self.start(sys.executable, AGENT, self.hub.plain_url, "LSA22YE", "temperatures")
        agent.says("joined")

        def publish_again() -> bool:
            block = {"timestamps": [time.time()], "data": {"Channel 1": [3.5]}}
            self.call("observatory.LSA22YE.ops", {"temps": block})
            return self.is_listed("lake") and 3.5 in self.data("lake", "channel_1")[1]

        eventually(publish_again, "the channel after the router came back")
        self.assertEqual([1.5, 2.5, 3.5], self.data("lake", "channel_1")[1][:3])

    def is_listed(self, name: str) -> bool:
        listed = self.call("org.simonsobservatory.consumer.get_data_node")
        return any(node["name"] == name for node in listed)

    def test_status(self) -> None:
        """Programs are served, with what they told before; a daemon may start again."""
        port = self.reserve_port()
        daemon = self.daemon(f"--port={port}")
        for number in range(3):
            daemon.sync("earlier", {"x": number})
            time.sleep(0.3)
        program = self.start(sys.executable, "-c", PROGRAM.format(url=daemon.url))
        self.node("status", "status", *self.hub.options, f"--daemon={daemon.url}")
        eventually(lambda: self.data("status", "earlier.x")[1] == [0, 1, 2], "the history")
        number = "my program.state.number"
        eventually(lambda: len(self.data("status", number)[0]) > 9, "some numbers")
        times, values = self.data("status", number)
        self.assertEqual((sorted(times), sorted(set(values))), (times, values))
        self.assertIs(bool, type(self.data("status", "my program.state.is_even")[1][0]))
        fields, timelines = self.ask("status", "get_fields", 1, 0)
        self.assertEqual("string", fields["my program.mode"]["type"])
        self.assertLessEqual({"earlier", "my program"}, set(timelines))
        webs = daemon.get("/api/v1/projects/my%20program").json["webs"]
        self.assertEqual(1, webs)
        daemon.service.stop(signal.SIGKILL)
        last = self.data("status", number)[0][-1]
        daemon = self.daemon(f"--port={port}")
        eventually(lambda: self.data("status", number)[0][-1] > last + 1, "numbers again")
        self.assertEqual([0, 1, 2], self.data("status", "earlier.x")[1])
        self.check_stopped(program)
