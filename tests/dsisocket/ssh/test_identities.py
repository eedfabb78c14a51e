"""L{netsim.dsisocket.ssh.identities}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import Key
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.hostkeys import fingerprint
from netsim.dsisocket.ssh.identities import Identities, algorithm, find_identities
from netsim.dsisocket.ssh.target import Target
from tests.dsisocket.ssh.peers import make_key, text_of, word


class AlgorithmTests(SynchronousTestCase):
    """Tests of L{algorithm}."""

    def test_most_keys(self) -> None:
        """Most keys sign in one way."""
        for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com"):
            self.assertEqual(kind.encode(), algorithm(kind, [b"rsa-sha2-512"]))

    def test_rsa(self) -> None:
        """RSA takes the best that the server accepts, and never SHA-1 where it does not say."""
        self.assertEqual(b"rsa-sha2-512", algorithm("ssh-rsa", []))
        both = [b"ssh-ed25519", b"rsa-sha2-256", b"rsa-sha2-512"]
        self.assertEqual(b"rsa-sha2-512", algorithm("ssh-rsa", both))
        self.assertEqual(b"rsa-sha2-256", algorithm("ssh-rsa", both[:2]))
        self.assertEqual(b"ssh-rsa", algorithm("ssh-rsa", [b"ssh-rsa"]))

    def test_certificates(self) -> None:
        """The names for certificates are longer."""
        kind = "ssh-rsa-cert-v01@openssh.com"
        self.assertEqual(b"rsa-sha2-512-cert-v01@openssh.com", algorithm(kind, []))
        self.assertEqual(kind.encode(), algorithm(kind, [b"ssh-rsa"]))


class FindTests(SynchronousTestCase):
    """Tests of L{find_identities}."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.transport = StringTransport()

    def write(self, name: str, key: Key | None = None, text: bytes = b"") -> Path:
        """A file of a private key."""
        path = self.directory / name
        path.write_bytes(key.toString("openssh", subtype="v1") if key else text)
        return path

    def find(self, *files: Path, agent: Path | None = None) -> Deferred[Identities]:
        """Look for them."""
        target = Target("there", "me", key_files=files, agent=agent)
        return Deferred.fromCoroutine(find_identities(self.reactor, target))

    def found(self, *files: Path) -> Identities:
        """Those of files."""
        return self.successResultOf(self.find(*files))

    def agent_answers(self, *answers: bytes) -> None:
        """The agent accepts, and says this."""
        factory = self.reactor.unixClients[0][1]
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(self.transport)
        for answer in answers:
            protocol.dataReceived(word(len(answer)) + answer)

    def agent_holds(self, *keys: Key) -> None:
        """The agent has these keys."""
        held = [NS(key.public().blob()) + NS(b"key%d" % n) for n, key in enumerate(keys)]
        self.agent_answers(bytes([12]) + word(len(keys)) + b"".join(held))

    def test_files(self) -> None:
        """Keys of files come in their order; those that are not there are passed over."""
        one, two = make_key(), make_key()
        paths = [self.write("one", one), self.directory / "missing", self.write("two", two)]
        found = self.found(*paths)
        blobs = [one.public().blob(), two.public().blob()]
        self.assertEqual(blobs, [identity.blob for identity in found.known])
        self.assertEqual((), found.problems)
        text = f"{paths[0]} (ssh-ed25519 {fingerprint(blobs[0])})"
        self.assertEqual(text, str(found.known[0]))
        found.close()

    def test_files_sign(self) -> None:
        """They sign."""
        key = make_key()
        [identity] = self.found(self.write("one", key)).known
        signing = Deferred.fromCoroutine(identity.sign(b"ssh-ed25519", b"data"))
        self.assertTrue(key.public().verify(self.successResultOf(signing), b"data"))

    def test_problems(self) -> None:
        """Files that cannot be used are told, with no word of what is in them."""
        key = make_key()
        locked = self.write("locked", text=key.toString("openssh", subtype="v1", passphrase=b"x"))
        public = self.write("public", text=text_of(key).encode())
        nonsense = self.write("nonsense", text=b"-----BEGIN hush hush")
        found = self.found(locked, public, nonsense, self.directory)
        self.assertEqual((), found.known)
        texts = (
            f"{locked} has a passphrase: add it to an agent (ssh-add {locked})",
            f"{public} holds a public key; the private one is needed",
            f"{nonsense} holds no private key: ",
            f"cannot read {self.directory}: Is a directory",
        )
        for text, problem in zip(texts, found.problems, strict=True):
            self.assertTrue(problem.startswith(text), problem)
            self.assertNotIn("hush", problem)

    def test_agent(self) -> None:
        """Keys of the agent come before those of files, and each key once."""
        one, two, three = make_key(), make_key(), make_key()
        finding = self.find(self.write("one", one), self.write("two", two), agent=Path("/agent"))
        self.agent_holds(three, two)
        found = self.successResultOf(finding)
        blobs = [key.public().blob() for key in (two, three, one)]
        self.assertEqual(blobs, [identity.blob for identity in found.known])
        self.assertEqual("agent's key1", found.known[0].label)
        self.assertFalse(self.transport.disconnecting)
        found.close()
        self.assertTrue(self.transport.disconnecting)

    def test_agent_with_a_key_that_is_named(self) -> None:
        """One that a file names comes first, also where that file has a passphrase."""
        one, two = make_key(), make_key()
        locked = self.write("one", text=one.toString("openssh", subtype="v1", passphrase=b"x"))
        Path(f"{locked}.pub").write_text(text_of(one))
        finding = self.find(locked, agent=Path("/agent"))
        self.agent_holds(two, one)
        found = self.successResultOf(finding)
        self.assertEqual(["agent's key1", "agent's key0"], [each.label for each in found.known])

    def test_agent_signs(self) -> None:
        """The agent signs, RSA with the flags for the algorithm."""
        finding = self.find(agent=Path("/agent"))
        self.agent_holds(make_key())
        [identity] = self.successResultOf(finding).known
        for name, flags in (
            (b"ssh-ed25519", 0), (b"rsa-sha2-256", 2), (b"rsa-sha2-512", 4),
            (b"rsa-sha2-512-cert-v01@openssh.com", 4),
        ):  # fmt: skip
            self.transport.clear()
            Deferred.fromCoroutine(identity.sign(name, b"data"))
            blob, data, rest = getNS(self.transport.value()[5:], 2)
            self.assertEqual((identity.blob, b"data", word(flags)), (blob, data, rest))

    def test_no_agent(self) -> None:
        """An agent that does not answer is a problem, and keys of files do."""
        finding = self.find(self.write("one", make_key()), agent=Path("/agent"))
        self.reactor.unixClients[0][1].clientConnectionFailed(None, Failure(ConnectError()))
        found = self.successResultOf(finding)
        self.assertEqual(1, len(found.known))
        [problem] = found.problems
        self.assertTrue(problem.startswith("no agent answers at /agent: "), problem)

    def test_agent_that_tells_nothing(self) -> None:
        """So is one that refuses, or answers something else."""
        for answer in (bytes([5]), bytes([99])):
            self.setUp()
            finding = self.find(agent=Path("/agent"))
            self.agent_answers(answer)
            [problem] = self.successResultOf(finding).problems
            self.assertTrue(problem.startswith("the agent at /agent tells no keys: "), problem)

    def test_given_up(self) -> None:
        """Cancelling leaves the agent."""
        finding: Any = self.find(agent=Path("/agent"))
        self.agent_answers()
        finding.cancel()
        self.failureResultOf(finding, CancelledError)
        self.assertTrue(self.transport.disconnecting or self.transport.disconnected)
