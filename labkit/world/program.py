"""Running programs where this process is, on the host or inside a world: the only place that imports subprocess."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from labkit.errors import WorldError
from labkit.world import debug
from labkit.world.values import Result

_START = "import sys; sys.path.insert(0, sys.argv.pop(2)); from labkit.world.inside.launch import main; main()"


def start_launcher(python: str, package: str, sock: int, trouble: int) -> subprocess.Popen[bytes]:
    """Start labkit.world.inside.launch: isolated from the environment and from site-packages, in a session of its own."""
    return subprocess.Popen(
        [python, "-IS", "-X", "utf8", "-c", _START, str(sock), package],
        pass_fds=(sock,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=trouble, start_new_session=True,
    )  # fmt: skip


def run_program(
    argv: Sequence[str], *, stdin: str = "", timeout: float | None = None,
    env: Mapping[str, str] | None = None, cwd: Path | None = None,
) -> Result:  # fmt: skip
    """Run a program here and collect what it says. Raises WorldError when it cannot be started or takes too long."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            list(argv), input=stdin, capture_output=True, text=True, timeout=timeout, env=env, cwd=cwd, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorldError(f"{' '.join(argv)}: {error}") from error
    debug.show(began, f"here: {shlex.join(argv)} -> {done.returncode}")
    return Result("host", tuple(argv), done.returncode, done.stdout, done.stderr, time.monotonic() - began)


def stream_program(
    argv: Sequence[str], take: Callable[[str], None], *, env: Mapping[str, str], cwd: Path, held: Sequence[int] = ()
) -> int:
    """Run a program and hand on each line that it says, of both streams; its exit status. It ends with this block.

    `held`: descriptors that it has too, such as a lock that shall last as long as it does. Raises WorldError when it cannot be started.
    """
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            list(argv), env=dict(env), cwd=cwd, pass_fds=held, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        raise WorldError(f"{argv[0]}: {error}") from error
    with process:
        try:
            for line in process.stdout or ():
                take(line.rstrip("\n"))
        except BaseException:
            process.terminate()
            raise
    debug.show(began, f"here: {shlex.join(argv)} -> {process.returncode}")
    return process.returncode


def start_program(
    argv: Sequence[str], *, streams: tuple[int, int, int], env: Mapping[str, str], held: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a program here that is waited for elsewhere: descriptors for stdin, stdout and stderr; a terminal's Ctrl-C does not reach it.

    `held`: descriptors that it has too, by the same numbers. Raises WorldError when it cannot be started.
    """
    stdin, stdout, stderr = streams
    try:
        return subprocess.Popen(
            list(argv), stdin=stdin, stdout=stdout, stderr=stderr, env=dict(env), pass_fds=held, start_new_session=True
        )
    except OSError as error:
        raise WorldError(f"{argv[0]}: {error}") from error
