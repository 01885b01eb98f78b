"""Somebody else's forwarding function: it decides, and when it does not, that is said and nothing else happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.agents.weave.guest import Guest, GuestError

HEAD = "def forward(src, dst, came_from, table, peers):\n"
Make = Callable[[str], Guest]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Guest] = []

    def make(body: str, *, head: str = HEAD) -> Guest:
        path = tmp_path / "forward.py"
        path.write_text(head + body)
        made.append(Guest(path))
        return made[-1]

    yield make
    for guest in made:
        guest.close()


def ask(guest: Guest, dst: str = "b") -> list[str]:
    return guest.ask("a", dst, "bridge", ["worker2", "worker3"])


def test_it_decides_and_keeps_its_table(make: Make) -> None:
    guest = make("    table[src] = came_from\n    return [table[dst]] if dst in table else peers\n")
    assert ask(guest) == ["worker2", "worker3"]
    assert ask(guest, "a") == ["bridge"]


def test_it_is_known_how_long_an_answer_takes_at_least(make: Make) -> None:
    guest = make("    import time; time.sleep(float(dst))\n    return peers\n")
    assert guest.seconds == 0.0
    for seconds in ("0.2", "0.05", "0.1"):
        ask(guest, seconds)
    assert 0.05 <= guest.seconds < 0.2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    x = table['nobody']\n    return x\n", r"forward.py, line 2: KeyError: 'nobody'"),
        ("    while True: pass\n", "took longer than 1 s"),
        ("    while True:\n        try: 1 / 0\n        except BaseException: pass\n", "took longer than 1 s"),
        ("    return 10 ** 10 ** 8\n", "took longer|is no list|returned"),
        ("    raise SystemExit\n", "has ended"),
        ("    import os; os._exit(0)\n", "has ended"),
        ("    return None\n", "returned None"),
        ("    return 'worker2'\n", "returned 'worker2'"),
        ("    return [1]\n", r"returned \[1\]"),
        ("    return {1, 2}\n", "TypeError"),
        ("    import os; os.write(0, b'[' * 10_000)\n", "nested too deeply"),
        ("    import os; os.write(0, b'hello')\n", "is not JSON"),
    ],
)
def test_what_can_go_wrong_is_said(make: Make, body: str, said: str) -> None:
    guest = make(body)
    with pytest.raises(GuestError, match=said):
        ask(guest)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def forward(:\n", "line 1: SyntaxError"),
        ("x = 1\n", "there is no function forward"),
        ("1 / 0\n", "line 1: ZeroDiv"),
    ],
)
def test_a_file_that_has_no_function(make: Make, text: str, said: str) -> None:
    with pytest.raises(GuestError, match=said):
        make("", head=text)  # type: ignore[call-arg]


def test_its_process_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "forward.py"
    path.write_text(HEAD + "    while True: pass\n")
    guest = Guest(path)
    with pytest.raises(GuestError):
        ask(guest)
    guest.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(guest._process, 0)
