"""
Reads nested mappings, and finds all that is wrong with them.

A L{Section} is asked for its keys, each with its kind.  What is wrong is noted, and
reading goes on: nothing is raised.  L{Section.close} then tells of the keys that nobody
asked for.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, evolve, field, frozen

from netsim.dsisocket.kinds import Kind, describe, mapping, sequence, text
from netsim.dsisocket.model import Secret
from netsim.errors import Problem

__all__ = ["Place", "Reading", "Section"]

T = TypeVar("T")

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLAIN = re.compile(r"[\w.-]+")


@frozen
class Place:
    """
    Where a value stands.

    @ivar path: its keys, such as C{out.mongod[1].public_ip}.
    @ivar directory: what paths in that file are relative to.
    @ivar name: the key as the reference has it, whatever file it stands in: C{[]} for
        any item of a list.
    """

    file: str
    directory: Path
    path: str = ""
    name: str = ""

    def key(self, key: str, name: str | None = None) -> Place:
        """
        The place of a key below this one.

        @param name: what the reference calls it; by default the key.
        """
        shown = key if _PLAIN.fullmatch(key) else json.dumps(key)
        name = key if name is None else name
        return evolve(
            self,
            path=f"{self.path}.{shown}" if self.path else shown,
            name=f"{self.name}.{name}" if self.name else name,
        )

    def item(self, index: int) -> Place:
        """The place of an item of the list that stands here."""
        # Lists in lists have one name: a topology may be nested as deep as it likes.
        name = self.name if self.name.endswith("[]") else f"{self.name}[]"
        return evolve(self, path=f"{self.path}[{index}]", name=name)


@define
class Reading:
    """
    What is found while a configuration is read, and what has to be known for it.

    @ivar environ: where secrets are.
    @ivar home: what C{~} stands for.
    @ivar problems: why it cannot be used, if there are any.
    @ivar warnings: what is worth to be told.
    @ivar known: the name of every key that was asked for, whether it was there or not.
    """

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    problems: list[Problem] = field(factory=list)
    warnings: list[str] = field(factory=list)
    known: set[str] = field(factory=set)

    def problem(self, place: Place, reason: str) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(place.file, place.path, reason))

    def warn(self, place: Place, text: str) -> None:
        """Note what is not wrong, and may not be meant."""
        self.warnings.append(str(Problem(place.file, place.path, text)))

    def check(self, place: Place, value: object, kind: Kind[T]) -> T | None:
        """Have a value checked; none if it is not of that kind, which is noted."""
        try:
            return kind(value)
        except ValueError as error:
            self.problem(place, str(error))
            return None


class Section:
    """
    A mapping that is being read.

    A key without a value is as good as one that is not there.

    @ivar here: whether the configuration has it.
    """

    def __init__(self, value: object, place: Place, reading: Reading) -> None:
        values = None if value is None else reading.check(place, value, mapping)
        self.here = value is not None
        self.place, self.reading = place, reading
        self._values: Mapping[Any, object] = {} if values is None else values
        self._known: set[str] = set()

    def find(self, key: str, kind: Kind[T]) -> T | None:
        """The value of a key; none where there is none, or where it is wrong."""
        place, value = self._look(key), self._values.get(key)
        return None if value is None else self.reading.check(place, value, kind)

    def get(self, key: str, kind: Kind[T], default: T) -> T:
        """The value of a key; the default where there is none, or where it is wrong."""
        value = self.find(key, kind)
        return default if value is None else value

    def need(self, key: str, kind: Kind[T]) -> T | None:
        """The value of a key that has to be there; none where it is not, or is wrong."""
        place = self._look(key)
        if self._values.get(key) is None:
            like = difflib.get_close_matches(key, self.keys(), n=1, cutoff=0.8)
            instead = f"; there is {like[0]}" if like and like != [key] else ""
            self.reading.problem(place, f"missing{instead}")
        return self.find(key, kind)

    def path(self, key: str) -> Path | None:
        """A path; relative ones start from the directory of the file."""
        return self.find(key, self._as_path)

    def secret(self, key: str) -> Secret | None:
        """What the environment variable that is named as C{${NAME}} holds."""
        return self.find(key, self._as_secret)

    def section(self, key: str) -> Section:
        """The mapping below a key; an empty one where there is none."""
        place = self._look(key)
        return Section(self._values.get(key), place, self.reading)

    def items(self, key: str, name: str | None = None) -> Iterator[tuple[object, Place]]:
        """
        The items of the list below a key.

        @param name: what the reference calls the key, where it is any of several.
        """
        place, value = self._look(key, name), self._values.get(key)
        if value is not None:
            for index, item in enumerate(self.reading.check(place, value, sequence) or ()):
                yield item, place.item(index)

    def peek(self, key: str) -> object:
        """What stands at a key, as it is; none where there is none."""
        return self._values.get(key)

    def keys(self) -> Iterator[str]:
        """The keys that it has, in their order; what is no text is passed over."""
        return (key for key in self._values if isinstance(key, str))

    def close(self) -> None:
        """Tell of keys that are not known: call it when all known ones have been read."""
        for key in self._values:
            if not isinstance(key, str):
                reason = f"expected texts as keys, not {describe(key)}"
                self.reading.problem(self.place, reason)
            elif key not in self._known:
                self.reading.problem(self.place.key(key), self._unknown(key))

    def hint(self) -> None:
        """Warn of keys that look like known ones: others may be there, as it is not ours."""
        for key in self.keys():
            if key not in self._known and (near := self._near(key, 0.8)):
                self.reading.warn(self.place.key(key), f"unknown key: is it to be {near}?")

    def _look(self, key: str, name: str | None = None) -> Place:
        place = self.place.key(key, name)
        self._known.add(key)
        self.reading.known.add(place.name)
        return place

    def _unknown(self, key: str) -> str:
        if near := self._near(key, 0.6):
            return f"unknown key: did you mean {near}?"
        return f"unknown key: there are {', '.join(sorted(self._known))}"

    def _near(self, key: str, cutoff: float) -> str | None:
        near = difflib.get_close_matches(key, sorted(self._known), n=1, cutoff=cutoff)
        return near[0] if near else None

    def _as_path(self, value: object) -> Path:
        path = text(value)
        if path == "~" or path.startswith("~/"):
            return self.reading.home / path[2:]
        if path.startswith("~"):
            raise ValueError(f"{describe(value)}: only the own home directory is known as ~")
        return self.place.directory / path

    def _as_secret(self, value: object) -> Secret:
        # What is there is not told: it may be the secret itself.
        found = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(
                "secrets do not stand in the file: write ${NAME}, and give the secret in the"
                " environment variable NAME"
            )
        secret = self.reading.environ.get(found[1])
        if not secret:
            state = "not set" if secret is None else "empty"
            raise ValueError(f"the environment variable {found[1]} is {state}")
        return Secret(secret, found[1])
