"""Lab 00: two hosts on one switch."""

from __future__ import annotations

from labkit.check import View, check, expect


@check(
    points=2,
    hints=(
        "The client asks its cable who has the address. What would the other machine need in order to answer?",
        "Compare `ip -br addr` on both machines.",
        "On the other machine: `ip addr add ADDRESS/24 dev eth0`, and `ip link set eth0 up` if the link is down.",
    ),
)
def client_reaches_server(lab: View) -> None:
    """The client's ping is answered."""
    client, server = lab.values["client"], lab.values["server"]
    answer = lab.ping(client["name"], server["address"])
    expect(
        answer.reached,
        expected=f"an answer from {server['address']} to {client['name']}",
        observed=answer.detail,
    )
