"""L{netsim.daemon.actions}: what its users, the tests of the bridge, do not see."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.actions import Actions
from netsim.daemon.model import Limits, Send
from netsim.daemon.projects import Project
from netsim.status.message import Message, decode

NOW = 1_700_000_000.0


def write(event_id: int) -> bytes:
    """An action."""
    return Message("action", "a", {"name": "do"}, event_id).encode()


class ActionsTests(SynchronousTestCase):
    """Every action gets one answer."""

    def setUp(self) -> None:
        self.actions = Actions(Limits(pending=2, action_timeout=10))
        self.project = Project("a", NOW)

    def ask(self, asker: str, asked_id: int = 5, timeout: float | None = None) -> Message:
        """Give what was sent."""
        [effect] = self.actions.ask(asker, asked_id, self.project, write, NOW, timeout)
        assert isinstance(effect, Send)
        message = decode(effect.text)
        expected = self.project.receiver if message.event_type == "action" else asker
        self.assertEqual((expected,), effect.receivers)
        return message

    def test_no_answer(self) -> None:
        """Nothing waits where nothing was sent."""
        self.assertEqual("client offline", self.ask("f").payload["reason"])
        self.assertEqual(0, self.actions.count(self.project))

    def test_broken(self) -> None:
        """Nothing waits for what could not be written."""
        self.project.add_cli("p")

        def fail(event_id: int) -> bytes:
            raise ValueError(event_id)

        self.assertRaises(ValueError, self.actions.ask, "f", 5, self.project, fail, NOW)
        self.assertEqual(0, self.actions.count(self.project))

    def test_full(self) -> None:
        """The limit is reached, and not passed."""
        self.project.add_cli("p")
        types = [self.ask("f").event_type for _ in range(3)]
        self.assertEqual(
            (["action", "action", "ack"], 2), (types, self.actions.count(self.project))
        )

    def test_timeouts(self) -> None:
        """Each has its own, or that of the limits; none at all is a time, too."""
        self.project.add_cli("p")
        self.ask("f", timeout=0)
        self.ask("g")
        askers = [
            [each.receivers for each in self.actions.expire(NOW + later) if isinstance(each, Send)]
            for later in (0, 9.9, 10)
        ]
        self.assertEqual([[("f",)], [], [("g",)]], askers)

    def test_leave(self) -> None:
        """The asker of what was sent to one who is gone is told; one who is gone is not."""
        self.project.add_cli("p")
        self.ask("f", 7)
        self.ask("g")
        self.assertEqual([], self.actions.leave("g"))
        [effect] = self.actions.leave("p")
        assert isinstance(effect, Send)
        self.assertEqual((("f",), 404), (effect.receivers, effect.result))
        self.assertEqual(7, decode(effect.text).event_id)
        self.assertEqual(0, self.actions.count(self.project))
