r"""
The worked examples of the pages under docs/systems: what they show is what happens.

A line of such an example is C{client}, C{device} or C{wait}, then bytes or seconds;
C{status} is what a device sends by itself.
Bytes are hex digits, or a text in quotes, with C{\n} and the like as in Python::

    client  fa 00 01 12 f2
    device  06 04 01 12 00 00 00 00 e2
    wait    2.5
    client  "ATT? 1\n"

More of the same bytes may follow in lines of their own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import TestCase

PAGES = Path(__file__).parents[2] / "docs" / "systems"

_LINE = re.compile(r"^ +(client|device|wait|status) +(.+(?:\n {8,}\S.*)*)$", re.MULTILINE)


def example(page: str, section: str) -> Iterator[tuple[str, str]]:
    """The lines of the example in one section of a page."""
    text = (PAGES / f"{page}.rst").read_text()
    _, heading, rest = text.partition(f"\n{section}\n")
    assert heading, f"{page} has no section {section!r}"
    end = re.search(r"\n\n[^\n ][^\n]*\n([-=~])\1{2,}\n", rest)
    yield from _LINE.findall(rest[: end.start()] if end else rest)


def octets(text: str) -> bytes:
    """What is written in one line of an example."""
    if text.startswith('"'):
        written: str = ast.literal_eval(f"({text})")
        return written.encode("latin-1")
    return bytes.fromhex(text)


def check(test: TestCase, page: str, section: str, device: Any) -> int:
    """
    Fail unless a device says what the page says that it does.

    @return: how many answers were compared.
    """
    client, waiting, compared, said = device.connect(), b"", 0, ""
    for who, text in [*example(page, section), ("client", "")]:
        if who == "device":
            wanted = octets(text)
            test.assertEqual(waiting[: len(wanted)], wanted, f"{page}: after {said}")
            waiting, compared = waiting[len(wanted) :], compared + 1
            continue
        test.assertEqual(waiting, b"", f"{page}: after {said}")
        said = said if who == "status" else text
        if who == "status":
            test.assertEqual(device.system.status(), octets(text), f"{page}: after {said}")
            compared += 1
        elif who == "client":
            waiting = client.say(octets(text))
        else:
            device.clock.advance(float(text))
    return compared
