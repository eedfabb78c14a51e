"""Writes the script that a replay server plays: each exchange answered by itself."""

from __future__ import annotations

import json
from pathlib import Path

from bench import wire


def write_script(path: Path, exchanges: int) -> None:
    """Write a script file with that many exchanges, the ones that the load makes."""
    texts = (wire.exchange(number).decode("ascii") for number in range(exchanges))
    scripts = [{"type": "script", "command": text, "response": text} for text in texts]
    document = {"recorded_script": {"type": "compound", "scripts": scripts}}
    path.write_text(json.dumps(document))
