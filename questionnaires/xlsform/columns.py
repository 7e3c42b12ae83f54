"""The headers of a sheet: which column means what, and in which language."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from questionnaires.form import ColumnPlace, LanguageRow, Texts
from questionnaires.problems import Problem
from questionnaires.xlsform.workbook import Sheet, SheetRow

#: Columns of the sheet survey: the name that the importer uses, by header in lower case.
SURVEY = {
    "type": "type",
    "name": "name",
    "label": "label",
    "caption": "label",
    "hint": "hint",
    "relevant": "relevant",
    "relevance": "relevant",
    "bind::relevant": "relevant",
    "constraint": "constraint",
    "bind::constraint": "constraint",
    "constraint_message": "constraint_message",
    "bind::jr:constraintmsg": "constraint_message",
    "required": "required",
    "bind::required": "required",
    "calculation": "calculation",
    "calculate": "calculation",
    "bind::calculate": "calculation",
    "choice_filter": "choice_filter",
    "default": "default",
    "appearance": "appearance",
    "read_only": "read_only",
    "readonly": "read_only",
    "bind::readonly": "read_only",
    "repeat_count": "repeat_count",
    "jr:count": "repeat_count",
    "disabled": "disabled",
    "dala::instruction": "instruction",
    "dala::missing": "missing",
    "dala::read_out": "read_out",
    "dala::role": "role",
    "dala::checkpoint": "checkpoint",
    "dala::ends": "ends",
    "dala::loop_over": "loop_over",
    "dala::choices": "choices",
    "dala::other_for": "other_for",
    "dala::export": "export",
    "dala::short": "short",
}
CHOICES = {
    "list_name": "list_name",
    "name": "code",
    "value": "code",
    "label": "label",
    "caption": "label",
    "dala::missing": "missing",
    "dala::exclusive": "exclusive",
    "dala::other": "other",
    "dala::read_out": "read_out",
    "dala::short": "short",
}
SETTINGS = {
    "form_title": "title",
    "title": "title",
    "form_id": "form_id",
    "id_string": "form_id",
    "version": "version",
    "default_language": "default_language",
    "dala::missing": "missing",
    "dala::missing_dk": "missing_dk",
    "dala::missing_refused": "missing_refused",
    "dala::missing_na": "missing_na",
}
#: Columns that hold a text for people: they may name a language.
BY_LANGUAGE = frozenset(
    {
        "label",
        "hint",
        "instruction",
        "short",
        "constraint_message",
        "title",
        "missing_dk",
        "missing_refused",
        "missing_na",
    }
)
#: Columns of other tools that have no counterpart in a telephone interview, by header or by what stands before `::`.
NOT_SUPPORTED = frozenset(
    {
        "media",
        "image",
        "audio",
        "video",
        "big-image",
        "parameters",
        "trigger",
        "required_message",
        "bind::jr:requiredmsg",
        "guidance_hint",
        "autoplay",
        "body",
        "bind",
        "instance",
        "control",
        "save_to",
        "publishable",
        "minimum_seconds",
        "accuracy_threshold",
        "note",
        "response_note",
        "query",
        "intent",
        "rows",
        "hxl",
    }
)
SETTINGS_NOT_SUPPORTED = frozenset(
    {
        "instance_name",
        "public_key",
        "submission_url",
        "auto_send",
        "auto_delete",
        "style",
        "namespaces",
        "name",
        "allow_choice_duplicates",
        "clean_text_values",
        "client_editable",
        "instance_xmlns",
        "sms_keyword",
    }
)

#: Languages that people name without their code, by name.
_LANGUAGE_CODES = {
    "english": "en",
    "англійська": "en",
    "английский": "en",
    "russian": "ru",
    "русский": "ru",
    "kazakh": "kk",
    "қазақша": "kk",
    "қазақ тілі": "kk",
    "казахский": "kk",
    "uzbek": "uz",
    "oʻzbekcha": "uz",
    "o'zbekcha": "uz",
    "o‘zbekcha": "uz",
    "o’zbekcha": "uz",
    "ўзбекча": "uz",
    "узбекский": "uz",
    "kyrgyz": "ky",
    "кыргызча": "ky",
    "tajik": "tg",
    "тоҷикӣ": "tg",
    "turkmen": "tk",
    "türkmençe": "tk",
    "karakalpak": "kaa",
    "uyghur": "ug",
    "ukrainian": "uk",
    "українська": "uk",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "portuguese": "pt",
    "português": "pt",
    "arabic": "ar",
    "turkish": "tr",
    "türkçe": "tr",
    "persian": "fa",
    "dari": "prs",
    "pashto": "ps",
    "chinese": "zh",
    "hindi": "hi",
    "amharic": "am",
    "oromo": "om",
    "oromiffa": "om",
    "tigrinya": "ti",
    "tigirigna": "ti",
    "swahili": "sw",
    "somali": "so",
    "mongolian": "mn",
    "georgian": "ka",
    "armenian": "hy",
    "azerbaijani": "az",
}
_NAME_AND_CODE = re.compile(r"^(?P<name>.*?)\s*\(\s*(?P<code>[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)\s*\)$")
_CODE_ONLY = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
#: A language whose columns name none: "undetermined" of ISO 639-2.
NO_LANGUAGE = "und"


def language_of(written: str) -> LanguageRow:
    """A language as a header or the settings name it: `Русский (ru)`, `Russian`, `ru`."""
    written = " ".join(written.split())
    match = _NAME_AND_CODE.match(written)
    if match:
        return {"code": _code(match["code"]), "name": match["name"] or match["code"]}
    known = _LANGUAGE_CODES.get(written.lower())
    if known:
        return {"code": known, "name": written}
    # "Dari" is a name, "ru" is a code: names of languages are longer than three letters.
    if _CODE_ONLY.match(written) and len(written.partition("-")[0]) <= 3:
        return {"code": _code(written), "name": written}
    slug = re.sub(r"[^a-z0-9]+", "", written.lower())[:8]
    return {"code": slug or NO_LANGUAGE, "name": written}


def names_its_code(written: str) -> bool:
    """Whether the language is written with a code, or is one that is known by name."""
    written = " ".join(written.split())
    return bool(_NAME_AND_CODE.match(written) or written.lower() in _LANGUAGE_CODES or _CODE_ONLY.match(written))


def _code(written: str) -> str:
    first, *rest = written.replace("_", "-").split("-")
    return "-".join([first.lower(), *rest])


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it means (`key`), and its language as written ("" where the header names none)."""

    index: int
    header: str
    key: str
    language: str = ""


