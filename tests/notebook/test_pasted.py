"""Cells that came from a web page."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.notebook.pasted import clean_cell, find_hint


def test_line_ends_of_windows_are_bash_s() -> None:
    assert clean_cell("ip link\r\nip addr\r\n") == "ip link\nip addr\n"


@pytest.mark.parametrize(
    ("letter", "name"),
    [("\u00a0", "no-break space"), ("\u200b", "zero width space"), ("\ufeff", "zero width no-break space")],
)
def test_a_letter_that_looks_like_a_space_is_named_with_its_line(letter: str, name: str) -> None:
    with pytest.raises(UsageError, match=f"line 3 has a {name}.*: ip␣link") as raised:
        clean_cell(f"ip addr\nip{letter}link\n")
    assert "type that place" in raised.value.hint


def test_other_letters_are_somebody_s_own() -> None:
    assert clean_cell("echo 안녕 “quoted”\techo\n") == "echo 안녕 “quoted”\techo\n"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (b"ping: nosuch.example: Temporary failure in name resolution\n", "/etc/hosts"),
        (b"curl: (6) Could not resolve host: example.com\n", "/etc/hosts"),
        (b"bash: line 2: modprobe: command not found\n", "doctor"),
        (
            b"E: Could not open lock file /var/lib/dpkg/lock-frontend - open (2: No such file or directory)\n",
            "installed",
        ),
        (b"3 packets transmitted, 0 received\n", ""),
    ],
)
def test_what_a_lab_has_not_is_explained(said: bytes, word: str) -> None:
    hint = find_hint(said)
    assert word in hint
    assert bool(hint) == bool(word)
