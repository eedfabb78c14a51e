"""Tests for L{netsim.datanode.node.kinds}."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.kinds import KINDS, SOURCES
from netsim.datanode.options import NodeOptions


class KindsTests(SynchronousTestCase):
    """The two tables."""

    def test_options(self) -> None:
        """Each kind has options of a node, with an example and something to say."""
        for kind, (module, name, _) in KINDS.items():
            options = getattr(import_module(module), name)
            self.assertTrue(issubclass(options, NodeOptions), kind)
            self.assertTrue(options.longdesc, kind)

    def test_sources(self) -> None:
        """Each kind has a module that makes its source."""
        self.assertEqual(set(SOURCES), set(KINDS))
        for module in SOURCES.values():
            self.assertIsNotNone(find_spec(module), module)
            self.assertTrue(callable(import_module(module).make_source), module)
