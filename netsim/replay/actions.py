"""
The actions of one session, run in a thread of its own.

Action modules block in what they read; a thread that never comes back is a
daemon, and harms nobody but its session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from netsim.replay.pipes import InputPipe, OutputPipe
from netsim.script.action import ActionModule, split_action
from netsim.script.checks import LoadModule
from netsim.worker import Reactor, Worker


class Actions:
    """
    Runs the actions of one session, one at a time.

    @ivar running: an action runs, and what the client says is its input.
    """

    def __init__(
        self,
        reactor: Reactor,
        load_module: LoadModule,
        wants_input: Callable[[], None],
        has_output: Callable[[], None],
    ) -> None:
        """
        @param wants_input: called on the reactor when L{feed} has room again.
        @param has_output: called on the reactor when L{output} has something.
        """
        self.running = False
        self._inp = InputPipe(lambda: reactor.callFromThread(wants_input))
        self._outp = OutputPipe(lambda: reactor.callFromThread(has_output))
        self._load_module = load_module
        self._modules: dict[str, ActionModule] = {}
        self._worker = Worker(reactor, "netsim-actions")

    def run(self, action: str, args: tuple[Any, ...], data: bytes, ended: bool) -> Deferred[bytes]:
        """
        Run an action.

        @param data: what the client has said already.
        @param ended: it will say no more.
        @return: fires with what the action has left of it, and fails with what it raised.
        """
        self.running = True
        self._inp.begin(data, ended)
        return self._worker.submit(self._execute, action, args).addBoth(self._done)

    def feed(self, data: bytes) -> bool:
        """The client has said more; whether there is room for still more."""
        return self._inp.feed(data)

    def end_of_input(self) -> None:
        """The client will say no more."""
        self._inp.close()

    def output(self) -> bytes:
        """What was written since the last call."""
        return self._outp.drain()

    def stop(self) -> None:
        """The client is gone: wake whatever waits for it."""
        self._inp.close()
        self._outp.close()
        self._worker.stop()

    def _done(self, outcome: Any) -> Any:
        self.running = False
        return self._inp.take() if outcome is None else outcome

    def _execute(self, action: str, args: tuple[Any, ...]) -> None:
        if action == "import":
            self._module(args[0])
            return
        name, inner = split_action(action)
        self._module(name).execute_action(inner, list(args), self._inp, self._outp)

    def _module(self, name: str) -> ActionModule:
        if name not in self._modules:
            self._modules[name] = self._load_module(name)
        return self._modules[name]
