"""Reads C{test_control.yml} into L{Settings}; docs/test_control.rst has every key."""

from __future__ import annotations

import getpass
import ipaddress
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attrs import evolve

from netsim.dsisocket import kinds
from netsim.dsisocket.hosts import LOCALHOST, groups_of, read_hosts
from netsim.dsisocket.model import Limits
from netsim.dsisocket.schema import Place, Reading, Section
from netsim.dsisocket.settings import Listening, Settings, SshSettings
from netsim.dsisocket.topology import read_times, read_topology
from netsim.dsisocket.yamlfile import parse
from netsim.errors import ConfigError

__all__ = ["LIMIT", "defaults", "load", "read"]

LIMIT = 1 << 20
"""Bytes of a file."""

Contents = Callable[[Path], bytes]
"""Reads a file; raises C{OSError}."""


def load(path: Path, environ: Mapping[str, str], warnings: list[str] | None = None) -> Settings:
    """
    Read a configuration, and the files that it names.

    @param environ: where secrets are, and C{HOME}.
    @param warnings: gets what is worth to be told, though it is not wrong.
    @raise ConfigError: with everything that is wrong with it.
    """
    home = environ.get("HOME")
    reading = Reading(environ, Path(home) if home else Path.home())
    settings = read(path, _contents, reading)
    if reading.problems:
        raise ConfigError(reading.problems)
    if warnings is not None:
        warnings += reading.warnings
        warnings += [f"{path}: there is no key file {each}" for each in _absent_keys(settings)]
    return settings


def defaults() -> Settings:
    """The settings of a machine on its own: commands can be for C{localhost} only."""
    hosts = (LOCALHOST,)
    return Settings(Listening(), SshSettings(_user({})), hosts, groups_of(hosts))


def read(path: Path, contents: Contents, reading: Reading) -> Settings:
    """
    Read a configuration.

    @param contents: reads files.
    @param reading: gets its problems; if there are any, the settings cannot be used.
    """
    files = _Files(contents, reading)
    place = Place(str(path), path.absolute().parent)
    root = files.document(path, place, place)
    own = _own(root)
    elsewhere = own.section("files")
    infrastructure = files.either(root.section("infrastructure_provisioning"), elsewhere)
    out = files.either(infrastructure.section("out"), elsewhere)
    setup = files.either(root.section("mongodb_setup"), elsewhere)
    hosts = read_hosts(out)
    settings = Settings(
        listen=_listening(own),
        ssh=_ssh(own.section("ssh"), infrastructure.section("tfvars")),
        hosts=hosts,
        groups=groups_of(hosts),
        limits=Limits(
            timeout=own.find("timeout_s", kinds.seconds),
            no_output=own.find("no_output_ms", kinds.milliseconds),
        ),
        repo_dir=own.path("repo_dir"),
        reports=own.path("reports") or place.directory / "reports",
        test_id=own.get("test_id", kinds.name, "dsisocket"),
        mongo_shell=own.get("mongo_shell", kinds.line, "mongosh"),
        topology=read_topology(setup, None if files.unread else hosts),
        times=read_times(setup.section("restart")),
    )
    for section in (own, elsewhere):
        section.close()
    for section in (root, infrastructure, setup):
        section.hint()
    return settings


class _Files:
    """
    Reads the files of a configuration.

    @ivar unread: whether there is one that could not be read.
    """

    def __init__(self, contents: Contents, reading: Reading) -> None:
        self._contents, self._reading = contents, reading
        self.unread = False

    def document(self, path: Path, place: Place, asked: Place) -> Section:
        """
        Read a file; where that fails, an empty section.

        @param asked: where the file is asked for.
        """
        try:
            values = parse(self._content(path), place.file)
        except OSError as error:
            which = "" if asked is place else f"{path} "
            self._reading.problem(asked, f"{which}cannot be read: {error.strerror or error}")
        except ConfigError as error:
            self._reading.problems += error.problems
        else:
            if values is None:
                self._reading.problem(place, "the file is empty")
            return Section(values, place, self._reading)
        self.unread = True
        return Section(None, place, self._reading)

    def either(self, inline: Section, elsewhere: Section) -> Section:
        """What stands in the configuration itself, or in a file that is named for it."""
        name = inline.place.name
        path, asked = elsewhere.path(name), elsewhere.place.key(name)
        if path is None:
            return inline
        if inline.here:
            reason = f"stands here and, by {asked.path}, in a file of its own: expected one of them"
            self._reading.problem(inline.place, reason)
        return self.document(path, Place(str(path), path.parent, name=name), asked)

    def _content(self, path: Path) -> bytes:
        content = self._contents(path)
        if len(content) > LIMIT:
            raise OSError(f"it has more than {LIMIT} bytes")
        return content


def _contents(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LIMIT + 1)


def _own(root: Section) -> Section:
    """The section C{dsisocket}, at the top or under C{test_control}."""
    top, outer = root.section("dsisocket"), root.peek("test_control")
    inner = outer.get("dsisocket") if isinstance(outer, dict) else None
    if inner is None:
        return top
    place = evolve(root.place.key("test_control").key("dsisocket"), name=top.place.name)
    if top.here:
        root.reading.problem(place, "stands here and at the top: expected one of them")
    return Section(inner, place, root.reading)


def _listening(own: Section) -> Listening:
    usual = Listening()
    listen = Listening(
        enabled=own.get("enabled", kinds.flag, usual.enabled),
        bind_addr=own.get("bind_addr", kinds.address, usual.bind_addr),
        port=own.get("port", kinds.whole(0, 65535), usual.port),
        concurrent=own.get("concurrent", kinds.whole(1, 1000), usual.concurrent),
        token=own.secret("token"),
    )
    if not _is_loopback(listen.bind_addr):
        warning = (
            f"{listen.bind_addr} is no loopback address: whoever reaches this port can run"
            " commands on all hosts" + ("" if listen.token is None else " if they know the token")
        )
        own.reading.warn(own.place.key("bind_addr"), warning)
    return listen


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ssh(own: Section, provisioned: Section) -> SshSettings:
    """
    How hosts are reached.

    @param provisioned: what the provisioning of the hosts says of it.
    """
    reading = own.reading
    usual = SshSettings("")
    ssh = SshSettings(
        user=provisioned.find("ssh_user", kinds.line) or _user(reading.environ),
        key_file=provisioned.path("ssh_key_file"),
        password=own.secret("password"),
        known_hosts=own.path("known_hosts") or reading.home / ".ssh/known_hosts",
        accept_new=own.get("accept_new", kinds.flag, usual.accept_new),
        forward_agent=own.get("agent_forwarding", kinds.flag, usual.forward_agent),
        timeout=own.get("connect_timeout_s", kinds.seconds, usual.timeout),
        keepalive=own.get("keepalive_s", kinds.seconds, usual.keepalive),
        missed=own.get("keepalive_missed", kinds.whole(1, 1000), usual.missed),
    )
    own.close()
    provisioned.hint()
    return ssh


def _user(environ: Mapping[str, str]) -> str:
    """Who we are here, as ssh takes it for who we are there."""
    try:
        return environ.get("LOGNAME") or environ.get("USER") or getpass.getuser()
    except (KeyError, OSError):
        # Containers may run under a number that has no name.
        return str(os.getuid())


def _absent_keys(settings: Settings) -> Iterator[Path]:
    keys = dict.fromkeys([settings.ssh.key_file, *(host.key_file for host in settings.hosts)])
    return (key for key in keys if key is not None and not key.is_file())
