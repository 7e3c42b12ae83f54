"""Collecting and compiling translations without the system's gettext."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from django.conf import settings
from django.test import override_settings
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext, override, pgettext

from config import translations

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
_("a word")
ngettext("%(n)d case", "%(n)d cases", 2)
pgettext("of a study", "in the field")
"""
TEMPLATE = """{% load i18n %}<p>{% translate "it's here" %}</p>{# not a text #}
{% blocktranslate count n=cases %}{{ n }} call{% plural %}{{ n }} calls{% endblocktranslate %}
{% trans "in the field" context "of a study" %} <input title="{{ _("short form") }}">"""
SCRIPT = "const label = gettext('saved');"


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "studies" / "templates").mkdir(parents=True)
    (tmp_path / "studies" / "code.py").write_text(PYTHON)
    (tmp_path / "studies" / "templates" / "page.html").write_text(TEMPLATE)
    (tmp_path / "studies" / "script.js").write_text(SCRIPT)
    with override_settings(BASE_DIR=tmp_path, LOCALE_PATHS=[tmp_path / "locale"]):
        yield tmp_path


def test_texts_of_python_templates_and_scripts_are_found(sources: Path) -> None:
    catalogue = translations.collect("django")
    assert {message.id for message in catalogue if message.id} == {
        "a word",
        ("%(n)d case", "%(n)d cases"),
        "in the field",
        "it's here",
        ("%(n)s call", "%(n)s calls"),
        "short form",
    }
    assert catalogue.get("in the field", "of a study")
    assert {message.id for message in translations.collect("djangojs") if message.id} == {"saved"}


def test_a_catalogue_keeps_translations_and_only_changes_with_its_texts(sources: Path) -> None:
    path, lacking = translations.update("ru", "django")
    assert lacking == 6
    path.write_text(path.read_text().replace('msgid "a word"\nmsgstr ""', 'msgid "a word"\nmsgstr "слово"'))
    _, lacking = translations.update("ru", "django")
    assert lacking == 5
    once = path.read_bytes()
    translations.update("ru", "django")
    assert path.read_bytes() == once
    assert "слово" in path.read_text()


def test_only_changed_catalogues_are_compiled(sources: Path) -> None:
    path, _ = translations.update("ru", "django")
    assert list(translations.compile_all()) == [path]
    assert path.with_suffix(".mo").exists()
    assert list(translations.compile_all()) == []


def test_russian_has_its_three_plural_forms(sources: Path) -> None:
    path, _ = translations.update("ru", "django")
    assert "nplurals=3" in path.read_text()
    assert "msgstr[2]" in path.read_text()


LANGUAGES = ("ru", "kk", "uz")


@pytest.mark.parametrize("domain", translations.DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_interface_is_translated(language: str, domain: str) -> None:
    defects = translations.defects(language, domain)
    assert not defects, f"{len(defects)} in {language}, see docs/glossary.md:\n" + "\n".join(defects)


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        ("", "has no translation"),
        ("слово", "has other placeholders"),
        ("слово %(b)s", "has other placeholders"),
        ("слово %(a)s %(a)s", "has other placeholders"),
        ("слово %(a)s", ""),
    ],
)
def test_a_defect_is_named(sources: Path, translation: str, problem: str) -> None:
    (sources / "studies" / "code.py").write_text("_('word %(a)s')")
    write(translations.catalogue_path("ru", "django"), {"word %(a)s": translation})
    named = [line for line in translations.defects("ru", "django") if line.startswith("'word %(a)s'")]
    assert [problem in line for line in named] == ([True] if problem else [])


def test_fuzzy_translations_and_texts_that_are_gone_are_defects(sources: Path) -> None:
    for file in (sources / "studies" / "templates").iterdir():
        file.unlink()
    (sources / "studies" / "code.py").write_text("_('word')")
    write(translations.catalogue_path("ru", "django"), {"word": "слово", "old": "старое"}, fuzzy="word")
    assert translations.defects("ru", "django") == [
        "'word': is marked as fuzzy",
        "'old': is not in the sources any more",
    ]


def write(path: Path, texts: dict[str, str], fuzzy: str = "") -> None:
    catalogue = Catalog(locale="ru")
    for text, translation in texts.items():
        catalogue.add(text, translation, flags={"fuzzy"} if text == fuzzy else set())
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_mixes_alphabets(language: str) -> None:
    """A Latin letter in a Cyrillic word looks right, but search and screen readers stumble over it."""
    catalogue = translations.read(translations.catalogue_path(language, "django"), language)
    translated = " ".join(
        form
        for message in catalogue
        if message.id
        for form in ([message.string] if isinstance(message.string, str) else message.string or ())
    )
    words = set(re.findall(r"[^\W\d_]+", translations.MARK.sub(" ", translated)))
    assert not {word for word in words if re.search("[A-Za-z]", word) and re.search("[\u0400-\u04ff]", word)}
    if language == "uz":
        assert not re.findall(r"\w+['’‘`]\w+", translated), "oʻ and gʻ have U+02BB, the tutuq U+02BC"


def test_languages_count_and_write_numbers_and_dates_in_their_own_way() -> None:
    def cases(number: int) -> str:
        return ngettext("%(number)s interviewer", "%(number)s interviewers", number) % {"number": number}

    moment = datetime(2021, 8, 24, 14, 32)  # noqa: DTZ001 - only its figures are shown
    with override("ru"):
        assert [cases(1), cases(3), cases(11), cases(21)] == [
            "1 интервьюер", "3 интервьюера", "11 интервьюеров", "21 интервьюер",
        ]  # fmt: skip
        assert number_format(1234.5, 1, force_grouping=True) == "1\xa0234,5"
        assert date_format(moment, pgettext("date pattern: day, month, year", "j M Y")) == "24 августа 2021"
    with override("kk"):
        assert cases(3) == "3 интервьюер"
        assert number_format(1234.5, 1, force_grouping=True) == "1\xa0234,5"
        assert date_format(moment, pgettext("date pattern: day, month, year", "j M Y")) == "2021 ж. 24 тамыз"
    with override("uz"):
        assert cases(3) == "3 intervyuer"
        assert number_format(1234.5, 1, force_grouping=True) == "1\xa0234,5"
        assert date_format(moment, pgettext("date pattern: day, month, year", "j M Y")) == "2021-yil 24-avgust"


@pytest.mark.parametrize(
    ("language", "required"),
    [("ru", "Обязательное поле."), ("kk", "Бұл өрісті толтыру міндетті."), ("uz", "Bu maydonni toʻldirish shart.")],
)
def test_forms_speak_the_language_where_the_framework_does_not(language: str, required: str) -> None:
    with override(language):
        assert gettext("This field is required.") == required


def test_every_language_of_the_interface_has_catalogues() -> None:
    assert {code for code, _ in settings.LANGUAGES} == {"en", *LANGUAGES}
