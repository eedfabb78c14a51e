"""
Follows a JSON text segment by segment, and knows whether it can still become one.

It looks at every byte about once, however the text is cut, and keeps nothing of it but
how deep it is in: a pushdown automaton.  What the text means, and what exactly is wrong
with it, is left to L{json}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto

__all__ = ["MAX_DEPTH", "Scanner", "State"]

MAX_DEPTH = 200
"""Objects and lists inside of one another; Python's own limit depends on who calls it."""

_SPACE = r"[ \t\n\r]*+"
_STRING = r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+"
_NAME = r"true|false|null|NaN|-?Infinity"
_SIMPLE = rf"{_SPACE}(?:{_STRING}|{_NAME}|{_NUMBER}){_SPACE},"
_IN_WORD = b"+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode("ascii"))


_BLANK = _compiled(_SPACE)
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*+')
_REST_OF_WORD = re.compile(rb"[%s]*+" % re.escape(_IN_WORD))
_IS_WORD = _compiled(rf"(?:{_NAME}|{_NUMBER})\Z")
# Whole runs of what is nothing special, which are most of a large command.
_ITEMS = _compiled(rf"(?:{_SIMPLE})++")
_MEMBERS = _compiled(rf"(?:{_SPACE}{_STRING}{_SPACE}:{_SIMPLE})++")
_HEXADECIMAL = frozenset(b"0123456789ABCDEFabcdef")
_ESCAPED = frozenset(b'"\\/bfnrt')


class State(Enum):
    """What a L{Scanner} thinks of its text."""

    GOING = auto()
    COMPLETE = auto()
    BROKEN = auto()


class Scanner:
    """
    Follows one value, from its first byte.

    @ivar state: what became of it.
    @ivar fault: why it is broken, where that is not for L{json} to say.
    """

    def __init__(self) -> None:
        self.state = State.GOING
        self.fault = ""
        self._rules: Rules = _VALUE
        # What may come after the value, in each object and list that it is in.
        self._open: list[Rules] = []
        self._after: Rules = _VALUE
        self._word = bytearray()
        self._digits = 0
        self._mode: Mode = self._between

    def follow(self, data: bytes, start: int, end: int) -> int:
        """
        Go on with a part of a segment.

        @return: where it stopped: at C{end}; or behind the last byte of a value; or at the
            first byte after which nothing can complete it.  A number or a name is over,
            and judged, only at the byte that is no part of it.
        """
        place = start
        while place < end and self.state is State.GOING:
            place = self._mode(data, place, end)
        return place

    def _between(self, data: bytes, place: int, end: int) -> int:
        rules = self._rules
        if rules.run is not None and (run := rules.run.match(data, place, end)):
            self._rules = rules.afterwards
            return run.end()
        blank = _BLANK.match(data, place, end)
        place = blank.end() if blank else place
        if place == end:
            return end
        step = rules.steps.get(data[place])
        if step is None:
            self.state = State.BROKEN
            return place
        return place + step(self, data[place])

    def _in_string(self, data: bytes, place: int, end: int) -> int:
        plain = _PLAIN.match(data, place, end)
        place = plain.end() if plain else place
        if place == end:
            return end
        if data[place] == 0x22:
            self._proceed(self._after)
        elif data[place] == 0x5C:
            self._mode = self._escaped
        else:
            self.state = State.BROKEN
            return place
        return place + 1

    def _escaped(self, data: bytes, place: int, end: int) -> int:
        if data[place] in _ESCAPED:
            self._mode = self._in_string
        elif data[place] == 0x75:
            self._digits, self._mode = 4, self._in_escape
        else:
            self.state = State.BROKEN
            return place
        return place + 1

    def _in_escape(self, data: bytes, place: int, end: int) -> int:
        if data[place] not in _HEXADECIMAL:
            self.state = State.BROKEN
            return place
        self._digits -= 1
        if not self._digits:
            self._mode = self._in_string
        return place + 1

    def _in_word(self, data: bytes, place: int, end: int) -> int:
        match = _REST_OF_WORD.match(data, place, end)
        stop = match.end() if match else place
        self._word += data[place:stop]
        if stop < end:
            if _IS_WORD.match(self._word):
                self._end_value()
            else:
                self.state = State.BROKEN
            self._word.clear()
        return stop

    def _begin_key(self, _: int) -> int:
        self._after, self._mode = _COLON, self._in_string
        return 1

    def _begin_string(self, _: int) -> int:
        self._after = self._open[-1] if self._open else _NOTHING
        self._mode = self._in_string
        return 1

    def _begin_word(self, _: int) -> int:
        self._mode = self._in_word
        return 0

    def _begin(self, bracket: int) -> int:
        if len(self._open) == MAX_DEPTH:
            self.state, self.fault = State.BROKEN, f"nested deeper than {MAX_DEPTH} levels"
            return 0
        is_object = bracket == 0x7B
        self._open.append(_NEXT_MEMBER if is_object else _NEXT_ITEM)
        self._rules = _FIRST_KEY if is_object else _FIRST_ITEM
        return 1

    def _end(self, _: int) -> int:
        self._open.pop()
        self._end_value()
        return 1

    def _end_value(self) -> None:
        self._proceed(self._open[-1] if self._open else _NOTHING)

    def _comma(self, _: int) -> int:
        self._proceed(_KEY if self._open[-1] is _NEXT_MEMBER else _ITEM)
        return 1

    def _colon(self, _: int) -> int:
        self._proceed(_VALUE)
        return 1

    def _proceed(self, rules: Rules) -> None:
        self._rules, self._mode = rules, self._between
        if rules is _NOTHING:
            self.state = State.COMPLETE


Mode = Callable[[bytes, int, int], int]
"""What is done with the next bytes; gives the place behind those that it took."""
Steps = Mapping[int, Callable[[Scanner, int], int]]
"""What each byte begins, which tells how many bytes that took; others may not come."""


class Rules:
    """
    What may come next, blanks aside.

    @ivar run: takes much at once, if it can, after which C{afterwards} holds.
    """

    def __init__(
        self,
        steps: Steps,
        run: re.Pattern[bytes] | None = None,
        afterwards: Rules | None = None,
    ) -> None:
        self.steps = steps
        self.run = run
        self.afterwards = afterwards or self


_BEGIN: Steps = {
    **dict.fromkeys(_IN_WORD, Scanner._begin_word),
    **dict.fromkeys(b"{[", Scanner._begin),
    ord('"'): Scanner._begin_string,
}
_BEGIN_KEY: Steps = {ord('"'): Scanner._begin_key}

_NOTHING = Rules({})
_VALUE = Rules(_BEGIN)
_ITEM = Rules(_BEGIN, _ITEMS)
_FIRST_ITEM = Rules({**_BEGIN, ord("]"): Scanner._end}, _ITEMS, _ITEM)
_NEXT_ITEM = Rules({ord(","): Scanner._comma, ord("]"): Scanner._end})
_KEY = Rules(_BEGIN_KEY, _MEMBERS)
_FIRST_KEY = Rules({**_BEGIN_KEY, ord("}"): Scanner._end}, _MEMBERS, _KEY)
_COLON = Rules({ord(":"): Scanner._colon})
_NEXT_MEMBER = Rules({ord(","): Scanner._comma, ord("}"): Scanner._end})
