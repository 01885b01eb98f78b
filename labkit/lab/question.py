"""Predictions and questions: what a learner is asked before running something. The answers are kept, not graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from labkit.errors import UsageError
from labkit.lab.fields import Table

Kind = Literal["number", "choice", "text"]
Level = Literal["core", "more"]


@dataclass(frozen=True)
class Question:
    """`choices`: id -> what is read. `answer` and the keys of `guesses` are ids of choices, numbers or texts.

    What fits is told when it was to be seen. `guesses` say of an answer that does not fit why it was a good one; `otherwise` says it of every other.
    """

    id: str
    ask: str
    kind: Kind
    answer: str
    level: Level = "core"
    choices: Mapping[str, str] = field(default_factory=dict)
    guesses: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""
    explain: str = ""
    graded: bool = False  # a check asks for it, and is the only one that judges
    at_once: bool = False  # worked out, shown by no cell: the reply comes with the answer

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind) or self.level not in get_args(Level):
            raise UsageError(
                f"{self.id}: kind {self.kind}, level {self.level}", hint="number, choice or text; core or more"
            )
        if (self.kind == "choice") != bool(self.choices):
            raise UsageError(
                f"{self.id}: kind {self.kind} with {len(self.choices)} choices", hint="choices go with kind choice"
            )
        for value in (self.answer, *self.guesses):
            self.normalise(value)

    def normalise(self, value: str) -> str:
        """The value as it is compared, of a choice its id; UsageError when it is none of the choices, or no number."""
        text = " ".join(value.split()).strip(".,;").casefold()
        if self.kind == "choice":
            return self._find_choice(text)
        return _normalise_number(self.id, text) if self.kind == "number" else text

    def judge(self, value: str) -> Reply:
        """What the learner is told: whether it fits, and the text for this answer."""
        given = self.normalise(value)
        kept = given if self.choices else value
        right = self.normalise(self.answer)
        both = {"guess": self.say(kept), "truth": self.say(right if self.choices else self.answer)}
        if given == right:
            return Reply(self.id, kept, right=True, text=self.explain, **both)
        guesses = {self.normalise(guess): text for guess, text in self.guesses.items()}
        return Reply(self.id, kept, right=False, text=guesses.get(given, self.otherwise), explain=self.explain, **both)

    def keep(self, value: str) -> Reply:
        """The same before it has been seen: which answer it is, and nothing of whether it fits."""
        given = self.normalise(value)
        return Reply(self.id, given if self.choices else value, guess=self.say(given if self.choices else value))

    def say(self, value: str) -> str:
        """A normalised value as a person reads it."""
        return self.choices.get(value, value)

    def _find_choice(self, text: str) -> str:
        """A choice by its number, its id, its text, or a beginning that only one has."""
        ids = list(self.choices)
        if text.isdecimal() and 0 < int(text) <= len(ids):
            return ids[int(text) - 1]
        names = {each: (each.casefold(), self.choices[each].casefold()) for each in ids}
        exact = [each for each in ids if text in names[each]]
        fitting = exact or [each for each in ids if text and any(name.startswith(text) for name in names[each])]
        if len(fitting) != 1:
            asked = ", ".join(f"{number} {self.choices[each]}" for number, each in enumerate(ids, 1))
            raise UsageError(
                f"{self.id}: {text!r} {'fits several' if fitting else 'is not one'} of the choices",
                hint=f"a number or a beginning: {asked}",
            )
        return fitting[0]


@dataclass(frozen=True)
class Reply:
    """What came of an answer; `right` is None where the answer is only kept or judged later.

    `guess` and `truth` as a person reads them; of a guess that did not fit `text` says why it was a good one, `explain` what happens.
    """

    id: str
    value: str
    right: bool | None = None
    text: str = ""
    guess: str = ""
    truth: str = ""
    explain: str = ""


def parse_question(table: Table) -> Question:
    """One `[[question]]` of lab.toml."""
    with table:
        return Question(
            id=table.take("id", str),
            ask=table.take("ask", str),
            kind=cast("Kind", table.take("kind", str)),
            answer=str(table.take("answer", str | int)),  # type: ignore[arg-type]
            level=cast("Level", table.take("level", str, "core")),
            choices=_take_choices(table),
            guesses=table.take_map("guesses"),
            otherwise=table.take("otherwise", str, ""),
            explain=table.take("explain", str, ""),
            graded=table.take("graded", bool, False),
            at_once=table.take("at_once", bool, False),
        )


def _take_choices(table: Table) -> dict[str, str]:
    """A table id -> text; in a list every text is its own id, which a translation can't use."""
    raw = table.take("choices", dict | list, {})  # type: ignore[arg-type]
    alone = Table({"choices": raw}, table.where)
    return alone.take_map("choices") if isinstance(raw, dict) else {text: text for text in alone.take_texts("choices")}


def _normalise_number(name: str, text: str) -> str:
    try:
        number = float(text)
    except ValueError as error:
        raise UsageError(f"{name}: {text!r} is not a number", hint="digits only, as in 4 or 0.5") from error
    return str(int(number)) if number.is_integer() else str(number)
