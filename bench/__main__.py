"""C{python -m bench}: measures, and prints what came out; a missed goal is no failure."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from bench import report, rounds
from bench.crowd import raise_file_limit
from bench.scale import FULL, QUICK
from bench.wings import WINGS


def main() -> None:
    """Do what the command line says; after Ctrl-C or SIGTERM nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments = _parser().parse_args()
    try:
        _run(arguments)
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")


def _parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    names = [wing.name for wing in WINGS]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure netsim.")
    parser.add_argument("wing", nargs="?", choices=[*names, "all"], default="all")
    parser.add_argument("--quick", action="store_true", help="one round of little: a try")
    parser.add_argument("--rounds", type=_positive, help="how often everything is measured")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser


def _positive(text: str) -> int:
    """Read a number of rounds."""
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("expected at least 1")
    return count


def _run(arguments: argparse.Namespace) -> None:
    """Measure the chosen wings, print each as it is done, and write the file at the end."""
    scale = QUICK if arguments.quick else FULL
    raise_file_limit(scale.crowd)
    print(report.heading(scale), flush=True)
    measured = []
    for wing in WINGS:
        if arguments.wing in (wing.name, "all"):
            count = arguments.rounds or (1 if arguments.quick else wing.rounds)
            results = rounds.run(wing, scale, count, _progress)
            _progress("")
            print(f"\n{report.text(results)}", flush=True)
            measured.append(report.data(results))
    if arguments.json:
        content = {"machine": report.machine(), "wings": measured}
        arguments.json.write_text(json.dumps(content, indent=1))


def _progress(step: str) -> None:
    """Show what is being measured, on one line of a terminal, else line by line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{step}", end="", file=sys.stderr, flush=True)
    elif step:
        print(step, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
