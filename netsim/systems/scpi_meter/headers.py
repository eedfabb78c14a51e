"""
SCPI headers: short and long forms of each word, words that may be left out.

A pattern is written as in manuals: C{MEASure[:SCALar]:VOLTage[:DC]?} stands for
C{MEAS:VOLT?}, C{measure:scalar:volt:dc?} and all others of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Generic, TypeVar

from netsim.systems.scpi_meter.errors import ScpiError

__all__ = ["Headers", "forms", "short", "spelt"]

T = TypeVar("T")

_NODE = re.compile(r"(\[)?:?(\*?[A-Za-z]+):?\]?")
_SUFFIX = re.compile(r"(?<=[A-Z])([0-9]+)(?=[:?]|$)")


def short(word: str) -> str:
    """The short form of a word that is written like C{VOLTage}."""
    return "".join(letter for letter in word if not letter.islower())


def spelt(text: str, words: Iterable[str]) -> str | None:
    """The short form of that one of some words which a text is, in either form and any case."""
    said = text.upper()
    return next((short(word) for word in words if said in (short(word), word.upper())), None)


def forms(pattern: str) -> Iterator[str]:
    """All spellings of a header, in capital letters."""
    end = "?" if pattern.endswith("?") else ""
    nodes = []
    for optional, word in _NODE.findall(pattern):
        spellings = {short(word), word.upper()}
        nodes.append([*spellings, ""] if optional else [*spellings])
    for words in product(*nodes):
        yield ":".join(filter(None, words)) + end


class Headers(Generic[T]):
    """What headers mean."""

    def __init__(self, meanings: Mapping[str, T]) -> None:
        """@param meanings: by patterns, no two of which may have a spelling in common."""
        self._meanings: dict[str, T] = {}
        for pattern, meaning in meanings.items():
            for form in forms(pattern):
                if form in self._meanings:
                    raise ValueError(f"{form} of {pattern} is known already")
                self._meanings[form] = meaning

    def find(self, header: str) -> T:
        """
        What a header means.  Each word may have the number 1 behind it.

        @raise ScpiError: nothing; or there is no more than one of a word.
        """
        said = header.upper()
        if said in self._meanings:
            return self._meanings[said]
        numbers = _SUFFIX.findall(said)
        plain = _SUFFIX.sub("", said)
        if said.startswith("*") or plain not in self._meanings:
            raise ScpiError(-113)
        if any(number.lstrip("0") != "1" for number in numbers):
            raise ScpiError(-114)
        return self._meanings[plain]
