"""Lab 00: two hosts on one switch."""

from __future__ import annotations

from labkit.check import View, check


@check(
    points=2,
    hints=(
        "The client asks its cable who has the address. What would the other machine need in order to answer?",
        "Compare `ip -br addr` on both machines.",
        "On the other machine: `ip addr add ADDRESS/24 dev eth0`, and `ip link set eth0 up` if the link is down.",
    ),
)
def client_reaches_server(view: View) -> None:
    """The client reaches the server."""
    view.expect_reach([(view.place("client"), view.place("server"))])
