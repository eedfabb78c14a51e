"""Who meets in which measures, and what has to come out of it."""

from __future__ import annotations

from attrs import frozen

from bench import contenders, measures
from bench.contenders import Contender
from bench.measures import Measure


@frozen
class Goal:
    """
    What one figure of a contender has to reach.

    @ivar limit: the least where more is better, else the most.
    @ivar baseline: whose figure it is divided by before it is compared; none for the
        figure itself.
    """

    contender: Contender
    measure: Measure
    figure: str
    limit: float
    baseline: Contender | None = None


@frozen
class Wing:
    """
    A part of the bench that can run alone.

    @ivar rounds: how often everything is measured, unless the user says otherwise.
    @ivar baselines: whom the report divides by.
    """

    name: str
    rounds: int
    contenders: tuple[Contender, ...]
    baselines: tuple[Contender, ...]
    measures: tuple[Measure, ...]
    goals: tuple[Goal, ...]


_BARE = contenders.BARE_FORWARDER
_SOCAT = contenders.SOCAT
_SOCAT_RECORDING = contenders.SOCAT_RECORDING
_RECORDING = contenders.RECORDING

PROXY = Wing(
    name="proxy",
    rounds=5,
    contenders=(
        contenders.DIRECT,
        _BARE,
        contenders.NOT_RECORDING,
        _RECORDING,
        _SOCAT,
        _SOCAT_RECORDING,
    ),
    baselines=(contenders.DIRECT, _BARE, _SOCAT),
    measures=(measures.ONE, measures.FIFTY, measures.NEW, measures.DOWN, measures.UP),
    goals=(
        Goal(_RECORDING, measures.ONE, "p50", 1.15, _BARE),
        Goal(_RECORDING, measures.FIFTY, "rate", 0.85, _BARE),
        Goal(_RECORDING, measures.DOWN, "rate", 0.8, _SOCAT),
        Goal(_RECORDING, measures.UP, "rate", 0.8, _SOCAT),
        Goal(_RECORDING, measures.DOWN, "rate", 1.3, _SOCAT_RECORDING),
        Goal(_RECORDING, measures.UP, "rate", 1.3, _SOCAT_RECORDING),
    ),
)

REPLAY = Wing(
    name="replay",
    rounds=3,
    contenders=(contenders.BARE_ECHO, contenders.REPLAY),
    baselines=(contenders.BARE_ECHO,),
    measures=(measures.ONE, measures.FIFTY, measures.CROWD),
    goals=(Goal(contenders.REPLAY, measures.CROWD, "served", 10_000),),
)

MEMORY = Wing(
    name="memory",
    rounds=1,
    contenders=(_BARE, contenders.NOT_RECORDING, _RECORDING),
    baselines=(),
    measures=(measures.GROW_DOWN, measures.GROW_UP, measures.GROW_SLOWLY),
    goals=(
        Goal(_RECORDING, measures.GROW_DOWN, "growth", 32),
        Goal(_RECORDING, measures.GROW_UP, "growth", 32),
        Goal(_RECORDING, measures.GROW_SLOWLY, "growth", 32),
    ),
)

WINGS = (PROXY, REPLAY, MEMORY)
