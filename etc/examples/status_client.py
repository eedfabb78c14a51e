#!/usr/bin/env python3
"""
A small program to try a status daemon with: it logs, shows values, and offers actions.

Start it, and open http://127.0.0.1:5000 in a browser.  It starts a daemon by itself if
none answers there; `netsim daemon --debug` is one that prints what passes.
"""

import argparse
import logging
import math
import time
from contextlib import suppress

from netsim.status import action, connect, watch

log = logging.getLogger("example")
state = {"step": 0, "speed": 1.0}


@watch(interval=0.5)
def progress() -> dict:
    """Numbers become charts."""
    step = state["step"]
    return {"step": step, "loss": math.exp(-step / 100), "wave": math.sin(step / 10)}


@action()
def set_speed(speed: float, reset: bool = False) -> str:
    """Go on with another speed, or even from the beginning."""
    state["speed"] = max(speed, 0.1)
    if reset:
        state["step"] = 0
    return f"{state['speed']:g} steps per second"


@action(blocking=True)
def save(name: str = "checkpoint") -> str:
    """Take two seconds; another call waits until this one is done."""
    time.sleep(2)
    return f"{name}-{state['step']}"


@action()
def fail() -> None:
    """Show what becomes of an error."""
    raise RuntimeError("this action always fails")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--name", default="example", help="what the project is called")
    parser.add_argument("--url", help="of the daemon, such as http://127.0.0.1:5000")
    parser.add_argument("--seconds", type=float, default=math.inf, help="end after these")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    end = time.monotonic() + options.seconds
    with connect(options.name, options.url) as link, suppress(KeyboardInterrupt):
        link.set("note", "a value that is set once")
        while time.monotonic() < end:
            state["step"] += 1
            log.info("step %d", state["step"])
            if state["step"] % 10 == 0:
                log.warning("every tenth step is a warning")
            time.sleep(min(1 / state["speed"], max(end - time.monotonic(), 0)))


if __name__ == "__main__":
    main()
