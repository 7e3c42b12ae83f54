"""What is wrong with a questionnaire, where, and whether it may be published all the same.

A problem carries a code and parameters; questionnaires/messages.py makes a sentence of it in the reader's language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]

#: Of problems of one kind in one column, so many are listed; the rest is counted. 13,000 options without a
#: translation are one problem to a person, not 13,000.
LISTED = 25

#: Codes that are no obstacle: something was left aside, or deserves a look.
WARNINGS = frozenset(
    {
        "appearance_not_used",
        "calculation_on_question",
        "cell_formula",
        "choice_filter_not_used",
        "choices_sheet_missing",
        "column_not_supported",
        "compared_with_unknown_code",
        "constraint_not_used",
        "default_language_guessed",
        "duplicate_column",
        "group_empty",
        "language_without_code",
        "list_unused",
        "loop_compared",
        "markup_in_text",
        "metadata_left_out",
        "missing_not_used",
        "names_differ_by_case",
        "no_checkpoint",
        "no_consent",
        "or_other_added",
        "other_without_text",
        "placeholder_later",
        "population_language_missing",
        "preset_unknown",
        "required_is_expression",
        "row_disabled",
        "rows_not_read",
        "settings_sheet_missing",
        "sheet_not_supported",
        "unknown_column",
        "unknown_setting",
    }
)

#: Codes that are warnings while people still translate, and stand in the way of publishing.
UNFINISHED = frozenset({"translation_missing", "placeholders_differ"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `row` is the row of the sheet as the spreadsheet counts (0: the sheet as a whole), `column` the header of the
    column as written, `letter` its letter. `params` hold what the sentence needs, as JSON.
    """

    code: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    letter: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How grave it is while the questionnaire is a draft."""
        return "warning" if self.code in WARNINGS or self.code in UNFINISHED else "error"

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way of publishing."""
        return self.code not in WARNINGS

    def to_json(self) -> dict[str, Any]:
        """As stored with the version."""
        return {
            "severity": self.severity,
            "code": self.code,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "letter": self.letter,
            "params": dict(self.params),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Problem:
        """From what was stored with the version."""
        return cls(
            code=document["code"],
            sheet=document["sheet"],
            row=document["row"],
            column=document["column"],
            letter=document["letter"],
            params=document["params"],
        )


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Errors first, then what stands in the way of publishing, then by sheet (as people work: survey first) and row."""
    sheets = {"survey": 0, "choices": 1, "settings": 2}
    return sorted(
        problems,
        key=lambda found: (found.severity != "error", not found.blocks, sheets.get(found.sheet, 3), found.row),
    )


def shortened(problems: Iterable[Problem]) -> list[Problem]:
    """The list with at most `LISTED` problems of one kind in one column; the last one says how many more there are."""
    listed: list[Problem] = []
    seen: Counter[tuple[str, str, str, str]] = Counter()
    last: dict[tuple[str, str, str, str], int] = {}
    for problem in problems:
        kind = (problem.code, problem.sheet, problem.column, str(problem.params.get("language", "")))
        seen[kind] += 1
        if seen[kind] <= LISTED:
            last[kind] = len(listed)
            listed.append(problem)
    for kind, index in last.items():
        more = seen[kind] - LISTED
        if more > 0:
            found = listed[index]
            listed[index] = Problem(
                found.code, found.sheet, found.row, found.column, found.letter, {**found.params, "more": more}
            )
    return listed
