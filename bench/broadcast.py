"""What is measured of a status daemon: a table, as L{bench.measures} is one."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median, quantiles
from time import perf_counter

from attrs import frozen

from bench import cpu, frontends, memory
from bench.frontends import Lines
from bench.load import WARM_UP
from bench.measures import Figure, Measure, Subject

FRONTENDS = 10
CROWD = 1000
RATE = 1000.0
"""Lines per second, where it is not as many as can be: what the page has to keep up with."""

SHORT, LONG = 50, 4096


@frozen
class Logs:
    """
    Lines of a program.

    @ivar size: characters of each.
    @ivar window: how many may be on their way.
    """

    size: int
    window: int


def _fast(subject: Subject, count: int, logs: Logs, watchers: int) -> Mapping[str, float]:
    """
    Send lines as fast as they arrive.

    @return: C{rate} in deliveries per second, C{cpu} in microseconds of the server for
        each, C{seconds} until all had joined, C{memory} of the server in MiB at the end.
    """
    lines = Lines(count, logs.size)
    warm = int(count * WARM_UP)
    group = subject.server.pid
    start = perf_counter()
    with frontends.crowd(subject.port, watchers, lines) as crowd:
        joined = perf_counter() - start
        frontends.run(crowd, 0, warm, logs.window)
        before = cpu.used(group)
        seconds = frontends.run(crowd, warm, count, logs.window)
        used = cpu.used(group) - before
        deliveries = (count - warm) * watchers
        return {
            "rate": deliveries / seconds,
            "cpu": used / deliveries * 1e6,
            "seconds": joined,
            "memory": memory.resident(group),
        }


def _paced(subject: Subject, size: int) -> Mapping[str, float]:
    """
    Send lines at a steady rate.

    @return: C{p50} and C{p99} of the delay of a delivery in milliseconds, C{cpu} in
        microseconds of the server for each.
    """
    count = int(RATE * subject.scale.paced)
    with frontends.crowd(subject.port, FRONTENDS, Lines(count, size)) as crowd:
        before = cpu.used(subject.server.pid)
        delays = frontends.pace(crowd, RATE)
        used = cpu.used(subject.server.pid) - before
    delays = delays[int(len(delays) * WARM_UP) :]
    return {
        "p50": median(delays) * 1e3,
        "p99": quantiles(delays, n=100)[98] * 1e3,
        "cpu": used / (count * FRONTENDS) * 1e6,
    }


_CPU = {"cpu": Figure("CPU of the server for a delivery", "us", more_is_better=False)}
_FAST = {"rate": Figure("deliveries", "1/s", more_is_better=True), **_CPU}
_PACED = {
    "p50": Figure("p50 of the delay", "ms", more_is_better=False),
    "p99": Figure("p99 of the delay", "ms", more_is_better=False),
    **_CPU,
}

FAST_SHORT = Measure(
    "50-byte logs to 10 frontends",
    "from one program, as fast as they arrive, 256 on their way",
    _FAST,
    lambda subject: _fast(subject, subject.scale.logs, Logs(SHORT, 256), FRONTENDS),
)
FAST_LONG = Measure(
    "4 KiB logs to 10 frontends",
    "from one program, as fast as they arrive, 32 on their way",
    _FAST,
    lambda subject: _fast(subject, subject.scale.logs // 4, Logs(LONG, 32), FRONTENDS),
)
PACED_SHORT = Measure(
    "50-byte logs to 10 frontends, 1,000 per second",
    "one by one",
    _PACED,
    lambda subject: _paced(subject, SHORT),
)
PACED_LONG = Measure(
    "4 KiB logs to 10 frontends, 1,000 per second",
    "one by one",
    _PACED,
    lambda subject: _paced(subject, LONG),
)
THOUSAND = Measure(
    "50-byte logs to 1,000 frontends",
    "all joined before the first; 8 on their way",
    {
        "seconds": Figure("time until all have joined", "s", more_is_better=False),
        "memory": Figure("memory of the server", "MiB", more_is_better=False),
        **_FAST,
    },
    lambda subject: _fast(subject, subject.scale.logs // 50, Logs(SHORT, 8), CROWD),
)
