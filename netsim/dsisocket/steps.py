"""What can be done on a host: the values that stand for each step of a command."""

from __future__ import annotations

from attrs import evolve, field, frozen

from netsim.dsisocket.model import Limits

__all__ = [
    "Checkout",
    "Checkouts",
    "Delay",
    "DelayGroup",
    "Delays",
    "HostCommand",
    "MongoShell",
    "Retrieval",
    "Script",
    "Step",
    "Transfer",
    "Upload",
]


@frozen
class Script:
    """C{exec}: a script for bash."""

    text: str = field(repr=False)


@frozen
class Transfer:
    """
    A file or directory that is copied.

    @ivar place: where the command says so, such as C{on_mongod.upload_files[0]}.
    """

    source: str
    target: str
    place: str = field(default="", eq=False)


@frozen
class Upload:
    """
    C{upload_files} and C{upload_repo_files}.

    @ivar from_repo: sources start from the configured repository directory.
    """

    files: tuple[Transfer, ...]
    from_repo: bool = False


@frozen
class Retrieval:
    """C{retrieve_files}."""

    files: tuple[Transfer, ...]


@frozen
class Checkout:
    """
    A git repository that is cloned, or brought up to date.

    @ivar branch: a branch, tag or commit; none for the default branch.
    @ivar verbose: git tells what it does.
    """

    source: str
    target: str
    branch: str | None = None
    verbose: bool = False


@frozen
class Checkouts:
    """C{checkout_repos}."""

    repos: tuple[Checkout, ...]


@frozen
class MongoShell:
    """C{exec_mongo_shell}: a script for the configured MongoDB shell."""

    script: str = field(repr=False)
    connection_string: str | None = field(default=None, repr=False)


@frozen
class Delay:
    """
    How much later packets leave; both in microseconds.

    @ivar jitter: how much the time of a packet may differ from that.
    """

    time: int = 0
    jitter: int = 0


@frozen
class DelayGroup:
    """
    Hosts that have a delay of their own among each other.

    @ivar addresses: their IP addresses, private or public.
    """

    addresses: frozenset[str]
    delay: Delay


@frozen
class Delays:
    """
    C{network_delays}: the delays between the hosts.

    @ivar everywhere: between hosts that have no group in common.
    @ivar groups: where two hosts have several in common, the last one counts.
    """

    everywhere: Delay = Delay()
    groups: tuple[DelayGroup, ...] = ()


Step = Script | Upload | Retrieval | Checkouts | MongoShell | Delays


@frozen
class HostCommand:
    """
    What stands under C{on_<group>}.

    @ivar steps: in the order of the command.
    @ivar timeout: seconds that each script may take; none for what is configured.
    @ivar no_output: seconds that each may print nothing; none for what is configured.
    """

    steps: tuple[Step, ...]
    timeout: float | None = None
    no_output: float | None = None

    def limits(self, configured: Limits) -> Limits:
        """The limits of its scripts."""
        own = {"timeout": self.timeout, "no_output": self.no_output}
        return evolve(configured, **{key: value for key, value in own.items() if value is not None})
