"""Tests for L{netsim.dsisocket.inventory}."""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.hosts import LOCALHOST, groups_of
from netsim.dsisocket.inventory import label, named, select
from netsim.dsisocket.model import Host
from netsim.dsisocket.settings import Listening, Settings, SshSettings
from netsim.errors import CommandError

CLIENT = Host("workload_client", 0, "192.0.2.1", "10.0.0.1")
FIRST = Host("mongod", 0, "192.0.2.2", "10.0.0.2", alias="primary")
SECOND = Host("mongod", 1, "192.0.2.3", "10.0.0.3")
CONFIG = Host("configsvr", 0, "192.0.2.4", "10.0.0.4")
CACHE = Host("redis", 0, "192.0.2.5", "10.0.0.5")
HOSTS = (CLIENT, FIRST, SECOND, CONFIG, CACHE, LOCALHOST)
SETTINGS = Settings(Listening(), SshSettings("ann"), HOSTS, groups_of(HOSTS))


class SelectTests(SynchronousTestCase):
    """A target means hosts."""

    def check(self, target: str, *hosts: Host) -> None:
        self.assertEqual(hosts, select(SETTINGS, target))

    def refused(self, target: str, settings: Settings = SETTINGS) -> str:
        return str(self.assertRaises(CommandError, select, settings, target))

    def test_groups(self) -> None:
        """All hosts of a group, in their order; a group of any name."""
        self.check("mongod", FIRST, SECOND)
        self.check("redis", CACHE)

    def test_gathered(self) -> None:
        """Neither has hosts of groups of other names, nor this machine."""
        self.check("all_servers", FIRST, SECOND, CONFIG)
        self.check("all_hosts", CLIENT, FIRST, SECOND, CONFIG)

    def test_one(self) -> None:
        """By number, also one that has an alias; by alias."""
        self.check("mongod.0", FIRST)
        self.check("mongod.1", SECOND)
        self.check("primary", FIRST)

    def test_localhost(self) -> None:
        self.check("localhost", LOCALHOST)
        self.check("localhost.0", LOCALHOST)

    def test_unknown(self) -> None:
        """What is asked for is named, and all that there is."""
        self.assertEqual(
            "no host or group is called 'mongodb': there are the groups workload_client, mongod,"
            " configsvr, redis, all_servers, all_hosts, localhost, and the hosts workload_client.0,"
            " mongod.0 (primary), mongod.1, configsvr.0, redis.0, localhost",
            self.refused("mongodb"),
        )

    def test_no_such_number(self) -> None:
        """A number is written as 0, 1, 2: nothing else is one."""
        for target in ("mongod.2", "mongod.-1", "mongod.01", "mongod.", "mongod.x", ""):
            self.assertIn(f"called {target!r}", self.refused(target))

    def test_gathered_have_no_numbers(self) -> None:
        """A host has one number, that in its own group."""
        self.assertIn("called 'all_hosts.0'", self.refused("all_hosts.0"))

    def test_empty_group(self) -> None:
        """Nothing would be run: that is no success."""
        self.assertRegex(
            self.refused("mongos"), "^the group mongos has no hosts: there are the groups work"
        )

    def test_lonely(self) -> None:
        """Without a cluster there is this machine."""
        alone = evolve(SETTINGS, hosts=(LOCALHOST,), groups=groups_of([LOCALHOST]))
        self.assertEqual(
            "the group mongod has no hosts: there are the groups localhost, and the hosts"
            " localhost",
            self.refused("mongod", alone),
        )


class NameTests(SynchronousTestCase):
    """Hosts have names."""

    def test_named(self) -> None:
        """A name means one host, a group none."""
        self.assertEqual(FIRST, named(HOSTS, "primary"))
        self.assertEqual(SECOND, named(HOSTS, "mongod.1"))
        self.assertEqual(LOCALHOST, named(HOSTS, "localhost"))
        self.assertIsNone(named(HOSTS, "mongod"))

    def test_many(self) -> None:
        """A message does not list hundreds."""
        hosts = [evolve(SECOND, index=index) for index in range(100)]
        self.assertTrue(label(hosts).endswith("mongod.39, and 60 more"))
        self.assertTrue(label(hosts[:41]).endswith("mongod.39, and 1 more"))
        self.assertTrue(label(hosts[:40]).endswith(", mongod.39"))
