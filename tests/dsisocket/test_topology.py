"""Tests for L{netsim.dsisocket.topology}."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.hosts import LOCALHOST
from netsim.dsisocket.model import Host, Node
from netsim.dsisocket.settings import RestartTimes
from netsim.dsisocket.topology import MAX_NODES, read_times, read_topology
from tests.dsisocket.reading import problems, section

FIRST = Host("mongod", 0, "192.0.2.1", "10.0.0.1", alias="primary")
SECOND = Host("mongod", 1, "192.0.2.2", "10.0.0.2")
CACHE = Host("redis", 0, "192.0.2.3", "10.0.0.3")
HOSTS = (FIRST, SECOND, CACHE, LOCALHOST)


def node(name: str, port: int, **more: Any) -> dict[str, Any]:
    """A node on this machine that says what it has to."""
    return {"id": name, "host": "localhost", "port": port, "start": "true", **more}


class StageTests(SynchronousTestCase):
    """An item of the list is a stage, whatever it is made of."""

    def read(self, *topology: object, **setup: object) -> tuple[tuple[Node, ...], ...]:
        one = section({"topology": list(topology), **setup})
        stages = read_topology(one, HOSTS)
        self.assertEqual([], problems(one.reading))
        return stages

    def test_none(self) -> None:
        one = section({})
        self.assertEqual((), read_topology(one, HOSTS))
        self.assertEqual([], one.reading.problems)

    def test_stages(self) -> None:
        """A node, a replica set, and shards of replica sets; what is empty is none."""
        a, b, c, d, e = (node(name, port) for port, name in enumerate("abcde", 1))
        stages = self.read(a, [b], [], [[c], [d, [e]]])
        self.assertEqual([["a"], ["b"], ["c", "d", "e"]], [[n.id for n in s] for s in stages])

    def test_values(self) -> None:
        """All that can be said of a node."""
        values = {
            "id": "a",
            "group": "rs0",
            "host": "mongod.0",
            "port": 27017,
            "start": "up\nnow",
            "stop": "down",
            "dbpath": "/data/a",
            "logpath": "/var/log/a.log",
        }
        ((one,),) = self.read(values)
        self.assertEqual(
            Node("a", "rs0", "primary", 27017, "up\nnow", "down", "/data/a", "/var/log/a.log"), one
        )

    def test_group_of_the_host(self) -> None:
        """A node that names its host is of that host's group."""
        ((one,),) = self.read(node("a", 1, host="mongod.1"))
        self.assertEqual(("mongod", "mongod.1"), (one.group, one.host))

    def test_places(self) -> None:
        """Nodes go to the hosts of their group in turn, over all stages."""
        first, second, third = (
            {"id": name, "group": group, "port": 1, "start": "x"}
            for name, group in [("a", "mongod"), ("b", "redis"), ("c", "mongod")]
        )
        stages = self.read([first, [second]], third)
        self.assertEqual(["primary", "redis.0", "mongod.1"], [n.host for s in stages for n in s])

    def test_usual_stop(self) -> None:
        """What is said for all nodes is for those that say nothing."""
        ((one,), (two,)) = self.read(
            node("a", 1), node("b", 2, stop="own"), stop="end {id} on {port}"
        )
        self.assertEqual(("end a on 1", "own"), (one.stop, two.stop))

    def test_placeholders(self) -> None:
        """Values are quoted where bash takes that; its own braces stay."""
        ((one,),) = self.read(
            node("a", 7, start="{id} {port} {dbpath} ${port} { x; } {PORT} {{port}}", dbpath="/a b")
        )
        self.assertEqual("a 7 '/a b' ${port} { x; } {PORT} {7}", one.start)

    def test_same_ports(self) -> None:
        """On different machines, ports and paths may be the same."""
        one = node("a", 1, host="primary", dbpath="/data/db")
        self.read(one, {**one, "id": "b", "host": "mongod.1"})


