"""A bridge, and those who talk over it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from netsim.daemon.bridge import Bridge
from netsim.daemon.model import Close, Effect, Limits, Note, Peer, Send

NOW = 1_700_000_000.0

# Everything that the daemon logs or sends should bear names like this one.
NAME = "a project"


def written(event_type: str, payload: Any, event_id: int = -1, name: str = NAME) -> bytes:
    """A message as a client in the field writes it: blanks, ASCII only."""
    fields = {"event-type": event_type, "event-id": event_id, "name": name, "payload": payload}
    return json.dumps(fields).encode()


def read(text: bytes) -> tuple[str, Any, int, str]:
    """A message, in the order in which L{written} takes it."""
    fields = json.loads(text)
    assert fields.keys() == {"event-type", "payload", "event-id", "name"}, fields
    return fields["event-type"], fields["payload"], fields["event-id"], fields["name"]


class Hall:
    """Peers are strings here, which is all that the bridge needs."""

    def __init__(self, limits: Limits | None = None, strict: bool = False) -> None:
        self.bridge = Bridge(Limits() if limits is None else limits, strict)
        self.now = NOW

    def enter(self, peer: Peer) -> list[Effect]:
        """Connect."""
        return self.bridge.connect(peer, self.now)

    def join(self, peer: Peer, who: str, name: str = NAME, event_id: int = 0) -> list[Effect]:
        """Connect, and shake hands."""
        return [*self.enter(peer), *self.shake(peer, who, name, event_id)]

    def shake(self, peer: Peer, who: str, name: str = NAME, event_id: int = 0) -> list[Effect]:
        """Shake hands on a connection that is there."""
        return self.say(peer, "handshake", {"who": who}, event_id, name)

    def say(
        self, peer: Peer, event_type: str, payload: Any, event_id: int = -1, name: str = NAME
    ) -> list[Effect]:
        """Send a message."""
        return self.hear(peer, written(event_type, payload, event_id, name))

    def hear(self, peer: Peer, text: bytes) -> list[Effect]:
        """Send something."""
        return self.bridge.receive(peer, text, self.now)

    def leave(self, peer: Peer) -> list[Effect]:
        """Disconnect."""
        return self.bridge.disconnect(peer, self.now)

    def tick(self, seconds: float = 0.0) -> list[Effect]:
        """Let time go by."""
        self.now += seconds
        return self.bridge.tick(self.now)

    def ask(self, peer: Peer, event_id: int, payload: Any = None, name: str = NAME) -> int:
        """Call an action that goes to a program; its id there."""
        [effect] = self.say(peer, "action", payload, event_id, name)
        assert isinstance(effect, Send), effect
        return read(effect.text)[2]


def sent(effects: Iterable[Effect]) -> list[tuple[Peer, tuple[str, Any, int, str]]]:
    """Who gets which message."""
    return [
        (receiver, read(effect.text))
        for effect in effects
        if isinstance(effect, Send)
        for receiver in effect.receivers
    ]


def told(effects: Iterable[Effect]) -> list[str]:
    """What is written to the daemon's log."""
    return [effect.text for effect in effects if isinstance(effect, Note)]


def closed(effects: Iterable[Effect]) -> list[tuple[Peer, int, str]]:
    """Which connections are closed, and why."""
    return [
        (effect.peer, effect.code, effect.reason) for effect in effects if isinstance(effect, Close)
    ]


def receivers(effects: Iterable[Effect]) -> list[Peer]:
    """Who gets something."""
    return [receiver for receiver, _ in sent(effects)]
