"""The routing language: XLSForm's expressions, parsed to a JSON tree and evaluated the same way in Python and in the
browser.

    tree = parse("${age} >= 18 and not(selected(${langs}, 'ru'))")
    references(tree)                                   # ["age", "langs"]
    evaluate(tree, {"age": 30, "langs": ["kk"]})       # True

docs/language.md is the reference for authors, docs/script.md describes trees and values.
"""

from questionnaires.language.errors import MESSAGES, ExpressionError
from questionnaires.language.evaluation import PlainEnvironment, compile_plain, evaluate
from questionnaires.language.parser import parse
from questionnaires.language.tree import Tree, functions, properties, references
from questionnaires.language.values import Value, to_boolean, to_number, to_stored, to_string

__all__ = [
    "MESSAGES",
    "ExpressionError",
    "PlainEnvironment",
    "Tree",
    "Value",
    "compile_plain",
    "evaluate",
    "functions",
    "parse",
    "properties",
    "references",
    "to_boolean",
    "to_number",
    "to_stored",
    "to_string",
]
