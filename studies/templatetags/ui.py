"""How values look on every page: labels, shares, durations, times, states, meters. The guide is docs/ui.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from studies.models.study import INTERVIEW_LANGUAGES
from studies.requests import page_before

register = template.Library()

TONES = ("good", "warn", "bad", "info", "plain")

#: Tone of the states that models use. A state that is not here is shown without colour.
STATE_TONES = {
    "ready": "good", "published": "good", "completed": "good", "complete": "good", "done": "good", "accept": "good",
    "field": "good", "served": "good",
    "queued": "info", "drawing": "info", "writing": "info", "uploaded": "info", "measuring": "info", "running": "info",
    "held": "info", "claimed": "info", "due": "info", "open": "info",
    "draft": "warn", "suspended": "warn", "break_off": "warn", "partial": "warn", "correct": "warn",
    "recontact": "warn", "no_sound": "warn",
    "failed": "bad", "reject": "bad", "rejected": "bad",
}  # fmt: skip

#: Width of the meter's picture in its own units: a thousandth of the target is the finest step.
METER_UNITS = 1000


@register.filter
def label(value: Mapping[str, str] | str | None) -> str:
    """The text of a JSON label in the interface language, else in English, else in whatever language it has."""
    if not value:
        return ""
    if isinstance(value, str):
        return value
    language = (get_language() or "en").split("-")[0]
    return value.get(language) or value.get("en") or next((text for text in value.values() if text), "")


@register.filter
def language_name(code: str) -> str:
    """A language's own name: `kk` is Қазақша."""
    return INTERVIEW_LANGUAGES.get(code, code)


@register.simple_tag
def share(part: int, whole: int, decimals: int = 0) -> str:
    """A percentage with its base: "61 % (489 of 800)"; without a base only "none of 0"."""
    if not whole:
        return _("%(part)s of 0") % {"part": number_format(part, force_grouping=True)}
    return _("%(percent)s (%(part)s of %(whole)s)") % {
        "percent": percent(part, whole, decimals),
        "part": number_format(part, force_grouping=True),
        "whole": number_format(whole, force_grouping=True),
    }


@register.simple_tag
def percent(part: int, whole: int, decimals: int = 0) -> str:
    """A percentage alone, for a table whose base stands in its head; a dash without a base."""
    if not whole:
        return "–"
    return f"{number_format(round(100 * part / whole, decimals), decimals)}\u00a0%"


@register.filter
def thousands(value: int | None) -> str:
    """A whole number with its groups set apart in every language; a dash for None."""
    return "–" if value is None else number_format(value, force_grouping=True)


@register.filter
def duration(milliseconds: int | None) -> str:
    """Milliseconds as 12:41 or 1:02:41; a dash for None."""
    if milliseconds is None:
        return "–"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def log_value(value: object) -> str:
    """A value of the activity log as a person writes it: old → new for a pair, words for a list."""
    if (
        isinstance(value, list)
        and len(value) == 2
        and not all(isinstance(part, str) and len(part) < 3 for part in value)
    ):
        return f"{log_value(value[0])} → {log_value(value[1])}"
    if isinstance(value, list):
        return ", ".join(log_value(part) for part in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {log_value(part)}" for name, part in value.items())
    return "–" if value is None or value == "" else str(value)


@register.simple_tag
def local_time(moment: datetime | None, zone: tzinfo | str | None = None, name_zone: bool = False) -> SafeString | str:
    """A moment on the clock of `zone` (UTC where none is given); with `name_zone` its city is said too."""
    if moment is None:
        return "–"
    place = ZoneInfo(zone or "UTC") if isinstance(zone, str | None) else zone
    local = timezone.localtime(moment, place)
    city = str(place).rpartition("/")[2].replace("_", " ")
    pattern = pgettext("date pattern: day, month, time", "j M H:i")
    if local.year != timezone.localtime(timezone.now(), place).year:
        pattern = pgettext("date pattern: day, month, year, time", "j M Y H:i")
    text = date_format(local, pattern)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{date_format(local, 'Y-m-d H:i:s')} {city} (UTC{local:%z})",
        f"{text} {city}" if name_zone or zone is None else text,
    )


