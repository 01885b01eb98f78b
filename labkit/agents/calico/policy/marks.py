"""The bits of a packet's mark that are Calico's, and what is done with them, in iptables' words (felix rules, iptables/actions.go; release-v3.20)."""

from __future__ import annotations

from typing import Final

ACCEPT: Final = 0x10000  # some policy or profile lets it through
PASS: Final = 0x20000  # the rest of the policies is left out
SCRATCH: Final = 0x40000  # all blocks of a rule fit so far
BLOCK: Final = 0x80000  # this block fits
ALL: Final = ACCEPT | PASS | SCRATCH | BLOCK
DROP: Final = "--jump DROP"
RETURN: Final = "--jump RETURN"
LET: Final = "--jump ACCEPT"


def set_bits(bits: int, mask: int = 0) -> str:
    """`mask`: the bits that become 0 if they are not among these."""
    return f"--jump MARK --set-mark {bits:#x}/{mask or bits:#x}"


def clear_bits(bits: int) -> str:
    """The others stay."""
    return f"--jump MARK --set-mark 0/{bits:#x}"


def has_bit(bit: int) -> str:
    """A match."""
    return f"-m mark --mark {bit:#x}/{bit:#x}"


def has_not(bits: int) -> str:
    """None of them."""
    return f"-m mark --mark 0/{bits:#x}"


def say(comment: str) -> str:
    """A comment before a rule."""
    return f'-m comment --comment "{comment}"'
