"""L{netsim.dsisocket.crew}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.crew import Crew, Transfers, gathered


class Job:
    """
    Something that lasts.

    @ivar state: how far it is.
    """

    def __init__(self) -> None:
        self.ending: Deferred[None] = Deferred()
        self.state = "new"

    async def work(self) -> None:
        self.state = "busy"
        try:
            await self.ending
            self.state = "done"
        except CancelledError:
            self.state = "cancelled"
            raise


class CrewTests(SynchronousTestCase):
    """Several things at once."""

    def setUp(self) -> None:
        self.jobs = [Job() for _ in range(4)]

    def begin(self, size: int = 2) -> Deferred[str]:
        async def work() -> str:
            async with Crew(size) as crew:
                for job in self.jobs:
                    await crew.add(job.work())
            return "all"

        return Deferred.fromCoroutine(work())

    @property
    def states(self) -> list[str]:
        return [job.state for job in self.jobs]

    def test_all(self) -> None:
        """No more than allowed; it ends when all have."""
        working = self.begin()
        self.assertEqual(["busy", "busy", "new", "new"], self.states)
        self.jobs[1].ending.callback(None)
        self.assertEqual(["busy", "done", "busy", "new"], self.states)
        for index in (2, 3):
            self.jobs[index].ending.callback(None)
        self.assertNoResult(working)
        self.jobs[0].ending.callback(None)
        self.assertEqual("all", self.successResultOf(working))

    def test_failure(self) -> None:
        """The first that fails ends all, those too that have not begun."""
        for size, states in (
            (2, ["cancelled", "busy", "new", "new"]),
            (9, ["cancelled", "busy", "cancelled", "cancelled"]),
        ):
            self.setUp()
            working = self.begin(size)
            self.jobs[1].ending.errback(ZeroDivisionError())
            self.failureResultOf(working, ZeroDivisionError)
            self.assertEqual(states, self.states)

    def test_cancel(self) -> None:
        """Nobody works on when it is given up, whatever is waited for."""
        for size in (2, 9):
            self.setUp()
            working = self.begin(size)
            working.cancel()
            self.failureResultOf(working, CancelledError)
            self.assertNotIn("busy", self.states)

    def test_cleaning_up(self) -> None:
        """Who is ended is not disturbed in cleaning up, and is waited for."""
        cleaning: list[Deferred[None]] = []

        async def tidy(job: Job) -> None:
            try:
                await job.work()
            except CancelledError:
                cleaning.append(Deferred())
                await cleaning[-1]
                job.state = "clean"
                raise

        async def work() -> None:
            async with Crew(3) as crew:
                for job in self.jobs:
                    await crew.add(tidy(job))

        working = Deferred.fromCoroutine(work())
        self.jobs[1].ending.errback(ZeroDivisionError())
        self.assertNoResult(working)
        for each in cleaning:
            each.callback(None)
        self.failureResultOf(working, ZeroDivisionError)
        self.assertEqual(["clean", "busy", "clean", "new"], self.states)

    def test_error_inside(self) -> None:
        """So it is when something else goes wrong meanwhile."""

        async def work() -> None:
            async with Crew(2) as crew:
                await crew.add(self.jobs[0].work())
                raise KeyError

        self.failureResultOf(Deferred.fromCoroutine(work()), KeyError)
        self.assertEqual("cancelled", self.jobs[0].state)

    def test_at_once(self) -> None:
        """What needs no time needs nobody twice."""

        async def quick() -> None:
            await succeed(None)

        async def work() -> None:
            async with Crew(1) as crew:
                for _ in range(100):
                    await crew.add(quick())

        self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(work())))


class GatheredTests(SynchronousTestCase):
    """Several that are waited for."""

    def test_all(self) -> None:
        self.assertEqual([1, 2], self.successResultOf(gathered([succeed(1), succeed(2)])))

    def test_failure(self) -> None:
        """The first failure is told as it is; those after it are nobody's any more."""
        waiting: list[Deferred[None]] = [Deferred() for _ in range(3)]
        together = gathered(waiting)
        waiting[1].errback(ZeroDivisionError("this"))
        self.assertEqual(
            "this", self.failureResultOf(together, ZeroDivisionError).getErrorMessage()
        )
        waiting[2].errback(KeyError())
        waiting[0].callback(None)


class TransfersTests(SynchronousTestCase):
    """All of them are ended."""

    def test_stop(self) -> None:
        """It waits until they have cleaned up; those that have ended are forgotten."""
        transfers = Transfers()
        cleaning: Deferred[None] = Deferred()

        async def transfer(waiting: Deferred[Any]) -> None:
            try:
                await waiting
            finally:
                await cleaning

        going = transfers.add(transfer(Deferred()))
        stopping = transfers.stop()
        self.assertNoResult(stopping)
        cleaning.callback(None)
        self.assertIsNone(self.successResultOf(stopping))
        self.failureResultOf(going, CancelledError)
        done = transfers.add(transfer(succeed(None)))
        self.assertIsNone(self.successResultOf(done))
        self.assertIsNone(self.successResultOf(transfers.stop()))
