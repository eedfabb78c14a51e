"""L{netsim.datanode.options}."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import ALLOWANCE, Router
from netsim.datanode.options import NodeOptions, RouterOptions
from netsim.errors import HostError, InputError
from netsim.options import positive


class Plain(RouterOptions):
    """Without TLS."""

    plain = True


class Kind(NodeOptions):
    """A kind that has a name."""

    node_name = "some_kind"
    node_description = "of some kind"


class Base(SynchronousTestCase):
    """A hub's directory, and no other."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.hub = self.home / "hub"
        self.hub.mkdir(parents=True)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.home)

    def write(self, name: str, text: str = "") -> Path:
        path = self.hub / name
        path.write_text(text)
        return path

    def parse(self, cls: Any, *arguments: str, **environment: str) -> Any:
        self.patch(os, "environ", {"HOME": str(self.home), **environment})
        options = cls()
        options.parseOptions(list(arguments))
        return options

    def refused(self, cls: Any, *arguments: str, **environment: str) -> str:
        return str(self.assertRaises(UsageError, self.parse, cls, *arguments, **environment))


class RouterTests(Base):
    """Which router, and who one is to it."""

    def test_directory(self) -> None:
        """A hub's directory has all that is needed."""
        certificate = self.write("server_cert.pem")
        self.write("secret", "a secret")
        self.write("consumer_secret", "another one")
        directory = f"--directory={self.hub}"
        router = self.parse(RouterOptions, directory).router()
        url = "wss://127.0.0.1:8080/ws"
        self.assertEqual(Router(url, "server", "a secret", certificate), router)
        router = self.parse(RouterOptions, directory, WAMP_USER="simonsobs").router()
        self.assertEqual(Router(url, "simonsobs", "another one", certificate), router)
        router = self.parse(RouterOptions, directory, "-u", "server", WAMP_USER="x").router()
        self.assertEqual("server", router.user)

    def test_parts(self) -> None:
        """Each can be told."""
        certificate, secret = self.write("other.pem"), self.write("other", "yet another\n")
        options = self.parse(
            RouterOptions,
            *("-r", "wss://some.host:1/ws", "-c", str(certificate), f"--secret-file={secret}"),
            *("-u", "somebody"),
            WAMP_SECRET="not this one",
        )
        expected = Router("wss://some.host:1/ws", "somebody", "yet another", certificate)
        self.assertEqual(expected, options.router())
        self.assertNotIn("yet another", repr(options.router()))

    def test_environment(self) -> None:
        """As the document has it; nobody's certificate: those that the system trusts."""
        options = self.parse(RouterOptions, CROSSBAR_HOST="some.host", WAMP_SECRET="a secret")
        expected = Router("wss://some.host:8080/ws", "server", "a secret", None)
        self.assertEqual(expected, options.router())

    def test_plain(self) -> None:
        """Without TLS nobody is asked who it is."""
        for options in (
            self.parse(Plain, WAMP_SECRET="a secret"),
            self.parse(RouterOptions, "--router=ws://127.0.0.1:8001/ws"),
        ):
            self.assertEqual(Router("ws://127.0.0.1:8001/ws", None), options.router())

    def test_no_secret(self) -> None:
        """Nobody has told the secret: how to get one."""
        error = self.assertRaises(InputError, self.parse(RouterOptions).router)
        for part in ("the secret of server", "netsim-hub", "--directory", "WAMP_SECRET"):
            self.assertIn(part, str(error))

    def test_missing(self) -> None:
        """Files that are not there, and URLs that are none."""
        for name in ("certificate", "secret-file", "directory"):
            text = self.refused(RouterOptions, f"--{name}=/no/such")
            self.assertEqual(f"--{name}: there is no /no/such", text)
        text = self.refused(RouterOptions, "--router=127.0.0.1:8080")
        self.assertIn("--router: '127.0.0.1:8080' cannot be used: expected an address", text)

    def test_unreadable(self) -> None:
        """A secret's file that is none."""
        options = self.parse(RouterOptions, f"--secret-file={self.hub}")
        self.assertRaises(HostError, options.router)


class NodeTests(Base):
    """What every kind can be told."""

    def test_defaults(self) -> None:
        """Those of the kind, and no limit but the allowance."""
        options = self.parse(Kind)
        self.assertEqual(("some_kind", "of some kind"), (options.name, options.description))
        self.assertEqual((None, ALLOWANCE), (options["max-points"], options["allowance"]))

    def test_environment(self) -> None:
        """As the document has it; options win."""
        environment = {"NAME": "other", "DESCRIPTION": "of another", "MAX_POINTS": "100"}
        options = self.parse(Kind, **environment)
        self.assertEqual(("other", "of another"), (options.name, options.description))
        self.assertEqual(100, options["max-points"])
        options = self.parse(Kind, "-n", "third", "-m", "5", "--allowance=16MiB", **environment)
        self.assertEqual(("third", "of another"), (options.name, options.description))
        self.assertEqual((5, 16 << 20), (options["max-points"], options["allowance"]))

    def test_name(self) -> None:
        """It has to be told where the kind has none, and becomes part of a URI."""
        self.assertEqual("--name: expected the name of the node", self.refused(NodeOptions))
        self.assertEqual("x", self.parse(NodeOptions, "--name=x").description)
        for name in ("some.kind", "größe", "a-b_c/d"):
            self.assertEqual(name, self.parse(Kind, f"--name={name}").name)
        for name in ("a b", "a#", "a::b", ".a", "a.", "a..b", "a\tb", "a\u00a0b"):
            self.assertIn("cannot be part of a URI", self.refused(Kind, f"--name={name}"))

    def test_limits(self) -> None:
        """They are numbers in reason."""
        for argument, text in {
            "--max-points=0": "expected a whole number, 1 or more",
            "--max-points=x": "expected a whole number",
            "--allowance=1": "expected 1KiB to 64MiB, which is the largest message",
            "--allowance=1GiB": "expected 1KiB to 64MiB",
        }.items():
            self.assertIn(text, self.refused(Kind, argument))
        self.assertIn("MAX_POINTS: 'x'", self.refused(Kind, MAX_POINTS="x"))


class PositiveTests(SynchronousTestCase):
    """Numbers from 1 on."""

    def test_positive(self) -> None:
        """Nothing else."""
        self.assertEqual(7, positive("7"))
        for text in ("0", "-1", "1.5", "", "x"):
            self.assertRaises(ValueError, positive, text)
