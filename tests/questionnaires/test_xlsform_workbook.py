"""Files that are no good workbooks: each gets a clear answer, quickly, and none does harm."""

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from questionnaires.messages import WORKBOOK, workbook_message
from questionnaires.xlsform import MAX_BYTES, WorkbookError, read_workbook
from tests.questionnaires.workbooks import form_of, q, reading_problems, saved, workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500


def package(**members: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in members.items():
            zipped.writestr(name, text)
    return content.getvalue()


def with_part(content: bytes, name: str, text: str) -> bytes:
    """A workbook in which one part is replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member, old.read(member))
        new.writestr(name, text)
    return changed.getvalue()


GOOD = workbook([q("text", "a")])
BAD_FILES = {
    "file_empty": b"",
    "file_too_large": b"PK" + b"\0" * MAX_BYTES,
    "not_a_workbook": b"type,name,label\ntext,a,b\n",
    "workbook_old_format": OLE + "Workbook".encode("utf-16-le"),
    "workbook_protected": OLE + "EncryptedPackage".encode("utf-16-le"),
    "word_document": package(**{"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}),
    "workbook_open_document": package(
        **{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}
    ),
    "workbook_binary": package(**{"[Content_Types].xml": "<x/>", "xl/workbook.bin": "x"}),
    "workbook_damaged": GOOD[: len(GOOD) // 2],
    "survey_sheet_empty": workbook([{"type": None, "name": None}]),
}


@pytest.mark.parametrize("code", BAD_FILES)
def test_a_file_that_is_no_workbook_is_refused_with_a_sentence(code):
    with pytest.raises(WorkbookError) as refused:
        read_workbook(BAD_FILES[code])
    assert refused.value.code == code
    sentence = workbook_message(refused.value.code, refused.value.params)
    assert len(sentence) > 20
    assert "{" not in sentence


def test_every_reason_has_a_sentence():
    assert set(BAD_FILES) | {"workbook_unpacks_too_large", "too_many_rows", "survey_sheet_missing"} == set(WORKBOOK)


@pytest.mark.parametrize(
    "content",
    [
        package(**{"[Content_Types].xml": "<x/>"}),
        package(**{"[Content_Types].xml": "<x/>", "xl/workbook.xml": "no xml"}),
        with_part(GOOD, "xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r='x'><c t='s'><v>999</v></c></row>"),
        with_part(GOOD, "xl/styles.xml", "<styleSheet"),
        with_part(GOOD, "xl/workbook.xml", "<workbook/>"),
        GOOD[:-100],
        b"PK\x03\x04",
    ],
)
def test_a_damaged_package_is_refused(content):
    with pytest.raises(WorkbookError):
        read_workbook(content)


def test_a_workbook_without_the_sheet_survey_names_the_sheets_it_has():
    book = Workbook()
    book.active.title = "Fragebogen"
    with pytest.raises(WorkbookError) as refused:
        read_workbook(saved(book))
    assert refused.value.code == "survey_sheet_missing"
    assert refused.value.params == {"sheets": "Fragebogen"}


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked():
    bomb = with_part(GOOD, "xl/media/huge.bin", "0" * 200 * 1024 * 1024)
    assert len(bomb) < 1024 * 1024
    with pytest.raises(WorkbookError) as refused:
        read_workbook(bomb)
    assert refused.value.code == "workbook_unpacks_too_large"


def test_entities_that_grow_are_refused():
    laughs = "".join(f'<!ENTITY l{n} "{(f"&l{n - 1};") * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><sst><si><t>&l9;</t></si></sst>'
    with pytest.raises(WorkbookError) as refused:
        read_workbook(with_part(GOOD, "xl/sharedStrings.xml", text))
    assert refused.value.code == "workbook_damaged"


def test_a_hundred_thousand_blank_rows_are_passed_over_and_said():
    cells = "".join(f"<c r='{column}9' s='1'/>" for column in "ABCDE")
    rows = "".join(f'<row r="{row}">{cells}</row>' for row in range(3, 100_000))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        "<sheetData>"
        '<row r="1"><c t="inlineStr"><is><t>type</t></is></c><c t="inlineStr"><is><t>name</t></is></c></row>'
        '<row r="2"><c t="inlineStr"><is><t>text</t></is></c><c t="inlineStr"><is><t>a</t></is></c></row>'
        f'{rows}<row r="1048576"/></sheetData></worksheet>'
    )
    form = read_workbook(with_part(GOOD, "xl/worksheets/sheet1.xml", sheet))
    assert [child["name"] for child in form["children"]] == ["a"]
    (problem,) = reading_problems(form, "rows_not_read")
    assert problem.sheet == "survey"
    assert problem.severity == "warning"


def test_a_wrong_dimension_loses_no_row():
    book = load_workbook(io.BytesIO(workbook([q("text", f"q{n}") for n in range(50)])))
    content = saved(book)
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        sheet = zipped.read("xl/worksheets/sheet1.xml").decode()
    narrow = sheet.replace('<dimension ref="A1:C51"', '<dimension ref="A1"')
    assert narrow != sheet
    assert len(read_workbook(with_part(content, "xl/worksheets/sheet1.xml", narrow))["children"]) == 50


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr("questionnaires.xlsform.workbook.MAX_ROWS", 2000)
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>text</t></is></c></row>' for row in range(1, 2003)
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    with pytest.raises(WorkbookError) as refused:
        read_workbook(with_part(GOOD, "xl/worksheets/sheet1.xml", sheet))
    assert refused.value.code == "too_many_rows"


def test_cells_become_text_as_people_typed_them():
    form = form_of(
        [q("select_one numbers", "a")],
        [
            {"list_name": "numbers", "name": 1, "label::English (en)": "\ufeffOne\u200b  "},
            {"list_name": "numbers", "name": 2.0, "label::English (en)": "Two_x000D_\nlines\r\nthree"},
            {"list_name": "numbers", "name": 2.5, "label::English (en)": "Cafe\u0301"},
            {"list_name": "numbers", "name": True, "label::English (en)": 4},
        ],
    )
    options = form["choices"]["numbers"]
    assert [option["code"] for option in options] == ["1", "2", "2.5", "true"]
    assert [option["label"]["en"] for option in options] == ["One", "Two\nlines\nthree", "Café", "4"]


def test_what_the_spreadsheet_spoilt_is_named_with_its_cell():
    book = load_workbook(io.BytesIO(workbook([q("text", "a"), q("text", "b"), q("text", "c")])))
    survey = book["survey"]
    survey["C2"] = "#REF!"
    survey["C3"] = date(2021, 2, 1)
    survey["C4"] = '=CONCAT("a","b")'
    form = read_workbook(saved(book))
    found = {problem.code: problem for problem in reading_problems(form)}
    assert (found["cell_error"].row, found["cell_error"].letter, found["cell_error"].params["value"]) == (
        2,
        "C",
        "#REF!",
    )
    assert (found["cell_date"].row, found["cell_date"].column) == (3, "label::English (en)")
    assert found["cell_formula"].row == 4
    assert found["cell_formula"].params["value"] == '=CONCAT("a","b")'
