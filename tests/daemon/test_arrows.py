"""L{netsim.daemon.arrows}."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.arrows import NOTES, NOTES_EVERY, drop, shown
from netsim.daemon.connections import Connection
from netsim.daemon.model import BAD_MESSAGES, Limits, Logged, Note, Send
from netsim.status.message import Message
from tests.daemon.bridging import NAME, Hall, closed, read, receivers, sent, told
from tests.properties import examples

OFFLINE = {"result": 404, "reason": "client offline"}
BUSY = {"result": 429, "reason": "too many actions are waiting"}

# What a writer of JSON would write otherwise: blanks, escapes, digits, the order of keys, a
# key twice, a key that the standard does not have.
ODD = (
    b' {"payload" : [1.50, 1E2, "\\u00e9\\ud800", {"event-id": 1, "a": 1, "a": 2}],\r\n'
    b'\t"name":"a project", "event-id":\t%d , "x": "\\"event-id\\": 4", "event-type":"%s"} \n'
)


class LogTests(SynchronousTestCase):
    """Logs go from programs to frontends."""

    def setUp(self) -> None:
        self.hall = Hall()
        self.hall.join("p", "cli")

    def test_log(self) -> None:
        """Each frontend gets the very bytes, and so does the archive."""
        self.hall.join("f", "web")
        self.hall.join("g", "web")
        text = ODD % (-1, b"log")
        [send, logged] = self.hall.hear("p", text)
        self.assertEqual(Send(("f", "g"), text, droppable=True), send)
        assert isinstance(logged, Logged)
        self.assertEqual((text, NAME), (logged.text, logged.message.name))
        self.assertEqual(100.0, logged.message.payload[1])

    def test_unwatched(self) -> None:
        """It is a log where nobody watches, too."""
        [logged] = self.hall.say("p", "log", {"log": {"message": "x"}})
        assert isinstance(logged, Logged)
        self.assertEqual({"log": {"message": "x"}}, logged.message.payload)

    def test_own_project(self) -> None:
        """Nobody gets another project's."""
        self.hall.join("q", "cli", name="another")
        self.hall.join("g", "web", name="another")
        self.hall.join("f", "web")
        self.assertEqual(["f"], receivers(self.hall.say("p", "log", "x")))
        self.assertEqual(["g"], receivers(self.hall.say("q", "log", "x", name="another")))

    def test_of_web(self) -> None:
        """One from a frontend goes nowhere."""
        self.hall.join("f", "web")
        self.hall.join("g", "web")
        [note] = self.hall.say("f", "log", "x")
        assert isinstance(note, Note)
        self.assertIn("Dropped 'log' of 'a project'", note.text)

    def test_second_cli(self) -> None:
        """The first program of a name still logs when there is a second one."""
        self.hall.join("q", "cli")
        self.hall.join("f", "web")
        self.assertEqual(
            ["f", "f"],
            [
                *receivers(self.hall.say("p", "log", "x")),
                *receivers(self.hall.say("q", "log", "x")),
            ],
        )


