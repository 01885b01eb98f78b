"""What every CNI plugin begins and ends with (containernetworking/cni, pkg/skel): environment, conf, versions, results, errors.

A plugin says what its commands do; this answers by the protocol, whatever it is called with. Order, codes and words are skel's.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.kit.door import NoAgentError
from labkit.cni.attachment import check_container, check_link
from labkit.cni.conf import NAME, VERSIONS
from labkit.cni.errors import (
    DECODE_FAILURE,
    INCOMPATIBLE_VERSION,
    INTERNAL,
    INVALID_CONFIG,
    INVALID_ENVIRONMENT,
    IO_FAILURE,
    TRY_LATER,
    CniError,
)
from labkit.errors import JsonError, LabkitError, parse_json

_CONTAINER: Final = ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH")
_NEEDED: Final = {
    "ADD": _CONTAINER, "CHECK": _CONTAINER, "DEL": tuple(name for name in _CONTAINER if name != "CNI_NETNS"),
}  # fmt: skip
_FIRST_CHECK: Final = "0.4.0"


@dataclass(frozen=True)
class Arguments:
    """What a plugin was called with. `netns` may be empty for DEL; `version` is the conf's."""

    container: str
    netns: str
    link: str
    folders: tuple[str, ...]
    environment: Mapping[str, str]
    conf: Mapping[str, Any]
    version: str


Command = Callable[[Arguments], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Plugin:
    """A plugin: its name, the versions it speaks, and what it does. ADD gives a result, the others nothing."""

    name: str
    versions: tuple[str, ...]
    add: Command
    delete: Command
    check: Command

    def main(self) -> int:
        """One call, by this process's environment and streams."""
        if not os.environ.get("CNI_COMMAND"):
            versions = ", ".join(self.versions)
            print(f"CNI plugin {self.name} of labkit\nCNI protocol versions supported: {versions}", file=sys.stderr)
            return 0
        status, said = self.answer(os.environ, b"" if sys.stdin.isatty() else sys.stdin.buffer.read())
        print(said, end="")
        return status

    def answer(self, environment: Mapping[str, str], stdin: bytes) -> tuple[int, str]:
        """Exit status, and what goes to stdout: a result, or an error result."""
        try:
            return 0, self._serve(environment, stdin)
        except Exception as error:  # noqa: BLE001 - the runtime gets the protocol's error, whatever it is
            return 1, self._render_error(_explain(error))

    def _serve(self, environment: Mapping[str, str], stdin: bytes) -> str:
        command = environment.get("CNI_COMMAND", "")
        if command == "VERSION":
            return json.dumps({"cniVersion": self.versions[-1], "supportedVersions": self.versions}) + "\n"
        if command not in _NEEDED:
            raise CniError(f"unknown CNI_COMMAND: {command}", code=INVALID_ENVIRONMENT)
        arguments = parse_arguments(command, environment, stdin)
        self._require_version(command, arguments.version)
        result = {"ADD": self.add, "DEL": self.delete, "CHECK": self.check}[command](arguments)
        return "" if result is None else json.dumps(result, indent=4) + "\n"

    def _require_version(self, command: str, version: str) -> None:
        if version not in self.versions:
            raise CniError(
                "incompatible CNI versions", code=INCOMPATIBLE_VERSION,
                details=f"config is {json.dumps(version)}, plugin supports {json.dumps(self.versions)}",
            )  # fmt: skip
        if command == "CHECK" and VERSIONS.index(version) < VERSIONS.index(_FIRST_CHECK):
            raise CniError("config version does not allow CHECK", code=INCOMPATIBLE_VERSION)

    def _render_error(self, error: CniError) -> str:
        data = {"cniVersion": self.versions[-1], "code": error.code or INTERNAL, "msg": error.message}
        return json.dumps(data | ({"details": error.details} if error.details else {}), indent=4) + "\n"


def _explain(error: Exception) -> CniError:
    match error:
        case CniError():
            return error
        case NoAgentError():
            return CniError(error.message, code=TRY_LATER, details=error.hint)
        case LabkitError():
            return CniError(error.message, code=INTERNAL, details=error.hint)
        case OSError():
            return CniError(str(error), code=IO_FAILURE)
        case ValueError():  # such as a path with a character that no file can have
            return CniError(f"a value can't be used: {error}", code=INVALID_CONFIG)
    traceback.print_exception(error)
    return CniError(f"the plugin broke off: {error!r}", code=INTERNAL)


def parse_arguments(command: str, environment: Mapping[str, str], stdin: bytes) -> Arguments:
    """Everything a plugin is told. Raises CniError with the specification's codes."""
    missing = [name for name in _NEEDED[command] if not environment.get(name)]
    if missing:
        raise CniError(f"required env variables [{','.join(missing)}] missing", code=INVALID_ENVIRONMENT)
    conf = parse_stdin(stdin)
    check_container(environment["CNI_CONTAINERID"])
    check_link(environment["CNI_IFNAME"])
    return Arguments(
        environment["CNI_CONTAINERID"], environment.get("CNI_NETNS", ""), environment["CNI_IFNAME"],
        tuple(environment["CNI_PATH"].split(":")), dict(environment), conf, _parse_version(conf),
    )  # fmt: skip


def parse_stdin(stdin: bytes) -> dict[str, Any]:
    """The conf. Raises CniError."""
    try:
        conf = parse_json(stdin, "stdin")
    except JsonError as error:
        raise CniError(f"error unmarshalling network config: {error.message}", code=DECODE_FAILURE) from error
    if not isinstance(conf, dict):
        raise CniError("error unmarshalling network config: an object is expected", code=DECODE_FAILURE)
    name = conf.get("name", "")
    if not isinstance(name, str):
        raise CniError("error unmarshalling network config: name has to be a string", code=DECODE_FAILURE)
    if not name:
        raise CniError("missing network name", code=INVALID_CONFIG)
    if not NAME.fullmatch(name):
        raise CniError("invalid characters found in network name", code=INVALID_CONFIG, details=name)
    return conf


def _parse_version(conf: Mapping[str, Any]) -> str:
    version = conf.get("cniVersion") or VERSIONS[0]
    if not isinstance(version, str):
        raise CniError("error unmarshalling network config: cniVersion has to be a string", code=DECODE_FAILURE)
    return version
