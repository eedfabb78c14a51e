"""From a script file to what is played: everything checked, missing blobs fetched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.logger import Logger

from netsim.errors import ScriptError
from netsim.script import checks, model
from netsim.script.blobs import DEFAULT_LIMIT, BlobStore
from netsim.script.document import Check, Document, load
from netsim.script.dump import RECORDED
from netsim.script.player import Score
from netsim.worker import Submit

REMOTE_CACHE = "REPLAY_BLOB_REMOTE_CACHE"
"""The environment variable that names a remote cache of blobs."""

log = Logger()


@frozen
class Source:
    """
    Where a script comes from, and how it is to be played.

    @ivar roots: directories that external files may be in, beside the script's own.
    @ivar max_blob: the largest blob that is accepted, in bytes.
    """

    path: Path
    chosen: str = RECORDED
    load_module: checks.LoadModule | None = None
    roots: Sequence[Path] = ()
    max_blob: int = DEFAULT_LIMIT
    timing: float = 0.0

    def score(self) -> Score:
        """
        Read and check all of it, without a reactor; nothing is fetched.  Blocks.

        @raise ScriptError: with every problem.
        """
        return self._score(self._document(checks.blobs(self._store())))

    async def fetched_score(self, reactor: Any, submit: Submit) -> Score:
        """
        Read and check all of it; fetch the blobs that are missing.

        @param submit: does what blocks.
        @raise ScriptError: with every problem.
        """
        location = os.environ.get(REMOTE_CACHE)
        if not location:
            score: Score = await submit(self.score)
            return score
        document = await submit(self._document)
        store = self._store()
        missing = [name for name in document.blobs() if not store.has(name)]
        if missing:
            await _fetch(reactor, submit, location, missing, store)
        await submit(verify, document, store)
        return self._score(document)

    def _document(self, *more: Check) -> Document:
        found: list[Check] = [checks.nesting, *more]
        if self.load_module is not None:
            found.append(checks.actions(self.load_module))
        return load(self.path, chosen=self.chosen, roots=self.roots, checks=found)

    def _store(self) -> BlobStore:
        return BlobStore.beside(self.path, self.max_blob)

    def _score(self, document: Document) -> Score:
        return Score(document.scripts, self.chosen, self._store().chunks, self.timing)


def verify(document: Document, store: BlobStore) -> None:
    """
    Read every blob that a document needs.  Blocks.

    @raise ScriptError: with every one that is missing or damaged.
    """
    problems = list(checks.blobs(store)(document))
    if problems:
        raise ScriptError(problems)


def plays_datagrams(score: Score) -> bool:
    """Whether a recording is one of datagrams."""
    played = Document(dict(score.scripts), {}).played(score.chosen)
    return any(isinstance(script, model.DatagramExchange) for script in played)


async def _fetch(
    reactor: Any, submit: Submit, location: str, names: list[str], store: BlobStore
) -> None:
    # Imported here: an HTTP client is much to load for those who need none.
    from twisted.web.client import Agent

    from netsim.remote import RemoteCache

    log.info("fetching {count} blobs from the remote cache", count=len(names))
    cache = RemoteCache(location, Agent(reactor), reactor, submit)
    for reason in (await cache.fetch(names, store)).values():
        log.error("{reason}", reason=reason)
