"""Reading a Script document."""

from __future__ import annotations

from typing import Any

import pytest

from questionnaires.script import Group, Loop, Script, ScriptError, cached_script, checksum_of
from tests.questionnaires.scripts import make_script

CHILDREN: list[dict[str, Any]] = [
    {"name": "a", "type": "integer", "label": {"en": "Age?", "ru": "Возраст?"}},
    {
        "name": "g",
        "children": [{"name": "l", "over": "'x y'", "choices": "c", "children": [{"name": "b", "type": "text"}]}],
    },
    {"name": "s", "type": "select_one", "choices": "c", "missing": {"dk": "8", "refused": "9"}},
]
CHOICES = {"c": [{"code": "x", "label": {"ru": "Икс"}}, {"code": "8", "missing": "dk", "label": {"en": "No idea"}}]}


def test_nodes_are_found_by_name_and_know_what_is_around_them() -> None:
    script = Script.load(make_script(CHILDREN, CHOICES))
    assert list(script.nodes) == ["a", "g", "l", "b", "s"]
    assert isinstance(script.nodes["g"], Group)
    assert isinstance(script.nodes["l"], Loop)
    assert [item.name for item in script.items()] == ["a", "b", "s"]
    assert script.item("b@x") is script.nodes["b"]
    assert (script.item("b").loops, script.item("b").path) == (("l",), ("g", "l"))
    with pytest.raises(KeyError):
        script.item("g")


def test_texts_fall_back_to_the_default_language_and_then_to_any() -> None:
    script = Script.load(make_script(CHILDREN, CHOICES))
    assert script.text(script.item("a").label, "ru") == "Возраст?"
    assert script.text(script.item("a").label, "uz") == "Age?"
    assert script.option_label("c", "x", "en") == "Икс"
    assert script.option_label("c", "nowhere", "en") == "nowhere"
    assert script.option_label(None, "5", "en") == "5"
    assert script.missing_label(script.item("s"), "dk", "ru") == "No idea"
    assert script.missing_label(script.item("s"), "refused", "ru") == "Отказ"


def broken(change: Any) -> dict[str, Any]:
    document = make_script([dict(child) for child in CHILDREN], CHOICES)
    change(document)
    return document


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format=2), "only format 1"),
        (lambda d: d.update(default_language="uz"), "script: default_language is not one of"),
        (lambda d: d["children"][0].update(type="number"), "a: type is 'number'"),
        (lambda d: d["children"][0].update(name="s"), "s: name is used twice"),
        (lambda d: d["children"][0].update(kind="page"), "a: kind is 'page'"),
        (lambda d: d["children"][0].update(required="yes"), r"a: required has the wrong type \(str\)"),
        (lambda d: d["children"][0].update(relevant="${b}"), "a: relevant is not an expression"),
        (lambda d: d["children"][0].update(missing=[{"kind": "lost", "code": "1"}]), "a: missing has an unknown kind"),
        (lambda d: d["children"][2].update(choices="nope"), "s: choices names the list 'nope'"),
        (lambda d: d["children"][2].update(choices=None), "s: choices is missing"),
        (lambda d: d["children"][1]["children"][0].update(over=None), "l: loop needs either over or count"),
        (lambda d: d["choices"]["c"].append({"code": "x"}), "choices c: codes are not unique"),
        (lambda d: d.pop("children"), "script: children is missing"),
    ],
)
def test_what_is_no_script_is_refused_with_its_place(change: Any, message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        Script.load(broken(change))


def test_a_script_is_read_once_for_its_checksum() -> None:
    document = make_script(CHILDREN, CHOICES)
    checksum = checksum_of(document)
    assert checksum == checksum_of(dict(reversed(document.items()))), "the order of keys does not matter"
    assert checksum != checksum_of(document | {"title": {}})
    first = cached_script(checksum, lambda: document)
    assert cached_script(checksum, lambda: pytest.fail("fetched again")) is first
