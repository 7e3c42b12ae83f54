"""One audit: listening, entering what was heard, the verdict."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from qc.forms.audits import SECTION_LABELS, VerdictForm
from qc.listening import INAUDIBLE
from qc.models import Audit
from qc.selectors.listening import Listening, Question, listening_of, mark_data, question_of, track_data
from qc.services import audits as services
from qc.views.access import auditor_access, find_audit
from studies.errors import DomainError, InvalidInput
from studies.requests import UserRequest


@require_safe
def listen(request: UserRequest, study: str, pk: int) -> HttpResponse:
    """The listening page for whom has taken the audit; what came of it for everybody, once it is judged."""
    access = auditor_access(request.user, study)
    audit = find_audit(access, pk)
    mine = audit.status == Audit.Status.CLAIMED and audit.auditor_id == access.user.pk
    if not mine and audit.status != Audit.Status.DONE:
        return render(request, "qc/audits/not_mine.html", {"study": access.study, "audit": audit})
    language = request.GET.get("language", "")
    listening = listening_of(audit, language=language)
    context = {
        **_row_context(study, audit, language),
        "study": access.study,
        "listening": listening,
        "chosen_language": language if language in listening.languages else "",
        "form": VerdictForm(),
        "player": _player_data(study, audit, listening),
        "sheet": _sheet(audit),
    }
    return render(request, "qc/audits/listen.html", context)


def _row_context(study: str, audit: Audit, language: str) -> dict[str, Any]:
    """What every row of questions needs to know."""
    return {"study_code": study, "audit": audit, "language": language, "open": audit.status == Audit.Status.CLAIMED}


def _player_data(study: str, audit: Audit, listening: Listening) -> dict[str, Any]:
    """What the player needs, as JSON on the page."""
    uids = [track.recording.uid for track in listening.tracks]
    sounds = {str(uid): reverse("fieldwork:recording_sound", args=[study, uid]) for uid in uids}
    claimed = audit.status == Audit.Status.CLAIMED
    return {
        "tracks": track_data(listening.tracks, sounds),
        "marks": mark_data(listening.questions),
        "heard": audit.heard,
        "total": listening.total_ms,
        "listening_url": reverse("qc_api:audit-listening", args=[audit.pk]) if claimed else "",
        "offset_urls": {str(uid): reverse("fieldwork_api:recording", args=[uid]) for uid in uids} if claimed else {},
    }


def _sheet(audit: Audit) -> list[tuple[object, int | None]]:
    """The score sheet of a judged audit, with labels."""
    return [(label, audit.sheet.get(name)) for name, label in SECTION_LABELS.items()]


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: UserRequest, study: str, pk: int) -> HttpResponse:
    """One row of the questions: with a form to enter what was heard, or after it was entered. A fragment."""
    access = auditor_access(request.user, study)
    audit = find_audit(access, pk)
    data = request.POST if request.method == "POST" else request.GET
    key, language = data.get("key", ""), data.get("language", "")
    error = ""
    if request.method == "POST":
        error = _enter(request, audit, key)
        audit = find_audit(access, pk)
    question = question_of(audit, key, language=language, entering=bool(error) or request.method != "POST")
    if question is None:
        raise Http404
    context = _row_context(study, audit, language) | {"question": question, "error": error, "fragment": True}
    return render(request, "qc/audits/question.html", context, status=422 if error else 200)


def _enter(request: UserRequest, audit: Audit, key: str) -> str:
    """Store what was heard. Returns what is wrong with it, or nothing."""
    question = question_of(audit, key)
    if question is None:
        raise Http404
    try:
        value = heard_value(question, request.POST)
        services.reenter_answer(audit=audit, actor=request.user, key=key, value=value, now=timezone.now())
    except InvalidInput as error:
        return str(error)
    return ""


def heard_value(question: Question, data: QueryDict) -> Any:
    """The answer that a form of the row says, as in docs/script.md. Raises InvalidInput."""
    if "inaudible" in data:
        return INAUDIBLE
    if data.get("missing"):
        return {"missing": data["missing"]}
    value = data.get("value", "").strip()
    if question.kind == "select_multiple" and value:
        return data.getlist("value")
    if not value:
        raise InvalidInput("empty", _("Enter what you heard, or say that it can't be made out."))
    if question.kind == "integer":
        if not value.lstrip("-").isdecimal() or len(value) > 15:
            raise InvalidInput("not_an_integer", _("Enter a whole number."))
        return int(value)
    return value


@require_POST
def judge(request: UserRequest, study: str, pk: int) -> HttpResponse:
    """The verdict. What is missing is said beside the sheet, and the sound goes on."""
    access = auditor_access(request.user, study)
    audit = find_audit(access, pk)
    form = VerdictForm(request.POST)
    form.is_valid()
    try:
        services.judge_audit(
            audit=audit,
            actor=access.user,
            verdict=form.cleaned_data.get("verdict", ""),
            sheet=form.sheet(),
            comment=form.cleaned_data.get("comment", ""),
            confirmed=request.POST.getlist("confirmed"),
            now=timezone.now(),
        )
    except DomainError as error:
        _show(form, error)
        context = _row_context(study, audit, "") | {
            "study": access.study,
            "form": form,
            "listening": listening_of(audit),
        }
        return render(request, "qc/audits/verdict.html", context, status=error.status)
    messages.success(request, _("The audit of case %(case)d is judged.") % {"case": audit.interview.case.number})
    queue = reverse("qc:audits", args=[study])
    return HttpResponseClientRedirect(queue) if request.htmx else redirect(queue)  # type: ignore[attr-defined]


def _show(form: VerdictForm, error: DomainError) -> None:
    """Put the service's words beside the fields; those about something else than a field go above."""
    shown = False
    for name, text in error.fields.items():
        form.add_error(name if name in form.fields else None, str(text))
        shown = True
    if not shown:
        form.add_error(None, str(error))
