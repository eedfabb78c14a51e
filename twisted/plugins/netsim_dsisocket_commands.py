"""Registers the commands of dsisocket that ship."""

from netsim.dsisocket.commands import NetworkDelays, OnHosts

on_hosts = OnHosts()
network_delays = NetworkDelays()
