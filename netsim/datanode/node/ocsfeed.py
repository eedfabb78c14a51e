"""
Reads what agents of the Observatory Control System publish.

An event has one argument, a pair: blocks by their names, and who publishes them.  A block is
C{{"block_name": NAME, "timestamps": [SECONDS, ...], "data": {CHANNEL: [VALUE, ...]}}}.  Feeds
that are not aggregated have a bare block in the place of the blocks, or single values in the
place of lists: C{{"timestamp": SECONDS, "data": {CHANNEL: VALUE}}}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from netsim.datanode.node.chunk import Value, plain

__all__ = ["Event", "Series", "field_of", "read", "topic"]


@frozen
class Series:
    """
    Samples of one channel.

    @ivar times: Unix seconds.
    @ivar values: as many.
    """

    channel: str
    times: list[float]
    values: list[Value]


@define
class Event:
    """
    What was read of an event.

    @ivar problems: sentences about what could not be.
    """

    series: list[Series] = field(factory=list)
    problems: list[str] = field(factory=list)


def topic(target: str, feed: str) -> str:
    """Where an agent publishes a feed."""
    return f"observatory.{target}.feeds.{feed}"


def field_of(channel: str) -> str:
    """The name of the field that a channel becomes."""
    return channel.lower().replace(" ", "_")


def read(event: object, latest: float) -> Event:
    """
    Read the argument of an event: whatever of it can be read.

    @param latest: Unix seconds; samples from after that are wrong.
    """
    found = Event()
    if not (isinstance(event, list | tuple) and event and isinstance(event[0], dict)):
        found.problems.append("an event is no pair of blocks and a feed")
        return found
    blocks = event[0]
    for block in [blocks] if _is_block(blocks) else blocks.values():
        if not _is_block(block):
            found.problems.append("a block has no data")
        elif (times := _times(block, latest)) is None:
            found.problems.append("the times of a block cannot be those of its data")
        else:
            _read_data(found, block["data"], times)
    return found


def _is_block(block: object) -> bool:
    return (
        isinstance(block, dict)
        and isinstance(block.get("data"), dict)
        and ("timestamps" in block or "timestamp" in block)
    )


def _times(block: Mapping[str, Any], latest: float) -> list[float] | None:
    told = block["timestamps"] if "timestamps" in block else block["timestamp"]
    times = [plain(time) for time in _listed(told)]
    # Not a number is not between any two.
    if all(isinstance(time, float) and 0 <= time <= latest for time in times):
        return [float(time) for time in times if isinstance(time, float)]
    return None


def _read_data(found: Event, data: Mapping[Any, Any], times: list[float]) -> None:
    for channel, told in data.items():
        values = _listed(told)
        if not isinstance(channel, str) or len(values) != len(times):
            found.problems.append(f"channel {channel!r:.100} has another length than its times")
            continue
        samples = [plain(value) for value in values]
        if any(_is_lost(*each) for each in zip(samples, values, strict=True)):
            found.problems.append(f"channel {channel!r:.100} has what is no sample")
        found.series.append(Series(channel, times, samples))


def _listed(told: Any) -> list[Any] | tuple[Any, ...]:
    return told if isinstance(told, list | tuple) else [told]


def _is_lost(sample: Value, value: object) -> bool:
    return sample is None and value is not None
