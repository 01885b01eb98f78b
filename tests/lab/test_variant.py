"""Drawing a student's values."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import UsageError
from labkit.lab.definition import parse_definition
from labkit.lab.variant import Variant, plan_variant
from tests.labs.variants import find_clashes, find_variant_problems

STUDENTS = [f"s{number}" for number in range(200)]


def draw(student: str | None, vary: dict[str, Any], **values: Any) -> Variant:
    defaults = dict.fromkeys(vary) | values
    return plan_variant("90-try", {"values": defaults, "vary": vary}, student)


def test_every_way_stays_within_its_bounds() -> None:
    vary = {
        "name": {"pick": ["web", "api"]},
        "names": {"order": ["a", "b", "c"]},
        "octet": {"between": [2, 9]},
        "net": {"prefix_of": "10.0.0.0/8", "length": 24},
    }
    drawn = [draw(student, vary).values for student in STUDENTS]
    assert {values["name"] for values in drawn} == {"web", "api"}
    assert {values["octet"] for values in drawn} == set(range(2, 10))
    assert {"".join(values["names"]) for values in drawn} == {"abc", "acb", "bac", "bca", "cab", "cba"}
    for values in drawn:
        assert ipaddress.IPv4Network(values["net"]).subnet_of(ipaddress.IPv4Network("10.0.0.0/8"))


def test_a_value_added_later_changes_no_other() -> None:
    vary = {"octet": {"between": [2, 250]}}
    more = {"first": {"between": [1, 9]}, **vary, "last": {"pick": [1, 2]}}
    assert all(draw(s, vary).values["octet"] == draw(s, more).values["octet"] for s in STUDENTS)


def test_values_of_a_group_differ_and_prefixes_do_not_overlap() -> None:
    numbers = {f"n{i}": {"between": [1, 4], "distinct": "n"} for i in range(4)}
    prefixes = {f"p{i}": {"prefix_of": "10.0.0.0/28", "length": 30, "distinct": "p"} for i in range(4)}
    for student in STUDENTS:
        values = draw(student, numbers | prefixes).values
        assert {values[f"n{i}"] for i in range(4)} == {1, 2, 3, 4}
        assert len({values[f"p{i}"] for i in range(4)}) == 4


def test_what_is_derived_follows_what_is_drawn() -> None:
    vary = {"net": {"prefix_of": "10.0.0.0/8", "length": 24}}
    text = "{{ net | host(1) }}"
    values = draw(
        "anna", vary, net="10.1.1.0/24", gateway=text, pods={"web": "{{ gateway }}", "same": "{{ web }}"}
    ).values
    assert values["gateway"] == values["net"].replace(".0/24", ".1") == values["pods"]["web"] == values["pods"]["same"]


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ({"x": 7}, "vary.x is 7"),
        ({"x": {"pick": ["a"], "of": 1}}, "unknown key of"),
        ({"x": {"between": [9, 2]}}, "between is [9, 2]"),
        ({"x": {"between": ["a", "b"]}}, "between is"),
        ({"x": {"prefix_of": "10.0.0.0/8"}}, "no length"),
        ({"x": {"prefix_of": "10.0.0.1/8", "length": 24}}, "has host bits set"),
        ({"x": {"prefix_of": "10.0.0.0/24", "length": 8}}, "does not fit into"),
        ({"x": {"between": [1, 1], "distinct": "g"}, "y": {"between": [1, 1], "distinct": "g"}}, "no value is left"),
    ],
)
def test_a_slip_in_vary(vary: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        draw("anna", vary)
    assert said in caught.value.message


def test_only_a_value_with_a_default_can_vary() -> None:
    with pytest.raises(UsageError, match="there is no such value"):
        plan_variant("90-try", {"vary": {"x": {"pick": [1]}}}, "anna")


def test_the_fault_is_the_students_own() -> None:
    faults = ["a", "b", "c"]
    chosen = {draw(student, {}).choose("fault", faults) for student in STUDENTS}
    assert chosen == set(faults)
    assert draw("anna", {}).choose("fault", faults) == draw("anna", {}).choose("fault", faults[::-1])


def test_clashes_are_found(tmp_path: Path) -> None:
    data = {
        "title": "t",
        "minutes": 1,
        "values": {"a": "10.0.0.0/24", "b": "10.0.1.0/24"},
        "vary": {"a": {"pick": ["172.16.0.0/16"]}, "b": {"pick": ["172.16.9.0/24"]}},
        "host": [{"name": "x"}, {"name": "y"}],
        "link": [{"ends": ["x:eth0 172.16.1.1/24", "y:eth0"]}],
    }
    plain, anna = (parse_definition(tmp_path / "90-try", data, student) for student in (None, "anna"))
    clashes = find_clashes(plain, anna)
    assert "a 172.16.0.0/16 overlaps b 172.16.9.0/24" in clashes
    assert "a 172.16.0.0/16 overlaps the lab's own 172.16.1.0/24" in clashes


def test_who_draws_what_everybody_has_does_not_clash_with_it(tmp_path: Path) -> None:
    data = {
        "title": "t",
        "minutes": 1,
        "values": {"a": "10.0.0.0/24"},
        "vary": {"a": {"pick": ["10.0.0.0/24"]}},
        "host": [{"name": "x"}, {"name": "y"}],
        "link": [{"ends": ["x:eth0 {{ a | interface(1) }}", "y:eth0"]}],
    }
    plain, anna = (parse_definition(tmp_path / "90-try", data, student) for student in (None, "anna"))
    assert find_clashes(plain, anna) == []


def test_twins_and_what_does_not_render_are_found(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text('title = "t"\nminutes = 1\n[values]\nx = 1\n[vary]\nx = { pick = [1, 2] }\n')
    (tmp_path / "lesson.md").write_text("{{ x }}")
    problems = find_variant_problems(tmp_path, STUDENTS)
    assert len(problems) == 198
    (tmp_path / "lesson.md").write_text("{{ y }}")
    assert "'y' is undefined" in find_variant_problems(tmp_path, ["s0"])[0]
