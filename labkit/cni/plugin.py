"""Calling one plugin: a program on the node, environment and stdin in, JSON out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from labkit.cni.attachment import BIN
from labkit.cni.errors import DECODE_FAILURE, CniError
from labkit.errors import CannotTell

TIMEOUT: Final = 20.0


class Ran(Protocol):
    """What is read of a finished program."""

    @property
    def status(self) -> int: ...
    @property
    def stdout(self) -> str: ...
    @property
    def stderr(self) -> str: ...


class Node(Protocol):
    """Where plugins run: a machine of the world, in the node's own namespaces."""

    @property
    def name(self) -> str: ...
    def run(
        self, command: str | Sequence[str], /, *, stdin: str = ..., timeout: float | None = ..., env: Mapping[str, str] | None = ...
    ) -> Ran: ...  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call as it happened; `render` gives it as lines to be typed again by hand."""

    node: str
    plugin: str
    environment: Mapping[str, str]
    stdin: str
    stdout: str
    stderr: str
    status: int

    def render(self) -> str:
        """A shell command with the same environment and stdin, and what came back."""
        variables = " ".join(f"{key}={shlex.quote(value)}" for key, value in self.environment.items())
        lines = [f"{variables} {BIN}/{self.plugin} <<'EOF'", *self.stdin.splitlines(), "EOF"]
        answer = [
            f"# exit status {self.status}",
            *self.stdout.splitlines(),
            *(f"# {line}" for line in self.stderr.splitlines()),
        ]
        return "\n".join(lines + answer)


Tell = Callable[[Call], None]


def call_plugin(node: Node, plugin: str, environment: Mapping[str, str], config: Any, tell: Tell) -> Any:
    """Run a plugin and return its result, None when it says nothing. Raises CniError with the plugin's own words."""
    program = f"{BIN}/{plugin}"
    if node.run(["test", "-x", program]).status:
        raise CniError(f"failed to find plugin {plugin!r} in path [{BIN}]", hint=f"`ls {BIN}` on {node.name}")
    stdin = json.dumps(config, indent=2)
    try:
        done = node.run([program], stdin=stdin, env=environment, timeout=TIMEOUT)
    except CannotTell as error:
        raise CniError(
            f"{plugin} {environment['CNI_COMMAND']}: {error.message}", hint="it was ended; DEL cleans up"
        ) from error
    tell(Call(node.name, plugin, environment, stdin, done.stdout, done.stderr, done.status))
    what = f"{plugin} {environment['CNI_COMMAND']} on {node.name}"
    if done.status:
        raise _parse_error(what, done)
    return _parse_result(what, done.stdout)


def _parse_result(what: str, text: str) -> Any:
    if not text.strip():
        return None
    try:
        result = json.loads(text)
    except ValueError as error:
        raise CniError(f"{what} printed no JSON: {text[:200]!r}", code=DECODE_FAILURE) from error
    if not isinstance(result, dict):
        raise CniError(f"{what} printed no object: {text[:200]!r}", code=DECODE_FAILURE)
    return result


def _parse_error(what: str, done: Ran) -> CniError:
    """The error result on stdout; where a plugin broke off without one, what it said on stderr."""
    try:
        said = json.loads(done.stdout)
        code, message, details = int(said["code"]), str(said["msg"]), str(said.get("details", ""))
    except (ValueError, TypeError, KeyError):
        words = (done.stderr or done.stdout).strip()[-500:] or "nothing"
        return CniError(f"{what} ended with status {done.status} and said {words}")
    return CniError(f"{what}: {message}" + (f"; {details}" if details else ""), code=code, details=details)
