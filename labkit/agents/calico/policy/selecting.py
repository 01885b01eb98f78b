"""Whom a policy or one side of a rule means, as one selector of endpoints' labels (libcalico-go lib/backend/syncersv1/updateprocessors/rules.go, release-v3.20)."""

from __future__ import annotations

from typing import Final

from labkit.agents.calico.selector import parse_selector

NAMESPACE: Final = "projectcalico.org/namespace"
ORCHESTRATOR: Final = "projectcalico.org/orchestrator"
ACCOUNT: Final = "projectcalico.org/serviceaccount"
NAMESPACE_PREFIX: Final = "pcns."
ACCOUNT_PREFIX: Final = "pcsa."


def select_in(namespace: str, selector: str) -> str:
    """Those of a namespace."""
    own = f"{NAMESPACE} == '{namespace}'"
    return f"({selector}) && {own}" if selector else own


def select_endpoints(namespaces: str, selector: str, namespace: str, *, negated: bool = False) -> str:
    """`namespaces`: a selector of namespaces' labels; without one those of `namespace` are meant, of a global policy's all.

    `negated`: the side has a notSelector. The selector is in its canonical form; empty when nothing is asked.
    """
    where = ""
    if namespaces:
        where = parse_selector(namespaces, NAMESPACE_PREFIX).text
        where = where.replace("all()", f"has({NAMESPACE})").replace("global()", f"!has({NAMESPACE})")
    elif namespace and (selector or negated):
        where = f"{NAMESPACE} == '{namespace}'"
    both = f"({where}) && ({selector})" if where and selector else where or selector
    return parse_selector(both).text if both else ""


def add_selector(selector: str, more: str, prefix: str) -> str:
    """Both; the names of `more` get the prefix."""
    if not more:
        return selector
    found = parse_selector(more, prefix).text
    return f"({selector}) && {found}" if selector else found
