"""A dsisocket command of one's own: how full a file system is, on some hosts."""

import shlex

from zope.interface import implementer

from netsim.dsisocket import HostReport, ICommand, Limits
from netsim.errors import CommandError


@implementer(ICommand)
class DiskUsage:
    """C{{"disk_usage": {"path": "/data", "on": "all_servers"}}}"""

    name = "disk_usage"

    async def run(self, target, argument, cluster):
        """Ask all of the hosts at once; the log has their answers."""
        if not isinstance(argument, dict) or not isinstance(argument.get("path"), str):
            raise CommandError("disk_usage: path: expected the path of a directory")
        script = f"df -h -- {shlex.quote(argument['path'])}"
        hosts = cluster.hosts(argument.get("on", "all_servers"))

        async def ask(machine):
            ended = await machine.run(script, Limits(timeout=10))
            failure = "" if ended.succeeded else f"exit status {ended.status}"
            return HostReport(machine.host.name, failure, ended.status, ended.seconds, ended.output)

        return await cluster.on_each(hosts, ask)


disk_usage = DiskUsage()
