"""
Whether a host is the one that it was: the file C{known_hosts} (sshd(8), SSH_KNOWN_HOSTS).

Conch has a reader too, but it takes a revoked key for a good one, knows no wildcards,
and calls a host changed whose second line of two has the right key.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha1, sha256
from hmac import compare_digest
from hmac import digest as keyed_hash
from pathlib import Path

from attrs import evolve, frozen

from netsim.errors import HostKeyError

__all__ = ["KnownHosts", "UnknownHostKey", "fingerprint", "key_type"]

_LIMIT = 1 << 24
"""Bytes of a file that is read."""
_MARKERS = ("@revoked", "@cert-authority")


class UnknownHostKey(HostKeyError):
    """Nothing is known of this host."""


@frozen
class Entry:
    """A line that tells a key."""

    line: int
    marker: str
    hosts: str
    key: bytes

    def is_for(self, name: str) -> bool:
        """Whether it is about this host, in the words of L{host_name}."""
        if self.hosts.startswith("|1|"):
            salt, _, hashed = self.hosts[3:].partition("|")
            return compare_digest(
                keyed_hash(b64decode(salt), name.encode(), sha1), b64decode(hashed)
            )
        patterns = self.hosts.lower().split(",")
        if any(_matches(pattern[1:], name) for pattern in patterns if pattern[:1] == "!"):
            return False
        return any(_matches(pattern, name) for pattern in patterns)


@frozen
class KnownHosts:
    """
    What a file says.

    @ivar unreadable: the numbers of lines that make no sense.
    """

    path: Path
    entries: tuple[Entry, ...] = ()
    unreadable: tuple[int, ...] = ()

    @classmethod
    def read(cls, path: Path) -> KnownHosts:
        """
        Read a file; one that is not there knows nobody.

        @raise HostKeyError: it cannot be read.
        """
        try:
            with path.open("rb") as file:
                text = file.read(_LIMIT)
        except FileNotFoundError:
            return cls(path)
        except OSError as error:
            raise HostKeyError(f"cannot read {path}: {error.strerror}") from error
        return cls.parse(text, path)

    @classmethod
    def parse(cls, text: bytes, path: Path) -> KnownHosts:
        """Understand the contents of a file."""
        entries, unreadable = [], []
        for number, line in enumerate(text.decode(errors="replace").splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            try:
                entries.append(_entry(number, words))
            except ValueError:
                unreadable.append(number)
        return cls(path, tuple(entries), tuple(unreadable))

    def key_types(self, host: str, port: int) -> tuple[str, ...]:
        """The types of the keys that the host is known by, in the order of the file."""
        keys = (entry.key for entry in self._about(host, port) if not entry.marker)
        return tuple(dict.fromkeys(map(key_type, keys)))

    def check(self, host: str, port: int, key: bytes) -> None:
        """
        Compare the key that a host shows.

        @raise UnknownHostKey: with the line to add.
        @raise HostKeyError: it is another one than it was, or was revoked.
        """
        entries = list(self._about(host, port))
        shown = f"{key_type(key)} {fingerprint(key)}"
        for entry in entries:
            if entry.marker == "@revoked" and entry.key == key:
                raise HostKeyError(
                    f"the key of {host_name(host, port)}, {shown}, is revoked in line"
                    f" {entry.line} of {self.path}"
                )
        known = [entry for entry in entries if not entry.marker]
        if any(entry.key == key for entry in known):
            return
        if known:
            raise HostKeyError(self._changed(host_name(host, port), shown, known))
        raise UnknownHostKey(self._unknown(host, port, key))

    def store(self, host: str, port: int, key: bytes) -> KnownHosts:
        """
        Add a key to the file, which is made where it is missing.

        @return: what is known then.
        @raise HostKeyError: it cannot be written.
        """
        line = f"{_line(host, port, key)}\n".encode()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            with os.fdopen(os.open(self.path, flags, 0o600), "r+b") as file:
                size = file.seek(0, os.SEEK_END)
                if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
                    line = b"\n" + line
                file.write(line)
        except OSError as error:
            raise HostKeyError(f"cannot write {self.path}: {error.strerror}") from error
        return evolve(self, entries=(*self.entries, Entry(0, "", host_name(host, port), key)))

    def _about(self, host: str, port: int) -> Iterator[Entry]:
        names = {host_name(host, port), host_name(host, 22)}
        return (entry for entry in self.entries if any(map(entry.is_for, names)))

    def _changed(self, name: str, shown: str, known: list[Entry]) -> str:
        lines = ", ".join(
            f"line {entry.line}: {key_type(entry.key)} {fingerprint(entry.key)}" for entry in known
        )
        return (
            f"THE KEY OF {name} HAS CHANGED, somebody may be listening in: it shows {shown},"
            f" but {self.path} knows another ({lines}). If the change is right, remove the"
            f" old key: ssh-keygen -f {self.path} -R '{name}'"
        )

    def _unknown(self, host: str, port: int, key: bytes) -> str:
        text = (
            f"the key of {host_name(host, port)} is not known: {key_type(key)}"
            f" {fingerprint(key)}. If it is right, add this line to {self.path}:"
            f" {_line(host, port, key)}"
        )
        if self.unreadable:
            lines = ", ".join(map(str, self.unreadable[:10]))
            text += f" (what stands in these lines makes no sense: {lines})"
        return text


def host_name(host: str, port: int) -> str:
    """What the file calls a host: C{[host]:port} unless the port is 22."""
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def fingerprint(key: bytes) -> str:
    """What people compare, such as C{SHA256:bDeR…}."""
    return "SHA256:" + b64encode(sha256(key).digest()).decode().rstrip("=")


def key_type(key: bytes) -> str:
    """The name of a key's algorithm, such as C{ssh-ed25519}; empty where it has none."""
    length = int.from_bytes(key[:4], "big")
    return key[4 : 4 + length].decode("ascii", "replace") if length < len(key) - 3 else ""


def _entry(number: int, words: list[str]) -> Entry:
    """@raise ValueError: it is none."""
    marker = words.pop(0) if words[0].startswith("@") else ""
    hosts, kind, encoded = words[:3]
    key = b64decode(encoded, validate=True)
    if key_type(key) != kind or marker not in ("", *_MARKERS):
        raise ValueError(kind)
    if hosts.startswith("|"):
        _, version, salt, hashed = hosts.split("|")
        if version != "1" or not (b64decode(salt) and b64decode(hashed)):
            raise ValueError(hosts)
    return Entry(number, marker, hosts, key)


def _line(host: str, port: int, key: bytes) -> str:
    return f"{host_name(host, port)} {key_type(key)} {b64encode(key).decode()}"


def _matches(pattern: str, name: str) -> bool:
    words = {"*": ".*", "?": "."}
    expression = "".join(words.get(letter) or re.escape(letter) for letter in pattern)
    return re.fullmatch(expression, name) is not None
