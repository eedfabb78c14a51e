"""L{netsim.dsisocket.netem}; with C{tc} itself in C{tests.integration.test_host_commands}."""

from __future__ import annotations

import os
import subprocess
from itertools import groupby
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Host
from netsim.dsisocket.netem import delays_from, normal, script, unusable
from netsim.dsisocket.steps import Delay, DelayGroup, Delays
from tests.properties import examples

A, B, C = (Host("mongod", n, f"192.0.2.{n}", f"10.0.0.{n}") for n in range(3))
HOSTS = (A, B, C)
SHORT, LONG = Delay(5_000), Delay(100_000, 20_000)


def group(delay: Delay, *hosts: Host) -> DelayGroup:
    return DelayGroup(frozenset(host.private_ip for host in hosts), delay)


class AddressTests(SynchronousTestCase):
    """Addresses that a filter can be given."""

    def test_normal(self) -> None:
        self.assertEqual("2001:db8::1", normal("2001:DB8:0::1"))
        self.assertEqual("10.0.0.1", normal("10.0.0.1"))
        self.assertEqual("db.example.com", normal("db.example.com"))

    def test_unusable(self) -> None:
        """Names and addresses of one link only are none."""
        named = [Host("a", 0, "1.2.3.4", name) for name in ("db.example.com", "fe80::1%eth0")]
        self.assertEqual(
            "a.0 has the private address db.example.com: delays need an IP address",
            unusable(named)[0],
        )
        self.assertEqual(2, len(unusable(named)))
        self.assertEqual([], unusable([*HOSTS, Host("a", 0, "name", "2001:db8::1")]))


class DelaysTests(SynchronousTestCase):
    """Who is delayed to whom."""

    def test_none(self) -> None:
        self.assertEqual({}, delays_from(Delays(), A, HOSTS))

    def test_everywhere(self) -> None:
        """All but the host itself."""
        self.assertEqual(
            {"10.0.0.0": SHORT, "10.0.0.2": SHORT}, delays_from(Delays(SHORT), B, HOSTS)
        )

    def test_other(self) -> None:
        """A host that is not of the cluster is delayed to all of it, and never to itself."""
        control = Host("localhost", 0, "127.0.0.1", "127.0.0.1")
        delays = Delays(SHORT)
        self.assertEqual(3, len(delays_from(delays, control, HOSTS)))
        here = Host("mongod", 0, "127.0.0.1", "127.0.0.1")
        self.assertEqual({}, delays_from(delays, control, [here]))

    def test_groups(self) -> None:
        """Only between hosts of the group; the others have what is everywhere."""
        delays = Delays(SHORT, (group(LONG, A, B),))
        self.assertEqual({"10.0.0.1": LONG, "10.0.0.2": SHORT}, delays_from(delays, A, HOSTS))
        self.assertEqual({"10.0.0.0": SHORT, "10.0.0.1": SHORT}, delays_from(delays, C, HOSTS))
        delays = Delays(groups=(group(LONG, A, B),))
        self.assertEqual({"10.0.0.1": LONG}, delays_from(delays, A, HOSTS))
        self.assertEqual({}, delays_from(delays, C, HOSTS))

    def test_exception(self) -> None:
        """A group may be without a delay."""
        delays = Delays(LONG, (group(Delay(), A, B),))
        self.assertEqual({"10.0.0.2": LONG}, delays_from(delays, A, HOSTS))

    def test_last(self) -> None:
        """Of several groups that hold both, the last counts."""
        delays = Delays(groups=(group(LONG, A, B, C), group(SHORT, A, B)))
        self.assertEqual({"10.0.0.1": SHORT, "10.0.0.2": LONG}, delays_from(delays, A, HOSTS))

    def test_public(self) -> None:
        """A group may name public addresses; the private ones are delayed."""
        delays = Delays(groups=(DelayGroup(frozenset({"192.0.2.0", "192.0.2.1"}), LONG),))
        self.assertEqual({"10.0.0.1": LONG}, delays_from(delays, A, HOSTS))

    @given(
        st.builds(
            Delays,
            st.sampled_from([Delay(), SHORT, LONG]),
            st.lists(
                st.builds(
                    DelayGroup,
                    st.frozensets(st.sampled_from([host.private_ip for host in HOSTS])),
                    st.sampled_from([Delay(), SHORT, LONG]),
                ),
                max_size=4,
            ).map(tuple),
        )
    )
    @examples(100)
    def test_symmetric(self, delays: Delays) -> None:
        """Both ways of a pair have the same delay."""
        for one in HOSTS:
            for other in HOSTS:
                there = delays_from(delays, one, HOSTS).get(other.private_ip)
                back = delays_from(delays, other, HOSTS).get(one.private_ip)
                self.assertEqual(there, back)


