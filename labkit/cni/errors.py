"""What a plugin or the runtime says when something is wrong, with the specification's codes."""

from __future__ import annotations

from typing import Final

from labkit.errors import LabkitError

# CNI specification 1.1.0, section 5 "Error"; 100 and above belong to the plugins.
INCOMPATIBLE_VERSION: Final = 1
UNSUPPORTED_FIELD: Final = 2
UNKNOWN_CONTAINER: Final = 3
INVALID_ENVIRONMENT: Final = 4
IO_FAILURE: Final = 5
DECODE_FAILURE: Final = 6
INVALID_CONFIG: Final = 7
TRY_LATER: Final = 11
PLUGIN_UNAVAILABLE: Final = 50
LIMITED_CONNECTIVITY: Final = 51
INTERNAL: Final = 999  # what the reference plugins say for an error that has no code of its own

MEANINGS: Final = {
    INCOMPATIBLE_VERSION: "the plugin does not speak this cniVersion: write an older one into the conf",
    UNSUPPORTED_FIELD: "the conf has a field that the plugin does not know: take it out",
    UNKNOWN_CONTAINER: "the plugin does not know this container: nothing is left to clean up",
    INVALID_ENVIRONMENT: "one of CNI_COMMAND, CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH is missing or wrong",
    IO_FAILURE: "the plugin could not read or write something it needs",
    DECODE_FAILURE: "the plugin could not read what it got on stdin: look for a slip in the conf",
    INVALID_CONFIG: "a value in the conf is not valid",
    TRY_LATER: "the plugin asks for patience: the same call may work in a moment",
    PLUGIN_UNAVAILABLE: "the plugin can't serve ADD now",
    LIMITED_CONNECTIVITY: "the plugin can't serve ADD now, and pods that it connected may be cut off",
}

# words of the reference plugins (1.1.1) -> what is behind them
REMEDIES: Final = {
    "could not set bridge's mac": "an ADD that failed left a bridge without ports, whose MAC is 00:00:00:00:00:00 then: "
    "`ip link del` it (`ip -br link` shows it) and ADD again; the plugin makes a new one",
    "already has an IP address different from": "the bridge is another network's: name another `bridge`, or `ip addr del` its address",
    "failed to locate iptables": "PATH of the call must have /usr/sbin",
}


def find_remedy(message: str) -> str:
    """What to do about words that do not say it themselves; empty for others."""
    return next((remedy for words, remedy in REMEDIES.items() if words in message), "")


class CniError(LabkitError):
    """A call failed. `code` and `details` as in the error result; None where the runtime itself gave up."""

    def __init__(self, message: str, *, code: int | None = None, details: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint or MEANINGS.get(code or 0, ""))
        self.code = code
        self.details = details


class AlreadyAddedError(CniError):
    """A second ADD of the same container, link and network without a DEL in between: the runtime refuses it."""