class ProblemTests(SynchronousTestCase):
    """What is wrong with a topology is told, all of it."""

    def refused(self, *topology: object, hosts: Any = HOSTS, **setup: object) -> list[str]:
        one = section({"topology": list(topology), **setup})
        read_topology(one, hosts)
        return problems(one.reading)

    def test_missing(self) -> None:
        self.assertEqual(
            [
                "f.yml: topology[0]: expected a group or a host",
                "f.yml: topology[0].id: missing",
                "f.yml: topology[0].port: missing",
                "f.yml: topology[0].start: missing",
            ],
            self.refused({}),
        )

    def test_no_nodes(self) -> None:
        """An item that is no node says so, at any depth."""
        found = self.refused("a", [[None]])
        self.assertIn('f.yml: topology[0]: expected a mapping, not the text "a"', found)
        self.assertIn('f.yml: topology[1][0][0]: expected a mapping, not the text ""', found)

    def test_unknown_key(self) -> None:
        """A typing error in a node would be a server without its logs."""
        self.assertEqual(
            ["f.yml: topology[0].log_path: unknown key: did you mean logpath?"],
            self.refused(node("a", 1, log_path="/a")),
        )

    def test_no_such_host(self) -> None:
        """Those that there are are listed: also where a group has more nodes than hosts."""
        there = "there are mongod.0 (primary), mongod.1, redis.0, localhost"
        second = {"id": "c", "group": "redis", "port": 3, "start": "x"}
        self.assertEqual(
            [
                f"f.yml: topology[0].host: there is no host mongod.2: {there}",
                f"f.yml: topology[1].host: there is no host mongod: {there}",
                f"f.yml: topology[3]: there is no host redis.1: {there}",
            ],
            self.refused(
                node("a", 1, host="mongod.2"),
                node("b", 2, host="mongod"),
                second,
                {**second, "id": "d"},
            ),
        )

    def test_hosts_unread(self) -> None:
        """Where the hosts could not be read, none is missed."""
        self.assertEqual([], self.refused(node("a", 1, host="mongod.2"), hosts=None))

    def test_ids(self) -> None:
        self.assertEqual(
            ["f.yml: topology[1][0].id: another node is called a: topology[0].id"],
            self.refused(node("a", 1), [node("a", 2)]),
        )

    def test_ports(self) -> None:
        self.assertEqual(
            [
                "f.yml: topology[2].port: expected a whole number from 1 to 65535, not the number"
                " 0",
                "f.yml: topology[1].port: another node has port 1 of localhost: topology[0].port",
            ],
            self.refused(node("a", 1), node("b", 1), node("c", 0)),
        )

    def test_one_machine_twice(self) -> None:
        """Hosts with the same SSH server are one machine; with another port they are not."""
        twin, other = evolve(FIRST, index=2, alias=None), evolve(FIRST, index=3, alias="x", port=2)
        one, two, three = (
            node(name, 1, host=host, dbpath="/data")
            for name, host in [("a", "primary"), ("b", "mongod.2"), ("c", "x")]
        )
        self.assertEqual(
            [
                "f.yml: topology[1].port: another node has port 1 of mongod.2: topology[0].port",
                "f.yml: topology[1].dbpath: /data cannot be cleaned by a restart: it is the dbpath"
                " of a too",
            ],
            self.refused(one, two, three, hosts=(FIRST, twin, other)),
        )

    def test_paths(self) -> None:
        """Both paths are checked, among all nodes of a machine, for our own home too."""
        self.assertEqual(
            [
                "f.yml: topology[0].dbpath: /people cannot be cleaned by a restart: it is a home"
                " directory, or holds some",
                "f.yml: topology[0].logpath: a.log cannot be cleaned by a restart: it is not"
                " absolute",
                "f.yml: topology[2].logpath: /data/b/log cannot be cleaned by a restart: it is"
                " inside the dbpath of b",
            ],
            self.refused(
                node("a", 1, dbpath="/people", logpath="a.log"),
                node("b", 2, dbpath="/data/b"),
                node("c", 3, logpath="/data/b/log"),
            ),
        )

    def test_placeholder_without_value(self) -> None:
        """A command cannot name a directory that the node has not."""
        self.assertEqual(
            [
                "f.yml: topology[0].dbpath: missing: a command of this node has {dbpath} in it",
                "f.yml: topology[0].logpath: missing: a command of this node has {logpath} in it",
            ],
            self.refused(
                node("a", 1, start="x {dbpath} {dbpath}", stop="y {logpath}"), node("b", 2)
            ),
        )

    def test_lists_again(self) -> None:
        """With aliases of YAML a list may hold itself, or be there very often."""
        again = "this list is in the topology already"
        endless: list[Any] = []
        endless.append(endless)
        self.assertEqual([f"f.yml: topology[0][0]: {again}"], self.refused(endless))
        many: Any = [node("a", 1)]
        for _ in range(20):
            many = [many, many]
        found = self.refused(many)
        self.assertEqual((20, f"f.yml: topology[0][1]: {again}"), (len(found), found[-1]))

    def test_many(self) -> None:
        """More nodes than any cluster has are a mistake."""
        found = self.refused(*[node("a", 1)] * (MAX_NODES + 1))
        expected = f"f.yml: topology: there are {MAX_NODES + 1} nodes: at most {MAX_NODES} can be"
        self.assertEqual([f"{expected} restarted"], found)


class TimeTests(SynchronousTestCase):
    """How long the steps of a restart may take."""

    def test_defaults(self) -> None:
        self.assertEqual(RestartTimes(), read_times(section({})))

    def test_given(self) -> None:
        values = {"shutdown_s": 1, "term_s": 2, "kill_s": 3, "start_s": 0.5}
        self.assertEqual(RestartTimes(1, 2, 3, 0.5), read_times(section(values)))

    def test_unknown(self) -> None:
        one = section({"kill": 5})
        read_times(one)
        self.assertEqual(["f.yml: kill: unknown key: did you mean kill_s?"], problems(one.reading))
