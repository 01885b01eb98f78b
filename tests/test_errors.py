"""JSON that others wrote: whatever is wrong with it is one error, which says whose it is and what to do."""

from __future__ import annotations

import pytest

from labkit.errors import JsonError, UsageError, parse_json


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("{'a': 1}", "double quotes"),
        (b"\xff\xfe{", "decode"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "digits"),
        ('{"x": NaN}', "NaN is no JSON"),
        ("-Infinity", "-Infinity is no JSON"),
    ],
)
def test_what_is_no_json_is_one_error_with_a_remedy(text: str | bytes, said: str) -> None:
    with pytest.raises(JsonError, match=said) as raised:
        parse_json(text, "10-x.conf")
    assert raised.value.message.startswith("10-x.conf is not JSON: ")
    assert raised.value.hint
    assert isinstance(raised.value, UsageError)
    assert isinstance(raised.value, ValueError)


def test_json_is_read_from_text_and_bytes() -> None:
    assert parse_json('{"a": [1, null, 2.5]}', "it") == parse_json(b'{"a": [1, null, 2.5]}', "it")
