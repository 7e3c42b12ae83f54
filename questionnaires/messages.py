"""Problems of questionnaires as sentences in the reader's language: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from questionnaires.language import MESSAGES as EXPRESSION_MESSAGES
from questionnaires.problems import Problem
from studies.models.study import INTERVIEW_LANGUAGES

#: Why a file can't be read at all, by code of WorkbookError.
WORKBOOK = {
    "file_empty": _("The file is empty. Nothing was imported."),
    "file_too_large": _(
        "The file is larger than {limit} MB. A questionnaire needs a small part of that: remove pictures "
        "and other sheets."
    ),
    "workbook_protected": _("The workbook is protected by a password. Save it without one and upload it again."),
    "workbook_old_format": _(
        "This is a workbook of the old format (.xls). Save it as an Excel workbook (.xlsx) and upload it again."
    ),
    "workbook_binary": _(
        "This is a binary workbook (.xlsb). Save it as an Excel workbook (.xlsx) and upload it again."
    ),
    "workbook_open_document": _(
        "This is an OpenDocument file (.ods). Save it as an Excel workbook (.xlsx) and upload it again."
    ),
    "word_document": _(
        "This is a text document. A questionnaire is a workbook (.xlsx) with the sheets survey, choices and settings."
    ),
    "not_a_workbook": _(
        "This is not an Excel workbook (.xlsx). A questionnaire is a workbook with the sheets survey, "
        "choices and settings."
    ),
    "workbook_damaged": _(
        "The workbook is damaged and can't be read. Open it in a spreadsheet program, save it again as "
        ".xlsx and upload it."
    ),
    "workbook_unpacks_too_large": _(
        "The workbook unpacks to more than {limit} MB, which no questionnaire does. Copy the three sheets "
        "into a new workbook and upload that."
    ),
    "too_many_rows": _("The sheet {sheet} has more than {limit} rows. A questionnaire can't have so many."),
    "survey_sheet_missing": _("The workbook has no sheet called survey. Its sheets are: {sheets}."),
    "survey_sheet_empty": _("The sheet survey has no rows under its header."),
}

#: Problems by code. `{…}` are filled from the parameters of the problem.
PROBLEMS = {
    # the workbook
    "sheet_not_supported": _("The sheet {sheet} is not supported yet and was left aside."),
    "choices_sheet_missing": _("There is no sheet choices. That is right only when no question has options."),
    "settings_sheet_missing": _("There is no sheet settings: title and default language are missing."),
    "rows_not_read": _("After {blank} blank rows reading stopped here. If there is more below, delete the blank rows."),
    "cell_error": _("The cell shows the error {value} of the spreadsheet. Correct the formula or type the value."),
    "cell_date": _(
        "The spreadsheet has turned this cell into a date ({value}). Format the column as text and type "
        "the value again."
    ),
    "cell_formula": _(
        "The cell holds a formula whose result was not saved ({value}). It was read as blank: open the "
        "file in a spreadsheet program and save it, or type the value."
    ),
    "column_missing": _("The column {name} is missing."),
    "duplicate_column": _("This column is there twice. The first one counts where both are filled."),
    "column_not_supported": _("This column is not supported and was left aside."),
    "unknown_column": _("This column is not known and was left aside."),
    "unknown_setting": _("This setting is not known and was left aside."),
    "language_without_code": _(
        "The language “{name}” has no code. Write it as “{name} (xx)” with its two-letter code; for now it "
        "is called “{code}”."
    ),
    "default_language_unknown": _("The default language “{name}” has no column of texts."),
    "default_language_guessed": _("The settings name no default language. “{code}” was taken."),
    # rows and cells
    "type_missing": _("The row “{name}” has no type and was left out."),
    "type_unknown": _("The type “{type}” is not known. The row was left out."),
    "type_not_supported": _("The type “{type}” is not supported yet. The row was left out."),
    "metadata_left_out": _(
        "“{type}” was left out: times, people and devices are recorded with every interview anyway."
    ),
    "row_disabled": _("The row is switched off (disabled) and was left out."),
    "yes_or_no_expected": _("“{value}” is neither yes nor no."),
    "required_is_expression": _(
        "A condition for “required” is not supported yet ({value}): the question is always required."
    ),
    "word_not_allowed": _("“{value}” is not allowed here. Possible: {allowed}."),
    "select_without_list": _("The type names no choice list. Write it as “select_one listname”."),
    "or_other_added": _("or_other: the option {code} “Other” and the question {name} were added."),
    "begin_without_end": _("“begin {type}” of {name} is never ended."),
    "end_without_begin": _("“end {type}” ends nothing: no group or repeat is open here."),
    "end_of_the_other_kind": _("“end {type}” does not fit: {name}, begun in row {begun}, is of the other kind."),
    "loop_keys_twice": _("The repeat {name} has both repeat_count and dala::loop_over. Only the second one counts."),
    "loop_without_keys": _("The repeat does not say how often: fill repeat_count or dala::loop_over."),
    "option_without_list": _("The option “{code}” names no list and was left out."),
    "option_without_code": _("An option of the list {list} has no code (column name) and was left out."),
    # names and lists
    "name_missing": _("The name is missing."),
    "name_foreign_letters": _("The name “{name}” mixes alphabets: {shown}. Type it again in Latin letters."),
    "name_invalid": _(
        "The name “{name}” can't be used: “{sign}” at position {at}. Names are Latin letters, digits, “_”, "
        "“-” and “.”, and begin with a letter."
    ),
    "name_too_long": _("The name “{name}” is longer than {limit} characters: data files would cut it."),
    "name_twice": _("The name “{name}” is already used in row {first}."),
    "names_differ_by_case": _(
        "“{name}” and “{other}” (row {first}) differ only in capital letters. SPSS takes them for one variable."
    ),
    "list_unknown": _("There is no choice list “{list}”."),
    "list_unused": _("The list “{list}” is not used by any question."),
    "code_twice": _("The list {list} has the code “{code}” twice, first in row {first}."),
    "code_invalid": _("The code “{code}” of the list {list} has a space or an @. Codes are one word."),
    "missing_kind_twice": _("The list {list} has two options for “{kind}”: this one and {code}."),
    "options_from_file": _(
        "The options of {name} come from another file (search()). That is not supported yet: put them into "
        "the sheet choices."
    ),
    # expressions
    "expression": _("{details}"),
    "reference_unknown": _("There is no question called “{name}”."),
    "reference_left_out": _("“{name}” was left out (row {first}, type {type}), so this can't refer to it."),
    "reference_to_group": _("“{name}” is a group: it has no answer that one could refer to."),
    "reference_to_itself": _("“{name}” refers to itself. It has no value yet at this point."),
    "reference_to_later": _(
        "“{name}” is asked only later (row {later}), so it is always empty here. Move this row behind it."
    ),
    "calculation_cycle": _("{own} and “{name}” are calculated from each other."),
    "loop_as_single": _(
        "“{name}” has one value for each round of {loop}, but one value is needed here. Use sum(), join(), "
        "count() or indexed-repeat()."
    ),
    "loop_compared": _("“{name}” has one value for each round of {loop}: the comparison is true when any round fits."),
    "compared_with_unknown_code": _(
        "“{code}” is not a code of the options of “{name}”, so the comparison is never true."
    ),
    "filter_column_unknown": _("The sheet choices has no column “{column}”."),
    # texts
    "label_missing": _("{owner} has no text in any language."),
    "translation_missing": _("{owner}: the text in {language} is missing."),
    "markup_in_text": _("The text has markup ({markup}), which is shown and read as it stands. Take it out."),
    "placeholders_differ": _(
        "{owner}: the text in {language} refers to other questions than the one in {default}: {shown}."
    ),
    "placeholder_unclosed": _("{owner}: “${{” is not closed by “}}” in the text in {language}."),
    "placeholder_unknown": _("The text refers to “{name}”, but there is no such question."),
    "placeholder_left_out": _("The text refers to “{name}”, which was left out (row {first}, type {type})."),
    "placeholder_group": _("The text refers to “{name}”. That is a group: it has no answer that one could show."),
    "placeholder_later": _(
        "The text refers to “{name}”, which is asked only later (row {later}): nothing would be shown."
    ),
    "placeholder_loop": _(
        "“{name}” has one value for each round of {loop}. The text would show one of them for every round, "
        "parted by commas; use a calculate to choose."
    ),
    # design
    "group_empty": _("{name} is empty."),
    "appearance_not_used": _(
        "The appearance “{appearance}” has no meaning in an interview by telephone and was left aside."
    ),
    "grid_row_not_select": _(
        "{name} stands in the grid {grid}, but has no options. Rows of a grid are questions with the same choice list."
    ),
    "grid_lists_differ": _("The rows of the grid {grid} have different choice lists: {lists}."),
    "choice_filter_not_used": _("{name} has no options to filter. The filter was left aside."),
    "constraint_not_used": _("{name} takes no answer. The constraint was left aside."),
    "missing_not_used": _("{name} takes no answer, so no missing one either."),
    "calculation_on_question": _("{name} is asked: the calculation only gives the answer to begin with."),
    "calculation_missing": _("{name} has no calculation."),
    "preset_unknown": _("No value is known for {name}: it stays empty. Known are: {known}."),
    "ends_not_note": _("Only a note can end the interview, and {name} is none."),
    "ends_not_disposition": _("“{value}” is not the code of an outcome, such as 4.70."),
    "other_not_text": _("{name} specifies an “other”, so it has to be of type text."),
    "other_for_unknown": _("There is no question with options called “{name}”."),
    "other_for_elsewhere": _("“{name}” is in another loop, so it is not clear which round is meant."),
    "other_for_no_option": _("The list {list} of “{name}” has no option that is marked as other (dala::other)."),
    "other_without_text": _("{name} has an option “other”, but no text question specifies it (dala::other_for)."),
    "role_needs_select": _("The role {role} belongs to a question of type select_one, and {name} is none."),
    "role_in_loop": _("{name} is asked several times, so it can't have the role {role}."),
    "role_twice": _("The role {role} is already taken by row {first}."),
    "language_option_unknown": _(
        "The option {code} chooses the language “{value}”. Languages of the form are: {allowed}."
    ),
    "checkpoint_in_loop": _("{name} is asked several times, so it can't be the checkpoint."),
    "checkpoint_twice": _("The checkpoint is already in row {first}."),
    "stratum_after_checkpoint": _("{name} is asked after the checkpoint (row {first}), but quotas need it there."),
    "no_checkpoint": _("No question has the checkpoint “screener”: no seats are taken in quota cells."),
    "no_consent": _("No question has the role “consent”."),
    "population_language_missing": _(
        "Interviews of the population {population} may be held in {language}, but the questionnaire has no texts in it."
    ),
}


def sentence(problem: Problem, languages: Mapping[str, str] | None = None) -> str:
    """A problem as a sentence in the active language; `languages` are the form's names of its languages, by code."""
    params: dict[str, Any] = {"sheet": problem.sheet, **problem.params}
    for key in ("language", "default"):
        if key in params:
            params[key] = (languages or {}).get(params[key]) or language_name(params[key])
    if problem.code == "expression":
        params["details"] = _expression(params)
    elif problem.code == "name_foreign_letters":
        params["shown"] = _letters(params["letters"])
    elif problem.code == "placeholders_differ":
        params["shown"] = _differences(params)
    text = _filled(PROBLEMS[problem.code], params)
    if params.get("meant"):
        text += " " + _filled(_("Did you mean “{meant}”?"), params)
    if params.get("count", 0) > 1 and problem.code in ("appearance_not_used", "list_unused"):
        text += " " + ngettext("({count} row)", "({count} rows)", params["count"]).format(count=params["count"])
    if params.get("more"):
        more = params["more"]
        text += " " + ngettext("And {more} more of this kind.", "And {more} more of this kind.", more).format(more=more)
    return text


