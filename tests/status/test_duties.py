"""L{netsim.status.duties}: what can be done to a service from a page."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.errors import ActionError
from netsim.status.duties import Duties
from netsim.status.interfaces import IActions


class Service:
    """Something that can be steered."""

    def __init__(self) -> None:
        self.waiting: Deferred[str] = Deferred()
        self.closed: list[int] = []

    def close(self, session: int, why: str = "enough") -> str:
        """
        Close a session.

        More of it.
        """
        self.closed.append(session)
        return why

    async def later(self) -> str:
        return await self.waiting

    def refuse(self) -> None:
        raise ActionError("not now")

    def broken(self) -> Deferred[Any]:
        return fail(KeyError("x"))


class DutiesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.service = Service()
        mine = self.service
        self.duties = Duties([mine.close, mine.later, mine.refuse, mine.broken])

    def refused(self, name: str, args: Any) -> str:
        return str(self.failureResultOf(self.duties.call(name, args), ActionError).value)

    def test_they_are_actions(self) -> None:
        verifyObject(IActions, self.duties)

    def test_each_is_described(self) -> None:
        described = self.duties.describe()
        self.assertEqual(["close", "later", "refuse", "broken"], list(described))
        self.assertEqual(
            {
                "args": {"session": "int", "why": "str = 'enough'"},
                "blocking": False,
                "description": "Close a session.\n\nMore of it.",
            },
            described["close"],
        )
        self.assertEqual({"args": {}, "blocking": False, "description": ""}, described["later"])

    def test_what_it_returns_is_the_result(self) -> None:
        for args, result in (
            ({"session": 3}, "enough"),
            ({"session": "4", "why": "5"}, "5"),
        ):
            self.assertEqual(result, self.successResultOf(self.duties.call("close", args)))
        self.assertEqual([3, 4], self.service.closed)

    def test_what_takes_a_while(self) -> None:
        calling = self.duties.call("later", None)
        self.assertNoResult(calling)
        self.service.waiting.callback("done")
        self.assertEqual("done", self.successResultOf(calling))

    def test_there_is_no_such_action(self) -> None:
        self.assertEqual(
            "there is no action 'open': there are close, later, refuse, broken",
            self.refused("open", {}),
        )

    def test_wrong_arguments(self) -> None:
        """All that is wrong is told, and nothing is done."""
        refused = self.refused("close", {"session": "x", "how": 1})
        self.assertIn("'session': expected int, not 'x'", refused)
        self.assertIn("'how'", refused)
        self.assertEqual([], self.service.closed)

    def test_what_it_raises_is_the_error(self) -> None:
        self.assertEqual("not now", self.refused("refuse", {}))
        self.failureResultOf(self.duties.call("broken", {}), KeyError)
