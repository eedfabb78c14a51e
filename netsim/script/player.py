"""
The player: a script on one side, what a client says on the other, events out.

It knows no socket and no time.  What comes is compared byte by byte: as soon as
a command is complete its answer is among the events, and the first byte that
differs ends the session.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from netsim.script import model
from netsim.script.difference import CONTEXT, Departure, Difference, first_difference
from netsim.script.events import (
    TAKES_TIME,
    Event,
    Finished,
    NextConnection,
    Pause,
    RunAction,
    SendBlob,
)


@frozen
class Score:
    """
    What is played.

    @ivar scripts: every script by its name.
    @ivar chosen: the name of the one that each session plays.
    @ivar chunks: reads a blob by its name, in pieces.
    @ivar timing: 0 plays as fast as possible; otherwise the recorded gaps before
        answers are kept, multiplied by this factor.
    """

    scripts: Mapping[str, model.Script]
    chosen: str
    chunks: Callable[[str], Iterator[bytes]]
    timing: float = 0.0

    def script(self) -> tuple[str, model.Script]:
        """The script that is played, and its name, past those that only name another."""
        name = self.chosen
        while isinstance(script := self.scripts[name], model.Named):
            name = script.name
        return name, script


_Place = tuple["_Place | None", str | int]
_END = Finished()


class Player(ABC):
    """
    One session's way through a script.

    @ivar finished: the script was played to its end.
    @ivar number: the exchange that is played, counted from 1.
    """

    def __init__(self, score: Score) -> None:
        self.finished = False
        self.number = 0
        self._score = score
        self._stopped = False
        self._want: bytes | None = None
        self._offset = 0
        self._may_leave = False
        self._place: _Place = (None, score.chosen)
        self._steps = self._connections()

    def start(self) -> list[Event]:
        """The client has connected."""
        return self._advance()

    @property
    def busy(self) -> bool:
        """It waits to be resumed."""
        return self._stopped and not self.finished

    @abstractmethod
    def receive(self, data: bytes) -> list[Event]:
        """The client has said this."""

    def resume(self) -> list[Event]:
        """What took time is done."""
        self._stopped = False
        return self._advance()

    def leave(self) -> Departure | None:
        """The client is gone; tells why that was too early, if it was."""
        if self.finished or self._may_leave:
            return None
        return self.cut_off()

    def cut_off(self) -> Departure:
        """The client is gone, and what was sent has not reached it."""
        return Departure(self.number, self._path(), self._offset, self._want or b"")

    def _advance(self) -> list[Event]:
        events: list[Event] = []
        while not self._stopped:
            if self._want is not None:
                found = self._compare(self._want)
                if found is False:
                    break
                if found is not True:
                    self._stopped = True
                    events.append(found)
                continue
            event = next(self._steps, _END)
            if event is None:
                continue
            events.append(event)
            if event is _END:
                self.finished = self._stopped = True
                events += self._refuse_more()
            elif type(event) in TAKES_TIME:
                self._stopped = True
        return events

    @abstractmethod
    def _compare(self, want: bytes) -> bool | Difference:
        """Whether what came agrees with what is wanted and there is more to do."""

    @abstractmethod
    def _exchange(
        self, exchange: model.Exchange | model.DatagramExchange
    ) -> Iterator[Event | None]:
        """The steps of one exchange; C{None} after setting what is wanted."""

    @abstractmethod
    def _refuse_more(self) -> list[Event]:
        """What was said after the script's end is a difference."""

    def _connections(self) -> Iterator[Event | None]:
        name, script = self._score.script()
        if not (isinstance(script, model.Compound) and script.multi):
            yield from self._play(script, (None, name))
            return
        for index, child in enumerate(script.scripts):
            if index:
                yield NextConnection()
            yield from self._play(child, ((None, name), index))

    def _play(self, script: model.Script, place: _Place) -> Iterator[Event | None]:
        if isinstance(script, (model.Exchange, model.DatagramExchange)):
            self.number += 1
            self._place = place
            self._may_leave = False
            yield from self._exchange(script)
        elif isinstance(script, model.Compound):
            for index, child in enumerate(script.scripts):
                yield from self._play(child, (place, index))
        elif isinstance(script, model.Named):
            yield from self._play(self._score.scripts[script.name], (None, script.name))
        elif isinstance(script, model.Action):
            yield self._action(script)

    def _action(self, script: model.Action) -> Event:
        if script.action == "sleep":
            return Pause(float(script.args[0]))
        if script.response is None:
            return RunAction(script.action, script.args)
        return RunAction(script.action, (*script.args, b"".join(self._chunks(script.response))))

    def _asked(self, facts: model.Facts) -> Iterator[Event]:
        """The command is complete; from here on a session that broke may break again."""
        self._may_leave = facts.partial
        if self._score.timing and facts.gap:
            yield Pause(facts.gap * self._score.timing)

    def _chunks(self, content: model.Content) -> Iterator[bytes]:
        if isinstance(content, model.BlobRef):
            return self._score.chunks(content.name)
        return iter((content,))

    def _difference(self, before: bytes, wanted: bytes, received: bytes) -> Difference:
        return Difference(self.number, self._path(), self._offset, before, wanted, received)

    def _surplus(self, received: bytes) -> Difference:
        return Difference(self.number + 1, self._path(), 0, b"", b"", received, ended=True)

    def _path(self) -> str:
        place: _Place | None = self._place
        steps = []
        while place is not None:
            place, step = place
            steps.append(step if isinstance(step, str) else f".scripts[{step}]")
        return "".join(reversed(steps))


