"""Tests for L{netsim.dsisocket.hosts}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.hosts import LOCALHOST, groups_of, read_hosts
from netsim.dsisocket.model import Host
from tests.dsisocket.reading import problems, section

ONE = {"public_ip": "192.0.2.1"}


class ReadTests(SynchronousTestCase):
    """Hosts are read out of what provisioning has left."""

    def refused(self, out: object) -> list[str]:
        one = section(out)
        read_hosts(one)
        return problems(one.reading)

    def test_order(self) -> None:
        """Group by group, as they stand there; this machine is the last."""
        out = section({"mongod": [ONE, ONE], "workload_client": [ONE]})
        names = [host.name for host in read_hosts(out)]
        self.assertEqual(["mongod.0", "mongod.1", "workload_client.0", "localhost"], names)

    def test_shortest(self) -> None:
        """One address is enough."""
        host, local = read_hosts(section({"mongod": [ONE]}))
        self.assertEqual(Host("mongod", 0, "192.0.2.1", "192.0.2.1"), host)
        self.assertEqual(LOCALHOST, local)

    def test_everything(self) -> None:
        """All that can be said of a host."""
        values = {
            "public_ip": "db.example",
            "private_ip": "10.0.0.1",
            "alias": "primary",
            "ssh_user": "root",
            "ssh_port": 2222,
            "ssh_key_file": "~/k",
            "network_device": "eth1",
        }
        host, _ = read_hosts(section({"mongod": [values]}))
        key = Path("/people/ann/k")
        expected = Host("mongod", 0, "db.example", "10.0.0.1", "primary", "root", 2222, key, "eth1")
        self.assertEqual(expected, host)

    def test_other_groups(self) -> None:
        """A list of mappings is a group; what else stands there belongs to other tools."""
        out = section(
            {"redis": [ONE], "plan": "x", "zones": ["a"], "keys": {}, "none": [], 5: [ONE]}
        )
        self.assertEqual(["redis.0", "localhost"], [host.name for host in read_hosts(out)])
        self.assertEqual([], out.reading.problems)

    def test_our_groups(self) -> None:
        """What is called as one of ours has to be one."""
        self.assertEqual(
            [
                "f.yml: mongod: expected a list, not a mapping",
                'f.yml: mongos[0]: expected a mapping, not the text "x"',
                "f.yml: mongos[0].public_ip: missing",
            ],
            self.refused({"mongod": ONE, "mongos": ["x"], "configsvr": None}),
        )

    def test_group_names(self) -> None:
        """They are taken, or would be mistaken for a host's."""
        found = self.refused({"all_hosts": [ONE], "localhost": [ONE], "atlas": [ONE], "a.0": [ONE]})
        self.assertEqual(
            [
                f"f.yml: {name}: this name has a meaning of its own: call the group otherwise"
                for name in ("all_hosts", "localhost", "atlas")
            ],
            found[:3],
        )
        self.assertRegex(found[3], r"^f\.yml: a\.0: expected a name of letters, digits, _ and -")
        self.assertEqual(4, len(found))

    def test_wrong(self) -> None:
        """All problems of all hosts, each at its place; other tools' keys are none."""
        found = self.refused(
            {
                "mongod": [{"public_ip": 5, "private_ip": "a b", "zone": "eu", "tags": {}}],
                "redis": [{"public_ip": "x", "ssh_port": 0, "network_device": "a;b"}],
            }
        )
        self.assertEqual(
            [
                "f.yml: mongod[0].public_ip",
                "f.yml: mongod[0].private_ip",
                "f.yml: redis[0].ssh_port",
                "f.yml: redis[0].network_device",
            ],
            [problem.partition(": expected")[0] for problem in found],
        )

    def test_aliases(self) -> None:
        """An alias means one host, and nothing else."""
        aliases = ["a", "a", "mongos", "redis", "localhost", "all_hosts", "mongod.7", "x.7"]
        out = {"mongod": [{**ONE, "alias": alias} for alias in aliases], "redis": [ONE]}
        self.assertEqual(
            [
                "f.yml: mongod[1].alias: a is the alias of another host: mongod[0].alias",
                "f.yml: mongod[2].alias: mongos is the name of a group",
                "f.yml: mongod[3].alias: redis is the name of a group",
                "f.yml: mongod[4].alias: localhost is the name of a group",
                "f.yml: mongod[5].alias: all_hosts is the name of a group",
                "f.yml: mongod[6].alias: mongod.7 means a host by its number in the group mongod",
            ],
            self.refused(out),
        )

    def test_typing_errors(self) -> None:
        """A key that looks like ours is warned of."""
        out = section({"mongod": [{**ONE, "network_devise": "eth0"}]})
        read_hosts(out)
        self.assertEqual(
            ["f.yml: mongod[0].network_devise: unknown key: is it to be network_device?"],
            out.reading.warnings,
        )


class GroupTests(SynchronousTestCase):
    """Groups have the names of their hosts."""

    def test_groups(self) -> None:
        hosts = read_hosts(
            section({"redis": [ONE], "mongos": [ONE], "mongod": [{**ONE, "alias": "a"}, ONE]})
        )
        self.assertEqual(
            {
                "workload_client": (),
                "mongod": ("a", "mongod.1"),
                "mongos": ("mongos.0",),
                "configsvr": (),
                "redis": ("redis.0",),
                "all_servers": ("mongos.0", "a", "mongod.1"),
                "all_hosts": ("mongos.0", "a", "mongod.1"),
                "localhost": ("localhost",),
            },
            groups_of(hosts),
        )
