"""
What a line of a program's log says: how serious it is, and its text.

There are two forms: C{{"log": {"level", "message", "time", "whom"}}}, and what clients in the
field send, C{{"prefix", "datetime", "whom", "msg"}}.  Anything else is a line too.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["INFO", "LEVELS", "MAX_TEXT", "level_name", "level_of", "severity_of", "text_of"]

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
"""How serious a line can be, and its severity, a number as the module C{logging} has it."""

INFO = LEVELS["info"]
"""The severity of a line that does not tell."""

MAX_TEXT = 16_384
"""Characters of a line that are searched."""

_NAMES = {severity: name for name, severity in LEVELS.items()}

_SEVERITIES = {
    **LEVELS,
    "trace": 10,
    "verbose": 10,
    "log": 20,
    "mention": 20,
    "notice": 20,
    "ok": 20,
    "success": 20,
    "warn": 30,
    "err": 40,
    "exception": 40,
    "failure": 40,
    "alert": 50,
    "emergency": 50,
    "fatal": 50,
    "panic": 50,
}
"""The words that programs use."""

_WORD_KEYS = ("level", "prefix", "levelname", "levelno", "severity")
_TEXT_KEYS = ("message", "msg", "whom")
_MAX_WORD = 32
_ORNAMENT = " \t\r\n[](){}<>:;,.!*#=|-"
"""What programs write around such a word."""


def severity_of(payload: Any) -> int:
    """Tell how serious a line is: one of the values of L{LEVELS}."""
    line = payload.get("log", payload) if isinstance(payload, dict) else payload
    if isinstance(line, dict):
        for key in _WORD_KEYS:
            if key in line:
                return _severity(line[key])
    return INFO


def level_of(payload: Any) -> str:
    """Tell how serious a line is, as a word: one of L{LEVELS}."""
    return _NAMES[severity_of(payload)]


def level_name(severity: int) -> str:
    """Give the word for one of the values of L{LEVELS}."""
    return _NAMES.get(severity, "info")


def text_of(payload: Any) -> str:
    """
    What one searches in a line: its message, and whose it is.

    Of a line in a form that is not known, that is all of it.
    """
    line = payload.get("log", payload) if isinstance(payload, dict) else payload
    if isinstance(line, dict):
        texts = [line[key] for key in _TEXT_KEYS if isinstance(line.get(key), str)]
        if any(isinstance(line.get(key), str) for key in _TEXT_KEYS[:2]):
            return " ".join(text[:MAX_TEXT] for text in texts)[:MAX_TEXT]
    text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
    return text[:MAX_TEXT]


def _severity(value: Any) -> int:
    if isinstance(value, str):
        # Almost always it is written plainly, and lines are many.
        found = _SEVERITIES.get(value)
        return found or _severity_of_word(value[:_MAX_WORD].strip(_ORNAMENT).lower())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _severity_of_number(value)
    return INFO


def _severity_of_word(word: str) -> int:
    if word.isascii() and word.isdigit():
        return _severity_of_number(int(word))
    return _SEVERITIES.get(word, INFO)


def _severity_of_number(number: float) -> int:
    """Numbers between two levels belong to the lower one, as they do for C{logging}."""
    if not number > 0:
        return INFO
    return max((each for each in _NAMES if each <= number), default=LEVELS["debug"])