@dataclass(slots=True)
class Columns:
    """The columns of a sheet. `others` are those that have no meaning of their own (properties of options)."""

    sheet: Sheet
    known: dict[str, list[Column]] = field(default_factory=dict)
    others: list[Column] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unlabelled: str = NO_LANGUAGE
    _codes: dict[str, str] = field(default_factory=dict)

    def languages(self) -> list[str]:
        """The languages that headers name, as written, labels first, each once."""
        columns = [column for columns in self.known.values() for column in columns if column.language]
        columns.sort(key=lambda column: (column.key != "label", column.index))
        return list(dict.fromkeys(column.language for column in columns))

    def has_unlabelled(self) -> bool:
        """Whether a label stands in a column that names no language."""
        return any(not column.language for column in self.known.get("label", []))

    def code(self, written: str) -> str:
        """The code of a language as written in a header."""
        if not written:
            return self.unlabelled
        if written not in self._codes:
            self._codes[written] = language_of(written)["code"]
        return self._codes[written]

    def text(self, row: SheetRow, key: str) -> str:
        """A cell, or "" where there is no such column. Of two columns for the same thing, the first that is filled."""
        for column in self.known.get(key, ()):
            if column.index < len(row.cells) and row.cells[column.index]:
                return row.cells[column.index]
        return ""

    def texts(self, row: SheetRow, key: str) -> Texts:
        """The texts by language code; languages without one are left out."""
        found: Texts = {}
        for column in self.known.get(key, ()):
            if column.index < len(row.cells) and row.cells[column.index]:
                found.setdefault(self.code(column.language), row.cells[column.index])
        return found

    def problem(self, code: str, row: int, key: str = "", /, **params: object) -> Problem:
        """A problem in a column of this sheet."""
        columns = self.known.get(key)
        if not columns:
            return Problem(code, self.sheet.name, row, params=params)
        return Problem(code, self.sheet.name, row, columns[0].header, self.sheet.letter(columns[0].index), params)

    def places(self) -> dict[str, ColumnPlace]:
        """Header and letter by key, and by `key::language code` for texts."""
        places: dict[str, ColumnPlace] = {}
        for key, columns in self.known.items():
            for column in columns:
                name = f"{key}::{self.code(column.language)}" if key in BY_LANGUAGE else key
                place: ColumnPlace = {"header": column.header, "letter": self.sheet.letter(column.index)}
                places.setdefault(name, place)
                places.setdefault(key, place)
        return places


