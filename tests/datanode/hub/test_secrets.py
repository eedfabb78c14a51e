"""Tests for L{netsim.datanode.hub.secrets}."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub.secrets import find_secrets
from netsim.datanode.place import find_secret
from netsim.errors import HostError


class SecretsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir(parents=True)
        numbers = count()
        self.make = lambda: f"secret-{next(numbers)}"

    def find(self, **environment: str) -> dict[str, str]:
        return find_secrets(environment, self.directory, self.make)

    def refused(self, **environment: str) -> str:
        return str(self.assertRaises(HostError, self.find, **environment))

    def test_first_start(self) -> None:
        """They are made up once, and found by nodes and consumers."""
        made = {"server": "secret-0", "simonsobs": "secret-1"}
        self.assertEqual(self.find(), made)
        self.assertEqual(self.find(), made)
        for user, secret in made.items():
            self.assertEqual(find_secret({}, user, self.directory), secret)
        for path in self.directory.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_random(self) -> None:
        """What is made up cannot be guessed."""
        made = find_secrets({}, self.directory)
        self.assertEqual(len(set(made.values())), 2)
        self.assertGreater(min(map(len, made.values())), 40)

    def test_environment(self) -> None:
        """What it tells is the servers' secret, and is not written down."""
        self.assertEqual(self.find(WAMP_SECRET="told")["server"], "told")
        self.assertFalse((self.directory / "secret").exists())
        self.assertEqual(self.find(WAMP_SECRET="")["server"], "secret-1")

    def test_readable(self) -> None:
        """A secret that others can read is none."""
        self.find()
        (self.directory / "consumer_secret").chmod(0o644)
        self.assertIn("consumer_secret: others can read this secret", self.refused())

    def test_empty(self) -> None:
        """Of a start that was interrupted, for example."""
        self.find()
        (self.directory / "secret").write_text("\n")
        self.assertIn("it is empty", self.refused())

    def test_variable(self) -> None:
        """crossbar would look into its environment."""
        text = self.refused(WAMP_SECRET="${HOME}")
        self.assertEqual(text, "WAMP_SECRET: a secret may not begin with $")
