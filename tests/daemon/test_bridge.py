"""L{netsim.daemon.bridge}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.model import BAD_MESSAGES, Limits, Note, ProjectState, Send, Synced
from netsim.errors import LimitError
from tests.daemon.bridging import NAME, NOW, Hall, closed, read, receivers, sent, told, written

JOINED = {"result": 200, "reason": "join success"}
NOT_FOUND = {"result": 404, "reason": "name not found"}
OFFLINE = {"result": 404, "reason": "client offline"}


class HandshakeTests(SynchronousTestCase):
    """Who a connection is, and what it belongs to."""

    def setUp(self) -> None:
        self.hall = Hall()

    def test_cli(self) -> None:
        """A program makes its project known, and hears that it has joined."""
        self.assertEqual([], self.hall.enter("p"))
        self.assertEqual([], self.hall.bridge.projects(NOW))
        effects = self.hall.shake("p", "cli", event_id=7)
        self.assertEqual([("p", ("handshake", JOINED, 7, NAME))], sent(effects))
        self.assertEqual(1, len(effects))
        [project] = self.hall.bridge.projects(NOW)
        self.assertEqual(
            (NAME, 1, 0, True), (project.name, project.clis, project.webs, project.online)
        )

    def test_web(self) -> None:
        """A frontend joins a project that is there."""
        self.hall.join("p", "cli")
        effects = self.hall.join("f", "web", event_id=12345678901)
        self.assertEqual([("f", ("handshake", JOINED, 12345678901, NAME))], sent(effects))
        self.assertEqual(1, self.hall.bridge.projects(NOW)[0].webs)

    def test_word(self) -> None:
        """The payload may be the word alone, as the document's table of types has it."""
        self.hall.enter("p")
        effects = self.hall.say("p", "handshake", "cli", 1)
        self.assertEqual([("p", ("handshake", JOINED, 1, NAME))], sent(effects))

    def test_unknown(self) -> None:
        """A frontend cannot make a project."""
        effects = self.hall.join("f", "web", event_id=3)
        self.assertEqual([("f", ("handshake", NOT_FOUND, 3, NAME))], sent(effects))
        self.assertEqual([], self.hall.bridge.projects(NOW))

    def test_unknown_stays(self) -> None:
        """Who asks for a project that is unknown stays where it was."""
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        self.hall.shake("f", "web", name="another")
        self.assertEqual(["f"], receivers(self.hall.say("p", "log", "x")))

    def test_nobody(self) -> None:
        """Who does not say who it is, or something else, is told so and stays what it was."""
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        for payload in ({}, {"who": "me"}, {"who": ["cli"]}, "x", None, ["cli"], 5):
            [(peer, (event_type, answer, event_id, name))] = sent(
                self.hall.say("f", "handshake", payload, 9)
            )
            self.assertEqual(("f", "error", 9, NAME), (peer, event_type, event_id, name))
            self.assertIn('{"who": "cli"}', answer["reason"])
            self.assertEqual([answer["reason"]], answer["problems"])
        self.assertEqual(["f"], receivers(self.hall.say("p", "log", "x")))

    def test_move(self) -> None:
        """A frontend that joins another project leaves the one it was in."""
        self.hall.join("p", "cli")
        self.hall.join("q", "cli", name="another")
        self.hall.join("f", "web")
        self.hall.shake("f", "web", name="another")
        self.assertEqual([], receivers(self.hall.say("p", "log", "x")))
        self.assertEqual(["f"], receivers(self.hall.say("q", "log", "x", name="another")))
        self.assertEqual([0, 1], [each.webs for each in self.hall.bridge.projects(NOW)])

    def test_change_of_role(self) -> None:
        """A frontend can become a program, and the other way round."""
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        self.hall.shake("f", "cli")
        self.hall.shake("p", "web")
        self.assertEqual(["p"], receivers(self.hall.say("f", "log", "x")))
        state = self.hall.bridge.project(NAME, NOW)
        assert state is not None
        self.assertEqual((1, 1), (state.clis, state.webs))

    def test_move_of_cli(self) -> None:
        """What waits for a program that joins another project is over."""
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        self.hall.ask("f", 5)
        effects = self.hall.shake("p", "cli", name="another", event_id=6)
        self.assertEqual(
            [
                ("f", ("ack", OFFLINE, 5, NAME)),
                ("p", ("handshake", JOINED, 6, "another")),
            ],
            sent(effects),
        )

    def test_same_again(self) -> None:
        """Who says the same again loses nothing that it waits for."""
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        event_id = self.hall.ask("f", 5)
        again = [*self.hall.shake("f", "web"), *self.hall.shake("p", "cli")]
        self.assertEqual(["f", "p"], receivers(again))
        self.assertEqual(["f"], receivers(self.hall.say("p", "ack", "done", event_id)))
        self.assertEqual(["f"], receivers(self.hall.say("p", "log", "x")))

    def test_newest_again(self) -> None:
        """A program that says again who it is is the newest."""
        self.hall.join("p", "cli")
        self.hall.join("q", "cli")
        self.hall.join("f", "web")
        self.hall.shake("p", "cli")
        self.assertEqual(["p"], receivers(self.hall.say("f", "action", {}, 1)))

    def test_too_many_projects(self) -> None:
        """There is room for so many projects; beyond it a program is sent away."""
        hall = Hall(Limits(projects=1))
        hall.join("p", "cli")
        effects = hall.join("q", "cli", name="another", event_id=4)
        [(peer, (event_type, answer, event_id, name))] = sent(effects)
        self.assertEqual(("q", "error", 4, "another"), (peer, event_type, event_id, name))
        self.assertIn("too many projects", answer["reason"])
        self.assertEqual([("q", 1013, "too many projects")], closed(effects))
        self.assertIsInstance(effects[0], Send)
        self.assertEqual([], hall.shake("q", "web"))
        self.assertEqual([NAME], [each.name for each in hall.bridge.projects(NOW)])

    def test_too_many_projects_leaves(self) -> None:
        """Who is sent away has left, though its connection is not gone yet."""
        hall = Hall(Limits(projects=1))
        hall.join("p", "cli")
        hall.join("f", "web")
        hall.ask("f", 5)
        effects = hall.shake("p", "cli", name="another")
        self.assertIn(("f", ("ack", OFFLINE, 5, NAME)), sent(effects))
        self.assertEqual([("f", ("ack", OFFLINE, 6, NAME))], sent(hall.say("f", "action", {}, 6)))
        self.assertEqual(2, hall.bridge.connections)

    def test_room_for_another_of_the_same(self) -> None:
        """A project that is known has room for programs."""
        hall = Hall(Limits(projects=1))
        hall.join("p", "cli")
        self.assertEqual([], closed(hall.join("q", "cli")))


