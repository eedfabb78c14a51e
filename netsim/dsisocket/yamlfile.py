"""YAML texts as plain values: what is wrong with one is told with its line and column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from netsim.errors import ConfigError, Problem

__all__ = ["parse"]

_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """Tells the place of a value, such as the date 2026-13-45, that cannot be made."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:
            raise yaml.constructor.ConstructorError(
                None, None, str(error), node.start_mark
            ) from error


def parse(content: bytes, file: str) -> object:
    """
    Read a text.

    @param file: its name, for problems.
    @raise ConfigError: it is not UTF-8, not YAML, or has a key twice.
    """
    try:
        return _values(content.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem(file, f"line {line}", "not UTF-8")
    except yaml.MarkedYAMLError as error:
        problem = _unreadable(error, file)
    except yaml.YAMLError as error:
        problem = Problem(file, "", f"not YAML: {' '.join(str(error).split())}")
    except RecursionError:
        problem = Problem(file, "", "nested too deeply")
    raise ConfigError([problem])


def _values(text: str, file: str) -> object:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if problems := list(_repeated(node, "", file, set())):
            raise ConfigError(problems)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _repeated(node: yaml.Node, path: str, file: str, seen: set[int]) -> Iterator[Problem]:
    """Keys that stand twice in one mapping, of which YAML would take the last."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(item, f"{path}[{index}]", file, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            known, line = (key.tag, key.value), key.start_mark.line + 1
            place = f"{path}.{key.value}" if path else key.value
            if known in lines:
                twice = f"stands twice, in line {lines[known]} and in line {line}"
                yield Problem(file, place, twice)
            lines.setdefault(known, line)
            yield from _repeated(value, place, file, seen)


def _unreadable(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    said = " ".join(part for part in (error.context, error.problem) if part)
    return Problem(file, place, f"not YAML: {said}")
