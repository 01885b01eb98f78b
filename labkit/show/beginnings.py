"""How a lab began, was set back or was solved, as text for the door somebody stands at; and how to get back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from labkit.lab.entries import Entry
from labkit.lab.journal import count_deeds
from labkit.lab.script import Script
from labkit.lab.session import Begun

_DAY: Final = 86_400.0


@dataclass(frozen=True)
class Door:
    """How this door writes what is typed at it: `{}` stands for the words."""

    pattern: str

    def say(self, words: str) -> str:
        """Ready to be typed."""
        return self.pattern.format(words)


TERMINAL: Final = Door("labkit {}")
NOTEBOOK: Final = Door("%lab {}")


def render_begun(begun: Begun, machines: str, door: Door) -> str:
    """Which of the three a start did, and what there is to bring back."""
    lab = begun.lab.name
    said = {
        "built": f"{lab} is built, a new network: {machines}",
        "attached": f"{lab} goes on, it has been running: {machines}",
        "resumed": f"{lab} is built anew, and {count_things(begun.again)} done again: {machines}",
    }[begun.how]
    return "\n".join([said, *_list_left(begun, door)])


def _list_left(begun: Begun, door: Door) -> Iterator[str]:
    if begun.refused:
        yield (
            f"--resume did nothing: there is work in this network already. To begin anew: {door.say(f'reset {begun.lab.name}')}"
        )
    if begun.left:
        resume = door.say(f"start {begun.lab.name} --resume")
        yield (
            f"Your work of {render_moment(begun.left[-1].time)} ({count_things(count_deeds(begun.left))}) is not in it. "
            f"Bring it back (about {estimate_seconds(begun.left):.0f} s): {resume}"
        )


def estimate_seconds(work: Sequence[Entry]) -> float:
    """How long to do it again takes: as long as the first time, and a second for the network."""
    return 1 + sum(entry.seconds for entry in work)


def count_things(number: int) -> str:
    """`1 thing`, `37 things`: commands, answers and the like."""
    return f"{number} thing{'' if number == 1 else 's'}"


def render_moment(moment: float) -> str:
    """`08:07` of today, else with its day: seconds since 1970 as a clock here shows them."""
    then = datetime.fromtimestamp(moment).astimezone()
    if time.time() - moment < _DAY and then.date() == datetime.now(then.tzinfo).date():
        return f"{then:%H:%M} today"
    return f"{then:%H:%M on %d %B}"


def render_reset(lab: str, work: Sequence[Entry], door: Door) -> str:
    """What a reset took back, and how it comes again."""
    back = f"{lab} is back at its start."
    if not work:
        return f"{back} Nothing had been done in it."
    return (
        f"{back} {count_things(count_deeds(work))} of yours {'is' if count_deeds(work) == 1 else 'are'} gone from the network "
        f"and kept in the journal; to have them again, before you do anything else: {door.say(f'start {lab} --resume')}"
    )


def render_script(script: Script) -> str:
    """The commands of a solution, step by step, as they are typed: `on MACHINE …` says where."""
    return "\n".join(f"# {step.id}\n{step.text.strip()}\n" for step in script.steps).rstrip()


def render_solved(lab: str, script: Script, work: Sequence[Entry], door: Door) -> str:
    """The commands that were run, and what became of what had been done before."""
    steps = f"the state after {script.steps[-1].id}" if script.steps else "solved"
    gone = f" What you had done ({count_things(count_deeds(work))}) was taken back first." if work else ""
    return f"{render_script(script)}\n\n{lab} is in {steps}.{gone} To begin again yourself: {door.say(f'reset {lab}')}"