class ActionTests(SynchronousTestCase):
    """Actions go from frontends to programs, and their answers back."""

    def setUp(self) -> None:
        self.hall = Hall(Limits(pending=3))
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        self.hall.join("g", "web")

    def test_untouched(self) -> None:
        """All but the id is what was sent, in both directions."""
        [there] = self.hall.hear("f", ODD % (5, b"action"))
        assert isinstance(there, Send)
        event_id = json.loads(there.text)["event-id"]
        self.assertEqual((("p",), ODD % (event_id, b"action")), (there.receivers, there.text))
        self.assertFalse(there.droppable)
        self.assertTrue(10**12 <= event_id < 2**53)
        [back] = self.hall.hear("p", ODD % (event_id, b"ack"))
        assert isinstance(back, Send)
        self.assertEqual((("f",), ODD % (5, b"ack")), (back.receivers, back.text))
        self.assertEqual((False, 200), (back.droppable, back.result))

    def test_same_id(self) -> None:
        """Two frontends, or one of them twice, may use the same id at once."""
        ids = [self.hall.ask("f", 5, 1), self.hall.ask("g", 5, 2), self.hall.ask("f", 5, 3)]
        self.assertEqual(3, len(set(ids)))
        answers = [sent(self.hall.say("p", "ack", n, ids[n])) for n in (2, 0, 1)]
        self.assertEqual(
            [[(peer, ("ack", n, 5, NAME))] for peer, n in (("f", 2), ("f", 0), ("g", 1))], answers
        )

    def test_answer_is_action(self) -> None:
        """Programs in the field answer with an action: it stays one, and is for the asker only."""
        event_id = self.hall.ask("g", 5)
        answer = sent(self.hall.say("p", "action", {"name": "x", "result": 1}, event_id))
        self.assertEqual([("g", ("action", {"name": "x", "result": 1}, 5, NAME))], answer)

    def test_once(self) -> None:
        """A second answer to the same goes nowhere."""
        for event_type in ("ack", "action"):
            event_id = self.hall.ask("f", 5)
            self.hall.say("p", event_type, 1, event_id)
            for again in ("ack", "action"):
                [note] = told(self.hall.say("p", again, 2, event_id))
                self.assertIn("nobody waits for it", note)
        self.assertEqual([], self.hall.tick(1000))

    def test_no_id(self) -> None:
        """What wants no answer goes as it is, and is not pending, however often."""
        text = ODD % (-1, b"action")
        for _ in range(10):
            self.assertEqual([Send(("p",), text)], self.hall.hear("f", text))
        without = b'{"event-type": "action", "name": "a project", "payload": 0}'
        self.assertEqual([Send(("p",), without)], self.hall.hear("f", without))
        self.assertEqual(0, self.hall.bridge.projects(self.hall.now)[0].pending)
        self.assertEqual([], self.hall.leave("p"))

    def test_id_zero(self) -> None:
        """Any other id wants an answer, even an odd one."""
        for asked in (0, -2, 2**53, 10**12):
            event_id = self.hall.ask("f", asked)
            [(peer, answer)] = sent(self.hall.say("p", "ack", 1, event_id))
            self.assertEqual(("f", asked), (peer, answer[2]))

    def test_offline(self) -> None:
        """With no program there, the asker hears so, whatever its id."""
        self.hall.leave("p")
        for event_id in (5, -1, 0):
            [effect] = self.hall.say("f", "action", {}, event_id)
            assert isinstance(effect, Send)
            self.assertEqual((("f",), 404), (effect.receivers, effect.result))
            self.assertEqual(("ack", OFFLINE, event_id, NAME), read(effect.text))
            self.assertFalse(effect.droppable)

    def test_too_many(self) -> None:
        """So many may wait, of one project; one that is answered makes room."""
        ids = [self.hall.ask("f", n) for n in range(3)]
        [effect] = self.hall.say("g", "action", {}, 7)
        assert isinstance(effect, Send)
        self.assertEqual((("g",), 429), (effect.receivers, effect.result))
        self.assertEqual(("ack", BUSY, 7, NAME), read(effect.text))
        self.assertEqual(["p"], receivers(self.hall.say("g", "action", {}, -1)))
        self.hall.join("q", "cli", name="another")
        self.hall.join("h", "web", name="another")
        self.hall.ask("h", 1, name="another")
        self.hall.say("p", "ack", 0, ids[1])
        self.hall.ask("g", 7)

    def test_timeout(self) -> None:
        """Who has waited for too long hears so, once."""
        hall = Hall(Limits(action_timeout=0.25))
        hall.join("p", "cli")
        hall.join("f", "web")
        event_id = hall.ask("f", 5)
        self.assertEqual([], hall.tick(0.125))
        [effect] = hall.tick(0.125)
        assert isinstance(effect, Send)
        self.assertEqual((("f",), 504), (effect.receivers, effect.result))
        late = {"result": 504, "reason": "no answer within 0.25 s"}
        self.assertEqual(("ack", late, 5, NAME), read(effect.text))
        self.assertEqual([], hall.tick(1))
        self.assertEqual(1, len(told(hall.say("p", "action", {}, event_id))))

    def test_newest(self) -> None:
        """Actions go to the newest program, then to the newest of those that are left."""
        self.hall.join("q", "cli")
        self.hall.join("r", "cli")
        self.assertEqual(["r"], receivers(self.hall.say("f", "action", {}, 1)))
        self.assertEqual([], closed(self.hall.leave("p")))
        self.assertEqual([("f", ("ack", OFFLINE, 1, NAME))], sent(self.hall.leave("r")))
        self.assertEqual(["q"], receivers(self.hall.say("f", "action", {}, 2)))

    def test_any_program_answers(self) -> None:
        """An answer may come by another connection of the same project, but of no other."""
        event_id = self.hall.ask("f", 5)
        self.hall.join("q", "cli")
        self.hall.join("x", "cli", name="another")
        self.hall.join("y", "web", name="another")
        for event_type in ("ack", "action"):
            effects = self.hall.say("x", event_type, {}, event_id, name="another")
            self.assertEqual([], receivers(effects))
        self.assertEqual(["f"], receivers(self.hall.say("q", "ack", {}, event_id)))

    def test_first_goes(self) -> None:
        """What waits for the newest program goes on when another one leaves."""
        self.hall.join("q", "cli")
        event_id = self.hall.ask("f", 5)
        self.assertEqual([], self.hall.leave("p"))
        self.assertEqual(["f"], receivers(self.hall.say("q", "ack", {}, event_id)))

    def test_frontend_answers_nothing(self) -> None:
        """A frontend cannot answer in a program's place."""
        event_id = self.hall.ask("f", 5)
        self.assertEqual(["p"], receivers(self.hall.say("g", "ack", {}, event_id)))
        self.assertEqual(["f"], receivers(self.hall.say("p", "ack", {}, event_id)))


