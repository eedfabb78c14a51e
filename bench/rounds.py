"""Runs a wing, round after round: in each round every measure, of all contenders in turn."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import sleep

from bench.contenders import Contender
from bench.devices import SYSTEMS
from bench.load import LoadError
from bench.measures import Measure, Subject
from bench.processes import ROOT, Server, StartError, free_port, free_range, one_core, running
from bench.results import Results
from bench.scale import Scale
from bench.scripts import write_script
from bench.wings import Wing

OUT = ROOT / "bench" / "out"
"""Where recordings go while they are measured: on disk, which /tmp may not be."""


def run(wing: Wing, scale: Scale, rounds: int, progress: Callable[[str], None]) -> Results:
    """
    Measure everything that often.

    A contender that does not start is left out from then on; one that fails in a
    measure is not tried there again.  Without its upstream nothing is measured.

    @param progress: is told what comes next.
    """
    results = Results(wing)
    try:
        with _scratch() as directory, _upstream(wing, directory) as server:
            _measure(results, scale, rounds, server, progress)
    except StartError as error:
        results.notes.append(f"{wing.name} is left out: {error}")
    return results


def _measure(
    results: Results, scale: Scale, rounds: int, upstream: Server, progress: Callable[[str], None]
) -> None:
    """Take all measures of all contenders, and note who failed."""
    wing = results.wing
    failed: set[Contender | tuple[Contender, str]] = set()
    for number, measure, contender in _steps(wing, rounds, results):
        if failed & {contender, (contender, measure.name)}:
            continue
        progress(f"{wing.name} {number}/{rounds}: {measure.name}: {contender.name}")
        try:
            figures = _take(measure, contender, upstream, scale)
        except StartError as error:
            failed.add(contender)
            results.notes.append(f"{contender.name} is left out: {error}")
        except LoadError as error:
            failed.add((contender, measure.name))
            results.notes.append(f"{contender.name} failed, {measure.name}: {error}")
        else:
            results.add(measure, contender, figures)


def _steps(wing: Wing, rounds: int, results: Results) -> Iterator[tuple[int, Measure, Contender]]:
    """Yield what to do, one after the other, and begin each round in the results."""
    for number in range(1, rounds + 1):
        results.rounds.append({})
        for measure in wing.measures:
            for contender in wing.contenders:
                yield number, measure, contender


def _take(
    measure: Measure, contender: Contender, upstream: Server, scale: Scale
) -> Mapping[str, float]:
    """
    Start a contender, take a measure of it, end it, and remove its files.

    @raise StartError: it did not start.
    @raise LoadError: it did not do its job; the text has the last line of its log.
    """
    sleep(measure.rest)
    with _scratch() as directory:
        script = directory / "script.json"
        write_script(script, measure.exchanges(scale))
        with (
            one_core(upstream) if measure.one_core else nullcontext(),
            _started(contender, measure, upstream, directory, script) as server,
        ):
            subject = Subject(contender, server, directory, upstream.errors.parent, scale)
            try:
                return measure.take(subject)
            except (LoadError, OSError) as error:
                reason = f"{type(error).__name__}: {error}; its log: {server.last_words()}"
                raise LoadError(reason) from error


@contextmanager
def _upstream(wing: Wing, directory: Path) -> Iterator[Server]:
    """Run what is behind all contenders of a wing for the time of the block."""
    port = free_port() if any("{port}" in word for word in wing.upstream) else None
    with running([word.format(port=port) for word in wing.upstream], directory, port) as server:
        yield server


@contextmanager
def _started(
    contender: Contender, measure: Measure, upstream: Server, directory: Path, script: Path
) -> Iterator[Server]:
    """Run a contender for the time of the block; without a command it is the upstream."""
    if not contender.command:
        yield upstream
        return
    port = free_port() if any("{port}" in word for word in contender.command) else None
    fields: dict[str, object] = {
        "upstream": upstream.port,
        "port": port,
        "directory": directory,
        "script": script,
        "shared": upstream.errors.parent,
    }
    if measure.device:
        port = free_range(measure.device.instances)
        fields |= {
            "systems": SYSTEMS,
            "device": measure.device.name,
            "offset": port - measure.device.first,
        }
    command = [word.format_map(fields) for word in contender.command]
    with running(command, directory, port, contender.gently) as server:
        yield server


@contextmanager
def _scratch() -> Iterator[Path]:
    """Make a directory, and remove it with all that is in it."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OUT, ignore_cleanup_errors=True) as name:
        yield Path(name)
