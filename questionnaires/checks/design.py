"""What makes a questionnaire workable on the telephone: grids, loops, ends, roles, checkpoint, "other, specify"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from questionnaires.checks.index import FormIndex, Place
from questionnaires.form import QUESTION_TYPES, SELECT_TYPES, GroupRow, ItemRow, is_grid
from questionnaires.problems import Problem

#: Appearances of groups that say nothing to an interview of one question at a time.
_NO_MATTER = frozenset({"field-list", ""})
_DISPOSITION = re.compile(r"[1-4]\.\d{1,3}\Z")
#: What the case gives to an interview.
PRESETS = ("population",)


def check_design(index: FormIndex) -> list[Problem]:
    """Problems of the design."""
    problems: list[Problem] = []
    for place in index.places:
        node = place.node
        if node["kind"] == "item":
            for check in _ITEM_CHECKS:
                problems += check(index, place, node)
        else:
            if not node["children"]:
                problems.append(index.problem("group_empty", "survey", node["row"], "type", name=node["name"]))
            if node["kind"] == "group":
                problems += _group(index, node)
    problems += _appearances(index)
    problems += _whole(index)
    return problems


def _group(index: FormIndex, group: GroupRow) -> Iterator[Problem]:
    if not is_grid(group):
        return
    rows = [
        child for child in group["children"] if child["kind"] != "item" or child["type"] not in ("note", "calculate")
    ]
    for child in rows:
        if child["kind"] != "item" or child["type"] not in SELECT_TYPES:
            yield index.problem(
                "grid_row_not_select", "survey", child["row"], "type", grid=group["name"], name=child["name"]
            )
    lists = dict.fromkeys(
        child["choices"] for child in rows if child["kind"] == "item" and child["type"] in SELECT_TYPES
    )
    if len(lists) > 1:
        yield index.problem(
            "grid_lists_differ", "survey", group["row"], "appearance", grid=group["name"], lists=", ".join(lists)
        )


def _appearances(index: FormIndex) -> Iterator[Problem]:
    """One warning for each appearance of groups that is not used, not one for each group."""
    seen: dict[str, list[int]] = {}
    for place in index.places:
        node = place.node
        if node["kind"] == "item" or node["appearance"] in _NO_MATTER or (node["kind"] == "group" and is_grid(node)):
            continue
        seen.setdefault(node["appearance"], []).append(node["row"])
    for appearance, rows in seen.items():
        yield index.problem(
            "appearance_not_used", "survey", rows[0], "appearance", appearance=appearance, count=len(rows)
        )


def _unused_columns(index: FormIndex, place: Place, item: ItemRow) -> Iterator[Problem]:
    """Columns that are filled where they have no meaning."""
    name, row, kind = item["name"], item["row"], item["type"]
    if item["choice_filter"] and kind not in SELECT_TYPES:
        yield index.problem("choice_filter_not_used", "survey", row, "choice_filter", name=name)
    if item["constraint"] and kind not in QUESTION_TYPES:
        yield index.problem("constraint_not_used", "survey", row, "constraint", name=name)
    if item["missing"] and kind not in QUESTION_TYPES:
        yield index.problem("missing_not_used", "survey", row, "missing", name=name)
    if kind in SELECT_TYPES and "search(" in item["appearance"]:
        yield index.problem("options_from_file", "survey", row, "appearance", name=name)
    if item["calculation"] and kind in (*QUESTION_TYPES, "note"):
        yield index.problem("calculation_on_question", "survey", row, "calculation", name=name)


def _kind(index: FormIndex, place: Place, item: ItemRow) -> Iterator[Problem]:
    name, row = item["name"], item["row"]
    if item["type"] == "calculate" and not item["calculation"] and not item["default"]:
        yield index.problem("calculation_missing", "survey", row, "calculation", name=name)
    if item["type"] == "preset" and name not in PRESETS:
        yield index.problem("preset_unknown", "survey", row, "name", name=name, known=", ".join(PRESETS))
    if item["ends"]:
        if item["type"] != "note":
            yield index.problem("ends_not_note", "survey", row, "ends", name=name)
        elif not _DISPOSITION.match(item["ends"]):
            yield index.problem("ends_not_disposition", "survey", row, "ends", value=item["ends"][:40])


def _other(index: FormIndex, place: Place, item: ItemRow) -> Iterator[Problem]:
    if not item["other_for"]:
        return
    name, row = item["other_for"], item["row"]
    target = index.named.get(name)
    if item["type"] != "text":
        yield index.problem("other_not_text", "survey", row, "other_for", name=item["name"])
    elif target is None or target.node["kind"] != "item" or target.node["type"] not in SELECT_TYPES:
        yield index.problem("other_for_unknown", "survey", row, "other_for", name=name, meant=index.close_name(name))
    elif target.loops != place.loops:
        yield index.problem("other_for_elsewhere", "survey", row, "other_for", name=name)
    elif not any(option["other"] for option in index.form["choices"].get(target.node["choices"], [])):
        yield index.problem("other_for_no_option", "survey", row, "other_for", name=name, list=target.node["choices"])


def _role(index: FormIndex, place: Place, item: ItemRow) -> Iterator[Problem]:
    name, row, role = item["name"], item["row"], item["role"]
    if role == "consent" and item["type"] != "select_one":
        yield index.problem("role_needs_select", "survey", row, "role", name=name, role=role)
    if role == "language":
        if item["type"] != "select_one":
            yield index.problem("role_needs_select", "survey", row, "role", name=name, role=role)
        else:
            yield from _language_options(index, item)
    if role and place.loops:
        yield index.problem("role_in_loop", "survey", row, "role", name=name, role=role)
    if item["checkpoint"] and place.loops:
        yield index.problem("checkpoint_in_loop", "survey", row, "checkpoint", name=name)


def _language_options(index: FormIndex, item: ItemRow) -> Iterator[Problem]:
    codes = [language["code"] for language in index.form["languages"]]
    for option in index.form["choices"].get(item["choices"], []):
        language = option["props"].get("language", "")
        if language not in codes and not option["missing"]:
            yield index.problem(
                "language_option_unknown",
                "choices",
                option["row"],
                "prop::language",
                code=option["code"],
                value=language,
                allowed=", ".join(codes),
            )


_ITEM_CHECKS: tuple[Callable[[FormIndex, Place, ItemRow], Iterator[Problem]], ...] = (
    _unused_columns,
    _kind,
    _other,
    _role,
)


def _whole(index: FormIndex) -> Iterator[Problem]:
    """What there is once in a questionnaire, or not at all."""
    items = [(place, place.node) for place in index.places if place.node["kind"] == "item"]
    for role in ("consent", "language"):
        rows = [item for _, item in items if item["role"] == role]
        for item in rows[1:]:
            yield index.problem("role_twice", "survey", item["row"], "role", role=role, first=rows[0]["row"])
        if role == "consent" and not rows:
            yield index.problem("no_consent", "survey", 0)
    checkpoints = [(place, item) for place, item in items if item["checkpoint"]]
    for _, item in checkpoints[1:]:
        yield index.problem("checkpoint_twice", "survey", item["row"], "checkpoint", first=checkpoints[0][1]["row"])
    if not checkpoints:
        yield index.problem("no_checkpoint", "survey", 0)
    for place, item in items:
        if checkpoints and item["role"] == "stratum" and place.order > checkpoints[0][0].order:
            yield index.problem(
                "stratum_after_checkpoint",
                "survey",
                item["row"],
                "role",
                name=item["name"],
                first=checkpoints[0][1]["row"],
            )
    yield from _others_without_text(index, [item for _, item in items])


def _others_without_text(index: FormIndex, items: list[ItemRow]) -> Iterator[Problem]:
    specified = {item["other_for"] for item in items}
    for item in items:
        options = index.form["choices"].get(item["choices"], [])
        if (
            item["type"] in SELECT_TYPES
            and item["name"] not in specified
            and any(option["other"] for option in options)
        ):
            yield index.problem("other_without_text", "survey", item["row"], "type", name=item["name"])
