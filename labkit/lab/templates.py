"""The one Jinja environment: a student's values in lab.toml, lessons, scripts and faults."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.errors import UsageError
from labkit.lab.course import find_labs_folder

if TYPE_CHECKING:
    import jinja2

EXPRESSION = re.compile(r"\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*", re.DOTALL)  # the text is one {{ … }} and nothing else


def _host(prefix: str, number: int) -> str:
    """`"10.244.1.0/24" | host(3)` is 10.244.1.3."""
    return str(ipaddress.IPv4Network(prefix)[number])


def _interface(prefix: str, number: int) -> str:
    """`"10.244.1.0/24" | interface(3)` is 10.244.1.3/24."""
    return f"{_host(prefix, number)}/{ipaddress.IPv4Network(prefix).prefixlen}"


def _subnet(prefix: str, number: int, length: int) -> str:
    """`"10.244.0.0/16" | subnet(2, 24)` is 10.244.2.0/24."""
    network = ipaddress.IPv4Network(prefix)
    part = ipaddress.IPv4Network((int(network[0]) + number * 2 ** (32 - length), length))
    if not part.subnet_of(network):
        raise ValueError(f"{prefix} has no part number {number} of length {length}")
    return str(part)


def _length(prefix: str) -> int:
    return ipaddress.IPv4Network(prefix).prefixlen


def _netmask(prefix: str) -> str:
    return str(ipaddress.IPv4Network(prefix).netmask)


def _broadcast(prefix: str) -> str:
    return str(ipaddress.IPv4Network(prefix).broadcast_address)


FILTERS = {
    "host": _host,
    "interface": _interface,
    "subnet": _subnet,
    "prefix_length": _length,
    "netmask": _netmask,
    "broadcast": _broadcast,
}


def _read_part(name: str) -> str | None:
    """What `{% include lab ~ "/solutions/chain.inc" %}` puts in: a part that several scripts of a lab share."""
    path = find_labs_folder() / name
    return path.read_text(encoding="utf-8") if path.suffix == ".inc" and path.is_file() else None


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read_part),
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
        return [render_tree(value, values, where=f"{where}[{i}]") for i, value in enumerate(tree)]
    if isinstance(tree, str) and EXPRESSION.fullmatch(tree):
        return _evaluate(tree, values, where, whole=True)
    return render_text(tree, values, where=where) if isinstance(tree, str) else tree


def _evaluate(text: str, values: Mapping[str, Any], where: str, *, whole: bool) -> Any:
    import jinja2

    try:
        if not whole:
            return _compile_text(text).render(values)
        value = _compile_expression(text)(**values)
        return str(value) if isinstance(value, jinja2.Undefined) else value  # str() of an undefined raises
    except (jinja2.TemplateError, ValueError, TypeError, IndexError) as error:
        raise UsageError(
            f"{where}: can't render {_shorten(text)!r}: {error}", hint="the names are those of [values]"
        ) from error


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004
