"""The one Jinja environment: a student's values in lab.toml, lessons, scripts and faults."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labkit.agents.calico.names import name_link
from labkit.errors import UsageError

if TYPE_CHECKING:  # it is heavy, and imported where it is used
    import jinja2

EXPRESSION = re.compile(r"\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*", re.DOTALL)  # the text is one {{ … }} and nothing else


def _parse(prefix: str) -> ipaddress.IPv4Network:
    if not isinstance(prefix, str):  # a number would be taken for an address
        raise TypeError(f"{prefix!r} is no prefix")
    return ipaddress.IPv4Network(prefix)


def _host(prefix: str, number: int) -> str:
    """`"10.244.1.0/24" | host(3)` is 10.244.1.3."""
    return str(_parse(prefix)[number])


def _interface(prefix: str, number: int) -> str:
    """`"10.244.1.0/24" | interface(3)` is 10.244.1.3/24."""
    return f"{_host(prefix, number)}/{_parse(prefix).prefixlen}"


def _subnet(prefix: str, number: int, length: int) -> str:
    """`"10.244.0.0/16" | subnet(2, 24)` is 10.244.2.0/24."""
    network = _parse(prefix)
    part = ipaddress.IPv4Network((int(network[0]) + number * 2 ** (32 - length), length))
    if not part.subnet_of(network):
        raise ValueError(f"{prefix} has no part number {number} of length {length}")
    return str(part)


def _length(prefix: str) -> int:
    return _parse(prefix).prefixlen


def _netmask(prefix: str) -> str:
    return str(_parse(prefix).netmask)


def _broadcast(prefix: str) -> str:
    return str(_parse(prefix).broadcast_address)


def _cali(pod: str, namespace: str = "default") -> str:
    """`"web" | cali` is what Calico calls the node's end of this pod's veth."""
    return name_link(namespace, pod)


FILTERS = {
    "cali": _cali,
    "host": _host,
    "interface": _interface,
    "subnet": _subnet,
    "prefix_length": _length,
    "netmask": _netmask,
    "broadcast": _broadcast,
}


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - it renders shell scripts and Markdown, not HTML
        keep_trailing_newline=True,
        comment_start_string="{##",  # bash: ${#array[@]}
        comment_end_string="##}",
    )
    environment.filters.update(FILTERS)
    return environment


@functools.cache
def _compile_text(text: str) -> jinja2.Template:
    return _environment().from_string(text)


@functools.cache
def _compile_expression(text: str) -> Callable[..., Any]:
    inner = text.strip().removeprefix("{{").removesuffix("}}")
    return _environment().compile_expression(inner, undefined_to_none=False)


def render_text(text: str, values: Mapping[str, Any], *, where: str) -> str:
    """Put the values into a text; a name without a value is an error that names file and name."""
    if "{{" not in text and "{%" not in text:
        return text
    return str(_evaluate(text, values, where, whole=False))


def render_tree(tree: Any, values: Mapping[str, Any], *, where: str) -> Any:
    """The same for every text in TOML data; a text that is one `{{ … }}` keeps the type of its value."""
    if isinstance(tree, dict):
        return {
            render_text(key, values, where=where): render_tree(value, values, where=f"{where}.{key}")
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        return [row for i, value in enumerate(tree) for row in _render_row(i, value, values, f"{where}[{i}]")]
    if isinstance(tree, str) and EXPRESSION.fullmatch(tree):
        return _evaluate(tree, values, where, whole=True)
    return render_text(tree, values, where=where) if isinstance(tree, str) else tree


class Row(dict[str, Any]):
    """A table of an array, and its `place` in the file: [2], or [2] with p = b where `for` made several of one."""

    place = ""


def _render_row(number: int, row: Any, values: Mapping[str, Any], where: str) -> Iterator[Any]:
    """One element of an array. A table with `for.p = ["a", "b"]` is one for each of these values, called p in it."""
    if not isinstance(row, dict):
        yield render_tree(row, values, where=where)
        return
    rest = {key: value for key, value in row.items() if key != "for"}
    for said, known in _list_turns(row["for"], values, f"{where}.for") if "for" in row else [("", values)]:
        rendered = Row(render_tree(rest, known, where=where + said))
        rendered.place = f"[{number}]{said}"
        yield rendered


def _list_turns(loop: Any, values: Mapping[str, Any], where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    match loop:
        case dict() if len(loop) == 1 and isinstance(keys := next(iter(loop.values())), list):
            name = next(iter(loop))
        case _:
            raise UsageError(f"{where} is {loop!r}", hint='one name and its values, as in for.p = ["a", "b"]')
    if name in values:
        raise UsageError(f"{where}.{name}: there is a value of that name", hint="another name")
    for key in keys:
        if not isinstance(key, str) or key not in values:
            raise UsageError(f"{where}.{name}: there is no value {key!r}", hint="the names are those of [values]")
        yield f" with {name} = {key}", {**values, name: values[key]}


def _evaluate(text: str, values: Mapping[str, Any], where: str, *, whole: bool) -> Any:
    import jinja2

    try:
        if not whole:
            return _compile_text(text).render(values)
        value = _compile_expression(text)(**values)
        return str(value) if isinstance(value, jinja2.Undefined) else value  # str() of an undefined raises
    except (
        jinja2.TemplateError,
        ValueError,
        TypeError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise UsageError(
            f"{where}: can't render {_shorten(text)!r}: {error}", hint="the names are those of [values]"
        ) from error


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004