@register.filter
def day(value: date | None) -> str:
    """A day without its year: 24 Aug."""
    return "–" if value is None else date_format(value, pgettext("date pattern: day, month", "j M"))


@register.filter
def full_day(value: date | None) -> str:
    """A day with its year: 24 Aug 2021."""
    return "–" if value is None else date_format(value, pgettext("date pattern: day, month, year", "j M Y"))


@register.simple_tag(takes_context=True)
def address_before(context: Context) -> str:
    """The address of the page that the person came from."""
    return page_before(context["request"])


@register.simple_tag(takes_context=True)
def page_address(context: Context) -> str:
    """The address at which the page can be opened again: of a form that was refused, that of the page it stood on."""
    request: HttpRequest = context["request"]
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return page_before(request)


@register.simple_tag
def since(moment: datetime | None) -> SafeString | str:
    """How long ago a moment is, in its largest unit: 12 min, 5 h, 3 days."""
    if moment is None:
        return "–"
    minutes = max(int((timezone.now() - moment).total_seconds() // 60), 0)
    if minutes < 60:
        text = _("%(number)s min") % {"number": minutes}
    elif minutes < 48 * 60:
        text = _("%(number)s h") % {"number": minutes // 60}
    else:
        days = minutes // (24 * 60)
        text = ngettext("%(number)s day", "%(number)s days", days) % {"number": days}
    return format_html(
        '<time datetime="{}">{}</time>', moment.isoformat(timespec="seconds"), text.replace(" ", "\u00a0")
    )


@register.filter
def tone(state: str) -> str:
    """The tone (good, warn, bad, info, plain) of a state's name."""
    return state if state in TONES else STATE_TONES.get(state, "plain")


@register.simple_tag
def badge(state: str, text: str | Promise) -> SafeString:
    """A state as a word with its colour: `{% badge release.status release.get_status_display %}`."""
    return format_html('<span class="badge {}">{}</span>', tone(state), text)


@register.simple_tag
def meter(complete: int, held: int = 0, target: int = 0, label: str | Promise = "") -> SafeString:
    """A bar of `target`: full colour for what is complete, lighter for seats held, red past the target.

    A picture with sizes as attributes, since the security policy allows no style attributes. The numbers have to stand
    beside it as text; `label` is for those who don't see it.
    """
    whole = max(target, complete + held, 1)
    done = round(METER_UNITS * complete / whole)
    holding = round(METER_UNITS * held / whole)
    over = complete + held > target
    # Where there are more than wanted, the bar is full and a line says where the target was.
    mark = format_html('<rect class="meter-target" x="{}" width="6" height="10"/>', round(METER_UNITS * target / whole))
    return format_html(
        '<svg class="meter{}" viewBox="0 0 {} 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="meter-done" width="{}" height="10"/>'
        '<rect class="meter-held" x="{}" width="{}" height="10"/>{}</svg>',
        " over" if over else "", METER_UNITS, label or share(complete, target), done, done, holding,
        mark if over else "",
    )  # fmt: skip


@register.simple_tag
def heat(part: int, whole: int) -> str:
    """Class of a heat-map cell, `heat-0` (nothing) to `heat-10` (target reached), `heat-over` past it."""
    if whole <= 0:
        return "heat-none" if part == 0 else "heat-over"
    if part > whole:
        return "heat-over"
    return f"heat-{10 * part // whole}"


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: Context, name: str, label: str | Promise, numeric: bool = False) -> dict[str, object]:
    """A column head that sorts by `?sort=name`, and the other way round (`?sort=-name`) on the second click."""
    request = context["request"]
    active = request.GET.get("sort", "")
    query = request.GET.copy()
    query.pop("page", None)
    query["sort"] = f"-{name}" if active == name else name
    direction = {name: "ascending", f"-{name}": "descending"}.get(active, "")
    return {"label": label, "href": f"?{query.urlencode()}", "direction": direction, "numeric": numeric}
