"""Who meets in which measures, and what has to come out of it."""

from __future__ import annotations

from attrs import frozen

from bench import broadcast, contenders, measures, series, simulation, steering
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
    @ivar upstream: the server behind all of them; fields as in L{bench.contenders}.
    """

    name: str
    rounds: int
    contenders: tuple[Contender, ...]
    baselines: tuple[Contender, ...]
    measures: tuple[Measure, ...]
    goals: tuple[Goal, ...]
    upstream: tuple[str, ...] = ("python", "-m", "bench.upstream")


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
    contenders=(
        contenders.BARE_ECHO,
        contenders.ECHO_ON_UV,
        contenders.REPLAY,
        contenders.REPLAY_ON_UV,
    ),
    baselines=(contenders.BARE_ECHO,),
    measures=(measures.ONE, measures.FIFTY, measures.CROWD),
    goals=(
        Goal(contenders.REPLAY, measures.CROWD, "served", 10_000),
        Goal(contenders.ECHO_ON_UV, measures.CROWD, "memory", 1.0, contenders.BARE_ECHO),
        Goal(contenders.REPLAY_ON_UV, measures.CROWD, "memory", 1.0, contenders.REPLAY),
    ),
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

_THREADED = contenders.THREADED
_WORKERS = contenders.WORKERS
_TWIN = contenders.TWIN

SIMULATOR = Wing(
    name="simulator",
    rounds=3,
    contenders=(
        _THREADED,
        _WORKERS,
        contenders.ON_REACTOR,
        _TWIN,
        contenders.WORKERS_ON_UV,
        contenders.TWIN_ON_UV,
    ),
    baselines=(_THREADED,),
    measures=(
        simulation.INSTANCES,
        simulation.SHORT,
        simulation.HALF,
        simulation.WHOLE,
        simulation.EACH,
        simulation.STATUS_FAST,
        simulation.STATUS_MANY,
        simulation.STATUS_LIMIT,
    ),
    goals=(
        *(
            goal
            for who in (_WORKERS, _TWIN)
            for goal in (
                Goal(who, simulation.INSTANCES, "start", 1 / 2, _THREADED),
                Goal(who, simulation.INSTANCES, "memory", 1 / 8, _THREADED),
                Goal(who, simulation.INSTANCES, "idle", 2),
                Goal(who, simulation.INSTANCES, "connected", 2),
            )
        ),
        Goal(_TWIN, simulation.SHORT, "rate", 1.5, _THREADED),
        Goal(_TWIN, simulation.HALF, "rate", 1.5, _THREADED),
        Goal(_TWIN, simulation.WHOLE, "rate", 1.5, _THREADED),
        Goal(_WORKERS, simulation.SHORT, "rate", 0.8, _THREADED),
        Goal(_WORKERS, simulation.HALF, "rate", 0.8, _THREADED),
        Goal(_WORKERS, simulation.WHOLE, "rate", 0.8, _THREADED),
        Goal(_TWIN, simulation.STATUS_FAST, "delivered", 99),
        Goal(_TWIN, simulation.STATUS_FAST, "p99", 5),
        Goal(_TWIN, simulation.STATUS_MANY, "delivered", 99.9),
    ),
)

_ON_UV = contenders.BARE_ON_UV
_RECORDING_ON_UV = contenders.RECORDING_ON_UV

REACTOR = Wing(
    name="reactor",
    rounds=3,
    contenders=(
        contenders.DIRECT,
        _BARE,
        _ON_UV,
        contenders.PLAIN_UV,
        _RECORDING,
        _RECORDING_ON_UV,
        _SOCAT,
    ),
    baselines=(_BARE, contenders.PLAIN_UV, _SOCAT),
    measures=(measures.ONE, measures.FIFTY, measures.NEW, measures.DOWN, measures.UP),
    goals=(
        Goal(_ON_UV, measures.FIFTY, "rate", 2.5, _BARE),
        Goal(_ON_UV, measures.ONE, "p50", 0.6, _BARE),
        Goal(_ON_UV, measures.NEW, "rate", 1.7, _BARE),
        Goal(_ON_UV, measures.DOWN, "rate", 1.2, _BARE),
        Goal(_ON_UV, measures.UP, "rate", 1.2, _BARE),
        Goal(_ON_UV, measures.FIFTY, "rate", 0.9, contenders.PLAIN_UV),
        Goal(_RECORDING_ON_UV, measures.FIFTY, "rate", 1.0, _SOCAT),
        Goal(_RECORDING_ON_UV, measures.ONE, "p50", 1.2, _SOCAT),
    ),
)

_SSH = contenders.SSH
_STEERING = contenders.STEERING
_STEERING_ON_UV = contenders.STEERING_ON_UV

DSISOCKET = Wing(
    name="dsisocket",
    rounds=3,
    contenders=(_SSH, _STEERING, _STEERING_ON_UV, contenders.STEERING_HERE),
    baselines=(_SSH,),
    measures=(steering.EMPTY, steering.PROGRAM, steering.EIGHT, steering.FILE),
    goals=(
        Goal(_STEERING, steering.EMPTY, "p50", 0.8, _SSH),
        Goal(_STEERING_ON_UV, steering.EMPTY, "p50", 0.8, _SSH),
    ),
    upstream=("python", "-m", "bench.sshd", "{port}"),
)

_FASTAPI = contenders.FASTAPI
_DAEMON = contenders.DAEMON_ON_DISK

DAEMON = Wing(
    name="daemon",
    rounds=3,
    contenders=(_FASTAPI, contenders.DAEMON, _DAEMON, contenders.DAEMON_ON_UV),
    baselines=(_FASTAPI,),
    measures=(
        broadcast.FAST_SHORT,
        broadcast.FAST_LONG,
        broadcast.PACED_SHORT,
        broadcast.PACED_LONG,
        broadcast.THOUSAND,
    ),
    goals=(
        Goal(_DAEMON, broadcast.FAST_SHORT, "rate", 2, _FASTAPI),
        Goal(_DAEMON, broadcast.FAST_LONG, "rate", 2, _FASTAPI),
        Goal(_DAEMON, broadcast.FAST_SHORT, "rate", 30_000),
        Goal(_DAEMON, broadcast.THOUSAND, "memory", 200),
    ),
)

_PLAIN_SERIES = contenders.PLAIN_SERIES
_SERIES = contenders.SERIES

DATANODE = Wing(
    name="datanode",
    rounds=3,
    contenders=(_PLAIN_SERIES, _SERIES, contenders.SERIES_ON_UV),
    baselines=(_PLAIN_SERIES,),
    measures=(series.THINNED, series.RAW),
    goals=(
        Goal(_SERIES, series.THINNED, "cold", 1 / 5, _PLAIN_SERIES),
        Goal(_SERIES, series.THINNED, "warm", 1 / 50, _PLAIN_SERIES),
        Goal(_SERIES, series.THINNED, "memory", 4 * series.RAW_SIZE),
    ),
    upstream=("python", "-m", "bench.series_data", "{port}"),
)

WINGS = (PROXY, REPLAY, MEMORY, SIMULATOR, REACTOR, DSISOCKET, DAEMON, DATANODE)
