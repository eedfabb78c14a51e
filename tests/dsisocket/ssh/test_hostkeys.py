"""L{netsim.dsisocket.ssh.hostkeys}."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from base64 import b64encode
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.hostkeys import KnownHosts, UnknownHostKey, fingerprint, key_type
from netsim.errors import HostKeyError
from tests.properties import examples


def blob(kind: str = "ssh-ed25519", rest: bytes = b"key") -> bytes:
    """A public key, as good as any to be compared."""
    name = kind.encode()
    return len(name).to_bytes(4, "big") + name + len(rest).to_bytes(4, "big") + rest


def line(hosts: str, key: bytes, comment: str = "") -> str:
    """A line of the file."""
    return f"{hosts} {key_type(key)} {b64encode(key).decode()} {comment}".rstrip() + "\n"


def hashed(name: str, salt: bytes = b"salt" * 5) -> str:
    """A host name that does not tell itself."""
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{b64encode(salt).decode()}|{b64encode(digest).decode()}"


ONE, TWO = blob(rest=b"one"), blob(rest=b"two")
RSA = blob("ssh-rsa")


class KnownHostsTests(SynchronousTestCase):
    """Tests of L{KnownHosts}."""

    def known(self, *lines: str) -> KnownHosts:
        """What such a file says."""
        return KnownHosts.parse("".join(lines).encode(), Path("/known_hosts"))

    def check_text(self, known: KnownHosts, *words: str, host: str = "there") -> None:
        """The host is refused with a text that has these words."""
        with self.assertRaises(HostKeyError) as caught:
            known.check(host, 22, ONE)
        for each in words:
            self.assertIn(each, str(caught.exception))
        self.assertNotIsInstance(caught.exception, UnknownHostKey)

    def test_known(self) -> None:
        """The key of a line with the host's name is right, whatever else the line says."""
        for hosts in ("there", "here,there", "*", "th?re", "t*,!that", hashed("there"), "THERE"):
            self.known("# comment\n\n", line(hosts, ONE, "who@where")).check("there", 22, ONE)
        self.known(line("there", ONE)).check("There", 22, ONE)

    def test_names_that_do_not_match(self) -> None:
        """A name matches as a whole; a pattern after an exclamation mark rules it out."""
        for hosts in ("ther", "here", "th??re", "*,!there", "!there", "[there]:22", hashed("x")):
            with self.assertRaises(UnknownHostKey, msg=hosts):
                self.known(line(hosts, ONE)).check("there", 22, ONE)

    def test_ports(self) -> None:
        """Another port than 22 is a part of the name; a line without one goes for all."""
        for hosts in ("[there]:2222", "[*]:2222", hashed("[there]:2222"), "there"):
            self.known(line(hosts, ONE)).check("there", 2222, ONE)
        for hosts in ("[there]:2223", "[there]:22"):
            with self.assertRaises(UnknownHostKey):
                self.known(line(hosts, ONE)).check("there", 2222, ONE)

    def test_unknown(self) -> None:
        """The error of an unknown key has the line that makes it known."""
        with self.assertRaises(UnknownHostKey) as caught:
            self.known(line("other", ONE)).check("there", 2222, ONE)
        text = str(caught.exception)
        self.assertIn(f"ssh-ed25519 {fingerprint(ONE)}", text)
        self.assertIn("add this line to /known_hosts: [there]:2222 ssh-ed25519 ", text)
        self.known(text.partition("/known_hosts: ")[2]).check("there", 2222, ONE)

    def test_changed(self) -> None:
        """Another key than a host had is a loud error, with what was known and where."""
        known = self.known("# comment\n", line("there", TWO))
        self.check_text(
            known, "THE KEY OF there HAS CHANGED", fingerprint(ONE),
            f"line 2: ssh-ed25519 {fingerprint(TWO)}",
            "ssh-keygen -f /known_hosts -R 'there'",
        )  # fmt: skip

    def test_another_type_is_a_change(self) -> None:
        """Nobody gets in by showing a type of key that is not known."""
        self.check_text(self.known(line("there", RSA)), "HAS CHANGED", "line 1: ssh-rsa")

    def test_any_line_will_do(self) -> None:
        """A host may have several keys, of the same type too."""
        self.known(line("there", TWO), line("there", RSA), line("there", ONE)).check(
            "there", 22, ONE
        )

    def test_revoked(self) -> None:
        """A key that is revoked is refused, though it is known, wherever the line stands."""
        revoked = "@revoked " + line("*", ONE)
        for lines in ((revoked, line("there", ONE)), (line("there", ONE), revoked)):
            self.check_text(self.known(*lines), "is revoked in line", fingerprint(ONE))
        self.known(revoked, line("there", TWO)).check("there", 22, TWO)

    def test_authorities(self) -> None:
        """The key of an authority is not the key of a host."""
        known = self.known("@cert-authority " + line("there", ONE))
        with self.assertRaises(UnknownHostKey):
            known.check("there", 22, ONE)
        self.assertEqual((), known.key_types("there", 22))

    def test_key_types(self) -> None:
        """The types of a host's keys, in the order of the file, each once."""
        known = self.known(
            line("there", RSA), line("other", blob("x")), line("there", ONE), line("there", TWO)
        )
        self.assertEqual(("ssh-rsa", "ssh-ed25519"), known.key_types("there", 22))

    def test_lines_without_sense(self) -> None:
        """They are passed over, and told when a host is not known."""
        encoded = b64encode(ONE).decode()
        lines = [
            "there\n", "there ssh-ed25519\n", f"there ssh-rsa {encoded}\n", "there ssh-rsa ?\n",
            f"@unknown there ssh-ed25519 {encoded}\n", f"|1|?|? ssh-ed25519 {encoded}\n",
            f"|2|YQ==|YQ== ssh-ed25519 {encoded}\n", f"|1|YQ== ssh-ed25519 {encoded}\n",
        ]  # fmt: skip
        known = self.known(*lines)
        self.assertEqual(tuple(range(1, 9)), known.unreadable)
        with self.assertRaises(UnknownHostKey) as caught:
            known.check("there", 22, ONE)
        self.assertIn("(what stands in these lines makes no sense: 1, 2, 3", str(caught.exception))

    @examples(200)
    @given(st.binary(max_size=200), st.text(max_size=20))
    def test_any_file(self, text: bytes, host: str) -> None:
        """Whatever stands in the file, no key is known by it, and nothing else is raised."""
        known = KnownHosts.parse(text, Path("/known_hosts"))
        with self.assertRaises(HostKeyError):
            known.check(host, 22, ONE)