def read_columns(sheet: Sheet, meanings: Mapping[str, str]) -> Columns:
    """Sort the headers of a sheet by what they mean; headers that mean nothing land in `others`."""
    columns = Columns(sheet)
    seen: set[tuple[str, str]] = set()
    for index, header in enumerate(sheet.header):
        if not header:
            continue
        base, language = _split(header, meanings)
        key = meanings.get(base)
        if key is None or (language and key not in BY_LANGUAGE):
            columns.others.append(Column(index, header, base, language))
            continue
        if (key, language) in seen:
            columns.problems.append(
                Problem("duplicate_column", sheet.name, sheet.header_row, header, sheet.letter(index))
            )
        seen.add((key, language))
        columns.known.setdefault(key, []).append(Column(index, header, key, language))
    return columns


def _split(header: str, meanings: Mapping[str, str]) -> tuple[str, str]:
    """A header as its base (as the tables above have it) and the language after it."""
    whole = _base(header)
    if whole in meanings:
        return whole, ""
    for match in reversed(list(re.finditer("::", header))):
        base = _base(header[: match.start()])
        if base in meanings:
            return base, " ".join(header[match.end() :].split())
    # An older spelling: label:English.
    before, colon, after = header.partition(":")
    if colon and _base(before) in meanings:
        return _base(before), " ".join(after.split())
    return whole, ""


def _base(header: str) -> str:
    return re.sub(r"\s+", "_", re.sub(r"\s*::\s*", "::", header.strip().lower()))


def not_understood(columns: Columns, meanings: Iterable[str], *, leave: frozenset[str] = frozenset()) -> list[Problem]:
    """A problem for each further column that has content: known from other tools, or not known at all."""
    problems = []
    for column in columns.others:
        if column.key in leave or not _filled(columns.sheet, column.index):
            continue
        place = (columns.sheet.name, columns.sheet.header_row, column.header, columns.sheet.letter(column.index))
        if column.key in NOT_SUPPORTED or column.key.split(":")[0] in NOT_SUPPORTED:
            problems.append(Problem("column_not_supported", *place))
        else:
            close = difflib.get_close_matches(column.key.split("::")[0], list(meanings), n=1, cutoff=0.75)
            close = close or difflib.get_close_matches(column.key, list(meanings), n=1, cutoff=0.75)
            problems.append(Problem("unknown_column", *place, {"meant": close[0] if close else ""}))
    return problems


def _filled(sheet: Sheet, index: int) -> bool:
    return any(index < len(row.cells) and row.cells[index] for row in sheet.rows)
