"""
Files of housekeeping, written by so3g as aggregators do.

    >>> write(path, Block("feed", "block", [1.0, 2.0], {"a": [0.5, 0.6]}))
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import SkipTest

from attrs import frozen

FEED = "observatory.LSA22YE.feeds.temperatures"


@frozen
class Block:
    """What goes into one frame."""

    t: Sequence[float]
    columns: Mapping[str, Sequence[Any]]
    name: str = "temps"
    feed: str = FEED


def require_so3g() -> Any:
    """
    Give the library, C{core} of spt3g.

    @raise SkipTest: it is not installed.
    """
    if find_spec("so3g") is None:
        missing = "so3g is not installed (the extra g3)"
        if os.environ.get("NETSIM_REQUIRE_INTEGRATION") == "1":
            raise AssertionError(missing)
        raise SkipTest(missing)
    import_module("so3g")
    return import_module("spt3g.core")


def write(path: Path, *blocks: Block, version: int = 2) -> Path:
    """Write a file: a session, its providers, and a frame of data for each block."""
    core = require_so3g()
    hk = import_module("so3g.hk")
    helper = hk.HKSessionHelper(session_id=1, hkagg_version=version, description="test")
    feeds = list(dict.fromkeys(block.feed for block in blocks))
    providers = {feed: helper.add_provider(feed) for feed in feeds}
    writer = core.G3Writer(str(path))
    writer(helper.session_frame())
    writer(helper.status_frame(timestamp=0.0))
    for block in blocks:
        frame = helper.data_frame(providers[block.feed], timestamp=0.0)
        frame["blocks"].append(_old(core, block) if version == 0 else _today(core, block))
        if version == 2:
            frame["block_names"].append(block.name)
        writer(frame)
    # The file is closed, and whole, when the writer is gone.
    del writer
    return path


def _old(core: Any, block: Block) -> Any:
    made = import_module("so3g").IrregBlockDouble()
    made.t = list(block.t)
    for name, values in block.columns.items():
        made.data[name] = core.G3VectorDouble(values)
    return made


def _today(core: Any, block: Block) -> Any:
    made = core.G3TimesampleMap()
    made.times = core.G3VectorTime([core.G3Time(ticks(t)) for t in block.t])
    for name, values in block.columns.items():
        made[name] = _vector(core, values)
    return made


def ticks(t: float) -> int:
    """Units of 10 ns; a float of them would not be exact."""
    whole, rest = divmod(t, 1)
    return int(whole) * 10**8 + round(rest * 1e8)


def _vector(core: Any, values: Sequence[Any]) -> Any:
    kinds = {bool: core.G3VectorBool, int: core.G3VectorInt, str: core.G3VectorString}
    return kinds.get(type(values[0]), core.G3VectorDouble)(values)
