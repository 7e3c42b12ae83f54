"""The problems of a version as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from questionnaires.messages import sentence
from questionnaires.models import QuestionnaireVersion
from questionnaires.problems import UNFINISHED, Problem
from studies.models import Study


@dataclass(frozen=True, slots=True)
class Tally:
    """How many problems of each kind there are; `blocking` stand in the way of publishing."""

    errors: int
    unfinished: int
    warnings: int

    @property
    def blocking(self) -> int:
        """Errors and missing texts."""
        return self.errors + self.unfinished

    @property
    def all(self) -> int:
        """All of them."""
        return self.errors + self.unfinished + self.warnings


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem as a sentence. Where it is about an expression: the text before, in and after the part at fault."""

    problem: Problem
    kind: str
    text: str
    before: str = ""
    fault: str = ""
    after: str = ""


def problems_of(version: QuestionnaireVersion, study: Study) -> list[Problem]:
    """The stored problems, and those that depend on the study's populations."""
    problems = [Problem.from_json(document) for document in version.problems]
    codes = {language["code"] for language in version.form["languages"]}
    for population in study.populations.all():
        for language in population.languages:
            if language not in codes:
                params = {"population": population.code, "language": language}
                problems.append(Problem("population_language_missing", "survey", params=params))
    return problems


def tally(problems: Iterable[Problem]) -> Tally:
    """Count problems by kind; those that were only counted at import are counted again."""
    numbers = {"error": 0, "unfinished": 0, "warning": 0}
    for problem in problems:
        numbers[kind_of(problem)] += 1 + int(problem.params.get("more", 0))
    return Tally(numbers["error"], numbers["unfinished"], numbers["warning"])


def kind_of(problem: Problem) -> str:
    """`error`, `unfinished` (a text is missing) or `warning`."""
    return "unfinished" if problem.code in UNFINISHED else problem.severity


def problem_lines(
    problems: Iterable[Problem], languages: Mapping[str, str], filters: Mapping[str, str]
) -> list[ProblemLine]:
    """The problems that fit the filters `show` and `sheet`, as sentences in the active language."""
    return [_line(problem, languages) for problem in problems if _fits(problem, filters)]


def _fits(problem: Problem, filters: Mapping[str, str]) -> bool:
    show, sheet = filters.get("show", ""), filters.get("sheet", "")
    if sheet and problem.sheet != sheet:
        return False
    return not show or kind_of(problem) == show or (show == "blocking" and problem.blocks)


def _line(problem: Problem, languages: Mapping[str, str]) -> ProblemLine:
    text = sentence(problem, languages)
    expression, at = str(problem.params.get("expression", "")), int(problem.params.get("at", 0))
    if not expression:
        return ProblemLine(problem, kind_of(problem), text)
    if not at:
        return ProblemLine(problem, kind_of(problem), text, before=expression)
    start, end = at - 1, at - 1 + int(problem.params.get("length", 0))
    return ProblemLine(problem, kind_of(problem), text, expression[:start], expression[start:end], expression[end:])
