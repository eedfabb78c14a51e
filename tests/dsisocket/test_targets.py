"""L{netsim.dsisocket.targets}."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Host, Secret
from netsim.dsisocket.settings import SshSettings
from netsim.dsisocket.targets import target_of

HOST = Host("mongod", 1, "192.0.2.7", "10.0.0.7")
SETTINGS = SshSettings(
    "ec2-user", Path("/keys/a"), Secret("hush"), Path("/hosts"), True, True, 1.0, 2.0, 4
)


class TargetTests(SynchronousTestCase):
    """What the host says wins over what is said for all."""

    def test_settings(self) -> None:
        target = target_of(HOST, SETTINGS, {})
        self.assertEqual("ec2-user@192.0.2.7:22", str(target))
        self.assertEqual((Path("/keys/a"),), target.key_files)
        self.assertEqual((1.0, 2.0, 4), (target.timeout, target.keepalive, target.missed))
        self.assertEqual((Path("/hosts"), True), (target.known_hosts, target.accept_new))
        self.assertEqual(SETTINGS.password, target.password)

    def test_host(self) -> None:
        host = evolve(HOST, user="admin", port=2222, key_file=Path("~/b"))
        target = target_of(host, SETTINGS, {})
        self.assertEqual("admin@192.0.2.7:2222", str(target))
        self.assertEqual((Path.home() / "b",), target.key_files)

    def test_usual_keys(self) -> None:
        """Where no key is configured, those that ssh would try."""
        target = target_of(HOST, evolve(SETTINGS, key_file=None), {})
        self.assertEqual(Path.home() / ".ssh/id_ed25519", target.key_files[0])

    def test_agent(self) -> None:
        """It is forwarded where there is one, and unless that was switched off."""
        with_agent = {"SSH_AUTH_SOCK": "/run/agent"}
        target = target_of(HOST, SETTINGS, with_agent)
        self.assertEqual((Path("/run/agent"), True), (target.agent, target.forward_agent))
        target = target_of(HOST, evolve(SETTINGS, forward_agent=False), with_agent)
        self.assertEqual((Path("/run/agent"), False), (target.agent, target.forward_agent))
        target = target_of(HOST, SETTINGS, {"SSH_AUTH_SOCK": ""})
        self.assertEqual((None, False), (target.agent, target.forward_agent))

    def test_nothing_is_told(self) -> None:
        """No password is in what a log may show."""
        self.assertNotIn("hush", repr(target_of(HOST, SETTINGS, {})))