class MessageTests(SynchronousTestCase):
    """What is no message, or comes at the wrong time, or with the wrong name."""

    def setUp(self) -> None:
        self.hall = Hall()
        self.hall.join("p", "cli")
        self.hall.join("f", "web")

    def test_before_handshake(self) -> None:
        """What comes too early is dropped, with a line, and no more."""
        self.hall.enter("n")
        for event_type in ("log", "action", "ack", "error", "other"):
            [note] = self.hall.say("n", event_type, {}, 5)
            assert isinstance(note, Note)
            self.assertEqual("info", note.level)
            self.assertIn(f"'{event_type}' of '{NAME}'", note.text)
            self.assertIn("no handshake", note.text)

    def test_malformed(self) -> None:
        """The sender is told what is wrong, with all that could be read, and stays."""
        effects = self.hall.hear("f", b'{"event-type": 1, "name": "x", "event-id": 8}')
        [(peer, (event_type, answer, event_id, name))] = sent(effects)
        self.assertEqual(("f", "error", 8, NAME), (peer, event_type, event_id, name))
        self.assertEqual(
            ["'event-type': expected a string, not a number", "'payload' is missing"],
            answer["problems"],
        )
        self.assertEqual("; ".join(answer["problems"]), answer["reason"])
        self.assertEqual(["f"], receivers(self.hall.say("p", "log", "x")))

    def test_malformed_early(self) -> None:
        """Before a handshake there is no name to it."""
        self.hall.enter("n")
        [(_, (event_type, _, event_id, name))] = sent(self.hall.hear("n", b"not JSON"))
        self.assertEqual(("error", -1, ""), (event_type, event_id, name))

    def test_many_malformed(self) -> None:
        """A connection on which too many of them come in a row is closed, the others see it go."""
        self.hall.ask("f", 5)
        for _ in range(BAD_MESSAGES - 1):
            self.assertEqual([], closed(self.hall.hear("p", b"{")))
        effects = self.hall.hear("p", b"{")
        self.assertEqual(["p", "f"], receivers(effects))
        self.assertEqual(("f", ("ack", OFFLINE, 5, NAME)), sent(effects)[1])
        [(peer, code, reason)] = closed(effects)
        self.assertEqual(("p", 1008), (peer, code))
        self.assertIn(str(BAD_MESSAGES), reason)
        self.assertEqual(effects[-1:], [each for each in effects if not isinstance(each, Send)])
        self.assertEqual([], self.hall.hear("p", b"{"))
        self.assertEqual([], self.hall.say("p", "log", "x"))
        self.assertEqual([], self.hall.shake("p", "cli"))
        self.assertEqual([], self.hall.leave("p"))

    def test_not_in_a_row(self) -> None:
        """A good message is a new beginning, even one that is dropped."""
        self.hall.enter("n")
        for peer, good in (("p", "log"), ("n", "log"), ("f", "ack")):
            for _ in range(BAD_MESSAGES - 1):
                self.hall.hear(peer, b"[]")
            self.hall.say(peer, good, {})
            self.assertEqual([], closed(self.hall.hear(peer, b"[]")))

    def test_other_name(self) -> None:
        """A name that is not the connection's project is an error, and nobody gets it."""
        self.hall.join("q", "cli", name="another")
        self.hall.join("g", "web", name="another")
        for sender in ("p", "f"):
            [(peer, (event_type, answer, event_id, name))] = sent(
                self.hall.say(sender, "log", "x", 6, name="another")
            )
            self.assertEqual((sender, "error", 6, NAME), (peer, event_type, event_id, name))
            self.assertEqual(
                "'name': 'another' is not the project of this connection", answer["reason"]
            )

    def test_other_name_is_bad(self) -> None:
        """It counts, and so does a handshake of nobody."""
        for _ in range(BAD_MESSAGES // 2):
            self.hall.say("p", "log", "x", name="another")
            last = self.hall.say("p", "handshake", {})
        self.assertEqual(["p"], [peer for peer, _, _ in closed(last)])

    def test_long_name(self) -> None:
        """Whatever somebody is called, what is said of it is short and can be shown."""
        name = "\x7f\u202e" * 128
        self.hall.enter("n")
        [text] = told(self.hall.say("n", "x" * 256, {}, name=name))
        self.assertLess(len(text), 200)
        self.assertTrue(text.isprintable())
        [(_, (_, answer, _, _))] = sent(self.hall.say("p", "log", {}, name=name))
        self.assertLess(len(answer["reason"]), 200)
        self.assertTrue(answer["reason"].isprintable())

    def test_strangers(self) -> None:
        """Who is not there is not heard."""
        self.assertEqual([], self.hall.say("x", "log", "x"))
        self.assertEqual([], self.hall.hear("x", b""))
        self.assertEqual([], self.hall.leave("x"))


class ConnectionTests(SynchronousTestCase):
    """Those who come and go."""

    def test_too_many(self) -> None:
        """There is room for so many; the next one is sent away, and not heard."""
        hall = Hall(Limits(connections=2))
        hall.join("p", "cli")
        hall.enter("f")
        self.assertEqual([("g", 1013, "too many connections")], closed(hall.enter("g")))
        self.assertEqual([], hall.shake("g", "cli", name="another"))
        self.assertEqual([], hall.hear("g", b"{"))
        self.assertEqual(2, hall.bridge.connections)
        self.assertEqual([], hall.leave("g"))
        self.assertEqual(2, hall.bridge.connections)
        hall.leave("f")
        self.assertEqual(1, hall.bridge.connections)
        self.assertEqual([], hall.enter("h"))

    def test_gone(self) -> None:
        """Who is gone gets nothing."""
        hall = Hall()
        hall.join("p", "cli")
        hall.join("f", "web")
        hall.join("g", "web")
        self.assertEqual([], hall.leave("f"))
        self.assertEqual(["g"], receivers(hall.say("p", "log", "x")))
        self.assertEqual([], hall.leave("f"))

    def test_program_gone(self) -> None:
        """What was sent to a program that goes is over, to everyone who waits for it."""
        hall = Hall()
        hall.join("p", "cli")
        hall.join("f", "web")
        hall.join("g", "web")
        hall.ask("f", 5)
        hall.ask("g", 5)
        hall.bridge.ask("rest", NAME, {}, NOW)
        effects = hall.leave("p")
        self.assertEqual(
            [
                ("f", ("ack", OFFLINE, 5, NAME)),
                ("g", ("ack", OFFLINE, 5, NAME)),
                ("rest", ("ack", OFFLINE, -1, NAME)),
            ],
            sent(effects),
        )
        self.assertEqual([404] * 3, [each.result for each in effects if isinstance(each, Send)])
        self.assertEqual([], hall.tick(1000))

    def test_frontend_gone(self) -> None:
        """What a frontend that goes has asked for is answered to nobody."""
        for go in ("leave", "move", "become cli"):
            hall = Hall()
            hall.join("p", "cli")
            hall.join("q", "cli", name="another")
            hall.join("f", "web")
            event_id = hall.ask("f", 5)
            if go == "leave":
                hall.leave("f")
            else:
                hall.shake("f", "cli" if go == "become cli" else "web", name="another")
            for event_type in ("ack", "action"):
                late = hall.say("p", event_type, "done", event_id)
                self.assertEqual(([], 1), (receivers(late), len(told(late))), go)
            self.assertEqual([], hall.tick(1000))


class SyncTests(SynchronousTestCase):
    """The status of a project."""

    def setUp(self) -> None:
        self.hall = Hall(Limits(online=15, projects=2))

    def state(self, now: float = NOW, name: str = NAME) -> ProjectState:
        state = self.hall.bridge.project(name, now)
        assert state is not None
        return state

    def test_sync(self) -> None:
        """It makes a project known, and is kept."""
        effects = self.hall.bridge.sync(NAME, {"a": 1}, NOW)
        self.assertEqual([Synced(NAME, {"a": 1})], effects)
        self.assertEqual(
            ProjectState(NAME, True, 0, 0, 0, NOW, NOW, {"a": 1}),
            self.state(),
        )
        self.hall.bridge.sync(NAME, {"b": 2}, NOW + 1)
        self.assertEqual(({"b": 2}, NOW + 1), (self.state().status, self.state().synced))

    def test_online(self) -> None:
        """A program is there for a while after a sync, and for as long as it is connected."""
        self.hall.bridge.sync(NAME, {}, NOW)
        online = [self.state(NOW + later).online for later in (0, 15, 15.1)]
        self.assertEqual([True, True, False], online)
        self.hall.join("p", "cli")
        self.assertTrue(self.state(NOW + 16).online)
        self.hall.leave("p")
        self.assertFalse(self.state(NOW + 16).online)

    def test_online_without_sync(self) -> None:
        """Who has only had a connection is gone with it."""
        self.hall.join("p", "cli")
        self.assertTrue(self.state().online)
        self.hall.leave("p")
        self.assertFalse(self.state().online)
        self.assertIsNone(self.state().synced)

    def test_last_seen(self) -> None:
        """Whatever a program does is a sign of its life; what a frontend does is none."""
        seen = []
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        for act in (
            lambda: self.hall.say("p", "log", "x"),
            lambda: self.hall.say("f", "ack", "x"),
            lambda: self.hall.shake("p", "cli"),
            lambda: self.hall.bridge.sync(NAME, {}, self.hall.now),
            lambda: self.hall.leave("f"),
            lambda: self.hall.leave("p"),
        ):
            self.hall.now += 1
            act()
            seen.append(self.state().last_seen - NOW)
        self.assertEqual([1, 1, 3, 4, 4, 6], seen)

    def test_too_many(self) -> None:
        """There is room for so many projects."""
        self.hall.bridge.sync("a", {}, NOW)
        self.hall.bridge.sync("b", {}, NOW)
        self.assertRaises(LimitError, self.hall.bridge.sync, "c", {}, NOW)
        self.hall.bridge.sync("a", {}, NOW)
        self.assertEqual(["a", "b"], [each.name for each in self.hall.bridge.projects(NOW)])

    def test_by_name(self) -> None:
        """Projects are in the order of their names."""
        self.hall.bridge.sync("b", {}, NOW)
        self.hall.bridge.sync("a", {}, NOW)
        self.assertEqual(["a", "b"], [each.name for each in self.hall.bridge.projects(NOW)])
        self.assertIsNone(self.hall.bridge.project("c", NOW))

    def test_restore(self) -> None:
        """What an earlier daemon has known is known again."""
        self.hall.bridge.restore("a", NOW - 100, {"x": 1})
        self.hall.bridge.restore("b", NOW - 5, None)
        self.assertEqual(
            ProjectState("a", False, 0, 0, 0, NOW - 100, NOW - 100, {"x": 1}),
            self.state(name="a"),
        )
        self.assertEqual(
            ProjectState("b", False, 0, 0, 0, NOW - 5, None, {}),
            self.state(name="b"),
        )
        self.assertEqual(["f"], receivers(self.hall.join("f", "web", name="a")))

    def test_forget(self) -> None:
        """A project can be forgotten, as long as no program is connected."""
        self.assertFalse(self.hall.bridge.forget(NAME))
        self.hall.join("p", "cli")
        self.assertFalse(self.hall.bridge.forget(NAME))
        self.hall.leave("p")
        self.assertTrue(self.hall.bridge.forget(NAME))
        self.assertEqual([], self.hall.bridge.projects(NOW))
        self.assertFalse(self.hall.bridge.forget(NAME))

    def test_forget_watched(self) -> None:
        """The frontends of a project that was forgotten see it when it is there again."""
        self.hall.bridge.sync(NAME, {"a": 1}, NOW)
        self.hall.join("f", "web")
        self.assertTrue(self.hall.bridge.forget(NAME))
        [(_, (_, answer, _, _))] = sent(self.hall.join("g", "web"))
        self.assertEqual(NOT_FOUND, answer)
        self.assertEqual(
            [("f", ("ack", OFFLINE, 5, NAME))], sent(self.hall.say("f", "action", {}, 5))
        )
        self.hall.now += 1
        self.hall.join("p", "cli")
        self.assertEqual(ProjectState(NAME, True, 1, 1, 0, NOW + 1, None, {}), self.state(NOW + 1))
        self.assertEqual(["f"], receivers(self.hall.say("p", "log", "x")))

    def test_forget_left(self) -> None:
        """Who has left a project that was forgotten is not there when it comes again."""
        self.hall.bridge.sync(NAME, {}, NOW)
        self.hall.join("f", "web")
        self.hall.bridge.forget(NAME)
        self.hall.leave("f")
        self.assertFalse(self.hall.bridge._registry._forgotten)
        self.hall.join("p", "cli")
        self.assertEqual([], receivers(self.hall.say("p", "log", "x")))


class AskTests(SynchronousTestCase):
    """Actions of those who have no connection."""

    def setUp(self) -> None:
        self.hall = Hall(Limits(pending=2, action_timeout=300))

    def test_answer(self) -> None:
        """The program gets the action, the caller its answer."""
        self.hall.join("p", "cli")
        [(peer, (event_type, payload, event_id, name))] = sent(
            self.hall.bridge.ask("rest", NAME, {"name": "do", "args": {}}, NOW)
        )
        self.assertEqual(("p", "action", NAME), (peer, event_type, name))
        self.assertEqual({"name": "do", "args": {}}, payload)
        state = self.hall.bridge.project(NAME, NOW)
        assert state is not None
        self.assertEqual(1, state.pending)
        [effect] = self.hall.say("p", "ack", {"result": 5}, event_id)
        assert isinstance(effect, Send)
        self.assertEqual((("rest",), 200), (effect.receivers, effect.result))
        self.assertEqual(("ack", {"result": 5}, -1, NAME), read(effect.text))
        self.assertFalse(effect.droppable)

    def test_unknown(self) -> None:
        """Nobody is there, whether the project is known or not."""
        self.hall.bridge.sync("known", {}, NOW)
        for name in ("known", "unknown"):
            [effect] = self.hall.bridge.ask("rest", name, {}, NOW)
            assert isinstance(effect, Send)
            self.assertEqual(("ack", OFFLINE, -1, name), read(effect.text))
            self.assertEqual((("rest",), 404), (effect.receivers, effect.result))

    def test_timeout(self) -> None:
        """A caller waits as long as it wants to, or as long as everyone."""
        self.hall.join("p", "cli")
        self.hall.bridge.ask("long", NAME, {}, NOW)
        self.hall.bridge.ask("short", NAME, {}, NOW, 2.5)
        effects = self.hall.tick(2.5)
        [(peer, (_, answer, _, _))] = sent(effects)
        self.assertEqual(
            ("short", {"result": 504, "reason": "no answer within 2.5 s"}), (peer, answer)
        )
        self.assertEqual([], self.hall.tick(297))
        [(peer, (_, answer, _, _))] = sent(self.hall.tick(0.5))
        self.assertEqual(
            ("long", {"result": 504, "reason": "no answer within 300 s"}), (peer, answer)
        )

    def test_no_json(self) -> None:
        """What JSON cannot say is not sent, and waits for nothing."""
        self.hall.join("p", "cli")
        self.assertRaises(ValueError, self.hall.bridge.ask, "rest", NAME, float("nan"), NOW)
        self.assertEqual(0, self.hall.bridge.projects(NOW)[0].pending)

    def test_too_many(self) -> None:
        """Callers and frontends share the room that there is."""
        self.hall.join("p", "cli")
        self.hall.join("f", "web")
        self.hall.ask("f", 1)
        self.hall.bridge.ask("rest", NAME, {}, NOW)
        [effect] = self.hall.bridge.ask("another", NAME, {}, NOW)
        assert isinstance(effect, Send)
        self.assertEqual((("another",), 429), (effect.receivers, effect.result))


class StandardTests(SynchronousTestCase):
    """The examples of the document, in the order in which they would come."""

    def test_document(self) -> None:
        """Frontend and program see what it shows."""
        hall = Hall()
        name = "project name"
        hall.join("cli", "cli", name)
        hall.join("web", "web", name, 17)
        log = written("log", {"log": {"prefix": "x"}}, -1, name)
        [to_web, _] = hall.hear("cli", log)
        assert isinstance(to_web, Send)
        self.assertEqual((("web",), log), (to_web.receivers, to_web.text))
        event_id = hall.ask("web", 23, {"action": {"name": "stop"}}, name)
        answer = sent(hall.say("cli", "ack", {"action": {"ok": True}}, event_id, name))
        self.assertEqual([("web", ("ack", {"action": {"ok": True}}, 23, name))], answer)
