"""Calls of a program's actions, from the message to the answer."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.python.failure import Failure

from netsim.errors import ActionError, NetsimError
from netsim.status.interfaces import IActions
from netsim.status.lines import shortened
from netsim.status.message import ACK, NO_ID, Message

__all__ = ["MAX_ANSWER", "MAX_CALLS", "Calls"]

MAX_CALLS = 1000
"""Actions that go on at once."""

MAX_ANSWER = 1 << 20
"""Bytes of an answer, which is what daemons bear."""


@frozen
class _Call:
    """What is to be done."""

    name: str
    args: Any


class Calls:
    """Calls actions, and writes the answers."""

    def __init__(self, project: str, actions: IActions | None) -> None:
        self._project = project
        self._actions = actions
        self._running = 0

    def call(self, message: Message) -> Deferred[bytes | None]:
        """
        Do what a message asks for.

        @return: fires with the answer, or None if none is wanted; it does not fail.
        """
        call = _read(message.payload)
        if call is None:
            reason = 'expected {"name": NAME, "args": {…}}'
            return succeed(self._answer(message, {"name": "", "error": reason}))
        self._running += 1
        result = self._run(call)
        result.addBoth(self._ended)
        result.addCallbacks(
            lambda value: self._result(message, call.name, value),
            lambda failure: self._error(message, call.name, _why(failure)),
        )
        return result

    def _run(self, call: _Call) -> Deferred[Any]:
        if self._actions is None:
            return fail(ActionError(f"there is no action {call.name!r}"))
        if self._running > MAX_CALLS:
            return fail(ActionError(f"{MAX_CALLS} actions are running already"))
        return maybeDeferred(self._actions.call, call.name, call.args)

    def _ended(self, result: Any) -> Any:
        self._running -= 1
        return result

    def _result(self, message: Message, name: str, value: Any) -> bytes | None:
        try:
            answer = self._answer(message, {"name": name, "result": value})
        except (TypeError, ValueError, RuntimeError) as error:
            reason = f"JSON cannot say the result of {name!r}: {error}"
            return self._error(message, name, reason)
        if answer is not None and len(answer) > MAX_ANSWER:
            reason = f"the answer has {len(answer)} bytes, of {MAX_ANSWER} at most"
            return self._error(message, name, reason)
        return answer

    def _error(self, message: Message, name: str, reason: str) -> bytes | None:
        return self._answer(message, {"name": name, "error": shortened(reason)})

    def _answer(self, message: Message, payload: dict[str, Any]) -> bytes | None:
        if message.event_id == NO_ID:
            return None
        return Message(ACK, self._project, payload, message.event_id).encode()


def _read(payload: Any) -> _Call | None:
    """The document wraps a call in C{action}; frontends do not."""
    if isinstance(payload, dict) and isinstance(payload.get("action"), dict):
        payload = payload["action"]
    if not isinstance(payload, dict) or not isinstance(payload.get("name"), str):
        return None
    return _Call(payload["name"], payload.get("args") or {})


def _why(failure: Failure) -> str:
    text = failure.getErrorMessage()
    if failure.check(NetsimError) and text:
        return text
    return f"{type(failure.value).__name__}: {text}"