class StreamPlayer(Player):
    """Plays to a client that speaks over a byte stream, in segments of any size."""

    def __init__(self, score: Score) -> None:
        super().__init__(score)
        self._buffer = b""
        self._before = b""

    def receive(self, data: bytes) -> list[Event]:
        """The client has said this."""
        self._buffer = self._buffer + data if self._buffer else data
        return self._refuse_more() if self.finished else self._advance()

    @property
    def ahead(self) -> int:
        """How many bytes came that could not be compared yet."""
        return len(self._buffer)

    def take(self) -> bytes:
        """What came and was not compared yet: the input of an action."""
        data, self._buffer = self._buffer, b""
        return data

    def give_back(self, data: bytes) -> None:
        """What an action has left of its input."""
        self._buffer = data + self._buffer

    def _compare(self, want: bytes) -> bool | Difference:
        data = self._buffer
        if data.startswith(want):
            self._equal(want, data[len(want) :], None)
            return True
        if want.startswith(data):
            self._equal(data, b"", want[len(data) :])
            return False
        same = first_difference(want, data)
        self._equal(data[:same], data[same:], want[same:])
        return self._difference(self._before, want[same:], data[same:])

    def _equal(self, same: bytes, data: bytes, want: bytes | None) -> None:
        self._offset += len(same)
        self._before = (self._before + same)[-CONTEXT - 1 :]
        self._buffer = data
        self._want = want

    def _refuse_more(self) -> list[Event]:
        data = self.take()
        return [self._surplus(data)] if data and not self._may_leave else []

    def _exchange(
        self, exchange: model.Exchange | model.DatagramExchange
    ) -> Iterator[Event | None]:
        self._offset, self._before = 0, b""
        late = exchange.late if isinstance(exchange, model.Exchange) else 0
        tail = b""
        for chunk in self._chunks(exchange.command):
            said = tail + chunk
            cut = max(0, len(said) - late)
            tail = said[cut:]
            if cut:
                self._want = said[:cut]
                yield None
        yield from self._asked(exchange.facts)
        yield from self._answer(exchange)
        if tail:
            self._want = tail
            yield None

    def _answer(self, exchange: model.Exchange | model.DatagramExchange) -> Iterator[Event]:
        if isinstance(exchange, model.DatagramExchange):
            yield from exchange.responses
        elif isinstance(exchange.response, model.BlobRef):
            yield SendBlob(exchange.response.name)
        elif exchange.response:
            yield exchange.response
