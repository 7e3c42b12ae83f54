"""What values look like on the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from studies.templatetags.ui import (
    badge,
    duration,
    heat,
    label,
    local_time,
    log_value,
    meter,
    percent,
    share,
    since,
    thousands,
)

LABEL = {"en": "Men", "ru": "Мужчины", "kk": "Ерлер"}


@pytest.mark.parametrize(("language", "text"), [("ru", "Мужчины"), ("kk", "Ерлер"), ("uz", "Men"), ("en", "Men")])
def test_a_label_is_in_the_interface_language_or_else_in_english(language: str, text: str) -> None:
    with translation.override(language):
        assert label(LABEL) == text


def test_a_label_without_english_is_better_than_none() -> None:
    assert label({"uz": "Erkaklar"}) == "Erkaklar"
    assert label({}) == ""
    assert label("18-29") == "18-29"


def test_a_share_names_its_base() -> None:
    assert share(489, 800) == "61\u00a0% (489 of 800)"
    assert share(198, 1000, 1) == "19.8\u00a0% (198 of 1,000)"
    assert share(0, 0) == "0 of 0"
    assert percent(1, 3, 1) == "33.3\u00a0%"
    assert percent(0, 0) == "–"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert thousands(16000) == "16,000"
    with translation.override("ru"):
        assert thousands(16000) == "16\u00a0000"
        assert percent(198, 1000, 1) == "19,8\u00a0%"
    assert thousands(None) == "–"


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0:00"), (59_999, "0:59"), (761_000, "12:41"), (3_761_000, "1:02:41"), (None, "–")]
)
def test_durations_are_minutes_and_seconds(milliseconds: int | None, text: str) -> None:
    assert duration(milliseconds) == text


def test_a_moment_is_told_on_the_clock_of_its_place() -> None:
    moment = datetime(2021, 8, 24, 9, 0, tzinfo=UTC)
    assert ">24 Aug 2021 15:00<" in local_time(moment, ZoneInfo("Asia/Almaty"))
    assert ">24 Aug 2021 14:00 Tashkent<" in local_time(moment, "Asia/Tashkent", True)
    assert ">24 Aug 2021 09:00 UTC<" in local_time(moment)
    assert 'title="2021-08-24 15:00:00 Almaty (UTC+0600)"' in local_time(moment, "Asia/Almaty")
    assert local_time(None) == "–"


def test_a_moment_of_this_year_needs_no_year() -> None:
    this_year = timezone.now().year
    moment = datetime(this_year, 7, 2, 12, 30, tzinfo=UTC)
    assert ">2 Jul 12:30 UTC<" in local_time(moment)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=30), "0 min"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=5, minutes=50), "5 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=49), "2 days"),
    ],
)
def test_ages_are_told_in_their_largest_unit(age: timedelta, text: str) -> None:
    told = re.sub("<[^>]+>", "", since(timezone.now() - age)).replace("\u00a0", " ")
    assert told == text


def widths(svg: str) -> list[int]:
    return [int(width) for width in re.findall(r'meter-(?:done|held)"[^>]*? width="(\d+)"', svg)]


def test_a_meter_shows_completes_and_held_seats_as_parts_of_the_target() -> None:
    assert widths(meter(50, 25, 100)) == [500, 250]
    assert widths(meter(0, 0, 0)) == [0, 0]


def test_a_meter_past_its_target_is_full_and_marks_where_the_target_was() -> None:
    picture = meter(150, 0, 100)
    assert 'class="meter over"' in picture
    assert widths(picture) == [1000, 0]
    assert 'class="meter-target" x="667"' in picture


@pytest.mark.parametrize(
    ("part", "whole", "name"),
    [
        (0, 10, "heat-0"),
        (5, 10, "heat-5"),
        (9, 10, "heat-9"),
        (10, 10, "heat-10"),
        (11, 10, "heat-over"),
        (0, 0, "heat-none"),
    ],
)
def test_heat_goes_in_tenths(part: int, whole: int, name: str) -> None:
    assert heat(part, whole) == name


def test_a_state_is_a_word_with_a_tone_and_its_text_is_escaped() -> None:
    assert badge("failed", "failed") == '<span class="badge bad">failed</span>'
    assert badge("good", "<b>") == '<span class="badge good">&lt;b&gt;</span>'
    assert badge("unheard of", "x") == '<span class="badge plain">x</span>'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([102, 110], "102 → 110"),
        (["ru", "kk"], "ru, kk"),
        ({"person": "aigul"}, "person: aigul"),
        (None, "–"),
        ([], "–"),
    ],
)
def test_values_of_the_log_are_said_in_words(value: object, text: str) -> None:
    assert log_value(value) == text


def sort_link(query: str) -> str:
    request = RequestFactory().get("/list" + query)
    template = Template('{% load ui %}{% sort_header "name" "Name" %}')
    return template.render(Context({"request": request}))


def test_a_column_head_sorts_up_then_down_and_keeps_the_filter() -> None:
    first = sort_link("?status=open&page=3")
    assert 'href="?status=open&amp;sort=name"' in first
    assert "aria-sort" not in first
    second = sort_link("?sort=name")
    assert 'href="?sort=-name"' in second
    assert 'aria-sort="ascending"' in second
    assert 'aria-sort="descending"' in sort_link("?sort=-name")
