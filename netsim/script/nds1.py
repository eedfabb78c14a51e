"""
The action module C{nds1}: answers like those of an NDS1 server.

Each session has an L{Nds1} of its own, so that clients never see each other's
channels.  Actions and their arguments: WIRE, section 1, "The nds1 module"; what
they send is made in L{netsim.script.nds1_blocks}.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import frozen

from netsim.errors import ActionError
from netsim.script import nds1_blocks as blocks
from netsim.script.action import Input, Output, Read, Takes, number, show, whole


class Nds1:
    """The actions, and the channels that one session has registered."""

    def __init__(self) -> None:
        self._channels: dict[str, blocks.Channel] = {}

    def validate_action(self, action: str, args: Sequence[Any]) -> None:
        """
        Check everything but whether channels are registered, and values fit them.

        @raise ActionError: there is no such action, or it does not take these arguments.
        """
        _find(action).takes.read(action, args)

    def execute_action(self, action: str, args: Sequence[Any], inp: Input, outp: Output) -> None:
        """
        Run an action; long data is written piece by piece.

        @raise ActionError: as for validation; a channel is not registered, or a
            value does not fit it; the client sent another line than the action waits for.
        """
        rule = _find(action)
        rule.run(_Run(self._channels, inp, outp), *rule.takes.read(action, args))
        outp.flush()


@frozen
class _Run:
    """One action at work; its methods are the actions."""

    channels: dict[str, blocks.Channel]
    inp: Input
    outp: Output

    def find(self, *names: str) -> list[blocks.Channel]:
        try:
            return [self.channels[name] for name in names]
        except KeyError as error:
            raise ActionError(f"no channel {show(error.args[0])} is registered") from None

    def send(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.outp.write(piece)

    def register_chan(self, *values: Any) -> None:
        channel = blocks.Channel(*values)
        self.channels[channel.name] = channel

    def gen_sc3_12_1(self, name: str) -> None:
        self.send(map(blocks.channel_text, self.find(name)))

    def gen_sc2_12_1(self, *names: str) -> None:
        self.send(map(blocks.channel_record, self.find(*names)))

    def writer_id(self, writer: int, online: bool) -> None:
        self.send([blocks.writer_id(writer, online)])

    def reconfigure_block(self, names: list[str]) -> None:
        self.send([blocks.reconfigure_block(self.find(*names))])

    def data_header(self, names: list[str], gps: int, stride: int, sequence: int) -> None:
        self.send([blocks.data_header(self.find(*names), gps, stride, sequence)])

    def write_data(self, name: str, count: int, value: blocks.Value) -> None:
        [channel] = self.find(name)
        self.send(blocks.samples(channel, count, value))

    def termination_block(self) -> None:
        self.send([blocks.termination_block()])

    def handle_start_net_writer_full(self, count: int) -> None:
        for writer in range(1, count + 1):
            gps, seconds, name = _parse_request(self.inp.readline())
            [channel] = self.find(name)
            self.send(blocks.net_writer(writer, channel, gps, seconds))
            self.outp.flush()


_REQUEST = re.compile(
    rb'\s*start\s+net-writer\s+(\d{1,10})\s+(\d{1,10})\s*\{\s*"([^"]*)"\s*\}\s*;\s*'
)


def _parse_request(line: bytes) -> tuple[int, int, str]:
    if match := _REQUEST.fullmatch(line):
        gps, seconds = int(match[1]), int(match[2])
        if gps + seconds - 1 <= blocks.UINT32:
            return gps, seconds, match[3].decode(errors="replace")
    wanted = 'start net-writer GPS SECONDS {"CHANNEL"};'
    raise ActionError(f"wanted the line {wanted} with seconds of 32 bits; got {show(line)}")


def _text(low: int, high: int) -> Read:
    def read(value: Any) -> str:
        if isinstance(value, str) and value.isprintable() and low <= len(value.encode()) <= high:
            return value
        raise ValueError(f"{show(value)} is not printable text of {low} to {high} bytes")

    return read


def _float32(value: Any) -> int | float:
    struct.pack(">f", float(number(value)))  # OverflowError, where it does not fit
    return number(value)


def _value(value: Any) -> blocks.Value:
    if isinstance(value, list) and len(value) == 2:
        return number(value[0]), number(value[1])
    return (number(value),)


def _names(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(f"{show(value)} is not a list of names")
    return [_name(item) for item in value]


def _online(value: Any) -> bool:
    return value is True or value == "online"


_name = _text(1, blocks.NAME_BYTES)
_units = _text(0, blocks.UNITS_BYTES)
_type = whole(min(blocks.DATA_TYPES), max(blocks.DATA_TYPES))
_uint16 = whole(0, 0xFFFF)
_uint32 = whole(0, blocks.UINT32)


@frozen
class _Rule:
    """What an action takes, and what runs it with the arguments that were read."""

    takes: Takes
    run: Callable[..., None]


_CHANNEL = (_name, _uint32, _type, _uint32, _uint16, _units, _float32, _float32, _float32)
_RULES = {
    "register_chan": _Rule(
        Takes("name, rate, type, tp_num, group, units, gain, slope, offset", _CHANNEL),
        _Run.register_chan,
    ),
    "gen_sc3_12_1": _Rule(Takes("one argument, the name", (_name,)), _Run.gen_sc3_12_1),
    "gen_sc2_12_1": _Rule(Takes("one name or more", (_name,), repeated=True), _Run.gen_sc2_12_1),
    "writer-id": _Rule(Takes("id, online", (_uint32, _online)), _Run.writer_id),
    "reconfigure-block": _Rule(
        Takes("one argument, the list of names", (_names,)), _Run.reconfigure_block
    ),
    "data-header": _Rule(
        Takes("list of names, gps, stride, sequence", (_names, _uint32, _uint32, _uint32)),
        _Run.data_header,
    ),
    "write-data": _Rule(Takes("name, count, value", (_name, _uint32, _value)), _Run.write_data),
    "termination-block": _Rule(Takes("no arguments"), _Run.termination_block),
    "handle_start_net_writer_full": _Rule(
        Takes("one argument, the count of requests", (_uint32,)),
        _Run.handle_start_net_writer_full,
    ),
}


def _find(action: str) -> _Rule:
    if action not in _RULES:
        raise ActionError(f"nds1 has no action {action!r}; it has {', '.join(_RULES)}")
    return _RULES[action]
