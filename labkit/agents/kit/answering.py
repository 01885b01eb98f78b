"""The agent's side of its door (door.py): answers, in its event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from labkit.agents.kit.door import Door
from labkit.errors import LabkitError, parse_json

Answer = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


async def serve_door(door: Door, answers: Mapping[str, Answer]) -> None:
    """Answer from now on, as long as the event loop runs. Whatever is wrong with a question becomes an error."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = await _answer(answers, reader)
        try:
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except ConnectionError:
            pass  # it did not wait
        finally:
            writer.close()

    door.socket.parent.mkdir(parents=True, exist_ok=True)
    door.socket.unlink(missing_ok=True)
    await asyncio.start_unix_server(talk, door.socket)


async def _answer(answers: Mapping[str, Answer], reader: asyncio.StreamReader) -> dict[str, Any]:
    try:
        words = parse_json(await reader.readline(), "the question")
        return await answers[words["do"]](words)
    except LabkitError as error:
        return {"error": error.message, "hint": error.hint}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return {"error": f"the agent does not understand: {error!r:.200}", "hint": "its command's --help"}
