"""Where the files of a command are on this machine; nothing outside of where they belong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from netsim.dsisocket.model import Host
from netsim.dsisocket.settings import Settings
from netsim.dsisocket.steps import HostCommand, Retrieval, Upload
from netsim.errors import CommandError, Problem

__all__ = ["file_problems", "local_source", "report_path"]


def local_source(settings: Settings, source: str, from_repo: bool) -> Path:
    """
    Find the file or directory that is to be uploaded.

    @param from_repo: it is in the configured repository directory, else relative to the
        working directory.
    @raise CommandError: it is not there, or not where it may be.
    """
    try:
        path = _in_repo(settings, source) if from_repo else Path(source).expanduser().absolute()
        os.stat(path)
    except OSError as error:
        raise CommandError(f"{error.filename or source}: {error.strerror}") from None
    except RuntimeError as error:
        # Of symbolic links in a circle, or of a home directory that nobody has.
        raise CommandError(f"{source}: {error}") from None
    return path


def report_path(settings: Settings, host: Host, source: str, target: str) -> Path:
    """
    Say where a retrieved file or directory lands.

    @param target: one that ends with C{/} is a directory for it.
    @raise CommandError: that is not in the directory of the host's reports.
    """
    root = _root(settings, host)
    path = _below(root, source, target)
    try:
        # What has been retrieved may hold links that lead elsewhere.
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError) as error:
        raise CommandError(f"{path}: {error}") from None
    if not inside:
        raise _outside(root, target)
    return path


def file_problems(
    settings: Settings, command: HostCommand, hosts: Sequence[Host]
) -> Iterator[Problem]:
    """
    Look for what would go wrong with files of this machine.

    @param hosts: one or more.
    """
    # A target leads out of the directories of all hosts, or of none.
    root = _root(settings, hosts[0])
    for step in command.steps:
        for transfer in step.files if isinstance(step, Upload | Retrieval) else ():
            try:
                if isinstance(step, Upload):
                    local_source(settings, transfer.source, step.from_repo)
                else:
                    _below(root, transfer.source, transfer.target)
            except CommandError as error:
                key = "source" if isinstance(step, Upload) else "target"
                yield Problem("", f"{transfer.place}.{key}", str(error))


def _root(settings: Settings, host: Host) -> Path:
    return settings.reports.absolute() / settings.test_id / host.name


def _below(root: Path, source: str, target: str) -> Path:
    path = root / target
    if target.endswith("/") or Path(target) == Path():
        path /= Path(source).name
    path = Path(os.path.normpath(path))
    if path == root or not path.is_relative_to(root):
        raise _outside(root, target)
    return path


def _outside(root: Path, target: str) -> CommandError:
    return CommandError(f"{target}: retrieved files belong into {root}")


def _in_repo(settings: Settings, source: str) -> Path:
    if settings.repo_dir is None:
        raise CommandError(f"{source}: no repository directory is configured (repo_dir)")
    root = settings.repo_dir.expanduser().absolute()
    path = Path(os.path.normpath(root / source))
    if not path.is_relative_to(root) or not path.resolve().is_relative_to(root.resolve()):
        raise CommandError(f"{source}: this is outside of the repository directory {root}")
    return path
