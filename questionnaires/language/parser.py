"""Parser of the routing language: XPath as XLSForm writes it, to the tree of docs/script.md."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable

from questionnaires.language.errors import ExpressionError
from questionnaires.language.patterns import PatternError, canonical_pattern
from questionnaires.language.signatures import SIGNATURES, UNSUPPORTED, Signature
from questionnaires.language.tokens import Token, tokenize
from questionnaires.language.tree import Tree, depth

MAX_LENGTH = 10_000
# Evaluation recurses with the tree; the limit keeps both engines far from the end of their stacks.
MAX_DEPTH = 200

# Binding power of the binary operators, as in XPath 1.0: or, and, equality, relation, sum, product.
_POWERS = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "div": 6,
    "mod": 6,
}
_QUOTED_REFERENCE = re.compile(r"\s*\$\{\s*([^\W\d][\w.-]*)\s*\}\s*")
_FORMAT_SIGNS = frozenset("YymndeHhMS3")


def parse(
    text: str,
    *,
    names: Collection[str] | None = None,
    columns: Collection[str] | None = None,
    in_filter: bool = False,
    allow_self: bool = True,
) -> Tree:
    """The syntax tree of an expression.

    Args:
        names: the names that `${...}` may refer to; None accepts all.
        columns: the columns of the choice list that bare names may refer to (with `in_filter`); None accepts all.
        in_filter: the expression is a choice filter, where a bare name is a property of the option.
        allow_self: whether `.` has a meaning here (constraints).

    Raises:
        ExpressionError: with code, position and length of what is wrong.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            "too_long", position=MAX_LENGTH, length=len(text) - MAX_LENGTH, text=text, limit=MAX_LENGTH
        )
    parser = _Parser(text, names, columns, in_filter, allow_self)
    try:
        tree = parser.whole()
    except RecursionError:
        raise ExpressionError("too_deep", position=0, length=len(text), text=text) from None
    if depth(tree) > MAX_DEPTH:
        raise ExpressionError("too_deep", position=0, length=len(text), text=text)
    return tree


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """ " Did you mean …?" for a misspelt name, or the empty string."""
    close = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.7)
    return f" Did you mean {close[0]}?" if close else ""


