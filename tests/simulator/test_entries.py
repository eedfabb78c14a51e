"""Tests for L{netsim.simulator.entries}."""

from __future__ import annotations

import socketserver
from types import ModuleType
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import SimulatorError
from netsim.simulator.entries import check, parse_servers
from netsim.simulator.model import Entry, Place

HERE, THERE = ("127.0.0.1", 1000), ["::1", 0]
_UNSET = object()


class OwnServer(socketserver.ThreadingMixIn, socketserver.UDPServer):
    """As frameworks have it."""


def module(servers: Any = _UNSET, system: Any = type) -> ModuleType:
    """A simulator."""
    made = ModuleType("package.device")
    made.System = system
    if servers is not _UNSET:
        made.servers = servers
    return made


class ParseTests(SynchronousTestCase):
    def test_addresses(self) -> None:
        """Either address may be left out, in two ways."""
        servers = [(HERE, (), "tcp", {}), (None, HERE, "tcp", {}), [HERE, THERE, "tcp", {}]]
        here, there = Place("127.0.0.1", 1000), Place("::1", 0)
        expected = (Entry(here), Entry(None, here), Entry(here, there))
        self.assertEqual(expected, parse_servers(module(servers)))

    def test_types(self) -> None:
        """A type is a word, or any class that derives from those of the standard library."""
        for kind, datagram in (
            (socketserver.ThreadingTCPServer, False),
            (socketserver.ThreadingUDPServer, True),
            (socketserver.TCPServer, False),
            (OwnServer, True),
            ("tcp", False),
            ("UDP", True),
        ):
            [entry] = parse_servers(module(((HERE, (), kind, {}),)))
            self.assertIs(datagram, entry.datagram)

    def test_arguments(self) -> None:
        """What a system is made with is a copy: nobody's changes reach the module."""
        kwargs = {"line": 3}
        [entry] = parse_servers(module([(HERE, (), "tcp", kwargs)]))
        kwargs.clear()
        self.assertEqual({"line": 3}, entry.arguments)


class RefusedTests(SynchronousTestCase):
    def refused(self, servers: Any) -> str:
        """The complaint about such a list."""
        error = self.assertRaises(SimulatorError, parse_servers, module(servers))
        start = "simulator 'device': "
        self.assertTrue(str(error).startswith(start), error)
        return str(error).removeprefix(start)

    def test_noList(self) -> None:
        """What is no list, or has nothing in it, is told so."""
        form = "(l_address, s_address, server_type, kwargs)"
        self.assertEqual("no list servers", self.refused(_UNSET))
        self.assertEqual(f"servers is 5, expected a list of {form}", self.refused(5))
        self.assertEqual("its list servers is empty", self.refused([]))

    def test_all(self) -> None:
        """Everything that is wrong is told at once."""
        servers = [
            (HERE, (), "tcp", {}),
            (HERE, ()),
            ((), None, "tcp", {}),
            (("127.0.0.1", "80"), (1, 2), "serial", {1: 2}),
        ]
        expected = (
            "servers[1] is no (l_address, s_address, server_type, kwargs)"
            "; servers[2] has neither l_address nor s_address"
            "; servers[3]: l_address is ('127.0.0.1', '80'), expected (host, port) or ()"
            "; servers[3]: s_address is (1, 2), expected (host, port) or ()"
            "; servers[3]: server_type is 'serial', expected 'tcp', 'udp', or a class such as"
            " socketserver.ThreadingTCPServer"
            "; servers[3]: kwargs is {1: 2}, expected a dictionary with names as keys"
        )
        self.assertEqual(expected, self.refused(servers))

    def test_ports(self) -> None:
        """A port is a number that there can be."""
        for port in (-1, 65536, True, 1.5, None):
            self.assertIn("expected (host, port)", self.refused([(("", port), (), "tcp", {})]))

    def test_otherServers(self) -> None:
        """Neither sockets of files nor other classes are types."""
        for kind in (socketserver.ThreadingUnixStreamServer, ValueError, None):
            self.assertIn("server_type is", self.refused([(HERE, (), kind, {})]))

    def test_long(self) -> None:
        """A long value is told in short."""
        self.assertIn("xxx...", self.refused(["x" * 1000, ("x" * 1000, (), "tcp", {})]))


class CheckTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """A module with a class and a list is a simulator."""
        check(module([(HERE, (), "tcp", {})]))

    def test_lacking(self) -> None:
        """What it lacks is told together with what is wrong, and where it lies."""
        bad = module([()], system=len)
        bad.__file__ = "device.py"
        error = self.assertRaises(SimulatorError, check, bad)
        self.assertEqual(
            "simulator 'device' (device.py): no class System"
            "; servers[0] is no (l_address, s_address, server_type, kwargs)",
            str(error),
        )
