"""L{netsim.dsisocket.ssh.target}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Secret
from netsim.dsisocket.ssh.target import Target


class TargetTests(SynchronousTestCase):
    """Tests of L{Target}."""

    def test_text(self) -> None:
        """It is called as the ssh command calls it, with the port."""
        self.assertEqual("me@there:22", str(Target("there", "me")))
        self.assertEqual("me@192.0.2.7:2222", str(Target("192.0.2.7", "me", 2222)))

    def test_no_secret(self) -> None:
        """The password is in no text."""
        target = Target("there", "me", password=Secret("hush hush"))
        self.assertNotIn("hush", repr(target) + str(target))
