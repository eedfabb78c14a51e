"""Which directories a restart may clean; it deletes what is in them, so most may not."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import PurePosixPath

from attrs import field, frozen

__all__ = ["SYSTEM", "Owned", "overlap", "refusal"]

SYSTEM = frozenset(
    PurePosixPath(path)
    for path in (
        *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc"),
        *("/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var"),
        *("/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin", "/usr/share"),
        *("/var/cache", "/var/lib", "/var/log", "/var/run", "/var/spool", "/var/tmp"),
    )
)
_HOMES = (PurePosixPath("/home"), PurePosixPath("/Users"))


@frozen
class Owned:
    """
    A path that a node has for itself on a machine.

    @ivar machine: tells two machines apart.
    @ivar said: how a problem calls it.
    """

    machine: object
    node: str
    path: str
    said: str = field(eq=False)


def refusal(path: str, home: str) -> str | None:
    """
    Say why a path may not be cleaned; none if it may.

    @param home: of who runs this; others are known by their places.
    """
    pure = PurePosixPath(path)
    if not path.startswith("/"):
        return "it is not absolute"
    if path.startswith("//") or path != posixpath.normpath(path):
        return f"it is not in its shortest form, which is {posixpath.normpath('/' + path)}"
    if len(pure.parts) == 1:
        return "it is the root of the file system"
    if _is_home(pure, PurePosixPath(home)):
        return "it is a home directory, or holds some"
    if pure in SYSTEM:
        return "it is a directory of the operating system"
    return None


def overlap(new: Owned, others: Sequence[Owned]) -> str | None:
    """Say which other path of the machine is the same as a new one, or holds it, or is in it."""
    for other in others:
        if other.machine != new.machine:
            continue
        if other.path == new.path:
            return f"it is {other.said} too"
        if other.node == new.node:
            continue
        one, two = PurePosixPath(new.path), PurePosixPath(other.path)
        if one.is_relative_to(two):
            return f"it is inside {other.said}"
        if two.is_relative_to(one):
            return f"{other.said} is inside it"
    return None


def _is_home(path: PurePosixPath, home: PurePosixPath) -> bool:
    above = [home, *home.parents][:-1]
    return path in above or any(path == homes or path.parent == homes for homes in _HOMES)
