"""The user's own state folder: where journals and the like are kept, closed to everybody else and entered through no link."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
from pathlib import Path
from typing import Final

from labkit.errors import UsageError

_NOT_ITS_FAULT: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_HINT: Final = "XDG_STATE_HOME=/a/folder/of/yours says where else; it has to be yours and writable"


def find_state_folder() -> Path:
    """Where it is (XDG base directory specification): a relative XDG_STATE_HOME does not count, nor a home of somebody else's."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base.startswith("/") else find_home() / ".local" / "state") / "labkit"


def find_home() -> Path:
    """HOME if it is this user's: `sudo` may leave that of whoever called it. Otherwise the account's. Raises UsageError."""
    named = os.environ.get("HOME", "")
    with contextlib.suppress(OSError, ValueError):
        if named.startswith("/") and Path(named).is_dir() and Path(named).stat().st_uid == os.geteuid():
            return Path(named)
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError as error:
        raise UsageError(f"HOME is {named!r} and there is no account for uid {os.geteuid()}", hint=_HINT) from error


def ensure_state_folder(*names: str) -> Path:
    """The folder `names` below the state folder, made if need be; from `labkit` down only this user may enter. Raises UsageError."""
    top = find_state_folder()
    folder = top.joinpath(*names)
    try:
        top.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            parent = _open_own(str(top.parent), stack)
            for name in (top.name, *names):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=parent)
                parent = _open_own(name, stack, within=parent)
                os.fchmod(parent, 0o700)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _NOT_ITS_FAULT:
            raise
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(
            f"journals and settings are kept below {folder}, which can't be used: {why}", hint=_HINT
        ) from error
    return folder


def _open_own(name: str, stack: contextlib.ExitStack, *, within: int | None = None) -> int:
    """A folder of this user's; `within` one that is open already, and then through no link."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if within is None else os.O_NOFOLLOW)
    folder = os.open(name, flags, dir_fd=within)
    stack.callback(os.close, folder)
    if (owner := os.fstat(folder).st_uid) != os.geteuid():
        raise ValueError(f"{name} belongs to uid {owner}")
    return folder


def open_regular(path: Path, flags: int) -> int:
    """A file that is one: no pipe, no device, reached through no link by its last name. Raises OSError."""
    opened = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return opened


def open_own(path: Path, flags: int) -> int:
    """The same, for a file that this user alone has, by this name alone, in a folder of this user's. Raises OSError."""
    if (owner := path.parent.stat().st_uid) != os.geteuid():
        raise OSError(errno.EPERM, f"its folder belongs to uid {owner}", str(path))
    opened = open_regular(path, flags)
    found = os.fstat(opened)
    if found.st_uid != os.geteuid() or found.st_nlink > 1:
        os.close(opened)
        raise OSError(errno.EPERM, "it is somebody else's, or has another name too", str(path))
    return opened