class _Parser:
    def __init__(
        self,
        text: str,
        names: Collection[str] | None,
        columns: Collection[str] | None,
        in_filter: bool,
        allow_self: bool,
    ) -> None:
        self.text = text
        self.names = names
        self.columns = columns
        self.in_filter = in_filter
        self.allow_self = allow_self
        self.tokens = tokenize(text)
        self.at = 0
        self.level = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def advance(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def error(self, code: str, token: Token, **params: str | int) -> ExpressionError:
        return ExpressionError(code, position=token.position, length=token.length, text=self.text, **params)

    def whole(self) -> Tree:
        if self.token.kind == "end":
            raise self.error("empty", self.token)
        tree = self.expression(0)
        token = self.token
        if token.kind == "close":
            raise self.error("unopened_parenthesis", token)
        if token.kind != "end":
            raise self.after_operand(token)
        return tree

    def after_operand(self, token: Token) -> ExpressionError:
        """The error for a token that stands where an operator should."""
        code = "unexpected" if token.kind == "comma" else "operator_expected"
        return self.error(code, token, found=self.shown(token))

    def shown(self, token: Token) -> str:
        return self.text[token.position : token.position + token.length]

    def expression(self, power: int) -> Tree:
        self.level += 1
        if self.level > MAX_DEPTH:
            raise self.error("too_deep", self.token)
        left = self.operand()
        while True:
            token = self.token
            # `and`, `or`, `div` and `mod` are operators where an operator is due, even straight before a parenthesis.
            binding = _POWERS.get(token.value, 0) if token.kind in ("operator", "name") else 0
            if binding <= power:
                self.level -= 1
                return left
            self.advance()
            left = ["op", token.value, left, self.expression(binding)]

    def operand(self) -> Tree:
        token = self.advance()
        match token.kind:
            case "number":
                return ["num", _plain_number(token.value)]
            case "string":
                return ["str", token.value]
            case "reference":
                return self.reference(token)
            case "self" if self.allow_self:
                return ["self"]
            case "open":
                return self.parenthesis(token)
            case "operator" if token.value == "-":
                # Unary minus binds tighter than every binary operator.
                return ["neg", self.expression(max(_POWERS.values()))]
            case "name":
                return self.name(token)
        raise self.not_an_operand(token)

    def not_an_operand(self, token: Token) -> ExpressionError:
        """The error for a token that stands where a value should."""
        codes = {"self": "self_misplaced", "parent": "parent_misplaced", "end": "unexpected_end"}
        if token.kind == "close" and not self.inside_parenthesis():
            return self.error("unopened_parenthesis", token)
        return self.error(codes.get(token.kind, "unexpected"), token, found=self.shown(token))

    def inside_parenthesis(self) -> bool:
        before = self.tokens[: self.at - 1]
        return sum(token.kind == "open" for token in before) > sum(token.kind == "close" for token in before)

    def parenthesis(self, opening: Token) -> Tree:
        inner = self.expression(0)
        if self.token.kind == "end":
            raise self.error("unclosed_parenthesis", opening)
        if self.token.kind != "close":
            raise self.after_operand(self.token)
        self.advance()
        return inner

    def reference(self, token: Token) -> Tree:
        if self.names is not None and token.value not in self.names:
            raise self.error("unknown_name", token, found=token.value, hint=suggestion(token.value, self.names))
        return ["ref", token.value]

    def name(self, token: Token) -> Tree:
        if self.token.kind == "open":
            return self.call(token)
        if token.value in ("and", "or", "div", "mod"):
            raise self.error("unexpected", token, found=token.value)
        if not self.in_filter:
            raise self.error("null" if token.value == "null" else "bare_name", token, found=token.value)
        if self.columns is not None and token.value not in self.columns:
            raise self.error("unknown_column", token, found=token.value, hint=suggestion(token.value, self.columns))
        return ["prop", token.value]

    def call(self, name: Token) -> Tree:
        if name.value in UNSUPPORTED:
            raise self.error("unsupported_function", name, found=name.value, reason=UNSUPPORTED[name.value])
        signature = SIGNATURES.get(name.value)
        if signature is None:
            raise self.error("unknown_function", name, found=name.value, hint=suggestion(name.value, SIGNATURES))
        opening = self.advance()
        starts, arguments = self.arguments(opening, signature)
        if not signature.minimum <= len(arguments) <= signature.maximum:
            raise self.error(
                "argument_count", name, found=name.value, expected=signature.expected, given=len(arguments)
            )
        for place in range(len(arguments)):
            arguments[place] = self.checked_argument(name, signature, place, arguments[place], starts[place])
        return ["call", signature.name, *arguments]

    def arguments(self, opening: Token, signature: Signature) -> tuple[list[Token], list[Tree]]:
        """The arguments up to and with the closing parenthesis, each with its first token."""
        starts: list[Token] = []
        found: list[Tree] = []
        if self.token.kind == "parent" and signature.takes_parent:
            self.advance()
            after = self.tokens[self.at]
            if after.kind != "close":
                raise self.error("unexpected", after, found=self.shown(after) or "..")
        while self.token.kind != "close" or starts:
            starts.append(self.token)
            found.append(self.expression(0))
            if self.token.kind != "comma":
                break
            self.advance()
        if self.token.kind == "end":
            raise self.error("unclosed_parenthesis", opening)
        if self.token.kind != "close":
            raise self.after_operand(self.token)
        self.advance()
        return starts, found

    def checked_argument(self, name: Token, signature: Signature, place: int, argument: Tree, start: Token) -> Tree:
        need = signature.need(place)
        if need == "reference":
            return self.reference_argument(name, place, argument, start)
        if need == "pattern":
            return self.pattern_argument(name, place, argument, start)
        if need == "format" and argument[0] == "str":
            for sign in re.findall(r"%(.?)", argument[1]):
                if sign not in _FORMAT_SIGNS:
                    raise self.error("bad_format", start, found="%" + sign)
        return argument

    def reference_argument(self, name: Token, place: int, argument: Tree, start: Token) -> Tree:
        if argument[0] == "ref":
            return argument
        # XLSForm writes the question of jr:choice-name() in quotation marks: '${q}'.
        quoted = _QUOTED_REFERENCE.fullmatch(argument[1]) if argument[0] == "str" else None
        if quoted is None:
            raise self.error("reference_needed", start, found=name.value, place=place + 1)
        if self.names is not None and quoted[1] not in self.names:
            raise self.error("unknown_name", start, found=quoted[1], hint=suggestion(quoted[1], self.names))
        return ["ref", quoted[1]]

    def pattern_argument(self, name: Token, place: int, argument: Tree, start: Token) -> Tree:
        if argument[0] != "str":
            raise self.error("literal_needed", start, found=name.value, place=place + 1)
        try:
            return ["str", canonical_pattern(argument[1])]
        except PatternError as trouble:
            raise ExpressionError(
                "bad_pattern",
                position=min(start.position + 1 + trouble.place, start.position + start.length - 1),
                length=1,
                text=self.text,
                place=trouble.place + 1,
                reason=trouble.reason,
            ) from trouble


def _plain_number(text: str) -> str:
    """A number literal as a plain decimal string: `.5` as `0.5`, `5.` as `5`, `007` as `7`."""
    whole, _, fraction = text.partition(".")
    whole = whole.lstrip("0") or "0"
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
