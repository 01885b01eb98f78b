"""Running programs on the host itself: the only place that imports subprocess."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from labkit.errors import WorldError
from labkit.world.machine import Result

_START = "import sys; sys.path.insert(0, sys.argv.pop(2)); from labkit.world.launch import main; main()"


def start_launcher(python: str, package: str, sock: int, trouble: int) -> subprocess.Popen[bytes]:
    """Start labkit.world.launch: isolated from the environment and from site-packages, in a session of its own."""
    return subprocess.Popen(
        [python, "-IS", "-X", "utf8", "-c", _START, str(sock), package],
        pass_fds=(sock,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=trouble, start_new_session=True,
    )  # fmt: skip


def run_host(
    argv: Sequence[str], *, stdin: str = "", timeout: float | None = None,
    env: Mapping[str, str] | None = None, cwd: Path | None = None,
) -> Result:  # fmt: skip
    """Run a program on the host and collect what it says. Raises WorldError when it cannot be started or takes too long."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            list(argv), input=stdin, capture_output=True, text=True, timeout=timeout, env=env, cwd=cwd, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorldError(f"{' '.join(argv)}: {error}") from error
    return Result("host", tuple(argv), done.returncode, done.stdout, done.stderr, time.monotonic() - began)
