"""Small values in cells: yes and no, kinds of missing answer, words of a fixed list."""

from __future__ import annotations

from collections.abc import Collection

from questionnaires.form import Texts
from questionnaires.problems import Problem
from questionnaires.xlsform.columns import Columns
from questionnaires.xlsform.workbook import SheetRow

MISSING_KINDS = ("dk", "refused", "na")
_YES = frozenset({"yes", "true", "true()", "1", "y", "да", "иә", "ha"})
_NO = frozenset({"no", "false", "false()", "0", "n", "нет", "жоқ", "yoʻq", "yo'q"})

#: Texts that every form needs and most workbooks leave out.
MISSING_TEXTS: dict[str, Texts] = {
    "dk": {"en": "Don't know", "ru": "Затрудняюсь ответить", "kk": "Жауап беру қиын", "uz": "Javob berish qiyin"},
    "refused": {
        "en": "Refused to answer",
        "ru": "Отказ от ответа",
        "kk": "Жауап беруден бас тартты",
        "uz": "Javob berishdan bosh tortdi",
    },
    "na": {"en": "Not applicable", "ru": "Не относится", "kk": "Қатысы жоқ", "uz": "Taalluqli emas"},
}
OTHER_LABEL: Texts = {"en": "Other", "ru": "Другое", "kk": "Басқа", "uz": "Boshqa"}
OTHER_QUESTION: Texts = {"en": "Please specify", "ru": "Уточните", "kk": "Нақтылап айтыңыз", "uz": "Aniqlashtiring"}


class CellReader:
    """Reads cells of one sheet that hold words of a fixed list, and keeps what it could not understand."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.problems: list[Problem] = []

    def yes(self, row: SheetRow, key: str, otherwise: bool) -> bool:
        """Yes or no; `otherwise` where the cell is blank or not understood."""
        text = self.columns.text(row, key)
        if not text:
            return otherwise
        word = text.lower()
        if word in _YES or word in _NO:
            return word in _YES
        self.problems.append(self.columns.problem("yes_or_no_expected", row.number, key, value=text[:80]))
        return otherwise

    def required(self, row: SheetRow) -> bool:
        """Whether an answer is required. A condition can't be kept: then the answer is always required."""
        text = self.columns.text(row, "required")
        word = text.lower()
        if word in _YES or word in _NO or not text:
            return word in _YES
        self.problems.append(self.columns.problem("required_is_expression", row.number, "required", value=text[:80]))
        return True

    def word(self, row: SheetRow, key: str, allowed: Collection[str]) -> str:
        """One of the words, or ""."""
        text = self.columns.text(row, key)
        word = text.lower()
        if not word or word in allowed:
            return word
        self.problems.append(
            self.columns.problem("word_not_allowed", row.number, key, value=text[:80], allowed=", ".join(allowed))
        )
        return ""

    def kinds(self, row: SheetRow, key: str) -> list[str] | None:
        """Kinds of missing answer: `dk refused`, `none`; None where the cell is blank."""
        text = self.columns.text(row, key)
        if not text:
            return None
        words = text.lower().replace(",", " ").split()
        if words == ["none"]:
            return []
        wrong = [word for word in words if word not in MISSING_KINDS]
        if wrong:
            allowed = ", ".join((*MISSING_KINDS, "none"))
            self.problems.append(
                self.columns.problem("word_not_allowed", row.number, key, value=" ".join(wrong)[:80], allowed=allowed)
            )
        return [kind for kind in MISSING_KINDS if kind in words]
