"""The lead's checklist in words: each line says how one part of the study stands and leads to its room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.selectors.desks.lead import LeadDesk
from config.selectors.home import Desk
from exports.models import Release
from studies.models.study import INTERVIEW_LANGUAGES
from studies.templatetags.ui import full_day, share

#: State of a line: done; going on as it should; not begun; needs a decision.
DONE, GOING, TODO, ATTENTION = "done", "going", "todo", "attention"


@dataclass(frozen=True)
class Line:
    """One line. `view` is the URL name of its room, which takes the study's code."""

    state: str
    title: str
    text: str
    view: str

    @property
    def state_word(self) -> str:
        return {DONE: _("done"), GOING: _("under way"), TODO: _("to do"), ATTENTION: _("look at this")}[self.state]

    @property
    def tone(self) -> str:
        return {DONE: "good", GOING: "info", TODO: "plain", ATTENTION: "warn"}[self.state]


def checklist(desk: Desk, lead: LeadDesk) -> Iterator[Line]:
    """The lines of a lead's desk, in the order in which a study is made."""
    yield _populations(desk)
    yield _questionnaire(desk, lead)
    yield _people(lead)
    yield _sample(lead)
    yield _quotas(desk)
    yield _fieldwork(desk)
    yield _audits(desk, lead)
    yield _coding(desk)
    yield _data(desk, lead)


def _populations(desk: Desk) -> Line:
    title, view = _("Target populations"), "studies:populations"
    if not desk.populations:
        return Line(TODO, title, _("none yet: add the first"), view)
    codes = ", ".join(population.code for population in desk.populations)
    words = {"codes": codes, "target": number_format(desk.target, force_grouping=True)}
    return Line(DONE, title, _("%(codes)s; %(target)s interviews planned") % words, view)


def _questionnaire(desk: Desk, lead: LeadDesk) -> Line:
    title, view = _("Questionnaire"), "questionnaires:list"
    parts = [part for part in (_published(desk, lead), _draft(lead)) if part]
    if not parts:
        return Line(TODO, title, _("none yet: load an XLSForm workbook"), view)
    missing = _languages_missing(desk, lead) if lead.published is not None else []
    if missing:
        parts.append(_("no texts in %(languages)s") % {"languages": ", ".join(missing)})
    state = GOING if lead.published is None else ATTENTION if missing else DONE
    return Line(state, title, "; ".join(parts), view)


def _published(desk: Desk, lead: LeadDesk) -> str:
    if lead.published is None or lead.published.published_at is None:
        return ""
    languages = len(lead.published_languages)
    text = ngettext(
        "version %(number)s published on %(day)s in %(languages)s language",
        "version %(number)s published on %(day)s in %(languages)s languages",
        languages,
    )
    day = _day(desk, lead.published.published_at)
    return text % {"number": lead.published.number, "day": day, "languages": languages}


def _draft(lead: LeadDesk) -> str:
    if lead.draft is None:
        return ""
    number, problems = lead.draft.number, lead.draft_problems
    if not problems:
        return _("draft %(number)s is ready to be published") % {"number": number}
    text = ngettext("draft %(number)s has %(problems)s remark", "draft %(number)s has %(problems)s remarks", problems)
    return text % {"number": number, "problems": problems}


def _languages_missing(desk: Desk, lead: LeadDesk) -> list[str]:
    """Languages of the populations that the published version does not speak."""
    needed = {language for population in desk.populations for language in population.languages}
    return [INTERVIEW_LANGUAGES.get(code, code) for code in sorted(needed - set(lead.published_languages))]


def _people(lead: LeadDesk) -> Line:
    counts = [
        ngettext("%(number)s interviewer", "%(number)s interviewers", lead.interviewers)
        % {"number": lead.interviewers},
        ngettext("%(number)s supervisor", "%(number)s supervisors", lead.supervisors) % {"number": lead.supervisors},
        ngettext("%(number)s coder", "%(number)s coders", lead.coders) % {"number": lead.coders},
    ]
    text = ", ".join(counts)
    state = DONE if lead.interviewers and lead.supervisors and lead.coders else TODO
    return Line(state, _("People"), text, "studies:members")


