"""The bash scripts of commands, every value in them quoted."""

from __future__ import annotations

import shlex

from netsim.dsisocket.steps import Checkout, MongoShell

__all__ = ["checkout", "mongo_shell", "path_word"]

_CHECKOUT = """\
set -eu
export GIT_TERMINAL_PROMPT=0
source={source} target={target} branch={branch} quiet={quiet}
# From inside of the target, a path that is not absolute would be another one.
[ ! -d "$source" ] || source=$(CDPATH='' cd -- "$source" && pwd)
if [ ! -e "$target" ] || {{ [ -d "$target" ] && [ -z "$(ls -A -- "$target")" ]; }}; then
    git clone $quiet --no-checkout -- "$source" "$target"
    CDPATH='' cd -- "$target"
elif [ -e "$target/.git" ]; then
    CDPATH='' cd -- "$target"
    git remote set-url origin "$source" 2>/dev/null || git remote add origin "$source"
    git fetch $quiet --force --prune --tags origin '+refs/heads/*:refs/remotes/origin/*'
    git remote set-head origin --auto >/dev/null
else
    echo "$target is there, and is no git repository" >&2
    exit 1
fi
if [ -z "$branch" ]; then
    branch=$(git symbolic-ref --short refs/remotes/origin/HEAD)
    branch=${{branch#origin/}}
fi
if git show-ref --quiet --verify "refs/remotes/origin/$branch"; then
    git checkout $quiet -B "$branch" "refs/remotes/origin/$branch" --
elif ! git show-ref --quiet --verify "refs/heads/$branch" &&
    git rev-parse --quiet --verify "$branch^{{commit}}" >/dev/null; then
    git checkout $quiet --detach "$branch" --
else
    echo "$source has no branch, tag or commit $branch" >&2
    exit 1
fi
"""

_MONGO_SHELL = """\
set -eu
umask 077
directory=$(mktemp -d)
trap 'rm -rf -- "$directory"' EXIT
printf '%s' {script} >"$directory/script.js"
{shell} "$directory/script.js"
"""


def path_word(path: str) -> str:
    """Quote a path; a C{~} or C{~/} that it begins with stays the home directory."""
    if path == "~":
        return '"$HOME"'
    if path.startswith("~/"):
        return '"$HOME"/' + shlex.quote(path[2:])
    return shlex.quote(path)


def checkout(repo: Checkout) -> str:
    """
    Clone a repository, or bring it to the newest commit of a branch.

    Changes in files that are not committed there stay, or make it fail; a directory
    that is something else is not touched.
    """
    return _CHECKOUT.format(
        source=path_word(repo.source),
        target=path_word(repo.target),
        branch=shlex.quote(repo.branch or ""),
        quiet="" if repo.verbose else "--quiet",
    )


def mongo_shell(shell: str, step: MongoShell) -> str:
    """
    Give a script to the shell of MongoDB, as a file that is removed afterwards.

    @param shell: the shell's command line, as bash reads it.
    """
    if step.connection_string is not None:
        shell = f"{shell} {shlex.quote(step.connection_string)}"
    return _MONGO_SHELL.format(script=shlex.quote(step.script), shell=shell)
