"""The dataset definition: which variables a study's data have, whatever the file format.

Pure: made from compiled Scripts and code frames, so that every release of the same versions has the same variable
list, in the same order,
however many interviews there are and whatever was answered. Writers (exports/writers) and the codebook read nothing
else.

Names are ASCII and at most 64 bytes (SPSS); an item inside a loop gets the loop's key behind its name
(`attitude_KG`), an option of a multiple
answer its code (`turn_to_1`), a code of an open answer `_c` and its number (`why_unite_c12`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from questionnaires.script import Group, Item, Loop, Node, Option, Script, Texts

Value = float | str | None
"""One cell: a number or a text; None is "not asked" (system-missing)."""

NAME_BYTES = 64
RESERVED = frozenset(["ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"])


@dataclass(frozen=True, slots=True)
class FrameCode:
    """A code of an open answer's frame. `members` are the numbers that a net stands for (empty for a plain code)."""

    number: int
    label: Texts
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One interview as the data files see it: corrections applied, answers off the route left out, no identifying
    data.
    """

    case: int
    population: str
    language: str
    interviewer: int
    version: int
    started_at: datetime
    duration_ms: int
    attempts: int
    complete: bool
    cell: str
    design_weight: float | None
    answers: Mapping[str, Any]
    codes: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ValueLabel:
    """A value with its label; `missing` marks it as user-missing (don't know, refused, not applicable)."""

    value: int | str
    label: Texts
    missing: bool = False


Kind = Literal["numeric", "string", "datetime"]
Measure = Literal["nominal", "ordinal", "scale"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the data. `origin` names the answer key (or system field) it comes from; `question` is the text as
    asked.
    """

    name: str
    kind: Kind
    label: Texts
    origin: str
    extract: Callable[[Record], Any] = field(compare=False, repr=False)
    values: tuple[ValueLabel, ...] = ()
    measure: Measure = "nominal"
    decimals: int = 0
    question: Texts = field(default_factory=dict)

    @property
    def missing_values(self) -> list[int | str]:
        return [value.value for value in self.values if value.missing]


@dataclass(frozen=True, slots=True)
class MultipleSet:
    """A multiple response set of dichotomies, counted value 1."""

    name: str
    label: Texts
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """All variables in order, and the sets that belong together."""

    variables: tuple[Variable, ...]
    sets: tuple[MultipleSet, ...]
    default_language: str

    def text(self, texts: Texts, language: str) -> str:
        """A label in `language`, else in the questionnaire's default language, else in English, else in any."""
        for code in (language, self.default_language, "en", *texts):
            if texts.get(code):
                return texts[code]
        return ""


def define_dataset(
    scripts: Sequence[Script],
    frames: Mapping[str, Sequence[FrameCode]],
    populations: Sequence[tuple[str, Texts]],
    *,
    with_verbatims: bool = False,
) -> Dataset:
    """The union of all versions' variables, in the order of the newest one.

    `scripts` are ordered oldest first; `frames` gives the codes by item name of every coded open item; `populations`
    are (code, name) in order.
    Verbatims are left out unless asked for: people say names, and somebody has to read them first.

    Raises ValueError where no script is given.
    """
    if not scripts:
        raise ValueError("a dataset needs at least one script")
    newest = scripts[-1]
    variables = list(_system_variables(populations, scripts))
    sets: list[MultipleSet] = []
    taken = {variable.name.upper() for variable in variables}
    known: set[tuple[str, str]] = set()
    for script in reversed(scripts):
        for item, key in _places(script, script.children, None):
            found = list(_item_variables(script, item, key, frames.get(item.name, ()), with_verbatims))
            fresh = [_named_apart(v, taken) for v in found if (v.origin, v.name) not in known]
            known.update((variable.origin, variable.name) for variable in found)
            variables += fresh
            if len(fresh) > 1 and len(fresh) == len(found):
                names = tuple(v.name for v in fresh if v.kind == "numeric")
                sets.append(MultipleSet(_name(item.name, key), _label(script, item, key), names))
    return Dataset(tuple(variables), tuple(sets), newest.default_language)


def _named_apart(variable: Variable, taken: set[str]) -> Variable:
    """The variable under a name that is free (SPSS does not tell capitals): `a_b`, `a_b_2`; the name is taken then."""
    name, number = variable.name, 1
    while name.upper() in taken:
        number += 1
        name = f"{variable.name[: NAME_BYTES - 4]}_{number}"
    taken.add(name.upper())
    return variable if name == variable.name else replace(variable, name=name)


# --- places: items, once for each key of the loop around them --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Key:
    """A loop's key, with the label that tells people which turn of the loop it is."""

    text: str
    label: Texts


def _places(script: Script, nodes: Iterable[Node], key: _Key | None) -> Iterator[tuple[Item, _Key | None]]:
    for node in nodes:
        if isinstance(node, Item):
            yield node, key
        elif isinstance(node, Group):
            yield from _places(script, node.children, key)
        elif isinstance(node, Loop):
            for turn in _turns(script, node, key):
                yield from _places(script, node.children, turn)


def _turns(script: Script, loop: Loop, outer: _Key | None) -> Iterator[_Key]:
    """All keys a loop can have: the options that label it. A loop without a list is not a set of variables known
    beforehand.
    """
    for option in script.choices.get(loop.choices or "", ()):
        if outer is None:
            yield _Key(option.code, option.label)
        else:
            both = {code: f"{outer.label.get(code, '')}, {text}" for code, text in option.label.items()}
            yield _Key(f"{outer.text}@{option.code}", both)


def _name(item: str, key: _Key | None, suffix: str = "") -> str:
    tail = "" if key is None else "_" + key.text.replace("@", "_")
    name = re.sub(r"[^A-Za-z0-9_]", "_", item + tail)
    if not name[0].isalpha() or name.upper() in RESERVED:
        name = "v_" + name
    return name[: NAME_BYTES - len(suffix)] + suffix


def _label(script: Script, item: Item, key: _Key | None) -> Texts:
    texts = {
        language: _without_pipes(item.short.get(language) or item.label.get(language, ""))
        for language in script.languages
    }
    if key is None:
        return texts
    return {language: f"{text} – {key.label.get(language, key.text)}" for language, text in texts.items()}


def _without_pipes(text: str) -> str:
    return re.sub(r"\s*\$\{[^}]*\}\s*", " … ", text).strip()


# --- variables of one item -------------------------------------------------------------------------------------------


def _item_variables(
    script: Script, item: Item, key: _Key | None, frame: Sequence[FrameCode], with_verbatims: bool
) -> Iterator[Variable]:
    if not item.exported or item.type == "note":
        return
    origin = item.name if key is None else f"{item.name}@{key.text}"
    label = _label(script, item, key)
    base = Variable(_name(item.name, key), "numeric", label, origin, _never, question=item.label)
    missing = _missing_labels(script, item)
    if item.type == "select_multiple":
        yield from _option_variables(script, item, key, base, missing)
    elif item.choices:
        yield _choice_variable(script, item, base, missing)
    elif item.type in ("integer", "decimal"):
        decimals = 0 if item.type == "integer" else 2
        extract = _number(origin, _codes_by_kind(item))
        yield replace(base, extract=extract, values=missing, measure="scale", decimals=decimals)
    elif item.type == "text":
        if frame:
            yield from _code_variables(item, key, base, frame, missing)
        if with_verbatims:
            yield replace(base, kind="string", extract=_text(origin))
    else:
        yield replace(base, kind="string", extract=_text(origin))


def _never(record: Record) -> Value:
    return None


def _missing_labels(script: Script, item: Item) -> tuple[ValueLabel, ...]:
    return tuple(
        ValueLabel(_as_code(missing.code), script.missing_texts.get(missing.kind, {}), True) for missing in item.missing
    )


def _codes_by_kind(item: Item) -> dict[str, int | str]:
    return {missing.kind: _as_code(missing.code) for missing in item.missing}


def _as_code(code: str) -> int | str:
    return int(code) if re.fullmatch(r"-?\d{1,15}", code) else code


def _option_label(option: Option) -> Texts:
    return {language: option.short.get(language) or text for language, text in option.label.items()}


def _choice_variable(script: Script, item: Item, base: Variable, missing: tuple[ValueLabel, ...]) -> Variable:
    options = script.choices.get(item.choices or "", ())
    values = tuple(ValueLabel(_as_code(o.code), _option_label(o), o.missing is not None) for o in options) + missing
    codes = _codes_by_kind(item)
    if all(isinstance(value.value, int) for value in values):
        return replace(base, extract=_number(base.origin, codes), values=values)
    values = tuple(replace(value, value=str(value.value)) for value in values)
    return replace(base, kind="string", extract=_text(base.origin, codes), values=values)


def _option_variables(
    script: Script, item: Item, key: _Key | None, base: Variable, missing: tuple[ValueLabel, ...]
) -> Iterator[Variable]:
    for option in script.choices.get(item.choices or "", ()):
        extract = _mentioned(base.origin, option.code, _codes_by_kind(item))
        yield _dichotomy(base, key, item, f"_{option.code}", _option_label(option), extract, missing)


def _code_variables(
    item: Item, key: _Key | None, base: Variable, frame: Sequence[FrameCode], missing: tuple[ValueLabel, ...]
) -> Iterator[Variable]:
    for code in frame:
        numbers = frozenset(code.members or (code.number,))
        extract = _coded(base.origin, numbers, _codes_by_kind(item))
        yield _dichotomy(base, key, item, f"_c{code.number:02d}", code.label, extract, missing)


def _dichotomy(
    base: Variable,
    key: _Key | None,
    item: Item,
    suffix: str,
    label: Texts,
    extract: Callable[[Record], Value],
    missing: tuple[ValueLabel, ...],
) -> Variable:
    labels = {
        language: " | ".join(filter(None, (label.get(language, suffix[1:]), text)))
        for language, text in base.label.items()
    }
    values = (ValueLabel(0, NOT_MENTIONED), ValueLabel(1, MENTIONED), *missing)
    return replace(base, name=_name(item.name, key, suffix), label=labels, extract=extract, values=values)


# --- values ----------------------------------------------------------------------------------------------------------


def _missing_kind(value: Any) -> str | None:
    return value.get("missing") if isinstance(value, dict) else None


def _number(origin: str, codes: Mapping[str, int | str]) -> Callable[[Record], Value]:
    def extract(record: Record) -> Value:
        value = record.answers.get(origin)
        kind = _missing_kind(value)
        if kind is not None:
            value = codes.get(kind)
        return None if value is None or value == "" else float(value)

    return extract


def _text(origin: str, codes: Mapping[str, int | str] | None = None) -> Callable[[Record], Value]:
    def extract(record: Record) -> Value:
        value = record.answers.get(origin)
        kind = _missing_kind(value)
        if kind is not None:
            value = (codes or {}).get(kind)
        return None if value is None else str(value)

    return extract


def _mentioned(origin: str, code: str, codes: Mapping[str, int | str]) -> Callable[[Record], Value]:
    def extract(record: Record) -> Value:
        value = record.answers.get(origin)
        kind = _missing_kind(value)
        if kind is not None:
            found = codes.get(kind)
            return None if found is None else float(found)
        return None if value is None else float(code in value)

    return extract


def _coded(origin: str, numbers: frozenset[int], codes: Mapping[str, int | str]) -> Callable[[Record], Value]:
    """1 when one of `numbers` was given; a net counts people, so two of its codes still make 1. Not coded yet: None."""

    def extract(record: Record) -> Value:
        kind = _missing_kind(record.answers.get(origin))
        if kind is not None:
            found = codes.get(kind)
            return None if found is None else float(found)
        given = record.codes.get(origin)
        return None if given is None else float(not numbers.isdisjoint(given))

    return extract


# --- variables of the fieldwork --------------------------------------------------------------------------------------

MENTIONED: Texts = {"en": "mentioned", "ru": "названо", "kk": "аталды", "uz": "aytildi"}
NOT_MENTIONED: Texts = {"en": "not mentioned", "ru": "не названо", "kk": "аталмады", "uz": "aytilmadi"}
LANGUAGE_NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша", "uz": "Oʻzbekcha"}


def _system_variables(populations: Sequence[tuple[str, Texts]], scripts: Sequence[Script]) -> Iterator[Variable]:
    numbers = {code: index for index, (code, _) in enumerate(populations, 1)}
    languages = sorted({language for script in scripts for language in script.languages})
    yield Variable("case_no", "numeric", SYSTEM_LABELS["case_no"], "case", lambda r: float(r.case), measure="scale")
    yield Variable(
        "pop",
        "numeric",
        SYSTEM_LABELS["pop"],
        "population",
        lambda r: float(numbers[r.population]),
        tuple(ValueLabel(numbers[code], name) for code, name in populations),
    )
    yield Variable(
        "int_lang",
        "numeric",
        SYSTEM_LABELS["int_lang"],
        "language",
        lambda r: float(languages.index(r.language) + 1) if r.language in languages else None,
        tuple(
            ValueLabel(index, dict.fromkeys(LANGUAGE_NAMES, LANGUAGE_NAMES.get(code, code)))
            for index, code in enumerate(languages, 1)
        ),
    )
    yield Variable("int_id", "numeric", SYSTEM_LABELS["int_id"], "interviewer", lambda r: float(r.interviewer))
    yield Variable("q_version", "numeric", SYSTEM_LABELS["q_version"], "version", lambda r: float(r.version))
    yield Variable(
        "started", "datetime", SYSTEM_LABELS["started"], "started_at", lambda r: r.started_at, measure="scale"
    )
    yield Variable(
        "minutes",
        "numeric",
        SYSTEM_LABELS["minutes"],
        "duration_ms",
        lambda r: round(r.duration_ms / 60000, 2),
        measure="scale",
        decimals=2,
    )
    yield Variable(
        "attempts", "numeric", SYSTEM_LABELS["attempts"], "attempts", lambda r: float(r.attempts), measure="scale"
    )
    yield Variable(
        "complete",
        "numeric",
        SYSTEM_LABELS["complete"],
        "complete",
        lambda r: float(r.complete),
        (ValueLabel(0, PARTIAL), ValueLabel(1, COMPLETE)),
    )
    yield Variable("cell", "string", SYSTEM_LABELS["cell"], "cell", lambda r: r.cell)
    yield Variable(
        "w_design",
        "numeric",
        SYSTEM_LABELS["w_design"],
        "design_weight",
        lambda r: r.design_weight,
        measure="scale",
        decimals=4,
    )


COMPLETE: Texts = {"en": "complete", "ru": "полное", "kk": "толық", "uz": "toʻliq"}
PARTIAL: Texts = {"en": "partial", "ru": "частичное", "kk": "ішінара", "uz": "qisman"}
SYSTEM_LABELS: Mapping[str, Texts] = {
    "case_no": {"en": "Case number", "ru": "Номер случая", "kk": "Жағдай нөмірі", "uz": "Holat raqami"},
    "pop": {
        "en": "Target population",
        "ru": "Целевая совокупность",
        "kk": "Мақсатты жиынтық",
        "uz": "Maqsadli toʻplam",
    },
    "int_lang": {"en": "Language of the interview", "ru": "Язык интервью", "kk": "Сұхбат тілі", "uz": "Suhbat tili"},
    "int_id": {
        "en": "Interviewer (pseudonym)",
        "ru": "Интервьюер (псевдоним)",
        "kk": "Сұхбат алушы (бүркеншік)",
        "uz": "Suhbatdosh (taxallus)",
    },
    "q_version": {
        "en": "Questionnaire version",
        "ru": "Версия анкеты",
        "kk": "Сауалнама нұсқасы",
        "uz": "Soʻrovnoma versiyasi",
    },
    "started": {
        "en": "Interview began (local time)",
        "ru": "Начало интервью (местное время)",
        "kk": "Сұхбаттың басталуы (жергілікті уақыт)",
        "uz": "Suhbat boshlanishi (mahalliy vaqt)",
    },
    "minutes": {
        "en": "Duration, minutes",
        "ru": "Длительность, минут",
        "kk": "Ұзақтығы, минут",
        "uz": "Davomiyligi, daqiqa",
    },
    "attempts": {
        "en": "Call attempts",
        "ru": "Попыток звонка",
        "kk": "Қоңырау әрекеттері",
        "uz": "Qoʻngʻiroq urinishlari",
    },
    "complete": {
        "en": "Complete or partial",
        "ru": "Полное или частичное",
        "kk": "Толық не ішінара",
        "uz": "Toʻliq yoki qisman",
    },
    "cell": {"en": "Quota cell", "ru": "Ячейка квоты", "kk": "Квота ұяшығы", "uz": "Kvota katagi"},
    "w_design": {
        "en": "Design weight (1 / inclusion probability)",
        "ru": "Дизайн-вес (1 / вероятность включения)",
        "kk": "Дизайн салмағы (1 / іріктеу ықтималдығы)",
        "uz": "Dizayn vazni (1 / tanlanish ehtimoli)",
    },
}
