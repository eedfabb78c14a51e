"""Registers the commands of dsisocket that ship."""

from netsim.dsisocket.commands import NetworkDelays, OnHosts
from netsim.dsisocket.restarting import RestartMongodb

on_hosts = OnHosts()
network_delays = NetworkDelays()
restart_mongodb = RestartMongodb()
