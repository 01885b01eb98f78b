"""The files that JupyterLab shows: as Jupyter's own manager does it, but no link is followed.

A learner's process can make links in the folder that worlds share with the host; the server runs outside as the person herself.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from jupyter_server.files.handlers import FilesHandler
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError
from traitlets import default


class LinkRefused(HTTPError, OSError):
    """To a browser 403; in the listing of a folder an OSError that leaves this entry out (jupyter_server 2.21, _dir_model)."""

    def __init__(self, path: str) -> None:
        HTTPError.__init__(self, 403, f"{path} is a link: none is followed here")
        self.errno = errno.ELOOP


class OwnFiles(AsyncLargeFileManager):
    """Jupyter's manager of files below one folder, without links."""

    @default("files_handler_class")
    def _files_handler_class_default(self) -> Any:
        return FilesHandler  # asks this manager; the usual one opens paths itself

    def _get_os_path(self, path: str) -> str:
        found = str(super()._get_os_path(path))
        step = Path(self.root_dir)
        for part in Path(found).relative_to(step).parts:
            step /= part
            if step.is_symlink():
                raise LinkRefused(path)
        return found

    @contextlib.contextmanager
    def open(self, os_path: str, mode: str = "r", **kwargs: Any) -> Iterator[IO[Any]]:
        """A link put there since the path was looked at is not followed either."""
        with self.perm_to_403(os_path), open(os_path, mode, opener=_open_no_link, **kwargs) as file:
            yield file

    @contextlib.contextmanager
    def atomic_writing(self, os_path: str, text: bool = True, encoding: str = "utf-8", **_: Any) -> Iterator[IO[Any]]:  # noqa: FBT001, FBT002 - Jupyter's
        """Write beside it, then put it in its place: what stood there is replaced, never opened."""
        folder, name = os.path.split(os_path)
        with self.perm_to_403(os_path):
            descriptor, beside = tempfile.mkstemp(prefix=f".~{name}", dir=folder)
            try:
                os.fchmod(descriptor, _find_mode(os_path))
                with open(descriptor, "w" if text else "wb", encoding=encoding if text else None) as file:  # noqa: PTH123
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(beside, os_path)  # noqa: PTH105
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def _find_mode(path: str) -> int:
    """That of the file there is, or what a new one gets."""
    with contextlib.suppress(OSError):
        return os.lstat(path).st_mode & 0o777
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask
