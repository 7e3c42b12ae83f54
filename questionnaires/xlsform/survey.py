"""The sheet `survey`: rows to a tree of items, groups and loops."""

from __future__ import annotations

from dataclasses import dataclass, field

from questionnaires.form import SELECT_TYPES, GroupRow, ItemRow, LeftOut, LoopRow, NodeRow, OptionRow, Texts
from questionnaires.problems import Problem
from questionnaires.xlsform.columns import SURVEY, Columns, not_understood
from questionnaires.xlsform.survey_types import TypeCell, read_type
from questionnaires.xlsform.values import OTHER_LABEL, OTHER_QUESTION, CellReader
from questionnaires.xlsform.workbook import SheetRow

ROLES = ("screener", "stratum", "consent", "language")
CHECKPOINTS = ("screener",)


@dataclass(slots=True)
class SurveyReading:
    """What the sheet gives: the nodes, names of rows that were left out, and problems."""

    children: list[NodeRow] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_survey(columns: Columns, lists: dict[str, list[OptionRow]], languages: list[str]) -> SurveyReading:
    """Read all rows. `or_other` adds lists to `lists` (a copy of the list with one more option)."""
    reader = _SurveyReader(columns, lists, languages)
    for needed in ("type", "name"):
        if needed not in columns.known:
            reader.problems.append(
                Problem("column_missing", "survey", columns.sheet.header_row, params={"name": needed})
            )
    for row in columns.sheet.rows:
        reader.take(row)
    reader.finish()
    problems = [*columns.problems, *reader.problems, *reader.cells.problems, *not_understood(columns, SURVEY)]
    return SurveyReading(reader.root, reader.left_out, problems)


