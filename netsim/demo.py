"""
C{make demo}: the main job, from a real server to its replay.

Python's own HTTP server is the real server; the client, at the end of this file,
fetches a page and binary data over one connection.  Every program runs in a
process of its own, and all talk over loopback.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

from netsim import reactor
from netsim.script.blobs import BlobStore
from netsim.script.conversation import Conversation
from netsim.script.document import load
from netsim.script.summary import Summary

HERE = Path("demo")
PAGE = "<html><body><h1>From a real server</h1></body></html>\n"
DATA_SIZE = 300_000
PATIENCE = 30
"""Seconds that any of the programs may take."""

_SERVER = [sys.executable, "-u", "-m", "http.server", "0", "-b", "127.0.0.1", "-p", "HTTP/1.1"]
_OPTIONS = [*(["--reactor=uv"] if reactor.available() else []), "-n"]
_TWISTD = [str(Path(sys.executable).with_name("twistd")), *_OPTIONS]
_CLIENT = [sys.executable, "-m", "netsim.demo"]


def main() -> int:
    """Record, replay, and show that another request is found out; the exit status."""
    site = _prepare()
    with _running([*_SERVER, "-d", str(site)]) as ready:
        server = ready.split(" port ")[1].split()[0]
        print(f"1. A real server: python -m http.server, on 127.0.0.1:{server}")
        _record(f"127.0.0.1:{server}")
    print("   The server is stopped.")
    recording = HERE / "session-1.json"
    _describe(recording)
    print("3. The same client, against the replay of that file:")
    same = _replay(recording, "page.html", "data.bin")
    print("4. A client that asks for something else:")
    other = _replay(recording, "page.html", "data.bim")
    print(f"\nEverything is in {HERE}/. Try: .venv/bin/netsim show {recording}")
    return 0 if (same, other) == (0, 1) else 1


def _prepare() -> Path:
    shutil.rmtree(HERE, ignore_errors=True)
    site = HERE / "site"
    site.mkdir(parents=True)
    (site / "page.html").write_text(PAGE)
    (site / "data.bin").write_bytes(os.urandom(DATA_SIZE))
    return site


def _record(server: str) -> None:
    proxy = ["netsim-proxy", "-r", server, "-l", "127.0.0.1:0", "-o", str(HERE / "session")]
    print(f"2. The recording proxy: twistd {' '.join(_OPTIONS + proxy)}")
    with _running(_TWISTD + proxy) as ready:
        host, port = ready.split()[-1].split(":")
        print("   A real client, through the proxy:")
        env = {**os.environ, "NDS_TEST_HOST": host, "NDS_TEST_PORT": port}
        client = _run([*_CLIENT, "page.html", "data.bin"], env)
        print(_indented(client.stdout))


def _describe(recording: Path) -> None:
    store = BlobStore.beside(recording)
    summary = Summary.of(Conversation(load(recording, checks=[]), store))
    print(f"   Recorded: {summary.describe()}")
    for path in [recording, *sorted((HERE / "blobs").iterdir())]:
        print(f"   File:     {path}, {path.stat().st_size} bytes")


def _replay(recording: Path, *files: str) -> int:
    replay = ["netsim-replay", "-i", str(recording)]
    print(f"   twistd {' '.join([*_OPTIONS, *replay, 'client', *files])}")
    done = _run([*_TWISTD, *replay, *_CLIENT, *files], os.environ)
    print(_indented(done.stdout.partition("\n")[2]))
    print(_indented(_verdict(done.stderr)))
    print(f"   Verdict:  exit status {done.returncode}")
    return done.returncode


def _verdict(log: str) -> str:
    """What the replay's log says of its session, without the time and the logger."""
    lines = iter(log.splitlines())
    first = next((line for line in lines if "Tally" in line), "")
    more = [line.removeprefix("\t") for line in takewhile(lambda line: line[:1] == "\t", lines)]
    return "\n".join([first.partition("] ")[2], *more])


def _run(words: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def _running(words: Sequence[str]) -> Iterator[str]:
    """Run a program; give the first line that it prints."""
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _indented(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.splitlines())


def client(files: Sequence[str]) -> None:
    """Fetch files over one connection; tell their sizes and their SHA-1."""
    host, port = os.environ["NDS_TEST_HOST"], int(os.environ["NDS_TEST_PORT"])
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    for file in files:
        # The port differs between recording and replay; the request must not.
        connection.request("GET", f"/{file}", headers={"Host": "demo.example"})
        body = connection.getresponse().read()
        print(f"{file}: {len(body)} bytes, SHA-1 {hashlib.sha1(body).hexdigest()}")
    connection.close()


if __name__ == "__main__":
    if sys.argv[1:]:
        client(sys.argv[1:])
    else:
        sys.exit(main())
