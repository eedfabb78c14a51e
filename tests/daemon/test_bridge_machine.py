"""L{netsim.daemon.bridge}, in whatever order things happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, frozen
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.model import BAD_MESSAGES, Effect, Limits, Logged, Peer, Send
from netsim.errors import LimitError
from tests.daemon.bridging import Hall, closed, read, sent, told, written
from tests.properties import examples

LIMITS = Limits(connections=6, projects=3, pending=3, action_timeout=10, online=5)

NAMES = st.sampled_from(["a", "b", "c", "d"])
ROLES = st.sampled_from(["cli", "web"])
IDS = st.sampled_from([-1, 0, 5, 5, 10**11, 10**12, 2**53])
ANSWERS = st.sampled_from(["ack", "action"])
ANY = st.integers(0, 1000)

OFFLINE = {"result": 404, "reason": "client offline"}
BUSY = {"result": 429, "reason": "too many actions are waiting"}


@define
class Member:
    """What a peer is: fresh, cli, web or closed."""

    state: str = "fresh"
    project: str = ""
    bad: int = 0


@frozen
class Asked:
    """An action that a program was sent, and that its asker waits for."""

    asker: Peer
    asked_id: int
    project: str
    cli: Peer
    timeout: float
    deadline: float


Deliveries = list[tuple[Peer, tuple[str, Any, int, str]]]


class BridgeMachine(RuleBasedStateMachine):
    """
    A world that is known in full, next to the bridge, which must see it the same way.

    Everyone gets what the world says, and nothing else; every action has one end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hall = Hall(LIMITS)
        self.count = 0
        self.members: dict[Peer, Member] = {}
        self.clis: dict[str, list[Peer]] = {}
        """By names of projects that are known, the newest last."""
        self.statuses: dict[str, tuple[float, Any]] = {}
        """When they were synced, and with what."""
        self.asked: dict[int, Asked] = {}
        self.ids: set[int] = set()

    def fresh(self) -> int:
        self.count += 1
        return self.count

    def pick(self, number: int, *states: str) -> Peer:
        """One of those peers that are in these states."""
        peers = [peer for peer, member in self.members.items() if member.state in states]
        return peers[number % len(peers)]

    def any_in(self, *states: str) -> bool:
        return any(member.state in states for member in self.members.values())

    def webs(self, name: str) -> list[Peer]:
        return [
            peer
            for peer, member in self.members.items()
            if (member.state, member.project) == ("web", name)
        ]

    def receiver(self, name: str) -> Peer | None:
        return self.clis[name][-1] if self.clis.get(name) else None

    def check(self, effects: list[Effect], expected: Deliveries, notes: int = 0) -> None:
        """These were sent, in any order, and so many lines were written."""
        assert sorted(sent(effects), key=repr) == sorted(expected, key=repr), effects
        assert len(told(effects)) == notes, effects

    def left(self, peer: Peer) -> Deliveries:
        """A peer leaves its project: those who hear of it."""
        member = self.members[peer]
        if member.state == "cli":
            self.clis[member.project].remove(peer)
        deliveries: Deliveries = []
        for event_id, asked in list(self.asked.items()):
            if asked.cli == peer:
                deliveries.append(self.end(event_id, "ack", OFFLINE))
            elif asked.asker == peer:
                del self.asked[event_id]
        return deliveries

    def end(self, event_id: int, event_type: str, payload: Any) -> Any:
        """An action has its end, and its asker hears so."""
        asked = self.asked.pop(event_id)
        return asked.asker, (event_type, payload, asked.asked_id, asked.project)

    # Coming and going.

    @initialize(is_empty=st.sampled_from([True, False, False, False]))
    def begin(self, is_empty: bool) -> None:
        """Much happens only where a few are there."""
        for who in () if is_empty else ("cli", "web", "web"):
            self.join(who, "a")

    @rule()
    def connect(self) -> None:
        peer = f"peer {self.fresh()}"
        effects = self.hall.enter(peer)
        if len(self.members) < LIMITS.connections:
            assert effects == []
            self.members[peer] = Member()
        else:
            assert closed(effects) == [(peer, 1013, "too many connections")]
            for act in (self.hall.shake(peer, "cli", "a"), self.hall.hear(peer, b"")):
                assert act == []
            assert self.hall.leave(peer) == []

    @precondition(lambda self: len(self.members) < LIMITS.connections)
    @rule(who=ROLES, name=st.sampled_from(["a", "b"]))
    def join(self, who: str, name: str) -> None:
        """Most of those who come do not wait."""
        self.connect()
        peer = list(self.members)[-1]
        self.shake_hands(peer, who, name, 0)

    @precondition(lambda self: self.members)
    @rule(number=ANY)
    def disconnect(self, number: int) -> None:
        peer = self.pick(number, "fresh", "cli", "web", "closed")
        expected = self.left(peer)
        del self.members[peer]
        self.check(self.hall.leave(peer), expected)

    @precondition(lambda self: self.any_in("fresh", "cli", "web"))
    @rule(number=ANY, who=ROLES, name=NAMES, event_id=IDS)
    def shake(self, number: int, who: str, name: str, event_id: int) -> None:
        self.shake_hands(self.pick(number, "fresh", "cli", "web"), who, name, event_id)

    def shake_hands(self, peer: Peer, who: str, name: str, event_id: int) -> None:
        member = self.members[peer]
        effects = self.hall.shake(peer, who, name, event_id)
        if who == "web" and name not in self.clis:
            payload = {"result": 404, "reason": "name not found"}
            self.check(effects, [(peer, ("handshake", payload, event_id, name))])
        elif who == "cli" and name not in self.clis and len(self.clis) == LIMITS.projects:
            self.check_full(peer, effects, event_id, name)
            return
        else:
            is_same = (member.state, member.project) == (who, name)
            expected = [] if is_same else self.left(peer)
            member.state, member.project = who, name
            if who == "cli":
                clis = self.clis.setdefault(name, [])
                clis[:] = [*(each for each in clis if each != peer), peer]
            payload = {"result": 200, "reason": "join success"}
            self.check(effects, [*expected, (peer, ("handshake", payload, event_id, name))])
        member.bad = 0

    def check_full(self, peer: Peer, effects: list[Effect], event_id: int, name: str) -> None:
        """There is no room for another project."""
        assert closed(effects) == [(peer, 1013, "too many projects")]
        problem = "too many projects: there are 3, which is the limit"
        payload = {"reason": problem, "problems": [problem]}
        expected = [(peer, ("error", payload, event_id, name)), *self.left(peer)]
        self.check(effects, expected)
        self.members[peer] = Member("closed")

    @rule(name=NAMES)
    def sync(self, name: str) -> None:
        status = {"of": self.fresh()}
        try:
            self.check(self.hall.bridge.sync(name, status, self.hall.now), [])
        except LimitError:
            assert name not in self.clis
            assert len(self.clis) == LIMITS.projects
        else:
            self.clis.setdefault(name, [])
            self.statuses[name] = self.hall.now, status

    @rule(name=NAMES)
    def forget(self, name: str) -> None:
        can = name in self.clis and not self.clis[name]
        assert self.hall.bridge.forget(name) is can
        if can:
            del self.clis[name]
            self.statuses.pop(name, None)

    # Messages.

    @precondition(lambda self: self.any_in("cli"))
    @rule(number=ANY, event_type=st.sampled_from(["log", "chart", "error"]), event_id=IDS)
    def log(self, number: int, event_type: str, event_id: int) -> None:
        peer = self.pick(number, "cli")
        name = self.members[peer].project
        text = written(event_type, {"of": self.fresh()}, event_id, name)
        effects = self.hall.hear(peer, text)
        self.check(effects, [(web, read(text)) for web in self.webs(name)])
        sends = [each for each in effects if isinstance(each, Send)]
        assert all(each.text is text and each.droppable for each in sends)
        logged = [each.text for each in effects if isinstance(each, Logged)]
        assert logged == ([text] if event_type == "log" else [])
        self.members[peer].bad = 0

    @precondition(lambda self: self.any_in("web"))
    @rule(number=ANY, event_id=IDS)
    def action(self, number: int, event_id: int) -> None:
        peer = self.pick(number, "web")
        name = self.members[peer].project
        payload = {"of": self.fresh()}
        effects = self.hall.say(peer, "action", payload, event_id, name)
        self.members[peer].bad = 0
        if event_id == -1 and self.receiver(name) is not None:
            self.check(effects, [(self.receiver(name), ("action", payload, -1, name))])
        else:
            self.check_action(effects, peer, event_id, name, payload, LIMITS.action_timeout)

    @rule(name=NAMES, timeout=st.sampled_from([None, 0.0, 2.0, 20.0]))
    def ask(self, name: str, timeout: float | None) -> None:
        caller = f"caller {self.fresh()}"
        payload = {"of": self.fresh()}
        effects = self.hall.bridge.ask(caller, name, payload, self.hall.now, timeout)
        timeout = LIMITS.action_timeout if timeout is None else timeout
        self.check_action(effects, caller, -1, name, payload, timeout)

    def check_action(
        self,
        effects: list[Effect],
        asker: Peer,
        asked_id: int,
        name: str,
        payload: Any,
        timeout: float,
    ) -> None:
        """It has gone to the program, under an id that was never there, or was answered."""
        cli = self.receiver(name)
        waiting = [each for each in self.asked.values() if each.project == name]
        if cli is None or len(waiting) == LIMITS.pending:
            reason = OFFLINE if cli is None else BUSY
            self.check(effects, [(asker, ("ack", reason, asked_id, name))])
            [send] = effects
            assert isinstance(send, Send)
            assert send.result == reason["result"]
            return
        [(receiver, (event_type, arrived, event_id, at))] = sent(effects)
        assert (receiver, event_type, arrived, at) == (cli, "action", payload, name)
        assert event_id not in self.ids
        assert 10**12 <= event_id < 2**53
        self.ids.add(event_id)
        deadline = self.hall.now + timeout
        self.asked[event_id] = Asked(asker, asked_id, name, cli, timeout, deadline)

    @precondition(lambda self: self.any_in("cli") and self.ids)
    @rule(number=ANY, which=ANY, event_type=ANSWERS)
    def answer(self, number: int, which: int, event_type: str) -> None:
        """Of anything that was ever asked, by any program, again and again."""
        # Half of the time it is something that is waited for, which is rare among all.
        ids = sorted(self.asked if which % 2 and self.asked else self.ids)
        self.answer_to(self.pick(number, "cli"), ids[which % len(ids)], event_type)

    @precondition(lambda self: self.asked)
    @rule(which=ANY, event_type=ANSWERS)
    def right_answer(self, which: int, event_type: str) -> None:
        event_id = sorted(self.asked)[which % len(self.asked)]
        self.answer_to(self.asked[event_id].cli, event_id, event_type)

    def answer_to(self, peer: Peer, event_id: int, event_type: str) -> None:
        name = self.members[peer].project
        payload = {"result": self.fresh()}
        effects = self.hall.say(peer, event_type, payload, event_id, name)
        self.members[peer].bad = 0
        asked = self.asked.get(event_id)
        if asked is None or asked.project != name:
            self.check_dropped(effects)
        else:
            self.check(effects, [self.end(event_id, event_type, payload)])
            [send] = effects
            assert isinstance(send, Send)
            assert (send.result, send.droppable) == (200, False)

    @precondition(lambda self: self.any_in("cli"))
    @rule(number=ANY, event_type=ANSWERS, event_id=st.sampled_from([-1, 0, 5, 10**12, 2**53]))
    def answer_nothing(self, number: int, event_type: str, event_id: int) -> None:
        peer = self.pick(number, "cli")
        name = self.members[peer].project
        payload = {"of": self.fresh()}
        effects = self.hall.say(peer, event_type, payload, event_id, name)
        self.members[peer].bad = 0
        if event_type == "ack" or event_id >= 10**12:
            self.check_dropped(effects)
        else:
            message = (event_type, payload, event_id, name)
            self.check(effects, [(web, message) for web in self.webs(name)])

    @precondition(lambda self: self.any_in("web"))
    @rule(number=ANY, event_type=st.sampled_from(["log", "ack", "chart", "error"]), event_id=IDS)
    def frontend_says(self, number: int, event_type: str, event_id: int) -> None:
        peer = self.pick(number, "web")
        name = self.members[peer].project
        payload = {"of": self.fresh()}
        effects = self.hall.say(peer, event_type, payload, event_id, name)
        self.members[peer].bad = 0
        if event_type == "ack" and self.receiver(name) is not None:
            self.check(effects, [(self.receiver(name), (event_type, payload, event_id, name))])
        else:
            self.check_dropped(effects)

    @precondition(lambda self: self.any_in("fresh", "closed"))
    @rule(number=ANY, event_type=st.sampled_from(["log", "ack", "action", "chart"]), name=NAMES)
    def too_early_or_late(self, number: int, event_type: str, name: str) -> None:
        peer = self.pick(number, "fresh", "closed")
        effects = self.hall.say(peer, event_type, {}, 5, name)
        if self.members[peer].state == "fresh":
            self.check_dropped(effects)
            self.members[peer].bad = 0
        else:
            assert effects == []

    def check_dropped(self, effects: list[Effect]) -> None:
        """Nobody gets it; it is noted, unless that was done too often."""
        assert sent(effects) == closed(effects) == []
        assert len(told(effects)) == len(effects) <= 1

    @precondition(lambda self: self.any_in("fresh", "cli", "web"))
    @rule(number=ANY, times=st.sampled_from([1, 1, BAD_MESSAGES // 2, BAD_MESSAGES - 1]), what=ANY)
    def bad(self, number: int, times: int, what: int) -> None:
        peer = self.pick(number, "fresh", "cli", "web")
        member = self.members[peer]
        kinds: list[Callable[[], bytes]] = [
            lambda: b"{",
            lambda: written("log", {}, 7, ""),
            lambda: written("handshake", {}, 7, member.project or "a"),
        ]
        if member.project:
            kinds.append(lambda: written("log", {}, 7, member.project + "x"))
        for _ in range(times):
            member.bad += 1
            effects = self.hall.hear(peer, kinds[what % len(kinds)]())
            error, *others = sent(effects)
            assert (error[0], error[1][0], error[1][3]) == (peer, "error", member.project)
            if member.bad == BAD_MESSAGES:
                assert [each[:2] for each in closed(effects)] == [(peer, 1008)]
                expected = self.left(peer)
                assert sorted(others, key=repr) == sorted(expected, key=repr)
                self.members[peer] = Member("closed")
                return
            assert len(effects) == 1

    # Time.

    @rule(seconds=st.sampled_from([0.0, 0.5, 2.0, 5.0, 11.0]))
    def wait(self, seconds: float) -> None:
        effects = self.hall.tick(seconds)
        assert all(isinstance(each, Send) and each.result == 504 for each in effects)
        late = {
            event_id: {"result": 504, "reason": f"no answer within {asked.timeout:g} s"}
            for event_id, asked in self.asked.items()
            if asked.deadline <= self.hall.now
        }
        expected = [self.end(event_id, "ack", payload) for event_id, payload in late.items()]
        self.check(effects, expected)

    @invariant()
    def agrees(self) -> None:
        """The bridge counts what is there, and all is within its limits."""
        states = {each.name: each for each in self.hall.bridge.projects(self.hall.now)}
        assert list(states) == sorted(self.clis)
        assert len(states) <= LIMITS.projects
        assert self.hall.bridge.connections == len(self.members) <= LIMITS.connections
        for name, state in states.items():
            waiting = [each for each in self.asked.values() if each.project == name]
            assert state.pending == len(waiting) <= LIMITS.pending
            assert (state.clis, state.webs) == (len(self.clis[name]), len(self.webs(name)))
            assert state == self.hall.bridge.project(name, self.hall.now)
            assert (state.synced, state.status) == self.statuses.get(name, (None, {}))
            is_recent = state.synced is not None and self.hall.now <= state.synced + LIMITS.online
            assert state.online == (state.clis > 0 or is_recent)

    def teardown(self) -> None:
        """In the end nobody waits, and when all are gone nothing is left of them."""
        self.wait(1000.0)
        assert self.asked == {}
        for peer in list(self.members):
            self.check(self.hall.leave(peer), [])
        assert self.hall.bridge.connections == 0
        assert not self.hall.bridge._registry._forgotten
        assert not self.hall.bridge._actions._pending._by_peer


class BridgeTests(SynchronousTestCase):
    """All of it, many times."""

    def test_any_order(self) -> None:
        """Nobody gets what is not theirs; every action gets one answer, or nobody waits for it."""
        run_state_machine_as_test(BridgeMachine, settings=examples(300))