def workbook_message(code: str, params: Mapping[str, object]) -> str:
    """Why a file can't be imported, as a sentence in the active language."""
    return _filled(WORKBOOK[code], params)


def language_name(code: str) -> str:
    """A language by its own name, where it is known."""
    return INTERVIEW_LANGUAGES.get(code, code)


def _filled(message: str, params: Mapping[str, Any]) -> str:
    return gettext(message).format(**params)


def _expression(params: Mapping[str, Any]) -> str:
    details = dict(params["details"])
    if "reason" in details:
        details["reason"] = gettext(details["reason"])
    return _filled(EXPRESSION_MESSAGES[params["error"]], details)


def _letters(letters: list[Mapping[str, Any]]) -> str:
    parts = []
    for found in letters[:5]:
        known = _("“{letter}” at position {at} is {script} (not Latin {latin})")
        message = known if found["latin"] else _("“{letter}” at position {at} is {script}")
        parts.append(_filled(message, found))
    return ", ".join(parts)


def _differences(params: Mapping[str, Any]) -> str:
    parts = []
    if params["lacks"]:
        parts.append(gettext("it lacks {names}").format(names=_references(params["lacks"])))
    if params["adds"]:
        parts.append(gettext("it adds {names}").format(names=_references(params["adds"])))
    return ", ".join(parts)


def _references(names: list[str]) -> str:
    return ", ".join(f"${{{name}}}" for name in names)
