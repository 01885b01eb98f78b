"""nginx itself, Debian's: its files, whether it takes a configuration, its start, reloads and end."""

from __future__ import annotations

import os
import select
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from labkit.world.program import run_program, start_program

CONF: Final = Path("/etc/nginx/nginx.conf")
_TEMPORARY: Final = Path("/tmp/nginx")  # noqa: S108 - the real controller's, in a container of its own


class Nginx:
    """One, in the foreground, as a child of this process; its two logs are ours."""

    def __init__(self, certificates: Path) -> None:
        self._certificates = certificates
        self._process: Any = None  # subprocess.Popen, which has its home in labkit.world

    def prepare(self) -> None:
        """Its folders. Raises OSError."""
        for folder in (_TEMPORARY, self._certificates, CONF.parent):
            folder.mkdir(parents=True, exist_ok=True)

    def write_certificates(self, pems: Mapping[str, str]) -> bool:
        """Name -> PEM, for nobody but root; whether something changed. Those that are not in it any more go later, by `forget`."""
        changed = [name for name, pem in pems.items() if _read(self._certificates / f"{name}.pem") != pem]
        for name in changed:
            descriptor = os.open(self._certificates / f".{name}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(pems[name])
            (self._certificates / f".{name}.new").replace(self._certificates / f"{name}.pem")
        return bool(changed)

    def forget(self, kept: Mapping[str, str]) -> None:
        """Certificates that the configuration in force does not name."""
        for path in self._certificates.glob("*.pem"):
            if path.stem not in kept:
                path.unlink()

    def find_refusal(self, text: str) -> str:
        """What `nginx -t` has against a configuration; empty when it takes it."""
        with tempfile.NamedTemporaryFile("w", dir=_TEMPORARY, prefix="nginx-cfg", encoding="utf-8") as trial:
            trial.write(text)
            trial.flush()
            told = run_program(["nginx", "-c", trial.name, "-e", "stderr", "-t"])
        return told.stderr.strip() if told.status else ""

    def apply(self, text: str) -> None:
        """Serve by this configuration: start, or let new workers take over while old ones finish."""
        fresh = CONF.with_name("nginx.conf.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(CONF)
        if self._process is None:
            self._start()
        else:
            self._process.send_signal(signal.SIGHUP)

    def _start(self) -> None:
        null = os.open(os.devnull, os.O_RDONLY)
        argv = ["nginx", "-c", str(CONF), "-e", "stderr"]
        self._process = start_program(argv, streams=(null, 1, 2), env=dict(os.environ))
        os.close(null)

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def stop(self, seconds: float) -> None:
        """What has begun is finished, up to `seconds`; then it ends."""
        if not self.runs:
            return
        ended = os.pidfd_open(self._process.pid)
        self._process.send_signal(signal.SIGQUIT)
        if not select.select([ended], [], [], seconds)[0]:
            self._process.kill()
        self._process.wait()
        os.close(ended)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
