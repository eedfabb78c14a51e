"""L{netsim.dsisocket.settings}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.settings import Listening


class ListeningTests(SynchronousTestCase):
    """The defaults of the documents."""

    def test_defaults(self) -> None:
        listening = Listening()
        self.assertEqual(("127.0.0.1", 27007), (listening.bind_addr, listening.port))
        self.assertFalse(listening.enabled)
        self.assertEqual(1, listening.concurrent)
