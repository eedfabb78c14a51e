"""What users of the router know: made up on first start, unless the environment tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_urlsafe

from netsim.datanode.hub.files import check_private, create_private
from netsim.datanode.model import SERVER, WEB
from netsim.datanode.place import CONSUMER_SECRET, SECRET, read_secret
from netsim.errors import HostError

__all__ = ["find_secrets"]


def find_secrets(
    environment: Mapping[str, str],
    directory: Path,
    make: Callable[[], str] = token_urlsafe,
) -> dict[str, str]:
    """
    Find what each user knows; what nobody has told is made up, and kept in the directory.

    WAMP_SECRET tells that of C{server}.

    @raise HostError: a file cannot be read or written, or others can read it too, or what was
        told is no secret.
    """
    if told := environment.get("WAMP_SECRET", ""):
        server = _checked(told, "WAMP_SECRET")
    else:
        server = _kept(directory / SECRET, make)
    return {SERVER: server, WEB: _kept(directory / CONSUMER_SECRET, make)}


def _kept(path: Path, make: Callable[[], str]) -> str:
    with suppress(FileExistsError):
        create_private(path, f"{make()}\n".encode())
    check_private(path)
    return _checked(read_secret(path), str(path))


def _checked(secret: str, place: str) -> str:
    if not secret:
        raise HostError(f"{place}: it is empty: remove it, and another one is made up")
    if secret.startswith("$"):
        # crossbar would take it for the name of a variable.
        raise HostError(f"{place}: a secret may not begin with $")
    return secret
