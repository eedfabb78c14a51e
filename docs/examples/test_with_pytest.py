"""Run with pytest: the fixture comes with the installation of netsim."""

from pathlib import Path

from thermometer import read_temperature

from netsim.testing import serving

RECORDING = Path(__file__).with_name("thermometer.json")


def test_reads_the_temperature(netsim_serve):
    server = netsim_serve(RECORDING)
    assert read_temperature(server.host, server.port) == 21.5


def test_reads_it_twice(netsim_serve):
    server = netsim_serve(RECORDING)
    assert [read_temperature(server.host, server.port) for _ in range(2)] == [21.5, 21.5]
    # One more look at what became of the sessions; those that go on are judged later.
    assert not any(verdict.problem for verdict in server.verdicts)


def test_without_the_fixture():
    with serving(RECORDING) as server:
        assert read_temperature(server.host, server.port) == 21.5
