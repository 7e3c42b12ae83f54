from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qc.models import CodeFrame, Verbatim
from qc.selectors import coding as selectors
from qc.services.coding import code_verbatims
from studies.access import StudyAccess, study_access
from studies.errors import DomainError, InvalidInput
from studies.models.study import Role

GROUPS_PER_PAGE = 50


@require_safe
def frames(request: HttpRequest, study: str) -> HttpResponse:
    """All code frames with what is coded and what waits."""
    access = study_access(request.user, study, Role.CODER, Role.LEAD, Role.SUPERVISOR)
    context = {
        "study": access.study,
        "frames": selectors.frames_with_progress(access.study, _languages(access)),
        "may_code": access.has(Role.CODER),
    }
    return render(request, "qc/coding/frames.html", context)


@require_safe
def bench(request: HttpRequest, study: str, frame: str) -> HttpResponse:
    """The coder's bench: answers on the left, the one being coded in the middle, the frame on the right."""
    access = study_access(request.user, study, Role.CODER)
    found = get_object_or_404(CodeFrame, study=access.study, name=frame)
    return _bench(request, access, found, request.GET, request.GET.get("at", ""))


@require_POST
def code(request: HttpRequest, study: str, frame: str) -> HttpResponse:
    """Code the group in the middle and go on to the next."""
    access = study_access(request.user, study, Role.CODER)
    found = get_object_or_404(CodeFrame, study=access.study, name=frame)
    verbatim = get_object_or_404(Verbatim, frame=found, pk=request.POST.get("first") or 0)
    typed = request.POST.get("codes", "")
    try:
        code_verbatims(
            verbatims=selectors.group_members(verbatim),
            coder=access.user,
            codes=_typed_codes(typed),
            now=timezone.now(),
        )
    except DomainError as error:
        return _bench(request, access, found, request.POST, str(verbatim.pk), typed=typed, error=error)
    if not request.htmx:  # type: ignore[attr-defined]
        place = {name: request.POST.get(name, "") for name in ("state", "language", "q", "page")}
        query = urlencode({**place, "at": request.POST.get("next", "")})
        return redirect(f"{reverse('qc:bench', args=[access.study.code, found.name])}?{query}")
    return _bench(request, access, found, request.POST, request.POST.get("next", ""))


@dataclass(frozen=True, slots=True)
class _Place:
    """The group in the middle and its neighbours, by the id of their first answer."""

    group: dict[str, object] | None
    previous: object | None
    following: object | None


def _bench(
    request: HttpRequest,
    access: StudyAccess,
    frame: CodeFrame,
    query: QueryDict,
    at: str,
    *,
    typed: str = "",
    error: DomainError | None = None,
) -> HttpResponse:
    state = query.get("state", selectors.OPEN)
    language, search = query.get("language", ""), query.get("q", "").strip()
    groups = selectors.groups_of(
        frame, access.user, state=state, language=language, languages=_languages(access), search=search
    )
    page = Paginator(groups, GROUPS_PER_PAGE).get_page(query.get("page"))
    place = _place(page, at)
    given = selectors.codes_given([int(str(group["first"])) for group in page], access.user)
    current = place.group
    if current is not None and not typed:
        typed = " ".join(str(number) for number in given.get(int(str(current["first"])), ()))
    context = {
        "study": access.study,
        "frame": frame,
        "page": page,
        "place": place,
        "given": given,
        "typed": typed,
        "error": error,
        "tree": selectors.frame_tree(frame),
        "used": selectors.use_of_codes(frame),
        "questions": _questions(access, current),
        "progress": _progress(access, frame),
        "state": state,
        "states": [(selectors.OPEN, _("to be coded")), (selectors.MINE, _("coded by me")), (selectors.ALL, _("all"))],
        "language": language,
        "search": search,
    }
    template = "qc/coding/_bench.html" if request.htmx else "qc/coding/bench.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=error.status if error else 200)


def _place(page: Page[dict[str, object]], at: str) -> _Place:
    groups = list(page)
    firsts = [str(group["first"]) for group in groups]
    index = firsts.index(at) if at in firsts else 0
    if not groups:
        return _Place(None, None, None)
    return _Place(
        groups[index],
        firsts[index - 1] if index else None,
        firsts[index + 1] if index + 1 < len(firsts) else None,
    )


def _questions(access: StudyAccess, group: dict[str, Any] | None) -> list[str]:
    """The questions that were answered with these words: one, but for a loop over several countries."""
    language = (get_language() or "en").split("-")[0]
    return selectors.question_texts(access.study, group["keys"], language) if group else []


def _progress(access: StudyAccess, frame: CodeFrame) -> selectors.FrameProgress:
    rows = selectors.frames_with_progress(access.study, _languages(access))
    return next(row for row in rows if row.frame.pk == frame.pk)


def _languages(access: StudyAccess) -> list[str]:
    """Languages in which the person codes; empty means all."""
    return list(access.member(Role.CODER).languages) if access.has(Role.CODER) else []


def _typed_codes(typed: str) -> list[int]:
    words = [word for word in re.split(r"[\s,;]+", typed) if word]
    wrong = [word for word in words if not re.fullmatch(r"\d{1,4}", word)]
    if wrong:
        text = _("“%s” is not a code: type numbers with spaces between them.") % wrong[0]
        raise InvalidInput("not_a_code", text, {"codes": text})
    return [int(word) for word in words]
