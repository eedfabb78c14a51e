"""Tests for L{netsim.background}, in interpreters whose reactor does not run yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim import background

PRELUDE = """
import threading, time
from concurrent.futures import ThreadPoolExecutor
from twisted.internet import defer, task
from netsim.background import call
def raises(error, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except error as e:
        return str(e)
    raise AssertionError("nothing was raised")
"""

RESULTS = """
assert call(lambda: 7) == 7
assert call(pow, 2, 3) == 8
assert call(defer.succeed, 9) == 9
async def coroutine():
    return 10
assert call(coroutine) == 10
assert raises(ZeroDivisionError, lambda: 1 / 0)
assert raises(KeyError, lambda: defer.fail(KeyError("x"))) == "'x'"
assert raises(TimeoutError, lambda: defer.fail(TimeoutError("own")), timeout=9) == "own"
assert call(threading.current_thread) is not threading.main_thread()
assert call(threading.current_thread).daemon
"""

TIMEOUT = """
cancelled = threading.Event()
def never():
    return defer.Deferred(lambda _: cancelled.set())
assert raises(TimeoutError, never, timeout=0.05) == "never took longer than 0.05 s"
assert cancelled.wait(5)
"""

CROWD = """
with ThreadPoolExecutor(10) as pool:
    together = threading.Barrier(10)
    def one(_):
        together.wait()
        return call(threading.current_thread)
    assert len(set(pool.map(one, range(10)))) == 1
"""

OWN_THREAD = """
assert "own thread" in call(raises, RuntimeError, pow, 2, 3)
"""

RUNS_ALREADY = """
from twisted.internet import reactor
done = []
def elsewhere():
    done.append(call(threading.current_thread))
    call(reactor.stop)
reactor.callWhenRunning(lambda: threading.Thread(target=elsewhere).start())
reactor.run()
assert done == [threading.main_thread()]
assert "cannot run again" in raises(RuntimeError, pow, 2, 3)
"""

STOPPED_MEANWHILE = """
from twisted.internet import reactor
def stop():
    reactor.callLater(0, reactor.stop)
    return defer.Deferred()
assert "stopped before" in raises(RuntimeError, stop)
"""

CLEANS_UP = """
from twisted.internet import reactor
def clean():
    return task.deferLater(reactor, 0.1, print, "clean", flush=True)
call(reactor.addSystemEventTrigger, "before", "shutdown", clean)
"""

HANGS = """
from twisted.internet import reactor
call(reactor.callInThread, time.sleep, 30)
"""

ANYWHERE = """
from netsim.background import call_anywhere
async def coroutine():
    return threading.current_thread()
thread = call_anywhere(coroutine)
assert thread is not threading.main_thread()
assert thread is call_anywhere(threading.current_thread)
assert call_anywhere(pow, 2, 3) == 8
assert raises(ZeroDivisionError, call_anywhere, lambda: 1 / 0) == "division by zero"
def inside():
    waiting = call_anywhere(coroutine)
    assert isinstance(waiting, defer.Deferred)
    failing = call_anywhere(lambda: 1 / 0)
    return defer.gatherResults([waiting, failing.addErrback(lambda failure: failure.type)])
assert call(inside) == [thread, ZeroDivisionError]
"""

ANYWHERE_ELSE = """
from twisted.internet import reactor
from netsim.background import call_anywhere
done = []
def inside():
    call_anywhere(threading.current_thread).addCallback(done.append)
    threading.Thread(target=outside).start()
def outside():
    done.append(call_anywhere(threading.current_thread))
    call_anywhere(reactor.stop)
reactor.callWhenRunning(inside)
reactor.run()
assert done == [threading.main_thread()] * 2
"""

INTERRUPTED = """
import os, signal
def never():
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    return defer.Deferred()
raises(KeyboardInterrupt, never)
assert call(pow, 2, 3) == 8
"""

FORKED = """
import os
call(int)
pid = os.fork()
if not pid:
    told = raises(RuntimeError, int)
    os._exit(0 if "forked" in told else 1)
assert os.waitpid(pid, 0)[1] == 0
assert call(pow, 2, 3) == 8
"""

FORKED_BEFORE = """
import os, sys
pid = os.fork()
assert call(pow, 2, 3) == 8
if pid:
    assert os.waitpid(pid, 0)[1] == 0
"""

NO_SIDE_EFFECT = """
import sys
assert "twisted.internet.reactor" not in sys.modules
assert threading.active_count() == 1
"""


class CallTests(SynchronousTestCase):
    """How L{background.call} reaches the reactor."""

    def run_script(self, script: str) -> str:
        """Run a script in a fresh interpreter, and return what it printed."""
        ended = subprocess.run(
            [sys.executable, "-c", PRELUDE + script],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=20,
        )
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return ended.stdout

    def test_results(self) -> None:
        """Results and exceptions reach the caller, from Deferreds and coroutines as well."""
        self.run_script(RESULTS)

    def test_timeout(self) -> None:
        """What takes too long is cancelled, and the error names the function."""
        self.run_script(TIMEOUT)

    def test_crowd(self) -> None:
        """Ten threads that start at once share one reactor."""
        self.run_script(CROWD)

    def test_own_thread(self) -> None:
        """A call from the reactor's own thread is an error, not a deadlock."""
        self.run_script(OWN_THREAD)

    def test_runs_already(self) -> None:
        """A reactor that runs elsewhere is used; one that was stopped is an error."""
        self.run_script(RUNS_ALREADY)

    def test_stopped_meanwhile(self) -> None:
        """A caller does not wait for a reactor that was stopped."""
        self.run_script(STOPPED_MEANWHILE)

    def test_cleans_up(self) -> None:
        """Services clean up when the interpreter exits."""
        self.assertEqual(self.run_script(CLEANS_UP), "clean\n")

    def test_hanging_shutdown(self) -> None:
        """The exit of the interpreter does not wait longer than it should."""
        self.assertEqual(background.STOP_WITHIN, 2.0)
        self.run_script(HANGS)

    def test_interrupted(self) -> None:
        """A caller may be interrupted, and others go on."""
        self.run_script(INTERRUPTED)

    def test_forked(self) -> None:
        """A process that was forked has no reactor thread, and is told so instead of waiting."""
        self.run_script(FORKED)

    def test_forked_before(self) -> None:
        """One that was forked before there was a thread has its own."""
        self.run_script(FORKED_BEFORE)

    def test_anywhere(self) -> None:
        """C{call_anywhere} waits, except in the reactor's own thread."""
        self.run_script(ANYWHERE)

    def test_anywhere_else(self) -> None:
        """It does so, too, where the reactor runs in the main thread."""
        self.run_script(ANYWHERE_ELSE)

    def test_no_side_effect(self) -> None:
        """Importing the module makes no reactor and no thread."""
        self.run_script(NO_SIDE_EFFECT)
