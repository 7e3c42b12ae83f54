"""XLSForm workbooks read into forms (docs/xlsform.md). No Django in here.

reading = read_workbook(content)     # raises WorkbookError where the file is no workbook
reading.form, reading.problems
"""

from questionnaires.xlsform.reader import read_workbook
from questionnaires.xlsform.workbook import MAX_BYTES, WorkbookError

__all__ = ["MAX_BYTES", "WorkbookError", "read_workbook"]
