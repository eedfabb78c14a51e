"""L{netsim.datanode.model}."""

from __future__ import annotations

import numpy as np
from attrs.exceptions import FrozenInstanceError
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import ALLOWANCE, MESSAGE_SIZE, Block, Catalogue, Field, Router, uri


class ModelTests(SynchronousTestCase):
    """What travels."""

    def test_uri(self) -> None:
        """URIs of the document."""
        self.assertEqual("org.simonsobservatory.data_node.add", uri("data_node.add"))

    def test_sizes(self) -> None:
        """An answer fits into a message, with room for what is around it."""
        self.assertLess(ALLOWANCE, MESSAGE_SIZE * 0.9)

    def test_router(self) -> None:
        """Its secret is not shown."""
        router = Router(secret="a secret")
        self.assertNotIn("a secret", repr(router))
        self.assertEqual(("wss://127.0.0.1:8080/ws", "server"), (router.url, router.user))
        self.assertEqual("test_realm", router.realm)

    def test_frozen(self) -> None:
        """What travels does not change."""
        block = Block("t", np.zeros(1), {})
        for value, name in ((Field("a", "t"), "name"), (Catalogue(), "fields"), (block, "t")):
            self.assertRaises(FrozenInstanceError, setattr, value, name, None)

    def test_blocks(self) -> None:
        """Arrays are not compared by chance."""
        t = np.zeros(2)
        self.assertNotEqual(Block("t", t, {}), Block("t", t, {}))
