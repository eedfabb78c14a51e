"""What is measured of commands on another host: a table, as L{bench.measures} is one."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from bench import hosts, wire
from bench.hosts import Way
from bench.load import WARM_UP, LoadError
from bench.measures import REST, Figure, Measure, Subject
from bench.scale import MIB, Load


def _scripts(subject: Subject, script: str, load: Load) -> Mapping[str, float]:
    """
    Time each run of a script, on so many ways to a host side by side.

    @return: C{p50} and C{p99} in milliseconds, and C{rate} in scripts per second.
    """
    with (
        ThreadPoolExecutor(load.sessions) as threads,
        hosts.ways(subject, load.sessions) as ways,
    ):
        start = perf_counter()
        runs = [threads.submit(_timed, way, script, load.each) for way in ways]
        times = [seconds for run in runs for seconds in run.result()]
        rate = load.sessions * load.each / (perf_counter() - start)
    return {"p50": median(times) * 1e3, "p99": quantiles(times, n=100)[98] * 1e3, "rate": rate}


def _timed(way: Way, script: str, count: int) -> list[float]:
    """Return how many seconds each run took, but for the first ones."""
    times = []
    for _ in range(count):
        start = perf_counter()
        way.run(script)
        times.append(perf_counter() - start)
    return times[int(count * WARM_UP) :]


def _file(subject: Subject) -> Mapping[str, float]:
    """
    Copy a file of noise to the host, and back.

    @return: C{up} and C{down} in MiB per second.
    @raise LoadError: it came back as another one.
    """
    size = subject.scale.file
    source, target = subject.directory / "file", subject.directory / "there"
    _write_noise(source, size)
    with hosts.ways(subject) as (way,):
        start = perf_counter()
        way.upload(source, target)
        middle = perf_counter()
        back = way.retrieve(target, subject.directory)
        end = perf_counter()
    if not filecmp.cmp(source, back, shallow=False):
        raise LoadError(f"{back} is another file than {source}")
    back.unlink()
    return {"up": size / MIB / (middle - start), "down": size / MIB / (end - middle)}


def _write_noise(path: Path, size: int) -> None:
    """Write a file that does not compress."""
    with path.open("wb") as file:
        for _ in range(size // len(wire.BLOCK)):
            file.write(wire.BLOCK)


_SCRIPTS = {
    "p50": Figure("p50 of a round trip", "ms", more_is_better=False),
    "p99": Figure("p99 of a round trip", "ms", more_is_better=False),
    "rate": Figure("commands", "1/s", more_is_better=True),
}

EMPTY = Measure(
    "an empty script",
    "one after the other; `exec` of an empty text, `ssh host true`",
    _SCRIPTS,
    lambda subject: _scripts(subject, "", subject.scale.scripts),
)
PROGRAM = Measure(
    "a script that runs a program",
    "one after the other; /bin/true",
    _SCRIPTS,
    lambda subject: _scripts(subject, "/bin/true", subject.scale.scripts),
)
EIGHT = Measure(
    "eight empty scripts side by side",
    "eight connections, eight ssh at a time",
    _SCRIPTS,
    lambda subject: _scripts(subject, "", subject.scale.eight),
)
FILE = Measure(
    "a file",
    "of noise, to the host and back over SFTP; `upload_files` and `retrieve_files`, `sftp -b`",
    {
        "up": Figure("to the host", "MiB/s", more_is_better=True),
        "down": Figure("from the host", "MiB/s", more_is_better=True),
    },
    _file,
    rest=REST,
)
