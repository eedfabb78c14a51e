"""
A WAMP router in memory, for tests of what talks to one.

What is sent goes through the JSON serializer, as it would on a wire, and everything that
follows from it has happened when the call that sent it returns::

    router = Router()
    node = router.join(SomeSession(ComponentConfig(REALM)))
    caller = router.session()
    self.assertEqual(7, self.successResultOf(caller.call("some.procedure", 3, 4)))
    router.drop(node)  # its connection is lost

While C{router.held} is true nothing moves; C{router.flush()} lets it move again.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

from attrs import define, field
from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp import auth, message, role
from autobahn.wamp.exception import SerializationError, TransportLost
from autobahn.wamp.serializer import JsonSerializer
from autobahn.wamp.types import ComponentConfig
from twisted.internet.defer import Deferred

from netsim.datanode.model import REALM

__all__ = ["Peer", "Router", "Transport"]

USERS = {"server": "a secret", "simonsobs": "another one"}
ROLES = {"broker": role.RoleBrokerFeatures(), "dealer": role.RoleDealerFeatures()}
CRA, ANONYMOUS = "wampcra", "anonymous"
CANCELED = "wamp.error.canceled"
NO_PROCEDURE = "wamp.error.no_such_procedure"


class Router:
    """
    One realm, and who is there.

    @ivar peers: those that have joined, by session.
    @ivar heard: the messages that came, as C{(name, message)} such as C{("Call", ...)}.
    @ivar denied: topics that nobody may subscribe to.
    @ivar limit: of the bytes of a message that comes; a larger one is lost, as with crossbar.
    """

    def __init__(
        self,
        users: Mapping[str, str] = USERS,
        anonymous: bool = True,
        realm: str = REALM,
        salt: str | None = None,
        limit: int = 64 << 20,
    ) -> None:
        self.users = dict(users)
        self.anonymous = anonymous
        self.realm = realm
        self.salt = salt
        self.limit = limit
        self.held = False
        self.denied: set[str] = set()
        self.peers: dict[int, Peer] = {}
        self.heard: list[tuple[str, Any]] = []
        self.registrations: dict[int, Registration] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.pending: dict[int, Invoked] = {}
        self.ids = count(1001)
        self._queue: deque[Callable[[], None]] = deque()
        self._moving = False

    def join(self, session: ApplicationSession) -> Any:
        """Connect a session; unless it is refused, it has joined on return."""
        Transport(self, session).open()
        return session

    def session(self, cls: type = ApplicationSession) -> Any:
        """Make a session that has joined as anonymous, to call and to listen."""
        return self.join(cls(ComponentConfig(self.realm)))

    def drop(self, session: ApplicationSession) -> None:
        """The connection of a session is lost."""
        transport = session._transport
        assert isinstance(transport, Transport), "it is not connected to this router"
        transport.lose()

    def say_goodbye(self, reason: str) -> None:
        """End all sessions, as a router does that shuts down."""
        for peer in list(self.peers.values()):
            peer.dismiss(reason)

    def flush(self) -> None:
        """Let move what was held."""
        self.held = False
        self._move()

    def publish(self, topic: str, *args: Any) -> None:
        """Tell this to all who have subscribed to it."""
        self.broadcast(None, message.Publish(1, topic, args=list(args)))

    # What peers and transports use.

    def later(self, call: Callable[..., None], *args: Any) -> None:
        """Do it when all that came before is done."""
        self._queue.append(partial(call, *args))
        self._move()

    def broadcast(self, publisher: Peer | None, publish: Any) -> int:
        """Send an event to all who want it."""
        publication = next(self.ids)
        skipped = publisher if publish.exclude_me is not False else None
        for subscription in list(self.subscriptions.values()):
            if not subscription.wants(publish.topic):
                continue
            for peer in subscription.peers:
                if peer is not skipped:
                    args, kwargs = publish.args, publish.kwargs
                    topic = None if subscription.match == "exact" else publish.topic
                    id = subscription.id
                    peer.send(message.Event(id, publication, args=args, kwargs=kwargs, topic=topic))
        return publication

    def registration(self, procedure: str) -> Registration | None:
        """Find who does this."""
        return next((r for r in self.registrations.values() if r.uri == procedure), None)

    def unregister(self, id: int) -> None:
        """Nobody does this any longer."""
        gone = self.registrations.pop(id)
        self.publish("wamp.registration.on_unregister", gone.peer.id, id)
        self.publish("wamp.registration.on_delete", gone.peer.id, id)

    def _move(self) -> None:
        if self._moving:
            return
        self._moving = True
        try:
            while self._queue and not self.held:
                self._queue.popleft()()
        finally:
            self._moving = False


@define(eq=False)
class Registration:
    id: int
    uri: str
    peer: Peer


@define(eq=False)
class Subscription:
    id: int
    topic: str
    match: str
    peers: list[Peer] = field(factory=list)

    def wants(self, topic: str) -> bool:
        return topic.startswith(self.topic) if self.match == "prefix" else topic == self.topic


@define(eq=False)
class Invoked:
    """A call that has not been answered yet."""

    caller: Peer
    request: int
    callee: Peer


class Peer:
    """
    The router's end of a session; it can also be that of one of autobahn's WebSocket servers.

    @ivar id: of the session, once it has joined.
    @ivar details: C{authid} and others, as C{wamp.session.on_join} tells them.
    """

    def __init__(self, router: Router) -> None:
        self.router = router
        self.id: int | None = None
        self.details: dict[str, Any] = {}
        self._transport: Any = None
        self._challenge: str | None = None
        self._authid = self._session_id = None  # What autobahn's transport logs.

    def onOpen(self, transport: Any) -> None:
        """A connection is there."""
        self._transport = transport

    def onMessage(self, received: Any) -> None:
        """A message came."""
        name = type(received).__name__
        self.router.heard.append((name, received))
        getattr(self, f"_on_{name.lower()}")(received)

    def onClose(self, was_clean: bool) -> None:
        """The connection is gone."""
        self._transport = None
        self._leave()

    def send(self, sent: Any) -> None:
        """Send a message, unless the connection is gone."""
        if self._transport is not None:
            self._transport.send(sent)

    def abort(self, reason: str, text: str = "") -> None:
        """Do not let it join."""
        self.send(message.Abort(reason, text))

    def _on_hello(self, hello: Any) -> None:
        methods = hello.authmethods or [ANONYMOUS]
        if hello.realm != self.router.realm:
            self.abort("wamp.error.no_such_realm", f"no realm {hello.realm} exists")
        elif CRA in methods and hello.authid and self.router.users:
            self._ask(hello.authid)
        elif ANONYMOUS in methods and self.router.anonymous:
            self._welcome(None, ANONYMOUS)
        else:
            self.abort("wamp.error.no_auth_method", "cannot authenticate using these methods")

    def _ask(self, user: str) -> None:
        if user not in self.router.users:
            self.abort("wamp.error.authentication_failed", f"no principal with authid {user}")
            return
        self.details = {"authid": user}
        self._challenge = json.dumps({"nonce": next(self.router.ids)})
        salted = {"salt": self.router.salt, "iterations": 100, "keylen": 32}
        extra = {"challenge": self._challenge, **(salted if self.router.salt else {})}
        self.send(message.Challenge(CRA, extra))

    def _on_authenticate(self, authenticate: Any) -> None:
        user = self.details["authid"]
        key: Any = self.router.users[user]
        if self.router.salt:
            key = auth.derive_key(key, self.router.salt, 100, 32)
        if authenticate.signature.encode() == auth.compute_wcs(key, self._challenge):
            self._welcome(user, CRA)
        else:
            self.abort("wamp.error.authentication_failed", "signature is invalid")

    def _welcome(self, user: str | None, method: str) -> None:
        self.id = next(self.router.ids)
        who = user or f"anonymous-{self.id}"
        part = user or ANONYMOUS
        self.router.peers[self.id] = self
        self.details = {"session": self.id, "authid": who, "authrole": part, "authmethod": method}
        self.send(message.Welcome(self.id, ROLES, self.router.realm, who, part, method))
        self.router.publish("wamp.session.on_join", self.details)

    def _on_abort(self, abort: Any) -> None:
        """It does not want to join after all."""

    def _on_goodbye(self, goodbye: Any) -> None:
        if self.id is not None:
            self._leave()
            self.send(message.Goodbye("wamp.close.goodbye_and_out"))

    def _leave(self) -> None:
        router, id = self.router, self.id
        if id is None:
            return
        self.id = None
        del router.peers[id]
        for registration in [r for r in router.registrations.values() if r.peer is self]:
            del router.registrations[registration.id]
            router.publish("wamp.registration.on_unregister", id, registration.id)
            router.publish("wamp.registration.on_delete", id, registration.id)
        for subscription in router.subscriptions.values():
            subscription.peers[:] = [peer for peer in subscription.peers if peer is not self]
        for number, invoked in list(router.pending.items()):
            if self in (invoked.caller, invoked.callee):
                del router.pending[number]
                invoked.caller.fail("Call", invoked.request, CANCELED, "callee is gone")
        router.publish("wamp.session.on_leave", id)

    def dismiss(self, reason: str) -> None:
        """End the session."""
        self.send(message.Goodbye(reason))
        self._leave()

    def fail(self, kind: str, request: int, error: str, text: str) -> None:
        """Answer with an error."""
        code = getattr(message, kind).MESSAGE_TYPE
        self.send(message.Error(code, request, error, args=[text]))

    def _on_subscribe(self, subscribe: Any) -> None:
        if subscribe.topic in self.router.denied:
            self.fail("Subscribe", subscribe.request, "wamp.error.not_authorized", "not allowed")
            return
        match = subscribe.match or "exact"
        known = self.router.subscriptions.values()
        found = [s for s in known if (s.topic, s.match) == (subscribe.topic, match)]
        subscription = found[0] if found else Subscription(self._new(), subscribe.topic, match)
        self.router.subscriptions[subscription.id] = subscription
        if self not in subscription.peers:
            subscription.peers.append(self)
        self.send(message.Subscribed(subscribe.request, subscription.id))

    def _on_unsubscribe(self, unsubscribe: Any) -> None:
        self.router.subscriptions[unsubscribe.subscription].peers.remove(self)
        self.send(message.Unsubscribed(unsubscribe.request))

    def _on_publish(self, publish: Any) -> None:
        publication = self.router.broadcast(self, publish)
        if publish.acknowledge:
            self.send(message.Published(publish.request, publication))

    def _on_register(self, register: Any) -> None:
        uri = register.procedure
        if self.router.registration(uri):
            text = f"register for already registered procedure '{uri}'"
            self.fail("Register", register.request, "wamp.error.procedure_already_exists", text)
            return
        made = Registration(self._new(), uri, self)
        self.router.registrations[made.id] = made
        self.send(message.Registered(register.request, made.id))
        details = {"id": made.id, "uri": uri, "match": "exact", "invoke": "single"}
        self.router.publish("wamp.registration.on_create", self.id, details)
        self.router.publish("wamp.registration.on_register", self.id, made.id)

    def _on_unregister(self, unregister: Any) -> None:
        self.router.unregister(unregister.registration)
        self.send(message.Unregistered(unregister.request))

    def _on_call(self, call: Any) -> None:
        if meta := META.get(call.procedure):
            try:
                result = meta(self.router, *(call.args or ()))
            except KeyError as error:
                kind = call.procedure.split(".")[1]
                self.fail("Call", call.request, f"wamp.error.no_such_{kind}", f"none: {error}")
                return
            self.send(message.Result(call.request, args=[result]))
            return
        registration = self.router.registration(call.procedure)
        if registration is None:
            text = f"no callee registered for procedure <{call.procedure}>"
            self.fail("Call", call.request, NO_PROCEDURE, text)
            return
        number = self._new()
        self.router.pending[number] = Invoked(self, call.request, registration.peer)
        given = {"args": call.args, "kwargs": call.kwargs}
        registration.peer.send(message.Invocation(number, registration.id, **given))

    def _on_cancel(self, cancel: Any) -> None:
        for number, invoked in list(self.router.pending.items()):
            if (invoked.caller, invoked.request) == (self, cancel.request):
                del self.router.pending[number]
                invoked.callee.send(message.Interrupt(number))
                self.fail("Call", cancel.request, CANCELED, "call was canceled")

    def _on_yield(self, answer: Any) -> None:
        if invoked := self.router.pending.pop(answer.request, None):
            given = {"args": answer.args, "kwargs": answer.kwargs}
            invoked.caller.send(message.Result(invoked.request, **given))

    def _on_error(self, error: Any) -> None:
        if invoked := self.router.pending.pop(error.request, None):
            given = {"args": error.args, "kwargs": error.kwargs}
            code = message.Call.MESSAGE_TYPE
            invoked.caller.send(message.Error(code, invoked.request, error.error, **given))

    def _new(self) -> int:
        return next(self.router.ids)


def _registrations(router: Router) -> dict[str, list[int]]:
    return {"exact": list(router.registrations), "prefix": [], "wildcard": []}


def _registration(router: Router, id: int) -> dict[str, Any]:
    return {"id": id, "uri": router.registrations[id].uri, "match": "exact", "invoke": "single"}


def _lookup(router: Router, procedure: str, *options: Any) -> int | None:
    found = router.registration(procedure)
    return found.id if found else None


META: dict[str, Callable[..., Any]] = {
    "wamp.session.count": lambda router: len(router.peers),
    "wamp.session.list": lambda router: list(router.peers),
    "wamp.session.get": lambda router, id: router.peers[id].details,
    "wamp.registration.list": _registrations,
    "wamp.registration.get": _registration,
    "wamp.registration.lookup": _lookup,
    "wamp.registration.match": _lookup,
    "wamp.registration.list_callees": lambda router, id: [router.registrations[id].peer.id],
    "wamp.registration.count_callees": lambda router, id: int(id in router.registrations),
}


class Transport:
    """A connection in memory; the session's end of it."""

    transport_details = None

    def __init__(self, router: Router, session: Any) -> None:
        self._serializer = JsonSerializer()
        self._router = router
        self._session = session
        self._peer = Peer(router)
        self._open = True
        self.is_closed: Deferred[None] = Deferred()

    def open(self) -> None:
        """Connect both ends."""
        self._peer.onOpen(_End(self))
        self._session._transport = self
        self._session.onOpen(self)

    def send(self, sent: Any) -> None:
        """The session sends something."""
        if not self._open:
            raise TransportLost()
        data = self._serialized(sent)
        if len(data) <= self._router.limit:
            self._router.later(self._arrive, self._peer, data)

    def reply(self, sent: Any) -> None:
        """The router sends something."""
        self._router.later(self._arrive, self._session, self._serialized(sent))

    def isOpen(self) -> bool:
        """The session asks."""
        return self._open

    def close(self) -> None:
        """The session closes the connection, once all is sent."""
        self._router.later(self.lose, True)

    def abort(self) -> None:
        """The session closes the connection at once."""
        self.lose()

    def lose(self, was_clean: bool = False) -> None:
        """The connection ends."""
        if self._open:
            self._open = False
            self._session.onClose(was_clean)
            self._peer.onClose(was_clean)
            self.is_closed.callback(None)

    def _serialized(self, sent: Any) -> bytes:
        try:
            data: bytes = self._serializer.serialize(sent)[0]
        except Exception as error:
            raise SerializationError(f"WAMP message serialization error: {error}") from error
        return data

    def _arrive(self, end: Any, data: bytes) -> None:
        if self._open:
            for received in self._serializer.unserialize(data, isBinary=False):
                end.onMessage(received)


@define
class _End:
    """The router's end of a connection."""

    transport: Transport

    def send(self, sent: Any) -> None:
        self.transport.reply(sent)
