"""Who we can say that we are: keys of the agent, and of files."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import field, frozen
from twisted.conch.error import ConchError
from twisted.conch.ssh.keys import EncryptedKeyError, Key
from twisted.internet.error import ConnectError

from netsim.dsisocket.ssh.agent import AgentClient, connect_agent
from netsim.dsisocket.ssh.hostkeys import fingerprint, key_type
from netsim.dsisocket.ssh.target import Target
from netsim.errors import SshError

__all__ = ["Identities", "Identity", "algorithm", "find_identities"]

Sign = Callable[[bytes, bytes], Awaitable[bytes]]
"""Takes the name of an algorithm and what is to be signed."""

_LIMIT = 1 << 20
_RSA = {"ssh-rsa": "", "ssh-rsa-cert-v01@openssh.com": "-cert-v01@openssh.com"}
_FLAGS = {b"rsa-sha2-256": 2, b"rsa-sha2-512": 4}


@frozen
class Identity:
    """
    A key that we can prove to have.

    @ivar blob: the public key.
    @ivar label: what it is called in errors.
    """

    blob: bytes
    label: str
    sign: Sign = field(repr=False)

    def __str__(self) -> str:
        return f"{self.label} ({key_type(self.blob)} {fingerprint(self.blob)})"


@frozen
class Identities:
    """
    All of them, in the order in which they are to be tried.

    @ivar problems: what could not be used, and why.
    @ivar close: to be called when they are not needed any longer.
    """

    known: tuple[Identity, ...] = ()
    problems: tuple[str, ...] = ()
    close: Callable[[], None] = field(default=lambda: None, repr=False)


def algorithm(kind: str, accepted: Iterable[bytes]) -> bytes:
    """
    With which algorithm a key of this type signs.

    RSA keys have several: the one with SHA-1, which has the key's name, is refused by
    servers of today.

    @param accepted: what the server said (RFC 8308, 3.1); nothing where it did not say.
    """
    if kind not in _RSA:
        return kind.encode()
    names = [f"rsa-sha2-{bits}".encode() for bits in (512, 256)]
    told = list(accepted)
    name = next((name for name in names if name in told), names[0] if not told else b"ssh-rsa")
    return name + _RSA[kind].encode() if name in names else kind.encode()


async def find_identities(reactor: Any, target: Target) -> Identities:
    """Ask the agent and read the files; what cannot be used becomes a problem."""
    known: list[Identity] = []
    problems: list[str] = []
    named: set[bytes] = set()
    for path in target.key_files:
        path = path.expanduser()
        named.update(_public_key(path))
        try:
            known += _read(path)
        except SshError as error:
            problems.append(str(error))
    agent, held = await _ask_agent(reactor, target.agent, problems)
    # A server ends the connection after some: those that were asked for come first.
    named.update(identity.blob for identity in known)
    held.sort(key=lambda identity: identity.blob not in named)
    blobs = {identity.blob for identity in held}
    known = [*held, *(identity for identity in known if identity.blob not in blobs)]
    close = agent.transport.loseConnection if agent is not None else lambda: None
    return Identities(tuple(known), tuple(problems), close)


async def _ask_agent(
    reactor: Any, path: Path | None, problems: list[str]
) -> tuple[AgentClient | None, list[Identity]]:
    if path is None:
        return None, []
    try:
        agent = await connect_agent(reactor, path)
    except ConnectError as error:
        problems.append(f"no agent answers at {path}: {error}")
        return None, []
    try:
        held = [_of_agent(agent, *one) for one in await agent.requestIdentities()]
    except (ConchError, SshError) as error:
        problems.append(f"the agent at {path} tells no keys: {error}")
        held = []
    except BaseException:
        agent.transport.abortConnection()
        raise
    return agent, held


def _of_agent(agent: AgentClient, blob: bytes, comment: bytes) -> Identity:
    async def sign(name: bytes, data: bytes) -> bytes:
        flags = _FLAGS.get(name.partition(b"-cert-")[0], 0)
        return await agent.sign(blob, data, flags)

    return Identity(blob, f"agent's {comment.decode(errors='replace')}", sign)


def _read(path: Path) -> list[Identity]:
    """
    Read a private key; none is there where there is no file.

    @raise SshError: it cannot be used.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LIMIT)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SshError(f"cannot read {path}: {error.strerror}") from error
    try:
        key = Key.fromString(text)
    except EncryptedKeyError:
        raise SshError(f"{path} has a passphrase: add it to an agent (ssh-add {path})") from None
    except Exception as error:  # noqa: BLE001
        # Whatever the parsers raise may quote what they have read.
        raise SshError(f"{path} holds no private key: {type(error).__name__}") from None
    if key.isPublic():
        raise SshError(f"{path} holds a public key; the private one is needed")

    async def sign(name: bytes, data: bytes) -> bytes:
        return key.sign(data, signatureType=name)

    return [Identity(key.public().blob(), str(path), sign)]


def _public_key(path: Path) -> list[bytes]:
    """The key in the file of the public key beside it, if one is there."""
    try:
        words = Path(f"{path}.pub").read_bytes()[:_LIMIT].split()
        return [b64decode(words[1])]
    except (OSError, ValueError, IndexError):
        return []