def _sample(lead: LeadDesk) -> Line:
    title, view = _("Sample"), "fieldwork:sample"
    if not lead.replicates:
        return Line(TODO, title, _("no numbers drawn yet"), view)
    text = _("%(released)s of %(all)s replicates released, %(numbers)s numbers") % {
        "released": number_format(lead.replicates_released, force_grouping=True),
        "all": number_format(lead.replicates, force_grouping=True),
        "numbers": number_format(lead.numbers_released, force_grouping=True),
    }
    return Line(GOING if lead.replicates_released else TODO, title, text, view)


def _quotas(desk: Desk) -> Line:
    title, view = _("Quotas"), "fieldwork:quotas"
    without = [one.population.code for one in desk.fields if not one.cells]
    if without or not desk.fields:
        return Line(TODO, title, _("no quota yet for %(codes)s") % {"codes": ", ".join(without) or "–"}, view)
    at_risk = sum(len(one.at_risk) for one in desk.fields)
    cells, full = desk.total("cells"), desk.total("cells_full")
    text = _("%(full)s of %(cells)s cells full") % {"full": full, "cells": cells}
    if at_risk:
        late = ngettext("%(number)s cell will not fill in time", "%(number)s cells will not fill in time", at_risk)
        return Line(ATTENTION, title, f"{text}; {late % {'number': at_risk}}", view)
    return Line(DONE if full == cells else GOING, title, text, view)


def _fieldwork(desk: Desk) -> Line:
    title, view = _("Interviews"), "fieldwork:outcomes"
    if not desk.complete:
        return Line(TODO, title, _("none complete yet"), view)
    behind = [one.population.code for one in desk.fields if one.behind]
    text = _("%(share)s complete") % {"share": share(desk.complete, desk.target)}
    if behind:
        text = _("%(text)s; behind the plan in %(codes)s") % {"text": text, "codes": ", ".join(behind)}
    state = DONE if desk.complete >= desk.target else ATTENTION if behind else GOING
    return Line(state, title, text, view)


def _audits(desk: Desk, lead: LeadDesk) -> Line:
    title, view = _("Audits"), "qc:audits"
    if lead.audit_plan is None:
        return Line(TODO, title, _("no plan yet: without one nothing is drawn to be heard"), view)
    heard, waiting = desk.total("heard"), desk.total("audits_waiting")
    if not desk.complete:
        plan = lead.audit_plan
        words = {"drawn": plan.drawn_per_block, "block": plan.block_size}
        return Line(GOING, title, _("%(drawn)s of %(block)s completes will be drawn") % words, view)
    text = _("%(share)s of the completes heard") % {"share": share(heard, desk.complete, 1)}
    if waiting:
        text = _("%(text)s; %(waiting)s waiting") % {"text": text, "waiting": waiting}
    return Line(GOING if waiting else DONE, title, text, view)


def _coding(desk: Desk) -> Line:
    title, view, coder = _("Coding"), "qc:coding", desk.coder
    if coder is None or not coder.frames:
        return Line(TODO, title, _("no code frames yet"), view)
    with_verbatims = [frame for frame in coder.frames if frame.total]
    done = sum(not frame.open for frame in with_verbatims)
    words = {"done": done, "frames": len(with_verbatims), "open": number_format(coder.open, force_grouping=True)}
    if not with_verbatims:
        text = ngettext(
            "%(number)s code frame, no verbatims yet", "%(number)s code frames, no verbatims yet", len(coder.frames)
        )
        return Line(GOING, title, text % {"number": len(coder.frames)}, view)
    text = _("%(done)s of %(frames)s frames coded; %(open)s verbatims open") % words
    return Line(GOING if coder.open else DONE, title, text, view)


def _data(desk: Desk, lead: LeadDesk) -> Line:
    title, view = _("Data files"), "exports:releases"
    release = lead.release
    if release is None:
        return Line(TODO, title, _("no release yet"), view)
    moment = release.finished_at or release.created_at
    words = {"number": release.number, "status": release.get_status_display(), "day": _day(desk, moment)}
    text = _("release %(number)s: %(status)s, %(day)s") % words
    states = {Release.Status.READY: DONE, Release.Status.FAILED: ATTENTION}
    return Line(states.get(Release.Status(release.status), GOING), title, text, view)


def _day(desk: Desk, moment: datetime) -> str:
    """The day of a moment on the clock of the study's first population."""
    return full_day(moment.astimezone(desk.populations[0].zone) if desk.populations else moment)