class _SurveyReader:
    def __init__(self, columns: Columns, lists: dict[str, list[OptionRow]], languages: list[str]) -> None:
        self.columns = columns
        self.lists = lists
        self.languages = languages
        self.cells = CellReader(columns)
        self.root: list[NodeRow] = []
        self.open: list[GroupRow | LoopRow] = []
        self.left_out: dict[str, LeftOut] = {}
        self.problems: list[Problem] = []

    def report(self, code: str, row: SheetRow, key: str = "", /, **params: object) -> None:
        self.problems.append(self.columns.problem(code, row.number, key, **params))

    def add(self, node: NodeRow) -> None:
        (self.open[-1]["children"] if self.open else self.root).append(node)

    def take(self, row: SheetRow) -> None:
        """Take one row."""
        written = self.columns.text(row, "type")
        name = self.columns.text(row, "name")
        if not written:
            # Rows with a remark, but neither type nor name, are how people structure their sheets.
            if name:
                self.report("type_missing", row, "type", name=name)
            return
        found = read_type(written)
        if self.columns.text(row, "disabled").lower() in ("yes", "true", "1"):
            self.report("row_disabled", row, "disabled", name=name)
            self.leave_out(row, name, written)
            return
        match found.kind:
            case "begin":
                self.begin(row, found, name)
            case "end":
                self.end(row, found)
            case "item":
                self.item(row, found, name)
            case "metadata":
                self.report("metadata_left_out", row, "type", type=found.type, name=name)
                self.leave_out(row, name, found.type)
            case "unsupported":
                self.report("type_not_supported", row, "type", type=found.type, name=name)
                self.leave_out(row, name, found.type)
            case _:
                self.report("type_unknown", row, "type", type=found.type[:80], name=name)
                self.leave_out(row, name, found.type[:80])

    def leave_out(self, row: SheetRow, name: str, type_name: str) -> None:
        if name:
            self.left_out.setdefault(name, {"row": row.number, "type": type_name})

    def begin(self, row: SheetRow, found: TypeCell, name: str) -> None:
        node: GroupRow | LoopRow
        if found.type == "group":
            node = {
                "kind": "group",
                "row": row.number,
                "name": name,
                "label": self.columns.texts(row, "label"),
                "relevant": self.columns.text(row, "relevant"),
                "appearance": self.columns.text(row, "appearance"),
                "children": [],
            }
        else:
            node = self.loop(row, name)
        self.add(node)
        self.open.append(node)

    def loop(self, row: SheetRow, name: str) -> LoopRow:
        over, count = self.columns.text(row, "loop_over"), self.columns.text(row, "repeat_count")
        if over and count:
            self.report("loop_keys_twice", row, "loop_over", name=name)
        elif not over and not count:
            self.report("loop_without_keys", row, "type", name=name)
        return {
            "kind": "loop",
            "row": row.number,
            "name": name,
            "label": self.columns.texts(row, "label"),
            "relevant": self.columns.text(row, "relevant"),
            "appearance": self.columns.text(row, "appearance"),
            "over": over,
            "count": "" if over else count,
            "choices": self.columns.text(row, "choices"),
            "children": [],
        }

    def end(self, row: SheetRow, found: TypeCell) -> None:
        kind = "group" if found.type == "group" else "loop"
        if not self.open:
            self.report("end_without_begin", row, "type", type=found.type)
            return
        if self.open[-1]["kind"] == kind:
            self.open.pop()
            return
        begun = self.open[-1]
        self.report("end_of_the_other_kind", row, "type", type=found.type, name=begun["name"], begun=begun["row"])
        # Somebody wrote "group" for "repeat" or the other way round, or forgot an end: whichever closes more is taken.
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index]["kind"] == kind:
                del self.open[index:]
                return
        self.open.pop()

    def finish(self) -> None:
        """Report what was never ended."""
        for node in self.open:
            kind = "group" if node["kind"] == "group" else "repeat"
            self.problems.append(
                self.columns.problem("begin_without_end", node["row"], "type", type=kind, name=node["name"])
            )

    def item(self, row: SheetRow, found: TypeCell, name: str) -> None:
        text, texts = self.columns.text, self.columns.texts
        select = found.type in SELECT_TYPES
        item: ItemRow = {
            "kind": "item",
            "row": row.number,
            "name": name,
            "type": found.type,
            "label": texts(row, "label"),
            "hint": texts(row, "hint"),
            "instruction": texts(row, "instruction"),
            "short": texts(row, "short"),
            "constraint_message": texts(row, "constraint_message"),
            "choices": found.list_name if select else text(row, "choices"),
            "choice_filter": text(row, "choice_filter"),
            "relevant": text(row, "relevant"),
            "constraint": text(row, "constraint"),
            "calculation": text(row, "calculation"),
            "default": text(row, "default"),
            "required": self.cells.required(row),
            "read_only": self.cells.yes(row, "read_only", otherwise=False),
            "missing": self.cells.kinds(row, "missing"),
            "read_out": select and self.cells.yes(row, "read_out", otherwise=True),
            "role": self.cells.word(row, "role", ROLES),
            "checkpoint": self.cells.word(row, "checkpoint", CHECKPOINTS),
            "ends": text(row, "ends"),
            "other_for": text(row, "other_for"),
            "exported": self.cells.yes(row, "export", otherwise=found.type != "note"),
            "appearance": text(row, "appearance"),
        }
        if select and not found.list_name:
            self.report("select_without_list", row, "type", name=name)
        self.add(item)
        if found.or_other:
            self.add_other(row, item)

    def add_other(self, row: SheetRow, item: ItemRow) -> None:
        """`or_other`: one more option, and a question for what it is."""
        options = self.lists.get(item["choices"])
        if options is None:
            return  # the unknown list is reported with the others
        code = _other_code([option["code"] for option in options])
        list_name = f"{item['choices']}_or_other"
        self.lists.setdefault(
            list_name,
            [
                *options,
                {
                    "row": row.number,
                    "code": code,
                    "label": self.standard(OTHER_LABEL),
                    "short": {},
                    "missing": "",
                    "exclusive": False,
                    "read_out": True,
                    "other": True,
                    "props": {},
                },
            ],
        )
        item["choices"] = list_name
        name = f"{item['name']}_other"
        test = f"selected(${{{item['name']}}}, '{code}')"
        self.add(
            {
                **item,
                "name": name,
                "type": "text",
                "label": self.standard(OTHER_QUESTION),
                "hint": {},
                "instruction": {},
                "short": {},
                "constraint_message": {},
                "choices": "",
                "choice_filter": "",
                "relevant": test,
                "constraint": "",
                "calculation": "",
                "default": "",
                "read_out": False,
                "role": "",
                "checkpoint": "",
                "other_for": item["name"],
                "appearance": "",
            }
        )
        self.report("or_other_added", row, "type", name=name, code=code)

    def standard(self, texts: Texts) -> Texts:
        return {language: texts[language] for language in self.languages if language in texts}


def _other_code(codes: list[str]) -> str:
    """A code for "other": 6, 96, 996 ... where all codes are numbers, so that it can be typed; else `other`."""
    if not codes or not all(code.isdecimal() for code in codes):
        return "other"
    width = max(len(code) for code in codes)
    while str(10**width - 4) in codes or any(int(code) > 10**width - 4 for code in codes):
        width += 1
    return str(10**width - 4)
