"""Two hosts."""

from __future__ import annotations

from labkit.check import View, check, expect


@check(points=2, hints=("Have both an address?", "Look at `ip addr` on right.", "ip addr add … dev eth0"))
def left_reaches_right(lab: View) -> None:
    """left reaches right."""
    answer = lab.ping("left", lab.values["right"])
    expect(answer.reached, expected="an answer", observed=answer.detail)


@check(points=0.5, after=("left_reaches_right",))
def right_sees_left(lab: View) -> None:
    """right sees the address of left."""
    answer = lab.ping("left", lab.values["right"], at="right")
    expect(answer.seen_source == lab.values["left"], expected=lab.values["left"], observed=str(answer.seen_source))
