"""
Router, hub, node and bridge: C{python -m bench.series_stack FILES REACTOR} runs them all.

Their files go where it runs; what they say goes to its stderr.  SIGTERM for the whole group
ends them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import IO

from bench.processes import find_program, free_port

DIRECTORY = Path("hub")


def start(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a service, and wait for its ready line."""
    process = subprocess.Popen([find_program("netsim"), *words], stdout=subprocess.PIPE)
    output: IO[bytes] | None = process.stdout
    if output is None or not re.match(rb"netsim-\w+ (listening|serving) ", output.readline()):
        sys.exit(f"netsim {' '.join(words)} did not start")
    return process


def wait_for_node(port: int) -> None:
    """Wait until the bridge has joined the router, and knows the node."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/search", b"{}")
    while True:
        with suppress(OSError), urllib.request.urlopen(asked) as answer:
            if b"::" in answer.read():
                return
        sleep(0.05)


def main(files: str, reactor: str) -> None:
    """Run them until all have ended."""
    # The children end by the signal; this process ends when they have.
    tls, plain, port = free_port(), free_port(), free_port()
    os.environ.update(CROSSBAR_TLS_PORT=str(tls), NETSIM_REACTOR=reactor)
    at = f"--directory={DIRECTORY}"
    processes = [start(["hub", at, f"--port={tls}", f"--ocs-port={plain}"])]
    processes.append(start(["node", "example-weather", at, f"--data-directory={files}"]))
    processes.append(start(["grafana", at, f"--port={port}", "--timeout=120"]))
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    wait_for_node(port)
    print(f"series listening on 127.0.0.1:{port}", flush=True)
    for process in processes:
        process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
