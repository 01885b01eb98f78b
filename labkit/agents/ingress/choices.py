"""Rules of HTTPRoutes that share a path: nginx decides by `map`, and draws by `split_clients`, whose turn it is.

The composite of all variables that matter is matched by one regular expression a rule, in their order; the first that fits names the location.
"""

from __future__ import annotations

from collections.abc import Collection

from labkit.agents.ingress.model import Choice, Model

Choices = tuple[Choice, ...]
_ANY = "[^\\n]*"  # between two line ends, which no header has


def list_switches(model: Model) -> dict[Choices, int]:
    """All different sets of rules, numbered: one that several locations share is written once."""
    found = (location.choices for server in model.servers for location in server.locations if location.choices)
    return {choices: number for number, choices in enumerate(dict.fromkeys(found))}


def is_conditional(choices: Choices) -> bool:
    """Whether there is something to decide: else the first is always it."""
    return bool(choices[0].conditions)


def render_key(choices: Choices) -> str:
    """All variables that one of the rules asks for; the first sign is there because nginx tries no expression on an empty text."""
    return "|" + "\\n".join(_list_variables(choices))


def render_conditions(choice: Choice, choices: Choices) -> str:
    """What the key has to be for this rule."""
    wanted = dict(choice.conditions)
    return r"^\|" + "\\n".join(wanted.get(variable, _ANY) for variable in _list_variables(choices)) + "$"


def _list_variables(choices: Choices) -> list[str]:
    return sorted({variable for choice in choices for variable, _ in choice.conditions})


def list_shares(choice: Choice, empty: Collection[str]) -> list[tuple[str, str]]:
    """(what part of the requests, upstream or status): percentages with two decimals, the last one takes the rest."""
    total = sum(weight for _, weight in choice.shares)
    named = [("503" if upstream in empty else upstream, weight) for upstream, weight in choice.shares]
    parts = [f"{100 * weight / total:.2f}%" for _, weight in named]
    return list(zip([*parts[:-1], "*"], (upstream for upstream, _ in named), strict=True))
