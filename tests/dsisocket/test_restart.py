"""L{netsim.dsisocket.restart}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.cleaning import check_script, clean_script
from netsim.dsisocket.model import Limits, Node
from netsim.dsisocket.restart import Plan, Step, read_restart
from netsim.dsisocket.settings import RestartTimes, Settings
from netsim.dsisocket.starting import start_script
from netsim.dsisocket.stopping import stop_script
from netsim.errors import CommandError
from tests.dsisocket.bash import node
from tests.dsisocket.machines import host, settings
from tests.properties import examples

HOSTS = (host("mongod", 0), host("mongod", 1, alias="second"), host("mongos", 0))
A = node(id="a", host="mongod.0", port=1, dbpath="/data/a", logpath="/log/a")
B = node(id="b", host="second", port=2, dbpath="/data/b")
C = node(id="c", host="mongos.0", port=3, logpath="/log/c")
TIMES = RestartTimes(shutdown=100, term=20, kill=3, start=500)
TOPOLOGY = ((A, B), (C,))


def configured(topology: tuple[tuple[Node, ...], ...] = TOPOLOGY) -> Settings:
    return settings(HOSTS, topology=topology, times=TIMES, limits=Limits(10, 1))


def read(argument: Any) -> Plan:
    return read_restart("restart_mongodb", argument, configured())


def names(stages: Any) -> list[list[str]]:
    return [[step.name for step in steps] for steps in stages]


class PlanTests(SynchronousTestCase):
    """What is done, in which order."""

    def test_names(self) -> None:
        """Host and node."""
        self.assertEqual(("mongod.0/a", "second/b", "mongos.0/c"), read({}).names)

    def test_order(self) -> None:
        """What started last is stopped first."""
        plan = read({"clean_logs": True, "clean_db_dir": True})
        first, second = ["mongod.0/a", "second/b"], ["mongos.0/c"]
        self.assertEqual([second, first], names(plan.stop()))
        self.assertEqual([first + second], names(plan.clean()))
        self.assertEqual([first + second], names(plan.check()))
        self.assertEqual([first, second], names(plan.start()))

    def test_cleaned(self) -> None:
        """Nodes that have nothing to be cleaned are not asked."""
        for argument, expected in (
            ({"clean_logs": False}, []),
            ({"clean_logs": True, "clean_db_dir": False}, [["mongod.0/a", "mongos.0/c"]]),
            ({"clean_db_dir": True}, [["mongod.0/a", "second/b"]]),
        ):
            plan = read(argument)
            self.assertEqual([expected] * 2, [names(plan.check()), names(plan.clean())])

    def test_nodes(self) -> None:
        """Those that are chosen, in the order of the configuration; each once."""
        plan = read({"nodes": ["c", "a", "c"], "clean_logs": True})
        self.assertEqual([["mongos.0/c"], ["mongod.0/a"]], names(plan.stop()))
        self.assertEqual([["mongod.0/a"], ["mongos.0/c"]], names(plan.start()))
        self.assertEqual([["second/b"]], names(read({"nodes": ["b"]}).stop()))

    def test_scripts(self) -> None:
        """Each step has its script; limits are longer than what is waited for."""
        plan = read({"clean_logs": True})
        steps = [next(iter(stages)) for stages in (plan.stop(), plan.clean(), plan.start())]
        stop, clean, start = steps[0][0], steps[1][0], steps[2][0]
        self.assertEqual(stop_script(C, TIMES), stop.script)
        self.assertEqual(clean_script(A, logs=True, data=False), clean.script)
        check = next(iter(plan.check()))[0]
        self.assertEqual(check_script(A, logs=True, data=False), check.script)
        self.assertEqual(start_script(A, TIMES, HOSTS[0]), start.script)
        self.assertEqual(Limits(10), clean.limits)
        for step, least in ((stop, 123 + 10), (start, 500 + 10)):
            self.assertIsNone(step.limits.no_output)
            self.assertGreater(step.limits.timeout or 0, least)

    def test_secret(self) -> None:
        """A command may have a password in it, which no log has."""
        step: Step = next(iter(read({}).start()))[0]
        self.assertNotIn("script", repr(step))


class ArgumentTests(SynchronousTestCase):
    """What is wrong with an argument."""

    def wrong(self, argument: Any, configuration: Settings | None = None) -> list[str]:
        error = self.assertRaises(
            CommandError, read_restart, "restart_mongodb", argument, configuration or configured()
        )
        return str(error).splitlines()

    def test_default(self) -> None:
        """Nothing is cleaned that is not said to be."""
        plan = read({})
        self.assertEqual((False, False), (plan.clean_logs, plan.clean_db_dir))

    def test_not_mapping(self) -> None:
        for value in (None, [], "rs0", True):
            [said] = self.wrong(value)
            self.assertTrue(said.startswith("restart_mongodb: expected a mapping, not "), said)

    def test_all_at_once(self) -> None:
        """Everything that is wrong is told."""
        self.assertEqual(
            [
                "restart_mongodb.clean_logs: expected true or false, not the number 1",
                "restart_mongodb.clean_log: unknown key: did you mean clean_logs?",
                "restart_mongodb.nodes: some nodes only cannot go with clean_db_dir: true",
                "restart_mongodb.nodes: no node is called x, y: there are a, b, c",
            ],
            self.wrong(
                {
                    "clean_logs": 1,
                    "clean_db_dir": True,
                    "clean_log": True,
                    "nodes": ["x", "a", "y", "x"],
                }
            ),
        )

    def test_nodes(self) -> None:
        for value, said in (
            ([], "a list of ids of nodes, not an empty one"),
            ("a", 'a list of ids of nodes, not the text "a"'),
            (["a", 5], "a list of ids of nodes; one of them is the number 5"),
            ([["a"]], "a list of ids of nodes; one of them is a list"),
        ):
            self.assertEqual(
                [f"restart_mongodb.nodes: expected {said}"], self.wrong({"nodes": value})
            )

    def test_many(self) -> None:
        """Not all that there are are told."""
        nodes = tuple(node(id=f"n{number:04}", host="mongod.0") for number in range(500))
        [said] = self.wrong({"nodes": ["x" * 10] * 500}, configured((nodes,)))
        self.assertTrue(said.endswith("n0039, and 460 more"), said)

    def test_no_topology(self) -> None:
        reason = "there is nothing to restart: mongodb_setup.topology is not configured"
        for argument in ({}, {"nodes": ["a"]}):
            self.assertEqual([f"restart_mongodb: {reason}"], self.wrong(argument, configured(())))

    def test_no_host(self) -> None:
        """A topology that was not read from a file may name hosts that there are not."""
        configuration = configured(((A, node(id="z", host="mongod.7")),))
        reason = "the node z is on mongod.7, and there is no such host"
        self.assertEqual([f"restart_mongodb: {reason}"], self.wrong({}, configuration))

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from("abc"),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["clean_logs", "clean_db_dir", "nodes"]) | st.text(), inner
                )
            ),
            max_leaves=10,
        )
    )
    @examples(200)
    def test_any(self, argument: Any) -> None:
        """Whatever JSON holds is a plan, or told to be wrong."""
        try:
            plan = read(argument)
        except CommandError as error:
            self.assertTrue(str(error))
        else:
            self.assertEqual(set(), set(argument) - {"clean_logs", "clean_db_dir", "nodes"})
            self.assertTrue(plan.names)

    @given(st.lists(st.sampled_from("abc"), min_size=1), st.booleans())
    @examples(50)
    def test_chosen(self, chosen: list[str], logs: bool) -> None:
        """Those that are chosen are stopped and started once, and no others."""
        plan = read({"nodes": chosen, "clean_logs": logs})
        for stages in (plan.stop(), plan.start()):
            ids = sorted(step.node.id for steps in stages for step in steps)
            self.assertEqual(sorted(set(chosen)), ids)
