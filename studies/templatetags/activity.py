"""Words of the activity log: what the acts are called that services record under a dotted name."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

#: By the names of all apps: the log is one. An act that is not here is shown by its dotted name.
ACTION_WORDS: Mapping[str, Promise] = {
    "study.created": _("Study created"),
    "study.changed": _("Study changed"),
    "population.created": _("Population created"),
    "population.changed": _("Population changed"),
    "population_counts.loaded": _("Population table loaded"),
    "member.added": _("Member added"),
    "member.changed": _("Member changed"),
    "member.removed": _("Member removed"),
    "person.created": _("Account created"),
    "person.changed": _("Account changed"),
    "person.password_set": _("Password set"),
    "person.token_renewed": _("API token renewed"),
    "questionnaire.created": _("Questionnaire created"),
    "questionnaire.imported": _("Questionnaire imported"),
    "questionnaire.published": _("Questionnaire published"),
    "questionnaire.withdrawn": _("Questionnaire withdrawn"),
    "numbering_plan.loaded": _("Numbering plan loaded"),
    "sample.ordered": _("Draw ordered"),
    "sample.drawn": _("Sample drawn"),
    "sample.retried": _("Draw ordered again"),
    "sample.cancelled": _("Draw cancelled"),
    "replicates.released": _("Replicates released"),
    "quota.created": _("Quota made"),
    "quota.rule_changed": _("Rule of a quota changed"),
    "quota.target_changed": _("Target of a cell changed"),
    "quota.cell_closed": _("Cell closed"),
    "quota.cell_reopened": _("Cell reopened"),
    "quota.exceeded": _("Quota exceeded"),
    "case.released": _("Case given back"),
    "case.closed": _("Case closed"),
    "interview.rejected": _("Interview rejected"),
    "recording.stored": _("Recording stored"),
    "recording.matched": _("Recording matched to a call"),
    "recording.offset_set": _("Marks of a recording moved"),
    "recording.heard": _("Recording heard"),
    "audit_plan.created": _("Audit draw begun"),
    "audit_plan.changed": _("Audit rate changed"),
    "audit_plan.revealed": _("Seed of the audits revealed"),
    "audit.ordered": _("Audit ordered"),
    "audit.returned": _("Audit put back"),
    "audit.judged": _("Audit judged"),
    "follow_up.opened": _("Follow-up opened"),
    "follow_up.settled": _("Follow-up settled"),
    "code_frames.loaded": _("Code frames loaded"),
    "release.requested": _("Release asked for"),
    "release.cancelled": _("Release cancelled"),
    "release.downloaded": _("Release downloaded"),
}


@register.filter
def action_words(action: str) -> str:
    """What an act of the log is called."""
    return str(ACTION_WORDS.get(action, action))
