"""Texts for people: in every language, with the same `${names}` in each, and names that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from questionnaires.checks.index import FormIndex, Place
from questionnaires.checks.lists import list_of
from questionnaires.form import QUESTION_TYPES, Form, Texts, missing_kinds
from questionnaires.problems import Problem

PLACEHOLDER = re.compile(r"\$\{\s*([^\s{}]+?)\s*\}")
_UNCLOSED = re.compile(r"\$\{[^{}]*(?:\{|\Z)")
#: Signs of other tools' markup: <b>, **bold**, [link](address). Here a text is shown as it stands.
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|\*\*[^*\s][^*]*\*\*|\]\(https?:")
_KINDS = ("dk", "refused", "na")


@dataclass(frozen=True, slots=True)
class Written:
    """A text that every language needs: the column it stands in, and the node it belongs to (None for options)."""

    sheet: str
    row: int
    key: str
    owner: str
    texts: Texts
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many of the texts that are needed a language has."""

    code: str
    name: str
    done: int
    needed: int


def needed_texts(index: FormIndex) -> Iterator[Written]:
    """Every text that each language has to have: labels of what is shown, other texts where one language has them."""
    for place in index.places:
        yield from _of_node(place)
    yield from _of_options(index)
    items = [place.node for place in index.places if place.node["kind"] == "item"]
    taken = {kind for item in items for kind in missing_kinds(index.form, item)}
    for kind in _KINDS:
        if kind in taken:
            yield Written("settings", 2, f"missing_{kind}", kind, index.form["missing_texts"].get(kind, {}))


def _of_node(place: Place) -> Iterator[Written]:
    node = place.node
    texts = {"label": node["label"]}
    visible = False
    if node["kind"] == "item":
        visible = node["type"] in (*QUESTION_TYPES, "note")
        texts["hint"] = node["hint"]
        texts["instruction"] = node["instruction"]
        texts["constraint_message"] = node["constraint_message"]
        texts["short"] = node["short"]
    for key, found in texts.items():
        if found or (visible and key == "label"):
            yield Written("survey", node["row"], key, node["name"], found, place)


def _of_options(index: FormIndex) -> Iterator[Written]:
    lists = dict.fromkeys(filter(None, (list_of(place.node) for place in index.places)))
    seen: set[tuple[int, str]] = set()
    for name in lists:
        for option in index.form["choices"].get(name, []):
            if (option["row"], option["code"]) in seen:
                continue  # the list that or_other makes repeats the options of another
            seen.add((option["row"], option["code"]))
            sheet = "choices" if not name.endswith("_or_other") or not option["other"] else "survey"
            owner = f"{name}: {option['code']}"
            yield Written(sheet, option["row"], "label", owner, option["label"])
            if option["short"]:
                yield Written(sheet, option["row"], "short", owner, option["short"])


def check_texts(index: FormIndex) -> list[Problem]:
    """Missing translations, placeholders that differ or lead nowhere."""
    languages = [language["code"] for language in index.form["languages"]]
    problems: list[Problem] = []
    for written in needed_texts(index):
        # A short label falls back to the label: it may exist in the one language that needs it.
        if written.key != "short":
            problems += _untranslated(index, written, languages)
        problems += _placeholders(index, written)
        problems += _markup(index, written)
    return problems


def completeness(form: Form) -> list[Completeness]:
    """How complete each language is."""
    needed = [written for written in needed_texts(FormIndex(form)) if written.key != "short"]
    return [
        Completeness(
            language["code"],
            language["name"],
            sum(bool(written.texts.get(language["code"])) for written in needed),
            len(needed),
        )
        for language in form["languages"]
    ]


def _untranslated(index: FormIndex, written: Written, languages: list[str]) -> Iterator[Problem]:
    if not written.texts and written.sheet != "settings":
        yield index.problem("label_missing", written.sheet, written.row, written.key, owner=written.owner)
        return
    for language in languages:
        if not written.texts.get(language):
            yield index.problem(
                "translation_missing", written.sheet, written.row, written.key, language, owner=written.owner
            )


def _markup(index: FormIndex, written: Written) -> Iterator[Problem]:
    for language, text in written.texts.items():
        found = _MARKUP.search(text)
        if found:
            yield index.problem(
                "markup_in_text", written.sheet, written.row, written.key, language, markup=found[0][:40]
            )


def _placeholders(index: FormIndex, written: Written) -> Iterator[Problem]:
    found: dict[str, frozenset[str]] = {}
    reported: set[str] = set()
    for language, text in written.texts.items():
        if "${" not in text:
            found[language] = frozenset()
            continue
        if _UNCLOSED.search(text):
            yield index.problem(
                "placeholder_unclosed", written.sheet, written.row, written.key, language, owner=written.owner
            )
        found[language] = frozenset(PLACEHOLDER.findall(text))
        for name in sorted(found[language] - reported):
            reported.add(name)
            yield from _reference(index, written, language, name)
    if len(set(found.values())) > 1:
        default = index.form["default_language"]
        expected = found.get(default, max(found.values(), key=len))
        for language, names in found.items():
            if names != expected:
                yield index.problem(
                    "placeholders_differ",
                    written.sheet,
                    written.row,
                    written.key,
                    language,
                    owner=written.owner,
                    lacks=sorted(expected - names),
                    adds=sorted(names - expected),
                    default=default,
                )


def _reference(index: FormIndex, written: Written, language: str, name: str) -> Iterator[Problem]:
    def problem(code: str, /, **params: object) -> Problem:
        return index.problem(code, written.sheet, written.row, written.key, language, name=name, **params)

    target = index.named.get(name)
    if target is None:
        left_out = index.form["left_out"].get(name)
        if left_out:
            yield problem("placeholder_left_out", type=left_out["type"], first=left_out["row"])
        else:
            yield problem("placeholder_unknown", meant=index.close_name(name))
        return
    if target.node["kind"] == "group":
        yield problem("placeholder_group")
        return
    here = written.place
    if here is None:
        return
    inside = target.node["kind"] == "loop" and (name in here.loops or target.node is here.node)
    if target.order > here.order or (target.node is here.node and not inside and written.key != "constraint_message"):
        yield problem("placeholder_later", later=target.node["row"])
    if target.chain != here.loops[: len(target.chain)] and target.node is not here.node:
        yield problem("placeholder_loop", loop=target.chain[-1])
