"""
The plain way: C{python -m bench.plain_series PORT DIRECTORY} answers the queries of Grafana.

For each query it reads the lines of the files into lists, keeps minimum and maximum of each
bucket, and writes JSON by C{json.dumps}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from operator import itemgetter
from pathlib import Path
from typing import Any

Reading = tuple[float, float]


def read(path: Path, start: float, end: float) -> list[Reading]:
    """The readings of a file in an interval of Unix seconds."""
    readings = []
    with path.open() as file:
        for line in file:
            if line.startswith("#"):
                continue
            t, value = map(float, line.split())
            if start <= t < end:
                readings.append((t, value))
    return readings


def thin(readings: list[Reading], most: int) -> Iterator[Reading]:
    """Keep minimum and maximum of each of as many buckets as that leaves at most so many of."""
    if len(readings) <= most:
        yield from readings
        return
    size = -(-len(readings) // (most // 2))
    for first in range(0, len(readings), size):
        bucket = readings[first : first + size]
        extremes = min(bucket, key=itemgetter(1)), max(bucket, key=itemgetter(1))
        yield from sorted(extremes)


def answer(directory: Path, query: Any) -> Any:
    """What C{/query} gives."""
    start, end = (
        datetime.fromisoformat(query["range"][edge].replace("Z", "+00:00")).timestamp()
        for edge in ("from", "to")
    )
    found = []
    for target in query["targets"]:
        field = target["target"].partition("::")[2]
        readings = thin(read(directory / f"{field}.dat", start, end), query["maxDataPoints"])
        points = [[value, t * 1000] for t, value in readings]
        found.append({"target": target["target"], "datapoints": points})
    return found


class Handler(BaseHTTPRequestHandler):
    """Answers every POST as a query."""

    directory = Path()

    def do_POST(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        reply = json.dumps(answer(self.directory, json.loads(body))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Handler.directory = Path(sys.argv[2])
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
