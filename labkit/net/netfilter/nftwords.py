"""nft's expressions as short words: `saddr` = `10.244.1.0/24`, `dport` = `80,443`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_PAYLOAD: Final = {"protocol": "proto", "type": "icmp_type"}
_META: Final = {"iifname": "iif", "oifname": "oif", "l4proto": "proto"}
_TRANSPORT: Final = frozenset({"tcp", "udp", "sctp", "dccp"})


def parse_match(match: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give name and value of one condition; a port also says its protocol."""
    left, mask = _split_mask(match["left"])
    name = _name(left)
    value = say(match["right"])
    if mask is not None:
        value = f"{int(match['right']):#x}/{mask:#x}"
    elif name == "mark":
        value = f"{match['right']:#x}" if isinstance(match["right"], int) else value
    elif name == "state":
        value = ",".join(sorted(value.split(",")))
    if left.get("payload", {}).get("protocol") in _TRANSPORT:
        yield "proto", left["payload"]["protocol"]
    operator = match["op"]
    yield name, value if operator in {"==", "in"} else f"{'!' if operator == '!=' else operator}{value}"


def say(expression: Any) -> str:
    """Give an expression as text: prefixes, ranges, sets, concatenations, maps."""
    if isinstance(expression, list):  # of a map, pairs
        return ",".join(" : ".join(map(say, part)) if isinstance(part, list) else say(part) for part in expression)
    if not isinstance(expression, dict):
        return str(expression)
    for kind, words in _SAY.items():
        if kind in expression:
            return str(words(expression[kind]))
    return _name(expression)


def _split_mask(left: Any) -> tuple[dict[str, Any], int | None]:
    if isinstance(left, dict) and "&" in left:
        inner, mask = left["&"]
        return inner, mask if isinstance(mask, int) else None
    return (left if isinstance(left, dict) else {}), None


def _name(left: Mapping[str, Any]) -> str:
    """Name what is looked at; nft's own word where there is no shorter one."""
    if payload := left.get("payload"):
        field = str(payload.get("field", "raw"))
        return _PAYLOAD.get(field, field)
    if meta := left.get("meta"):
        return _META.get(meta["key"], str(meta["key"]))
    if ct := left.get("ct"):
        return "state" if ct["key"] == "state" else f"ct_{ct['key']}"
    if fib := left.get("fib"):
        flags = fib["flags"] if isinstance(fib["flags"], list) else [fib["flags"]]
        return f"{'dst' if 'daddr' in flags else 'src'}_{fib['result']}"
    if concat := left.get("concat"):
        return " . ".join(_name(part) for part in concat)
    return next(iter(left), "")


def _say_map(value: Mapping[str, Any]) -> str:
    return f"{say(value['key'])} map {say(value['data'])}"


_SAY: Final[Mapping[str, Any]] = {
    "prefix": lambda value: f"{say(value['addr'])}/{value['len']}",
    "range": lambda value: "-".join(say(part) for part in value),
    "set": say,
    "concat": lambda value: " . ".join(say(part) for part in value),
    "elem": lambda value: say(value["val"]),
    "map": _say_map,
    "numgen": lambda value: f"numgen {value['mode']} mod {value['mod']}",
    "|": lambda value: " or ".join(say(part) for part in value),
    "&": lambda value: " and ".join(say(part) for part in value),
}