# What is called is written down, one call per line.
STUBS = {
    "tc": 'echo "tc $*" >>calls\n[[ $1 != qdisc || $2 != show ]] || cat shown\n',
    "ip": 'echo "$4 via 10.9.9.9 dev eth${4##*[.:]} src 10.0.0.9 uid 0 \\    cache"\n',
    "id": "echo 0\n",
}


class ScriptTests(SynchronousTestCase):
    """The commands, as bash calls them."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        (self.directory / "shown").write_text("qdisc fq_codel 0: dev eth0 root refcnt 2\n")
        for name, text in STUBS.items():
            self.program(name, text)
        self.program("sudo", 'echo "sudo $1" >>calls; shift; "$@"')

    def program(self, name: str, text: str) -> None:
        (self.directory / name).write_text(f"#!/bin/bash\n{text}")
        (self.directory / name).chmod(0o755)

    def run_script(self, text: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.directory}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", text],
            cwd=self.directory,
            env={"PATH": path},
            capture_output=True,
            text=True,
        )

    def calls(self, text: str) -> list[str]:
        ran = self.run_script(text)
        self.assertEqual((0, "", ""), (ran.returncode, ran.stdout, ran.stderr))
        # Who is not root asks sudo; the tests of that are below.
        said = (self.directory / "calls").read_text().splitlines()
        return [line for line in said if line not in ("tc qdisc show", "sudo -n")]

    def test_none(self) -> None:
        """Where nothing of ours is set, nothing is done."""
        self.assertEqual([], self.calls(script(None, {})))

    def test_take_away(self) -> None:
        """Our roots are taken away, wherever they are; others stay."""
        shown = "qdisc htb 6e65: dev eth1 root refcnt 2 r2q 10 default 0\n"
        shown += "qdisc netem 8001: dev eth1 parent 6e65:1 limit 1000 delay 10ms\n"
        shown += "qdisc htb 1: dev eth2 root refcnt 2\nqdisc htb 6e65: dev e.3@x root refcnt 2\n"
        (self.directory / "shown").write_text(shown)
        self.assertEqual(
            ["tc qdisc del dev eth1 root", "tc qdisc del dev e.3@x root"],
            self.calls(script("eth0", {})),
        )

    def test_commands(self) -> None:
        """One class per delay, one filter per address."""
        delays = {"10.0.0.1": SHORT, "10.0.0.2": LONG, "2001:db8::3": SHORT}
        rate = "htb rate 100gbit burst 10mb cburst 10mb quantum 200000"
        match = "filter add dev eth0 parent 6e65: protocol"
        self.assertEqual(
            [
                "tc qdisc replace dev eth0 root handle 6e65: htb",
                f"tc class add dev eth0 parent 6e65: classid 6e65:1 {rate}",
                "tc qdisc add dev eth0 parent 6e65:1 netem delay 5ms limit 100000",
                f"tc class add dev eth0 parent 6e65: classid 6e65:2 {rate}",
                "tc qdisc add dev eth0 parent 6e65:2 netem delay 100ms 20ms limit 100000",
                f"tc {match} ip prio 1 u32 match ip dst 10.0.0.1/32 flowid 6e65:1",
                f"tc {match} ip prio 1 u32 match ip dst 10.0.0.2/32 flowid 6e65:2",
                f"tc {match} ipv6 prio 2 u32 match ip6 dst 2001:db8::3/128 flowid 6e65:1",
            ],
            self.calls(script("eth0", delays)),
        )

    def test_device(self) -> None:
        """Without a configured device, each address has the one that leads to it."""
        delays = {"10.0.0.1": SHORT, "10.0.1.1": SHORT, "2001:db8::3": LONG}
        calls = self.calls(script(None, delays))
        roots = [f"tc qdisc replace dev eth{n} root handle 6e65: htb" for n in (1, 3)]
        self.assertEqual(roots, [call for call in calls if "replace" in call])
        filters = [call.split() for call in calls if "filter" in call]
        self.assertEqual(
            [("eth1", "10.0.0.1/32"), ("eth1", "10.0.1.1/32"), ("eth3", "2001:db8::3/128")],
            [(words[4], words[-3]) for words in filters],
        )

    def test_times(self) -> None:
        """Parts of a millisecond."""
        text = script("eth0", {"10.0.0.1": Delay(1_500, 1)})
        self.assertIn("netem delay 1500us 1us limit", text)

    def test_classes(self) -> None:
        """Class numbers are hexadecimal."""
        delays = {f"10.0.0.{n}": Delay(n * 1000) for n in range(1, 18)}
        text = script("eth0", delays)
        self.assertIn("classid 6e65:11 htb", text)
        self.assertIn("parent 6e65:11 netem delay 17ms ", text)
        self.assertIn("dst 10.0.0.17/32 flowid 6e65:11\n", text)

    def test_no_route(self) -> None:
        """It is told which address cannot be reached, and nothing is set."""
        self.program("ip", "echo 'RTNETLINK answers: Network is unreachable' >&2; exit 2")
        ran = self.run_script(script(None, {"10.0.0.1": SHORT}))
        self.assertNotEqual(0, ran.returncode)
        self.assertEqual("no route leads to 10.0.0.1", ran.stderr.splitlines()[-1])
        self.assertNotIn("replace", (self.directory / "calls").read_text())

    def test_no_netem(self) -> None:
        """A kernel without netem is told, and what was set until then is taken away."""
        shown = "qdisc htb 6e65: dev eth0 root refcnt 2 r2q 10 default 0"
        for said in ("Error: Specified qdisc kind is unknown.", "RTNETLINK: No such file"):
            self.program(
                "tc",
                'echo "$*" >>calls; case "$*" in "qdisc show") cat shown ;;'
                f' *replace*) echo "{shown}" >shown ;; *"netem delay"*) echo "{said}" >&2;'
                " exit 2 ;; esac",
            )
            (self.directory / "shown").write_text("")
            ran = self.run_script(script("eth0", {"10.0.0.1": SHORT}))
            self.assertEqual(
                (1, f"this kernel has no netem: {said}\n"), (ran.returncode, ran.stderr)
            )
            calls = (self.directory / "calls").read_text().splitlines()
            self.assertEqual("qdisc del dev eth0 root", calls[-1])

    def test_no_tc(self) -> None:
        """A host without tc."""
        for name in ("bash", "sed", "sort"):
            os.symlink(f"/usr/bin/{name}", self.directory / f"{name}")
        (self.directory / "tc").unlink()
        text = script("eth0", {}).replace("PATH=$PATH:/usr/sbin:/sbin", f"PATH={self.directory}")
        ran = self.run_script(text)
        self.assertEqual("tc is not installed (Debian package iproute2)\n", ran.stderr)
        self.assertEqual(1, ran.returncode)

    def test_lock(self) -> None:
        """Hosts that are one machine are set up one after the other."""
        self.program("tc", "echo $PPID >>calls; sleep 0.01")
        text = script("eth0", {"10.0.0.1": SHORT})
        environment = {"PATH": f"{self.directory}:{os.environ['PATH']}"}
        running = [
            subprocess.Popen(["bash", "-c", text], cwd=self.directory, env=environment)
            for _ in range(3)
        ]
        self.assertEqual([0, 0, 0], [process.wait() for process in running])
        # $(…) and pipes are processes of their own, but for these.
        pids = [int(line) for line in (self.directory / "calls").read_text().split()]
        own = [pid for pid in pids if pid in {process.pid for process in running}]
        self.assertEqual(3, len(list(groupby(own))))

    def test_sudo(self) -> None:
        """Who is not root asks sudo, which must not ask back; looking needs no root."""
        (self.directory / "shown").write_text("qdisc htb 6e65: dev eth1 root refcnt 2\n")
        text = script("eth0", {"10.0.0.1": SHORT}).replace("((EUID))", "((1))")
        ran = self.run_script(text)
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
        calls = (self.directory / "calls").read_text().splitlines()
        self.assertEqual("tc qdisc show", calls[0])
        self.assertEqual(["sudo -n", "tc qdisc del dev eth1 root"], calls[1:3])
        self.assertEqual(5, calls.count("sudo -n"))