class OtherTests(SynchronousTestCase):
    """What a program says of its own accord, what a frontend acknowledges, and the rest."""

    def setUp(self) -> None:
        self.hall = Hall()
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        self.hall.join("g", "web")

    def test_action_of_cli(self) -> None:
        """An action that answers nothing goes to every frontend as it is, for sure."""
        self.hall.ask("f", 5)
        for event_id in (-1, 5, 10**12 - 1):
            text = ODD % (event_id, b"action")
            self.assertEqual([Send(("f", "g"), text)], self.hall.hear("p", text))

    def test_late_action(self) -> None:
        """One with an id that only the daemon gives is an answer that comes too late."""
        for event_id in (10**12, 2**53):
            [note] = told(self.hall.say("p", "action", {}, event_id))
            self.assertIn("Dropped 'action'", note)

    def test_ack_of_cli(self) -> None:
        """An ack that answers nothing goes nowhere."""
        self.hall.ask("f", 5)
        for event_id in (-1, 5, 10**12):
            effects = self.hall.say("p", "ack", {}, event_id)
            self.assertEqual(([], 1), (receivers(effects), len(told(effects))))

    def test_ack_of_web(self) -> None:
        """An ack of a frontend goes to the program as it is."""
        self.hall.join("q", "cli")
        text = ODD % (5, b"ack")
        self.assertEqual([Send(("q",), text)], self.hall.hear("f", text))
        self.hall.leave("q")
        self.hall.leave("p")
        [note] = told(self.hall.hear("f", text))
        self.assertIn("no program", note)

    def test_unknown(self) -> None:
        """Types that are not known go along the arrows of logs, but are none."""
        for event_type in (b"chart", b"error"):
            text = ODD % (5, event_type)
            self.assertEqual([Send(("f", "g"), text, droppable=True)], self.hall.hear("p", text))
            [note] = self.hall.hear("f", text)
            self.assertIsInstance(note, Note)

    def test_unwatched(self) -> None:
        """Where no frontend is, nothing is sent."""
        self.hall.leave("f")
        self.hall.leave("g")
        self.assertEqual([], self.hall.say("p", "chart", {}))
        self.assertEqual([], self.hall.say("p", "action", {}))

    def test_strict(self) -> None:
        """A strict bridge refuses them, and in the end who sends them."""
        hall = Hall(strict=True)
        hall.join("p", "cli")
        hall.join("f", "web")
        for sender in ("p", "f"):
            [(peer, (event_type, answer, event_id, _))] = sent(hall.say(sender, "chart", {}, 5))
            self.assertEqual((sender, "error", 5), (peer, event_type, event_id))
            self.assertEqual("'event-type': 'chart' is none of the standard's", answer["reason"])
        for _ in range(BAD_MESSAGES - 1):
            last = hall.say("f", "error", {})
        self.assertEqual(["f"], [peer for peer, _, _ in closed(last)])
        [logged] = hall.say("p", "log", {})
        self.assertIsInstance(logged, Logged)


class DropTests(SynchronousTestCase):
    """Messages that go nowhere do not fill the daemon's log."""

    def test_flood(self) -> None:
        """The first ones are noted, then one of many, with how many there were."""
        connection = Connection("p")
        message = Message("log", NAME, None)
        counts = [
            count for count in range(1, 3 * NOTES_EVERY) if drop(connection, message, "as a test")
        ]
        self.assertEqual([*range(1, NOTES + 1), NOTES_EVERY, 2 * NOTES_EVERY], counts)
        connection.dropped = NOTES_EVERY - 1
        [note] = drop(connection, message, "as a test")
        text = "Dropped 'log' of 'a project': as a test (1000 messages of this connection by now)"
        self.assertEqual(Note("info", text), note)

    @given(st.text(max_size=300))
    @examples(100)
    def test_shown(self, name: str) -> None:
        """A name can be put into a line."""
        self.assertTrue(shown(name).isprintable())
        self.assertLessEqual(len(shown(name)), 60)

    def test_cut(self) -> None:
        """Only one that is long is cut."""
        self.assertEqual("'" + "x" * 58 + "'", shown("x" * 58))
        self.assertEqual("'" + "x" * 56 + "...", shown("x" * 59))
