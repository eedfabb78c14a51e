"""Tests for L{netsim.datanode.node.live}."""

from __future__ import annotations

from twisted.application.service import MultiService
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.datanode.interfaces import ISource
from netsim.datanode.node.live import LiveSource
from netsim.datanode.node.memory import Memory


class Served(LiveSource, MultiService):
    """One that is a service, too."""


class LiveSourceTests(SynchronousTestCase):
    """A memory that is served."""

    def setUp(self) -> None:
        self.now = 100.0
        self.memory = Memory(50)
        self.source = Served("some", "of some kind", self.memory, lambda: self.now)

    def test_interface(self) -> None:
        verifyObject(ISource, self.source)
        self.assertEqual((self.source.name, self.source.description), ("some", "of some kind"))
        self.assertEqual(list(self.source), [])

    def test_memory(self) -> None:
        """What is in memory is served, as long as it is kept."""
        self.memory.extend("t", [90.0, 95.0], {"a": [1.0, 2.0]})
        [block] = self.source.blocks(["a"], 0, 100)
        self.assertEqual(block.columns["a"].tolist(), [1, 2])
        self.assertEqual([field.name for field in self.source.fields(0, 100).fields], ["a"])
        self.now = 142.0
        [block] = self.source.blocks(["a"], 0, 100)
        self.assertEqual(block.columns["a"].tolist(), [2])
