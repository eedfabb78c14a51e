"""The C{netsim-dsisocket} service: where its parts are put together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python import usage

from netsim import options
from netsim.addresses import Address, join
from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.commands import commands
from netsim.dsisocket.config import defaults, load
from netsim.dsisocket.crew import gathered
from netsim.dsisocket.dry import DryMachine
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.local import LocalMachine
from netsim.dsisocket.model import Host
from netsim.dsisocket.protocol import CommandFactory
from netsim.dsisocket.remote import RemoteMachine
from netsim.dsisocket.runner import CommandRunner
from netsim.dsisocket.settings import Settings
from netsim.dsisocket.ssh.connect import connect
from netsim.dsisocket.targets import target_of
from netsim.dsisocket.tunnel import ReverseTunnel
from netsim.errors import ConfigError, Problem
from netsim.process import ServerService
from netsim.status.options import TOKEN, ReportOptions

NAME = "netsim-dsisocket"
CONFIGURATION = Path("test_control.yml")
STOP_WITHIN = 1.5
"""Seconds that stopping waits for scripts and connections to end."""


class Options(ReportOptions):
    """What C{netsim-dsisocket} can be told."""

    synopsis = "[-c FILE] [options]"
    longdesc = (
        "Obeys JSON commands that a workload sends to a port of its own machine: an SSH"
        " tunnel leads from every workload_client host of the configuration to here. With"
        " --local, or where there is no such host, it listens on this machine instead."
    )
    example = "-c test_control.yml"
    optParameters = [
        ["config", "c", None, f"The configuration. [default: {CONFIGURATION}]", Path],
        ["listen", "l", None, "With --local: an address other than the configured one.",
         options.address],
        ["concurrent", None, None, "How many connections are served side by side. [default: 1]",
         options.count],
    ]  # fmt: skip
    optFlags = [
        ["local", None, "Listen on this machine; open no tunnel. Needs no configuration."],
        ["details", None, "Replies tell seconds, and what became of it on each host."],
        ["dry-run", None, "Do nothing: log what would be done where, and answer OK."],
        ["accept-new", None, "Trust and store the keys of hosts that are not known yet."],
    ]

    def postOptions(self) -> None:
        """Complain about what does not go together."""
        super().postOptions()
        if self["concurrent"] == 0:
            raise usage.UsageError("--concurrent: expected at least 1")
        if self["listen"] is not None and not self["local"]:
            raise usage.UsageError("--listen goes with --local; a tunnel's port is configured")

    def settings(self, warnings: list[str]) -> Settings:
        """
        Read the configuration.

        @param warnings: gets what is worth to be told, and no problem.
        @raise ConfigError: with everything that is wrong with it.
        """
        path = self["config"] or CONFIGURATION
        if self["local"] and self["config"] is None and not path.exists():
            settings = defaults()
        else:
            settings = load(path, os.environ, warnings)
        listen, ssh = settings.listen, settings.ssh
        return evolve(
            settings,
            listen=evolve(listen, concurrent=self["concurrent"] or listen.concurrent),
            ssh=evolve(ssh, accept_new=ssh.accept_new or bool(self["accept-new"])),
        )


class DsisocketService(ServerService):
    """Opens tunnels or a port, and runs what comes through."""

    log = Logger()

    def __init__(self, config: Options, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        self._config = config
        self._cluster: Cluster | None = None
        self._factory: CommandFactory | None = None
        self._port: Any = None
        self._tunnels: list[ReverseTunnel] = []
        self._addresses: list[IAddress] = []

    async def listen(self) -> Iterable[IAddress]:
        """Read the configuration; accept commands on this machine, or through tunnels."""
        warnings: list[str] = []
        settings = self._config.settings(warnings)
        for warning in warnings:
            self.log.warn("{text}", text=warning)
        if not settings.listen.enabled and not self._config["local"]:
            raise _disabled(self._config)
        self._factory = self._make_factory(settings)
        clients = [host for host in settings.hosts if host.group == "workload_client"]
        if self._config["local"] or not clients:
            self._addresses = [await self._listen_here(settings, self._factory)]
            return self._addresses
        self._tunnels = [self._tunnel(host, settings, self._factory) for host in clients]
        ready = gathered([each.when_ready() for each in self._tunnels])
        # Hosts may have the same address, each its own.
        self._addresses = list(dict.fromkeys(await ready))
        return self._addresses

    def ready(self) -> None:
        """Tell a status daemon how it goes, where one is to know."""
        if self._config["daemon"] is not None:
            # Here, as few need what it loads.
            from netsim.dsisocket.watching import watch

            parts = (self._factory, self._cluster, self._tunnels, self._addresses)
            watch(self._reactor, self._config, *parts).setServiceParent(self)

    def stopService(self) -> Deferred[Any]:
        """Take no more commands, end what runs, and close all connections."""
        stopping: list[Deferred[Any]] = [super().stopService()]
        if self._port is not None:
            stopping.append(maybeDeferred(self._port.stopListening))
        if self._factory is not None:
            self._factory.stop()
        if self._cluster is not None:
            ending = self._cluster.stop().addTimeout(STOP_WITHIN, self._reactor)
            stopping.append(ending.addErrback(self._not_ended))
        return gatherResults(stopping)

    def _make_factory(self, settings: Settings) -> CommandFactory:
        """What makes the protocols of all connections, whichever way they come."""
        self._cluster = Cluster(settings, lambda host: self._machine(host, settings), self._reactor)
        runner = CommandRunner(commands(), self._cluster, self._reactor)
        return CommandFactory(
            runner.run,
            concurrent=settings.listen.concurrent,
            token=settings.listen.token,
            details=bool(self._config["details"]),
            clock=self._reactor,
        )

    def _machine(self, host: Host, settings: Settings) -> IMachine:
        if self._config["dry-run"]:
            return DryMachine(host)
        if host.is_local:
            secrets = (settings.listen.token, settings.ssh.password)
            hidden = {TOKEN, *(secret.variable for secret in secrets if secret is not None)}
            return LocalMachine(host, self._reactor, hidden)
        target = target_of(host, settings.ssh, os.environ)
        return RemoteMachine(host, self._reactor, lambda: connect(self._reactor, target))

    def _tunnel(self, host: Host, settings: Settings, factory: CommandFactory) -> ReverseTunnel:
        target = target_of(host, settings.ssh, os.environ)
        tunnel = ReverseTunnel(
            self._reactor,
            lambda: connect(self._reactor, target),
            str(target),
            settings.listen.bind_addr,
            settings.listen.port,
            factory,
        )
        tunnel.setServiceParent(self)
        return tunnel

    async def _listen_here(self, settings: Settings, factory: CommandFactory) -> IAddress:
        listen = settings.listen
        address = self._config["listen"] or Address.parse(join(listen.bind_addr, listen.port))
        self._port = await address.server(self._reactor).listen(factory)
        where: IAddress = self._port.getHost()
        return where

    def _not_ended(self, _: object) -> None:
        self.log.warn("something of a command may still run: it did not end in time")


def _disabled(config: Options) -> ConfigError:
    file, reason = str(config["config"] or CONFIGURATION), "nothing is served unless it is true"
    return ConfigError([Problem(file, "dsisocket.enabled", f"{reason}, or with --local")])


def makeService(config: Options) -> DsisocketService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return DsisocketService(config, reactor)
