"""Predictions: what is compared, what a guess is told."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.lab.question import Question


def test_a_number_however_it_is_written() -> None:
    question = Question("q", "?", "number", "4", guesses={"5": "One more than there are."}, explain="Four.")
    assert question.judge(" 4.0 ").right
    assert question.judge("4").text == "Four."
    guess = question.judge("5")
    assert (guess.right, guess.text) == (False, "One more than there are.")
    assert question.judge("6").text == ""
    with pytest.raises(UsageError, match="not a number"):
        question.judge("four")


def test_a_choice_is_one_of_the_choices() -> None:
    question = Question("q", "?", "choice", "Yes", choices=("Yes", "No"))
    assert question.judge("yes").right
    assert question.judge("NO.").right is False
    with pytest.raises(UsageError) as caught:
        question.judge("perhaps")
    assert "yes, no" in caught.value.hint


def test_text_in_any_case_and_spacing() -> None:
    assert Question("q", "?", "text", "the  Bridge").judge("The bridge.").right


def test_a_guess_that_could_not_be_given_is_a_slip() -> None:
    with pytest.raises(UsageError):
        Question("q", "?", "choice", "a", choices=("a", "b"), guesses={"c": "?"})
