"""
Fetches blobs from a remote cache: an HTTP server, or a directory that is shared.

Source: nds-replay, "Data blobs", and WIRE facts, section 1: a blob is
C{<prefix>/<name>.gz}.  What arrives is checked against its name before it appears
in the store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hyperlink import URL, DecodedURL
from treq.auth import add_auth
from twisted.internet.defer import Deferred, TimeoutError, gatherResults
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from twisted.web.client import (
    RedirectAgent,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
)
from twisted.web.error import Error
from twisted.web.http import OK, PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent

from netsim.errors import BlobError, InputError
from netsim.script.blobs import CHUNK, BlobStore
from netsim.script.newfile import place
from netsim.worker import Submit

PARALLEL = 4
"""So many blobs are fetched at the same time."""
PATIENCE = 30
"""A server that says nothing for so many seconds is given up."""

Write = Callable[[bytes], None]

# A host name that cannot be one is a ValueError; a name that nobody knows, an OSError.
_FAILURES = (
    ConnectError,
    Error,
    OSError,
    RequestTransmissionFailed,
    ResponseFailed,
    TimeoutError,
    ValueError,
)


class RemoteCache:
    """
    A remote cache.

    @param location: the beginning of an C{http:} or C{https:} URL, which may hold a
        user and a password, or else a directory.
    @param agent: what requests go through.
    @param clock: gives up servers that fall silent.
    @param submit: where files are read and checked.
    @raise InputError: the location is a URL of another kind.
    """

    def __init__(self, location: str, agent: IAgent, clock: IReactorTime, submit: Submit) -> None:
        self._submit = submit
        self._source: _Web | _Directory
        if "://" in location:
            self._source = _Web(_prefix(location), agent, clock)
        else:
            self._source = _Directory(Path(location), submit)

    async def fetch(self, names: Iterable[str], store: BlobStore) -> dict[str, str]:
        """
        Bring those of the blobs that are missing into the store.

        @return: a sentence for each that could not be had, by its name.
        """
        problems: dict[str, str] = {}
        waiting = iter([name for name in dict.fromkeys(names) if not store.has(name)])

        async def fetch_some() -> None:
            for name in waiting:
                try:
                    await self._fetch(name, store)
                except BlobError as error:
                    problems[name] = f"{error} (remote cache {self._source})"

        lanes = [Deferred.fromCoroutine(fetch_some()) for _ in range(PARALLEL)]
        await gatherResults(lanes, consumeErrors=True)
        return problems

    async def _fetch(self, name: str, store: BlobStore) -> None:
        try:
            store.home.mkdir(parents=True, exist_ok=True)
            # A cancelled fetch may leave the worker writing while the directory goes.
            with TemporaryDirectory("", ".incoming-", store.home, True) as directory:
                path = Path(directory, name + ".gz")
                await self._download(path, name, store.limit)
                await self._submit(_keep, path, name, store)
        except _FAILURES as error:
            raise BlobError(f"blob {name} cannot be fetched: {_reason(error)}") from error

    async def _download(self, path: Path, name: str, limit: int) -> None:
        with path.open("wb") as file:

            def write(data: bytes) -> None:
                if file.tell() + len(data) > limit:
                    raise BlobError(f"blob {name} is larger than {limit} bytes")
                file.write(data)

            await self._source.download(path.name, write)


class _Directory:
    """Blobs on a file system that others write to."""

    def __init__(self, path: Path, submit: Submit) -> None:
        self._path = path
        self._submit = submit

    def __str__(self) -> str:
        return str(self._path)

    async def download(self, file: str, write: Write) -> None:
        """Copy on the worker."""
        await self._submit(_copy, self._path / file, write)


class _Web:
    """Blobs on an HTTP server, below a prefix."""

    def __init__(self, prefix: URL, agent: IAgent, clock: IReactorTime) -> None:
        self._prefix = prefix.replace(userinfo="")
        self._clock = clock
        # Not treq's client: it asks for a gzipped transfer, and would unpack the blob.
        self._agent: IAgent = RedirectAgent(agent)
        if prefix.userinfo:
            self._agent = add_auth(self._agent, (*DecodedURL(prefix).userinfo, "")[:2])

    def __str__(self) -> str:
        # A query may hold a token.
        return self._prefix.replace(query=(), fragment="").to_text()

    async def download(self, file: str, write: Write) -> None:
        """Request the file, and follow redirections."""
        url = self._prefix.child(file).to_uri().to_text().encode("ascii")
        asked = self._agent.request(b"GET", url, Headers({"User-Agent": ["netsim"]}), None)
        response = await asked.addTimeout(PATIENCE, self._clock, _unanswered)
        if response.code != OK:
            response.deliverBody(_Unwanted())
            raise Error(response.code, response.phrase)
        body = _Body(write, self._clock)
        response.deliverBody(body)
        await body.finished


class _Unwanted(Protocol):
    """Closes the connection of a body that nobody wants to read."""

    transport: ITransport

    def connectionMade(self) -> None:
        self.transport.loseConnection()


class _Body(Protocol, TimeoutMixin):
    """
    Writes a body down as it comes.

    @ivar finished: fires when it was written to its end; cancelling it hangs up.
    """

    transport: ITransport

    def __init__(self, write: Write, clock: IReactorTime) -> None:
        self.finished: Deferred[None] = Deferred(lambda _: self._hang_up())
        self._write = write
        self._clock = clock

    def callLater(self, period: float, func: Callable[[], None]) -> IDelayedCall:
        return self._clock.callLater(period, func)

    def connectionMade(self) -> None:
        self.setTimeout(PATIENCE)

    def dataReceived(self, data: bytes) -> None:
        if self.finished.called:
            return
        self.resetTimeout()
        try:
            self._write(data)
        except (BlobError, OSError):
            self._fail(Failure())

    def timeoutConnection(self) -> None:
        self._fail(Failure(_silent()))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.setTimeout(None)
        if self.finished.called:
            return
        # Without a length the end is the connection's: a gzip file knows its own.
        if reason.check(ResponseDone, PotentialDataLoss):
            self.finished.callback(None)
        else:
            self.finished.errback(reason)

    def _fail(self, failure: Failure) -> None:
        self.finished.errback(failure)
        self._hang_up()

    def _hang_up(self) -> None:
        self.setTimeout(None)
        self.transport.loseConnection()


def _prefix(location: str) -> URL:
    try:
        prefix = URL.from_text(location)
    except ValueError:
        prefix = None
    if prefix is None or prefix.scheme not in ("http", "https") or not prefix.host:
        # Not the location itself: it may hold a password.
        raise InputError("the remote cache must be a directory, or an http or https URL")
    return prefix


def _copy(source: Path, write: Write) -> None:
    with source.open("rb") as file:
        while piece := file.read(CHUNK):
            write(piece)


def _keep(path: Path, name: str, store: BlobStore) -> None:
    BlobStore([path.parent], store.limit).verify(name)
    with contextlib.suppress(FileExistsError):
        place(path, store.home / path.name)


def _unanswered(result: Any, seconds: float) -> Any:
    raise _silent()


def _silent() -> TimeoutError:
    return TimeoutError(f"the server said nothing for {PATIENCE} seconds")


def _reason(error: BaseException) -> str:
    # Twisted wraps what happened in the failures that it led to.
    while reasons := getattr(error, "reasons", None):
        error = reasons[0].value
    return str(error) or type(error).__name__
