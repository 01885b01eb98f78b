"""Asking a container how it is: HTTP, TCP, a command; the answers' words are kubelet's (pkg/probe)."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.agents.containers.client import ContainerError
from labkit.agents.kubelet.ground import Ground
from labkit.agents.kubelet.probe import find_port

_GOOD: Final = range(200, 400)
_MOST: Final = 10 * 1024  # bytes of an answer
Answer = tuple[bool, str]  # whether it is well, and what it said


async def ask(
    ground: Ground, action: Mapping[str, Any], container: Mapping[str, Any], at: tuple[str, str], seconds: float
) -> Answer:
    """One question: a probe, or a handler of lifecycle. `at`: the container's id, the pod's address."""
    if "exec" in action:
        return await run_command(ground, at[0], action["exec"].get("command") or (), seconds)
    try:
        if "httpGet" in action:
            return await _get(action["httpGet"], container, at[1], seconds)
        if "tcpSocket" in action:
            target = action["tcpSocket"]
            return await _connect(target.get("host") or at[1], find_port(target["port"], container), seconds)
    except ValueError as error:
        return False, str(error)
    return False, "this course's kubelet has no such probe"


async def _connect(host: str, port: int, seconds: float) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
    except TimeoutError:
        return False, f"dial tcp {host}:{port}: i/o timeout"
    except OSError as error:
        return False, f"dial tcp {host}:{port}: connect: {explain(error)}"
    return True, ""


def explain(error: OSError) -> str:
    """As Go's net says it."""
    return os.strerror(error.errno).lower() if error.errno else str(error)


async def _get(action: Mapping[str, Any], container: Mapping[str, Any], address: str, seconds: float) -> Answer:
    from tornado.httpclient import HTTPRequest
    from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError, SimpleAsyncHTTPClient

    host, port = action.get("host") or address, find_port(action["port"], container)
    url = f"{action.get('scheme', 'HTTP').lower()}://{host}:{port}{action.get('path') or '/'}"
    headers = {"User-Agent": "kube-probe/1.35", "Accept": "*/*", "Connection": "close"}
    headers |= {each["name"]: each["value"] for each in action.get("httpHeaders") or ()}
    request = HTTPRequest(
        url, headers=headers, validate_cert=False, request_timeout=seconds, connect_timeout=seconds,
        follow_redirects=False, decompress_response=False,
    )  # fmt: skip
    client = SimpleAsyncHTTPClient(force_instance=True)
    try:
        response = await client.fetch(request, raise_error=False)
    except HTTPTimeoutError:
        return False, f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    except HTTPStreamClosedError:
        return False, f'Get "{url}": EOF'
    except OSError as error:
        return False, f'Get "{url}": dial tcp {host}:{port}: connect: {explain(error)}'
    finally:
        client.close()
    if response.code in _GOOD:
        return True, ""
    return False, f"HTTP probe failed with statuscode: {response.code}"


async def run_command(ground: Ground, name: str, argv: Sequence[str], seconds: float) -> Answer:
    """A command in a container: whether it ended well in time, and what it printed."""
    try:
        return await ground.do(_run_command, ground, name, argv, seconds)
    except ContainerError as error:
        return False, error.message


def _run_command(ground: Ground, name: str, argv: Sequence[str], seconds: float) -> Answer:
    lives = ground.containers.list_lives()
    if name not in lives:
        return False, f"container {name} not found"
    reader, writer = os.pipe2(os.O_CLOEXEC)
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        entered = ground.containers.enter(name, argv, read_environment(lives[name].process), (null, writer, writer))
    except ContainerError:
        os.close(reader)
        raise
    finally:
        os.close(null)
        os.close(writer)
    with entered.connection as connection, open(reader, "rb") as output:  # noqa: PTH123 - a descriptor
        connection.settimeout(seconds)
        os.set_blocking(reader, False)
        try:
            status = json.loads(connection.recv(1000) or b'{"status": 255}')["status"]
        except TimeoutError:
            return False, f"command timed out: {argv[0]!r} timed out after {seconds:g}s"
        said = (output.read(_MOST) or b"").decode(errors="replace")
    return status == 0, said


def read_environment(process: int) -> dict[str, str]:
    """With which a container's first process was started; exec has the same."""
    try:
        with open(f"/proc/{process}/environ", "rb") as file:  # noqa: PTH123
            pairs = file.read().decode(errors="surrogateescape").split("\0")
    except OSError:
        return dict(os.environ)
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
