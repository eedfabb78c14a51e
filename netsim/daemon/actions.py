"""The actions on their way: to a program, and each of their answers to the one who asked."""

from __future__ import annotations

from collections.abc import Callable

from netsim.daemon import replies
from netsim.daemon.envelope import with_id
from netsim.daemon.model import Effect, Limits, Peer, Send
from netsim.daemon.pending import Pending, Waiting
from netsim.daemon.projects import Project

__all__ = ["Actions"]


class Actions:
    """
    Every action gets one answer: the program's, or the daemon's in its place.

    Programs see ids that are unique, each asker sees its own.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pending = Pending()

    def count(self, project: Project) -> int:
        """How many of a project wait."""
        return self._pending.count(project.name)

    def ask(
        self,
        asker: Peer,
        asked_id: int,
        project: Project,
        write: Callable[[int], bytes],
        now: float,
        timeout: float | None = None,
    ) -> list[Effect]:
        """
        Send an action to the program, or say why not.

        @param asked_id: by which the asker will know the answer.
        @param write: makes the message, with the id that it is given.
        @param timeout: seconds, if not those of the limits.
        """
        cli = project.receiver
        if cli is None:
            return [no_answer(asker, replies.OFFLINE, replies.offline(project.name, asked_id))]
        if self.count(project) >= self._limits.pending:
            return [no_answer(asker, replies.BUSY, replies.busy(project.name, asked_id))]
        event_id = self._pending.new_id(now)
        text = write(event_id)
        timeout = self._limits.action_timeout if timeout is None else timeout
        self._pending.add(
            Waiting(event_id, asker, asked_id, project.name, cli, timeout, now + timeout)
        )
        return [Send((cli,), text)]

    def answer(self, project: Project, event_id: int, text: bytes) -> list[Effect]:
        """Send what a program says to the one who asked; nothing, if it answers nothing."""
        waiting = self._pending.take(event_id, project.name)
        if waiting is None:
            return []
        return [Send((waiting.asker,), with_id(text, waiting.asked_id))]

    def leave(self, peer: Peer) -> list[Effect]:
        """A connection is gone: what was sent to it is over; what it has asked for is forgotten."""
        return [
            no_answer(
                waiting.asker,
                replies.OFFLINE,
                replies.offline(waiting.project, waiting.asked_id),
            )
            for waiting in self._pending.leave(peer)
            if waiting.cli == peer
        ]

    def expire(self, now: float) -> list[Effect]:
        """Answer in the place of programs that have not."""
        return [
            no_answer(
                waiting.asker,
                replies.TIMEOUT,
                replies.late(waiting.project, waiting.asked_id, waiting.timeout),
            )
            for waiting in self._pending.expire(now)
        ]


def no_answer(asker: Peer, result: int, text: bytes) -> Send:
    """Tell an asker what has become of its action."""
    return Send((asker,), text, result=result)
