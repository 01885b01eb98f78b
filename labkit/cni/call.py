"""Calling one plugin: a program on the node, environment and stdin in, JSON out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from labkit.cni.attachment import BIN
from labkit.cni.errors import CniError, find_remedy
from labkit.errors import CannotTell, JsonError, WorldError, parse_json
from labkit.net import Ran
from labkit.timing import scale

TIMEOUT: Final = 20.0  # seconds
WIDTH: Final = 100  # of a line, where JSON is shown
_SIGNALLED: Final = 128


class Node(Protocol):
    """Where plugins run: a machine of the world, in the node's own namespaces."""

    @property
    def name(self) -> str: ...
    def run(
        self, command: str | Sequence[str], /, *, stdin: str = ..., timeout: float | None = ..., env: Mapping[str, str] | None = ...
    ) -> Ran: ...  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call as it happened. `status` is None when it did not end in time."""

    node: str
    plugin: str
    environment: Mapping[str, str]
    stdin: str
    stdout: str = ""
    stderr: str = ""
    status: int | None = None

    @property
    def command(self) -> str:
        """ADD, DEL, CHECK …."""
        return self.environment["CNI_COMMAND"]

    def __str__(self) -> str:
        """`bridge ADD on worker1`."""
        return f"{self.plugin} {self.command} on {self.node}"

    def render(self) -> str:
        """A shell command with this environment and stdin, and below it, as comments, what came back."""
        variables = [f"{key}={shlex.quote(value)} \\" for key, value in self.environment.items()]
        typed = [*variables, f"{BIN}/{self.plugin} <<'EOF'", *_render_output(self.stdin), "EOF"]
        ended = "it did not end in time and was stopped" if self.status is None else f"exit status {self.status}"
        answer = [
            f"# {ended}{', stdout:' if self.stdout.strip() else ''}",
            *(f"#   {line}" for line in _render_output(self.stdout)),
            *(["# stderr:"] if self.stderr.strip() else []),
            *(f"#   {line}" for line in self.stderr.splitlines()),
        ]
        return "\n".join(typed + answer)


def render_json(value: Any, indent: str = "") -> str:
    """JSON as a person reads it: a line for each part of the outermost object; inside, on one line what fits there."""
    flat = json.dumps(value)
    if not isinstance(value, dict | list) or not value or (indent and len(indent) + len(flat) <= WIDTH):
        return flat
    inner = f"{indent}  "
    names = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    parts = value.values() if isinstance(value, dict) else value
    lines = [f"{inner}{name}{render_json(part, inner)}" for name, part in zip(names, parts, strict=True)]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([begin, ",\n".join(lines), f"{indent}{end}"])


def _render_output(text: str) -> list[str]:
    """The lines of what a plugin was given or said; what is no JSON as it stands."""
    try:
        return render_json(parse_json(text, "what a plugin said")).splitlines()
    except JsonError:  # a learner's plugin may say anything
        return text.splitlines()


Tell = Callable[[Call], None]


@dataclass(frozen=True)
class Caller:
    """Calls plugins on one node. `tell` is given every call; a plugin has `timeout` seconds, more on a slow computer."""

    node: Node
    tell: Tell
    timeout: float = TIMEOUT

    def call(self, plugin: str, environment: Mapping[str, str], config: Any) -> str:
        """Run a plugin; its stdout when it succeeded. Raises CniError with the plugin's own words."""
        planned = Call(self.node.name, plugin, environment, json.dumps(config, indent=2))
        call = self._run(planned)
        self.tell(call)
        if call.status:
            raise parse_error(call)
        return call.stdout

    def _run(self, planned: Call) -> Call:
        program, limit = f"{BIN}/{planned.plugin}", scale(self.timeout)
        try:
            ran = self.node.run([program], stdin=planned.stdin, env=planned.environment, timeout=limit)
        except CannotTell as error:
            self.tell(planned)
            raise CniError(f"{planned} did not end within {limit:g} s", hint="it was stopped; DEL cleans up") from error
        except WorldError as error:
            raise self._explain(planned, error) from error
        return Call(
            planned.node, planned.plugin, planned.environment, planned.stdin, ran.stdout, ran.stderr, ran.status
        )

    def _explain(self, planned: Call, error: WorldError) -> CniError:
        """Why it could not be started; raises WorldError again when the world is gone."""
        if self.node.run(["test", "-x", f"{BIN}/{planned.plugin}"]).status:
            return CniError(
                f"{planned}: failed to find plugin {planned.plugin!r} in path [{BIN}]",
                hint=f"`ls -l {BIN}` on {planned.node}: is it there, and may it be executed?",
            )
        return CniError(
            f"{planned} could not be started: {error.message}", hint="does its first line name a program, #!/bin/bash?"
        )


def parse_error(call: Call) -> CniError:
    """The error result on stdout; where a plugin broke off without one, what it said on stderr."""
    try:
        said = parse_json(call.stdout, f"{call}")
        code, message, details = int(said["code"]), str(said["msg"]), str(said.get("details") or "")
    except (ValueError, TypeError, KeyError):
        words = (call.stderr.strip() or call.stdout.strip())[-500:] or "nothing"
        status = call.status or 0
        ended = f"was ended by signal {status - _SIGNALLED}" if status > _SIGNALLED else f"ended with status {status}"
        return CniError(f"{call} {ended} and said {words}")
    return CniError(
        f"{call} failed with code {code}: {message}" + (f"; {details}" if details else ""), code=code, details=details,
        hint=find_remedy(message),
    )  # fmt: skip
