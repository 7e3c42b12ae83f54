"""Opening a workbook that somebody else made: is it one, is it safe to open, and what do its sheets say.

Nothing of the file is trusted: not its name, not its size, not its dimensions.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from questionnaires.problems import Problem

MAX_BYTES = 20 * 1024 * 1024
#: A questionnaire of 13,000 options unpacks to about 10 MB.
MAX_UNPACKED_BYTES = 150 * 1024 * 1024
MAX_COLUMNS = 1000
#: Spreadsheets often carry a million formatted, empty rows behind the last one; after so many nothing more is expected.
MAX_BLANK_ROWS = 1000
MAX_ROWS = 100_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ERROR_VALUES = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"})
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Control characters (jsonb refuses NUL), the byte order mark, the zero-width space: nobody sees them, and codes that
# look the same differ by them.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u200b\u2060\ud800-\udfff]")
# What openpyxl raises on files that were damaged or written by strange programs.
_READING_ERRORS = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    EOFError,
    OSError,
    RuntimeError,
)


class WorkbookError(Exception):
    """The file can't be read as a workbook. `code` and `params` make the sentence (questionnaires/messages.py)."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not blank: its number as the spreadsheet counts, and its cells as text."""

    number: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """A sheet as text: the first row that is not blank is the header. `problems` says what its cells could not give."""

    name: str
    header: tuple[str, ...] = ()
    header_row: int = 0
    rows: list[SheetRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def letter(self, index: int) -> str:
        """The letter of a column (from 0)."""
        return str(get_column_letter(index + 1))


def read_sheets(content: bytes, wanted: tuple[str, ...]) -> tuple[dict[str, Sheet], list[str]]:
    """Read the sheets called like `wanted` (whatever the case of the letters), and name all that there are.

    Raises:
        WorkbookError: the content is no workbook, is protected, too large, damaged or made to harm.
    """
    check_package(content)
    sheets: dict[str, Sheet] = {}
    try:
        with warnings.catch_warnings():
            # openpyxl warns of parts that do not matter here: headers for printing, pictures, conditional formats.
            warnings.simplefilter("ignore")
            values = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            titles = [str(title) for title in values.sheetnames]
            formulas = _formulas(content)
            for worksheet in values.worksheets:
                key = worksheet.title.strip().lower()
                if key in wanted and key not in sheets:
                    sheets[key] = _read_sheet(worksheet, formulas)
            values.close()
    except _READING_ERRORS as error:
        raise WorkbookError("workbook_damaged") from error
    return sheets, titles


def check_package(content: bytes) -> None:
    """Look at the package before anything is unpacked. Raises WorkbookError."""
    if not content:
        raise WorkbookError("file_empty")
    if len(content) > MAX_BYTES:
        raise WorkbookError("file_too_large", limit=MAX_BYTES // 1024 // 1024)
    if content.startswith(_OLE):
        raise WorkbookError("workbook_protected" if _ENCRYPTED in content else "workbook_old_format")
    if not content.startswith(b"PK"):
        raise WorkbookError("not_a_workbook")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _check_members(package)
    except _READING_ERRORS as error:
        raise WorkbookError("workbook_damaged") from error


def _check_members(package: zipfile.ZipFile) -> None:
    members = package.infolist()
    names = {member.filename for member in members}
    if any(name.startswith("word/") for name in names):
        raise WorkbookError("word_document")
    if "xl/workbook.bin" in names:
        raise WorkbookError("workbook_binary")
    if "content.xml" in names and "mimetype" in names:
        raise WorkbookError("workbook_open_document")
    if "[Content_Types].xml" not in names:
        raise WorkbookError("not_a_workbook")
    # zipfile gives out no more bytes of a member than its header declares, so that the declared sizes can be relied on.
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise WorkbookError("workbook_unpacks_too_large", limit=MAX_UNPACKED_BYTES // 1024 // 1024)
    for member in members:
        if member.filename.endswith((".xml", ".rels")):
            with package.open(member) as part:
                # A document type can define entities that grow without end or read files; no spreadsheet has one.
                if b"<!DOCTYPE" in part.read(4096):
                    raise WorkbookError("workbook_damaged")


def _formulas(content: bytes) -> Any | None:
    """The workbook with formulas instead of their results, where a sheet has any."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with package.open(name) as part:
                    if _contains(part, (b"<f>", b"<f ")):
                        return load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    return None


def _contains(part: Any, wanted: tuple[bytes, ...]) -> bool:
    before = b""
    while chunk := part.read(1 << 20):
        window = before + chunk
        if any(mark in window for mark in wanted):
            return True
        before = window[-8:]
    return False


def _read_sheet(worksheet: Any, formulas: Any | None) -> Sheet:
    sheet = Sheet(name=worksheet.title.strip().lower())
    last = 0
    for number, values in _rows(worksheet):
        if values is None:
            if number - last > MAX_BLANK_ROWS:
                sheet.problems.append(Problem("rows_not_read", sheet.name, number, params={"blank": MAX_BLANK_ROWS}))
                break
            continue
        if len(sheet.rows) >= MAX_ROWS:
            raise WorkbookError("too_many_rows", sheet=sheet.name, limit=MAX_ROWS)
        last = number
        cells = tuple(text_of(value) for value in values)
        if not sheet.header:
            sheet.header, sheet.header_row = cells, number
            continue
        sheet.rows.append(SheetRow(number, cells))
        _report_cells(sheet, number, values)
    if formulas is not None:
        _report_formulas(sheet, formulas[worksheet.title])
    return sheet


def _rows(worksheet: Any) -> Iterator[tuple[int, tuple[Any, ...] | None]]:
    """Each row with its number; None for a blank one."""
    # The dimensions that the file states are often wrong, in both directions.
    worksheet.reset_dimensions()
    for number, values in enumerate(worksheet.iter_rows(values_only=True), 1):
        last = min(len(values), MAX_COLUMNS)
        while last and (values[last - 1] is None or values[last - 1] == ""):
            last -= 1
        filled = values[:last]
        blank = all(value is None or (isinstance(value, str) and not value.strip()) for value in filled)
        yield number, None if blank else filled


def _report_cells(sheet: Sheet, number: int, values: tuple[Any, ...]) -> None:
    for index, value in enumerate(values):
        header = sheet.header[index] if index < len(sheet.header) else ""
        if not header:
            continue
        if isinstance(value, str) and value in _ERROR_VALUES:
            code, shown = "cell_error", value
        elif isinstance(value, (datetime, date, time)) and header.lower() not in ("default", "version"):
            code, shown = "cell_date", text_of(value)
        else:
            continue
        sheet.problems.append(Problem(code, sheet.name, number, header, sheet.letter(index), {"value": shown}))


def _report_formulas(sheet: Sheet, worksheet: Any) -> None:
    """Formulas whose result was never stored are blank cells to every reader: say so."""
    results = {row.number: row.cells for row in sheet.rows}
    end = max(results, default=0)
    for number, values in _rows(worksheet):
        if number > end + 1:
            break
        for index, value in enumerate(values or ()):
            header = sheet.header[index] if index < len(sheet.header) else ""
            if not header or not isinstance(value, str) or not value.startswith("=") or len(value) < 2:
                continue
            cells = results.get(number, ())
            if index >= len(cells) or not cells[index]:
                place = (sheet.name, number, header, sheet.letter(index))
                sheet.problems.append(Problem("cell_formula", *place, {"value": value[:80]}))


def text_of(value: object) -> str:
    """A cell as text: whole numbers without `.0`, composed Unicode (NFC), nothing invisible, no blanks around it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _clean(str(value))


def _clean(text: str) -> str:
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).strip()