class FileTests(SynchronousTestCase):
    """Tests of the file."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "ssh" / "known_hosts"

    def test_missing(self) -> None:
        """A file that is not there knows nobody."""
        self.assertEqual(KnownHosts(self.path), KnownHosts.read(self.path))

    def test_unreadable(self) -> None:
        """One that cannot be read is an error that tells which."""
        self.path.mkdir(parents=True)
        with self.assertRaises(HostKeyError) as caught:
            KnownHosts.read(self.path)
        self.assertEqual(f"cannot read {self.path}: Is a directory", str(caught.exception))

    def test_stored(self) -> None:
        """What is stored is known, at once and for the next one, and only the owner reads it."""
        known = KnownHosts.read(self.path).store("there", 2222, ONE)
        known.check("there", 2222, ONE)
        KnownHosts.read(self.path).check("there", 2222, ONE)
        self.assertEqual(0o600, stat.S_IMODE(self.path.stat().st_mode))
        self.assertEqual(0o700, stat.S_IMODE(self.path.parent.stat().st_mode))

    def test_added(self) -> None:
        """It comes to what was there, also after a line without an end."""
        self.path.parent.mkdir(parents=True)
        self.path.write_text(line("here", TWO).rstrip())
        os.chmod(self.path, 0o644)
        KnownHosts.read(self.path).store("there", 22, ONE)
        self.assertEqual(line("here", TWO) + line("there", ONE), self.path.read_text())
        self.assertEqual(0o644, stat.S_IMODE(self.path.stat().st_mode))

    def test_not_stored(self) -> None:
        """A file that cannot be written is an error that tells which."""
        self.path.parent.mkdir(parents=True)
        known = KnownHosts.read(self.path)
        self.path.mkdir()
        with self.assertRaises(HostKeyError) as caught:
            known.store("there", 22, ONE)
        self.assertEqual(f"cannot write {self.path}: Is a directory", str(caught.exception))
