"""Tests for L{netsim.dsisocket.interfaces}: what ships keeps them."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.dsisocket.commands import commands
from netsim.dsisocket.dry import DryMachine
from netsim.dsisocket.interfaces import ICommand, IMachine
from netsim.dsisocket.local import LocalMachine
from netsim.dsisocket.model import Host
from netsim.dsisocket.remote import RemoteMachine

HOST = Host("mongod", 0, "192.0.2.1", "10.0.0.1")


class InterfaceTests(SynchronousTestCase):
    def test_commands(self) -> None:
        """They are found as plugins."""
        found = commands()
        for command in found:
            self.assertTrue(verifyObject(ICommand, command))
        names = {command.name for command in found}
        self.assertEqual({"network_delays", "on_*", "restart_mongodb"}, names)

    def test_machines(self) -> None:
        clock = Clock()
        for machine in (
            DryMachine(HOST),
            LocalMachine(HOST, clock),
            RemoteMachine(HOST, clock, lambda: None),  # type: ignore[arg-type,return-value]
        ):
            self.assertTrue(verifyObject(IMachine, machine))
            self.assertEqual(HOST, machine.host)
