"""What coders see: frames with their progress, answers grouped by same text, the codes of a frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from qc.folding import fold
from qc.models import Code, CodeFrame, Coding, Verbatim
from questionnaires.script import Loop, Script
from questionnaires.selectors.versions import current_version, load_script
from studies.models import Study, User

OPEN, MINE, ALL = "open", "mine", "all"


@dataclass(frozen=True, slots=True)
class LanguageProgress:
    language: str
    total: int
    coded: int


@dataclass(frozen=True, slots=True)
class FrameProgress:
    """A frame with the number of answers found and coded, by language."""

    frame: CodeFrame
    languages: tuple[LanguageProgress, ...]

    @property
    def total(self) -> int:
        return sum(row.total for row in self.languages)

    @property
    def coded(self) -> int:
        return sum(row.coded for row in self.languages)

    @property
    def waiting(self) -> int:
        return self.total - self.coded


def frames_with_progress(study: Study, languages: Sequence[str] = ()) -> list[FrameProgress]:
    """All frames of a study by name, in two queries. `languages`: only these (none: all)."""
    counted = (
        verbatims_of(study, languages=languages)
        .annotate(done=_coded())
        .values("frame_id", "language")
        .annotate(total=Count("pk"), coded=Count("pk", filter=Q(done=True)))
        .order_by("frame_id", "language")
    )
    rows: dict[int, list[LanguageProgress]] = {}
    for row in counted:
        rows.setdefault(row["frame_id"], []).append(LanguageProgress(row["language"], row["total"], row["coded"]))
    return [FrameProgress(frame, tuple(rows.get(frame.pk, ()))) for frame in study.code_frames.order_by("name")]


def groups_of(
    frame: CodeFrame,
    coder: User,
    *,
    state: str = OPEN,
    language: str = "",
    languages: Sequence[str] = (),
    search: str = "",
) -> QuerySet[Verbatim, dict[str, object]]:
    """Groups of same answers, the most frequent first: {folded, language, count, first, text, keys}.

    `state`: open (nobody has coded them), mine (coded by this coder), all. Another coder's codes are never shown.
    """
    verbatims = _in_languages(Verbatim.objects.filter(frame=frame), [language] if language else languages)
    if state == OPEN:
        verbatims = verbatims.filter(~_coded())
    elif state == MINE:
        verbatims = verbatims.filter(Exists(Coding.objects.filter(verbatim=OuterRef("pk"), coder=coder)))
    if search:
        verbatims = verbatims.filter(folded__contains=fold(search, language or "uz"))
    return (
        verbatims.values("folded", "language")
        .annotate(
            count=Count("pk"), first=Min("pk"), text=Min("text"), keys=ArrayAgg("key", distinct=True, order_by="key")
        )
        .order_by("-count", "language", "folded")
    )


def verbatims_of(study: Study, *, languages: Sequence[str] = (), only_open: bool = False) -> QuerySet[Verbatim]:
    """Answers of all frames of a study. `languages`: only these (none: all)."""
    verbatims = _in_languages(Verbatim.objects.filter(frame__study=study), languages)
    return verbatims.filter(~_coded()) if only_open else verbatims


def group_members(verbatim: Verbatim) -> QuerySet[Verbatim]:
    """All answers that are the same as this one: of its frame and language."""
    return Verbatim.objects.filter(frame=verbatim.frame_id, language=verbatim.language, folded=verbatim.folded)


def codes_given(verbatims: Sequence[int], coder: User) -> dict[int, list[int]]:
    """Numbers of the codes that this coder gave, by verbatim, in one query."""
    codings = Coding.objects.filter(verbatim__in=verbatims, coder=coder)
    given = codings.annotate(numbers=ArrayAgg("codes__number", order_by="codes__number"))
    return dict(given.values_list("verbatim_id", "numbers"))


def frame_tree(frame: CodeFrame) -> list[tuple[Code | None, list[Code]]]:
    """The frame as its nets with their codes; codes without a net come first, under None."""
    codes = list(frame.codes.filter(withdrawn=False).order_by("number"))
    nets = [code for code in codes if code.is_net]
    loose = [code for code in codes if not code.is_net and code.net_id is None]
    tree: list[tuple[Code | None, list[Code]]] = [(net, [c for c in codes if c.net_id == net.pk]) for net in nets]
    return [*tree, (None, loose)] if loose else tree


def use_of_codes(frame: CodeFrame) -> dict[int, int]:
    """How many answers carry each code in their final coding, by number."""
    used = Coding.objects.filter(verbatim__frame=frame, final=True).values_list("codes__number")
    return dict(used.annotate(count=Count("pk")).values_list("codes__number", "count"))


def question_texts(study: Study, keys: Sequence[str], language: str) -> list[str]:
    """The questions behind the keys of answers (`association@KG`), from the published questionnaire; none without one.

    What a question names in the conversation (the country in its grammatical form) stands as the loop's label.
    """
    version = current_version(study)
    script = load_script(version) if version else None
    if script is None:
        return []
    return [_question_text(script, key, language) for key in keys if key.partition("@")[0] in script.nodes]


def _question_text(script: Script, key: str, language: str) -> str:
    name, _at, turn = key.partition("@")
    item = script.item(name)
    loop = script.nodes[item.loops[-1]] if item.loops else None
    choices = loop.choices if isinstance(loop, Loop) else None
    label = script.option_label(choices, turn.rpartition("@")[2], language) if choices else "…"
    return re.sub(r"\$\{[^}]*\}", lambda _found: label, script.text(item.label, language))


def uncoded_count(study: Study, languages: Sequence[str] = ()) -> int:
    """Answers that wait for a coder."""
    return verbatims_of(study, languages=languages, only_open=True).count()


def _coded() -> Exists:
    return Exists(Coding.objects.filter(verbatim=OuterRef("pk"), final=True))


def _in_languages(verbatims: QuerySet[Verbatim], languages: Sequence[str]) -> QuerySet[Verbatim]:
    return verbatims.filter(language__in=languages) if languages else verbatims
