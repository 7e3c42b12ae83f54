"""An XLSForm workbook to a form and the list of what it could not give."""

from __future__ import annotations

import difflib

from questionnaires.form import FORMAT, Form, LanguageRow, OptionRow, Texts
from questionnaires.problems import Problem, shortened
from questionnaires.xlsform.choices import property_places, read_choices
from questionnaires.xlsform.columns import (
    CHOICES,
    NO_LANGUAGE,
    SETTINGS,
    SETTINGS_NOT_SUPPORTED,
    SURVEY,
    Columns,
    language_of,
    names_its_code,
    read_columns,
)
from questionnaires.xlsform.survey import read_survey
from questionnaires.xlsform.values import MISSING_KINDS, MISSING_TEXTS, CellReader
from questionnaires.xlsform.workbook import Sheet, SheetRow, WorkbookError, read_sheets

_SHEETS = ("survey", "choices", "settings")
_NOT_SUPPORTED_SHEETS = ("external_choices", "entities", "osm")


def read_workbook(content: bytes) -> Form:
    """Read an XLSForm workbook (.xlsx, .xlsm). What could not be taken over stands in the form's `problems`.

    Raises:
        WorkbookError: the file is no workbook that can be read, or has no sheet `survey` with rows.
    """
    sheets, titles = read_sheets(content, _SHEETS)
    if "survey" not in sheets:
        raise WorkbookError("survey_sheet_missing", sheets=", ".join(titles)[:200])
    if not sheets["survey"].rows:
        raise WorkbookError("survey_sheet_empty")
    problems = [
        Problem("sheet_not_supported", title.strip().lower())
        for title in titles
        if title.strip().lower() in _NOT_SUPPORTED_SHEETS
    ]
    problems += [Problem(f"{name}_sheet_missing", name) for name in ("choices", "settings") if name not in sheets]
    for sheet in sheets.values():
        problems += sheet.problems
    survey = read_columns(sheets["survey"], SURVEY)
    choices = read_columns(sheets.get("choices", Sheet("choices")), CHOICES)
    settings = read_columns(sheets.get("settings", Sheet("settings")), SETTINGS)
    return _assemble(survey, choices, settings, problems)


def _assemble(survey: Columns, choices: Columns, settings: Columns, problems: list[Problem]) -> Form:
    values = settings.sheet.rows[0] if settings.sheet.rows else SheetRow(2, ())
    languages, default, found = _languages(survey, choices, settings, values)
    problems += found
    codes = [language["code"] for language in languages]
    lists: dict[str, list[OptionRow]] = {}
    if choices.sheet.header:
        lists, found = read_choices(choices)
        problems += found
    reading = read_survey(survey, lists, codes)
    problems += reading.problems
    missing, texts, found = _missing(settings, values, codes)
    problems += found + _unknown_settings(settings, values)
    places = {"survey": survey.places(), "choices": choices.places(), "settings": settings.places()}
    places["choices"].update(property_places(choices))
    return {
        "format": FORMAT,
        "title": settings.texts(values, "title"),
        "form_id": settings.text(values, "form_id"),
        "form_version": settings.text(values, "version"),
        "languages": languages,
        "default_language": default,
        "missing": missing,
        "missing_texts": texts,
        "choices": lists,
        "children": reading.children,
        "columns": places,
        "left_out": reading.left_out,
        "problems": [problem.to_json() for problem in shortened(problems)],
    }


def _languages(
    survey: Columns, choices: Columns, settings: Columns, values: SheetRow
) -> tuple[list[LanguageRow], str, list[Problem]]:
    """The languages of the form, its default language, and what is unclear about them.

    Texts in a column without a language are in the default language, as the settings name it.
    """
    problems: list[Problem] = []
    written = dict.fromkeys([*survey.languages(), *choices.languages(), *settings.languages()])
    languages: dict[str, LanguageRow] = {}
    for name in written:
        language = language_of(name)
        languages.setdefault(language["code"], language)
        if not names_its_code(name):
            problems.append(Problem("language_without_code", "survey", 1, params={"name": name, **language}))
    stated = settings.text(values, "default_language")
    unlabelled = survey.has_unlabelled() or choices.has_unlabelled() or not languages
    default = language_of(stated)["code"] if stated else ""
    if default and default not in languages:
        if unlabelled:
            languages = {default: language_of(stated), **languages}
        else:
            place = (values.number, "default_language")
            problems.append(settings.problem("default_language_unknown", *place, name=stated))
            default = ""
    if not default:
        default = NO_LANGUAGE if unlabelled else next(iter(languages))
        if unlabelled:
            languages = {NO_LANGUAGE: {"code": NO_LANGUAGE, "name": ""}, **languages}
        if unlabelled or len(languages) > 1:
            problems.append(
                settings.problem("default_language_guessed", values.number, "default_language", code=default)
            )
    for columns in (survey, choices, settings):
        columns.unlabelled = default
    return list(languages.values()), default, problems


def _missing(
    settings: Columns, values: SheetRow, languages: list[str]
) -> tuple[list[str], dict[str, Texts], list[Problem]]:
    reader = CellReader(settings)
    kinds = reader.kinds(values, "missing")
    texts: dict[str, Texts] = {}
    for kind in MISSING_KINDS:
        standard = {code: text for code, text in MISSING_TEXTS[kind].items() if code in languages}
        texts[kind] = {**standard, **settings.texts(values, f"missing_{kind}")}
    return ["dk", "refused"] if kinds is None else kinds, texts, reader.problems


def _unknown_settings(settings: Columns, values: SheetRow) -> list[Problem]:
    problems = list(settings.problems)
    for column in settings.others:
        filled = column.index < len(values.cells) and values.cells[column.index]
        if not filled:
            continue
        known = column.key in SETTINGS_NOT_SUPPORTED
        close = [] if known else difflib.get_close_matches(column.key, list(SETTINGS), n=1, cutoff=0.75)
        problems.append(
            Problem(
                "column_not_supported" if known else "unknown_setting",
                "settings",
                settings.sheet.header_row,
                column.header,
                settings.sheet.letter(column.index),
                {"meant": close[0] if close else ""},
            )
        )
    return problems
