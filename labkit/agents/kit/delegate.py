"""Calling another plugin from within a plugin (containernetworking/cni, pkg/invoke): flannel calls bridge, others their IPAM plugin."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from labkit.agents.kit.plugin import Arguments
from labkit.cni.errors import DECODE_FAILURE, INTERNAL, CniError
from labkit.errors import JsonError, parse_json
from labkit.world import run_program


def call_delegate(conf: Mapping[str, Any], arguments: Arguments) -> dict[str, Any]:
    """The same command of the plugin that `conf` names, in the same environment; its result, {} where it has none.

    Raises CniError: the other plugin's own error, with its code.
    """
    done = run_program([find_plugin(conf["type"], arguments)], stdin=json.dumps(conf), env=arguments.environment)
    sys.stderr.write(done.stderr)
    if done.status:
        raise _parse_error(conf["type"], done.stdout)
    return _parse_result(conf["type"], done.stdout) if done.stdout.strip() else {}


def find_plugin(name: str, arguments: Arguments) -> str:
    """Its path, by CNI_PATH. Raises CniError."""
    if "/" in name or name in ("", ".", ".."):
        raise CniError(f"invalid plugin name: {name}", code=INTERNAL)
    for folder in arguments.folders:
        if os.access(path := f"{folder}/{name}", os.X_OK):
            return path
    raise CniError(f'failed to find plugin "{name}" in path {list(arguments.folders)}', code=INTERNAL)


def _parse_error(name: str, said: str) -> CniError:
    try:
        error = parse_json(said, name)
        return CniError(str(error["msg"]), code=int(error["code"]), details=str(error.get("details") or ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return CniError(f"{name} failed: {said.strip()[:500]!r}", code=INTERNAL)


def _parse_result(name: str, said: str) -> dict[str, Any]:
    try:
        result = parse_json(said, f"the result of {name}")
    except JsonError as error:
        raise CniError(error.message, code=DECODE_FAILURE) from error
    if not isinstance(result, dict):
        raise CniError(f"{name} gave a result that is no object", code=DECODE_FAILURE)
    return result
