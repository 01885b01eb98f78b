"""An agent's own socket on its node: a question and an answer, one line of JSON each."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labkit.errors import LabkitError, parse_json

_SECONDS: Final = 15.0


class NoAgentError(LabkitError):
    """Nobody listens."""


@dataclass(frozen=True)
class Door:
    """Where an agent answers. `start`: the command that starts it; `log`: where it writes what goes wrong."""

    agent: str
    socket: Path
    start: str
    log: Path

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        """One question, one answer. Raises NoAgentError, or LabkitError with the agent's own words."""
        try:
            line = self._exchange(json.dumps({"do": do, **words}).encode() + b"\n")
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NoAgentError(
                f"{self.agent} is not running on this machine", hint=f"start its agent with `{self.start}`"
            ) from error
        except OSError as error:
            raise LabkitError(
                f"{self.agent}'s agent does not answer: {error}", hint="`ps -ef` shows whether it runs"
            ) from error
        if not line:
            raise LabkitError(f"{self.agent}'s agent ended while it was asked", hint=f"see {self.log}")
        answer: dict[str, Any] = parse_json(line, f"what {self.agent}'s agent says")
        if "error" in answer:
            raise LabkitError(answer["error"], hint=answer["hint"])
        return answer

    def _exchange(self, question: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(_SECONDS)
            sock.connect(str(self.socket))
            sock.sendall(question)
            with sock.makefile("rb") as file:
                return file.readline()
