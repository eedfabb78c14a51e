"""L{netsim.daemon.replies}."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon import replies
from netsim.status.message import decode


class ReplyTests(SynchronousTestCase):
    """What the daemon itself says: existing clients and frontends compare the words."""

    def test_results(self) -> None:
        """Each is a whole message with the id and the name of what it answers."""
        for event_type, result, reason, text in (
            ("handshake", 200, "join success", replies.joined("é", 5)),
            ("handshake", 404, "name not found", replies.unknown("é", 5)),
            ("ack", 404, "client offline", replies.offline("é", 5)),
            ("ack", 429, "too many actions are waiting", replies.busy("é", 5)),
            ("ack", 504, "no answer within 300 s", replies.late("é", 5, 300.0)),
            ("ack", 504, "no answer within 0.5 s", replies.late("é", 5, 0.5)),
        ):
            self.assertEqual(
                {
                    "event-type": event_type,
                    "name": "é",
                    "event-id": 5,
                    "payload": {"result": result, "reason": reason},
                },
                json.loads(text),
            )

    def test_error(self) -> None:
        """All that is wrong is told, as one sentence and as a list."""
        error = decode(replies.error("a", -1, ("x is missing", "y is wrong")))
        self.assertEqual(("error", "a", -1), (error.event_type, error.name, error.event_id))
        self.assertEqual(
            {"reason": "x is missing; y is wrong", "problems": ["x is missing", "y is wrong"]},
            error.payload,
        )

    def test_nameless_error(self) -> None:
        """Who has no project gets one without a name."""
        self.assertEqual("", json.loads(replies.error("", 5, ["x"]))["name"])
