"""Asking this node's agent, by its socket in /run."""

from __future__ import annotations

import json
import socket
from typing import Any, Final

from labkit.cni.weave.options import SOCKET
from labkit.errors import LabkitError

_SECONDS: Final = 15.0


class NoAgentError(LabkitError):
    """Nobody listens."""


def ask_agent(do: str, **words: Any) -> dict[str, Any]:
    """One question, one answer. Raises NoAgentError, or LabkitError with the agent's own words."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(_SECONDS)
        try:
            sock.connect(str(SOCKET))
            sock.sendall(json.dumps({"do": do, **words}).encode() + b"\n")
            with sock.makefile("rb") as file:
                line = file.readline()
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NoAgentError(
                "weave is not running on this machine", hint="start its agent with `weave launch`"
            ) from error
        except OSError as error:
            raise LabkitError(
                f"weave's agent does not answer: {error}", hint="`ps -ef` shows whether it runs"
            ) from error
    if not line:
        raise LabkitError("weave's agent ended while it was asked", hint="see /var/log/weave.log")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise LabkitError(answer["error"], hint=answer["hint"])
    return answer
